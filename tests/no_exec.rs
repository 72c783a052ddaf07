//! `--no-exec` and `REGAL_NO_EXEC`: no program is run, whatever names it, and no place that starts one is forgotten.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::Test;

/// Where the sources start a process, and how often. `SECURITY.md` says what each is for. A new place needs a permit of
/// `source/execution.rs`, a line there, and a case below.
const PLACES: [(&str, &str, usize); 10] = [
    // `--on-event` of `run`, `judge`, `approve` and `record`
    ("cli/on_event.rs", "Command::new(", 1),
    ("cli/on_event.rs", ".spawn()", 1),
    // `held-by`, between a run and its command
    ("cli/run/held.rs", "Command::new(", 1),
    ("cli/run/held.rs", ".exec()", 1),
    // the commands of `run`, with `--kill-with-run` and without
    ("cli/run/job.rs", "Command::new(", 2),
    ("cli/run/child.rs", ".spawn()", 1),
    // the commands of gates
    ("judge/command.rs", ".spawn()", 1),
    // scripts, ansible-inventory, vault password programs
    ("source/process.rs", ".spawn()", 1),
    ("source/surroundings.rs", "Command::new(", 1),
    // `ps`, `sysctl` and `lsof` of macOS and the BSDs, which nobody can name and nothing refuses
    ("system/portable.rs", "Command::new(", 1),
];
/// The same of the Python that goes with the program.
const IN_PYTHON: [(&str, &str, usize); 5] = [
    ("packaging/python/regal_inventory/__init__.py", "subprocess.run(", 1),
    ("playbooks/salt/_runners/regal.py", "subprocess.run(", 1),
    ("plugins/plugin_utils/regal_rollout/program.py", "subprocess.Popen(", 1),
    ("plugins/plugin_utils/regal_rollout/program.py", "subprocess.run(", 1),
    // ansible-playbook itself, for the way back
    ("plugins/plugin_utils/rollout_way_back.py", "subprocess.Popen(", 1),
];
/// What starts a process in Rust, and in Python.
const RUST: [&str; 8] =
    ["Command::new(", ".spawn()", ".exec()", "posix_spawn", "fork(", "execve", "execv(", "rustix::runtime"];
const PYTHON: [&str; 8] = [
    "subprocess.run(",
    "subprocess.Popen(",
    "subprocess.call(",
    "subprocess.check_",
    "os.system(",
    "os.exec",
    "os.popen(",
    "os.spawn",
];

const RAN: &str = "#!/bin/sh\ntouch ran\n";
const HOSTS: &str = "{\"web\": {\"hosts\": [\"web1\", \"web2\"]}, \"_meta\": {\"hostvars\": {}}}";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let is_tests = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !path.is_symlink() && !is_tests {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|known| known == ending) && !is_tests && !path.is_symlink() {
            found.push(path);
        }
    }
    found
}

/// How often each word stands in the code of each file, without its tests and comments.
fn starts(
    below: &Path,
    folder: &Path,
    ending: &str,
    words: &[&'static str],
) -> BTreeMap<(String, &'static str), usize> {
    let mut found = BTreeMap::new();
    for path in files(folder, ending) {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n").replace("clap::Command::new(", "");
        let name = path.strip_prefix(below).unwrap().display().to_string();
        for word in words {
            let count = code.matches(word).count();
            if count > 0 {
                found.insert((name.clone(), *word), count);
            }
        }
    }
    found
}

fn expected(places: &[(&str, &'static str, usize)]) -> BTreeMap<(String, &'static str), usize> {
    places.iter().map(|(file, word, count)| ((file.to_string(), *word), *count)).collect()
}

#[test]
fn every_place_that_starts_a_process_is_known() {
    let source = root().join("src");
    assert_eq!(starts(&source, &source, "rs", &RUST), expected(&PLACES));
    let python: BTreeMap<_, _> = ["plugins", "packaging/python", "playbooks", "roles"]
        .iter()
        .flat_map(|folder| starts(root(), &root().join(folder), "py", &PYTHON))
        .collect();
    assert_eq!(python, expected(&IN_PYTHON));
    let security = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    for (file, ..) in PLACES {
        assert!(security.contains(&format!("`src/{file}`")), "SECURITY.md does not name src/{file}");
    }
    for (file, ..) in IN_PYTHON {
        assert!(security.contains(&format!("`{file}`")), "SECURITY.md does not name {file}");
    }
}

/// A way to have a program run.
struct Case {
    name: &'static str,
    test: Test,
    line: &'static str,
    /// What the message says, but for who refuses.
    says: &'static str,
}

fn case(name: &'static str, test: Test, line: &'static str, says: &'static str) -> Case {
    Case { name, test, line, says }
}

fn script() -> String {
    format!("{RAN}echo '{HOSTS}'\n")
}

fn vaulted() -> Test {
    let sealed = crate::vault::encrypt("app_version: v1\n");
    Test::new().file("hosts", "web1\n").file("host_vars/web1.yml", sealed)
}

fn password() -> String {
    format!("{RAN}echo '{}'\n", crate::vault::PASSWORD)
}

fn frozen() -> Test {
    let test = Test::new().file("hosts", "[web]\nweb1\nweb2\n").script("deploy", RAN);
    let saved = test.shell("regal plan -i hosts --versions v1=web --save v1.rollout.yml");
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    test
}

#[allow(clippy::too_many_lines, reason = "a list")]
fn cases() -> Vec<Case> {
    let plugin = || {
        let test = Test::new().file("a.yml", "plugin: amazon.aws.aws_ec2\n").file("hosts", "web1\n");
        test.script("ansible-inventory", &script())
    };
    let mut cases = vec![
        case(
            "a source",
            Test::new().script("s", &script()),
            "--versions v=all -i s plan",
            "s --list: the inventory script is not run",
        ),
        case(
            "in a folder",
            Test::new().file("i/a", "web3\n").script("i/s", &script()),
            "--versions v=all -i i --list",
            "i/s --list: the inventory script is not run",
        ),
        case(
            "where versions are missing",
            Test::new().script("s", &script()),
            "-i s plan",
            "nothing says which version",
        ),
        case(
            "init",
            Test::new().script("s", &script()),
            "-i s init --yes",
            "s --list: the inventory script is not run",
        ),
        case(
            "the other plan of a comparison",
            Test::new().script("s", &script()).file("other.yml", "inventory: s\nversions: {v: all}\n"),
            "-i s --versions v=all plan --compare other.yml",
            "the inventory script is not run",
        ),
        case(
            "a plugin",
            plugin(),
            "--versions v=all -i a.yml --ansible-inventory ./ansible-inventory --list",
            "a.yml:1:1: inventory plugin `amazon.aws.aws_ec2` cannot be run here: ansible-inventory is not run",
        ),
        case(
            "the engine",
            plugin(),
            "--versions v=all -i hosts --engine ansible --ansible-inventory ./ansible-inventory --list",
            "the setting `engine: ansible` cannot be kept: ansible-inventory is not run",
        ),
        case(
            "a plugin of ansible.cfg",
            plugin().file("plugins/my_own.py", "").file(
                "ansible.cfg",
                "[defaults]\ninventory_plugins = plugins\n[inventory]\nenable_plugins = my_own, ini\n",
            ),
            "--versions v=all -i hosts --ansible-inventory ./ansible-inventory --list",
            "ansible-inventory is not run",
        ),
        case(
            "a vault password",
            vaulted().script("password", &password()),
            "--versions v=all -i hosts --vault-password-file password --list",
            "the vault password script `password` is not run",
        ),
        case(
            "a vault id",
            vaulted().script("password", &password()),
            "--versions v=all -i hosts --vault-id prod@password --list",
            "the vault password script `password` is not run",
        ),
        case(
            "a vault password of ansible.cfg",
            vaulted()
                .script("password", &password())
                .file("ansible.cfg", "[defaults]\nvault_password_file = password\n"),
            "--versions v=all -i hosts --list",
            "is not run",
        ),
        case("a command", frozen(), "run --plan v1.rollout.yml -- ./deploy {group}", "the command is not run"),
        case(
            "the next process of a run",
            frozen(),
            "run --plan v1.rollout.yml --kill-with-run -- ./deploy",
            "the command is not run",
        ),
        case("held-by", frozen(), "held-by $$ -- ./deploy", "the command is not run"),
        case(
            "an approval",
            frozen(),
            "approve --plan v1.rollout.yml --on-event ./deploy A",
            "the command of --on-event is not",
        ),
        case(
            "an event",
            frozen(),
            "record --plan v1.rollout.yml --on-event ./deploy start --process $$",
            "the command of --on-event is not",
        ),
    ];
    for (option, line) in [
        ("--check", "run --plan v1.rollout.yml --check ./deploy -- true"),
        ("--on-stop", "run --plan v1.rollout.yml --on-stop ./deploy -- false"),
        ("--on-end", "run --plan v1.rollout.yml --on-end ./deploy -- true"),
        ("--on-event", "run --plan v1.rollout.yml --on-event ./deploy -- true"),
    ] {
        cases.push(case(option, frozen(), line, "the command is not run"));
    }
    cases
}

#[test]
fn nothing_is_run_whatever_names_it() {
    for Case { name, test, line, says } in cases() {
        let ran = test.path().join("ran");
        let by_option = test.shell(&format!("regal --no-exec {line}"));
        let by_variable = test.shell(&format!("REGAL_NO_EXEC=yes regal {line}"));
        for (by, output) in [("--no-exec", by_option), ("REGAL_NO_EXEC", by_variable)] {
            assert!(!ran.exists(), "{name}: it ran under {by}");
            assert_ne!(output.code, 0, "{name}: {}", output.stdout);
            assert!(output.stderr.contains(says), "{name}: {}", output.stderr);
            if !says.starts_with("nothing") {
                assert!(output.stderr.contains(&format!("{by} refuses programs")), "{name}: {}", output.stderr);
                assert!(output.stderr.contains("  hint: "), "{name}: {}", output.stderr);
            }
        }
        assert!(!test.path().join("v1.rollout.jsonl").exists(), "{name}: a run began");
        // the same without it runs the program, so that the above means something
        let usual = test.shell(&format!("regal {line}"));
        assert!(ran.exists(), "{name}: it does not run at all: {}", usual.stderr);
    }
}

#[test]
fn what_runs_nothing_works_as_ever() {
    let test =
        Test::new().file("hosts", "[web]\nweb1\nweb2\n").file("regal.yml", "inventory: hosts\nversions: {v: web}\n");
    for command in ["--list", "plan", "check", "why web1", "--graph", "plan --format json"] {
        let usual = test.shell(&format!("regal {command}"));
        let refused = test.shell(&format!("regal --no-exec {command}"));
        assert_eq!((usual.code, &usual.stdout), (0, &refused.stdout), "{command}: {}", refused.stderr);
    }
    let test = frozen();
    let dry = test.shell("regal --no-exec run --plan v1.rollout.yml --dry-run -- ./deploy {group}");
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(dry.stdout.contains("./deploy v1_groupA"), "{}", dry.stdout);
    let status = test.shell("REGAL_NO_EXEC=1 regal status --plan v1.rollout.yml");
    assert_eq!(status.code, 0, "{}", status.stderr);
}

#[test]
fn no_file_takes_it_back_and_no_file_says_it() {
    let test = Test::new().script("s", &script()).file("regal.yml", "inventory: s\nversions: {v: web}\nno_exec: no\n");
    assert!(test.shell("regal plan").stderr.contains("unknown key `no_exec`"));
    // a plan that was saved where it might run is not run where it may not, and the other way round
    let test = Test::new().script("s", &script()).file("regal.yml", "inventory: s\nversions: {v: web}\n");
    assert_eq!(test.shell("regal plan --save v.rollout.yml").code, 0);
    std::fs::remove_file(test.path().join("ran")).unwrap();
    let refused = test.shell("REGAL_NO_EXEC=yes regal plan --plan v.rollout.yml");
    assert!(refused.code == 1 && refused.stderr.contains("REGAL_NO_EXEC refuses programs"), "{}", refused.stderr);
    assert!(!test.path().join("ran").exists());
    // what needs no program of a frozen plan is there nevertheless
    let lone = test.shell("REGAL_NO_EXEC=yes regal plan --plan v.rollout.yml --drift ignore --groups-only");
    assert_eq!(lone.code, 0, "{}", lone.stderr);
    let test = frozen();
    let saved = test.shell("REGAL_NO_EXEC=yes regal --no-exec plan -i hosts --versions v2=web --save v2.rollout.yml");
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    assert_eq!(test.shell("regal run --plan v2.rollout.yml -- ./deploy").code, 0);
    assert!(test.path().join("ran").exists());
}

#[test]
fn what_the_cache_has_is_a_program_too() {
    let test = Test::new().script("s", &script()).env("REGAL_CACHE", "1h").env("REGAL_VERSIONS", "v=all");
    let line = "XDG_CACHE_HOME=\"$PWD/cache\" regal";
    assert_eq!(test.shell(&format!("{line} -i s plan")).code, 0);
    std::fs::remove_file(test.path().join("ran")).unwrap();
    assert_eq!(test.shell(&format!("{line} -i s plan")).code, 0);
    assert!(!test.path().join("ran").exists(), "it was not cached");
    let refused = test.shell(&format!("{line} --no-exec -i s plan"));
    assert!(refused.code == 1 && refused.stderr.contains("--no-exec refuses programs"), "{}", refused.stderr);
}

#[test]
fn a_value_that_says_neither_is_refused() {
    let test = Test::new().file("hosts", "web1\n").args(&["-i", "hosts", "--versions", "v=all", "plan"]);
    let message = test.env("REGAL_NO_EXEC", "maybe").errors();
    assert!(message.contains("REGAL_NO_EXEC: `maybe` is neither yes nor no"), "{message}");
    assert!(message.contains("allowed: `yes`"), "{message}");
}
