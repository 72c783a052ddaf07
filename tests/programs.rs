//! Programs that are run for sources: how long they may take, how much they may print, and what ends them.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Test, names};

const VERSION: [&str; 2] = ["--versions", "v=all"];
const GROUPS: &str = "{\"web\": {\"hosts\": [\"w1\"]}, \"_meta\": {\"hostvars\": {}}}";

/// The script runs another program, writes both numbers down, and waits for it.
const HANGS: &str = "#!/bin/sh\necho starting >&2\nsleep 1000 &\necho $$ $! > numbers\nwait\n";

/// The processes that a script wrote down.
fn numbers(folder: &Path) -> Vec<u32> {
    let text = std::fs::read_to_string(folder.join("numbers")).unwrap_or_default();
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

/// Whether a process is there; one that has ended and waits to be asked for is not.
fn runs(number: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, fields)| !fields.trim_start().starts_with(['Z', 'X']))
}

/// Waits until something holds, at most ten minutes: as long as a busy machine may take.
fn until(holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(600), "it did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn a_script_that_hangs_is_ended_with_all_it_started() {
    // The one ends when it is told to, the other does not.
    let stubborn = HANGS.replace("sleep 1000", "sh -c 'trap \"\" TERM; sleep 1000; sleep 1000'");
    let stubborn = stubborn.replace("echo starting", "trap '' TERM; echo starting");
    for script in [HANGS, &stubborn] {
        let test =
            Test::new().script("s", script).args(&["-i", "s", "--source-timeout", "3s", "--list"]).args(&VERSION);
        let message = test.errors();
        let expected = "s --list: the inventory script did not end within 3 seconds (`source_timeout`) and was stopped";
        assert!(message.contains(expected) && message.contains("    starting"), "{message}");
        let started = numbers(test.path());
        assert_eq!(started.len(), 2);
        until(|| !started.iter().any(|number| runs(*number)));
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn every_program_has_that_time() {
    let hangs = "#!/bin/sh\nsleep 60\n";
    let only = |argument: &str| {
        format!("#!/bin/sh\nif [ \"$1\" = {argument} ]; then sleep 60; fi\necho '{{\"web\": [\"w1\"]}}'\n")
    };
    let host = Test::new().script("s", &only("--host")).args(&["-i", "s"]);
    let plugin = Test::new().file("a.yml", "plugin: amazon.aws.aws_ec2\n").script("ansible-inventory", hangs);
    let vaulted = Test::new().file("hosts", "$ANSIBLE_VAULT;1.1;AES256\n00\n").script("password", hangs);
    for (test, expected) in [
        (host, "s --host w1: the inventory script did not end"),
        (
            plugin.args(&["-i", "a.yml", "--ansible-inventory", "./ansible-inventory"]),
            "ansible-inventory -i a.yml --list: Ansible did not end",
        ),
        (
            vaulted.args(&["-i", "hosts", "--vault-password-file", "password"]),
            "the vault password script `password` did not end",
        ),
    ] {
        let message = test.env("REGAL_SOURCE_TIMEOUT", "3s").args(&["--list"]).args(&VERSION).errors();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn no_time_is_as_long_as_it_takes() {
    let slow = format!("#!/bin/sh\nsleep 1.2\necho '{GROUPS}'\n");
    let test = || Test::new().script("s", &slow).args(&["-i", "s", "--list"]).args(&VERSION);
    assert!(test().file("regal.yml", "source_timeout: 1\n").errors().contains("did not end within 1 second"));
    for unlimited in ["source_timeout: 0\n", "source_timeout: 0s\n", "source_timeout: 1h\n", ""] {
        assert_eq!(names(&test().file("regal.yml", unlimited).json()["web"]["hosts"]), ["w1"]);
    }
}

#[test]
fn what_a_program_prints_has_a_largest_size() {
    for script in ["#!/bin/sh\nyes\n", "#!/bin/sh\nyes >&2\n"] {
        let test = Test::new().script("s", script).args(&["-i", "s", "--max-source-bytes", "1048576", "--list"]);
        let message = test.args(&VERSION).errors();
        let expected = "s --list: the inventory script printed more than 1 MiB (`max_source_bytes`) and was stopped";
        assert!(message.contains(expected), "{message}");
        assert!(message.len() < 2000, "{} bytes", message.len());
    }
    let test = Test::new().file("hosts", "$ANSIBLE_VAULT;1.1;AES256\n00\n").script("password", "#!/bin/sh\nyes\n");
    let test =
        test.args(&["-i", "hosts", "--vault-password-file", "password", "--max-source-bytes", "99999", "--list"]);
    assert!(test.args(&VERSION).errors().contains("`password` printed more than 99999 bytes (`max_source_bytes`)"));
}

#[test]
#[ignore = "long; run tests/run"]
fn a_daemon_that_keeps_the_output_open_is_not_waited_for() {
    let list = |timeout: &str, script: &str| {
        let test =
            Test::new().script("s", script).args(&["-i", "s", "--source-timeout", timeout, "--list"]).args(&VERSION);
        let output = test.run();
        // What stays is the script's own matter, but not beyond this test. Where nothing does, it was waited for.
        let left: Vec<u32> = numbers(test.path()).into_iter().filter(|number| runs(*number)).collect();
        for number in &left {
            Command::new("kill").arg(number.to_string()).status().unwrap();
        }
        (output, left.len())
    };
    let (output, left) = list("1h", &format!("#!/bin/sh\nsleep 300 &\necho $! > numbers\necho '{GROUPS}'\n"));
    assert_eq!((output.code, output.stderr.as_str(), left), (0, "", 1));
    // What comes late still belongs to it.
    let (front, back) = GROUPS.split_at(20);
    let (output, left) = list(
        "1h",
        &format!("#!/bin/sh\n(sleep 0.5; echo '{back}'; exec sleep 300) &\necho $! > numbers\nprintf %s '{front}'\n"),
    );
    assert_eq!((output.code, output.stderr.as_str(), left), (0, "", 1));
    let (output, _) = list("4s", &format!("#!/bin/sh\nsleep 300 &\necho $! > numbers\nprintf %s '{front}'\n"));
    let expected = "s --list: the inventory script ended, but a program that it started keeps its output open, and what it \
                    printed is not complete after 4 seconds (`source_timeout`)";
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    // One that failed has nothing more to say.
    let (output, left) = list("1h", "#!/bin/sh\nsleep 300 &\necho $! > numbers\nexit 4\n");
    assert!(output.stderr.contains("failed (exit status: 4)"), "{}", output.stderr);
    assert_eq!(left, 1);
}

/// The command with a script that hangs, once that runs; `signals` as a shell sets them.
fn hanging(test: &Test, signals: &str) -> Child {
    let line = format!("{signals} exec '{}' -i s --versions v=all --list", env!("CARGO_BIN_EXE_regal-inventory"));
    // Whatever the tests themselves ignore, as under nohup.
    let mut command = Command::new("env");
    command.args(["--default-signal", "bash", "-c", &line]);
    let child = command.current_dir(test.path()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| numbers(test.path()).len() == 2);
    child
}

#[test]
fn a_signal_ends_the_script_and_then_this_process() {
    use std::os::unix::process::ExitStatusExt;
    for (name, signal) in [("TERM", 15), ("HUP", 1), ("INT", 2)] {
        let test = Test::new().script("s", HANGS);
        let mut child = hanging(&test, "");
        Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(signal), "{name}");
        let started = numbers(test.path());
        until(|| !started.iter().any(|number| runs(*number)));
    }
    // One that was ignored from the start stays so, as under nohup.
    let test = Test::new().script("s", &HANGS.replace("sleep 1000", "sleep 1"));
    let child = hanging(&test, "trap '' HUP;");
    Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("printed no JSON"));
}
