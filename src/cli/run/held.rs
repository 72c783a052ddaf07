//! A command that is told when the run that started it is killed.

use std::os::unix::process::CommandExt;
use std::process::Command;

use regal_inventory::session::Execution;
use regal_inventory::system;

use super::super::invocation::surroundings;

/// The command of this program that does it, between a run and its command: it tells the kernel, and becomes the command.
pub const NAME: &str = "held-by";

/// Becomes a command that gets SIGTERM when `parent` has ended.
///
/// # Errors
/// The command cannot be run, or no command may be; the parent has ended.
pub fn run(parent: u32, command: &[String], no_exec: bool) -> anyhow::Result<u8> {
    super::refuse(Execution::of(no_exec, &surroundings())?)?;
    system::end_with_parent()?;
    if rustix::process::getppid().map(|pid| pid.as_raw_pid().unsigned_abs()) != Some(parent) {
        anyhow::bail!("the run has ended");
    }
    let Some((program, arguments)) = command.split_first() else { return Ok(super::super::exit::BAD_INPUT) };
    let error = Command::new(program).args(arguments).exec();
    Err(anyhow::Error::from(error).context(format!("{program} cannot be run")))
}
