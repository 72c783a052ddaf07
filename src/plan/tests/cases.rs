//! Fleets and policies for the properties: a version's hosts with two labels, and keys that go with them.

use super::*;
use crate::plan::{Facts, HostIndex, Label};
use crate::policy::{Bound, DomainOrder, Growth, Labels, Limit, Mode, Order, Pattern, Remainder, Set, SpreadMode};

/// A version's hosts with two labels, and a policy that goes with them.
#[derive(Clone, Debug)]
pub struct Case {
    pub zones: Vec<usize>,
    pub kinds: Vec<usize>,
    /// Some hosts are in no cluster.
    pub clusters: Vec<Option<usize>>,
    pub pinned: Vec<usize>,
    pub barred: Vec<usize>,
    pub last: Vec<usize>,
    pub keys: Keys,
}

pub fn set<T>(value: T) -> Option<Set<T>> {
    Some(Set { value, at: location() })
}

pub fn labels(names: &[&str]) -> Option<Labels> {
    set(names.iter().map(|name| name.to_string()).collect())
}

/// Patterns only mark that a key is used: what they select stands in the facts.
pub fn patterns(selected: &[usize]) -> Option<Vec<Pattern>> {
    (!selected.is_empty()).then(|| vec![Pattern { text: "selected".into(), at: std::sync::Arc::new(location()) }])
}

pub fn amount() -> impl Strategy<Value = Amount> {
    let text = prop_oneof![(1usize..30).prop_map(|n| n.to_string()), (1u32..=100).prop_map(|p| format!("{p}%"))];
    text.prop_map(|text| Amount::parse(&text).unwrap())
}

fn sizes() -> impl Strategy<Value = Vec<BatchSize>> {
    let growth = (1usize..5, 2usize..5, amount())
        .prop_map(|(start, factor, most)| BatchSize::Growing(Growth { start: Amount::Hosts(start), factor, most }));
    let last = prop_oneof![2 => Just(None), 2 => Just(Some(BatchSize::Rest)), 1 => growth.prop_map(Some)];
    (prop::collection::vec(amount().prop_map(BatchSize::Amount), 1..4), last).prop_map(|(mut sizes, last)| {
        sizes.extend(last);
        sizes
    })
}

pub fn spread() -> impl Strategy<Value = Keys> {
    let by = prop_oneof![Just(vec!["zone"]), Just(vec!["kind"]), Just(vec!["zone", "kind"]), Just(vec![])];
    let mode = prop_oneof![Just(SpreadMode::Even), Just(SpreadMode::Sequential)];
    (by, mode, prop::option::of(amount()), any::<bool>()).prop_map(|(by, mode, cap, smallest)| Keys {
        spread_by: labels(&by),
        spread_mode: set(mode),
        spread_order: if smallest && mode == SpreadMode::Sequential && !by.is_empty() {
            set(DomainOrder::SmallestFirst)
        } else {
            None
        },
        spread_max_unavailable: cap.and_then(set),
        ..Keys::default()
    })
}

/// Limits of labels, one of which some hosts do not have.
pub fn limits() -> impl Strategy<Value = Vec<Limit>> {
    let bounds = prop_oneof![
        3 => amount().prop_map(|hosts| (Some(hosts), None)),
        1 => (1usize..4).prop_map(|domains| (None, Some(Amount::Hosts(domains)))),
        1 => (amount(), amount()).prop_map(|(hosts, domains)| (Some(hosts), Some(domains))),
    ];
    let label = prop_oneof![3 => Just("cluster"), 1 => Just("zone"), 1 => Just("kind")];
    let limits = prop::collection::hash_map(label, bounds, 1..3);
    prop_oneof![1 => Just(std::collections::HashMap::default()), 1 => limits].prop_map(|limits| {
        let mut limits: Vec<Limit> = limits.into_iter().map(|(label, bounds)| limit(label, bounds)).collect();
        limits.sort_by(|a, b| a.label.cmp(&b.label));
        limits
    })
}

pub fn limit(label: &str, (max_unavailable, max_domains): (Option<Amount>, Option<Amount>)) -> Limit {
    Limit { label: label.to_string(), max_unavailable, max_domains, at: location() }
}

pub fn other_keys() -> impl Strategy<Value = Keys> {
    let bound = prop_oneof![
        3 => Just(None),
        1 => amount().prop_map(|amount| Some(Bound::MaxUnavailable(amount))),
        1 => (1u32..50).prop_map(|p| Some(Bound::MinHealthy(Amount::parse(&format!("{p}%")).unwrap()))),
    ];
    let remainder = prop_oneof![Just(Remainder::Last), Just(Remainder::Balance), Just(Remainder::Merge)];
    let order = prop_oneof![
        Just((set(Order::Inventory), None)),
        Just((set(Order::ReverseSorted), None)),
        Just((set(Order::Shuffle), None)),
        Just((None, set(Mode::Rank))),
    ];
    let cover = prop_oneof![3 => Just(vec![]), 1 => Just(vec!["zone"]), 1 => Just(vec!["kind", "zone"])];
    (prop::option::of(amount()), sizes(), bound, remainder, order, cover, limits()).prop_map(
        |(canary_size, sizes, bound, remainder, (order, assignment_mode), cover, limits)| Keys {
            canary_size,
            batch_size: Some(sizes),
            bound: bound.and_then(set),
            remainder: set(remainder),
            order,
            assignment_mode,
            canary_cover: labels(&cover),
            limits: Some(limits),
            ..Keys::default()
        },
    )
}

/// The keys made fit for the bucket mode, which leaves no room for some of them.
pub fn bucket(keys: &mut Keys) {
    if !matches!(keys.canary_size, Some(Amount::Percent(_))) {
        keys.canary_size = Some(Amount::parse("15%").unwrap());
    }
    keys.assignment_mode = set(Mode::Bucket);
    (keys.spread_by, keys.canary_cover) = (labels(&[]), labels(&[]));
    keys.limits = None;
    (keys.spread_order, keys.order, keys.remainder) = (None, None, set(Remainder::Last));
}

/// Any case.
pub fn case() -> impl Strategy<Value = Case> {
    cases(prop::bool::weighted(0.15))
}

pub fn cases(is_bucket: impl Strategy<Value = bool>) -> impl Strategy<Value = Case> {
    let cluster = prop::option::of(0usize..8);
    let hosts = prop::collection::vec((prop_oneof![4 => 0usize..3, 1 => 3usize..20], 0usize..3, cluster), 1..120);
    let picks = || prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(any::<prop::sample::Index>(), 1..5)];
    let parts = (hosts, picks(), picks(), picks(), spread(), other_keys(), is_bucket);
    parts.prop_map(|(hosts, pins, bars, lasts, spread, mut keys, is_bucket)| {
        let picked = |picks: &[prop::sample::Index], without: &[usize]| -> Vec<usize> {
            let mut picked: Vec<usize> = picks.iter().map(|pick| pick.index(hosts.len())).collect();
            picked.sort_unstable();
            picked.dedup();
            picked.retain(|host| !without.contains(host));
            picked
        };
        let pinned = picked(&pins, &[]);
        let (barred, last) = (picked(&bars, &pinned), picked(&lasts, &pinned));
        keys.merge(&spread);
        if is_bucket {
            bucket(&mut keys);
        }
        keys.canary_hosts = patterns(&pinned);
        keys.canary_exclude = patterns(&barred);
        keys.last = patterns(&last);
        let zones = hosts.iter().map(|(zone, _, _)| *zone).collect();
        let kinds = hosts.iter().map(|(_, kind, _)| *kind).collect();
        let clusters = hosts.iter().map(|(_, _, cluster)| *cluster).collect();
        Case { zones, kinds, clusters, pinned, barred, last, keys }
    })
}

impl Case {
    pub fn is_bucket(&self) -> bool {
        self.keys.assignment_mode.as_ref().is_some_and(|mode| mode.value == Mode::Bucket)
    }

    /// Plans the case; the answer is handed on with the assignments.
    pub fn plan<T>(&self, check: impl FnOnce(&Assignments<'_>, Result<Plan<'_>>) -> T) -> T {
        let (names, values) = (names(self.zones.len()), values());
        let assigned = self.assigned(borrowed(&names), &values);
        let input = Assignments { versions: vec![assigned], unversioned: Vec::new() };
        let result = plan(&input, &policy_of(&self.keys));
        check(&input, result)
    }

    pub fn len(&self) -> usize {
        self.zones.len()
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The hosts under these names, with what the policy asks about them.
    pub fn assigned<'a>(&self, hosts: Vec<&'a str>, values: &'a [String]) -> Assigned<'a> {
        let label = |name: &str, of: &[usize]| Label::new(name, of.iter().map(|value| Some(values[*value].as_str())));
        let cluster = self.clusters.iter().map(|cluster| cluster.map(|cluster| values[cluster].as_str()));
        let indices = |hosts: &[usize]| hosts.iter().copied().map(HostIndex::new).collect();
        let facts = Facts {
            labels: vec![label("zone", &self.zones), label("kind", &self.kinds), Label::new("cluster", cluster)],
            pinned: indices(&self.pinned),
            barred: indices(&self.barred),
            last: indices(&self.last),
            ranks: Vec::new(),
            ids: Vec::new(),
        };
        Assigned { facts, ..Assigned::new("1.0", hosts) }
    }
}

/// What the labels of a case have as values.
pub fn values() -> Vec<String> {
    (0..20).map(|n| format!("v{n}")).collect()
}

pub fn policy_of(keys: &Keys) -> Policy {
    Policy { layers: vec![Layer { all: keys.clone(), ..Layer::default() }], ..Policy::default() }
}
