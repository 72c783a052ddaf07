//! A directory of inventories: every file in it, sorted by name, subdirectories too.

use std::path::{Path, PathBuf};

use regex::bytes::Regex;

use super::entries::{MAX_DEPTH, is_executable, sorted_entries};
use super::{OWN_PLUGINS, Reading, io_message, same_file};
use crate::error::{Code, Location, Problem};

/// Endings that Ansible skips, its `INVENTORY_IGNORE_EXTS` from 2.19 on.
const IGNORED_ENDINGS: [&str; 12] =
    [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"];
/// Names that hold variables or plugins.
const IGNORED_NAMES: [&str; 3] = ["host_vars", "group_vars", "vars_plugins"];
/// So much of a file is looked at to see whether it is our own, in bytes.
const HEAD: usize = 4096;

impl Reading<'_, '_> {
    /// The files of a directory that are to be read, in order; those that are our own are noted as skipped.
    pub(super) fn files_of(&mut self, path: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let before = self.found.checkpoint();
        self.collect(path, 0, &mut files);
        if files.is_empty() && !self.found.failed_since(&before) {
            let problem = Problem::of(Code::EmptySource, "the directory holds no inventory")
                .at(Location::whole(path.display().to_string()));
            let set = &self.options.ansible;
            let hint = if set.ignored_endings.is_some() || !set.ignored_texts.is_empty() {
                "Ansible skips hidden files, and what `ignore_extensions` and `ignore_patterns` say"
            } else {
                "Ansible skips hidden files, and endings such as .cfg, .md, .txt and .bak"
            };
            self.push(problem.hint(hint));
        }
        files
    }

    fn collect(&mut self, path: &Path, depth: usize, files: &mut Vec<PathBuf>) {
        let whole =
            |message: String| Problem::of(Code::Unreadable, message).at(Location::whole(path.display().to_string()));
        if depth > MAX_DEPTH {
            let problem = whole("directories are nested too deeply".to_string());
            return self.push(problem.hint("look for a link that leads back up"));
        }
        let entries = match sorted_entries(path) {
            Ok(entries) => entries,
            Err(error) => {
                let problem = whole(format!("cannot be listed: {}", io_message(&error))).hint("check its permissions");
                return self.push(problem);
            }
        };
        for entry in entries {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if self.is_ignored(&name) {
                continue;
            }
            if entry.is_dir() {
                self.collect(&entry, depth + 1, files);
            } else if self.is_own(&entry) {
                self.skipped.push(entry.display().to_string());
            } else {
                files.push(entry);
            }
        }
    }

    /// Whether a file is part of this program's use of the directory: its configuration, a link to it or a wrapper.
    fn is_own(&self, path: &Path) -> bool {
        if self.options.own_files.iter().any(|own| same_file(own, path)) {
            return true;
        }
        // the record of a frozen plan
        if path.to_string_lossy().ends_with(".rollout.jsonl") {
            return true;
        }
        let Some(head) = self.head(path, HEAD) else { return false };
        if is_executable(path) && head.starts_with("#!") {
            let program = |line: &str| !line.trim_start().starts_with('#') && line.contains("regal-inventory");
            return head.lines().next().is_some_and(|line| line.contains("regal-inventory"))
                || head.lines().skip(1).any(program);
        }
        let plugin = |line: &str| {
            let value = line.strip_prefix("plugin:").map(|value| value.trim().trim_matches(['"', '\'']));
            value.is_some_and(|value| OWN_PLUGINS.contains(&value))
        };
        head.lines().any(plugin)
    }
}

impl Reading<'_, '_> {
    /// Whether Ansible skips a name in a directory, always or as it is set.
    fn is_ignored(&self, name: &str) -> bool {
        let ansible = &self.options.ansible;
        let has_ending = match &ansible.ignored_endings {
            Some(endings) => endings.iter().any(|ending| name.ends_with(ending.as_str())),
            None => IGNORED_ENDINGS.iter().any(|ending| name.ends_with(ending)),
        };
        let fits = |pattern: &Regex| pattern.is_match(name.as_bytes());
        name.starts_with('.')
            || IGNORED_NAMES.contains(&name)
            || has_ending
            || ansible.ignored_patterns.iter().any(fits)
    }
}
