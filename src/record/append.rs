//! Appends to a file that only grows, so that a crash at any moment leaves whole lines and at most a part of one more.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::system::AppendLock;

/// How long other appends are waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long between two tries.
const PAUSE: Duration = Duration::from_millis(2);

/// The lock of an append is one of this process's: within it, this one holds.
static APPENDING: Mutex<()> = Mutex::new(());

/// What is appended to: a file, or what a test puts in its place.
pub(super) trait Store {
    /// Returns all bytes from a place on.
    fn read_from(&mut self, from: u64) -> io::Result<Vec<u8>>;
    /// Writes at the end by one call, and returns how many bytes were written.
    fn write_once(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Cuts off what is behind a length.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Returns once all is on the disk.
    fn sync(&mut self) -> io::Result<()>;
}

impl Store for &File {
    fn read_from(&mut self, from: u64) -> io::Result<Vec<u8>> {
        self.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The file is open for appending, wherever it was read.
    fn write_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Writes a line, behind which nothing stands after `end` whole bytes but what is torn. It is on the disk when this succeeds; where it
/// fails it is taken back, as far as that can be done.
pub(super) fn append(store: &mut impl Store, end: u64, torn: bool, line: &[u8]) -> io::Result<()> {
    if torn {
        store.cut(end)?;
    }
    let written = store
        .write_once(line)
        .and_then(|written| if written == line.len() { store.sync() } else { Err(io::ErrorKind::StorageFull.into()) });
    if written.is_err() {
        // What cannot be taken back is a torn line, or an event that happened and was not acknowledged.
        let _ = store.cut(end).and_then(|()| store.sync());
    }
    written
}

/// Does what is to be done while nobody else appends. A lock of another kind than the one that a run holds: an approval is appended
/// while a run goes on.
pub(super) fn alone<T>(file: &File, path: &Path, act: impl FnOnce() -> T) -> io::Result<T> {
    let _within = APPENDING.lock().unwrap_or_else(PoisonError::into_inner);
    let begun = Instant::now();
    let _lock = loop {
        if let Some(lock) = AppendLock::try_take(file, path)? {
            break lock;
        }
        if begun.elapsed() > PATIENCE {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        std::thread::sleep(PAUSE);
    };
    Ok(act())
}
