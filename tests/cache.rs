//! What is kept of what scripts print.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use crate::support::Test;

/// Prints how often it was run.
const SCRIPT: &str = "#!/bin/sh\necho x >>count\nn=$(wc -l <count | tr -d ' ')\n\
    echo \"{\\\"web\\\": {\\\"hosts\\\": [\\\"w$n\\\"]}, \\\"_meta\\\": {\\\"hostvars\\\": {}}}\"\n";

fn test() -> Test {
    let test = Test::new().script("hosts.sh", SCRIPT);
    let caches = test.path().join("caches").display().to_string();
    test.env("XDG_CACHE_HOME", &caches).args(&["-i", "hosts.sh", "--versions", "v=all"])
}

fn cached() -> Test {
    test().env("REGAL_CACHE", "1h")
}

/// The host that the script named, and so how often it had run.
fn host(test: &Test) -> String {
    let output = test.run();
    assert_eq!(output.code, 0, "{}", output.stderr);
    let list: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    list["web"]["hosts"][0].as_str().unwrap().to_string()
}

fn folder(test: &Test) -> PathBuf {
    test.path().join("caches/regal-inventory")
}

fn entries(test: &Test) -> Vec<PathBuf> {
    std::fs::read_dir(folder(test)).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn nothing_is_kept_unless_it_is_asked_for() {
    let test = test().args(&["--list"]);
    assert_eq!((host(&test), host(&test)), ("w1".to_string(), "w2".to_string()));
    assert!(!test.path().join("caches").exists());
}

#[test]
fn what_a_script_printed_is_used_again() {
    for key in ["--cache=1h", "--cache-ttl=1h"] {
        let test = test().args(&["--list", key]);
        assert_eq!((host(&test), host(&test)), ("w1".to_string(), "w1".to_string()), "{key}");
    }
    let test = test().file("regal.yml", "cache: {ttl: 5m}\n").args(&["--list"]);
    assert_eq!((host(&test), host(&test)), ("w1".to_string(), "w1".to_string()));
}

#[test]
fn an_old_entry_and_one_from_the_future_are_read_anew() {
    let test = cached().args(&["--list"]);
    assert_eq!(host(&test), "w1");
    let entry = entries(&test).pop().unwrap();
    let now = std::time::SystemTime::now();
    let hour = std::time::Duration::from_secs(3601);
    for (time, expected) in [(now - hour, "w2"), (now + hour, "w3")] {
        std::fs::File::options().write(true).open(&entry).unwrap().set_modified(time).unwrap();
        assert_eq!(host(&test), expected);
    }
    assert_eq!((host(&test).as_str(), entries(&test).len()), ("w3", 1));
}

#[test]
fn refresh_runs_anew_and_keeps_the_result() {
    let test = cached().args(&["--list"]);
    assert_eq!(host(&test), "w1");
    let test = test.args(&["--refresh-cache"]);
    assert_eq!(host(&test), "w2");
    let test = cached();
    // Another folder: the entry of the first is not taken for it.
    assert_eq!(host(&test.args(&["--list"])), "w1");
}

#[test]
fn a_changed_script_or_environment_is_run_anew() {
    let test = cached().args(&["--list"]);
    assert_eq!(host(&test), "w1");
    let test = test.script("hosts.sh", &format!("{SCRIPT}# changed\n"));
    assert_eq!((host(&test).as_str(), host(&test).as_str()), ("w2", "w2"));
    let test = test.env("AWS_PROFILE", "production");
    assert_eq!((host(&test).as_str(), host(&test).as_str()), ("w3", "w3"));
    assert_eq!(entries(&test).len(), 1);
}

#[test]
fn a_damaged_entry_is_read_anew() {
    let test = cached().args(&["--list"]);
    assert_eq!(host(&test), "w1");
    let entry = entries(&test).pop().unwrap();
    let whole = std::fs::read_to_string(&entry).unwrap();
    for (index, damaged) in
        [String::new(), whole.replace("w1", "w9"), whole[..whole.len() - 3].to_string()].iter().enumerate()
    {
        std::fs::write(&entry, damaged).unwrap();
        assert_eq!(host(&test), format!("w{}", index + 2));
    }
    std::fs::write(&entry, b"\xff\xfe").unwrap();
    assert_eq!(host(&test), "w5");
}

#[test]
fn the_folder_and_its_entries_are_private() {
    let test = cached().args(&["--list"]);
    host(&test);
    assert_eq!(folder(&test).metadata().unwrap().mode() & 0o777, 0o700);
    assert_eq!(entries(&test)[0].metadata().unwrap().mode() & 0o777, 0o600);
    // An entry that others may write to is not trusted.
    std::fs::set_permissions(&entries(&test)[0], std::fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(host(&test), "w2");
}

#[test]
fn a_folder_that_others_may_write_to_is_not_used() {
    let test = cached().args(&["check"]);
    std::fs::create_dir_all(folder(&test)).unwrap();
    std::fs::set_permissions(folder(&test), std::fs::Permissions::from_mode(0o777)).unwrap();
    let output = test.run();
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(
        output.stderr.contains("the cache is not used: the folder may be written to by others"),
        "{}",
        output.stderr
    );
    assert!(entries(&test).is_empty());
    std::fs::remove_dir(folder(&test)).unwrap();
    std::os::unix::fs::symlink("/tmp", folder(&test)).unwrap();
    assert!(test.run().stderr.contains("the cache is not used: it is a link and no folder"));
}

#[test]
fn a_script_that_failed_or_printed_no_inventory_is_not_kept() {
    for body in ["exit 1", "echo hello"] {
        let test = cached().script("hosts.sh", &format!("#!/bin/sh\n{body}\n")).args(&["--list"]);
        test.errors();
        assert!(entries(&test).is_empty(), "{body}");
    }
}

#[test]
fn plain_files_are_never_kept() {
    let test = cached().file("hosts.ini", "[web]\nw7\n").args(&["-i", "hosts.ini", "--list"]);
    let only = Test::new().file("hosts.ini", "[web]\nw7\n").args(&["-i", "hosts.ini", "--versions", "v=all", "--list"]);
    let caches = only.path().join("caches").display().to_string();
    only.env("XDG_CACHE_HOME", &caches).env("REGAL_CACHE", "1h").stdout();
    assert!(!std::path::Path::new(&caches).exists());
    host(&test);
    assert_eq!(entries(&test).len(), 1);
}

#[test]
fn concurrent_runs_do_not_disturb_each_other() {
    let test = cached().args(&["--list"]);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert!(host(&test).starts_with('w')));
        }
    });
    assert_eq!(entries(&test).len(), 1);
    let kept = host(&test);
    assert_eq!(host(&test), kept);
}
