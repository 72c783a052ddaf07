//! Salt, with a real master and four minions on loopback.
//!
//! `tests/run` installs Salt; a plain `cargo test` leaves these tests out. They share one master, so they take turns.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answering;
#[path = "salt/batches.rs"]
mod batches;
#[path = "salt/frozen.rs"]
mod frozen;
#[path = "salt/master.rs"]
mod master;
#[path = "salt/names.rs"]
mod names;
#[path = "salt/options.rs"]
mod options;
#[path = "salt/reading.rs"]
mod reading;
#[path = "salt/running.rs"]
mod running;
#[allow(dead_code)]
#[path = "exports/site.rs"]
mod site;
#[path = "salt/ssh.rs"]
mod ssh;
#[path = "salt/ssh_rollout.rs"]
mod ssh_rollout;
#[path = "exports/sshd.rs"]
#[allow(dead_code)]
mod sshd;
