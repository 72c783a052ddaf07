//! A master's configuration: nodegroups, and where its roster, keys and cache are.
//!
//! As with Salt, the files of `master.d` are merged into each other, lists of the same name one after the other, and what
//! comes of them takes the place of the same key in the main file.

use std::path::{Path, PathBuf};

use super::roster::{self, Defaults};
use super::{Gathered, cache, entries_of, file_name, keys};
use crate::error::{Code, Location, Problem};
use crate::pattern::Matcher;
use crate::salt::{Nodegroup, OWN_MARK};
use crate::source::Reading;
use crate::text::Pos;
use crate::value::{Entry, KeyKind, Value};

/// Where a master keeps its files unless it is told otherwise.
const SYSTEM: &str = "/etc/salt";
const SYSTEM_CACHE: &str = "var/cache/salt/master";
const FORM: &str = "write a list of ids, or a target: `web: L@web1,web2`, `debian: G@os:Debian`";

/// The keys of all files, merged.
#[derive(Default)]
struct Settings<'a> {
    entries: Vec<Entry<'a>>,
    /// `nodegroups` of the main file, as long as those of no other file take their place.
    main: Option<Entry<'a>>,
}

impl<'a> Settings<'a> {
    fn get(&self, key: &str) -> Option<Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key).copied()
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(|entry| entry.value.text())
    }
}

/// Reads the configuration and all that it leads to.
pub(super) fn read<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path) {
    let (folder, main) = places(path);
    let before = reading.found.checkpoint();
    let settings = settings(reading, &folder, main.as_deref());
    if reading.found.failed_since(&before) {
        return;
    }
    gathered.main_nodegroups = settings.main.map(|entry| reading.texts.locate(entry.at));
    let mut found = add_nodegroups(reading, gathered, &settings);
    found |= read_roster(reading, gathered, &folder, &settings);
    let root = settings.text("root_dir").map(PathBuf::from);
    let key_folder = match (settings.text("pki_dir"), &root) {
        (Some(folder), root) => within(root.as_deref(), folder),
        (None, Some(root)) => root.join("etc/salt/pki/master"),
        (None, None) => folder.join("pki/master"),
    };
    if keys::is_keys(&key_folder) || key_folder.join("minions").is_dir() {
        keys::read(reading, gathered, &key_folder);
        found = true;
    }
    let cache_folder = match (settings.text("cachedir"), &root) {
        (Some(folder), root) => Some(within(root.as_deref(), folder)),
        (None, Some(root)) => Some(root.join(SYSTEM_CACHE)),
        (None, None) => (folder == Path::new(SYSTEM)).then(|| Path::new("/").join(SYSTEM_CACHE)),
    };
    if let Some(folder) = cache_folder.filter(|folder| cache::is_cache(folder)) {
        cache::read(reading, gathered, &folder);
        found = true;
    }
    if !found {
        let whole = Location::whole(path.display().to_string());
        let problem = Problem::of(
            Code::EmptySource,
            "the configuration leads to no minions: no nodegroups, roster, keys or cache",
        );
        reading.push(problem.at(whole).hint("name what there is: `salt: {keys: …, cache: …, roster: …}`"));
    }
}

/// Reads the nodegroups of a file, or of the `*.conf` files of a folder.
pub(super) fn read_nodegroups<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path) {
    let before = reading.found.checkpoint();
    let mut settings = Settings::default();
    if path.is_dir() {
        let files = matching(reading, path, "*.conf");
        included(reading, &files, &mut settings.entries);
    } else if let Some(entries) = mapping(reading, path) {
        settings.entries = entries.to_vec();
    }
    if !add_nodegroups(reading, gathered, &settings) && !reading.found.failed_since(&before) {
        let problem =
            Problem::of(Code::EmptySource, "there are no nodegroups").at(Location::whole(path.display().to_string()));
        reading.push(problem.hint("name a file with `nodegroups:`, or the folder master.d"));
    }
}

/// The folder of the configuration, and its main file where there is one.
fn places(path: &Path) -> (PathBuf, Option<PathBuf>) {
    if path.is_dir() {
        let main = path.join("master");
        (path.to_path_buf(), main.is_file().then_some(main))
    } else {
        (path.parent().unwrap_or(Path::new("")).to_path_buf(), Some(path.to_path_buf()))
    }
}

/// A path of the configuration, below `root_dir` if that is set.
fn within(root: Option<&Path>, path: &str) -> PathBuf {
    match root {
        Some(root) if !Path::new(path).starts_with(root) => root.join(path.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}

fn settings<'a>(reading: &mut Reading<'_, 'a>, folder: &Path, main: Option<&Path>) -> Settings<'a> {
    let mut settings = Settings::default();
    if let Some(entries) = main.and_then(|main| mapping(reading, main)) {
        settings.entries = entries.to_vec();
        settings.main = settings.get("nodegroups").filter(|entry| entry.value != Value::Null);
    }
    let default = settings.text("default_include").unwrap_or("master.d/*.conf");
    let more = settings.get("include").map_or(&[][..], |entry| match entry.value {
        Value::List(items) => items,
        _ => &[],
    });
    let more: Vec<&str> = settings.text("include").into_iter().chain(more.iter().filter_map(Value::text)).collect();
    let mut replaced = false;
    for pattern in std::iter::once(default).chain(more) {
        let pattern = folder.join(pattern);
        let files = matching(reading, pattern.parent().unwrap_or(folder), &file_name(&pattern));
        let mut entries = Vec::new();
        included(reading, &files, &mut entries);
        for entry in entries {
            replaced |= entry.key == "nodegroups";
            settings.entries.retain(|old| old.key != entry.key);
            settings.entries.push(entry);
        }
    }
    if let Some(main) = settings.main.filter(|_| replaced) {
        let message = "these nodegroups are replaced by those of master.d, as Salt does silently";
        reading.warning(Code::Ignored, main.at, message);
        settings.main = None;
    }
    settings
}

/// The files of a folder whose name fits, sorted.
fn matching(reading: &mut Reading<'_, '_>, folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let Ok(matcher) = Matcher::glob(pattern) else { return Vec::new() };
    if !folder.is_dir() {
        return Vec::new();
    }
    let entries = entries_of(reading, folder).unwrap_or_default();
    entries.into_iter().filter(|path| path.is_file() && matcher.matches(&file_name(path))).collect()
}

/// Merges files into each other: mappings by key, lists one after the other, later values over earlier ones.
fn included<'a>(reading: &mut Reading<'_, 'a>, files: &[PathBuf], merged: &mut Vec<Entry<'a>>) {
    for file in files {
        // What `export salt-nodegroups` wrote: the batches of a plan are not a source of the next.
        if reading.head(file, OWN_MARK.len()).is_some_and(|head| head == OWN_MARK) {
            reading.skipped.push(file.display().to_string());
            continue;
        }
        let Some(entries) = mapping(reading, file) else { continue };
        *merged = merge(reading, merged, entries);
    }
}

fn merge<'a>(reading: &Reading<'_, 'a>, known: &[Entry<'a>], added: &[Entry<'a>]) -> Vec<Entry<'a>> {
    let mut merged = known.to_vec();
    for entry in added {
        let Some(old) = merged.iter_mut().find(|old| old.key == entry.key && old.kind == entry.kind) else {
            merged.push(*entry);
            continue;
        };
        old.value = match (old.value, entry.value) {
            (Value::Map(old), Value::Map(new)) => Value::Map(reading.arena.alloc_slice_copy(&merge(reading, old, new))),
            (Value::List(old), Value::List(new)) => {
                let new = new.iter().filter(|item| !old.contains(item));
                let items: Vec<Value<'a>> = old.iter().chain(new).copied().collect();
                Value::List(reading.arena.alloc_slice_copy(&items))
            }
            (_, new) => new,
        };
    }
    merged
}

/// A file's keys; an empty file has none.
fn mapping<'a>(reading: &mut Reading<'_, 'a>, path: &Path) -> Option<&'a [Entry<'a>]> {
    let (text, value) = roster::document(reading, path, false)?;
    match value {
        Value::Map(entries) => Some(entries),
        Value::Null => Some(&[]),
        other => {
            let message = format!("the configuration is {}, not a mapping", other.type_name());
            reading.problem(Code::InvalidSalt, text.base, message, "write `KEY: VALUE` lines");
            None
        }
    }
}

fn read_roster<'a>(
    reading: &mut Reading<'_, 'a>,
    gathered: &mut Gathered<'a>,
    folder: &Path,
    settings: &Settings<'a>,
) -> bool {
    let entries = match settings.get("roster_defaults").map(|entry| entry.value) {
        Some(Value::Map(entries)) => entries,
        _ => &[],
    };
    let as_folder = settings.text("roster") == Some("dir");
    let path = match (settings.text("roster_file"), settings.text("roster_dir")) {
        (_, Some(path)) if as_folder => PathBuf::from(path),
        (Some(path), _) if !as_folder => PathBuf::from(path),
        _ => folder.join(if as_folder { "roster.d" } else { "roster" }),
    };
    let exists = path.exists();
    if exists {
        let domain = as_folder.then(|| settings.text("roster_domain").unwrap_or_default());
        roster::read(reading, gathered, &path, &Defaults { entries, domain });
    }
    exists
}

/// Adds what `nodegroups` and `ssh_list_nodegroups` say; false if they say nothing.
fn add_nodegroups<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, settings: &Settings<'a>) -> bool {
    let mut found = false;
    for key in ["ssh_list_nodegroups", "nodegroups"] {
        let Some(entry) = settings.get(key) else { continue };
        let groups: Vec<Entry<'a>> = match entry.value {
            Value::Map(groups) => groups.to_vec(),
            Value::Null => continue,
            Value::List(items) if items.iter().all(|item| matches!(item, Value::Map([_]))) => {
                let single = |item: &Value<'a>| if let Value::Map([entry]) = item { Some(*entry) } else { None };
                items.iter().filter_map(single).collect()
            }
            other => {
                let message = format!("`{key}` is {}, not a mapping", other.type_name());
                reading.problem(Code::InvalidSalt, entry.at, message, "write names with targets: `web: L@web1,web2`");
                continue;
            }
        };
        found |= !groups.is_empty();
        for group in groups {
            if let Some(words) = words(reading, &group, key == "ssh_list_nodegroups") {
                gathered.nodegroups.insert(group.key, Nodegroup { words, at: group.at });
            }
        }
    }
    found
}

/// The words of a definition.
fn words<'a>(reading: &mut Reading<'_, 'a>, group: &Entry<'a>, list: bool) -> Option<Vec<&'a str>> {
    if group.kind != KeyKind::Str {
        let message = format!("the nodegroup `{}` is not a string in YAML", group.key);
        reading.problem(Code::InvalidSalt, group.at, message, format!("quote it: \"{}\"", group.key));
        return None;
    }
    match group.value {
        Value::Str(text) if list => Some(text.split(',').collect()),
        Value::Str(text) => Some(text.split_whitespace().collect()),
        Value::List(items) => {
            let words = items.iter().map(|item| match item {
                Value::Str(word) => Some(*word),
                other => {
                    word_problem(reading, group.at, group.key, *other);
                    None
                }
            });
            words.collect()
        }
        other => {
            let message = format!("the nodegroup `{}` is {}", group.key, other.type_name());
            reading.problem(Code::InvalidSalt, group.at, message, FORM);
            None
        }
    }
}

fn word_problem(reading: &mut Reading<'_, '_>, at: Pos, group: &str, item: Value<'_>) {
    let shown = item.text().unwrap_or_default();
    let hint = if shown.is_empty() { FORM.to_string() } else { format!("quote it: \"{shown}\"") };
    let message = format!("the nodegroup `{group}` has {} in its list, not a string", item.type_name());
    reading.problem(Code::InvalidSalt, at, message, hint);
}
