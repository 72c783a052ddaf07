//! The batches' groups alone, for a loop of a shell: `ansible-playbook --limit GROUP`.

use std::io::{self, Write};

use crate::plan::names::GroupNames;

/// Writes the name of each batch's group on a line of its own, in plan order.
///
/// # Errors
/// Those of `out`.
pub fn write(names: &GroupNames, out: &mut impl Write) -> io::Result<()> {
    names.rollouts.iter().flat_map(|rollout| &rollout.batches).try_for_each(|group| writeln!(out, "{group}"))
}
