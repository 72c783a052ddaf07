//! Which configuration is used, and its text.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Surroundings;
use crate::error::{Code, Location, Problem, Result, io_message};
use crate::shown::printable;
use crate::source::Limits;
use crate::source::bytes::Pipes;
use crate::text::{Arena, Encoding, Text, TextMap};

/// The name that is looked for.
pub const NAME: &str = "regal.yml";

/// Which configuration is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Configuration {
    /// The nearest `regal.yml` from the working directory upward, if there is one.
    Nearest,
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// What names it, for messages: `--config`.
        named_by: &'static str,
    },
    /// None: the settings are those of the environment and of options.
    None,
}

impl Configuration {
    /// A file that a program names by itself.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Configuration::File { path: path.into(), named_by: "the caller" }
    }

    /// Returns the path of the configuration, as the user would write it; nothing if there is none.
    ///
    /// # Errors
    /// The one that was found may be somebody else's: a configuration can name programs that are run. A further one is not
    /// looked for then, since that would be another plan without a word.
    pub fn path(&self, surroundings: &Surroundings) -> Result<Option<PathBuf>> {
        match self {
            Configuration::Nearest => find(&working_directory(surroundings)?),
            Configuration::File { path, .. } => Ok(Some(surroundings.folder.join(path))),
            Configuration::None => Ok(None),
        }
    }

    /// Returns the text of a configuration.
    ///
    /// # Errors
    /// It cannot be read, or is not UTF-8.
    pub(super) fn read<'a>(
        &self,
        arena: &'a Arena,
        texts: &TextMap<'a>,
        path: &Path,
        pipes: &Pipes,
    ) -> Result<Text<'a>> {
        let name = path.display().to_string();
        let whole = |code, message: String| Problem::of(code, message).at(Location::whole(name.clone()));
        let named_by = match self {
            Configuration::File { named_by, .. } => named_by,
            Configuration::Nearest | Configuration::None => "--config",
        };
        // How long to wait is said in it, so for it that is the default.
        let bytes = pipes.read_or_nothing(arena, path, &Limits::default()).map_err(|unread| {
            whole(Code::Unreadable, format!("the configuration cannot be read: {}", unread.why))
                .hint(unread.hint_or(&format!("check the path given by {named_by}")))
        })?;
        if let Some(encoding) = Encoding::of(bytes) {
            let problem = whole(Code::Encoding, format!("the configuration is {} and not UTF-8", encoding.name()));
            return Err(problem.hint(encoding.hint()).into());
        }
        let text = std::str::from_utf8(bytes).map_err(|_| {
            whole(Code::Encoding, "the configuration is not valid UTF-8".to_string()).hint("save it as UTF-8")
        })?;
        Ok(texts.add(arena.alloc_str(&name), text)?)
    }
}

/// Returns the working directory as an absolute path.
///
/// # Errors
/// There is none any more, or it may not be read.
pub(super) fn working_directory(surroundings: &Surroundings) -> Result<PathBuf> {
    if !surroundings.folder.as_os_str().is_empty() {
        return Ok(surroundings.folder.clone());
    }
    Path::new(".").canonicalize().map_err(|error| {
        let message = format!("the working directory cannot be read: {}", io_message(&error));
        Problem::of(Code::System, message).hint("change to a folder that exists and that you may read").into()
    })
}

/// The nearest configuration from `start` upward.
fn find(start: &Path) -> Result<Option<PathBuf>> {
    let Some(found) = start.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file()) else {
        return Ok(None);
    };
    // Shown as the user would write it.
    let shown = found.strip_prefix(start).map_or_else(|_| found.clone(), Path::to_path_buf);
    match doubt(&found) {
        None => Ok(Some(shown)),
        Some(why) => {
            let message = format!("this configuration was found here and is not used: {why}");
            let problem = Problem::of(Code::InvalidConfiguration, message);
            let path = printable(&shown.display().to_string()).into_owned();
            let hint = format!(
                "if you trust it, name it: --config {path}, or REGAL_CONFIG={path}; --config /dev/null uses none"
            );
            Err(problem.at(Location::whole(path)).hint(hint).into())
        }
    }
}

/// Why a file that nobody named cannot be trusted, as Ansible does with `ansible.cfg` and a little more: everybody may write it,
/// or put another one there. Of a link both ends count.
pub(super) fn doubt(path: &Path) -> Option<String> {
    let target = path.canonicalize().ok()?;
    let link = path.symlink_metadata().ok().filter(Metadata::is_symlink).map(|link| (path, link));
    let ends = link.into_iter().chain(target.metadata().ok().map(|file| (target.as_path(), file)));
    ends.into_iter().find_map(|(path, metadata)| {
        let folder = path.parent().unwrap_or(Path::new("/"));
        if !metadata.is_symlink() && everybody_writes(&metadata) {
            return Some("everybody may write it".to_string());
        }
        let open = folder.metadata().is_ok_and(|folder| everybody_writes(&folder));
        let own = [0, rustix::process::geteuid().as_raw()].contains(&metadata.uid());
        (open && !own).then(|| {
            let folder = folder.display().to_string();
            format!("everybody may write to {}, and it belongs neither to you nor to root", printable(&folder))
        })
    })
}

fn everybody_writes(metadata: &Metadata) -> bool {
    metadata.mode() & 0o002 != 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_that_is_handed_in_need_not_be_that_of_the_process() {
        let surroundings = Surroundings { folder: PathBuf::from("/srv/shop"), ..Surroundings::default() };
        assert_eq!(working_directory(&surroundings).unwrap(), Path::new("/srv/shop"));
    }

    #[test]
    fn the_nearest_file_upward_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(folder.path().join(NAME), "").unwrap();
        assert_eq!(find(&below).unwrap(), Some(folder.path().join(NAME)));
        std::fs::write(below.join(NAME), "").unwrap();
        assert_eq!(find(&below).unwrap(), Some(PathBuf::from(NAME)));
    }
}
