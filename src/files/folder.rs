//! Folders of an export, and which of them are ours to replace.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fchmod, mkdirat, openat, statat, unlinkat};
use rustix::io::Errno;

use super::holder::{Holder, NEW, create};
use super::{Access, tree};
use crate::error::{Code, Location, Problem, Result, io_message};
use crate::system;

/// In each folder that is written: which format wrote it, and which files. What it does not name is not ours to remove.
const MARKER: &str = ".regal-export";
/// How its first line begins.
const HEAD: &str = "regal-inventory export ";
/// A longer one is none, in bytes.
const MAX_MARKER: u64 = 64 << 20;

/// How often a folder is looked at that another writer replaces meanwhile.
const TRIES: usize = 20;

/// Makes the folder in its holder; the marker comes last.
pub(super) fn fill<'f>(
    holder: &Holder,
    format: &str,
    access: Access,
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
) -> io::Result<OwnedFd> {
    let mode = Mode::from_raw_mode(if access == Access::Private { 0o700 } else { 0o777 });
    mkdirat(&holder.folder, NEW, mode)?;
    let new = tree::open(holder.folder.as_fd(), NEW)?;
    let mut made: HashSet<&str> = HashSet::new();
    let mut marker = format!("{HEAD}{format}\n");
    for (path, bytes) in files {
        for (end, _) in path.match_indices('/') {
            if made.insert(&path[..end]) {
                mkdirat(&new, &path[..end], mode)?;
            }
        }
        create(&new, path, access)?.write_all(bytes)?;
        marker.push_str(path);
        marker.push('\n');
    }
    let mut last = create(&new, MARKER, access)?;
    last.write_all(marker.as_bytes())?;
    // One for all: a folder may have thousands of files.
    system::sync_file_system(&last)?;
    Ok(new)
}

/// Refuses to replace what stands in the place, but for a folder with nothing else than what this format wrote there.
pub(super) fn refuse_foreign(
    parent: BorrowedFd<'_>,
    name: &OsStr,
    kind: FileType,
    format: &str,
    path: &Path,
) -> Result<()> {
    let whole = |problem: Problem| problem.at(Location::whole(path.display().to_string()));
    let why = match kind {
        FileType::Directory => {
            let look = || tree::open(parent, name).and_then(|folder| strange(folder.as_fd(), Some(format)));
            // one that another writer has just replaced has no entries to list any more
            let is_gone = |why: &io::Result<_>| matches!(why, Err(error) if error.kind() == io::ErrorKind::NotFound);
            (0..TRIES).map(|_| look()).find(|why| !is_gone(why)).unwrap_or_else(look)
        }
        _ => Ok(Some("it is not a folder".to_string())),
    };
    match why {
        Ok(None) => Ok(()),
        Ok(Some(why)) => {
            let problem =
                whole(Problem::of(Code::Unwritable, format!("export {format} would replace the folder: {why}")));
            Err(problem.hint("give a new or an empty folder, or remove this one if nothing in it is needed").into())
        }
        Err(error) => {
            Err(whole(Problem::of(Code::Unreadable, format!("the folder cannot be read: {}", io_message(&error))))
                .into())
        }
    }
}

/// Why a folder is none that a format wrote, any format if none is named; an empty one is ours to take.
pub(super) fn strange(folder: BorrowedFd<'_>, format: Option<&str>) -> io::Result<Option<String>> {
    let found = tree::listing(folder)?;
    if found.is_empty() {
        return Ok(None);
    }
    let marker = marker(folder);
    let Some((head, names)) = marker.split_once('\n') else {
        return Ok(Some(format!("it has `{}`, which is not from an export", found[0])));
    };
    let written_by = head.strip_prefix(HEAD);
    if written_by.is_none() || format.is_some_and(|format| written_by != Some(format)) {
        return Ok(Some(format!("it was written by `{}`", head.escape_debug())));
    }
    let known: HashSet<&str> = names.lines().chain([MARKER]).collect();
    let other = found.into_iter().find(|name| !known.contains(name.as_str()));
    Ok(other.map(|name| format!("it has `{name}`, which this export did not write")))
}

/// What the marker says; nothing if it is not a plain file.
fn marker(folder: BorrowedFd<'_>) -> String {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut text = String::new();
    let read = openat(folder, MARKER, flags, Mode::empty()).map_err(io::Error::from).and_then(|file| {
        let file = File::from(file);
        if file.metadata()?.is_file() { file.take(MAX_MARKER).read_to_string(&mut text) } else { Ok(0) }
    });
    if read.is_ok() { text } else { String::new() }
}

/// Removes a file, or a folder as far as an export wrote it; false if something else is left.
pub(super) fn remove_own(holder: BorrowedFd<'_>, name: &str) -> io::Result<bool> {
    match FileType::from_raw_mode(statat(holder, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode) {
        FileType::RegularFile => {
            unlinkat(holder, name, AtFlags::empty())?;
            return Ok(true);
        }
        FileType::Directory => {}
        _ => return Ok(false),
    }
    let folder = tree::open(holder, name)?;
    if strange(folder.as_fd(), None)?.is_some() {
        return Ok(false);
    }
    // Nobody sees it any more.
    let _ = fchmod(&folder, Mode::from_raw_mode(0o700));
    let marker = marker(folder.as_fd());
    let known: HashSet<&str> = marker.lines().skip(1).collect();
    // The marker goes last: what is left of it after an end in between is still known to be ours.
    tree::empty(folder.as_fd(), "", &|path| known.contains(path))?;
    match unlinkat(&folder, MARKER, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    match unlinkat(holder, name, AtFlags::REMOVEDIR) {
        Ok(()) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
