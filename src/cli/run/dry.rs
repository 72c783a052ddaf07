//! `--dry-run`: the commands that would run.

use std::io::Write;

use regal_inventory::policy::display_seconds;
use regal_inventory::record::{Direction, State};
use regal_inventory::run::{Batch, Schedule, Way, Work, asks, work};
use regal_inventory::shown::printable;
use regal_inventory::wording::count;

use super::job::Job;

/// Returns the commands for what is left, with what happens between them, as lines of a shell.
pub fn lines(job: &Job<'_>, schedule: &Schedule<'_>, scope: &Schedule<'_>, state: &State, way: Way) -> String {
    let mut text = String::new();
    for step in &scope.steps {
        let works: Vec<(&Batch<'_>, Work<'_>)> =
            step.batches.iter().map(|batch| (batch, work(batch, state, way))).collect();
        let is_left = works.iter().any(|(_, work)| *work != Work::Nothing);
        let is_new = step.batches.iter().all(|batch| state.forward(batch.group).is_none());
        let has_gate = way.direction == Direction::Forward && is_left && is_new;
        if let Some(before) = schedule.before(step).filter(|before| has_gate && asks(before, step, state)) {
            text.push_str(&format!("# after {}, wait for approval of {}\n", before.name(), schedule.call(step)));
        }
        for (batch, work) in works {
            text.push_str(&command(job, batch, work));
        }
        let is_last = schedule.steps.last().is_some_and(|last| last.name() == step.name());
        if way.direction == Direction::Forward && is_left && step.bake() > 0 && !is_last {
            text.push_str(&format!("# watch {} for {}\n", step.name(), display_seconds(step.bake())));
        }
    }
    text
}

fn command(job: &Job<'_>, batch: &Batch<'_>, work: Work<'_>) -> String {
    let hosts = match work {
        Work::Nothing => return String::new(),
        Work::Whole { .. } => batch.hosts.clone(),
        Work::Rest(hosts) => hosts,
    };
    if hosts.is_empty() {
        return format!("# {}: all of its hosts are done\n", batch.group);
    }
    let mut values = job.values(batch, &hosts, None);
    values.hostfile = "{hostfile}".to_string();
    let words = job.templates.deploy.fill(&values);
    let line = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "));
    format!("# {}, {}: {}\n{}\n", batch.group, count(hosts.len(), "host"), hosts.join(" "), printable(&line))
}

/// Prints the commands.
///
/// # Errors
/// Stdout cannot be written to.
pub fn print(
    job: &Job<'_>,
    schedule: &Schedule<'_>,
    scope: &Schedule<'_>,
    state: &State,
    way: Way,
) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(lines(job, schedule, scope, state, way).as_bytes())?;
    out.flush()
}
