//! Which version each host is to run.

use crate::support::{Test, names};

fn batches(test: Test) -> Vec<String> {
    let list = test.args(&["plan", "--format", "regal"]).run();
    assert_eq!(list.code, 0, "{}", list.stderr);
    list.stdout.lines().map(str::to_string).collect()
}

#[test]
fn a_version_keeps_its_text() {
    let hosts = "all:\n  hosts:\n    a: {v: 1.10}\n    b: {v: 1.1}\n    c: {v: 010}\n    d: {v: 2024-01-02}\n    e: {v: yes}\n    f: {v: '1.10'}\n";
    let test = Test::new().file("hosts.yml", hosts).args(&["-i", "hosts.yml", "--version-from", "var:v"]);
    assert_eq!(
        batches(test),
        [
            r#"{"1.10": ["a", "f"]}"#,
            r#"{"1.1": ["b"]}"#,
            r#"{"010": ["c"]}"#,
            r#"{"2024-01-02": ["d"]}"#,
            r#"{"yes": ["e"]}"#,
        ]
    );
}

#[test]
fn check_says_what_ansible_reads_instead() {
    let test =
        Test::new().file("hosts", "web01 v=1.10\n").args(&["-i", "hosts", "--version-from", "var:v", "check"]).run();
    assert_eq!(test.code, 0);
    assert!(
        test.stderr.contains("hosts:1:7: `v` is planned as `1.10`, but Ansible itself reads it as `1.1`"),
        "{}",
        test.stderr
    );
}

#[test]
fn a_version_comes_from_where_ansible_would_take_it() {
    let test = Test::new()
        .file("production/hosts", "[web]\nweb01\nweb02 app_version=3\n[db]\ndb1\n[db:vars]\napp_version=lost\n")
        .file("production/group_vars/all.yml", "app_version: '1.0'\n")
        .file("production/group_vars/web.yml", "app_version: '2.0'\n")
        .args(&["-i", "production/hosts", "--version-from", "var:app_version"]);
    assert_eq!(batches(test), [r#"{"2.0": ["web01"]}"#, r#"{"3": ["web02"]}"#, r#"{"1.0": ["db1"]}"#]);
}

#[test]
fn hosts_without_a_version_are_reported() {
    let hosts = "web01 v=1\nweb02 v=\nweb03\nweb04 v=None\n";
    let plan = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--version-from", "var:v", "plan"]).stdout();
    assert!(plan.contains("web[02:04]"), "{plan}");
}

#[test]
fn groups_can_stand_for_versions() {
    let hosts = "[release_2.0:children]\nnew\n[new]\nweb01\nweb02\n[release_1.9]\nweb03\n[other]\nweb04\n";
    let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--version-from", "group:release_*"]);
    assert_eq!(batches(test), [r#"{"2.0": ["web01", "web02"]}"#, r#"{"1.9": ["web03"]}"#]);
    let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--version-from", "group:rel-*", "plan"]);
    assert!(test.errors().contains("no group is named like `rel-*`"));
}

#[test]
fn a_template_joins_variables() {
    let hosts =
        "[shop]\nweb01 n=1.10\nweb02 n=1.10\nweb03\n[blog]\nweb04 n=7\n[shop:vars]\napp=shop\n[blog:vars]\napp=blog\n";
    let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--version-from", "template:{{ app }}-{{ n }}"]);
    assert_eq!(batches(test), [r#"{"shop-1.10": ["web01", "web02"]}"#, r#"{"blog-7": ["web04"]}"#]);
    let broken = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--version-from", "template:{{ app", "plan"]);
    assert!(broken.errors().contains("the version's template cannot be used"));
}

#[test]
fn patterns_select_as_ansible_does() {
    let hosts = "[web]\nweb[1:9]\n[db]\ndb[1:3]\n[prod:children]\ndb\n[prod]\nweb[1:5]\n[odd]\nweb9\nweb1\n";
    let cases = [
        ("web", "web1,web2,web3,web4,web5,web6,web7,web8,web9"),
        ("web:&prod:!web3", "web1,web2,web4,web5"),
        ("web,&prod,!web3", "web1,web2,web4,web5"),
        ("!web", "db1,db2,db3"),
        ("db*", "db1,db2,db3"),
        ("web[0:2]", "web1,web2,web3"),
        ("web[-1]", "web9"),
        ("web[7:]", "web8,web9"),
        ("web[1:0]", "web2"),
        ("~web[79]$", "web7,web9"),
        ("web?:!web[2:8]", "web1,web2"),
        ("odd", "web9,web1"),
        ("db2,web2,db1", "db2,web2,db1"),
        ("d[!x]3", "db3"),
        ("db2[0]", "db2"),
        ("prod[0],prod[5]", "web1,db1"),
        // A subscript counts the hosts of all groups that match, and then the hosts that match: db1 comes twice.
        ("db*[3]", "db1"),
        ("web[99999999999999999999:]:db1", "db1"),
    ];
    for (pattern, expected) in cases {
        let versions = format!("v={pattern}");
        let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--versions", &versions, "--canary", "100%"]);
        assert_eq!(batches(test), [format!("{{\"v\": [\"{expected}\"]}}")], "{pattern}");
    }
}

#[test]
fn a_term_that_matches_nothing_is_an_error_and_a_filter_a_warning() {
    let test = || Test::new().file("hosts", "[web]\nweb01\nweb02\n");
    let message = test().args(&["-i", "hosts", "--versions", "v=web:wbe01", "plan"]).errors();
    assert!(message.contains("`wbe01` matches no host and no group\n  hint: did you mean `web01`?"), "{message}");
    let plan = test().args(&["-i", "hosts", "--versions", "v=web:!wbe01", "plan"]).stdout();
    assert!(plan.contains("`!wbe01` matches no host and no group"), "{plan}");
    let message = test().args(&["-i", "hosts", "--versions", "v=web[5]", "plan"]).errors();
    assert!(message.contains("beyond the 2 that `web` has"), "{message}");
    let message = test().args(&["-i", "hosts", "--versions", "v=~web(", "plan"]).errors();
    assert!(message.contains("is not a valid regular expression"), "{message}");
}

#[test]
fn versions_alone_name_hosts_as_regal_did() {
    let config = "version_host:\n  app-1.0: 10.1.1.1, 10.1.1.2,10.1.1.3\n  app-2.0: [10.1.1.4, 10.1.1.5]\ncombine: 2\n";
    let test = Test::new().file("regal.yml", config);
    assert_eq!(
        batches(test),
        // regal left the blank where it was
        [r#"{"app-1.0": ["10.1.1.1", " 10.1.1.2,10.1.1.3"]}"#, r#"{"app-2.0": ["10.1.1.4", "10.1.1.5"]}"#,]
    );
    let pattern = Test::new().args(&["--versions", "app-1.0=web*", "plan"]).errors();
    assert!(pattern.contains("`web*` is a pattern, and there is no inventory to match it with"), "{pattern}");
    let list = Test::new().file("regal.yml", config).args(&["--list"]).json();
    assert_eq!(names(&list["app-1.0_groupB1"]["hosts"]), ["10.1.1.2", "10.1.1.3"]);
}

#[test]
fn values_that_are_no_version() {
    let hosts = "all:\n  hosts:\n    a: {v: [1]}\n    b: {v: {x: 1}}\n    c: {v: '{{ other }}'}\n    d: {v: !vault \"$ANSIBLE_VAULT;1.1;AES256\\n61\\n\"}\n    e: {v: '1'}\n";
    let message =
        Test::new().file("hosts.yml", hosts).args(&["-i", "hosts.yml", "--version-from", "var:v", "--list"]).errors();
    for (place, what) in [("3:9", "a list"), ("4:9", "a mapping"), ("5:9", "a template"), ("6:9", "encrypted")] {
        assert!(message.contains(&format!("hosts.yml:{place}: `v` is {what}")), "{message}");
    }
    assert_eq!(message.matches("error: ").count(), 4);
}

#[test]
fn no_version_at_all_names_candidates() {
    let message = Test::new()
        .file("hosts", "web01 app_version=1\n")
        .args(&["-i", "hosts", "--version-from", "var:ver", "plan"])
        .errors();
    assert!(message.contains("no host and no group has a variable `ver`"), "{message}");
    assert!(message.contains("app_version"), "{message}");
    let message = Test::new().file("hosts", "web01 app_version=1\n").args(&["-i", "hosts", "--list"]).errors();
    assert!(message.contains("nothing says which version a host should run"), "{message}");
    assert!(message.contains("variables that look like a version: app_version"), "{message}");
}

#[test]
fn excluded_hosts_are_planned_nowhere_and_reported() {
    let test = Test::new().file("hosts", "web[1:4] v=1\n").args(&[
        "-i",
        "hosts",
        "--version-from",
        "var:v",
        "--exclude",
        "web2",
    ]);
    let plan = test.args(&["plan"]).stdout();
    assert!(plan.contains("excluded"), "{plan}");
    let list = Test::new()
        .file("hosts", "web[1:4] v=1\n")
        .args(&["-i", "hosts", "--version-from", "var:v", "--exclude", "web2", "--list"])
        .json();
    assert_eq!(names(&list["1_groupB1"]["hosts"]), ["web3"]);
}

#[test]
fn an_excluded_host_without_a_version_is_still_reported() {
    let test = Test::new().file("hosts", "web[1:3] v=1\nold1\n").args(&["-i", "hosts", "--version-from", "var:v"]);
    let plan: serde_json::Value =
        serde_json::from_str(&test.args(&["--exclude", "old1,web2", "plan", "--format", "json"]).stdout()).unwrap();
    assert_eq!(names(&plan["excluded"]), ["web2"]);
    assert_eq!(names(&plan["unversioned"]), ["old1"]);
}
