#![allow(clippy::unwrap_used)]

mod crashes;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::process::Process;
use super::*;
use crate::error::{Code, Error};

/// A clock that goes back by a second each time it is asked.
fn backwards() -> SystemTime {
    static LEFT: AtomicU64 = AtomicU64::new(2_000_000_000);
    UNIX_EPOCH + Duration::from_secs(LEFT.fetch_sub(1, Ordering::Relaxed))
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn place(&self) -> Place {
        Place { path: self.0.path().join("2.5.0.rollout.jsonl"), plan_id: "0123456789ab".into(), private: false }
    }

    /// Opens the record. A child that another test is just starting has the lock of a writer that was dropped, until it runs its
    /// program.
    fn open(&self) -> Writer {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            match Writer::open(self.place(), backwards) {
                Err(error) if error.problems[0].code == Code::RecordBusy && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                opened => return opened.unwrap(),
            }
        }
    }

    fn state(&self) -> State {
        fold(&read(&self.place().path).unwrap())
    }

    fn write(&self, text: &str) {
        std::fs::write(self.place().path, text).unwrap();
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.place().path).unwrap()
    }
}

fn start(direction: Direction) -> Start {
    Start {
        who: "deploy@control1".into(),
        process: Process::current(),
        locks: true,
        command: vec!["deploy".into(), "{group}".into()],
        direction,
        to: (direction == Direction::Back).then(|| "2.4.0".into()),
        because: None,
    }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn begin(group: &str, rest: bool) -> Event {
    Event::Begin(Begin { group: group.into(), rest })
}

fn done(group: &str, hosts: &[&str]) -> Event {
    Event::Done(Done { group: group.into(), hosts: strings(hosts) })
}

fn hosts_done(group: &str, hosts: &[&str]) -> Event {
    Event::HostsDone(Hosts { group: group.into(), hosts: strings(hosts) })
}

fn lost(group: &str, host: Option<&str>) -> Event {
    let step = Some("deploy".to_string());
    Event::Lost(Lost {
        group: group.into(),
        host: host.map(String::from),
        step,
        message: Some("no \"route\"\n".into()),
    })
}

fn end(outcome: Outcome) -> Event {
    Event::End(End { outcome, done: 1, lost: 2, waiting: 3 })
}

/// One of each.
fn all_events() -> Vec<Event> {
    vec![
        Event::Start(Box::new(start(Direction::Back))),
        Event::TakeOver(TakeOver { from: "r0".into(), by: "eve@control2".into() }),
        begin("A", true),
        hosts_done("A", &["web1", "web\u{1b}2"]),
        lost("A", Some("web3")),
        lost("A", None),
        done("A", &["web1"]),
        Event::Bake(Bake { group: "A".into(), seconds: 90, cut_short: false }),
        Event::Bake(Bake { group: "A".into(), seconds: 12, cut_short: true }),
        Event::Approve(Approve { group: "B1".into(), by: "ann@control1".into() }),
        Event::Stop(Stop { why: "a batch is lost".into(), group: Some("A".into()) }),
        end(Outcome::Lost),
    ]
}

fn problem(error: Error) -> (Code, String) {
    let message = error.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    (error.problems[0].code, message)
}

fn refused<T>(result: crate::error::Result<T>) -> (Code, String) {
    match result {
        Ok(_) => panic!("not refused"),
        Err(error) => problem(error),
    }
}

#[test]
fn every_event_is_read_as_it_was_written() {
    for event in all_events() {
        let word = event.word().to_string();
        let line =
            Line { schema: 1, at: "2026-11-28T09:14:03.120Z".into(), plan: "p".into(), run: Some("r".into()), event };
        let text = serde_json::to_string(&line).unwrap();
        assert!(text.contains(&format!("\"event\":\"{word}\"")), "{text}");
        let (lines, end) = reading::parse(Path::new("x"), format!("{text}\n").as_bytes(), 0).unwrap();
        assert_eq!((lines, end), (vec![line], text.len() + 1));
    }
}

#[test]
fn a_rollout_is_followed_from_batch_to_batch_whatever_the_clock_says() {
    let folder = Folder::new();
    let mut writer = folder.open();
    let run = writer.begin_run(start(Direction::Forward), false).unwrap();
    for event in [begin("A", false), done("A", &["web1"]), begin("B1", false), hosts_done("B1", &["web2"])] {
        writer.append(event).unwrap();
    }
    writer.append(lost("B1", Some("web3"))).unwrap();
    let state = folder.state();
    assert_eq!(&state, writer.state());
    assert!(state.is_done("A") && !state.is_done("B1") && !state.batches.contains_key("B2"));
    let b1 = &state.batches["B1"];
    assert!(matches!(b1.progress, Progress::Lost { whole: None, .. }));
    assert!(b1.done.iter().eq(["web2"]) && b1.lost.keys().eq(["web3"]));
    assert_eq!(state.open_run().unwrap().id, run);
    // the rest of it again: what is done stays so, what was lost is tried again
    writer.append(begin("B1", true)).unwrap();
    assert_eq!(writer.state().batches["B1"].done.len(), 1);
    assert!(writer.state().batches["B1"].lost.is_empty());
    // as a whole again: nothing of it is known as done
    writer.append(begin("B1", false)).unwrap();
    assert!(writer.state().batches["B1"].done.is_empty());
    writer.append(end(Outcome::Interrupted)).unwrap();
    assert_eq!(folder.state().open_run(), None);
    let times: Vec<String> = read(&folder.place().path).unwrap().lines.into_iter().map(|line| line.at).collect();
    assert!(times.windows(2).all(|pair| pair[0] > pair[1]), "{times:?}");
}

#[test]
fn a_way_back_goes_through_what_was_begun_and_is_resumed_too() {
    let folder = Folder::new();
    let mut writer = folder.open();
    writer.begin_run(start(Direction::Forward), false).unwrap();
    for event in
        [begin("A", false), done("A", &["web1"]), begin("B1", false), done("B1", &["web2"]), begin("B2", false)]
    {
        writer.append(event).unwrap();
    }
    writer.append(Event::Approve(Approve { group: "B1".into(), by: "ann".into() })).unwrap();
    writer.append(end(Outcome::Lost)).unwrap();
    writer.begin_run(start(Direction::Back), false).unwrap();
    assert_eq!(writer.state().to_go_back(), ["B2", "B1", "A"]);
    for event in [begin("B2", false), done("B2", &["web3"]), begin("B1", false)] {
        writer.append(event).unwrap();
    }
    // B1 may be at either version now, so it is done in neither way; the approval was for another time
    assert_eq!(writer.state().to_go_back(), ["B1", "A"]);
    assert!(!writer.state().is_done("B1") && writer.state().is_done("A"));
    assert!(writer.state().approvals.is_empty());
    writer.append(end(Outcome::Interrupted)).unwrap();
    writer.begin_run(start(Direction::Forward), false).unwrap();
    writer.append(begin("B1", true)).unwrap();
    assert!(writer.state().batches["B1"].done.is_empty());
    assert_eq!(writer.state().to_go_back(), ["B1", "A"]);
}

#[test]
fn a_watch_that_is_cut_short_is_over() {
    let folder = Folder::new();
    let mut writer = folder.open();
    let run = writer.begin_run(start(Direction::Forward), false).unwrap();
    let bake = |group: &str, seconds, cut_short| Event::Bake(Bake { group: group.into(), seconds, cut_short });
    for event in [begin("A", false), hosts_done("A", &["web1"]), bake("A", 90, false)] {
        writer.append(event).unwrap();
    }
    let watched = |state: &State| state.batches["A"].watched.clone().unwrap();
    let (since, _) = watched(writer.state());
    assert!(matches!(writer.state().run(&run).unwrap().now, Now::Bake { .. }));
    writer.append(bake("A", 12, true)).unwrap();
    assert_eq!(watched(&folder.state()), (since.clone(), 12));
    assert_eq!(writer.state().run(&run).unwrap().now, Now::Between);
    // it does not make a watch longer, and there is none where none was begun
    writer.append(bake("A", 400, true)).unwrap();
    writer.append(begin("B1", false)).unwrap();
    writer.append(bake("B1", 3, true)).unwrap();
    assert_eq!((watched(writer.state()), &writer.state().batches["B1"].watched), ((since, 12), &None));
}

#[test]
fn a_record_that_is_gone_or_another_one_takes_no_event() {
    let folder = Folder::new();
    let mut writer = folder.open();
    let run = writer.begin_run(start(Direction::Forward), false).unwrap();
    let path = folder.place().path;
    std::fs::remove_file(&path).unwrap();
    let (code, message) = refused(writer.append(begin("A", false)));
    assert_eq!(code, Code::InvalidRecord);
    assert!(message.contains("deleted or replaced while a run was in it"), "{message}");
    let (_, message) = refused(Writer::join(folder.place(), Some(&run), backwards));
    assert!(message.contains("deleted or replaced while a run was in it"), "{message}");
    let (_, message) = refused(Writer::join(folder.place(), None, backwards));
    assert!(message.contains("no run of this rollout is open"), "{message}");
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    refused(writer.append(begin("A", false)));
    assert_eq!(std::fs::read(&path).unwrap(), b"");
}

#[test]
fn what_was_never_begun_is_never_done() {
    let folder = Folder::new();
    let mut writer = folder.open();
    writer.begin_run(start(Direction::Forward), false).unwrap();
    for event in [done("A", &["web1"]), hosts_done("A", &["web1"]), lost("A", None)] {
        writer.append(event).unwrap();
    }
    assert!(folder.state().batches.is_empty());
}

#[test]
fn one_of_two_gets_the_lock_and_the_next_one_after_it() {
    let folder = Folder::new();
    let mut first = folder.open();
    first.begin_run(start(Direction::Forward), false).unwrap();
    let (code, message) = refused(Writer::open(folder.place(), backwards));
    assert_eq!(code, Code::RecordBusy);
    assert!(message.contains("this rollout is under way: deploy@control1 since "), "{message}");
    // an approval is appended all the same, and seen
    let approve = Event::Approve(Approve { group: "B1".into(), by: "ann".into() });
    append_once(folder.place(), None, approve, backwards).unwrap();
    assert!(first.refresh().unwrap().approvals.contains_key("B1"));
    drop(first);
    let mut second = folder.open();
    second.begin_run(start(Direction::Forward), false).unwrap();
    assert_eq!(second.state().runs.len(), 2);
    assert!(second.state().runs[0].replaced);
}

#[test]
fn of_many_threads_exactly_one_gets_the_lock() {
    for _ in 0..20 {
        let folder = Folder::new();
        let barrier = std::sync::Barrier::new(8);
        let writers: Vec<_> = std::thread::scope(|scope| {
            let open = || {
                barrier.wait();
                Writer::open(folder.place(), backwards).ok()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(writers.len(), 1);
    }
}

#[test]
fn appends_of_many_threads_are_whole_lines() {
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let place = folder.place();
            scope.spawn(move || {
                for batch in 0..20 {
                    let approve = Approve { group: format!("B{number}-{batch}"), by: "x".repeat(5000) };
                    append_once(place.clone(), None, Event::Approve(approve), backwards).unwrap();
                }
            });
        }
    });
    assert_eq!(folder.state().approvals.len(), 160);
}

#[test]
fn a_child_holds_the_lock_on_after_its_run() {
    let folder = Folder::new();
    let mut writer = folder.open();
    // of a process that has ended
    let process = Process { started: Some(0), ..Process::current() };
    writer.begin_run(Start { process, ..start(Direction::Forward) }, false).unwrap();
    let shared = writer.share_lock().unwrap();
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    drop((shared, writer));
    let (code, message) = refused(Writer::open(folder.place(), backwards));
    let locked = crate::system::is_locked(&folder.place().path);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(code, Code::RecordBusy);
    let expected = format!("what it started still goes on: process {} (sleep)", child.id());
    assert!(message.contains(&expected), "{message}");
    assert!(locked && !crate::system::is_locked(&folder.place().path));
    drop(folder.open());
}

#[test]
fn a_run_without_a_lock_is_alive_with_its_process_and_can_be_taken_over() {
    let folder = Folder::new();
    let playbook = Start { locks: false, ..start(Direction::Forward) };
    let first = folder.open().begin_run(playbook.clone(), false).unwrap();
    let (code, message) = refused(folder.open().begin_run(playbook.clone(), false));
    assert_eq!(code, Code::RecordBusy);
    assert!(message.contains("under way: deploy@control1") && message.contains("--take-over"), "{message}");
    let second = folder.open().begin_run(playbook, true).unwrap();
    let state = folder.state();
    assert_eq!((state.runs.len(), state.open_run().unwrap().id == second), (2, true));
    assert_eq!(folder.text().matches("\"event\":\"take_over\"").count(), 1);
    // what the first one has done is recorded; it begins nothing more
    append_once(folder.place(), Some(&first), hosts_done("A", &["web1"]), backwards).unwrap();
    let (code, message) = refused(append_once(folder.place(), Some(&first), begin("A", false), backwards));
    assert_eq!(code, Code::RecordBusy);
    assert!(message.contains("this run was taken over by deploy@control1"), "{message}");
    append_once(folder.place(), Some(&second), begin("A", false), backwards).unwrap();
}

#[test]
fn a_run_that_cannot_be_seen_is_refused_until_it_is_taken_over() {
    let folder = Folder::new();
    let process = Process { host: "control2".into(), boot: Some("other".into()), ..Process::current() };
    let elsewhere = Start { process, locks: true, ..start(Direction::Forward) };
    folder.open().begin_run(elsewhere, false).unwrap();
    let (code, message) = refused(folder.open().begin_run(start(Direction::Forward), false));
    assert_eq!(code, Code::RecordBusy);
    assert!(message.contains("cannot be seen from here") && message.contains("on control2"), "{message}");
    folder.open().begin_run(start(Direction::Forward), true).unwrap();
}

#[test]
fn a_torn_line_is_none_and_is_cut_off() {
    let folder = Folder::new();
    let mut writer = folder.open();
    writer.begin_run(start(Direction::Forward), false).unwrap();
    drop(writer);
    let whole = folder.text();
    for torn in ["{\"schema\":1,\"at\"", "\0\0\0\0", "\0\0\0}\n"] {
        folder.write(&format!("{whole}{torn}"));
        let log = read(&folder.place().path).unwrap();
        assert_eq!((log.lines.len(), log.torn), (1, true));
        let mut writer = folder.open();
        assert!(writer.is_torn());
        writer.append(end(Outcome::Done)).unwrap();
        assert!(!writer.is_torn());
        let log = read(&folder.place().path).unwrap();
        assert_eq!((log.lines.len(), log.torn), (2, false));
    }
}

#[test]
fn what_is_no_record_of_this_plan_is_refused() {
    let folder = Folder::new();
    let line = |schema, plan: &str, event: &str| {
        format!("{{\"schema\":{schema},\"at\":\"x\",\"plan\":\"{plan}\",\"event\":\"{event}\"}}\n")
    };
    let known = line(1, "0123456789ab", "later");
    for (text, why) in [
        (line(1, "ba9876543210", "later"), "this is the record of plan ba9876543210, and not of plan 0123456789ab"),
        (line(2, "0123456789ab", "later"), "the record has lines of the form 2, and this program reads form 1"),
        (format!("{known}{known}hello\n{known}"), ".jsonl:3: this is not a line of a record: expected value"),
        (format!("{known}hello\n"), ".jsonl:2: this is not a line of a record"),
        (format!("{known}\n{known}"), ".jsonl:2: this is not a line of a record"),
        (line(1, "0123456789ab", "begin"), ".jsonl:1: this is not a line of a record: missing field `group`"),
    ] {
        folder.write(&text);
        let (code, message) = refused(Writer::open(folder.place(), backwards));
        assert_eq!(code, Code::InvalidRecord);
        assert!(message.contains(why), "{message}");
        assert_eq!(folder.text(), text);
    }
    // an event of a later version is kept and passed over
    folder.write(&known);
    folder.open().begin_run(start(Direction::Forward), false).unwrap();
    assert!(folder.text().starts_with(&known));
}

#[test]
fn a_link_a_folder_and_a_pipe_are_no_records() {
    let folder = Folder::new();
    let path = folder.place().path;
    let elsewhere = folder.0.path().join("elsewhere");
    std::fs::write(&elsewhere, "").unwrap();
    let refused_both = |why: &str| {
        for message in [refused(read(&path)).1, refused(Writer::open(folder.place(), backwards)).1] {
            assert!(message.contains(why), "{message}");
        }
    };
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    refused_both("is a symbolic link");
    std::fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    refused_both("a record must be a file");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(refused(Writer::open(folder.place(), backwards)).1.contains("cannot be written: is a directory"));
    assert_eq!(std::fs::read(&elsewhere).unwrap(), b"");
}

#[test]
fn it_is_as_private_as_its_plan() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    for mode in [0o700, 0o755] {
        let plan = folder.0.path().join(format!("{mode:o}.rollout.yml"));
        std::fs::write(&plan, "").unwrap();
        std::fs::set_permissions(&plan, std::fs::Permissions::from_mode(mode)).unwrap();
        let place = Place::new(&plan, "p", None);
        assert_eq!(place.path, folder.0.path().join(format!("{mode:o}.rollout.jsonl")));
        drop(Writer::open(place.clone(), backwards).unwrap());
        let made = place.path.metadata().unwrap().permissions().mode();
        assert_eq!(matches!(made & 0o077, 0), mode == 0o700);
    }
    assert_eq!(beside(Path::new("plans/web.yml")), Path::new("plans/web.yml.jsonl"));
}

#[test]
fn a_time_out_of_all_bounds_is_written_too() {
    let folder = Folder::new();
    let clock: [Clock; 2] =
        [|| UNIX_EPOCH - Duration::from_secs(1), || UNIX_EPOCH + Duration::from_secs(400_000_000_000)];
    for clock in clock {
        append_once(folder.place(), None, Event::Stop(Stop { why: "x".into(), group: None }), clock).unwrap();
    }
    let times: Vec<String> = read(&folder.place().path).unwrap().lines.into_iter().map(|line| line.at).collect();
    assert_eq!(times, ["1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]);
}
