//! What the real Ansible reads back from our output, on each ansible-core of `TEST_ANSIBLE`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::answering::{Answer, Answering};
use crate::fixtures::{self, cases, from_ansible, parse_python_json, sources};
use crate::support::Test;

/// The `bin` directories of the ansible-cores to test with.
pub fn installations() -> Vec<PathBuf> {
    let list = std::env::var("TEST_ANSIBLE").expect("TEST_ANSIBLE is not set: run tests/run");
    let found: Vec<PathBuf> = std::env::split_paths(&list).collect();
    assert!(!found.is_empty(), "TEST_ANSIBLE is empty: run tests/run");
    for bin in &found {
        assert!(bin.join("ansible-inventory").exists(), "{} has no ansible-inventory: run tests/run", bin.display());
    }
    found
}

/// Spreads what is asked over the ansible-cores: the same one for the same name, and each of them with `TEST_ALL=1`.
pub fn in_rotation(name: &str) -> Vec<PathBuf> {
    let mut all = installations();
    if std::env::var_os("TEST_ALL").is_some_and(|value| value == "1") {
        return all;
    }
    let number = name.bytes().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    vec![all.swap_remove(number % all.len())]
}

/// An `ansible-inventory` with an empty configuration that answers many questions.
pub struct Ansible {
    folder: tempfile::TempDir,
    answering: Answering,
}

impl Ansible {
    /// Starts it in an empty folder; `bin` is that of an ansible-core.
    pub fn new(bin: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ansible.cfg"), "").unwrap();
        let empty = folder.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        let answering = Answering::start(bin, &["ansible.cli.inventory"], |command| {
            command.current_dir(empty).env("ANSIBLE_CONFIG", folder.path().join("ansible.cfg"));
            command.env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "1");
        });
        Ansible { folder, answering }
    }

    pub fn ask(&mut self, arguments: &[&str]) -> Answer {
        self.answering.ask("ansible.cli.inventory", "main", &[&["ansible-inventory"], arguments].concat())
    }

    /// What `ansible-inventory --list` prints for sources, and its stderr.
    pub fn list(&mut self, sources: &[String]) -> (Value, String) {
        let answer = self.ask(&listing(sources));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        (parse_python_json(&answer.stdout), answer.stderr)
    }

    /// What `ansible-inventory --list` prints for sources; nothing where it fails.
    fn try_list(&mut self, sources: &[String]) -> Option<Value> {
        let answer = self.ask(&listing(sources));
        (answer.code == 0).then(|| parse_python_json(&answer.stdout))
    }

    /// A program that hands our output over; it takes the place of the last one.
    fn wrapper(&self, options: &[String]) -> String {
        use std::os::unix::fs::PermissionsExt;
        let wrapper = self.folder.path().join("regal.sh");
        let quoted: Vec<String> = options.iter().map(|option| format!("'{option}'")).collect();
        let program = env!("CARGO_BIN_EXE_regal-inventory");
        std::fs::write(&wrapper, format!("#!/bin/sh\nexec '{program}' {} \"$@\"\n", quoted.join(" "))).unwrap();
        std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
        wrapper.display().to_string()
    }
}

fn listing(sources: &[String]) -> Vec<&str> {
    ["--list"].into_iter().chain(sources.iter().flat_map(|source| ["-i", source])).collect()
}

fn options(case: &Path, more: &[&str]) -> Vec<String> {
    let mut options = fixtures::options(case);
    options.extend(["--versions", "probe=all"].iter().chain(more).map(|option| option.to_string()));
    options
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn ansible_reads_back_what_it_reads_from_the_source() {
    for bin in installations() {
        let mut ansible = Ansible::new(&bin);
        for case in
            cases().iter().filter(|case| in_rotation(&case.file_name().unwrap().to_string_lossy()).contains(&bin))
        {
            let recorded = std::fs::read_to_string(case.join("ansible.json")).unwrap();
            let wrapper = ansible.wrapper(&options(case, &[]));
            let (list, _) = ansible.list(&[wrapper]);
            let expected = from_ansible(&parse_python_json(&recorded));
            assert_eq!(from_ansible(&list), expected, "{} with {}", case.display(), bin.display());
        }
    }
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn ansible_takes_the_output_without_a_warning() {
    let plain = ["directory", "ini-groups", "several", "vars-files"];
    for bin in installations() {
        let mut ansible = Ansible::new(&bin);
        for case in cases().iter().filter(|case| plain.contains(&case.file_name().unwrap().to_str().unwrap())) {
            let wrapper = ansible.wrapper(&options(case, &[]));
            let (list, stderr) = ansible.list(&[wrapper]);
            assert_eq!(stderr, "", "{} with {}", case.display(), bin.display());
            assert!(list.get("probe_groupA").is_some());
        }
    }
}

/// With the batches alone beside the source, precedence stays Ansible's own.
#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_batches_beside_the_source_change_no_variable() {
    for bin in installations() {
        let mut ansible = Ansible::new(&bin);
        for case in cases().iter().filter(|case| case.ends_with("vars-files") || case.ends_with("priority")) {
            let wrapper = ansible.wrapper(&options(case, &["--groups-only"]));
            let source = sources(case);
            let (alone, _) = ansible.list(&source);
            let (beside, _) = ansible.list(&[source, vec![wrapper]].concat());
            assert_eq!(from_ansible(&beside).hosts, from_ansible(&alone).hosts, "{}", case.display());
            assert_eq!(beside["probe_groupA"]["hosts"].as_array().unwrap().len(), 1);
            let host = beside["probe_groupA"]["hosts"][0].as_str().unwrap();
            assert_eq!(beside["_meta"]["hostvars"][host]["regal_version"], "probe");
        }
    }
}

/// Real inventories, where a folder with them is given: `TEST_CORPUS` names it, its `sources.txt` has a line
/// `FOLDER|SOURCE` for each. Without it there is nothing to compare; the fixtures and generated cases stand for them.
#[test]
#[ignore = "needs ansible; run tests/run"]
fn real_inventories_are_read_back_as_ansible_reads_them() {
    let Some(corpus) = std::env::var_os("TEST_CORPUS").map(PathBuf::from) else {
        return eprintln!("TEST_CORPUS is not set: no real inventories were compared");
    };
    let bin = installations().into_iter().find(|bin| bin.to_string_lossy().contains("2.19")).unwrap();
    let mut ansible = Ansible::new(&bin);
    let list = std::fs::read_to_string(corpus.join("sources.txt")).unwrap();
    let mut compared = 0;
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let (folder, source) = line.split_once('|').unwrap();
        let source = corpus.join(folder).join(source).canonicalize().unwrap().display().to_string();
        let options = ["-i", &source, "--versions", "probe=all", "--vault", "skip"].map(str::to_string);
        let wrapper = ansible.wrapper(&options);
        let Some(theirs) = ansible.try_list(std::slice::from_ref(&source)) else {
            eprintln!("{line}: Ansible itself cannot read it");
            continue;
        };
        let (ours, _) = ansible.list(&[wrapper]);
        assert_eq!(from_ansible(&ours), from_ansible(&theirs), "{line}");
        compared += 1;
    }
    assert!(compared > 0, "Ansible read none of the inventories in {}", corpus.display());
}

/// The hosts in what `--graph` prints.
fn hosts(graph: &str) -> BTreeSet<String> {
    let names = graph.lines().map(|line| line.trim_start_matches(['|', ' ', '-']));
    names.filter(|name| !name.starts_with('@')).map(str::to_string).collect()
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn ansible_expands_paths_as_we_do() {
    let test = || {
        let test = Test::new().file("home/site/hosts", "[web]\nw1\n").file("$UNSET_HERE/hosts", "[web]\nw2\n");
        let home = test.path().join("home").display().to_string();
        test.env("HOME", &home)
            .env("SITE", "site")
            .env("BASE", "~")
            .env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "1")
    };
    for (source, found) in [
        ("~/site/hosts", "w1"),
        ("${HOME}/$SITE/hosts", "w1"),
        ("$BASE/site/hosts", "w1"),
        ("$UNSET_HERE/hosts", "w2"),
        ("$SITE,", "$SITE"),
        ("~no-such-user/hosts", ""),
    ] {
        for bin in in_rotation(source) {
            let ansible = test().shell(&format!("'{}/ansible-inventory' -i '{source}' --graph", bin.display()));
            let ours = test().args(&["-i", source, "--versions", "v=all", "--graph"]).run();
            assert_eq!((ansible.code == 0, ours.code == 0), (!found.is_empty(), !found.is_empty()), "{source}");
            assert_eq!(hosts(&ansible.stdout).into_iter().collect::<Vec<_>>().concat(), found, "{source}");
            assert_eq!(hosts(&ours.stdout), hosts(&ansible.stdout), "{source}");
        }
    }
}
