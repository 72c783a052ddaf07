//! Whether the windows of a step are open.

use std::time::{Duration, SystemTime};

use super::schedule::{Batch, Schedule, Step};
use crate::policy::{Closed, opening};

impl<'p> Schedule<'p> {
    /// The batch of a step that may not begin yet, the one that waits longest, and why.
    ///
    /// All begin together, so each needs room for the longest bake.
    pub fn closed<'s>(&self, step: &'s Step<'p>, now: SystemTime) -> Option<(&'s Batch<'p>, Closed)> {
        let closed = self.each_closed(step, now);
        // what never opens waits longest
        closed.into_iter().max_by_key(|(_, closed)| {
            let at = closed.opens.as_ref().map(|opens| opens.at);
            (at.is_none(), at)
        })
    }

    /// All batches of a step that may not begin yet, and why.
    pub fn each_closed<'s>(&self, step: &'s Step<'p>, now: SystemTime) -> Vec<(&'s Batch<'p>, Closed)> {
        let room = Duration::from_secs(self.room(step));
        let closed = |batch: &'s Batch<'p>| {
            let conduct = batch.conduct;
            Some((batch, opening(&conduct.windows, &conduct.blackouts, now, room).err()?))
        };
        step.batches.iter().filter_map(closed).collect()
    }

    /// Seconds that a step is watched: not at all where nothing comes after it and nothing is measured.
    fn room(&self, step: &Step<'_>) -> u64 {
        let is_here = |batch: &Batch<'_>| step.batches.iter().any(|here| here.group == batch.group);
        let is_last = self.steps.last().is_some_and(|last| last.batches.iter().all(is_here));
        let is_judged = step.batches.iter().any(|batch| !batch.conduct.gates.is_empty());
        if is_last && !is_judged { 0 } else { step.bake() }
    }
}
