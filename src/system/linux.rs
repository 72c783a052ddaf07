//! Linux, by what its kernel shows under `/proc`.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, fcntl_lock};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use super::{Holder, Status};

pub(super) const FOLDER: OFlags = OFlags::PATH;

pub(super) fn status(pid: Pid) -> Option<Status> {
    let text = std::fs::read(format!("/proc/{}/stat", pid.as_raw_pid())).ok()?;
    parse_status(&String::from_utf8_lossy(&text))
}

/// The name stands in brackets and may have any characters; the state is the first field behind it, the parent the second and the start,
/// in ticks of the kernel's clock, the twentieth (proc(5)).
fn parse_status(text: &str) -> Option<Status> {
    let mut fields = text[text.rfind(')')? + 1..].split_ascii_whitespace();
    let has_ended = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    Some(Status { parent, started: fields.nth(17)?.parse().ok()?, has_ended })
}

pub(super) fn processes() -> Vec<(Pid, Status)> {
    numbers(Path::new("/proc"))
        .filter_map(|pid| i32::try_from(pid).ok().and_then(Pid::from_raw))
        .filter_map(|pid| Some((pid, status(pid)?)))
        .collect()
}

pub(super) fn boot() -> Option<String> {
    line("/proc/sys/kernel/random/boot_id")
}

pub(super) fn machine() -> Option<String> {
    line("/etc/machine-id")
}

pub(super) fn namespace() -> Option<String> {
    std::fs::read_link("/proc/self/ns/pid").ok().map(|link| link.to_string_lossy().into_owned())
}

pub(super) fn holders(path: &Path) -> Vec<Holder> {
    let Ok(path) = std::fs::canonicalize(path) else { return Vec::new() };
    let has_open = |pid: &u32| {
        let folder = PathBuf::from(format!("/proc/{pid}/fd"));
        numbers(&folder).any(|fd| std::fs::read_link(folder.join(fd.to_string())).is_ok_and(|to| to == path))
    };
    let others = numbers(Path::new("/proc")).filter(|pid| *pid != std::process::id()).filter(has_open);
    others.map(|pid| Holder { pid, name: line(&format!("/proc/{pid}/comm")).unwrap_or_default() }).collect()
}

/// By the kernel's list, since to try the lock would keep out who wants it.
pub(super) fn is_locked(path: &Path) -> bool {
    let (Ok(metadata), Ok(locks)) = (path.metadata(), std::fs::read_to_string("/proc/locks")) else { return false };
    let inode = format!(":{}", metadata.ino());
    locks.lines().any(|line| line.contains(" FLOCK ") && line.split(' ').any(|word| word.ends_with(&inode)))
}

pub(super) fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

pub(super) fn sync_file_system(file: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(file)?)
}

pub(super) fn end_with_parent() -> io::Result<()> {
    Ok(rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?)
}

/// A lock of `fcntl`, which the kernel keeps apart from those of `flock`.
#[derive(Debug)]
pub(super) struct AppendLock<'f>(&'f File);

impl<'f> AppendLock<'f> {
    pub fn try_take(file: &'f File, _: &Path) -> io::Result<Option<Self>> {
        match fcntl_lock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(AppendLock(file))),
            Err(Errno::AGAIN | Errno::ACCESS) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for AppendLock<'_> {
    fn drop(&mut self) {
        let _ = fcntl_lock(self.0, FlockOperation::Unlock);
    }
}

/// The entries of a folder that are numbers.
fn numbers(folder: &Path) -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The only line of a file.
fn line(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_string()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_may_have_any_characters() {
        let text = "42 (a) b (c 1 2) S 7 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 5151 1 1";
        assert_eq!(parse_status(text), Some(Status { parent: 7, started: 5151, has_ended: false }));
        assert_eq!(parse_status(&text.replace(") S", ") Z")).map(|status| status.has_ended), Some(true));
        assert_eq!(parse_status("42 (sh"), None);
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
