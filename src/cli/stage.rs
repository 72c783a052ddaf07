//! Files and folders that are made beside their place, and put there once all of them are made.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use regal_inventory::emit::export::File;
use regal_inventory::error::{Error, Location, Problem};
use rustix::fs::{CWD, RenameFlags, renameat_with, syncfs};

/// In each folder that is written: which format wrote it, and which files. What it does not name is not ours to remove.
const MARKER: &str = ".regal-export";

/// A file or folder beside its place; removed again unless it is put there.
pub struct Staged {
    temporary: PathBuf,
    path: PathBuf,
    state: State,
}

/// Where the new file or folder is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Beside its place.
    Beside,
    /// In its place, where nothing was.
    New,
    /// In its place, and what was there is beside it.
    Exchanged,
    /// In its place, and what was there is gone.
    Final,
    /// In its place against the will: what was there is beside it, and is kept.
    Stuck,
}

/// Whether a result is written into what stands there, since it is no file that could be replaced: `/dev/null`, a pipe.
pub fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Makes a file.
///
/// # Errors
/// The folder that it is to stand in cannot be written to, or a folder or something else that is no file has its name.
pub fn file(path: &Path, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<Staged> {
    let path = place(path);
    let what = || format!("{} cannot be written", path.display());
    if path.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory)).with_context(what);
    }
    if is_stream(&path) {
        return Err(io::Error::other("it is no file")).with_context(what);
    }
    let staged = Staged::beside(path.clone());
    write_file(&staged.temporary, print).and_then(|file| file.sync_all()).with_context(what)?;
    staged.keep_permissions();
    Ok(staged)
}

/// Makes a folder.
///
/// # Errors
/// As with a file; what is there has files that the same format did not write.
pub fn folder(path: &Path, format: &str, files: &[File]) -> anyhow::Result<Staged> {
    let path = place(path);
    refuse_foreign(&path, format)?;
    let staged = Staged::beside(path.clone());
    fill(&staged.temporary, format, files).with_context(|| format!("{} cannot be written", path.display()))?;
    staged.keep_permissions();
    Ok(staged)
}

/// Puts all of them in their places, where a reader sees the old or the new ones; or none of them.
///
/// # Errors
/// One cannot be renamed. Those before it are taken back, as far as the file system can exchange two names.
pub fn put_in_place(mut all: Vec<Staged>) -> anyhow::Result<()> {
    for next in 0..all.len() {
        if let Err(error) = all[next].put() {
            all[..next].iter_mut().rev().for_each(Staged::take_back);
            return Err(error).with_context(|| format!("{} cannot be written", all[next].path.display()));
        }
    }
    Ok(())
}

impl Staged {
    fn beside(path: PathBuf) -> Self {
        Staged { temporary: beside(&path, "tmp"), path, state: State::Beside }
    }

    /// Gives it the mode and the owner of what it replaces, as far as this user may.
    fn keep_permissions(&self) {
        let Ok(old) = fs::metadata(&self.path) else { return };
        // Who may not give a file away keeps it.
        let _ = std::os::unix::fs::chown(&self.temporary, Some(old.uid()), Some(old.gid()));
        let _ = fs::set_permissions(&self.temporary, old.permissions());
    }

    fn put(&mut self) -> io::Result<()> {
        self.state = if fs::symlink_metadata(&self.path).is_err() {
            fs::rename(&self.temporary, &self.path)?;
            State::New
        } else {
            exchange(&self.temporary, &self.path)?
        };
        Ok(())
    }

    /// Undoes [`Staged::put`].
    fn take_back(&mut self) {
        let taken = match self.state {
            State::New => fs::rename(&self.path, &self.temporary),
            State::Exchanged => exchange(&self.temporary, &self.path).map(drop),
            State::Beside | State::Final | State::Stuck => return,
        };
        // What matters is the error that this is done for, and that nothing old is lost.
        self.state = if taken.is_ok() { State::Beside } else { State::Stuck };
    }
}

impl Drop for Staged {
    /// Removes what was not put in place, or what stood there before.
    fn drop(&mut self) {
        if self.state == State::Stuck {
            return;
        }
        // What matters is the first error; after success there may be nothing left.
        let _ = if self.temporary.is_dir() {
            fs::remove_dir_all(&self.temporary)
        } else {
            fs::remove_file(&self.temporary)
        };
    }
}

/// Exchanges two files or folders at once; where the file system cannot, the new one replaces the old one.
fn exchange(new: &Path, old: &Path) -> io::Result<State> {
    match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
        Ok(()) => return Ok(State::Exchanged),
        Err(error) if !matches!(error, rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => return Err(error.into()),
        Err(_) => {}
    }
    if !old.is_dir() {
        return fs::rename(new, old).map(|()| State::Final);
    }
    let away = beside(old, "old");
    fs::rename(old, &away)?;
    if let Err(error) = fs::rename(new, old) {
        fs::rename(&away, old)?;
        return Err(error);
    }
    fs::remove_dir_all(&away)?;
    Ok(State::Final)
}

/// Where a link points to, so that the link stays.
///
/// A path that does not exist yet is that of its folder, so that two ways to write one path are one.
pub fn place(path: &Path) -> PathBuf {
    let named = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(place(folder).join(path.file_name()?))
    };
    let found = fs::canonicalize(path).ok().or_else(named);
    found.or_else(|| std::path::absolute(path).ok()).unwrap_or_else(|| path.to_path_buf())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.{ending}", std::process::id()));
    path.with_file_name(name)
}

fn write_file(path: &Path, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<fs::File> {
    let mut file = fs::File::create_new(path)?;
    print(&mut file)?;
    Ok(file)
}

fn fill(folder: &Path, format: &str, files: &[File]) -> io::Result<()> {
    fs::create_dir(folder)?;
    let mut marker = format!("regal-inventory export {format}\n");
    for File { path, bytes } in files {
        let inside = folder.join(path);
        if let Some(parent) = inside.parent() {
            fs::create_dir_all(parent)?;
        }
        write_file(&inside, |sink| sink.write_all(bytes))?;
        marker.push_str(path);
        marker.push('\n');
    }
    let last = write_file(&folder.join(MARKER), |sink| sink.write_all(marker.as_bytes()))?;
    // One for all: a folder may have thousands of files.
    Ok(syncfs(last)?)
}

/// Refuses to replace a folder that has anything else than what this format wrote there.
fn refuse_foreign(path: &Path, format: &str) -> anyhow::Result<()> {
    let cannot = || format!("{} cannot be read", path.display());
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata.with_context(cannot)?,
    };
    if !metadata.is_dir() {
        return Err(foreign(path, "it is not a folder", format));
    }
    let found = listing(path).with_context(cannot)?;
    if found.is_empty() {
        return Ok(());
    }
    let marker = fs::read_to_string(path.join(MARKER)).unwrap_or_default();
    let Some((head, names)) = marker.split_once('\n') else {
        return Err(foreign(path, &format!("it has `{}`, which is not from an export", found[0]), format));
    };
    if head != format!("regal-inventory export {format}") {
        return Err(foreign(path, &format!("it was written by `{}`", head.escape_debug()), format));
    }
    let known: std::collections::HashSet<&str> = names.lines().chain([MARKER]).collect();
    match found.iter().find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => Err(foreign(path, &format!("it has `{name}`, which this export did not write"), format)),
    }
}

fn foreign(path: &Path, why: &str, format: &str) -> anyhow::Error {
    let problem = Problem::new(format!("export {format} would replace the folder: {why}"));
    let problem = problem.at(Location::whole(path.display().to_string()));
    Error::from(problem.hint("give a new or an empty folder, or remove this one if nothing in it is needed")).into()
}

/// The files below a folder, with `/` between the parts of their paths; an empty folder counts as a file.
fn listing(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = waiting.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() && entry.path().read_dir()?.next().is_some() {
                waiting.push((entry.path(), format!("{name}/")));
            } else {
                found.push(name);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_that_cannot_be_put_in_its_place_leaves_all_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("old"), "old").unwrap();
        let staged = ["old", "new", "last"].map(|name| file(&path(name), |sink| sink.write_all(b"text")).unwrap());
        fs::remove_file(&staged[2].temporary).unwrap();
        assert!(put_in_place(staged.into()).is_err());
        assert_eq!(fs::read_to_string(path("old")).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
