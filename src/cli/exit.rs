//! Exit codes.

use regal_inventory::error::Code;

use super::messages;

/// All is done.
pub const DONE: u8 = 0;
/// Bad input.
pub const BAD_INPUT: u8 = 1;
/// The inventory says something else than when the plan was frozen.
pub const DRIFT: u8 = 3;

/// Returns the code of an error: that of drift where there is nothing else, otherwise that of bad input.
pub fn code_of(error: &anyhow::Error) -> u8 {
    let problems = messages::problems(error);
    let is_drift = !problems.is_empty() && problems.iter().all(|problem| problem.code == Code::Drift);
    if is_drift { DRIFT } else { BAD_INPUT }
}
