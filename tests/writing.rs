//! Results in files: writers beside each other, ended ones, and who may read what they wrote.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::Test;

/// A folder with an inventory of as many hosts, for batches of ten.
fn site(hosts: usize) -> Test {
    filled(Test::new(), hosts)
}

fn filled(test: Test, hosts: usize) -> Test {
    let hosts: String = (0..hosts).map(|n| format!("web{n:05}\n")).collect();
    let config = "inventory: hosts\nversions: {app-1: all}\nbatch_size: 10\n";
    test.file("hosts", hosts).file("regal.yml", config)
}

fn export(test: &Test, before: &[&str], options: &[&str]) -> Command {
    let program = [before, &[env!("CARGO_BIN_EXE_regal-inventory")]].concat();
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).args(options).args(["export", "hosts", "--output", "out"]);
    command.current_dir(test.path()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn wrote(test: &Test, options: &[&str]) -> Output {
    export(test, &[], options).output().unwrap()
}

/// The files of the export with what they hold.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
}

/// What is beside the place that was no part of the test.
fn beside(test: &Test) -> Vec<String> {
    let entries = std::fs::read_dir(test.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| !["hosts", "regal.yml", "out"].contains(&name.as_str()));
    names
}

/// Whether a program may do this here; says so if not.
fn permitted(command: &[&str], otherwise: &str) -> bool {
    let run = Command::new(command[0]).args(&command[1..]).stderr(Stdio::null()).status();
    let may = run.is_ok_and(|status| status.success());
    if !may {
        eprintln!("`{}` is not permitted here: {otherwise}", command.join(" "));
    }
    may
}

/// As two containers with one volume: each writer is process 1 of its own.
#[test]
#[ignore = "long; run tests/run"]
fn pairs_of_writers_with_one_process_id() {
    // files::tests has two writers with one id everywhere: threads of one process.
    let unshare: &[&str] = &["unshare", "--pid", "--fork"];
    let otherwise = "the writers here have different ids; two of one id are in files::tests";
    let before = if permitted(&[unshare, &["true"]].concat(), otherwise) { unshare } else { &[] };
    // On a disk each writer waits for all that anybody wrote there, so most rounds are in memory.
    writers_beside_each_other(&site(10_000), before, 10);
    writers_beside_each_other(&filled(Test::in_memory(), 10_000), before, 40);
}

fn writers_beside_each_other(test: &Test, before: &[&str], rounds: usize) {
    let place = test.path().join("out");
    let alone = |options: &[&str]| {
        assert!(wrote(test, options).status.success());
        files(&place)
    };
    let whole = [alone(&[]), alone(&["--batch-size", "11"])];
    assert!(whole.iter().all(|files| files.len() > 900));
    let end = Instant::now() + Duration::from_secs(1800);
    for round in 0..rounds {
        assert!(Instant::now() < end, "only {round} rounds in half an hour");
        // In half of them nothing is there to be replaced.
        if round % 2 == 0 {
            std::fs::remove_dir_all(&place).unwrap();
        }
        let writers: Vec<Child> =
            [&[][..], &["--batch-size", "11"]].map(|options| export(test, before, options).spawn().unwrap()).into();
        for writer in writers {
            let output = writer.wait_with_output().unwrap();
            assert!(output.status.success(), "round {round}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let found = files(&place);
        assert!(whole.contains(&found), "round {round}: {} files", found.len());
        assert_eq!(beside(test), [""; 0], "round {round}");
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn ended_at_any_moment_it_leaves_the_old_or_the_new_and_the_next_clears_away() {
    // As with the pairs: most rounds wait for no disk.
    let (ended, left) = end_writers(&site(1_500), 10);
    let (ended_in_memory, left_in_memory) = end_writers(&filled(Test::in_memory(), 1_500), 30);
    let (ended, left) = (ended + ended_in_memory, left + left_in_memory);
    assert!(ended > 5 && left > 1, "{ended} were ended and {left} left something: these rounds test little");
}

/// Ends writers, each a little later in its work; how many were ended before their end, and how many left something.
fn end_writers(test: &Test, rounds: u32) -> (i32, i32) {
    let place = test.path().join("out");
    assert!(wrote(test, &["--batch-size", "20"]).status.success());
    let new = files(&place);
    let begin = Instant::now();
    assert!(wrote(test, &[]).status.success());
    let (old, takes) = (files(&place), begin.elapsed());
    let (mut ended, mut left) = (0, 0);
    for round in 0..rounds {
        let mut writer = export(test, &[], &["--batch-size", "20"]).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(takes * round * 10 / (9 * rounds));
        writer.kill().unwrap();
        ended += i32::from(!writer.wait().unwrap().success());
        let found = files(&place);
        assert!(found == old || found == new, "round {round}: {} files", found.len());
        left += i32::from(!beside(test).is_empty());
        let next = wrote(test, &[]);
        assert!(next.status.success(), "round {round}: {}", String::from_utf8_lossy(&next.stderr));
        assert_eq!(files(&place), old, "round {round}");
        for name in beside(test) {
            // Ended in its first moment: it might be about to begin, and is cleared away once it is old.
            let inside: Vec<String> = files(&test.path().join(&name)).into_values().collect();
            assert!(inside.iter().all(String::is_empty) && inside.len() < 2, "round {round}: {inside:?}");
            let hours = std::time::SystemTime::now() - Duration::from_secs(4000);
            std::fs::File::open(test.path().join(&name)).unwrap().set_modified(hours).unwrap();
            assert!(wrote(test, &[]).status.success());
            assert_eq!(beside(test), [""; 0], "round {round}");
        }
    }
    (ended, left)
}

#[test]
fn the_folder_that_it_runs_in_is_not_replaced() {
    let test = site(20);
    assert!(wrote(&test, &[]).status.success());
    for (folder, path) in [("out", "."), ("out", "../out"), ("out/..", ".")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regal-inventory"));
        command.args(["--config", &test.path().join("regal.yml").display().to_string()]);
        let output =
            command.args(["export", "hosts", "--output", path]).current_dir(test.path().join(folder)).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains("cannot be written: the command runs in it"), "{message}");
        assert!(message.contains("\n  hint: name a folder in it, such as batches\n"), "{message}");
    }
    assert_eq!(beside(&test), [""; 0]);
}

#[test]
fn a_mount_point_is_not_replaced() {
    let unshare = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt && mount --bind /mnt /mnt"];
    if !permitted(&unshare, "nothing can be mounted, so this test tests nothing") {
        return;
    }
    let test = site(20).file("volume/x", "").file("plan.json", "old");
    std::fs::remove_file(test.path().join("volume/x")).unwrap();
    let script = |mount: &str, arguments: &str| {
        let program = env!("CARGO_BIN_EXE_regal-inventory");
        let script = format!("{mount} && exec {program} export {arguments}");
        let output = Command::new("unshare").args(["--mount", "sh", "-c", &script]).current_dir(test.path()).output();
        let output = output.unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for mount in ["mount -t tmpfs none volume", "mount --bind volume volume"] {
        let (code, message) = script(mount, "hosts --output volume");
        assert_eq!(code, Some(1), "{message}");
        assert!(message.contains("something is mounted there, which cannot be replaced as a whole"), "{message}");
        assert!(message.contains("volume/batches\n"), "{message}");
        assert_eq!(script(mount, "hosts --output volume/batches"), (Some(0), String::new()));
    }
    let (code, message) = script("mount --bind plan.json plan.json", "json --output plan.json");
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains("mount the folder that the file is in"), "{message}");
}

/// What was decrypted is in the file or not: nobody has to know which, so all of them are private then.
#[test]
#[ignore = "long; run tests/run"]
fn what_something_was_decrypted_for_is_for_the_user_alone() {
    let web = include_str!("fixtures/inventories/vault/group_vars/web.yml");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let results: [&[&str]; 9] = [
        &["--list"],
        &["--list", "--yaml"],
        &["--host", "web1"],
        &["--graph"],
        &["plan"],
        &["plan", "--compare", "regal.yml"],
        &["why", "web1"],
        &["check"],
        &["export", "tsv"],
    ];
    for (vault, of_new, of_wide) in [("vault: skip\n", 0o644, 0o644), ("", 0o600, 0o600)] {
        let test = Test::new()
            .file("hosts.yml", "web: {hosts: {web1: }}\n")
            .file("group_vars/web.yml", web)
            .file("password", "correct horse battery staple")
            .file("regal.yml", format!("inventory: hosts.yml\nversions: {{v: all}}\n{vault}"));
        let run = |arguments: &[&str]| {
            let mut command = Command::new("sh");
            command.args(["-c", "umask 022; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_regal-inventory")]);
            command.args(arguments).current_dir(test.path());
            if vault.is_empty() {
                command.env("REGAL_VAULT_PASSWORD_FILE", "password");
            }
            let output = command.output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        let path = test.path().join("result");
        for result in results {
            for (before, after) in [(None, of_new), (Some(0o644), of_wide), (Some(0o600), 0o600), (Some(0o400), 0o400)]
            {
                let _ = std::fs::remove_file(&path);
                if let Some(before) = before {
                    std::fs::write(&path, "").unwrap();
                    std::fs::set_permissions(&path, PermissionsExt::from_mode(before)).unwrap();
                }
                run(&[result, &["--output", "result"]].concat());
                assert_eq!(mode(&path), after, "{result:?} {vault} {before:?}");
            }
        }
        run(&["export", "-o", "hosts=batches"]);
        assert_eq!(mode(&test.path().join("batches")), of_new | of_new >> 2 & 0o111, "{vault}");
        assert_eq!(mode(&test.path().join("batches/01-v_groupA.hosts")), of_new, "{vault}");
    }
}

#[test]
fn what_ansible_decrypts_counts_as_decrypted() {
    let printed = r#"{"_meta": {"hostvars": {}}, "all": {"children": ["web"]}, "web": {"hosts": ["web1"]}}"#;
    let vaulted = "$ANSIBLE_VAULT;1.1;AES256\n3132\n";
    let mode = |test: &Test| {
        let output = test.run();
        assert_eq!(output.code, 0, "{}", output.stderr);
        std::fs::metadata(test.path().join("result")).unwrap().permissions().mode() & 0o177
    };
    let test = || {
        Test::new()
            .file("hosts.yml", "web: {hosts: {web1: }}\n")
            .file("password", "x")
            .script("bin/ansible-inventory", &format!("#!/bin/sh\necho '{printed}'\n"))
            .args(&["--engine", "ansible", "--ansible-inventory", "bin/ansible-inventory", "-i", "hosts.yml"])
            .args(&["--versions", "v=all", "--list", "--output", "result"])
    };
    assert_ne!(mode(&test()), 0);
    assert_eq!(mode(&test().args(&["--vault-password-file", "password"])) & 0o077, 0);
    // Ansible knows the password by itself.
    assert_eq!(mode(&test().file("group_vars/web/vault.yml", vaulted)) & 0o077, 0);
}
