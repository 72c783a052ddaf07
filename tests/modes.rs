//! With which mode things are written, under three umasks: the table of SECURITY.md.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::Test;

const UMASKS: [&str; 3] = ["000", "022", "077"];

fn mode(folder: &Path, name: &str) -> String {
    let metadata = folder.join(name).metadata().unwrap_or_else(|error| panic!("{name}: {error}"));
    format!("{:o}", metadata.permissions().mode() & 0o7777)
}

/// Writes everything there is to write, and returns the modes.
fn written(test: &Test, umask: &str) -> Vec<(&'static str, String)> {
    let said = test.shell(&format!(
        "umask {umask}
        regal plan --output out >&2 &&
        regal export hosts --output batches >&2 &&
        regal plan --save v.rollout.yml >&2 &&
        regal run --plan v.rollout.yml --only-canary -- sh -c \
            'stat -c \"%a\" \"$(dirname \"$ROLLOUT_RESULTS\")\" > folder; chmod a+r folder' >&2"
    ));
    assert_eq!(said.code, 0, "{}", said.stderr);
    let folder = test.path();
    let inside = std::fs::read_dir(folder.join("batches")).unwrap().map(|entry| entry.unwrap().file_name());
    let inside: Vec<String> =
        inside.map(|name| name.into_string().unwrap()).filter(|name| !name.starts_with('.')).collect();
    let run = std::fs::read_to_string(folder.join("folder")).unwrap().trim().to_string();
    vec![
        ("--output FILE", mode(folder, "out")),
        ("the folder of an export", mode(folder, "batches")),
        ("a file of an export", mode(folder, &format!("batches/{}", inside[0]))),
        ("a frozen plan", mode(folder, "v.rollout.yml")),
        ("its record", mode(folder, "v.rollout.jsonl")),
        ("the folder of a run", run),
    ]
}

/// Compares the modes under each umask with those that are wanted.
fn expected(test: &Test, modes: &[[&str; 6]; 3]) {
    for (umask, modes) in UMASKS.iter().zip(modes) {
        for name in ["out", "batches", "v.rollout.yml", "v.rollout.jsonl", "folder"] {
            test.shell(&format!("rm -rf {name}"));
        }
        let found = written(test, umask);
        let found: Vec<(&str, &str)> = found.iter().map(|(what, mode)| (*what, mode.as_str())).collect();
        let wanted: Vec<(&str, &str)> = found.iter().map(|(what, _)| *what).zip(modes.iter().copied()).collect();
        assert_eq!(found, wanted, "umask {umask}");
    }
}

#[test]
fn what_is_written_has_the_modes_of_the_table() {
    let test =
        Test::new().file("hosts", "[web]\nweb1\nweb2\n").file("regal.yml", "inventory: hosts\nversions: {v: web}\n");
    let open = [
        ["666", "777", "666", "775", "664", "700"],
        ["644", "755", "644", "755", "644", "700"],
        ["600", "700", "600", "700", "600", "700"],
    ];
    expected(&test, &open);
}

#[test]
fn what_was_decrypted_is_for_the_user_alone() {
    let sealed = crate::vault::encrypt("app_version: v1\n");
    let test = Test::new()
        .file("hosts", "[web]\nweb1\nweb2\n")
        .file("group_vars/web.yml", sealed)
        .file("password", crate::vault::PASSWORD)
        .file("regal.yml", "inventory: hosts\nversion_from: {var: app_version}\nvault_password_file: password\n");
    let private = ["600", "700", "600", "700", "600", "700"];
    expected(&test, &[private; 3]);
}

#[test]
fn init_and_the_playbooks_have_theirs() {
    for (umask, modes) in UMASKS.iter().zip([
        ["755", "777", "644", "777", "666"],
        ["755", "755", "644", "755", "644"],
        ["700", "700", "600", "700", "600"],
    ]) {
        let test = Test::new().file("hosts", "[web]\nweb1 app_version=v1\nweb2 app_version=v1\n");
        let line = format!("umask {umask}; regal -i hosts init --yes >&2 && regal playbooks --output playbooks >&2");
        let said = test.shell(&line);
        assert_eq!(said.code, 0, "{}", said.stderr);
        let names = ["rollout.regal.yml", "hooks", "hooks/deploy.yml", "playbooks", "playbooks/rollout.yml"];
        assert_eq!(names.map(|name| mode(test.path(), name)), modes, "umask {umask}");
    }
}

#[test]
fn what_ansible_is_handed_is_nobody_elses() {
    let fake = "#!/bin/sh\nfor word; do case $word in --inventory=/*) \
                file=${word#--inventory=}; stat -c %a \"$file\" \"$(dirname \"$(dirname \"$file\")\")\" >> modes;; esac; done\n\
                stat -c %a \"$ANSIBLE_CONFIG\" >> modes\necho '{\"web\": {\"hosts\": [\"web1\"]}, \"_meta\": {\"hostvars\": {}}}'\n";
    for umask in UMASKS {
        let test = Test::new().script("ansible-inventory", fake);
        let said = test.shell(&format!(
            "umask {umask}; echo web1 | regal -i /dev/stdin --engine ansible --ansible-inventory ./ansible-inventory \
             --use-ansible-cfg no --versions v=all --list"
        ));
        assert_eq!(said.code, 0, "{}", said.stderr);
        let modes = std::fs::read_to_string(test.path().join("modes")).unwrap();
        assert_eq!(modes, "600\n700\n600\n", "umask {umask}");
    }
}

#[test]
fn the_cache_is_for_the_user_alone() {
    for umask in UMASKS {
        let script = "#!/bin/sh\necho '{\"web\": [\"web1\"], \"_meta\": {\"hostvars\": {}}}'\n";
        let test = Test::new().script("s", script);
        let line = format!("umask {umask}; XDG_CACHE_HOME=$PWD/c regal --cache 1h -i s --versions v=all plan");
        assert_eq!(test.shell(&line).code, 0);
        let folder = test.path().join("c/regal-inventory");
        let entry = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().file_name();
        assert_eq!(mode(&folder, "."), "700", "umask {umask}");
        assert_eq!(mode(&folder, entry.to_str().unwrap()), "600", "umask {umask}");
    }
}
