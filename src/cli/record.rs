//! `record`: adds to the record of a frozen plan what somebody else does with it, such as a playbook.

use std::collections::HashSet;
use std::time::SystemTime;

use regal_inventory::error::{Code, Error, Location, Problem, Result, io_message};
use regal_inventory::frozen::Frozen;
use regal_inventory::nearest;
use regal_inventory::record::process::Process;
use regal_inventory::record::{
    Bake, Batch, Begin, Direction, Done, End, Event, Hosts, IgnoreWindows, Lost, Outcome, Place, Start, State, Stop,
    Writer,
};
use regal_inventory::run::{Schedule, counts};
use regal_inventory::session::Shared;
use regal_inventory::shown::Shown;
use regal_inventory::text::{Arena, TextMap};

use super::arguments::{Arguments, EndOutcome, HostsOptions, RecordEvent, RecordOptions, StartOptions};
use super::on_event::Brief;
use super::output::Sink;
use super::{rollout, who};

/// Appends what the command names. All of it is checked before any of it is appended.
///
/// # Errors
/// There is no frozen plan, or it has no such batch or host; no run is open, or another one is alive; the record cannot be read or written.
pub fn run(arguments: &Arguments, options: &RecordOptions, sink: Sink<'_>, shared: &Shared) -> anyhow::Result<()> {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let path = rollout::named(arguments, None, "record EVENT")?;
    let (frozen, place) = rollout::open(&arena, &texts, &path, options.record.record.as_deref(), shared)?;
    let brief = Brief::new(arguments, &options.on_event, &frozen)?;
    if let RecordEvent::Start(start) = &options.event {
        return begin_run(place, options, start, sink, &brief);
    }
    let mut writer = Writer::join(place, options.run.as_deref(), SystemTime::now)?;
    let way = writer.run().and_then(|id| writer.state().run(id)).map_or(Direction::Forward, |run| run.start.direction);
    let events = events(&frozen, writer.state(), way, &options.event)?;
    brief.append(&mut writer, |writer| events.into_iter().try_for_each(|event| writer.append(event)))
}

/// Begins a run, and prints its id.
fn begin_run(
    place: Place,
    options: &RecordOptions,
    start: &StartOptions,
    sink: Sink<'_>,
    brief: &Brief<'_, '_>,
) -> anyhow::Result<()> {
    if options.run.is_some() {
        let problem = Problem::of(Code::InvalidOption, "a run that starts has no id yet");
        return Err(Error::from(problem.hint("leave out --run")).into());
    }
    let started = Start {
        who: who::who(),
        process: process(start)?,
        // this program has ended long before the run has
        locks: false,
        command: start.command.iter().cloned().collect(),
        direction: if start.back_to.is_some() { Direction::Back } else { Direction::Forward },
        to: start.back_to.clone(),
        because: start.because.clone(),
    };
    // what an earlier run left behind has the lock
    let mut writer = Writer::open(place, SystemTime::now)?;
    brief.append(&mut writer, |writer| writer.begin_run(started, start.take_over).map(drop))?;
    sink.write(format!("{}\n", writer.run().unwrap_or_default()).as_bytes())
}

fn process(start: &StartOptions) -> Result<Process> {
    let parent = || rustix::process::getppid().and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
    let process = start.process.or_else(parent).map(Process::of);
    process.filter(|process| process.started.is_some()).ok_or_else(|| {
        let number = start.process.map_or_else(String::new, |number| format!(" {number}"));
        let problem =
            Problem::of(Code::InvalidOption, format!("there is no process{number} that the run could live as long as"));
        problem.hint("name the process that deploys: --process PID").into()
    })
}

/// What is appended, by a run that goes this way.
fn events(frozen: &Frozen<'_>, state: &State, way: Direction, event: &RecordEvent) -> Result<Vec<Event>> {
    let has = |group: &String| batch(frozen, group).map(|_| group.clone());
    Ok(match event {
        RecordEvent::Start(_) => Vec::new(),
        RecordEvent::Begin { groups, rest } => {
            let groups = groups.iter().map(has).collect::<Result<Vec<_>>>()?;
            groups.into_iter().map(|group| Event::Begin(Begin { group, rest: *rest })).collect()
        }
        RecordEvent::Done { hosts, let_pass, hosts_only } => {
            let (group, whole, here) = done(frozen, begun(frozen, state, way, hosts)?, hosts)?;
            let is_done = !hosts_only && (whole || *let_pass);
            vec![if is_done {
                Event::Done(Done { group, hosts: here })
            } else {
                Event::HostsDone(Hosts { group, hosts: here })
            }]
        }
        RecordEvent::Lost { hosts, step, message } => {
            begun(frozen, state, way, hosts)?;
            let lost = |host| {
                let (group, step, message) = (hosts.group.clone(), step.clone(), message.clone());
                Event::Lost(Lost { group, host, step, message })
            };
            match named(frozen, hosts)? {
                Some(hosts) => hosts.into_iter().map(|host| lost(Some(host))).collect(),
                None => vec![lost(None)],
            }
        }
        RecordEvent::Bake { group, seconds, cut_short } => {
            vec![Event::Bake(Bake { group: has(group)?, seconds: *seconds, cut_short: *cut_short })]
        }
        RecordEvent::IgnoreWindows { group } => {
            vec![Event::IgnoreWindows(IgnoreWindows { group: has(group)?, by: who::who() })]
        }
        RecordEvent::Stop { why, group } => {
            vec![Event::Stop(Stop { why: why.clone(), group: group.as_ref().map(has).transpose()? })]
        }
        RecordEvent::End { outcome } => vec![end(frozen, state, way, *outcome)],
    })
}

/// What is known of a batch that hosts are recorded of. Before it has begun, nothing that became of them would count.
fn begun<'s>(frozen: &Frozen<'_>, state: &'s State, way: Direction, options: &HostsOptions) -> Result<&'s Batch> {
    let group = &options.group;
    batch(frozen, group)?;
    state.batches.get(group).filter(|known| known.direction == way).ok_or_else(|| {
        let problem = Problem::of(Code::InvalidOption, format!("{} has not begun", Shown::new(group)));
        problem
            .at(whole(frozen))
            .hint(format!("record that first: regal-inventory record begin {}", Shown::new(group)))
            .into()
    })
}

/// The group of a batch, whether all of it is done, and the hosts of it that are now.
fn done(frozen: &Frozen<'_>, known: &Batch, options: &HostsOptions) -> Result<(String, bool, Vec<String>)> {
    let (group, all) = (options.group.clone(), batch(frozen, &options.group)?);
    let Some(hosts) = named(frozen, options)? else {
        let hosts = all.iter().filter(|host| !known.lost.contains_key(**host)).map(ToString::to_string).collect();
        return Ok((group, true, hosts));
    };
    let given: HashSet<&str> = hosts.iter().map(String::as_str).collect();
    let is_whole = all.iter().all(|host| given.contains(host) || known.done.contains(*host));
    Ok((group, is_whole, hosts))
}

/// The end of a run, which on the way back counts the batches that were begun.
fn end(frozen: &Frozen<'_>, state: &State, direction: Direction, outcome: EndOutcome) -> Event {
    let mut schedule = Schedule::new(&frozen.plan, &frozen.names, &frozen.plan, false);
    if direction == Direction::Back {
        schedule.steps.retain(|step| step.batches.iter().all(|batch| state.batches.contains_key(batch.group)));
    }
    let outcome = match outcome {
        EndOutcome::Done => Outcome::Done,
        EndOutcome::Waiting => Outcome::Waiting,
        EndOutcome::Lost => Outcome::Lost,
        EndOutcome::Interrupted => Outcome::Interrupted,
        EndOutcome::Failed => Outcome::Failed,
    };
    let counts = counts(&schedule, state, direction);
    Event::End(End { outcome, done: counts.done, lost: counts.lost, waiting: counts.waiting })
}

/// The hosts that are named, all of the batch; nothing where the batch is meant as a whole.
fn named(frozen: &Frozen<'_>, options: &HostsOptions) -> Result<Option<Vec<String>>> {
    let hosts = if options.stdin { lines()? } else { options.hosts.clone() };
    let all: HashSet<&str> = batch(frozen, &options.group)?.iter().copied().collect();
    let problems = hosts.iter().filter(|host| !all.contains(host.as_str())).map(|host| {
        let message = format!("{} is not in {}", Shown::new(host), Shown::new(&options.group));
        let problem = Problem::of(Code::NoSuchHost, message).at(whole(frozen));
        match nearest::name(host, all.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean {}?", Shown::new(near))),
            None => problem.hint("regal-inventory plan --plan lists the hosts of each batch"),
        }
    });
    let problems: Vec<Problem> = problems.collect();
    let none_is_meant = hosts.is_empty() && !options.stdin;
    Error::unless_any(problems, (!none_is_meant).then_some(hosts))
}

fn lines() -> Result<Vec<String>> {
    let text = std::io::read_to_string(std::io::stdin()).map_err(|error| {
        let problem = Problem::of(Code::Unreadable, format!("stdin cannot be read: {}", io_message(&error)));
        Error::from(problem.hint("give the hosts in UTF-8, one per line"))
    })?;
    Ok(text.lines().filter(|line| !line.is_empty()).map(String::from).collect())
}

/// The hosts of a batch of the frozen plan.
fn batch<'f, 'a>(frozen: &'f Frozen<'a>, group: &str) -> Result<&'f [&'a str]> {
    let rollouts = frozen.plan.rollouts.iter().zip(&frozen.names.rollouts);
    let mut batches = rollouts.flat_map(|(rollout, names)| rollout.batches.iter().zip(&names.batches));
    let found = batches.clone().find(|(_, name)| *name == group);
    found.map(|(batch, _)| &*batch.hosts).ok_or_else(|| {
        let problem =
            Problem::of(Code::NoSuchBatch, format!("there is no batch {} in the frozen plan", Shown::new(group)));
        let near = nearest::name(group, batches.by_ref().map(|(_, name)| name.as_str()));
        Error::from(problem.at(whole(frozen)).hint(match near {
            Some(near) => format!("did you mean {}?", Shown::new(near)),
            None => "regal-inventory status lists the batches".to_string(),
        }))
    })
}

fn whole(frozen: &Frozen<'_>) -> Location {
    Location::whole(frozen.path.display().to_string())
}
