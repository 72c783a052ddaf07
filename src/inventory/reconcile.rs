//! What holds for every inventory, whatever its sources say.

use super::{ALL, GroupId, HostId, Inventory, Target, UNGROUPED};
use crate::error::Problem;

impl Inventory<'_> {
    /// Enforces what holds for every inventory, as Ansible does after each source.
    ///
    /// # Errors
    /// A group that would have to be above `all`.
    pub fn reconcile(&mut self) -> Result<(), Problem> {
        for index in 1..self.groups.len() {
            let group = GroupId(index as u32);
            if self.group(group).parents.is_empty() {
                self.add_child(ALL, group)?;
            }
        }
        // Where `ungrouped` has a parent of its own, its hosts are in another group, which takes them out of it.
        let below_another = self.ancestors(&[UNGROUPED]).len() > 2;
        let mut moved = false;
        for index in 0..self.hosts.len() {
            let host = HostId(index as u32);
            let set = self.host(host).groups;
            let listed = self.sets.contains(set, UNGROUPED);
            let grouped = self.sets.direct(set).any(|group| group != ALL && group != UNGROUPED);
            if listed && (grouped || below_another) {
                self.hosts[host].groups = self.sets.without(set, UNGROUPED);
                moved = true;
            } else if !listed && !grouped {
                // As with variables, Ansible takes the group of that name first.
                match self.target_of_host(host) {
                    Target::Group(group) => self.add_child(UNGROUPED, group)?,
                    Target::Host(host) => self.list_host(UNGROUPED, host),
                }
            }
        }
        if moved {
            let kept: Vec<HostId> = (self.group(UNGROUPED).hosts.iter().copied())
                .filter(|host| self.sets.contains(self.host(*host).groups, UNGROUPED))
                .collect();
            self.group_mut(UNGROUPED).hosts = kept;
        }
        self.measure_depths();
        Ok(())
    }

    /// Depths along a topological order, which exists because `add_child` refuses loops.
    fn measure_depths(&mut self) {
        let mut waiting: Vec<usize> = self.groups.values().map(|group| group.parents.len()).collect();
        let mut ready: Vec<GroupId> =
            (0..self.groups.len() as u32).map(GroupId).filter(|group| self.group(*group).parents.is_empty()).collect();
        for group in self.groups.values_mut() {
            group.depth = 0;
        }
        while let Some(group) = ready.pop() {
            let below = self.group(group).depth + 1;
            for child in self.group(group).children.clone() {
                let depth = &mut self.group_mut(child).depth;
                *depth = below.max(*depth);
                waiting[child.index()] -= 1;
                if waiting[child.index()] == 0 {
                    ready.push(child);
                }
            }
        }
    }
}
