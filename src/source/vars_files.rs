//! `group_vars/` and `host_vars/` beside the sources.
//!
//! Beside each source (in it, if it is a directory) the first of `NAME`, `NAME.yml`, `NAME.yaml`, `NAME.json` holds the
//! variables of the group or host NAME; a directory holds them in all its files, sorted, folders without a dot included.
//! The rules are those of ansible-core 2.19, `plugins/vars/host_group_vars.py` and `DataLoader.find_vars_files`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::directory::sorted_entries;
use super::{Content, Reading, Spec, io_message, not_utf8};
use crate::error::{Location, Problem};
use crate::inventory::Target;
use crate::text::Text;
use crate::value::{Entry, KeyKind, Value};

/// The endings that a vars file may have.
const ENDINGS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// Reads the vars files of all groups and hosts, in the order of the sources.
pub(super) fn read(reading: &mut Reading<'_, '_>, specs: &[Spec]) {
    for (source, folder) in folders(specs).iter().enumerate() {
        let groups = reading.inventory.group_ids().map(|id| (Target::Group(id), reading.inventory.group_name(id)));
        let groups: Vec<_> = groups.collect();
        read_folder(reading, &folder.join("group_vars"), source as u32, groups);
        let hosts = reading.inventory.host_ids().map(|id| (Target::Host(id), reading.inventory.host_name(id)));
        let hosts: Vec<_> = hosts.collect();
        read_folder(reading, &folder.join("host_vars"), source as u32, hosts);
    }
}

/// The folders beside the sources. A folder of several sources counts where the last of them stands: it would be read
/// again there, and would win.
fn folders(specs: &[Spec]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for spec in specs {
        let folder = match spec.path.metadata() {
            Ok(metadata) if metadata.is_dir() => spec.path.clone(),
            Ok(_) => spec.path.parent().map_or_else(PathBuf::new, Path::to_path_buf),
            Err(_) => continue,
        };
        folders.retain(|known| *known != folder);
        folders.push(folder);
    }
    folders
}

fn read_folder<'a>(reading: &mut Reading<'_, 'a>, folder: &Path, source: u32, targets: Vec<(Target, &'a str)>) {
    match folder.metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            let problem = Problem::new("is no directory: Ansible reads no variables from it");
            return reading.warnings.push(problem.at(Location::whole(folder.display().to_string())));
        }
        Err(_) => return,
    }
    // One listing instead of four look-ups a host.
    let names: HashSet<String> = match sorted_entries(folder) {
        Ok(entries) => {
            entries.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
        }
        Err(error) => {
            let problem = Problem::new(format!("cannot be listed: {}", io_message(&error)));
            return reading
                .push(problem.at(Location::whole(folder.display().to_string())).hint("check its permissions"));
        }
    };
    for (target, name) in targets {
        // A host that is the path of a chroot has no vars files.
        if name.starts_with('/') {
            continue;
        }
        let nested = name.contains('/');
        let found = ENDINGS
            .iter()
            .map(|ending| format!("{name}{ending}"))
            .find(|file| (nested || names.contains(file)) && folder.join(file).exists());
        for file in found.map(|file| files_of(folder.join(file))).unwrap_or_default() {
            read_file(reading, &file, source, target);
        }
    }
}

/// The file itself, or the vars files below a directory.
fn files_of(path: PathBuf) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path];
    }
    let mut files = Vec::new();
    for entry in sorted_entries(&path).unwrap_or_default() {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let ending = entry.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
        if entry.is_dir() && ending.is_empty() {
            files.extend(files_of(entry));
        } else if entry.is_file() && ENDINGS.contains(&ending.as_str()) {
            files.push(entry);
        }
    }
    files
}

fn read_file(reading: &mut Reading<'_, '_>, path: &Path, source: u32, target: Target) {
    let text = match reading.read_text(path) {
        Some(Content::Text(text, None)) => text,
        Some(Content::Text(_, Some(line))) => return reading.push(not_utf8(path, line)),
        Some(Content::Sealed) => return reading.vaults.push(path.display().to_string()),
        None => return,
    };
    match reading.parse_data(text) {
        Ok(Value::Map(entries)) => {
            for entry in entries {
                let name = reading.variable_name(entry);
                reading.inventory.set_file_var(target, source, name, entry.value, entry.at);
            }
        }
        // Ansible takes whatever Python calls false for an empty file.
        Ok(other) if !other.is_truthy() => {}
        Ok(other) => reading.problem(
            text.base,
            format!("the vars file holds {}, not a mapping", other.type_name()),
            "write variables as `name: value`",
        ),
        Err(problem) => reading.push(problem),
    }
}

impl<'a> Reading<'_, 'a> {
    /// A text as JSON, else as YAML; warnings go to the reading.
    ///
    /// # Errors
    /// The text is neither.
    pub(super) fn parse_data(&mut self, text: Text<'a>) -> Result<Value<'a>, Problem> {
        let mut warnings = Vec::new();
        let parsed = crate::json::parse_data(self.arena, text, self.options.limits.yaml_values, &mut warnings);
        for (at, message) in warnings {
            self.warning(at, message);
        }
        parsed.map_err(|fault| fault.problem(self.texts))
    }

    /// A variable's name: a key that is no string as Python's `json` would write it.
    pub(super) fn variable_name(&self, entry: &Entry<'a>) -> &'a str {
        if entry.kind == KeyKind::Str { entry.key } else { self.arena.alloc_str(&entry.name()) }
    }
}
