//! `canary.cover` takes the fewest hosts there are.

use super::cases::{labels, policy_of, set};
use super::*;
use crate::plan::{Facts, Label};

/// The number of canaries of hosts with these values by label, none where it is refused, and the notes; no more than `cap`
/// hosts of a value of the first label.
fn canaries(hosts: &[Vec<usize>], cap: Option<usize>) -> Option<(usize, Vec<String>)> {
    let names = names(hosts.len());
    let values: Vec<String> =
        (0..=hosts.iter().flatten().copied().max().unwrap_or(0)).map(|n| format!("v{n}")).collect();
    let known: Vec<String> = (0..hosts[0].len()).map(|label| format!("l{label}")).collect();
    let label = |label: usize| Label::new(&known[label], hosts.iter().map(|host| Some(values[host[label]].as_str())));
    let facts = Facts { labels: (0..known.len()).map(label).collect(), ..Facts::default() };
    let assigned = Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) };
    let input = Assignments { versions: vec![assigned], unversioned: Vec::new() };
    let keys = Keys {
        canary_cover: labels(&borrowed(&known)),
        spread_by: cap.and_then(|_| labels(&["l0"])),
        spread_max_unavailable: cap.and_then(|cap| set(Amount::Hosts(cap))),
        ..Keys::default()
    };
    let mut rollouts = plan(&input, &policy_of(&keys)).ok()?.rollouts;
    let rollout = rollouts.remove(0);
    Some((rollout.batches[0].hosts.len(), rollout.notes))
}

/// The fewest hosts that cover all, by trying every choice of hosts.
fn fewest(hosts: &[Vec<usize>], cap: Option<usize>) -> Option<usize> {
    let covers = |chosen: &Vec<&Vec<usize>>| {
        let labels = 0..hosts[0].len();
        let all = labels
            .into_iter()
            .all(|label| hosts.iter().all(|host| chosen.iter().any(|other| other[label] == host[label])));
        let most = |value: usize| chosen.iter().filter(|host| host[0] == value).count();
        all && cap.is_none_or(|cap| hosts.iter().all(|host| most(host[0]) <= cap))
    };
    let choices = (1usize..1 << hosts.len()).map(|bits| {
        hosts.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, host)| host).collect::<Vec<_>>()
    });
    choices.filter(covers).map(|chosen| chosen.len()).min()
}

fn host(cell: usize, labels: u32, values: usize) -> Vec<usize> {
    (0..labels).map(|label| cell / values.pow(label) % values).collect()
}

/// Every fleet of so many hosts, by their cells in ascending and in descending order.
fn check_all(count: usize, labels: u32, values: usize) -> usize {
    let cells = values.pow(labels);
    let mut choice = vec![0; count];
    let mut cases = 0;
    loop {
        let mut hosts: Vec<Vec<usize>> = choice.iter().map(|cell| host(*cell, labels, values)).collect();
        for _ in 0..2 {
            for cap in [None, Some(1), Some(2)] {
                let planned = canaries(&hosts, cap).map(|(count, _)| count);
                assert_eq!(planned, fewest(&hosts, cap), "{hosts:?}, cap {cap:?}");
                cases += 1;
            }
            hosts.reverse();
        }
        let Some(at) = choice.iter().rposition(|cell| *cell + 1 < cells) else { return cases };
        let next = choice[at] + 1;
        choice[at..].iter_mut().for_each(|cell| *cell = next);
    }
}

#[test]
fn two_labels_of_three_values() {
    let cases: usize = (1..=4).map(|count| check_all(count, 2, 3)).sum();
    assert!(cases > 3_000, "{cases}");
}

#[test]
#[ignore = "long; run tests/run"]
fn two_labels_of_three_values_and_more_hosts() {
    let cases: usize = (5..=6).map(|count| check_all(count, 2, 3)).sum();
    assert!(cases > 20_000, "{cases}");
}

#[test]
fn three_labels_of_two_values() {
    let cases: usize = (1..=4).map(|count| check_all(count, 3, 2)).sum();
    assert!(cases > 2_000, "{cases}");
}

/// Two hosts would do for the values of one label, and the first that covers two values is in the way.
#[test]
fn four_hosts_of_two_labels_take_three_canaries() {
    // a: x, b: y, c: x, a: z
    let hosts = [[0, 0], [1, 1], [2, 0], [0, 2]].map(Vec::from);
    assert_eq!(canaries(&hosts, None).map(|(count, _)| count), Some(3));
}

proptest! {
    #[test]
    fn up_to_four_labels(
        hosts in prop::collection::vec(prop::collection::vec(0usize..4, 4), 1..11), labels in 1usize..5, cap in prop::option::of(1usize..3)
    ) {
        let hosts: Vec<Vec<usize>> = hosts.into_iter().map(|host| host[..labels].to_vec()).collect();
        prop_assert_eq!(canaries(&hosts, cap).map(|(count, _)| count), fewest(&hosts, cap));
    }

    /// A cover of two labels has as many hosts as values less those of a largest matching, however many there are.
    #[test]
    fn many_hosts_of_two_labels(hosts in prop::collection::vec((0usize..60, 0usize..60), 1..300)) {
        let hosts: Vec<Vec<usize>> = hosts.into_iter().map(|(a, b)| vec![a, b]).collect();
        let mut mates = vec![None; 60];
        // the plainest algorithm there is
        fn augment(left: usize, hosts: &[Vec<usize>], seen: &mut [bool], mates: &mut [Option<usize>]) -> bool {
            for host in hosts.iter().filter(|host| host[0] == left) {
                if !std::mem::replace(&mut seen[host[1]], true)
                    && mates[host[1]].is_none_or(|other| augment(other, hosts, seen, mates))
                {
                    mates[host[1]] = Some(left);
                    return true;
                }
            }
            false
        }
        let matched = (0..60).filter(|left| augment(*left, &hosts, &mut [false; 60], &mut mates)).count();
        let values = |label: usize| (0..60).filter(|value| hosts.iter().any(|host| host[label] == *value)).count();
        let (count, notes) = canaries(&hosts, None).unwrap();
        prop_assert_eq!(count, values(0) + values(1) - matched);
        prop_assert!(!notes.iter().any(|note| note.contains("not known")), "{:?}", notes);
    }
}

/// A hundred thousand hosts, two large labels: in no time.
#[test]
fn a_cover_of_many_values_takes_no_time() {
    let hosts: Vec<Vec<usize>> = (0..30_000usize).map(|n| vec![n * 7 % 4_001, n * n % 3_989]).collect();
    let start = std::time::Instant::now();
    let (count, _) = canaries(&hosts, None).unwrap();
    assert!(count >= 4_001 && start.elapsed().as_secs() < 10, "{count} in {:?}", start.elapsed());
}
