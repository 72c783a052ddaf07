//! A frozen plan and its record, for the commands that need neither sources nor configuration.

use std::path::{Path, PathBuf};

use regal_inventory::error::{Code, Error, Problem, Result};
use regal_inventory::frozen::Frozen;
use regal_inventory::record::Place;
use regal_inventory::session::{self, Shared};
use regal_inventory::text::{Arena, TextMap};

use super::arguments::Arguments;
use super::invocation;

/// Returns the plan that a command is about: its argument, otherwise --plan, otherwise REGAL_PLAN.
///
/// # Errors
/// There is none; there are two.
pub fn named(arguments: &Arguments, place: Option<&Path>, command: &str) -> Result<PathBuf> {
    if place.is_some() && arguments.plan.is_some() {
        let problem = Problem::of(Code::InvalidOption, "two frozen plans are named: by --plan and without an option");
        return Err(problem.hint("name one").into());
    }
    place.map(Path::to_path_buf).or_else(|| invocation::frozen(arguments)).ok_or_else(|| {
        let problem = Problem::of(Code::InvalidOption, "no frozen plan is named");
        Error::from(problem.hint(format!("name one: regal-inventory {command} --plan FILE")))
    })
}

/// Reads a frozen plan, and says where its record is.
///
/// # Errors
/// It is none, or cannot be read.
pub fn open<'a>(
    arena: &'a Arena,
    texts: &'a TextMap<'a>,
    path: &Path,
    record: Option<&Path>,
    shared: &Shared,
) -> Result<(Frozen<'a>, Place)> {
    let frozen = session::read_frozen(arena, texts, path, &shared.pipes)?;
    let place = Place::new(path, &frozen.id, record);
    Ok((frozen, place))
}
