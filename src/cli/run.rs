//! `run`: any command, batch by batch, with a record of what is done.

mod batches;
mod child;
mod dry;
mod ending;
mod held;
mod job;
mod room;
mod telling;
mod voice;
mod watch;
mod way_back;
mod windows;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::time::SystemTime;

use regal_inventory::error::{Code, Error, Problem, Result};
use regal_inventory::plan::{Plan, Rollout, waves};
use regal_inventory::record::process::Process;
use regal_inventory::record::{self, Direction, Place, Start, State, Writer};
use regal_inventory::run::{Caps, Schedule, Way, going_back};
use regal_inventory::session::{Execution, Planned, Shared};
use regal_inventory::shown::Shown;

use super::arguments::RunOptions;
use super::invocation::Invocation;
use super::on_event::Post;
use super::starting::Lock;
use super::{messages, who};
use batches::Run;
use child::Ears;
pub use held::run as held;
use job::Job;
use voice::Voice;

/// Goes through the batches of a frozen plan, and returns the exit code.
///
/// # Errors
/// Bad input; drift; a record that somebody else writes, or that cannot be written.
pub fn run(invocation: &Invocation<'_>, options: &RunOptions, shared: &Shared) -> anyhow::Result<u8> {
    let Some(frozen) = invocation.session.frozen() else {
        let problem = Problem::of(Code::InvalidOption, "no frozen plan is named");
        return Err(Error::from(problem.hint("save one with plan --save FILE, then name it: --plan FILE")).into());
    };
    if !options.dry_run {
        refuse(invocation.session.execution())?;
    }
    let templates = job::Templates::new(options)?;
    let planned = planned(invocation, options)?;
    let schedule = Schedule::new(&frozen.plan, &frozen.names, &planned.plan, options.waves);
    let job = Job::new(templates, &schedule, &planned, options, &frozen.path, invocation.session.execution())?;
    let approved = approved(&schedule, options)?;
    let voice = Voice::new(options.format);
    let caps = Caps::new(&frozen.plan, &frozen.names, gone(&frozen.plan, &planned.plan));
    let place = Place::new(&frozen.path, &frozen.id, options.record.record.as_deref());
    messages::warnings(&planned.warnings, invocation.color);
    let ahead = scope(&schedule, options)?;
    let scope_of = |state: &State| match options.back_to {
        Some(_) => going_back(&schedule, state),
        None => ahead.clone(),
    };
    if options.dry_run {
        let state = record::fold(&place.read()?);
        refuse_another_version(&schedule, &state, options)?;
        if way_back::is_undone(&schedule, &state, options, &voice) {
            return Ok(super::exit::LOST);
        }
        let scope = scope_of(&state);
        dry::print(&job, &schedule, &scope, &state, way(&job, options))?;
        return Ok(super::exit::DONE);
    }
    let mut writer = Writer::open(place, SystemTime::now)?;
    refuse_another_version(&schedule, writer.state(), options)?;
    if way_back::is_undone(&schedule, writer.state(), options, &voice) {
        return Ok(super::exit::LOST);
    }
    if writer.is_torn() {
        voice.say(
            "the end of the record was cut off while it was written: that event is not known, and is written over",
        );
    }
    let start = Start {
        who: who::who(),
        process: Process::current(),
        locks: true,
        command: options.command.clone(),
        direction: way(&job, options).direction,
        to: options.back_to.clone(),
        because: None,
    };
    let post = job.templates.on_event.clone().map(|command| Post::open(command, &mut writer)).transpose()?;
    writer.begin_run(start.clone(), options.take_over)?;
    let (scope, room) = (scope_of(writer.state()), OnceCell::new());
    let ears = Ears::new(&shared.interrupt, Lock::new(writer.share_lock()?)?)?;
    let mut run = Run::new(writer, post, &job, voice, ears, &schedule, &caps, &scope, way(&job, options), options)?;
    let ended = run.go(&approved);
    let way_back = run.way_back(&ended);
    let first = run.close(ended, way_back.is_none());
    let way_back = way_back.filter(|_| first.recorded.is_ok());
    let back = way_back.map(|way_back| run.go_back(&way_back, start, &room));
    run.end(first, back)
}

/// Refuses to call commands where no program may be run.
fn refuse(execution: Execution) -> Result<()> {
    let hint = "--dry-run prints what would be called, and calls nothing";
    execution.permit("the command", hint).map(drop).map_err(Error::from)
}

/// The plan with what today's inventory has of it.
fn planned<'a>(invocation: &Invocation<'a>, options: &RunOptions) -> Result<Planned<'a>> {
    if let Some(first) = invocation.session.settings().limit.first() {
        let problem =
            Problem::of(Code::InvalidOption, "a run goes through whole batches, and a limit leaves hosts out");
        return Err(problem
            .at((*first.at).clone())
            .hint("do without the limit; see --only, --until and --only-canary")
            .into());
    }
    let mut planned = invocation.session.plan()?;
    planned.keep_only(&options.only)?;
    if options.waves {
        waves::waves(&planned.plan, &planned.names)?;
    }
    Ok(planned)
}

/// The hosts of the frozen plan that are no longer in the inventory, of the versions that today's plan has.
fn gone<'p>(frozen: &'p Plan<'p>, today: &Plan<'_>) -> Vec<&'p str> {
    let hosts =
        |rollout: &Rollout<'p>| rollout.batches.iter().flat_map(|batch| batch.hosts.clone()).collect::<Vec<_>>();
    let mut gone = Vec::new();
    for rollout in &frozen.rollouts {
        let Some(today) = today.rollouts.iter().find(|today| today.version == rollout.version) else { continue };
        let here: HashSet<&str> = today.batches.iter().flat_map(|batch| &batch.hosts).copied().collect();
        gone.extend(hosts(rollout).into_iter().filter(|host| !here.contains(host)));
    }
    gone
}

/// The groups that `--approve` names.
fn approved<'p>(schedule: &Schedule<'p>, options: &RunOptions) -> Result<Vec<&'p str>> {
    let mut groups = Vec::new();
    for wanted in &options.approve {
        groups.extend(schedule.groups_of(wanted)?);
    }
    Ok(groups)
}

/// A way back goes on with what an earlier one has left, so that both must lead to one version.
fn refuse_another_version(schedule: &Schedule<'_>, state: &State, options: &RunOptions) -> Result<()> {
    let Some(wanted) = &options.back_to else { return Ok(()) };
    let is_other = |known: &record::Batch| known.back_to.as_ref().is_some_and(|version| version != wanted);
    let other = schedule.batches().find_map(|batch| {
        let known =
            state.batches.get(batch.group).filter(|known| known.direction == Direction::Back && is_other(known))?;
        Some((batch.group, known.back_to.as_deref()?))
    });
    let Some((group, version)) = other else { return Ok(()) };
    let (wanted, version) = (Shown::new(wanted), Shown::new(version));
    let problem =
        Problem::of(Code::Contradiction, format!("--back-to {wanted}: {group} was taken back to {version} before"));
    Err(problem
        .hint(format!("go on with --back-to {version}; to have {wanted} everywhere, plan it and roll it out"))
        .into())
}

/// What this run goes through on the way forward.
fn scope<'p>(schedule: &Schedule<'p>, options: &RunOptions) -> Result<Schedule<'p>> {
    let mut scope = schedule.clone();
    match &options.until {
        Some(last) => scope.keep_until(last)?,
        None if options.only_canary => scope.keep_until("A")?,
        None => {}
    }
    Ok(scope)
}

fn way(job: &Job<'_>, options: &RunOptions) -> Way {
    let direction = if options.back_to.is_some() { Direction::Back } else { Direction::Forward };
    Way { direction, leaves_out: job.templates.deploy.leaves_out(), retries: options.retry_lost }
}
