//! The settings: `regal.yml`, the environment and the command line, from the weakest to the strongest.
//!
//! All three set the same keys, which stand in [`KEYS`]. Everything that is wrong with them, in all three, is reported
//! at once and at its place: an unknown key with the nearest known one, a key beside its own alias, a value that does not
//! fit with what is allowed. The environment and the command line are data here; nothing is read from the process.

mod draft;
mod forms;
mod gates;
pub mod keys;
mod layer;
mod place;
mod policy_keys;
pub mod schema;
mod shape;
mod sources;
mod stages;
#[cfg(test)]
mod tests;
pub mod topics;
mod typed;
mod windows;

use std::time::Duration;

use crate::error::{Error, Result};
pub use crate::policy::Pattern;
use crate::policy::drift::Drift;
use crate::policy::naming::Naming;
pub use crate::policy::versions::{ExplicitVersion, VersionFrom, VersionSource};
use crate::policy::{Layer, Policy};
use crate::source::engine::Mode;
use crate::source::{Limits, NO_EXEC, Secret, Source};
use crate::text::{Arena, Text, TextMap};
use crate::value::Value;
use draft::Draft;
pub use keys::{Id, KEYS, Key, PolicyKey, Shape, variable};
use layer::Reader;
pub use place::{Place, Program};

/// Variables that are not settings: where the file is, that nothing is run, what the collection's plugins read, and the mark of a run within a run.
pub const RESERVED_VARIABLES: [&str; 6] = [
    "REGAL_CONFIG",
    "REGAL_PLAN",
    NO_EXEC,
    "REGAL_INVENTORY_BINARY",
    "REGAL_ROLLOUT_PROGRESS",
    "REGAL_INVENTORY_RUNNING",
];

/// What the settings are read from.
#[derive(Clone, Debug, Default)]
pub struct Input<'a> {
    /// The text of `regal.yml`, if there is one; it must stand in the [`TextMap`].
    pub file: Option<Text<'a>>,
    /// The environment; only the `REGAL_*` variables count.
    pub environment: &'a [(&'a str, &'a str)],
    /// The options that were given, in their order.
    pub options: &'a [OptionText<'a>],
    /// Where paths lead.
    pub place: Place,
}

/// An option of the command line that sets a key.
#[derive(Clone, Copy, Debug)]
pub struct OptionText<'a> {
    /// The key or its alias: `batch_size`, `combine`, `canary.size`.
    pub key: &'a str,
    /// The text that was given; `true` for a bare flag.
    pub text: &'a str,
    /// The option as messages shall call it: `--batch-size`.
    pub option: &'a str,
}

/// The settings of a run.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The sources, in order; later ones win.
    pub inventory: Vec<Source>,
    /// Where versions come from, if that is said anywhere.
    pub versions: Option<VersionSource>,
    /// Hosts to show; empty for all.
    pub limit: Vec<Pattern>,
    /// The planner's part.
    pub policy: Policy,
    /// How groups are named; [`Naming::ansible_cleans`] is not a setting and stays false.
    pub naming: Naming,
    /// Whether to write the batches without the source's groups and variables.
    pub groups_only: bool,
    /// Whether `ansible.cfg` and Ansible's variables do not count.
    pub no_ansible_cfg: bool,
    /// Which sources go through `ansible-inventory`.
    pub engine: Mode,
    /// That program.
    pub ansible_inventory: Option<Program>,
    /// How long to keep what programs print, in seconds; 0 to run them each time.
    pub cache_ttl: u64,
    /// How much sources may take.
    pub limits: Limits,
    /// The file that holds the vault password, or the program that prints it.
    pub vault_password_file: Option<Secret>,
    /// Vault passwords by id.
    pub vault_ids: Vec<Secret>,
    /// Whether a full inventory leaves out vars files under vault for which there is no password.
    pub skip_vaults: bool,
    /// What it means that the inventory differs from a frozen plan.
    pub drift: Drift,
    /// The `REGAL_*` variables that took part, in their order.
    pub environment: Vec<(String, String)>,
}

/// Reads the settings.
///
/// # Errors
/// Everything that is wrong with the file, the environment and the command line, in this order.
pub fn read<'a>(arena: &'a Arena, texts: &TextMap<'a>, input: &Input<'a>) -> Result<Settings> {
    let mut reader = Reader { arena, texts, place: &input.place, problems: Vec::new() };
    let mut drafts = Vec::new();
    if let Some(text) = input.file {
        let given = reader.file(text);
        drafts.push(Draft::new(given, &mut reader));
        // found in two walks, told in the order of the file
        reader.problems.sort_by_key(|problem| problem.location.as_ref().map(|at| (at.line, at.column)));
    }
    let given = reader.environment(input);
    let environment = used(&given, input);
    drafts.push(Draft::new(given, &mut reader));
    let given = reader.options(input);
    drafts.push(Draft::new(given, &mut reader));
    let mut settings = merge(drafts);
    settings.environment = environment;
    Error::unless_any(reader.problems, settings)
}

/// Returns options with their values as a file would have them, each key once, in their order.
///
/// # Errors
/// An option whose text is not valid YAML where it begins as such, or that is given twice and means one thing.
pub fn as_values<'a>(
    arena: &'a Arena,
    texts: &TextMap<'a>,
    place: &Place,
    options: &[OptionText<'a>],
) -> Result<Vec<(&'a str, Value<'a>)>> {
    let mut reader = Reader { arena, texts, place, problems: Vec::new() };
    let values = reader.as_values(options);
    Error::unless_any(reader.problems, values)
}

/// The variables that set something.
fn used(given: &[layer::Given<'_>], input: &Input<'_>) -> Vec<(String, String)> {
    let sets =
        |name: &str| given.iter().any(|given| matches!(given.origin, layer::Origin::Named(from) if from == name));
    let used = input.environment.iter().filter(|(name, _)| sets(name));
    used.map(|(name, text)| (name.to_string(), text.to_string())).collect()
}

/// Stacks the layers, the weakest first.
fn merge(drafts: Vec<Draft>) -> Settings {
    let mut settings = Settings::default();
    for draft in drafts {
        replace(&mut settings.inventory, draft.inventory);
        replace(&mut settings.limit, draft.limit);
        replace(&mut settings.policy.priority, draft.priority);
        replace(&mut settings.policy.shared_hosts, draft.shared_hosts);
        replace(&mut settings.naming.spelling, draft.spelling);
        replace(&mut settings.groups_only, draft.groups_only);
        replace(&mut settings.no_ansible_cfg, draft.no_ansible_cfg);
        replace(&mut settings.engine, draft.engine);
        replace(&mut settings.cache_ttl, draft.cache_ttl);
        replace(&mut settings.limits.range_hosts, draft.max_range_hosts);
        replace(&mut settings.limits.yaml_values, draft.max_yaml_values);
        replace(&mut settings.limits.source_bytes, draft.max_source_bytes);
        replace(&mut settings.limits.timeout, draft.source_timeout.map(Duration::from_secs));
        settings.ansible_inventory = draft.ansible_inventory.or(settings.ansible_inventory);
        replace(&mut settings.vault_ids, draft.vault_ids);
        replace(&mut settings.skip_vaults, draft.skip_vaults);
        replace(&mut settings.drift.mode, draft.drift_mode);
        replace(&mut settings.drift.removed, draft.drift_removed);
        replace(&mut settings.drift.added, draft.drift_added);
        replace(&mut settings.drift.changed, draft.drift_changed);
        if draft.vault_password_file.is_some() {
            settings.vault_password_file = draft.vault_password_file;
        }
        if draft.prefix.is_some() {
            settings.naming.prefix = draft.prefix;
        }
        if draft.versions.is_some() {
            // the keys that stood under versions go with them
            settings.policy.layers.iter_mut().for_each(|layer| layer.versions.clear());
            settings.versions = draft.versions;
        }
        settings.policy.layers.push(Layer { all: draft.keys, overrides: draft.overrides, versions: draft.own });
    }
    settings
}

/// Takes over what a stronger layer sets.
fn replace<T>(slot: &mut T, stronger: Option<T>) {
    if let Some(value) = stronger {
        *slot = value;
    }
}
