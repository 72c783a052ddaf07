//! The processes that a process started, and those that they started.

use std::collections::HashMap;

use rustix::process::{Pid, Signal, kill_process};

/// Processes with the times at which they started: a number may become another's.
pub struct Descent(Vec<(Pid, u64)>);

impl Descent {
    /// All below a process, where the system tells it: on Linux.
    pub fn of(process: Pid) -> Self {
        let mut children: HashMap<i32, Vec<(Pid, u64)>> = HashMap::new();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let Some(pid) = number.and_then(Pid::from_raw) else { continue };
            if let Some((parent, started)) = parent_and_start(pid) {
                children.entry(parent).or_default().push((pid, started));
            }
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
        let same = |(pid, started): &(Pid, u64)| parent_and_start(*pid).is_some_and(|(_, now)| now == *started);
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

/// The parent of a process, and when it started, in ticks since the system did.
fn parent_and_start(pid: Pid) -> Option<(i32, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).ok()?;
    // The name, which may hold anything, ends with the last bracket.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?))
}
