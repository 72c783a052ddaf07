//! What `run` does with a frozen plan and its record: which batch is next and what of it, which command is called for it, and what
//! came of that. Nothing here starts a process, reads a clock or writes a file.
//!
//! The plan becomes a `schedule` of steps, one batch each or, with waves, one of each version. For a step, `work` says what is left to
//! do, and what has to happen before it, and `caps` whether there is room for it beside hosts that are lost. `template` makes a command
//! of the words that the user gave, `results` reads what the command said of single hosts, and `verdict` makes of both what is recorded.

mod caps;
mod results;
mod schedule;
mod template;
#[cfg(test)]
mod tests;
mod verdict;
mod windows;
mod work;

pub use caps::{Caps, Exceeded, LostHosts};
pub use results::{MOST_BYTES, Report, Results, parse as read_results};
pub use schedule::{Batch, Schedule, Step, going_back};
pub use template::{Template, Values, check_version};
pub use verdict::{Verdict, may_lose, verdict};
pub use work::{Counts, Way, Work, asks, bake_left, counts, work};
