//! `complete`, which the completion scripts ask: what it offers, and what it must not do.

use crate::support::Test;

const HOSTS: &str = "[web]\nweb[01:04] app_version=2.5.0 zone=a\n[db]\ndb1 app_version=2.4.0 zone=b\n";
const POLICY: &str = "inventory: hosts\nversion_from: {var: app_version}\nbatch_size: 1\n";

fn test() -> Test {
    Test::new().file("hosts", HOSTS).file("regal.yml", POLICY)
}

/// What fish would offer at the end of a line, without what each means.
fn offered(test: &Test, line: &str) -> Vec<String> {
    let output = test.called(&["complete", "fish", "--", line]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{line}");
    let mut lines = output.stdout.lines();
    match lines.next() {
        Some("values") => lines.map(|line| line.split('\t').next().unwrap().to_string()).collect(),
        other => other.map(str::to_string).into_iter().collect(),
    }
}

fn plan(line: &str) -> Vec<String> {
    offered(&test(), &format!("regal-inventory {line}"))
}

#[test]
fn commands_options_and_words() {
    assert_eq!(plan("pla"), ["plan", "playbooks"]);
    assert_eq!(plan("plan --rem"), ["--remainder"]);
    assert_eq!(plan("plan --remainder "), ["last", "balance", "merge"]);
    assert_eq!(plan("plan --remainder=b"), ["--remainder=balance"]);
    assert_eq!(plan("--approval e"), ["each_batch"]);
    assert_eq!(plan("plan --format j"), ["json"]);
    assert_eq!(plan("--groups-only=t"), ["--groups-only=true"]);
    assert_eq!(plan("--drift "), ["check", "ignore"]);
    assert_eq!(plan("completions fi"), ["fish"]);
    assert_eq!(plan("record lo"), ["lost"]);
    assert_eq!(plan("export hos"), ["hosts"]);
    assert_eq!(plan("export -o ngin"), ["nginx=", "nginx-lua="]);
    assert_eq!(plan("help pl"), ["plan", "playbooks"]);
    // nothing that is hidden: settings that a command does nothing with, and what is for programs
    assert_eq!(plan("status --batch"), [""; 0]);
    assert_eq!(plan("comp"), ["completions"]);
}

#[test]
fn files_are_left_to_the_shell() {
    assert_eq!(plan("-i "), ["files "]);
    assert_eq!(plan("-iho"), ["files -i"]);
    assert_eq!(plan("plan --config=re"), ["files --config="]);
    assert_eq!(plan("approve --plan "), ["plans "]);
    assert_eq!(plan("status "), ["plans "]);
    assert_eq!(plan("export -o hosts=ba"), ["files hosts="]);
    assert_eq!(plan("init --hooks "), ["folders "]);
    assert_eq!(plan("plan > "), ["files "]);
}

#[test]
fn names_of_the_inventory() {
    assert_eq!(plan("why web"), ["web01", "web02", "web03", "web04"]);
    assert_eq!(plan("--host d"), ["db1"]);
    assert_eq!(plan("plan --limit d"), ["db", "db1"]);
    assert_eq!(plan("plan --limit 'web:!web0"), ["web:!web01", "web:!web02", "web:!web03", "web:!web04"]);
    assert_eq!(plan("plan --only "), ["2.5.0", "2.4.0"]);
    assert_eq!(plan("plan --waves=2.5.0,"), ["--waves=2.5.0,2.5.0", "--waves=2.5.0,2.4.0"]);
    assert_eq!(plan("export hosts --id "), ["2.5.0=", "2.4.0="]);
    assert_eq!(
        plan("export hosts --done 2.5.0_group"),
        ["2.5.0_groupA", "2.5.0_groupB1", "2.5.0_groupB2", "2.5.0_groupB3"]
    );
    assert_eq!(plan("plan --spread "), ["zone"]);
    assert_eq!(plan("--version-from va"), ["var:app_version"]);
}

#[test]
fn the_line_so_far_says_what_is_read() {
    let test =
        test().file("other/hosts", "x1\nx2\n").file("other/regal.yml", "inventory: hosts\nversions: {'9': x1}\n");
    let at = |line: &str| offered(&test, &format!("regal-inventory {line}"));
    assert_eq!(at("-i other/hosts why x"), ["x1", "x2"]);
    assert_eq!(at("--config other/regal.yml plan --only "), ["9"]);
    assert_eq!(at("plan --config=other/regal.yml --only "), ["9"]);
    assert_eq!(at("-i a1,a2, why "), ["a1", "a2"]);
    // a word that only the shell knows may have said it
    assert_eq!(at("-i $NOT_SET why "), [""; 0]);
    assert_eq!(at("-i \"$(touch marker)\" why "), [""; 0]);
    assert!(!test.path().join("marker").exists());
    // options that lack something, and a line that is wrong elsewhere
    assert_eq!(at("-i other/hosts export --done x why --limit x"), ["x1", "x2"]);
}

#[test]
fn names_of_a_frozen_plan() {
    let test = test();
    assert_eq!(test.called(&["plan", "--save", "2.5.0.rollout.yml"]).code, 0);
    let at = |line: &str| offered(&test, &format!("regal-inventory {line}"));
    let groups = ["2.5.0_groupA", "2.5.0_groupB1", "2.5.0_groupB2", "2.5.0_groupB3", "2.4.0_groupA"];
    assert_eq!(at("approve --plan 2.5.0.rollout.yml "), groups);
    assert_eq!(at("run --plan 2.5.0.rollout.yml --until B"), ["B1", "B2", "B3"]);
    assert_eq!(at("record --record x done --plan 2.5.0.rollout.yml 2.4"), ["2.4.0_groupA"]);
    assert_eq!(at("record lost --plan 2.5.0.rollout.yml 2.4.0_groupA db"), ["db1"]);
    assert_eq!(at("run --plan 2.5.0.rollout.yml --back-to 2.4"), ["2.4.0"]);
    let one = Test::new().file("hosts", HOSTS).file("regal.yml", "inventory: hosts\nversions: {'1': web}\n");
    assert_eq!(one.called(&["plan", "--save", "1.rollout.yml"]).code, 0);
    assert_eq!(offered(&one, "regal-inventory approve --plan 1.rollout.yml B"), ["B1", "B2", "B3"]);
    assert_eq!(offered(&one.env("REGAL_PLAN", "1.rollout.yml"), "regal-inventory approve B"), ["B1", "B2", "B3"]);
}

#[test]
fn nothing_is_run_no_pipe_is_read_and_nothing_is_said() {
    let script = "#!/bin/sh\ntouch marker\necho '{\"web\": {\"hosts\": [\"w1\"]}}'\n";
    let test = Test::new()
        .script("hosts", script)
        .script("password", "#!/bin/sh\ntouch marker\necho secret\n")
        .file("sealed/hosts", "[web]\nw1\n")
        .file("sealed/group_vars/all.yml", "$ANSIBLE_VAULT;1.1;AES256\n3030\n")
        .file("plugin.yml", "plugin: constructed\n")
        .file("broken", "[web\n")
        .file("fine/hosts", "[web]\nw1\n")
        .file("fine/group_vars/all.yml", "no: [YAML\n");
    let pipe = test.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for line in [
        "-i hosts why ",
        "-i hosts --version-from var:v plan --only ",
        "-i sealed/hosts --vault-password-file password why ",
        "-i plugin.yml why ",
        "-i pipe why ",
        "--config pipe why ",
        "--plan pipe approve ",
        "-i broken why ",
        "-i missing why ",
        "--config missing why ",
        "--plan missing approve ",
        "--batch-size x plan --only ",
    ] {
        let begun = std::time::Instant::now();
        offered(&test, &format!("regal-inventory {line}"));
        assert!(begun.elapsed().as_secs() < 120, "{line}");
        assert!(!test.path().join("marker").exists(), "{line}");
    }
    // names need no variables, whatever is wrong with those
    assert_eq!(offered(&test, "regal-inventory -i fine/hosts why "), ["w1"]);
    // the same call by somebody who means it does run it
    assert_eq!(test.called(&["-i", "hosts", "--versions", "1=web", "--list"]).code, 0);
    assert!(test.path().join("marker").exists());
}

#[test]
fn names_are_quoted_for_bash() {
    let hosts = "all:\n  hosts:\n    \"db$HOME\":\n    \"db`x`\":\n    \"db'q\":\n    \"db&c\":\n";
    let test = Test::new().file("hosts.yml", hosts).args(&["-i", "hosts.yml"]);
    let bash = |line: &str, piece: &str| {
        let output = test.called(&["complete", "bash", "--", line, piece]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{line}");
        output.stdout.lines().skip(1).map(str::to_string).collect::<Vec<_>>()
    };
    let start = "regal-inventory -i hosts.yml why ";
    assert_eq!(bash(&format!("{start}db"), "db"), ["db\\$HOME", "db\\`x\\`", "db\\'q", "db\\&c"]);
    assert_eq!(bash(&format!("{start}'db"), "db"), ["db$HOME", "db`x`", "db'\\''q", "db&c"]);
    assert_eq!(bash(&format!("{start}\"db"), "db"), ["db\\$HOME", "db\\`x\\`", "db'q", "db&c"]);
    assert_eq!(bash(&format!("{start}db\\$H"), "db\\$H"), ["db\\$HOME"]);
    // bash puts the answer in the place of what comes after `=` or `:`
    assert_eq!(bash("regal-inventory -i hosts.yml --host=db\\&", "db\\&"), ["db\\&c"]);
    assert_eq!(bash("regal-inventory -i hosts.yml --limit 'all:!db&", "!db&"), ["!db&c"]);
}
