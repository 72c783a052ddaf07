//! Where each variable goes, so that Ansible reads back what the source means.
//!
//! Ansible merges a script's group variables by depth and name alone; the source has more stages: `group_vars/all` beats
//! `[web:vars]`, priorities decide between groups, a later source wins. A value stays on its group unless an ancestor
//! always beats it. Where the groups of a host then still merge to something else, the host gets the exact value. Where an
//! `ansible.cfg` says how groups' variables stand against each other, the Ansible that reads this is taken to have it too;
//! mappings that it would merge stand on hosts only, so that it makes no difference to them.

mod namesakes;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::PlanGroups;
use crate::inventory::effective::{Effective, groups_of};
use crate::inventory::membership::SetId;
use crate::inventory::rules::Stage;
use crate::inventory::{ALL, GroupId, HostId, HostVars, Inventory, UNGROUPED, Var, VarId, Vars};
use crate::text::Text;
use crate::value::Value;
use namesakes::Namesakes;

/// The variables of groups and hosts as they are written.
pub struct Placement<'p, 'a> {
    inventory: &'p Inventory<'a>,
    namesakes: Namesakes,
    effective: Effective<'p, 'a>,
    groups: Vec<Vars<'a>>,
    depths: Vec<u32>,
    /// By the number of the set, as far as they were asked for.
    exact: RefCell<Vec<Option<Rc<Vec<Var<'a>>>>>>,
}

/// The variables to write on a host.
pub enum Written<'p, 'a> {
    /// Those of its inventory lines or of its vars files, as they are.
    Own(HostVars<'p, 'a>),
    /// Others.
    Made(Vars<'a>),
}

impl<'a> Written<'_, 'a> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        match self {
            Written::Own(vars) => vars.is_empty(),
            Written::Made(vars) => vars.is_empty(),
        }
    }

    /// Does something with each variable, in order.
    pub fn for_each(&self, mut with: impl FnMut(Var<'a>)) {
        match self {
            Written::Own(vars) => vars.iter().for_each(with),
            Written::Made(vars) => vars.iter().for_each(|var| with(*var)),
        }
    }

    /// Appends the variables as [`HostVars::write_json`] does.
    pub(super) fn write_json(&self, keys: &[Vec<u8>], near: &mut Option<Text<'a>>, out: &mut Vec<u8>) {
        match self {
            Written::Own(vars) => vars.write_json(keys, near, out),
            Written::Made(vars) => {
                for (place, var) in vars.iter().enumerate() {
                    out.extend_from_slice(&keys[var.name.index()][usize::from(place == 0)..]);
                    var.value.write_json(out);
                }
            }
        }
    }
}

impl<'p, 'a> Placement<'p, 'a> {
    /// Places the variables of a reconciled inventory beside the groups of a plan.
    pub fn new(inventory: &'p Inventory<'a>, planned: &PlanGroups<'a>) -> Self {
        let mergeable = mergeable(inventory);
        let mut placement = Placement {
            inventory,
            namesakes: Namesakes::default(),
            effective: Effective::new(inventory),
            groups: inventory.group_ids().map(|group| group_vars(inventory, group, &mergeable)).collect(),
            depths: depths(inventory, planned),
            exact: RefCell::default(),
        };
        placement.move_namesakes();
        placement
    }

    /// Hosts of a group's name whose variables no listing can carry.
    pub fn misplaced(&self) -> &[HostId] {
        self.namesakes.misplaced()
    }

    /// The variables to write on a group.
    pub fn of_group(&self, group: GroupId) -> impl Iterator<Item = &Var<'a>> {
        self.groups[group.index()].iter()
    }

    /// All variables to write on a host: its own, then the inherited ones that its groups would get wrong.
    pub fn written_on(&self, host: HostId) -> Written<'p, 'a> {
        if self.namesakes.are_moved(host) {
            return Written::Made(Vars::default());
        }
        let (own, files) = (self.inventory.host_vars(host), self.inventory.host_files(host));
        let given = self.of_host(host);
        let rules = self.inventory.rules();
        let merges = rules.merging.is_some();
        if given.is_empty() && !merges {
            match (own.is_empty(), files.is_empty()) {
                (_, true) => return Written::Own(own),
                (true, false) => return Written::Own(files),
                (false, false) => {}
            }
        }
        let mut vars = own.to_vars();
        files.iter().for_each(|var| vars.join(&var, rules));
        let added: Vec<&Var<'a>> = given.iter().filter(|var| vars.get(var.name).is_none()).collect();
        added.into_iter().for_each(|var| vars.set(*var));
        if merges {
            let names: Vec<_> = vars.iter().map(|var| var.name).collect();
            names.into_iter().filter_map(|name| self.effective.get(host, name)).for_each(|var| vars.set(var));
        }
        Written::Made(vars)
    }

    /// The inherited variables to write on a host, where its own do not stand against them.
    fn of_host(&self, host: HostId) -> Rc<Vec<Var<'a>>> {
        let set = self.inventory.host(host).groups;
        if let Some(Some(known)) = self.exact.borrow().get(set.index()) {
            return Rc::clone(known);
        }
        let exact = Rc::new(self.exact_values(set));
        let mut known = self.exact.borrow_mut();
        if known.len() <= set.index() {
            known.resize(set.index() + 1, None);
        }
        known[set.index()] = Some(Rc::clone(&exact));
        exact
    }

    /// The values that the written groups alone would get wrong.
    fn exact_values(&self, set: SetId) -> Vec<Var<'a>> {
        let written = self.merged(set);
        let wanted = self.effective.inherited(set);
        wanted
            .iter()
            .filter(|var| written.get(var.name).is_none_or(|found| found.value != var.value))
            .copied()
            .collect()
    }

    /// What Ansible makes of the written groups for a host that is in these.
    fn merged(&self, set: SetId) -> Vars<'a> {
        let mut groups = groups_of(self.inventory, set);
        // A batch takes its hosts out of `ungrouped`.
        groups.retain(|group| *group != UNGROUPED);
        groups.sort_by_key(|group| (self.depths[group.index()], self.inventory.group_name(*group)));
        let mut written = Vars::default();
        // To the reader all of it is of the inventory.
        for stage in &self.inventory.rules().stages {
            match stage {
                Stage::All => written.extend(&self.groups[ALL.index()]),
                Stage::Groups => groups.iter().for_each(|group| written.extend(&self.groups[group.index()])),
                Stage::AllFiles | Stage::GroupFiles => {}
            }
        }
        written
    }

    /// Writes variables on a group, over its own.
    fn put_on_group(&mut self, group: GroupId, vars: &Vars<'a>) {
        let kept = vars.iter().filter(|var| self.inventory.var_name(var.name) != PRIORITY);
        kept.for_each(|var| self.groups[group.index()].set(*var));
        self.exact.borrow_mut().clear();
    }

    /// Whether a host has exactly its variables without any written on it.
    fn groups_suffice(&self, host: HostId) -> bool {
        let written = self.merged(self.inventory.host(host).groups);
        let wanted = self.effective.vars(host);
        let same = |var: &Var<'a>| written.get(var.name).is_some_and(|found| found.value == var.value);
        written.len() == wanted.len() && wanted.iter().all(same)
    }

    /// Whether each host of a group has such variables, whatever their values.
    fn is_known_below(&self, group: GroupId, vars: &Vars<'a>) -> bool {
        let hosts = self.inventory.hosts_in(group);
        hosts.iter().all(|host| vars.iter().all(|var| self.effective.get(*host, var.name).is_some()))
    }
}

/// On a group Ansible takes it for the group's priority, whatever its value.
const PRIORITY: &str = "ansible_group_priority";

/// When a value of a group takes part: the stage, and within vars files the source. Among the groups above and below
/// each other only this decides, for the deeper group wins a tie.
type Rank = (u8, u32);

/// The groups' variables that are mappings somewhere, where mappings are merged.
fn mergeable(inventory: &Inventory<'_>) -> HashSet<VarId> {
    if inventory.rules().merging.is_none() {
        return HashSet::new();
    }
    let is_map = |var: &Var<'_>| matches!(var.value, Value::Map(_));
    inventory.all_vars().filter(is_map).map(|var| var.name).collect()
}

/// A group's values, each with the rank of its last one; those of stages that do not count are left out.
fn ranked<'a>(inventory: &Inventory<'a>, group: GroupId) -> Vec<(Var<'a>, Rank)> {
    let (data, rules) = (inventory.group(group), inventory.rules());
    let (own, files) = if group == ALL { (Stage::All, Stage::AllFiles) } else { (Stage::Groups, Stage::GroupFiles) };
    let mut ranked: Vec<(Var<'a>, Rank)> = Vec::new();
    if let Some(rank) = rules.rank(own) {
        ranked.extend(data.vars.iter().map(|var| (*var, (rank, 0))));
    }
    let Some(rank) = rules.rank(files).filter(|_| !data.files.is_empty()) else { return ranked };
    let mut at: HashMap<_, usize> = ranked.iter().enumerate().map(|(index, (var, _))| (var.name, index)).collect();
    for (source, vars) in &data.files {
        for var in vars.iter() {
            let index = *at.entry(var.name).or_insert_with(|| {
                ranked.push((*var, (0, 0)));
                ranked.len() - 1
            });
            if ranked[index].1 <= (rank, *source) {
                ranked[index] = (*var, (rank, *source));
            }
        }
    }
    ranked
}

/// What is written on a group: its values but those that an ancestor beats for every host.
fn group_vars<'a>(inventory: &Inventory<'a>, group: GroupId, mergeable: &HashSet<VarId>) -> Vars<'a> {
    let mut own = ranked(inventory, group);
    own.retain(|(var, _)| !mergeable.contains(&var.name));
    if own.is_empty() {
        return Vars::default();
    }
    let (all, groups) = (inventory.rules().rank(Stage::All), inventory.rules().rank(Stage::Groups));
    let all_is_late = all > groups;
    let mut above: HashMap<_, Rank> = HashMap::new();
    for ancestor in inventory.ancestors(&[group]).into_iter().filter(|ancestor| *ancestor != group) {
        // By Ansible's own order only vars files reach over a deeper group.
        if !inventory.group(ancestor).files.is_empty() || ancestor == ALL && all_is_late {
            for (var, rank) in ranked(inventory, ancestor) {
                let best = above.entry(var.name).or_insert(rank);
                *best = rank.max(*best);
            }
        }
    }
    // As a plain value it only comes from vars files.
    let priority = inventory.find_var(PRIORITY);
    let mut vars = Vars::default();
    let kept = own.into_iter().filter(|(var, rank)| above.get(&var.name).is_none_or(|best| best <= rank));
    kept.filter(|(var, _)| Some(var.name) != priority).for_each(|(var, _)| vars.set(var));
    vars
}

/// The depths of the source's groups once the plan's groups stand above those that they take over.
fn depths(inventory: &Inventory<'_>, planned: &PlanGroups<'_>) -> Vec<u32> {
    let mut depths: Vec<u32> = inventory.group_ids().map(|group| inventory.group(group).depth).collect();
    let taken = planned.iter().filter_map(|group| group.source);
    // A version's group is below `regal`, which is below `all`.
    let mut deeper: Vec<(GroupId, u32)> = taken.map(|group| (group, 2)).collect();
    while let Some((group, depth)) = deeper.pop() {
        if depths[group.index()] < depth {
            depths[group.index()] = depth;
            deeper.extend(inventory.group(group).children.iter().map(|child| (*child, depth + 1)));
        }
    }
    depths
}
