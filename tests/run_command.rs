//! `run`: any command, batch by batch.

mod caps;
mod ended;
mod gates;
mod on_event;
mod receivers;
mod stages;
mod way_back;
mod windows;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Output, Test};

const HOSTS: &str = "[shop]\nweb[1:5] v=2.5.0\n";
const SETTINGS: &str = "inventory: hosts\nversion_from: {var: v}\nbatch_size: 2\n";
const PLAN: &str = "p.rollout.yml";

/// A folder with a saved plan: the canary, B1 and B2 of five hosts.
fn saved() -> Test {
    with(HOSTS, SETTINGS)
}

fn with(hosts: &str, settings: &str) -> Test {
    let test = Test::new().file("hosts", hosts).file("regal.yml", settings);
    let saved = test.shell(&format!("regal plan --save {PLAN} --no-time"));
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    test
}

fn run(test: &Test, arguments: &str) -> Output {
    test.shell(&format!("regal run --plan {PLAN} {arguments}"))
}

/// The lines of the record.
fn record(test: &Test) -> Vec<Value> {
    let text = std::fs::read_to_string(test.path().join("p.rollout.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The events of one kind, each with its batch: `done A`.
fn events(test: &Test, wanted: &[&str]) -> Vec<String> {
    let word = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_string();
    let short = |line: &Value| word(line, "group").rsplit("group").next().unwrap_or_default().to_string();
    let lines = record(test).into_iter().filter(|line| wanted.contains(&word(line, "event").as_str()));
    lines.map(|line| format!("{} {}", word(&line, "event"), short(&line)).trim().to_string()).collect()
}

fn read(test: &Test, name: &str) -> String {
    std::fs::read_to_string(test.path().join(name)).unwrap_or_default()
}

/// Waits until something is so, at most ten minutes: as long as a busy machine may take.
fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(600);
    while !so() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A run that goes on beside the test, and ends with it.
struct Beside(Child);

impl Beside {
    fn start(test: &Test, arguments: &[&str]) -> Self {
        // a job in the background of a shell ignores SIGINT, and what it starts does so too
        let mut command = Command::new("env");
        command.args(["--default-signal", env!("CARGO_BIN_EXE_regal-inventory")]);
        command.current_dir(test.path()).args(["run", "--plan", PLAN]).args(arguments);
        Beside(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        kill(signal, &self.0.id().to_string());
    }

    fn wait(&mut self) -> std::process::ExitStatus {
        wait_until("the end of a run", || self.0.try_wait().unwrap().is_some());
        self.0.wait().unwrap()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn kill(signal: &str, pid: &str) {
    let killed = Command::new("kill").args(["-s", signal, pid]).stderr(Stdio::null()).status().unwrap();
    assert!(killed.success(), "{signal} {pid}");
}

fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

#[test]
fn each_batch_is_a_command() {
    let test = saved();
    let command =
        "echo $0 $ROLLOUT_GROUP $ROLLOUT_VERSION $ROLLOUT_BATCH $ROLLOUT_INDEX $ROLLOUT_HOSTS; cat $ROLLOUT_HOSTFILE";
    let output = run(&test, &format!("-- sh -c '{command}' '{{group}}:{{version}}:{{batch}}:{{index}}:{{hosts}}'"));
    assert_eq!(output.code, 0, "{}", output.stderr);
    let expected = "\
2.5.0_groupA:2.5.0:A:0:web1 2.5.0_groupA 2.5.0 A 0 web1
web1
2.5.0_groupB1:2.5.0:B1:1:web2,web3 2.5.0_groupB1 2.5.0 B1 1 web2,web3
web2
web3
2.5.0_groupB2:2.5.0:B2:2:web4,web5 2.5.0_groupB2 2.5.0 B2 2 web4,web5
web4
web5
";
    assert_eq!(output.stdout, expected);
    let order = ["begin A", "done A", "begin B1", "done B1", "begin B2", "done B2"];
    assert_eq!(events(&test, &["begin", "done"]), order);
    assert!(output.stderr.ends_with("run: all done; 5 hosts done\n"), "{}", output.stderr);
    // once more, and nothing is left to do
    let again = run(&test, "-- false");
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{}", again.stderr);
}

#[test]
fn placeholders_are_words_and_parts_of_words() {
    let test = saved();
    let output = run(
        &test,
        "--only-canary -- printf '%s\\n' '{plan}' '{nodegroup}' 'x={version}-{batch}' '{{group}' '{{{{ x }}'",
    );
    assert_eq!(output.stdout, "p.rollout.yml\n2.5.0_groupA\nx=2.5.0-A\n{group}\n{{ x }}\n", "{}", output.stderr);
    for (word, message) in [
        (
            "{goup}",
            "error: `{goup}`: there is no placeholder `{goup}`\n  hint: did you mean `{group}`? A brace itself is `{{`\n",
        ),
        ("a{group", "error: `a{group`: there is no placeholder `{group}`\n"),
    ] {
        let output = run(&test, &format!("-- echo '{word}'"));
        assert_eq!((output.code, output.stdout.as_str()), (1, ""));
        assert!(output.stderr.starts_with(message), "{}", output.stderr);
    }
    // nothing of this was begun
    assert_eq!(events(&test, &["begin"]), ["begin A"]);
}

#[test]
fn no_word_of_an_inventory_is_an_option_or_a_command() {
    for (hosts, why) in [
        ("-oProxyCommand=x v=2.5.0\n", "it has a `=`"),
        ("-web v=2.5.0\n", "`-web` starts or ends with `-`"),
        ("'$(touch x)' v=2.5.0\n", "it has a"),
    ] {
        let test = with(hosts, SETTINGS);
        let output = run(&test, "-- touch ran");
        assert_eq!(output.code, 1, "{}", output.stderr);
        assert!(
            output.stderr.contains("cannot be a host of a command") && output.stderr.contains(why),
            "{}",
            output.stderr
        );
        assert!(!test.path().join("ran").exists());
    }
    let test = with("web1 v='1.0;reboot'\n", &format!("{SETTINGS}group_names: safe\n"));
    let output = run(&test, "-- echo '{version}'");
    let message = "error: version `1.0;reboot` cannot stand for `{version}`: it has a `;`\n";
    assert!(output.code == 1 && output.stderr.starts_with(message), "{}", output.stderr);
    // as a variable it is no code, and quoted it is one word
    assert_eq!(run(&test, "-- sh -c 'echo \"$ROLLOUT_VERSION\"'").stdout, "1.0;reboot\n");
}

#[test]
fn addresses_stand_in_the_file_of_hosts() {
    let hosts = "web1 v=2.5.0 ansible_host=10.0.0.1\nweb2 v=2.5.0 ansible_host='{{ x }}'\n";
    let test = with(hosts, SETTINGS);
    // who does not ask for addresses needs none
    assert_eq!(run(&test, "-- echo '{hosts}'").stdout, "web1\nweb2\n");
    let output = run(&test, "-- cat '{hostfile}'");
    let message =
        "error: `web2` cannot be in `{hostfile}`: its `ansible_host` is a template, which only Ansible resolves\n";
    assert!(output.code == 1 && output.stderr.starts_with(message), "{}", output.stderr);
    let test = with(&hosts.replace("'{{ x }}'", "10.0.0.2"), SETTINGS);
    assert_eq!(run(&test, "-- cat '{hostfile}'").stdout, "10.0.0.1\n10.0.0.2\n");
    let test = with(hosts, SETTINGS);
    assert_eq!(run(&test, "--by-name -- cat '{hostfile}'").stdout, "web1\nweb2\n");
}

#[test]
fn a_batch_that_fails_stops_the_run_and_the_same_command_goes_on() {
    let test = saved();
    let command = "-- sh -c 'echo {group} >>log; test ! -e broken || test {batch} != B1'";
    std::fs::write(test.path().join("broken"), "").unwrap();
    let output = run(&test, command);
    assert_eq!(output.code, 5, "{}", output.stderr);
    let end = "run: 2.5.0_groupB1 is lost: exit code 1
run: stopped at 2.5.0_groupB1: a batch is lost; 1 host done, 2 lost, 2 waiting
run: to resume: the same command again
";
    assert!(output.stderr.ends_with(end), "{}", output.stderr);
    std::fs::remove_file(test.path().join("broken")).unwrap();
    assert_eq!(run(&test, command).code, 0);
    assert_eq!(read(&test, "log"), "2.5.0_groupA\n2.5.0_groupB1\n2.5.0_groupB1\n2.5.0_groupB2\n");
    let all = events(&test, &["begin", "lost", "done", "stop", "end"]);
    let expected = "begin A,done A,begin B1,lost B1,stop B1,end,begin B1,done B1,begin B2,done B2,end";
    assert_eq!(all.join(","), expected);
}

#[test]
fn a_command_that_cannot_be_started_is_bad_input() {
    let test = saved();
    let output = run(&test, "--max-failed-batches 5 -- ./no-such-command '{group}'");
    assert_eq!(output.code, 1, "{}", output.stderr);
    let message = "error: the command cannot be started: ./no-such-command: no such file or directory\n";
    assert!(output.stderr.contains(message), "{}", output.stderr);
    assert_eq!(events(&test, &["begin", "lost", "stop"]), ["begin A", "lost A", "stop"]);
}

#[test]
fn batches_may_fail_as_many_as_are_allowed() {
    let test = saved();
    let command = "-- sh -c 'echo {batch} >>log; test -e mended'";
    assert_eq!(run(&test, &format!("--max-failed-batches 1 {command}")).code, 5);
    assert_eq!(read(&test, "log"), "A\nB1\n");
    std::fs::write(test.path().join("mended"), "").unwrap();
    assert_eq!(run(&test, command).code, 0);
    assert_eq!(read(&test, "log"), "A\nB1\nA\nB1\nB2\n");
}

#[test]
fn a_command_may_say_what_became_of_single_hosts() {
    let test = saved();
    let says =
        |text: &str| format!("-- sh -c 'echo {{hosts}} >>log; printf \"{text}\" >$ROLLOUT_RESULTS; exit $(cat code)'");
    let code = |code: &str| std::fs::write(test.path().join("code"), code).unwrap();
    code("0");
    assert_eq!(run(&test, &format!("--only-canary {}", says("web1 ok\\n"))).code, 0);
    // one of two, and the command fails: only the other one is left
    code("2");
    let output = run(&test, &says("web2 ok\\n\\nweb3 lost disk full \\n"));
    assert_eq!(output.code, 5, "{}", output.stderr);
    assert!(output.stderr.contains("run: 2.5.0_groupB1: web3 is lost: disk full\n"), "{}", output.stderr);
    let lost = record(&test).into_iter().find(|line| line["event"] == "lost").unwrap();
    assert_eq!((lost["host"].as_str(), lost["message"].as_str()), (Some("web3"), Some("disk full")));
    code("0");
    assert_eq!(run(&test, &says("")).code, 0);
    assert_eq!(read(&test, "log"), "web1\nweb2,web3\nweb3\nweb4,web5\n");
}

#[test]
fn a_group_is_done_again_as_a_whole() {
    let test = saved();
    let command = "-- sh -c 'echo {group} $ROLLOUT_HOSTS >>log; echo web2 ok >$ROLLOUT_RESULTS; test -e mended'";
    assert_eq!(run(&test, "--only-canary -- true").code, 0);
    assert_eq!(run(&test, command).code, 5);
    std::fs::write(test.path().join("mended"), "").unwrap();
    let output = run(&test, &format!("--until B1 {command}"));
    assert_eq!(output.code, 0, "{}", output.stderr);
    let again = "run: 2.5.0_groupB1: 1 host done before are done again: the command names no hosts\n";
    assert!(output.stderr.contains(again), "{}", output.stderr);
    assert_eq!(read(&test, "log"), "2.5.0_groupB1 web2,web3\n2.5.0_groupB1 web2,web3\n");
}

#[test]
fn hosts_that_the_policy_lets_pass_are_lost_and_the_batch_is_done() {
    let test = with(HOSTS, &format!("{SETTINGS}max_failures: 1\n"));
    let command = "-- sh -c 'echo {hosts} >>log; test -e mended || for h in web2 web4; do case {hosts} in *$h*) echo $h lost >$ROLLOUT_RESULTS; esac; done'";
    // the second one is one too many
    assert_eq!(run(&test, command).code, 5);
    assert_eq!(events(&test, &["done", "lost"]), ["done A", "lost B1", "done B1", "lost B2"]);
    std::fs::write(test.path().join("mended"), "").unwrap();
    assert_eq!(run(&test, command).code, 0);
    assert_eq!(run(&test, &format!("--retry-lost {command}")).code, 0);
    assert_eq!(read(&test, "log"), "web1\nweb2,web3\nweb4,web5\nweb4\nweb2\n");
}

#[test]
fn lost_hosts_come_first_where_they_are_asked_for() {
    let test = with(HOSTS, &format!("{SETTINGS}max_failures: 9\n"));
    let command = "-- sh -c 'echo {hosts} >>log; test -e mended || echo web3 lost >$ROLLOUT_RESULTS'";
    assert_eq!(run(&test, "--only-canary -- true").code, 0);
    assert_eq!(run(&test, &format!("--until B1 {command}")).code, 0);
    std::fs::write(test.path().join("mended"), "").unwrap();
    assert_eq!(run(&test, &format!("--retry-lost {command}")).code, 0);
    assert_eq!(read(&test, "log"), "web2,web3\nweb3\nweb4,web5\n");
}

#[test]
fn results_that_cannot_be_right_stop_the_run() {
    for (text, message) in [
        ("web1 ok\\nweb9 ok", "error: ROLLOUT_RESULTS:2: `web9` is not a host of 2.5.0_groupA\n"),
        ("web2 lost", "error: ROLLOUT_RESULTS:1: `web2` is not a host of 2.5.0_groupA\n"),
        ("web1 fine", "error: ROLLOUT_RESULTS:1: `web1 fine` is neither `HOST ok` nor `HOST lost MESSAGE`\n"),
    ] {
        let test = saved();
        let output = run(&test, &format!("--max-failed-batches 9 -- sh -c 'printf \"{text}\" >$ROLLOUT_RESULTS'"));
        assert_eq!(output.code, 1, "{}", output.stderr);
        assert!(output.stderr.contains(message), "{}", output.stderr);
        assert_eq!(events(&test, &["begin", "lost", "done", "hosts_done"]), ["begin A", "lost A"]);
    }
}

#[test]
fn a_batch_waits_for_approval_unless_it_is_given() {
    let test = with(HOSTS, &format!("{SETTINGS}approval: after_canary\n"));
    let waits = run(&test, "-- echo '{batch}'");
    assert_eq!((waits.code, waits.stdout.as_str()), (4, "A\n"), "{}", waits.stderr);
    let end = "run: waiting for approval of B1; 1 host done, 4 waiting
run: to go on: the same command with --approve B1, or after regal-inventory approve
";
    assert!(waits.stderr.ends_with(end), "{}", waits.stderr);
    assert_eq!(run(&test, "-- echo '{batch}'").code, 4);
    let begun = record(&test).len();
    let wrong = run(&test, "--until B7 -- true");
    assert_eq!((wrong.code, record(&test).len()), (1, begun), "{}", wrong.stderr);
    let wrong = run(&test, "--approve B7 -- true");
    assert!(wrong.code == 1 && wrong.stderr.starts_with("error: --approve B7: the plan has no such batch\n"));
    let goes_on = run(&test, "--approve B1 -- echo '{batch}'");
    assert_eq!((goes_on.code, goes_on.stdout.as_str()), (0, "B1\nB2\n"), "{}", goes_on.stderr);
    let all = events(&test, &["begin", "stop", "approve"]);
    assert_eq!(all, ["begin A", "stop B1", "stop B1", "approve B1", "begin B1", "begin B2"]);
    assert!(record(&test).iter().any(|line| line["by"].as_str().is_some_and(|by| by.contains('@'))));
}

#[test]
fn each_batch_is_asked_for() {
    let test = with(HOSTS, &format!("{SETTINGS}approval: each_batch\n"));
    let goes_on = run(&test, "--approve B1 -- echo '{batch}'");
    assert_eq!((goes_on.code, goes_on.stdout.as_str()), (4, "A\nB1\n"), "{}", goes_on.stderr);
    assert_eq!(run(&test, "--approve 2.5.0_groupB2 -- echo '{batch}'").stdout, "B2\n");
}

#[test]
fn somebody_at_a_terminal_is_asked() {
    let test = with(HOSTS, &format!("{SETTINGS}approval: after_canary\n"));
    let program = env!("CARGO_BIN_EXE_regal-inventory");
    let terminal = |answer: &str| {
        let asks = "import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:2] + ['run', '--plan', 'p.rollout.yml', '--', 'true', '{group}'])
text = b''
try:
    while True:
        part = os.read(fd, 1000)
        if not part:
            break
        text += part
        if b'[y/N]' in part:
            os.write(fd, sys.argv[2].encode() + b'\\n')
except OSError:
    pass
sys.stdout.write(text.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))";
        let output =
            Command::new("python3").args(["-c", asks, program, answer]).current_dir(test.path()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = terminal("n");
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("2.5.0_groupB1 comes after 2.5.0_groupA. Go on? [y/N]"), "{text}");
    let (code, text) = terminal("y");
    assert_eq!(code, 0, "{text}");
    assert_eq!(events(&test, &["approve"]), ["approve B1"]);
}

#[test]
#[ignore = "long; run tests/run"]
fn a_batch_is_watched_and_checked_before_the_next() {
    let test = with(HOSTS, &format!("{SETTINGS}bake: 1s\n"));
    let command = "-- sh -c 'echo {batch} >>log'";
    let begun = Instant::now();
    assert_eq!(
        run(&test, &format!("--until B1 --check 'sh -c \"echo check {{batch}} {{hosts}} >>log\"' {command}")).code,
        0
    );
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert_eq!(read(&test, "log"), "A\ncheck A web1\nB1\ncheck B1 web2,web3\n");
    assert_eq!(events(&test, &["done", "bake"]), ["done A", "bake A", "done B1", "bake B1"]);
    // what was watched in an earlier run is checked again, and not watched again
    std::thread::sleep(Duration::from_secs(1));
    let fails = run(&test, &format!("--check 'test {{batch}} != B1' {command}"));
    assert_eq!(fails.code, 5, "{}", fails.stderr);
    assert!(fails.stderr.contains("run: 2.5.0_groupB1 is lost: the check failed: exit code 1\n"), "{}", fails.stderr);
    assert_eq!(events(&test, &["bake"]).len(), 2);
    // its hosts are done: only what follows is done again
    assert_eq!(run(&test, &format!("--check true {command}")).code, 0);
    assert_eq!(read(&test, "log"), "A\ncheck A web1\nB1\ncheck B1 web2,web3\nB2\n");
}

#[test]
fn a_part_of_the_plan() {
    let test = with("w[1:3] v=a-1\nd[1:2] v=b-2\n", &SETTINGS.replace("size: 2", "size: 1"));
    assert_eq!(
        run(&test, "--dry-run --only b-2 -- echo '{hosts}'")
            .stdout
            .lines()
            .filter(|l| !l.starts_with('#'))
            .collect::<Vec<_>>(),
        ["echo d1", "echo d2"]
    );
    assert_eq!(run(&test, "--only-canary -- echo '{hosts}'").stdout, "w1\nd1\n");
    assert_eq!(run(&test, "--until a-1_groupB1 -- echo '{hosts}'").stdout, "w2\n");
    assert_eq!(run(&test, "--only b-2 -- echo '{hosts}'").stdout, "d2\n");
    assert_eq!(run(&test, "-- echo '{hosts}'").stdout, "w3\n");
    let unknown = run(&test, "--until B9 -- true");
    assert!(
        unknown.stderr.starts_with("error: --until B9: the plan has no such batch\n  hint: there are A, B1, B2, and"),
        "{}",
        unknown.stderr
    );
    assert!(run(&test, "--only c -- true").stderr.contains("no such version"));
    assert!(run(&test, "--limit w1 -- true").stderr.starts_with("error: "));
}

#[test]
fn waves_take_a_batch_of_each_version() {
    let hosts = "w[1:3] v=a-1\nd[1:2] v=b-2\n";
    let test = with(hosts, &format!("{}approval: after_canary\n", SETTINGS.replace("size: 2", "size: 1")));
    let waits = run(&test, "--waves -- echo '{hosts}'");
    assert_eq!((waits.code, waits.stdout.as_str()), (4, "w1\nd1\n"), "{}", waits.stderr);
    let goes_on = run(&test, "--waves --approve B1 -- echo '{hosts}'");
    assert_eq!((goes_on.code, goes_on.stdout.as_str()), (0, "w2\nd2\nw3\n"), "{}", goes_on.stderr);
    // one after the other: the canary of the second version follows the last batch of the first
    let test = with(hosts, &format!("{SETTINGS}approval: after_canary\n"));
    let canaries = run(&test, "--only-canary -- echo '{hosts}'");
    assert_eq!((canaries.code, canaries.stdout.as_str()), (0, "w1\nd1\n"), "{}", canaries.stderr);
    // a stage stands in both
    let test = with(hosts, &format!("{SETTINGS}approval: after_canary\n"));
    let unclear = run(&test, "--approve B1 -- true");
    assert!(unclear.code == 1 && unclear.stderr.contains("name one: a-1_groupB1, b-2_groupB1\n"), "{}", unclear.stderr);
}

#[test]
fn a_version_begins_after_the_batch_of_the_one_that_it_comes_after() {
    let hosts = "w[1:2] v=app-2\nd[1:2] v=db-7\n";
    let settings = format!(
        "{}overrides: {{'app-*': {{after: 'db-*'}}, db-7: {{approval: after_canary}}}}\n",
        SETTINGS.replace("size: 2", "size: 1")
    );
    let test = with(hosts, &settings);
    let waits = run(&test, "--waves -- echo '{hosts}'");
    assert_eq!((waits.code, waits.stdout.as_str()), (4, "d1\n"), "{}", waits.stderr);
    assert!(waits.stderr.contains("--approve app-2_groupA,"), "{}", waits.stderr);
    let goes_on = run(&test, "--waves --approve app-2_groupA -- echo '{hosts}'");
    assert_eq!((goes_on.code, goes_on.stdout.as_str()), (0, "w1\nd2\nw2\n"), "{}", goes_on.stderr);
    // one after the other: all of the one, then the other
    let test = with(hosts, &settings.replace(", db-7: {approval: after_canary}", ""));
    assert_eq!(run(&test, "-- echo '{hosts}'").stdout, "d1\nd2\nw1\nw2\n");
    // where the first one fails, nothing of the second is touched
    let test = with(hosts, &settings);
    assert_eq!(run(&test, "--waves -- sh -c 'echo {hosts}; false'").stdout, "d1\n");
}

#[test]
fn a_dry_run_prints_what_would_run() {
    let test = with(HOSTS, &format!("{SETTINGS}bake: 90s\napproval: after_canary\n"));
    let output = run(&test, "--dry-run -- ./deploy 'a b' '{hosts}' '{hostfile}'");
    let expected = "\
# 2.5.0_groupA, 1 host: web1
./deploy 'a b' web1 '{hostfile}'
# watch 2.5.0_groupA for 1m30s
# after 2.5.0_groupA, wait for approval of B1
# 2.5.0_groupB1, 2 hosts: web2 web3
./deploy 'a b' 'web2,web3' '{hostfile}'
# watch 2.5.0_groupB1 for 1m30s
# 2.5.0_groupB2, 2 hosts: web4 web5
./deploy 'a b' 'web4,web5' '{hostfile}'
";
    assert_eq!((output.code, output.stdout.as_str()), (0, expected), "{}", output.stderr);
    assert!(!test.path().join("p.rollout.jsonl").exists());
}

#[test]
fn the_way_back_takes_what_was_begun_the_last_first() {
    let test = saved();
    assert_eq!(run(&test, "-- sh -c 'test {batch} != B1'").code, 5);
    let command = "--back-to 2.4.0 -- sh -c 'echo {version} {hosts} >>log; test -e mended || test {batch} = A'";
    let back = run(&test, command);
    assert_eq!(back.code, 5, "{}", back.stderr);
    assert_eq!(read(&test, "log"), "2.4.0 web2,web3\n2.4.0 web1\n");
    std::fs::write(test.path().join("mended"), "").unwrap();
    assert_eq!(run(&test, command).code, 0);
    assert_eq!(run(&test, command).code, 0);
    assert_eq!(read(&test, "log"), "2.4.0 web2,web3\n2.4.0 web1\n2.4.0 web2,web3\n");
    // hosts at two versions are nobody's way back
    let other = run(&test, "--back-to 2.3.0 -- true");
    assert_eq!(other.code, 1);
    assert!(
        other.stderr.contains("was taken back to 2.4.0 before\n  hint: go on with --back-to 2.4.0"),
        "{}",
        other.stderr
    );
    // forward again, from the canary on
    assert_eq!(run(&test, "-- echo '{batch}'").stdout, "A\nB1\nB2\n");
    assert_eq!(run(&test, "--back-to '$(x)' -- echo '{version}'").code, 1);
}

#[test]
fn hooks_are_told_how_it_ended() {
    let hooks = format!("{} {}", "--on-stop './hook stop {group}'", "--on-end './hook end'");
    let test = saved().script("hook", "#!/bin/sh\necho \"$@\" \"$ROLLOUT_OUTCOME: $ROLLOUT_WHY\" >>log\nexit 3\n");
    assert_eq!(run(&test, &format!("{hooks} -- false")).code, 5);
    assert_eq!(read(&test, "log"), "stop 2.5.0_groupA lost: a batch is lost\nend lost: a batch is lost\n");
    assert_eq!(run(&test, &format!("{hooks} -- true")).code, 0);
    assert!(read(&test, "log").ends_with("\nend done: \n"));
}

#[test]
fn what_happens_is_said_as_lines_for_programs() {
    let test = saved();
    let output = run(&test, "--format jsonl --only-canary -- true");
    let lines: Vec<Value> = output.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<&str> =
        lines.iter().filter_map(|line| line["event"].as_str()).filter(|word| *word != "note").collect();
    assert_eq!(words, ["begin", "done", "end"]);
}

#[test]
fn what_cannot_go_together_is_refused() {
    let test = saved();
    assert_eq!(run(&test, "").code, 2);
    assert_eq!(run(&test, "--back-to 1 --until B1 -- true").code, 2);
    assert_eq!(test.shell("regal run -- true").code, 1);
    std::fs::write(test.path().join("hosts"), "[shop]\nweb[1:5] v=2.6.0\n").unwrap();
    assert_eq!(run(&test, "-- touch ran").code, 3);
    assert!(!test.path().join("ran").exists());
}
