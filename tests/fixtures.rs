//! Inventories with what Ansible read from them: `tests/fixtures/inventories/*/ansible.json`, recorded by
//! `tests/fixtures/record` with ansible-core 2.19.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::support::Test;

type Vars = BTreeMap<String, String>;

/// What an inventory says, in a form that can be compared.
#[derive(Debug, Default, PartialEq)]
pub struct Reading {
    /// Groups with hosts (sorted) or children (sorted); `ungrouped` is left out, since a batch takes its hosts away.
    pub groups: BTreeMap<String, (Vec<String>, BTreeSet<String>)>,
    /// For each host with variables: the effective ones, as JSON.
    pub hosts: BTreeMap<String, Vars>,
}

fn is_ours(name: &str) -> bool {
    name == "regal" || name == "probe" || name.starts_with("probe_group")
}

fn strings(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter().map(|name| name.as_str().unwrap().to_string()).collect()
}

fn groups(list: &Map<String, Value>) -> BTreeMap<String, (Vec<String>, BTreeSet<String>)> {
    let mut groups = BTreeMap::new();
    for (name, group) in list.iter().filter(|(name, _)| !is_ours(name) && *name != "_meta" && *name != "ungrouped") {
        // `ansible-inventory` shows no hosts of `all` itself.
        let mut hosts = if name == "all" { Vec::new() } else { strings(group.get("hosts")) };
        hosts.sort();
        let children =
            strings(group.get("children")).into_iter().filter(|child| !is_ours(child) && child != "ungrouped");
        let children: BTreeSet<String> = children.collect();
        if !hosts.is_empty() || !children.is_empty() {
            groups.insert(name.clone(), (hosts, children));
        }
    }
    groups
}

/// The same value with its keys in order, as `ansible-inventory` prints them.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let sorted: BTreeMap<&String, Value> = entries.iter().map(|(key, value)| (key, sorted(value))).collect();
            sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// What `ansible-inventory --list` printed.
pub fn from_ansible(list: &Value) -> Reading {
    let list = list.as_object().unwrap();
    let hostvars = list["_meta"]["hostvars"].as_object().unwrap();
    let vars = |vars: &Value| -> Vars {
        let vars = vars.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with("regal_"));
        vars.map(|(name, value)| (name.clone(), sorted(value).to_string())).collect()
    };
    let hosts = hostvars.iter().map(|(host, of)| (host.clone(), vars(of))).filter(|(_, vars)| !vars.is_empty());
    Reading { groups: groups(list), hosts: hosts.collect() }
}

/// What Ansible would read from our own `--list`: group variables merged by depth and name, then the host's.
fn from_script(list: &Value) -> Reading {
    let list = list.as_object().unwrap();
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, group) in list {
        for child in strings(group.get("children")) {
            parents.entry(child).or_default().insert(name.clone());
        }
    }
    let depth = |group: &str| -> usize {
        let mut level: BTreeSet<String> = [group.to_string()].into();
        let mut depth = 0;
        while !level.is_empty() {
            level = level.iter().flat_map(|group| parents.get(group).cloned().unwrap_or_default()).collect();
            depth += 1;
        }
        depth
    };
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, group) in list {
        for host in strings(group.get("hosts")) {
            let groups = members.entry(host).or_default();
            let mut above = vec![name.clone()];
            while let Some(group) = above.pop() {
                above.extend(parents.get(&group).cloned().unwrap_or_default());
                groups.insert(group);
            }
        }
    }
    let mut hosts = BTreeMap::new();
    for (host, groups) in members {
        let mut ordered: Vec<&String> = groups.iter().filter(|group| *group != "ungrouped").collect();
        ordered.sort_by_key(|group| (depth(group), (*group).clone()));
        let mut vars = Vars::new();
        let own = list["_meta"]["hostvars"].get(&host);
        let of_groups = ordered.iter().filter_map(|group| list[group.as_str()].get("vars"));
        for (name, value) in of_groups.chain(own).flat_map(|vars| vars.as_object().unwrap()) {
            if !name.starts_with("regal_") {
                vars.insert(name.clone(), sorted(value).to_string());
            }
        }
        if !vars.is_empty() {
            hosts.insert(host, vars);
        }
    }
    Reading { groups: groups(list), hosts }
}

/// JSON as Python prints it, for a library that knows no infinities.
pub fn parse_python_json(text: &str) -> Value {
    let text = text.replace(": Infinity", ": \"Infinity\"").replace(":Infinity", ":\"Infinity\"");
    let text = text.replace("-Infinity", "\"-Infinity\"");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// The folders of the inventories.
pub fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inventories");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// The sources of an inventory, in order.
pub fn sources(case: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("inventory");
    let mut sources: Vec<String> = entries.filter(named).map(|path| path.display().to_string()).collect();
    sources.sort();
    sources
}

/// The options that name the sources, and the vault password where there is one.
pub fn options(case: &Path) -> Vec<String> {
    let mut options: Vec<String> = sources(case).into_iter().flat_map(|source| ["-i".to_string(), source]).collect();
    let password = case.join("password");
    if password.exists() {
        options.extend(["--vault-password-file".to_string(), password.display().to_string()]);
    }
    options
}

#[test]
fn what_is_written_back_means_what_ansible_read() {
    let cases = cases();
    assert!(cases.len() >= 15, "only {} inventories were found", cases.len());
    for case in cases {
        let recorded = std::fs::read_to_string(case.join("ansible.json")).unwrap();
        let mut test = Test::new().args(&["--list", "--versions", "probe=all"]);
        for option in options(&case) {
            test = test.args(&[&option]);
        }
        let list = parse_python_json(&test.stdout());
        assert_eq!(from_script(&list), from_ansible(&parse_python_json(&recorded)), "{}", case.display());
    }
}

#[test]
fn every_group_is_a_mapping_with_hosts_and_meta_has_the_profile() {
    for case in cases() {
        let mut test = Test::new().args(&["--list", "--versions", "probe=all"]);
        for option in options(&case) {
            test = test.args(&[&option]);
        }
        let list = parse_python_json(&test.stdout());
        for (name, group) in list.as_object().unwrap().iter().filter(|(name, _)| *name != "_meta") {
            assert!(group["hosts"].is_array(), "{name} of {}", case.display());
            assert!(group["vars"].get("ansible_group_priority").is_none(), "{name} of {}", case.display());
        }
        assert_eq!(list["_meta"]["profile"], "inventory_legacy");
    }
}
