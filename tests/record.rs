//! What happened to a frozen plan: its record, and the commands that show it and add to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use regal_inventory::error::Code;
use regal_inventory::record::process::Process;
use regal_inventory::record::{
    Approve, Bake, Begin, Direction, Done, End, Event, Hosts, Lost, Outcome, Place, Start, Stop, TakeOver, Writer,
};
use regal_inventory::record::{Health, HostFailure, IgnoreWindows, Judged, Measured, Unsent};
use serde_json::{Value, json};

use crate::support::{Output, Test};

const FILE: &str = "rollouts/2.5.0.rollout.yml";
const RECORD: &str = "rollouts/2.5.0.rollout.jsonl";
const HOSTS: &str = "[shop]\nweb[1:5] v=shop-2.5.0\n";
const SETTINGS: &str = "inventory: hosts\nversion_from: {var: v}\nbatch_size: 2\napproval: after_canary\n";

/// A folder with a saved plan, whose sources are gone.
fn saved() -> Test {
    let test = Test::new().file("hosts", HOSTS).file("regal.yml", SETTINGS);
    std::fs::create_dir(test.path().join("rollouts")).unwrap();
    let saved = test.shell(&format!("regal plan --save {FILE} --format groups && rm hosts regal.yml"));
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    test
}

fn plan_id(test: &Test) -> String {
    let text = std::fs::read_to_string(test.path().join(FILE)).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("plan_id: ")).unwrap();
    line.trim_matches('"').to_string()
}

fn place(test: &Test) -> Place {
    Place::new(&test.path().join(FILE), &plan_id(test), None)
}

/// Opens the record. A child that another test is just starting has the lock of a writer that was dropped, until it runs its program.
fn open(test: &Test) -> Writer {
    let until = Instant::now() + Duration::from_secs(600);
    loop {
        match Writer::open(place(test), SystemTime::now) {
            Err(error) if error.problems[0].code == Code::RecordBusy && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(5));
            }
            opened => return opened.unwrap(),
        }
    }
}

fn start(process: Process) -> Start {
    let command = vec!["deploy".to_string(), "{group}".to_string()];
    Start {
        who: "deploy@control1".into(),
        process,
        locks: true,
        command,
        direction: Direction::Forward,
        to: None,
        because: None,
    }
}

fn group(batch: &str) -> String {
    format!("shop-2.5.0_group{batch}")
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn begin(batch: &str) -> Event {
    Event::Begin(Begin { group: group(batch), rest: false })
}

fn done(batch: &str, hosts: &[&str]) -> Event {
    Event::Done(Done { group: group(batch), hosts: strings(hosts) })
}

fn lost(batch: &str, host: Option<&str>, message: &str) -> Event {
    let step = Some("deploy".to_string());
    Event::Lost(Lost { group: group(batch), host: host.map(String::from), step, message: Some(message.into()) })
}

/// A run of this process that is at B2: A is done, and of B1 a host is lost.
fn under_way(test: &Test) -> Writer {
    let mut writer = open(test);
    writer.begin_run(start(Process::current()), false).unwrap();
    for event in [
        begin("A"),
        done("A", &["web1"]),
        Event::Bake(Bake { group: group("A"), seconds: 600, cut_short: false }),
        begin("B1"),
        lost("B1", Some("web3"), "no route \u{1b}[31m"),
        Event::HostsDone(Hosts { group: group("B1"), hosts: strings(&["web2"]) }),
        begin("B2"),
    ] {
        writer.append(event).unwrap();
    }
    writer
}

/// Without what differs from run to run.
fn steady(text: &str) -> String {
    let process = Process::current();
    let text = without_times(text).replace(&format!("process {}", process.pid), "process PID");
    text.replace(&format!(" on {}", process.host), " on HOST")
}

/// Replaces times and ids, which have a form of their own.
fn without_times(text: &str) -> String {
    let is_time = |part: &str| part.len() == 24 && part.starts_with("20") && part.ends_with('Z');
    let is_id = |part: &str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let head = |length: usize| rest.get(..length);
        if head(24).is_some_and(is_time) {
            out.push_str("TIME");
            rest = &rest[24..];
        } else if head(12).is_some_and(is_id) {
            out.push_str("ID");
            rest = &rest[12..];
        } else {
            let c = rest.chars().next().unwrap();
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn status(test: &Test, arguments: &str) -> Output {
    test.shell(&format!("regal status {arguments}"))
}

#[test]
fn status_says_how_far_each_batch_is_and_who_runs_it() {
    let test = saved();
    let mut all = String::new();
    let mut add = |what: &str, output: &Output| {
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{what}");
        all.push_str(&format!("## {what}\n{}", steady(&output.stdout)));
    };
    add("nothing yet", &status(&test, FILE));
    let mut writer = under_way(&test);
    add("under way", &status(&test, FILE));
    writer.append(done("B2", &["web4", "web5"])).unwrap();
    writer.append(Event::Bake(Bake { group: group("B2"), seconds: 0, cut_short: false })).unwrap();
    add("watched", &status(&test, FILE));
    writer.append(Event::Stop(Stop { why: "a batch is lost".into(), group: Some(group("B1")) })).unwrap();
    writer.append(Event::End(End { outcome: Outcome::Lost, done: 4, lost: 1, waiting: 0 })).unwrap();
    add("ended", &status(&test, FILE));
    // on the way back
    writer
        .begin_run(
            Start {
                direction: Direction::Back,
                to: Some("2.4.0".into()),
                because: Some("a batch is lost".into()),
                ..start(Process::current())
            },
            false,
        )
        .unwrap();
    for event in [begin("B2"), done("B2", &["web4", "web5"]), begin("B1"), lost("B1", None, "exit code 1")] {
        writer.append(event).unwrap();
    }
    add("going back", &status(&test, FILE));
    drop(writer);
    // a process that has ended
    let mut writer = open(&test);
    writer.begin_run(start(Process { started: Some(0), ..Process::current() }), false).unwrap();
    writer.append(begin("B1")).unwrap();
    drop(writer);
    add("ended by force", &status(&test, FILE));
    let text = std::fs::read(test.path().join(RECORD)).unwrap();
    std::fs::write(test.path().join(RECORD), [&text[..], b"{\"schema\""].concat()).unwrap();
    add("torn", &status(&test, &format!("--plan {FILE}")));
    insta::assert_snapshot!(all);
}

#[test]
fn status_for_programs_has_each_host_once() {
    let test = saved();
    let writer = under_way(&test);
    let document = test.shell(&format!("REGAL_PLAN={FILE} regal status --format json")).json();
    drop(writer);
    assert_eq!(document["hosts"], json!({"all": 5, "done": 2, "lost": 1, "begun": 2, "waiting": 0}));
    assert_eq!((&document["percent"], &document["plan_id"]), (&json!(40), &json!(plan_id(&test))));
    let run = &document["run"];
    assert_eq!((&run["process"], &run["doing"]["group"]), (&json!("alive"), &json!(group("B2"))));
    assert_eq!(document["locked"], json!(true));
    let states: Vec<&Value> = document["batches"].as_array().unwrap().iter().map(|batch| &batch["state"]).collect();
    assert_eq!(states, ["done", "lost", "running"]);
    assert_eq!(document["batches"][1]["lost"][0]["host"], json!("web3"));
    assert_eq!(document["batches"][1]["done"], json!(["web2"]));
}

#[test]
fn a_folder_lists_its_rollouts_the_newest_first() {
    let test = Test::new().file("hosts", HOSTS).file("regal.yml", SETTINGS);
    std::fs::create_dir(test.path().join("rollouts")).unwrap();
    for (name, size) in [("2.5.0", 2), ("2.6.0", 3)] {
        test.shell(&format!("regal plan --save rollouts/{name}.rollout.yml --batch-size {size}"));
    }
    // the older plan has the newer event
    drop(under_way(&test));
    let listed = status(&test, "rollouts");
    assert_eq!((listed.code, listed.stderr.as_str()), (0, ""));
    let names: Vec<&str> = listed.stdout.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(names, ["2.5.0.rollout.yml", "2.6.0.rollout.yml"]);
    let document = status(&test, "rollouts --format json").json();
    assert_eq!(document["rollouts"].as_array().unwrap().len(), 2);
    // one that cannot be read hides no other, and is an error
    std::fs::write(test.path().join("rollouts/bad.rollout.yml"), "hello\n").unwrap();
    let listed = status(&test, "rollouts");
    assert_eq!((listed.code, listed.stdout.lines().count()), (1, 2));
    assert!(listed.stderr.starts_with("error: rollouts/bad.rollout.yml: "), "{}", listed.stderr);
    let empty = status(&test, ".");
    assert!(empty.errors().contains("no file in this folder ends in .rollout.yml"), "{}", empty.stderr);
}

/// A command that goes on.
fn watching(test: &Test, before: &[&str], after: &[&str]) -> Child {
    let program = env!("CARGO_BIN_EXE_regal-inventory");
    let words: Vec<&str> =
        before.iter().copied().chain([program, "status", FILE, "--watch"]).chain(after.iter().copied()).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(test.path()).stdout(Stdio::piped()).stdin(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn what_is_watched_has_a_line_for_each_change_until_all_is_done() {
    let test = saved();
    let mut writer = under_way(&test);
    let mut child = watching(&test, &[], &[]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut first = Vec::new();
    while !first.iter().any(|line: &String| line.contains("groupB2") && line.contains("running")) {
        first.push(lines.next().unwrap().unwrap());
    }
    for event in [done("B2", &["web4", "web5"]), done("B1", &["web2", "web3"])] {
        writer.append(event).unwrap();
    }
    writer.append(Event::End(End { outcome: Outcome::Done, done: 5, lost: 0, waiting: 0 })).unwrap();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success());
    let about = |lines: &[String], group: &str| lines.iter().filter(|line| line.contains(group)).count();
    assert!(rest[0].contains("100% done (5 of 5 hosts)"), "{rest:?}");
    assert_eq!((about(&rest, "groupA"), about(&rest, "groupB1"), about(&rest, "groupB2")), (0, 1, 1));
    assert!(!rest.concat().contains('\u{1b}') && !first.concat().contains('\u{1b}'));
}

/// Waits until the file is a page with a text, and says which file it is; whenever the file is there it is a whole page.
fn page_with(path: &Path, text: &str) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let until = Instant::now() + Duration::from_secs(600);
    loop {
        // the file that is read is the one whose number is told, whatever takes its place meanwhile
        if let Ok(mut file) = std::fs::File::open(path) {
            let mut page = String::new();
            file.read_to_string(&mut page).unwrap();
            assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{page}");
            if page.contains(text) {
                return file.metadata().unwrap().ino();
            }
        }
        assert!(Instant::now() < until, "no page with {text}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_watched_page_is_exchanged_as_a_whole_until_all_is_done() {
    const AGAIN: &str = "<body data-again=";
    let test = saved();
    let page = test.path().join("status.html");
    let mut writer = under_way(&test);
    let mut child = watching(&test, &[], &["--format", "html", "--output", "status.html"]);
    let first = page_with(&page, AGAIN);
    // as long as it is open, no other file has its number
    let kept = std::fs::File::open(&page).unwrap();
    for event in [done("B2", &["web4", "web5"]), done("B1", &["web2", "web3"])] {
        writer.append(event).unwrap();
    }
    writer.append(Event::End(End { outcome: Outcome::Done, done: 5, lost: 0, waiting: 0 })).unwrap();
    assert!(child.wait().unwrap().success());
    assert_ne!(first, page_with(&page, "100%"));
    drop(kept);
    assert!(!std::fs::read_to_string(&page).unwrap().contains(AGAIN));
}

#[test]
fn a_watched_page_ends_when_it_is_interrupted() {
    use std::os::unix::process::ExitStatusExt;
    let test = saved();
    let _writer = under_way(&test);
    let mut child = watching(&test, &[], &["--format", "html", "--output", "status.html"]);
    page_with(&test.path().join("status.html"), "40%");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(15), "{status}");
    // the last page stays, whole, and nothing beside it
    page_with(&test.path().join("status.html"), "As planned: hosts that are done");
    let names = std::fs::read_dir(test.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().contains("status.html")).collect();
    assert_eq!(left, ["status.html"]);
}

#[test]
fn on_a_terminal_it_is_drawn_in_the_same_place() {
    let test = saved();
    let mut writer = open(&test);
    writer.begin_run(start(Process::current()), false).unwrap();
    for (batch, hosts) in [("A", &["web1"][..]), ("B1", &["web2", "web3"]), ("B2", &["web4", "web5"])] {
        writer.append(begin(batch)).unwrap();
        writer.append(done(batch, hosts)).unwrap();
    }
    writer.append(Event::End(End { outcome: Outcome::Done, done: 5, lost: 0, waiting: 0 })).unwrap();
    let line = format!("'{}' status {FILE} --watch", env!("CARGO_BIN_EXE_regal-inventory"));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(test.path()).stdin(Stdio::null());
    let output = script.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("\u{1b}[H\u{1b}[J\u{1b}[H") && text.contains("100% done"), "{text:?}");
}

#[test]
fn the_log_shows_what_happened_and_nothing_in_it_steers_a_terminal() {
    let test = saved();
    let nothing = test.shell(&format!("regal log {FILE}"));
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, "nothing is recorded yet\n"));
    drop(under_way(&test));
    let id = plan_id(&test);
    let mut record = std::fs::OpenOptions::new().append(true).open(test.path().join(RECORD)).unwrap();
    let later = json!({"schema": 1, "at": "x", "plan": id, "event": "\u{1b}later"});
    writeln!(record, "{later}").unwrap();
    let log = test.shell(&format!("regal --plan {FILE} log"));
    assert_eq!(log.code, 0, "{}", log.stderr);
    assert!(!log.stdout.contains('\u{1b}'));
    insta::assert_snapshot!(steady(&log.stdout));
    let lines = test.shell(&format!("regal log {FILE} --format json"));
    let lines: Vec<Value> = lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[5]["message"]), (8, &json!("no route \u{1b}[31m")));
}

#[test]
fn batches_are_approved_all_or_none_also_while_a_run_goes_on() {
    let test = saved();
    let approve = |batches: &str| test.shell(&format!("regal --plan {FILE} approve {batches}"));
    let wrong = approve("B1 B9 shop-2.5.0_groupB3");
    assert!(wrong.errors().contains("there is no batch `B9` in the frozen plan"), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("did you mean `shop-2.5.0_groupB1`?"), "{}", wrong.stderr);
    assert!(!test.path().join(RECORD).exists());
    let mut writer = under_way(&test);
    let approved = approve("B1 shop-2.5.0_groupB2 A");
    let expected =
        format!("{} is approved\n{} is approved\n{} is done already\n", group("B1"), group("B2"), group("A"));
    assert_eq!((approved.code, approved.stdout), (0, expected));
    let again = approve("B1");
    assert!(again.stdout.starts_with("shop-2.5.0_groupB1 is approved already, by "), "{}", again.stdout);
    let state = writer.refresh().unwrap();
    assert_eq!(state.approvals.keys().collect::<Vec<_>>(), [&group("B1"), &group("B2")]);
    assert!(state.approvals[&group("B1")].by.contains('@'));
}

#[test]
fn what_cannot_be_read_or_written_is_said_with_a_way_out() {
    use std::os::unix::fs::PermissionsExt;
    let mut all = String::new();
    let mut add = |what: &str, output: &Output| {
        all.push_str(&format!("## {what}: {}\n{}", output.code, output.stderr));
    };
    let test = saved();
    add("no plan", &status(&test, ""));
    add("two plans", &status(&test, &format!("{FILE} --plan {FILE}")));
    add("watched as json", &status(&test, &format!("{FILE} --watch --format json")));
    add("a folder with a record", &status(&test, "rollouts --record x"));
    let line = json!({"schema": 1, "at": "x", "plan": "0123456789ab", "event": "later"});
    std::fs::write(test.path().join("other.jsonl"), format!("{line}\n")).unwrap();
    add("of another plan", &status(&test, &format!("{FILE} --record other.jsonl")));
    add("approved in that one", &test.shell(&format!("regal approve --plan {FILE} B1 --record other.jsonl")));
    std::os::unix::fs::symlink("other.jsonl", test.path().join("link.jsonl")).unwrap();
    add("a link", &status(&test, &format!("{FILE} --record link.jsonl")));
    let everybodys = test.path().join("everybodys.jsonl");
    std::fs::write(&everybodys, "").unwrap();
    std::fs::set_permissions(&everybodys, std::fs::Permissions::from_mode(0o666)).unwrap();
    add("written by everybody", &status(&test, &format!("{FILE} --record everybodys.jsonl")));
    add("approved there", &test.shell(&format!("regal approve --plan {FILE} B1 --record everybodys.jsonl")));
    std::fs::write(test.path().join("bad.jsonl"), "hello\n").unwrap();
    add("no record", &test.shell(&format!("regal log {FILE} --record bad.jsonl")));
    add("no folder", &test.shell(&format!("regal approve --plan {FILE} B1 --record nowhere/x.jsonl")));
    let folder = test.path().join("closed");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o500)).unwrap();
    if !nix_root() {
        let closed = test.shell(&format!("regal approve --plan {FILE} B1 --record closed/x.jsonl"));
        assert!(closed.errors().contains("the record cannot be written: permission denied"), "{}", closed.stderr);
    }
    add("a device", &test.shell(&format!("regal approve --plan {FILE} B1 --record /dev/full")));
    insta::assert_snapshot!(all.replace(&plan_id(&test), "ID"));
}

/// Whether permissions do not hold this process back.
fn nix_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}

#[test]
fn a_full_disk_loses_nothing_that_was_recorded() {
    let test = saved();
    drop(under_way(&test));
    let path = test.path().join(RECORD);
    let before = std::fs::read(&path).unwrap();
    // room for a part of a line more: a limit on the size of files stands for a full disk
    let limit = before.len() as u64 / 1024 + 1;
    let padding = (limit * 1024 - before.len() as u64 - 40) as usize;
    let line = json!({"schema": 1, "at": "x", "plan": plan_id(&test), "event": "later", "x": "y".repeat(padding.saturating_sub(90))});
    let mut text = before.clone();
    text.extend(format!("{line}\n").bytes());
    std::fs::write(&path, &text).unwrap();
    let room = limit * 1024 - text.len() as u64;
    assert!((1..150).contains(&room), "{room}");
    let full = test.shell(&format!("trap '' XFSZ; ulimit -f {limit}; regal approve --plan {FILE} B1"));
    assert!(full.errors().contains("the record cannot be written: "), "{}", full.stderr);
    assert_eq!(std::fs::read(&path).unwrap(), text);
    assert_eq!(test.shell(&format!("regal approve --plan {FILE} B1")).code, 0);
}

/// The schema that is shipped.
fn schema() -> jsonschema::Validator {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/record.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// Keys that are left out where there is nothing to say.
const OPTIONAL: [&str; 7] = ["rest", "locks", "cut_short", "value", "beside", "samples", "chance"];

/// A measurement with all that one can have.
fn measured() -> Measured {
    Measured {
        group: group("A"),
        gate: "errors".into(),
        verdict: Health::Failed,
        value: Some(2.0),
        beside: Some((0.2, 0.1)),
        samples: Some((10, 20)),
        chance: Some(0.001),
        hosts: vec![HostFailure { host: "web1".into(), why: "status 503".into() }],
        message: Some("2 is more than 1.2".into()),
    }
}

#[test]
fn the_schema_takes_each_line_that_is_written_and_no_other() {
    let test = saved();
    let mut writer = under_way(&test);
    for event in [
        Event::TakeOver(TakeOver { from: "0123456789ab".into(), by: "eve@control2".into() }),
        lost("B2", None, "exit code 1"),
        Event::Measure(measured()),
        Event::Gate(Judged {
            group: group("A"),
            gate: "errors".into(),
            verdict: Health::Failed,
            why: Some("0.2 is more than 0.1".into()),
        }),
        Event::Approve(Approve { group: group("B2"), by: "ann@control1".into() }),
        Event::IgnoreWindows(IgnoreWindows { group: group("B2"), by: "ann@control1".into() }),
        Event::Unsent(Unsent { command: "notify".into(), why: "exit code 1".into() }),
        Event::Stop(Stop { why: "a batch is lost".into(), group: None }),
        Event::End(End { outcome: Outcome::Lost, done: 1, lost: 2, waiting: 2 }),
    ] {
        writer.append(event).unwrap();
    }
    writer
        .begin_run(Start { direction: Direction::Back, to: Some("2.4.0".into()), ..start(Process::current()) }, false)
        .unwrap();
    let schema = schema();
    let text = std::fs::read_to_string(test.path().join(RECORD)).unwrap();
    let mut words = std::collections::BTreeSet::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<String> = schema.iter_errors(&line).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{line}");
        words.insert(line["event"].as_str().unwrap().to_string());
        // each key that is not optional
        for key in line
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| !["run", "host", "step", "message", "to", "because"].contains(&key.as_str()))
        {
            let mut without = line.clone();
            without.as_object_mut().unwrap().remove(key);
            let is_optional = OPTIONAL.contains(&key.as_str())
                || [("group", "stop"), ("hosts", "measure"), ("why", "gate")]
                    .contains(&(key.as_str(), line["event"].as_str().unwrap()));
            assert_eq!(schema.is_valid(&without), is_optional, "{key} of {line}");
            let mut wrong = line.clone();
            wrong[key] = json!({"no": 1});
            assert!(!schema.is_valid(&wrong), "{key} of {line}");
        }
    }
    let all = [
        "approve",
        "bake",
        "begin",
        "done",
        "end",
        "gate",
        "hosts_done",
        "ignore_windows",
        "lost",
        "measure",
        "start",
        "stop",
        "take_over",
        "unsent",
    ];
    assert!(words.iter().eq(all), "{words:?}");
    // a later version may add events and keys
    assert!(schema.is_valid(
        &json!({"schema": 1, "at": "2026-11-28T09:14:03.120Z", "plan": "0123456789ab", "event": "later", "x": 1})
    ));
    assert!(
        !schema.is_valid(
            &json!({"schema": 2, "at": "2026-11-28T09:14:03.120Z", "plan": "0123456789ab", "event": "later"})
        )
    );
}

#[test]
fn many_processes_append_whole_lines() {
    let test = saved();
    let approve = format!("regal approve --plan {FILE} A B1 B2 >/dev/null || exit 1");
    let all = test.shell(&format!(
        "for i in {{1..20}}; do ({approve}) & pids+=\" $!\"; done; for p in $pids; do wait $p || exit 1; done"
    ));
    assert_eq!((all.code, all.stderr.as_str()), (0, ""));
    let text = std::fs::read_to_string(test.path().join(RECORD)).unwrap();
    for line in text.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["event"], json!("approve"), "{line}");
    }
    assert!(text.ends_with("}\n") && text.lines().count() >= 3);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let test = saved();
    drop(under_way(&test));
    let mut child = watching(&test, &[], &[]);
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    // the next change is what it cannot write any more
    let mut writer = open(&test);
    writer.begin_run(start(Process::current()), false).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_record_that_a_command_of_run_deletes_ends_it_and_is_not_made_again() {
    let test = saved();
    let output = test.shell(&format!("regal run --plan {FILE} --drift ignore -- sh -c 'rm {RECORD}'"));
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(output.stderr.contains("the record was deleted or replaced while a run was in it"), "{}", output.stderr);
    assert!(!test.path().join(RECORD).exists());
}

#[test]
fn what_gates_have_measured_is_a_small_line() {
    let gate = |json: Value| serde_json::from_value::<Measured>(json).unwrap();
    let test = saved();
    let mut writer = open(&test);
    writer.begin_run(start(Process::current()), false).unwrap();
    let a = group("A");
    writer.append(Event::Begin(Begin { group: a.clone(), rest: false })).unwrap();
    for (value, verdict) in
        [(json!(0.0), "ok"), (json!(0.01), "ok"), (Value::Null, "inconclusive"), (json!(0.08), "failed")]
    {
        let measured = json!({"group": a, "gate": "errors <b>", "verdict": verdict, "value": value, "message": "0.08 is more than 0.05"});
        writer.append(Event::Measure(gate(measured))).unwrap();
    }
    let said = Judged {
        group: a.clone(),
        gate: "errors <b>".into(),
        verdict: Health::Failed,
        why: Some("0.08 is more than 0.05".into()),
    };
    let regal = |words: &str| test.shell(&format!("regal {words}"));
    let status = || regal(&format!("status {FILE}"));
    let line = |status: &Output| status.stdout.lines().find(|line| line.contains("errors")).unwrap().trim().to_string();
    assert_eq!(line(&status()), "errors <b>  ▁▂·█  failed: 0.08 is more than 0.05");
    writer.append(Event::Gate(said)).unwrap();
    assert_eq!(line(&status()), "errors <b>  ▁▂·█  failed: 0.08 is more than 0.05");
    let document = regal(&format!("status {FILE} --format json")).json();
    let values = &document["batches"][0]["measures"][0];
    assert_eq!(values["values"], json!([0.0, 0.01, null, 0.08]));
    assert_eq!((&values["gate"], &values["verdict"]), (&json!("errors <b>"), &json!("failed")));
    let page = regal(&format!("status {FILE} --format html")).stdout;
    for text in [
        "<strong>errors &lt;b&gt;</strong>",
        "<path d=\"M0.0 20.0L40.0 17.5M120.0 0.0\"/>",
        "<span class=\"failed\">failed: 0.08",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let log = regal(&format!("log {FILE}")).stdout;
    assert!(
        log.contains("errors <b> 0.08, failed; 0.08 is more than 0.05") && log.contains("gate errors <b> failed: 0.08"),
        "{log}"
    );
}
