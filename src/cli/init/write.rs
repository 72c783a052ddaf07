//! The files: each is made only where there is none, and none stays if one cannot be made.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use regal_inventory::error::{Code, Location, Problem, Result, io_message};

/// The hooks, as the playbooks have them.
const HOOKS: [(&str, &str); 4] = [
    ("drain.yml", include_str!("../../../playbooks/hooks/drain.yml")),
    ("deploy.yml", include_str!("../../../playbooks/hooks/deploy.yml")),
    ("check.yml", include_str!("../../../playbooks/hooks/check.yml")),
    ("enable.yml", include_str!("../../../playbooks/hooks/enable.yml")),
];

/// What was made, which is removed again unless it is kept.
#[derive(Default)]
struct Made {
    files: Vec<PathBuf>,
    folder: Option<PathBuf>,
    is_kept: bool,
}

impl Drop for Made {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed is in nobody's way but a second try's, which names it.
            self.files.iter().for_each(|path| drop(std::fs::remove_file(path)));
            if let Some(folder) = &self.folder {
                let _ = std::fs::remove_dir(folder);
            }
        }
    }
}

/// Writes the hooks that are not there and the configuration, and returns what was written and what was there.
///
/// # Errors
/// The configuration is there, or a file cannot be written. Nothing is written then.
pub fn write(configuration: &Path, text: &str, hooks: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let mut made = Made::default();
    let mut there = Vec::new();
    match std::fs::create_dir(hooks) {
        Ok(()) => made.folder = Some(hooks.to_path_buf()),
        Err(_) if hooks.is_dir() => {}
        Err(error) => return Err(unwritten(hooks, &error)),
    }
    for (name, hook) in HOOKS {
        let path = hooks.join(name);
        match create(&path, hook, 0o644, &mut made) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => there.push(path),
            Err(error) => return Err(unwritten(&path, &error)),
            Ok(()) => {}
        }
    }
    create(configuration, text, 0o755, &mut made).map_err(|error| unwritten(configuration, &error))?;
    made.is_kept = true;
    Ok((std::mem::take(&mut made.files), there))
}

fn create(path: &Path, text: &str, mode: u32, made: &mut Made) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    made.files.push(path.to_path_buf());
    file.write_all(text.as_bytes())
}

/// Refuses to begin where there is a configuration already.
///
/// # Errors
/// There is one, or anything else of that name.
pub fn refuse_existing(configuration: &Path) -> Result<()> {
    if configuration.symlink_metadata().is_err() {
        return Ok(());
    }
    let problem = Problem::of(Code::InvalidOption, "there is a file of this name already, and init replaces nothing");
    let problem = problem.at(Location::whole(configuration.display().to_string()));
    Err(problem.hint("move it away, or write another one: --output OTHER.regal.yml").into())
}

fn unwritten(path: &Path, error: &std::io::Error) -> regal_inventory::error::Error {
    let problem = Problem::of(Code::System, format!("cannot be written: {}", io_message(error)));
    problem.at(Location::whole(path.display().to_string())).hint("nothing was written; check the folder").into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn where_one_file_cannot_be_made_none_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (configuration, hooks) = (folder.path().join("rollout.regal.yml"), folder.path().join("hooks"));
        std::fs::write(&configuration, "mine").unwrap();
        assert!(write(&configuration, "ours", &hooks).is_err());
        assert!(!hooks.exists());
        assert_eq!(std::fs::read_to_string(&configuration).unwrap(), "mine");
    }
}
