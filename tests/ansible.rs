//! What the real Ansible reads back from our output, on each ansible-core of `TEST_ANSIBLE`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

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

/// An `ansible-inventory` with an empty configuration that answers many questions.
pub struct Ansible {
    folder: tempfile::TempDir,
    program: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What a call of `ansible-inventory` printed.
pub struct Answer {
    pub code: i64,
    pub stdout: String,
    pub stderr: String,
}

impl Ansible {
    /// Starts it in an empty folder; `bin` is that of an ansible-core.
    pub fn new(bin: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ansible.cfg"), "").unwrap();
        let empty = folder.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        let mut command = Command::new(bin.join("python"));
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ansible/answer.py")).current_dir(empty);
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("ANSIBLE_CONFIG", folder.path().join("ansible.cfg"));
        command.env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "1");
        let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (questions, answers) = (program.stdin.take(), BufReader::new(program.stdout.take().unwrap()));
        Ansible { folder, program, questions, answers }
    }

    pub fn ask(&mut self, arguments: &[&str]) -> Answer {
        let mut question = serde_json::to_string(arguments).unwrap();
        question.push('\n');
        self.questions.as_mut().unwrap().write_all(question.as_bytes()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_string();
        Answer { code: answer["code"].as_i64().unwrap(), stdout: text("stdout"), stderr: text("stderr") }
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

impl Drop for Ansible {
    fn drop(&mut self) {
        // The end of its input is the end of it.
        self.questions = None;
        let ended = self.program.wait();
        assert!(std::thread::panicking() || ended.unwrap().success());
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
        for case in cases() {
            let recorded = std::fs::read_to_string(case.join("ansible.json")).unwrap();
            let wrapper = ansible.wrapper(&options(&case, &[]));
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

#[test]
#[ignore = "needs ansible; run tests/run"]
fn ansible_reads_the_yaml_form_as_a_file() {
    let mut ansible = Ansible::new(&installations().pop().unwrap());
    for case in cases() {
        let file = ansible.folder.path().join("frozen.yml").display().to_string();
        let program = env!("CARGO_BIN_EXE_regal-inventory");
        let mut command = Command::new(program);
        command.args(options(&case, &["--list", "--yaml", "--output", &file]));
        assert!(command.status().unwrap().success());
        let recorded = std::fs::read_to_string(case.join("ansible.json")).unwrap();
        let (list, _) = ansible.list(&[file]);
        assert_eq!(from_ansible(&list), from_ansible(&parse_python_json(&recorded)), "{}", case.display());
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
    for bin in installations() {
        for (source, found) in [
            ("~/site/hosts", "w1"),
            ("${HOME}/$SITE/hosts", "w1"),
            ("$BASE/site/hosts", "w1"),
            ("$UNSET_HERE/hosts", "w2"),
            ("$SITE,", "$SITE"),
            ("~no-such-user/hosts", ""),
        ] {
            let ansible = test().shell(&format!("'{}/ansible-inventory' -i '{source}' --graph", bin.display()));
            let ours = test().args(&["-i", source, "--versions", "v=all", "--graph"]).run();
            assert_eq!((ansible.code == 0, ours.code == 0), (!found.is_empty(), !found.is_empty()), "{source}");
            assert_eq!(hosts(&ansible.stdout).into_iter().collect::<Vec<_>>().concat(), found, "{source}");
            assert_eq!(hosts(&ours.stdout), hosts(&ansible.stdout), "{source}");
        }
    }
}
