//! Which sources are Salt's, by what is in them.

use std::path::Path;

use super::{Part, cache, keys, roster};
use crate::json;
use crate::source::{Reading, entries};
use crate::text::{Text, TextMap};
use crate::value::{Entry, Value};

/// No more of a file is looked at before it is read as Salt's, in bytes.
const HEAD: usize = 64 << 10;

/// Keys of a master's configuration by which its file `master` is known.
const KEYS_OF_MASTER: [&str; 20] = [
    "cachedir",
    "default_include",
    "file_roots",
    "include",
    "interface",
    "keys.cache_driver",
    "master_id",
    "minion_data_cache",
    "nodegroups",
    "pillar_roots",
    "pki_dir",
    "publish_port",
    "root_dir",
    "roster",
    "roster_defaults",
    "roster_dir",
    "roster_file",
    "ssh_list_nodegroups",
    "ssh_minion_opts",
    "ssh_user",
];

/// How the key `host` of a roster's entry stands in a line.
const HOST_KEYS: [&str; 3] = [" host:", "{host:", ",host:"];

/// What a path holds of Salt's by its looks; nothing for a source of Ansible's.
pub(in crate::source) fn detect(reading: &Reading<'_, '_>, path: &Path) -> Option<Part> {
    if path.is_dir() { folder(reading, path) } else { file(reading, path) }
}

fn folder(reading: &Reading<'_, '_>, path: &Path) -> Option<Part> {
    if keys::is_keys(path) {
        Some(Part::Keys)
    } else if cache::is_cache(path) {
        Some(Part::Cache)
    } else if path.join("master.d").is_dir() || path.join("pki/master").is_dir() || is_configuration(reading, path) {
        Some(Part::Config)
    } else if path.file_name().is_some_and(|name| name == "master.d") {
        Some(Part::Nodegroups)
    } else {
        None
    }
}

/// Whether a folder has a master's configuration by its file `master`, and no inventory of Ansible's of that name: it has a key
/// of a master's, or is nothing but comments beside a roster.
fn is_configuration(reading: &Reading<'_, '_>, path: &Path) -> bool {
    let main = path.join("master");
    if !main.is_file() {
        return false;
    }
    let head = reading.head(&main, HEAD).unwrap_or_default();
    let mut lines = head.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).peekable();
    let roster = path.join("roster").is_file() || path.join("roster.d").is_dir();
    let bare = lines.peek().is_none();
    (roster && bare)
        || lines.any(|line| line.split_once(':').is_some_and(|(key, _)| KEYS_OF_MASTER.contains(&key.trim_end())))
}

fn file(reading: &Reading<'_, '_>, path: &Path) -> Option<Part> {
    if entries::is_executable(path) {
        return None;
    }
    let head = reading.head(path, HEAD)?;
    let named = path.file_name().is_some_and(|name| name == "roster");
    let has_line = |starts: &[&str]| head.lines().any(|line| starts.iter().any(|start| line.starts_with(start)));
    let start = head.trim_start();
    if start.starts_with('{') && !named && !["{%", "{{", "{#"].iter().any(|mark| start.starts_with(mark)) {
        return saved(&head);
    }
    // One look at the whole spares most files one at each line.
    let has = |word: &str| memchr::memmem::find(head.as_bytes(), word.as_bytes()).is_some();
    let groups = has("nodegroups:") && has_line(&["nodegroups:", "ssh_list_nodegroups:"]);
    let entry = |line: &str| line.starts_with([' ', '{']) && has_host(line);
    let roster = named || (HOST_KEYS.iter().any(|key| has(key)) && (head.lines().any(entry) || flow(&head)));
    if !groups && !roster {
        return None;
    }
    let text = std::str::from_utf8(reading.bytes(path).ok()?).ok()?;
    // A template is not YAML; whoever named such a file so means a roster.
    if named && (text.contains("{%") || text.contains("{{")) {
        return Some(Part::Roster);
    }
    let kind = with_mapping(reading, text, |entries| {
        if groups && entries.iter().any(is_nodegroups) {
            return Some(Part::Nodegroups);
        }
        roster::is_roster(entries, named).then_some(Part::Roster)
    });
    kind.unwrap_or_else(|()| (roster && is_broken_roster(path, text, named)).then_some(Part::Roster))
}

/// Whether what is not YAML was meant as a roster. Messages about an inventory show its lines, and a roster has passwords.
fn is_broken_roster(path: &Path, text: &str, named: bool) -> bool {
    let yaml = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
    let ansible = |line: &str| {
        let line = line.trim_start();
        line.contains("ansible_")
            || ["hosts:", "children:", "vars:", "[", "plugin:"].iter().any(|start| line.starts_with(start))
    };
    (named || yaml) && !text.lines().any(ansible)
}

/// Whether a line has the key `host`, and not only `ansible_host`: a wrong guess reads the file twice.
fn has_host(line: &str) -> bool {
    HOST_KEYS.iter().any(|key| line.contains(key))
}

/// Whether an entry is written on one line, `web1: {host: 10.0.0.1}`.
fn flow(head: &str) -> bool {
    head.lines().any(|line| line.contains("{host:") || line.contains("{ host:"))
}

fn is_nodegroups(entry: &Entry<'_>) -> bool {
    let named = matches!(entry.key, "nodegroups" | "ssh_list_nodegroups");
    let target = |value: &Value<'_>| matches!(value, Value::Str(_) | Value::List(_));
    named
        && match entry.value {
            Value::Map(groups) => groups.iter().all(|group| target(&group.value)),
            Value::List(items) => items.iter().all(|item| matches!(item, Value::Map([group]) if target(&group.value))),
            _ => false,
        }
}

/// What a program of Salt's printed.
fn saved(head: &str) -> Option<Part> {
    let has = |key: &str| memchr::memmem::find(head.as_bytes(), format!("\"{key}\":").as_bytes()).is_some();
    if has("minions") && has("minions_pre") && has("minions_rejected") {
        Some(Part::Keys)
    } else if has("up") && has("down") && !has("hosts") && !has("vars") {
        Some(Part::Status)
    } else if has("saltversion") && has("saltversioninfo") && !has("_meta") {
        Some(Part::Grains)
    } else {
        None
    }
}

/// Looks into a text as YAML; an error if it is none.
fn with_mapping<T>(
    reading: &Reading<'_, '_>,
    text: &str,
    look: impl Fn(&[Entry<'_>]) -> Option<T>,
) -> Result<Option<T>, ()> {
    let arena = crate::text::Arena::new();
    let texts = TextMap::new();
    let text: Text<'_> = texts.add("", arena.alloc_str(text)).map_err(drop)?;
    let limit = reading.options.limits.yaml_values;
    match json::parse_data(&arena, text, limit, &mut Vec::new()) {
        Ok(Value::Map(entries)) => Ok(look(entries)),
        Ok(_) => Ok(None),
        Err(_) => Err(()),
    }
}
