//! Executables that print an inventory as JSON.
//!
//! A script is run directly, never through a shell: `SCRIPT --list`, then `SCRIPT --host NAME` for each host unless the
//! output has `_meta.hostvars`. The rules are those of ansible-core 2.19, `plugins/inventory/script.py`.

use std::path::Path;

use super::Reading;
use super::call::{Answer, Call};
use super::entries::program;
use crate::error::Code;
use crate::inventory::{GroupId, HostId, Target};
use crate::json;
use crate::text::{Pos, Printer, Text};
use crate::value::{Entry, Value};

/// The hosts of a script, with the places that name them first.
#[derive(Default)]
struct Hosts<'a> {
    list: Vec<(&'a str, Pos)>,
    /// Which of the inventory's hosts they are.
    are_listed: Vec<bool>,
}

impl<'a> Hosts<'a> {
    fn add(&mut self, host: HostId, name: &'a str, at: Pos) {
        if self.are_listed.len() <= host.index() {
            self.are_listed.resize(host.index() + 1, false);
        }
        if !std::mem::replace(&mut self.are_listed[host.index()], true) {
            self.list.push((name, at));
        }
    }

    fn has(&self, host: HostId) -> bool {
        self.are_listed.get(host.index()).copied().unwrap_or_default()
    }
}

/// What became of a file with its run bit set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It ran, well or not; problems are with the reading.
    Ran,
    /// The system cannot run it (`ENOEXEC`): a data file with a stray run bit.
    NotAProgram,
}

const INSTEAD: &str = "save what it prints where it may run, and name that: SCRIPT --list > hosts.json; if it is data, remove its run bit: \
                       chmod -x FILE";
const HINT: &str = "run it by hand; a script prints one JSON mapping of groups and nothing else";

/// Runs a script and reads what it prints.
pub(super) fn read(reading: &mut Reading<'_, '_>, path: &Path) -> Outcome {
    match reading.call(&call(path, &["--list"])) {
        Answer::NotAProgram => return Outcome::NotAProgram,
        Answer::Mapping(groups, _) => {
            let asked = read_groups(reading, groups);
            asked.into_iter().for_each(|(name, at)| ask_for_host(reading, path, name, at));
        }
        Answer::Nothing | Answer::Failed => {}
    }
    Outcome::Ran
}

/// Reads what a script printed, which cannot be asked for more.
pub(super) fn read_printed<'a>(reading: &mut Reading<'_, 'a>, text: Text<'a>) {
    match json::parse(reading.arena, text) {
        Ok(Value::Map(groups)) => {
            read_groups(reading, groups);
        }
        Ok(other) => reading.problem(
            Code::InvalidInventory,
            text.base,
            format!("the text holds {}, not a mapping", other.type_name()),
            HINT,
        ),
        Err(fault) => reading.problem(Code::InvalidJson, fault.at, fault.message, HINT),
    }
}

fn call(path: &Path, arguments: &[&str]) -> Call {
    Call {
        name: format!("{} {}", path.display(), arguments.join(" ")),
        what: "the inventory script",
        printer: Printer::Script,
        program: program(path),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        environment: Vec::new(),
        without: Vec::new(),
        configuration: None,
        renamed: Vec::new(),
        may_keep: true,
        conceals: false,
        watched: vec![path.to_path_buf()],
        instead: INSTEAD,
        hints: [
            "check its first line (`#!`) and the program named there, or remove its run bit if it is data",
            "run it by hand; a script prints JSON and exits with 0",
            HINT,
        ],
    }
}

/// Reads groups and, from `_meta`, the variables of hosts. Gives the hosts that are to be asked for: where there is no
/// `_meta`, all of them.
pub(super) fn read_groups<'a>(
    reading: &mut Reading<'_, 'a>,
    groups: impl IntoIterator<Item = &'a Entry<'a>>,
) -> Vec<(&'a str, Pos)> {
    let mut hosts = Hosts::default();
    let mut meta = None;
    for group in groups {
        if group.key == "_meta" {
            check_profile(reading, group);
            match group.value.get("hostvars") {
                Some(Value::Map(hostvars)) => meta = Some(hostvars),
                _ => reading.problem(
                    Code::InvalidInventory,
                    group.at,
                    "`_meta` has no mapping `hostvars`",
                    "print {\"_meta\": {\"hostvars\": {…}}}",
                ),
            }
        } else {
            read_group(reading, group, &mut hosts);
        }
    }
    let Some(hostvars) = meta else { return hosts.list };
    let mut last = None;
    for entry in hostvars {
        let host = reading.inventory.find_host_after(last, entry.key);
        // Variables of hosts that no group lists do not count.
        if let Some(host) = host.filter(|host| hosts.has(*host)) {
            set_host_vars(reading, host, entry.value, entry.at);
            last = Some(host);
        }
    }
    Vec::new()
}

/// The one way to write values that Ansible reads from an inventory script.
const PROFILE: &str = "inventory_legacy";

fn check_profile(reading: &mut Reading<'_, '_>, meta: &Entry<'_>) {
    let profile = meta.value.get("profile").map(|profile| profile.untagged());
    if let Some(profile) = profile.filter(|profile| !matches!(profile, Value::Str(PROFILE))) {
        let message = format!("the `profile` of `_meta` is {}, which Ansible does not know", shown_profile(profile));
        reading.problem(Code::InvalidInventory, meta.at, message, format!("leave it out, or print \"{PROFILE}\""));
    }
}

fn shown_profile(profile: Value<'_>) -> String {
    match profile {
        Value::Str(name) => format!("`{name}`"),
        other => other.type_name().to_string(),
    }
}

fn read_group<'a>(reading: &mut Reading<'_, 'a>, entry: &'a Entry<'a>, hosts: &mut Hosts<'a>) {
    let Some(group) = reading.add_group(entry.key, entry.at) else { return };
    let parts = match entry.value {
        Value::Map(parts) => parts,
        Value::List(names) => return read_hosts(reading, group, names, entry.at, hosts),
        other => {
            let message = format!("group `{}` is {}, not a mapping", entry.key, other.type_name());
            return reading.problem(
                Code::InvalidInventory,
                entry.at,
                message,
                "print {\"hosts\": […], \"vars\": {…}, \"children\": […]}",
            );
        }
    };
    if !parts.iter().any(|part| matches!(part.key, "hosts" | "vars" | "children")) {
        // Ansible's oldest form: the group is a host of that name, the mapping its variables.
        reading.warning(
            Code::Ignored,
            entry.at,
            format!("`{}` has no hosts, vars or children: Ansible reads it as a host of that name", entry.key),
        );
        let host = reading.group_name(entry.key);
        read_hosts(reading, group, &[Value::Str(host)], entry.at, hosts);
        // Nor does it run templates in such variables.
        let arena = reading.arena;
        return set_vars(reading, group, parts, |value| value.distrusted(arena));
    }
    for part in parts {
        match (part.key, part.value) {
            ("hosts", Value::List(names)) => read_hosts(reading, group, names, part.at, hosts),
            ("vars", Value::Map(vars)) => set_vars(reading, group, vars, Value::untagged),
            ("children", Value::List(names)) => read_children(reading, group, names, part.at),
            // Ansible goes through whatever it can, here the keys.
            ("children", Value::Map(children)) => {
                let names: Vec<Value<'a>> = children.iter().map(|child| Value::Str(child.key)).collect();
                read_children(reading, group, &names, part.at);
            }
            ("hosts" | "children", other) => reading.problem(
                Code::InvalidInventory,
                part.at,
                format!("`{}` of group `{}` is {}, not a list", part.key, entry.key, other.type_name()),
                "print a list of names",
            ),
            ("vars", other) => reading.problem(
                Code::InvalidInventory,
                part.at,
                format!("`vars` of group `{}` is {}, not a mapping", entry.key, other.type_name()),
                "print a mapping of variables",
            ),
            _ => {}
        }
    }
}

fn read_hosts<'a>(reading: &mut Reading<'_, 'a>, group: GroupId, names: &[Value<'a>], at: Pos, hosts: &mut Hosts<'a>) {
    for name in names {
        let Value::Str(name) = *name else {
            reading.problem(
                Code::InvalidName,
                at,
                format!("a host's name is {}, not a string", name.type_name()),
                "print host names as strings",
            );
            continue;
        };
        let added = reading.inventory.add_host(name, Some(group), None, at);
        if let Some(host) = reading.note(added, at) {
            hosts.add(host, name, at);
        }
    }
}

fn read_children<'a>(reading: &mut Reading<'_, 'a>, group: GroupId, names: &[Value<'a>], at: Pos) {
    for name in names {
        let Value::Str(name) = *name else {
            reading.problem(
                Code::InvalidName,
                at,
                format!("a child group's name is {}, not a string", name.type_name()),
                "print group names as strings",
            );
            continue;
        };
        if let Some(child) = reading.add_group(name, at) {
            let linked = reading.inventory.add_child(group, child);
            reading.note(linked, at);
        }
    }
}

fn set_vars<'a>(
    reading: &mut Reading<'_, 'a>,
    group: GroupId,
    vars: &'a [Entry<'a>],
    change: impl Fn(Value<'a>) -> Value<'a>,
) {
    for entry in vars {
        let set = reading.inventory.set_var(Target::Group(group), entry.key, change(entry.value), entry.at);
        reading.note(set, entry.at);
    }
}

fn set_host_vars<'a>(reading: &mut Reading<'_, 'a>, host: HostId, value: Value<'a>, at: Pos) {
    let Value::Map(vars) = value else {
        let name = reading.inventory.host_name(host);
        let message = format!("the variables of host `{name}` are {}, not a mapping", value.type_name());
        return reading.problem(Code::InvalidInventory, at, message, "print a mapping of variables for each host");
    };
    reading.set_host_vars(host, vars.iter().map(|entry| (entry.key, entry.value.untagged(), entry.at)), at);
}

/// Runs `SCRIPT --host NAME`; no output means no variables.
fn ask_for_host<'a>(reading: &mut Reading<'_, 'a>, path: &Path, name: &'a str, at: Pos) {
    let answer = reading.call(&call(path, &["--host", name]));
    if let (Answer::Mapping(entries, _), Some(host)) = (answer, reading.inventory.find_host(name)) {
        set_host_vars(reading, host, Value::Map(entries), entries.first().map_or(at, |entry| entry.at));
    }
}
