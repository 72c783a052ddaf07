//! Runs that are ended by signals, and several at once.

use super::*;

#[test]
fn a_signal_reaches_the_command_and_ends_the_run() {
    let test = saved();
    let command = "trap 'echo TERM >log; exit 9' TERM; echo $$ >pid; for i in $(seq 60000); do sleep 0.01; done";
    let mut beside = Beside::start(&test, &["--", "sh", "-c", command]);
    wait_until("the command", || read(&test, "pid").ends_with('\n'));
    beside.signal("TERM");
    let status = beside.wait();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
    assert_eq!(read(&test, "log"), "TERM\n");
    assert_eq!(events(&test, &["begin", "lost", "done", "end"]), ["begin A", "lost A", "end"]);
    let end = record(&test).pop().unwrap();
    assert_eq!(end["outcome"], "interrupted");
    // for a shell that is 128+15
    let status =
        test.shell(&format!("regal run --plan {PLAN} -- sh -c 'kill -TERM $PPID; sleep 60' & wait $!; echo $?"));
    assert_eq!(status.stdout, "143\n", "{}", status.stderr);
}

#[test]
fn a_terminal_interrupts_a_command_once() {
    let test = saved();
    let presses = "import os, pty, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
while not os.path.exists('pid'):
    time.sleep(0.01)
os.write(fd, b'\\x03')
try:
    while os.read(fd, 1000):
        pass
except OSError:
    pass
sys.exit(-os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))";
    // it stays a while after the first, for a second one to come
    let command = "trap 'echo INT >>log' INT; : >pid; for i in $(seq 6000); do test -e log && break; sleep 0.1; done
                   for i in 1 2 3 4 5; do sleep 0.1; done; exit 3";
    let program = env!("CARGO_BIN_EXE_regal-inventory");
    let mut terminal = Command::new("env");
    terminal.args(["--default-signal", "python3", "-c", presses]);
    terminal.args([program, "run", "--plan", PLAN, "--", "sh", "-c", command]);
    let ended = terminal.current_dir(test.path()).output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(read(&test, "log"), "INT\n");
    assert_eq!(events(&test, &["lost", "end"]), ["lost A", "end"]);
}

#[test]
fn a_second_signal_ends_a_command_that_ignores_the_first() {
    let test = saved();
    let command = "trap '' INT TERM; echo $$ >pid; for i in $(seq 60000); do sleep 0.01; done";
    let mut beside = Beside::start(&test, &["--", "sh", "-c", command]);
    wait_until("the command", || read(&test, "pid").ends_with('\n'));
    beside.signal("INT");
    std::thread::sleep(Duration::from_millis(200));
    assert!(is_alive(read(&test, "pid").trim()));
    beside.signal("INT");
    beside.wait();
    assert!(!is_alive(read(&test, "pid").trim()));
    assert_eq!(events(&test, &["lost", "end"]), ["lost A", "end"]);
    assert_eq!(run(&test, "-- true").code, 0);
}

#[test]
fn a_signal_ends_a_watch() {
    let test = with(HOSTS, &format!("{SETTINGS}bake: 1h\n"));
    let mut beside = Beside::start(&test, &["--", "true"]);
    wait_until("the watch", || !events(&test, &["bake"]).is_empty());
    beside.signal("TERM");
    beside.wait();
    assert_eq!(events(&test, &["done", "lost", "stop"]), ["done A", "stop"]);
}

#[test]
fn a_command_that_outlives_its_run_keeps_others_out() {
    let test = saved();
    let command = "echo $$ >pid; for i in $(seq 60000); do test -e go && exit; sleep 0.01; done";
    let mut beside = Beside::start(&test, &["--", "sh", "-c", command]);
    wait_until("the command", || read(&test, "pid").ends_with('\n'));
    beside.signal("KILL");
    beside.wait();
    let pid = read(&test, "pid").trim().to_string();
    assert!(is_alive(&pid));
    let refused = run(&test, "--take-over -- touch ran");
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    assert!(refused.stderr.contains(&format!("process {pid} (sh)")), "{}", refused.stderr);
    assert!(!test.path().join("ran").exists());
    std::fs::write(test.path().join("go"), "").unwrap();
    wait_until("the end of the command", || !is_alive(&pid));
    assert_eq!(run(&test, "-- touch ran").code, 0);
}

#[test]
fn a_command_ends_with_its_run_where_that_is_asked_for() {
    let test = saved();
    let mut beside = Beside::start(&test, &["--kill-with-run", "--", "sh", "-c", "echo $$ >pid; exec sleep 1000"]);
    wait_until("the command", || read(&test, "pid").ends_with('\n'));
    beside.signal("KILL");
    beside.wait();
    wait_until("the end of the command", || !is_alive(read(&test, "pid").trim()));
    assert_eq!(run(&test, "--kill-with-run -- true").code, 0);
}

#[test]
fn what_a_command_leaves_behind_keeps_nobody_out() {
    let test = saved();
    let output = run(&test, "-- sh -c 'sleep 60 >/dev/null 2>&1 & echo $! >>pids'");
    let again = run(&test, "-- true");
    for pid in read(&test, "pids").lines() {
        kill("KILL", pid);
    }
    assert_eq!((output.code, again.code), (0, 0), "{}{}", output.stderr, again.stderr);
}

#[test]
#[ignore = "long; run tests/run"]
fn of_two_runs_that_begin_at_once_one_goes_on() {
    for _ in 0..20 {
        let test = saved();
        // the one goes on until the other has ended, which it does since it is refused
        let goes_on = "echo {group} >>log; for i in $(seq 6000); do test -e go && exit; sleep 0.05; done";
        let command = ["--", "sh", "-c", goes_on];
        let mut both = [Beside::start(&test, &command), Beside::start(&test, &command)];
        wait_until("the end of one", || both.iter_mut().any(|run| run.0.try_wait().unwrap().is_some()));
        std::fs::write(test.path().join("go"), "").unwrap();
        let mut codes = both.each_mut().map(|run| run.wait().code().unwrap());
        codes.sort_unstable();
        assert_eq!(codes, [0, 6]);
        assert_eq!(read(&test, "log"), "2.5.0_groupA\n2.5.0_groupB1\n2.5.0_groupB2\n");
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn a_run_that_is_killed_at_any_moment_goes_on_where_it_was() {
    let hosts = "[shop]\nweb[1:20] v=2.5.0\n";
    let mut killed = 0;
    for moment in 0..20 {
        let test = with(hosts, SETTINGS);
        // a command that takes a few milliseconds, and notes what it has done
        let command = ["--", "sh", "-c", "sleep 0.004; echo {batch} {hosts} >>log"];
        let mut beside = Beside::start(&test, &command);
        std::thread::sleep(Duration::from_millis(5 + 7 * moment));
        let _ = beside.0.kill();
        killed += usize::from(beside.wait().code().is_none());
        let done = events(&test, &["done"]).len();
        let end = Instant::now() + Duration::from_secs(600);
        while Beside::start(&test, &command).wait().code() == Some(6) {
            assert!(Instant::now() < end);
        }
        let log = read(&test, "log");
        let batches: Vec<&str> = log.lines().collect();
        let mut once = batches.clone();
        once.dedup();
        // all of them, in order; none again but the one that nobody knew of
        let all: Vec<String> = (0..11).map(|n| if n == 0 { "A".into() } else { format!("B{n}") }).collect();
        assert_eq!(once.iter().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>(), all);
        assert!(batches.len() <= all.len() + 1, "{log}");
        if let Some(twice) = batches.windows(2).position(|pair| pair[0] == pair[1]) {
            assert_eq!(twice, done, "{log}");
        }
    }
    assert!(killed >= 10, "only {killed} of 20 were killed on their way");
}
