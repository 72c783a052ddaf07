//! `approve`: lets batches begin that wait for approval.

use std::time::SystemTime;

use regal_inventory::error::{Code, Error, Location, Problem, Result};
use regal_inventory::frozen::Frozen;
use regal_inventory::nearest;
use regal_inventory::record::{Approve, Event, Writer, fold};
use regal_inventory::session::Shared;
use regal_inventory::shown::printable;
use regal_inventory::text::{Arena, TextMap};

use super::arguments::{ApproveOptions, Arguments};
use super::on_event::Brief;
use super::output::Sink;
use super::{rollout, who};

/// Records an approval for each batch, and says so.
///
/// # Errors
/// There is no frozen plan; it has no such batch; the record cannot be read or written.
pub fn run(arguments: &Arguments, options: &ApproveOptions, sink: Sink<'_>, shared: &Shared) -> anyhow::Result<()> {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let path = rollout::named(arguments, None, "approve BATCH")?;
    let (frozen, place) = rollout::open(&arena, &texts, &path, options.record.record.as_deref(), shared)?;
    let groups = groups(&frozen, &options.batches)?;
    let brief = Brief::new(arguments, &options.on_event, &frozen)?;
    let state = fold(&place.read()?);
    let (mut said, mut events) = (String::new(), Vec::new());
    for group in groups {
        let line = match state.approvals.get(group) {
            _ if state.is_done(group) => format!("{group} is done already"),
            Some(approval) => format!("{group} is approved already, by {}", approval.by),
            None => {
                let approve = Approve { group: group.to_string(), by: who::who() };
                events.push(Event::Approve(approve));
                format!("{group} is approved")
            }
        };
        said.push_str(&format!("{}\n", printable(&line)));
    }
    if !events.is_empty() {
        let mut writer = Writer::open_unlocked(place, SystemTime::now)?;
        brief.append(&mut writer, |writer| events.into_iter().try_for_each(|event| writer.append(event)))?;
    }
    sink.write(said.as_bytes())
}

/// The groups of the batches that are named, each by its group or by its step.
fn groups<'f>(frozen: &'f Frozen<'_>, named: &[String]) -> Result<Vec<&'f str>> {
    let mut groups = Vec::new();
    let mut problems = Vec::new();
    for name in named {
        match group(frozen, name) {
            Ok(group) if groups.contains(&group) => {}
            Ok(group) => groups.push(group),
            Err(problem) => problems.push(problem.at(Location::whole(frozen.path.display().to_string()))),
        }
    }
    Error::unless_any(problems, groups)
}

fn group<'f>(frozen: &'f Frozen<'_>, name: &str) -> std::result::Result<&'f str, Problem> {
    let rollouts = frozen.plan.rollouts.iter().zip(&frozen.names.rollouts);
    let batches = rollouts.flat_map(|(rollout, names)| rollout.batches.iter().zip(&names.batches));
    let batches: Vec<_> = batches.map(|(batch, group)| (batch.stage.to_string(), group.as_str())).collect();
    if let Some((_, group)) = batches.iter().find(|(_, group)| *group == name) {
        return Ok(group);
    }
    let same: Vec<&'f str> = batches.iter().filter(|(stage, _)| stage == name).map(|(_, group)| *group).collect();
    match same[..] {
        [group] => Ok(group),
        [] => {
            let problem = Problem::of(Code::NoSuchBatch, format!("there is no batch `{name}` in the frozen plan"));
            let near = nearest::name(name, batches.iter().map(|(_, group)| *group));
            Err(problem.hint(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "regal-inventory status lists the batches".to_string(),
            }))
        }
        _ => {
            let problem = Problem::of(Code::NoSuchBatch, format!("`{name}` may be a batch of several versions"));
            Err(problem.hint(format!("name its group: {}", same.join(", "))))
        }
    }
}
