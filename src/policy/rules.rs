//! The policy of one version, every key settled, and as texts.

use super::{
    Amount, Approval, BatchSize, Blackout, Bound, Conduct, DomainOrder, Gate, Keys, Labels, Limit, Missing, Mode,
    OnFailure, Order, Pattern, Remainder, Set, SpreadMode, StageKeys, StageRules, Window, display_seconds, limits,
    stages,
};
use crate::error::Location;

/// The policy of one version, every key settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Size of the canary; without one it is 1, or what pins and `cover` need.
    pub canary_size: Option<Amount>,
    /// Hosts that are always canaries.
    pub canary_hosts: Vec<Pattern>,
    /// Hosts that are never canaries.
    pub canary_exclude: Vec<Pattern>,
    /// Labels, each of whose values gets a canary; never an empty list.
    pub canary_cover: Option<Labels>,
    /// Sizes of the batches after it, the last repeats; default 1. Never empty.
    pub batch_size: Vec<BatchSize>,
    /// Seconds to watch the canary; default `bake`.
    pub canary_bake: u64,
    /// Seconds to watch each other batch; default 0.
    pub bake: u64,
    /// When to ask before going on; default never.
    pub approval: Approval,
    /// Where that is set, if anywhere.
    pub approval_at: Option<Location>,
    /// Hosts that may be lost over the run; default 0.
    pub max_failures: Amount,
    /// Hosts to keep out of the plan.
    pub exclude: Vec<Pattern>,
    /// Hosts for the final batches.
    pub last: Vec<Pattern>,
    /// Whether those have batches of their own.
    pub last_alone: Option<Set<bool>>,
    /// The order of hosts.
    pub order: Option<Set<Order>>,
    /// The host variable by whose value hosts come, before `order`.
    pub order_by: Option<Set<String>>,
    /// How hosts are assigned to batches.
    pub assignment: Assignment,
    /// Over which domains batches are spread.
    pub spread: Spread,
    /// What one batch may have of the domains of some labels, each label once.
    pub limits: Vec<Limit>,
    /// Hosts of the version that may be in one batch.
    pub bound: Option<Set<Bound>>,
    /// What becomes of a short last batch.
    pub remainder: Option<Set<Remainder>>,
    /// Parts of the hosts that follow each other, in order; without any all hosts are one.
    pub stages: Vec<StageRules>,
    /// When batches may begin; without any always.
    pub windows: Option<Set<Vec<Window>>>,
    /// When none may.
    pub blackouts: Vec<Blackout>,
    /// Versions, or globs over them, that this one comes after; never an empty list.
    pub after: Option<Set<Vec<String>>>,
    /// What is measured while a batch is watched; never an empty list.
    pub gates: Option<Set<Vec<Gate>>>,
    /// What follows where a batch is lost or a gate says no.
    pub on_failure: Option<Set<OnFailure>>,
    /// The version that a way back leads to.
    pub rollback_to: Option<Set<String>>,
}

/// How hosts are assigned to batches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The mode, if it is set.
    pub mode: Option<Set<Mode>>,
    /// The host variable that is hashed in place of the name.
    pub key: Option<Set<String>>,
    /// The number of waves after the canary in the bucket mode.
    pub waves: Option<Set<usize>>,
    /// What is hashed with each host, the version filled in.
    pub seed: String,
}

/// Over which domains batches are spread, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// The labels whose values are domains; an empty list takes them back.
    pub by: Option<Labels>,
    /// How.
    pub mode: Option<Set<SpreadMode>>,
    /// What a host without a label means, for `canary.cover` too.
    pub missing: Option<Set<Missing>>,
    /// The order of domains in the sequential mode.
    pub order: Option<Set<DomainOrder>>,
    /// Hosts of a domain that may be in one batch.
    pub max_unavailable: Option<Set<Amount>>,
}

impl Rules {
    /// The rules of `version` out of its keys.
    pub(super) fn new(mut keys: Keys, version: &str) -> Self {
        let stages = keys.stages.take().map(|set| set.value).unwrap_or_default();
        let stages = stages.into_iter().map(|stage| stage_rules(stage, keys.clone(), version)).collect();
        let bake = keys.bake.unwrap_or(0);
        let filled = |labels: Option<Labels>| labels.filter(|labels| !labels.value.is_empty());
        Rules {
            canary_size: keys.canary_size,
            canary_hosts: keys.canary_hosts.unwrap_or_default(),
            canary_exclude: keys.canary_exclude.unwrap_or_default(),
            canary_cover: filled(keys.canary_cover),
            batch_size: keys.batch_size.unwrap_or_else(|| vec![BatchSize::Amount(Amount::Hosts(1))]),
            canary_bake: keys.canary_bake.unwrap_or(bake),
            bake,
            approval: value(&keys.approval),
            approval_at: keys.approval.map(|set| set.at),
            max_failures: keys.max_failures.unwrap_or(Amount::Hosts(0)),
            exclude: keys.exclude.unwrap_or_default(),
            last: keys.last.unwrap_or_default(),
            last_alone: keys.last_alone,
            order: keys.order,
            order_by: keys.order_by,
            assignment: Assignment {
                mode: keys.assignment_mode,
                key: keys.assignment_key,
                waves: keys.assignment_waves,
                seed: keys.seed.unwrap_or_default().replace(SEED_VERSION, version),
            },
            spread: Spread {
                by: keys.spread_by,
                mode: keys.spread_mode,
                missing: keys.spread_missing,
                order: keys.spread_order,
                max_unavailable: keys.spread_max_unavailable,
            },
            limits: keys.limits.unwrap_or_default(),
            bound: keys.bound,
            remainder: keys.remainder,
            stages,
            windows: keys.windows.filter(|windows| !windows.value.is_empty()),
            blackouts: keys.blackouts.unwrap_or_default(),
            after: filled(keys.after),
            gates: keys.gates.filter(|gates| !gates.value.is_empty()),
            on_failure: keys.on_failure,
            rollback_to: keys.rollback_to,
        }
    }

    /// The order of hosts.
    pub fn order(&self) -> Order {
        value(&self.order)
    }

    /// The mode of assignment.
    pub fn mode(&self) -> Mode {
        value(&self.assignment.mode)
    }

    /// What becomes of a short last batch.
    pub fn remainder(&self) -> Remainder {
        value(&self.remainder)
    }

    /// What follows where a batch is lost or a gate says no.
    pub fn on_failure(&self) -> OnFailure {
        value(&self.on_failure)
    }

    /// What holds while a rollout is under way; `most` is what the bound comes to.
    pub fn conduct(&self, most: Option<usize>) -> Conduct {
        Conduct {
            gates: self.gates.as_ref().map(|set| set.value.clone()).unwrap_or_default(),
            windows: self.windows.as_ref().map(|set| set.value.clone()).unwrap_or_default(),
            blackouts: self.blackouts.clone(),
            on_failure: self.on_failure(),
            rollback_to: self.rollback_to.as_ref().map(|set| set.value.clone()),
            most,
        }
    }

    /// Whether the hosts of `last` have batches of their own.
    pub fn last_alone(&self) -> bool {
        !self.last.is_empty() && value(&self.last_alone)
    }

    /// Whether hosts are ordered or chosen by hash.
    pub fn hashes(&self) -> bool {
        self.mode() != Mode::Order || self.order() == Order::Shuffle
    }

    /// The labels that hosts are divided by: those of `spread.by`, then those of `limits`; with the places of the keys.
    pub fn divided_by(&self) -> Vec<(&str, &Location)> {
        let limited = self.limits.iter().map(|limit| (limit.label.as_str(), &limit.at));
        self.spread.by().into_iter().flat_map(each).chain(limited).collect()
    }

    /// The labels that the planner needs of each host: those, then those of `canary.cover`; a label may come twice.
    pub fn labels(&self) -> Vec<(&str, &Location)> {
        self.divided_by().into_iter().chain(self.canary_cover.iter().flat_map(each)).collect()
    }

    /// Every key of `regal.yml` that a version may have, by its name, with its value as text; absent where it is not set
    /// and has no default, or has no effect. Always the same keys in the same order.
    pub fn described(&self) -> [(&'static str, Option<String>); 34] {
        // without `..`, so that a new key is thought of here
        let Rules {
            canary_size,
            canary_hosts,
            canary_exclude,
            canary_cover,
            batch_size,
            canary_bake,
            bake,
            approval,
            approval_at: _,
            max_failures,
            exclude,
            last,
            last_alone: _,
            order: _,
            order_by: _,
            assignment: Assignment { mode: _, key, waves, seed },
            spread: Spread { by, mode: _, missing: _, order, max_unavailable },
            limits,
            bound,
            remainder: _,
            stages,
            windows,
            blackouts,
            after,
            gates,
            on_failure: _,
            rollback_to,
        } = self;
        let spreads = by.is_some();
        let hashes = self.hashes();
        let (most, least) = match bound.as_ref().map(|bound| bound.value) {
            Some(Bound::MaxUnavailable(amount)) => (Some(amount.to_string()), None),
            Some(Bound::MinHealthy(amount)) => (None, Some(amount.to_string())),
            None => (None, None),
        };
        let canary = match canary_size {
            Some(amount) => Some(amount.to_string()),
            None if canary_hosts.is_empty() && canary_cover.is_none() => Some("1".to_string()),
            None => None,
        };
        let mut described = [
            ("canary.size", canary),
            ("canary.hosts", patterns(canary_hosts)),
            ("canary.exclude", patterns(canary_exclude)),
            ("canary.cover", labels(canary_cover)),
            ("batch_size", Some(batch_size.iter().map(size).collect::<Vec<_>>().join(", "))),
            ("remainder", Some(self.remainder().as_str().to_string())),
            ("max_unavailable", most),
            ("min_healthy", least),
            ("spread.by", labels(by)),
            ("spread.mode", spreads.then(|| self.spread.mode().as_str().to_string())),
            ("spread.missing", spreads.then(|| self.spread.missing().as_str().to_string())),
            ("spread.order", order.as_ref().filter(|_| spreads).map(|order| domains(&order.value))),
            ("spread.max_unavailable", max_unavailable.as_ref().map(|amount| amount.value.to_string())),
            ("limits", limits::text(limits)),
            ("order.mode", Some(self.order().as_str().to_string())),
            ("order.by", self.order_by.as_ref().map(|by| by.value.clone())),
            ("last.hosts", patterns(last)),
            ("last.alone", self.last_alone().then(|| "yes".to_string())),
            ("exclude", patterns(exclude)),
            ("assignment.mode", Some(self.mode().as_str().to_string())),
            ("assignment.key", key.as_ref().filter(|_| hashes).map(|key| key.value.clone())),
            ("assignment.waves", waves.as_ref().map(|waves| waves.value.to_string())),
            ("seed", Some(seed.clone()).filter(|seed| hashes && !seed.is_empty())),
            ("canary.bake", Some(display_seconds(*canary_bake))),
            ("bake", Some(display_seconds(*bake))),
            ("approval", Some(approval.as_str().to_string())),
            ("max_failures", Some(max_failures.to_string())),
            ("windows", windows.as_ref().and_then(|windows| listed(&windows.value))),
            ("blackouts", listed(blackouts)),
            ("stages", None),
            ("after", after.as_ref().map(|set| set.value.join(", "))),
            ("gates", gates.as_ref().and_then(|set| listed(&set.value))),
            ("on_failure", Some(self.on_failure().as_str().to_string())),
            ("rollback_to", rollback_to.as_ref().map(|set| set.value.clone())),
        ];
        let of_stages = stages::described(stages, &described);
        described.iter_mut().filter(|(key, _)| *key == "stages").for_each(|(_, value)| value.clone_from(&of_stages));
        described
    }
}

impl Spread {
    /// The labels whose values are domains, if there are any.
    pub fn by(&self) -> Option<&Labels> {
        self.by.as_ref().filter(|labels| !labels.value.is_empty())
    }

    /// How batches are spread.
    pub fn mode(&self) -> SpreadMode {
        value(&self.mode)
    }

    /// What a host without a label means.
    pub fn missing(&self) -> Missing {
        value(&self.missing)
    }
}

/// What stands for the version in a seed.
pub const SEED_VERSION: &str = "{version}";

/// The rules of a stage, whose keys beat those of its version.
fn stage_rules(stage: StageKeys, mut keys: Keys, version: &str) -> StageRules {
    keys.merge(&stage.keys);
    StageRules { name: stage.name, hosts: stage.hosts, of: stage.of, rules: Rules::new(keys, version), at: stage.at }
}

fn value<T: Copy + Default>(set: &Option<Set<T>>) -> T {
    set.as_ref().map(|set| set.value).unwrap_or_default()
}

fn size(size: &BatchSize) -> String {
    match size {
        BatchSize::Amount(amount) => amount.to_string(),
        BatchSize::Rest => "rest".to_string(),
        BatchSize::Growing(growth) => growth.to_string(),
    }
}

fn listed(items: &[impl ToString]) -> Option<String> {
    let texts: Vec<_> = items.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn patterns(patterns: &[Pattern]) -> Option<String> {
    let texts: Vec<_> = patterns.iter().map(|pattern| pattern.text.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// Each label with the place of its key.
fn each(labels: &Labels) -> impl Iterator<Item = (&str, &Location)> {
    labels.value.iter().map(|label| (label.as_str(), &labels.at))
}

fn labels(labels: &Option<Labels>) -> Option<String> {
    labels.as_ref().map(|labels| labels.value.join(", "))
}

fn domains(order: &DomainOrder) -> String {
    match order {
        DomainOrder::Name => "name".to_string(),
        DomainOrder::SmallestFirst => "smallest_first".to_string(),
        DomainOrder::List(domains) => domains.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Amount, Bound, Keys, Policy, Set};
    use crate::settings::{Id, KEYS};

    #[test]
    fn every_key_of_a_version_is_described() {
        let described: Vec<_> = Policy::default().rules("app").described().into_iter().map(|(key, _)| key).collect();
        let group =
            |name: &str| KEYS.iter().any(|key| key.name.split_once('.').is_some_and(|(outer, _)| outer == name));
        let keys = KEYS.iter().filter(|key| key.per_version && key.id != Id::Hosts && !group(key.name));
        let keys: Vec<_> = keys.map(|key| key.name).collect();
        let missing: Vec<_> = keys.iter().filter(|key| !described.contains(key)).collect();
        assert!(missing.is_empty() && described.len() == keys.len(), "{missing:?}");
    }

    #[test]
    fn what_is_set_is_shown_and_defaults_too() {
        let at = crate::error::Location::whole("regal.yml");
        let keys = Keys {
            batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(2)), BatchSize::Rest]),
            bound: Some(Set { value: Bound::MinHealthy(Amount::Hosts(3)), at }),
            bake: Some(90),
            ..Keys::default()
        };
        let described = Rules::new(keys, "app").described();
        let shown = |key: &str| described.iter().find(|(name, _)| *name == key).and_then(|(_, value)| value.as_deref());
        assert_eq!(shown("batch_size"), Some("2, rest"));
        assert_eq!((shown("min_healthy"), shown("max_unavailable")), (Some("3"), None));
        assert_eq!((shown("bake"), shown("canary.bake")), (Some("1m30s"), Some("1m30s")));
        assert_eq!((shown("canary.size"), shown("approval"), shown("spread.mode")), (Some("1"), Some("never"), None));
    }
}
