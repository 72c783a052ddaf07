//! Sets of groups, shared by the hosts that are in the same ones.
//!
//! Thousands of hosts are in a few dozen different sets of groups. A set is one number; what follows from a set, such as
//! the inherited variables, is then worked out once a set and not once a host.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::GroupId;

/// A set of groups that list a host directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SetId(u32);

impl SetId {
    /// The set's place in the order it was first needed; the empty set is 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All sets that occurred: a tree whose edges each add one group.
#[derive(Clone, Debug, Default)]
pub struct GroupSets {
    /// For set number i + 1: the set it extends, the group that it adds, and how many groups it has.
    nodes: Vec<(SetId, GroupId, u32)>,
    next: HashMap<(SetId, GroupId), SetId, RandomState>,
    /// What came of the last step: the hosts of a group come one after another.
    last: Option<((SetId, GroupId), SetId)>,
}

impl GroupSets {
    /// The set with one more group, which it does not have yet.
    pub fn with(&mut self, set: SetId, group: GroupId) -> SetId {
        let step = (set, group);
        if let Some((_, known)) = self.last.filter(|(last, _)| *last == step) {
            return known;
        }
        let known = self.next.get(&step).copied();
        let added = known.unwrap_or_else(|| {
            self.nodes.push((set, group, self.size(set) + 1));
            let added = SetId(self.nodes.len() as u32);
            self.next.insert(step, added);
            added
        });
        self.last = Some((step, added));
        added
    }

    /// The set without a group.
    pub fn without(&mut self, set: SetId, group: GroupId) -> SetId {
        let mut kept: Vec<GroupId> = self.direct(set).filter(|member| *member != group).collect();
        kept.reverse();
        kept.into_iter().fold(SetId::default(), |set, member| self.with(set, member))
    }

    /// Whether the group is in the set.
    pub fn contains(&self, set: SetId, group: GroupId) -> bool {
        self.direct(set).any(|member| member == group)
    }

    /// How many groups the set has.
    pub fn size(&self, set: SetId) -> u32 {
        set.index().checked_sub(1).and_then(|index| self.nodes.get(index)).map_or(0, |(_, _, size)| *size)
    }

    /// The groups of the set, the last added first.
    pub fn direct(&self, set: SetId) -> impl Iterator<Item = GroupId> + '_ {
        let node = move |set: SetId| set.index().checked_sub(1).and_then(|index| self.nodes.get(index));
        std::iter::successors(node(set), move |(before, ..)| node(*before)).map(|(_, group, _)| *group)
    }

    /// How many sets there are, the empty one included.
    pub fn count(&self) -> usize {
        self.nodes.len() + 1
    }
}
