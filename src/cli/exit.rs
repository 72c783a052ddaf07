//! Exit codes.

use regal_inventory::error::Code;

use super::messages;

/// All is done.
pub const DONE: u8 = 0;
/// Bad input.
pub const BAD_INPUT: u8 = 1;
/// The inventory says something else than when the plan was frozen.
pub const DRIFT: u8 = 3;
/// A run waits for approval of its next batch.
pub const WAITING: u8 = 4;
/// A run stopped at a lost batch.
pub const LOST: u8 = 5;
/// Somebody else runs the rollout.
pub const BUSY: u8 = 6;

/// Returns the code of an error: that of drift or of another run where there is nothing else, otherwise that of bad input.
pub fn code_of(error: &anyhow::Error) -> u8 {
    let problems = messages::problems(error);
    let are_all = |code| !problems.is_empty() && problems.iter().all(|problem| problem.code == code);
    match () {
        () if are_all(Code::Drift) => DRIFT,
        () if are_all(Code::RecordBusy) => BUSY,
        () => BAD_INPUT,
    }
}
