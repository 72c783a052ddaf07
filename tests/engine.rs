//! Sources that go through `ansible-inventory`: with a program that stands in for it, and with the real one.

use std::path::Path;

use serde_json::Value;

use crate::ansible::{Ansible, installations};
use crate::fixtures::{cases, from_ansible, options, parse_python_json};
use crate::support::{Test, names};

const VERSION: [&str; 2] = ["--versions", "v=all"];
const CONFIG: &str =
    "plugin: ansible.builtin.constructed\nstrict: false\ngroups: {webs: inventory_hostname is match('w')}\n";
const PRINTED: &str = r#"{"_meta": {"hostvars": {"w1": {"n": 1.1}, "w2": {"n": 1.1}}}, "all": {"children": ["ungrouped", "web", "app"]},
    "app": {"hosts": ["a1"]}, "web": {"hosts": ["w2", "w1"]}}"#;

/// A folder with a plugin's configuration and a program that notes its arguments and environment and prints `printed`.
fn with_program(printed: &str) -> Test {
    let program = format!(
        "#!/bin/sh\necho \"$@\" >>calls\nenv | grep -E '^(ANSIBLE|REGAL)' >>calls\ncat <<'END'\n{printed}\nEND\n"
    );
    Test::new().file("aws_ec2.yml", "plugin: amazon.aws.aws_ec2\n").script("bin/ansible-inventory", &program)
}

fn calls(test: &Test) -> String {
    std::fs::read_to_string(test.path().join("calls")).unwrap_or_default()
}

#[test]
fn a_plugin_configuration_goes_through_the_program_with_all_sources() {
    let test = with_program(PRINTED).file("hosts.ini", "[web]\nw1\n").args(&VERSION).args(&[
        "--ansible-inventory",
        "bin/ansible-inventory",
        "-i",
        "hosts.ini",
        "-i",
        "aws_ec2.yml",
        "-i",
        "h1,h2,",
        "--list",
    ]);
    let list = test.json();
    assert_eq!(names(&list["web"]["hosts"]), ["w2", "w1"]);
    assert_eq!(names(&list["v_groupB1"]["hosts"]), ["w1"], "groups come in their parents' order");
    assert_eq!(list["_meta"]["hostvars"]["w1"]["n"].to_string(), "1.1");
    let folder = test.path().display();
    let calls = calls(&test);
    let sources = format!("--inventory={folder}/hosts.ini --inventory={folder}/aws_ec2.yml --inventory=h1,h2,");
    assert!(calls.contains(&sources), "{calls}");
    assert!(calls.contains("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=1\n"), "{calls}");
    assert!(calls.contains("REGAL_INVENTORY_RUNNING=1\n"), "{calls}");
}

#[test]
fn the_mode_says_what_goes_through_it() {
    let program = "bin/ansible-inventory";
    let plain =
        || with_program(PRINTED).file("hosts.ini", "[db]\nd1\n").args(&["-i", "hosts.ini", "--list"]).args(&VERSION);
    let native = plain().args(&["--ansible-inventory", program]);
    assert_eq!(names(&native.json()["db"]["hosts"]), ["d1"]);
    assert_eq!(calls(&native), "");
    let all = plain().args(&["--ansible-inventory", program]).env("REGAL_ENGINE", "ansible");
    assert_eq!(names(&all.json()["app"]["hosts"]), ["a1"]);
    let refused = with_program(PRINTED).args(&["-i", "aws_ec2.yml", "--engine", "native", "--list"]).args(&VERSION);
    let message = refused.errors();
    assert!(
        message.contains("aws_ec2.yml:1:1: inventory plugin `amazon.aws.aws_ec2` cannot be run here\n"),
        "{message}"
    );
    assert!(message.contains("engine: auto"), "{message}");
}

#[test]
fn the_program_is_found_in_path_or_named_from_the_configurations_folder() {
    let config = "ansible_inventory: ../bin/ansible-inventory\nversions: {v: all}\n";
    let test = with_program(PRINTED).file("etc/regal.yml", config);
    let list = test.args(&["--config", "etc/regal.yml", "-i", "aws_ec2.yml", "--list"]).json();
    assert_eq!(names(&list["app"]["hosts"]), ["a1"]);
    let test = with_program(PRINTED).args(&["-i", "aws_ec2.yml", "--list"]).args(&VERSION);
    let path = format!("{}:/usr/bin:/bin", test.path().join("bin").display());
    assert_eq!(names(&test.env("PATH", &path).json()["app"]["hosts"]), ["a1"]);
}

#[test]
fn a_program_that_is_not_there() {
    let test = || with_program(PRINTED).args(&["-i", "aws_ec2.yml", "--list"]).args(&VERSION);
    let message = test().env("PATH", "/nowhere").errors();
    assert!(
        message.contains("aws_ec2.yml:1:1: inventory plugin `amazon.aws.aws_ec2` cannot be run here: "),
        "{message}"
    );
    assert!(message.contains("ansible-inventory is not installed or not in PATH"), "{message}");
    assert!(message.contains("ansible-inventory -i FILE --list --export --yaml > hosts.yml"), "{message}");
    let message = test().args(&["--ansible-inventory", "bin/no"]).errors();
    assert!(message.contains("--ansible-inventory: `ansible_inventory`: there is no program `bin/no`\n"), "{message}");
}

#[test]
fn a_failing_program_shows_its_stderr() {
    let test = |program: &str| {
        let test = with_program("").script("bin/ansible-inventory", program).args(&["-i", "aws_ec2.yml", "--list"]);
        test.args(&["--ansible-inventory", "bin/ansible-inventory"]).args(&VERSION).errors()
    };
    let message = test("#!/bin/sh\necho 'no credentials' >&2\nexit 3\n");
    assert!(message.contains("ansible-inventory -i aws_ec2.yml --list: Ansible failed (exit status: 3)"), "{message}");
    assert!(message.contains("    no credentials"), "{message}");
    let message = test("#!/bin/sh\necho hello\n");
    assert!(message.contains("Ansible printed no JSON"), "{message}");
    let message = test("#!/bin/sh\necho '{}'\n");
    assert!(message.contains("Ansible printed no `_meta`"), "{message}");
}

#[test]
fn vars_files_beside_the_source_are_not_read_again() {
    let test = with_program(PRINTED)
        .file("host_vars/w1.yml", "n: other\nmore: 1\n")
        .args(&["--ansible-inventory", "bin/ansible-inventory", "-i", "aws_ec2.yml", "--host", "w1"])
        .args(&VERSION);
    let vars = test.json();
    assert_eq!((vars["n"].to_string().as_str(), vars.get("more")), ("1.1", None));
}

/// With a cache beside the test's files.
fn cached(test: Test) -> Test {
    let caches = test.path().join("caches").display().to_string();
    test.env("XDG_CACHE_HOME", &caches)
        .env("REGAL_CACHE", "1h")
        .args(&["--ansible-inventory", "bin/ansible-inventory", "-i", "hosts.ini", "-i", "aws_ec2.yml", "--list"])
        .args(&VERSION)
}

#[test]
fn what_it_prints_is_kept_until_a_source_or_a_vars_file_changes() {
    let count = |test: &Test| {
        test.stdout();
        calls(test).matches("--list").count()
    };
    let test = cached(with_program(PRINTED).file("hosts.ini", "[web]\nw1\n").file("group_vars/web.yml", "a: 1\n"));
    assert_eq!((count(&test), count(&test)), (1, 1));
    let test = test.file("group_vars/web.yml", "a: 22\n");
    assert_eq!((count(&test), count(&test)), (2, 2));
    let test = test.file("hosts.ini", "[web]\nw1\nw2\n");
    assert_eq!((count(&test), count(&test)), (3, 3));
    let test = test.file("ansible.cfg", "[defaults]\n");
    assert_eq!((count(&test), count(&test)), (4, 4));
}

#[test]
fn vault_passwords_are_handed_on_and_then_nothing_is_kept() {
    let test = with_program(PRINTED).file("hosts.ini", "[web]\nw1\n").file("password", "secret\n");
    let test = cached(test).args(&["--vault-id", "prod@password"]);
    test.stdout();
    test.stdout();
    let option = format!("--vault-id=prod@{}/password", test.path().display());
    assert_eq!(calls(&test).matches(&option).count(), 2, "{}", calls(&test));
    assert!(!test.path().join("caches").exists());
}

#[test]
fn our_own_files_in_a_directory_are_passed_over() {
    let test = with_program(PRINTED)
        .file("inv/aws_ec2.yml", "plugin: amazon.aws.aws_ec2\n")
        .file("inv/my.regal.yml", "plugin: regal-inventory\n")
        .args(&["--ansible-inventory", "bin/ansible-inventory", "-i", "inv", "check"])
        .args(&VERSION);
    let output = test.run();
    assert!(output.stderr.contains("my.regal.yml: belongs to regal-inventory"), "{}", output.stderr);
    assert!(calls(&test).contains("ANSIBLE_INVENTORY_IGNORE_REGEX=^my.regal.yml$\n"), "{}", calls(&test));
}

#[test]
fn a_version_that_was_a_number_is_warned_of_once() {
    let test = with_program(PRINTED).args(&["--ansible-inventory", "bin/ansible-inventory", "-i", "aws_ec2.yml"]);
    let stderr = test.args(&["--version-from", "var:n", "check"]).run().stderr;
    assert_eq!(stderr.matches("`n` came from ansible-inventory as the number 1.1").count(), 1, "{stderr}");
    let script = format!("#!/bin/sh\ncat <<'END'\n{PRINTED}\nEND\n");
    let test = Test::new().script("hosts.sh", &script).args(&["-i", "hosts.sh", "--version-from", "var:n", "check"]);
    let stderr = test.run().stderr;
    assert_eq!(stderr.matches("`n` came from the inventory script as the number 1.1").count(), 1, "{stderr}");
}

/// Our own listing through the engine, run where a `group_vars` is beside it that Ansible would take for a playbook's.
fn through(bin: &Path, options: &[String], mode: &str) -> Value {
    let program = bin.join("ansible-inventory").display().to_string();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let test = Test::new().file("group_vars/all.yml", "from_playbook: true\n").args(&["--list", "--engine", mode]);
    let test = test.args(&["--ansible-inventory", &program, "--versions", "probe=all"]).args(&options);
    parse_python_json(&test.stdout())
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_constructed_configuration_sees_the_sources_before_it() {
    for bin in installations() {
        let mut ansible = Ansible::new(&bin);
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir(path("group_vars")).unwrap();
        let compose = "compose: {short: 'inventory_hostname[:1]'}\nkeyed_groups: [{key: zone, prefix: zone}]\n";
        std::fs::write(path("z.yml"), format!("{CONFIG}{compose}")).unwrap();
        std::fs::write(path("hosts"), "[db]\nd1 zone=b\n[web]\nw1 zone=a n=1\nw2\n[web:vars]\nv=child\nzone=c\n")
            .unwrap();
        std::fs::write(path("group_vars/all.yml"), "v: all\nsecret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61\n")
            .unwrap();
        let sources = [path("hosts"), path("z.yml")];
        let list = through(&bin, &sources.each_ref().map(|source| format!("-i{source}")), "auto");
        assert_eq!(from_ansible(&list), from_ansible(&ansible.list(&sources).0), "{}", bin.display());
        let mut webs = names(&list["webs"]["hosts"]);
        webs.sort_unstable();
        assert_eq!(webs, ["w1", "w2"]);
        assert_eq!(list["_meta"]["hostvars"]["w2"]["v"], "all", "group_vars/all beats [web:vars]");
        assert!(list["zone_a"]["hosts"].is_array());
    }
}

/// What each host ends up with: the listing has the variables of a host of a group's name on that group.
fn same_for_each_host(bin: &Path, case: &Path, recorded: &Value) {
    let program = bin.join("ansible-inventory").display().to_string();
    for (name, wanted) in recorded["_meta"]["hostvars"].as_object().unwrap() {
        let options = options(case);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let test = Test::new().args(&["--host", name, "--engine", "ansible", "--ansible-inventory", &program]);
        let mut found = test.args(&["--versions", "probe=all"]).args(&options).json();
        found.as_object_mut().unwrap().retain(|name, _| !name.starts_with("regal_"));
        assert_eq!(&found, wanted, "{name}");
    }
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn every_fixture_is_the_same_through_the_engine() {
    let bin = installations().remove(1);
    for case in cases() {
        let recorded = parse_python_json(&std::fs::read_to_string(case.join("ansible.json")).unwrap());
        let is_group = |host: &String| recorded.get(host).is_some();
        if recorded["_meta"]["hostvars"].as_object().unwrap().keys().any(is_group) {
            same_for_each_host(&bin, &case, &recorded);
            continue;
        }
        let list = through(&bin, &options(&case), "ansible");
        assert_eq!(from_ansible(&list), from_ansible(&recorded), "{}", case.display());
    }
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_source_that_ansible_cannot_read_is_an_error() {
    let bin = installations().pop().unwrap();
    let program = bin.join("ansible-inventory").display().to_string();
    let test = Test::new().file("hosts", "[web]\nw1\n").file("x.yml", "plugin: no.such.plugin\n");
    let message = test.args(&["--ansible-inventory", &program, "-i", "hosts", "-i", "x.yml", "--list"]).args(&VERSION);
    let message = message.errors();
    assert!(message.contains("ansible-inventory -i hosts -i x.yml --list: Ansible failed (exit status: "), "{message}");
    assert!(message.contains("no.such.plugin"), "{message}");
}

#[test]
fn what_ansible_masked_is_not_taken_for_a_value() {
    let printed = r#"{"_meta": {"hostvars": {"w1": {"key": "$REDACTED$"}}}, "all": {"children": ["web"]}, "web": {"hosts": ["w1"]}}"#;
    let test = Test::new()
        .file("hosts", "[web]\nw1\n")
        .script("bin/ansible-inventory", &format!("#!/bin/sh\necho '{printed}'\n"))
        .args(&["--engine", "ansible", "--ansible-inventory", "bin/ansible-inventory", "-i", "hosts", "--list"]);
    let message = test.args(&VERSION).errors();
    assert!(message.contains("Ansible masked decrypted values in what it printed"), "{message}");
    assert!(message.contains("hint: from ansible-core 2.22 on"), "{message}");
}

#[test]
fn a_program_in_the_working_directory_is_not_found_by_an_empty_or_relative_folder_of_the_path() {
    for path in ["", ":/nonexistent", ".:bin", "bin"] {
        let program = "#!/bin/sh\ntouch ran\necho '{}'\n";
        let test = Test::new().file("hosts.yml", "plugin: constructed\n").script("ansible-inventory", program);
        let test = test.script("bin/ansible-inventory", program).env("PATH", path);
        let test = test.args(&["-i", "hosts.yml", "--versions", "v=all", "plan"]);
        let message = test.errors();
        assert!(!test.path().join("ran").exists(), "{path}");
        assert!(message.contains("ansible-inventory"), "{message}");
    }
    for path in ["", ".:bin"] {
        let test = Test::new().file("hosts.yml", "plugin: constructed\n").script("own", "#!/bin/sh\ntouch ran\n");
        let test = test.env("PATH", path).args(&[
            "-i",
            "hosts.yml",
            "--versions",
            "v=all",
            "--ansible-inventory",
            "own",
            "plan",
        ]);
        let message = test.errors();
        assert!(message.contains("there is no program `own` in PATH"), "{message}");
        assert!(!test.path().join("ran").exists());
    }
}

/// A `constructed` configuration that only `enable_plugins` makes one, in a folder with an `ansible.cfg`.
fn constructed(name: &str) -> Test {
    let cfg = "[defaults]\ninventory = inventory\n[inventory]\nenable_plugins = yaml, ini, constructed\nignore_patterns = ^old\n";
    Test::new()
        .file("ansible.cfg", cfg)
        .file("inventory/hosts", "[db]\nd1\n[web]\nw1\nw2\n")
        .file("inventory/old", "o1\n")
        .file("inventory/regal.yml", "plugin: regal-inventory\n")
        // under `constructed` Ansible takes no longer name
        .file(&format!("inventory/{name}"), CONFIG.replace("ansible.builtin.", ""))
        .args(&VERSION)
}

#[test]
fn what_only_enable_plugins_makes_a_configuration_goes_through_the_program() {
    let printed = r#"{"_meta": {"hostvars": {}}, "all": {"children": ["web"]}, "web": {"hosts": ["w1"]}}"#;
    let program = format!("#!/bin/sh\nenv | grep ^ANSIBLE >calls\necho '{printed}'\n");
    for name in ["zzz-inventory.config", "zzz", "zzz.yml"] {
        let test = constructed(name).script("bin/ansible-inventory", &program);
        let test = test.args(&["--ansible-inventory", "bin/ansible-inventory", "--list"]);
        assert_eq!(names(&test.json()["web"]["hosts"]), ["w1"]);
        let calls = calls(&test);
        assert!(calls.contains("ANSIBLE_INVENTORY_IGNORE_REGEX=^old,^regal.yml$\n"), "{name}: {calls}");
        assert!(!calls.contains("ANSIBLE_CONFIG"), "{calls}");
    }
    // without Ansible the message is about the plugin, not about INI
    let missing = constructed("zzz.config").env("PATH", "/nowhere").args(&["--list"]).errors();
    assert!(
        missing.contains("inventory/zzz.config:1:1: inventory plugin `constructed` cannot be run here"),
        "{missing}"
    );
    assert!(!missing.contains("key=value"), "{missing}");
    // nor where nothing takes it
    let untaken = constructed("zzz.conf").args(&["--list"]).errors();
    assert!(untaken.contains("has a name by which Ansible does not take it"), "{untaken}");
    assert!(!untaken.contains("key=value"), "{untaken}");
}

#[test]
fn without_ansible_cfg_the_program_has_none_either() {
    let printed = r#"{"_meta": {"hostvars": {}}, "all": {"children": ["web"]}, "web": {"hosts": ["w1"]}}"#;
    let program = format!("#!/bin/sh\nenv | grep ^ANSIBLE >calls\ncat \"$ANSIBLE_CONFIG\" >>calls\necho '{printed}'\n");
    let test =
        constructed("z.yml").script("bin/ansible-inventory", &program).env("ANSIBLE_PRECEDENCE", "all_inventory");
    let test = test.args(&[
        "--ansible-inventory",
        "bin/ansible-inventory",
        "--use-ansible-cfg=no",
        "-i",
        "inventory",
        "--list",
    ]);
    test.json();
    let calls = calls(&test);
    assert!(calls.contains(".cfg\n") && calls.contains("ANSIBLE_CONFIG=") && !calls.contains("[defaults]"), "{calls}");
    assert!(!calls.contains("ANSIBLE_PRECEDENCE"), "{calls}");
    assert!(calls.contains("ANSIBLE_INVENTORY_IGNORE_REGEX=^regal.yml$\n"), "{calls}");
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_configuration_by_enable_plugins_is_read_as_ansible_reads_it() {
    for bin in installations() {
        let program = bin.join("ansible-inventory").display().to_string();
        let test = constructed("zzz-inventory.config").args(&["--ansible-inventory", &program, "--list"]);
        let list = test.json();
        assert_eq!(names(&list["webs"]["hosts"]), ["w1", "w2"], "{}", bin.display());
        assert!(list.get("o1").is_none() && !list.to_string().contains("\"o1\""), "{list}");
    }
}
