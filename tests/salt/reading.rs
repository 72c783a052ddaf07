//! What is read from a master's files is what the master says.

use serde_json::Value;

use super::master::{MINIONS, master};

/// Targets of every form, each for the master and for us.
const TARGETS: &[&str] = &[
    "*",
    "web*",
    "web[12]",
    "L@web1,db1",
    "E@(web|db)1$",
    "G@app_version:1.4.*",
    "G@app_version:1.4.1 and not web2",
    "P@app_version:1\\.(4|10)",
    "P@app_version:1\\.\\d+$",
    "I@app:version:app-1.0.0-SNAPSHOT.war",
    "I@app:version:*SNAPSHOT*",
    "J@app:version:^1\\.10$",
    "G@deep:list:a",
    "G@deep:list:b:80",
    "G@deep:*",
    "G|@deep|list|a",
    "G@role:WEB",
    "G@id:web1 or G@id:db1",
    "not G@role:web",
    "not ( web1 or web2 )",
    "( web1 or web2 ) and G@role:web",
    "web1 or web2 and db1",
    "web* not web2",
    "S@127.0.0.0/8",
    "S@203.0.113.0/24",
    "S@::1",
    "N@web and not N@old",
    "N@ids",
    "nobody*",
];

#[test]
#[ignore = "needs salt; run tests/run"]
fn targets_select_what_the_master_previews() {
    let master = master();
    for target in TARGETS {
        let expected = master.preview("-C", target);
        // In parentheses a glob is a target of Salt's, too, and no pattern of Ansible's.
        let versions = format!("v=( {target} )");
        // Without a version no plan is made, so a target of nobody is asked for beside another.
        let arguments = ["-i", "master", "--versions", &versions, "--versions", "rest=*", "export", "tsv"];
        let tsv = master.planned(&arguments);
        let mut hosts: Vec<&str> =
            tsv.lines().filter(|line| line.starts_with("v\t")).map(|line| line.split('\t').nth(4).unwrap()).collect();
        hosts.sort_unstable();
        assert_eq!(hosts, expected, "{target}");
    }
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn the_cached_version_is_the_grain_of_the_minion() {
    let master = master();
    let output = master.salt(&["*", "grains.item", "app_version", "--out=json", "--static"]);
    let told: Value = serde_json::from_str(&output.stdout).unwrap();
    let saved = [
        ("cache", "var/cache/salt/master".to_string()),
        ("grains", master.file("static.json", &output.stdout).display().to_string()),
        ("grains", {
            let lines = master.salt(&["*", "grains.item", "app_version", "--out=json"]).stdout;
            master.file("documents.json", &lines).display().to_string()
        }),
        ("grains", {
            let run = master.call("salt-run", &["cache.grains", "*", "--out=json"]);
            master.file("runner.json", &run.stdout).display().to_string()
        }),
    ];
    for (part, path) in saved {
        let source = format!("{{salt: {{{part}: {path}}}}}");
        let json = master.planned(&["-i", &source, "--version-from", "grain:app_version", "plan", "--format", "json"]);
        let plan: Value = serde_json::from_str(&json).unwrap();
        for (id, version) in MINIONS {
            assert_eq!(told[id]["app_version"], version, "{id}");
            let rollouts = plan["versions"].as_array().unwrap();
            let of = rollouts.iter().find(|rollout| rollout["version"] == version).unwrap();
            assert!(of.to_string().contains(&format!("\"{id}\"")), "{part}: {id} is not in {of}");
        }
    }
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn keys_and_status_and_masked_pillar_are_told_apart_by_themselves() {
    let master = master();
    let run = |arguments: &[&str], program: &str| master.call(program, arguments).stdout;
    master.file("keys.json", &run(&["-L", "--out=json"], "salt-key"));
    master.file("status.json", &run(&["manage.status", "--out=json"], "salt-run"));
    master.file("all.json", &run(&["*", "grains.items", "--out=json", "--static"], "salt"));
    for source in ["keys.json", "status.json", "all.json", "etc/salt/pki/master", "var/cache/salt/master", "master"] {
        let tsv = master.planned(&["-i", source, "--versions", "v=web*:db1", "export", "tsv"]);
        let hosts = tsv.lines().filter(|line| line.starts_with("v\t")).count();
        assert_eq!(hosts, MINIONS.len(), "{source}: {tsv}");
    }
    master.file("pillar.json", &run(&["*", "pillar.items", "--out=json", "--static"], "salt"));
    let source = "{salt: {keys: keys.json, pillar: pillar.json}}";
    let refused = master.regal(&["-i", source, "--version-from", "pillar:app:version", "plan"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("the pillar is masked"), "{}", refused.stderr);
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn the_master_passes_over_ranges_and_typing_errors_which_are_refused_here() {
    let master = master();
    // Its function for `R@` cannot be called, so the whole target is nobody's.
    for target in ["R@%nothing", "web1 or R@%nothing"] {
        assert_eq!(master.preview("-C", target), [""; 0], "{target}");
    }
    assert_eq!(master.preview("-C", "web1 or X@y"), ["web1"]);
    assert_eq!(master.preview("-C", "web1 or g@os:*"), ["web1"]);
    for target in ["R@%nothing", "web1 or T@ssh", "web1 or M@ssh", "web1 or X@y", "web1 or g@os:*"] {
        let versions = format!("v={target}");
        let refused = master.regal(&["-i", "master", "--versions", &versions, "plan"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{target}");
        let word = target.rsplit(' ').next().unwrap();
        assert!(refused.stderr.contains(&format!("`{word}`")), "{target}: {}", refused.stderr);
    }
}
