//! What the program says about bad input: the place, the line, what is wrong, a way out.

use crate::support::Test;

/// Inventories that cannot be read, by the name they are saved under.
pub const INVENTORIES: &[(&str, &str, &str)] = &[
    ("a section with a space", "hosts", "[web servers]\nw1\n"),
    ("an unknown section", "hosts", "[web:hostvars]\nw1\n"),
    ("a section that is not closed", "hosts", "[web\nw1\n"),
    ("variables of no group", "hosts", "[wbe:vars]\na=1\n[web]\nw1\n"),
    ("children that are not there", "hosts", "[site:children]\nweb\nbd\n[web]\nw1\n"),
    ("a loop", "hosts", "[a:children]\nb\n[b:children]\nc\n[c:children]\na\n"),
    ("a group in itself", "hosts", "[a:children]\na\n"),
    ("space around =", "hosts", "w1 port = 80\n"),
    ("an open quote", "hosts", "w1 motd='it is\n"),
    ("a backslash at the end", "hosts", "w1 path=C:\\\n"),
    ("a colon without a port", "hosts", "[web]\nw1:\n"),
    ("a YAML start in INI", "hosts.ini", "---\nweb:\n"),
    ("a template that Python reads", "hosts", "[web:vars]\nv={{ ['a'] }}\n[web]\nw1\n"),
    ("a variable without =", "hosts", "[web]\nw1\n[web:vars]\nport: 80\n"),
    ("ranges", "hosts", "a[1:]\nb[1:03]\nc[01:3]\nd[x-z]\ne[3:1:0]\nf[1:2\ng[z:a]\n"),
    ("a range without end", "hosts", "h[0:99999999]\n"),
    ("a bad priority", "hosts", "[web]\nw1\n[web:vars]\nansible_group_priority=high\n"),
    ("a tab", "hosts.yml", "web:\n\thosts:\n"),
    ("a list of hosts", "hosts.yml", "web:\n  hosts:\n    - w1\n    - w2\n"),
    ("a number for a group", "hosts.yml", "1.0:\n  hosts: {w1: }\n"),
    ("a boolean for a host", "hosts.yml", "web:\n  hosts: {yes: }\n"),
    ("variables that are none", "hosts.yml", "web:\n  hosts: {w1: 80}\n"),
    ("a bare template", "hosts.yml", "web:\n  vars: {a: {{ b }}}\n"),
    ("a second colon", "hosts.yml", "web:\n  vars:\n    url: a: b\n"),
    ("two documents", "hosts.yml", "web: {hosts: {w1: }}\n---\nweb: {hosts: {w2: }}\n"),
    ("an unknown tag", "hosts.yml", "web: {vars: {a: !foo b}}\n"),
    ("an alias of nothing", "hosts.yml", "web: {vars: {a: *b}}\n"),
    ("an open list", "hosts.yml", "web:\n  vars:\n    a: [1, 2\n    b: 3\n"),
    ("an open quote in YAML", "hosts.yml", "web:\n  vars:\n    a: \"b\n"),
    ("wrong indentation", "hosts.yml", "web:\n  vars:\n     a: 1\n    b: 2\n"),
    ("a control character", "hosts.yml", "web: {vars: {a: x\u{1}y}}\n"),
    ("a list at the top", "hosts.yml", "- w1\n- w2\n"),
    ("a date for a key", "hosts.yml", "web: {vars: {a: {2001-01-01: b}}}\n"),
    ("broken JSON", "hosts.json", "{\"web\": {\"hosts\": {\"w1\": null}}\n"),
    ("a child that is a list", "hosts.yml", "web:\n  children: {db: [w1]}\n"),
];

#[test]
fn inventories() {
    let mut all = String::new();
    for (name, file, text) in INVENTORIES {
        let message = Test::new().file(file, text).args(&["-i", file, "--versions", "v=all", "--list"]).errors();
        all.push_str(&format!("## {name}\n{message}\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn vars_files() {
    let mut all = String::new();
    for (file, text) in [
        ("group_vars/web.yml", "- a\n- b\n"),
        ("group_vars/web.yml", "just text\n"),
        ("group_vars/web.yml", "a: 1\n b: 2\n"),
        ("host_vars/w1.json", "{\"a\": [1,\n"),
        ("host_vars/w1.yml", "a: !vault\nb: 1\n"),
    ] {
        let test = Test::new().file("hosts", "[web]\nw1\n").file(file, text);
        let message = test.args(&["-i", "hosts", "--versions", "v=all", "--list"]).errors();
        all.push_str(&format!("{message}\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn warnings() {
    let hosts = "\
web:
  hosts:
    w1: {a: 1, a: 2}
    w2:
  vars: {app_version: 1.10}
  host: {w3: }
db: {hosts: {db: {x: 1}}}
loose: 7
";
    let test = Test::new().file("hosts.yml", hosts).file("host_vars", "no folder\n");
    let output = test.args(&["-i", "hosts.yml", "--version-from", "var:app_version", "check"]).run();
    assert_eq!(output.code, 0, "{}", output.stderr);
    insta::assert_snapshot!(format!("{}{}", output.stderr, output.stdout));
}

#[test]
fn a_hash_that_cuts_a_value_is_pointed_at() {
    let test = Test::new().file("hosts", "w1 password=p@ss#word app=1 # a comment\nw2 a=b # fine\n");
    let output = test.args(&["-i", "hosts", "--versions", "v=all", "check"]).run();
    let expected = "\
warning: hosts:1:17: the `#` in this word starts a comment: Ansible does not read what follows
  1 | w1 password=p@ss#word app=1 # a comment
    |                 ^
";
    assert_eq!(output.stderr, expected);
}

#[test]
fn a_message_never_shows_more_than_a_part_of_a_long_line() {
    let line = format!("w1 {}= b\n", "a".repeat(100_000));
    let message = Test::new().file("hosts", &line).args(&["-i", "hosts", "--versions", "v=all", "--list"]).errors();
    assert!(message.len() < 2_000, "{} characters", message.len());
}

#[test]
fn thousands_of_problems_are_cut() {
    let text = "w1 a\n".repeat(5_000);
    let message = Test::new().file("hosts", &text).args(&["-i", "hosts", "--versions", "v=all", "--list"]).errors();
    assert_eq!(message.matches("error: ").count(), 101);
    assert!(message.contains("4900 more problems are not shown"), "{message}");
}

#[test]
fn a_reading_that_was_thrown_away_leaves_nothing() {
    let hosts: String = (0..300).map(|i| format!("    web{i}: {{ansible_port: 22}}\n")).collect();
    let broken = |before: &str| format!("{before}web:\n  hosts:\n    old: {{tags: [a}}\n{hosts}");
    let list = |test: Test, source: &str| test.args(&["-i", source, "--versions", "v=all", "--list"]);
    for name in ["hosts", "hosts.yml"] {
        let message = list(Test::new().file(name, broken("")), name).errors();
        assert_eq!(message.matches("error: ").count(), 1, "{message}");
        assert!(message.contains(&format!("{name}:3:")), "{message}");
    }
    // The ranges that INI would have read count for nothing, and neither do problems beyond those that are shown.
    let bad: String = (0..120).map(|i| format!("web{i} a b\n")).collect();
    let both = Test::new().file("a", &bad).file("b.yml", broken("")).args(&["-i", "a"]);
    let message = list(both, "b.yml").errors();
    assert!(message.ends_with("error: 141 more problems are not shown\n"), "{message}");
    // What YAML warned about before it gave up does not concern an INI file.
    let text = "w1 x=y:\n  w2 z='1: 2'\n  w2 z='1: 2'\nw3 z='1: 2: 3'\n";
    let checked = Test::new().file("hosts", text).args(&["-i", "hosts", "--versions", "v=all", "check"]).run();
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""));
}

#[test]
fn names_cannot_steer_the_terminal() {
    let hosts = "web:\n  hosts:\n    \"a\\nb\\x1bc\": {v: '1'}\n    \"x\\x1b[1:z\": {v: '1'}\n";
    let test = |arguments: &[&str]| {
        Test::new()
            .file("hosts.yml", hosts.replace("    \"x", "    # \"x"))
            .args(&["-i", "hosts.yml", "--version-from", "var:v"])
            .args(arguments)
            .stdout()
    };
    for arguments in [&["plan"][..], &["plan", "--full"], &["plan", "--format", "markdown"], &["--graph"]] {
        let shown = test(arguments);
        assert!(!shown.contains('\u{1b}'), "{shown}");
        assert!(shown.contains("a\\nb") || shown.contains("a\\\\nb"), "{shown}");
    }
    let message =
        Test::new().file("hosts.yml", hosts).args(&["-i", "hosts.yml", "--versions", "v=all", "--list"]).errors();
    assert!(message.contains("`x\\u{1b}[1:z`"), "{message}");
}

#[test]
fn check_says_what_a_full_inventory_cannot_carry() {
    let hosts = "web:\n  vars: {ports: {80: http}, since: 2024-01-02, a-b: 1, fine: {'80': [1.5, true]}}\n  hosts: {web1: {deep: [{x: 2024-01-02}], roles: {all: !!set {web, db}}}}\n";
    let test = || Test::new().file("hosts.yml", hosts).args(&["-i", "hosts.yml", "--versions", "v=all", "check"]);
    let stderr = test().run().stderr;
    for line in [
        "hosts.yml:2:10: `ports` has a key that is not text, which becomes text in a full inventory",
        "hosts.yml:2:29: `since` has a date, which becomes text in a full inventory",
        "hosts.yml:2:48: `a-b` is not a valid variable name",
        "hosts.yml:3:18: `deep` has a date, which becomes text in a full inventory",
        "hosts.yml:3:43: `roles` has a set, which becomes a list in a full inventory",
    ] {
        assert!(stderr.contains(line), "{line} in {stderr}");
    }
    assert!(!stderr.contains("`fine`"), "{stderr}");
    assert_eq!(test().args(&["--groups-only"]).run().stderr, "");
    // INI has them too, and each place is said once.
    let ini = "web[1:3] m=\"{1: 'a'}\" s=\"{'a', 'b', 'a'}\" e=set()\n";
    let ini = || Test::new().file("hosts", ini).args(&["-i", "hosts", "--versions", "v=all"]);
    let stderr = ini().args(&["check"]).run().stderr;
    assert_eq!(stderr.matches("`m` has a key that is not text").count(), 1);
    assert_eq!(stderr.matches(" has a set, which becomes a list").count(), 2, "{stderr}");
    let host = ini().args(&["--host", "web1"]).json();
    assert_eq!((&host["s"], &host["e"]), (&serde_json::json!(["a", "b"]), &serde_json::json!([])));
}
