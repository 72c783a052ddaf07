//! What of an inventory may say versions and failure domains, each with the reason: what `init` proposes.
//!
//! Only names are judged, and whether the values can be used at all. Whether a plan comes of it, the planner says.

use std::collections::{BTreeMap, HashSet};

use crate::inventory::effective::{Effective, groups_of};
use crate::inventory::{HostId, Inventory};
use crate::text::TextMap;
use crate::value::{Value, is_template};
use crate::wording::count;

/// Words in the name of a variable that says a version, those that are likelier first.
const VERSION_WORDS: [&str; 4] = ["version", "release", "tag", "build"];
/// Words of variables that say the version of something else than what is rolled out.
const OTHER_SOFTWARE: [&str; 26] = [
    "agent",
    "ansible",
    "api",
    "bios",
    "chart",
    "compose",
    "distribution",
    "docker",
    "java",
    "jdk",
    "kernel",
    "kubernetes",
    "max",
    "min",
    "minimum",
    "node",
    "openssl",
    "os",
    "php",
    "postgresql",
    "python",
    "ruby",
    "schema",
    "ssl",
    "tls",
    "vm",
];
/// Words in the name of a label, the failure domains that matter most first.
const LABEL_WORDS: [&str; 14] = [
    "zone",
    "az",
    "rack",
    "cluster",
    "cell",
    "shard",
    "region",
    "datacenter",
    "dc",
    "site",
    "location",
    "room",
    "row",
    "chassis",
];
/// The most candidates of a kind.
const MOST: usize = 20;

/// Something that may say versions or failure domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// A host variable, or `group:GLOB`.
    pub name: String,
    /// How many hosts have a value that can be used.
    pub hosts: usize,
    /// How many hosts there are.
    pub of: usize,
    /// How many different values there are.
    pub values: usize,
    /// Why it cannot be used, if it cannot.
    pub unusable: Option<&'static str>,
    /// Whether its name makes it likely.
    pub likely: bool,
}

impl Candidate {
    /// Whether every host has a value.
    pub fn is_complete(&self) -> bool {
        self.unusable.is_none() && self.hosts == self.of
    }

    /// Whether it is worth spreading batches over: more than one domain, and more hosts than domains.
    pub fn divides(&self) -> bool {
        self.is_complete() && self.values > 1 && self.values < self.hosts
    }

    /// Returns why it was found: `7 of 7 hosts, 2 versions`.
    pub fn reason(&self, noun: &str) -> String {
        let of = format!("{} of {}, {}", self.hosts, count(self.of, "host"), count(self.values, noun));
        match self.unusable {
            Some(why) => format!("{of}; not usable: {why}"),
            None => of,
        }
    }
}

/// Returns the variables that may say which version a host is to run, the likeliest first. One that was decrypted is not among
/// them.
pub fn versions(inventory: &Inventory<'_>, texts: &TextMap<'_>) -> Vec<Candidate> {
    let mut ranked: Vec<(usize, Candidate)> = Vec::new();
    let hosts: Vec<HostId> = inventory.host_ids().collect();
    for name in inventory.var_names() {
        let words = words(name);
        let Some(rank) = VERSION_WORDS.iter().position(|word| words.iter().any(|own| own == word)) else { continue };
        let likely = !words.iter().any(|word| OTHER_SOFTWARE.contains(&word.as_str()));
        if let Some(candidate) = variable(inventory, texts, name, &hosts, likely) {
            ranked.push((rank, candidate));
        }
    }
    ranked
        .sort_by_key(|(rank, found)| (found.unusable.is_some(), !found.likely, *rank, std::cmp::Reverse(found.hosts)));
    ranked.into_iter().map(|(_, candidate)| candidate).take(MOST).collect()
}

/// Returns the labels that these hosts may be spread over, those of all hosts and of likely names first: variables, and families
/// of groups such as `rack_*`.
pub fn labels(inventory: &Inventory<'_>, texts: &TextMap<'_>, hosts: &[HostId]) -> Vec<Candidate> {
    let mut ranked: Vec<(usize, Candidate)> = Vec::new();
    for name in inventory.var_names() {
        let words = words(name);
        let Some(rank) = LABEL_WORDS.iter().position(|word| words.iter().any(|own| own == word)) else { continue };
        if let Some(candidate) = variable(inventory, texts, name, hosts, true) {
            ranked.push((rank, candidate));
        }
    }
    ranked.extend(families(inventory, texts, hosts));
    ranked.sort_by_key(|(rank, found)| (!found.divides(), *rank));
    ranked.into_iter().map(|(_, candidate)| candidate).take(MOST).collect()
}

/// Returns the hosts that a variable gives a version.
pub fn hosts_with(inventory: &Inventory<'_>, name: &str) -> Vec<HostId> {
    let Some(id) = inventory.find_var(name) else { return Vec::new() };
    let effective = Effective::new(inventory);
    let has = |host: &HostId| effective.get(*host, id).is_some_and(|var| is_set(var.value));
    inventory.host_ids().filter(has).collect()
}

fn is_set(value: Value<'_>) -> bool {
    !matches!(value.untagged(), Value::Null | Value::Str("") | Value::Unsafe(""))
}

/// The words of a name: `appVersion` and `app-version` have the same two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (small && c.is_uppercase()) {
            words.push(String::new());
        }
        small = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// What a variable is on these hosts; nothing where none has it, where it is Ansible's own, or where it was decrypted.
fn variable(
    inventory: &Inventory<'_>,
    texts: &TextMap<'_>,
    name: &str,
    hosts: &[HostId],
    likely: bool,
) -> Option<Candidate> {
    if name.starts_with("ansible_") {
        return None;
    }
    let id = inventory.find_var(name)?;
    let effective = Effective::new(inventory);
    let (mut with, mut unusable, mut values) = (0, None, HashSet::new());
    for host in hosts {
        let Some(var) = effective.get(*host, id).filter(|var| is_set(var.value)) else { continue };
        if texts.is_concealed(var.at) {
            return None;
        }
        let value = var.value.untagged();
        match value.text() {
            Some(text) if is_template(text) => unusable = Some("a template, which only Ansible can fill in"),
            Some(text) => {
                with += 1;
                values.insert(text);
            }
            None if matches!(value, Value::Vault(_)) => unusable = Some("encrypted"),
            None => unusable = Some("a list or a mapping"),
        }
    }
    let found = with > 0 || unusable.is_some();
    let name = name.to_string();
    found.then_some(Candidate { name, hosts: with, of: hosts.len(), values: values.len(), unusable, likely })
}

/// Families of groups, `rack_*` of `rack_a` and `rack_b`, in each of which a host is at most once.
fn families(inventory: &Inventory<'_>, texts: &TextMap<'_>, hosts: &[HostId]) -> Vec<(usize, Candidate)> {
    let mut members: BTreeMap<String, (usize, Vec<&str>)> = BTreeMap::new();
    for group in inventory.group_ids() {
        let name = inventory.group_name(group);
        let Some((rank, family)) = family(name).filter(|_| !texts.is_concealed(inventory.group(group).at)) else {
            continue;
        };
        members.entry(family).or_insert((rank, Vec::new())).1.push(name);
    }
    let several = members.into_iter().filter(|(_, (_, groups))| groups.len() > 1);
    several
        .filter_map(|(family, (rank, groups))| Some((rank, of_family(inventory, hosts, &family, &groups)?)))
        .collect()
}

/// The family of a group's name, and the rank of its word.
fn family(name: &str) -> Option<(usize, String)> {
    let end = name.find(['_', '-'])?;
    let (word, rest) = name.split_at(end);
    let rank = LABEL_WORDS.iter().position(|known| *known == word.to_lowercase())?;
    let is_plain = word.chars().all(char::is_alphanumeric) && rest.len() > 1;
    is_plain.then(|| (rank, format!("{word}{}*", &rest[..1])))
}

fn of_family(inventory: &Inventory<'_>, hosts: &[HostId], family: &str, groups: &[&str]) -> Option<Candidate> {
    let names: HashSet<&str> = groups.iter().copied().collect();
    let (mut with, mut twice, mut values) = (0, false, HashSet::new());
    for host in hosts {
        let of_host = groups_of(inventory, inventory.host(*host).groups);
        let own: Vec<&str> =
            of_host.into_iter().map(|group| inventory.group_name(group)).filter(|name| names.contains(name)).collect();
        with += usize::from(!own.is_empty());
        twice |= own.len() > 1;
        values.extend(own);
    }
    let unusable = twice.then_some("a host is in several of these groups");
    let name = format!("group:{family}");
    (with > 0).then_some(Candidate { name, hosts: with, of: hosts.len(), values: values.len(), unusable, likely: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_words() {
        for name in ["app_version", "app-version", "appVersion", "app.version"] {
            assert_eq!(words(name), ["app", "version"], "{name}");
        }
        assert_eq!(words("storage"), ["storage"]);
    }

    #[test]
    fn a_family_is_a_known_word_with_something_after_it() {
        let glob = |name: &str| family(name).map(|(_, glob)| glob);
        assert_eq!(glob("rack_a"), Some("rack_*".to_string()));
        assert_eq!(glob("Zone-1"), Some("Zone-*".to_string()));
        assert_eq!([glob("rack_"), glob("racks_a"), glob("web_1"), glob("rack")], [None, None, None, None]);
    }
}
