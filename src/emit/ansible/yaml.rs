//! The listing as a YAML inventory.
//!
//! ```yaml
//! web:
//!   hosts:
//!     web1: {http_port: 80}     # variables under the first group that lists the host
//!   children: {canary: }
//!   vars: {team: shop}
//! ```

use std::collections::HashSet;

use super::Listing;
use super::placement::Placement;
use crate::inventory::{ALL, HostId};
use crate::text::{Arena, Pos};
use crate::value::{Entry, KeyKind, Value};

/// Writes what [`Listing::list`] says in the form that Ansible's YAML reader takes.
pub fn write<'a>(listing: &Listing<'_, 'a>, arena: &'a Arena) -> Vec<u8> {
    let mut writer = Writer { listing, arena, described: HashSet::new() };
    let mut groups: Vec<(&'a str, Value<'a>)> = Vec::new();
    if !listing.groups_only {
        let placement = Placement::new(listing.inventory, listing.groups);
        groups.extend(listing.inventory.group_ids().map(|group| writer.source_group(group, &placement)));
    }
    for group in listing.groups.iter().filter(|group| listing.groups_only || group.source.is_none()) {
        let hosts = group.hosts.iter().map(|host| (*host, Value::Null)).collect();
        let children = group.children.iter().map(|child| (&*arena.alloc_str(child), Value::Null)).collect();
        let body = writer.group(hosts, children, group.vars.clone());
        groups.push((arena.alloc_str(&group.name), body));
    }
    let mut out = Vec::new();
    writer.mapping(groups).write_yaml(&mut out);
    out
}

struct Writer<'w, 'l, 'a> {
    listing: &'w Listing<'l, 'a>,
    arena: &'a Arena,
    /// Hosts whose variables stand under a group already.
    described: HashSet<HostId>,
}

impl<'a> Writer<'_, '_, 'a> {
    fn source_group(&mut self, id: crate::inventory::GroupId, placement: &Placement<'_, 'a>) -> (&'a str, Value<'a>) {
        let inventory = self.listing.inventory;
        let data = inventory.group(id);
        let shown: Vec<HostId> = data.hosts.iter().copied().filter(|host| !self.listing.is_hidden(*host)).collect();
        let hosts =
            shown.into_iter().map(|host| (inventory.host_name(host), self.host_vars(host, placement))).collect();
        let over = self.listing.groups.over(inventory.group_name(id));
        let mut children: Vec<&'a str> = data.children.iter().map(|child| inventory.group_name(*child)).collect();
        children.extend(over.iter().flat_map(|group| &group.children).map(|child| &*self.arena.alloc_str(child)));
        if id == ALL {
            children.extend(self.listing.groups.roots().iter().map(|root| &*self.arena.alloc_str(root)));
        }
        let children = children.into_iter().map(|child| (child, Value::Null)).collect();
        let vars = placement.of_group(id).map(|var| (inventory.var_name(var.name), var.value));
        let planned = over.map_or(&[][..], |group| &group.vars).iter().copied();
        let body = self.group(hosts, children, vars.chain(planned).collect());
        (inventory.group_name(id), body)
    }

    fn host_vars(&mut self, host: HostId, placement: &Placement<'_, 'a>) -> Value<'a> {
        if !self.described.insert(host) {
            return Value::Null;
        }
        let inventory = self.listing.inventory;
        let vars = placement.written_on(host);
        let vars: Vec<(&'a str, Value<'a>)> =
            vars.iter().map(|var| (inventory.var_name(var.name), var.value)).collect();
        if vars.is_empty() { Value::Null } else { self.mapping(vars) }
    }

    fn group(
        &self,
        hosts: Vec<(&'a str, Value<'a>)>,
        children: Vec<(&'a str, Value<'a>)>,
        vars: Vec<(&'a str, Value<'a>)>,
    ) -> Value<'a> {
        let parts = [("hosts", hosts), ("children", children), ("vars", vars)];
        let parts = parts.into_iter().filter(|(_, entries)| !entries.is_empty());
        let parts: Vec<_> = parts.map(|(name, entries)| (name, self.mapping(entries))).collect();
        if parts.is_empty() { Value::Null } else { self.mapping(parts) }
    }

    fn mapping(&self, entries: Vec<(&'a str, Value<'a>)>) -> Value<'a> {
        let entry = |(key, value)| Entry { key, kind: KeyKind::Str, at: Pos::default(), value };
        Value::Map(self.arena.alloc_slice_copy(&entries.into_iter().map(entry).collect::<Vec<_>>()))
    }
}
