//! A frozen plan gone through by the real master, and its record.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::master::{Master, master};

const PLAN: &str = "p.rollout.yml";
/// `db1`, `web1 web2`, `web3`.
const ALL: [&str; 6] = ["-i", "db1,web1,web2,web3", "--versions", "2.0=all", "--batch-size", "2"];
const ALL_DONE: &str = "web1=2.0 web2=2.0 web3=2.0 db1=2.0";

/// A frozen plan without a record, and the orchestration of it.
fn freeze(master: &Master, policy: &[&str]) {
    for name in [PLAN, "p.rollout.jsonl"] {
        let _ = std::fs::remove_file(master.folder.join(name));
    }
    master.planned(&[&["plan"], &ALL[..], policy, &["--save", PLAN]].concat());
    master.planned(&["export", "salt-orchestrate", "--plan", PLAN, "--output", "states/rollout.sls"]);
}

/// Options with the program under test.
fn with_program(options: &str) -> String {
    let program = env!("CARGO_BIN_EXE_regal-inventory");
    format!(r#"{{"program": "{program}", "sls": "app"{options}}}"#)
}

/// Goes through the plan: the exit code, the message, and what the minions have got.
fn go(master: &Master, options: &str) -> (i32, String, String) {
    let (code, told) = master.rollout(PLAN, &with_program(options));
    (code, told["message"].as_str().unwrap().to_string(), master.releases())
}

/// The events of the record, each with what it is of: `done 2.0_groupA db1`.
fn events(master: &Master) -> Vec<String> {
    let log = master.planned(&["log", PLAN, "--format", "json"]);
    let event = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| event[key].as_str().map(|text| format!(" {text}"));
        let hosts = event["hosts"]
            .as_array()
            .map(|hosts| hosts.iter().map(|host| format!(" {}", host.as_str().unwrap())).collect::<String>());
        let rest = event["rest"].as_bool().filter(|rest| *rest).map(|_| " rest".to_string());
        let parts = [text("event"), text("group"), hosts, text("host"), text("step"), rest, text("outcome")];
        parts.into_iter().flatten().collect::<String>().trim_start().to_string()
    };
    log.lines().map(event).collect()
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn an_exported_orchestration_records_each_batch() {
    let master = master();
    freeze(&master, &[]);
    let output = master.orchestrate(&with_program(""));
    assert_eq!((output.code, master.releases().as_str()), (0, ALL_DONE), "{output:?}");
    assert_eq!(
        events(&master),
        [
            "start",
            "begin 2.0_groupA",
            "done 2.0_groupA db1",
            "begin 2.0_groupB1",
            "done 2.0_groupB1 web1 web2",
            "begin 2.0_groupB2",
            "done 2.0_groupB2 web3",
            "end done"
        ]
    );
    assert!(master.planned(&["status", PLAN]).contains("100% done"));
    // Again, there is nothing left to do.
    let before = master.releases();
    assert_eq!(go(&master, ""), (0, "all done: 2.0".to_string(), before));
    assert_eq!(events(&master)[8..], ["start", "end done"]);
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_failing_minion_stops_it_and_the_same_call_goes_on_with_what_is_not_done() {
    let master = master();
    freeze(&master, &[]);
    master.file("web2.fail", "");
    let stopped = go(&master, "");
    let message = "stopped at 2.0_groupB1: 1 minion lost".to_string();
    assert_eq!(stopped, (5, message, "web1=2.0 db1=2.0".to_string()));
    let last = ["begin 2.0_groupB1", "lost 2.0_groupB1 web2 state", "hosts_done 2.0_groupB1 web1", "stop", "end lost"];
    assert_eq!(events(&master)[3..], last);
    let status = master.planned(&["status", PLAN]);
    assert!(status.contains("web2 at state: healthy: Command \"test ! -e "), "{status}");
    // What is done is left out: a minion that would get it again would fail now.
    std::fs::remove_file(master.folder.join("web2.fail")).unwrap();
    master.file("web1.fail", "");
    assert_eq!(go(&master, ""), (0, "all done: 2.0".to_string(), ALL_DONE.to_string()));
    let on = ["start", "begin 2.0_groupB1 rest", "done 2.0_groupB1 web2", "begin 2.0_groupB2", "done 2.0_groupB2 web3"];
    assert_eq!(events(&master)[8..13], on);
    // Back goes past a failure, the last batch first, and ends as lost.
    let back = go(&master, r#", "back_to": "1.9""#);
    let past = "went back past lost minions: web1".to_string();
    assert_eq!(back, (5, past, "web1=2.0 web2=1.9 web3=1.9 db1=1.9".to_string()));
    std::fs::remove_file(master.folder.join("web1.fail")).unwrap();
    assert_eq!(go(&master, r#", "back_to": "1.9""#).0, 0);
    assert_eq!(master.releases(), "web1=1.9 web2=1.9 web3=1.9 db1=1.9");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_second_run_is_refused_while_another_one_is_alive() {
    let master = master();
    freeze(&master, &[]);
    let mut other = Command::new("sleep").arg("300").stdin(Stdio::null()).spawn().unwrap();
    let process = other.id().to_string();
    master.planned(&["record", "--plan", PLAN, "start", "--process", &process]);
    let (code, message, releases) = go(&master, "");
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!((code, releases.as_str()), (6, ""), "{message}");
    assert!(message.contains(&process), "{message}");
    // It has ended by force, so the next one goes on.
    assert_eq!(go(&master, ""), (0, "all done: 2.0".to_string(), ALL_DONE.to_string()));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn approval_is_an_event_of_the_record_and_a_test_leaves_none() {
    let master = master();
    freeze(&master, &["--approval", "after_canary"]);
    assert_eq!(go(&master, r#", "test": true"#), (0, "a test: nothing was changed".to_string(), String::new()));
    assert!(!master.folder.join("p.rollout.jsonl").exists());
    let (code, message, releases) = go(&master, "");
    assert_eq!((code, releases.as_str()), (4, "db1=2.0"), "{message}");
    assert!(
        message.starts_with("waiting for approval of 2.0_groupB1; to go on: regal-inventory approve --plan "),
        "{message}"
    );
    assert_eq!(events(&master).last().unwrap(), "end waiting");
    master.planned(&["approve", "--plan", PLAN, "B1"]);
    assert_eq!(go(&master, ""), (0, "all done: 2.0".to_string(), ALL_DONE.to_string()));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_stage_is_asked_about_by_its_own_rule() {
    let master = master();
    let stages = "[{name: db, hosts: db1, approval: after_stage}, {name: web, hosts: rest, approval: after_canary}]";
    freeze(&master, &["--stages", stages]);
    let (code, message, releases) = go(&master, "");
    assert_eq!((code, releases.as_str()), (4, "db1=2.0"), "{message}");
    master.planned(&["approve", "--plan", PLAN, "B1"]);
    let (code, message, releases) = go(&master, "");
    assert_eq!((code, releases.as_str()), (4, "web1=2.0 db1=2.0"), "{message}");
    master.planned(&["approve", "--plan", PLAN, "B2"]);
    assert_eq!(go(&master, ""), (0, "all done: 2.0".to_string(), ALL_DONE.to_string()));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn without_a_record_no_minion_is_touched() {
    let master = master();
    freeze(&master, &[]);
    let (code, told) = master.rollout(PLAN, r#"{"program": "/nowhere/regal-inventory", "sls": "app"}"#);
    assert_eq!((code, master.releases().as_str()), (1, ""), "{told}");
    assert!(told["message"].as_str().unwrap().starts_with("/nowhere/regal-inventory: No such file"), "{told}");
    let record = master.folder.join("nowhere/p.jsonl").display().to_string();
    let (code, message, releases) = go(&master, &format!(r#", "record": "{record}""#));
    assert_eq!((code, releases.as_str()), (1, ""), "{message}");
    assert!(message.contains("nowhere/p.jsonl"), "{message}");
}

/// A run that is at its canary until the file `go` is there, as a process.
fn at_its_canary(master: &Master) -> std::process::Child {
    let _ = std::fs::remove_file(master.folder.join("go"));
    let here = master.folder.display();
    let wait = format!(
        "wait:\n  cmd.run:\n    - name: 'for i in $(seq 6000); do test -e {here}/go && exit; sleep 0.1; done'\n"
    );
    master.file("states/wait.sls", &wait);
    let options = format!("options={}", with_program(r#", "after": "wait""#));
    let plan = master.folder.join(PLAN);
    let mut command = master.program("salt-run");
    command.arg("regal.rollout").arg(plan).arg(options).arg("--out=json").stdout(Stdio::piped()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(600);
    while master.releases() != "db1=2.0" {
        assert!(Instant::now() < end, "the canary is not deployed");
        std::thread::sleep(Duration::from_millis(100));
    }
    child
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_run_that_was_taken_over_begins_no_batch_and_one_that_was_killed_is_resumed() {
    let master = master();
    freeze(&master, &[]);
    let run = at_its_canary(&master);
    let mut other = Command::new("sleep").arg("300").stdin(Stdio::null()).spawn().unwrap();
    let process = other.id().to_string();
    master.planned(&["record", "--plan", PLAN, "start", "--process", &process, "--take-over"]);
    master.file("go", "");
    let output = run.wait_with_output().unwrap();
    other.kill().unwrap();
    other.wait().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), master.releases().as_str()), (Some(6), "db1=2.0"), "{told}");
    assert!(told.contains("was taken over") && told.contains(r#""outcome": "failed""#), "{told}");

    freeze(&master, &[]);
    std::fs::remove_file(master.folder.join("db1.release")).unwrap();
    let mut run = at_its_canary(&master);
    run.kill().unwrap();
    run.wait().unwrap();
    master.file("go", "");
    assert!(master.planned(&["status", PLAN]).contains("was ended by force"));
    assert_eq!(go(&master, ""), (0, "all done: 2.0".to_string(), ALL_DONE.to_string()));
    let batches = events(&master).iter().filter(|event| event.starts_with("begin")).cloned().collect::<Vec<_>>();
    assert_eq!(batches, ["begin 2.0_groupA", "begin 2.0_groupA", "begin 2.0_groupB1", "begin 2.0_groupB2"]);
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn what_differs_from_the_inventory_is_told_and_a_host_that_is_gone_is_not_called_done() {
    let master = master();
    let freeze_file = |hosts: &str| {
        for name in [PLAN, "p.rollout.jsonl"] {
            let _ = std::fs::remove_file(master.folder.join(name));
        }
        master.file("hosts", hosts);
        master.planned(&["plan", "-i", "hosts", "--versions", "2.0=all", "--batch-size", "2", "--save", PLAN]);
    };
    freeze_file("db1\nweb1\nweb2\n");
    master.file("hosts", "db1\nweb1\nweb2\nweb3\n");
    let (code, message, releases) = go(&master, "");
    assert_eq!((code, releases.as_str()), (3, ""), "{message}");
    assert!(message.contains("web3"), "{message}");
    // An orchestration of another plan in the same file is refused.
    master.planned(&[
        "export",
        "salt-orchestrate",
        "--plan",
        PLAN,
        "--drift",
        "ignore",
        "--output",
        "states/rollout.sls",
    ]);
    freeze_file("db1\nweb1\nweb2\nweb3\n");
    let (code, told) = master.rollout("states/rollout.sls", &with_program(""));
    assert_eq!((code, master.releases().as_str()), (1, ""), "{told}");
    assert!(told["message"].as_str().unwrap().contains("is another plan than the one that was exported"), "{told}");
    master.file("hosts", "db1\nweb1\nweb3\n");
    assert_eq!(go(&master, ""), (0, "all done: 2.0".to_string(), "web1=2.0 web3=2.0 db1=2.0".to_string()));
    assert!(events(&master).contains(&"done 2.0_groupB1 web1".to_string()), "{:?}", events(&master));
    assert!(master.planned(&["status", PLAN]).contains("(3 of 4 hosts)"));
}
