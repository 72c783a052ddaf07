//! How many batches packing takes.

use super::{Limit, fewest, pack, totals};
use crate::plan::tests::up_to;

/// A fleet of hosts, each with its domains by label, of `values` domains each with this cap.
fn limits(hosts: &[Vec<u32>], values: usize, cap: usize) -> Vec<Limit> {
    let labels = hosts.first().map_or(0, Vec::len);
    let of = |label: usize| hosts.iter().map(|host| host[label]).collect();
    (0..labels)
        .map(|label| Limit {
            of: of(label),
            caps: vec![cap; values],
            counts: vec![true; values],
            most_domains: usize::MAX,
        })
        .collect()
}

/// Packs, with what must hold in any case.
fn packed(hosts: &[Vec<u32>], limits: &[Limit], size: usize, balance: Option<usize>) -> Vec<Vec<u32>> {
    let batches = pack(hosts.len(), limits, &|_| size, balance);
    let mut all = batches.concat();
    all.sort_unstable();
    assert!(all.iter().copied().eq(0..hosts.len() as u32), "{hosts:?}: {batches:?}");
    for batch in &batches {
        assert!(!batch.is_empty() && batch.len() <= size && batch.is_sorted());
        for limit in limits {
            for (domain, cap) in limit.caps.iter().enumerate() {
                let count = batch.iter().filter(|host| limit.of[**host as usize] == domain as u32).count();
                assert!(count <= *cap, "{hosts:?}, size {size}: {batches:?}");
            }
        }
    }
    batches
}

fn bound(hosts: usize, limits: &[Limit], size: usize) -> usize {
    fewest(hosts, limits, &limits.iter().map(totals).collect::<Vec<_>>(), &|_| size)
}

/// All choices of `count` of so many cells, each cell as often as one likes, in ascending order.
fn choices(cells: usize, count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = choices(cells, count - 1);
    let longer = shorter.iter().flat_map(|choice| {
        let from = choice.last().copied().unwrap_or(0);
        (from..cells).map(move |cell| choice.iter().copied().chain([cell]).collect())
    });
    longer.collect()
}

/// The domains of the hosts of a choice, in several orders.
fn orders(choice: &[usize], labels: usize, values: usize) -> Vec<Vec<Vec<u32>>> {
    let host = |cell: &usize| (0..labels).map(|label| (cell / values.pow(label as u32) % values) as u32).collect();
    let hosts: Vec<Vec<u32>> = choice.iter().map(host).collect();
    let (mut reversed, mut mixed) = (hosts.clone(), hosts.clone());
    reversed.reverse();
    mixed.sort_by_key(|host| host.iter().sum::<u32>() % 2);
    vec![hosts, reversed, mixed]
}

/// Checks every fleet of up to `most` hosts whose two labels have up to three values.
fn two_labels(most: usize) {
    for count in 1..=most {
        for hosts in choices(9, count).iter().flat_map(|choice| orders(choice, 2, 3)) {
            for (cap, size) in (1..=3).flat_map(|cap| (1..=count).map(move |size| (cap, size))) {
                let limits = limits(&hosts, 3, cap);
                let bound = bound(count, &limits, size);
                let batches = packed(&hosts, &limits, size, None);
                assert_eq!(batches.len(), bound, "{hosts:?}, cap {cap}, size {size}: {batches:?}");
                let batches = packed(&hosts, &limits, size, Some(0));
                assert_eq!(batches.len(), bound, "balanced {hosts:?}, cap {cap}, size {size}: {batches:?}");
                let sizes = || batches.iter().map(Vec::len);
                let uneven = sizes().max().unwrap_or(0) - sizes().min().unwrap_or(0);
                assert!(uneven <= 1, "{hosts:?}, cap {cap}, size {size}: {batches:?}");
            }
        }
    }
}

#[test]
fn two_labels_take_the_fewest_batches() {
    two_labels(5);
}

#[test]
#[ignore = "long; run tests/run"]
fn two_labels_of_more_hosts_take_the_fewest_batches() {
    two_labels(up_to(6, 7));
}

/// The fewest batches there can be, by trying all.
fn optimum(hosts: &[Vec<u32>], limits: &[Limit], size: usize, bound: usize) -> usize {
    fn fits(
        batches: &mut Vec<Vec<usize>>,
        host: usize,
        limits: &[Limit],
        size: usize,
        count: usize,
        hosts: usize,
    ) -> bool {
        if host == hosts {
            return true;
        }
        // of batches that have no hosts the first stands for all
        let tried = (batches.len() + 1).min(count);
        for batch in 0..tried {
            if batch == batches.len() {
                batches.push(Vec::new());
            }
            let room = batches[batch].len() < size
                && limits.iter().all(|limit| {
                    let domain = limit.of[host];
                    let used = batches[batch].iter().filter(|other| limit.of[**other] == domain).count();
                    used < limit.caps[domain as usize]
                });
            if room {
                batches[batch].push(host);
                if fits(batches, host + 1, limits, size, count, hosts) {
                    return true;
                }
                batches[batch].pop();
            }
            if batches.last().is_some_and(Vec::is_empty) {
                batches.pop();
            }
        }
        false
    }
    // one batch for each host always fits
    (bound..=hosts.len()).find(|count| fits(&mut Vec::new(), 0, limits, size, *count, hosts.len())).unwrap_or(bound)
}

/// Checks every fleet of up to `most` hosts whose three labels have two values; gives how many were not optimal.
fn three_labels(most: usize) -> (usize, usize) {
    let (mut cases, mut more) = (0, 0);
    for count in 1..=most {
        for hosts in choices(8, count).iter().flat_map(|choice| orders(choice, 3, 2)) {
            for (cap, size) in (1..=2).flat_map(|cap| (2..=count).map(move |size| (cap, size))) {
                let limits = limits(&hosts, 2, cap);
                let best = optimum(&hosts, &limits, size, bound(count, &limits, size));
                let batches = packed(&hosts, &limits, size, None);
                assert!(batches.len() <= best + 1, "{hosts:?}, cap {cap}, size {size}: {batches:?}, {best} would do");
                more += usize::from(batches.len() > best);
                cases += 1;
            }
        }
    }
    (cases, more)
}

#[test]
fn three_labels_take_at_most_one_batch_more_than_the_fewest() {
    let (cases, more) = three_labels(5);
    assert!(more * 100 < cases, "{more} of {cases}");
}

#[test]
#[ignore = "long; run tests/run"]
fn three_labels_of_more_hosts_take_at_most_one_batch_more_than_the_fewest() {
    let (cases, more) = three_labels(up_to(6, 8));
    assert!(more * 100 < cases, "{more} of {cases}");
}

/// Hosts in a square of zones and racks, each zone with a host in each rack.
#[test]
fn a_square_of_zones_and_racks_takes_as_many_batches_as_it_has_sides() {
    for side in [7u32, 16, 33] {
        let hosts: Vec<Vec<u32>> = (0..side * side).map(|n| vec![n / side, n % side]).collect();
        let limits = limits(&hosts, side as usize, 1);
        assert_eq!(packed(&hosts, &limits, side as usize, None).len(), side as usize);
    }
}
