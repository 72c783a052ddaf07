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
    assert!(ranges("0").errors().contains("`max_range_hosts` cannot be `0`: no whole number from 1"));
    let aliases = "web: {hosts: {w1: }, vars: {a: &a [1, 2, 3], b: [*a, *a, *a, *a]}}\n";
    let test = |value: &str| Test::new().file("hosts.yml", aliases).env("REGAL_MAX_YAML_VALUES", value);
    let list = ["-i", "hosts.yml", "--versions", "v=all", "--list"];
    test("100").args(&list).stdout();
    let message = test("10").args(&list).errors();
    assert!(message.contains("aliases expand to more than 10 values"), "{message}");
}
