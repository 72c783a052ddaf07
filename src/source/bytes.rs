//! The bytes of a file or a pipe.
//!
//! A pipe gives its bytes once, and a source is looked at several times: what it is, whether it is Salt's, what it says. So
//! what a pipe gave is kept. What is neither a file, a folder nor a pipe is refused, and nothing is read without an end.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use super::Limits;
use crate::text::Arena;
use crate::wording::count;

/// Bytes read at once.
const PART: usize = 64 << 10;
const LONGER: &str = "check what writes to it; `source_timeout` is how long to wait, 0 for ever";

/// Why something cannot be read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// The reason, as a fragment that fits after `cannot be read: `.
    pub why: String,
    /// What to do, where the reason says it.
    pub hint: Option<String>,
    /// What the system called it.
    pub kind: ErrorKind,
}

impl Unread {
    fn new(why: impl Into<String>, hint: &str) -> Self {
        Unread { why: why.into(), hint: Some(hint.to_string()), kind: ErrorKind::Other }
    }

    /// The way out: that of the reason, or else this one.
    pub fn hint_or(&self, otherwise: &str) -> String {
        self.hint.clone().unwrap_or_else(|| otherwise.to_string())
    }
}

impl From<&std::io::Error> for Unread {
    fn from(error: &std::io::Error) -> Self {
        Unread { why: super::io_message(error), hint: None, kind: error.kind() }
    }
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A folder.
    Folder,
    /// A file with its bytes on a disk.
    File,
    /// A pipe, with or without a name.
    Pipe,
}

/// What a path leads to, links followed.
///
/// # Errors
/// There is nothing, a link leads nowhere, or it is a device, a terminal or a socket.
pub fn nature(path: &Path) -> Result<Nature, Unread> {
    match std::fs::metadata(path) {
        Ok(metadata) => nature_of(&metadata, path),
        Err(error) => Err(missing(path, &error)),
    }
}

fn nature_of(metadata: &Metadata, path: &Path) -> Result<Nature, Unread> {
    const WAY_OUT: &str = "name a file, a folder or a pipe";
    let kind = metadata.file_type();
    if kind.is_dir() {
        Ok(Nature::Folder)
    } else if kind.is_file() {
        Ok(Nature::File)
    } else if kind.is_fifo() {
        Ok(Nature::Pipe)
    } else if kind.is_socket() {
        Err(Unread::new("it is a socket", WAY_OUT))
    } else if is_null(metadata) {
        Err(Unread::new("it is the null device, in which there is nothing", WAY_OUT))
    } else if is_terminal(path) {
        Err(Unread::new("it is a terminal", "give it a file or a pipe: `< FILE` or `PROGRAM |`"))
    } else {
        Err(Unread::new("it is a device", WAY_OUT))
    }
}

/// Whether a device is a terminal by its name, which says so without opening it.
fn is_terminal(path: &Path) -> bool {
    let stdin = path == Path::new("/dev/stdin") && std::io::stdin().is_terminal();
    stdin || path == Path::new("/dev/tty") || path.starts_with("/dev/pts")
}

/// Whether this is `/dev/null`, by whatever name.
fn is_null(metadata: &Metadata) -> bool {
    let null = std::fs::metadata("/dev/null");
    metadata.file_type().is_char_device() && null.is_ok_and(|null| null.rdev() == metadata.rdev())
}

/// Why nothing is there; a link that leads nowhere says where to.
fn missing(path: &Path, error: &std::io::Error) -> Unread {
    match (error.kind(), path.read_link()) {
        (ErrorKind::NotFound, Ok(target)) => {
            let why = format!("it is a link to `{}`, which does not exist", target.display());
            Unread { kind: ErrorKind::NotFound, ..Unread::new(why, "fix the link, or name the file itself") }
        }
        _ => Unread::from(error),
    }
}

/// Whether a path is one of this process's descriptors, such as `/dev/stdin` or `/dev/fd/63`, which are others in a program
/// that it starts.
pub fn is_descriptor(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

/// What was read of pipes, for whoever asks again; copies share it.
#[derive(Clone, Debug, Default)]
pub struct Pipes {
    read: Arc<Mutex<Vec<Known>>>,
    /// Whether none is read.
    refused: bool,
}

/// Device and inode of a pipe, and what it gave.
type Known = ((u64, u64), Result<Arc<[u8]>, Unread>);

impl Pipes {
    /// Pipes that stay as they are: reading one is an error.
    pub fn refused() -> Self {
        Pipes { refused: true, ..Pipes::default() }
    }

    /// The bytes of a file or pipe. The null device is an empty file here: where no inventory is meant, it stands for
    /// nothing.
    ///
    /// # Errors
    /// It cannot be read, is larger than the limit, or did not end in time.
    pub fn read(&self, path: &Path, limits: &Limits) -> Result<Vec<u8>, Unread> {
        if std::fs::metadata(path).is_ok_and(|metadata| is_null(&metadata)) {
            return Ok(Vec::new());
        }
        match open(path)? {
            (mut file, metadata, Nature::File) => whole(&mut file, &metadata, limits),
            (file, metadata, _) => self.pipe(&file, &metadata, limits).map(|bytes| bytes.to_vec()),
        }
    }

    /// The first bytes of a file or pipe, at most `most`.
    ///
    /// # Errors
    /// Those of [`Pipes::read`].
    pub(super) fn head(&self, path: &Path, most: usize, limits: &Limits) -> Result<Vec<u8>, Unread> {
        match open(path)? {
            (file, _, Nature::File) => {
                let mut bytes = Vec::new();
                file.take(most as u64).read_to_end(&mut bytes).map_err(|error| Unread::from(&error))?;
                Ok(bytes)
            }
            (file, metadata, _) => {
                let bytes = self.pipe(&file, &metadata, limits)?;
                Ok(bytes[..bytes.len().min(most)].to_vec())
            }
        }
    }

    /// [`Pipes::read`] into the arena.
    ///
    /// # Errors
    /// Those of [`Pipes::read`].
    pub(crate) fn read_or_nothing<'a>(
        &self,
        arena: &'a Arena,
        path: &Path,
        limits: &Limits,
    ) -> Result<&'a [u8], Unread> {
        let is_null = std::fs::metadata(path).is_ok_and(|metadata| is_null(&metadata));
        if is_null { Ok(&[]) } else { self.read_into(arena, path, limits) }
    }

    /// [`Pipes::read`] into the arena, without a copy on the way where a file says how long it is; the null device is a
    /// device.
    ///
    /// # Errors
    /// Those of [`Pipes::read`].
    pub(crate) fn read_into<'a>(&self, arena: &'a Arena, path: &Path, limits: &Limits) -> Result<&'a [u8], Unread> {
        let (mut file, metadata, nature) = open(path)?;
        if nature == Nature::Pipe {
            return self.pipe(&file, &metadata, limits).map(|bytes| &*arena.alloc_slice_copy(&bytes));
        }
        if !(1..=u64::from(u32::MAX)).contains(&metadata.len()) || metadata.len() > limits.source_bytes {
            return whole(&mut file, &metadata, limits).map(|bytes| &*arena.alloc_slice_copy(&bytes));
        }
        let buffer = arena.alloc_slice_fill_copy(metadata.len() as usize, 0);
        let mut length = 0;
        while length < buffer.len() {
            match file.read(&mut buffer[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Unread::from(&error)),
            }
        }
        Ok(&buffer[..length])
    }

    /// What a pipe gives until its end, or gave before.
    fn pipe(&self, file: &File, metadata: &Metadata, limits: &Limits) -> Result<Arc<[u8]>, Unread> {
        if self.refused {
            return Err(Unread::new("it is a pipe, which is not read here", "name a file"));
        }
        let id = (metadata.dev(), metadata.ino());
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = known.iter().find(|(other, _)| *other == id) {
            return found.clone();
        }
        let found = drained(file, limits).map(Arc::from);
        known.push((id, found.clone()));
        found
    }
}

/// Opens a file or pipe; neither waits for a writer nor becomes anybody's terminal.
fn open(path: &Path) -> Result<(File, Metadata, Nature), Unread> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let found = opened.and_then(|file| file.metadata().map(|metadata| (file, metadata)));
    let (file, metadata) = found.map_err(|error| match error.kind() {
        ErrorKind::NotFound => missing(path, &error),
        // A socket cannot be opened.
        _ => nature(path).err().filter(|unread| unread.hint.is_some()).unwrap_or_else(|| Unread::from(&error)),
    })?;
    match nature_of(&metadata, path)? {
        Nature::Folder => Err(Unread { kind: ErrorKind::IsADirectory, ..Unread::new("it is a folder", "name a file") }),
        nature => Ok((file, metadata, nature)),
    }
}

fn too_large(limits: &Limits) -> Unread {
    let why = format!("it is larger than {} (`max_source_bytes`)", size(limits.source_bytes));
    Unread::new(why, "check that it is what you mean; `max_source_bytes` is the most that is read of a source")
}

/// A number of bytes for a message.
pub(super) fn size(bytes: u64) -> String {
    [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        .into_iter()
        .find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit))
        .map_or_else(|| format!("{bytes} bytes"), |(unit, name)| format!("{} {name}", bytes / unit))
}

/// A time for a message.
pub(super) fn seconds(time: Duration) -> String {
    count(usize::try_from(time.as_secs()).unwrap_or(usize::MAX), "second")
}

/// A file's bytes; one that grows or does not say its length is bounded too.
fn whole(file: &mut File, metadata: &Metadata, limits: &Limits) -> Result<Vec<u8>, Unread> {
    if metadata.len() > limits.source_bytes {
        return Err(too_large(limits));
    }
    let mut bytes = Vec::new();
    let most = limits.source_bytes.saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(|error| Unread::from(&error))?;
    if bytes.len() as u64 > limits.source_bytes { Err(too_large(limits)) } else { Ok(bytes) }
}

/// A pipe's bytes up to its end.
fn drained(mut file: &File, limits: &Limits) -> Result<Vec<u8>, Unread> {
    let deadline = limits.deadline();
    let mut bytes = Vec::new();
    let mut part = vec![0; PART];
    loop {
        let mut streams = [PollFd::new(&file, PollFlags::IN)];
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        match poll(&mut streams, left.map(timespec).as_ref()) {
            Ok(0) => return Err(endless(&bytes, limits)),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(Unread::from(&error.into())),
        }
        match file.read(&mut part) {
            Ok(0) => return Ok(bytes),
            Ok(read) => bytes.extend_from_slice(&part[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(error) => return Err(Unread::from(&error)),
        }
        if bytes.len() as u64 > limits.source_bytes {
            return Err(too_large(limits));
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(endless(&bytes, limits));
        }
    }
}

fn endless(bytes: &[u8], limits: &Limits) -> Unread {
    let within = format!("within {} (`source_timeout`)", seconds(limits.timeout));
    let what = if bytes.is_empty() { "nothing came out of this pipe" } else { "this pipe did not end" };
    Unread::new(format!("{what} {within}"), LONGER)
}

/// A time as the system takes it.
pub(super) fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(time.subsec_nanos()) }
}
