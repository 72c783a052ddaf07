//! The way back by itself: where a batch is lost and the policy says `on_failure: rollback`, what was touched of its version goes back,
//! the last first, in a run of its own.

use std::cell::OnceCell;

use regal_inventory::policy::OnFailure;
use regal_inventory::record::{Direction, Loss, Progress, Start, State};
use regal_inventory::run::{Batch, Schedule, going_back};
use regal_inventory::shown::Shown;
use regal_inventory::wording::count;

use super::super::arguments::RunOptions;
use super::batches::{Halt, Run};
use super::ending::{Closed, LOST, ONCE_MORE};
use super::voice::Voice;

/// A way back that is due.
pub struct WayBack<'p> {
    version: &'p str,
    to: &'p str,
    /// What was lost, and how.
    because: String,
}

/// Says that a version went back by itself, since the same command is not to roll it out again unasked; whether one did.
pub fn is_undone(schedule: &Schedule<'_>, state: &State, options: &RunOptions, voice: &Voice) -> bool {
    if options.back_to.is_some() || options.retry_lost {
        return false;
    }
    let Some((batch, to, because)) = went_back(schedule, state).or_else(|| is_due(schedule, state)) else {
        return false;
    };
    let (version, to) = (batch.shown(), Shown::new(to));
    let left = state.to_go_back();
    let is_left = |other: &Batch<'_>| other.version == batch.version && left.contains(&other.group);
    if schedule.batches().any(is_left) {
        voice.say(&format!("{version} was going back to {to} by itself, and not all of it is back: {because}"));
        voice.say(&format!("to finish the way back: the same command with --back-to {to}"));
    } else {
        voice.say(&format!("{version} went back to {to} by itself: {because}"));
    }
    voice.say(ONCE_MORE);
    true
}

/// A batch that went back by itself, to which version, and why.
fn went_back<'s>(schedule: &'s Schedule<'_>, state: &'s State) -> Option<(&'s Batch<'s>, &'s str, &'s str)> {
    schedule.batches().find_map(|batch| {
        let known = state.batches.get(batch.group).filter(|known| known.direction == Direction::Back)?;
        Some((batch, known.back_to.as_deref()?, known.back_because.as_deref()?))
    })
}

/// The same of a way back that was ended by force before its first batch: the batch that the run before it stopped at.
fn is_due<'s>(schedule: &'s Schedule<'_>, state: &'s State) -> Option<(&'s Batch<'s>, &'s str, &'s str)> {
    let [.., before, last] = state.runs.as_slice() else { return None };
    let (to, because) = (last.start.to.as_deref()?, last.start.because.as_deref()?);
    let group = before.stopped.as_ref()?.1.as_deref()?;
    Some((schedule.batches().find(|batch| batch.group == group)?, to, because))
}

impl<'r> Run<'r, '_> {
    /// The way back that is due after an end: a batch was lost, or has no room, and something of its version was touched.
    pub fn way_back(&self, ended: &Result<(), Halt>) -> Option<WayBack<'r>> {
        let (group, why) = match ended {
            Err(Halt::Lost(group)) => (group, self.loss(group)),
            Err(Halt::NoRoom(group, why)) => (group, why.clone()),
            _ => return None,
        };
        let batch = self.schedule.batches().find(|batch| batch.group == group)?;
        if self.way.direction == Direction::Back || !rolls_back(batch) || self.options.no_rollback {
            return None;
        }
        let because = format!("{group}: {why}");
        let way_back = WayBack { version: batch.version, to: batch.rollback_to?, because };
        (!self.touched(way_back.version).steps.is_empty()).then_some(way_back)
    }

    /// Whether a batch would go back, and does not since an option says so.
    pub fn is_kept(&self, group: &str) -> bool {
        self.options.no_rollback && self.schedule.batches().any(|batch| batch.group == group && rolls_back(batch))
    }

    /// What is known of a lost batch.
    fn loss(&self, group: &str) -> String {
        let known = self.writer.state().batches.get(group);
        match known.map(|known| (&known.progress, known.lost.len())) {
            Some((Progress::Lost { whole: Some(Loss { message: Some(message), .. }), .. }, _)) => message.clone(),
            Some((_, hosts)) if hosts > 0 => format!("{} failed or unreachable", count(hosts, "host")),
            _ => LOST.to_string(),
        }
    }

    /// What was begun of a version, the last first.
    fn touched(&self, version: &str) -> Schedule<'r> {
        let mut touched = going_back(self.schedule, self.writer.state());
        touched.steps.retain(|step| step.batches.iter().all(|batch| batch.version == version));
        touched
    }

    /// Goes back, once; `scope` has room for what it goes through.
    pub fn go_back(&mut self, way_back: &WayBack<'r>, start: Start, scope: &'r OnceCell<Schedule<'r>>) -> Closed {
        let ended = self.set_out(way_back, start, scope);
        self.close(ended, true)
    }

    fn set_out(&mut self, way_back: &WayBack<'r>, start: Start, scope: &'r OnceCell<Schedule<'r>>) -> Result<(), Halt> {
        let touched = self.touched(way_back.version);
        self.scope = scope.get_or_init(|| touched);
        self.way.direction = Direction::Back;
        self.way.retries = false;
        self.back_to = Some(way_back.to.to_string());
        self.failed = 0;
        self.watched.clear();
        let (to, because) = (Some(way_back.to.to_string()), Some(way_back.because.clone()));
        self.writer.begin_run(Start { direction: Direction::Back, to, because, ..start }, false)?;
        self.tell()?;
        self.voice.say(&format!("on_failure is rollback: back to {}", Shown::new(way_back.to)));
        self.go(&[])
    }
}

fn rolls_back(batch: &Batch<'_>) -> bool {
    batch.on_failure == OnFailure::Rollback
}
