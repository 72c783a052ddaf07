//! Where settings come from, and which one wins.

use crate::support::Test;

const HOSTS: &str = "web[1:9] v=1.0\n";

fn sizes(test: Test) -> String {
    let plan: serde_json::Value = serde_json::from_str(&test.args(&["plan", "--format", "json"]).stdout()).unwrap();
    let batches = plan["versions"][0]["batches"].as_array().unwrap();
    batches.iter().map(|batch| batch["size"].to_string()).collect::<Vec<_>>().join(" ")
}

fn test(config: &str) -> Test {
    Test::new().file("hosts", HOSTS).file("regal.yml", format!("inventory: hosts\nversion_from: {{var: v}}\n{config}"))
}

#[test]
fn options_beat_the_environment_which_beats_the_file() {
    assert_eq!(sizes(test("")), "1 1 1 1 1 1 1 1 1");
    assert_eq!(sizes(test("batch_size: 4\n")), "1 4 4");
    assert_eq!(sizes(test("batch_size: 4\n").env("REGAL_BATCH_SIZE", "2")), "1 2 2 2 2");
    assert_eq!(sizes(test("batch_size: 4\n").env("REGAL_BATCH_SIZE", "2").args(&["--batch-size", "3,rest"])), "1 3 5");
    assert_eq!(sizes(test("combine: 4\n").args(&["--schedule", "2"])), "2 4 3");
    assert_eq!(sizes(test("canary: {size: 3}\nbatch_size: [1, 50%]\n")), "3 1 4 1");
}

#[test]
fn after_is_a_version_a_glob_a_list_or_nothing() {
    let after = |config: &str, arguments: &[&str]| {
        let test = Test::new().file("hosts", "a1 v=app-2\nd1 v=db-7\nm1 v=mq-1\n");
        let test = test.file("regal.yml", format!("inventory: hosts\nversion_from: {{var: v}}\n{config}"));
        let shown = test.args(arguments).args(&["plan", "--waves", "--format", "json"]).json();
        let versions = shown["versions"].as_array().unwrap().clone();
        let app = versions.into_iter().find(|version| version["version"] == "app-2").unwrap();
        let after = app.get("after").map(crate::support::names).unwrap_or_default();
        after.into_iter().map(str::to_string).collect::<Vec<_>>()
    };
    let over = |value: &str| format!("overrides: {{app-*: {{after: {value}}}}}\n");
    assert_eq!(after(&over("db-7"), &[]), ["db-7"]);
    assert_eq!(after(&over("'[dm]*'"), &[]), ["db-7", "mq-1"]);
    assert_eq!(after(&over("[mq-1, 'db-*']"), &[]), ["db-7", "mq-1"]);
    assert!(after("", &[]).is_empty());
    // the command line beats it
    assert!(after(&over("db-7"), &["--after", "[]"]).is_empty());
}

#[test]
fn the_configuration_is_found_upward_and_its_paths_start_from_its_folder() {
    let test = test("batch_size: rest\n").file("a/b/keep", "").within("a/b");
    assert_eq!(sizes(test), "1 8");
    let elsewhere =
        Test::new().file("etc/hosts", HOSTS).file("etc/my.yml", "inventory: [hosts]\nversion_from: {var: v}\n");
    assert_eq!(sizes(elsewhere.env("REGAL_CONFIG", "etc/my.yml").args(&["--combine", "rest"])), "1 8");
}

#[test]
fn a_missing_configuration_is_an_error() {
    let message = Test::new().args(&["--config", "no.yml", "--list"]).errors();
    assert!(message.contains("no.yml: the configuration cannot be read"), "{message}");
}

#[test]
fn every_problem_of_every_layer_is_reported_at_once() {
    let config = "inventry: hosts\nbatch_size: 0\ncanary: 120%\nschedule: 1\npriority: {}\n";
    let test = Test::new().file("regal.yml", config).env("REGAL_BAKE", "soon").env("REGAL_CANRY", "1");
    let message = test.args(&["--list", "--approval", "always"]).errors();
    insta::assert_snapshot!(message);
}

#[test]
fn an_executable_configuration_is_an_inventory_itself() {
    let program = env!("CARGO_BIN_EXE_regal-inventory");
    let config = format!(
        "#!/usr/bin/env -S {program} --config\nplugin: regal-inventory\ninventory: hosts\nversion_from: {{var: v}}\ncombine: 4\n"
    );
    let test = Test::new().file("hosts", HOSTS).script("rollout.regal.yml", &config);
    let output = std::process::Command::new(test.path().join("rollout.regal.yml")).arg("--list").output().unwrap();
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list["1.0_groupB1"]["hosts"].as_array().unwrap().len(), 4);
}

#[test]
fn limits_are_settings() {
    let ranges =
        |value: &str| Test::new().args(&["-i", "hosts", "--versions", "v=all", "--max-range-hosts", value, "--list"]);
    ranges("10").file("hosts", "web[1:10]\n").stdout();
    let message = ranges("9").file("hosts", "web[1:10]\n").errors();
    assert!(message.contains("`max_range_hosts`"), "{message}");
    assert!(ranges("0").errors().contains("`max_range_hosts` cannot be `0`: not a whole number from 1"));
    let aliases = "web: {hosts: {w1: }, vars: {a: &a [1, 2, 3], b: [*a, *a, *a, *a]}}\n";
    let test = |value: &str| Test::new().file("hosts.yml", aliases).env("REGAL_MAX_YAML_VALUES", value);
    let list = ["-i", "hosts.yml", "--versions", "v=all", "--list"];
    test("100").args(&list).stdout();
    let message = test("10").args(&list).errors();
    assert!(message.contains("aliases expand to more than 10 values"), "{message}");
}

fn mode(test: &Test, name: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(test.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A configuration can name programs that are run: here it would leave a file.
fn found() -> Test {
    Test::new()
        .script("site/ran.py", "#!/bin/sh\ntouch ran\necho '{\"web\": [\"web1\"]}'\n")
        .file("site/regal.yml", "inventory: ./ran.py\nversions: {v1: web}\n")
        .file("site/below/keep", "")
        .within("site/below")
        .args(&["plan"])
}

#[track_caller]
fn not_taken(test: &Test, why: &str) {
    let output = test.run();
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{}", output.stderr);
    assert!(
        output.stderr.contains("regal.yml: this configuration was found here and is not used: "),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains(why) && output.stderr.contains("name it: --config "), "{}", output.stderr);
    assert!(!test.path().join("site/below/ran").exists());
}

#[test]
fn a_configuration_that_everybody_may_write_is_not_taken_by_itself() {
    let test = found();
    mode(&test, "site/regal.yml", 0o666);
    not_taken(&test, "everybody may write it");
    // Named on purpose it is.
    let test = test.env("REGAL_CONFIG", "../regal.yml");
    assert_eq!(test.run().code, 0);
    assert!(test.path().join("site/below/ran").exists());

    // As a checkout is that a group shares.
    let test = found();
    mode(&test, "site", 0o775);
    mode(&test, "site/regal.yml", 0o664);
    assert_eq!(test.run().code, 0);
}

#[test]
fn nor_is_one_of_another_user_where_everybody_may_put_it() {
    use std::os::unix::fs::{chown, lchown, symlink};
    let test = found();
    mode(&test, "site", 0o1777);
    assert_eq!(test.run().code, 0, "it is the user's own");
    if chown(test.path().join("site/regal.yml"), Some(65_534), None).is_err() {
        eprintln!("only root can give a file away: the rest was not run");
        return;
    }
    std::fs::remove_file(test.path().join("site/below/ran")).unwrap();
    not_taken(&test, "and it belongs neither to you nor to root");
    // As a checkout is that is mounted into a container.
    mode(&test, "site", 0o755);
    assert_eq!(test.run().code, 0);
    std::fs::remove_file(test.path().join("site/below/ran")).unwrap();

    // A link of another user to a file of the user's.
    std::fs::rename(test.path().join("site/regal.yml"), test.path().join("own.yml")).unwrap();
    chown(test.path().join("own.yml"), Some(0), None).unwrap();
    symlink(test.path().join("own.yml"), test.path().join("site/regal.yml")).unwrap();
    lchown(test.path().join("site/regal.yml"), Some(65_534), None).unwrap();
    mode(&test, "site", 0o1777);
    not_taken(&test, "and it belongs neither to you nor to root");
}

#[test]
fn where_no_configuration_was_found_is_said() {
    let test = Test::new().file("hosts", HOSTS).args(&["-i", "hosts", "plan"]);
    let message = test.errors();
    let here = test.path().canonicalize().unwrap();
    assert!(
        message.contains(&format!("there is no regal.yml in {} or a folder above it", here.display())),
        "{message}"
    );
    let none = test.file("regal.yml", "versions: {v1: all}\n").args(&["--config", "/dev/null"]).errors();
    assert!(none.contains("nothing says which version"), "{none}");
}
