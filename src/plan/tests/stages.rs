//! Stages: each is planned as if it were alone, and one follows the other.

use super::cases::{Case, case, labels, policy_of, set, values};
use super::*;
use crate::plan::{AssignedStage, Facts, Label};
use crate::policy::{Approval, PercentOf, SpreadMode, StageHosts, StageKeys};

fn stage(name: &str, keys: &Keys, of: PercentOf) -> StageKeys {
    StageKeys { name: name.to_string(), hosts: StageHosts::Rest, of, keys: keys.clone(), at: location() }
}

/// A policy with these stages, and the keys that stand beside them.
fn staged(stages: &[(&str, Keys)], beside: Keys) -> Policy {
    let stages = stages.iter().map(|(name, keys)| stage(name, keys, PercentOf::Stage)).collect();
    policy_of(&Keys { stages: set(stages), ..beside })
}

/// A version whose stages have these hosts.
fn divided<'a>(version: &'a str, stages: &[(&str, &[&'a str])]) -> Assignments<'a> {
    let of_stage = |(rules, (name, hosts)): (usize, &(&str, &[&'a str]))| AssignedStage {
        name: name.to_string(),
        rules,
        assigned: Assigned::new(version, hosts.to_vec()),
    };
    let hosts = stages.iter().flat_map(|(_, hosts)| hosts.iter().copied()).collect();
    let stages = stages.iter().enumerate().map(of_stage).collect();
    let assigned = Assigned { stages, ..Assigned::new(version, hosts) };
    Assignments { versions: vec![assigned], unversioned: Vec::new() }
}

fn canary_of(size: &str) -> Keys {
    Keys { canary_size: Some(Amount::parse(size).unwrap()), ..Keys::default() }
}

#[test]
fn batches_go_through_the_stages_and_are_counted_on() {
    let input = divided("1.0", &[("staging", &["s1", "s2", "s3"]), ("eu", &["e1", "e2", "e3", "e4"])]);
    let of_two = Keys { batch_size: Some(vec![size("2")]), max_failures: Some(Amount::Hosts(1)), ..canary_of("1") };
    let policy = staged(&[("staging", Keys::default()), ("eu", of_two)], Keys::default());
    let plan = plan(&input, &policy).unwrap();
    let rollout = &plan.rollouts[0];
    let batches: Vec<_> = rollout
        .batches
        .iter()
        .map(|batch| {
            (
                batch.stage.to_string(),
                rollout.phase(batch).unwrap().name.as_str(),
                batch.is_canary,
                batch.hosts.join(" "),
            )
        })
        .collect();
    let expected = [
        ("A", "staging", true, "s1"),
        ("B1", "staging", false, "s2"),
        ("B2", "staging", false, "s3"),
        ("B3", "eu", true, "e1"),
        ("B4", "eu", false, "e2 e3"),
        ("B5", "eu", false, "e4"),
    ];
    assert_eq!(batches, expected.map(|(stage, phase, canary, hosts)| (stage.into(), phase, canary, hosts.into())));
    let may_lose: Vec<_> = rollout.batches.iter().map(|batch| rollout.max_failures_at(batch)).collect();
    assert_eq!((may_lose, rollout.max_failures), (vec![0, 0, 0, 1, 1, 1], 1));
}

#[test]
fn who_is_asked_when() {
    let asks = |approval: Approval| {
        let input = divided("1.0", &[("staging", &["s1", "s2"]), ("eu", &["e1", "e2", "e3"])]);
        let beside = Keys { approval: set(approval), ..Keys::default() };
        let plan = plan(&input, &staged(&[("staging", Keys::default()), ("eu", Keys::default())], beside)).unwrap();
        let rollout = &plan.rollouts[0];
        rollout
            .batches
            .iter()
            .filter(|batch| rollout.asks_after(batch))
            .map(|b| b.stage.to_string())
            .collect::<Vec<_>>()
    };
    assert!(asks(Approval::Never).is_empty());
    assert_eq!(asks(Approval::AfterCanary), ["A", "B2"]);
    assert_eq!(asks(Approval::AfterStage), ["B1"]);
    assert_eq!(asks(Approval::EachBatch), ["A", "B1", "B2", "B3", "B4"]);
}

#[test]
fn a_percent_is_of_the_stage_or_of_the_version() {
    let sizes = |of: PercentOf| {
        let names = names(40);
        let hosts = borrowed(&names);
        let mut input = divided("1.0", &[("small", &hosts[..10]), ("large", &hosts[10..])]);
        if of == PercentOf::Version {
            input.versions[0].stages.iter_mut().for_each(|stage| stage.assigned.percent_of = Some(40));
        }
        let keys = Keys {
            batch_size: Some(vec![size("20%")]),
            max_failures: Some(Amount::parse("10%").unwrap()),
            ..canary_of("10%")
        };
        let policy = staged(&[("small", keys.clone()), ("large", keys)], Keys::default());
        let plan = plan(&input, &policy).unwrap();
        let may_lose: Vec<_> = plan.rollouts[0].phases.iter().map(|phase| phase.max_failures).collect();
        (plan.rollouts[0].batches.iter().map(|batch| batch.hosts.len()).collect::<Vec<_>>(), may_lose)
    };
    assert_eq!(sizes(PercentOf::Stage), (vec![1, 2, 2, 2, 2, 1, 3, 6, 6, 6, 6, 3], vec![1, 3]));
    assert_eq!(sizes(PercentOf::Version), (vec![4, 6, 4, 8, 8, 8, 2], vec![4, 4]));
}

#[test]
fn a_stage_without_hosts_is_told_and_warned_of_where_no_version_has_any() {
    let input = divided("1.0", &[("staging", &["s1"]), ("eu", &[])]);
    let plan =
        plan(&input, &staged(&[("staging", Keys::default()), ("eu", Keys::default())], Keys::default())).unwrap();
    assert!(
        plan.rollouts[0].notes.contains(&"stage eu has none of the 1 host".to_string()),
        "{:?}",
        plan.rollouts[0].notes
    );
    assert_eq!(plan.rollouts[0].phases.len(), 1);
    assert_eq!(plan.warnings.len(), 1);
    assert_eq!(plan.warnings[0].message, "stage `eu` has no host in any version");
}

#[test]
fn a_list_of_sizes_over_domains_is_told() {
    let notes = |sizes: &[&str], mode: SpreadMode| {
        let names = names(12);
        let zone = Label::new("zone", (0..12).map(|n| Some(if n < 6 { "a" } else { "b" })));
        let facts = Facts { labels: vec![zone], ..Facts::default() };
        let input = Assignments {
            versions: vec![Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) }],
            unversioned: Vec::new(),
        };
        let keys = Keys {
            batch_size: Some(sizes.iter().map(|text| size(text)).collect()),
            spread_by: labels(&["zone"]),
            spread_mode: set(mode),
            ..Keys::default()
        };
        plan(&input, &policy_of(&keys)).unwrap().rollouts.remove(0).notes
    };
    let note = "the sizes of batch_size go on from one zone to the next; `stages: {by: zone}` begins anew in each";
    assert_eq!(notes(&["1", "rest"], SpreadMode::Sequential), [note]);
    assert!(notes(&["2"], SpreadMode::Sequential).is_empty() && notes(&["1", "3"], SpreadMode::Even).is_empty());
}

#[test]
fn asking_after_a_stage_needs_stages() {
    let policy = policy_of(&Keys { approval: set(Approval::AfterStage), ..Keys::default() });
    let problems = plan(&assignments(&[("1.0", &["a", "b"])]), &policy).unwrap_err().problems;
    assert_eq!(problems[0].message, "`approval: after_stage` has no meaning without `stages`");
}

/// The cases as stages, each with hosts of its own.
fn check(cases: &[Case], check: impl Fn(Option<&Rollout<'_>>, &[Option<Rollout<'_>>])) {
    let values = values();
    let hosts: Vec<Vec<String>> =
        cases.iter().enumerate().map(|(s, case)| (0..case.len()).map(|n| format!("s{s}-{n:03}")).collect()).collect();
    let parts: Vec<Assigned<'_>> =
        cases.iter().zip(&hosts).map(|(case, hosts)| case.assigned(borrowed(hosts), &values)).collect();
    let alone: Vec<Option<Rollout<'_>>> = (cases.iter().zip(&parts))
        .map(|(case, part)| {
            let input = Assignments { versions: vec![part.clone()], unversioned: Vec::new() };
            plan(&input, &policy_of(case.keys())).ok().map(|mut plan| plan.rollouts.remove(0))
        })
        .collect();
    let names: Vec<String> = (0..cases.len()).map(|s| format!("stage{s}")).collect();
    let stages: Vec<(&str, Keys)> =
        names.iter().map(String::as_str).zip(cases.iter().map(|case| case.keys().clone())).collect();
    let all = hosts.iter().flatten().map(String::as_str).collect();
    let numbered = parts.into_iter().enumerate();
    let stages_of =
        numbered.map(|(rules, assigned)| AssignedStage { name: names[rules].clone(), rules, assigned }).collect();
    let assigned = Assigned { stages: stages_of, ..Assigned::new("1.0", all) };
    let whole =
        plan(&Assignments { versions: vec![assigned], unversioned: Vec::new() }, &staged(&stages, Keys::default()));
    check(whole.as_ref().ok().map(|plan| &plan.rollouts[0]), &alone);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn each_stage_is_planned_as_if_it_were_alone(cases in prop::collection::vec(case(), 1..4)) {
        check(&cases, |whole, alone| {
            assert_eq!(whole.is_some(), alone.iter().all(Option::is_some));
            let Some(whole) = whole else { return };
            assert_eq!(whole.phases.len(), alone.len());
            for (place, alone) in alone.iter().flatten().enumerate() {
                let of_stage = whole.batches.iter().filter(|batch| batch.phase == Some(place));
                let shown = |batch: &Batch<'_>| (batch.hosts.join(" "), batch.bake, batch.is_canary);
                let own: Vec<_> = of_stage.map(shown).collect();
                assert_eq!(own, alone.batches.iter().map(shown).collect::<Vec<_>>());
                let phase = &whole.phases[place];
                assert_eq!((phase.batches, phase.max_failures), (alone.batches.len(), alone.max_failures));
            }
        });
    }

    #[test]
    fn batches_are_numbered_through_all_stages_and_none_crosses_one(cases in prop::collection::vec(case(), 1..4)) {
        check(&cases, |whole, _| {
            let Some(whole) = whole else { return };
            for (i, batch) in whole.batches.iter().enumerate() {
                assert_eq!(batch.stage, if i == 0 { Stage::A } else { Stage::B(i) });
                let of: Vec<&str> = batch.hosts.iter().filter_map(|host| host.split_once('-')).map(|(s, _)| s).collect();
                let expected = format!("s{}", batch.phase.unwrap());
                assert!(of.iter().all(|of| *of == expected), "{of:?}");
            }
            let order: Vec<_> = whole.batches.iter().map(|batch| batch.phase).collect();
            assert!(order.is_sorted(), "{order:?}");
        });
    }
}
