//! What each operating system tells and does in a way of its own. No other part knows which one it runs on.
//!
//! `linux` asks the kernel, through `/proc`; `portable` asks the programs that macOS and the BSDs have for it. The tests of both
//! run on Linux.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(not(target_os = "linux"), test))]
#[cfg_attr(target_os = "linux", allow(dead_code, reason = "there are only its tests there"))]
mod portable;

#[cfg(target_os = "linux")]
use linux as own;
#[cfg(not(target_os = "linux"))]
use portable as own;

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::Pid;

/// How a folder is opened that is only a place for names.
pub const FOLDER: OFlags = own::FOLDER.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// What the system says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The process that started it, or that took it over.
    pub parent: i32,
    /// When it was started, in whatever unit the system counts: the same number of a process is another one if this differs.
    pub started: u64,
    /// Whether it has ended and only waits to be asked how.
    pub has_ended: bool,
}

/// A process that has a file open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Its name: `ansible-playbook`.
    pub name: String,
}

/// Returns what is known of a process; nothing where there is none, or where it cannot be seen.
pub fn status(pid: Pid) -> Option<Status> {
    own::status(pid)
}

/// Returns all processes that can be seen.
pub fn processes() -> Vec<(Pid, Status)> {
    own::processes()
}

/// Returns a text that stands for this start of the machine: the same in all of its containers, and another one after it was
/// started again.
pub fn boot() -> Option<String> {
    own::boot()
}

/// Returns a text that stands for the machine, whatever it is called.
pub fn machine() -> Option<String> {
    own::machine()
}

/// Returns a text that stands for what processes are numbered in: another one in each container.
pub fn namespace() -> Option<String> {
    own::namespace()
}

/// Returns the processes that have a file open, as far as this user may see them, without this one.
pub fn holders(path: &Path) -> Vec<Holder> {
    own::holders(path)
}

/// Whether a process of this machine holds a lock of `flock` on a file, as far as it can be seen from here.
pub fn is_locked(path: &Path) -> bool {
    own::is_locked(path)
}

/// Returns the signals that this process ignores, a bit each, the lowest for signal 1; none where the system does not tell.
pub fn ignored_signals() -> u64 {
    own::ignored_signals()
}

/// Returns once all that was written to the file system of a file is on its disk.
///
/// # Errors
/// It could not be written.
pub fn sync_file_system(file: &File) -> io::Result<()> {
    own::sync_file_system(file)
}

/// Sees to it that this process gets SIGTERM when the one that started it has ended.
///
/// # Errors
/// The system has no such thing.
pub fn end_with_parent() -> io::Result<()> {
    own::end_with_parent()
}

/// A lock for the time of one append, which does not keep out one of `flock` on the same file; it ends with the process, or when this is
/// dropped.
#[derive(Debug)]
pub struct AppendLock<'f>(
    #[allow(dead_code, reason = "what it is for happens when it is dropped")] own::AppendLock<'f>,
);

impl<'f> AppendLock<'f> {
    /// Takes the lock, or gives nothing where another process has it. Within a process it keeps nobody out.
    ///
    /// # Errors
    /// The file system has no locks; a file beside it cannot be made, where one is needed.
    pub fn try_take(file: &'f File, path: &Path) -> io::Result<Option<Self>> {
        Ok(own::AppendLock::try_take(file, path)?.map(AppendLock))
    }
}
