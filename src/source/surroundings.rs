//! What a reading may see of the process that it is in.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Permit;
use super::entries::is_executable;

/// The environment and the working directory, handed in: the library looks at nothing of its process by itself.
///
/// ```
/// use regal_inventory::session::Surroundings;
///
/// let surroundings = Surroundings { variables: std::env::vars_os().collect(), ..Surroundings::default() };
/// assert_eq!(surroundings.variable("PATH"), std::env::var_os("PATH").as_deref());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The environment variables. Programs that are run get these and no others.
    pub variables: BTreeMap<OsString, OsString>,
    /// Where relative paths start and programs run: an absolute path, or empty for the working directory of the process, and then
    /// relative paths stay as they are written.
    pub folder: PathBuf,
    /// The file of the calling program, which is never read as an inventory.
    pub program: Option<PathBuf>,
}

impl Surroundings {
    /// Returns the value of an environment variable.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Returns the value of a variable that is set to some text of UTF-8 other than spaces.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.variable(name)?.to_str().filter(|text| !text.trim().is_empty())
    }

    /// Returns the path that a variable holds, if that is absolute.
    pub(crate) fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// Returns the program of this name in `PATH`. An empty or relative folder in it is the working directory's, where anybody's
    /// program may stand, and is skipped.
    pub(crate) fn in_path(&self, name: &str) -> Option<PathBuf> {
        let folders = split_paths(self.variable("PATH")?).filter(|folder| folder.is_absolute());
        folders.map(|folder| folder.join(name)).find(|path| is_executable(path))
    }

    /// Returns a call of a program in these surroundings, for who may run one.
    pub(crate) fn command(&self, program: &Path, _: Permit) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.variables);
        if !self.folder.as_os_str().is_empty() {
            command.current_dir(&self.folder);
        }
        command
    }
}

/// The folders of a list with colons.
fn split_paths(list: &OsStr) -> impl Iterator<Item = PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    list.as_bytes().split(|byte| *byte == b':').map(|part| PathBuf::from(OsStr::from_bytes(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_folders_of_the_path_are_searched() {
        let variables = |path: &str| BTreeMap::from([(OsString::from("PATH"), OsString::from(path))]);
        let around = |path: &str| Surroundings { variables: variables(path), ..Surroundings::default() };
        assert_eq!(around("/bin").in_path("sh"), Some(PathBuf::from("/bin/sh")));
        assert_eq!(around("/nowhere:/bin:").in_path("sh"), Some(PathBuf::from("/bin/sh")));
        assert_eq!(around(":.:bin:../../bin").in_path("sh"), None);
        assert_eq!(Surroundings::default().in_path("sh"), None);
    }
}
