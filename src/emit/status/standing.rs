//! Where each batch of a plan stands.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::StatusReport;
use crate::plan::{Batch as Planned, Rollout};
use crate::policy::{Closed, Conduct, OnFailure, opening};
use crate::record::{Approval, Batch, Direction, Loss, Progress, State};
use crate::run::{Caps, LostHosts};

/// Where a rollout stands.
pub(super) struct Standing<'r> {
    pub batches: Vec<BatchStanding<'r>>,
    pub hosts: Hosts,
}

/// How many hosts of a plan are where; each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hosts {
    pub all: usize,
    pub done: usize,
    pub lost: usize,
    /// Of batches that were begun and of which nothing else is known, on the way back too.
    pub begun: usize,
    pub waiting: usize,
}

/// Where a batch stands.
pub(super) struct BatchStanding<'r> {
    pub group: &'r str,
    pub hosts: usize,
    /// What holds while it is rolled out.
    pub conduct: &'r Conduct,
    /// What the record says of it.
    pub known: Option<&'r Batch>,
    pub step: Step<'r>,
    /// Hosts that are done on the way that it was last begun in.
    pub done: Vec<&'r str>,
    /// Hosts that are neither done nor known to be lost.
    pub left: Vec<&'r str>,
    pub lost: Vec<(&'r str, &'r Loss)>,
    /// What is known of the batch as a whole, where nobody knows which hosts are lost.
    pub whole: Option<&'r Loss>,
    pub approval: Option<&'r Approval>,
    /// Since when it is watched, and for how many seconds.
    pub watched: Option<&'r (String, u64)>,
    pub is_back: bool,
    /// The version that it was taken back to.
    pub back_to: Option<&'r str>,
    /// Why it went back by itself, as long as it has not begun again.
    pub back_because: Option<&'r str>,
    /// What follows where it is lost, which the whole version has in common.
    pub on_failure: OnFailure,
    /// The version that a way back leads to.
    pub rollback_to: Option<&'r str>,
    /// Why it would not begin now, or go on.
    pub held: Option<Held>,
    /// Whether it is the first of its version that waits.
    pub is_next: bool,
}

/// Why a batch would not begin now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Held {
    /// What keeps it: `window`, `blackout` or `cap`.
    pub by: &'static str,
    /// In words.
    pub why: String,
    /// Until when, in UTC, where that is known.
    pub until: Option<String>,
    /// The same for people, with when it may begin.
    #[serde(skip)]
    pub says: String,
}

/// How far a batch is, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'r> {
    /// Not begun, or back where it was.
    Waiting,
    /// The run that began it is at it, or may be.
    Running(&'r str),
    /// The run that began it has ended and said nothing more.
    Interrupted(&'r str),
    Lost(&'r str),
    Done(&'r str),
}

impl Step<'_> {
    /// Its word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Step::Waiting => "waiting",
            Step::Running(_) => "running",
            Step::Interrupted(_) => "interrupted",
            Step::Lost(_) => "lost",
            Step::Done(_) => "done",
        }
    }

    /// Since when.
    pub fn since(&self) -> Option<&str> {
        match self {
            Step::Waiting => None,
            Step::Running(at) | Step::Interrupted(at) | Step::Lost(at) | Step::Done(at) => Some(at),
        }
    }
}

impl<'r> Standing<'r> {
    pub fn of(report: &StatusReport<'r, '_>) -> Self {
        let (frozen, state) = (report.frozen, report.state);
        let mut standing = Standing { batches: Vec::new(), hosts: Hosts::default() };
        let caps = Caps::new(&frozen.plan, &frozen.names, []);
        let lost = caps.lost(state);
        for (rollout, names) in frozen.plan.rollouts.iter().zip(&frozen.names.rollouts) {
            let first = standing.batches.len();
            for (planned, group) in rollout.batches.iter().zip(&names.batches) {
                let mut batch = BatchStanding::of(report, state, rollout, (planned, group));
                batch.held = batch.held_by_caps(&caps, &lost);
                standing.hosts.add(&batch);
                standing.batches.push(batch);
            }
            let of_version = &mut standing.batches[first..];
            if let Some(now) = report.now {
                close(of_version, rollout, now);
            }
            if let Some(next) = of_version.iter_mut().find(|batch| batch.step == Step::Waiting) {
                next.is_next = true;
            }
        }
        standing
    }

    /// How many of a hundred hosts are done; all only where each is.
    pub fn percent(&self) -> usize {
        (self.hosts.done * 100).checked_div(self.hosts.all).unwrap_or(100)
    }
}

impl Hosts {
    fn add(&mut self, batch: &BatchStanding<'_>) {
        let (done, lost) = (batch.done.len(), batch.lost.len());
        let rest = batch.hosts.saturating_sub(done + lost);
        self.all += batch.hosts;
        match (batch.is_back, batch.step) {
            (_, Step::Waiting) => self.waiting += batch.hosts,
            // back at another version, which is none of the plan's
            (true, Step::Done(_)) => {
                self.waiting += done + rest;
                self.lost += lost;
            }
            (true, _) => {
                self.waiting += done;
                self.lost += lost;
                self.begun += rest;
            }
            (false, _) => {
                self.done += done;
                self.lost += lost;
                self.begun += rest;
            }
        }
        if batch.whole.is_some() {
            self.begun -= rest;
            self.lost += rest;
        }
    }
}

impl<'r> BatchStanding<'r> {
    fn of(
        report: &StatusReport<'r, '_>,
        state: &'r State,
        rollout: &'r Rollout<'_>,
        (planned, group): (&'r Planned<'_>, &'r str),
    ) -> Self {
        let known = state.batches.get(group);
        let hosts = || planned.hosts.iter().copied();
        BatchStanding {
            group,
            hosts: planned.hosts.len(),
            known,
            step: known.map_or(Step::Waiting, |batch| step(report, state, batch)),
            done: known.map(|batch| hosts().filter(|host| batch.done.contains(*host)).collect()).unwrap_or_default(),
            left: hosts()
                .filter(|host| !known.is_some_and(|batch| batch.done.contains(*host) || batch.lost.contains_key(*host)))
                .collect(),
            lost: known
                .map(|batch| hosts().filter_map(|host| Some((host, batch.lost.get(host)?))).collect())
                .unwrap_or_default(),
            whole: known.and_then(|batch| match &batch.progress {
                Progress::Lost { whole, .. } => whole.as_ref(),
                Progress::Begun { .. } | Progress::Done { .. } => None,
            }),
            approval: state.approvals.get(group),
            watched: known.and_then(|batch| batch.watched.as_ref()),
            is_back: known.is_some_and(|batch| batch.direction == Direction::Back),
            back_to: known.and_then(|batch| batch.back_to.as_deref()),
            back_because: known.and_then(|batch| batch.back_because.as_deref()),
            conduct: rollout.conduct_of(planned),
            on_failure: rollout.conduct.on_failure,
            rollback_to: rollout.conduct.rollback_to.as_deref(),
            held: None,
            is_next: false,
        }
    }

    /// Whether the hosts that are left of it would be too many beside those that are lost.
    fn held_by_caps(&self, caps: &Caps<'_>, lost: &LostHosts<'_>) -> Option<Held> {
        if matches!(self.step, Step::Done(_) | Step::Running(_)) && !self.is_back {
            return None;
        }
        let hosts: Vec<&str> = self.left.iter().copied().chain(self.lost.iter().map(|(host, _)| *host)).collect();
        caps.exceeded(lost, &hosts).map(|exceeded| {
            let why = exceeded.why();
            Held { by: "cap", says: why.clone(), why, until: None }
        })
    }
}

impl Held {
    fn until_open(closed: &Closed, now: SystemTime) -> Self {
        let until = closed.opens.as_ref().map(|opens| humantime::format_rfc3339_seconds(opens.at).to_string());
        Held { by: closed.by.as_str(), why: closed.why.clone(), until, says: closed.says(now) }
    }
}

/// Asks of each batch that waits or is to go on whether its windows are open; those with the same windows and bake are asked once.
fn close(batches: &mut [BatchStanding<'_>], rollout: &Rollout<'_>, now: SystemTime) {
    let mut before: Option<(&Conduct, u64, Option<Closed>)> = None;
    for (place, (batch, planned)) in batches.iter_mut().zip(&rollout.batches).enumerate() {
        let conduct = batch.conduct;
        let is_to_begin = match batch.step {
            Step::Running(_) => false,
            // those of it that are lost may be tried again
            Step::Done(_) => !batch.lost.is_empty(),
            Step::Waiting | Step::Interrupted(_) | Step::Lost(_) => true,
        } && !batch.is_back;
        if !is_to_begin || (conduct.windows.is_empty() && conduct.blackouts.is_empty()) {
            continue;
        }
        // what comes last is watched only where something is measured
        let is_watched = place + 1 < rollout.batches.len() || !conduct.gates.is_empty();
        let room = if is_watched { planned.bake } else { 0 };
        let closed = match before.take() {
            Some((same, bake, closed)) if std::ptr::eq(same, conduct) && bake == room => closed,
            _ => opening(&conduct.windows, &conduct.blackouts, now, Duration::from_secs(room)).err(),
        };
        batch.held = batch.held.take().or_else(|| closed.as_ref().map(|closed| Held::until_open(closed, now)));
        before = Some((conduct, room, closed));
    }
}

fn step<'r>(report: &StatusReport<'_, '_>, state: &State, batch: &'r Batch) -> Step<'r> {
    match &batch.progress {
        Progress::Begun { since, run } => {
            let goes_on = report.is_alive() && state.open_run().is_some_and(|open| open.id == *run);
            // what a killed run has started may hold the lock and still deploy
            if goes_on || report.locked { Step::Running(since) } else { Step::Interrupted(since) }
        }
        Progress::Lost { at, .. } => Step::Lost(at),
        Progress::Done { at } => Step::Done(at),
    }
}
