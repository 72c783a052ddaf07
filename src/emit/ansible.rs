//! The inventory as Ansible's inventory protocol wants it: `--list` and `--host`.
//!
//! The source's groups and variables are kept, and the plan's groups stand beside them: `regal` over all versions, each
//! version over its batches. Variables stay on the groups that have them, so that a playbook's own group_vars keep their
//! precedence; see [`placement`]. The form is what ansible-core 2.16 to 2.23 take without a warning: every group a
//! mapping with at least `hosts`, and `_meta` with `hostvars` and the profile `inventory_legacy`.

pub mod groups;
pub mod lossy;
pub mod placement;
mod pretty;
mod yaml;

use std::io::{self, Write};

pub use groups::{FrozenFile, PlanGroup, PlanGroups};
use placement::Placement;
pub use pretty::pretty;

use crate::inventory::effective::Effective;
use crate::inventory::{ALL, HostId, Inventory};
use crate::text::{Arena, Pos};
use crate::value::{Entry, KeyKind, Value, write_json_string};

/// What is written: an inventory with the groups of a plan.
pub struct Listing<'l, 'a> {
    /// The source.
    pub inventory: &'l Inventory<'a>,
    /// The plan's groups.
    pub groups: &'l PlanGroups<'a>,
    /// Leave the source's groups and variables out, for use beside the source.
    pub groups_only: bool,
    /// Hosts to leave out, by [`HostId::index`]; empty for none.
    pub hidden: &'l [bool],
}

impl<'a> Listing<'_, 'a> {
    /// The output of `--list` as one JSON document, without a line feed.
    pub fn list(&self) -> Vec<u8> {
        let mut whole = Vec::new();
        // A vector takes all that is written to it.
        let _ = self.write(&mut whole);
        whole
    }

    /// Writes what [`Listing::list`] gives, in parts, so that a large inventory is not in memory as text.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write(&self, sink: &mut dyn Write) -> io::Result<()> {
        let mut parts = Parts { out: Vec::with_capacity(2 * PART), sink };
        parts.out.push(b'{');
        let placement = (!self.groups_only).then(|| Placement::new(self.inventory, self.groups));
        if let Some(placement) = &placement {
            self.write_source(&mut parts, placement)?;
        }
        for group in self.groups.iter() {
            if self.groups_only || group.source.is_none() {
                write_plan_group(parts.next()?, group);
            }
        }
        parts.out.extend_from_slice(b"\"_meta\":{\"hostvars\":");
        match &placement {
            Some(placement) => self.write_host_vars(&mut parts, placement)?,
            None => parts.out.extend_from_slice(b"{}"),
        }
        parts.out.extend_from_slice(b",\"profile\":\"inventory_legacy\"}}");
        parts.sink.write_all(&parts.out)
    }

    /// Hosts of a group's name whose variables no listing can carry: Ansible would give them to the group.
    pub fn misplaced(&self) -> Vec<&'a str> {
        if self.inventory.hosts_named_as_groups().is_empty() {
            return Vec::new();
        }
        let placement = Placement::new(self.inventory, self.groups);
        placement.misplaced().iter().map(|host| self.inventory.host_name(*host)).collect()
    }

    /// The output of `--host`: all that the host ends up with; `{}` for a host that is not there.
    pub fn host(&self, name: &str) -> Vec<u8> {
        let mut out = Vec::new();
        write_mapping(&mut out, self.host_vars(name).into_iter());
        out
    }

    /// The output of `--host` as YAML.
    pub fn host_yaml(&self, arena: &'a Arena, name: &str) -> Vec<u8> {
        let entry = |(key, value): (&str, Value<'a>)| Entry {
            key: arena.alloc_str(key),
            kind: KeyKind::Str,
            at: Pos::default(),
            value,
        };
        let entries: Vec<Entry<'a>> = self.host_vars(name).into_iter().map(entry).collect();
        let mut out = Vec::new();
        Value::Map(arena.alloc_slice_copy(&entries)).write_yaml(&mut out);
        out
    }

    fn host_vars(&self, name: &str) -> Vec<(&str, Value<'a>)> {
        let mut entries: indexmap::IndexMap<&str, Value<'a>> = indexmap::IndexMap::new();
        let host = self.inventory.find_host(name).filter(|host| !self.is_hidden(*host));
        if let Some(host) = host
            && !self.groups_only
        {
            let vars = Effective::new(self.inventory).vars(host);
            entries.extend(vars.iter().map(|var| (self.inventory.var_name(var.name), var.value)));
        }
        for group in host.map(|_| self.groups.of_host(name)).unwrap_or_default() {
            entries.extend(group.vars.iter().copied());
        }
        entries.into_iter().collect()
    }

    /// Whether `--limit` leaves a host out.
    pub(crate) fn is_hidden(&self, host: HostId) -> bool {
        self.hidden.get(host.index()).copied().unwrap_or(false)
    }

    fn write_source(&self, parts: &mut Parts<'_>, placement: &Placement<'_, 'a>) -> io::Result<()> {
        for group in self.inventory.group_ids() {
            let plan_group = self.groups.over(self.inventory.group_name(group));
            let children = self.inventory.group(group).children.iter().map(|child| self.inventory.group_name(*child));
            let planned = plan_group.map_or(&[][..], |group| &group.children);
            let roots = if group == ALL { self.groups.roots() } else { Vec::new() };
            let children: Vec<&str> =
                children.chain(planned.iter().map(String::as_str)).chain(roots.iter().copied()).collect();
            let vars = placement.of_group(group).map(|var| (self.inventory.var_name(var.name), var.value));
            let planned_vars = plan_group.map_or(&[][..], |group| &group.vars);
            let vars: Vec<(&str, Value<'a>)> = vars.chain(planned_vars.iter().copied()).collect();
            let hosts = self.inventory.group(group).hosts.iter().filter(|host| !self.is_hidden(**host));
            let hosts = hosts.map(|host| self.inventory.host_name(*host));
            write_group(parts.next()?, self.inventory.group_name(group), hosts, &children, &vars);
        }
        Ok(())
    }

    fn write_host_vars(&self, parts: &mut Parts<'_>, placement: &Placement<'_, 'a>) -> io::Result<()> {
        let keys: Vec<Vec<u8>> = self.inventory.var_names().map(json_key).collect();
        parts.out.push(b'{');
        let (mut first, mut near) = (true, None);
        for host in self.inventory.host_ids().filter(|host| !self.is_hidden(*host)) {
            let vars = placement.written_on(host);
            if vars.is_empty() {
                continue;
            }
            let out = parts.next()?;
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            write_json_string(self.inventory.host_name(host), out);
            out.extend_from_slice(b":{");
            vars.write_json(&keys, &mut near, out);
            out.push(b'}');
        }
        parts.out.push(b'}');
        Ok(())
    }

    /// Hosts that [`Listing::yaml`] cannot name: Ansible would read a range or a port in their names.
    pub fn misread_in_yaml(&self) -> Vec<&'a str> {
        yaml::misread(self)
    }

    /// The listing as a YAML inventory that Ansible reads as a file, `--list --yaml`.
    pub fn yaml(&self, arena: &'a Arena) -> Vec<u8> {
        yaml::write(self, arena)
    }
}

/// From this many bytes on a part is written: what a pipe takes at once.
const PART: usize = 1 << 16;

/// Output on its way into a sink.
struct Parts<'w> {
    out: Vec<u8>,
    sink: &'w mut dyn Write,
}

impl Parts<'_> {
    /// The buffer for a group or host, after a full part that is written.
    fn next(&mut self) -> io::Result<&mut Vec<u8>> {
        if self.out.len() >= PART {
            self.sink.write_all(&self.out)?;
            self.out.clear();
        }
        Ok(&mut self.out)
    }
}

/// A key of a JSON mapping, with the comma before it and its colon.
fn json_key(name: &str) -> Vec<u8> {
    let mut key = vec![b','];
    write_json_string(name, &mut key);
    key.push(b':');
    key
}

fn write_plan_group(out: &mut Vec<u8>, group: &PlanGroup<'_>) {
    let children: Vec<&str> = group.children.iter().map(String::as_str).collect();
    write_group(out, &group.name, group.hosts.iter().copied(), &children, &group.vars);
}

fn write_group<'s>(
    out: &mut Vec<u8>,
    name: &str,
    hosts: impl Iterator<Item = &'s str>,
    children: &[&str],
    vars: &[(&str, Value<'_>)],
) {
    write_json_string(name, out);
    out.extend_from_slice(b":{\"hosts\":");
    write_list(out, hosts);
    if !children.is_empty() {
        out.extend_from_slice(b",\"children\":");
        write_list(out, children.iter().copied());
    }
    if !vars.is_empty() {
        out.extend_from_slice(b",\"vars\":");
        write_mapping(out, vars.iter().copied());
    }
    out.extend_from_slice(b"},");
}

fn write_list<'s>(out: &mut Vec<u8>, items: impl Iterator<Item = &'s str>) {
    out.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_json_string(item, out);
    }
    out.push(b']');
}

fn write_mapping<'s>(out: &mut Vec<u8>, entries: impl Iterator<Item = (&'s str, Value<'s>)>) {
    out.push(b'{');
    for (index, (name, value)) in entries.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_json_string(name, out);
        out.push(b':');
        value.write_json(out);
    }
    out.push(b'}');
}
