//! Hosts that have the name of a group.
//!
//! Reading a listing, Ansible sets what stands under such a host on the group of that name. So it is written on the group where
//! that comes to the same: the host is in it, no group beats it for the host, and every other host of the group has values of
//! its own, which then stand with those hosts.

use super::Placement;
use crate::inventory::{GroupId, HostId, Vars};

/// The hosts of this kind, with what became of their variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Namesakes {
    /// Those whose variables stand on their group.
    moved: Vec<HostId>,
    /// Those whose variables no listing can carry.
    misplaced: Vec<HostId>,
}

impl Namesakes {
    /// Whether what is written on the host stands on its group.
    pub(super) fn are_moved(&self, host: HostId) -> bool {
        self.moved.contains(&host)
    }

    /// Those whose variables no listing can carry.
    pub(super) fn misplaced(&self) -> &[HostId] {
        &self.misplaced
    }
}

impl<'a> Placement<'_, 'a> {
    /// Moves the variables of hosts to the groups of their names.
    pub(super) fn move_namesakes(&mut self) {
        let named = self.inventory.hosts_named_as_groups();
        let mut moves: Vec<(HostId, GroupId, Vars<'a>)> = Vec::new();
        for host in &named {
            let mut vars = Vars::default();
            self.written_on(*host).for_each(|var| vars.set(var));
            match self.inventory.find_group(self.inventory.host_name(*host)) {
                Some(group) if !vars.is_empty() => moves.push((*host, group, vars)),
                _ => {}
            }
        }
        if moves.is_empty() {
            return;
        }
        for (host, group, vars) in &moves {
            self.put_on_group(*group, vars);
            self.namesakes.moved.push(*host);
        }
        let wrong = |host: &HostId| !self.written_on(*host).is_empty() || !self.groups_suffice(*host);
        let leaking = |host: &HostId| {
            let leaks = |(_, group, vars): &(HostId, GroupId, Vars<'a>)| !self.is_known_below(*group, vars);
            moves.iter().any(|one| one.0 == *host && leaks(one))
        };
        self.namesakes.misplaced = named.into_iter().filter(|host| wrong(host) || leaking(host)).collect();
    }
}
