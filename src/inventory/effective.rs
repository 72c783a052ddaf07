//! Which value of a variable a host ends up with.
//!
//! From low to high: `all` in the inventory, the host's other groups in the inventory, `group_vars/all`, `group_vars` of
//! the other groups, the host in the inventory, `host_vars`. So `group_vars/all` beats `[web:vars]`. Among groups: the
//! shallower first, then by `ansible_group_priority`, then by name; among sources the last one wins. A value replaces the
//! one before it as a whole. The [rules](super::rules) of an `ansible.cfg` may say otherwise.

use std::cell::RefCell;
use std::rc::Rc;

use super::membership::SetId;
use super::rules::Stage;
use super::{ALL, GroupId, HostId, Inventory, Var, VarId, Vars};

/// Effective variables, worked out once for each distinct set of groups.
pub struct Effective<'i, 'a> {
    inventory: &'i Inventory<'a>,
    inherited: RefCell<Vec<Option<Rc<Vars<'a>>>>>,
}

impl<'i, 'a> Effective<'i, 'a> {
    /// The effective variables of a reconciled inventory.
    pub fn new(inventory: &'i Inventory<'a>) -> Self {
        Effective { inventory, inherited: RefCell::new(vec![None; inventory.sets().count()]) }
    }

    /// What a host ends up with for one variable.
    pub fn get(&self, host: HostId, name: VarId) -> Option<Var<'a>> {
        let data = self.inventory.host(host);
        let (vars, files) = (self.inventory.host_vars(host), self.inventory.host_files(host));
        let rules = self.inventory.rules();
        if rules.merging.is_none() {
            let own = files.get(name).or_else(|| vars.get(name));
            return own.or_else(|| self.inherited(data.groups).get(name).copied());
        }
        let inherited = self.inherited(data.groups);
        let values = [inherited.get(name).copied(), vars.get(name), files.get(name)].into_iter().flatten();
        values.reduce(|earlier, later| rules.joined(&earlier, &later))
    }

    /// All that a host ends up with.
    pub fn vars(&self, host: HostId) -> Vars<'a> {
        let inventory = self.inventory;
        let mut vars = (*self.inherited(inventory.host(host).groups)).clone();
        let own = inventory.host_vars(host).iter().chain(inventory.host_files(host).iter());
        own.for_each(|var| vars.join(&var, inventory.rules()));
        vars
    }

    /// What a host in these groups inherits from them.
    pub fn inherited(&self, set: SetId) -> Rc<Vars<'a>> {
        if let Some(Some(known)) = self.inherited.borrow().get(set.index()) {
            return Rc::clone(known);
        }
        let merged = Rc::new(self.merge(set));
        if let Some(slot) = self.inherited.borrow_mut().get_mut(set.index()) {
            *slot = Some(Rc::clone(&merged));
        }
        merged
    }

    fn merge(&self, set: SetId) -> Vars<'a> {
        let groups = groups_of(self.inventory, set);
        let rules = self.inventory.rules();
        let mut merged = Vars::default();
        for stage in &rules.stages {
            // Each stage is a mapping of its own before it joins the others.
            merged.join_all(&self.stage(*stage, &groups), rules);
        }
        merged
    }

    /// What one stage gives a host in these groups.
    fn stage(&self, stage: Stage, groups: &[GroupId]) -> Vars<'a> {
        let (inventory, rules) = (self.inventory, self.inventory.rules());
        let mut merged = Vars::default();
        match stage {
            Stage::All => return inventory.group(ALL).vars.clone(),
            Stage::Groups => groups.iter().for_each(|group| merged.join_all(&inventory.group(*group).vars, rules)),
            Stage::AllFiles => inventory.group(ALL).files.iter().for_each(|(_, vars)| merged.join_all(vars, rules)),
            Stage::GroupFiles => {
                let files = groups.iter().flat_map(|group| &inventory.group(*group).files);
                let mut files: Vec<(u32, &Vars<'a>)> = files.map(|(source, vars)| (*source, vars)).collect();
                // Stable: within a source the groups keep their order.
                files.sort_by_key(|(source, _)| *source);
                for source in files.chunk_by(|a, b| a.0 == b.0) {
                    let mut beside = Vars::default();
                    source.iter().for_each(|(_, vars)| beside.join_all(vars, rules));
                    merged.join_all(&beside, rules);
                }
            }
        }
        merged
    }
}

/// The groups that a host of this set is in, `all` left out, those that win last.
pub fn groups_of(inventory: &Inventory<'_>, set: SetId) -> Vec<GroupId> {
    let direct: Vec<GroupId> = inventory.sets().direct(set).collect();
    let mut groups: Vec<GroupId> = inventory.ancestors(&direct).into_iter().filter(|group| *group != ALL).collect();
    groups.sort_by(|a, b| {
        let key = |id: &GroupId| (inventory.group(*id).depth, inventory.group(*id).priority, inventory.group_name(*id));
        key(a).cmp(&key(b))
    });
    groups
}
