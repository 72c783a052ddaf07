//! The policy of one version, every key settled.

use super::{
    Amount, Approval, BatchSize, Bound, DomainOrder, Keys, Labels, Missing, Mode, Order, Pattern, Remainder, Set,
    SpreadMode,
};

/// The policy of one version, every key settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Size of the canary; without one it is 1, or what pins and `cover` need.
    pub canary_size: Option<Amount>,
    /// Hosts that are canaries in any case.
    pub canary_hosts: Vec<Pattern>,
    /// Hosts that are never canaries.
    pub canary_exclude: Vec<Pattern>,
    /// Labels of whose every value there is a canary; never an empty list.
    pub canary_cover: Option<Labels>,
    /// Sizes of the batches after it, the last repeats; default 1. Never empty.
    pub batch_size: Vec<BatchSize>,
    /// Seconds to watch the canary; default `bake`.
    pub canary_bake: u64,
    /// Seconds to watch each other batch; default 0.
    pub bake: u64,
    /// When to ask before going on; default never.
    pub approval: Approval,
    /// Hosts that may be lost over the run; default 0.
    pub max_failures: Amount,
    /// Hosts to keep out of the plan.
    pub exclude: Vec<Pattern>,
    /// Hosts for the final batches.
    pub last: Vec<Pattern>,
    /// The order of hosts.
    pub order: Option<Set<Order>>,
    /// How hosts are assigned to batches.
    pub assignment: Assignment,
    /// Over which domains batches are spread.
    pub spread: Spread,
    /// Hosts of the version that may be in one batch.
    pub bound: Option<Set<Bound>>,
    /// What becomes of a short last batch.
    pub remainder: Option<Set<Remainder>>,
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
    pub(super) fn new(keys: Keys, version: &str) -> Self {
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
            approval: keys.approval.unwrap_or_default(),
            max_failures: keys.max_failures.unwrap_or(Amount::Hosts(0)),
            exclude: keys.exclude.unwrap_or_default(),
            last: keys.last.unwrap_or_default(),
            order: keys.order,
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
            bound: keys.bound,
            remainder: keys.remainder,
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

    /// Whether hosts are ordered or chosen by hash.
    pub fn hashes(&self) -> bool {
        self.mode() != Mode::Order || self.order() == Order::Shuffle
    }

    /// The labels that the planner needs of each host: those of `spread.by`, then those of `canary.cover`, each once.
    pub fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for label in self.spread.by().into_iter().chain(&self.canary_cover).flat_map(|labels| &labels.value) {
            if !labels.contains(&label.as_str()) {
                labels.push(label);
            }
        }
        labels
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

fn value<T: Copy + Default>(set: &Option<Set<T>>) -> T {
    set.as_ref().map(|set| set.value).unwrap_or_default()
}
