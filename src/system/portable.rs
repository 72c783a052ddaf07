//! Systems other than Linux, by the programs that macOS and the BSDs have: `ps`, `sysctl` and `lsof`.

use std::fs::{File, OpenOptions};
use std::io;
use std::marker::PhantomData;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use rustix::process::Pid;

use super::{Holder, Status};

pub(super) const FOLDER: OFlags = OFlags::empty();
/// Where the programs are, whatever `PATH` says.
const FOLDERS: [&str; 4] = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"];
/// The columns that [`parse`] reads.
const COLUMNS: &str = "pid=,ppid=,stat=,lstart=";
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub(super) fn status(pid: Pid) -> Option<Status> {
    let text = output("ps", &["-o", COLUMNS, "-p", &pid.as_raw_pid().to_string()])?;
    text.lines().find_map(parse).map(|(_, status)| status)
}

pub(super) fn processes() -> Vec<(Pid, Status)> {
    output("ps", &["-A", "-o", COLUMNS]).unwrap_or_default().lines().filter_map(parse).collect()
}

/// `  42     1 Ss   Sat Nov 28 09:14:03 2026`, with the date as digits, the year first.
fn parse(line: &str) -> Option<(Pid, Status)> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [pid, parent, state, _, month, day, time, year] = fields[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let started = format!("{year}{month:02}{day:0>2}{}", time.replace(':', "")).parse().ok()?;
    let status = Status { parent: parent.parse().ok()?, started, has_ended: state.starts_with('Z') };
    Some((Pid::from_raw(pid.parse().ok()?)?, status))
}

/// macOS has an id for each start; elsewhere it cannot be told.
pub(super) fn boot() -> Option<String> {
    setting("kern.bootsessionuuid")
}

pub(super) fn machine() -> Option<String> {
    setting("kern.uuid").or_else(|| setting("kern.hostuuid"))
}

/// All processes of the machine have one numbering.
pub(super) fn namespace() -> Option<String> {
    Some("system".to_string())
}

pub(super) fn holders(path: &Path) -> Vec<Holder> {
    let Some(path) = path.to_str() else { return Vec::new() };
    parse_holders(&output("lsof", &["-F", "pc", "--", path]).unwrap_or_default())
}

/// A line `p42` for each process and a line `csh` for its name, with lines of other letters between them.
fn parse_holders(text: &str) -> Vec<Holder> {
    let mut holders: Vec<Holder> = Vec::new();
    for line in text.lines() {
        if let Some(pid) = line.strip_prefix('p').and_then(|pid| pid.parse().ok()) {
            holders.push(Holder { pid, name: String::new() });
        } else if let (Some(name), Some(last)) = (line.strip_prefix('c'), holders.last_mut()) {
            last.name = name.to_string();
        }
    }
    holders.retain(|holder| holder.pid != std::process::id());
    holders
}

/// By trying a shared lock, which is given back at once.
pub(super) fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
}

/// Nothing that needs no unsafe code tells it.
pub(super) fn ignored_signals() -> u64 {
    0
}

pub(super) fn sync_file_system(file: &File) -> io::Result<()> {
    rustix::fs::sync();
    file.sync_all()
}

pub(super) fn end_with_parent() -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux ends a command with the run that started it"))
}

/// A lock on a file beside it, since here `fcntl` and `flock` keep each other out.
#[derive(Debug)]
pub(super) struct AppendLock<'f>(
    #[allow(dead_code, reason = "it is open as long as the lock is held")] File,
    PhantomData<&'f File>,
);

impl<'f> AppendLock<'f> {
    pub fn try_take(_: &'f File, path: &Path) -> io::Result<Option<Self>> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(beside)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(AppendLock(lock, PhantomData))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn setting(name: &str) -> Option<String> {
    let text = output("sysctl", &["-n", name])?;
    Some(text.trim().to_string()).filter(|text| !text.is_empty())
}

/// What a program prints, in plain English and UTC; nothing where it is not there. Some say by their exit code that they found nothing.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let program = FOLDERS.iter().map(|folder| Path::new(folder).join(program)).find(|path| path.is_file())?;
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null()).stderr(Stdio::null());
    Some(String::from_utf8_lossy(&command.output().ok()?.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_of_ps_is_read() {
        let (pid, status) = parse("  42     1 Ss   Sat Nov  8 09:14:03 2026").unwrap();
        assert_eq!(pid.as_raw_pid(), 42);
        assert_eq!(status, Status { parent: 1, started: 20_261_108_091_403, has_ended: false });
        assert!(parse(" 7 1 Z+ Thu Jan  1 00:00:00 1970").unwrap().1.has_ended);
        for line in ["", "PID PPID STAT STARTED", "42 1 S Sat Foo 8 09:14:03 2026", "0 0 S Sat Nov 8 09:14:03 2026"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn ps_itself_is_understood() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = Pid::from_child(&child);
        let found = status(pid).unwrap();
        let own = rustix::process::getpid().as_raw_pid();
        assert_eq!((found.parent, found.has_ended), (own, false));
        assert!(found.started > 20_260_000_000_000);
        assert!(processes().contains(&(pid, found)));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(status(pid), None);
    }

    #[test]
    fn lines_of_lsof_are_read() {
        let found = parse_holders("p42\ncansible-playbook\nf3\np43\ncsh\nf0\nf5\n");
        let holder = |pid, name: &str| Holder { pid, name: name.to_string() };
        assert_eq!(found, [holder(42, "ansible-playbook"), holder(43, "sh")]);
        assert_eq!(parse_holders(&format!("p{}\ncmain\n", std::process::id())), []);
    }

    #[test]
    fn one_appends_at_a_time_beside_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rollout.jsonl");
        let file = File::create(&path).unwrap();
        assert!(!is_locked(&path));
        flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
        assert!(is_locked(&path));
        let first = AppendLock::try_take(&file, &path).unwrap();
        assert!(first.is_some());
        assert!(AppendLock::try_take(&file, &path).unwrap().is_none());
        drop(first);
        assert!(AppendLock::try_take(&file, &path).unwrap().is_some());
    }
}
