//! Two plans side by side: what an operator would change by going from one to the other.

use std::collections::{BTreeMap, HashMap};

use super::names::{GroupNames, RolloutNames};
use super::{Batch, Plan, Rollout, Stage};
use crate::policy::Policy;

/// One of the two plans.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'p, 'a> {
    /// The plan.
    pub plan: &'p Plan<'a>,
    /// Its group names.
    pub names: &'p GroupNames,
    /// The policy that it was made by.
    pub policy: &'p Policy,
}

/// What differs between a plan and another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison<'p, 'a> {
    /// Every version of both, those of the first plan first.
    pub versions: Vec<Pair<'p, 'a>>,
    /// Whether versions that both plans have come in another order.
    pub reordered: bool,
    /// Hosts that are in one version of each plan, but not in the same one: from, to, hosts.
    pub changed: Vec<(&'a str, &'a str, Vec<&'a str>)>,
}

/// A version's rollout in both plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair<'p, 'a> {
    /// The version.
    pub version: &'a str,
    /// What the first plan makes of it.
    pub current: Option<NamedRollout<'p, 'a>>,
    /// What the other plan makes of it.
    pub other: Option<NamedRollout<'p, 'a>>,
    /// Settings that differ, if both plans have the version.
    pub settings: Vec<Setting>,
    /// Hosts that are elsewhere in the other plan.
    pub moves: Vec<Move<'a>>,
}

/// A rollout with its group names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedRollout<'p, 'a> {
    /// The rollout.
    pub rollout: &'p Rollout<'a>,
    /// Its group names.
    pub names: &'p RolloutNames,
}

/// A key whose value differs; absent where it is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key of `regal.yml`.
    pub key: &'static str,
    /// The first plan's value.
    pub current: Option<String>,
    /// The other plan's value.
    pub other: Option<String>,
}

/// Where a host stands in a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a batch.
    Batch(Stage),
    /// Kept out of the plan.
    Excluded,
    /// The version is not for it.
    Absent,
}

/// Hosts that stand elsewhere in the other plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move<'a> {
    /// Where they stand in the first plan.
    pub from: Place,
    /// Where they stand in the other.
    pub to: Place,
    /// The hosts, in the order of the plan that has them.
    pub hosts: Vec<&'a str>,
}

impl std::fmt::Display for Place {
    /// `A`, `B1`, `excluded`, `absent`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Batch(stage) => stage.fmt(f),
            Place::Excluded => f.write_str("excluded"),
            Place::Absent => f.write_str("absent"),
        }
    }
}

impl Comparison<'_, '_> {
    /// Whether both plans are the same to the last host and setting.
    pub fn is_same(&self) -> bool {
        !self.reordered && self.changed.is_empty() && self.versions.iter().all(Pair::is_same)
    }
}

impl<'p, 'a> Pair<'p, 'a> {
    /// Whether both plans do the same with the version.
    pub fn is_same(&self) -> bool {
        let both = self.current.is_some() && self.other.is_some();
        both && self.settings.is_empty() && self.moves.is_empty() && self.is_in_order() && self.has_same_names()
    }

    /// The batches of either, by stage.
    pub fn batches(&self) -> BTreeMap<Stage, [Option<&'p Batch<'a>>; 2]> {
        let mut batches: BTreeMap<Stage, [Option<&Batch<'a>>; 2]> = BTreeMap::new();
        for (at, side) in [self.current, self.other].into_iter().enumerate() {
            for batch in side.iter().flat_map(|side| &side.rollout.batches) {
                batches.entry(batch.stage).or_default()[at] = Some(batch);
            }
        }
        batches
    }

    /// Whether the hosts of each batch come in the same order; batches that differ in their hosts do not count.
    pub fn is_in_order(&self) -> bool {
        self.batches().values().all(|batches| match batches {
            [Some(current), Some(other)] if current.hosts != other.hosts => sorted(current) != sorted(other),
            _ => true,
        })
    }

    /// Whether the groups have the same names where both plans have the version.
    pub fn has_same_names(&self) -> bool {
        match (self.current, self.other) {
            (Some(current), Some(other)) => current.names.version == other.names.version,
            _ => true,
        }
    }
}

fn sorted<'a>(batch: &Batch<'a>) -> Vec<&'a str> {
    let mut hosts = batch.hosts.clone();
    hosts.sort_unstable();
    hosts
}

/// Compares two plans. The work is linear in the number of hosts, but for sorting.
pub fn compare<'p, 'a>(current: Planned<'p, 'a>, other: Planned<'p, 'a>) -> Comparison<'p, 'a> {
    let sides = |planned: Planned<'p, 'a>| -> HashMap<&'a str, NamedRollout<'p, 'a>> {
        let rollouts = planned.plan.rollouts.iter().zip(&planned.names.rollouts);
        rollouts.map(|(rollout, names)| (rollout.version, NamedRollout { rollout, names })).collect()
    };
    let (left, right) = (sides(current), sides(other));
    let versions = |planned: Planned<'p, 'a>| planned.plan.rollouts.iter().map(|rollout| rollout.version);
    let added = versions(other).filter(|version| !left.contains_key(version));
    let pair = |version: &'a str| {
        let (current_side, other_side) = (left.get(version).copied(), right.get(version).copied());
        let both = current_side.is_some() && other_side.is_some();
        Pair {
            version,
            current: current_side,
            other: other_side,
            settings: if both { settings(current.policy, other.policy, version) } else { Vec::new() },
            moves: moves(current_side, other_side),
        }
    };
    let kept = versions(current).filter(|version| right.contains_key(version));
    Comparison {
        reordered: !kept.eq(versions(other).filter(|version| left.contains_key(version))),
        versions: versions(current).chain(added).map(pair).collect(),
        changed: changed(current.plan, other.plan),
    }
}

/// The settings of a version that differ.
fn settings(current: &Policy, other: &Policy, version: &str) -> Vec<Setting> {
    let described = [current, other].map(|policy| policy.rules(version).described());
    let [current, other] = described;
    let setting = |((key, current), (_, other))| Setting { key, current, other };
    current.into_iter().zip(other).map(setting).filter(|setting| setting.current != setting.other).collect()
}

/// Each host of a rollout with its place, in order.
fn places<'a>(side: Option<NamedRollout<'_, 'a>>) -> Vec<(&'a str, Place)> {
    let Some(NamedRollout { rollout, .. }) = side else { return Vec::new() };
    let batches = rollout.batches.iter();
    let planned = batches.flat_map(|batch| batch.hosts.iter().map(|host| (*host, Place::Batch(batch.stage))));
    planned.chain(rollout.excluded.iter().map(|host| (*host, Place::Excluded))).collect()
}

fn moves<'a>(current: Option<NamedRollout<'_, 'a>>, other: Option<NamedRollout<'_, 'a>>) -> Vec<Move<'a>> {
    if current.is_none() || other.is_none() {
        return Vec::new();
    }
    let (from, to) = (places(current), places(other));
    let place = |list: &[(&'a str, Place)]| -> HashMap<&'a str, Place> { list.iter().copied().collect() };
    let (before, after) = (place(&from), place(&to));
    let mut moved: BTreeMap<(Place, Place), Vec<&'a str>> = BTreeMap::new();
    for (host, place) in from {
        let now = after.get(host).copied().unwrap_or(Place::Absent);
        if now != place {
            moved.entry((place, now)).or_default().push(host);
        }
    }
    for (host, place) in to.into_iter().filter(|(host, _)| !before.contains_key(host)) {
        moved.entry((Place::Absent, place)).or_default().push(host);
    }
    moved.into_iter().map(|((from, to), hosts)| Move { from, to, hosts }).collect()
}

/// The hosts that are planned in one version only, with it.
fn single_versions<'a>(plan: &Plan<'a>) -> Vec<(&'a str, &'a str)> {
    let mut versions: HashMap<&'a str, usize> = HashMap::new();
    let all = |rollout: &Rollout<'a>| -> Vec<&'a str> {
        rollout.batches.iter().flat_map(|batch| batch.hosts.iter().copied()).collect()
    };
    let hosts: Vec<_> =
        plan.rollouts.iter().flat_map(|rollout| all(rollout).into_iter().map(|host| (host, rollout.version))).collect();
    hosts.iter().for_each(|(host, _)| *versions.entry(host).or_default() += 1);
    hosts.into_iter().filter(|(host, _)| versions.get(host) == Some(&1)).collect()
}

fn changed<'a>(current: &Plan<'a>, other: &Plan<'a>) -> Vec<(&'a str, &'a str, Vec<&'a str>)> {
    let after: HashMap<_, _> = single_versions(other).into_iter().collect();
    let mut changed: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    let mut at: HashMap<(&str, &str), usize> = HashMap::new();
    for (host, from) in single_versions(current) {
        let Some(to) = after.get(host).copied().filter(|to| *to != from) else { continue };
        let place = *at.entry((from, to)).or_insert_with(|| {
            changed.push((from, to, Vec::new()));
            changed.len() - 1
        });
        changed[place].2.push(host);
    }
    changed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::plan::plan;
    use crate::plan::{Assigned, Assignments};
    use crate::policy::naming::Naming;
    use crate::policy::{Amount, BatchSize, Keys, Layer, SharedHosts};

    /// A plan with a canary of 1 and batches of so many hosts.
    struct Made<'a> {
        plan: Plan<'a>,
        names: GroupNames,
        policy: Policy,
    }

    impl<'a> Made<'a> {
        fn new(versions: &[(&'a str, Vec<&'a str>)], batch: usize) -> Self {
            let versions =
                versions.iter().map(|(version, hosts)| Assigned::new(version, hosts.clone())).collect::<Vec<_>>();
            let all = Keys { batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(batch))]), ..Keys::default() };
            let layers = vec![Layer { all, ..Layer::default() }];
            let policy = Policy { layers, shared_hosts: SharedHosts::Allow, ..Policy::default() };
            let plan = plan(&Assignments { versions, unversioned: Vec::new() }, &policy).unwrap();
            let names = Naming::default().name(&plan).unwrap();
            Made { plan, names, policy }
        }

        fn planned(&self) -> Planned<'_, 'a> {
            Planned { plan: &self.plan, names: &self.names, policy: &self.policy }
        }
    }

    fn moves(pair: &Pair<'_, '_>) -> Vec<String> {
        pair.moves.iter().map(|moved| format!("{} {} {}", moved.from, moved.to, moved.hosts.join(","))).collect()
    }

    #[test]
    fn hosts_that_move_are_told_with_from_and_to() {
        let current = Made::new(&[("app", vec!["a", "b", "c", "d"])], 2);
        let other = Made::new(&[("app", vec!["b", "a", "c", "e"])], 1);
        let comparison = compare(current.planned(), other.planned());
        let [pair] = comparison.versions.as_slice() else { panic!("{comparison:?}") };
        assert_eq!(moves(pair), ["A B1 a", "B1 A b", "B1 B2 c", "B2 absent d", "absent B3 e"]);
        let setting = Setting { key: "batch_size", current: Some("2".into()), other: Some("1".into()) };
        assert_eq!(pair.settings, [setting]);
        assert_eq!(pair.batches().len(), 4);
        assert!(!comparison.is_same());
    }

    #[test]
    fn a_host_that_gets_another_version_is_told_so() {
        let current = Made::new(&[("app", vec!["a", "b"]), ("old", vec!["c"])], 1);
        let other = Made::new(&[("app", vec!["a"]), ("old", vec!["c", "b"])], 1);
        assert_eq!(compare(current.planned(), other.planned()).changed, [("app", "old", vec!["b"])]);
    }

    #[test]
    fn another_order_is_a_difference_too() {
        let current = Made::new(&[("app", vec!["a", "b", "c"]), ("db", vec!["d"])], 2);
        let hosts = Made::new(&[("app", vec!["a", "c", "b"]), ("db", vec!["d"])], 2);
        let comparison = compare(current.planned(), hosts.planned());
        assert!(!comparison.is_same() && !comparison.versions[0].is_in_order() && comparison.versions[1].is_same());
        let versions = Made::new(&[("db", vec!["d"]), ("app", vec!["a", "b", "c"])], 2);
        let comparison = compare(current.planned(), versions.planned());
        assert!(comparison.reordered && !comparison.is_same() && comparison.versions.iter().all(Pair::is_same));
    }

    #[test]
    fn a_version_of_one_plan_only_is_a_difference() {
        let current = Made::new(&[("app", vec!["a"])], 1);
        let other = Made::new(&[("app", vec!["a"]), ("db", vec!["d"])], 1);
        for (left, right) in [(&current, &other), (&other, &current)] {
            let comparison = compare(left.planned(), right.planned());
            assert!(!comparison.is_same() && !comparison.versions[1].is_same());
        }
    }

    fn order() -> impl Strategy<Value = Vec<&'static str>> {
        prop::sample::subsequence(vec!["a", "b", "c", "d", "e", "f", "g"], 1..=7).prop_shuffle()
    }

    proptest! {
        #[test]
        fn plans_are_the_same_exactly_where_their_ids_and_settings_are(
            left in order(), right in order(), sizes in (1usize..4, 1usize..4)
        ) {
            let (current, other) = (Made::new(&[("app", left.clone())], sizes.0), Made::new(&[("app", right.clone())], sizes.1));
            let same = left == right && sizes.0 == sizes.1;
            prop_assert_eq!(compare(current.planned(), other.planned()).is_same(), same);
        }

        #[test]
        fn moving_the_hosts_makes_one_plan_of_the_other(left in order(), right in order()) {
            let (current, other) = (Made::new(&[("app", left)], 2), Made::new(&[("app", right)], 3));
            let comparison = compare(current.planned(), other.planned());
            let pair = &comparison.versions[0];
            let mut standing: HashMap<_, _> = places(pair.current).into_iter().collect();
            for moved in &pair.moves {
                for host in &moved.hosts {
                    prop_assert_eq!(standing.remove(host).unwrap_or(Place::Absent), moved.from);
                    if moved.to != Place::Absent {
                        standing.insert(host, moved.to);
                    }
                }
            }
            prop_assert_eq!(standing, places(pair.other).into_iter().collect::<HashMap<_, _>>());
        }
    }
}
