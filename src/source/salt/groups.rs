//! Nodegroups as groups of the inventory.

use crate::error::{Code, Problem};
use crate::salt::{Master, Selection, listed};
use crate::source::Reading;
use crate::text::Pos;

/// So many nodegroups that are not groups have a warning of their own.
const SHOWN: usize = 8;

/// Adds nodegroups as groups; returns those that cannot be. A master has those without harm as long as nobody asks for one, so
/// they are warnings; whoever asks for one gets the error. Where nodegroups alone say which minions there are, it is one here.
pub(super) fn add<'a>(reading: &mut Reading<'_, 'a>, master: &Master<'a>) -> Vec<&'a str> {
    let mut unanswered: Vec<(&'a str, Problem)> = Vec::new();
    for (name, group) in &master.nodegroups {
        match master.select_nodegroup(name) {
            Ok(selection) => add_one(reading, master, name, group.at, selection),
            Err(problem) if master.listed || master.asks_elsewhere(name) => {
                unanswered.push((name, problem.at(reading.texts.locate(group.at))));
            }
            Err(problem) => {
                let message = format!("nodegroup `{name}`: {}", problem.message);
                reading.push(Problem { message, ..problem }.at(reading.texts.locate(group.at)));
            }
        }
    }
    warn_of(reading, &unanswered);
    unanswered.into_iter().map(|(name, _)| name).collect()
}

fn add_one<'a>(reading: &mut Reading<'_, 'a>, master: &Master<'a>, name: &'a str, at: Pos, selection: Selection<'a>) {
    if !selection.unknown.is_empty() && master.listed {
        let unknown: Vec<&str> = selection.unknown.iter().map(String::as_str).collect();
        let message = format!("nodegroup `{name}` lists what is not a minion: {}", listed(&unknown));
        reading.warning(Code::NoMatch, at, message);
    }
    if matches!(name, "all" | "ungrouped") {
        let message = format!("nodegroup `{name}` is not a group here: Ansible has one of that name");
        return reading.warning(Code::Ignored, at, message);
    }
    let added = reading.inventory.add_group(name, at);
    let Some(id) = reading.note(added, at) else { return };
    for minion in selection.minions {
        let listed = reading.inventory.add_host(minion, Some(id), None, at);
        reading.note(listed, at);
    }
}

fn warn_of(reading: &mut Reading<'_, '_>, unanswered: &[(&str, Problem)]) {
    for (name, problem) in unanswered.iter().take(SHOWN) {
        let message = format!("nodegroup `{name}` is not a group here: {}", problem.message);
        reading.found.warn(Problem { message, ..problem.clone() });
    }
    let Some((first, problem)) = unanswered.get(SHOWN) else { return };
    let message = match unanswered.len() - SHOWN - 1 {
        0 => format!("nodegroup `{first}` is not a group here either: {}", problem.message),
        more => format!("nodegroup `{first}` and {more} more are not groups here either: {}", problem.message),
    };
    reading.found.warn(Problem { message, ..problem.clone() });
}
