//! Which process a run lives as long as, and whether it is still there.

use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::system;

/// A process, so that it is known again and another one of the same number is not taken for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The name of the machine.
    pub host: String,
    /// The number of the process.
    pub pid: u32,
    /// When it was started: on Linux in ticks of the kernel's clock since the machine was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
    /// The start of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// In which processes are numbered: another one in each container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Digits that stand for the machine, whichever name it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
}

/// Whether a process is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It is.
    Alive,
    /// It has ended.
    Ended,
    /// It cannot be seen from here: it is on another machine, or in another container.
    Unknown,
}

impl Process {
    /// This process.
    pub fn current() -> Self {
        Self::of(std::process::id())
    }

    /// A process of this machine and container.
    pub fn of(pid: u32) -> Self {
        Process {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            pid,
            started: number(pid).and_then(system::status).map(|status| status.started),
            boot: system::boot(),
            namespace: system::namespace(),
            machine: system::machine().map(|id| digits(&id)),
        }
    }

    /// Whether it is alive, as far as this process can see.
    pub fn liveness(&self) -> Liveness {
        self.liveness_seen_from(&Process::current())
    }

    /// Whether it is on the machine that `here` is on, and that was not started again since.
    pub(super) fn same_boot(&self, here: &Process) -> bool {
        self.boot.is_some() && self.boot == here.boot
    }

    fn liveness_seen_from(&self, here: &Process) -> Liveness {
        if !self.same_boot(here) {
            // A machine that was started again has none of its processes left; names alone say little, since images are copied.
            let same_machine = self.machine.is_some() && self.machine == here.machine && self.host == here.host;
            let both_known = self.boot.is_some() && here.boot.is_some();
            return if same_machine && both_known { Liveness::Ended } else { Liveness::Unknown };
        }
        if self.namespace.is_none() || self.namespace != here.namespace {
            return Liveness::Unknown;
        }
        let Some(pid) = number(self.pid) else { return Liveness::Ended };
        if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
            return Liveness::Ended;
        }
        match (system::status(pid), self.started) {
            (Some(status), _) if status.has_ended => Liveness::Ended,
            (Some(status), Some(started)) if status.started == started => Liveness::Alive,
            (Some(_), Some(_)) => Liveness::Ended,
            _ => Liveness::Unknown,
        }
    }
}

fn number(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// The number of a machine is not for everybody to read, so that a record has digits made of it.
fn digits(id: &str) -> String {
    let mut text = base16ct::lower::encode_string(&Sha256::digest(format!("regal-inventory {id}")));
    text.truncate(12);
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_process_is_alive_until_it_has_ended() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::of(child.id());
        assert_eq!(process.liveness(), Liveness::Alive);
        // the number is given to another process
        let other = Process { started: process.started.map(|ticks| ticks + 1), ..process.clone() };
        assert_eq!(other.liveness(), Liveness::Ended);
        child.kill().unwrap();
        // a zombie, and then nothing
        while process.liveness() == Liveness::Alive {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert_eq!(process.liveness(), Liveness::Ended);
        child.wait().unwrap();
        assert_eq!(process.liveness(), Liveness::Ended);
    }

    #[test]
    fn what_cannot_be_seen_is_not_known() {
        let here = Process { boot: Some("b".into()), machine: Some("m".into()), ..Process::current() };
        let seen = |process: Process| process.liveness_seen_from(&here);
        assert_eq!(seen(Process { namespace: Some("pid:[1]".into()), ..here.clone() }), Liveness::Unknown);
        assert_eq!(seen(Process { namespace: None, ..here.clone() }), Liveness::Unknown);
        assert_eq!(
            seen(Process { host: "control2".into(), boot: Some("c".into()), ..here.clone() }),
            Liveness::Unknown
        );
        assert_eq!(seen(Process { machine: None, boot: Some("c".into()), ..here.clone() }), Liveness::Unknown);
        assert_eq!(seen(Process { boot: None, ..here.clone() }), Liveness::Unknown);
        // the machine was started again
        assert_eq!(seen(Process { boot: Some("c".into()), ..here.clone() }), Liveness::Ended);
    }
}
