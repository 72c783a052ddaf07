//! `on_failure: rollback`: the way back by itself.

use super::*;

const ROLLBACK: &str = "on_failure: rollback\nrollback_to: 2.4.0\n";
/// Writes down what it is called for, and fails for the batches that stand in `broken`, on the way forward.
const DEPLOY: &str = "#!/bin/sh\necho \"$ROLLOUT_VERSION $ROLLOUT_BATCH $ROLLOUT_HOSTS\" >>log\n\
                      test \"$ROLLOUT_VERSION\" = 2.4.0 || ! grep -qs $ROLLOUT_BATCH broken\n";

fn rolling_back(more: &str) -> Test {
    with(HOSTS, &format!("{SETTINGS}{ROLLBACK}{more}")).script("deploy", DEPLOY)
}

/// What the record says of its runs: each with where it goes, why, and how it ended.
fn runs(test: &Test) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    for line in record(test) {
        let word = |key: &str| line[key].as_str().unwrap_or_default().to_string();
        match line["event"].as_str().unwrap() {
            "start" => runs.push(format!("{} {} [{}]", word("direction"), word("to"), word("because"))),
            "stop" => runs.last_mut().unwrap().push_str(&format!(" stop: {}", word("why"))),
            "end" => runs.last_mut().unwrap().push_str(&format!(" end: {}", word("outcome"))),
            _ => {}
        }
    }
    runs
}

#[test]
fn what_was_touched_goes_back_the_last_first_and_once() {
    let test = rolling_back("").file("broken", "B1");
    let output = run(&test, "-- ./deploy {hosts}");
    assert_eq!(output.code, 5, "{}", output.stderr);
    assert_eq!(read(&test, "log"), "2.5.0 A web1\n2.5.0 B1 web2,web3\n2.4.0 B1 web2,web3\n2.4.0 A web1\n");
    let said = "\
run: 2.5.0_groupB1 is lost: exit code 1
run: stopped at 2.5.0_groupB1: a batch is lost; 1 host done, 2 lost, 2 waiting
run: on_failure is rollback: back to 2.4.0
run: going back through 2 batches, the last begun first
";
    assert!(output.stderr.contains(said), "{}", output.stderr);
    let end = "\nrun: back to 2.4.0; 3 hosts done\nrun: to roll it out again: the same command with --retry-lost\n";
    assert!(output.stderr.ends_with(end), "{}", output.stderr);
    let expected = ["forward  [] stop: a batch is lost end: lost", "back 2.4.0 [2.5.0_groupB1: exit code 1] end: done"];
    assert_eq!(runs(&test), expected);
    let log = test.shell(&format!("regal log {PLAN}")).stdout;
    assert!(log.contains("run begins back to 2.4.0, since 2.5.0_groupB1: exit code 1, by "), "{log}");
    let status = test.shell(&format!("regal status {PLAN}")).stdout;
    assert!(status.contains(", went back to 2.4.0 by itself (2.5.0_groupB1: exit code 1), and ended "), "{status}");
    let json: Value = serde_json::from_str(&test.shell(&format!("regal status {PLAN} --format json")).stdout).unwrap();
    assert_eq!(json["run"]["because"], "2.5.0_groupB1: exit code 1");
    assert_eq!(json["batches"][1]["back_because"], "2.5.0_groupB1: exit code 1");
    assert_eq!(json["batches"][2]["back_because"], Value::Null);
    let page = test.shell(&format!("regal status {PLAN} --format html")).stdout;
    assert!(page.contains("went back to 2.4.0 by itself (2.5.0_groupB1: exit code 1)"), "{page}");
}

#[test]
fn nothing_rolls_forward_again_unasked() {
    let test = rolling_back("").file("broken", "B1");
    assert_eq!(run(&test, "-- ./deploy {hosts}").code, 5);
    let (log, lines) = (read(&test, "log"), record(&test).len());
    std::fs::write(test.path().join("broken"), "").unwrap();
    for again in ["-- ./deploy {hosts}", "--dry-run -- ./deploy {hosts}", "--no-rollback -- ./deploy {hosts}"] {
        let output = run(&test, again);
        assert_eq!((output.code, output.stdout.as_str()), (5, ""), "{again}: {}", output.stderr);
        let said = "run: 2.5.0 went back to 2.4.0 by itself: 2.5.0_groupB1: exit code 1
run: to roll it out again: the same command with --retry-lost
";
        assert_eq!(output.stderr, said);
    }
    assert_eq!((read(&test, "log"), record(&test).len()), (log, lines));
    // asked, it begins with the canary, and after that the same command goes on as ever
    assert_eq!(run(&test, "--only-canary --retry-lost -- ./deploy {hosts}").code, 0);
    assert!(read(&test, "log").ends_with("2.4.0 A web1\n2.5.0 A web1\n"), "{}", read(&test, "log"));
    assert_eq!(run(&test, "--retry-lost -- ./deploy {hosts}").code, 0);
    assert_eq!(events(&test, &["end"]).len(), 4);
    assert!(read(&test, "log").ends_with("2.5.0 B1 web2,web3\n2.5.0 B2 web4,web5\n"), "{}", read(&test, "log"));
    assert_eq!(run(&test, "-- false").code, 0);
}

#[test]
fn an_option_beats_the_policy_and_is_recorded() {
    let test = rolling_back("").file("broken", "B1");
    assert_eq!(run(&test, "--no-rollback -- ./deploy").code, 5);
    assert_eq!(read(&test, "log").lines().count(), 2);
    let kept = "forward  [] stop: a batch is lost, and --no-rollback keeps it from going back end: lost";
    assert_eq!(runs(&test), [kept]);
    // what stopped may go on, and goes back where it is lost again
    assert_eq!(run(&test, "-- ./deploy").code, 5);
    assert_eq!(runs(&test)[1..].len(), 2);
}

#[test]
fn a_check_and_caps_lead_back_as_well() {
    let test = rolling_back("");
    let check = "sh -c \"test {batch} != B1 || test {version} = 2.4.0\"";
    let output = run(&test, &format!("--check '{check}' -- ./deploy"));
    assert_eq!(output.code, 5, "{}", output.stderr);
    let back = "2.5.0 A web1\n2.5.0 B1 web2,web3\n2.4.0 B1 web2,web3\n2.4.0 A web1\n";
    assert_eq!(read(&test, "log"), back);
    assert_eq!(runs(&test)[1], "back 2.4.0 [2.5.0_groupB1: the check failed: exit code 1] end: done");
    let loses = "#!/bin/sh\necho \"$ROLLOUT_VERSION $ROLLOUT_BATCH $ROLLOUT_HOSTS\" >>log\n\
                 test $ROLLOUT_VERSION = 2.4.0 || test $ROLLOUT_BATCH != B1 || echo web2 lost >$ROLLOUT_RESULTS\n";
    let test = rolling_back("max_failures: 9\nmax_unavailable: 2\n").script("deploy", loses);
    let output = run(&test, "-- ./deploy");
    assert_eq!(output.code, 5, "{}", output.stderr);
    assert_eq!(read(&test, "log"), back);
    assert!(runs(&test)[1].starts_with("back 2.4.0 [2.5.0_groupB2: it takes 2 hosts of 2.5.0"), "{:?}", runs(&test));
    // past as many lost batches as are let pass, and then all the way
    let test = rolling_back("").file("broken", "A\nB2");
    assert_eq!(run(&test, "--max-failed-batches 1 -- ./deploy").code, 5);
    let back =
        "2.5.0 A web1\n2.5.0 B1 web2,web3\n2.5.0 B2 web4,web5\n2.4.0 B2 web4,web5\n2.4.0 B1 web2,web3\n2.4.0 A web1\n";
    assert_eq!(read(&test, "log"), back);
}

#[test]
fn hosts_that_the_policy_does_not_let_pass_are_counted() {
    let loses = "#!/bin/sh\ntest $ROLLOUT_VERSION = 2.4.0 || echo web1 lost disk full >$ROLLOUT_RESULTS\n";
    let test = rolling_back("").script("deploy", loses);
    assert_eq!(run(&test, "-- ./deploy").code, 5);
    assert_eq!(runs(&test)[1], "back 2.4.0 [2.5.0_groupA: 1 host failed or unreachable] end: done");
}

#[test]
fn nothing_but_a_loss_leads_back() {
    // approval, bad input, results that cannot be right
    let test = rolling_back("approval: after_canary\n");
    assert_eq!(run(&test, "-- ./deploy").code, 4);
    assert_eq!(run(&test, "-- ./missing").code, 4);
    assert_eq!(run(&test, "--approve B1 -- ./missing").code, 1);
    assert_eq!(run(&test, "-- sh -c 'echo x >$ROLLOUT_RESULTS'").code, 1);
    assert!(runs(&test).iter().all(|run| run.starts_with("forward")), "{:?}", runs(&test));
    // a signal
    let test = rolling_back("");
    let command = "kill -TERM $PPID; sleep 0.2; exit 1";
    let mut beside = Beside::start(&test, &["--", "sh", "-c", command]);
    beside.wait();
    assert_eq!(runs(&test), ["forward  [] stop: interrupted by SIGTERM end: interrupted"]);
    // a way back that somebody asked for
    let test = rolling_back("");
    assert_eq!(run(&test, "--only-canary -- true").code, 0);
    assert_eq!(run(&test, "--back-to 2.3.0 -- false").code, 5);
    assert_eq!(runs(&test).len(), 2);
}

#[test]
fn a_batch_that_cannot_go_back_is_said_and_left_to_finish() {
    let test = rolling_back("").file("broken", "B1");
    let fails = "-- sh -c './deploy; code=$?; test $ROLLOUT_VERSION$ROLLOUT_BATCH != 2.4.0B1 || test -e mended || exit 7; exit $code'";
    let output = run(&test, fails);
    assert_eq!(output.code, 5, "{}", output.stderr);
    assert_eq!(read(&test, "log"), "2.5.0 A web1\n2.5.0 B1 web2,web3\n2.4.0 B1 web2,web3\n2.4.0 A web1\n");
    let end = "run: the way back stopped: a batch is lost; 1 host done, 2 lost
run: to finish the way back: the same command with --back-to 2.4.0
run: to roll it out again: the same command with --retry-lost
";
    assert!(output.stderr.ends_with(end), "{}", output.stderr);
    let again = run(&test, fails);
    assert_eq!(again.code, 5);
    let said = "run: 2.5.0 was going back to 2.4.0 by itself, and not all of it is back: 2.5.0_groupB1: exit code 1\n";
    assert!(again.stderr.contains(said), "{}", again.stderr);
    assert!(
        again.stderr.contains("run: to finish the way back: the same command with --back-to 2.4.0\n"),
        "{}",
        again.stderr
    );
    std::fs::write(test.path().join("mended"), "").unwrap();
    assert_eq!(run(&test, &format!("--back-to 2.4.0 {fails}")).code, 0);
    assert!(read(&test, "log").ends_with("2.4.0 A web1\n2.4.0 B1 web2,web3\n"), "{}", read(&test, "log"));
    // that somebody finished it is no reason to roll forward
    assert_eq!(run(&test, "-- true").code, 5);
}

#[test]
fn hooks_are_called_once_at_the_very_end() {
    let hook = "#!/bin/sh\necho \"$1 $ROLLOUT_OUTCOME $ROLLOUT_WAY_BACK $ROLLOUT_BATCH $ROLLOUT_WHY\" >>log\n";
    let hooks = "--on-stop './hook stop' --on-end './hook end'";
    for (broken, word) in [("B1", "finished"), ("B1\nback", "failed")] {
        let test = rolling_back("").script("hook", hook).file("broken", broken);
        let output = run(
            &test,
            &format!("{hooks} -- sh -c './deploy && ! {{{{ grep -q back broken && test $ROLLOUT_VERSION = 2.4.0; }}'"),
        );
        assert_eq!(output.code, 5, "{}", output.stderr);
        let expected =
            format!("2.4.0 A web1\nstop lost {word} B1 a batch is lost\nend lost {word} B1 a batch is lost\n");
        assert!(read(&test, "log").ends_with(&expected), "{}", read(&test, "log"));
    }
    let test = rolling_back("").script("hook", hook);
    assert_eq!(run(&test, &format!("{hooks} -- true")).code, 0);
    assert_eq!(read(&test, "log"), "end done   \n");
}

#[test]
fn a_signal_ends_the_way_back() {
    let test = rolling_back("").file("broken", "B1");
    let command = "./deploy || exit; test $ROLLOUT_VERSION != 2.4.0 || { kill -TERM $PPID; sleep 0.2; }";
    let line = format!("regal run --plan {PLAN} -- sh -c '{}' & wait $!; echo $?", command.replace('{', "{{"));
    let output = test.shell(&line);
    assert_eq!(output.stdout, "143\n", "{}", output.stderr);
    assert_eq!(read(&test, "log"), "2.5.0 A web1\n2.5.0 B1 web2,web3\n2.4.0 B1 web2,web3\n");
    let last = runs(&test).pop().unwrap();
    assert!(last.ends_with("stop: interrupted by SIGTERM end: interrupted"), "{last}");
    assert!(
        output.stderr.contains("run: to finish the way back: the same command with --back-to 2.4.0\n"),
        "{}",
        output.stderr
    );
    assert_eq!(run(&test, "--back-to 2.4.0 -- ./deploy").code, 0);
    assert!(read(&test, "log").ends_with("2.4.0 A web1\n"), "{}", read(&test, "log"));
}

#[test]
fn only_the_version_that_was_lost_goes_back() {
    let settings = "inventory: hosts\nversion_from: {var: v}\nbatch_size: 1\noverrides: {a-2: {on_failure: rollback, rollback_to: a-1}, b-2: {on_failure: rollback, rollback_to: b-1}}\n";
    let deploy = "#!/bin/sh\necho \"$ROLLOUT_VERSION $ROLLOUT_BATCH $ROLLOUT_HOSTS\" >>log\ntest \"$ROLLOUT_VERSION $ROLLOUT_BATCH\" != 'b-2 B1'\n";
    let test = with("w[1:3] v=a-2\nd[1:3] v=b-2\n", settings).script("deploy", deploy);
    assert_eq!(run(&test, "--waves -- ./deploy {hosts}").code, 5);
    let log = "a-2 A w1\nb-2 A d1\na-2 B1 w2\nb-2 B1 d2\nb-1 B1 d2\nb-1 A d1\n";
    assert_eq!(read(&test, "log"), log);
    // the other one may go on by itself
    assert_eq!(run(&test, "--waves -- ./deploy {hosts}").code, 5);
    assert_eq!(run(&test, "--only a-2 -- ./deploy {hosts}").code, 0);
    assert_eq!(read(&test, "log"), format!("{log}a-2 B2 w3\n"));
}

#[test]
fn a_version_to_go_back_to_is_a_plain_word_too() {
    let test = with(HOSTS, &format!("{SETTINGS}on_failure: rollback\nrollback_to: '$(x)'\n"));
    let output = run(&test, "-- echo '{version}'");
    assert!(
        output.code == 1 && output.stderr.contains("version `$(x)` cannot stand for `{version}`"),
        "{}",
        output.stderr
    );
    assert_eq!(record(&test).len(), 0);
    // what is told says the version that it goes back to
    let test = rolling_back("")
        .file("broken", "B1")
        .script("hook", "#!/bin/sh\necho $ROLLOUT_EVENT $ROLLOUT_BATCH $ROLLOUT_VERSION >>told\n");
    assert_eq!(run(&test, "--on-event ./hook -- ./deploy").code, 5);
    let told = read(&test, "told");
    let back =
        "stop B1 2.5.0\nend\nstart 2.4.0\nbegin B1 2.4.0\ndone B1 2.4.0\nbegin A 2.4.0\ndone A 2.4.0\nend 2.4.0\n";
    assert!(told.ends_with(back), "{told}");
}

/// Killed at any moment of the way back, what is left of it is finished by `--back-to`.
fn killed_at(pause: u64) {
    let test = rolling_back("").file("broken", "B1");
    let mut beside = Beside::start(&test, &["--", "sh", "-c", "./deploy || exit; exec sleep 0.03", "{hosts}"]);
    wait_until("the way back", || runs(&test).len() > 1 || beside.0.try_wait().unwrap().is_some());
    std::thread::sleep(Duration::from_millis(pause));
    let _ = beside.0.kill();
    beside.wait();
    // its command holds the lock for a moment
    let begun = events(&test, &["begin"]).len();
    wait_until("the end of its command", || run(&test, "-- touch forward").code != 6);
    assert_eq!(events(&test, &["begin"]).len(), begun, "{pause} ms: it rolls forward");
    wait_until("the way back", || run(&test, "--back-to 2.4.0 -- ./deploy {hosts}").code == 0);
    let log = read(&test, "log");
    for hosts in ["A web1", "B1 web2,web3"] {
        let last = log.lines().rfind(|line| line.ends_with(hosts)).unwrap();
        assert_eq!(last, format!("2.4.0 {hosts}"), "{pause} ms: {log}");
    }
    assert!(!log.contains("web4") && !test.path().join("forward").exists(), "{pause} ms: {log}");
    // and no host was taken back again after it was recorded as back
    assert!(log.lines().filter(|line| line.starts_with("2.4.0 A")).count() <= 2, "{pause} ms: {log}");
}

#[test]
fn a_way_back_that_is_killed_is_finished() {
    killed_at(0);
    killed_at(40);
}

#[test]
#[ignore = "long; run tests/run"]
fn a_way_back_that_is_killed_at_any_moment_is_finished() {
    (0..25).for_each(|step| killed_at(step * 5));
}
