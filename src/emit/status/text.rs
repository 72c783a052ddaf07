//! Where a rollout stands, for people.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use super::standing::{BatchStanding, Standing, Step};
use super::{StatusReport, gates};
use crate::emit::log::seconds;
use crate::emit::look::{Ink, Line, Look};
use crate::record::process::Liveness;
use crate::record::{Direction, Health, Loss, Now, Run};
use crate::shown::cut;
use crate::wording::count;

/// What is said of a record whose last line is not whole.
pub(super) const TORN: &str = "the record ends with a part of a line, which is no event: its write was cut off";
/// The most lost hosts of a batch that are named.
const NAMED: usize = 10;
/// The most characters of what a host said.
const LONGEST: usize = 100;

pub(super) fn write(
    report: &StatusReport<'_, '_>,
    standing: &Standing<'_>,
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    let path = report.frozen.path.display().to_string();
    let mut lines = vec![Line::of(Ink::Title, path).and(Ink::Plain, format!(": {}", summary(report, standing)))];
    lines.push(run(report).into());
    if report.torn {
        lines.push(Line::of(Ink::Busy, TORN));
    }
    let width = |of: fn(&BatchStanding<'_>) -> usize| standing.batches.iter().map(of).max().unwrap_or_default();
    let names = standing.batches.iter().map(|batch| look.measure(batch.group)).max().unwrap_or_default();
    let hosts = width(|batch| count(batch.hosts, "host").len());
    for batch in &standing.batches {
        let size = count(batch.hosts, "host");
        let start = Line::of(Ink::Group, format!("  {}", look.pad(batch.group, names)));
        lines.push(start.and(Ink::Plain, format!("  {size:>hosts$}  ")).and(ink(batch), state(batch)));
        lines.extend(gates::of(batch).iter().map(|gate| {
            let said = Line::of(Ink::Plain, format!("      {}  {}  ", gate.name, gate.line()));
            said.and(ink_of(gate.verdict), gate.words())
        }));
        let lost =
            |(host, loss): &(&str, &Loss)| Line::of(Ink::Bad, format!("      {host}")).and(Ink::Plain, why(loss));
        lines.extend(batch.lost.iter().take(NAMED).map(lost));
        let more = batch.lost.len().saturating_sub(NAMED);
        if more > 0 {
            lines.push(format!("      … and {more} more").into());
        }
    }
    lines.into_iter().try_for_each(|line| look.write(line, None, out))
}

/// The color of what a gate says.
fn ink_of(verdict: Health) -> Ink {
    match verdict {
        Health::Ok => Ink::Good,
        Health::Failed => Ink::Bad,
        Health::Inconclusive | Health::Waiting | Health::Other => Ink::Busy,
    }
}

/// The color of how far a batch is.
fn ink(batch: &BatchStanding<'_>) -> Ink {
    match batch.step {
        Step::Waiting => Ink::Faint,
        Step::Running(_) | Step::Interrupted(_) => Ink::Busy,
        Step::Lost(_) => Ink::Bad,
        Step::Done(_) if batch.lost.is_empty() => Ink::Good,
        Step::Done(_) => Ink::Busy,
    }
}

pub(super) fn write_list(reports: &[StatusReport<'_, '_>], look: Look, out: &mut impl Write) -> io::Result<()> {
    for report in reports {
        let standing = Standing::of(report);
        let file = report.frozen.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let rest = format!(": {}; {}", summary(report, &standing), run(report));
        look.write(Line::of(Ink::Title, file).and(Ink::Plain, rest), None, out)?;
    }
    Ok(())
}

/// The numbers of all of it.
fn summary(report: &StatusReport<'_, '_>, standing: &Standing<'_>) -> String {
    let hosts = standing.hosts;
    let mut text = format!("plan {}, {}% done", report.frozen.id, standing.percent());
    text.push_str(&format!(" ({} of {})", hosts.done, count(hosts.all, "host")));
    for (number, word) in [(hosts.lost, "lost"), (hosts.begun, "begun"), (hosts.waiting, "waiting")] {
        if number > 0 {
            text.push_str(&format!(", {number} {word}"));
        }
    }
    text
}

/// Who runs it and what goes on with it, or how the last run ended.
pub(super) fn run(report: &StatusReport<'_, '_>) -> String {
    let Some(run) = report.state.runs.last() else { return "no run has begun".to_string() };
    if let Some((at, end)) = &run.ended {
        let why = match &run.stopped {
            Some((why, Some(group))) => format!(" ({group}: {})", cut(why, LONGEST)),
            Some((why, None)) => format!(" ({})", cut(why, LONGEST)),
            None => String::new(),
        };
        let back = by_itself(run).map(|back| format!("{back}, and ")).unwrap_or_default();
        let ended = format!("{back}ended {at}: {}{why}", end.outcome.words());
        return format!("nobody runs it; the last run, by {}, {ended}", run.start.who);
    }
    let way = match (run.start.direction, &run.start.to) {
        (Direction::Forward, _) => String::new(),
        (Direction::Back, Some(version)) => format!(" back to {version}"),
        (Direction::Back, None) => " back".to_string(),
    };
    let process = &run.start.process;
    let because = run.start.because.as_ref().map(|why| format!(" ({})", cut(why, LONGEST))).unwrap_or_default();
    let by = format!("{way}{because} by {} since {}", run.start.who, run.at);
    match report.liveness {
        Liveness::Alive => format!("run{by} (process {}): {}", process.pid, now(report, run)),
        Liveness::Ended if report.locked => {
            format!("the run{by} was ended by force, and what it started still goes on")
        }
        Liveness::Ended => {
            format!("the run{by} was ended by force: the same command goes on with what is not done")
        }
        Liveness::Unknown => {
            let place = format!("process {} on {}, which cannot be seen from here", process.pid, process.host);
            format!("run{by} ({place}): {}", now(report, run))
        }
    }
}

/// Of a way back that began by itself, where it led and why.
fn by_itself(run: &Run) -> Option<String> {
    let (to, because) = (run.start.to.as_deref()?, run.start.because.as_deref()?);
    Some(format!("went back to {to} by itself ({})", cut(because, LONGEST)))
}

/// What a run is at.
fn now(report: &StatusReport<'_, '_>, run: &Run) -> String {
    match &run.now {
        Now::Between => "between batches".to_string(),
        Now::Batch { group, .. } => group.clone(),
        Now::Bake { group, since, seconds: all } => {
            let left = report.now.and_then(|now| left(since, *all, now));
            let left = left.map(|left| format!(", {} left", seconds(left))).unwrap_or_default();
            format!("{group} is watched for {}{left}", seconds(*all))
        }
    }
}

/// The seconds that are left of as many since a time.
fn left(since: &str, all: u64, now: SystemTime) -> Option<u64> {
    let end = humantime::parse_rfc3339(since).ok()?.checked_add(Duration::from_secs(all))?;
    Some(end.duration_since(now).unwrap_or_default().as_secs().min(all))
}

/// How far a batch is.
pub(super) fn state(batch: &BatchStanding<'_>) -> String {
    let back = if batch.is_back { "going back, " } else { "" };
    let some = match batch.done.len() {
        0 => String::new(),
        done => format!(", {done} done"),
    };
    match batch.step {
        Step::Waiting => {
            let approved = batch.approval.map(|approval| format!(", approved by {}", approval.by)).unwrap_or_default();
            // what is after the next would say the same
            let held = batch.held.as_ref().filter(|held| held.by == "cap" || batch.is_next);
            let held = held.map(|held| format!("; does not begin now: {}", held.says)).unwrap_or_default();
            format!("waiting{approved}{held}")
        }
        Step::Running(since) => format!("{back}running since {since}{some}"),
        Step::Interrupted(since) => format!("{back}interrupted: begun {since}, how it ended is not known{some}"),
        Step::Lost(at) => match batch.whole {
            Some(loss) => format!("{back}lost {at} as a whole{some}{}", why(loss)),
            None => format!("{back}lost {at}: {} of {}{some}", batch.lost.len(), count(batch.hosts, "host")),
        },
        Step::Done(at) => {
            let word = if batch.is_back { "back" } else { "done" };
            let lost = if batch.lost.is_empty() { String::new() } else { format!(", {} lost", batch.lost.len()) };
            format!("{word} {at}{lost}")
        }
    }
}

/// What a host was at, and what it said.
pub(super) fn why(loss: &Loss) -> String {
    let step = loss.step.as_ref().map(|step| format!(" at {}", cut(step, LONGEST))).unwrap_or_default();
    let message = loss.message.as_ref().map(|text| format!(": {}", cut(text, LONGEST))).unwrap_or_default();
    format!("{step}{message}")
}
