//! regal's own results, and the promises of the planner as properties.

#![allow(clippy::unwrap_used)]

mod after;
mod cases;
mod cover;
mod limits;
mod properties;
mod spread;
mod stages;

use proptest::prelude::*;

use super::*;
use crate::error::Location;
use crate::plan::Assigned;
use crate::policy::{Amount, BatchSize, Glob, Keys, Layer, Override, Priority, SharedHosts};

fn assigned<'a>(version: &'a str, hosts: &[&'a str]) -> Assigned<'a> {
    Assigned::new(version, hosts.to_vec())
}

fn assignments<'a>(versions: &[(&'a str, &[&'a str])]) -> Assignments<'a> {
    let versions = versions.iter().map(|(version, hosts)| assigned(version, hosts)).collect();
    Assignments { versions, unversioned: Vec::new() }
}

fn size(text: &str) -> BatchSize {
    if text == "rest" { BatchSize::Rest } else { BatchSize::Amount(Amount::parse(text).unwrap()) }
}

fn policy(canary: &str, batch_size: &[&str]) -> Policy {
    let keys = Keys {
        canary_size: Some(Amount::parse(canary).unwrap()),
        batch_size: Some(batch_size.iter().map(|text| size(text)).collect()),
        ..Keys::default()
    };
    Policy { layers: vec![Layer { all: keys, ..Layer::default() }], ..Policy::default() }
}

fn names(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("web{n:03}.example.net")).collect()
}

fn borrowed(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// The sizes of the batches of `count` hosts.
fn sizes(count: usize, canary: &str, batch_size: &[&str]) -> Vec<usize> {
    let names = names(count);
    let plan = plan(&assignments(&[("app-1.0.0", &borrowed(&names))]), &policy(canary, batch_size)).unwrap();
    plan.rollouts[0].batches.iter().map(|batch| batch.hosts.len()).collect()
}

/// How far a test of every case there is goes: to `all` with `TEST_ALL=1`.
pub(super) fn up_to(usual: usize, all: usize) -> usize {
    if std::env::var_os("TEST_ALL").is_some_and(|value| value == "1") { all } else { usual }
}

fn location() -> Location {
    Location { line: 3, column: 1, ..Location::whole("regal.yml") }
}

#[test]
fn regals_own_results() {
    assert_eq!(sizes(5, "1", &["2"]), [1, 2, 2]);
    assert_eq!(sizes(5, "2", &["3"]), [2, 3]);
    assert_eq!(sizes(8, "3", &["4"]), [3, 4, 1]);
    assert_eq!(sizes(6, "1", &["2"]), [1, 2, 2, 1]);
    assert_eq!(sizes(6, "1", &["3"]), [1, 3, 2]);
}

#[test]
fn without_a_policy_every_batch_has_one_host() {
    let plan = plan(&assignments(&[("1.0", &["web1", "web2", "web3"])]), &Policy::default()).unwrap();
    let batches: Vec<_> = plan.rollouts[0].batches.iter().map(|b| (b.stage.to_string(), b.hosts.clone())).collect();
    assert_eq!(batches, [("A".into(), vec!["web1"]), ("B1".into(), vec!["web2"]), ("B2".into(), vec!["web3"])]);
}

#[test]
fn the_last_of_several_sizes_repeats() {
    assert_eq!(sizes(40, "2", &["5", "10%", "10"]), [2, 5, 4, 10, 10, 9]);
    assert_eq!(sizes(40, "5%", &["5", "rest"]), [2, 5, 33]);
    assert_eq!(sizes(40, "5%", &["rest"]), [2, 38]);
}

#[test]
fn a_percent_below_one_host_takes_one_and_says_so() {
    let names = names(20);
    let plan = plan(&assignments(&[("1.0", &borrowed(&names))]), &policy("1%", &["2%", "50%"])).unwrap();
    let rollout = &plan.rollouts[0];
    assert_eq!((rollout.canary_size, rollout.batch_sizes.as_slice()), (1, [1, 10].as_slice()));
    assert_eq!(
        rollout.notes,
        [
            "canary 1% of 20 hosts is less than one host: it takes one",
            "batch_size 2% of 20 hosts is less than one host: it takes one",
            "batch_size 50% of 20 hosts is 10 hosts"
        ]
    );
}

#[test]
fn a_canary_of_all_hosts_is_a_warning_and_a_note() {
    let plan = plan(&assignments(&[("1.0", &["web1", "web2"])]), &policy("2", &["1"])).unwrap();
    assert_eq!(plan.rollouts[0].batches.len(), 1);
    assert_eq!(plan.rollouts[0].notes, ["canary 2 takes all 2 hosts: there is no group B"]);
    assert_eq!(plan.warnings[0].message, "canary 2 of version 1.0 takes all 2 hosts, so nothing is left for group B");
}

#[test]
fn a_single_host_is_no_warning() {
    let plan = plan(&assignments(&[("1.0", &["web1"])]), &Policy::default()).unwrap();
    assert_eq!(plan.rollouts[0].notes, ["web1 is the only host: there is no group B"]);
    assert!(plan.warnings.is_empty());
}

#[test]
#[ignore = "long; run tests/run"]
fn a_million_hosts_one_by_one() {
    let names: Vec<String> = (0..1_000_000).map(|n| format!("web{n}")).collect();
    let plan = plan(&assignments(&[("1.0", &borrowed(&names))]), &Policy::default()).unwrap();
    assert_eq!(plan.rollouts[0].batches.len(), 1_000_000);
    assert_eq!(plan.rollouts[0].batches[999_999].stage, Stage::B(999_999));
}

const THREE: [(&str, &[&str]); 3] = [("1.0", &["web1"]), ("11.0", &["web2"]), ("2.0", &["web3"])];

/// The versions in plan order, with the plan's warnings.
fn ordered(priority: Priority) -> Result<(Vec<&'static str>, Vec<Problem>)> {
    let plan = plan(&assignments(&THREE), &Policy { priority, ..Policy::default() })?;
    Ok((plan.rollouts.iter().map(|rollout| rollout.version).collect(), plan.warnings))
}

#[test]
fn priority_goes_first_and_the_rest_keeps_its_order() {
    let names = Priority::Names(vec![("2.0".into(), location()), ("11.0".into(), location())]);
    assert_eq!(ordered(names).unwrap().0, ["2.0", "11.0", "1.0"]);
    assert_eq!(ordered(Priority::Names(vec![("1.0".into(), location())])).unwrap().0, ["1.0", "11.0", "2.0"]);
    assert_eq!(ordered(Priority::Containing("1.0".into(), location())).unwrap().0, ["1.0", "11.0", "2.0"]);
    assert_eq!(ordered(Priority::Containing("2.".into(), location())).unwrap().0, ["2.0", "1.0", "11.0"]);
}

#[test]
fn a_priority_without_its_version() {
    let error = ordered(Priority::Names(vec![("3.0".into(), location())])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "error: regal.yml:3:1: `priority` names `3.0`, which is not a version\n  hint: the versions are 1.0, 11.0, 2.0"
    );
    let (order, warnings) = ordered(Priority::Containing("3.".into(), location())).unwrap();
    assert_eq!(order, ["1.0", "11.0", "2.0"]);
    assert_eq!(warnings[0].message, "`priority_name`: no version contains `3.`");
}

#[test]
fn an_override_that_matches_nothing_is_a_warning() {
    let rule = Override { glob: Glob::new("db-*"), keys: Keys::default(), at: location() };
    let layer = Layer { overrides: vec![rule], ..Layer::default() };
    let plan = plan(&assignments(&THREE), &Policy { layers: vec![layer], ..Policy::default() }).unwrap();
    assert_eq!(plan.warnings[0].message, "`overrides`: no version matches `db-*`");
}

#[test]
fn shared_hosts_warn_refuse_or_pass() {
    let hosts: [&str; 3] = ["web1", "web2", "web3"];
    let shared = assignments(&[("1.0", &hosts), ("2.0", &["web2", "web3"]), ("3.0", &["db1"])]);
    let run = |shared_hosts| plan(&shared, &Policy { shared_hosts, ..Policy::default() });
    let message = "web[2:3] stand in several versions: 1.0, 2.0";
    assert_eq!(run(SharedHosts::Warn).unwrap().warnings[0].message, message);
    assert_eq!(run(SharedHosts::Error).unwrap_err().problems[0].message, message);
    assert!(run(SharedHosts::Allow).unwrap().warnings.is_empty());
}

#[test]
fn a_version_without_hosts_gives_no_batches() {
    let mut input = assignments(&[("1.0", &[]), ("2.0", &["web2"])]);
    input.versions[0].excluded = vec!["web1"];
    let plan = plan(&input, &Policy::default()).unwrap();
    assert_eq!(plan.rollouts.len(), 1);
    assert_eq!(plan.empty, [("1.0", vec!["web1"])]);
    assert_eq!(plan.warnings[0].message, "version 1.0 has no hosts left to plan: `exclude` keeps all of them out");
}

#[test]
fn bakes_and_failures_are_resolved() {
    let keys = Keys {
        canary_bake: Some(3600),
        bake: Some(600),
        max_failures: Some(Amount::parse("29%").unwrap()),
        ..Keys::default()
    };
    let policy = Policy { layers: vec![Layer { all: keys, ..Layer::default() }], ..Policy::default() };
    let plan = plan(&assignments(&[("1.0", &["web1", "web2", "web3", "web4"])]), &policy).unwrap();
    let rollout = &plan.rollouts[0];
    assert_eq!(rollout.batches.iter().map(|batch| batch.bake).collect::<Vec<_>>(), [3600, 600, 600, 600]);
    assert_eq!((rollout.bake_seconds(), rollout.max_failures), (4800, 1));
}

/// A number of hosts, a canary and batch sizes, as they may stand in a policy.
fn sized() -> impl Strategy<Value = (usize, String, Vec<String>)> {
    let amount = prop_oneof![(1usize..40).prop_map(|n| n.to_string()), (1u32..=100).prop_map(|p| format!("{p}%"))];
    let list = (prop::collection::vec(amount.clone(), 1..4), any::<bool>()).prop_map(|(mut list, rest)| {
        if rest {
            list.push("rest".to_string());
        }
        list
    });
    (1usize..300, amount, list)
}

fn planned<'a>(hosts: &[&'a str], canary: &str, sizes: &[String]) -> Plan<'a> {
    plan(&assignments(&[("app-1.0.0", hosts)]), &policy(canary, &borrowed(sizes))).unwrap()
}

proptest! {
    #[test]
    fn every_planned_host_stands_in_exactly_one_batch((count, canary, list) in sized()) {
        let names = names(count);
        let plan = planned(&borrowed(&names), &canary, &list);
        let flat: Vec<&str> = plan.rollouts[0].batches.iter().flat_map(|batch| batch.hosts.iter().copied()).collect();
        prop_assert_eq!(flat, borrowed(&names));
    }

    #[test]
    fn the_canary_has_its_size_or_all_hosts((count, canary, list) in sized()) {
        let names = names(count);
        let plan = planned(&borrowed(&names), &canary, &list);
        let wanted = Amount::parse(&canary).unwrap().of(count).max(1);
        prop_assert_eq!(plan.rollouts[0].batches[0].hosts.len(), wanted.min(count));
    }

    #[test]
    fn no_batch_exceeds_its_size((count, canary, list) in sized()) {
        let names = names(count);
        let plan = planned(&borrowed(&names), &canary, &list);
        for (i, batch) in plan.rollouts[0].batches.iter().skip(1).enumerate() {
            let most = match size(list.get(i).or(list.last()).unwrap()) {
                BatchSize::Amount(amount) => amount.of(count).max(1),
                BatchSize::Rest | BatchSize::Growing(_) => count,
            };
            prop_assert!(batch.hosts.len() <= most);
        }
    }

    #[test]
    fn only_the_last_batch_is_short((count, canary, list) in sized()) {
        let names = names(count);
        let rollout = planned(&borrowed(&names), &canary, &list).rollouts.remove(0);
        let sizes = rollout.batch_sizes.iter().chain(std::iter::repeat(rollout.batch_sizes.last().unwrap()));
        let full = rollout.batches.len().saturating_sub(2);
        for (batch, size) in rollout.batches.iter().skip(1).zip(sizes).take(full) {
            prop_assert_eq!(batch.hosts.len(), *size);
        }
    }

    #[test]
    fn batches_are_numbered_without_a_gap_and_none_is_empty((count, canary, list) in sized()) {
        let names = names(count);
        let plan = planned(&borrowed(&names), &canary, &list);
        for (i, batch) in plan.rollouts[0].batches.iter().enumerate() {
            prop_assert_eq!(batch.stage, if i == 0 { Stage::A } else { Stage::B(i) });
            prop_assert!(!batch.hosts.is_empty());
        }
    }

    #[test]
    fn the_same_input_gives_the_same_plan((count, canary, list) in sized()) {
        let names = names(count);
        let hosts = borrowed(&names);
        prop_assert_eq!(planned(&hosts, &canary, &list), planned(&hosts, &canary, &list));
    }
}

#[test]
fn gates_need_a_watch_and_a_way_back_needs_an_end() {
    use crate::policy::gates::{Gate, Measure};
    use crate::policy::{OnFailure, Set};
    let at = || Location::whole("regal.yml");
    let messages = |keys: Keys| {
        let policy = Policy { layers: vec![Layer { all: keys, ..Layer::default() }], ..Policy::default() };
        match plan(&assignments(&[("v", &["web1", "web2"])]), &policy) {
            Ok(_) => Vec::new(),
            Err(error) => error.problems.into_iter().map(|problem| problem.message).collect(),
        }
    };
    let gate = |interval, initial_delay| Gate {
        name: "errors".into(),
        interval,
        initial_delay,
        failure_limit: 0,
        inconclusive_limit: 0,
        timeout_ms: 10_000,
        measure: Measure::Command(vec!["check".into()]),
    };
    let keys =
        |bake, gate| Keys { bake: Some(bake), gates: Some(Set { value: vec![gate], at: at() }), ..Keys::default() };
    let says = |keys: Keys| messages(keys).join("\n");
    assert_eq!(says(keys(60, gate(60, 59))), "");
    for (keys, expected) in [
        (keys(0, gate(1, 0)), "`errors` is measured while a batch is watched, and `canary.bake` is 0"),
        (keys(60, gate(1, 60)), "`errors` waits for 1m, and `canary.bake` is 1m: nothing would be measured"),
        (keys(60, gate(61, 0)), "`errors` is measured every 1m1s, and `canary.bake` is 1m"),
    ] {
        let said = says(keys);
        assert!(said.contains(expected), "{said}");
    }
    let back = |to: Option<&str>| Keys {
        on_failure: Some(Set { value: OnFailure::Rollback, at: at() }),
        rollback_to: to.map(|to| Set { value: to.to_string(), at: at() }),
        ..Keys::default()
    };
    assert_eq!(says(back(Some("app-0.9"))), "");
    assert!(says(back(None)).contains("`on_failure: rollback` has no meaning without `rollback_to`"));
    assert!(says(back(Some("v"))).contains("`rollback_to: v` is the version v itself"));
}
