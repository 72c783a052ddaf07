//! Windows and blackouts: when a batch begins, by the clock of this machine.

use std::process::Command;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::{HOSTS, SETTINGS, events, read, record, run, with};
use crate::support::Test;

/// Now in UTC, and so many days later.
fn days_on(days: i64) -> DateTime {
    TimeZone::UTC.to_datetime(Timestamp::now()).checked_add(days.days()).unwrap()
}

fn date(days: i64) -> String {
    days_on(days).strftime("%Y-%m-%d").to_string()
}

/// A plan in a blackout of yesterday to so many days from now.
fn dark(days: i64, more: &str) -> Test {
    let (from, to) = (date(-1), date(days));
    with(HOSTS, &format!("{SETTINGS}blackouts: {{from: {from}, to: {to}, zone: UTC, why: audit}}\n{more}"))
}

#[test]
fn outside_its_windows_a_run_ends_and_says_when_they_open() {
    // open for one day of the week, which is neither today nor tomorrow
    let day = days_on(3).strftime("%a").to_string().to_lowercase();
    let test =
        with(HOSTS, &format!("{SETTINGS}windows: {{days: {day}, from: '09:00', to: '16:00', zone: Europe/Berlin}}\n"));
    let stopped = run(&test, "--on-stop 'sh -c \"echo $ROLLOUT_OUTCOME $ROLLOUT_WHY >log\"' -- echo '{batch}'");
    assert_eq!((stopped.code, stopped.stdout.as_str()), (4, ""), "{}", stopped.stderr);
    let begins = "run: 2.5.0_groupA does not begin: outside its windows; the next opens ";
    let line =
        stopped.stderr.lines().find(|line| line.starts_with(begins)).unwrap_or_else(|| panic!("{}", stopped.stderr));
    assert!(line.contains(" 09:00 Europe/Berlin (in "), "{line}");
    assert!(
        stopped.stderr.ends_with("run: to go on: the same command then, or now with --ignore-windows\n"),
        "{}",
        stopped.stderr
    );
    assert!(
        read(&test, "log").starts_with("waiting 2.5.0_groupA does not begin: outside its windows"),
        "{}",
        read(&test, "log")
    );
    assert_eq!(events(&test, &["begin", "stop", "end"]), ["stop A", "end"]);
    assert_eq!(record(&test).last().unwrap()["outcome"], "waiting");
    let status = test.shell("regal status p.rollout.yml --format json");
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    let held = &status["batches"][0]["held"];
    assert_eq!((&held["by"], &held["why"]), (&"window".into(), &"outside its windows".into()));
    let until = held["until"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(TimeZone::get("Europe/Berlin").unwrap().to_datetime(until).strftime("%H:%M").to_string(), "09:00");
    let text = test.shell("regal status p.rollout.yml").stdout;
    assert_eq!(text.matches("waiting; does not begin now: outside its windows; the next opens ").count(), 1, "{text}");
}

#[test]
fn windows_that_are_ignored_stand_in_the_record_with_who_ignores_them() {
    let test = dark(2, "");
    let stopped = run(&test, "-- echo '{batch}'");
    assert_eq!(stopped.code, 4, "{}", stopped.stderr);
    assert!(
        stopped.stderr.contains("2.5.0_groupA does not begin: in a blackout (audit); it may begin "),
        "{}",
        stopped.stderr
    );
    let ignores = run(&test, "--ignore-windows --until B1 -- echo '{batch}'");
    assert_eq!((ignores.code, ignores.stdout.as_str()), (0, "A\nB1\n"), "{}", ignores.stderr);
    assert_eq!(
        events(&test, &["ignore_windows", "begin"]),
        ["ignore_windows A", "begin A", "ignore_windows B1", "begin B1"]
    );
    assert!(
        record(&test)
            .iter()
            .any(|line| line["event"] == "ignore_windows" && line["by"].as_str().unwrap().contains('@'))
    );
    let log = test.shell("regal log p.rollout.yml").stdout;
    assert!(log.contains("2.5.0_groupB1 begins outside its windows, which "), "{log}");
    // the next one waits again, and a way back never does
    assert_eq!(run(&test, "-- echo '{batch}'").code, 4);
    let back = run(&test, "--back-to 2.4.0 -- echo '{batch}'");
    assert_eq!((back.code, back.stdout.as_str()), (0, "B1\nA\n"), "{}", back.stderr);
}

#[test]
fn inside_its_windows_a_run_goes_to_its_end() {
    let settings = format!(
        "{SETTINGS}windows: [{{days: mon-sun, zone: UTC}}]\nblackouts: {{from: 2020-01-01, to: {}, zone: UTC}}\n",
        date(-2)
    );
    let test = with(HOSTS, &settings);
    let all = run(&test, "--ignore-windows -- echo '{batch}'");
    assert_eq!((all.code, all.stdout.as_str()), (0, "A\nB1\nB2\n"), "{}", all.stderr);
    assert!(events(&test, &["ignore_windows"]).is_empty(), "nothing was ignored");
}

#[test]
fn a_bake_that_no_window_holds_is_an_error_where_the_plan_is_made() {
    let settings = format!("{SETTINGS}bake: 8h\nwindows:\n- {{from: '09:00', to: '16:00', zone: UTC}}\n");
    let test = Test::new().file("hosts", HOSTS).file("regal.yml", settings);
    let refused = test.shell("regal plan");
    assert_eq!(refused.code, 1);
    let expected = "regal.yml:5:1: `windows` are open for 7h at most, and `canary.bake: 8h` is longer, so that the canary could never begin";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
}

#[test]
fn a_window_that_is_too_short_for_a_bake_is_a_warning() {
    let windows =
        "- {days: mon, from: '09:00', to: '16:00', zone: UTC}\n- {days: fri, from: '09:00', to: '10:00', zone: UTC}\n";
    let test = Test::new().file("hosts", HOSTS).file("regal.yml", format!("{SETTINGS}bake: 2h\nwindows:\n{windows}"));
    let checked = test.shell("regal check");
    let expected = "regal.yml:5:1: `windows`: no batch begins in {days: fri, from: 09:00, to: 10:00, zone: UTC} but one that is not watched: a bake takes 2h";
    assert!(
        checked.code == 0 && checked.stdout.contains(expected) | checked.stderr.contains(expected),
        "{} {}",
        checked.stdout,
        checked.stderr
    );
    assert_eq!(test.shell("regal check --strict").code, 1);
}

/// Runs on a terminal; once `text` is shown, the run gets SIGINT, unless there is no text. Returns what was shown, and the exit code.
fn on_a_terminal(test: &Test, text: &str) -> (i32, String) {
    let asks = "import os, pty, signal, sys
pid, fd = pty.fork()
if pid == 0:
    # ignored where the tests run in the background of a shell
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:2] + ['run', '--plan', 'p.rollout.yml', '--', 'echo', '{group}'])
text, sent = b'', False
try:
    while True:
        part = os.read(fd, 1000)
        if not part:
            break
        text += part
        if sys.argv[2] and sys.argv[2].encode() in text and not sent:
            sent = True
            os.kill(pid, signal.SIGINT)
except OSError:
    pass
sys.stdout.write(text.decode())
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(code if code >= 0 else 128 - code)";
    let program = env!("CARGO_BIN_EXE_regal-inventory");
    let output = Command::new("python3")
        .args(["-c", asks, program, text])
        .env("TERM", "xterm")
        .current_dir(test.path())
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn on_a_terminal_a_run_waits_until_a_signal_ends_it() {
    let test = dark(2, "");
    let (code, text) = on_a_terminal(&test, " left");
    assert_eq!(code, 130, "{text}");
    assert!(
        text.contains("2.5.0_groupA does not begin: in a blackout (audit)") && text.contains("2.5.0_groupA waits: "),
        "{text}"
    );
    assert_eq!(record(&test).last().unwrap()["outcome"], "interrupted");
}

#[test]
#[ignore = "long; run tests/run"]
fn on_a_terminal_a_run_waits_until_its_window_opens() {
    // the blackout ends with this minute, or with the next where the plan may take longer than this one
    let ends = TimeZone::UTC.to_datetime(Timestamp::now()).checked_add(70.seconds()).unwrap();
    let from = date(-1);
    let to = ends.strftime("%Y-%m-%d %H:%M").to_string();
    let test = with(HOSTS, &format!("{SETTINGS}blackouts: {{from: {from}, to: {to}, zone: UTC}}\n"));
    let (code, text) = on_a_terminal(&test, "");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("2.5.0_groupA does not begin: in a blackout; it may begin ") && text.contains("all done"),
        "{text}"
    );
    let begin = record(&test).into_iter().find(|line| line["event"] == "begin").unwrap();
    let at = begin["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let opens = format!("{}:00Z", to.replace(' ', "T")).parse::<Timestamp>().unwrap();
    assert!(opens <= at && at.as_second() < opens.as_second() + 5, "{at}");
}

#[test]
fn what_was_lost_goes_on_inside_its_windows_only() {
    let test = dark(2, "");
    let lost = run(&test, "--ignore-windows -- false");
    assert_eq!(lost.code, 5, "{}", lost.stderr);
    // as run itself says, so does status to a playbook
    assert_eq!(run(&test, "-- true").code, 4);
    let status = test.shell("regal status p.rollout.yml --format json").stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let batches: Vec<_> = status["batches"].as_array().unwrap().iter().map(|batch| &batch["held"]["by"]).collect();
    assert_eq!(batches, ["blackout", "blackout", "blackout"], "{status}");
    assert_eq!(run(&test, "--ignore-windows -- true").code, 0);
    let status = test.shell("regal status p.rollout.yml --format json").stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert!(status["batches"].as_array().unwrap().iter().all(|batch| batch["held"].is_null()), "{status}");
}
