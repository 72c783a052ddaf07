//! The keys that a version may have of its own, as one layer sets them.

use std::sync::Arc;

use super::limits::{self, Limit};
use super::{
    Amount, Approval, BatchSize, Blackout, Gate, Missing, Mode, OnFailure, Order, Remainder, SpreadMode, StageKeys,
    Window,
};
use crate::error::Location;

/// What stands before a glob over groups where the groups of a host are a label: `group:rack_*`.
pub const GROUP_LABEL: &str = "group:";

/// What stands between labels whose combined values are one label: `zone & hardware`.
pub const PAIR: &str = " & ";

/// A host pattern of Ansible; commas may separate several in one text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The text; never blank.
    pub text: String,
    /// Where it stands.
    pub at: Arc<Location>,
}

/// A value with the place where it is set, for messages about what it does not go with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set<T> {
    /// The value.
    pub value: T,
    /// Where it is set.
    pub at: Location,
}

/// Names of labels: host variables, or `group:GLOB` for the groups that a host is in.
pub type Labels = Set<Vec<String>>;

/// How many of a version's hosts may be in one batch, whatever the sizes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// `max_unavailable`: at most so many; a percent is rounded down, but at least 1.
    MaxUnavailable(Amount),
    /// `min_healthy`: all but so many; a percent is rounded up.
    MinHealthy(Amount),
}

/// The order of domains in the sequential mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DomainOrder {
    /// By name.
    #[default]
    Name,
    /// The one with the fewest hosts first, then by name.
    SmallestFirst,
    /// These first, then the others by name.
    List(Vec<String>),
}

/// The keys that a version may have of its own; `None` leaves the weaker layer's value.
///
/// An empty list is a value too: it takes back what a weaker layer lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Sizes of the batches after the canary; the last repeats. Never empty.
    pub batch_size: Option<Vec<BatchSize>>,
    /// Size of the canary.
    pub canary_size: Option<Amount>,
    /// Hosts that are always canaries.
    pub canary_hosts: Option<Vec<Pattern>>,
    /// Hosts that are never canaries.
    pub canary_exclude: Option<Vec<Pattern>>,
    /// Labels; each of their values gets a canary.
    pub canary_cover: Option<Labels>,
    /// Seconds to watch the canary.
    pub canary_bake: Option<u64>,
    /// Seconds to watch each batch.
    pub bake: Option<u64>,
    /// When to ask before going on.
    pub approval: Option<Set<Approval>>,
    /// Hosts that may fail or be unreachable over the run.
    pub max_failures: Option<Amount>,
    /// Hosts to keep out of the plan.
    pub exclude: Option<Vec<Pattern>>,
    /// Hosts for the final batches.
    pub last: Option<Vec<Pattern>>,
    /// Whether those have batches of their own.
    pub last_alone: Option<Set<bool>>,
    /// The order of hosts.
    pub order: Option<Set<Order>>,
    /// The host variable by whose value hosts come, before `order`.
    pub order_by: Option<Set<String>>,
    /// How hosts are assigned to batches.
    pub assignment_mode: Option<Set<Mode>>,
    /// The host variable that is hashed in place of the name.
    pub assignment_key: Option<Set<String>>,
    /// The number of waves after the canary in the bucket mode.
    pub assignment_waves: Option<Set<usize>>,
    /// What is hashed with each host; `{version}` stands for the version.
    pub seed: Option<String>,
    /// The labels whose values are domains.
    pub spread_by: Option<Labels>,
    /// How batches are spread over domains.
    pub spread_mode: Option<Set<SpreadMode>>,
    /// What a host without a label means.
    pub spread_missing: Option<Set<Missing>>,
    /// The order of domains.
    pub spread_order: Option<Set<DomainOrder>>,
    /// Hosts of a domain that may be in one batch; a percent is of the domain's hosts.
    pub spread_max_unavailable: Option<Set<Amount>>,
    /// What one batch may have of the domains of some labels.
    pub limits: Option<Vec<Limit>>,
    /// Hosts of the version that may be in one batch.
    pub bound: Option<Set<Bound>>,
    /// What becomes of a short last batch.
    pub remainder: Option<Set<Remainder>>,
    /// Parts of the hosts that follow each other; an empty list takes them back.
    pub stages: Option<Set<Vec<StageKeys>>>,
    /// When batches may begin; an empty list is always.
    pub windows: Option<Set<Vec<Window>>>,
    /// When none may.
    pub blackouts: Option<Vec<Blackout>>,
    /// Versions, or globs over them, that the version comes after; an empty list takes them back.
    pub after: Option<Set<Vec<String>>>,
    /// What is measured while a batch is watched; an empty list takes it back.
    pub gates: Option<Set<Vec<Gate>>>,
    /// What follows where a batch is lost or a gate says no.
    pub on_failure: Option<Set<OnFailure>>,
    /// The version that a way back leads to.
    pub rollback_to: Option<Set<String>>,
}

impl Keys {
    /// The host variables whose values decide about batches, besides that of the version.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        // without `..`, so that a new key is thought of here
        let Keys {
            batch_size: _,
            canary_size: _,
            canary_hosts: _,
            canary_exclude: _,
            canary_cover,
            canary_bake: _,
            bake: _,
            approval: _,
            max_failures: _,
            exclude: _,
            last: _,
            last_alone: _,
            order: _,
            order_by,
            assignment_mode: _,
            assignment_key,
            assignment_waves: _,
            seed: _,
            spread_by,
            spread_mode: _,
            spread_missing: _,
            spread_order: _,
            spread_max_unavailable: _,
            limits,
            bound: _,
            remainder: _,
            stages,
            windows: _,
            blackouts: _,
            after: _,
            gates: _,
            on_failure: _,
            rollback_to: _,
        } = self;
        let named = [assignment_key, order_by].into_iter().flatten().map(|name| name.value.as_str());
        let labels = canary_cover.iter().chain(spread_by).flat_map(|labels| &labels.value).map(String::as_str);
        let limited = limits.iter().flatten().map(|limit| limit.label.as_str());
        let stages = || stages.iter().flat_map(|set| &set.value);
        let labels = labels.chain(limited).chain(stages().filter_map(StageKeys::label));
        // a pair of labels is of the variables of both
        let own = labels.flat_map(|label| label.split(PAIR)).chain(named);
        own.chain(stages().flat_map(|stage| stage.keys.all_variables()))
    }

    /// The same in a list: the iterator of a stage would be of the type that it is a part of.
    fn all_variables(&self) -> Vec<&str> {
        self.variables().collect()
    }

    /// Takes over what `stronger` sets.
    pub fn merge(&mut self, stronger: &Keys) {
        macro_rules! take {
            ($($key:ident)+) => {
                $(if stronger.$key.is_some() {
                    self.$key.clone_from(&stronger.$key);
                })+
            };
        }
        take!(batch_size canary_size canary_hosts canary_exclude canary_cover canary_bake bake approval max_failures);
        take!(exclude last last_alone order order_by assignment_mode assignment_key assignment_waves seed);
        take!(spread_by spread_mode spread_missing spread_order spread_max_unavailable bound remainder after);
        take!(gates on_failure rollback_to windows blackouts);
        limits::merge(&mut self.limits, &stronger.limits);
        match (&stronger.stages, &mut self.stages) {
            (Some(stages), _) => self.stages = Some(stages.clone()),
            // what is said later holds for the stages too
            (None, Some(stages)) => stages.value.iter_mut().for_each(|stage| stage.keys.merge(stronger)),
            (None, None) => {}
        }
    }

    /// Whether a key asks about hosts what only an inventory knows: patterns and labels.
    pub fn ask_about_hosts(&self) -> bool {
        let names = [&self.canary_hosts, &self.canary_exclude, &self.exclude, &self.last];
        names.into_iter().flatten().any(|patterns| !patterns.is_empty())
            || self.canary_cover.is_some()
            || self.spread_by.is_some()
            || self.limits.is_some()
            || self.assignment_key.is_some()
            || self.order_by.is_some()
            || self.stages.is_some()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::{PercentOf, Rules, StageHosts};

    fn set<T>(value: T) -> Option<Set<T>> {
        Some(Set { value, at: Location::whole("regal.yml") })
    }

    #[test]
    fn every_key_is_merged() {
        let pattern = || Some(vec![Pattern { text: "web".into(), at: Arc::new(Location::whole("regal.yml")) }]);
        // without `..`, so that a new key is thought of here
        let all = Keys {
            batch_size: Some(vec![BatchSize::Rest]),
            canary_size: Some(Amount::Hosts(2)),
            canary_hosts: pattern(),
            canary_exclude: pattern(),
            canary_cover: set(vec!["zone".into()]),
            canary_bake: Some(1),
            bake: Some(2),
            approval: set(Approval::EachBatch),
            max_failures: Some(Amount::Hosts(1)),
            exclude: pattern(),
            last: pattern(),
            last_alone: set(true),
            order: set(Order::Sorted),
            order_by: set("tier".into()),
            assignment_mode: set(Mode::Rank),
            assignment_key: set("asset_id".into()),
            assignment_waves: set(3),
            seed: Some("v1".into()),
            spread_by: set(vec!["zone".into()]),
            spread_mode: set(SpreadMode::Sequential),
            spread_missing: set(Missing::Each),
            spread_order: set(DomainOrder::SmallestFirst),
            spread_max_unavailable: set(Amount::Hosts(1)),
            limits: Some(vec![Limit {
                label: "rack".into(),
                max_unavailable: None,
                max_domains: Some(Amount::Hosts(1)),
                at: Location::whole("regal.yml"),
            }]),
            bound: set(Bound::MinHealthy(Amount::Hosts(1))),
            remainder: set(Remainder::Merge),
            stages: set(vec![StageKeys {
                name: "eu".into(),
                hosts: StageHosts::Rest,
                of: PercentOf::Stage,
                keys: Keys::default(),
                at: Location::whole("regal.yml"),
            }]),
            windows: set(Vec::new()),
            blackouts: Some(Vec::new()),
            after: set(vec!["db-*".into()]),
            gates: set(Vec::new()),
            on_failure: set(OnFailure::Rollback),
            rollback_to: set("app-1".into()),
        };
        let mut merged = Keys::default();
        merged.merge(&all);
        assert_eq!(merged, all);
        merged.merge(&Keys::default());
        assert_eq!(merged, all);
    }

    #[test]
    fn a_stages_keys_beat_those_beside_it_and_give_way_to_stronger_ones() {
        let stage = StageKeys {
            name: "eu".into(),
            hosts: StageHosts::Rest,
            of: PercentOf::Stage,
            keys: Keys { bake: Some(60), canary_bake: Some(70), ..Keys::default() },
            at: Location::whole("regal.yml"),
        };
        let mut keys = Keys::default();
        keys.merge(&Keys { bake: Some(1), canary_bake: Some(1), stages: set(vec![stage]), ..Keys::default() });
        keys.merge(&Keys { bake: Some(2), ..Keys::default() });
        let rules = Rules::new(keys, "app");
        assert_eq!((rules.bake, rules.canary_bake), (2, 1));
        let stage = &rules.stages[0].rules;
        assert_eq!((stage.bake, stage.canary_bake), (2, 70));
    }
}
