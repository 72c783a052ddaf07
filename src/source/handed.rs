//! What a pipe gave, handed on to Ansible as files.
//!
//! A pipe gives its bytes once, and they were read here already. They are written to a private folder, which goes when this
//! does, whatever happened in between. A signal waits as long.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::interrupt::{Held, Interrupt};

/// What Ansible looks for beside a source.
const BESIDE: [&str; 2] = ["group_vars", "host_vars"];

/// Files in a private folder.
pub(super) struct Handed<'i> {
    folder: tempfile::TempDir,
    /// The paths of the files with the names of what they stand for.
    names: Vec<(String, String)>,
    /// Dropped last, when the folder is gone.
    _held: Option<Held<'i>>,
}

impl<'i> Handed<'i> {
    /// A new folder without files.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(interrupt: Option<&'i Interrupt>) -> std::io::Result<Self> {
        let held = interrupt.map(Interrupt::hold);
        let private = std::fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("regal-inventory-").permissions(private).tempdir()?;
        Ok(Handed { folder, names: Vec::new(), _held: held })
    }

    /// Adds a file that stands for `path`, under `name`, which tells Ansible its kind. What is beside a pipe that has a name
    /// is beside the file, too.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, path: &Path, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
        let folder = self.folder.path().join(self.names.len().to_string());
        std::fs::create_dir(&folder)?;
        let file = folder.join(name);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?.write_all(bytes)?;
        if let Some(beside) = std::path::absolute(path)?.parent() {
            for vars in BESIDE.iter().filter(|vars| beside.join(vars).is_dir()) {
                std::os::unix::fs::symlink(beside.join(vars), folder.join(vars))?;
            }
        }
        self.names.push((file.display().to_string(), path.display().to_string()));
        Ok(file)
    }

    /// The paths of the files with the names of what they stand for.
    pub fn names(&self) -> Vec<(String, String)> {
        self.names.clone()
    }
}
