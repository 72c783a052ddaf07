//! Putting what was made into its place, and taking it back.

use std::io;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, RenameFlags, Stat, renameat, renameat_with, statat};
use rustix::io::Errno;

use super::holder::{NEW, OLD, PUT};
use super::{Kind, Staged, State, folder, leftovers, tree};

/// How often a place is tried again where others put something in and take it out.
const TRIES: usize = 100;

impl Staged {
    /// Puts it in its place at once, where the file system can; what was there is in the holder then.
    ///
    /// # Errors
    /// It cannot be renamed; what stood there at that moment is not ours to replace, and stays.
    pub(super) fn put(&mut self) -> io::Result<()> {
        self.rename_inside(NEW, PUT)?;
        self.made = self.inside(PUT).map(|made| identity(&made)).ok();
        for _ in 0..TRIES {
            match self.rename_with(RenameFlags::NOREPLACE) {
                Ok(()) => {
                    self.state = State::New;
                    return Ok(());
                }
                Err(Errno::EXIST) => {}
                Err(Errno::INVAL | Errno::NOSYS) => return self.replace(),
                Err(error) => return Err(error.into()),
            }
            match self.rename_with(RenameFlags::EXCHANGE) {
                Ok(()) => {
                    self.state = State::Exchanged;
                    return self.check_exchanged();
                }
                // It is gone: another writer takes its own back.
                Err(Errno::NOENT) => {}
                Err(Errno::INVAL | Errno::NOSYS) => return self.replace(),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::other("others write there all the time"))
    }

    /// What came out of the exchange may have come there after it was looked at: then it goes back.
    fn check_exchanged(&mut self) -> io::Result<()> {
        let Some(why) = self.strange_inside(PUT)? else { return Ok(()) };
        if self.is_ours_there() && self.rename_with(RenameFlags::EXCHANGE).is_ok() {
            self.state = State::Beside;
        } else {
            self.keep();
        }
        Err(other(&why))
    }

    /// Puts it there where two names cannot be exchanged: a file at once, a folder in two steps.
    pub(super) fn replace(&mut self) -> io::Result<()> {
        for _ in 0..TRIES {
            match self.rename_with(RenameFlags::empty()) {
                Ok(()) => {
                    self.state = if self.inside(OLD).is_ok() { State::Moved } else { State::New };
                    return Ok(());
                }
                Err(Errno::NOTEMPTY | Errno::EXIST) => {}
                Err(error) => {
                    self.move_back();
                    return Err(error.into());
                }
            }
            if self.inside(OLD).is_ok() {
                // Another writer was quicker: its folder is moved away in its turn.
                folder::remove_own(self.holder.folder.as_fd(), OLD)?;
            }
            match renameat(&self.holder.parent, &self.name, &self.holder.folder, OLD) {
                Ok(()) => {}
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(why) = self.strange_inside(OLD)? {
                self.move_back();
                return Err(other(&why));
            }
        }
        self.move_back();
        Err(io::Error::other("others write there all the time"))
    }

    /// Puts what was moved away where it stood, or keeps it.
    fn move_back(&mut self) {
        if self.inside(OLD).is_ok() && renameat(&self.holder.folder, OLD, &self.holder.parent, &self.name).is_err() {
            self.keep();
        }
    }

    /// Undoes [`Staged::put`], unless another writer has replaced it since.
    pub(super) fn take_back(&mut self) {
        if self.state == State::Beside || self.state == State::Kept || !self.is_ours_there() {
            return;
        }
        match self.state {
            State::Exchanged if self.rename_with(RenameFlags::EXCHANGE).is_err() => return self.keep(),
            State::New | State::Moved => {
                // What matters is the error that this is done for, and that nothing old is lost.
                let _ = renameat(&self.holder.parent, &self.name, &self.holder.folder, PUT);
                self.move_back();
            }
            _ => {}
        }
        if self.state != State::Kept {
            self.state = State::Beside;
        }
    }

    /// Removes what stood in the place, as far as it is ours to remove.
    pub(super) fn clear(&mut self) {
        let name = match self.state {
            State::Exchanged => PUT,
            State::Moved => OLD,
            State::Beside | State::New | State::Kept => return,
        };
        if !folder::remove_own(self.holder.folder.as_fd(), name).is_ok_and(|removed| removed) {
            self.keep();
        }
    }

    /// Keeps the holder, for what is in it, and says so.
    fn keep(&mut self) {
        self.state = State::Kept;
        self.holder.keep = true;
        let why = format!("what stood in the place of {} is kept here", self.path.display());
        self.notes.push(leftovers::left(self.holder.path.display().to_string(), why));
    }

    fn rename_inside(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.holder.folder, from, &self.holder.folder, to)?)
    }

    /// Renames what is made to its place.
    fn rename_with(&self, flags: RenameFlags) -> Result<(), Errno> {
        renameat_with(&self.holder.folder, PUT, &self.holder.parent, &self.name, flags)
    }

    fn inside(&self, name: &str) -> Result<Stat, Errno> {
        statat(&self.holder.folder, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Whether what stands in the place is what this call made.
    fn is_ours_there(&self) -> bool {
        let there = self.there().ok().flatten();
        there.is_some_and(|there| self.made == Some(identity(&there)))
    }

    /// Why what came out of the place is not ours to remove.
    fn strange_inside(&self, name: &str) -> io::Result<Option<String>> {
        let kind = FileType::from_raw_mode(self.inside(name)?.st_mode);
        match (&self.kind, kind) {
            (Kind::File, FileType::RegularFile) => Ok(None),
            (Kind::File, _) => Ok(Some("it is not a file".to_string())),
            (Kind::Folder(format), FileType::Directory) => {
                folder::strange(tree::open(self.holder.folder.as_fd(), name)?.as_fd(), Some(format))
            }
            (Kind::Folder(_), _) => Ok(Some("it is not a folder".to_string())),
        }
    }
}

fn other(why: &str) -> io::Error {
    io::Error::other(format!("something else took its place: {why}"))
}

/// What tells a file from all others: its device, of another type on each system, and its number there.
fn identity(stat: &Stat) -> (i128, u64) {
    (i128::from(stat.st_dev), stat.st_ino)
}
