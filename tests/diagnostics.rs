//! What programs get of problems: the list of codes, `check --format json`, the warnings of documents.

use std::collections::BTreeSet;

use regal_inventory::error::Code;
use serde_json::{Value, json};

use crate::messages::INVENTORIES;
use crate::support::Test;

/// The document of `check --format json`; stderr stays empty.
#[track_caller]
fn checked(test: Test, code: i32) -> Value {
    let output = test.args(&["check", "--format", "json"]).run();
    assert_eq!((output.code, output.stderr.as_str()), (code, ""), "{}", output.stdout);
    serde_json::from_str(&output.stdout).unwrap()
}

fn codes(document: &Value) -> Vec<&str> {
    let list = document["diagnostics"].as_array().unwrap();
    list.iter().map(|problem| problem["code"].as_str().unwrap()).collect()
}

#[test]
fn the_page_has_every_code_with_its_meaning() {
    let page = include_str!("../docs/diagnostics.md");
    let rows: Vec<String> = page.lines().filter(|line| line.starts_with("| `")).map(str::to_string).collect();
    let codes: Vec<String> =
        Code::ALL.iter().map(|code| format!("| `{}` | {} |", code.as_str(), code.meaning())).collect();
    assert_eq!(rows, codes);
}

#[test]
fn an_error_has_severity_code_message_hint_and_place() {
    let document =
        checked(Test::new().file("hosts", "[web servers]\nw1\n").args(&["-i", "hosts", "--versions", "v=all"]), 1);
    assert_eq!(document["read"], Value::Null);
    assert_eq!((&document["schema"], &document["errors"], &document["warnings"]), (&json!(1), &json!(1), &json!(0)));
    let problem = &document["diagnostics"][0];
    assert_eq!((&problem["severity"], &problem["code"]), (&json!("error"), &json!("invalid-ini")));
    assert_eq!(problem["place"], json!({"path": "hosts", "line": 1, "column": 1}));
    assert!(problem["message"].is_string() && problem["hint"].is_string(), "{problem}");
}

#[test]
fn a_warning_stands_beside_what_was_read_and_in_the_plan() {
    let test = || {
        let hosts = "web:\n  hosts:\n    w1: {a: 1, a: 2}\n    w2:\n  host: {}\n";
        Test::new().file("hosts.yml", hosts).args(&["-i", "hosts.yml", "--versions", "v=all"])
    };
    let document = checked(test(), 0);
    assert_eq!(document["read"], json!({"hosts": 2, "groups": 3, "versions": 1, "batches": 2}));
    assert_eq!(codes(&document), ["duplicate-key", "ignored"]);
    assert_eq!((&document["errors"], &document["warnings"]), (&json!(0), &json!(2)));
    let plan = test().args(&["plan", "--format", "json"]).json();
    for (warning, checked) in
        plan["warnings"].as_array().unwrap().iter().zip(document["diagnostics"].as_array().unwrap())
    {
        for key in ["severity", "code", "message", "hint", "place"] {
            assert_eq!(warning[key], checked[key]);
        }
        assert_eq!(warning["severity"], "warning");
    }
    assert_eq!(plan["warnings"][0]["location"], "hosts.yml:3:16");
    assert_eq!(plan["warnings"][0]["place"], json!({"path": "hosts.yml", "line": 3, "column": 16}));
}

#[test]
fn what_goes_wrong_before_a_source_is_read_is_in_the_document_too() {
    let of = |test: Test| codes(&checked(test, 1)).iter().map(|code| code.to_string()).collect::<Vec<_>>();
    let config = "canry: 1\nbatch_size: x\nbatch_size: y\n";
    assert_eq!(of(Test::new().file("regal.yml", config)), ["unknown-key", "duplicate-key", "invalid-value"]);
    assert_eq!(of(Test::new().args(&["--config", "nowhere.yml"])), ["unreadable"]);
    assert_eq!(of(Test::new().env("REGAL_CANRY", "1")), ["unknown-key"]);
    assert_eq!(of(Test::new()), ["no-versions"]);
    assert_eq!(of(Test::new().args(&["-i", "nowhere", "--versions", "v=all"])), ["unreadable"]);
}

/// A code for each kind of thing that goes wrong, whatever the message.
#[test]
fn problems_have_the_code_of_their_kind() {
    let vault = include_str!("fixtures/vault/broken.yml");
    let native = "inventory: hosts.yml\nversions: {v: all}\nengine: native\n";
    let hosts = "[web]\nw1 zone=a app=1 id=x\nw2 zone=b app=2 id=x\n[db]\nw1\n";
    let test = |config: &str| Test::new().file("hosts", hosts).file("regal.yml", format!("inventory: hosts\n{config}"));
    let cases: Vec<(Test, &str)> = vec![
        (test("versions: {v: wbe}\n"), "no-match"),
        (test("versions: {v: '~('}\n"), "invalid-pattern"),
        (test("version_from: {var: ap}\n"), "no-such-variable"),
        (test("version_from: {group: 'x_*'}\n"), "no-such-group"),
        (test("version_from: {template: '{{ app'}\n"), "invalid-template"),
        (test("versions: {v: all}\npriority: [x]\n"), "no-such-version"),
        (test("versions: {'a b': all}\n"), "invalid-version"),
        (test("versions: {a: all, a_groupB: w1}\nshared_hosts: allow\n"), "name-clash"),
        (test("versions: {web: w1}\n"), "name-clash"),
        (test("versions: {a: all, b: w1}\nshared_hosts: error\n"), "shared-host"),
        (test("versions: {v: all}\nspread: rack\n"), "no-such-variable"),
        (test("versions: {v: all}\nassignment: {mode: rank, key: id}\n"), "duplicate-value"),
        (test("versions: {v: all}\nspread: {mode: even}\n"), "contradiction"),
        (test("versions: {v: all}\nmin_healthy: 2\n"), "nothing-to-update"),
        (test("versions: {v: all}\ncanary: {exclude: all}\n"), "canary"),
        (test("versions: {v: all}\nlimit: '!all'\n"), "no-hosts"),
        (test("version_from: {pillar: x}\n"), "minions-unknown"),
        (test("versions: {v: all}\n").file("hosts", "[a:children]\nb\n[b:children]\na\n"), "group-loop"),
        (test("versions: {v: all}\n").file("hosts", "[a:children]\nb\n"), "undeclared-group"),
        (test("versions: {v: all}\n").file("hosts", "w[1:]\n"), "invalid-range"),
        (test("versions: {v: all}\n").file("hosts", "w[1:9999999]\n"), "invalid-range"),
        (test("versions: {v: all}\n").file("hosts", b"w\xff\n"), "encoding"),
        (test("versions: {v: all}\n").file("hosts", vault), "vault"),
        (test("versions: {v: all}\n").file("hosts", "").script("hosts", "#!/bin/sh\nexit 3\n"), "program-failed"),
        (Test::new().file("hosts.yml", "plugin: x\n").file("regal.yml", native), "needs-ansible"),
        (test("versions: {v: all}\n").file("hosts", "plugin: x\n"), "not-enabled"),
        (test("versions: {v: all}\n").file("hosts", "plugin: regal-inventory\n"), "own-file"),
    ];
    for (test, code) in cases {
        let config = std::fs::read_to_string(test.path().join("regal.yml")).unwrap();
        let document = checked(test, 1);
        assert!(codes(&document).contains(&code), "{code}: {config}{document:#}");
    }
}

#[test]
fn no_inventory_that_cannot_be_read_is_a_defect() {
    let mut seen = BTreeSet::new();
    for (name, file, text) in INVENTORIES {
        let document = checked(Test::new().file(file, text).args(&["-i", file, "--versions", "v=all"]), 1);
        for problem in document["diagnostics"].as_array().unwrap() {
            assert!(!matches!(problem["code"].as_str().unwrap(), "internal" | "system"), "{name}: {problem}");
            seen.insert(problem["code"].as_str().unwrap().to_string());
        }
    }
    assert!(seen.len() > 6, "{seen:?}");
}

#[test]
fn a_folder_behind_many_problems_is_not_called_empty() {
    // The cap made the one problem of the folder look like none.
    let bad: String = (0..150).map(|i| format!("web{i} a b\n")).collect();
    let deep = format!("deep/{}hosts", "d/".repeat(42));
    let test = Test::new().file("a", &bad).file(&deep, "w1\n").args(&["-i", "a", "-i", "deep", "--versions", "v=all"]);
    let document = checked(test, 1);
    let last = document["diagnostics"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["code"], &last["message"]), (&json!("not-shown"), &json!("201 more problems are not shown")));
}

#[test]
fn warnings_beyond_the_cap_are_counted() {
    let hosts: String = (0..130).map(|i| format!("    w{i}: {{a: 1, a: 2}}\n")).collect();
    let test = Test::new().file("hosts.yml", format!("web:\n  hosts:\n{hosts}"));
    let document = checked(test.args(&["-i", "hosts.yml", "--versions", "v=all"]), 0);
    assert_eq!(document["warnings"], 101);
    let last = document["diagnostics"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["severity"], &last["message"]), (&json!("warning"), &json!("30 more warnings are not shown")));
}
