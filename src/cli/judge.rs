//! `judge`: asks the gates of a batch whether it is well.

use std::io::Write;
use std::time::{Duration, SystemTime};

use regal_inventory::emit::log;
use regal_inventory::error::{Code, Error, Problem, Result};
use regal_inventory::record::{self, Event, Health, Place, Writer};
use regal_inventory::run::{Batch, Schedule, Values};
use regal_inventory::session::Shared;
use regal_inventory::shown::{Shown, printable};
use serde::Serialize;

use super::arguments::{AnswerFormat, Arguments, JudgeOptions};
use super::invocation::Invocation;
use super::judging::{Judging, Rollout, addresses};
use super::on_event::Brief;
use super::{exit, messages};

/// The longest wait until signals are looked at.
const TICK: Duration = Duration::from_millis(200);

/// Judges batches of a frozen plan, and returns the exit code.
///
/// # Errors
/// Bad input; a record that cannot be written.
pub fn run(
    arguments: &Arguments,
    invocation: &Invocation<'_>,
    options: &JudgeOptions,
    shared: &Shared,
) -> anyhow::Result<u8> {
    let Some(frozen) = invocation.session.frozen() else {
        let problem = Problem::of(Code::InvalidOption, "no frozen plan is named");
        return Err(Error::from(problem.hint("save one with plan --save FILE, then name it: --plan FILE")).into());
    };
    let brief = Brief::new(arguments, &options.on_event, frozen)?;
    let planned = invocation.session.plan()?;
    messages::warnings(&planned.warnings, invocation.color);
    let schedule = Schedule::new(&frozen.plan, &frozen.names, &planned.plan, false);
    let batches = options.batches.iter().map(|wanted| find(&schedule, wanted)).collect::<Result<Vec<_>>>()?;
    let time = time(&batches, options)?;
    let place = Place::new(&frozen.path, &frozen.id, options.record.record.as_deref());
    let state = record::fold(&place.read()?);
    let mut writer = match (options.once, &options.run, state.open_run()) {
        (true, ..) | (_, None, None) => None,
        _ => Some(Writer::join(place, options.run.as_deref(), SystemTime::now)?),
    };
    let addresses = addresses(&batches, &planned, options.by_name)?;
    let execution = invocation.session.execution();
    let rollout = Rollout { schedule: &schedule, state: &state, addresses: &addresses, execution };
    let values = |batch: &Batch<'_>| Values {
        group: batch.group.to_string(),
        version: batch.version.to_string(),
        batch: batch.stage.to_string(),
        index: batch.stage.index().to_string(),
        hosts: batch.hosts.join(","),
        hostfile: String::new(),
        plan: frozen.path.display().to_string(),
    };
    // commands that it started end before it does
    let _held = shared.interrupt.hold();
    let mut judging = Judging::new(&batches, &rollout, values, time)?;
    for (group, gate) in judging.left_out() {
        messages::lines(&format!(
            "judge: {group}: gate {gate} is not asked: no host of the version is left that is not updated yet"
        ));
    }
    let post = writer.as_mut().map(|writer| brief.open(writer)).transpose()?.flatten();
    // by hand one wants to see what each of them says
    while !judging.is_over() || options.once && judging.is_asking() {
        if shared.interrupt.signal().is_some() {
            break;
        }
        for event in judging.turn(TICK) {
            say(&event, options.format);
            if let Some(writer) = &mut writer {
                writer.append(event)?;
                brief.send(post.as_ref(), writer);
            }
        }
    }
    if let Some(writer) = &mut writer {
        brief.close(post, writer)?;
    }
    Ok(if judging.said() == Some(Health::Ok) { exit::DONE } else { exit::LOST })
}

/// For how long; nothing for once.
fn time(batches: &[&Batch<'_>], options: &JudgeOptions) -> Result<Option<Duration>> {
    if let Some(batch) = batches.iter().find(|batch| batch.conduct.gates.is_empty()) {
        let problem = Problem::of(Code::InvalidOption, format!("{} has no gates to ask", batch.group));
        return Err(problem.hint("gates: of a configuration is part of the plans that are saved with it").into());
    }
    if options.once {
        return Ok(None);
    }
    let bake = batches.iter().map(|batch| batch.bake).max().unwrap_or(0);
    Ok(Some(Duration::from_secs(options.seconds.unwrap_or(bake))))
}

/// The batch of this group, or the only one of this stage.
fn find<'s, 'p>(schedule: &'s Schedule<'p>, wanted: &str) -> Result<&'s Batch<'p>> {
    let is_it = |batch: &&Batch<'_>| batch.group == wanted || batch.stage.to_string() == wanted;
    let found: Vec<&Batch<'p>> = schedule.batches().filter(is_it).collect();
    let names = |batches: &[&Batch<'_>]| batches.iter().map(|batch| batch.group).collect::<Vec<_>>().join(", ");
    match found.as_slice() {
        [batch] => Ok(batch),
        [] => {
            let all: Vec<&Batch<'_>> = schedule.batches().take(20).collect();
            let message = format!("{}: the plan has no such batch", Shown::new(wanted));
            Err(Problem::of(Code::NoSuchBatch, message).hint(format!("there are {}", names(&all))).into())
        }
        several => {
            let message = format!("{}: several versions have such a batch", Shown::new(wanted));
            Err(Problem::of(Code::InvalidOption, message).hint(format!("name one: {}", names(several))).into())
        }
    }
}

/// Prints what was found. There is nothing to do about a stdout that cannot be written to.
fn say(event: &Event, format: AnswerFormat) {
    #[derive(Serialize)]
    struct Document<'e> {
        schema: u32,
        #[serde(flatten)]
        event: &'e Event,
    }
    let line = match format {
        AnswerFormat::Text => Some(printable(&log::words(event)).into_owned()),
        AnswerFormat::Json => serde_json::to_string(&Document { schema: record::SCHEMA, event }).ok(),
    };
    if let Some(line) = line {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}
