//! A program over the library and the command plan alike.

use regal_inventory::emit::regal;
use regal_inventory::error::Result;
use regal_inventory::session::{Arena, Configuration, Opening, Session, Surroundings, TextMap};

use crate::support::Test;
use crate::vault::{PASSWORD, encrypt};

/// Plans in the folder of a test as `examples/programs/walk.rs` does, with one more variable; gives regal's form.
fn planned(test: &Test) -> Result<String> {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let variables = std::env::vars_os().chain([("SITE".into(), "here".into())]).collect();
    let surroundings = Surroundings { variables, folder: test.path().to_path_buf(), ..Surroundings::default() };
    let session = Session::open(&arena, &texts, Opening::new(Configuration::file("sub/regal.yml"), surroundings))?;
    let mut printed = Vec::new();
    regal::write(&session.plan()?.plan, &mut printed).unwrap();
    Ok(String::from_utf8(printed).unwrap())
}

#[test]
fn the_library_and_the_command_plan_alike() {
    let aliases = "a: &a [1, 2, 3, 4, 5, 6, 7, 8]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n";
    for (configuration, expected) in [
        ("inventory: 'h1,h2,'\nversions: {v: all}\n", "{\"v\": [\"h1\", \"h2\"]}\n"),
        ("inventory: [hosts, 'h1,h2,']\nversions: {v: all}\nlimit: h1:web2\n", "{\"v\": [\"web2\", \"h1\"]}\n"),
        ("inventory: hosts\nversions: {v: all}\nmax_range_hosts: 1\n", "makes too many hosts"),
        ("inventory: hosts\nversions: {v: all}\nmax_source_bytes: 3\n", "larger than 3 bytes"),
        ("inventory: aliases.yml\nversions: {v: all}\nmax_yaml_values: 20\n", "expand"),
        ("inventory: hosts\nversions: {v: all}\nlimit: nobody\n", "the limit leaves no host"),
        ("inventory: $UNSET_HERE/hosts\nversions: {v: all}\n", "$UNSET_HERE/hosts` cannot be read"),
        ("inventory: [{salt: {roster: roster}}]\nversions: {v: 'G@role:web'}\n", "{\"v\": [\"m1\"]}\n"),
        ("inventory: sealed\nversions: {v: all}\nvault_password_file: wrong\n", "the file is under vault, but damaged"),
        ("inventory: slow\nversions: {v: all}\nsource_timeout: 1s\n", "did not end within 1 second"),
        ("inventory: vaulted\nversions: {v: all}\nvault_password_file: password\n", "{\"v\": [\"safe1\"]}\n"),
        (
            "inventory: [cloud.yml, hosts]\nversions: {v: all}\nansible_inventory: ./ansible-inventory\n",
            "{\"v\": [\"cloud1\"]}\n",
        ),
        ("inventory: scripted\nversion_from: {template: '{{ site }}-1'}\n", "{\"here-1\": [\"w1\"]}\n"),
        ("inventory: hosts\nversions: {v: all}\nlimit: '@some'\n", "{\"v\": [\"web2\"]}\n"),
    ] {
        let test = Test::new()
            .file("sub/regal.yml", configuration)
            .file("sub/hosts", "[web]\nweb[1:2]\n")
            .file("sub/aliases.yml", format!("web: {{hosts: {{w1: }}}}\nx: {{vars: {{y: 1}}}}\n{aliases}"))
            .file("sub/roster", "m1: {host: 10.0.0.1, grains: {role: web}}\nm2: {host: 10.0.0.2, grains: {role: db}}\n")
            .file("sub/sealed", "$ANSIBLE_VAULT;1.1;AES256\n00\n")
            .file("sub/wrong", "wrong\n")
            .script("sub/slow", "#!/bin/sh\nsleep 60\n")
            .file("sub/vaulted", encrypt("[web]\nsafe1\n"))
            .file("sub/password", PASSWORD)
            .file("sub/cloud.yml", "plugin: amazon.aws.aws_ec2\n")
            .script(
                "sub/ansible-inventory",
                "#!/bin/sh\necho '{\"_meta\": {\"hostvars\": {}}, \"web\": {\"hosts\": [\"cloud1\"]}}'\n",
            )
            .script(
                "sub/scripted",
                "#!/bin/sh\nprintf '{\"web\": {\"hosts\": [\"w1\"], \"vars\": {\"site\": \"%s\"}}}' \"$SITE\"\n",
            )
            .file("some", "web2\n")
            .env("SITE", "here")
            .args(&["--config", "sub/regal.yml", "plan", "--format", "regal"]);
        let library = planned(&test);
        let command = test.run();
        match library {
            Ok(plan) => {
                assert_eq!(plan, expected, "{configuration}");
                assert_eq!((command.stdout.as_str(), command.code), (expected, 0), "{}", command.stderr);
            }
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains(expected), "{configuration}: {message}");
                assert!(command.code == 1 && command.stderr.contains(expected), "{}", command.stderr);
            }
        }
    }
}

#[test]
fn a_session_sees_what_is_handed_in_and_nothing_else() {
    let test = Test::new()
        .file("conf/regal.yml", "inventory: [../$SITE/hosts, ../programs/]\nversion_from: {var: release}\n")
        .file("conf/below/note", "")
        .file("berlin/hosts", "web[1:4] release=1.0\n")
        .script(
            "programs/script",
            "#!/bin/sh\nprintf '{\"of_%s\": {\"hosts\": [\"db1\"], \"vars\": {\"release\": \"%s\"}}}' \"$SITE\" \"$HOME-$(pwd)\"\n",
        );
    let (arena, texts) = (Arena::new(), TextMap::new());
    let variables = [("SITE", "berlin"), ("REGAL_BATCH_SIZE", "3"), ("REGAL_GROUP_NAMES", "safe")];
    let folder = test.path().join("conf/below").canonicalize().unwrap();
    let surroundings = Surroundings {
        variables: variables.map(|(name, value)| (name.into(), value.into())).into(),
        folder: folder.clone(),
        ..Surroundings::default()
    };
    let session = Session::open(&arena, &texts, Opening::new(Configuration::Nearest, surroundings.clone())).unwrap();
    let planned = session.plan().unwrap();
    let found: Vec<(&str, Vec<usize>)> = (planned.plan.rollouts.iter())
        .map(|rollout| (rollout.version, rollout.batches.iter().map(|batch| batch.hosts.len()).collect()))
        .collect();
    // No HOME was handed in, and the script runs in the folder.
    assert_eq!(found, [("1.0", vec![1, 3]), (&*format!("-{}", folder.display()), vec![1])]);
    assert_eq!(session.settings().environment.len(), 2);

    let guarded = Surroundings { variables: [("REGAL_INVENTORY_RUNNING".into(), "1".into())].into(), ..surroundings };
    let refused = Session::open(&arena, &texts, Opening::new(Configuration::None, guarded)).err().unwrap();
    assert!(refused.to_string().contains("was started as a source of itself"), "{refused}");
}

#[test]
fn ansible_cfg_means_the_same_to_both() {
    let inventory = "[defaults]\ninventory = sub/hosts\n";
    for (cfg, variable, configuration, expected) in [
        (inventory, "", "version_from: {var: release}\n", "{\"2.4.1\": [\"web1\", \"web2\"]}\n"),
        (inventory, "", "version_from: {var: release}\nuse_ansible_cfg: no\n", "there is no inventory"),
        (
            "[defaults]\nprecedence = all_plugins_inventory, groups_inventory\n",
            "",
            "inventory: hosts\nversion_from: {var: release}\n",
            "{\"2.5.0\": [\"web1\", \"web2\"]}\n",
        ),
        (inventory, "groups_inventory", "version_from: {var: release}\n", "{\"2.5.0\": [\"web1\", \"web2\"]}\n"),
        (
            "[defaults]\nhash_behaviour = x\n",
            "",
            "inventory: hosts\nversions: {v: all}\n",
            "ansible.cfg:2:1: [defaults] hash_behaviour",
        ),
    ] {
        let mut test = Test::new()
            .file("ansible.cfg", cfg)
            .file("sub/regal.yml", configuration)
            .file("sub/hosts", "[web]\nweb[1:2]\n[web:vars]\nrelease=2.5.0\n")
            .file("sub/group_vars/all.yml", "release: 2.4.1\n")
            .args(&["--config", "sub/regal.yml", "plan", "--format", "regal"]);
        let variables = [("ANSIBLE_PRECEDENCE", variable)].into_iter().filter(|(_, value)| !value.is_empty());
        let surroundings = Surroundings {
            variables: variables.clone().map(|(name, value)| (name.into(), value.into())).collect(),
            folder: test.path().to_path_buf(),
            ..Surroundings::default()
        };
        for (name, value) in variables {
            test = test.env(name, value);
        }
        let (arena, texts) = (Arena::new(), TextMap::new());
        let session = Session::open(&arena, &texts, Opening::new(Configuration::file("sub/regal.yml"), surroundings));
        let library = session.and_then(|session| {
            let mut printed = Vec::new();
            regal::write(&session.plan()?.plan, &mut printed).unwrap();
            Ok(String::from_utf8(printed).unwrap())
        });
        let command = test.run();
        match library {
            Ok(plan) => assert_eq!((plan.as_str(), command.stdout.as_str()), (expected, expected), "{cfg}"),
            Err(error) => {
                assert!(error.to_string().contains(expected), "{cfg}{error}");
                assert!(command.code == 1 && command.stderr.contains(expected), "{}", command.stderr);
            }
        }
    }
}
