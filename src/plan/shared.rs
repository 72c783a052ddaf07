//! Hosts that stand in several versions.

use std::hash::BuildHasher;

use foldhash::HashSet;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::input::Assigned;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem};
use crate::fold;
use crate::policy::SharedHosts;
use crate::shown::Shown;

/// Characters of folded hosts that a message shows.
const WIDTH: usize = 120;
/// Versions that a message names.
const LISTED: usize = 5;

/// Reports the hosts that several versions plan, as the policy asks.
pub(super) fn check(versions: &[Assigned<'_>], policy: SharedHosts, found: &mut Diagnostics) {
    if policy == SharedHosts::Allow || versions.len() < 2 {
        return;
    }
    let (hosts, among) = find(versions);
    if hosts.is_empty() {
        return;
    }
    let mut named = among.iter().take(LISTED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if among.len() > LISTED {
        named.push_str(&format!(", … and {} more", among.len() - LISTED));
    }
    let stand = if hosts.len() == 1 { "stands" } else { "stand" };
    let problem =
        Problem::of(Code::SharedHost, format!("{} {stand} in several versions: {named}", fold::within(&hosts, WIDTH)));
    if policy == SharedHosts::Error {
        found.error(problem.hint("give each host one version, or set `shared_hosts: allow`"));
    } else {
        found.warn(problem.hint("`shared_hosts: allow` says that this is meant, `shared_hosts: error` refuses it"));
    }
}

/// The hosts that stand in several versions, and the versions they stand in, in order.
fn find<'a>(versions: &[Assigned<'a>]) -> (Vec<&'a str>, Vec<Shown<'a>>) {
    let mut first = FirstOf::new(versions.iter().map(|assigned| assigned.hosts.as_slice()).collect());
    let mut seen = HashSet::default();
    let mut hosts = Vec::new();
    let mut among = vec![false; versions.len()];
    for (index, assigned) in versions.iter().enumerate() {
        for (place, host) in assigned.hosts.iter().copied().enumerate() {
            let earlier = first.note(index, place);
            if earlier != index {
                among[earlier] = true;
                among[index] = true;
                if seen.insert(host) {
                    hosts.push(host);
                }
            }
        }
    }
    let among =
        versions.iter().zip(among).filter(|(_, shared)| *shared).map(|(assigned, _)| assigned.shown()).collect();
    (hosts, among)
}

/// Which of several lists is the first that has a name. For millions of names it is a few bytes a name: the table has numbers only.
pub(super) struct FirstOf<'l, 'a> {
    lists: Vec<&'l [&'a str]>,
    /// For each list the number of its first name, where the names of all lists are counted in one.
    starts: Vec<usize>,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl<'l, 'a> FirstOf<'l, 'a> {
    /// Over these lists, none of whose names was noted yet.
    pub(super) fn new(lists: Vec<&'l [&'a str]>) -> Self {
        let mut starts = Vec::with_capacity(lists.len());
        let mut count = 0;
        for list in &lists {
            starts.push(count);
            count += list.len();
        }
        FirstOf { lists, starts, table: HashTable::with_capacity(count), hasher: RandomState::default() }
    }

    /// Notes the name at a place of a list, and returns the list in which it was noted first.
    pub(super) fn note(&mut self, list: usize, place: usize) -> usize {
        let FirstOf { lists, starts, table, hasher } = self;
        let name = lists[list][place];
        let list_of = |number: u32| starts.partition_point(|start| *start <= number as usize) - 1;
        let name_of = |number: &u32| {
            let list = list_of(*number);
            lists[list][*number as usize - starts[list]]
        };
        let (hash, number) = (hasher.hash_one(name), (starts[list] + place) as u32);
        let entry = table.entry(hash, |other| name_of(other) == name, |other| hasher.hash_one(name_of(other)));
        list_of(*entry.or_insert(number).get())
    }

    /// How many names were noted, each counted once.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_first_where_it_was_noted_first() {
        let lists: [&[&str]; 5] = [&[], &["a", "b"], &[], &["b", "c", "a"], &["c", "d"]];
        let mut first = FirstOf::new(lists.to_vec());
        let of = |first: &mut FirstOf<'_, '_>, list: usize| -> Vec<usize> {
            (0..lists[list].len()).map(|place| first.note(list, place)).collect()
        };
        assert_eq!([1, 3, 4].map(|list| of(&mut first, list)), [vec![1, 1], vec![1, 3, 1], vec![3, 4]]);
        assert_eq!(first.len(), 4);
    }
}
