//! Files and folders before they are read: what a folder holds, and which files are programs.

use std::path::{Path, PathBuf};

use super::bytes::is_descriptor;

/// Directories in directories, at most: a link may lead back up.
pub(super) const MAX_DEPTH: usize = 40;

/// Whether this process may run the file.
pub(crate) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The path by which the system finds a script, with a slash in it. A descriptor of ours is another one in a child.
pub(super) fn program(path: &Path) -> PathBuf {
    let found = if is_descriptor(path) { path.canonicalize() } else { std::path::absolute(path) };
    found.unwrap_or_else(|_| path.to_path_buf())
}

/// What is in a directory, sorted by name.
pub(super) fn sorted_entries(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut entries = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// How the name of a file ends, with its dot. A pipe has no name to tell its kind.
pub(super) fn ending_of(path: &Path) -> String {
    match path.extension() {
        Some(ending) => format!(".{}", ending.to_string_lossy()),
        None if is_descriptor(path) || !path.is_file() => ".yml".to_string(),
        None => String::new(),
    }
}
