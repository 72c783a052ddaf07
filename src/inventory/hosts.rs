//! The hosts and their names.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::host_vars::Span;
use super::membership::SetId;
use super::{Host, HostId};
use crate::text::Pos;

/// For how many hosts the first table has room, divided by eight.
const FEW: usize = 128;
/// Below this many hosts the table gets eight times the room and not twice: it is small, and making it anew looks at each name.
const MANY: usize = 10_000;

/// Hosts in the order of first appearance. The table has a host's number only: its name is looked at where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts<'a> {
    names: Vec<&'a str>,
    list: Vec<Host>,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl<'a> Hosts<'a> {
    /// Makes room for `count` more.
    pub(super) fn expect(&mut self, count: usize) {
        self.names.reserve(count);
        self.list.reserve(count);
        if self.table.capacity() - self.table.len() < count {
            self.make_table(self.names.len() + count);
        }
    }

    /// The host of this name, and whether it is new.
    #[inline]
    pub(super) fn add(&mut self, name: &'a str, at: Pos) -> (HostId, bool) {
        if self.table.len() == self.table.capacity() {
            self.make_table(self.names.len().max(FEW) * if self.names.len() < MANY { 8 } else { 2 });
        }
        let hash = self.hasher.hash_one(name);
        let Hosts { names, list, table, hasher } = self;
        match table.entry(hash, |known| names[*known as usize] == name, |known| hasher.hash_one(names[*known as usize]))
        {
            hashbrown::hash_table::Entry::Occupied(known) => (HostId(*known.get()), false),
            hashbrown::hash_table::Entry::Vacant(place) => {
                let id = names.len() as u32;
                place.insert(id);
                names.push(name);
                list.push(Host { vars: Span::default(), groups: SetId::default(), at });
                (HostId(id), true)
            }
        }
    }

    /// Makes the table anew with more room, host by host: the names then follow each other in memory too.
    fn make_table(&mut self, capacity: usize) {
        self.table = HashTable::new();
        let mut table = HashTable::with_capacity(capacity);
        for (id, name) in self.names.iter().enumerate() {
            table.insert_unique(self.hasher.hash_one(name), id as u32, |known| {
                self.hasher.hash_one(self.names[*known as usize])
            });
        }
        self.table = table;
    }

    /// The host of this name.
    pub(super) fn find(&self, name: &str) -> Option<HostId> {
        let hash = self.hasher.hash_one(name);
        self.table.find(hash, |known| self.names[*known as usize] == name).map(|id| HostId(*id))
    }

    /// A host's name.
    #[inline]
    pub(super) fn name(&self, id: HostId) -> &'a str {
        self.names[id.index()]
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

impl std::ops::Index<HostId> for Hosts<'_> {
    type Output = Host;

    fn index(&self, id: HostId) -> &Host {
        &self.list[id.index()]
    }
}

impl std::ops::IndexMut<HostId> for Hosts<'_> {
    fn index_mut(&mut self, id: HostId) -> &mut Host {
        &mut self.list[id.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_while_the_table_grows() {
        let names: Vec<String> = (0..2_000).map(|host| format!("web{host}")).collect();
        for expected in [0, 7, 5_000] {
            let mut hosts = Hosts::default();
            hosts.expect(expected);
            for (place, name) in names.iter().enumerate() {
                assert_eq!(hosts.find(name), None);
                assert_eq!(hosts.add(name, Pos::default()), (HostId(place as u32), true));
                assert_eq!(hosts.add(&names[place / 2], Pos::default()), (HostId(place as u32 / 2), false));
            }
            assert_eq!(hosts.len(), names.len());
            assert!(names.iter().enumerate().all(|(place, name)| hosts.find(name) == Some(HostId(place as u32))));
        }
    }
}
