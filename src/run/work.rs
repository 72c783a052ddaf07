//! What is left to do of a batch, and what has to happen before it.

use super::schedule::{Batch, Schedule, Step};
use crate::record::{Direction, Progress, State};

/// What is left to do of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work<'p> {
    /// Nothing.
    Nothing,
    /// All of it; with hosts that are known as done, and that the command cannot leave out.
    Whole {
        /// How many of its hosts are done again.
        again: usize,
    },
    /// These hosts, and the others are known as done. None: only what follows the command is left.
    Rest(Vec<&'p str>),
}

/// How many hosts stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Done.
    pub done: u64,
    /// Failed or unreachable.
    pub lost: u64,
    /// In batches that were not begun, or not known to be done or lost.
    pub waiting: u64,
}

/// How a run works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Which way it goes.
    pub direction: Direction,
    /// Whether its command can leave hosts out.
    pub leaves_out: bool,
    /// Whether lost hosts of a batch that is done are tried again.
    pub retries: bool,
}

/// Returns what is left to do of a batch.
pub fn work<'p>(batch: &Batch<'p>, state: &State, way: Way) -> Work<'p> {
    let Some(known) = state.batches.get(batch.group).filter(|known| known.direction == way.direction) else {
        return if batch.hosts.is_empty() { Work::Nothing } else { Work::Whole { again: 0 } };
    };
    let is_left = |host: &&&str| !known.done.contains(**host);
    let retries = way.retries && batch.hosts.iter().any(|host| is_left(&host));
    if matches!(known.progress, Progress::Done { .. }) && !retries {
        return Work::Nothing;
    }
    let rest: Vec<&'p str> = batch.hosts.iter().filter(is_left).copied().collect();
    if rest.is_empty() || way.leaves_out {
        return Work::Rest(rest);
    }
    Work::Whole { again: batch.hosts.len() - rest.len() }
}

/// Whether somebody has to be asked before a step that follows another one: one version that wants it is enough.
pub fn asks(before: &Step<'_>, step: &Step<'_>, state: &State) -> bool {
    before.batches.iter().any(|batch| batch.asks)
        && !step.batches.iter().all(|batch| state.approvals.contains_key(batch.group))
}

/// Returns the seconds that are left to watch a step whose batches were done in an earlier run; `since` says how long ago a time of the
/// record was, or nothing if it lies ahead, as after a clock went back.
pub fn bake_left(step: &Step<'_>, state: &State, since: impl Fn(&str) -> Option<u64>) -> u64 {
    let left = |batch: &Batch<'_>| {
        let at = match &state.forward(batch.group)?.progress {
            Progress::Done { at } => at,
            Progress::Begun { .. } | Progress::Lost { .. } => return Some(step.bake()),
        };
        Some(step.bake().saturating_sub(since(at).unwrap_or(0)))
    };
    step.batches.iter().filter_map(left).max().unwrap_or(0)
}

/// Counts the hosts of a plan on a way.
pub fn counts(schedule: &Schedule<'_>, state: &State, direction: Direction) -> Counts {
    let mut counts = Counts::default();
    for batch in schedule.batches() {
        let Some(known) = state.batches.get(batch.group).filter(|known| known.direction == direction) else {
            counts.waiting += batch.hosts.len() as u64;
            continue;
        };
        for host in &batch.hosts {
            let whole = matches!(known.progress, Progress::Lost { whole: Some(_), .. });
            match known.done.contains(*host) {
                true => counts.done += 1,
                false if whole || known.lost.contains_key(*host) => counts.lost += 1,
                false => counts.waiting += 1,
            }
        }
    }
    counts
}
