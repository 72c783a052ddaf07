//! Sources of every kind, and what keeps them from being read.

use crate::support::{Test, names};

const VERSION: [&str; 2] = ["--versions", "v=all"];

#[test]
fn several_sources_are_merged_and_the_last_wins() {
    let test = Test::new()
        .file("a.ini", "[web]\nw1 x=a\nw2 x=a\n[web:vars]\ny=a\n")
        .file("b.yml", "web:\n  hosts: {w2: {x: b}, w3: }\n  vars: {y: b}\n")
        .args(&["-i", "a.ini", "-i", "b.yml", "--list"])
        .args(&VERSION);
    let list = test.json();
    assert_eq!(names(&list["web"]["hosts"]), ["w1", "w2", "w3"]);
    assert_eq!(list["_meta"]["hostvars"]["w2"]["x"], "b");
    assert_eq!(list["web"]["vars"]["y"], "b");
}

#[test]
fn hosts_keep_the_order_of_first_appearance() {
    let hosts = "[b]\nzulu\nalpha\n[a]\nmike\nzulu\n[top:children]\na\nb\n";
    let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--versions", "v=top", "--canary", "100%"]);
    assert_eq!(test.args(&["plan", "--format", "regal"]).run().stdout, "{\"v\": [\"zulu,alpha,mike\"]}\n");
}

#[test]
fn a_host_list_needs_no_file() {
    let list = Test::new().args(&["-i", "web1,db1:2222, web[1:3]:22,", "--list"]).args(&VERSION).json();
    // Ansible's host lists have no ranges.
    assert_eq!(names(&list["ungrouped"]["hosts"]), ["web1", "db1", "web[1:3]:22"]);
    assert_eq!(list["_meta"]["hostvars"]["db1"]["ansible_port"], 2222);
}

#[test]
fn a_script_is_asked_for_each_host_when_it_has_no_meta() {
    let script = "#!/bin/sh\nif [ \"$1\" = --list ]; then echo '{\"web\": [\"w1\", \"w2\"]}'; else echo \"{\\\"me\\\": \\\"$2\\\"}\"; fi\n";
    let list = Test::new().script("inventory.sh", script).args(&["-i", "inventory.sh", "--list"]).args(&VERSION).json();
    assert_eq!(list["_meta"]["hostvars"]["w2"]["me"], "w2");
}

#[test]
fn a_script_without_a_slash_in_its_path_is_not_searched_in_path() {
    let test = Test::new().script("true", "#!/bin/sh\necho '{\"web\": {\"hosts\": [\"w1\"]}}'\n");
    assert_eq!(names(&test.args(&["-i", "true", "--list"]).args(&VERSION).json()["web"]["hosts"]), ["w1"]);
}

#[test]
fn a_data_file_with_a_stray_run_bit_is_data() {
    let test = Test::new().script("hosts.ini", "[web]\nw1\n").args(&["-i", "hosts.ini", "--list"]).args(&VERSION);
    assert_eq!(names(&test.json()["web"]["hosts"]), ["w1"]);
}

#[test]
fn a_failing_script_shows_its_stderr() {
    let test = Test::new().script("inventory.sh", "#!/bin/sh\necho 'token expired' >&2\nexit 4\n");
    let message = test.args(&["-i", "inventory.sh", "--list"]).args(&VERSION).errors();
    assert!(message.contains("inventory.sh --list: the inventory script failed (exit status: 4)"), "{message}");
    assert!(message.contains("    token expired"), "{message}");
}

#[test]
fn a_script_that_prints_no_inventory() {
    for (printed, expected) in [
        ("hello", "printed no JSON"),
        ("", "printed no JSON"),
        ("[1]", "printed a list, not a mapping"),
        ("{\"web\": {\"hosts\": \"w1\"}}", "`hosts` of group `web` is a string, not a list"),
        ("{\"web\": {\"hosts\": [1]}}", "a host's name is a number, not a string"),
        ("{\"web\": {\"vars\": []}}", "`vars` of group `web` is a list, not a mapping"),
        ("{\"web\": 7}", "group `web` is a number, not a mapping"),
        ("{\"_meta\": {\"hostvars\": {}, \"profile\": \"legacy\"}}", "the `profile` of `_meta` is `legacy`"),
        ("{\"web\": {\"vars\": {\"ansible_group_priority\": [1]}}}", "`ansible_group_priority` is not an integer"),
        ("{\"_meta\": {}, \"web\": {\"hosts\": [\"w1\"]}}", "`_meta` has no mapping `hostvars`"),
        ("{\"a\": {\"children\": [\"b\"]}, \"b\": {\"children\": [\"a\"]}}", "makes a loop"),
    ] {
        let script = format!("#!/bin/sh\ncat <<'END'\n{printed}\nEND\n");
        let message = Test::new().script("s", &script).args(&["-i", "s", "--list"]).args(&VERSION).errors();
        assert!(message.contains(expected), "{printed}: {message}");
    }
}

#[test]
fn the_children_of_a_scripts_group_may_be_a_mapping() {
    let script = "#!/bin/sh\necho '{\"site\": {\"children\": {\"web\": {}}}, \"web\": [\"w1\"]}'\n";
    let list = Test::new().script("s", script).args(&["-i", "s", "--list"]).args(&VERSION).json();
    assert_eq!(names(&list["site"]["children"]), ["web"]);
}

#[test]
fn a_directory_without_an_inventory_is_an_error() {
    let test = Test::new().file("production/group_vars/all.yml", "a: 1\n").file("production/notes.txt", "web1\n");
    let message = test.args(&["-i", "production", "--list"]).args(&VERSION).errors();
    assert!(message.contains("production: the directory holds no inventory"), "{message}");
}

#[test]
fn a_group_that_the_protocol_has_no_place_for() {
    let hosts = "[_meta]\nw1\n[web]\nw1\n";
    let test = || Test::new().file("hosts", hosts).args(&["-i", "hosts", "--list"]).args(&VERSION);
    assert!(test().errors().contains("the group `_meta` cannot be written"));
    assert_eq!(names(&test().args(&["--groups-only"]).json()["v_groupA"]["hosts"]), ["w1"]);
}

#[test]
fn ranges_of_a_small_file_do_not_use_up_the_memory() {
    let long = format!("{}[0:99999]", "x".repeat(3000));
    for hosts in ["a[0:99999]\nb[0:1]\n", &long] {
        let message = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--list"]).args(&VERSION).errors();
        assert!(message.contains("makes too many hosts"), "{}", &message[..200.min(message.len())]);
    }
}

#[test]
fn the_program_never_runs_itself() {
    let program = env!("CARGO_BIN_EXE_regal-inventory");
    let direct = Test::new().args(&["-i", program, "--list"]).args(&VERSION).errors();
    assert!(direct.contains("belongs to regal-inventory"), "{direct}");
    let wrapper = format!("#!/bin/sh\nexec {program} -i \"$0\" --versions v=all \"$@\"\n");
    let message = Test::new().script("wrap", &wrapper).args(&["-i", "wrap", "--list"]).args(&VERSION).errors();
    assert!(message.contains("regal-inventory was started as a source of itself"), "{message}");
}

#[test]
fn a_directory_passes_over_our_own_files_and_check_says_so() {
    let test = Test::new()
        .file("production/hosts", "[web]\nw1 app_version=1\n")
        .script("production/plan.regal.yml", "#!/usr/bin/env -S regal-inventory --config\nplugin: regal-inventory\n")
        .file("production/collection.regal.yml", "plugin: regal.rollout.batches\n")
        .script("production/wrapper", "#!/bin/sh\nexec regal-inventory \"$@\"\n")
        .file("production/regal.yml", "inventory: .\nversion_from: {var: app_version}\n")
        .args(&["--config", "production/regal.yml"]);
    let checked = test.args(&["check"]).run();
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    for own in ["plan.regal.yml", "collection.regal.yml", "wrapper", "regal.yml"] {
        assert!(checked.stderr.contains(&format!("{own}: belongs to regal-inventory")), "{}", checked.stderr);
    }
}

#[test]
fn sources_that_cannot_be_read() {
    let list = |test: Test, source: &str| test.args(&["-i", source, "--list"]).args(&VERSION).errors();
    assert!(list(Test::new(), "nope").contains("inventory `nope` cannot be read: no such file or directory"));
    let plugin = Test::new().file("aws_ec2.yml", "plugin: amazon.aws.aws_ec2\n");
    assert!(
        list(plugin, "aws_ec2.yml")
            .contains("aws_ec2.yml:1:1: inventory plugin `amazon.aws.aws_ec2` cannot be run here")
    );
    let latin = Test::new().file("hosts", b" # caf\xe9 is fine in a comment\nweb01 n=caf\xe9\n");
    assert!(list(latin, "hosts").contains("hosts:2:12: the text is not valid UTF-8"));
    let missing = Test::new().script("s", "#!/no/such/interpreter\n");
    assert!(list(missing, "s").contains("cannot be run: no such file or directory"));
    let script_shaped = Test::new().file("hosts.json", "{\"web\": {\"hosts\": {}}, \"_meta\": {\"hostvars\": {}}}");
    assert!(list(script_shaped, "hosts.json").contains("this is the output of an inventory script"));
}

#[test]
fn only_the_comments_of_ini_may_be_no_utf8() {
    let list = |test: Test, source: &str| test.args(&["-i", source, "--list"]).args(&VERSION);
    let ini = Test::new().file("hosts", b" # caf\xe9\n[web]\nw1\n");
    assert_eq!(names(&list(ini, "hosts").json()["web"]["hosts"]), ["w1"]);
    let yaml = Test::new().file("hosts.yml", b"# caf\xe9\nweb: {hosts: {w1: }}\n");
    assert!(list(yaml, "hosts.yml").errors().contains("hosts.yml:1:6: the text is not valid UTF-8"));
    let vars = Test::new().file("hosts", "[web]\nw1\n").file("group_vars/web", b"a: 1\n# caf\xe9\n");
    assert!(list(vars, "hosts").errors().contains("group_vars/web:2:6: the text is not valid UTF-8"));
}

/// Ansible reads what stands before such a comment; `latin1-comments` in the fixtures has what it printed.
#[test]
fn what_is_no_comment_is_utf8() {
    for (line, column) in [
        ("w1 a='x # caf\u{e9}'", 14),
        ("w1 caf\u{e9}=1 # x", 7),
        ("caf\u{e9} # x", 4),
        ("[web:vars]\na=1 # caf\u{e9}", 10),
        ("[caf\u{e9}]", 5),
        ("[web]\n[top:children]\ncaf\u{e9} # x", 4),
    ] {
        let latin1: Vec<u8> = line.chars().map(|c| c as u8).collect();
        for name in ["hosts", "hosts.ini"] {
            let message = Test::new().file(name, &latin1).args(&["-i", name, "--list"]).args(&VERSION).errors();
            let expected = format!("{name}:{}:{column}: the text is not valid UTF-8", line.matches('\n').count() + 1);
            assert!(message.contains(&expected), "{expected}: {message}");
            assert!(message.contains("iconv -f latin1 -t utf-8 FILE > NEW"), "{message}");
        }
    }
}

#[test]
fn other_encodings_are_named() {
    let utf16 = |text: &str, little: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    let texts =
        [("hosts", "[web]\nw1\n"), ("hosts.yml", "web: {hosts: {w1: }}\n"), ("hosts.toml", "[web.hosts]\nw1 = {}\n")];
    for (little, mark) in [(true, false), (true, true), (false, false), (false, true)] {
        let from = match (mark, little) {
            (true, _) => "utf-16",
            (false, true) => "utf-16le",
            (false, false) => "utf-16be",
        };
        let encoded = |text: &str| utf16(&format!("{}{text}", if mark { "\u{feff}" } else { "" }), little);
        let expected = |name: &str| format!("{name}: the file is UTF-16 and not UTF-8, which Ansible needs");
        let hint = format!("iconv -f {from} -t utf-8 FILE > NEW");
        for (name, text) in texts {
            let message = Test::new().file(name, encoded(text)).args(&["-i", name, "--list"]).args(&VERSION).errors();
            assert!(message.contains(&expected(name)) && message.contains(&hint), "{message}");
        }
        let vars = Test::new().file("hosts", "[web]\nw1\n").file("group_vars/web", encoded("a: 1\n"));
        assert!(vars.args(&["-i", "hosts", "--list"]).args(&VERSION).errors().contains(&expected("group_vars/web")));
        let own = Test::new().file("regal.yml", encoded("inventory: hosts\n")).args(&["--list"]).errors();
        assert!(own.contains("regal.yml: the configuration is UTF-16 and not UTF-8") && own.contains(&hint), "{own}");
    }
}

/// Before YAML and JSON it is read; `bom-yaml` in the fixtures has what Ansible printed.
#[test]
fn a_byte_order_mark_before_ini_is_said() {
    for (name, text) in [
        ("hosts", "\nw1\n"),
        ("hosts", "# hosts\nw1\n"),
        ("hosts", "[web]\nw1\n"),
        ("hosts.ini", "[web]\nw1\n"),
        ("hosts.toml", "[web.hosts]\nw1 = {}\n"),
    ] {
        let test = Test::new().file(name, format!("\u{feff}{text}")).args(&["-i", name, "--list"]).args(&VERSION);
        let message = test.errors();
        assert!(message.contains(&format!("{name}:1:1: the file starts with a byte order mark")), "{message}");
        assert_eq!(message.matches("error: ").count(), 1, "{message}");
    }
    // Before a host Ansible reads it, so we do, but `check` says so.
    let host = Test::new().file("hosts.ini", "\u{feff}w1\n").args(&["-i", "hosts.ini", "check"]).args(&VERSION).run();
    assert!(
        host.code == 0 && host.stderr.contains("hosts.ini:1:1: the file starts with a byte order mark"),
        "{}",
        host.stderr
    );
    let yaml = Test::new().file("hosts", "\u{feff}web:\n  hosts: [\n").args(&["-i", "hosts", "--list"]).args(&VERSION);
    assert!(!yaml.errors().contains("byte order mark"));
}

#[test]
fn ranges_of_many_digits() {
    let list = |range: &str| Test::new().file("hosts", range).args(&["-i", "hosts", "--list"]).args(&VERSION);
    let endless = list("h[1:9999999999999999999]\n").errors();
    assert!(endless.contains("hosts:1:1: host range in `h[1:9999999999999999999]` makes too many hosts"), "{endless}");
    let long = format!("h[1:{}]\n", "9".repeat(40));
    assert!(list(&long).errors().contains("has a number of more than 30 digits"));
    assert!(list("h[1:2x]\n").errors().contains("has a bound that is not a number or a letter"));
}

#[test]
fn paths_are_expanded_as_ansible_does() {
    let test =
        || Test::new().file("home/site/hosts", "[web]\nw1\n").file("home/password", "secret\n").file("etc/none", "");
    for source in ["~/site/hosts", "$HOME/site/hosts", "${HOME}/$SITE/hosts", "$BASE/site/hosts", "home/${SITE}/hosts"]
    {
        let given = |test: Test| {
            let home = test.path().join("home").display().to_string();
            test.env("HOME", &home).env("SITE", "site").env("BASE", "~")
        };
        let w1 = |test: Test| assert_eq!(names(&test.args(&["--list"]).args(&VERSION).json()["web"]["hosts"]), ["w1"]);
        w1(given(test()).args(&["-i", source]));
        w1(given(test()).env("REGAL_INVENTORY", source));
        let config = format!("inventory: ['{source}']\n");
        w1(given(test()).file("regal.yml", &config));
        if !source.starts_with("home") {
            w1(given(test()).file("etc/regal.yml", &config).args(&["--config", "etc/regal.yml"]));
        }
    }
    for (source, expected) in [
        ("$UNSET_HERE/hosts", "inventory `$UNSET_HERE/hosts` cannot be read"),
        ("~no-such-user/hosts", "inventory `~no-such-user/hosts` cannot be read"),
    ] {
        assert!(test().args(&["-i", source, "--list"]).args(&VERSION).errors().contains(expected));
    }
    // A list of hosts is not a list of paths.
    let list = test().env("SITE", "site").args(&["-i", "~,$SITE,", "--list"]).args(&VERSION).json();
    assert_eq!(names(&list["ungrouped"]["hosts"]), ["~", "$SITE"]);
}

#[test]
fn a_failing_source_fails_the_run_whatever_the_others_say() {
    let test = Test::new()
        .file("good", "[web]\nw1\n")
        .file("bad", "[web\nw1 x\n")
        .args(&["-i", "good", "-i", "bad", "--list"]);
    let message = test.args(&VERSION).errors();
    assert!(message.contains("bad:1:1"), "{message}");
    assert!(message.contains("bad:2:4"), "{message}");
}
