//! Which process a run lives as long as, and whether it is still there.

use std::path::{Path, PathBuf};

use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A process, so that it is known again and another one of the same number is not taken for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The name of the machine.
    pub host: String,
    /// The number of the process.
    pub pid: u32,
    /// When it was started, in ticks of the kernel's clock since the machine was.
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
            started: stat(pid).map(|stat| stat.started),
            boot: line("/proc/sys/kernel/random/boot_id"),
            namespace: std::fs::read_link("/proc/self/ns/pid").ok().map(|link| link.to_string_lossy().into_owned()),
            machine: line("/etc/machine-id").map(|id| digits(&id)),
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
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let Some(pid) = pid else { return Liveness::Ended };
        if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
            return Liveness::Ended;
        }
        match (stat(self.pid), self.started) {
            (Some(stat), _) if stat.is_zombie => Liveness::Ended,
            (Some(stat), Some(started)) if stat.started == started => Liveness::Alive,
            (Some(_), Some(_)) => Liveness::Ended,
            _ => Liveness::Unknown,
        }
    }
}

/// A process that has a file open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Its name: `ansible-playbook`.
    pub name: String,
}

/// Returns the processes that have a file open, as far as this user may see them, without this one.
pub fn holders(path: &Path) -> Vec<Holder> {
    let Ok(path) = std::fs::canonicalize(path) else { return Vec::new() };
    let numbers = |folder: PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
    };
    let has_open = |pid: &u32| {
        let folder = PathBuf::from(format!("/proc/{pid}/fd"));
        numbers(folder.clone()).any(|fd| std::fs::read_link(folder.join(fd.to_string())).is_ok_and(|to| to == path))
    };
    let others = numbers(PathBuf::from("/proc")).filter(|pid| *pid != std::process::id()).filter(has_open);
    others.map(|pid| Holder { pid, name: line(&format!("/proc/{pid}/comm")).unwrap_or_default() }).collect()
}

/// What the kernel says of a process.
struct Stat {
    is_zombie: bool,
    started: u64,
}

/// The name stands in brackets and may have any characters; the state is the first field behind it, the start the twentieth.
fn stat(pid: u32) -> Option<Stat> {
    let text = String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/stat")).ok()?).into_owned();
    let mut fields = text[text.rfind(')')? + 1..].split_ascii_whitespace();
    let is_zombie = matches!(fields.next()?, "Z" | "X");
    Some(Stat { is_zombie, started: fields.nth(18)?.parse().ok()? })
}

/// The only line of a file.
fn line(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_string()).filter(|text| !text.is_empty())
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

    #[test]
    fn who_has_a_file_open_is_found() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(holders(file.path()), []);
        let reader = std::fs::File::open(file.path()).unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").stdin(reader).spawn().unwrap();
        let found = holders(file.path());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found, [Holder { pid: child.id(), name: "sleep".into() }]);
    }
}
