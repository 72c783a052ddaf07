//! Files and folders that are written: made beside their place, and put there once all of them are made.
//!
//! Whoever else writes there, and whenever a process is ended: what stands in a place is one whole content, the old one or a
//! new one. A writer works in a private folder of a random name (`holder`), which a living process keeps locked; what an
//! ended one left there is removed by the next (`leftovers`). Two names are exchanged at once (`exchange`), and what came
//! out is looked at before it is removed, since it may not be what stood there when the work began.

mod exchange;
mod folder;
mod holder;
mod leftovers;
#[cfg(test)]
mod tests;
mod tree;

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Gid, Mode, Stat, Uid, fchmod, fchown, fstat, fsync, statat};

use crate::error::{Code, Error, Problem, Result, io_message};
use holder::{Holder, NEW};

/// Who may read what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A new file those whom the umask lets; one that is replaced keeps its mode.
    Usual,
    /// The user alone; one that is replaced keeps its mode where that is no wider.
    Private,
}

/// A file or folder beside its place; removed again unless it is put there.
pub struct Staged {
    holder: Holder,
    path: PathBuf,
    name: OsString,
    kind: Kind,
    state: State,
    /// Its device and its number there, by which it is known again.
    made: Option<(i128, u64)>,
    /// What a user should know of what is left beside the place.
    notes: Vec<Problem>,
}

/// What is made.
enum Kind {
    File,
    /// A folder of a format, which replaces nothing but a folder of the same format.
    Folder(String),
}

/// Where the new file or folder is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the holder.
    Beside,
    /// In its place, where nothing was.
    New,
    /// In its place, and what was there is in the holder.
    Exchanged,
    /// The same, where the file system cannot exchange two names.
    Moved,
    /// In the holder is something that is not ours to remove.
    Kept,
}

/// Whether a result is written into what stands there, since it is not a file that could be replaced: `/dev/null`, a pipe.
pub fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Where a link points to, so that the link stays.
///
/// A path that does not exist yet is that of its folder, so that two ways to write one path are one.
pub fn place(path: &Path) -> PathBuf {
    let named = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(place(folder).join(path.file_name()?))
    };
    let found = std::fs::canonicalize(path).ok().or_else(named);
    found.or_else(|| std::path::absolute(path).ok()).unwrap_or_else(|| path.to_path_buf())
}

/// Makes a file of what `print` gives.
///
/// # Errors
/// The folder that it is to stand in cannot be written to; something that is not a file has its name.
pub fn file(path: &Path, access: Access, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Staged> {
    let staged = Staged::beside(path, Kind::File)?;
    staged.make_file(access, print).map_err(|error| staged.cannot(&error))?;
    Ok(staged)
}

/// Makes a folder of files, each with its path in it.
///
/// # Errors
/// As with a file; what is there has files that the same format did not write.
pub fn folder<'f>(
    path: &Path,
    format: &str,
    access: Access,
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
) -> Result<Staged> {
    let staged = Staged::beside(path, Kind::Folder(format.to_string()))?;
    let made = folder::fill(&staged.holder, format, access, files);
    let settled = made.and_then(|folder| staged.settle_permissions(folder.as_fd(), access));
    settled.map_err(|error| staged.cannot(&error))?;
    Ok(staged)
}

/// Puts all of them in their places, where a reader sees the old or the new ones; or none of them. Returns what a user
/// should know of what is left beside them.
///
/// # Errors
/// One cannot be put in its place. Those before it are taken back, as far as nobody else has replaced them and the file
/// system can exchange two names.
pub fn put_in_place(mut all: Vec<Staged>) -> Result<Vec<Problem>> {
    for next in 0..all.len() {
        if let Err(error) = all[next].put().and_then(|()| all[next].make_lasting()) {
            let error = all[next].cannot(&error);
            all[..=next].iter_mut().rev().for_each(Staged::take_back);
            let notes = all.iter_mut().flat_map(|staged| staged.notes.drain(..));
            return Err(Error { problems: error.problems.into_iter().chain(notes).collect() });
        }
    }
    let mut notes: Vec<Problem> = Vec::new();
    for staged in &mut all {
        staged.clear();
        notes.append(&mut staged.notes);
    }
    // Two results in one folder find the same.
    let mut told: Vec<Problem> = Vec::new();
    notes.into_iter().for_each(|note| {
        if !told.contains(&note) {
            told.push(note);
        }
    });
    Ok(told)
}

impl Staged {
    /// Begins; refuses a place that cannot be replaced as a whole.
    fn beside(path: &Path, kind: Kind) -> Result<Self> {
        let cannot = |error: io::Error| cannot(path, &error);
        let path = place(path);
        let Some(name) = path.file_name().map(OsString::from) else {
            return Err(unreplaceable(&path, "it is the root of all folders", "name a folder in it"));
        };
        let folder = path.parent().unwrap_or(Path::new("/"));
        let notes = leftovers::remove(folder);
        let holder = Holder::inside(folder).map_err(cannot)?;
        let staged = Staged { holder, path, name, kind, state: State::Beside, made: None, notes };
        staged.check_place()?;
        Ok(staged)
    }

    /// Refuses what is not ours to replace, or cannot be.
    fn check_place(&self) -> Result<()> {
        let Some(old) = self.there().map_err(|error| self.cannot(&error))? else { return Ok(()) };
        let parent = fstat(&self.holder.parent).map_err(|error| self.cannot(&error.into()))?;
        if old.st_dev != parent.st_dev {
            return Err(self.mounted());
        }
        match (&self.kind, FileType::from_raw_mode(old.st_mode)) {
            (Kind::File, FileType::RegularFile) => Ok(()),
            (Kind::File, FileType::Directory) => Err(self.cannot(&io::ErrorKind::IsADirectory.into())),
            (Kind::File, _) => Err(self.cannot(&io::Error::other("it is not a file"))),
            (Kind::Folder(format), kind) => {
                self.check_not_here()?;
                folder::refuse_foreign(self.holder.parent.as_fd(), &self.name, kind, format, &self.path)
            }
        }
    }

    /// Refuses the folder that this runs in, and those above it: a shell would stand in one that is gone.
    fn check_not_here(&self) -> Result<()> {
        let here = std::fs::canonicalize(".").unwrap_or_default();
        if !here.starts_with(&self.path) {
            return Ok(());
        }
        let inside = if here == self.path { PathBuf::from("batches") } else { self.path.join("batches") };
        let hint = format!("name a folder in it, such as {}", inside.display());
        Err(unreplaceable(&self.path, "the command runs in it, and a folder is replaced as a whole", &hint))
    }

    fn make_file(&self, access: Access, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut file = self.holder.create_file(NEW, access)?;
        print(&mut file)?;
        self.settle_permissions(file.as_fd(), access)?;
        file.sync_all()
    }

    /// Gives it the owner and the mode of what it replaces, as far as this user may. Nobody else can reach into the holder,
    /// so it is never seen with another mode.
    fn settle_permissions(&self, new: std::os::fd::BorrowedFd<'_>, access: Access) -> io::Result<()> {
        let Some(old) = self.there()? else { return Ok(()) };
        let private = access == Access::Private;
        let own = rustix::process::geteuid().as_raw();
        if private && old.st_uid != own && fstat(&self.holder.parent)?.st_mode & 0o002 != 0 {
            // Anybody may have put it there to be told.
            return Ok(());
        }
        let (owner, group) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
        // Who may not give a file away keeps it; its group then gets no more than everybody has.
        let given = fchown(new, Some(owner), Some(group)).or_else(|_| fchown(new, None, Some(group)));
        let all = old.st_mode & 0o777;
        let mode = if given.is_ok() { all } else { all & (0o707 | (all & 0o007) << 3) };
        let kept = match (private, &self.kind) {
            (false, _) => mode,
            (true, Kind::File) if mode & !0o600 == 0 => mode,
            (true, Kind::Folder(_)) if mode & !0o700 == 0 => mode,
            (true, _) => return Ok(()),
        };
        // A folder is put in place by its owner, who must be able to change it.
        let needed = if matches!(self.kind, Kind::Folder(_)) { 0o700 } else { 0 };
        let _ = fchmod(new, Mode::from_raw_mode(kept | needed));
        Ok(())
    }

    /// What stands in the place; a link is not followed.
    fn there(&self) -> io::Result<Option<Stat>> {
        match statat(&self.holder.parent, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Sees to it that the new name outlives a loss of power.
    fn make_lasting(&self) -> io::Result<()> {
        let Ok(folder) = std::fs::File::open(self.path.parent().unwrap_or(Path::new("/"))) else {
            // A folder that may be written to and not read.
            return Ok(());
        };
        match fsync(folder) {
            // Some file systems have nothing to do here.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOTSUP | rustix::io::Errno::BADF) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn cannot(&self, error: &io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => self.mounted(),
            _ => cannot(&self.path, error),
        }
    }

    fn mounted(&self) -> Error {
        let hint = match self.kind {
            Kind::Folder(_) => format!("name a folder in it, such as {}", self.path.join("batches").display()),
            Kind::File => "mount the folder that the file is in, or name another file".to_string(),
        };
        unreplaceable(&self.path, "something is mounted there, which cannot be replaced as a whole", &hint)
    }
}

fn cannot(path: &Path, error: &io::Error) -> Error {
    Problem::of(Code::Unwritable, format!("{} cannot be written: {}", path.display(), io_message(error))).into()
}

fn unreplaceable(path: &Path, why: &str, hint: &str) -> Error {
    Problem::of(Code::Unwritable, format!("{} cannot be written: {why}", path.display())).hint(hint).into()
}
