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
//! A [`Session`](session::Session) does what the command does: it reads a configuration, the sources that it names, and plans. What it
//! may see of the process is handed in. Everything that is read lives in an [`Arena`](session::Arena); the plan and all names in it
//! borrow from it:
//!
//! ```
//! use regal_inventory::session::{Arena, Configuration, Opening, Session, Surroundings, TextMap};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("regal.yml");
//! # std::fs::write(folder.path().join("hosts.ini"), "[web]\nweb[1:5]\n[web:vars]\napp_version=shop-2.5.0\n")?;
//! std::fs::write(&path, "inventory: hosts.ini\nversion_from: {var: app_version}\nbatch_size: 50%\n")?;
//!
//! let (arena, texts) = (Arena::new(), TextMap::new());
//! let surroundings = Surroundings { variables: std::env::vars_os().collect(), ..Surroundings::default() };
//! let session = Session::open(&arena, &texts, Opening::new(Configuration::file(path), surroundings))?;
//! let planned = session.plan()?;
//!
//! for rollout in &planned.plan.rollouts {
//!     for batch in &rollout.batches {
//!         println!("{} {}: {}", rollout.version, batch.stage, batch.hosts.join(", "));
//!     }
//! }
//! # let sizes: Vec<usize> = planned.plan.rollouts[0].batches.iter().map(|batch| batch.hosts.len()).collect();
//! # assert_eq!(sizes, [1, 2, 2]);
//! # Ok(())
//! # }
//! ```
//!
//! [`Planned`](session::Planned) shows the plan as a report, as an Ansible inventory, and in the formats of other tools. An
//! [`Error`](error::Error) has all problems of its step, each with a code, file, line and a hint.
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

pub mod diagnostics;
pub mod emit;
pub mod error;
pub mod plan;
pub mod policy;
pub mod session;

// What the command, tests and benchmarks need besides: no part of what the library promises.
#[doc(hidden)]
pub mod assign;
#[doc(hidden)]
pub mod files;
#[doc(hidden)]
pub mod fold;
#[doc(hidden)]
pub mod frozen;
#[doc(hidden)]
pub mod inventory;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod judge;
#[doc(hidden)]
pub mod literal;
#[doc(hidden)]
pub mod nearest;
#[doc(hidden)]
pub mod pattern;
#[doc(hidden)]
pub mod record;
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod salt;
#[doc(hidden)]
pub mod settings;
#[doc(hidden)]
pub mod shown;
#[doc(hidden)]
pub mod source;
#[doc(hidden)]
pub mod suggest;
#[doc(hidden)]
pub mod system;
#[doc(hidden)]
pub mod text;
#[doc(hidden)]
pub mod value;
#[doc(hidden)]
pub mod vault;
#[doc(hidden)]
pub mod wording;
#[doc(hidden)]
pub mod yaml;
