//! `init`: what it finds, what it writes, and that what it wrote works as it is.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::Test;

const HOSTS: &str = "[web]\nweb[1:6]\n[web:vars]\napp_version=shop-2.5.0\n";

/// Runs `init --yes`, then the plan with what was written; both must go well.
fn works(test: &Test, arguments: &str) -> (String, String) {
    let output = test.shell(&format!("regal init --yes {arguments}"));
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    let text = std::fs::read_to_string(test.path().join("rollout.regal.yml")).unwrap();
    for command in ["plan", "--list", "check"] {
        let again = test.shell(&format!("regal --config rollout.regal.yml {command}"));
        assert_eq!(again.code, 0, "{command}: {}\n{text}", again.stderr);
    }
    (output.stdout, text)
}

fn is_empty(test: &Test, but: &[&str]) {
    let entries = std::fs::read_dir(test.path()).unwrap();
    let names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| but.contains(&name.as_str())), "{names:?}");
}

#[test]
fn every_inventory_of_the_examples_works_unedited() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut tried = 0;
    for example in std::fs::read_dir(&examples).unwrap().map(|entry| entry.unwrap().path()) {
        if !example.is_dir() {
            continue;
        }
        for source in ["hosts.ini", "nat.ini", "production", "keys.json"] {
            if !example.join(source).exists() {
                continue;
            }
            let test = Test::new();
            assert_eq!(test.shell(&format!("cp -R '{}'/. . && rm -f *regal.yml", example.display())).code, 0);
            works(&test, &format!("-i {source}"));
            tried += 1;
        }
    }
    assert!(tried >= 10, "only {tried}");
    let test = Test::new();
    test.shell(&format!("cp -R '{}'/salt/. . && rm -f *regal.yml", examples.display()));
    works(&test, "-i '{salt: {keys: keys.json, grains: grains.json, nodegroups: master.d}}'");
}

#[test]
fn versions_labels_and_families_are_found_with_their_reasons() {
    let hosts = "[web]\nweb[1:6] app_version=shop-2.5.0 python_version=3.11\n[rack_a]\nweb[1:3]\n[rack_b]\nweb[4:6]\n";
    let (said, text) = works(&Test::new().file("hosts.ini", hosts), "");
    assert!(said.contains("  version?  app_version: 6 of 6 hosts, 1 version\n"), "{said}");
    assert!(said.contains("  version?  python_version: 6 of 6 hosts, 1 version\n"), "{said}");
    assert!(said.contains("  label?    group:rack_*: 6 of 6 hosts, 2 values\n"), "{said}");
    assert!(text.contains("version_from:\n  var: app_version\n"), "{text}");
    assert!(text.contains("spread: \"group:rack_*\"\n"), "{text}");
}

#[test]
fn options_are_keys_of_what_is_written() {
    let test =
        Test::new().file("hosts.ini", "[web]\nweb[1:6] app_version=1 release=r2 zone=a\nweb7 release=r2 zone=b\n");
    let (_, text) = works(
        &test,
        "--version-from var:release --spread zone --canary-size 2 --canary-bake 5m --batch-size 1,50% --exclude web6",
    );
    let expected =
        ["version_from: \"var:release\"\n", "spread: zone\n", "  size: \"2\"\n", "  bake: 5m\n", "  - \"50%\"\n"];
    for expected in expected {
        assert!(text.contains(expected), "{expected}{text}");
    }
    assert!(!text.contains("app_version"));
}

#[test]
fn an_option_is_never_replaced_by_something_that_works() {
    let test = Test::new().file("hosts.ini", HOSTS).args(&["init", "--yes", "--version-from", "var:nothing"]);
    let output = test.run();
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("no host and no group has a variable `nothing`"), "{}", output.stderr);
    is_empty(&test, &["hosts.ini"]);
}

#[test]
fn without_a_version_there_is_a_placeholder_which_is_said() {
    let (said, text) = works(&Test::new().file("hosts.ini", "web1\nweb2\n"), "");
    assert!(said.contains("1.0.0 is a placeholder"), "{said}");
    assert!(text.contains("# A PLACEHOLDER: ") && text.contains("versions:\n  1.0.0: all\n"), "{text}");
}

#[test]
fn what_cannot_be_a_version_is_not_taken() {
    for value in ["'{{ other }}'", "[1, 2]", "{a: 1}", "!vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      3030"] {
        let hosts = format!("all:\n  hosts:\n    web1:\n    web2:\n  vars:\n    app_version: {value}\n");
        let (said, text) = works(&Test::new().file("hosts.yml", hosts), "");
        assert!(said.contains("not usable: "), "{said}");
        assert!(text.contains("# A PLACEHOLDER: "), "{text}");
    }
}

#[test]
fn what_no_plan_comes_of_is_passed_over_with_the_reason() {
    // Two hosts whose versions give groups of one name, once Ansible has cleaned them.
    let hosts = "web1 app_version=a.1 release=r1\nweb2 app_version=a-1 release=r1\n";
    let cfg = "[defaults]\nforce_valid_group_names = always\n";
    let (said, text) = works(&Test::new().file("hosts.ini", hosts).file("ansible.cfg", cfg), "");
    assert!(said.contains("  app_version is not used: "), "{said}");
    assert!(text.contains("var: release\n"), "{text}");
}

#[test]
fn names_that_yaml_or_a_terminal_would_act_on_are_data() {
    let hosts = "all:\n  hosts:\n    web1: &one\n      \"version: yes #\": \"1.10\"\n      \"zone\\n\\e[2J\": a\n    web2: *one\n    \
                 web3: {\"version: yes #\": \"1.10\", \"zone\\n\\e[2J\": b}\n";
    let (said, text) = works(&Test::new().file("hosts.yml", hosts), "");
    assert!(!said.contains('\u{1b}') && said.contains("zone\\n\\u{1b}[2J"), "{said}");
    assert!(!text.contains('\u{1b}') && text.contains("var: \"version: yes #\"\n"), "{text}");
    for value in ["yes", "1.10", "2026-11-29", "0x1F", "~x", "null", "1_000", "012"] {
        works(&Test::new().file("hosts.ini", format!("web1 app_version={value}\nweb2 app_version={value}\n")), "");
    }
    for name in ["yes", "1.10", "null", "~", "0o7", "a: b"] {
        let hosts =
            serde_json::json!({"all": {"hosts": {"web1": {}, "web2": {}}}, "rack_a": {"hosts": {"web1": {name: 1}}}});
        works(&Test::new().file("hosts.yml", hosts.to_string()), "");
    }
}

#[test]
fn paths_with_blanks_and_many_groups() {
    let (_, text) = works(&Test::new().file("my hosts: a.ini", HOSTS), "-i 'my hosts: a.ini'");
    assert!(text.contains("inventory: \"my hosts: a.ini\"\n"), "{text}");
    let groups: String =
        (0..400).map(|i| format!("[rack_{i}]\nweb{i} app_version=1\nnode{i} app_version=1\n")).collect();
    let (said, text) = works(&Test::new().file("hosts", groups), "");
    assert!(said.contains("group:rack_*: 800 of 800 hosts, 400 values"), "{said}");
    assert!(text.contains("spread: \"group:rack_*\"\n"), "{text}");
    let test = Test::new().file("a$b.ini", HOSTS).args(&["init", "--yes", "-i", "a$b.ini"]);
    assert!(test.errors().contains("`$` or `~` would stand for something else"));
    let (_, text) = works(&Test::new().file("~x.ini", HOSTS), "-i ./~x.ini");
    assert!(text.contains("inventory: \"./~x.ini\"\n") || text.contains("inventory: ./~x.ini\n"), "{text}");
}

#[test]
fn a_vault_without_a_password_is_no_obstacle() {
    let vault = "$ANSIBLE_VAULT;1.1;AES256\n30303030\n";
    let test = Test::new().file("hosts.ini", HOSTS).file("group_vars/web/vault.yml", vault);
    let output = test.shell("regal init --yes");
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stderr.contains("encrypted"), "{}", output.stderr);
}

#[test]
fn what_was_decrypted_is_neither_shown_nor_written() {
    const WEB: &str = include_str!("fixtures/inventories/vault/group_vars/web.yml");
    let files = Test::new().file("hosts.yml", "web: {hosts: {web1: , web2: }}\n").file("group_vars/web.yml", WEB);
    let test = files.file("password", crate::vault::PASSWORD);
    let (said, text) = works(&test, "--vault-password-file password");
    assert!(text.contains("vault_password_file: password\n") && text.contains("1.0.0: all\n"), "{text}");
    assert!(!said.contains("app_version") && !text.contains("app_version"), "{said}{text}");
}

#[test]
fn a_variable_that_took_part_is_named() {
    let test = Test::new().file("hosts.ini", HOSTS).env("REGAL_BATCH_SIZE", "3");
    let (said, _) = works(&test, "");
    assert!(said.contains("REGAL_BATCH_SIZE took part in this plan and is not in the file"), "{said}");
}

#[test]
fn elsewhere_than_here_sources_are_named_whole() {
    let test = Test::new().file("hosts.ini", HOSTS).file("conf/x", "");
    let output = test.shell(
        "regal init --yes --output conf/rollout.regal.yml --hooks conf/hooks && cd / && \
                             regal --config $OLDPWD/conf/rollout.regal.yml plan --format groups",
    );
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.contains("shop-2.5.0_groupA\n") && test.path().join("conf/hooks/check.yml").is_file());
}

#[test]
fn the_inventory_of_ansible_cfg_comes_before_what_stands_in_the_folder() {
    let cfg = "[defaults]\ninventory = other.ini\nforce_valid_group_names = ignore\n";
    let test = Test::new().file("ansible.cfg", cfg).file("other.ini", HOSTS).file("hosts.ini", "db1\n");
    let (said, text) = works(&test, "");
    assert!(text.contains("inventory: other.ini\n"), "{text}");
    let wanted =
        "  [inventory]\n  any_unparsed_is_failed = true\n  enable_plugins = host_list, script, auto, yaml, ini\n";
    assert!(said.contains(wanted) && !said.contains("force_valid"), "{said}");
    let whole = format!("{cfg}[inventory]\nany_unparsed_is_failed = yes\nenable_plugins = script, auto, ini\n");
    let (said, _) = works(&Test::new().file("ansible.cfg", whole).file("other.ini", HOSTS), "");
    assert!(said.contains("ansible.cfg has what the batches need."), "{said}");
}

#[test]
fn ansible_cfg_may_name_what_is_to_be_written() {
    let cfg = "[defaults]\ninventory = hosts.ini, ./rollout.regal.yml\n";
    let (_, text) = works(&Test::new().file("ansible.cfg", cfg).file("hosts.ini", HOSTS), "");
    assert!(text.contains("inventory: hosts.ini\n"), "{text}");
    let test = Test::new().file("ansible.cfg", "[defaults]\ninventory = rollout.regal.yml\n").file("hosts.ini", HOSTS);
    assert!(test.args(&["init", "--yes"]).errors().contains("which is this configuration itself"));
}

#[test]
fn several_inventories_or_none_are_an_error() {
    let test = Test::new().file("hosts", "a\n").file("production/hosts", "b\n").args(&["init", "--yes"]);
    assert!(test.errors().contains("there are several inventories here: hosts, production"));
    assert!(Test::new().args(&["init", "--yes"]).errors().contains("there is no inventory in this folder"));
}

#[test]
fn files_have_their_modes_and_nothing_is_replaced() {
    let test = Test::new().file("hosts.ini", HOSTS).file("hooks/deploy.yml", "mine\n");
    let (said, _) = works(&test, "");
    let mode = |name: &str| test.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("rollout.regal.yml"), mode("hooks/drain.yml")), (0o755, 0o644));
    assert!(said.contains("kept   hooks/deploy.yml") && said.contains("wrote  hooks/drain.yml"), "{said}");
    assert_eq!(std::fs::read_to_string(test.path().join("hooks/deploy.yml")).unwrap(), "mine\n");
    std::fs::write(test.path().join("rollout.regal.yml"), "mine\n").unwrap();
    let again = test.shell("regal init --yes");
    assert_eq!((again.code, again.stdout.as_str()), (1, ""));
    assert!(again.stderr.contains("init replaces nothing"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(test.path().join("rollout.regal.yml")).unwrap(), "mine\n");
    let dangling = Test::new().file("hosts.ini", HOSTS);
    std::os::unix::fs::symlink("nowhere", dangling.path().join("rollout.regal.yml")).unwrap();
    assert_eq!(dangling.shell("regal init --yes").code, 1);
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_written() {
    let test = Test::new().file("hosts.ini", HOSTS);
    let output = test.shell("regal init < /dev/null");
    assert_eq!(output.code, 1);
    assert!(output.stdout.contains("shop-2.5.0_groupA"), "{}", output.stdout);
    assert!(output.stderr.contains("run it again with --yes"), "{}", output.stderr);
    is_empty(&test, &["hosts.ini"]);
}

#[test]
fn nothing_is_put_into_an_inventory_folder() {
    let test = Test::new().file("hosts.ini", HOSTS).args(&["init", "--yes", "-i", "."]);
    assert!(test.errors().contains("would stand in an inventory folder"));
    is_empty(&test, &["hosts.ini"]);
}

/// A program that answers on a terminal, in Python: `script` of util-linux reads the end of its input otherwise.
const ANSWER: &str = r#"
import os, pty, sys
child, end = pty.fork()
if child == 0:
    os.execv(sys.argv[1], [sys.argv[1], "init"])
said = b""
answers = [answer.encode().decode("unicode_escape").encode() for answer in sys.argv[2:]]
while True:
    try:
        more = os.read(end, 4096)
    except OSError:
        break
    if not more:
        break
    said += more
    if said.endswith(b"]: ") and answers:
        os.write(end, answers.pop(0))
_, status = os.waitpid(child, 0)
sys.stdout.write(said.decode())
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"#;

fn answered(test: &Test, answers: &str) -> (i32, String) {
    let output =
        test.shell(&format!("timeout 300 python3 -c '{ANSWER}' '{}' {answers}", env!("CARGO_BIN_EXE_regal-inventory")));
    (output.code, output.stdout + &output.stderr)
}

#[test]
#[ignore = "needs Python; run tests/run"]
fn a_terminal_is_asked_and_only_a_yes_writes() {
    let hosts = "[web]\nweb[1:3] app_version=1 release=r2 zone=a\nweb[4:6] app_version=1 release=r2 zone=b\n";
    let fresh = || Test::new().file("hosts.ini", hosts);
    // Ctrl+C, the end of the input, and a no, at the last question.
    for (last, code) in [(r"\x03", 254), (r"\x04", 1), (r"no\n", 1)] {
        let test = fresh();
        let (got, said) = answered(&test, &format!(r"'\n' '\n' '{last}'"));
        assert_eq!(got, code, "{said}");
        is_empty(&test, &["hosts.ini"]);
    }
    let test = fresh();
    let (code, said) = answered(&test, r"'nonsense\n' 'release\n' 'none\n' '\n'");
    assert_eq!(code, 0, "{said}");
    let text = std::fs::read_to_string(test.path().join("rollout.regal.yml")).unwrap();
    assert!(text.contains("var: release\n") && !text.contains("spread:"), "{text}");
}
