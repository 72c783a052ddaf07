//! Whether there are files under vault among some files and folders.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use super::entries;
use crate::vault;

/// The most files that are looked at; in more there may be one.
const MAX_FILES: usize = 100_000;
/// How many bytes of a file are looked at.
const HEAD: usize = 64;

/// Whether a file is encrypted as a whole, or a folder has one that is.
pub(super) fn has_any(paths: &[PathBuf]) -> bool {
    let mut waiting: Vec<(PathBuf, usize)> = paths.iter().map(|path| (path.clone(), 0)).collect();
    let mut left = MAX_FILES;
    while let Some((path, depth)) = waiting.pop() {
        let Ok(metadata) = path.metadata() else { continue };
        if metadata.is_dir() && depth < entries::MAX_DEPTH {
            let inside = entries::sorted_entries(&path).unwrap_or_default();
            waiting.extend(inside.into_iter().map(|entry| (entry, depth + 1)));
        } else if metadata.is_file() {
            let mut head = Vec::with_capacity(HEAD);
            let read = File::open(&path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
            if read.is_ok() && vault::is_encrypted(&head) {
                return true;
            }
        }
        left = left.saturating_sub(1);
        if left == 0 {
            return true;
        }
    }
    false
}
