//! Which configuration is used.

use std::path::{Path, PathBuf};

/// The name that is looked for.
const NAME: &str = "regal.yml";

/// The configuration: the option, else the variable, else the nearest `regal.yml` from `start` upward; nothing if there
/// is none.
pub fn find(option: Option<&Path>, variable: Option<&str>, start: &Path) -> Option<PathBuf> {
    if let Some(path) = option {
        return Some(path.to_path_buf());
    }
    if let Some(path) = variable.filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let found = start.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())?;
    // Shown as the user would write it.
    Some(found.strip_prefix(start).map(Path::to_path_buf).unwrap_or(found))
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
        assert_eq!(find(None, None, &below), Some(folder.path().join(NAME)));
        std::fs::write(below.join(NAME), "").unwrap();
        assert_eq!(find(None, Some(""), &below), Some(PathBuf::from(NAME)));
        assert_eq!(find(None, Some("x.yml"), &below), Some(PathBuf::from("x.yml")));
        assert_eq!(find(Some(Path::new("y.yml")), Some("x.yml"), &below), Some(PathBuf::from("y.yml")));
    }
}
