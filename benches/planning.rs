//! Planning alone: hosts over few and over many domains, and by hash: `cargo bench --bench planning`.
//!
//! `cargo bench --bench planning -- --test` runs each once and fails where a plan takes longer than it may: 100,000 hosts
//! 0.2 s, 1,000,000 hosts 2 s; 100,000 hosts with caps or limits over three labels 2 s. For caps it prints the exponent e of the
//! time, which grows as hosts^e between 10,000 and 100,000 hosts.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use regal_inventory::error::Location;
use regal_inventory::plan::plan;
use regal_inventory::plan::{Assigned, Assignments, Facts, Label};
use regal_inventory::policy::{Amount, BatchSize, Keys, Layer, Limit, Mode, Policy, Set};

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

/// The labels of hosts with caps over all three, and their number of values for each 100,000 hosts.
const LABELS: [(&str, usize); 3] = [("hw", 3), ("rack", 10_000), ("zone", 100)];

/// Batches that are spread over the labels in this order, with a cap.
fn caps(by: [usize; 3], cap: &str) -> Keys {
    Keys {
        spread_by: set(by.map(|label| LABELS[label].0.to_string()).to_vec()),
        spread_max_unavailable: set(percent(cap)),
        ..Keys::default()
    }
}

/// Batches in the order of hosts, with a limit for each label.
fn limits(cap: &str) -> Keys {
    let limit = |(label, _): (&str, usize)| Limit {
        label: label.to_string(),
        max_unavailable: Some(percent(cap)),
        max_domains: None,
        at: Location::whole("bench"),
    };
    Keys { limits: Some(LABELS.map(limit).to_vec()), ..Keys::default() }
}

/// Plans hosts of three labels, sorted by one of them, in batches; gives the time and checks the number of batches.
fn measure_caps(hosts: usize, capped: Keys, sorted_by: usize, nested: bool, size: usize) -> Duration {
    let names: Vec<String> = (0..hosts).map(|n| format!("web{n:07}.example.net")).collect();
    let values: Vec<String> = (0..10_000).map(|n| format!("v{n}")).collect();
    let count = |label: usize| if label == 1 { hosts / 10 } else { LABELS[label].1 };
    // each label goes round at its own pace, but for the one that hosts are sorted by; a rack may stand in one zone
    let plain = |label: usize, host: usize| {
        if label == sorted_by { host * count(label) / hosts } else { (host + host / count(label)) % count(label) }
    };
    let value = |label: usize, host: usize| {
        if nested && label == 2 { plain(1, host) * count(2) / count(1) } else { plain(label, host) }
    };
    let label =
        |label: usize| Label::new(LABELS[label].0, (0..hosts).map(|host| Some(values[value(label, host)].as_str())));
    let facts = Facts { labels: (0..3).map(label).collect(), ..Facts::default() };
    let version = Assigned { facts, ..Assigned::new("2.5.0", names.iter().map(String::as_str).collect()) };
    let input = Assignments { versions: vec![version], unversioned: Vec::new() };
    let keys = Keys {
        canary_size: Some(Amount::Hosts(1)),
        batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(size))]),
        ..capped
    };
    let policy = Policy { layers: vec![Layer { all: keys, ..Layer::default() }], ..Policy::default() };
    let start = Instant::now();
    let plan = plan(&input, &policy).unwrap();
    let taken = start.elapsed();
    let rollout = &plan.rollouts[0];
    let domains = rollout.labels.iter().flat_map(|label| &label.list);
    let least = domains.map(|domain| domain.hosts.div_ceil(domain.cap.unwrap_or(hosts))).max().unwrap_or(0);
    let least = least.max(hosts.div_ceil(size));
    let batches = rollout.batches.len();
    assert!(batches <= least + 1 + least / 50, "{batches} batches instead of {least}");
    taken
}

/// Every order of hosts, whether racks stand in zones, caps, and sizes of batches.
fn fleets() -> impl Iterator<Item = (usize, bool, &'static str, usize)> {
    let caps = |sorted: usize| ["1", "2", "10%"].map(|cap| (sorted / 2, !sorted.is_multiple_of(2), cap));
    let sizes = |(sorted, nested, cap)| [5, 100, 1000].map(|size| (sorted, nested, cap, size));
    (0..6).flat_map(caps).flat_map(sizes)
}

/// Limits of all three labels; prints the slowest.
fn limits_of_labels() {
    let mut slowest = (Duration::ZERO, String::new());
    for (sorted_by, nested, cap, size) in fleets() {
        let taken = measure_caps(100_000, limits(cap), sorted_by, nested, size);
        let name = format!("sorted by {}, nested: {nested}, limit {cap}, batches of {size}", LABELS[sorted_by].0);
        assert!(taken < Duration::from_secs(2), "100,000 hosts {name}: {taken:?}");
        slowest = slowest.max((taken, name));
    }
    println!("100,000 hosts with limits of three labels: at most {:?}, {}", slowest.0, slowest.1);
}

/// Every nesting of the labels, every order of hosts, caps and sizes; prints the slowest, and how the time grows.
fn caps_over_labels() {
    let mut slowest = (Duration::ZERO, String::new());
    for by in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for (sorted_by, nested, cap, size) in fleets() {
            let labels = by.map(|label| LABELS[label].0);
            let place = if nested { ", racks in zones" } else { "" };
            let name = format!("by {labels:?}, sorted by {}{place}, cap {cap}, batches of {size}", LABELS[sorted_by].0);
            let taken = measure_caps(100_000, caps(by, cap), sorted_by, nested, size);
            assert!(taken < Duration::from_secs(2), "100,000 hosts {name}: {taken:?}");
            slowest = slowest.max((taken, name));
        }
    }
    println!("100,000 hosts with caps over three labels: at most {:?}, {}", slowest.0, slowest.1);
    let times = [10_000, 30_000, 100_000].map(|hosts| measure_caps(hosts, caps([0, 1, 2], "2"), 2, false, 100));
    let exponent = (times[2].as_secs_f64() / times[0].as_secs_f64()).log10();
    println!("10,000, 30,000 and 100,000 hosts: {times:?}, as hosts^{exponent:.2}");
}

fn planning(criterion: &mut Criterion) {
    measure(criterion, "100,000 hosts in order", 100_000, 3, keys());
    measure(criterion, "100,000 hosts over 3 domains", 100_000, 3, spread());
    measure(criterion, "100,000 hosts over 10,000 domains", 100_000, 10_000, spread());
    measure(criterion, "1,000,000 hosts over 3 domains", 1_000_000, 3, spread());
    measure(criterion, "1,000,000 hosts over 10,000 domains", 1_000_000, 10_000, spread());
    caps_over_labels();
    limits_of_labels();
    measure(criterion, "100,000 hosts by rank", 100_000, 3, by_hash(Mode::Rank));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = planning
}
criterion_main!(benches);
