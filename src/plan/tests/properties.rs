//! The promises of the planner, each a property over versions, labels and policies.

use super::cases::*;
use super::*;
use crate::plan::{DomainIndex, Facts, HostIndex, Label};
use crate::policy::{Bound, Missing, Mode, Remainder, SpreadMode};

/// The domains of a label, by host.
fn domains_of<'a>(input: &Assignments<'a>, label: &str) -> std::collections::HashMap<&'a str, DomainIndex> {
    let assigned = &input.versions[0];
    let label = assigned.facts.labels.iter().find(|known| known.name == label).unwrap();
    assigned.hosts.iter().copied().zip(label.of.iter().copied()).collect()
}

/// The bound of a batch in hosts.
fn bound(keys: &Keys, planned: usize) -> usize {
    match keys.bound.as_ref().map(|set| set.value) {
        None => usize::MAX,
        Some(Bound::MaxUnavailable(amount)) => amount.of(planned).max(1),
        Some(Bound::MinHealthy(amount)) => planned - amount.at_least_of(planned),
    }
}

fn counts(batch: &Batch<'_>, label: usize) -> std::collections::HashMap<DomainIndex, usize> {
    let mut counts = std::collections::HashMap::new();
    batch.domains[label].iter().for_each(|domain| *counts.entry(*domain).or_default() += 1);
    counts
}

proptest! {
    #[test]
    fn last_hosts_that_are_alone_share_no_batch_and_come_after_all_others(case in cases(Just(false))) {
        let mut case = case;
        case.keys.last_alone = set(!case.last.is_empty());
        case.plan(|input, result| {
            let Ok(plan) = result else { return Ok(()) };
            let assigned = &input.versions[0];
            let is_last = |host: &&str| {
                let place = assigned.hosts.iter().position(|name| name == host).unwrap();
                assigned.facts.last.contains(&HostIndex::new(place))
            };
            let batches = &plan.rollouts[0].batches;
            prop_assert_eq!(batches.iter().map(|batch| batch.hosts.len()).sum::<usize>(), assigned.hosts.len());
            let kinds: Vec<(bool, bool)> = batches[1..]
                .iter()
                .map(|batch| (batch.hosts.iter().any(is_last), batch.hosts.iter().all(is_last)))
                .collect();
            prop_assert!(kinds.iter().all(|(any, all)| any == all), "{:?}", kinds);
            prop_assert!(kinds.iter().map(|(any, _)| *any).is_sorted(), "{:?}", kinds);
            Ok(())
        })?;
    }

    #[test]
    fn every_planned_host_stands_in_exactly_one_batch_under_any_policy(case in case()) {
        case.plan(|input, result| {
            let Ok(plan) = result else { return Ok(()) };
            let batches = &plan.rollouts[0].batches;
            let mut planned: Vec<&str> = batches.iter().flat_map(|batch| batch.hosts.iter().copied()).collect();
            planned.sort_unstable();
            let mut hosts = input.versions[0].hosts.clone();
            hosts.sort_unstable();
            prop_assert_eq!(planned, hosts);
            for (i, batch) in batches.iter().enumerate() {
                prop_assert_eq!(batch.stage, if i == 0 { Stage::A } else { Stage::B(i) });
                prop_assert!(!batch.hosts.is_empty());
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_plan_fails_only_for_a_reason_that_the_policy_gives(case in case()) {
        case.plan(|_, result| {
            let Err(error) = result else { return Ok(()) };
            let keys = &case.keys;
            let reasons = [
                ("canary.hosts", !case.pinned.is_empty()),
                ("canary.cover", keys.canary_cover.is_some()),
                ("min_healthy", matches!(&keys.bound, Some(set) if matches!(set.value, Bound::MinHealthy(_)))),
                ("no canary", !case.barred.is_empty()),
                ("assignment bucket gives", case.is_bucket() && keys.bound.is_some()),
            ];
            for problem in error.problems {
                prop_assert!(problem.hint.is_some(), "{}", problem);
                let given = reasons.iter().any(|(key, used)| *used && problem.message.contains(key));
                prop_assert!(given, "{}", problem);
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_canary_has_its_size_unless_something_says_otherwise(case in case()) {
        case.plan(|_, result| {
            let Ok(plan) = result else { return Ok(()) };
            let (rollout, keys) = (&plan.rollouts[0], &case.keys);
            let (canary, n) = (rollout.batches[0].hosts.len(), case.zones.len());
            prop_assume!(!case.is_bucket());
            let asked = keys.canary_size.map(|amount| amount.of(n).max(1));
            let most = asked.unwrap_or(rollout.canary_size).min(n).min(bound(keys, n));
            prop_assert!(canary <= most);
            let is_limited = keys.limits.as_ref().is_some_and(|limits| !limits.is_empty());
            let free = case.barred.is_empty() && case.last.is_empty() && !is_limited;
            let free = free && keys.spread_by.as_ref().unwrap().value.is_empty();
            if free {
                prop_assert_eq!(canary, most);
            } else if canary < most {
                prop_assert!(rollout.notes.iter().any(|note| note.starts_with("the canary has ")), "{:?}", rollout.notes);
            }
            Ok(())
        })?;
    }

    #[test]
    fn pinned_hosts_are_canaries_and_barred_ones_are_not(case in case()) {
        case.plan(|input, result| {
            let Ok(plan) = result else { return Ok(()) };
            let canary = &plan.rollouts[0].batches[0].hosts;
            let name = |host: &usize| input.versions[0].hosts[*host];
            let pinned: Vec<&str> = case.pinned.iter().map(name).collect();
            prop_assert_eq!(&canary[..pinned.len()], pinned);
            prop_assert!(!case.barred.iter().map(name).any(|host| canary.contains(&host)));
            Ok(())
        })?;
    }

    #[test]
    fn there_is_a_canary_of_each_covered_value(case in case()) {
        case.plan(|input, result| {
            let Ok(plan) = result else { return Ok(()) };
            for label in &case.keys.canary_cover.as_ref().unwrap().value {
                let domains = domains_of(input, label);
                let covered: std::collections::HashSet<DomainIndex> =
                    plan.rollouts[0].batches[0].hosts.iter().map(|host| domains[host]).collect();
                let all: std::collections::HashSet<DomainIndex> = domains.values().copied().collect();
                prop_assert_eq!(covered, all);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_batch_exceeds_its_size_but_a_merged_one_or_its_bound(case in case()) {
        case.plan(|_, result| {
            let Ok(plan) = result else { return Ok(()) };
            let (rollout, keys, n) = (&plan.rollouts[0], &case.keys, case.zones.len());
            let sizes = keys.batch_size.as_ref().unwrap();
            let merges = keys.remainder.as_ref().unwrap().value == Remainder::Merge;
            for (i, batch) in rollout.batches.iter().enumerate() {
                prop_assert!(batch.hosts.len() <= bound(keys, n));
                let Some(at) = i.checked_sub(1) else { continue };
                let growing = sizes.len() - 1;
                let size = match sizes.get(at).or(sizes.last()).unwrap() {
                    BatchSize::Amount(amount) => amount.of(n).max(1),
                    BatchSize::Rest => n,
                    BatchSize::Growing(growth) => {
                        let start = growth.start.of(n).max(1);
                        let grown = start.saturating_mul(growth.factor.saturating_pow((at - growing) as u32));
                        grown.min(growth.most.of(n).max(1))
                    }
                };
                prop_assert!(batch.hosts.len() <= size || merges && batch.hosts.len() < 2 * size, "{i}");
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_domain_cap_is_exceeded(case in case()) {
        case.plan(|_, result| {
            let Ok(plan) = result else { return Ok(()) };
            let rollout = &plan.rollouts[0];
            for (index, label) in rollout.labels.iter().enumerate() {
                for batch in &rollout.batches {
                    for (domain, hosts) in counts(batch, index) {
                        let domain = &label.list[domain.index()];
                        let spread = case.keys.spread_max_unavailable.as_ref().filter(|_| label.spread);
                        let limits = case.keys.limits.iter().flatten();
                        let limit = limits.filter(|limit| limit.label == label.label && domain.name.is_value());
                        let caps = spread.map(|set| set.value).into_iter();
                        let caps = caps.chain(limit.filter_map(|limit| limit.max_unavailable));
                        let cap = caps.map(|amount| amount.of(domain.hosts).max(1)).min();
                        prop_assert_eq!(cap, domain.cap);
                        prop_assert!(cap.is_none_or(|cap| hosts <= cap), "{} {}", label.label, domain.name);
                    }
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_batch_after_the_canary_crosses_a_domain_in_sequence(case in case()) {
        case.plan(|_, result| {
            let Ok(plan) = result else { return Ok(()) };
            if case.keys.spread_mode.as_ref().unwrap().value != SpreadMode::Sequential {
                return Ok(());
            }
            let rollout = &plan.rollouts[0];
            let settled = case.pinned.len() + case.keys.canary_cover.as_ref().unwrap().value.len();
            for batch in rollout.batches.iter().skip(usize::from(settled > 0)) {
                for label in (0..rollout.labels.len()).filter(|label| rollout.labels[*label].spread) {
                    prop_assert_eq!(counts(batch, label).len(), 1);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_last_hosts_come_after_all_others(case in case()) {
        case.plan(|input, result| {
            let Ok(plan) = result else { return Ok(()) };
            let last: Vec<&str> = case.last.iter().map(|host| input.versions[0].hosts[*host]).collect();
            if last.is_empty() || last.len() == case.zones.len() {
                return Ok(());
            }
            let batches = &plan.rollouts[0].batches;
            let of = |wanted: bool| {
                let holds = move |batch: &&Batch<'_>| batch.hosts.iter().any(|host| last.contains(host) == wanted);
                batches.iter().enumerate().filter(move |(_, batch)| holds(batch)).map(|(i, _)| i).collect::<Vec<_>>()
            };
            let (others, finals) = (of.clone()(false), of(true));
            prop_assert!(others.last() <= finals.first(), "{:?} {:?}", others, finals);
            Ok(())
        })?;
    }

    #[test]
    fn the_same_input_gives_the_same_plan_under_any_policy(case in case()) {
        let first = case.plan(|_, result| format!("{result:?}"));
        prop_assert_eq!(first, case.plan(|_, result| format!("{result:?}")));
    }

    #[test]
    fn in_bucket_the_canary_is_what_the_hashes_say(case in cases(Just(true))) {
        case.plan(|input, result| {
            let Ok(plan) = result else { return Ok(()) };
            let Some(Amount::Percent(percent)) = case.keys.canary_size else { panic!("no percent") };
            let hosts = &input.versions[0].hosts;
            let held = |i: &usize| case.barred.contains(i) || case.last.contains(i) && case.last.len() < hosts.len();
            let is_in = |i: &usize| stable::is_within(host_hash("", hosts[*i]), percent.fraction());
            let mut wanted: Vec<usize> =
                (0..hosts.len()).filter(|i| case.pinned.contains(i) || is_in(i) && !held(i)).collect();
            if wanted.is_empty() {
                wanted.extend((0..hosts.len()).filter(|i| !held(i)).min_by_key(|i| host_hash("", hosts[*i])));
            }
            let is_forced = case.pinned.is_empty() && !wanted.iter().any(&is_in);
            let notes = &plan.rollouts[0].notes;
            prop_assert_eq!(notes.iter().any(|note| note.starts_with("no hash lies within canary")), is_forced);
            let mut canary: Vec<&str> = plan.rollouts[0].batches[0].hosts.clone();
            canary.sort_unstable();
            prop_assert_eq!(canary, wanted.into_iter().map(|i| hosts[i]).collect::<Vec<_>>());
            Ok(())
        })?;
    }

    #[test]
    fn every_host_of_a_plan_has_a_reason(case in case(), pick in any::<prop::sample::Index>()) {
        case.plan(|input, result| {
            let Ok(plan) = result else { return Ok(()) };
            let host = input.versions[0].hosts[pick.index(case.zones.len())];
            let answers = why(input, &policy_of(&case.keys), host);
            prop_assert_eq!(answers.len(), 1);
            let batch = plan.rollouts[0].batches.iter().find(|batch| batch.hosts.contains(&host)).unwrap();
            prop_assert_eq!(answers[0].stage, batch.stage);
            prop_assert_eq!(batch.hosts[answers[0].place - 1], host);
            Ok(())
        })?;
    }

    #[test]
    fn batches_of_the_last_size_are_evened_out(n in 1usize..300, size in 1usize..40) {
        let keys = Keys {
            batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(size))]),
            remainder: set(Remainder::Balance),
            ..Keys::default()
        };
        let names = names(n);
        let plan = plan(&assignments(&[("1.0", &borrowed(&names))]), &policy_of(&keys)).unwrap();
        let sizes: Vec<usize> = plan.rollouts[0].batches.iter().skip(1).map(|batch| batch.hosts.len()).collect();
        prop_assert_eq!(sizes.len(), (n - 1).div_ceil(size));
        let (least, most) = (sizes.iter().min(), sizes.iter().max());
        prop_assert!(most.unwrap_or(&0) - least.unwrap_or(&0) <= 1, "{:?}", sizes);
        prop_assert!(sizes.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn merging_leaves_no_short_batch_where_there_are_two(n in 1usize..300, size in 1usize..40) {
        let keys = Keys {
            batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(size))]),
            remainder: set(Remainder::Merge),
            ..Keys::default()
        };
        let names = names(n);
        let plan = plan(&assignments(&[("1.0", &borrowed(&names))]), &policy_of(&keys)).unwrap();
        let sizes: Vec<usize> = plan.rollouts[0].batches.iter().skip(1).map(|batch| batch.hosts.len()).collect();
        let is_full = |(i, hosts): (usize, &usize)| *hosts == size || i + 1 == sizes.len() && (size..2 * size).contains(hosts);
        prop_assert!(sizes.len() < 2 || sizes.iter().enumerate().all(is_full), "{:?}", sizes);
    }

    #[test]
    fn hosts_without_the_label_are_domains_as_the_policy_says(with in 0usize..20, without in 1usize..20) {
        let names = names(with + without);
        let label = Label::new("zone", names.iter().enumerate().map(|(i, _)| (i < with).then_some("a")));
        let facts = Facts { labels: vec![label], ..Facts::default() };
        let assigned = Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) };
        let input = Assignments { versions: vec![assigned], unversioned: Vec::new() };
        let domains = |missing| {
            let keys = Keys { spread_by: labels(&["zone"]), spread_missing: set(missing), ..Keys::default() };
            plan(&input, &policy_of(&keys)).map(|plan| plan.rollouts[0].labels[0].list.len())
        };
        let a = usize::from(with > 0);
        prop_assert_eq!(domains(Missing::Each).unwrap(), a + without);
        prop_assert_eq!(domains(Missing::Group).unwrap(), a + 1);
        prop_assert!(domains(Missing::Error).unwrap_err().problems[0].message.contains("no `zone`"));
    }
}

fn stable(mode: Mode, canary: &str, names: &[String]) -> (Vec<String>, Vec<Vec<String>>) {
    let keys = Keys {
        canary_size: Some(Amount::parse(canary).unwrap()),
        batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(5))]),
        assignment_mode: set(mode),
        assignment_waves: if mode == Mode::Bucket { set(7) } else { None },
        seed: Some("v1".into()),
        ..Keys::default()
    };
    let plan = plan(&assignments(&[("1.0", &borrowed(names))]), &policy_of(&keys)).unwrap();
    let mut batches = plan.rollouts[0].batches.iter();
    let owned = |batch: &Batch<'_>| batch.hosts.iter().map(|host| host.to_string()).collect::<Vec<_>>();
    (owned(batches.next().unwrap()), batches.map(owned).collect())
}

fn without(names: &[String], gone: usize) -> Vec<String> {
    names.iter().enumerate().filter(|(i, _)| *i != gone).map(|(_, name)| name.clone()).collect()
}

proptest! {
    #[test]
    fn in_rank_a_host_that_goes_moves_at_most_one_other_into_the_canary(
        n in 2usize..120, size in 1usize..20, gone in any::<prop::sample::Index>()
    ) {
        let names = names(n);
        let gone = gone.index(n);
        let before = stable(Mode::Rank, &size.to_string(), &names).0;
        let after = stable(Mode::Rank, &size.to_string(), &without(&names, gone)).0;
        let entered = after.iter().filter(|host| !before.contains(host)).count();
        let left = before.iter().filter(|host| !after.contains(host) && **host != names[gone]).count();
        prop_assert!(entered <= 1 && left == 0, "{before:?} {after:?}");
    }

    #[test]
    fn in_bucket_a_host_that_goes_moves_no_other_between_the_canary_and_the_rest(
        n in 2usize..120, percent in 1u32..=100, gone in any::<prop::sample::Index>()
    ) {
        let names = names(n);
        let gone = gone.index(n);
        let canary = format!("{percent}%");
        let (before, after) = (stable(Mode::Bucket, &canary, &names).0, stable(Mode::Bucket, &canary, &without(&names, gone)).0);
        let within = |host: &&String| stable::is_within(host_hash("v1", host), (percent, 100));
        let real = |hosts: &[String]| hosts.iter().filter(within).filter(|host| **host != names[gone]).cloned().collect::<Vec<_>>();
        // the one that is forced into an empty canary is not a member by its hash
        prop_assert_eq!(real(&before), real(&after));
        prop_assert!(!before.is_empty() && !after.is_empty());
        prop_assert!(before.iter().all(|host| within(&host)) || before.len() == 1);
    }

    #[test]
    fn in_bucket_a_host_stays_in_its_wave(n in 2usize..120, gone in any::<prop::sample::Index>()) {
        let names = names(n);
        let gone = gone.index(n);
        let (_, before) = stable(Mode::Bucket, "10%", &names);
        for batch in &before {
            let waves: std::collections::HashSet<usize> = batch.iter().map(|host| stable::wave("v1", host, 7)).collect();
            prop_assert_eq!(waves.len(), 1);
        }
        let (_, after) = stable(Mode::Bucket, "10%", &without(&names, gone));
        let order = |batches: &[Vec<String>]| batches.concat().into_iter().filter(|host| *host != names[gone]).collect::<Vec<_>>();
        let (before, after) = (order(&before), order(&after));
        // but for the one that is forced into an empty canary
        let moved = before.iter().filter(|host| !after.contains(host)).count();
        prop_assert!(moved <= 1);
        let common = |hosts: &[String], other: &[String]| hosts.iter().filter(|host| other.contains(host)).cloned().collect::<Vec<_>>();
        prop_assert_eq!(common(&before, &after), common(&after, &before));
    }
}

/// The sizes are those of the batches that come out: one that is merged away uses none up.
#[test]
fn a_merged_batch_uses_up_no_size() {
    let names = names(30);
    let zone = Label::new("zone", (0..30).map(|i| Some(if i < 14 { "a" } else { "b" })));
    let facts = Facts { labels: vec![zone], ..Facts::default() };
    let assigned = Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) };
    let input = Assignments { versions: vec![assigned], unversioned: Vec::new() };
    let keys = Keys {
        batch_size: Some(vec![size("7"), size("8"), size("rest")]),
        spread_by: labels(&["zone"]),
        spread_mode: set(SpreadMode::Sequential),
        remainder: set(Remainder::Merge),
        ..Keys::default()
    };
    let plan = plan(&input, &policy_of(&keys)).unwrap();
    let sizes: Vec<usize> = plan.rollouts[0].batches.iter().map(|batch| batch.hosts.len()).collect();
    assert_eq!(sizes, [1, 13, 8, 8]);
}

/// Else the properties above would hold for lack of plans.
#[test]
fn most_cases_have_a_plan() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let planned = |runner: &mut proptest::test_runner::TestRunner| {
        case().new_tree(runner).unwrap().current().plan(|_, result| result.is_ok())
    };
    let count = (0..500).filter(|_| planned(&mut runner)).count();
    assert!(count > 300, "{count} of 500 cases");
}
