//! `--list --yaml`: the tree that `ansible-inventory` writes, read back by Ansible and by nornir.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use serde_yaml::Value as Yaml;

use crate::ansible::{in_rotation, installations};
use crate::fixtures::{cases, options, parse_python_json};
use crate::support::Test;

/// The listing of sources in both forms; every host is in the plan's groups too.
struct Listing {
    name: String,
    json: String,
    yaml: String,
}

impl Listing {
    fn new(name: String, test: impl Fn() -> Test) -> Self {
        let list = |form: &[&str]| test().args(&["--list", "--versions", "probe=all"]).args(form).stdout();
        Listing { name, json: list(&[]), yaml: list(&["--yaml"]) }
    }

    fn of_case(case: &Path) -> Self {
        let options = options(case);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        Listing::new(case.file_name().unwrap().to_str().unwrap().to_string(), || Test::new().args(&options))
    }

    /// Of a source that is written for this test.
    fn of_text(name: &str, text: &str) -> Self {
        Listing::new(name.to_string(), || Test::new().file("hosts.ini", text).args(&["-i", "hosts.ini"]))
    }

    fn tree(&self) -> Yaml {
        parse(&self.yaml)
    }
}

/// YAML, for a library whose integers have 64 bits.
fn parse(text: &str) -> Yaml {
    let is_long = |number: &str| number.len() > 18 && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let line = |line: &str| match line.rsplit_once(": ") {
        Some((key, number)) if is_long(number) => format!("{key}: 1\n"),
        _ => format!("{line}\n"),
    };
    serde_yaml::from_str(&text.split('\n').map(line).collect::<String>()).unwrap()
}

/// The fixtures, and what no operator writes: groups nested 300 deep, and as many ways to one group as there are paths.
fn listings() -> Vec<Listing> {
    let mut listings: Vec<Listing> = cases().iter().map(|case| Listing::of_case(case)).collect();
    listings.extend([deep(), Listing::of_text("ladder", &ladder(8))]);
    listings
}

/// Each group within the one before, deeper than Ansible reads a tree.
fn deep() -> Listing {
    let chain: String = (0..300).map(|level| format!("[g{level}:children]\ng{}\n", level + 1)).collect();
    let hosts: String = (0..=300).step_by(20).map(|level| format!("[g{level}]\nh{level} at={level}\n")).collect();
    Listing::of_text("deep", &format!("{chain}{hosts}"))
}

/// Two groups a level, both above both of the next one.
fn ladder(levels: usize) -> String {
    let below = |side: &str, level: usize| format!("[{side}{level}:children]\na{next}\nb{next}\n", next = level + 1);
    let rungs: String = (0..levels).map(|level| below("a", level) + &below("b", level)).collect();
    format!("{rungs}[a{levels}]\nh1\n[b{levels}]\nh2\n[a{levels}:vars]\nside=a\n")
}

fn entries<'y>(group: &'y Yaml, part: &str) -> Vec<(&'y str, &'y Yaml)> {
    let part = group.get(part).and_then(Yaml::as_mapping);
    part.into_iter().flatten().map(|(name, value)| (name.as_str().unwrap(), value)).collect()
}

fn is_empty(value: &Yaml) -> bool {
    value.as_mapping().is_some_and(|mapping| mapping.is_empty())
}

/// A tree of groups, of hosts with whether variables stand there, and of the names of variables.
#[derive(Debug, PartialEq)]
struct Shape {
    children: BTreeMap<String, Shape>,
    hosts: BTreeMap<String, bool>,
    has_vars: bool,
}

impl Shape {
    fn of(group: &Yaml) -> Self {
        let children = entries(group, "children").into_iter().filter(|(name, _)| *name != "regal");
        Shape {
            children: children.map(|(name, child)| (name.to_string(), Shape::of(child))).collect(),
            hosts: entries(group, "hosts")
                .into_iter()
                .map(|(name, vars)| (name.to_string(), !is_empty(vars)))
                .collect(),
            has_vars: group.get("vars").is_some(),
        }
    }

    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.hosts.is_empty() && !self.has_vars
    }

    /// Without groups that have nothing anywhere; `ansible-inventory` leaves most mentions of such a group out.
    fn without_empty(mut self) -> Self {
        loop {
            let mut whole = BTreeSet::new();
            self.collect_whole(&mut whole);
            if !self.prune(&whole) {
                return self;
            }
        }
    }

    fn collect_whole(&self, whole: &mut BTreeSet<String>) {
        for (name, child) in &self.children {
            if !child.is_empty() {
                whole.insert(name.clone());
            }
            child.collect_whole(whole);
        }
    }

    /// Hosts that have variables.
    fn described(&self) -> BTreeSet<String> {
        let own = self.hosts.iter().filter(|(_, has_vars)| **has_vars).map(|(name, _)| name.clone());
        own.chain(self.children.values().flat_map(Shape::described)).collect()
    }

    fn describe_only(&mut self, hosts: &BTreeSet<String>) {
        self.hosts.iter_mut().for_each(|(name, has_vars)| *has_vars &= hosts.contains(name));
        self.children.values_mut().for_each(|child| child.describe_only(hosts));
    }

    fn prune(&mut self, whole: &BTreeSet<String>) -> bool {
        let before = self.children.len();
        self.children.retain(|name, _| whole.contains(name));
        let pruned = self.children.values_mut().map(|child| child.prune(whole)).filter(|pruned| *pruned).count();
        before > self.children.len() || pruned > 0
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn the_yaml_is_the_tree_that_ansible_inventory_writes() {
    let mut compared = 0;
    // One has a group `probe`, which the plan takes over.
    for case in cases().iter().filter(|case| !case.ends_with("yaml-scalars")) {
        let Ok(recorded) = std::fs::read_to_string(case.join("ansible.yml")) else { continue };
        // PyYAML leaves bare what is a number to others.
        let recorded = parse(&recorded.replace(" 1e3:", " '1e3':").replace(" 0o17:", " '0o17':"));
        let mut ours = Shape::of(&Listing::of_case(case).tree()["all"]).without_empty();
        ours.hosts.clear();
        let mut theirs = Shape::of(&recorded["all"]).without_empty();
        // Where values are exact on a host, or on the group of its name, only one of the two has variables there.
        let both: BTreeSet<String> = ours.described().intersection(&theirs.described()).cloned().collect();
        ours.describe_only(&both);
        theirs.describe_only(&both);
        assert_eq!(ours, theirs, "{}", case.display());
        compared += 1;
    }
    assert!(compared >= 20, "only {compared} inventories have what Ansible printed");
}

/// Every mention of a group and of a host in the tree, in order: its name, and whether anything stands there.
fn mentions<'y>(group: &'y Yaml, part: &str, found: &mut Vec<(&'y str, bool)>) {
    if part == "hosts" {
        entries(group, "children").into_iter().for_each(|(_, child)| mentions(child, part, found));
    }
    for (name, body) in entries(group, part) {
        found.push((name, !is_empty(body)));
        if part == "children" {
            mentions(body, part, found);
        }
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn every_group_is_whole_where_it_stands_first_and_nowhere_else() {
    for listing in listings().iter().filter(|listing| listing.name != "deep") {
        let tree = listing.tree();
        assert_eq!(tree.as_mapping().unwrap().len(), 1, "{}", listing.name);
        let list = parse_python_json(&listing.json);
        let mut found = Vec::new();
        mentions(&tree["all"], "children", &mut found);
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for (name, is_whole) in found {
            assert!(seen.insert(name) || !is_whole, "{name} of {} is written twice", listing.name);
        }
        // Ansible makes these two by itself.
        for name in
            list.as_object().unwrap().keys().filter(|name| !["_meta", "all", "ungrouped"].contains(&name.as_str()))
        {
            assert!(seen.contains(name.as_str()), "{name} of {} is not in the tree", listing.name);
        }
    }
}

#[test]
fn the_first_parent_met_has_the_group_and_names_are_quoted() {
    let hosts = "\
[b:children]
shared
[a:children]
shared
[shared]
on x=1
n2
[shared:vars]
tier=1
[a]
on
[none]
[told]
[told:vars]
says=hello
";
    let list = |form: &[&str]| {
        let test = Test::new().file("hosts.ini", hosts).args(&["-i", "hosts.ini", "--list", "--yaml"]);
        test.args(&["--versions", "1.0=all"]).args(form).stdout()
    };
    let expected = "\
all:
  children:
    b:
      children:
        shared:
          hosts:
            \"on\":
              x: 1
            n2: {}
          vars:
            tier: 1
    a:
      children:
        shared: {}
      hosts:
        \"on\": {}
    none: {}
    told:
      vars:
        says: hello
    regal:
      children:
        \"1.0\":
          children:
            1.0_groupA:
              hosts:
                \"on\": {}
";
    let yaml = list(&[]);
    assert!(yaml.starts_with(expected), "{yaml}");
    let yaml = list(&["--groups-only"]);
    assert!(yaml.starts_with("all:\n  children:\n    regal:\n      children:\n        \"1.0\":\n"), "{yaml}");
}

#[test]
fn a_name_that_yaml_would_change_is_refused() {
    let test = |names: &str| {
        let script =
            format!("#!/bin/sh\necho '{{\"web\": {{\"hosts\": {names}}}, \"_meta\": {{\"hostvars\": {{}}}}}}'\n");
        Test::new().script("hosts.sh", &script).args(&["-i", "hosts.sh", "--versions", "v=all", "--list"])
    };
    for name in ["a[1:2]", "w[1]", "w:22", "[fe80::1]:22", "w:0"] {
        let names = format!("[\"{name}\", \"w1\"]");
        let message = test(&names).args(&["--yaml"]).errors();
        assert!(message.contains(&format!("host `{name}` cannot stand in YAML")), "{message}");
        assert!(!message.contains("`w1`"), "{message}");
        assert!(test(&names).args(&["--yaml", "--groups-only"]).errors().contains(name));
        assert_eq!(test(&names).json()["web"]["hosts"][0], name);
    }
    for name in ["w", "fe80::1", "w:x", "10.0.0.1"] {
        let yaml = test(&format!("[\"{name}\"]")).args(&["--yaml"]).stdout();
        let tree = parse(&yaml);
        assert_eq!(entries(&tree["all"]["children"]["web"], "hosts")[0].0, name, "{yaml}");
    }
}

#[test]
fn many_ways_to_a_group_do_not_make_it_longer() {
    let long = Listing::of_text("ladder", &ladder(40)).yaml;
    assert!(long.len() < 40_000, "{} bytes", long.len());
}

#[test]
fn deep_groups_stand_beside_all() {
    let listing = deep();
    let tree = listing.tree();
    let tops: Vec<&str> = tree.as_mapping().unwrap().keys().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(tops, ["all", "g50", "g101", "g152", "g203", "g254"]);
    let mut found = Vec::new();
    tree.as_mapping().unwrap().values().for_each(|top| mentions(top, "children", &mut found));
    let whole: BTreeSet<&str> = found.iter().filter(|(_, is_whole)| *is_whole).map(|(name, _)| *name).collect();
    let written = |name: &String| whole.contains(name.as_str()) || tops.contains(&name.as_str());
    assert!((0..=300).map(|level| format!("g{level}")).all(|name| written(&name)));
}

/// Files with each listing, for a script and a YAML reader.
struct Written {
    folder: tempfile::TempDir,
}

impl Written {
    fn new(listings: &[Listing]) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let written = Written { folder };
        for listing in listings {
            std::fs::create_dir(written.folder.path().join(&listing.name)).unwrap();
            std::fs::write(written.path(listing, "list.json"), &listing.json).unwrap();
            std::fs::write(written.path(listing, "tree.yml"), &listing.yaml).unwrap();
            let script = written.path(listing, "list.sh");
            std::fs::write(&script, "#!/bin/sh\nexec cat \"${0%.sh}.json\"\n").unwrap();
            std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        written
    }

    fn path(&self, listing: &Listing, file: &str) -> PathBuf {
        self.folder.path().join(&listing.name).join(file)
    }
}

/// Runs a script of this folder with a Python; its stdout.
fn python(bin: &Path, script: &str, lines: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tree").join(script);
    let mut command = Command::new(bin.join("python"));
    command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {stdout}{stderr}", bin.display());
    stdout.into_owned()
}

/// Hosts and children in order, depths, variables of groups and of hosts.
#[test]
#[ignore = "needs ansible; run tests/run"]
fn ansible_reads_the_same_from_the_yaml_as_from_the_json() {
    let listings = listings();
    let written = Written::new(&listings);
    let pair = |listing: &Listing| {
        format!("{}\t{}\n", written.path(listing, "list.sh").display(), written.path(listing, "tree.yml").display())
    };
    for bin in installations() {
        let on_it = listings.iter().filter(|listing| in_rotation(&listing.name).contains(&bin));
        let pairs: Vec<String> = on_it.map(pair).collect();
        assert!(pairs.len() > 5, "only {} on {}", pairs.len(), bin.display());
        let said = python(&bin, "in_ansible.py", &pairs.concat());
        assert_eq!(said.trim(), format!("{} pairs, 0 differences", pairs.len()), "{}", bin.display());
    }
}

/// For each host the groups that list it and all groups above these, but for `all` and `ungrouped`.
fn groups_of_hosts(list: &Value) -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut listed: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let names = |group: &'_ Value, part: &str| -> Vec<String> {
        let part = group.get(part).and_then(Value::as_array).cloned().unwrap_or_default();
        part.iter().map(|name| name.as_str().unwrap().to_string()).collect()
    };
    let groups = || list.as_object().unwrap().iter().filter(|(name, _)| *name != "_meta" && *name != "all");
    for (name, group) in groups() {
        for child in group.get("children").and_then(Value::as_array).into_iter().flatten() {
            parents.entry(child.as_str().unwrap()).or_default().push(name);
        }
    }
    for (name, group) in groups() {
        for host in names(group, "hosts") {
            let (direct, within) = listed.entry(host).or_default();
            direct.insert(name.clone());
            let mut above = vec![name.as_str()];
            while let Some(group) = above.pop() {
                above.extend(parents.get(group).into_iter().flatten());
                within.insert(group.to_string());
            }
        }
    }
    listed
}

#[test]
#[ignore = "needs nornir; run tests/run"]
fn nornir_finds_every_host_and_its_groups() {
    let bin = PathBuf::from(std::env::var_os("TEST_NORNIR").expect("TEST_NORNIR is not set; run tests/run"));
    let mut listings = listings();
    // Its YAML reader knows no tags, and it reads nothing beside `all`.
    listings.retain(|listing| {
        listing.name != "deep" && !["!vault", "!unsafe"].iter().any(|tag| listing.yaml.contains(tag))
    });
    assert!(listings.len() >= 20, "only {} are left", listings.len());
    let written = Written::new(&listings);
    let files: String =
        listings.iter().map(|listing| format!("{}\n", written.path(listing, "tree.yml").display())).collect();
    let found = python(&bin, "in_nornir.py", &files);
    assert_eq!(found.lines().count(), listings.len());
    let set = |names: &Value| -> BTreeSet<String> {
        names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()).collect()
    };
    for (listing, hosts) in listings.iter().zip(found.lines()) {
        let hosts: Value = serde_json::from_str(hosts).unwrap();
        let hosts = hosts.as_object().unwrap().iter();
        let found: BTreeMap<_, _> =
            hosts.map(|(host, of)| (host.clone(), (set(&of["listed"]), set(&of["within"])))).collect();
        assert_eq!(found, groups_of_hosts(&parse_python_json(&listing.json)), "{}", listing.name);
    }
}
