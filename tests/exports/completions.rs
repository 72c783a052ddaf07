//! The completion scripts under the real bash, zsh and fish, typed into a terminal.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use super::site::{Site, python, tool};

/// Hosts with names that shells read something else in.
const HOSTS: &str = "all:\n  hosts:\n    web01: {v: 2.5.0}\n    web02: {v: 2.5.0}\n    \"db$HOME\": {v: 2.5.0}\n    \"mq`touch marker`\": {v: 2.5.0}\n    \"it's\": {v: 2.5.0}\n    \"a&b\": {v: 2.5.0}\n";
const POLICY: &str = "inventory: hosts.yml\nversion_from: {var: v}\ncanary: 1\nbatch_size: 2\n";

/// A function in the place of the command, so that the line itself can be looked at; completion asks the real one.
const BASH: &str = "PS1='$ '\nsource completion\nregal-inventory() { printf '<%s>' \"$@\"; echo END; }\necho READY\n";
const ZSH: &str = "PS1='$ '\nunsetopt beep\nfpath=($PWD $fpath)\nautoload -Uz compinit\ncompinit -u -D\n\
                   regal-inventory() { printf '<%s>' \"$@\"; echo END; }\necho READY\n";
const FISH: &str = "function fish_prompt; printf '$ '; end\nfunction fish_greeting; end\nsource completion\n\
                    function regal-inventory; printf '<%s>' $argv; echo END; end\necho READY\n";

fn site() -> Site {
    let site = Site::of_example("shells");
    site.file("hosts.yml", HOSTS);
    site.file("regal.yml", POLICY);
    site.regal(&["plan", "--save", "2.5.0.rollout.yml"]);
    site
}

/// What a shell makes of lines that end in a TAB.
fn typed(site: &Site, shell: &str, lines: &[String]) -> Vec<Value> {
    let script = site.regal(&["completions", shell]);
    // in zsh from a folder of `fpath`, as the packages have it
    site.file(if shell == "zsh" { "_regal-inventory" } else { "completion" }, &script);
    let (rc, text) = match shell {
        "bash" => (".bashrc", BASH),
        "zsh" => (".zshrc", ZSH),
        _ => ("start.fish", FISH),
    };
    site.file(rc, text);
    let program = tool(shell).display().to_string();
    let command = match shell {
        "bash" => vec![&*program, "--noprofile", "--rcfile", rc, "-i"],
        "zsh" => vec![&*program, "-i", "-d"],
        _ => vec![&*program, "--init-command", "source start.fish", "-i"],
    };
    let folder = site.path().display().to_string();
    let path = site.command("sh").get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap().to_owned();
    let environment = BTreeMap::from([
        ("PATH", path.to_str().unwrap()),
        ("HOME", &*folder),
        ("ZDOTDIR", &*folder),
        ("TERM", "dumb"),
        ("LC_ALL", "C.UTF-8"),
        ("INPUTRC", "/dev/null"),
    ]);
    let call = json!({ "command": command, "environment": environment, "folder": folder, "lines": lines });
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/exports/typing.py");
    let mut running = site.command(python()).arg(driver).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(call.to_string().as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "{shell}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Types lines into a shell, and compares the arguments that it then has.
fn completes(shell: &str, cases: &[(&str, &[&str])]) {
    let site = site();
    let lines: Vec<String> = cases.iter().map(|(line, _)| format!("regal-inventory {line}")).collect();
    let said = typed(&site, shell, &lines);
    assert_eq!(said.len(), cases.len(), "{shell}");
    for ((line, expected), said) in cases.iter().zip(&said) {
        assert_eq!(said["arguments"], json!(expected), "{shell}: {line:?}\n{}", said["screen"].as_str().unwrap());
        let screen = said["screen"].as_str().unwrap();
        let said = ["error", "No such file", "no matches", "(eval)", "not found", "usage"]
            .iter()
            .find(|said| screen.contains(**said));
        assert_eq!(said, None, "{shell}: {line:?}\n{screen}");
    }
    assert!(!site.path().join("marker").exists(), "{shell} ran what a host is called");
}

/// What all three complete.
const ALL: [(&str, &[&str]); 12] = [
    ("pla\tn", &["plan"]),
    ("plan --remai\tb\t", &["plan", "--remainder", "balance"]),
    ("plan --remainder=me\t", &["plan", "--remainder=merge"]),
    ("why web0\t1", &["why", "web01"]),
    ("why db\t", &["why", "db$HOME"]),
    ("why mq\t", &["why", "mq`touch marker`"]),
    ("why it\t", &["why", "it's"]),
    ("plan --limit a\\&\t", &["plan", "--limit", "a&b"]),
    ("plan --limit 'web0\t1:!a&\t", &["plan", "--limit", "web01:!a&b"]),
    ("plan --only 2\t", &["plan", "--only", "2.5.0"]),
    ("approve --plan 2.5\t B\t2", &["approve", "--plan", "2.5.0.rollout.yml", "B2"]),
    ("--config reg\t why web02\t", &["--config", "regal.yml", "why", "web02"]),
];

#[test]
#[ignore = "types into a terminal; run tests/run"]
fn bash_completes() {
    let mut cases = ALL.to_vec();
    // in bash a word ends at `=`, `:` and `@`
    cases.push(("plan --limit web01:web0\t2", &["plan", "--limit", "web01:web02"]));
    cases.push(("--host=\"db\t", &["--host=db$HOME"]));
    cases.push(("export -o hosts=2.5.0.r\t", &["export", "-o", "hosts=2.5.0.rollout.yml"]));
    completes("bash", &cases);
}

#[test]
#[ignore = "needs zsh; run tests/run"]
fn zsh_completes() {
    let mut cases = ALL.to_vec();
    cases.push(("plan --limit web01:web0\t2", &["plan", "--limit", "web01:web02"]));
    cases.push(("export -o hosts=2.5.0.r\t", &["export", "-o", "hosts=2.5.0.rollout.yml"]));
    completes("zsh", &cases);
}

#[test]
#[ignore = "needs fish; run tests/run"]
fn fish_completes() {
    let mut cases = ALL.to_vec();
    cases.push(("plan --limit web01:web0\t2", &["plan", "--limit", "web01:web02"]));
    cases.push(("export -o hosts=2.5.0.r\t", &["export", "-o", "hosts=2.5.0.rollout.yml"]));
    completes("fish", &cases);
}

#[test]
#[ignore = "needs mandoc; run tests/run"]
fn mandoc_has_nothing_to_say_of_the_manual() {
    let site = site();
    for page in site.regal(&["man", "--list"]).lines() {
        let mut command = site.command(env!("CARGO_BIN_EXE_regal-inventory"));
        let printed = super::site::run(command.args(["man", page]).env("SOURCE_DATE_EPOCH", "1795000000"));
        let file = site.file("page.1", &printed.stdout);
        let mut command = site.command(tool("mandoc"));
        let output = super::site::run(command.args(["-T", "lint", "-W", "warning"]).arg(&file));
        assert_eq!((output.code, output.stdout.as_str()), (0, ""), "{page}");
    }
}
