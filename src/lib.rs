//! Plans staged rollouts over plain hosts.
//!
//! ```text
//! sources ──> Inventory ──> Assignments ──> Plan ──> emitters
//!  (read)      (model)      (version→hosts)  (batches)  (write)
//!                                Policy ───────┘
//! ```
//!
//! # From a program
//!
//! Everything that is read lives in an [`Arena`](text::Arena); the inventory, the plan and all names in them borrow from it. The settings
//! are those of `regal.yml`, so that a program and the command plan alike:
//!
//! ```
//! use regal_inventory::assign::{Request, assign};
//! use regal_inventory::plan::plan;
//! use regal_inventory::limit;
//! use regal_inventory::settings::{self, Input, Place};
//! use regal_inventory::source::load;
//! use regal_inventory::text::{Arena, TextMap};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let hosts_ini = folder.path().join("hosts.ini");
//! std::fs::write(&hosts_ini, "[web]\nweb[1:5]\n[web:vars]\napp_version=shop-2.5.0\n")?;
//!
//! let arena = Arena::new();
//! let texts = TextMap::new();
//! let file = texts.add("regal.yml", "inventory: hosts.ini\nversion_from: {var: app_version}\nbatch_size: 50%\n")?;
//! let settings = settings::read(&arena, &texts, &Input { file: Some(file), ..Input::default() })?;
//!
//! let place = Place { folder: folder.path(), variable: |name| std::env::var_os(name) };
//! let options = settings.options(&place);
//! let loaded = load(&arena, &texts, &settings.specs(&place), &options)?;
//! let mut warnings = Vec::new();
//! let versions = settings.versions.as_ref().ok_or("no versions")?;
//! let request = Request { versions, policy: &settings.policy, fleet: loaded.fleet.as_ref() };
//! let assignments = assign(&arena, &loaded.inventory, &texts, request, &mut warnings)?;
//! let hidden = limit::hidden(&settings.limit, &loaded, &options, &mut warnings)?;
//! let plan = limit::shown(plan(&assignments, &settings.policy)?, &loaded.inventory, &hidden);
//!
//! for rollout in &plan.rollouts {
//!     for batch in &rollout.batches {
//!         println!("{} {}: {}", rollout.version, batch.stage, batch.hosts.join(", "));
//!     }
//! }
//! # let sizes: Vec<usize> = plan.rollouts[0].batches.iter().map(|batch| batch.hosts.len()).collect();
//! # assert_eq!(sizes, [1, 2, 2]);
//! # Ok(())
//! # }
//! ```
//!
//! The planner alone needs names and a [`Policy`](policy::Policy), and neither files nor an inventory:
//!
//! ```
//! use regal_inventory::plan::{Assigned, Assignments};
//! use regal_inventory::plan::{Stage, plan};
//! use regal_inventory::policy::Policy;
//!
//! # fn main() -> Result<(), regal_inventory::error::Error> {
//! let shop = Assigned::new("shop-2.5.0", vec!["web1", "web2", "web3"]);
//! let assignments = Assignments { versions: vec![shop], ..Assignments::default() };
//! let plan = plan(&assignments, &Policy::default())?;
//!
//! let batches = &plan.rollouts[0].batches;
//! assert_eq!((batches[0].stage, &batches[0].hosts[..]), (Stage::A, &["web1"][..]));
//! assert_eq!((batches[2].stage, &batches[2].hosts[..]), (Stage::B(2), &["web3"][..]));
//! # Ok(())
//! # }
//! ```
//!
//! What the settings do not say is the program's: [`Options`](source::Options) has the path of `ansible-inventory`, a cache, what ends programs
//! on a signal.
//!
//! An [`Error`](error::Error) has all problems of its step, each with file, line and a hint. What the command writes is in [`emit`]: an
//! [`Export`](emit::export::Export) is a plan with its inventory, and [`emit::export::find`] gives the function of a format.

pub mod assign;
pub mod diagnostics;
pub mod emit;
pub mod error;
pub mod files;
pub mod fold;
pub mod inventory;
pub mod json;
pub mod limit;
pub mod literal;
pub mod nearest;
pub mod pattern;
pub mod plan;
pub mod policy;
pub mod salt;
pub mod settings;
pub mod shown;
pub mod source;
pub mod text;
pub mod value;
pub mod vault;
pub mod yaml;
