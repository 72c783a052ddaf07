//! The processes that a process started, and those that they started.

use std::collections::HashMap;

use rustix::process::{Pid, Signal, kill_process};

use crate::system;

/// Processes with the times at which they started: a number may become another's.
pub struct Descent(Vec<(Pid, u64)>);

impl Descent {
    /// All below a process.
    pub fn of(process: Pid) -> Self {
        let mut children: HashMap<i32, Vec<(Pid, u64)>> = HashMap::new();
        for (pid, status) in system::processes() {
            children.entry(status.parent).or_default().push((pid, status.started));
        }
        let mut found = children.remove(&process.as_raw_pid()).unwrap_or_default();
        let mut next = 0;
        while let Some((pid, _)) = found.get(next) {
            found.extend(children.remove(&pid.as_raw_pid()).unwrap_or_default());
            next += 1;
        }
        Descent(found)
    }

    /// Those that are still there.
    fn alive(&self) -> impl Iterator<Item = Pid> + '_ {
        let same = |(pid, started): &(Pid, u64)| system::status(*pid).is_some_and(|now| now.started == *started);
        self.0.iter().copied().filter(same).map(|(pid, _)| pid)
    }

    /// Whether any is still there.
    pub fn is_alive(&self) -> bool {
        self.alive().next().is_some()
    }

    /// Sends a signal to all; one that is gone already is not a failure.
    pub fn signal(&self, signal: Signal) {
        for pid in self.alive() {
            let _ = kill_process(pid, signal);
        }
    }
}
