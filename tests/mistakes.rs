//! Mistakes that operators made, and what they are told.

use std::os::unix::fs::PermissionsExt;

use crate::support::Test;

const HOSTS: &str = "[web]\nweb[1:12] v=1\n[pair]\nweb1\nweb2\n";

fn test() -> Test {
    Test::new().file("hosts", HOSTS)
}

#[test]
fn configurations() {
    let mut all = String::new();
    for (name, text) in [
        ("a variable that is not indented", "inventory: hosts\nversion_from:\nvar: v\n"),
        (
            "a size that is not indented",
            "inventory: hosts\nversion_from: {var: v}\ncanary:\nsize: 5%\nspread:\nby: zone\n",
        ),
        ("a playbook", "- hosts: web\n  tasks: []\n- import_playbook: more.yml\n"),
        ("a list", "- inventory: hosts\n"),
        ("nothing", ""),
        ("a shebang alone", "#!/usr/bin/env -S regal-inventory --config\n---\n"),
        ("all hosts must stay up", "inventory: hosts\nversion_from: {var: v}\nmin_healthy: 100%\n"),
        ("a range of names", "inventory: hosts\nversions: {a: 'app[1:12]', b: '!app[01:03]'}\n"),
        ("a range of names without an inventory", "versions: {a: 'app[1:12].example.net'}\n"),
        ("a range of names to show", "inventory: hosts\nversions: {a: web}\nlimit: 'app[1:12]'\n"),
    ] {
        let message = test().file("regal.yml", text).args(&["check"]).errors();
        all.push_str(&format!("## {name}\n{message}\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_range_of_names_that_selects_other_hosts_is_warned_of() {
    let check = |pattern: &str| {
        let output = test().args(&["-i", "hosts", "--versions", &format!("a={pattern}"), "check"]).run();
        assert_eq!(output.code, 0, "{}", output.stderr);
        output.stderr
    };
    let expected = "warning: --versions: `web[1:12]` is not a range of names in a pattern, and takes other hosts than those
  hint: in a pattern [1:12] counts the hosts of a group, from 0; list the names web1 to web12 with commas, or write a glob such as `web*`
";
    assert_eq!(check("web[1:12]"), expected);
    for meant in ["web[0:2]", "web[0:]", "web[-1]", "web[1]", "pair[0:1]"] {
        assert_eq!(check(meant), "", "{meant}");
    }
    let limited = test().args(&["-i", "hosts", "--versions", "a=web", "--limit", "web[1:12]", "check"]).run();
    assert!(limited.stderr.contains("limit `web[1:12]` is not a range of names in a pattern"), "{}", limited.stderr);
}

/// What `check` says of a configuration with this mode and text, where Ansible is set up as it should be; the program is in PATH.
fn remarks(mode: u32, text: &str, cfg: &str, programs: &str) -> String {
    let test = test().file("rollout.regal.yml", text).file("ansible.cfg", cfg);
    let path = test.path().join("rollout.regal.yml");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let output = test.shell(&format!("{programs}\nregal --config rollout.regal.yml check"));
    assert_eq!(output.code, 0, "{}", output.stderr);
    output.stderr.replace(&test.path().display().to_string(), "FOLDER")
}

const CFG: &str = "[inventory]\nany_unparsed_is_failed = yes\n";
const SHEBANG: &str = "#!/usr/bin/env -S regal-inventory --config\n";
const PLUGIN: &str = "plugin: regal-inventory\n";
const BODY: &str = "inventory: hosts\nversion_from: {var: v}\n";

/// A line that puts the program into PATH.
fn own() -> String {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap();
    format!("PATH={}:/usr/bin:/bin", folder.display())
}

#[test]
fn an_executable_configuration_that_cannot_be_run_is_warned_of() {
    let check = |mode: u32, text: &str| remarks(mode, text, CFG, &own());
    assert_eq!(check(0o755, &format!("{SHEBANG}{PLUGIN}{BODY}")), "");
    assert_eq!(check(0o644, BODY), "");
    assert_eq!(check(0o644, &format!("{PLUGIN}{BODY}")), "");
    assert_eq!(check(0o644, &format!("plugin: regal.rollout.batches\n{BODY}")), "");
    let all = [
        check(0o755, &format!("{PLUGIN}{BODY}")),
        check(0o755, &format!("\u{feff}{SHEBANG}{PLUGIN}{BODY}")),
        check(0o755, &format!("{SHEBANG}{BODY}")),
        check(0o644, &format!("{SHEBANG}{PLUGIN}{BODY}")),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn what_a_first_line_starts_is_looked_for() {
    let check = |line: &str, programs: &str| remarks(0o755, &format!("{line}\n{PLUGIN}{BODY}"), CFG, programs);
    let env = SHEBANG.trim_end();
    let none = "PATH=/usr/bin:/bin; hash -r";
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap().display().to_string();
    // a program of the same name: another version, the same one elsewhere, and one that is none
    let other = |says: &str| {
        format!(
            "mkdir b; printf '#!/bin/sh\\n{says}\\n' > b/regal-inventory; chmod +x b/regal-inventory; PATH=$PWD/b:/usr/bin:/bin"
        )
    };
    assert_eq!(check(env, &other(concat!("echo regal-inventory ", env!("CARGO_PKG_VERSION")))), "");
    let refused = format!("export REGAL_NO_EXEC=yes; {}", other("touch ran; echo regal-inventory 0.0.1"));
    assert_eq!(check(env, &refused), "");
    let all = [
        check(env, none).replace(&folder, "BIN"),
        check("#!/usr/bin/env regal-inventory --config", &own()),
        check("#!/opt/none/regal-inventory --config", &own()),
        check("#!/usr/bin/env -S wrapper --config", &own()),
        check(env, &other("echo regal-inventory 0.0.1")),
        check(env, &other("exit 3")),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn what_ansible_cfg_keeps_from_a_configuration_is_said() {
    let script = format!("{SHEBANG}{PLUGIN}{BODY}");
    let plugin = format!("plugin: regal.rollout.batches\n{BODY}");
    let fails = "any_unparsed_is_failed = true\n";
    let with = |plugins: &str| format!("[inventory]\n{fails}enable_plugins = {plugins}\n");
    for (mode, text, plugins) in
        [(0o755, &script, "script, ini"), (0o644, &plugin, "auto, ini"), (0o644, &plugin, "ini, regal.rollout.batches")]
    {
        assert_eq!(remarks(mode, text, &with(plugins), &own()), "", "{plugins}");
    }
    // a variable counts as the key does, and what is no inventory of Ansible's is not asked about
    let variable = format!("{}; export ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=1", own());
    assert_eq!(remarks(0o755, &script, "", &variable), "");
    assert_eq!(remarks(0o644, BODY, "", &own()), "");
    let all = [
        remarks(0o755, &script, &with("ini, yaml"), &own()),
        remarks(0o644, &plugin, &with("script, ini, yaml"), &own()),
        remarks(0o755, &script, "[inventory]\nany_unparsed_is_failed = no\n", &own()),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_strict_check_takes_warnings_for_errors() {
    let hosts = "[web]\nw1\n[web:vars]\nv=1\n";
    let sound =
        || Test::new().file("hosts", hosts).args(&["-i", "hosts", "--version-from", "var:v", "check", "--strict"]);
    assert!(sound().stdout().ends_with("no errors, 0 warnings\n"));
    let doubtful = || {
        let test = Test::new().file("hosts.yml", "web: {hosts: {w1: {v: 1, v: 2}}}\n");
        test.args(&["-i", "hosts.yml", "--version-from", "var:v", "check"])
    };
    assert_eq!(doubtful().run().code, 0);
    assert!(doubtful().args(&["--strict"]).errors().contains("error: hosts.yml:1:"));
    let output = doubtful().args(&["--strict", "--format", "json"]).run();
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    assert_eq!(
        (&document["read"], &document["errors"], &document["warnings"]),
        (&serde_json::Value::Null, &1.into(), &0.into())
    );
    assert_eq!(document["diagnostics"][0]["severity"], "error");
    assert_eq!(document["diagnostics"][0]["code"], "duplicate-key");
}

#[test]
fn a_batch_that_takes_everything_is_noted() {
    let plan =
        |size: &str| test().args(&["-i", "hosts", "--version-from", "var:v", "--batch-size", size, "plan"]).stdout();
    let expected = "batch_size 25 takes all that the canary leaves of 12 hosts at once; a percent is written 25%";
    assert!(plan("25").contains(expected), "{}", plan("25"));
    assert!(plan("500").contains("batch_size 500 takes all that the canary leaves of 12 hosts at once\n"));
    assert!(!plan("5").contains("takes all") && !plan("25%").contains("takes all"));
    // what is said of it on purpose
    assert!(!plan("100%").contains("takes all that") && !plan("rest").contains("takes all that"));
}

#[test]
fn a_mistyped_host_is_likely_the_one_with_the_same_end() {
    let hosts = "web-a17\nweb-a27\nweb-a07\n";
    let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--versions", "v=web-a7", "check"]);
    assert!(test.errors().contains("did you mean `web-a07`?"));
}

#[test]
fn a_working_directory_that_is_gone_is_named() {
    let gone = test().shell("mkdir gone && cd gone && rmdir ../gone && regal check");
    let expected = "error: the working directory cannot be read: no such file or directory
  hint: change to a folder that exists and that you may read
";
    assert_eq!((gone.code, gone.stderr.as_str()), (1, expected));
}

#[test]
fn a_variable_that_is_not_text_is_named() {
    let broken = test().shell("REGAL_BATCH_SIZE=$'\\xff' regal check");
    let expected = "error: the variable REGAL_BATCH_SIZE is not valid UTF-8
  hint: set it to text in UTF-8, or unset it: unset REGAL_BATCH_SIZE
";
    assert_eq!((broken.code, broken.stderr.as_str()), (1, expected));
}
