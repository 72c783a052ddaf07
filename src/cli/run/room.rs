//! Before a batch begins: whether the caps leave room for it beside the hosts that are lost.

use regal_inventory::record::Direction;
use regal_inventory::run::{Batch, Step, Work};

use super::batches::{Halt, Run, is_lost};

impl Run<'_, '_> {
    /// Stops before a step with a batch that has no room. A way back goes past what is lost, and what is lost may be repaired.
    ///
    /// # Errors
    /// The batch that has none, and why.
    pub fn see_room(&self, step: &Step<'_>, works: &[Work<'_>]) -> Result<(), Halt> {
        if self.way.direction == Direction::Back {
            return Ok(());
        }
        let lost = self.caps.lost(self.writer.state());
        for (batch, work) in step.batches.iter().zip(works) {
            let hosts = match work {
                Work::Nothing => continue,
                Work::Whole { .. } => &batch.hosts,
                Work::Rest(hosts) => hosts,
            };
            if let Some(exceeded) = self.caps.exceeded(&lost, hosts).filter(|_| !self.repairs(batch)) {
                return Err(Halt::NoRoom(batch.group.to_string(), exceeded.why()));
            }
        }
        Ok(())
    }

    fn repairs(&self, batch: &Batch<'_>) -> bool {
        self.options.retry_lost && self.writer.state().forward(batch.group).is_some_and(is_lost)
    }
}
