//! Folders with all in them, by their descriptors: a link that takes the place of a folder on the way is not followed.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat, unlinkat};
use rustix::io::Errno;

/// Folders in folders, at most.
const MAX_DEPTH: usize = 40;

/// Opens a folder in another one.
pub(super) fn open(parent: BorrowedFd<'_>, name: impl rustix::path::Arg) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(parent, name, flags, Mode::empty())?)
}

/// The names in a folder, and whether each is a folder.
fn entries(folder: BorrowedFd<'_>) -> io::Result<Vec<(CString, bool)>> {
    let mut entries = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name: &CStr = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => FileType::from_raw_mode(statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode),
            kind => kind,
        };
        entries.push((name.to_owned(), kind == FileType::Directory));
    }
    Ok(entries)
}

/// The files below a folder, with `/` between the parts of their paths; an empty folder counts as a file.
pub(super) fn listing(folder: BorrowedFd<'_>) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    list(folder, "", 0, &mut found)?;
    found.sort_unstable();
    Ok(found)
}

fn list(folder: BorrowedFd<'_>, prefix: &str, depth: usize, found: &mut Vec<String>) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("folders are nested too deep"));
    }
    for (name, is_folder) in entries(folder)? {
        let path = format!("{prefix}{}", name.to_string_lossy());
        let before = found.len();
        if is_folder {
            list(open(folder, &name)?.as_fd(), &format!("{path}/"), depth + 1, found)?;
        }
        if found.len() == before {
            found.push(path);
        }
    }
    Ok(())
}

/// Removes a file, or a folder with all in it; fine if it is not there.
pub(super) fn remove(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    let name = CString::new(name.as_bytes())?;
    match unlinkat(parent, &name, AtFlags::empty()) {
        Err(Errno::NOENT) | Ok(()) => Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => {
            empty(open(parent, &name)?.as_fd(), "", &|_| true)?;
            Ok(unlinkat(parent, &name, AtFlags::REMOVEDIR)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Removes the files of a folder whose paths `known` takes, and the folders that are empty then.
pub(super) fn empty(folder: BorrowedFd<'_>, prefix: &str, known: &dyn Fn(&str) -> bool) -> io::Result<()> {
    for (name, is_folder) in entries(folder)? {
        let path = format!("{prefix}{}", name.to_string_lossy());
        if is_folder {
            empty(open(folder, &name)?.as_fd(), &format!("{path}/"), known)?;
            match unlinkat(folder, &name, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOTEMPTY | Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        } else if known(&path) {
            unlinkat(folder, &name, AtFlags::empty())?;
        }
    }
    Ok(())
}
