//! The files of a master's configuration: the main one, and those that it includes.
//!
//! As with Salt (`load_config` and `include_config` in `salt/config/__init__.py`), they are YAML and never templates. What one
//! pattern leads to is merged, lists of the same name one after the other, and takes the place of the same keys before it;
//! what a file includes takes the place of its own keys.

use std::path::{Path, PathBuf};

use crate::error::{Code, Location, Problem};
use crate::pattern::Matcher;
use crate::salt::OWN_MARK;
use crate::source::paths::with_home;
use crate::source::salt::{entries_of, exists, file_name, roster};
use crate::source::{Reading, entries};
use crate::value::{Entry, Value};

/// What is included besides, unless the main file says otherwise.
const DEFAULT_INCLUDE: &str = "master.d/*.conf";

/// The keys of all files, merged.
#[derive(Default)]
pub(super) struct Settings<'a> {
    pub entries: Vec<Entry<'a>>,
    /// `nodegroups` of the main file, as long as those of no other file take their place.
    pub main: Option<Entry<'a>>,
}

impl<'a> Settings<'a> {
    pub fn get(&self, key: &str) -> Option<Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key).copied()
    }

    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(|entry| entry.value.text())
    }

    /// Puts keys in the place of those of the same name.
    fn replace(&mut self, entries: Vec<Entry<'a>>) {
        self.entries.retain(|old| !entries.iter().any(|new| new.key == old.key));
        self.entries.extend(entries);
    }
}

/// The settings of a folder with its main file, if there is one.
pub(super) fn settings<'a>(reading: &mut Reading<'_, 'a>, folder: &Path, main: Option<&Path>) -> Settings<'a> {
    let mut settings = Settings::default();
    if let Some(entries) = main.and_then(|main| mapping(reading, main)) {
        settings.entries = entries.to_vec();
        settings.main = settings.get("nodegroups").filter(|entry| entry.value != Value::Null);
    }
    let named = settings.get("include");
    let default = match settings.get("default_include") {
        Some(entry) => patterns(Some(entry)),
        None => vec![DEFAULT_INCLUDE],
    };
    let mut replaced = false;
    for (patterns, entry) in [(default, None), (patterns(named), named)] {
        let included = included(reading, folder, &patterns, entry, 0);
        replaced |= included.iter().any(|entry| entry.key == "nodegroups");
        settings.replace(included);
    }
    if let Some(main) = settings.main.filter(|_| replaced) {
        let message = "these nodegroups are replaced by those of included files, as Salt does silently";
        reading.warning(Code::Ignored, main.at, message);
        settings.main = None;
    }
    settings
}

/// The settings of the `*.conf` files of a folder, or of one file.
pub(super) fn settings_of<'a>(reading: &mut Reading<'_, 'a>, path: &Path) -> Settings<'a> {
    let entries = if path.is_dir() {
        included(reading, path, &["*.conf"], None, 0)
    } else {
        mapping(reading, path).unwrap_or_default().to_vec()
    };
    Settings { entries, main: None }
}

/// A text, or a list of them.
fn patterns<'a>(entry: Option<Entry<'a>>) -> Vec<&'a str> {
    match entry.map(|entry| entry.value) {
        Some(Value::List(items)) => items.iter().filter_map(Value::text).collect(),
        Some(value) => value.text().into_iter().filter(|text| !text.is_empty()).collect(),
        None => Vec::new(),
    }
}

/// The keys of the files that patterns lead to from a folder, those that they include too. `named` is the `include` that has
/// them; one that leads nowhere has a warning.
fn included<'a>(
    reading: &mut Reading<'_, 'a>,
    folder: &Path,
    patterns: &[&str],
    named: Option<Entry<'a>>,
    depth: usize,
) -> Vec<Entry<'a>> {
    let mut merged = Vec::new();
    for pattern in patterns {
        let files = matching(reading, folder, pattern);
        if let Some(entry) = named.filter(|_| files.is_empty()) {
            let message = format!("`include: {pattern}` leads to no file");
            reading.warning(Code::NoMatch, entry.at, message);
        }
        for file in files {
            // What `export salt-nodegroups` wrote: the batches of a plan are not a source of the next.
            if reading.head(&file, OWN_MARK.len()).is_some_and(|head| head == OWN_MARK) {
                reading.skipped.push(file.display().to_string());
                continue;
            }
            let entries = with_included(reading, &file, depth);
            merged = merge(reading, &merged, &entries);
        }
    }
    merged
}

/// The keys of a file, those of files that it includes in their place.
fn with_included<'a>(reading: &mut Reading<'_, 'a>, file: &Path, depth: usize) -> Vec<Entry<'a>> {
    let entries = mapping(reading, file).unwrap_or_default().to_vec();
    let mut settings = Settings { entries, main: None };
    let Some(named) = settings.get("include") else { return settings.entries };
    if depth == entries::MAX_DEPTH {
        let message = format!("files that include each other are nested more than {depth} deep");
        let problem = Problem::of(Code::LimitExceeded, message).at(Location::whole(file.display().to_string()));
        reading.push(problem.hint("take one of the `include:` out"));
        return Vec::new();
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let included = included(reading, folder, &patterns(Some(named)), Some(named), depth + 1);
    settings.replace(included);
    settings.entries
}

/// The files that a pattern of Python's `glob` leads to, in the order of their names: `*`, `?` and `[…]` stand for no `/`, and for
/// no dot at the beginning.
fn matching(reading: &mut Reading<'_, '_>, folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let surroundings = reading.options.surroundings.clone();
    let whole = folder.join(&*with_home(pattern, &|name| surroundings.variable(name).map(Into::into)));
    let mut found = vec![PathBuf::new()];
    for part in whole.components() {
        let name = part.as_os_str().to_string_lossy();
        if !name.contains(['*', '?', '[']) {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        let Ok(matcher) = Matcher::glob(&name) else { return Vec::new() };
        let mut next = Vec::new();
        for folder in found {
            let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
            if exists(reading, &folder) && folder.is_dir() {
                let entries = entries_of(reading, &folder).unwrap_or_default();
                next.extend(entries.into_iter().filter(|path| matcher.matches(&file_name(path))));
            }
        }
        found = next;
    }
    found.retain(|path| exists(reading, path) && path.is_file());
    found.sort_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
    found
}

/// Merges mappings by key, lists one after the other, later values over earlier ones.
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
    let (text, value) = roster::plain(reading, path)?;
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
