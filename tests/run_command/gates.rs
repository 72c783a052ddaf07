//! Gates: what is measured while a batch is watched, by `run` and by `judge`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use super::*;

/// A server of health checks: well until it was asked so often, and then not.
fn server(well: usize) -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let status = if number < well { "200 OK" } else { "500 Down" };
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    port
}

fn with_gate(gate: &str) -> Test {
    let hosts = "[shop]\nweb1 ansible_host=127.0.0.1\nweb2 ansible_host=127.0.0.2\nweb3 ansible_host=127.0.0.3\n[shop:vars]\nv=2.5.0\n";
    with(hosts, &format!("{SETTINGS}bake: 1s\ngates: [{{{gate}, interval: 1s, timeout: 1s}}]\n"))
}

#[test]
fn a_run_goes_on_while_its_gates_say_yes() {
    let port = server(usize::MAX);
    let test = with_gate(&format!("http: 'http://{{{{ host }}}}:{port}/'"));
    let output = run(&test, "-- true");
    assert_eq!(output.code, 0, "{}", output.stderr);
    // the last batch is judged too
    assert_eq!(events(&test, &["gate"]), ["gate A", "gate B1"]);
    assert!(record(&test).iter().filter(|line| line["event"] == "measure").all(|line| line["verdict"] == "ok"));
}

#[test]
fn a_run_stops_at_the_gate_that_says_no_and_touches_no_other_batch() {
    let port = server(1);
    let test = with_gate(&format!("http: 'http://{{{{ host }}}}:{port}/'"));
    let output = run(&test, "-- true");
    assert_eq!(output.code, 5, "{}", output.stderr);
    assert!(output.stderr.contains("gate http: 1 of 2 measurements failed"), "{}", output.stderr);
    assert_eq!(
        events(&test, &["begin", "measure", "gate", "lost"]),
        ["begin A", "measure A", "measure A", "gate A", "lost A"]
    );
    let lost = record(&test).into_iter().find(|line| line["event"] == "lost").unwrap();
    assert_eq!(lost["step"], "gate");
    assert_eq!(lost.get("host"), None);
}

#[test]
fn judge_says_by_hand_how_a_batch_is() {
    let port = server(1);
    let test = with_gate(&format!("http: 'http://{{{{ host }}}}:{port}/'"));
    let once = |words: &str| test.shell(&format!("regal judge --plan {PLAN} {words}"));
    let well = once("A --once");
    assert_eq!(well.code, 0, "{}", well.stderr);
    let ill = once("A --once --format json");
    assert_eq!(ill.code, 5, "{}", ill.stderr);
    let first: Value = serde_json::from_str(ill.stdout.lines().next().unwrap()).unwrap();
    assert_eq!((&first["verdict"], &first["hosts"][0]["host"]), (&"failed".into(), &"web1".into()));
    assert!(record(&test).is_empty());
    assert_eq!(once("Z --once").code, 1);
    assert_eq!(test.shell(&format!("regal --no-exec judge --plan {PLAN} A --once")).code, 5);
}

#[test]
fn no_command_of_a_gate_is_run_where_none_may() {
    let test = with_gate("command: [touch, ran]");
    let output = test.shell(&format!("regal --no-exec judge --plan {PLAN} A --once"));
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(output.stderr.contains("the command of a gate is not run"), "{}", output.stderr);
    assert!(!test.path().join("ran").exists());
}

#[test]
fn where_a_name_would_be_read_as_a_query_the_policy_is_refused() {
    for query in ["up{i=~{{ hosts }}}", "up{i=\\\"{{ hosts }}\\\"}", "up + {{ version }}"] {
        let gate = format!("gates: [{{prometheus: \"{query}\", server: 'http://127.0.0.1:9', max: 1}}]\n");
        let test = Test::new().file("hosts", HOSTS).file("regal.yml", format!("{SETTINGS}bake: 1m\n{gate}"));
        let output = test.shell("regal plan");
        assert_eq!(output.code, 1, "{query}");
        assert!(output.stderr.contains("regal.yml:5:"), "{}", output.stderr);
    }
}

#[test]
fn what_judge_measures_is_handed_on() {
    let test = with_gate("command: [test, -n, '{{ hosts }}']").script("tell", "#!/bin/sh\ncat >>told\n");
    let started = test.shell(&format!("regal record --plan {PLAN} start --process $PPID"));
    assert_eq!(started.code, 0, "{}", started.stderr);
    let group = "2.5.0_groupA";
    assert_eq!(test.shell(&format!("regal record --plan {PLAN} begin {group}")).code, 0);
    let judged = test.shell(&format!("regal judge --plan {PLAN} --seconds 1 --on-event ./tell {group}"));
    assert_eq!(judged.code, 0, "{}", judged.stderr);
    let told = std::fs::read_to_string(test.path().join("told")).unwrap();
    let recorded = std::fs::read_to_string(test.path().join(PLAN.replace(".yml", ".jsonl"))).unwrap();
    let measured: Vec<&str> =
        recorded.lines().filter(|line| line.contains("measure") || line.contains("\"gate\"")).collect();
    assert_eq!(told.lines().collect::<Vec<_>>(), measured);
    assert!(measured.len() >= 3, "{recorded}");
}

#[test]
fn where_no_gate_is_asked_the_watch_lasts_all_the_same() {
    let query = "prometheus: 'x{host=~\"{{ hosts }}\"}', server: 'http://127.0.0.1:9', compare: {by: ratio, max: 1.1}";
    let test = with_gate(query);
    assert_eq!(test.shell(&format!("regal record --plan {PLAN} start --process $PPID")).code, 0);
    assert_eq!(test.shell(&format!("regal record --plan {PLAN} begin 2.5.0_groupA 2.5.0_groupB1")).code, 0);
    let begun = std::time::Instant::now();
    // the last batch has nobody to be compared with
    let judged = test.shell(&format!("regal judge --plan {PLAN} --seconds 2 2.5.0_groupB1"));
    assert_eq!(judged.code, 0, "{}", judged.stderr);
    assert!(judged.stderr.contains("gate prometheus is not asked"), "{}", judged.stderr);
    assert!(begun.elapsed().as_secs() >= 2, "{:?}", begun.elapsed());
}
