//! The policy: how large the batches are, which version goes first, how long to watch, when to stop.
//!
//! A policy has layers, from the weakest: the file, the environment, the command line. Within a layer a value for all
//! versions gives way to `overrides`, where the last match wins, and those to what stands under the version itself.
//! [`Policy::rules`] merges them key by key into the [`Rules`] of one version.

mod amount;
mod conduct;
pub mod drift;
mod duration;
pub mod gates;
mod glob;
mod keys;
mod limits;
pub mod naming;
mod opening;
pub mod promql;
mod rules;
mod stages;
pub mod versions;
mod windows;
mod words;
mod zone;

use indexmap::IndexMap;

use crate::error::Location;
pub use amount::{Amount, Percent};
pub use conduct::{Conduct, OnFailure};
pub use duration::{display_milliseconds, display_seconds, parse_milliseconds, parse_seconds};
pub use gates::Gate;
pub use glob::Glob;
pub use keys::{Bound, DomainOrder, GROUP_LABEL, Keys, Labels, PAIR, Pattern, Set};
pub use limits::Limit;
pub use opening::{Closed, ClosedBy, Opens, longest, opening, too_short};
pub use rules::{Assignment, Rules, SEED_VERSION, Spread};
pub use stages::{PercentOf, StageHosts, StageKeys, StageRules};
pub use windows::{Blackout, DayTime, Days, Moment, Window};
pub use words::{Approval, Missing, Mode, Order, Remainder, SharedHosts, SpreadMode};
pub use zone::Zone;

/// What the planner needs besides the hosts.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The values, weakest layer first.
    pub layers: Vec<Layer>,
    /// Which versions go first.
    pub priority: Priority,
    /// What a host in several versions means.
    pub shared_hosts: SharedHosts,
}

/// The values of one layer: the file, the environment or the command line.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// For all versions.
    pub all: Keys,
    /// For the versions that match; the last match wins.
    pub overrides: Vec<Override>,
    /// For single versions, from `versions:`.
    pub versions: IndexMap<String, Keys>,
}

/// Values for the versions whose name matches.
#[derive(Clone, Debug)]
pub struct Override {
    /// The version, or a glob over versions.
    pub glob: Glob,
    /// The values.
    pub keys: Keys,
    /// Where the glob stands.
    pub at: Location,
}

/// The size of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchSize {
    /// So many hosts; never none.
    Amount(Amount),
    /// All hosts that are left.
    Rest,
    /// Sizes that grow from batch to batch; only last.
    Growing(Growth),
}

/// Sizes that grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The first size; never none.
    pub start: Amount,
    /// How many times as large each size is as the one before; from 2.
    pub factor: usize,
    /// The size at which it stops; never none.
    pub most: Amount,
}

impl Growth {
    /// The sizes in hosts of so many planned ones: from `start` to `most`, which repeats; each at least 1.
    pub fn sizes(self, planned: usize) -> Vec<usize> {
        let most = self.most.of(planned).clamp(1, planned.max(1));
        let mut sizes = vec![self.start.of(planned).clamp(1, most)];
        while let Some(size) = sizes.last().copied().filter(|size| *size < most) {
            sizes.push(size.saturating_mul(self.factor.max(2)).min(most));
        }
        sizes
    }
}

impl std::fmt::Display for Growth {
    /// As it is written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{{start: {}, factor: {}, most: {}}}", self.start, self.factor, self.most)
    }
}

/// Which versions go first; the others follow in order of first appearance.
#[derive(Clone, Debug, Default)]
pub enum Priority {
    /// No version in particular.
    #[default]
    None,
    /// These, in this order.
    Names(Vec<(String, Location)>),
    /// Those whose name contains the text, as regal's `priority_name`.
    Containing(String, Location),
}

impl Policy {
    /// The host variables whose values decide about batches of any version, besides those that say the versions.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let keys = self.layers.iter().flat_map(|layer| {
            let own = layer.overrides.iter().map(|rule| &rule.keys).chain(layer.versions.values());
            std::iter::once(&layer.all).chain(own)
        });
        keys.flat_map(Keys::variables)
    }

    /// The rules of one version.
    pub fn rules(&self, version: &str) -> Rules {
        let mut keys = Keys::default();
        for layer in &self.layers {
            keys.merge(&layer.all);
            for rule in layer.overrides.iter().filter(|rule| rule.glob.matches(version)) {
                keys.merge(&rule.keys);
            }
            if let Some(own) = layer.versions.get(version) {
                keys.merge(own);
            }
        }
        Rules::new(keys, version)
    }

    /// Whether any version comes after others.
    pub fn has_after(&self) -> bool {
        let set = |keys: &Keys| keys.after.is_some();
        let layer = |layer: &Layer| {
            set(&layer.all) || layer.overrides.iter().any(|rule| set(&rule.keys)) || layer.versions.values().any(set)
        };
        self.layers.iter().any(layer)
    }

    /// Whether a key of any version asks about hosts what only an inventory knows: patterns and labels.
    pub fn asks_about_hosts(&self) -> bool {
        let keys = |layer: &Layer| {
            layer.all.ask_about_hosts()
                || layer.overrides.iter().any(|rule| rule.keys.ask_about_hosts())
                || layer.versions.values().any(Keys::ask_about_hosts)
        };
        self.layers.iter().any(keys)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn batch(n: usize) -> Keys {
        Keys { batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(n))]), ..Keys::default() }
    }

    fn rule(glob: &str, keys: Keys) -> Override {
        Override { glob: Glob::new(glob), keys, at: Location::whole("regal.yml") }
    }

    #[test]
    fn the_last_matching_override_wins_key_by_key() {
        let slow = Keys { bake: Some(600), ..batch(2) };
        let file = Layer {
            all: batch(10),
            overrides: vec![rule("app-1.*", slow), rule("app-1.9", batch(3)), rule("db-*", batch(4))],
            ..Layer::default()
        };
        let policy = Policy { layers: vec![file], ..Policy::default() };
        let rules = policy.rules("app-1.9");
        assert_eq!(rules.batch_size, batch(3).batch_size.unwrap());
        assert_eq!((rules.bake, rules.canary_bake), (600, 600));
        assert_eq!(policy.rules("app-2.0").batch_size, batch(10).batch_size.unwrap());
    }

    #[test]
    fn a_versions_own_keys_beat_overrides_and_the_command_line_beats_both() {
        let mut file = Layer { all: batch(1), overrides: vec![rule("*", batch(2))], ..Layer::default() };
        file.versions.insert("app-1.0".into(), batch(3));
        let mut policy = Policy { layers: vec![file], ..Policy::default() };
        assert_eq!(policy.rules("app-1.0").batch_size, batch(3).batch_size.unwrap());
        policy.layers.push(Layer { all: batch(4), ..Layer::default() });
        assert_eq!(policy.rules("app-1.0").batch_size, batch(4).batch_size.unwrap());
    }
}
