//! The listing as a YAML inventory: the tree that `ansible-inventory --list --export --yaml` writes.
//!
//! ```yaml
//! all:
//!   children:
//!     web:                          # a group stands whole where it is met first, depth first
//!       children:
//!         edge:
//!           hosts:
//!             edge1: {port: 80}     # and a host's variables too, children before hosts
//!       hosts:
//!         web1: {}
//!       vars: {team: shop}
//!     paris:
//!       children:
//!         edge: {}
//! ```
//!
//! Readers other than Ansible know only what stands below `all`, and a group only where it is whole.
//!
//! Two things are written that `ansible-inventory` leaves out, since Ansible would read back less without them: groups
//! without anything, and the hosts that `all` itself lists.

use std::collections::HashSet;

use super::placement::Placement;
use super::{Listing, PlanGroup};
use crate::inventory::{ALL, GroupId, HostId, UNGROUPED};
use crate::pattern::{address, range};
use crate::text::{Arena, Pos};
use crate::value::{Entry, KeyKind, Value};

/// How deep groups are written within each other. PyYAML gives up between 240 and 300, and indentation adds up. Deeper ones
/// stand beside `all`, which is the same to Ansible.
const MAX_DEPTH: usize = 50;

/// Writes what [`Listing::list`] says in the form that Ansible's YAML reader takes.
pub fn write<'a>(listing: &Listing<'_, 'a>, arena: &'a Arena) -> Vec<u8> {
    let placement = (!listing.groups_only).then(|| Placement::new(listing.inventory, listing.groups));
    let (whole, described) = (HashSet::new(), HashSet::new());
    let mut tree = Tree { listing, arena, placement, whole, described, tops: vec!["all"] };
    let mut tops = Vec::new();
    let mut next = 0;
    while let Some(name) = tree.tops.get(next).copied() {
        if tree.whole.insert(name) {
            tops.push((name, tree.group(name, 0)));
        }
        next += 1;
    }
    let mut out = Vec::new();
    tree.mapping(tops).write_yaml(&mut out);
    out
}

/// Hosts whose name as a key would be read as something else: as a range, or with a port.
///
/// A script may name a host so, for which Ansible takes the name as it is.
pub fn misread<'a>(listing: &Listing<'_, 'a>) -> Vec<&'a str> {
    let names = listing.inventory.host_ids().filter(|host| !listing.is_hidden(*host));
    let names = names.map(|host| listing.inventory.host_name(host));
    names.filter(|name| address::split_port(name).host != *name || range::is_range(name)).collect()
}

type Entries<'a> = Vec<(&'a str, Value<'a>)>;

struct Tree<'w, 'l, 'a> {
    listing: &'w Listing<'l, 'a>,
    arena: &'a Arena,
    /// Where the source's variables go; none where only the plan's groups are written.
    placement: Option<Placement<'w, 'a>>,
    /// Groups that stand whole somewhere.
    whole: HashSet<&'a str>,
    /// Hosts whose variables stand under a group already.
    described: HashSet<HostId>,
    /// The groups to write at the top: `all`, and those met too deep below it.
    tops: Vec<&'a str>,
}

impl<'a> Tree<'_, '_, 'a> {
    /// All of a group, with what it is the first to mention.
    fn group(&mut self, name: &'a str, depth: usize) -> Value<'a> {
        let source = self.placement.as_ref().and_then(|_| self.listing.inventory.find_group(name));
        let planned = self.listing.groups.find(name);
        let children = self.children(name, source, planned);
        let children = children.into_iter().map(|child| (child, self.child(child, depth + 1))).collect();
        let hosts = self.hosts(source, planned);
        let mut parts = [("children", children), ("hosts", hosts), ("vars", self.vars(source, planned))];
        if name == "all" {
            // Its own hosts tell no more than their order.
            parts.swap(0, 1);
        }
        let parts = parts.into_iter().filter(|(_, entries)| !entries.is_empty());
        let parts = parts.map(|(part, entries)| (part, self.mapping(entries))).collect();
        self.mapping(parts)
    }

    /// What stands under a group's name in its parent: the group, or nothing where it is whole elsewhere.
    fn child(&mut self, name: &'a str, depth: usize) -> Value<'a> {
        if depth > MAX_DEPTH {
            self.tops.push(name);
        } else if self.whole.insert(name) {
            return self.group(name, depth);
        }
        Value::Map(&[])
    }

    fn children(&self, name: &str, source: Option<GroupId>, planned: Option<&PlanGroup<'a>>) -> Vec<&'a str> {
        let inventory = self.listing.inventory;
        let listed = source.map_or(&[][..], |group| &inventory.group(group).children).iter();
        let shown = listed.filter(|child| source != Some(ALL) || **child != UNGROUPED || !self.is_ungrouped_empty());
        let mut children: Vec<&'a str> = shown.map(|child| inventory.group_name(*child)).collect();
        let added = planned.into_iter().flat_map(|group| &group.children).map(String::as_str);
        let roots = if name == "all" { self.listing.groups.roots() } else { Vec::new() };
        children.extend(added.chain(roots).map(|child| &*self.arena.alloc_str(child)));
        children
    }

    /// Whether `ungrouped`, which Ansible has by itself, has nothing to say.
    fn is_ungrouped_empty(&self) -> bool {
        let no_vars = |placement: &Placement<'_, 'a>| placement.of_group(UNGROUPED).next().is_none();
        let data = self.listing.inventory.group(UNGROUPED);
        data.children.is_empty()
            && data.hosts.iter().all(|host| self.listing.is_hidden(*host))
            && self.placement.as_ref().is_none_or(no_vars)
    }

    fn hosts(&mut self, source: Option<GroupId>, planned: Option<&PlanGroup<'a>>) -> Entries<'a> {
        let inventory = self.listing.inventory;
        let listed = source.map_or(&[][..], |group| &inventory.group(group).hosts).iter().copied();
        let shown: Vec<HostId> = listed.filter(|host| !self.listing.is_hidden(*host)).collect();
        let shown = shown.into_iter().map(|host| (inventory.host_name(host), self.host_vars(host)));
        let mut hosts: Entries<'a> = shown.collect();
        hosts.extend(planned.into_iter().flat_map(|group| &group.hosts).map(|host| (*host, Value::Map(&[]))));
        hosts
    }

    fn host_vars(&mut self, host: HostId) -> Value<'a> {
        let Some(placement) = self.placement.as_ref().filter(|_| self.described.insert(host)) else {
            return Value::Map(&[]);
        };
        let mut entries = Entries::new();
        placement.written_on(host).for_each(|var| entries.push((self.listing.inventory.var_name(var.name), var.value)));
        self.mapping(entries)
    }

    fn vars(&self, source: Option<GroupId>, planned: Option<&PlanGroup<'a>>) -> Entries<'a> {
        let placed = source.zip(self.placement.as_ref()).into_iter();
        let own = placed.flat_map(|(group, placement)| placement.of_group(group));
        let own = own.map(|var| (self.listing.inventory.var_name(var.name), var.value));
        own.chain(planned.into_iter().flat_map(|group| group.vars.iter().copied())).collect()
    }

    fn mapping(&self, entries: Entries<'a>) -> Value<'a> {
        let entry = |(key, value)| Entry { key, kind: KeyKind::Str, at: Pos::default(), value };
        Value::Map(self.arena.alloc_slice_copy(&entries.into_iter().map(entry).collect::<Vec<_>>()))
    }
}
