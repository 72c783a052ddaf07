//! The guarantees of even spread.

use super::cases::{labels, policy_of, set};
use super::*;
use crate::plan::{DomainIndex, Facts, Label};
use crate::policy::{Remainder, SpreadMode};

/// Hosts in domains of these sizes, mixed by a seed.
fn hosts_in(domains: &[usize], seed: u64) -> Vec<usize> {
    let mut hosts: Vec<usize> =
        domains.iter().enumerate().flat_map(|(domain, size)| std::iter::repeat_n(domain, *size)).collect();
    let mut state = seed | 1;
    for i in (1..hosts.len()).rev() {
        // any mixing does: xorshift
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        hosts.swap(i, state as usize % (i + 1));
    }
    hosts
}

/// The domains of each batch's hosts, in order.
fn spread(of: &[usize], canary: usize, size: usize, cap: Option<Amount>) -> Vec<Vec<usize>> {
    let names = names(of.len());
    let values: Vec<String> = (0..=of.iter().copied().max().unwrap_or(0)).map(|n| format!("z{n}")).collect();
    let label = Label::new("zone", of.iter().map(|domain| Some(values[*domain].as_str())));
    let facts = Facts { labels: vec![label], ..Facts::default() };
    let assigned = Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) };
    let keys = Keys {
        canary_size: Some(Amount::Hosts(canary)),
        batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(size))]),
        spread_by: labels(&["zone"]),
        spread_max_unavailable: cap.and_then(set),
        ..Keys::default()
    };
    let input = Assignments { versions: vec![assigned], unversioned: Vec::new() };
    let plan = plan(&input, &policy_of(&keys)).unwrap();
    let rollout = &plan.rollouts[0];
    let named = |domain: &DomainIndex| rollout.labels[0].list[domain.index()].name.to_string()[1..].parse().unwrap();
    rollout.batches.iter().map(|batch| batch.domains[0].iter().map(named).collect()).collect()
}

proptest! {
    #[test]
    fn after_any_number_of_hosts_each_domain_has_its_share_to_within_one(
        domains in prop::collection::vec(1usize..40, 1..12), seed in any::<u64>(), canary in 1usize..9, size in 1usize..30
    ) {
        let hosts = hosts_in(&domains, seed);
        let n = hosts.len();
        let mut taken = vec![0usize; domains.len()];
        for (t, domain) in spread(&hosts, canary, size, None).concat().into_iter().enumerate() {
            taken[domain] += 1;
            for (domain, size) in domains.iter().enumerate() {
                let share = (t + 1) * size;
                prop_assert!(taken[domain] >= share / n && taken[domain] <= share.div_ceil(n), "t {} {taken:?}", t + 1);
            }
        }
    }

    #[test]
    fn any_batch_takes_its_share_of_each_domain_to_within_two(
        domains in prop::collection::vec(1usize..40, 1..12), seed in any::<u64>(), canary in 1usize..9, size in 1usize..30
    ) {
        let hosts = hosts_in(&domains, seed);
        let n = hosts.len();
        for batch in spread(&hosts, canary, size, None) {
            for (domain, size) in domains.iter().enumerate() {
                let (share, taken) = (batch.len() * size, batch.iter().filter(|of| **of == domain).count());
                prop_assert!(taken + 1 >= share / n && taken <= share.div_ceil(n) + 1);
            }
        }
    }

    #[test]
    fn caps_hold_and_close_batches_early_only_when_all_domains_are_full(
        domains in prop::collection::vec(1usize..40, 1..12), seed in any::<u64>(), size in 1usize..30, cap in 1usize..12
    ) {
        let hosts = hosts_in(&domains, seed);
        let mut left = domains.clone();
        for batch in spread(&hosts, size, size, Some(Amount::Hosts(cap))) {
            let mut taken = vec![0; domains.len()];
            batch.iter().for_each(|domain| taken[*domain] += 1);
            prop_assert!(taken.iter().all(|taken| *taken <= cap));
            left.iter_mut().zip(&taken).for_each(|(left, taken)| *left -= taken);
            let could_go_on = left.iter().zip(&taken).any(|(left, taken)| *left > 0 && *taken < cap);
            prop_assert!(batch.len() == size || !could_go_on, "{batch:?}");
        }
    }
}

/// All ways to write `n` as a sum of at most `parts` numbers from `most` down.
fn partitions(n: usize, parts: usize, most: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    if parts == 0 {
        return Vec::new();
    }
    let first = (1..=n.min(most)).rev();
    first
        .flat_map(|first| {
            partitions(n - first, parts - 1, first).into_iter().map(move |mut rest| {
                rest.insert(0, first);
                rest
            })
        })
        .collect()
}

/// Every fleet of up to 12 hosts in up to 4 domains, every size, every cap.
#[test]
#[ignore = "long; run tests/run"]
fn with_equal_sizes_the_number_of_batches_is_the_lower_bound() {
    let mut cases = 0;
    for n in 1..=12 {
        for domains in partitions(n, 4, n) {
            for reversed in [false, true] {
                let mut domains = domains.clone();
                if reversed {
                    domains.reverse();
                }
                let hosts = hosts_in(&domains, 7);
                for size in 1..=n {
                    for cap in 1..=n {
                        let bound = domains.iter().map(|of| of.div_ceil(cap)).max().unwrap().max(n.div_ceil(size));
                        let batches = spread(&hosts, size, size, Some(Amount::Hosts(cap)));
                        assert_eq!(batches.len(), bound, "domains {domains:?}, size {size}, cap {cap}: {batches:?}");
                        cases += 1;
                    }
                }
            }
        }
    }
    assert!(cases > 20_000, "{cases}");
}

#[test]
fn a_large_domain_does_not_crowd_out_single_hosts() {
    let domains: Vec<usize> = std::iter::once(100).chain(std::iter::repeat_n(1, 100)).collect();
    let hosts: Vec<usize> = hosts_in(&domains, 3);
    let batches = spread(&hosts, 50, 50, None);
    for batch in &batches {
        let large = batch.iter().filter(|domain| **domain == 0).count();
        assert!((24..=26).contains(&large), "{large} of 50");
    }
}

#[test]
fn labels_within_labels_are_spread_too() {
    // two zones of two racks of four hosts
    let names = names(16);
    let zones: Vec<&str> = (0..16).map(|i| if i < 8 { "a" } else { "b" }).collect();
    let racks: Vec<String> = (0..16).map(|i| format!("r{}", i / 4)).collect();
    let label = |name, values: Vec<&'static str>| Label::new(name, values.into_iter().map(Some));
    let rack = Label::new("rack", racks.iter().map(|rack| Some(rack.as_str())));
    let facts = Facts { labels: vec![label("zone", zones), rack], ..Facts::default() };
    let assigned = Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) };
    let keys = Keys {
        canary_size: Some(Amount::Hosts(4)),
        batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(4))]),
        spread_by: labels(&["zone", "rack"]),
        spread_max_unavailable: set(Amount::Hosts(2)),
        ..Keys::default()
    };
    let input = Assignments { versions: vec![assigned], unversioned: Vec::new() };
    let plan = plan(&input, &policy_of(&keys)).unwrap();
    for batch in &plan.rollouts[0].batches {
        let mut racks = batch.domains[1].clone();
        racks.sort_unstable();
        assert_eq!(racks, [0, 1, 2, 3].map(DomainIndex::new));
    }
}

/// Trying every rack again for each batch once the zones are full would take minutes.
#[test]
fn small_batches_of_many_racks_in_full_zones_take_no_time() {
    const HOSTS: usize = 30_000;
    let names = names(HOSTS);
    let values: Vec<String> = (0..HOSTS).map(|n| format!("v{n}")).collect();
    for by in [["zone", "rack"], ["rack", "zone"]] {
        let zone = Label::new("zone", (0..HOSTS).map(|host| Some(values[host % 3].as_str())));
        let rack = Label::new("rack", (0..HOSTS).map(|host| Some(values[host / 10].as_str())));
        let facts = Facts { labels: vec![zone, rack], ..Facts::default() };
        let assigned = Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) };
        let keys = Keys {
            canary_size: Some(Amount::Hosts(3)),
            batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(10))]),
            spread_by: labels(&by),
            spread_max_unavailable: set(Amount::Hosts(1)),
            ..Keys::default()
        };
        let input = Assignments { versions: vec![assigned], unversioned: Vec::new() };
        let start = std::time::Instant::now();
        let plan = plan(&input, &policy_of(&keys)).unwrap();
        assert!(start.elapsed().as_secs() < 10, "{by:?}: {:?}", start.elapsed());
        let batches = plan.rollouts[0].batches.len();
        assert!((HOSTS / 3..HOSTS / 3 + 10).contains(&batches), "{by:?}: {batches}");
    }
}

/// Hosts with labels, planned with these keys: the sizes of the batches.
fn sizes_of(labelled: &[(&str, Vec<usize>)], keys: Keys) -> Vec<usize> {
    let hosts = labelled[0].1.len();
    let names = names(hosts);
    let values: Vec<String> = (0..hosts.max(10)).map(|n| format!("v{n}")).collect();
    let label = |(name, of): &(&str, Vec<usize>)| Label::new(name, of.iter().map(|n| Some(values[*n].as_str())));
    let facts = Facts { labels: labelled.iter().map(label).collect(), ..Facts::default() };
    let assigned = Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) };
    let input = Assignments { versions: vec![assigned], unversioned: Vec::new() };
    let by: Vec<&str> = labelled.iter().map(|(name, _)| *name).collect();
    let plan = plan(&input, &policy_of(&Keys { spread_by: labels(&by), ..keys })).unwrap();
    plan.rollouts[0].batches.iter().map(|batch| batch.hosts.len()).collect()
}

/// Sixteen hosts in clusters of three, and fifteen that are in none, in three zones.
#[test]
fn clusters_across_zones_leave_no_tail_of_single_hosts() {
    let zone = |host: usize| if host < 16 { host % 3 } else { (host + 2) % 3 };
    let cluster = |host: usize| if host < 16 { host / 3 } else { host };
    let of = [("zone", (0..31).map(zone).collect()), ("cluster", (0..31).map(cluster).collect())];
    let keys = Keys {
        batch_size: Some(vec![size("20%")]),
        spread_max_unavailable: set(Amount::parse("20%").unwrap()),
        ..Keys::default()
    };
    assert_eq!(sizes_of(&of, keys), [1, 6, 6, 6, 6, 6]);
}

#[test]
fn batches_that_a_cap_cuts_are_evened_out_too() {
    let zones = (0..100).map(|host| [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][host % 10]).collect();
    let keys = |mode| Keys {
        batch_size: Some(vec![size("rest")]),
        spread_mode: set(mode),
        spread_max_unavailable: set(Amount::parse("30%").unwrap()),
        remainder: set(Remainder::Balance),
        ..Keys::default()
    };
    let of = [("zone", zones)];
    assert_eq!(sizes_of(&of, keys(SpreadMode::Even)), [1, 25, 25, 25, 24]);
    assert_eq!(sizes_of(&of, keys(SpreadMode::Sequential)), [1, 15, 15, 15, 14, 8, 8, 7, 7, 3, 3, 2, 2]);
}

proptest! {
    /// With two labels whose domains have caps.
    #[test]
    fn over_two_labels_batches_of_one_size_are_at_most_one_more_than_they_must_be(
        hosts in prop::collection::vec((0usize..4, 0usize..9), 1..80), cap in 1usize..5, size in 1usize..20, balance in any::<bool>()
    ) {
        let n = hosts.len();
        let (zones, racks): (Vec<usize>, Vec<usize>) = hosts.into_iter().unzip();
        let most = |of: &[usize]| (0..10).map(|v| of.iter().filter(|value| **value == v).count()).max().unwrap_or(0);
        let bound = most(&zones).max(most(&racks)).div_ceil(cap).max(n.div_ceil(size));
        let keys = Keys {
            batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(size))]),
            spread_max_unavailable: set(Amount::Hosts(cap)),
            remainder: set(if balance { Remainder::Balance } else { Remainder::Last }),
            ..Keys::default()
        };
        let sizes = sizes_of(&[("zone", zones), ("rack", racks)], keys);
        prop_assert!(sizes.len() <= bound + 1, "{sizes:?}, {bound} would do");
        let (least, most) = (sizes[1..].iter().min(), sizes[1..].iter().max());
        prop_assert!(!balance || most.unwrap_or(&0) - least.unwrap_or(&0) <= 1, "{sizes:?}");
    }
}
