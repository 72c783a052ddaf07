//! The record of a rollout: what happened to a frozen plan, one line of JSON an event, in a file that only grows.
//!
//! What is known of a rollout is a fold over the lines (`state`), and nothing else is kept. A line is appended by one write and is
//! on the disk before the call returns (`append`), so that whatever ends a process leaves all events that it was told are
//! recorded, and at most a part of one more, which counts as none. The order of the lines is the order of events; times are for
//! people. A process that lives as long as its run holds a lock of the kernel's on the file (`Writer`); of another one the
//! record says by which process it goes on (`process`).

mod append;
mod event;
mod place;
pub mod process;
mod reading;
mod state;
#[cfg(test)]
mod tests;
mod writer;

pub use event::{Approve, Hosts, SCHEMA};
pub use event::{Bake, Begin, Direction, Done, End, Event, Line, Lost, Outcome, Start, Stop, TakeOver};
pub use event::{Health, HostFailure, IgnoreWindows, Judged, Measured, Unsent};
pub use place::{Place, beside};
pub use reading::{Log, read};
pub use state::{Approval, Batch, Loss, Now, Progress, Run, State, fold};
pub use writer::{Clock, Writer, append_once};
