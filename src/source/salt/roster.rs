//! Rosters of `salt-ssh`: a file of ids, or a folder with a file for each.
//!
//! ```yaml
//! web1: 10.0.0.1
//! web2: {host: 10.0.0.2, user: deploy, port: 2222, grains: {role: web}}
//! ```
//!
//! The rules are those of `salt/roster/flat.py` and `dir.py`. Salt renders a roster as a template first; one that needs it
//! is refused.

mod passed;

use std::path::Path;

pub(super) use passed::Passed;

use super::saved::protected;
use super::{Address, Gathered, entries_of, file_name, guarded};
use crate::error::{Code, Location, Problem};
use crate::salt::Bank;
use crate::source::{Content, Reading};
use crate::text::{Pos, Text};
use crate::value::{Entry, KeyKind, Value};
use crate::yaml;

/// What the master's configuration says for all entries.
#[derive(Clone, Copy, Default)]
pub(super) struct Defaults<'a> {
    /// `roster_defaults`.
    pub entries: &'a [Entry<'a>],
    /// `roster_domain`, for entries of a folder without a host.
    pub domain: Option<&'a str>,
}

const FORM: &str = "write `web1: 10.0.0.1`, or `web1: {host: 10.0.0.1, user: deploy, port: 22}`";

/// Reads a file or a folder.
pub(super) fn read<'a>(
    reading: &mut Reading<'_, 'a>,
    gathered: &mut Gathered<'a>,
    path: &Path,
    defaults: &Defaults<'a>,
) {
    gathered.roster.get_or_insert_default();
    if path.is_dir() {
        read_folder(reading, gathered, path, defaults);
    } else if let Some((text, value)) = document(reading, path) {
        match value {
            Value::Null => {}
            Value::Map(entries) => {
                entries.iter().for_each(|entry| read_entry(reading, gathered, entry, defaults));
            }
            other => {
                reading.problem(
                    Code::InvalidSalt,
                    text.base,
                    format!("the roster is {}, not a mapping", other.type_name()),
                    FORM,
                );
            }
        }
    }
}

fn read_folder<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path, defaults: &Defaults<'a>) {
    let Some(entries) = entries_of(reading, path) else { return };
    for path in entries.iter().filter(|path| path.is_file()) {
        let Some((text, value)) = document(reading, path) else { continue };
        let id = &*reading.arena.alloc_str(&file_name(path));
        match value {
            Value::Map(entries) => {
                let named = entries.iter().any(|entry| entry.key == "host");
                let host = defaults.domain.filter(|_| !named).map(|domain| {
                    let host = reading.arena.alloc_str(&format!("{id}.{domain}"));
                    Entry { key: "host", kind: KeyKind::Str, at: text.base, value: Value::Str(host) }
                });
                let entries: Vec<Entry<'a>> = host.into_iter().chain(entries.iter().copied()).collect();
                add(reading, gathered, id, merged(reading, &entries, defaults), text.base);
            }
            other => {
                let message = format!("the roster of `{id}` is {}, not a mapping", other.type_name());
                reading.problem(Code::InvalidSalt, text.base, message, "write host, user and port: `host: 10.0.0.1`");
            }
        }
    }
}

fn read_entry<'a>(
    reading: &mut Reading<'_, 'a>,
    gathered: &mut Gathered<'a>,
    entry: &'a Entry<'a>,
    defaults: &Defaults<'a>,
) {
    if entry.kind != KeyKind::Str {
        let message = format!("the id `{}` is not a string in YAML", entry.key);
        return reading.problem(Code::InvalidName, entry.at, message, format!("quote it: \"{}\"", entry.key));
    }
    let own = match entry.value {
        Value::Map(own) => own.to_vec(),
        Value::Str(_) => vec![Entry { key: "host", kind: KeyKind::Str, at: entry.at, value: entry.value }],
        other => {
            let message = format!("the roster entry of `{}` is {}", entry.key, other.type_name());
            return reading.problem(Code::InvalidSalt, entry.at, message, FORM);
        }
    };
    add(reading, gathered, entry.key, merged(reading, &own, defaults), entry.at);
}

/// An entry over the defaults.
fn merged<'a>(reading: &Reading<'_, 'a>, own: &[Entry<'a>], defaults: &Defaults<'a>) -> &'a [Entry<'a>] {
    let kept = defaults.entries.iter().filter(|default| !own.iter().any(|entry| entry.key == default.key));
    let entries: Vec<Entry<'a>> = kept.chain(own).copied().collect();
    reading.arena.alloc_slice_copy(&entries)
}

/// Adds an entry: how the host is reached, and its grains.
fn add<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, id: &'a str, entries: &'a [Entry<'a>], at: Pos) {
    let mut variables = Vec::new();
    let sudo = entries.iter().any(|entry| entry.key == "sudo" && matches!(entry.value, Value::Bool(true, _)));
    for entry in entries {
        let name = match entry.key {
            "priv" | "sudo" | "sudo_user" | "timeout" if entry.value == Value::Null => continue,
            "sudo_user" if entry.value.text() == Some("") => continue,
            "host" => "ansible_host",
            "port" => "ansible_port",
            "user" => "ansible_user",
            // The agent's key is not a file.
            "priv" if entry.value.text() != Some("agent-forwarding") => "ansible_ssh_private_key_file",
            "sudo" => "ansible_become",
            // Without sudo, salt-ssh has no use for its user; a play with `become` must not take it.
            "sudo_user" if sudo => "ansible_become_user",
            "timeout" => "ansible_timeout",
            "priv" | "grains" | "minion_opts" => continue,
            _ => {
                gathered.passed.note(id, entry);
                continue;
            }
        };
        match (entry.key, entry.value) {
            ("timeout", value) if is_seconds(value) => variables.push((name, value, entry.at)),
            ("timeout", _) => {
                let message = format!("the `timeout` of `{id}` is not a whole number of seconds");
                reading.problem(Code::InvalidSalt, entry.at, message, "write `timeout: 30`");
            }
            ("sudo", Value::Bool(..)) => variables.push((name, entry.value, entry.at)),
            // Salt takes any text for true, `no` in quotes too, and Ansible does not.
            ("sudo", other) => {
                let message = format!("the `sudo` of `{id}` is {}, not true or false", other.type_name());
                reading.problem(Code::InvalidSalt, entry.at, message, "write `sudo: true`, without quotes");
            }
            (_, Value::Str(text)) if !text.trim().is_empty() => variables.push((name, guarded(text), entry.at)),
            ("port", Value::Int(_)) => variables.push((name, entry.value, entry.at)),
            (key, other) => {
                let message = format!(
                    "the `{key}` of `{id}` is {}",
                    if other.text() == Some("") { "empty" } else { other.type_name() }
                );
                reading.problem(Code::InvalidSalt, entry.at, message, FORM);
            }
        }
    }
    if let Some(roster) = &mut gathered.roster
        && roster.insert(id, Address { at, variables }).is_some()
    {
        reading.warning(Code::Ignored, at, format!("`{id}` is in several rosters; the last one counts"));
    }
    add_grains(reading, gathered, id, entries, at);
}

/// What ssh's `ConnectTimeout` and Ansible's `ansible_timeout` both take.
fn is_seconds(value: Value<'_>) -> bool {
    let digits = |text: &str| !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(value, Value::Int(text) | Value::Str(text) if digits(text))
}

/// `minion_opts: {grains: …}` and, over them, `grains`.
fn add_grains<'a>(
    reading: &mut Reading<'_, 'a>,
    gathered: &mut Gathered<'a>,
    id: &'a str,
    entries: &'a [Entry<'a>],
    at: Pos,
) {
    let of = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| entry.value);
    let options = of("minion_opts").and_then(|options| options.get("grains"));
    for grains in [options, of("grains")].into_iter().flatten() {
        match grains {
            Value::Map(grains) => {
                gathered.roster_grains = true;
                gathered.add_data(reading, Bank::Grains, id, protected(reading, grains), at);
            }
            Value::Null => {}
            other => {
                let message = format!("the `grains` of `{id}` are {}, not a mapping", other.type_name());
                reading.problem(Code::InvalidSalt, at, message, "write grains as a mapping: `grains: {role: web}`");
            }
        }
    }
}

/// What a roster holds as YAML; a template is refused, since Salt would fill it in. No message shows a line of it, or what
/// stands there.
fn document<'a>(reading: &mut Reading<'_, 'a>, path: &Path) -> Option<(Text<'a>, Value<'a>)> {
    let (text, hidden) = text(reading, path, true)?;
    if let Some((offset, what)) = template(text.text) {
        let hint = "write it out as plain YAML, without `{%`, `{{` and `#!`, and name that file";
        let message = format!("the file is {what}, which only Salt can fill in");
        reading.problem(Code::InvalidSalt, text.pos(offset), message, hint);
        return None;
    }
    parsed(reading, text, hidden)
}

/// What a file of a master's configuration holds as YAML, which Salt never takes for a template. No message shows a line of
/// it if it sets a password.
pub(super) fn plain<'a>(reading: &mut Reading<'_, 'a>, path: &Path) -> Option<(Text<'a>, Value<'a>)> {
    let (text, hidden) = text(reading, path, false)?;
    parsed(reading, text, hidden)
}

/// A file's text, and whether its lines are not to be shown.
fn text<'a>(reading: &mut Reading<'_, 'a>, path: &Path, private: bool) -> Option<(Text<'a>, bool)> {
    match reading.read_text(path)? {
        Content::Text(decoded) => {
            let hidden = private || has_password(decoded.text.text);
            if hidden {
                reading.texts.hide_lines(decoded.text);
            }
            Some((reading.sound_text(decoded)?, hidden))
        }
        Content::Sealed => {
            let problem = Problem::of(Code::InvalidSalt, "the file is under Ansible's vault, which Salt does not read");
            reading.push(problem.at(Location::whole(path.display().to_string())).hint("name a file of Salt's"));
            None
        }
    }
}

/// A text as YAML; a key that stands twice is refused, since Salt fails.
fn parsed<'a>(reading: &mut Reading<'_, 'a>, text: Text<'a>, hidden: bool) -> Option<(Text<'a>, Value<'a>)> {
    let mut repeated = Vec::new();
    match yaml::parse(reading.arena, text, &mut repeated) {
        Ok(value) => {
            for (at, message) in repeated {
                let message = message.split(';').next().unwrap_or_default();
                reading.problem(Code::DuplicateKey, at, message, "keep one of them: Salt refuses the file");
            }
            Some((text, value))
        }
        Err(fault) => {
            let problem = fault.problem(reading.texts);
            reading.push(if hidden { problem.unquoted() } else { problem });
            None
        }
    }
}

/// Whether a configuration sets `ssh_passwd`, `passwd` in `roster_defaults` or the like.
fn has_password(text: &str) -> bool {
    text.lines().any(|line| line.contains("passw") && !line.trim_start().starts_with('#'))
}

/// Where a text needs Salt's renderers, and which.
fn template(text: &str) -> Option<(usize, &'static str)> {
    if text.starts_with("#!") && text.lines().next().is_some_and(|line| line.trim() != "#!yaml") {
        return Some((0, "for a renderer of its own"));
    }
    let found = ["{%", "{{", "{#"].iter().filter_map(|mark| text.find(mark)).min();
    found.map(|offset| (offset, "a Jinja template"))
}

/// Whether a mapping of a file has the shape of a roster, and of no inventory of Ansible's.
pub(super) fn is_roster(entries: &[Entry<'_>], named_roster: bool) -> bool {
    let inventory = |entry: &Entry<'_>| match entry.value {
        Value::Map(inner) => inner.iter().any(|part| matches!(part.key, "hosts" | "children" | "vars")),
        Value::Str(_) => false,
        _ => true,
    };
    let addressed = |entry: &Entry<'_>| matches!(entry.value.get("host"), Some(Value::Str(_)));
    !entries.is_empty()
        && !entries.iter().any(inventory)
        && (named_roster || entries.iter().any(addressed))
        && entries.iter().all(|entry| addressed(entry) || named_roster || matches!(entry.value, Value::Str(_)))
}
