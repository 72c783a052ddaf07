//! `record`: what a playbook or a script adds to the record of a frozen plan.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Output, Test};

const FILE: &str = "2.5.0.rollout.yml";
const A: &str = "shop-2.5.0_groupA";
const B1: &str = "shop-2.5.0_groupB1";

/// A folder with a saved plan: web1, then web2 to web4, then web5.
fn saved() -> Test {
    let settings = "inventory: hosts\nversion_from: {var: v}\nbatch_size: 3\n";
    let test = Test::new().file("hosts", "[shop]\nweb[1:5] v=shop-2.5.0\n").file("regal.yml", settings);
    let saved = test.shell(&format!("regal plan --save {FILE} --format groups"));
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    test
}

/// A process that a run lives as long as.
struct Deploys(std::process::Child);

impl Deploys {
    fn new() -> Self {
        Deploys(Command::new("sleep").arg("600").stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Deploys {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn record(test: &Test, words: &str) -> Output {
    test.shell(&format!("regal record --plan {FILE} {words}"))
}

fn start(test: &Test, process: &Deploys, words: &str) -> Output {
    record(test, &format!("start --process {} {words}", process.0.id()))
}

/// The events without what differs from run to run.
fn events(test: &Test) -> Vec<Value> {
    let log = test.shell(&format!("regal log {FILE} --format json"));
    let event = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        for key in ["schema", "at", "plan", "run", "process", "who"] {
            event.as_object_mut().unwrap().remove(key);
        }
        event
    };
    log.stdout.lines().map(event).collect()
}

fn well(output: &Output) -> &str {
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{}", output.stdout);
    output.stdout.trim_end()
}

#[test]
fn a_rollout_is_recorded_event_by_event() {
    let (test, process) = (saved(), Deploys::new());
    let id = well(&start(&test, &process, "--command 'make deploy'")).to_string();
    assert_eq!(id.len(), 12);
    well(&record(&test, &format!("begin {A}")));
    well(&record(&test, &format!("done {A}")));
    well(&record(&test, &format!("bake {A} 60")));
    well(&record(&test, &format!("--run {id} begin {B1}")));
    well(&record(&test, &format!("done {B1} web2")));
    well(&record(&test, &format!("lost {B1} web3 --step check --message 'no answer'")));
    well(&test.shell(&format!("echo web4 | regal record --plan {FILE} done {B1} --stdin")));
    well(&record(&test, &format!("done {B1}")));
    well(&record(&test, &format!("stop 'a batch is lost' --group {B1}")));
    well(&record(&test, "end lost"));
    let command = json!(["make deploy"]);
    assert_eq!(
        events(&test),
        [
            json!({"event": "start", "command": command, "direction": "forward", "locks": false}),
            json!({"event": "begin", "group": A, "rest": false}),
            json!({"event": "done", "group": A, "hosts": ["web1"]}),
            json!({"event": "bake", "group": A, "seconds": 60}),
            json!({"event": "begin", "group": B1, "rest": false}),
            json!({"event": "hosts_done", "group": B1, "hosts": ["web2"]}),
            json!({"event": "lost", "group": B1, "host": "web3", "step": "check", "message": "no answer"}),
            json!({"event": "hosts_done", "group": B1, "hosts": ["web4"]}),
            json!({"event": "done", "group": B1, "hosts": ["web2", "web4"]}),
            json!({"event": "stop", "why": "a batch is lost", "group": B1}),
            json!({"event": "end", "outcome": "lost", "done": 3, "lost": 1, "waiting": 1}),
        ]
    );
}

#[test]
fn a_batch_is_done_once_its_last_host_is_or_where_the_rest_may_pass() {
    let (test, process) = (saved(), Deploys::new());
    start(&test, &process, "");
    well(&record(&test, &format!("ignore-windows {B1}")));
    assert_eq!(events(&test).last().unwrap()["event"], json!("ignore_windows"));
    well(&record(&test, &format!("begin {B1} {A}")));
    well(&record(&test, &format!("done {B1} web2 web3")));
    well(&record(&test, &format!("done {B1} web4 --hosts-only")));
    well(&record(&test, &format!("bake {B1} 9")));
    well(&record(&test, &format!("begin {B1} --rest")));
    well(&record(&test, &format!("done {B1} web4")));
    well(&record(&test, &format!("lost {A}")));
    well(&record(&test, &format!("done {A} --let-pass --stdin </dev/null")));
    let words: Vec<Value> = events(&test).into_iter().map(|event| event["event"].clone()).collect();
    assert_eq!(
        words,
        [
            "start",
            "ignore_windows",
            "begin",
            "begin",
            "hosts_done",
            "hosts_done",
            "bake",
            "begin",
            "done",
            "lost",
            "done"
        ]
    );
    let status = test.shell(&format!("regal status {FILE} --format json")).json();
    well(&record(&test, &format!("bake {A} 4 --cut-short")));
    assert_eq!(events(&test).last().unwrap()["cut_short"], json!(true));
    let log = test.shell(&format!("regal log {FILE}")).stdout;
    assert!(log.contains("shop-2.5.0_groupA is watched no longer: cut short after 4s"), "{log}");
    assert_eq!(
        (&status["batches"][1]["state"], &status["batches"][1]["done"]),
        (&json!("done"), &json!(["web2", "web3", "web4"]))
    );
    assert_eq!((&status["to_go_back"], &status["batches"][0]["done"]), (&json!([B1, A]), &json!([])));
}

#[test]
fn a_way_back_counts_what_was_begun() {
    let (test, process) = (saved(), Deploys::new());
    start(&test, &process, "");
    for words in ["begin", "done"] {
        well(&record(&test, &format!("{words} {A}")));
    }
    well(&record(&test, "end done"));
    start(&test, &process, "--back-to shop-2.4.0 --because 'web1 is lost'");
    assert_eq!(events(&test).last().unwrap()["because"], json!("web1 is lost"));
    // what was done on the way forward says nothing of the way back
    let early = record(&test, &format!("done {A}"));
    assert!(early.errors().contains(&format!("{A} has not begun")), "{}", early.stderr);
    for words in ["begin", "done"] {
        well(&record(&test, &format!("{words} {A}")));
    }
    well(&record(&test, "end done"));
    let last = events(&test).pop().unwrap();
    assert_eq!(last, json!({"event": "end", "outcome": "done", "done": 1, "lost": 0, "waiting": 0}));
    let status = test.shell(&format!("regal status {FILE} --format json")).json();
    assert_eq!((&status["run"]["to"], &status["to_go_back"]), (&json!("shop-2.4.0"), &json!([])));
}

#[test]
fn one_run_at_a_time() {
    let (test, first, second) = (saved(), Deploys::new(), Deploys::new());
    let id = well(&start(&test, &first, "")).to_string();
    let refused = start(&test, &second, "");
    assert_eq!((refused.code, refused.stdout.as_str()), (6, ""));
    assert!(refused.stderr.contains("this rollout is under way: "), "{}", refused.stderr);
    assert_eq!(well(&start(&test, &second, "--take-over")).len(), 12);
    // the first may say what it did, and begins nothing more
    let late = record(&test, &format!("--run {id} begin {A}"));
    assert_eq!(late.code, 6);
    assert!(late.stderr.contains("this run was taken over"), "{}", late.stderr);
    drop(second);
    well(&start(&test, &first, ""));
}

#[test]
fn what_the_plan_or_the_record_does_not_have_is_refused_and_nothing_is_recorded() {
    let (test, process) = (saved(), Deploys::new());
    let refusals = |cases: &[(&str, &str)]| {
        for (words, message) in cases {
            let refused = record(&test, words);
            assert_eq!(refused.code, 1, "{words}: {}", refused.stderr);
            assert!(
                refused.stderr.contains(message) && refused.stderr.contains("  hint: "),
                "{words}: {}",
                refused.stderr
            );
        }
    };
    refusals(&[
        (&format!("begin {A}"), "no run of this rollout is open"),
        ("start --process 4194304", "there is no process 4194304"),
        ("--run 0123456789ab start", "a run that starts has no id yet"),
    ]);
    start(&test, &process, "");
    refusals(&[
        ("begin shop-2.5.0_groupB", "there is no batch shop-2.5.0_groupB in the frozen plan"),
        (&format!("begin {A} nothing"), "there is no batch nothing"),
        (&format!("done {A}"), "shop-2.5.0_groupA has not begun"),
        (&format!("lost {A} web1"), "shop-2.5.0_groupA has not begun"),
        (&format!("--run 0123456789ab begin {A}"), "the record has no run 0123456789ab"),
        ("bake x 3", "there is no batch x"),
        ("stop why --group x", "there is no batch x"),
    ]);
    well(&record(&test, &format!("begin {B1}")));
    refusals(&[
        (&format!("done {B1} web2 web5"), "web5 is not in shop-2.5.0_groupB1"),
        (&format!("lost {B1} $'web\\x1b2'"), "web\\u{1b}2 is not in"),
    ]);
    assert_eq!(events(&test).len(), 2);
}

#[test]
fn without_a_process_the_run_lives_as_long_as_what_called_the_program() {
    let test = saved();
    let script = format!("regal record --plan {FILE} start && regal status {FILE} --format json");
    let output = test.shell(&script);
    let status: Value = serde_json::from_str(output.stdout.split_once('\n').unwrap().1).unwrap();
    assert_eq!(status["run"]["process"], json!("alive"));
    let after = test.shell(&format!("regal status {FILE} --format json")).json();
    assert_eq!(after["run"]["process"], json!("ended"));
}
