//! `--on-event`: each event of the record on the stdin of a command.

use super::*;

/// Keeps what it is told: a line an event in `got`, and what stands in its variables in `variables`.
const KEEPS: &str =
    "#!/bin/sh\ncat >>got\necho \"$ROLLOUT_EVENT ${ROLLOUT_GROUP-none} ${ROLLOUT_BATCH-none}\" >>variables\n";

fn keeping() -> Test {
    saved().script("hook", KEEPS)
}

/// The record without the events that nobody is told of.
fn sent(test: &Test) -> String {
    let text = read(test, "p.rollout.jsonl");
    text.lines().filter(|line| !line.contains("\"event\":\"unsent\"")).map(|line| format!("{line}\n")).collect()
}

/// Why events were not sent.
fn unsent(test: &Test) -> Vec<String> {
    let lines = record(test).into_iter().filter(|line| line["event"] == "unsent");
    lines.map(|line| format!("{}: {}", line["command"].as_str().unwrap(), line["why"].as_str().unwrap())).collect()
}

#[test]
fn a_command_is_told_the_lines_of_the_record_in_their_order() {
    let test = keeping();
    let output = run(&test, "--on-event ./hook -- sh -c 'test {batch} != B2'");
    assert_eq!(output.code, 5, "{}", output.stderr);
    assert_eq!(read(&test, "got"), sent(&test));
    assert_eq!(unsent(&test), [""; 0]);
    let variables = read(&test, "variables");
    let expected = "start none none\nbegin 2.5.0_groupA A\ndone 2.5.0_groupA A\nbegin 2.5.0_groupB1 B1\ndone 2.5.0_groupB1 B1\n\
                    begin 2.5.0_groupB2 B2\nlost 2.5.0_groupB2 B2\nstop 2.5.0_groupB2 B2\nend none none\n";
    assert_eq!(variables, expected);
    // the rest too, and what an approval and a playbook add
    assert_eq!(run(&test, "--on-event ./hook -- true").code, 0);
    assert_eq!(read(&test, "got"), sent(&test));
}

#[test]
fn an_approval_and_what_a_playbook_records_are_told_too() {
    let test = keeping();
    let regal = |words: &str| {
        let output = test.shell(&format!("regal --plan {PLAN} {words}"));
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{words}");
        output.stdout
    };
    assert_eq!(regal("approve --on-event './hook {group} {batch}' B1"), "2.5.0_groupB1 is approved\n");
    let id = regal("record --on-event ./hook start --process $$ --command x");
    assert_eq!(id.trim().len(), 12, "{id}");
    for words in ["begin 2.5.0_groupA", "bake 2.5.0_groupA 5", "done 2.5.0_groupA", "begin 2.5.0_groupB1 2.5.0_groupB2"]
    {
        regal(&format!("record --on-event ./hook --run {} {words}", id.trim()));
    }
    regal(&format!("record --on-event ./hook --run {} lost 2.5.0_groupB1 web2 web3 --message no", id.trim()));
    regal(&format!("record --on-event ./hook --run {} end lost", id.trim()));
    assert_eq!(read(&test, "got"), sent(&test));
    assert!(read(&test, "variables").starts_with("approve 2.5.0_groupB1 B1\nstart none none\nbegin 2.5.0_groupA A\n"));
    // what is approved already is no event
    let lines = record(&test).len();
    assert_eq!(
        regal("approve --on-event ./hook B1"),
        "2.5.0_groupB1 is approved already, by ".to_string() + &by(&test)
    );
    assert_eq!(record(&test).len(), lines);
}

fn by(test: &Test) -> String {
    format!("{}\n", record(test)[0]["by"].as_str().unwrap())
}

#[test]
fn a_slow_receiver_keeps_no_batch_waiting() {
    let test = saved().script("hook", "#!/bin/sh\nsleep 0.4\ncat >>got\ndate +%s%N >>told\n");
    let output = run(&test, "--on-event ./hook -- sh -c 'date +%s%N >>deployed'");
    assert_eq!(output.code, 0, "{}", output.stderr);
    // the last batch had been deployed before the second event was sent
    let times = |name: &str| read(&test, name).lines().map(|line| line.parse::<u128>().unwrap()).collect::<Vec<_>>();
    let (deployed, told) = (times("deployed"), times("told"));
    assert_eq!((deployed.len(), told.len()), (3, 8));
    assert!(deployed[2] < told[2], "{deployed:?} {told:?}");
    assert_eq!(read(&test, "got"), sent(&test));
}

#[test]
fn what_cannot_be_sent_is_recorded_and_stops_nothing() {
    for (hook, why) in [
        ("#!/bin/sh\nexec cat >/dev/null; exit 3\n", None),
        ("#!/bin/sh\nexit 3\n", Some("exit code 3")),
        ("#!/bin/sh\nkill -KILL $$\n", Some("ended by signal 9")),
    ] {
        let test = saved().script("hook", hook);
        let output = run(&test, "--only-canary --on-event './hook --token geheim {group}' -- true");
        assert_eq!(output.code, 0, "{}", output.stderr);
        let expected: Vec<String> = ["`start`", "`begin` of 2.5.0_groupA", "`done` of 2.5.0_groupA", "`end`"]
            .iter()
            .filter_map(|event| Some(format!("./hook: {event}: {}", why?)))
            .collect();
        assert_eq!(unsent(&test), expected);
        for why in expected {
            assert!(output.stderr.contains(&format!("run: not sent to {why}\n")), "{}", output.stderr);
        }
        assert!(!read(&test, "p.rollout.jsonl").contains("geheim"));
        let log = test.shell(&format!("regal log {PLAN}"));
        assert_eq!(log.stdout.contains("not sent to ./hook: `end`: "), why.is_some(), "{}", log.stdout);
    }
}

#[test]
fn a_receiver_that_is_missing_stops_nothing_and_one_without_an_end_quote_is_bad_input() {
    let test = saved();
    let output = run(&test, "--on-event ./missing -- true");
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(unsent(&test).len(), 8);
    assert_eq!(unsent(&test)[0], "./missing: `start`: cannot be started: no such file or directory");
    let approve = test.shell(&format!("regal approve --plan {PLAN} --on-event ./missing B1"));
    assert_eq!((approve.code, approve.stderr.as_str()), (0, ""), "it is done already");
    let test = saved();
    let approve = test.shell(&format!("regal approve --plan {PLAN} --on-event ./missing B1"));
    let said = "not sent to ./missing: `approve` of 2.5.0_groupB1: cannot be started: no such file or directory\n";
    assert_eq!((approve.code, approve.stderr.as_str()), (0, said));
    assert_eq!(events(&test, &["approve", "unsent"]), ["approve B1", "unsent"]);
    for (command, message) in [
        ("run --on-event \"./x 'y\" -- true", "error: --on-event ./x 'y: a quote has no end\n"),
        ("record --on-event \"./x 'y\" start --process $$", "error: --on-event ./x 'y: a quote has no end\n"),
        ("approve --on-event '{goup}' B1", "error: `{goup}`: there is no placeholder `{goup}`\n"),
    ] {
        let test = saved();
        let output = test.shell(&format!("regal --plan {PLAN} {command}"));
        assert_eq!(output.code, 1, "{}", output.stderr);
        assert!(output.stderr.starts_with(message), "{}", output.stderr);
        assert_eq!(record(&test).len(), 0);
    }
}

#[test]
fn a_receiver_that_hangs_is_ended_with_all_that_it_started() {
    let test = saved().script("hook", "#!/bin/sh\nsleep 600 & echo $! >pid; wait\n");
    let mut beside = Beside::start(&test, &["--on-event", "./hook", "--", "true"]);
    wait_until("the end of the batches", || events(&test, &["end"]).len() == 1);
    // nobody who has waited enough has to wait for the messages
    wait_until("the receiver", || read(&test, "pid").ends_with('\n'));
    beside.signal("INT");
    let status = beside.wait();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2));
    let unsent = unsent(&test);
    assert!(unsent[0].starts_with("./hook: `start`: it did not end within "), "{unsent:?}");
    // on a busy machine a further one may have been begun
    let last = unsent.last().unwrap();
    assert!(last.ends_with(" events more: there was no time left to send them"), "{unsent:?}");
    assert!(!is_alive(read(&test, "pid").trim()));
}

#[test]
#[ignore = "long; run tests/run"]
fn a_receiver_has_half_a_minute() {
    let test = saved().script("hook", "#!/bin/sh\ntest $ROLLOUT_EVENT != start || sleep 600\ncat >>got\n");
    let begun = Instant::now();
    let output = run(&test, "--on-event ./hook -- true");
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(begun.elapsed().as_secs() >= 30, "{:?}", begun.elapsed());
    assert!(unsent(&test)[0].starts_with("./hook: `start`: it did not end within 30 s"), "{:?}", unsent(&test));
}

#[test]
fn a_receiver_that_ends_its_run_is_a_signal_like_any_other() {
    let test = saved().script("hook", "#!/bin/sh\ncat >>got\ntest $ROLLOUT_EVENT != done || kill -TERM $PPID\n");
    let command = "test {batch} = A || exec sleep 60";
    let line = format!("regal run --plan {PLAN} --on-event ./hook -- sh -c '{command}' & wait $!; echo $?");
    let status = test.shell(&line);
    assert_eq!(status.stdout, "143\n", "{}", status.stderr);
    assert_eq!(read(&test, "got"), sent(&test));
    assert!(read(&test, "got").contains("\"outcome\":\"interrupted\""));
}

#[test]
fn what_a_killed_run_told_last_keeps_nobody_out() {
    let test = saved().script("hook", "#!/bin/sh\necho $$ >pid\nexec sleep 600\n");
    let mut beside = Beside::start(&test, &["--on-event", "./hook", "--", "sh", "-c", "test -e go || exec sleep 0.2"]);
    wait_until("the receiver", || read(&test, "pid").ends_with('\n'));
    beside.signal("KILL");
    beside.wait();
    std::fs::write(test.path().join("go"), "").unwrap();
    // the command of a batch may still have it for a moment
    wait_until("the next run", || run(&test, "-- true").code == 0);
    assert!(is_alive(read(&test, "pid").trim()));
    kill("KILL", read(&test, "pid").trim());
}

#[test]
fn what_an_inventory_names_is_data() {
    let test = with("[shop]\n'we;b' v=1\n", SETTINGS).script("hook", "#!/bin/sh\nprintf '%s\\n' \"$@\" >>got\n");
    let record =
        |command: &str| test.shell(&format!("regal record --plan {PLAN} --on-event \"{command}\" start --process $$"));
    let refused = record("./hook {hosts}");
    assert!(refused.code == 1 && refused.stderr.contains("cannot be a host of a command"), "{}", refused.stderr);
    assert_eq!(record("./hook {group}").code, 0);
    let test = with("web1 v='$(touch x)'\n", &format!("{SETTINGS}group_names: safe\n"))
        .script("hook", "#!/bin/sh\nprintf '%s|' \"$@\" \"$ROLLOUT_VERSION\" >>got\n");
    let refused = run(&test, "--on-event './hook {version}' -- true");
    assert!(refused.code == 1 && refused.stderr.contains("cannot stand for `{version}`"), "{}", refused.stderr);
    assert_eq!(run(&test, "--on-event './hook {hosts}' -- true").code, 0);
    assert!(read(&test, "got").contains("web1|$(touch x)|"), "{}", read(&test, "got"));
    assert!(!test.path().join("x").exists());
}
