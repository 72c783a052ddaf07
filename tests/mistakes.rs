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

#[test]
fn an_executable_configuration_that_cannot_be_run_is_warned_of() {
    let check = |mode: u32, text: &str| {
        let test = test().file("rollout.regal.yml", text);
        let path = test.path().join("rollout.regal.yml");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let output = test.args(&["--config", "rollout.regal.yml", "check"]).run();
        assert_eq!(output.code, 0, "{}", output.stderr);
        output.stderr
    };
    let body = "inventory: hosts\nversion_from: {var: v}\n";
    let (shebang, plugin) = ("#!/usr/bin/env -S regal-inventory --config\n", "plugin: regal-inventory\n");
    assert_eq!(check(0o755, &format!("{shebang}{plugin}{body}")), "");
    assert_eq!(check(0o644, body), "");
    let all = [
        check(0o755, &format!("{plugin}{body}")),
        check(0o755, &format!("\u{feff}{shebang}{plugin}{body}")),
        check(0o755, &format!("{shebang}{body}")),
    ];
    insta::assert_snapshot!(all.join("\n"));
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
