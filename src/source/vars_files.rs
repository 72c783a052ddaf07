//! `group_vars/` and `host_vars/` beside the sources.
//!
//! Beside each source (in it, if it is a directory) the first of `NAME`, `NAME.yml`, `NAME.yaml`, `NAME.json` holds the
//! variables of the group or host NAME; a directory holds them in all its files, sorted, folders without a dot included.
//! The rules are those of ansible-core 2.19, `plugins/vars/host_group_vars.py` and `DataLoader.find_vars_files`.

use std::path::{Path, PathBuf};

use foldhash::HashMap;

use super::ansible_cfg::Repeated;
use super::entries::sorted_entries;
use super::{Content, Named, Reading, Source, io_message};
use crate::error::{Code, Location, Problem};
use crate::inventory::{Inventory, Target};
use crate::text::Text;
use crate::value::{self, KeyKind, Value};

/// The endings that a vars file may have besides none, if no setting says others.
pub(super) const ENDINGS: [&str; 3] = [".yml", ".yaml", ".json"];

/// Reads the vars files of all groups and hosts, in the order of the sources.
pub(super) fn read(reading: &mut Reading<'_, '_>, sources: &[Source]) {
    for (source, folder) in folders(sources).iter().enumerate() {
        read_folder(reading, &folder.join("group_vars"), source as u32, |inventory| {
            inventory.group_ids().map(|id| (Target::Group(id), inventory.group_name(id))).collect()
        });
        read_folder(reading, &folder.join("host_vars"), source as u32, |inventory| {
            inventory.host_ids().map(|id| (Target::Host(id), inventory.host_name(id))).collect()
        });
    }
}

/// The folders beside the sources. A folder of several sources counts where the last of them stands: it would be read
/// again there, and would win.
fn folders(sources: &[Source]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for source in sources {
        let Source::Path(Named { path, .. }) = source else { continue };
        let folder = match path.metadata() {
            Ok(metadata) if metadata.is_dir() => path.clone(),
            Ok(_) => path.parent().map_or_else(PathBuf::new, Path::to_path_buf),
            Err(_) => continue,
        };
        folders.retain(|known| *known != folder);
        folders.push(folder);
    }
    folders
}

fn read_folder<'a>(
    reading: &mut Reading<'_, 'a>,
    folder: &Path,
    source: u32,
    targets: impl FnOnce(&Inventory<'a>) -> Vec<(Target, &'a str)>,
) {
    match folder.metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            let problem = Problem::of(Code::Ignored, "is not a directory: Ansible reads no variables from it");
            return reading.found.warn(problem.at(Location::whole(folder.display().to_string())));
        }
        Err(_) => return,
    }
    let known = match listing(folder) {
        Ok(known) => known,
        Err(error) => {
            let problem = Problem::of(Code::Unreadable, format!("cannot be listed: {}", io_message(&error)));
            return reading
                .push(problem.at(Location::whole(folder.display().to_string())).hint("check its permissions"));
        }
    };
    let endings = reading.vars_endings();
    // an ending without a dot gets one here, and is compared as it is within a folder
    let dotted =
        |ending: &String| format!("{}{ending}", if ending.is_empty() || ending.contains('.') { "" } else { "." });
    let names: Vec<String> = std::iter::once(String::new()).chain(endings.iter().map(dotted)).collect();
    let targets = targets(&reading.inventory);
    for (index, (target, name)) in targets.iter().copied().enumerate() {
        reading.options.progress.reads(folder, index, targets.len());
        // A host that is the path of a chroot has no vars files.
        if name.starts_with('/') {
            continue;
        }
        let nested = name.contains('/');
        let found = names.iter().map(|ending| format!("{name}{ending}")).find(|file| match known.get(file) {
            Some(Entry::File) => true,
            Some(Entry::Other) => folder.join(file).exists(),
            None => nested && folder.join(file).exists(),
        });
        let Some(name) = found else { continue };
        let path = folder.join(&name);
        let files = if known.get(&name) == Some(&Entry::File) { vec![path] } else { files_of(path, &endings) };
        files.iter().for_each(|file| read_file(reading, file, source, target));
    }
}

/// What the listing of a folder says of a name in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    /// A file.
    File,
    /// A directory, a link, or what only a look at it tells.
    Other,
}

/// What is in a folder: one call for many names, instead of four look-ups and two more for each host.
fn listing(folder: &Path) -> std::io::Result<HashMap<String, Entry>> {
    let entry = |entry: std::fs::DirEntry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let what = if is_file { Entry::File } else { Entry::Other };
        (entry.file_name().to_string_lossy().into_owned(), what)
    };
    std::fs::read_dir(folder)?.map(|found| found.map(entry)).collect()
}

/// The file itself, or the vars files below a directory.
fn files_of(path: PathBuf, endings: &[String]) -> Vec<PathBuf> {
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
            files.extend(files_of(entry, endings));
        } else if entry.is_file() && (ending.is_empty() || endings.contains(&ending)) {
            files.push(entry);
        }
    }
    files
}

fn read_file(reading: &mut Reading<'_, '_>, path: &Path, source: u32, target: Target) {
    let decoded = match reading.read_text(path) {
        Some(Content::Text(decoded)) => decoded,
        Some(Content::Sealed) => return reading.vaults.push(path.display().to_string()),
        None => return,
    };
    let Some(text) = reading.sound_text(decoded) else { return };
    match reading.parse_data(text) {
        Ok(Value::Map(entries)) => {
            for entry in entries {
                let name = reading.variable_name(entry);
                let set = reading.inventory.set_file_var(target, source, name, entry.value, entry.at);
                reading.note(set, entry.at);
            }
        }
        // Ansible takes whatever Python calls false for an empty file.
        Ok(other) if !other.is_truthy() => {}
        Ok(other) => reading.problem(
            Code::InvalidInventory,
            text.base,
            format!("the vars file holds {}, not a mapping", other.type_name()),
            "write variables as `name: value`",
        ),
        Err(problem) => reading.push(problem),
    }
}

impl<'a> Reading<'_, 'a> {
    /// The endings that a vars file may have besides none.
    fn vars_endings(&self) -> Vec<String> {
        let set = self.options.ansible.yaml_endings.clone();
        set.unwrap_or_else(|| ENDINGS.map(str::to_string).to_vec())
    }

    /// A text as JSON, else as YAML; warnings go to the reading.
    ///
    /// # Errors
    /// The text is neither.
    pub(super) fn parse_data(&mut self, text: Text<'a>) -> Result<Value<'a>, Problem> {
        let mut warnings = Vec::new();
        let parsed = crate::json::parse_data(self.arena, text, self.options.limits.yaml_values, &mut warnings);
        for (at, message) in warnings {
            match self.options.ansible.repeated_keys {
                Repeated::Warn => self.warning(Code::DuplicateKey, at, message),
                Repeated::Error => {
                    self.problem(Code::DuplicateKey, at, message, "remove one: `duplicate_dict_key` is error");
                }
                Repeated::Ignore => {}
            }
        }
        parsed.map_err(|fault| fault.problem(self.texts))
    }

    /// A variable's name: a key that is not a string as Python's `json` would write it.
    pub(super) fn variable_name(&self, entry: &value::Entry<'a>) -> &'a str {
        if entry.kind == KeyKind::Str { entry.key } else { self.arena.alloc_str(&entry.name()) }
    }
}
