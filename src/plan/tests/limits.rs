//! `limits`: what a batch may have of the domains of a label.

use super::cases::{case, labels, limit, policy_of, set};
use super::*;
use crate::plan::{DomainIndex, Facts, HostIndex, Label};
use crate::policy::{Limit, Order};

/// Plans hosts in clusters, some in none.
fn planned(clusters: &[Option<usize>], keys: &Keys, check: impl FnOnce(Result<Plan<'_>>)) {
    let names = names(clusters.len());
    let values: Vec<String> = (0..clusters.len()).map(|n| format!("c{n}")).collect();
    let of = clusters.iter().map(|cluster| cluster.map(|cluster| values[cluster].as_str()));
    let facts = Facts { labels: vec![Label::new("cluster", of)], ..Facts::default() };
    let assigned = Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) };
    check(plan(&Assignments { versions: vec![assigned], unversioned: Vec::new() }, &policy_of(keys)));
}

fn limited(limits: Vec<Limit>, size: usize) -> Keys {
    Keys { limits: Some(limits), batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(size))]), ..Keys::default() }
}

fn hosts_of(cap: usize) -> Vec<Limit> {
    vec![limit("cluster", (Some(Amount::Hosts(cap)), None))]
}

proptest! {
    #[test]
    fn no_batch_has_more_hosts_of_a_domain_nor_more_domains_than_its_limit(case in case()) {
        case.plan(|input, result| {
            let Ok(plan) = result else { return Ok(()) };
            let hosts = &input.versions[0].hosts;
            let domains = |limit: &Limit| {
                let label = input.versions[0].facts.labels.iter().find(|label| label.name == limit.label).unwrap();
                hosts.iter().copied().zip(label.of.iter().copied()).collect::<std::collections::HashMap<_, _>>()
            };
            for limit in case.keys.limits.iter().flatten() {
                let domains = domains(limit);
                let total = |domain| domains.values().filter(|other| **other == domain).count();
                let mut all: Vec<_> = domains.values().copied().filter(|domain| *domain != DomainIndex::MISSING).collect();
                all.sort_unstable();
                all.dedup();
                for batch in &plan.rollouts[0].batches {
                    let mut of: Vec<_> = batch.hosts.iter().map(|host| domains[host]).collect();
                    of.retain(|domain| *domain != DomainIndex::MISSING);
                    of.sort_unstable();
                    for same in of.chunk_by(|a, b| a == b) {
                        let most = limit.max_unavailable.map(|amount| amount.of(total(same[0])).max(1));
                        prop_assert!(most.is_none_or(|most| same.len() <= most), "{limit}: {:?}", batch.hosts);
                    }
                    of.dedup();
                    let most = limit.max_domains.map(|amount| amount.of(all.len()).max(1));
                    prop_assert!(most.is_none_or(|most| of.len() <= most), "{limit}: {:?}", batch.hosts);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn under_limits_every_host_stands_in_one_batch(case in case()) {
        case.plan(|input, result| {
            let Ok(plan) = result else { return Ok(()) };
            let batches = plan.rollouts[0].batches.iter();
            let mut planned: Vec<&str> = batches.flat_map(|batch| batch.hosts.iter().copied()).collect();
            planned.sort_unstable();
            let mut hosts = input.versions[0].hosts.clone();
            hosts.sort_unstable();
            prop_assert_eq!(planned, hosts);
            Ok(())
        })?;
    }

    #[test]
    fn a_limit_of_a_label_that_no_host_has_changes_nothing(case in case()) {
        let free = vec![limit("cluster", (Some(Amount::Hosts(1)), Some(Amount::Hosts(1))))];
        let mut without = case;
        without.clusters.iter_mut().for_each(|cluster| *cluster = None);
        prop_assume!(without.keys.limits.is_some());
        let shown = |limits: &[Limit]| {
            let mut case = without.clone();
            case.keys.limits = Some(limits.to_vec());
            case.plan(|_, result| format!("{result:?}"))
        };
        prop_assert_eq!(shown(&free), shown(&[]));
    }
}

/// All ways to put hosts into clusters or none, the first in each cluster before the first of the next.
fn fleets(most: usize) -> Vec<Vec<Option<usize>>> {
    let mut all: Vec<Vec<Option<usize>>> = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..most {
        let longer = last.iter().flat_map(|fleet| {
            let next = fleet.iter().flatten().max().map_or(0, |cluster| cluster + 1);
            let choices = std::iter::once(None).chain((0..=next).map(Some));
            choices.map(move |cluster| fleet.iter().copied().chain([cluster]).collect())
        });
        last = longer.collect();
        all.extend(last.iter().cloned());
    }
    all.retain(|fleet| fleet.len() > 1);
    all
}

/// Batches after a canary of the first host, of size `size` with `cap` hosts of a cluster, are as few as they can be.
fn fewest(most: usize) {
    for clusters in fleets(most) {
        let rest = &clusters[1..];
        for (size, cap) in (1..=rest.len()).flat_map(|size| (1..=2).map(move |cap| (size, cap))) {
            let of = |cluster: usize| rest.iter().filter(|other| **other == Some(cluster)).count();
            let bound =
                (0..rest.len()).map(|cluster| of(cluster).div_ceil(cap)).fold(rest.len().div_ceil(size), usize::max);
            planned(&clusters, &limited(hosts_of(cap), size), |result| {
                let batches = &result.unwrap().rollouts[0].batches;
                assert_eq!(batches.len(), 1 + bound, "{clusters:?}, size {size}, cap {cap}: {batches:?}");
            });
        }
    }
}

#[test]
fn under_a_limit_batches_are_as_few_as_they_can_be() {
    fewest(6);
}

#[test]
#[ignore = "long; run tests/run"]
fn under_a_limit_batches_of_more_hosts_are_as_few_as_they_can_be() {
    fewest(up_to(7, 8));
}

/// The fewest batches with at most so many clusters in each, by trying all.
fn optimum(hosts: &[Option<usize>], size: usize, domains: usize) -> usize {
    fn fits(batches: &mut [Vec<Option<usize>>], hosts: &[Option<usize>], size: usize, domains: usize) -> bool {
        let Some((host, others)) = hosts.split_first() else { return true };
        let mut was_empty = false;
        for at in 0..batches.len() {
            if std::mem::replace(&mut was_empty, batches[at].is_empty()) && batches[at].is_empty() {
                break;
            }
            let mut of: Vec<usize> = batches[at].iter().chain([host]).flatten().copied().collect();
            of.sort_unstable();
            of.dedup();
            if batches[at].len() < size && of.len() <= domains {
                batches[at].push(*host);
                if fits(batches, others, size, domains) {
                    return true;
                }
                batches[at].pop();
            }
        }
        false
    }
    (1..=hosts.len()).find(|count| fits(&mut vec![Vec::new(); *count], hosts, size, domains)).unwrap_or(0)
}

/// Where the number of clusters in a batch is limited, no more than one batch above the fewest; most take the fewest.
#[test]
fn under_a_limit_of_domains_at_most_one_batch_above_the_fewest() {
    let (mut cases, mut more) = (0, 0);
    for clusters in fleets(6) {
        let rest = &clusters[1..];
        for (size, domains) in (1..=rest.len()).flat_map(|size| (1..=2).map(move |domains| (size, domains))) {
            let limits = vec![limit("cluster", (None, Some(Amount::Hosts(domains))))];
            let best = optimum(rest, size, domains);
            planned(&clusters, &limited(limits, size), |result| {
                let batches = result.unwrap().rollouts[0].batches.len() - 1;
                assert!(
                    batches <= best + 1,
                    "{clusters:?}, size {size}, {domains} domains: {batches}, {best} would do"
                );
                (cases, more) = (cases + 1, more + usize::from(batches > best));
            });
        }
    }
    assert!(more * 20 < cases, "{more} of {cases}");
}

/// Never two of one etcd cluster: each batch takes one of each, in order.
#[test]
fn one_of_each_cluster_at_a_time() {
    let clusters = [Some(0), Some(0), Some(0), Some(1), Some(1), Some(1), None, None];
    planned(&clusters, &limited(hosts_of(1), 4), |result| {
        let plan = result.unwrap();
        let batches: Vec<_> = plan.rollouts[0].batches.iter().map(|batch| batch.hosts.join(" ")).collect();
        let names = names(8);
        let of = |hosts: &[usize]| hosts.iter().map(|host| names[*host].as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(batches, [of(&[0]), of(&[1, 3, 6, 7]), of(&[2, 4]), of(&[5])]);
    });
}

#[test]
fn the_canary_keeps_to_limits_and_a_note_says_which() {
    let keys = Keys { canary_size: Some(Amount::Hosts(4)), ..limited(hosts_of(1), 4) };
    planned(&[Some(0), Some(0), Some(1), Some(1)], &keys, |result| {
        let rollout = &result.unwrap().rollouts[0];
        assert_eq!(rollout.batches[0].hosts.len(), 2);
        let note = "the canary has 2 hosts instead of 4: limits.cluster allows no more";
        assert!(rollout.notes.iter().any(|known| known == note), "{:?}", rollout.notes);
    });
}

/// What cannot be met names both sides and a way out.
#[test]
fn limits_that_pins_cover_or_hashes_contradict_are_refused() {
    let refused = |clusters: &[Option<usize>], pins: &[usize], keys: Keys| {
        let names = names(clusters.len());
        let of = clusters.iter().map(|cluster| cluster.map(|cluster| if cluster == 0 { "east" } else { "west" }));
        let facts = Facts {
            labels: vec![Label::new("cluster", of)],
            pinned: pins.iter().copied().map(HostIndex::new).collect(),
            ..Facts::default()
        };
        let assigned = Assigned { facts, ..Assigned::new("1.0", borrowed(&names)) };
        let input = Assignments { versions: vec![assigned], unversioned: Vec::new() };
        let problem = plan(&input, &policy_of(&keys)).unwrap_err().problems.remove(0);
        (problem.message, problem.hint.unwrap_or_default())
    };
    let domains = |most| vec![limit("cluster", (None, Some(Amount::Hosts(most))))];
    let clusters = [Some(0), Some(0), Some(0), Some(1)];
    assert_eq!(
        refused(&clusters, &[0, 1], limited(hosts_of(1), 1)),
        (
            "version 1.0: `canary.hosts` pins 2 hosts of cluster=east, and `limits.cluster` allows 1 of its 3 hosts"
                .into(),
            "pin fewer hosts of it, or raise `limits.cluster`".into(),
        )
    );
    assert_eq!(
        refused(&clusters, &[0, 3], limited(domains(1), 1)),
        (
            "version 1.0: `canary.hosts` pins hosts of 2 domains of cluster, and `limits.cluster` allows 1 domain"
                .into(),
            "pin fewer hosts, or raise `limits.cluster`".into(),
        )
    );
    let cover = Keys { canary_cover: labels(&["cluster"]), ..limited(domains(1), 1) };
    assert_eq!(
        refused(&clusters, &[], cover),
        (
            "`canary.cover` of version 1.0 needs a canary of each of the 2 domains of cluster, and `limits.cluster` allows \
             1 domain in a batch"
                .into(),
            "raise `max_domains` of `limits.cluster`, or leave `cluster` out of `canary.cover`".into(),
        )
    );
    let bucket = Keys {
        assignment_mode: set(crate::policy::Mode::Bucket),
        canary_size: Some(Amount::parse("10%").unwrap()),
        ..limited(hosts_of(1), 1)
    };
    let (message, hint) = refused(&clusters, &[], bucket);
    assert_eq!(
        message,
        "`assignment.mode: bucket` and `limits: {cluster: 1}` exclude each other: each host's own hash decides, whatever \
         the other hosts are"
    );
    assert!(hint.contains("`assignment: rank`"), "{hint}");
}

#[test]
fn limits_go_with_order_and_last() {
    let clusters = [Some(0), Some(0), Some(1), Some(1), None];
    let keys = Keys { order: set(Order::ReverseInventory), ..limited(hosts_of(1), 3) };
    planned(&clusters, &keys, |result| {
        let plan = result.unwrap();
        let batches: Vec<_> = plan.rollouts[0].batches.iter().map(|batch| batch.hosts.clone()).collect();
        let names = names(5);
        assert_eq!(batches, [vec![&names[4]], vec![&names[3], &names[1]], vec![&names[2], &names[0]]]);
    });
}
