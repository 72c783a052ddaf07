//! What ended processes left beside places.
//!
//! It is removed where it is certain that the process has ended and that nothing else is lost: the owner's lock is free, and
//! it was taken on this running system. What is left in doubt is named once it is so old that nobody can be at work on it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, flock, fstat, openat, unlinkat};
use rustix::io::Errno;

use super::holder::{ENDING, NEW, OLD, OWNER, PREFIX, PUT};
use super::{folder, tree};
use crate::error::{Code, Location, Problem};
use crate::system;

/// No writing takes as long.
const OLD_AGE: Duration = Duration::from_secs(3600);

/// Removes what ended processes left in a folder; returns a warning for each that stays.
pub(super) fn remove(folder: &Path) -> Vec<Problem> {
    let mut notes = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return notes };
    let Ok(parent) = openat(CWD, folder, system::FOLDER, Mode::empty()) else {
        return notes;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let bytes = name.as_encoded_bytes();
        if !bytes.starts_with(PREFIX.as_bytes()) || !bytes.ends_with(ENDING.as_bytes()) {
            continue;
        }
        // What cannot be read now is looked at again by the next call.
        if let Ok(Some(why)) = look_at(parent.as_fd(), &name) {
            notes.push(left(entry.path().display().to_string(), why));
        }
    }
    notes
}

/// The warning that something is left at a path.
pub(super) fn left(path: String, why: String) -> Problem {
    let problem = Problem::of(Code::Leftover, why).at(Location::whole(path)).as_warning();
    problem.hint("look into it, and remove it if nothing in it is needed")
}

/// Removes a holder if its process has ended; the answer says why it stays and should be known.
fn look_at(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<Option<String>> {
    let holder = tree::open(parent, name)?;
    let stat = fstat(&holder)?;
    if stat.st_uid != rustix::process::geteuid().as_raw() || stat.st_mode & 0o077 != 0 {
        // Another user's, who finds it.
        return Ok(None);
    }
    let changed = u64::try_from(stat.st_mtime).unwrap_or_default();
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + Duration::from_secs(changed));
    let is_old = age.is_ok_and(|age| age > OLD_AGE);
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(owner) = openat(&holder, OWNER, flags, Mode::empty()) else {
        // One that is just made, or that was ended in its first moment: with anything in it, it stays.
        if is_old {
            unlinkat(parent, name, AtFlags::REMOVEDIR)?;
        }
        return Ok(None);
    };
    let owner = File::from(owner);
    if flock(&owner, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK) {
        return Ok(None);
    }
    let mut mark = String::new();
    (&owner).take(100).read_to_string(&mut mark)?;
    // An empty mark: its process is about to lock it, or was ended before it could.
    if system::boot().is_some_and(|here| here == mark) || mark.is_empty() && is_old {
        return clear(parent, name, &holder);
    }
    let unsure = "is from a call that was ended or still runs, on another machine or before this one was started";
    Ok((is_old && !mark.is_empty()).then(|| unsure.to_string()))
}

/// Removes what an ended process was making and what it had replaced, and then the holder.
fn clear(parent: BorrowedFd<'_>, name: &OsStr, holder: &OwnedFd) -> io::Result<Option<String>> {
    let has = |name: &str| rustix::fs::statat(holder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok();
    if has(PUT) && has(OLD) {
        return Ok(Some("has what stood in the place of an export that was ended in between".to_string()));
    }
    tree::remove(holder.as_fd(), OsStr::new(NEW))?;
    for name in [PUT, OLD] {
        if has(name) && !folder::remove_own(holder.as_fd(), name)? {
            return Ok(Some("has something that took the place of an export while that was written".to_string()));
        }
    }
    unlinkat(holder, OWNER, AtFlags::empty())?;
    unlinkat(parent, name, AtFlags::REMOVEDIR)?;
    Ok(None)
}
