//! What has to be open before a step begins: a run waits for it on a terminal, and ends otherwise.

use std::time::{Duration, SystemTime};

use regal_inventory::error::{Code, Problem};
use regal_inventory::policy::Opens;
use regal_inventory::record::{Direction, Event, IgnoreWindows};
use regal_inventory::run::Step;

use super::super::who;
use super::batches::{Halt, Run};
use super::child::Woken;

impl<'r> Run<'r, '_> {
    /// Waits until all batches of a step may begin. The clock is read again each second, as it may be set meanwhile.
    pub fn await_windows(&mut self, step: &Step<'r>) -> Result<(), Halt> {
        if self.way.direction == Direction::Back || self.options.ignore_windows {
            return Ok(());
        }
        let mut since = None;
        loop {
            let now = SystemTime::now();
            let Some((batch, closed)) = self.schedule.closed(step, now) else { break };
            let group = batch.group.to_string();
            let Some(Opens { at, .. }) = &closed.opens else {
                let message = format!("{group} can never begin: {}", closed.why);
                let hint = "mend `windows` or the bake and save another plan, or begin it now with --ignore-windows";
                return Err(Problem::of(Code::Contradiction, message).hint(hint).into());
            };
            let why = format!("{group} does not begin: {}", closed.says(now));
            if !self.voice.may_ask {
                return Err(Halt::Closed(group, why));
            }
            if since.is_none() {
                self.voice.say(&why);
            }
            let since = *since.get_or_insert(now);
            let part = |from: SystemTime| at.duration_since(from).unwrap_or_default();
            let (left, whole) = (part(now), part(since));
            self.voice.count_down(&format!("{group} waits"), left, whole.max(left));
            let woken = self.ears.wait(left.clamp(Duration::from_millis(1), Duration::from_secs(1)), None)?;
            if let Woken::BySignal(signal) = woken {
                self.voice.clear();
                return Err(Halt::Signal(signal));
            }
        }
        self.voice.clear();
        Ok(())
    }

    /// Records which batches begin although their windows are closed, and who wants that.
    pub fn note_ignored_windows(&mut self, step: &Step<'r>) -> Result<(), Halt> {
        if self.way.direction == Direction::Back || !self.options.ignore_windows {
            return Ok(());
        }
        for (batch, closed) in self.schedule.each_closed(step, SystemTime::now()) {
            self.voice.say(&format!("{} begins although it is {}: --ignore-windows", batch.group, closed.why));
            self.append(Event::IgnoreWindows(IgnoreWindows { group: batch.group.to_string(), by: who::who() }))?;
        }
        Ok(())
    }
}
