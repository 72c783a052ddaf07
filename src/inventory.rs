//! The inventory: hosts, groups, and variables, as Ansible models them.
//!
//! Sources call `add_group`, `add_host`, `add_child` and `set_*`; one [`Inventory::reconcile`] then enforces what holds for
//! every inventory (each group descends from `all`, a host without a group is in `ungrouped`). The rules are those of
//! ansible-core 2.19, `inventory/data.py` and `inventory/group.py`.
//!
//! Storage is compact: a host's groups are one number (see [`membership`]), its variables a part of one list of 16-byte records,
//! and names and values borrow from the arena that the sources were read into.

pub mod effective;
mod host_vars;
mod hosts;
pub mod membership;
mod names;
mod packed;
mod reconcile;
pub mod rules;
pub mod vars;

use std::collections::HashSet;

use foldhash::fast::RandomState;

use crate::error::{Code, Problem};
use crate::text::{Pos, Text, python_int};
use crate::value::Value;
pub use host_vars::HostVars;
use host_vars::{HostVarsList, Span};
use hosts::Hosts;
use membership::{GroupSets, SetId};
use names::Names;
use rules::Rules;
pub use vars::{Var, VarId, Vars};

/// Names in the order of first appearance, with what they name. The hash is seeded, but cheaper than the standard one,
/// which took a sixth of the whole time.
type Named<'a, T> = indexmap::IndexMap<&'a str, T, RandomState>;
/// Things in the order of first appearance.
type IndexSet<T> = indexmap::IndexSet<T, RandomState>;

/// A host, by its place in the order of first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(u32);

/// A group, by its place in the order of first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(u32);

impl HostId {
    /// The place in the order of first appearance, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl GroupId {
    /// The place in the order of first appearance, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The group that every other group descends from.
pub const ALL: GroupId = GroupId(0);
/// The group of the hosts that no other group lists.
pub const UNGROUPED: GroupId = GroupId(1);

/// A host's own data.
#[derive(Clone, Debug)]
pub struct Host {
    /// Where the variables of its inventory lines are.
    vars: Span,
    /// The groups that list it directly.
    pub groups: SetId,
    /// Where it appeared first.
    pub at: Pos,
}

/// A group's own data.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The hosts that it lists directly, in the order listed.
    pub hosts: Vec<HostId>,
    /// Its child groups, in the order listed.
    pub children: Vec<GroupId>,
    /// The groups that it is a child of.
    pub parents: Vec<GroupId>,
    /// The variables of its inventory sections.
    pub vars: Vars<'a>,
    /// The variables of its `group_vars` files, by the number of the source they stand beside.
    pub files: Vec<(u32, Vars<'a>)>,
    /// `ansible_group_priority`, 1 if unset: decides among groups of one depth.
    pub priority: i64,
    /// The longest way down from `all`, known after [`Inventory::reconcile`].
    pub depth: u32,
    /// Where it appeared first.
    pub at: Pos,
}

/// What a variable is set on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A host.
    Host(HostId),
    /// A group.
    Group(GroupId),
}

/// Hosts, groups and variables of all sources together.
#[derive(Clone, Debug)]
pub struct Inventory<'a> {
    hosts: Hosts<'a>,
    host_vars: HostVarsList<'a>,
    /// Where the variables of `host_vars` files are, as far as hosts have any; later sources already over earlier ones.
    host_files: Vec<Span>,
    groups: Named<'a, Group<'a>>,
    /// Of the lengths of the groups' names, which there are: a bit for each, modulo 64.
    group_lengths: u64,
    names: Names<'a>,
    sets: GroupSets,
    rules: Rules<'a>,
    kept: Option<Kept>,
}

/// Variables that are kept, where nobody asks for others.
#[derive(Clone, Debug)]
struct Kept {
    names: HashSet<String>,
    /// For each variable by its number, as far as they were met, whether it is one of them.
    ids: Vec<bool>,
}

impl<'a> Inventory<'a> {
    /// An inventory with the groups `all` and `ungrouped`, and no hosts.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let mut groups = Named::default();
        groups.insert("all", Group::new(Pos::default()));
        groups.insert("ungrouped", Group::new(Pos::default()));
        let mut inventory = Inventory {
            hosts: Hosts::default(),
            host_vars: HostVarsList::default(),
            host_files: Vec::new(),
            group_lengths: groups.keys().fold(0, |bits, name| bits | length_bit(name)),
            groups,
            names: Names::default(),
            sets: GroupSets::default(),
            rules: Rules::default(),
            kept: None,
        };
        inventory.link(ALL, UNGROUPED);
        inventory
    }

    /// The group of this name, added if it is new.
    ///
    /// # Errors
    /// An empty name.
    pub fn add_group(&mut self, name: &'a str, at: Pos) -> Result<GroupId, Problem> {
        if name.is_empty() {
            return Err(Problem::of(Code::InvalidName, "a group has an empty name").hint("name the group"));
        }
        self.group_lengths |= length_bit(name);
        let entry = self.groups.entry(name);
        let id = GroupId(entry.index() as u32);
        entry.or_insert_with(|| Group::new(at));
        Ok(id)
    }

    /// Takes up a text that is about to be read: values that are parts of it take less room.
    pub fn add_text(&mut self, text: Text<'a>) {
        self.host_vars.add_text(text);
    }

    /// Makes room for `count` more hosts.
    pub fn expect_hosts(&mut self, count: usize) {
        self.hosts.expect(count);
    }

    /// The host of this name, added if it is new, and listed in `group`.
    ///
    /// Only the line that adds a host sets its port; Ansible ignores the port of a later one.
    ///
    /// # Errors
    /// An empty name.
    pub fn add_host(
        &mut self,
        name: &'a str,
        group: Option<GroupId>,
        port: Option<&'a str>,
        at: Pos,
    ) -> Result<HostId, Problem> {
        if name.is_empty() {
            return Err(
                Problem::of(Code::InvalidName, "a host has an empty name").hint("name the host, or remove the line")
            );
        }
        let (id, is_new) = self.hosts.add(name, at);
        if is_new && let Some(port) = port {
            let var = Var { name: self.var_id("ansible_port"), at, value: Value::Int(port) };
            self.host_vars.join(&mut self.hosts[id].vars, &var, &self.rules)?;
        }
        if let Some(group) = group {
            self.list_host(group, id);
        }
        Ok(id)
    }

    fn list_host(&mut self, group: GroupId, host: HostId) {
        let before = self.host(host).groups;
        let hosts = &self.group(group).hosts;
        // The shorter of the two lists: a host may be in very many groups.
        let listed = if hosts.len() < self.sets.size(before) as usize {
            hosts.contains(&host)
        } else {
            self.sets.contains(before, group)
        };
        if !listed {
            self.hosts[host].groups = self.sets.with(before, group);
            self.group_mut(group).hosts.push(host);
        }
    }

    /// Makes `child` a child group of `parent`; again is fine.
    ///
    /// # Errors
    /// A group in itself, or a loop.
    pub fn add_child(&mut self, parent: GroupId, child: GroupId) -> Result<(), Problem> {
        if parent == child {
            let name = self.group_name(parent);
            return Err(Problem::of(Code::GroupLoop, format!("group `{name}` is listed as its own child"))
                .hint("remove it from its own children"));
        }
        if self.is_child(parent, child) {
            return Ok(());
        }
        // Only a group with children of its own can be above another.
        if !self.group(child).children.is_empty() && self.ancestors(&[parent]).contains(&child) {
            let (parent, child) = (self.group_name(parent), self.group_name(child));
            return Err(Problem::of(
                Code::GroupLoop,
                format!(
                    "group `{child}` as a child of `{parent}` makes a loop: `{parent}` already descends from `{child}`"
                ),
            )
            .hint("remove one of the two relations"));
        }
        self.link(parent, child);
        Ok(())
    }

    /// Whether one lists the other, by the shorter of the two lists.
    fn is_child(&self, parent: GroupId, child: GroupId) -> bool {
        let (children, parents) = (&self.group(parent).children, &self.group(child).parents);
        if parents.len() < children.len() { parents.contains(&parent) } else { children.contains(&child) }
    }

    fn link(&mut self, parent: GroupId, child: GroupId) {
        self.group_mut(parent).children.push(child);
        self.group_mut(child).parents.push(parent);
    }

    /// What Ansible sets a host's variables on: the group of that name where there is one, a quirk of its
    /// `InventoryData.set_variable`.
    pub fn target_of_host(&self, host: HostId) -> Target {
        let name = self.host_name(host);
        // Most hosts' names are longer than those of all groups.
        if self.group_lengths & length_bit(name) == 0 {
            return Target::Host(host);
        }
        match self.groups.get_index_of(name) {
            Some(group) => Target::Group(GroupId(group as u32)),
            None => Target::Host(host),
        }
    }

    /// Sets an inventory variable; a later value takes the place of an earlier one.
    ///
    /// # Errors
    /// An `ansible_group_priority` of a group that is not an integer; more variables of hosts than can be counted.
    pub fn set_var(&mut self, target: Target, name: &'a str, value: Value<'a>, at: Pos) -> Result<(), Problem> {
        if let (Target::Group(group), "ansible_group_priority") = (target, name) {
            self.group_mut(group).priority = priority_of(value)?;
            return Ok(());
        }
        let var = Var { name: self.var_id(name), at, value };
        if self.keeps(var.name) {
            match target {
                Target::Group(group) => self.groups[group.index()].vars.join(&var, &self.rules),
                Target::Host(host) => self.host_vars.join(&mut self.hosts[host].vars, &var, &self.rules)?,
            }
        }
        Ok(())
    }

    /// Sets inventory variables of a host that gets them at once, as [`Inventory::set_var`] would one after another.
    ///
    /// # Errors
    /// More variables of hosts than can be counted.
    pub fn set_host_vars(
        &mut self,
        host: HostId,
        variables: impl Iterator<Item = (&'a str, Value<'a>, Pos)>,
    ) -> Result<(), Problem> {
        let Inventory { hosts, host_vars, names, rules, kept, .. } = self;
        let vars = &mut hosts[host].vars;
        // Hosts have mostly the same names in the same order, so that a higher number than all before is a new name.
        let mut highest = if vars.is_empty() { None } else { Some(VarId(u32::MAX)) };
        for (name, value, at) in variables {
            let var = Var { name: names.id(name), at, value };
            if kept.as_mut().is_some_and(|kept| !kept.has(var.name, names)) {
                continue;
            }
            if Some(var.name) > highest {
                highest = Some(var.name);
                host_vars.push(vars, &var)?;
            } else {
                host_vars.join(vars, &var, rules)?;
            }
        }
        Ok(())
    }

    /// Drops the values of all variables but these from now on. The names of the others stay known.
    pub fn keep_only(&mut self, names: HashSet<String>) {
        self.kept = Some(Kept { names, ids: Vec::new() });
    }

    /// Whether the values of a variable were dropped by [`Inventory::keep_only`]: that nobody has one says nothing then.
    pub fn has_dropped(&self, name: &str) -> bool {
        self.kept.as_ref().is_some_and(|kept| !kept.names.contains(name))
    }

    fn keeps(&mut self, id: VarId) -> bool {
        self.kept.as_mut().is_none_or(|kept| kept.has(id, &self.names))
    }

    /// Sets a variable of a vars file beside source number `source`; sources come in their order.
    ///
    /// # Errors
    /// More variables of hosts than can be counted.
    pub fn set_file_var(
        &mut self,
        target: Target,
        source: u32,
        name: &'a str,
        value: Value<'a>,
        at: Pos,
    ) -> Result<(), Problem> {
        let var = Var { name: self.var_id(name), at, value };
        if !self.keeps(var.name) {
            return Ok(());
        }
        match target {
            Target::Host(host) => {
                if self.host_files.len() <= host.index() {
                    self.host_files.resize(self.hosts.len(), Span::default());
                }
                self.host_vars.join(&mut self.host_files[host.index()], &var, &self.rules)?;
            }
            Target::Group(group) => {
                let files = &mut self.groups[group.index()].files;
                if files.last().is_none_or(|(last, _)| *last != source) {
                    files.push((source, Vars::default()));
                }
                let last = files.len() - 1;
                files[last].1.join(&var, &self.rules);
            }
        }
        Ok(())
    }

    /// Makes the variables of vars files a part of those of the inventory; `also_later` keeps them over these too.
    ///
    /// # Errors
    /// More variables of hosts than can be counted.
    pub fn settle_files(&mut self, also_later: bool) -> Result<(), Problem> {
        let rules = &self.rules;
        for group in self.groups.values_mut() {
            let files = if also_later { group.files.clone() } else { std::mem::take(&mut group.files) };
            files.iter().for_each(|(_, vars)| group.vars.join_all(vars, rules));
        }
        for (index, files) in self.host_files.iter().enumerate() {
            self.host_vars.join_all(&mut self.hosts[HostId(index as u32)].vars, *files, rules)?;
        }
        if !also_later {
            self.host_files.clear();
        }
        Ok(())
    }

    /// How values stand against each other.
    pub fn rules(&self) -> &Rules<'a> {
        &self.rules
    }

    /// The same, to be changed before anything is read.
    pub fn rules_mut(&mut self) -> &mut Rules<'a> {
        &mut self.rules
    }

    /// The given groups and all groups above them, in no particular order.
    pub fn ancestors(&self, groups: &[GroupId]) -> HashSet<GroupId> {
        self.reach(groups, |group| &group.parents).into_iter().collect()
    }

    /// The group and all groups below it, breadth first, children in the order listed.
    pub fn descendants(&self, group: GroupId) -> Vec<GroupId> {
        self.reach(&[group], |group| &group.children)
    }

    fn reach<'g>(&'g self, from: &[GroupId], next: impl Fn(&'g Group<'a>) -> &'g [GroupId]) -> Vec<GroupId> {
        let mut seen: IndexSet<GroupId> = from.iter().copied().collect();
        let mut done = 0;
        while let Some(group) = seen.get_index(done) {
            seen.extend(next(self.group(*group)).iter().copied());
            done += 1;
        }
        seen.into_iter().collect()
    }

    /// The hosts that have the name of a group, in order of first appearance.
    pub fn hosts_named_as_groups(&self) -> Vec<HostId> {
        let mut named: Vec<HostId> = self.groups.keys().filter_map(|name| self.find_host(name)).collect();
        named.sort_unstable();
        named
    }

    /// The hosts of a group and of its descendants, each once: its own as listed, then the others in order of first
    /// appearance. For `all` everything is in order of first appearance.
    pub fn hosts_in(&self, group: GroupId) -> Vec<HostId> {
        if group == ALL {
            return self.host_ids().collect();
        }
        let own = &self.group(group).hosts;
        if self.group(group).children.is_empty() {
            return own.clone();
        }
        let mut seen = vec![false; self.hosts.len()];
        own.iter().for_each(|host| seen[host.index()] = true);
        let mut below: Vec<HostId> = Vec::new();
        for descendant in self.descendants(group) {
            for host in &self.group(descendant).hosts {
                if !std::mem::replace(&mut seen[host.index()], true) {
                    below.push(*host);
                }
            }
        }
        below.sort_unstable();
        own.iter().copied().chain(below).collect()
    }

    /// The hosts of a group and of its descendants, each once, group by group: the order that Ansible's subscripts count
    /// in, as far as Ansible has one.
    pub fn hosts_walked(&self, group: GroupId) -> IndexSet<HostId> {
        self.descendants(group).into_iter().flat_map(|below| &self.group(below).hosts).copied().collect()
    }

    /// The number that stands for a variable's name.
    pub fn var_id(&mut self, name: &'a str) -> VarId {
        self.names.id(name)
    }

    /// The number of a variable's name, if any host or group has such a variable.
    pub fn find_var(&self, name: &str) -> Option<VarId> {
        self.names.find(name)
    }

    /// The name of a variable.
    pub fn var_name(&self, id: VarId) -> &'a str {
        self.names.name(id)
    }

    /// The names of all variables, in order of first appearance.
    pub fn var_names(&self) -> impl Iterator<Item = &'a str> {
        self.names.iter()
    }

    /// All variables as they were set, those of groups first.
    pub fn all_vars(&self) -> impl Iterator<Item = Var<'a>> {
        let groups = self.group_ids().map(|id| self.group(id));
        let groups =
            groups.flat_map(|group| group.vars.iter().chain(group.files.iter().flat_map(|(_, vars)| vars.iter())));
        let hosts = self.host_ids().flat_map(|host| self.host_vars(host).iter().chain(self.host_files(host).iter()));
        groups.copied().chain(hosts)
    }

    /// All hosts, in order of first appearance.
    pub fn host_ids(&self) -> impl ExactSizeIterator<Item = HostId> + use<> {
        (0..self.hosts.len() as u32).map(HostId)
    }

    /// All groups, in order of first appearance; `all` and `ungrouped` come first.
    pub fn group_ids(&self) -> impl ExactSizeIterator<Item = GroupId> + use<> {
        (0..self.groups.len() as u32).map(GroupId)
    }

    /// The host of this name.
    pub fn find_host(&self, name: &str) -> Option<HostId> {
        self.hosts.find(name)
    }

    /// The group of this name.
    pub fn find_group(&self, name: &str) -> Option<GroupId> {
        self.groups.get_index_of(name).map(|index| GroupId(index as u32))
    }

    /// The host of this name, where it is likely that of the name after `last`: names come mostly in the same order again.
    pub fn find_host_after(&self, last: Option<HostId>, name: &str) -> Option<HostId> {
        let next = HostId(last.map_or(0, |last| last.0 + 1));
        let is_next = next.index() < self.hosts.len() && self.hosts.name(next) == name;
        if is_next { Some(next) } else { self.find_host(name) }
    }

    /// A host's data.
    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id]
    }

    /// The variables of a host's inventory lines.
    pub fn host_vars(&self, id: HostId) -> HostVars<'_, 'a> {
        self.host_vars.of(self.hosts[id].vars)
    }

    /// The variables of a host's `host_vars` files, later sources already over earlier ones.
    pub fn host_files(&self, id: HostId) -> HostVars<'_, 'a> {
        self.host_vars.of(self.host_files.get(id.index()).copied().unwrap_or_default())
    }

    /// A group's data.
    pub fn group(&self, id: GroupId) -> &Group<'a> {
        &self.groups[id.index()]
    }

    fn group_mut(&mut self, id: GroupId) -> &mut Group<'a> {
        &mut self.groups[id.index()]
    }

    /// A host's name.
    pub fn host_name(&self, id: HostId) -> &'a str {
        self.hosts.name(id)
    }

    /// A group's name.
    pub fn group_name(&self, id: GroupId) -> &'a str {
        self.groups.get_index(id.index()).map_or("", |(name, _)| name)
    }

    /// The sets of groups that hosts are in.
    pub fn sets(&self) -> &GroupSets {
        &self.sets
    }
}

impl Kept {
    fn has(&mut self, id: VarId, names: &Names<'_>) -> bool {
        while self.ids.len() <= id.index() {
            let next = VarId(self.ids.len() as u32);
            self.ids.push(self.names.contains(names.name(next)));
        }
        self.ids[id.index()]
    }
}

impl Group<'_> {
    fn new(at: Pos) -> Self {
        Group {
            hosts: Vec::new(),
            children: Vec::new(),
            parents: Vec::new(),
            vars: Vars::default(),
            files: Vec::new(),
            priority: 1,
            depth: 0,
            at,
        }
    }
}

/// The bit that stands for the length of a name.
fn length_bit(name: &str) -> u64 {
    1 << (name.len() % 64)
}

/// A priority as Python's `int()` reads it.
fn priority_of(value: Value<'_>) -> Result<i64, Problem> {
    let number = match value {
        Value::Bool(truth, _) => Some(i64::from(truth)),
        Value::Int(_) => python_int(&value.to_json()),
        Value::Float(_) => value.to_json().parse::<f64>().ok().filter(|float| float.is_finite()).map(|f| f as i64),
        Value::Str(text) | Value::Unsafe(text) => python_int(text),
        Value::Null | Value::Date(_) | Value::Vault(_) | Value::List(_) | Value::Set(_) | Value::Map(_) => None,
    };
    number.ok_or_else(|| {
        Problem::of(Code::InvalidValue, "`ansible_group_priority` is not an integer")
            .hint("give a whole number, such as 10")
    })
}
