//! YAML inventories, and JSON ones of the same shape.
//!
//! ```yaml
//! web:                    # a group
//!   hosts:
//!     web[01:12]:         # a host or a range, null or its variables
//!       http_port: 80
//!   vars: {team: shop}
//!   children: {canary: }
//! ```
//!
//! The rules are those of ansible-core 2.19, `plugins/inventory/yaml.py`. Values are YAML 1.1: see [`crate::yaml`].

use super::{OWN_PLUGINS, Reading};
use crate::error::{Code, Problem};
use crate::inventory::{GroupId, Target};
use crate::text::Text;
use crate::value::{Entry, KeyKind, Value};

/// What a text under a YAML name turned out to be.
pub(super) enum Document<'a> {
    /// Groups by name.
    Groups(&'a [Entry<'a>]),
    /// The configuration of an inventory plugin.
    Plugin(&'a Entry<'a>),
    /// Another text that is neither YAML groups nor INI, and why it is not read.
    Unreadable(Problem),
    /// No mapping: why it is not a YAML inventory. It may be INI.
    Other(Problem),
}

/// Parses a text as JSON or YAML.
///
/// # Errors
/// The text is neither.
pub(super) fn parse<'a>(reading: &mut Reading<'_, 'a>, text: Text<'a>) -> Result<Document<'a>, Problem> {
    let start = reading.texts.locate(text.base);
    let value = reading.parse_data(text)?;
    let Value::Map(entries) = value else {
        let problem = Problem::of(
            Code::InvalidInventory,
            format!("the file holds {} where an inventory has groups", value.type_name()),
        )
        .at(start);
        return Ok(Document::Other(problem.hint("write groups as a mapping: `web: {hosts: {web1: }}`")));
    };
    if entries.is_empty() {
        return Ok(Document::Other(
            Problem::of(Code::EmptySource, "the file holds an empty mapping").at(start).hint("add groups and hosts"),
        ));
    }
    match entries.iter().find(|entry| entry.key == "plugin" && entry.value.is_truthy()) {
        Some(plugin) if plugin.value.text().is_some_and(|name| OWN_PLUGINS.contains(&name)) => {
            let problem = Problem::of(Code::OwnFile, "this is a configuration of regal-inventory and not an inventory");
            Ok(Document::Unreadable(
                problem
                    .at(reading.texts.locate(plugin.at))
                    .hint("use it with --config, and name the inventory it should read under its key `inventory`"),
            ))
        }
        Some(plugin) => Ok(Document::Plugin(plugin)),
        None => Ok(Document::Groups(entries)),
    }
}

/// Reads groups into the reading's inventory; problems go to the reading.
pub(super) fn read<'a>(reading: &mut Reading<'_, 'a>, entries: &'a [Entry<'a>], text: Text<'a>) {
    let script_shaped = entries.iter().any(|entry| entry.key == "_meta" && matches!(entry.value, Value::Map(_)));
    if script_shaped {
        let hint =
            "make it executable with a script around it (#!/bin/sh, cat hosts.json), or write hosts as a mapping";
        return reading.problem(
            Code::InvalidInventory,
            text.base,
            "this is the output of an inventory script, which Ansible does not read from a file",
            hint,
        );
    }
    for entry in entries {
        match entry.value {
            Value::Map(_) | Value::Null => {
                read_group(reading, entry);
            }
            other => reading.warning(
                Code::Ignored,
                entry.at,
                format!("`{}` is {} and no group: Ansible skips it", entry.key, other.type_name()),
            ),
        }
    }
}

/// Reads a group whose value is a mapping or null; nothing where its name is bad.
fn read_group<'a>(reading: &mut Reading<'_, 'a>, entry: &'a Entry<'a>) -> Option<GroupId> {
    if entry.kind != KeyKind::Str {
        reading.problem(
            Code::InvalidName,
            entry.at,
            format!("group name `{}` is {} in YAML, not a string", entry.key, key_type(entry.kind)),
            format!("quote it: \"{}\"", entry.key),
        );
        return None;
    }
    let group = reading.add_group(entry.key, entry.at)?;
    let Value::Map(sections) = entry.value else { return Some(group) };
    for section in sections {
        let known = section.kind == KeyKind::Str && matches!(section.key, "vars" | "children" | "hosts");
        match (known, section.value) {
            (_, Value::Null) => {}
            (true, Value::Map(entries)) => read_section(reading, group, section.key, entries),
            (true, Value::Str(name)) => {
                let single = Entry { key: name, kind: KeyKind::Str, at: section.at, value: Value::Null };
                read_section(reading, group, section.key, reading.arena.alloc_slice_copy(&[single]));
            }
            (true, other) => reading.problem(
                Code::InvalidInventory,
                section.at,
                format!("`{}` of group `{}` is {}, not a mapping", section.key, entry.key, other.type_name()),
                "write each name as a key with a colon after it, without a dash",
            ),
            (false, _) => reading.warning(
                Code::Ignored,
                section.at,
                format!(
                    "`{}` in group `{}` is skipped by Ansible: a group has only `hosts`, `vars` and `children`",
                    section.key, entry.key
                ),
            ),
        }
    }
    Some(group)
}

fn read_section<'a>(reading: &mut Reading<'_, 'a>, group: GroupId, section: &str, entries: &'a [Entry<'a>]) {
    for entry in entries {
        match section {
            "vars" => {
                let name = reading.variable_name(entry);
                let set = reading.inventory.set_var(Target::Group(group), name, entry.value, entry.at);
                reading.note(set, entry.at);
            }
            "children" => read_child(reading, group, entry),
            _ => read_host(reading, group, entry),
        }
    }
}

fn read_child<'a>(reading: &mut Reading<'_, 'a>, group: GroupId, entry: &'a Entry<'a>) {
    if !matches!(entry.value, Value::Map(_) | Value::Null) {
        return read_bare_child(reading, group, entry);
    }
    if let Some(child) = read_group(reading, entry) {
        let linked = reading.inventory.add_child(group, child);
        reading.note(linked, entry.at);
    }
}

/// A child with a value that is not a group's: Ansible skips the value, but not the relation to a group or host it knows.
fn read_bare_child<'a>(reading: &mut Reading<'_, 'a>, group: GroupId, entry: &'a Entry<'a>) {
    let message = format!("child group `{}` is {}, not a mapping", entry.key, entry.value.type_name());
    let known = if entry.kind == KeyKind::Str { reading.inventory.find_group(entry.key) } else { None };
    if let Some(child) = known {
        reading.warning(Code::Ignored, entry.at, format!("{message}: Ansible skips its value"));
        let linked = reading.inventory.add_child(group, child);
        reading.note(linked, entry.at);
    } else if entry.kind == KeyKind::Str && reading.inventory.find_host(entry.key).is_some() {
        reading.warning(Code::Ignored, entry.at, format!("{message}: Ansible reads it as the host of that name"));
        reading.add_hosts(&[entry.key], Some(group), None, &[], entry.at);
    } else {
        reading.problem(
            Code::InvalidInventory,
            entry.at,
            message,
            "leave it empty, or give it `hosts`, `vars` or `children`",
        );
    }
}

fn read_host<'a>(reading: &mut Reading<'_, 'a>, group: GroupId, entry: &'a Entry<'a>) {
    if entry.kind != KeyKind::Str {
        let message = format!("host name `{}` is {} in YAML, not a string", entry.key, key_type(entry.kind));
        return reading.problem(Code::InvalidName, entry.at, message, format!("quote it: \"{}\"", entry.key));
    }
    let given = match entry.value {
        Value::Map(given) => given,
        other if !other.is_truthy() => &[],
        other => {
            let message = format!("host `{}` has {} where its variables belong", entry.key, other.type_name());
            return reading.problem(
                Code::InvalidInventory,
                entry.at,
                message,
                "write variables as a mapping, or nothing after the colon",
            );
        }
    };
    let mut variables = std::mem::take(&mut reading.variables);
    variables.clear();
    for variable in given {
        variables.push((reading.variable_name(variable), variable.value, variable.at));
    }
    if let Some((names, port)) = reading.host_names(entry.key, entry.at) {
        reading.add_hosts(&names, Some(group), port, &variables, entry.at);
    }
    reading.variables = variables;
}

fn key_type(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Str => "a string",
        KeyKind::Bool(_) => "a boolean",
        KeyKind::Int | KeyKind::Float => "a number",
        KeyKind::Null => "null",
    }
}
