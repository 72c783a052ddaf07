//! What an `ansible.cfg` and Ansible's variables change: `tests/fixtures/configured/*`, with what ansible-core 2.16, 2.19 and 2.22 read
//! under each, recorded by `tests/fixtures/record_configured`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::ansible::installations;
use crate::fixtures::from_ansible;
use crate::support::Test;

/// What ansible-core 2.22 prints in the place of what it decrypted.
const MASK: &str = "$REDACTED$";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, target).unwrap();
        }
    }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/configured");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// A copy of a folder, and its variables.
fn within(case: &Path) -> Test {
    let mut test = Test::new().args(&["--versions", "probe=all"]);
    copy(case, test.path());
    let folder = test.path().display().to_string();
    test = test.env("HOME", &folder);
    for line in std::fs::read_to_string(case.join("environment")).unwrap_or_default().lines() {
        let (name, value) = line.split_once('=').unwrap();
        test = test.env(name, &value.replace("{folder}", &folder));
    }
    test
}

/// The effective variables of each host.
fn host_vars(case: &Path, hosts: &[String]) -> Map<String, Value> {
    let of = |host: &String| {
        let vars = within(case).args(&["--host", host]).json();
        let vars = vars.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with("regal_"));
        (host.clone(), Value::Object(vars.map(|(name, value)| (name.clone(), value.clone())).collect()))
    };
    hosts.iter().map(of).collect()
}

/// The variables with the mask where Ansible masked them.
fn masked(mut found: Value, recorded: &Value) -> Value {
    for (name, value) in found.as_object_mut().unwrap() {
        if recorded[name] == MASK {
            *value = MASK.into();
        }
    }
    found
}

#[test]
fn each_configuration_means_here_what_it_means_to_ansible() {
    let mut recordings = 0;
    for case in cases() {
        let name = case.file_name().unwrap().to_str().unwrap().to_string();
        let list = within(&case).args(&["--list"]).run();
        let mut found = None;
        for version in ["2.16", "2.19", "2.22"] {
            recordings += 1;
            let refused = case.join(format!("ansible-{version}.refused")).exists();
            assert_eq!(list.code == 1, refused, "{name} {version}: {}", list.stderr);
            if refused {
                continue;
            }
            let recorded = std::fs::read_to_string(case.join(format!("ansible-{version}.json"))).unwrap();
            let recorded: Value = serde_json::from_str(&recorded).unwrap();
            assert_eq!(from_ansible(&list.json()).groups, from_ansible(&recorded).groups, "{name} {version}");
            let hosts = recorded["_meta"]["hostvars"].as_object().unwrap();
            let found = found.get_or_insert_with(|| host_vars(&case, &hosts.keys().cloned().collect::<Vec<_>>()));
            assert_eq!(found.len(), hosts.len(), "{name} {version}");
            for (host, vars) in hosts {
                assert_eq!(masked(found[host].clone(), vars), *vars, "{host} of {name} {version}");
            }
        }
    }
    assert!(recordings >= 3 * 45, "only {recordings} recordings were found");
}

const HOSTS: &str = "[web]\nweb1\nweb2\n[web:vars]\napp_version=2.5.0\n";

fn planned(cfg: &str) -> Test {
    Test::new().file("ansible.cfg", cfg).file("hosts.ini", HOSTS).args(&["--version-from", "var:app_version"])
}

#[test]
fn a_repository_as_people_have_it_needs_no_option() {
    let cfg = "[defaults]\ninventory = inventory/\nvault_password_file = ./.vault_pass\nhash_behaviour = merge\n\n[inventory]\nenable_plugins = host_list, script, auto, yaml, ini\nignore_patterns = artifacts, credentials\nany_unparsed_is_failed = true\n";
    let test = Test::new()
        .file("ansible.cfg", cfg)
        .file(".vault_pass", format!("{}\n", crate::vault::PASSWORD))
        .file("inventory/hosts.ini", "[web]\nweb[1:3]\n")
        .file("inventory/credentials/kube_user.creds", "s3cret-text\n")
        .file("inventory/group_vars/web/main.yml", "app_version: shop-2.5.0\n")
        .file("inventory/group_vars/web/vault.yml", crate::vault::encrypt("token: t0p\n"));
    let plan = test.args(&["plan", "--version-from", "var:app_version", "--format", "regal"]);
    assert_eq!(plan.stdout(), "{\"shop-2.5.0\": [\"web1\", \"web2\", \"web3\"]}\n");
}

#[test]
fn check_says_what_counted() {
    let test = || planned("[defaults]\ninventory = hosts.ini\nforks = 5\n[inventory]\nignore_patterns = x\n");
    let text = test().env("ANSIBLE_HASH_BEHAVIOUR", "replace").args(&["check"]).stdout();
    assert!(text.starts_with("read by ansible.cfg: [defaults] inventory, [inventory] ignore_patterns; and by ANSIBLE_HASH_BEHAVIOUR\n2 hosts"), "{text}");
    // what another setting stands over does not count
    let given = test().args(&["-i", "hosts.ini", "check", "--format", "json"]).json();
    let expected = serde_json::json!({"file": "ansible.cfg", "settings": ["[inventory] ignore_patterns"]});
    assert_eq!(given["ansible"], expected);
    let nothing = planned("[defaults]\nforks = 5\n").args(&["-i", "hosts.ini", "check"]).stdout();
    assert!(nothing.starts_with("ansible.cfg says nothing about reading inventories\n"), "{nothing}");
    let without = Test::new().file("hosts.ini", HOSTS).args(&["-i", "hosts.ini", "--versions", "v=all", "check"]);
    assert!(without.stdout().starts_with("2 hosts"));
}

#[test]
fn it_can_be_turned_off_as_a_whole() {
    let test =
        || planned("[defaults]\nprecedence = all_inventory\n").file("group_vars/all.yml", "app_version: 2.4.1\n");
    let regal = ["-i", "hosts.ini", "plan", "--format", "regal"];
    let off = "{\"2.4.1\": [\"web1\", \"web2\"]}\n";
    let refused = test().args(&regal).errors();
    assert!(refused.contains("no host"), "{refused}");
    assert_eq!(test().args(&regal).args(&["--use-ansible-cfg", "no"]).stdout(), off);
    assert_eq!(test().args(&regal).args(&["--use-ansible-cfg=no"]).env("ANSIBLE_PRECEDENCE", "x").stdout(), off);
    assert_eq!(test().args(&regal).env("REGAL_USE_ANSIBLE_CFG", "false").stdout(), off);
    let config = "inventory: hosts.ini\nversion_from: {var: app_version}\nuse_ansible_cfg: no\n";
    let test = Test::new().file("regal.yml", config).file("hosts.ini", HOSTS).file("ansible.cfg", "broken\n");
    assert_eq!(test.args(&["plan", "--format", "regal"]).stdout(), "{\"2.5.0\": [\"web1\", \"web2\"]}\n");
}

#[test]
fn a_folder_that_everybody_may_write_to_has_no_ansible_cfg() {
    use std::os::unix::fs::PermissionsExt;
    let test = planned("[defaults]\nprecedence = all_plugins_inventory\n").args(&["-i", "hosts.ini", "check"]);
    std::fs::set_permissions(test.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let output = test.run();
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(
        output.stderr.contains("warning: ansible.cfg: this file is not used, since everybody may write to its folder")
    );
    // named, it is
    let named = test.env("ANSIBLE_CONFIG", "./ansible.cfg").run();
    assert!(named.code == 1 && named.stderr.contains("no host"), "{}", named.stderr);
}

/// Configurations that are refused, with what the message says.
#[test]
fn what_is_wrong_is_said_with_its_line() {
    let plan = |test: Test| test.args(&["plan"]).errors();
    for (cfg, place, said) in [
        ("[defaults]\ninventory = hosts.ini\n[defaults]\n", "ansible.cfg:3:1", "the section [defaults] stands twice"),
        ("[defaults]\ninventory = a\ninventory = b\n", "ansible.cfg:3:1", "`inventory` stands twice"),
        ("inventory = a\n", "ansible.cfg:1:1", "there is no section before this line"),
        ("[defaults]\ninventory = hosts.ini,\n", "ansible.cfg:2:1", "there is no path"),
        ("[defaults]\ninventory = nowhere\n", "ansible.cfg:2:1", "`nowhere` cannot be read"),
        ("[defaults]\nhash_behaviour = merg\n", "ansible.cfg:2:1", "did you mean `merge`?"),
        ("[defaults]\nprecedence = plugins_by_group\n", "ansible.cfg:2:1", "Ansible fails at `plugins_by_group`"),
        ("[inventory]\nenable_plugins = yaml,\n", "ansible.cfg:2:1", "there is no name"),
        ("[inventory]\nignore_patterns = (?!a)b\n", "ansible.cfg:2:1", "only Python has"),
        (
            "[defaults]\ninventory = hosts.ini\n[inventory]\nenable_plugins = yaml\n",
            "hosts.ini",
            "add ini at ansible.cfg:4:1",
        ),
        (
            "[defaults]\ninventory = hosts.ini\nvars_plugins_enabled = host_group_vars, x.y.z\nvars_plugins = p\n",
            "ansible.cfg:3:1",
            "the vars plugin `x.y.z` is enabled",
        ),
    ] {
        let said_here = plan(planned(cfg).env("PATH", "/nowhere"));
        assert!(said_here.contains(place) && said_here.contains(said), "{cfg}{said_here}");
        assert!(said_here.contains("hint: "), "{said_here}");
    }
    let vault = planned("[defaults]\ninventory = hosts.ini\nvault_password_file = nowhere\n")
        .file("group_vars/web.yml", crate::vault::encrypt("a: 1\n"));
    let said = plan(vault);
    assert!(said.contains("ansible.cfg:3:1: the vault password file `nowhere` cannot be read"), "{said}");
    let variable = planned("").env("ANSIBLE_DUPLICATE_YAML_DICT_KEY", "maybe");
    assert!(plan(variable).contains("ANSIBLE_DUPLICATE_YAML_DICT_KEY: "));
}

#[test]
fn our_own_configuration_as_its_inventory_is_not_read() {
    let own = |cfg: &str, config: &str| {
        let test = Test::new().file("ansible.cfg", cfg).file("hosts.ini", HOSTS).script("rollout.regal.yml", config);
        test.args(&["--config", "rollout.regal.yml", "plan", "--format", "regal"])
    };
    let both = "[defaults]\ninventory = hosts.ini, rollout.regal.yml\n";
    let alone = "[defaults]\ninventory = rollout.regal.yml\n";
    let by_variable = "plugin: regal-inventory\nversion_from: {var: app_version}\n";
    assert_eq!(own(both, by_variable).stdout(), "{\"2.5.0\": [\"web1\", \"web2\"]}\n");
    let cycle = own(alone, by_variable).errors();
    assert!(
        cycle
            .contains("ansible.cfg:2:1: the only inventory is `rollout.regal.yml`, which is this configuration itself"),
        "{cycle}"
    );
    // hosts that are named need no inventory
    assert_eq!(own(alone, "plugin: regal-inventory\nversions: {v: 'a1,a2'}\n").stdout(), "{\"v\": [\"a1\", \"a2\"]}\n");
}

#[test]
fn what_an_ignored_program_would_do_is_not_done() {
    let test = planned("[defaults]\ninventory = inventory\n[inventory]\nignore_extensions = .sh\n")
        .file("inventory/hosts.ini", HOSTS)
        .script("inventory/clean.sh", "#!/bin/sh\ntouch ran\n")
        .args(&["plan"]);
    assert_eq!(test.run().code, 0);
    assert!(!test.path().join("ran").exists());
}

#[test]
fn a_mapping_with_a_decrypted_part_is_shown_nowhere() {
    let cfg = "[defaults]\ninventory = hosts.ini\nhash_behaviour = merge\nvault_password_file = pass\n";
    let test = Test::new()
        .file("ansible.cfg", cfg)
        .file("hosts.ini", HOSTS)
        .file("pass", crate::vault::PASSWORD)
        .file("group_vars/all.yml", crate::vault::encrypt("app: {version: s3cret-1.0}\n"))
        .file("group_vars/web.yml", "app: {port: 1}\n");
    let plan = Test::args(test, &["--version-from", "template:{{ app.version }} {{ app.port }}", "plan"]).run();
    assert!(plan.code == 1 && !plan.stderr.contains("s3cret"), "{}", plan.stderr);
}

#[test]
fn plugins_and_stages_that_ansible_does_not_have_are_warnings() {
    let cfg = "[defaults]\ninventory = hosts.ini\nprecedence = all_inventory, group_inventory\n[inventory]\nenable_plugins = yml, aws_ec2, a.b.c, ini\n";
    let test = Test::new().file("ansible.cfg", cfg).file("hosts.ini", HOSTS).args(&["--versions", "v=all"]);
    let output = test.args(&["check"]).run();
    let warnings = [
        "warning: ansible.cfg:5:1: Ansible skips the inventory plugin `yml`, which it does not have",
        "hint: did you mean `yaml`?",
        "warning: ansible.cfg:3:1: [defaults] precedence: Ansible skips `group_inventory`",
        "without groups_inventory Ansible passes over the variables of the plan's groups too",
    ];
    for warning in warnings {
        assert!(output.stderr.contains(warning), "{warning}: {}", output.stderr);
    }
    assert_eq!(output.stderr.matches("skips the inventory plugin").count(), 1, "{}", output.stderr);
}

#[test]
fn a_plugin_of_ones_own_sends_all_sources_to_ansible() {
    let cfg = |plugins: &str| format!("[defaults]\ninventory = hosts.ini\n{plugins}");
    for (plugins, said) in [
        (
            "inventory_plugins = ./plugins\n[inventory]\nenable_plugins = mine, ini\n",
            "the inventory plugin `mine` is enabled, which may read any file",
        ),
        ("vars_plugins = {{CWD}}/plugins\n", "the folder has the vars plugin `mine`"),
    ] {
        let test = || planned(&cfg(plugins)).file("plugins/mine.py", "").env("PATH", "/nowhere").args(&["plan"]);
        let message = test().errors();
        assert!(message.contains(said) && message.contains("ansible-inventory is not installed"), "{message}");
        let native = test().args(&["--engine", "native"]).errors();
        assert!(native.contains(said) && native.contains("use `engine: auto`"), "{native}");
        let printed = r#"{"_meta": {"hostvars": {"m1": {"app_version": "7"}}}, "all": {"children": ["web"]}, "web": {"hosts": ["m1"]}}"#;
        let through = test()
            .script("bin/ansible-inventory", &format!("#!/bin/sh\necho '{printed}'\n"))
            .env("PATH", "/bin:/usr/bin")
            .args(&["--ansible-inventory", "bin/ansible-inventory", "--format", "regal"]);
        assert_eq!(through.stdout(), "{\"7\": [\"m1\"]}\n");
    }
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn as_a_script_of_ansibles_it_plans_what_the_command_plans() {
    let cfg = "[defaults]\ninventory = hosts.ini\nhash_behaviour = merge\nprecedence = all_plugins_inventory, all_inventory, groups_inventory\n\n[inventory]\nany_unparsed_is_failed = true\n";
    let config = format!(
        "#!{} --config\nplugin: regal-inventory\nversion_from: {{template: \"{{{{ app.name }}}}-{{{{ app_version }}}}\"}}\n",
        env!("CARGO_BIN_EXE_regal-inventory")
    );
    let test = planned(cfg)
        .file("hosts.ini", format!("{HOSTS}app={{'name': 'shop'}}\n"))
        .file("group_vars/all.yml", "app_version: 2.4.1\napp: {name: other, port: 80}\n")
        .script("rollout.regal.yml", &config);
    for bin in installations() {
        let run = |arguments: &[&str]| {
            let mut command = std::process::Command::new(bin.join("ansible-inventory"));
            command.args(arguments).arg("--list").current_dir(test.path()).env("HOME", test.path());
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            serde_json::from_slice::<Value>(&output.stdout).unwrap()
        };
        let list = run(&["-i", "./rollout.regal.yml"]);
        assert_eq!(crate::support::names(&list["shop-2.5.0_groupA"]["hosts"]), ["web1"], "{list}");
        assert_eq!(crate::support::names(&list["shop-2.5.0_groupB1"]["hosts"]), ["web2"], "{list}");
        // the host's variables are those that Ansible finds in the source
        let source = run(&[]);
        for host in ["web1", "web2"] {
            let vars = &list["_meta"]["hostvars"][host];
            for name in ["app", "app_version"] {
                assert_eq!(vars[name], source["_meta"]["hostvars"][host][name], "{host}.{name} by {}", bin.display());
            }
        }
    }
    let plan = test.shell("unset REGAL_CONFIG; regal --config rollout.regal.yml plan --format regal");
    assert_eq!(plan.stdout, "{\"shop-2.5.0\": [\"web1\", \"web2\"]}\n", "{}", plan.stderr);
}
