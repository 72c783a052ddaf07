//! What is written for Salt is what PyYAML reads: names that YAML 1.1 takes for numbers, times, booleans or marks.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::json;

/// Names that another writer leaves bare, or breaks.
const HOSTILE: &[&str] = &[
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "true",
    "NULL",
    "~",
    "1:30",
    "190:20:30",
    "1_000",
    "0x1F",
    "0b1",
    "010",
    "0o7",
    "1e3",
    "1.20",
    "1e5",
    "+1",
    "2001-01-01",
    "2001-12-14T21:59:43Z",
    "=",
    "<<",
    "&a",
    "!tag",
    "|",
    ">",
    "%x",
    "@at",
    "`b`",
    "'",
    "\"",
    "''",
    "a'b",
    "a\"b",
    "#x",
    "a#b",
    "a:",
    ":a",
    "a:b",
    "é",
    "日本",
    "\u{1f600}",
    "\u{feff}",
    "\u{fffe}",
    "\u{e000}",
    "<<:",
    "? x",
    "-",
    "--- x",
    "null",
];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(HOSTILE).prop_map(str::to_string),
        "[0-9_.:+eExoinfayNT-]{1,8}",
        "[a-z0-9&!|>%@`'\"#:=<~é\u{a1}-\u{ff}\u{2010}-\u{2040}\u{1f600}-\u{1f610}]{1,10}",
    ]
}

/// Whether Salt can have such an id in a list; what it cannot is refused, which other tests look at.
fn is_id(name: &String) -> bool {
    let matcher = name.len() > 1 && name.as_bytes()[0].is_ascii_uppercase() && name.as_bytes()[1] == b'@';
    let special = |c: char| c.is_whitespace() || c.is_control() || ",*?[](){}\\/".contains(c);
    // A host must not have the name of the version.
    name != "1.10" && !matcher && !name.contains("@@") && !name.starts_with(['.', '-']) && !name.contains(special)
}

/// Whether ssh takes it for a user without a second thought; other users are refused.
fn is_user(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || "._-@+".contains(c))
}

/// What PyYAML reads, as JSON.
fn pyyaml(text: &[u8]) -> serde_json::Value {
    let bin = std::env::var_os("TEST_SALT").expect("TEST_SALT is not set; run tests/run");
    let mut command = Command::new(std::path::Path::new(&bin).join("python"));
    command.args(["-c", "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.buffer)))"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// What a format becomes of minions with these ids, the first of them the canary.
fn exported(names: &[String], part: &str, source: &str, format: &str) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("source.json"), source).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_regal-inventory"));
    let source = format!("{{salt: {{{part}: source.json}}}}");
    command.args(["-i", &source, "--versions", "1.10=( * )", "--batch-size", "rest", "export", format]);
    let output = command.current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{names:?}: {}", String::from_utf8_lossy(&output.stderr));
    pyyaml(&output.stdout)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    #[ignore = "needs salt; run tests/run"]
    fn pyyaml_reads_the_names_that_were_written(
        names in proptest::collection::btree_set(name().prop_filter("an id", is_id), 2..60)
    ) {
        let names: Vec<String> = names.into_iter().collect();
        let keys = json!({"minions": names, "minions_pre": [], "minions_rejected": [], "minions_denied": []});
        let read = exported(&names, "keys", &keys.to_string(), "salt-nodegroups");
        let groups = json!({"1.10_groupA": names[..1], "1.10_groupB1": names[1..]});
        prop_assert_eq!(&read, &json!({"nodegroups": groups, "ssh_list_nodegroups": groups}));
        let plan = exported(&names, "keys", &keys.to_string(), "salt-plan");
        let hosts = |index: usize| plan["rollout_plan"]["versions"]["1.10"]["batches"][index]["hosts"].clone();
        prop_assert_eq!((hosts(0), hosts(1)), (json!(names[..1]), json!(names[1..])));
        // JSON's escapes of what needs two are none of YAML's.
        let plain: Vec<String> = names.into_iter().filter(|name| name.is_ascii()).collect();
        let user = |name: &String| if is_user(name) { name.clone() } else { "deploy".to_string() };
        let roster: serde_json::Map<String, serde_json::Value> =
            plain.iter().map(|name| (name.clone(), json!({"host": "web1", "user": user(name)}))).collect();
        prop_assume!(roster.len() > 1);
        let back = exported(&plain, "roster", &json!(roster).to_string(), "salt-roster");
        prop_assert_eq!(back, json!(roster));
    }
}
