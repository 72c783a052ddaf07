//! Which minions there are: the master's folder of accepted keys, `salt-key -L`, `manage.status`.

use std::fs::{DirEntry, File};
use std::io::Read;
use std::path::Path;

use indexmap::IndexMap;

use super::{Gathered, printed, unlistable};
use crate::error::{Code, Location, Problem};
use crate::json;
use crate::salt::listed;
use crate::source::Reading;
use crate::source::bytes::Unread;
use crate::text::{Pos, Text};
use crate::value::{Entry, Value};

/// So many bytes have the first line of a key.
const HEAD: u64 = 64;
const KEYS: &str = "save it with: salt-key -L --out=json";
const STATUS: &str = "save it with: salt-run manage.status --out=json";

/// Whether a folder is the master's folder of keys, or the one of the accepted ones in it.
pub(super) fn is_keys(path: &Path) -> bool {
    let folder = if path.file_name().is_some_and(|name| name == "minions") { path.parent() } else { Some(path) };
    folder.is_some_and(|folder| folder.join("minions").is_dir() && folder.join("minions_pre").is_dir())
}

/// Reads a folder or a file.
pub(super) fn read<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path) {
    if !path.is_dir() {
        return read_listed(reading, gathered, path);
    }
    let inside = path.join("minions");
    let folder = if inside.is_dir() { &inside } else { path };
    let Some(names) = key_names(reading, folder) else { return };
    let waiting = is_keys(path);
    if !waiting && !sound(reading, path, folder, &names) {
        return;
    }
    if waiting && names.is_empty() {
        warn_of_none(reading, path);
    }
    let Ok(Text { base, .. }) = reading.texts.add_binary(reading.arena.alloc_str(&folder.display().to_string())) else {
        return;
    };
    let keys = gathered.keys.get_or_insert_default();
    keys.extend(names.iter().map(|name| (&*reading.arena.alloc_str(name), base)));
}

/// Whether a folder that does not look like a master's holds accepted keys and nothing else, so that no other file is
/// taken for a minion; else a problem says so.
fn sound(reading: &mut Reading<'_, '_>, path: &Path, folder: &Path, names: &[String]) -> bool {
    let message = match names.iter().find(|name| !has_key(&folder.join(name))) {
        Some(name) => format!("the folder is not a folder of keys: `{name}` is not a minion's public key"),
        None if names.is_empty() => "the folder has no accepted keys: no `minions` with a file for each id".to_string(),
        None => return true,
    };
    let problem = Problem::of(Code::InvalidSalt, message).at(Location::whole(path.display().to_string()));
    reading.push(problem.hint("name the `pki_dir` of the master, such as /etc/salt/pki/master"));
    false
}

/// Whether a file begins as a public key does.
fn has_key(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    read.is_ok() && first.starts_with(b"-----BEGIN ") && String::from_utf8_lossy(first).contains("PUBLIC KEY-----")
}

fn warn_of_none(reading: &mut Reading<'_, '_>, path: &Path) {
    let problem = Problem::of(Code::MinionState, "no key is accepted, so there are no minions");
    let problem = problem.at(Location::whole(path.display().to_string()));
    reading.found.warn(problem.hint("accept those that wait: salt-key -L lists them, salt-key -a ID accepts one"));
}

/// The names of the files in a folder, sorted. The folder itself says what is a file: asking for each takes longer than
/// all the rest.
fn key_names(reading: &mut Reading<'_, '_>, folder: &Path) -> Option<Vec<String>> {
    let is_key = |entry: &DirEntry| {
        entry.file_type().is_ok_and(|kind| kind.is_file() || (kind.is_symlink() && entry.path().is_file()))
    };
    let listed = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<DirEntry>>>);
    match listed {
        Ok(entries) => {
            let names = entries.iter().filter(|entry| is_key(entry));
            let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
            let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
            names.sort_unstable();
            Some(names)
        }
        Err(error) => {
            reading.push(unlistable(folder, &Unread::from(&error)));
            None
        }
    }
}

/// `salt-key -L --out=json`.
fn read_listed<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path) {
    let Some((text, entries)) = mapping(reading, path, KEYS) else { return };
    let Some(accepted) = ids(reading, entries, "minions") else {
        return reading.problem(Code::InvalidSalt, text.base, "this is not a list of keys: it has no `minions`", KEYS);
    };
    if accepted.is_empty() {
        warn_of_none(reading, path);
    }
    gathered.keys.get_or_insert_default().extend(accepted);
}

/// `salt-run manage.status --out=json`.
pub(super) fn read_status<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path) {
    let Some((text, entries)) = mapping(reading, path, STATUS) else { return };
    let (Some(up), Some(down)) = (ids(reading, entries, "up"), ids(reading, entries, "down")) else {
        return reading.problem(
            Code::InvalidSalt,
            text.base,
            "this is not a status of minions: it has no lists `up` and `down`",
            STATUS,
        );
    };
    if !down.is_empty() {
        let names: Vec<&str> = down.keys().copied().collect();
        let problem = Problem::of(Code::MinionState, format!("down: {}", listed(&names)))
            .at(Location::whole(path.display().to_string()));
        reading.found.warn(problem.hint("a rollout stops at a batch with a minion that is down"));
    }
    let status = gathered.status.get_or_insert_default();
    status.extend(up);
    status.extend(down);
}

/// The mapping that a file holds as JSON.
fn mapping<'a>(reading: &mut Reading<'_, 'a>, path: &Path, hint: &str) -> Option<(Text<'a>, &'a [Entry<'a>])> {
    let text = printed(reading, path)?;
    match json::parse(reading.arena, text) {
        Ok(Value::Map(entries)) => Some((text, entries)),
        Ok(other) => {
            reading.problem(
                Code::InvalidSalt,
                text.base,
                format!("the file holds {}, not a mapping", other.type_name()),
                hint,
            );
            None
        }
        Err(fault) => {
            reading.problem(Code::InvalidJson, fault.at, format!("the file is not JSON: {}", fault.message), hint);
            None
        }
    }
}

/// The ids in a list.
fn ids<'a>(reading: &mut Reading<'_, 'a>, entries: &[Entry<'a>], key: &str) -> Option<IndexMap<&'a str, Pos>> {
    let Entry { value: Value::List(items), at, .. } = entries.iter().find(|entry| entry.key == key)? else {
        return None;
    };
    let mut found = IndexMap::new();
    for item in *items {
        match item {
            Value::Str(id) if !id.is_empty() => {
                found.insert(*id, *at);
            }
            other => reading.problem(
                Code::InvalidSalt,
                *at,
                format!("an id is {}, not a string", other.type_name()),
                "save it again",
            ),
        }
    }
    Some(found)
}
