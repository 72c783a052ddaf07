//! Waves: batch k of several versions at once.

use std::collections::{BTreeMap, HashMap};

use super::names::{GroupNames, shown};
use super::{Batch, Plan, Rollout, Stage};
use crate::error::{Code, Error, Problem, Result};

/// Shared hosts that are named one by one.
const LISTED: usize = 10;

/// The batches that run together: those of one stage and level, in plan order. A version with fewer batches is done earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave<'p, 'a> {
    /// The stage of all of them.
    pub stage: Stage,
    /// Which step of the stage this is, from 0: it has the versions that come after versions of the steps before it.
    pub level: usize,
    /// One for each version that has such a batch; never empty.
    pub parts: Vec<Part<'p, 'a>>,
}

/// One version's batch in a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'p, 'a> {
    /// The version.
    pub version: &'a str,
    /// The name of the batch's group.
    pub group: &'p str,
    /// The batch.
    pub batch: &'p Batch<'a>,
}

impl Wave<'_, '_> {
    /// The number of hosts.
    pub fn host_count(&self) -> usize {
        self.parts.iter().map(|part| part.batch.hosts.len()).sum()
    }

    /// Seconds to watch the wave: as long as the longest of its batches.
    pub fn bake(&self) -> u64 {
        self.parts.iter().map(|part| part.batch.bake).max().unwrap_or(0)
    }
}

/// For each version how many others come before it in each wave, one behind the other: it is in the step of that number.
/// Each stands behind those that it comes after, as in every plan.
pub fn levels<'a: 'r, 'r>(rollouts: impl IntoIterator<Item = &'r Rollout<'a>>) -> Vec<usize> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    let level = |rollout: &'r Rollout<'a>| {
        let before = rollout.after.iter().filter_map(|before| known.get(before)).max();
        let level = before.map_or(0, |before| before + 1);
        known.insert(rollout.version, level);
        level
    };
    rollouts.into_iter().map(level).collect()
}

/// The waves of a plan, the canaries first; of versions that come after others each in a step of its own.
///
/// # Errors
/// A host in two of the versions, which a wave would give two of them at once, or one after the other without a word.
pub fn waves<'p, 'a>(plan: &'p Plan<'a>, names: &'p GroupNames) -> Result<Vec<Wave<'p, 'a>>> {
    let mut steps: BTreeMap<(Stage, usize), Vec<Part<'p, 'a>>> = BTreeMap::new();
    for ((rollout, names), level) in plan.rollouts.iter().zip(&names.rollouts).zip(levels(&plan.rollouts)) {
        for (batch, group) in rollout.batches.iter().zip(&names.batches) {
            steps.entry((batch.stage, level)).or_default().push(Part { version: rollout.version, group, batch });
        }
    }
    let waves: Vec<_> = steps.into_iter().map(|((stage, level), parts)| Wave { stage, level, parts }).collect();
    Error::unless_any(shared(plan, names, &waves), waves)
}

/// The hosts that stand in several batches, in the words of the playbook, which refuses them too.
fn shared(plan: &Plan<'_>, names: &GroupNames, waves: &[Wave<'_, '_>]) -> Vec<Problem> {
    let mut seen = HashMap::new();
    let mut problems = Vec::new();
    let mut more = 0;
    for part in waves.iter().flat_map(|wave| &wave.parts) {
        for host in &part.batch.hosts {
            let Some(earlier) = seen.insert(*host, part.group) else { continue };
            if problems.len() == LISTED {
                more += 1;
                continue;
            }
            let (earlier, group) = (shown(plan, names, earlier), shown(plan, names, part.group));
            let message = format!("{host} is in {earlier} and in {group}; roll out its versions one at a time");
            problems.push(Problem::of(Code::SharedHost, message));
        }
    }
    if more > 0 {
        problems.push(Problem::of(Code::NotShown, format!("the same holds for {more} more")));
    }
    if let Some(last) = problems.pop() {
        problems.push(last.hint("`plan --waves=VERSION,VERSION` takes only some of the versions"));
    }
    problems
}

/// Some versions of a plan, in the order in which they are asked for, by version or by the name of its group.
///
/// # Errors
/// Names that are not versions, all of them at once.
pub fn select<'a>(plan: &Plan<'a>, names: &GroupNames, wanted: &[&str]) -> Result<(Plan<'a>, GroupNames)> {
    let mut problems = Vec::new();
    let mut places = Vec::new();
    let named = || plan.rollouts.iter().zip(&names.rollouts);
    for name in wanted {
        match named().position(|(rollout, names)| rollout.version == *name || names.version == *name) {
            Some(place) if places.contains(&place) => {
                problems.push(
                    Problem::of(Code::InvalidOption, format!("`--waves` names `{name}` twice"))
                        .hint("name each version once"),
                );
            }
            Some(place) => places.push(place),
            None => {
                let versions: Vec<_> =
                    plan.rollouts.iter().take(LISTED).map(|rollout| rollout.shown().to_string()).collect();
                let more = if plan.rollouts.len() > LISTED { ", …" } else { "" };
                let hint = format!("the versions are {}{more}", versions.join(", "));
                problems.push(
                    Problem::of(Code::NoSuchVersion, format!("`--waves` names `{name}`, which is not a version"))
                        .hint(hint),
                );
            }
        }
    }
    problems.extend(turned(plan, &places));
    let rollouts = places.iter().map(|place| plan.rollouts[*place].clone()).collect();
    let chosen = places.iter().map(|place| names.rollouts[*place].clone()).collect();
    let plan = Plan { rollouts, ..plan.clone() };
    Error::unless_any(problems, (plan, GroupNames { rollouts: chosen, warnings: names.warnings.clone() }))
}

/// The versions that are asked for before one that they come after.
fn turned<'p>(plan: &'p Plan<'_>, places: &'p [usize]) -> impl Iterator<Item = Problem> + 'p {
    let pairs =
        places.iter().enumerate().flat_map(|(at, place)| places[at + 1..].iter().map(move |later| (*place, *later)));
    pairs.map(|(place, later)| (&plan.rollouts[place], &plan.rollouts[later])).filter_map(|(rollout, later)| {
        let (version, earlier) = (rollout.shown(), later.shown());
        let message = format!("`--waves` names `{version}` before `{earlier}`, which it comes `after`");
        let problem = Problem::of(Code::InvalidOption, message).hint(format!("name `{earlier}` first"));
        rollout.after.contains(&later.version).then_some(problem)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::error::Location;
    use crate::plan::plan;
    use crate::plan::{Assigned, Assignments};
    use crate::policy::naming::Naming;
    use crate::policy::{Keys, Layer, Policy, Set, SharedHosts};

    /// Plans versions with a canary of 1 and batches of 1.
    fn planned<'a>(versions: &[(&'a str, Vec<&'a str>)]) -> (Plan<'a>, GroupNames) {
        let assigned = |(version, hosts): &(&'a str, Vec<&'a str>)| Assigned::new(version, hosts.clone());
        let input = Assignments { versions: versions.iter().map(assigned).collect(), unversioned: Vec::new() };
        let plan = plan(&input, &Policy { shared_hosts: SharedHosts::Allow, ..Policy::default() }).unwrap();
        let names = Naming::default().name(&plan).unwrap();
        (plan, names)
    }

    /// Plans versions of which some come after others, with a canary of 1 and batches of 1.
    fn planned_after<'a>(versions: &[(&'a str, Vec<&'a str>, Vec<&str>)]) -> (Plan<'a>, GroupNames) {
        let assigned = |(version, hosts, _): &(&'a str, Vec<&'a str>, Vec<&str>)| Assigned::new(version, hosts.clone());
        let input = Assignments { versions: versions.iter().map(assigned).collect(), unversioned: Vec::new() };
        let mut layer = Layer::default();
        for (version, _, after) in versions {
            let value = after.iter().map(ToString::to_string).collect();
            let after = Some(Set { value, at: Location::whole("regal.yml") });
            layer.versions.insert(version.to_string(), Keys { after, ..Keys::default() });
        }
        let plan = plan(&input, &Policy { layers: vec![layer], ..Policy::default() }).unwrap();
        let names = Naming::default().name(&plan).unwrap();
        (plan, names)
    }

    fn groups(waves: &[Wave<'_, '_>]) -> Vec<Vec<String>> {
        waves.iter().map(|wave| wave.parts.iter().map(|part| part.group.to_string()).collect()).collect()
    }

    #[test]
    fn a_version_with_fewer_batches_is_done_earlier() {
        let (plan, names) = planned(&[("db", vec!["d1", "d2"]), ("app", vec!["w1", "w2", "w3"])]);
        let waves = waves(&plan, &names).unwrap();
        assert_eq!(
            groups(&waves),
            [vec!["db_groupA", "app_groupA"], vec!["db_groupB1", "app_groupB1"], vec!["app_groupB2"]]
        );
        assert_eq!(waves[1].host_count(), 2);
    }

    #[test]
    fn a_shared_host_is_refused_in_the_words_of_the_playbook() {
        let (plan, names) = planned(&[("db", vec!["d1", "w2"]), ("app", vec!["w1", "d1", "w2"])]);
        let problems = waves(&plan, &names).unwrap_err().problems;
        let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "d1 is in db_groupA and in app_groupB1; roll out its versions one at a time",
                "w2 is in db_groupB1 and in app_groupB2; roll out its versions one at a time",
            ]
        );
    }

    #[test]
    fn some_versions_come_in_the_order_they_are_named_in() {
        let (plan, names) = planned(&[("db", vec!["d1"]), ("app", vec!["w1"]), ("mq", vec!["m1"])]);
        let (some, chosen) = select(&plan, &names, &["mq", "db"]).unwrap();
        assert_eq!(groups(&waves(&some, &chosen).unwrap()), [["mq_groupA", "db_groupA"]]);
        let problems = select(&plan, &names, &["mq", "dp", "mq"]).unwrap_err().problems;
        let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, ["`--waves` names `dp`, which is not a version", "`--waves` names `mq` twice"]);
    }

    #[test]
    fn a_version_that_comes_after_another_has_a_step_of_its_own_in_each_wave() {
        let (plan, names) = planned_after(&[
            ("app", vec!["w1", "w2", "w3"], vec!["db"]),
            ("web", vec!["x1"], vec![]),
            ("db", vec!["d1", "d2"], vec![]),
        ]);
        let found = waves(&plan, &names).unwrap();
        assert_eq!(
            groups(&found),
            [
                vec!["web_groupA", "db_groupA"],
                vec!["app_groupA"],
                vec!["db_groupB1"],
                vec!["app_groupB1"],
                vec!["app_groupB2"]
            ]
        );
        assert_eq!(found.iter().map(|wave| wave.level).collect::<Vec<_>>(), [0, 1, 0, 1, 1]);
        // what is not among them is not waited for
        let (some, chosen) = select(&plan, &names, &["web", "app"]).unwrap();
        assert_eq!(groups(&waves(&some, &chosen).unwrap())[0], ["web_groupA", "app_groupA"]);
        let turned = select(&plan, &names, &["app", "db"]).unwrap_err().problems;
        assert_eq!(turned[0].message, "`--waves` names `app` before `db`, which it comes `after`");
    }

    proptest! {
        #[test]
        fn no_batch_comes_before_that_of_a_version_which_its_own_comes_after(
            sizes in prop::collection::vec(1usize..6, 2..7),
            pairs in prop::collection::vec((0usize..7, 0usize..7), 0..10),
            order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle(),
        ) {
            let hosts: Vec<Vec<String>> =
                sizes.iter().enumerate().map(|(v, n)| (0..*n).map(|h| format!("v{v}h{h}")).collect()).collect();
            let names: Vec<String> = (0..sizes.len()).map(|v| format!("v{v}")).collect();
            let pairs: Vec<(usize, usize)> =
                pairs.into_iter().filter(|(version, before)| before < version && *version < sizes.len()).collect();
            let version = |v: &usize| {
                let after = pairs.iter().filter(|(version, _)| version == v).map(|(_, before)| names[*before].as_str());
                (names[*v].as_str(), hosts[*v].iter().map(String::as_str).collect(), after.collect())
            };
            let versions: Vec<_> = order.iter().filter(|v| **v < sizes.len()).map(version).collect();
            let (plan, group_names) = planned_after(&versions);
            let waves = waves(&plan, &group_names).unwrap();
            let step = |v: usize, k: usize| waves.iter().position(|wave| {
                wave.stage.index() == k && wave.parts.iter().any(|part| part.version == names[v])
            });
            for (version, before) in &pairs {
                for k in 0..sizes[*version] {
                    prop_assert!(step(*version, k).is_some());
                    prop_assert!(k >= sizes[*before] || step(*version, k) > step(*before, k));
                }
                let place = |v: usize| plan.rollouts.iter().position(|rollout| rollout.version == names[v]);
                prop_assert!(place(*version) > place(*before));
            }
            prop_assert_eq!(waves.iter().map(Wave::host_count).sum::<usize>(), sizes.iter().sum::<usize>());
        }

        #[test]
        fn every_batch_stands_in_exactly_one_wave_and_keeps_its_place(sizes in prop::collection::vec(1usize..12, 1..6)) {
            let hosts: Vec<Vec<String>> =
                sizes.iter().enumerate().map(|(v, n)| (0..*n).map(|h| format!("v{v}h{h}")).collect()).collect();
            let versions: Vec<String> = (0..sizes.len()).map(|v| format!("v{v}")).collect();
            let input: Vec<_> = versions.iter().zip(&hosts)
                .map(|(version, hosts)| (version.as_str(), hosts.iter().map(String::as_str).collect())).collect();
            let (plan, names) = planned(&input);
            let waves = waves(&plan, &names).unwrap();
            prop_assert_eq!(waves.len(), *sizes.iter().max().unwrap());
            for (k, wave) in waves.iter().enumerate() {
                let expected: Vec<_> = plan.rollouts.iter().filter_map(|rollout| {
                    rollout.batches.get(k).map(|batch| (rollout.version, batch))
                }).collect();
                let found: Vec<_> = wave.parts.iter().map(|part| (part.version, part.batch)).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
