//! The private folder beside a place in which a writer works.
//!
//! Its name is random, and another one is made while it is taken. Nobody else may look or write into it. Its file `owner` stays locked
//! as long as the process lives, whatever ends it; and it says on which running system that is, since process ids mean
//! nothing between containers, and locks little between machines.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, flock, openat, unlinkat};

use super::{Access, tree};
use crate::system;

/// How the names of holders begin and end.
pub(super) const PREFIX: &str = ".regal-inventory-";
pub(super) const ENDING: &str = ".tmp";
/// The file that is locked.
pub(super) const OWNER: &str = "owner";
/// What is being made.
pub(super) const NEW: &str = "new";
/// What is put in its place; after the exchange, what stood there.
pub(super) const PUT: &str = "put";
/// What stood in the place, where the file system cannot exchange two names.
pub(super) const OLD: &str = "old";

/// How often another holder is made where a process took the last one for a leftover.
const TRIES: usize = 100;

/// A private folder, removed at the end with what is its own in it.
pub(super) struct Holder {
    /// The folder that it and the place are in.
    pub parent: OwnedFd,
    /// The holder itself.
    pub folder: OwnedFd,
    /// Where it is, for messages.
    pub path: PathBuf,
    name: OsString,
    /// Whether it stays: it has something that is not ours.
    pub keep: bool,
    _lock: File,
}

impl Holder {
    /// Makes a holder in a folder.
    pub fn inside(folder: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            if let Some(holder) = Self::make(folder)? {
                return Ok(holder);
            }
        }
        Err(io::Error::other("what is made there is removed by another process"))
    }

    /// Nothing if another process removed it before it was locked.
    fn make(folder: &Path) -> io::Result<Option<Self>> {
        let parent = openat(CWD, folder, system::FOLDER, Mode::empty())?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(ENDING).rand_bytes(12).permissions(Permissions::from_mode(0o700));
        let path = builder.tempdir_in(folder)?.keep();
        let name = path.file_name().unwrap_or_default().to_os_string();
        let made = tree::open(parent.as_fd(), &name)
            .and_then(|folder| create(&folder, OWNER, Access::Private).map(|owner| (folder, owner)));
        match made {
            Ok((folder, lock)) => {
                mark(&lock)?;
                Ok(Some(Holder { parent, folder, path, name, keep: false, _lock: lock }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a file in it.
    pub fn create_file(&self, name: &str, access: Access) -> io::Result<File> {
        create(&self.folder, name, access)
    }
}

impl Drop for Holder {
    /// What matters is the first error; after success there is nothing left but the lock.
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        for name in [NEW, PUT] {
            let _ = tree::remove(self.folder.as_fd(), OsStr::new(name));
        }
        // With something else in it, it stays, and is found by the next call.
        let _ = unlinkat(&self.folder, OWNER, AtFlags::empty());
        let _ = unlinkat(&self.parent, &self.name, AtFlags::REMOVEDIR);
    }
}

/// Makes a file that was not there.
pub(super) fn create(folder: impl AsFd, name: &str, access: Access) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(if access == Access::Private { 0o600 } else { 0o666 });
    Ok(File::from(openat(folder, name, flags, mode)?))
}

/// Locks the owner's file, then says on which system. Without a lock it says so: then nobody can tell whether it lives.
fn mark(owner: &File) -> io::Result<()> {
    let text = if flock(owner, FlockOperation::LockExclusive).is_ok() { system::boot() } else { None };
    (&*owner).write_all(text.unwrap_or_else(|| "unknown".to_string()).as_bytes())
}
