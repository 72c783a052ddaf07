//! The inventory protocol: `--list`, `--host`, `--graph` and their companions.

use crate::support::{Test, names};

const HOSTS: &str = "\
[web]
web01 app_version=2.5.0
web02 app_version=2.5.0
web03 app_version=2.5.0 port=81

[db]
db1 app_version=1.10

[web:vars]
port=80
";

fn test() -> Test {
    Test::new().file("hosts", HOSTS).args(&["-i", "hosts", "--version-from", "var:app_version"])
}

#[test]
fn the_plan_stands_beside_the_source() {
    let list = test().args(&["--list"]).json();
    assert_eq!(names(&list["web"]["hosts"]), ["web01", "web02", "web03"]);
    assert_eq!(list["web"]["vars"]["port"], 80);
    assert_eq!(list["_meta"]["hostvars"]["web03"]["port"], 81);
    assert_eq!(names(&list["regal"]["children"]), ["2.5.0", "1.10"]);
    assert_eq!(names(&list["2.5.0"]["children"]), ["2.5.0_groupA", "2.5.0_groupB"]);
    assert_eq!(names(&list["2.5.0_groupB"]["children"]), ["2.5.0_groupB1", "2.5.0_groupB2"]);
    assert_eq!(names(&list["2.5.0_groupA"]["hosts"]), ["web01"]);
    assert_eq!(names(&list["2.5.0_groupB2"]["hosts"]), ["web03"]);
    assert_eq!(names(&list["1.10_groupA"]["hosts"]), ["db1"]);
    assert!(list.get("1.10_groupB").is_none(), "a version of one host has no group B");
}

#[test]
fn the_groups_carry_what_playbooks_read() {
    let list = test().args(&["--list", "--bake", "10m", "--canary-bake", "1h", "--approval", "after_canary"]).json();
    assert_eq!(list["regal"]["vars"]["regal_plan_id"].as_str().unwrap().len(), 12);
    let policy = serde_json::json!({
        "approval": "after_canary", "max_failures": 0, "bake_seconds": 600, "canary_bake_seconds": 3600
    });
    let expected = serde_json::json!({"regal_version": "2.5.0", "regal_policy_2_5_0": policy});
    assert_eq!(list["2.5.0"]["vars"], expected);
    assert!(list["2.5.0_groupB1"].get("vars").is_none(), "what a batch is, its name says");
    assert_eq!(list["1.10_groupA"]["vars"]["regal_notes"][0], "db1 is the only host: there is no group B");

    let list = test().args(&["--list", "--bake", "10m", "--name", "api"]).json();
    let policy = &list["api_2.5.0"]["vars"]["regal_policy_api_2_5_0"];
    assert_eq!((&policy["version"], &policy["bake_seconds"]), (&"2.5.0".into(), &600.into()));
    assert!(policy.get("canary_bake_seconds").is_none(), "the same as the others'");
}

#[test]
fn a_host_in_two_versions_has_the_policy_of_each() {
    let config = "inventory: 'w1,w2,'\nversions:\n  '1.0': {hosts: all, bake: 1m}\n  '2.0': {hosts: w1, bake: 2m}\n";
    let host = Test::new().file("regal.yml", config).args(&["--host", "w1"]).json();
    assert_eq!(host["regal_policy_1_0"]["bake_seconds"], 60);
    assert_eq!(host["regal_policy_2_0"]["bake_seconds"], 120);

    let config = config.replace("'2.0'", "'1-0'");
    let refused = Test::new().file("regal.yml", &config).args(&["--list"]).run();
    assert_eq!(refused.code, 1);
    let message = "versions `1.0` and `1-0` differ only in punctuation, and `w1` is in both";
    assert!(refused.stderr.contains(message), "{}", refused.stderr);
    // Without a host in common each has its own.
    let config = config.replace("hosts: all", "hosts: w2");
    assert_eq!(Test::new().file("regal.yml", &config).args(&["--list"]).run().code, 0);
}

#[test]
fn groups_only_leaves_the_source_to_ansible() {
    let list = test().args(&["--list", "--groups-only"]).json();
    let mut groups: Vec<&str> = list.as_object().unwrap().keys().map(String::as_str).collect();
    groups.sort_unstable();
    let expected = [
        "1.10",
        "1.10_groupA",
        "2.5.0",
        "2.5.0_groupA",
        "2.5.0_groupB",
        "2.5.0_groupB1",
        "2.5.0_groupB2",
        "_meta",
        "regal",
    ];
    assert_eq!(groups, expected);
    assert_eq!(list["_meta"]["hostvars"], serde_json::json!({}));
}

#[test]
fn export_is_list() {
    assert_eq!(test().args(&["--list", "--export"]).stdout(), test().args(&["--list"]).stdout());
    assert_eq!(test().args(&["--export"]).stdout(), test().args(&["--list"]).stdout());
}

#[test]
fn pretty_says_the_same() {
    let pretty = test().args(&["--list", "--pretty"]);
    assert!(pretty.stdout().lines().count() > 50);
    assert_eq!(pretty.json(), test().args(&["--list"]).json());
}

#[test]
fn a_host_has_its_effective_variables() {
    let host = test().args(&["--host", "web03"]).json();
    assert_eq!(host["port"], 81);
    assert_eq!((&host["regal_version"], &host["regal_policy_2_5_0"]["approval"]), (&"2.5.0".into(), &"never".into()));
    let host = test().args(&["--host", "web01"]).json();
    assert_eq!(host["port"], 80);
    let yaml = test().args(&["--host", "web01", "--yaml"]).stdout();
    assert!(yaml.contains("port: 80\n"), "{yaml}");
}

#[test]
fn an_unknown_host_has_no_variables() {
    assert_eq!(test().args(&["--host", "nobody"]).stdout(), "{}\n");
}

#[test]
fn the_graph_shows_the_plan_below_all() {
    let graph = test().args(&["--graph"]).stdout();
    insta::assert_snapshot!(graph, @r"
    @all:
      |--@ungrouped:
      |--@web:
      |  |--web01
      |  |--web02
      |  |--web03
      |--@db:
      |  |--db1
      |--@regal:
      |  |--@2.5.0:
      |  |  |--@2.5.0_groupA:
      |  |  |  |--web01
      |  |  |--@2.5.0_groupB:
      |  |  |  |--@2.5.0_groupB1:
      |  |  |  |  |--web02
      |  |  |  |--@2.5.0_groupB2:
      |  |  |  |  |--web03
      |  |--@1.10:
      |  |  |--@1.10_groupA:
      |  |  |  |--db1
    ");
}

#[test]
fn a_limit_may_stand_in_a_file() {
    let limited = |file: &str, limit: &str| {
        Test::new().file("hosts", "[web]\nw1\nw2\nw3\n[db]\nd1\n").file("lists/hosts.retry", file).args(&[
            "-i",
            "hosts",
            "--versions",
            "v=all",
            "--list",
            "--limit",
            limit,
        ])
    };
    let hosts = |test: Test| -> Vec<String> {
        let list = test.json();
        let mut hosts: Vec<String> = names(&list["web"]["hosts"]).iter().map(ToString::to_string).collect();
        hosts.extend(names(&list["db"]["hosts"]).iter().map(ToString::to_string));
        hosts
    };
    assert_eq!(hosts(limited("w3\r\n\n  d1 \n", "@lists/hosts.retry")), ["w3", "d1"]);
    assert_eq!(hosts(limited("web\n!w2\n", "@lists/hosts.retry,d1")), ["w1", "w3", "d1"]);
    assert_eq!(hosts(limited("web\n", "@lists/hosts.retry:!w1")), ["w2", "w3"]);
    let message = limited("", "@no.retry").errors();
    assert!(message.contains("--limit: limit file `no.retry` cannot be read: "), "{message}");
    let message = limited("\n \n", "@lists/hosts.retry").errors();
    assert!(message.contains("names no host"), "{message}");
}

#[test]
fn a_limit_filters_the_plan_and_never_batches_again() {
    let list = test().args(&["--list", "--limit", "web03:db"]).json();
    assert_eq!(names(&list["web"]["hosts"]), ["web03"]);
    assert!(list.get("2.5.0_groupA").is_none());
    assert_eq!(names(&list["2.5.0_groupB2"]["hosts"]), ["web03"]);
    assert_eq!(names(&list["2.5.0"]["children"]), ["2.5.0_groupB"]);
    assert_eq!(names(&list["2.5.0_groupB"]["children"]), ["2.5.0_groupB2"]);
    assert!(list["_meta"]["hostvars"].get("web01").is_none());
    let message = test().args(&["--list", "--limit", "web9*"]).errors();
    assert!(message.contains("the limit leaves no host"), "{message}");
}

#[test]
fn output_replaces_a_file_whole_or_leaves_it() {
    let test = test().file("out/plan.json", "old").args(&["--list", "--output", "out/plan.json"]);
    assert_eq!(test.stdout(), "");
    let written = std::fs::read_to_string(test.path().join("out/plan.json")).unwrap();
    assert!(written.starts_with("{\"all\":"), "{written}");
    let failing = Test::new().file("out/plan.json", "old").args(&[
        "-i",
        "nope",
        "--versions",
        "a=all",
        "--list",
        "--output",
        "out/plan.json",
    ]);
    failing.errors();
    assert_eq!(std::fs::read_to_string(failing.path().join("out/plan.json")).unwrap(), "old");
    assert_eq!(std::fs::read_dir(failing.path().join("out")).unwrap().count(), 1);
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let message = test().args(&["--list", "--output", "no/such/folder/plan.json"]).errors();
    assert!(message.contains("no/such/folder/plan.json cannot be written"), "{message}");
}

#[test]
fn names_that_clash_are_errors() {
    let hosts = "[2.5.0_groupA]\nother\n[web]\nweb01\nweb02\n";
    let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--versions", "2.5.0=web", "--list"]);
    assert!(test.errors().contains("the group `2.5.0_groupA` cannot be added: a group of the inventory has that name"));
    let test = Test::new().file("hosts", "regal\nweb01\n").args(&["-i", "hosts", "--versions", "a=all", "--list"]);
    assert!(test.errors().contains("a host of the inventory has that name"));
    let hosts = "[_0_0]\nother\n[web]\nweb01\n";
    let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--versions", "1.0=web", "--list"]);
    test.stdout();
    let hosts = "[__0]\nother\n[web]\nweb01\n";
    let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--versions", "1.0=web", "--list"]);
    assert!(
        test.env("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "always").errors().contains("merges it with the group `__0`")
    );
}

#[test]
fn a_group_named_as_the_version_with_its_hosts_is_taken_over() {
    let hosts = "[app_2]\nweb01\nweb02\n[app_2:vars]\nport=80\n";
    let list = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--versions", "app_2=app_2", "--list"]).json();
    assert_eq!(names(&list["app_2"]["hosts"]), ["web01", "web02"]);
    assert_eq!(names(&list["app_2"]["children"]), ["app_2_groupA", "app_2_groupB"]);
    assert_eq!(list["app_2"]["vars"]["port"], 80);
    assert_eq!(list["app_2"]["vars"]["regal_version"], "app_2");
    let partly = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--versions", "app_2=web01", "--list"]);
    assert!(partly.errors().contains("a group of the inventory has that name"));
}

#[test]
fn safe_names_are_spelled_for_ansible() {
    let list = test().args(&["--list", "--group-names", "safe", "--name", "shop"]).json();
    assert_eq!(names(&list["regal"]["children"]), ["shop_2_5_0", "shop_1_10"]);
    assert_eq!(names(&list["shop_2_5_0_groupA"]["hosts"]), ["web01"]);
    assert_eq!(list["shop_2_5_0"]["vars"]["regal_version"], "2.5.0");
}

#[test]
fn a_source_without_hosts_gives_its_groups_and_no_batches() {
    let list = Test::new()
        .file("hosts", "[web]\n[web:vars]\na=1\n")
        .args(&["-i", "hosts", "--versions", "a=web", "--list"])
        .json();
    assert_eq!(list["web"]["vars"]["a"], 1);
    assert!(list.get("regal").is_none());
}

#[test]
fn a_closed_pipe_ends_quietly() {
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let hosts: String = (0..20_000).map(|n| format!("host{n:05}.example.net\n")).collect();
    std::fs::write(folder.path().join("hosts"), hosts).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_regal-inventory"))
        .args(["-i", "hosts", "--versions", "a=all", "--batch-size", "50%", "--list"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in [&["list"][..], &["--lst"], &[], &["--list", "--host", "web01"], &["plan", "--format", "xml"]] {
        let output = Test::new().args(arguments).run();
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{arguments:?}: {}", output.stderr);
    }
}

#[test]
fn a_host_named_as_a_group_cannot_keep_its_variables_in_one_inventory() {
    let test = || {
        let test = Test::new().file("hosts", "[web]\ndb\n[db]\nd1\n").file("host_vars/db.yml", "x: 1\n");
        test.args(&["-i", "hosts", "--versions", "v=d1", "--list"])
    };
    assert!(test().errors().contains("host `db` has variables and the name of a group"));
    test().args(&["--groups-only"]).stdout();
}

#[test]
fn completions_and_the_manual_know_the_options() {
    let script = Test::new().args(&["completions", "elvish"]).stdout();
    assert!(script.contains("--batch-size"), "{script}");
    let page = Test::new().args(&["man"]).stdout();
    assert!(page.starts_with(".ie") || page.contains(".TH regal-inventory"), "{page}");
    assert!(page.contains("batch\\-size"), "{page}");
}

#[test]
fn the_variable_that_versions_came_from_is_said() {
    let list = test().args(&["--list"]).json();
    assert_eq!(list["regal"]["vars"]["regal_version_var"], "app_version");
    let by_pattern = Test::new().file("hosts", HOSTS).args(&["-i", "hosts", "--versions", "9=web", "--list"]).json();
    assert!(by_pattern["regal"]["vars"].get("regal_version_var").is_none(), "{by_pattern}");
}

/// Ansible hands them to every host, and prints them for each.
#[test]
fn no_variable_grows_with_the_number_of_batches() {
    let variables = |size: &str| {
        let test = Test::new().file("hosts", "web[001:200] v=1.0\n").args(&["-i", "hosts", "--version-from", "var:v"]);
        let list = test.args(&["--list", "--groups-only", "--bake", "10m", "--batch-size", size]).json();
        assert_eq!(list["_meta"]["hostvars"], serde_json::json!({}));
        let groups =
            list.as_object().unwrap().iter().filter_map(|(name, group)| Some((name.clone(), group.get("vars")?)));
        let mut variables: Vec<(String, usize)> = groups.map(|(name, vars)| (name, vars.to_string().len())).collect();
        variables.sort();
        variables
    };
    let few = variables("100");
    assert_eq!(few.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["1.0", "regal"]);
    assert_eq!(variables("1"), few);
}
