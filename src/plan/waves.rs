//! Waves: batch k of several versions at once.

use std::collections::{BTreeMap, HashMap};

use super::names::{GroupNames, shown};
use super::{Batch, Plan, Stage};
use crate::error::{Code, Error, Problem, Result};

/// Shared hosts that are named one by one.
const LISTED: usize = 10;

/// The batches that run together: those of one stage, in plan order. A version with fewer batches is done earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave<'p, 'a> {
    /// The stage of all of them.
    pub stage: Stage,
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

/// The waves of a plan, the canaries first.
///
/// # Errors
/// A host in two of the versions, which a wave would give two of them at once, or one after the other without a word.
pub fn waves<'p, 'a>(plan: &'p Plan<'a>, names: &'p GroupNames) -> Result<Vec<Wave<'p, 'a>>> {
    let mut stages: BTreeMap<Stage, Vec<Part<'p, 'a>>> = BTreeMap::new();
    for (rollout, names) in plan.rollouts.iter().zip(&names.rollouts) {
        for (batch, group) in rollout.batches.iter().zip(&names.batches) {
            stages.entry(batch.stage).or_default().push(Part { version: rollout.version, group, batch });
        }
    }
    let waves: Vec<_> = stages.into_iter().map(|(stage, parts)| Wave { stage, parts }).collect();
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
    let rollouts = places.iter().map(|place| plan.rollouts[*place].clone()).collect();
    let chosen = places.iter().map(|place| names.rollouts[*place].clone()).collect();
    let plan = Plan { rollouts, ..plan.clone() };
    Error::unless_any(problems, (plan, GroupNames { rollouts: chosen, warnings: names.warnings.clone() }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::plan::plan;
    use crate::plan::{Assigned, Assignments};
    use crate::policy::naming::Naming;
    use crate::policy::{Policy, SharedHosts};

    /// Plans versions with a canary of 1 and batches of 1.
    fn planned<'a>(versions: &[(&'a str, Vec<&'a str>)]) -> (Plan<'a>, GroupNames) {
        let assigned = |(version, hosts): &(&'a str, Vec<&'a str>)| Assigned::new(version, hosts.clone());
        let input = Assignments { versions: versions.iter().map(assigned).collect(), unversioned: Vec::new() };
        let plan = plan(&input, &Policy { shared_hosts: SharedHosts::Allow, ..Policy::default() }).unwrap();
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

    proptest! {
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
