//! Folders of Salt masters as real ones left them (`tests/fixtures/salt/record`), and settings of a master that lead elsewhere.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::minions::{as_nobody, packed};
use crate::support::{Output, Test};

const KEY: &str = "-----BEGIN PUBLIC KEY-----\n";

/// What a master of some release left.
fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/salt").join(name)
}

/// Whom the master said that each target or nodegroup has.
fn previews(name: &str, file: &str) -> BTreeMap<String, Vec<String>> {
    serde_json::from_str(&std::fs::read_to_string(recorded(name).join(file)).unwrap()).unwrap()
}

fn run(name: &str, arguments: &[&str]) -> Output {
    let source = recorded(name).join("etc/salt").display().to_string();
    Test::new().args(&["-i", &source]).args(arguments).run()
}

/// The hosts of version `v`, sorted, or the error.
fn hosts(output: &Output) -> Result<Vec<String>, String> {
    if output.code != 0 {
        return Err(output.stderr.clone());
    }
    let hosts =
        output.stdout.lines().filter(|line| line.starts_with("v\t")).map(|line| line.split('\t').nth(4).unwrap());
    let mut hosts: Vec<String> = hosts.map(str::to_string).collect();
    hosts.sort_unstable();
    Ok(hosts)
}

#[test]
fn every_target_has_the_minions_that_the_master_said_or_none() {
    for name in ["3006", "3007", "3008", "3006-to-3008"] {
        let mut refused = Vec::new();
        for (target, expected) in previews(name, "targets.json") {
            let versions = format!("v=( {target} )");
            let output = run(name, &["--versions", &versions, "--versions", "rest=*", "export", "tsv"]);
            match hosts(&output) {
                Ok(found) => assert_eq!(found, expected, "{name}: {target}"),
                Err(error) => {
                    let why = [
                        "is a list to Salt 3008",
                        "what is not a minion: ",
                        "matches `prod1` cannot be said",
                        "matches `web3` cannot be said",
                        "`web3` cannot be said",
                    ];
                    assert!(why.iter().any(|why| error.contains(why)), "{name}: {target}: {error}");
                    refused.push(target);
                }
            }
        }
        let pillar = ["I@app:*", "I@app:version:1.4", "I@app:version:2.0"];
        let mut expected = vec!["web1 or nobody", "web1,web2 or db1"];
        match name {
            "3008" => expected.extend(pillar),
            "3006-to-3008" => {
                expected.extend(pillar);
                expected.extend(["2001:db8::7", "G@role:web", "G|@role|web", "L@2001:db8::7,web1", "N@both", "N@web"]);
                expected.extend(["S@192.0.2.0/24", "not G@role:web"]);
            }
            _ => {}
        }
        expected.sort_unstable();
        refused.sort_unstable();
        assert_eq!(refused, expected, "{name}");
    }
}

#[test]
fn nodegroups_are_those_of_the_master() {
    for name in ["3006", "3007", "3008"] {
        let list = run(name, &["--versions", "v=*", "--list"]).json();
        for (group, expected) in previews(name, "nodegroups.json") {
            let found = list[&group]["hosts"].as_array();
            let mut found: Vec<&str> = found.into_iter().flatten().map(|host| host.as_str().unwrap()).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{name}: {group}");
        }
        // An include in an include, which a glob over folders leads to.
        assert_eq!(list["nested"]["hosts"], json!(["web1", "web2"]), "{name}");
    }
}

#[test]
fn after_an_upgrade_what_the_earlier_release_kept_is_not_looked_at() {
    let name = "3006-to-3008";
    let data = recorded(name).join("var/cache/salt/master/minions/web3/data.p");
    assert!(data.is_file(), "the scenario has data.p of a minion that never came back");
    let said = previews(name, "targets.json");
    assert_eq!(said["G@role:web"], ["web1", "web4"]);
    assert_eq!(said["I@app:version:1.4"], ["web2", "web4"]);
    for (target, expected) in [("G@role:web", ["web1", "web4"]), ("I@app:version:1.4", ["web2", "web4"])] {
        let versions = format!("v={target} and not L@web3");
        let found = hosts(&run(name, &["--versions", &versions, "export", "tsv"]));
        assert_eq!(found.unwrap(), expected, "{target}");
    }
    let output = run(name, &["--version-from", "pillar:app:version", "plan", "--format", "regal"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, "{\"1.4\": [\"web2\", \"web4\"]}\n"), "{}", output.stderr);
    let checked = run(name, &["--version-from", "pillar:app:version", "check"]).stderr;
    for said in [
        "minions: data.p of `web1`, `web2`, `web3`, `web4` is left from before Salt 3008, and not looked at",
        "no pillar is known of `web3`",
    ] {
        assert!(checked.contains(said), "{said}: {checked}");
    }
}

/// A cache with data of 3008, and of an earlier release so much older or newer.
fn both(earlier: SystemTime) -> Test {
    let test = Test::new().file("cache/grains/web1.p", packed(&json!({"v": "new"}))).file(
        "cache/minions/web1/data.p",
        packed(&json!({"grains": {"v": "old", "w": "old"}, "pillar": {"p": "old"}})),
    );
    let file = std::fs::File::open(test.path().join("cache/minions/web1/data.p")).unwrap();
    file.set_modified(earlier).unwrap();
    test
}

#[test]
fn one_bank_with_data_is_enough_and_newer_data_of_an_earlier_release_is_refused() {
    let old = both(SystemTime::now() - Duration::from_secs(86_400));
    let output = old.args(&["-i", "cache", "--version-from", "grain:v", "plan", "--format", "regal"]).run();
    assert_eq!(output.stdout, "{\"new\": [\"web1\"]}\n", "{}", output.stderr);
    for from in ["grain:w", "pillar:p"] {
        let test = both(SystemTime::now() - Duration::from_secs(86_400));
        let refused = test.args(&["-i", "cache", "--version-from", from, "plan"]).run();
        assert_eq!(refused.code, 1, "{from}: {}", refused.stdout);
    }
    // A master that went back from 3008.
    let newer = both(SystemTime::now() + Duration::from_secs(86_400));
    let refused = newer.args(&["-i", "cache", "--version-from", "grain:v", "plan"]).errors();
    assert!(refused.contains("is newer than `grains` and `pillar`"), "{refused}");
}

#[test]
fn the_pillar_of_another_environment_is_not_that_of_targets() {
    let checked = run("3008", &["--versions", "v=*", "check"]).stderr;
    let said = "the cache has the pillar of `prod1` only for an environment of its own, `prod`";
    assert!(checked.contains(said), "{checked}");
    // An id with colons has a pillar of its own.
    let output = run("3008", &["--versions", "v=L@2001:db8::7 and I@app:version:1.4", "export", "tsv"]);
    assert_eq!(hosts(&output).unwrap(), ["2001:db8::7"]);
}

/// A master with one accepted key, whose configuration has these lines too.
fn master(lines: &str) -> Test {
    Test::new()
        .file("etc/salt/master", lines)
        .file("etc/salt/pki/master/minions/web1", KEY)
        .file("etc/salt/pki/master/minions_pre/new1", KEY)
        .file("etc/salt/roster", "old1: 10.0.0.1\n")
        .file("var/cache/salt/master/grains/web1.p", packed(&json!({"v": "stale"})))
        .file("grains.json", "{\"web1\": {\"v\": \"1.4\"}}")
        .file("keys.json", "{\"minions\": [\"web1\"], \"minions_pre\": [], \"minions_rejected\": []}")
        .file("flat", "web1: 10.0.0.1\n")
}

#[test]
fn settings_by_which_local_files_say_nothing_are_errors_unless_the_part_is_named() {
    for (lines, said, part) in [
        ("cache: redis\n", "`cache: redis`: grains and pillar are not in local files", "grains: grains.json"),
        ("cache: mmap_cache\n", "`cache: mmap_cache`: grains", "grains: grains.json"),
        ("minion_data_cache: False\n", "`minion_data_cache: False`: the master keeps no grains", "grains: grains.json"),
        ("pillar.cache_driver: redis\n", "`pillar.cache_driver: redis`: pillar is not", "grains: grains.json"),
        ("keys.cache_driver: mmap_key\n", "`keys.cache_driver: mmap_key`: keys are not", "keys: keys.json"),
        ("roster: sshconfig\n", "takes the hosts of salt-ssh from the configuration of ssh", "roster: flat"),
        ("roster: clustershell\n", "takes the hosts of salt-ssh from ClusterShell's groups", "roster: flat"),
        ("roster: flat,scan\n", "takes the hosts of salt-ssh from a scan of the network", "roster: flat"),
        ("roster: ours\n", "takes the hosts of salt-ssh from a module of its own", "roster: flat"),
    ] {
        let refused = master(lines).args(&["-i", "etc/salt", "--versions", "v=*", "plan"]).errors();
        assert!(refused.contains(said) && refused.contains("etc/salt/master:1:"), "{lines}: {refused}");
        let source = format!("{{salt: {{config: etc/salt, {part}}}}}");
        let output = master(lines).args(&["-i", &source, "--versions", "v=web1", "check"]).run();
        assert_eq!(output.code, 0, "{lines}: {}", output.stderr);
    }
    let source = "{salt: {config: etc/salt, grains: grains.json}}";
    let output =
        master("cache: redis\n").args(&["-i", source, "--version-from", "grain:v", "plan", "--format", "regal"]);
    assert_eq!(output.run().stdout, "{\"1.4\": [\"web1\"]}\n");
    for lines in ["cache: localfs\n", "minion_data_cache: True\n", "keys.cache_driver: localfs_key\n", "roster: flat\n"]
    {
        let output = master(lines).args(&["-i", "etc/salt", "--versions", "v=*", "check"]).run();
        assert_eq!(output.code, 0, "{lines}: {}", output.stderr);
    }
    // The minions of the cache are those of the keys.
    let output = master("roster: cache\n").args(&["-i", "etc/salt", "--versions", "v=*", "check"]).run();
    assert!(output.code == 0 && output.stderr.contains("no `ansible_host` here"), "{}", output.stderr);
    assert!(output.stdout.starts_with("1 host,"), "{}", output.stdout);
}

#[test]
fn keys_are_where_the_packages_of_debian_have_them() {
    let keys = |test: Test, folder: &str, id: &str| {
        test.file(&format!("{folder}/minions/{id}"), KEY).file(&format!("{folder}/minions_pre/new1"), KEY)
    };
    let debian = || keys(Test::new().file("etc/salt/master.d/x.conf", ""), "var/lib/salt/pki/master", "web1");
    let output = debian().args(&["-i", "etc/salt", "--versions", "v=*", "plan", "--format", "regal"]).run();
    assert_eq!(output.stdout, "{\"v\": [\"web1\"]}\n", "{}", output.stderr);
    let twice = keys(debian(), "etc/salt/pki/master", "web2");
    let refused = twice.args(&["-i", "etc/salt", "--versions", "v=*", "plan"]).errors();
    assert!(
        refused.contains("keys are accepted in `etc/salt/pki/master` and in `var/lib/salt/pki/master`"),
        "{refused}"
    );
    let set = keys(debian(), "etc/salt/pki/master", "web2").file("etc/salt/master", "pki_dir: etc/salt/pki/master\n");
    let output = set.args(&["-i", "etc/salt", "--versions", "v=*", "plan", "--format", "regal"]).run();
    assert_eq!(output.stdout, "{\"v\": [\"web2\"]}\n", "{}", output.stderr);
    let cluster = keys(Test::new(), "shared", "web3")
        .file("etc/salt/master", "cluster_id: one\ncluster_pki_dir: shared\npki_dir: etc/salt/pki/master\n");
    let output = cluster.args(&["-i", "etc/salt", "--versions", "v=*", "plan", "--format", "regal"]).run();
    assert_eq!(output.stdout, "{\"v\": [\"web3\"]}\n", "{}", output.stderr);
}

#[test]
fn what_this_user_may_not_read_is_an_error_and_not_nothing() {
    for closed in [
        "etc/salt/pki/master",
        "etc/salt/pki/master/minions",
        "etc/salt/master",
        "etc/salt/master.d",
        "var/cache/salt/master",
        "var/cache/salt/master/grains",
        "var/cache/salt/master/minions/web1",
    ] {
        let mut test = master("interface: 127.0.0.1\n").file("etc/salt/master.d/x.conf", "");
        if closed.contains("minions/web1") {
            std::fs::remove_dir_all(test.path().join("var/cache/salt/master/grains")).unwrap();
            let data = packed(&json!({"grains": {"v": "1"}, "pillar": {}}));
            test =
                test.file(&format!("{closed}/data.p"), &data).file("var/cache/salt/master/minions/web0/data.p", &data);
        }
        std::fs::set_permissions(test.path().join(closed), std::fs::Permissions::from_mode(0o000)).unwrap();
        let output = as_nobody(&test, &["-i", "{salt: {config: etc/salt}}", "--versions", "v=*", "plan"]);
        std::fs::set_permissions(test.path().join(closed), std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{closed}: {}", output.stderr);
        assert!(output.stderr.contains("permission denied"), "{closed}: {}", output.stderr);
        if closed != "etc/salt/master" {
            assert!(output.stderr.contains("run this as root or that user"), "{closed}: {}", output.stderr);
        }
    }
}

#[test]
fn includes_are_followed_as_salt_follows_them() {
    let test = || {
        Test::new()
            .file("etc/roster", "{a: h, b: h, c: h}")
            .file("etc/site/one/g.conf", "include: [more/*.conf]\nnodegroups: {one: [a], both: [a]}\n")
            .file("etc/site/two/g.conf", "nodegroups: {both: [b]}\n")
            .file("etc/site/.hidden/g.conf", "nodegroups: {hidden: [c]}\n")
            .file("etc/site/one/more/x.conf", "nodegroups: {nested: [c]}\n")
    };
    let read = |test: Test| test.args(&["-i", "etc", "--versions", "v=a", "--list"]).run();
    let list = read(test().file("etc/master", "# {{ x }}\ninclude: site/*/g.conf\n")).json();
    let of = |group: &str| list[group]["hosts"].to_string();
    // What a file includes takes the place of its own keys.
    assert_eq!([of("one"), of("nested"), of("both"), of("hidden")], ["null", "[\"c\"]", "[\"b\"]", "null"]);
    let lost = test().file("etc/master", "include: [site/*/nothing.conf]\n");
    let lost = lost.args(&["-i", "etc", "--versions", "v=a", "check"]).run().stderr;
    assert!(lost.contains("warning: etc/master:1:1: `include: site/*/nothing.conf` leads to no file"), "{lost}");
    let circle =
        test().file("etc/master", "include: site/loop.conf\n").file("etc/site/loop.conf", "include: loop.conf\n");
    let circle = read(circle);
    assert!(circle.errors().contains("nested more than"), "{}", circle.stderr);
}

#[test]
fn a_folder_with_only_master_and_roster_is_a_configuration() {
    for main in ["# nothing\n", "roster_defaults: {user: deploy}\n", "interface: 127.0.0.1\n"] {
        let test = Test::new().file("shop/master", main).file("shop/roster", "web1: 10.0.0.1\n");
        let output = test.args(&["-i", "shop", "--versions", "v=*", "plan", "--format", "regal"]).run();
        assert_eq!(output.stdout, "{\"v\": [\"web1\"]}\n", "{main}: {}", output.stderr);
    }
    // An inventory of Ansible's may have a file of that name.
    let test = Test::new().file("inventory/master", "[web]\nweb1 a=b:c\n").file("inventory/other", "web2\n");
    let output = test.args(&["-i", "inventory", "--versions", "v=all", "plan", "--format", "regal"]).run();
    assert_eq!(output.stdout, "{\"v\": [\"web1\", \"web2\"]}\n", "{}", output.stderr);
}

/// A master with grains of one of its two minions and nodegroups that cannot be decided.
fn undecided(more: &str) -> Test {
    let groups = "nodegroups:\n  debian: 'G@os:Debian'\n  range: 'R@%x'\n  gone: 'N@gone2'\n  negated: ['web*', 'and not web2']\n  \
                  around: 'E@web(?!2)'\n  odd: [1.10]\n  good: 'L@web1'\n";
    Test::new()
        .file("etc/salt/master.d/groups.conf", format!("{groups}{more}"))
        .file("etc/salt/pki/master/minions/web1", KEY)
        .file("etc/salt/pki/master/minions/web2", KEY)
        .file("etc/salt/pki/master/minions_pre/new1", KEY)
        .file("var/cache/salt/master/grains/web1.p", packed(&json!({"os": "Debian"})))
}

#[test]
fn a_nodegroup_that_cannot_be_decided_stops_only_what_asks_for_it() {
    let output = undecided("").args(&["-i", "etc/salt", "--versions", "v=good", "plan", "--format", "regal"]).run();
    assert_eq!(output.stdout, "{\"v\": [\"web1\"]}\n", "{}", output.stderr);
    let checked = undecided("").args(&["-i", "etc/salt", "--versions", "v=good", "check"]).run().stderr;
    let groups = ["debian", "range", "gone", "negated", "around", "odd"];
    for group in groups {
        assert!(checked.contains(&format!("nodegroup `{group}` is not a group here: ")), "{group}: {checked}");
        for asked in [group.to_string(), format!("N@{group}")] {
            let versions = format!("v={asked}");
            let test = undecided("").args(&["-i", "etc/salt", "--versions", &versions, "--versions", "w=good", "plan"]);
            test.errors();
        }
    }
    for asked in [
        &["--version-from", "template:{{ group_names | first }}"][..],
        &["--version-from", "group:d*"],
        &["--versions", "v=good", "--limit", "debian"],
        &["--versions", "v=good", "--exclude", "around"],
    ] {
        let refused = undecided("").args(&["-i", "etc/salt"]).args(asked).args(&["plan"]).errors();
        assert!(refused.contains("is not a group here"), "{asked:?}: {refused}");
    }
    let many: String = (0..20).map(|n| format!("  d{n}: 'G@os:Debian'\n")).collect();
    let checked = undecided(&many).args(&["-i", "etc/salt", "--versions", "v=good", "check"]).run().stderr;
    assert!(checked.contains("nodegroup `d2` and 17 more are not groups here either"), "{checked}");
}

#[test]
fn words_that_salt_takes_for_other_ids_are_refused() {
    for (target, said) in [
        ("web1,web2 or web3", "write L@web1,web2"),
        ("web*,db1 and G@os:x", "write ( web* or db1 )"),
        ("web1 or wbe2", "the target lists what is not a minion: wbe2"),
    ] {
        let versions = format!("v={target}");
        let test = Test::new().file("roster", "{web1: h, web2: h, web3: h}\n");
        let refused = test.args(&["-i", "roster", "--versions", &versions, "plan"]).errors();
        assert!(refused.contains(said), "{target}: {refused}");
    }
    let limited = Test::new().file("roster", "web1: h\nweb2: h\n");
    let limited = limited.args(&["-i", "roster", "--versions", "v=*", "--limit", "web1 or wbe2", "check"]).run();
    let said = "warning: --limit: limit `web1 or wbe2` lists what is not a minion: `wbe2`";
    assert!(limited.code == 0 && limited.stderr.contains(said), "{}", limited.stderr);
    let groups = "nodegroups:\n  bars: ['G|@os|Debian']\n  fine: 'G|@os|Debian and *'\n";
    let test = Test::new().file("roster", "web1: {host: h, grains: {os: Debian}}\n").file("g.conf", groups);
    let test = test.args(&["-i", "roster", "-i", "g.conf", "--versions", "v=fine", "check"]).run();
    let said = "nodegroup `bars` is not a group here: `G|@os|Debian` is an id to Salt here";
    assert!(test.code == 0 && test.stderr.contains(said), "{}", test.stderr);
}
