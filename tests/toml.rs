//! TOML sources; what Ansible reads from good ones is in `fixtures/inventories/toml*`.

use crate::support::{Test, names};

fn list(text: &str) -> Test {
    Test::new().file("hosts.toml", text).args(&["-i", "hosts.toml", "--versions", "v=all", "--list"])
}

#[test]
fn a_version_keeps_its_text() {
    let test = Test::new().file("hosts.toml", "[web.hosts]\nweb1 = { app_version = 1.10 }\n");
    let list = test.args(&["-i", "hosts.toml", "--version-from", "var:app_version", "--list"]).json();
    assert_eq!(names(&list["1.10_groupA"]["hosts"]), ["web1"]);
    assert_eq!(list["_meta"]["hostvars"]["web1"]["app_version"].to_string(), "1.1");
}

#[test]
fn hosts_keep_the_order_of_first_appearance() {
    let text =
        "[b.hosts.zulu]\n[a.hosts]\nalpha.x = 1\n[b]\nvars = {}\n[b.hosts.mike]\n[a.hosts.kilo]\n[a.vars]\ny = 1\n";
    let test = Test::new().file("hosts.toml", text).args(&["-i", "hosts.toml", "--versions", "v=all"]);
    let plan = test.args(&["--canary", "100%", "plan", "--format", "regal"]).run().stdout;
    assert_eq!(plan, "{\"v\": [\"zulu,mike,alpha,kilo\"]}\n");
}

#[test]
fn line_ends_in_strings_are_line_feeds() {
    let vars =
        list("[web.hosts]\r\nw1 = {}\r\n[web.vars]\r\na = \"\"\"\r\nx\\r\\n\r\ny\"\"\"\r\n").json()["web"]["vars"]
            .clone();
    assert_eq!(vars["a"], "x\r\n\ny");
}

#[test]
fn what_is_skipped_is_a_warning() {
    let text = "title = 'shop'\n[web]\nhost = {}\n[web.hosts]\nweb1 = {}\n";
    let test = Test::new().file("hosts.toml", text).args(&["-i", "hosts.toml", "--versions", "v=all", "check"]);
    let checked = test.run();
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    insta::assert_snapshot!(checked.stderr);
}

#[test]
fn messages() {
    let mut all = String::new();
    for (name, text) in [
        ("syntax, all of it", "[web.hosts\nweb1 = {}\nweb2 = { a = yes }\nweb3 = { b = 'x }\n"),
        ("words", "[web.vars]\na = yes\nb = 1.2.3\nc = 010\nd = web1\n"),
        ("a quote behind a number", "[web.vars]\na = 1_000'\n"),
        ("no numbers", "[web.vars]\nb = 1.5'\nc = 0x1G\nd = 0x+1\ne = 0xü\n"),
        ("a key twice", "[web.hosts]\nweb1 = {}\nweb1 = {}\n"),
        ("a table twice", "[web.vars]\na = 1\n[web.vars]\nb = 1\n"),
        ("no such day", "[web.vars]\na = 2001-02-29\nb = 07:32:60\n"),
        ("TOML 1.1", "[web.hosts]\nweb1 = {\n  a = 1,\n}\n[web.vars]\nb = \"\\e\"\nc = 1979-05-27T07:32Z\n"),
        ("a plugin", "plugin = 'amazon.aws.aws_ec2'\n"),
        ("nothing", "# to do\n"),
        ("a byte order mark", "\u{feff}[web]\n"),
        ("a deep key", &format!("a{} = 1\n", ".a".repeat(100_000))),
        ("deep brackets", &format!("a = {}\n", "[".repeat(10_000))),
        ("a long number", &format!("[web.vars]\na = {}\n", "9".repeat(5_000))),
        ("sections of wrong types", "[web]\nhosts = ['w1']\nvars = 1\nchildren = { db = {} }\n"),
        ("a host that is none", "[web.hosts]\nweb1 = true\n"),
        ("a child that is no name", "[web]\nchildren = [1]\n"),
        ("a loop", "[a]\nchildren = ['b']\n[b]\nchildren = ['a']\n"),
        ("a range", "[web.hosts]\n\"web[3:\" = {}\n\"web[a:1]\" = {}\n"),
    ] {
        all.push_str(&format!("## {name}\n{}\n", list(text).errors()));
    }
    insta::assert_snapshot!(all);
}
