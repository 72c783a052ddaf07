//! Salt's files as sources, as anyone has them without Salt: what is read, and what is said of bad ones.

use rmpv::Value as Pack;
use serde_json::{Value, json};

use crate::support::{Output, Test, names};

/// A value as MessagePack.
pub fn packed(value: &Value) -> Vec<u8> {
    fn convert(value: &Value) -> Pack {
        match value {
            Value::Null => Pack::Nil,
            Value::Bool(truth) => Pack::from(*truth),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Pack::from(integer),
                None => Pack::from(number.as_f64().unwrap()),
            },
            Value::String(text) => Pack::from(text.as_str()),
            Value::Array(items) => Pack::Array(items.iter().map(convert).collect()),
            Value::Object(of) => {
                Pack::Map(of.iter().map(|(key, value)| (Pack::from(key.as_str()), convert(value))).collect())
            }
        }
    }
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &convert(value)).unwrap();
    bytes
}

fn plan(test: Test, arguments: &[&str]) -> Value {
    test.args(arguments).args(&["plan", "--format", "json"]).json()
}

/// The hosts of each version, `1.4.2: web1 web2`.
fn hosts(plan: &Value) -> Vec<String> {
    let of = |version: &Value| {
        let batches = version["batches"].as_array().unwrap();
        let hosts: Vec<&str> = batches.iter().flat_map(|batch| names(&batch["hosts"])).collect();
        format!("{}: {}", version["version"].as_str().unwrap(), hosts.join(" "))
    };
    plan["versions"].as_array().unwrap().iter().map(of).collect()
}

/// A master of Salt 3008: three accepted keys, data of two of them and of a minion that is gone.
fn master() -> Test {
    let mut test = Test::new()
        .file("salt/pki/master/minions_pre/new1", "")
        .file("salt/master", "interface: 127.0.0.1\ncachedir: CACHE\nnodegroups:\n")
        .file(
            "salt/master.d/groups.conf",
            "nodegroups:\n  web: 'web*'\n  app-1.4.2: [web1, db1]\n  app-1.10: L@web2\n",
        );
    let cache = test.path().join("cache").display().to_string();
    test = test.file("salt/master", format!("interface: 127.0.0.1\ncachedir: {cache}\n"));
    for id in ["web1", "web2", "db1"] {
        test = test.file(&format!("salt/pki/master/minions/{id}"), "-----BEGIN PUBLIC KEY-----\n");
    }
    for (id, version) in [("web1", "1.4.2"), ("web2", "1.10"), ("gone", "1.0")] {
        let grains = json!({"id": id, "os": "Debian", "ver": version, "ansible_connection": "local", "odd": "{{ x }}"});
        test = test.file(&format!("cache/grains/{id}.p"), packed(&grains));
        test =
            test.file(&format!("cache/pillar/{id}.p"), packed(&json!({"app": {"version": version, "key": "hunter2"}})));
    }
    test.file("cache/pillar/saltmaster_master.p", packed(&json!({"app": {"version": "9"}})))
}

#[test]
fn a_masters_folder_leads_to_keys_cache_and_nodegroups() {
    let expected = ["1.4.2: web1", "1.10: web2"];
    for source in ["salt", "salt/master", "{salt: {config: salt}}"] {
        let source = if source == "salt/master" { "{salt: {config: salt/master}}" } else { source };
        assert_eq!(
            hosts(&plan(master(), &["-i", source, "--version-from", "pillar:app:version"])),
            expected,
            "{source}"
        );
    }
    let apart = "{salt: {keys: salt/pki/master, cache: cache, nodegroups: salt/master.d}}";
    let from = |from: &str| hosts(&plan(master(), &["-i", apart, "--version-from", from]));
    assert_eq!(from("grain:ver"), expected);
    assert_eq!(from("nodegroup:app-*"), ["1.4.2: db1 web1", "1.10: web2"]);
    assert_eq!(from("group:app-*"), ["1.4.2: db1 web1", "1.10: web2"]);
    let several = ["-i", "salt/pki/master", "-i", "cache", "--versions", "v=not G@ver:1.4.2"];
    let refused = master().args(&several).args(&["plan"]).errors();
    assert!(refused.contains("whether `G@ver:1.4.2` matches `db1` cannot be said"), "{refused}");
    let several = ["-i", "salt/pki/master", "-i", "cache", "--versions", "v=G@ver:1.4.2 and web* or db1"];
    assert_eq!(hosts(&plan(master(), &several)), ["v: db1 web1"]);
}

#[test]
fn a_limit_may_be_a_target() {
    let limited = |limit: &str| {
        let test = master().args(&["-i", "salt", "--versions", "v=*", "--limit", limit]);
        let arguments = if limit.starts_with('N') { &["check"][..] } else { &["plan", "--format", "regal"] };
        test.args(arguments).run()
    };
    assert_eq!(limited("G@ver:1.10 and web*").stdout, "{\"v\": [\"web2\"]}\n");
    assert!(limited("N@nobody").stderr.starts_with("error: --limit: there is no nodegroup `nobody`"));
    assert!(limited("not *").stderr.starts_with("error: --limit: the limit leaves no host"));
}

#[test]
fn grains_are_variables_and_pillar_is_none() {
    let list = master().args(&["-i", "salt", "--versions", "v=web*", "--list"]).json();
    let web1 = &list["_meta"]["hostvars"]["web1"];
    assert_eq!((&web1["os"], &web1["ver"]), (&json!("Debian"), &json!("1.4.2")));
    assert_eq!(web1["odd"], json!({"__ansible_unsafe": "{{ x }}"}), "what a minion says is no template");
    assert_eq!(web1["ansible_connection"], Value::Null, "a minion does not say how it is reached");
    assert!(!list.to_string().contains("hunter2"), "{list}");
    assert_eq!(names(&list["web"]["hosts"]), ["web1", "web2"]);
    assert_eq!(names(&list["app-1.4.2"]["hosts"]), ["db1", "web1"]);
}

#[test]
fn the_cache_of_earlier_releases_is_read_as_well() {
    let mut test = Test::new();
    for (id, version) in [("web1", "1.4.2"), ("web2", "1.10")] {
        let data = json!({"grains": {"os": "Debian"}, "pillar": {"app": {"version": version}}});
        test = test.file(&format!("master/minions/{id}/data.p"), packed(&data));
    }
    let test = test.file("master/minions/never/other", "");
    assert_eq!(
        hosts(&plan(test, &["-i", "master", "--version-from", "pillar:app:version"])),
        ["1.4.2: web1", "1.10: web2"]
    );
}

#[test]
fn rosters_say_how_hosts_are_reached() {
    let flat = "web1: 10.0.0.1\nweb2: {host: 10.0.0.2, user: deploy, port: 2222, passwd: hunter2, grains: {v: 1.10}}\n\
                web3: {host: web3.example.org, minion_opts: {grains: {v: 1.2, w: 1}}, grains: {v: 1.10}}\n";
    let list = |test: Test, arguments: &[&str]| test.args(arguments).args(&["--list"]).json();
    let hostvars =
        list(Test::new().file("roster", flat), &["-i", "roster", "--versions", "v=all"])["_meta"]["hostvars"].clone();
    assert_eq!(hostvars["web1"], json!({"ansible_host": "10.0.0.1"}));
    assert_eq!(
        hostvars["web2"],
        json!({"v": 1.1, "ansible_host": "10.0.0.2", "ansible_user": "deploy", "ansible_port": 2222})
    );
    assert_eq!(hostvars["web3"], json!({"w": 1, "v": 1.1, "ansible_host": "web3.example.org"}));
    // The text of a version stays as it is written.
    let versions = plan(Test::new().file("roster", flat), &["-i", "roster", "--version-from", "grain:v"]);
    assert_eq!(hosts(&versions), ["1.10: web2 web3"]);
    let folder = Test::new().file("roster.d/web1", "host: 10.0.0.1\n").file("roster.d/web2", "user: deploy\n");
    let vars = list(folder, &["-i", "{salt: {roster: roster.d}}", "--versions", "v=all"])["_meta"]["hostvars"].clone();
    assert_eq!(vars, json!({"web1": {"ansible_host": "10.0.0.1"}, "web2": {"ansible_user": "deploy"}}));
    let config =
        "roster: dir\nroster_dir: ROSTER\nroster_domain: example.org\nroster_defaults: {user: root, port: 22}\n";
    let test = Test::new().file("roster.d/web2", "user: deploy\n");
    let config = config.replace("ROSTER", &test.path().join("roster.d").display().to_string());
    let vars = list(test.file("etc/master", config), &["-i", "{salt: {config: etc}}", "--versions", "v=all"]);
    let expected = json!({"ansible_host": "web2.example.org", "ansible_user": "deploy", "ansible_port": 22});
    assert_eq!(vars["_meta"]["hostvars"]["web2"], expected);
}

/// Three accepted keys and data of all of them but `web3`, with a roster of plain entries beside them.
fn partly_known(banks: &[&str]) -> Test {
    let mut test = Test::new()
        .file("pki/minions_pre/new1", "")
        .file("roster", "web1: 10.0.0.1\nweb2: 10.0.0.2\nweb3: {host: 10.0.0.3, user: root}\n")
        .file("grains.json", "{\"web1\": {\"role\": \"web\"}, \"web2\": {\"role\": \"db\"}}");
    for (id, role) in [("web1", "web"), ("web2", "db"), ("web3", "web")] {
        test = test.file(&format!("pki/minions/{id}"), "-----BEGIN PUBLIC KEY-----\n");
        for bank in ["grains", "pillar"] {
            if id != "web3" || banks.contains(&bank) {
                let data = json!({"role": role, "v": "1.0"});
                test = test.file(&format!("cache/{bank}/{id}.p"), packed(&data));
            }
        }
    }
    test
}

#[test]
fn a_roster_does_not_hide_that_grains_are_missing() {
    for other in ["cache: cache", "grains: grains.json"] {
        for roster in ["", ", roster: roster"] {
            for target in ["G@role:web", "not G@role:db"] {
                let source = format!("{{salt: {{keys: pki, {other}{roster}}}}}");
                let versions = format!("1.4.2={target}");
                let test = partly_known(&["pillar"]).args(&["-i", &source, "--versions", &versions, "plan"]);
                let message = test.errors();
                assert!(message.contains("matches `web3` cannot be said"), "{source} {target}: {message}");
            }
        }
    }
    // Grains of some entries say nothing of the others' where a master has minions of its own.
    let some = "web1: {host: a, grains: {role: web}}\nweb3: b\n";
    let beside = ["-i", "{salt: {keys: pki, roster: roster}}", "--versions", "v=G@role:web", "plan"];
    let message = partly_known(&[]).file("roster", some).args(&beside).errors();
    assert!(message.contains("cannot be said"), "{message}");
    // For salt-ssh a roster says all that there is; one without grains says nothing.
    let alone = ["-i", "{salt: {roster: roster}}", "--versions", "v=G@role:web"];
    assert_eq!(hosts(&plan(Test::new().file("roster", some), &alone)), ["v: web1"]);
    let message = partly_known(&[]).args(&alone).args(&["plan"]).errors();
    assert!(message.contains("`G@role:web` asks for grains, and no source has any"), "{message}");
}

#[test]
fn minions_whose_data_is_missing_are_named_where_it_says_the_version() {
    let source = "{salt: {keys: pki, cache: cache}}";
    let check = |known: &[&str], source: &str, from: &str| {
        let output = partly_known(known).args(&["-i", source, "--version-from", from, "check"]).run();
        assert_eq!(output.code, 0, "{}", output.stderr);
        output.stderr
    };
    let warned = check(&["grains"], source, "pillar:v");
    assert!(warned.contains("warning: --version-from: no pillar is known of `web3`"), "{warned}");
    assert!(!check(&["grains", "pillar"], source, "pillar:v").contains("known of"));
    assert_eq!(check(&["pillar"], source, "grain:v").matches("no grains are known of `web3`").count(), 1);
    let saved = "{salt: {keys: pki, grains: grains.json}}";
    assert_eq!(check(&["pillar"], saved, "grain:role").matches("no grains are known of `web3`").count(), 1);
}

#[test]
fn what_salt_printed_is_read_in_both_shapes() {
    let one =
        "{\"web1\": {\"v\": \"1.4\"}, \"web2\": {\"v\": \"1.5\"}, \"web3\": \"Minion did not return. [No response]\"}";
    let each = "{\"web1\": {\"v\": \"1.4\"}}\n{\n    \"web2\": {\"v\": \"1.5\"}\n}\n{\"web3\": false}\n";
    for text in [one, each] {
        let test = Test::new().file("grains.json", text).args(&[
            "-i",
            "{salt: {grains: grains.json}}",
            "--version-from",
            "grain:v",
        ]);
        let output = test.args(&["check"]).run();
        assert_eq!(output.code, 0, "{}", output.stderr);
        assert!(output.stderr.contains("warning: did not answer: `web3`"), "{}", output.stderr);
        assert!(output.stdout.starts_with("3 hosts"), "{}", output.stdout);
    }
    let pillar = "{\"web1\": {\"app:version\": \"1.4\"}, \"web2\": {\"app\": {\"version\": \"1.5\"}}}";
    let test = Test::new().file("p.json", pillar);
    let versions = plan(test, &["-i", "{salt: {pillar: p.json}}", "--version-from", "pillar:app:version"]);
    assert_eq!(hosts(&versions), ["1.4: web1", "1.5: web2"]);
    let test = Test::new()
        .file("keys.json", "{\"minions\": [\"w1\", \"w2\"], \"minions_pre\": [\"w3\"], \"minions_denied\": [], \"minions_rejected\": []}")
        .file("status.json", "{\"up\": [\"w1\"], \"down\": [\"w2\"]}")
        .args(&["-i", "keys.json", "-i", "status.json", "--versions", "v=w*", "check"]);
    let output = test.run();
    assert!(output.stderr.contains("warning: status.json: down: `w2`"), "{}", output.stderr);
    assert!(output.stdout.starts_with("2 hosts"), "{}", output.stdout);
}

#[test]
fn files_of_master_d_are_merged_as_salt_merges_them() {
    let test = Test::new()
        .file("etc/roster", "{a: h, b: h, c: h, d: h}")
        .file("etc/master", "nodegroups: {lost: L@a}\n")
        .file("etc/master.d/1.conf", "nodegroups: {both: [a], text: L@a, one: [d]}\n")
        .file("etc/master.d/2.conf", "nodegroups: {both: [b], text: L@b}\n")
        .file("etc/master.d/3.txt", "nodegroups: {never: [c]}\n");
    let test = test.args(&["-i", "etc", "--versions", "v=L@a"]);
    let list = test.args(&["--list"]);
    let groups = list.json();
    assert_eq!(names(&groups["both"]["hosts"]), ["a", "b"]);
    assert_eq!((names(&groups["text"]["hosts"]), names(&groups["one"]["hosts"])), (vec!["b"], vec!["d"]));
    assert_eq!((&groups["lost"], &groups["never"]), (&Value::Null, &Value::Null));
}

#[test]
fn salt_and_ansible_feed_each_other() {
    let test = Test::new()
        .file("hosts.ini", "[web]\nweb1 color=blue\n[web:vars]\nansible_user=deploy\n")
        .file("roster", "web1: 10.0.0.1\nweb2: {host: 10.0.0.2, user: root}\n")
        .file("regal.yml", "inventory: [{salt: {roster: roster}}, hosts.ini]\nversions: {v: 'web:web2'}\n");
    let vars = test.args(&["--list"]).json()["_meta"]["hostvars"].clone();
    assert_eq!(vars["web1"], json!({"ansible_host": "10.0.0.1", "color": "blue"}));
    let test = Test::new()
        .file("hosts.ini", "[web]\nweb1 ansible_host=10.0.0.1 ansible_port=22 ansible_ssh_private_key_file=/k\nweb2 ansible_become=yes\n")
        .args(&["-i", "hosts.ini", "--versions", "v=web", "export", "salt-roster"]);
    let roster = test.stdout();
    let body = roster.split_once('\n').unwrap().1;
    assert_eq!(
        body,
        "\"web1\":\n  host: \"10.0.0.1\"\n  port: 22\n  priv: \"/k\"\n\"web2\":\n  host: \"web2\"\n  sudo: true\n"
    );
    let back = Test::new().file("roster", &roster).args(&["-i", "roster", "--versions", "v=all", "--list"]).json();
    let vars = json!({"web1": {"ansible_host": "10.0.0.1", "ansible_port": 22, "ansible_ssh_private_key_file": "/k"}, "web2": {"ansible_host": "web2", "ansible_become": true}});
    assert_eq!(back["_meta"]["hostvars"], vars);
}

#[test]
fn exported_nodegroups_read_back_are_the_plan() {
    let host = |n: usize| format!("    web{n}: {{v: '{}'}}\n", ["1.10", "1_0", "0x1F", "app-2.war"][n % 4]);
    let hosts = format!("all:\n  hosts:\n{}", (1..40).map(host).collect::<String>());
    let read = ["-i", "hosts.yml", "--version-from", "var:v", "--batch-size", "3"];
    let test = Test::new().file("hosts.yml", &hosts).args(&read);
    let exported = test.args(&["export", "salt-nodegroups"]);
    let text = exported.stdout();
    let plan = plan(Test::new().file("hosts.yml", &hosts), &read);
    let back = Test::new().file("x.conf", &text).args(&["-i", "x.conf", "--versions", "v=L@web1", "--list"]).json();
    let mut batches = 0;
    for batch in plan["versions"].as_array().unwrap().iter().flat_map(|version| version["batches"].as_array().unwrap())
    {
        let group = batch["group"].as_str().unwrap();
        assert_eq!(names(&back[group]["hosts"]), names(&batch["hosts"]), "{group}");
        batches += 1;
    }
    assert_eq!((batches, text.matches("_group").count()), (16, 16));
}

#[test]
fn an_export_in_master_d_is_no_source_of_the_next() {
    let test = master();
    let export = ["-i", "salt", "--version-from", "pillar:app:version", "export", "salt-nodegroups"];
    let test = test.args(&export).args(&["--output", "salt/master.d/regal-inventory.conf"]);
    assert_eq!(test.run().code, 0);
    let again = test.run();
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(
        again.stderr.contains("salt/master.d/regal-inventory.conf: belongs to regal-inventory"),
        "{}",
        again.stderr
    );
}

#[test]
fn an_export_warns_of_keys_and_of_nodegroups_that_it_replaces() {
    let test = master().file("salt/master", "nodegroups:\n  mine: L@web1\n").file("salt/roster", "web9: 10.0.0.9\n");
    let output = test.args(&["-i", "salt", "--versions", "v=web*", "export", "salt-nodegroups"]).run();
    assert_eq!(output.code, 0, "{}", output.stderr);
    insta::assert_snapshot!(output.stderr);
}

/// Sources that cannot be used, with the arguments that say so.
type Bad = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const KEY: &str = "-----BEGIN PUBLIC KEY-----\n";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n";

const BAD: &[Bad] = &[
    (
        "a template",
        &[("roster", "{% for i in range(3) %}\nweb{{ i }}: 10.0.0.{{ i }}\n{% endfor %}\n")],
        &["-i", "roster", "--versions", "v=all"],
    ),
    (
        "a renderer",
        &[("roster", "#!py\ndef run():\n  return {}\n")],
        &["-i", "{salt: {roster: roster}}", "--versions", "v=all"],
    ),
    ("an id twice", &[("roster", "web1: 10.0.0.1\nweb1: 10.0.0.2\n")], &["-i", "roster", "--versions", "v=all"]),
    (
        "an id that is a number",
        &[("roster", "1.10: {host: 10.0.0.1}\nweb1:\n")],
        &["-i", "{salt: {roster: roster}}", "--versions", "v=all"],
    ),
    (
        "a host that is a number",
        &[("roster", "web1: {host: 10.1, port: [22], user: ''}\n")],
        &["-i", "{salt: {roster: roster}}", "--versions", "v=all"],
    ),
    (
        "a masked pillar",
        &[("p.json", "{\"web1\": {\"app\": {\"version\": \"**********\"}}}")],
        &["-i", "{salt: {pillar: p.json}}", "--version-from", "pillar:app:version"],
    ),
    (
        "grains.get",
        &[("g.json", "{\"web1\": \"1.4\"}")],
        &["-i", "{salt: {grains: g.json}}", "--version-from", "grain:v"],
    ),
    (
        "salt-call",
        &[("g.json", "{\"local\": {\"v\": \"1.4\"}}")],
        &["-i", "{salt: {grains: g.json}}", "--version-from", "grain:v"],
    ),
    (
        "no JSON",
        &[("g.json", "web1:\n    ----------\n    v:\n        1.4\n"), ("empty.json", "")],
        &["-i", "{salt: {grains: [g.json, empty.json]}}", "--version-from", "grain:v"],
    ),
    (
        "no keys",
        &[("k.json", "{\"up\": [], \"down\": []}"), ("s.json", "[]")],
        &["-i", "{salt: {keys: k.json, status: s.json}}", "--versions", "v=all"],
    ),
    (
        "half a cache file",
        &[("cache/grains/web1.p", "\u{6}\u{6}"), ("cache/grains/web2.p", "")],
        &["-i", "cache", "--versions", "v=all"],
    ),
    ("no cache", &[("here/x", "")], &["-i", "{salt: {cache: here, roster: nowhere}}", "--versions", "v=all"]),
    (
        "keys for a cache",
        &[("pki/minions/web1", KEY), ("pki/minions_pre/x", KEY)],
        &["-i", "{salt: {cache: pki}}", "--versions", "v=all"],
    ),
    (
        "a new cache for keys",
        &[("c/grains/web1.p", ""), ("c/pillar/web1.p", "")],
        &["-i", "{salt: {keys: c}}", "--versions", "v=all"],
    ),
    ("an old cache for keys", &[("c/minions/web1/data.p", "")], &["-i", "{salt: {keys: c}}", "--versions", "v=all"]),
    (
        "other files for keys",
        &[("ssl/openssl.cnf", "[x]\n"), ("ssl/a", KEY)],
        &["-i", "{salt: {keys: ssl}}", "--versions", "v=all"],
    ),
    ("a certificate for a key", &[("ssl/ca.pem", CERTIFICATE)], &["-i", "{salt: {keys: ssl}}", "--versions", "v=all"]),
    ("nothing for keys", &[("pki/minions/.gitkeep", "")], &["-i", "{salt: {keys: pki}}", "--versions", "v=all"]),
    (
        "a configuration of nothing",
        &[("etc/master", "interface: 127.0.0.1\n")],
        &["-i", "{salt: {config: etc}}", "--versions", "v=all"],
    ),
    (
        "a space behind a comma",
        &[("g.conf", "nodegroups:\n  web: 'L@web1, web2'\n")],
        &["-i", "g.conf", "--versions", "v=all"],
    ),
    (
        "nodegroups that need more",
        &[("g.conf", "nodegroups:\n  web: 'web*'\n  deb: 'G@os:Debian and L@a'\n  sec: 'I@a:b'\n")],
        &["-i", "g.conf", "--versions", "v=all"],
    ),
    (
        "nodegroups in a circle",
        &[("g.conf", "nodegroups:\n  a: N@b\n  b: 'N@a or web1'\n  c: N@d\n")],
        &["-i", "g.conf", "--versions", "v=all"],
    ),
    (
        "nodegroups that are no text",
        &[("g.conf", "nodegroups:\n  1.10: [a]\n  b: [1.10, a]\n  c: {d: e}\n")],
        &["-i", "{salt: {nodegroups: g.conf}}", "--versions", "v=all"],
    ),
    ("unknown ids", &[("roster", "web1: {host: h}\n")], &["-i", "roster", "--versions", "v=L@web1,wbe2"]),
    ("no such data", &[("roster", "web1: {host: h}\n")], &["-i", "roster", "--versions", "v=G@os:Debian or I@a:b"]),
    (
        "no such grain",
        &[("roster", "web1: {host: h, grains: {ver: 1}}\n")],
        &["-i", "roster", "--version-from", "grain:version"],
    ),
    (
        "no such nodegroup",
        &[("g.conf", "nodegroups: {app-1: [a]}\n")],
        &["-i", "g.conf", "--version-from", "nodegroup:web-*"],
    ),
    ("no Salt at all", &[("hosts", "web1\n")], &["-i", "hosts", "--versions", "v=G@os:Debian", "--exclude", "L@web1"]),
    ("no Salt for a grain", &[("hosts", "web1\n")], &["-i", "hosts", "--version-from", "grain:v"]),
    (
        "parts that are not known",
        &[("regal.yml", "inventory:\n  - salt: {rooster: x, cash: y, keys: {}}\n  - slat: {}\n  - salt:\n")],
        &["--versions", "v=all"],
    ),
];

#[test]
fn a_master_that_has_accepted_no_key_has_no_minions() {
    let folder = Test::new().file("pki/minions/.gitkeep", "").file("pki/minions_pre/web1", KEY);
    let printed = Test::new().file("pki", "{\"minions\": [], \"minions_pre\": [\"web1\"]}");
    for test in [folder, printed] {
        let output = test.args(&["-i", "{salt: {keys: pki}}", "--versions", "v=all", "check"]).run();
        assert_eq!(output.code, 0, "{}", output.stderr);
        assert!(
            output.stderr.contains("warning: pki: no key is accepted, so there are no minions"),
            "{}",
            output.stderr
        );
        assert!(!output.stdout.contains("web1"), "{}", output.stdout);
    }
    // A copy of the accepted keys alone is as good as the whole folder.
    for path in ["pki", "pki/minions"] {
        let test = Test::new().file("pki/minions/web1", KEY).file("pki/minions/web2", KEY);
        let source = format!("{{salt: {{keys: {path}}}}}");
        assert_eq!(hosts(&plan(test, &["-i", &source, "--versions", "v=*"])), ["v: web1 web2"], "{path}");
    }
}

#[test]
fn bad_sources() {
    let mut all = String::new();
    for (name, files, arguments) in BAD {
        let test = files.iter().fold(Test::new(), |test, (path, text)| test.file(path, text));
        let message = test.args(arguments).args(&["--list"]).errors();
        all.push_str(&format!("## {name}\n{message}\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn names_that_salt_would_misread_are_not_exported() {
    let hosts = "all: {hosts: {'a,b': , 'web*': , 'a b': , 'G@os:x': , and: , web1: {ansible_host: '{{ x }}', ansible_port: 0}, web2: {ansible_user: [x]}}}\n";
    let mut all = String::new();
    for format in ["salt-nodegroups", "salt-roster", "salt"] {
        let test =
            Test::new().file("hosts.yml", hosts).args(&["-i", "hosts.yml", "--versions", "v=all", "export", format]);
        let test = test.args(&["--output", "out"]);
        all.push_str(&format!("## {format}\n{}\n", test.errors()));
        assert!(!test.path().join("out").exists(), "{format}");
    }
    let leading =
        Test::new().file("hosts", "web1\n").args(&["-i", "hosts", "--versions", "-1=all", "export", "salt-nodegroups"]);
    all.push_str(&format!("## a leading -\n{}", leading.errors()));
    insta::assert_snapshot!(all);
}

#[test]
fn nothing_in_a_roster_is_a_template_or_an_option() {
    let refused = |variables: &str, user: &[&str]| {
        let test = Test::new().file("hosts", format!("web1 {variables}\n"));
        let test = test
            .args(&["-i", "hosts", "--versions", "v=all", "export", "salt-roster", "--output", "roster"])
            .args(user);
        let message = test.errors();
        assert!(!test.path().join("roster").exists(), "{variables} {user:?}");
        message
    };
    for mark in ["{{ x }}", "{% x %}", "{# x"] {
        for name in ["ansible_user", "ansible_ssh_private_key_file", "ansible_host"] {
            let message = refused(&format!("{name}='{mark}'"), &[]);
            assert!(message.contains("`web1` cannot be in `export salt-roster`: its "), "{message}");
        }
        let message = refused("", &["--user", mark]);
        assert!(message.contains("is not a valid user name for `export salt-roster`"), "{message}");
    }
    assert!(refused("", &["--user=-oProxy"]).contains("`--user -oProxy` is not a valid user name"));
    assert!(refused("ansible_user=-oProxy", &[]).contains("which ssh would read as an option"));
}

#[test]
fn numbers_lose_their_text_on_the_way() {
    let test = Test::new()
        .file("cache/grains/web1.p", packed(&json!({"v": 1.1})))
        .file("cache/grains/web2.p", packed(&json!({"v": 2})));
    let output = test.args(&["-i", "cache", "--version-from", "grain:v", "check"]).run();
    insta::assert_snapshot!(output.stderr);
}

/// Runs the command as a user who is not root.
pub fn as_nobody(test: &Test, arguments: &[&str]) -> Output {
    use std::os::unix::fs::PermissionsExt;
    let binary = test.path().join("regal");
    // by another process: a file that this one still wrote to, by a fork of another test, could not be run
    let copied = std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_regal-inventory")).arg(&binary).status();
    assert!(copied.unwrap().success());
    std::fs::set_permissions(test.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = std::process::Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&binary)
        .args(arguments)
        .current_dir(test.path());
    let root = std::fs::read_to_string("/proc/self/status").unwrap().lines().any(|line| line.starts_with("Uid:\t0\t"));
    if !root {
        command = std::process::Command::new(&binary);
        command.args(arguments).current_dir(test.path());
    }
    let output = command.output().unwrap();
    Output {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

#[test]
fn a_cache_that_belongs_to_another_user_is_one_error() {
    use std::os::unix::fs::PermissionsExt;
    let mut test = Test::new();
    for id in ["web1", "web2", "web3"] {
        let name = format!("cache/grains/{id}.p");
        test = test.file(&name, packed(&json!({"v": "1"})));
        // Nobody's, not even this user's, so that it does not matter who runs the test.
        std::fs::set_permissions(test.path().join(&name), std::fs::Permissions::from_mode(0o000)).unwrap();
    }
    let output = as_nobody(&test, &["-i", "cache", "--version-from", "grain:v", "plan"]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    insta::assert_snapshot!(output.stderr);
}
