//! Which configuration is used.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use regal_inventory::error::{Error, Location, Problem};
use regal_inventory::shown::printable;

/// The name that is looked for.
pub const NAME: &str = "regal.yml";

/// The configuration: the option, else the variable, else the nearest `regal.yml` from `start` upward; nothing if there
/// is none.
///
/// # Errors
/// The one that was found may be somebody else's: a configuration can name programs that are run. A further one is not looked
/// for then, since that would be another plan without a word.
pub fn find(option: Option<&Path>, variable: Option<&str>, start: &Path) -> Result<Option<PathBuf>, Error> {
    if let Some(path) = option {
        return Ok(Some(path.to_path_buf()));
    }
    if let Some(path) = variable.filter(|path| !path.is_empty()) {
        return Ok(Some(PathBuf::from(path)));
    }
    let Some(found) = start.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file()) else {
        return Ok(None);
    };
    // Shown as the user would write it.
    let shown = found.strip_prefix(start).map(Path::to_path_buf).unwrap_or_else(|_| found.clone());
    match doubt(&found) {
        None => Ok(Some(shown)),
        Some(why) => {
            let problem = Problem::new(format!("this configuration was found here and is not taken: {why}"));
            let path = printable(&shown.display().to_string()).into_owned();
            let hint = format!(
                "if it is yours to use, name it: --config {path}, or REGAL_CONFIG={path}; --config /dev/null is none"
            );
            Err(problem.at(Location::whole(path)).hint(hint).into())
        }
    }
}

/// Why a file that nobody named cannot be trusted, as Ansible does with `ansible.cfg` and a little more: everybody may write it,
/// or put another one there. Of a link both ends count.
fn doubt(path: &Path) -> Option<String> {
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

/// What keeps Ansible from running a configuration whose run bit is set, as Ansible itself says it in other words
/// (`Exec format error`) or not at all.
pub fn remarks(path: &Path) -> Vec<Problem> {
    let Ok(metadata) = path.metadata() else { return Vec::new() };
    if !metadata.is_file() || metadata.mode() & 0o111 == 0 {
        return Vec::new();
    }
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    let warn =
        |message: &str, hint: &str| Problem::new(message).at(Location::whole(path.display().to_string())).hint(hint);
    let mut remarks = Vec::new();
    const SHEBANG: &str = "make `#!/usr/bin/env -S regal-inventory --config` its first line, or take the run bit away";
    if text.starts_with("\u{feff}#!") {
        remarks.push(warn(
            "its run bit is set, but a byte order mark before the `#!` keeps it from being run",
            "save it as UTF-8 without one",
        ));
    } else if !text.starts_with("#!") {
        remarks.push(warn("its run bit is set, but without a `#!` line Ansible cannot run it", SHEBANG));
    }
    if !text.lines().any(|line| line.starts_with("plugin:")) {
        let hint = "add the line `plugin: regal-inventory`";
        remarks.push(warn(
            "its run bit is set, and without `plugin` Ansible takes it for an inventory should it fail",
            hint,
        ));
    }
    remarks
}

fn everybody_writes(metadata: &Metadata) -> bool {
    metadata.mode() & 0o002 != 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_nearest_file_upward_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(folder.path().join(NAME), "").unwrap();
        let find = |option: Option<&Path>, variable| find(option, variable, &below).unwrap();
        assert_eq!(find(None, None), Some(folder.path().join(NAME)));
        std::fs::write(below.join(NAME), "").unwrap();
        assert_eq!(find(None, Some("")), Some(PathBuf::from(NAME)));
        assert_eq!(find(None, Some("x.yml")), Some(PathBuf::from("x.yml")));
        assert_eq!(find(Some(Path::new("y.yml")), Some("x.yml")), Some(PathBuf::from("y.yml")));
    }
}
