//! Whoever `--on-event` names is told what is recorded, and what could not be told is recorded.

use regal_inventory::error::Result;
use regal_inventory::record::{Event, Unsent};

use super::super::on_event;
use super::batches::Run;

impl Run<'_, '_> {
    /// Hands on what was recorded since, and records what could not be handed on.
    ///
    /// # Errors
    /// The record cannot be written.
    pub fn tell(&mut self) -> Result<()> {
        let Some(post) = &self.post else { return Ok(()) };
        let (job, schedule, back_to) = (self.job, self.schedule, self.back_to.clone());
        post.send(&mut self.writer, |group| {
            let batch = group.and_then(|group| schedule.batches().find(|batch| batch.group == group));
            let mut values = batch.map_or_else(|| job.no_values(), |batch| job.values(batch, &batch.hosts, None));
            values.version = back_to.clone().unwrap_or(values.version);
            values
        });
        let failures = post.failures();
        self.not_told(failures)
    }

    /// Waits for the last ones; a signal ends that.
    pub fn tell_the_rest(&mut self) {
        let Some(post) = self.post.take() else { return };
        let ears = &mut self.ears;
        let failures = post.close(|end, time| ears.wait(time, Some(end)).map(drop));
        // it was said, and that the record cannot be written is known by now
        let _ = self.not_told(failures);
    }

    fn not_told(&mut self, failures: Vec<Unsent>) -> Result<()> {
        for unsent in failures {
            self.voice.say(&on_event::words(&unsent));
            let event = Event::Unsent(unsent);
            self.voice.event(&event);
            self.writer.append(event)?;
        }
        Ok(())
    }
}
