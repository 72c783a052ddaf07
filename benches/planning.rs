//! Planning alone: hosts over few and over many domains, and by hash: `cargo bench --bench planning`.
//!
//! `cargo bench --bench planning -- --test` runs each once and fails where a plan takes longer than it may: 100,000 hosts
//! 0.2 s, 1,000,000 hosts 2 s.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use regal_inventory::error::Location;
use regal_inventory::plan::plan;
use regal_inventory::plan::{Assigned, Assignments, Facts, Label};
use regal_inventory::policy::{Amount, BatchSize, Keys, Layer, Mode, Policy, Set};

fn set<T>(value: T) -> Option<Set<T>> {
    Some(Set { value, at: Location::whole("bench") })
}

fn percent(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

fn keys() -> Keys {
    Keys {
        canary_size: Some(percent("1%")),
        batch_size: Some(vec![BatchSize::Amount(percent("5%"))]),
        ..Keys::default()
    }
}

fn spread() -> Keys {
    Keys { spread_by: set(vec!["zone".to_string()]), spread_max_unavailable: set(percent("20%")), ..keys() }
}

fn by_hash(mode: Mode) -> Keys {
    Keys { assignment_mode: set(mode), seed: Some("v1".to_string()), ..keys() }
}

/// Plans so many hosts over so many domains, of which one is as large as all others together.
fn measure(criterion: &mut Criterion, name: &str, hosts: usize, domains: usize, keys: Keys) {
    let names: Vec<String> = (0..hosts).map(|n| format!("web{n:07}.example.net")).collect();
    let values: Vec<String> = (0..domains).map(|n| format!("zone{n}")).collect();
    let zone = |host: usize| if host.is_multiple_of(2) { 0 } else { host / 2 % domains };
    let facts = Facts {
        labels: vec![Label::new("zone", (0..hosts).map(|host| Some(values[zone(host)].as_str())))],
        ..Facts::default()
    };
    let version = Assigned { facts, ..Assigned::new("2.5.0", names.iter().map(String::as_str).collect()) };
    let input = Assignments { versions: vec![version], unversioned: Vec::new() };
    let policy = Policy { layers: vec![Layer { all: keys, ..Layer::default() }], ..Policy::default() };
    let allowed = Duration::from_micros(2 * hosts as u64);
    let start = Instant::now();
    assert!(plan(&input, &policy).unwrap().rollouts[0].batches.len() > 10);
    let taken = start.elapsed();
    assert!(taken < allowed, "{name} took {taken:?}, more than {allowed:?}");
    criterion.bench_function(name, |bencher| bencher.iter(|| plan(&input, &policy).unwrap()));
}

fn planning(criterion: &mut Criterion) {
    measure(criterion, "100,000 hosts in order", 100_000, 3, keys());
    measure(criterion, "100,000 hosts over 3 domains", 100_000, 3, spread());
    measure(criterion, "100,000 hosts over 10,000 domains", 100_000, 10_000, spread());
    measure(criterion, "1,000,000 hosts over 3 domains", 1_000_000, 3, spread());
    measure(criterion, "1,000,000 hosts over 10,000 domains", 1_000_000, 10_000, spread());
    measure(criterion, "100,000 hosts by rank", 100_000, 3, by_hash(Mode::Rank));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = planning
}
criterion_main!(benches);
