//! Going back to before a reading that turned out not to count.

use super::Reading;
use crate::diagnostics::Checkpoint;
use crate::inventory::Inventory;

/// What a reading had gathered at some moment, as far as an attempt may add to it.
pub(super) struct Mark<'a> {
    inventory: Option<Inventory<'a>>,
    range_hosts: usize,
    range_budget: usize,
    pub(super) found: Checkpoint,
    skipped: usize,
    vaults: usize,
}

impl Mark<'_> {
    /// Whether going back takes groups, hosts and variables back too.
    pub(super) fn has_inventory(&self) -> bool {
        self.inventory.is_some()
    }
}

impl<'a> Reading<'_, 'a> {
    /// Marks what there is, for an attempt that adds no groups, hosts or variables.
    pub(super) fn mark(&self) -> Mark<'a> {
        Mark {
            inventory: None,
            range_hosts: self.range_hosts,
            range_budget: self.range_budget,
            found: self.found.checkpoint(),
            skipped: self.skipped.len(),
            vaults: self.vaults.len(),
        }
    }

    /// Marks what there is, the inventory too.
    pub(super) fn mark_inventory(&self) -> Mark<'a> {
        Mark { inventory: Some(self.inventory.clone()), ..self.mark() }
    }

    /// Forgets everything since the mark.
    pub(super) fn back_to(&mut self, mark: Mark<'a>) {
        if let Some(inventory) = mark.inventory {
            self.inventory = inventory;
        }
        self.range_hosts = mark.range_hosts;
        self.range_budget = mark.range_budget;
        self.found.rollback(&mark.found);
        self.skipped.truncate(mark.skipped);
        self.vaults.truncate(mark.vaults);
    }
}
