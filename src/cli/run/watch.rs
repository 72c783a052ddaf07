//! What a run does while it watches the batches of a step: it waits, and asks their gates.

use std::time::{Duration, Instant};

use regal_inventory::policy::{Gate, display_seconds};
use regal_inventory::record::{Bake, Direction, Event, Health};
use regal_inventory::run::{Batch, Step};

use super::super::judging::{Judging, Rollout};
use super::batches::{Halt, Run, first};
use super::child::Woken;

/// The longest sleep, and the one while gates are asked.
const TICK: Duration = Duration::from_secs(1);
const ASKING: Duration = Duration::from_millis(100);

impl<'r> Run<'r, '_> {
    /// Watches a step for so many seconds, or what is left of them. It is lost as soon as one of its gates says no.
    ///
    /// # Errors
    /// Why the run goes no further.
    pub fn bake(&mut self, step: &Step<'r>, seconds: u64) -> Result<(), Halt> {
        let what = format!("{} is watched", step.name());
        if seconds > 0 {
            self.append(Event::Bake(Bake { group: first(step).to_string(), seconds, cut_short: false }))?;
            self.voice.say(&format!("{what} for {}", display_seconds(seconds)));
        }
        let mut judging = self.judging(step, seconds)?;
        let until = Instant::now() + Duration::from_secs(seconds);
        let ended = loop {
            let left = until.saturating_duration_since(Instant::now());
            if let Err(halt) = self.turn(&mut judging) {
                break Err(halt);
            }
            self.tell()?;
            let said = judging.said();
            if said.is_some_and(|said| said != Health::Ok) || left.is_zero() && said.is_some() {
                break Ok(());
            }
            self.voice.count_down(&what, left + Duration::from_millis(999), Duration::from_secs(seconds));
            let sleep = if judging.is_asking() { ASKING } else { TICK };
            match self.ears.wait(if left.is_zero() { ASKING } else { left.min(sleep) }, None) {
                Ok(Woken::BySignal(signal)) => break Err(Halt::Signal(signal)),
                Ok(_) => {}
                Err(error) => break Err(error.into()),
            }
        };
        self.voice.clear();
        ended?;
        let mut ill = Vec::new();
        for (group, why) in judging.ill() {
            let Some(batch) = step.batches.iter().find(|batch| batch.group == group) else { continue };
            self.voice.say(&format!("{group} is lost: {why}"));
            self.lose(batch, None, Some("gate"), Some(why))?;
            ill.push(batch);
        }
        // all of them are recorded before the first one may end the run
        ill.into_iter().try_for_each(|batch| self.count_lost(batch))
    }

    /// The judges of the batches of which something was rolled out; a way back is not judged.
    fn judging(&mut self, step: &Step<'r>, seconds: u64) -> Result<Judging<'r>, Halt> {
        let state = self.writer.state();
        let is_forward = self.way.direction == Direction::Forward;
        let is_to_judge = |batch: &&Batch<'r>| {
            let known = state.forward(batch.group).filter(|known| is_forward && !known.done.is_empty());
            // a run that ended while it watched may have left nothing of the time, and still nobody knows how the batch is
            let is_judged =
                |gate: &Gate| known.is_some_and(|known| known.judged.iter().any(|said| said.gate == gate.name));
            known.is_some() && (seconds > 0 || !batch.conduct.gates.iter().all(is_judged))
        };
        let batches: Vec<&Batch<'r>> = step.batches.iter().filter(is_to_judge).collect();
        let (schedule, addresses) = (self.schedule, self.job.addresses());
        let rollout = Rollout { schedule, state, addresses, execution: self.job.execution };
        let values = |batch: &Batch<'r>| self.job.values(batch, &batch.hosts, None);
        let judging = Judging::new(&batches, &rollout, values, Some(Duration::from_secs(seconds)))?;
        for (group, gate) in judging.left_out() {
            let why = "no host of the version is left that is not updated yet";
            self.voice.say(&format!("{group}: gate {gate} is not asked: {why}"));
        }
        Ok(judging)
    }

    /// Begins measurements that are due, and records those that were made.
    fn turn(&mut self, judging: &mut Judging<'r>) -> Result<(), Halt> {
        for event in judging.turn(Duration::ZERO) {
            let is_well = matches!(&event, Event::Measure(found) if found.verdict == Health::Ok);
            if !is_well {
                self.voice.say(&regal_inventory::emit::log::words(&event));
            }
            self.append(event)?;
        }
        Ok(())
    }
}
