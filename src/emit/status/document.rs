//! Where a rollout stands, for programs.

use serde::Serialize;

use super::gates::GateStanding;
use super::standing::{BatchStanding, Held, Standing};
use super::{StatusReport, gates};
use crate::policy::OnFailure;
use crate::record::process::Liveness;
use crate::record::{Direction, Health, Now, Outcome, Run};

/// The version of the document's shape.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub(super) struct Document<'r> {
    schema: u32,
    plan: String,
    plan_id: &'r str,
    record: String,
    /// Of the record: a part of a line at its end.
    torn: bool,
    percent: usize,
    hosts: HostCounts,
    /// The last run.
    run: Option<RunDocument<'r>>,
    /// Whether a process of this machine holds the lock on the record.
    locked: bool,
    /// The groups of the batches that a way back goes through, in its order.
    to_go_back: Vec<&'r str>,
    batches: Vec<BatchDocument<'r>>,
}

#[derive(Serialize)]
struct HostCounts {
    all: usize,
    done: usize,
    lost: usize,
    begun: usize,
    waiting: usize,
}

#[derive(Serialize)]
struct RunDocument<'r> {
    id: &'r str,
    who: &'r str,
    host: &'r str,
    pid: u32,
    since: &'r str,
    direction: Direction,
    to: Option<&'r str>,
    /// Why it goes back by itself.
    because: Option<&'r str>,
    command: &'r [String],
    /// `alive`, `ended`, `unknown` where it cannot be seen.
    process: &'static str,
    doing: Option<Doing<'r>>,
    ended: Option<&'r str>,
    outcome: Option<Outcome>,
    stopped: Option<Stopped<'r>>,
}

#[derive(Serialize)]
struct Doing<'r> {
    what: &'static str,
    group: &'r str,
    since: &'r str,
    seconds: Option<u64>,
}

#[derive(Serialize)]
struct Stopped<'r> {
    why: &'r str,
    group: Option<&'r str>,
}

#[derive(Serialize)]
struct BatchDocument<'r> {
    group: &'r str,
    hosts: usize,
    state: &'static str,
    direction: Option<&'static str>,
    since: Option<String>,
    done: Vec<&'r str>,
    left: Vec<&'r str>,
    lost: Vec<LostDocument<'r>>,
    lost_as_a_whole: Option<LostDocument<'r>>,
    approved_by: Option<&'r str>,
    back_to: Option<&'r str>,
    /// Why it went back by itself; it is not to be rolled out again unasked.
    back_because: Option<&'r str>,
    /// The last time that it was watched.
    watched: Option<Watched<'r>>,
    /// Whether gates judge it while it is watched.
    gates: bool,
    /// What they have measured, the last values.
    measures: Vec<Measures<'r>>,
    /// What follows where it is lost: `stop` or `rollback`.
    on_failure: OnFailure,
    /// The version that a way back leads to.
    rollback_to: Option<&'r str>,
    /// Why it would not begin now.
    held: Option<Held>,
}

#[derive(Serialize)]
struct Measures<'r> {
    gate: &'r str,
    verdict: Health,
    why: Option<&'r str>,
    values: Vec<Option<f64>>,
}

#[derive(Serialize)]
struct Watched<'r> {
    since: &'r str,
    seconds: u64,
}

#[derive(Serialize)]
struct LostDocument<'r> {
    host: Option<&'r str>,
    at: &'r str,
    step: Option<&'r str>,
    message: Option<&'r str>,
}

#[derive(Serialize)]
pub(super) struct List<'r> {
    schema: u32,
    rollouts: Vec<Document<'r>>,
}

pub(super) fn list<'r>(reports: &'r [StatusReport<'r, '_>]) -> List<'r> {
    List { schema: SCHEMA, rollouts: reports.iter().map(|report| of(report, &Standing::of(report))).collect() }
}

pub(super) fn of<'r>(report: &StatusReport<'r, '_>, standing: &Standing<'r>) -> Document<'r> {
    let hosts = standing.hosts;
    Document {
        schema: SCHEMA,
        plan: report.frozen.path.display().to_string(),
        plan_id: &report.frozen.id,
        record: report.record.display().to_string(),
        torn: report.torn,
        percent: standing.percent(),
        hosts: HostCounts {
            all: hosts.all,
            done: hosts.done,
            lost: hosts.lost,
            begun: hosts.begun,
            waiting: hosts.waiting,
        },
        run: report.state.runs.last().map(|run| run_document(report, run)),
        locked: report.locked,
        to_go_back: report.state.to_go_back(),
        batches: standing.batches.iter().map(batch_document).collect(),
    }
}

fn run_document<'r>(report: &StatusReport<'r, '_>, run: &'r Run) -> RunDocument<'r> {
    let process = match report.liveness {
        _ if run.ended.is_some() => "ended",
        Liveness::Alive => "alive",
        Liveness::Ended => "ended",
        Liveness::Unknown => "unknown",
    };
    RunDocument {
        id: &run.id,
        who: &run.start.who,
        host: &run.start.process.host,
        pid: run.start.process.pid,
        since: &run.at,
        direction: run.start.direction,
        to: run.start.to.as_deref(),
        because: run.start.because.as_deref(),
        command: &run.start.command,
        process,
        doing: doing(&run.now),
        ended: run.ended.as_ref().map(|(at, _)| at.as_str()),
        outcome: run.outcome(),
        stopped: run.stopped.as_ref().map(|(why, group)| Stopped { why, group: group.as_deref() }),
    }
}

fn doing(now: &Now) -> Option<Doing<'_>> {
    match now {
        Now::Between => None,
        Now::Batch { group, since } => Some(Doing { what: "batch", group, since, seconds: None }),
        Now::Bake { group, since, seconds } => Some(Doing { what: "bake", group, since, seconds: Some(*seconds) }),
    }
}

fn measures<'r>(gate: &GateStanding<'r>) -> Measures<'r> {
    Measures {
        gate: gate.name,
        verdict: gate.verdict,
        why: gate.why,
        values: gate.measures.iter().map(|measured| measured.value).collect(),
    }
}

fn batch_document<'r>(batch: &BatchStanding<'r>) -> BatchDocument<'r> {
    let lost = |host, loss: &'r crate::record::Loss| LostDocument {
        host,
        at: &loss.at,
        step: loss.step.as_deref(),
        message: loss.message.as_deref(),
    };
    let direction = if batch.is_back { "back" } else { "forward" };
    BatchDocument {
        group: batch.group,
        hosts: batch.hosts,
        state: batch.step.word(),
        direction: batch.step.since().map(|_| direction),
        since: batch.step.since().map(String::from),
        done: batch.done.clone(),
        left: batch.left.clone(),
        lost: batch.lost.iter().map(|(host, loss)| lost(Some(host), loss)).collect(),
        lost_as_a_whole: batch.whole.map(|loss| lost(None, loss)),
        back_to: batch.back_to,
        back_because: batch.back_because,
        approved_by: batch.approval.map(|approval| approval.by.as_str()),
        watched: batch.watched.map(|(since, seconds)| Watched { since, seconds: *seconds }),
        gates: !batch.conduct.gates.is_empty(),
        measures: gates::of(batch).iter().map(measures).collect(),
        on_failure: batch.on_failure,
        rollback_to: batch.rollback_to,
        held: batch.held.clone(),
    }
}
