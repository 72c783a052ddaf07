//! What is next, and what came of it.

#![allow(clippy::unwrap_used)]

mod caps;

use indexmap::IndexMap;

use super::*;
use crate::error::Location;
use crate::plan::names::GroupNames;
use crate::plan::{Assigned, Assignments, Plan, plan};
use crate::policy::naming::Naming;
use crate::policy::{Approval, DayTime, Days, Keys, Layer, Policy, Set, Window, Zone};
use crate::record::{
    Approve, Begin, Clock, Direction, Done, Event, Hosts, Lost, Place, Start, State, Writer, process::Process,
};
use crate::shown::Shown;

/// A plan of two versions, with a canary and batches of one host.
fn planned(approval: Approval) -> (Plan<'static>, GroupNames) {
    let versions = vec![Assigned::new("a-1", vec!["w1", "w2", "w3"]), Assigned::new("b-2", vec!["d1", "d2"])];
    let keys = Keys {
        approval: Some(Set { value: approval, at: Location::whole("regal.yml") }),
        bake: Some(60),
        ..Keys::default()
    };
    let policy = Policy { layers: vec![Layer { all: keys, ..Layer::default() }], ..Policy::default() };
    let plan = plan(&Assignments { versions, unversioned: Vec::new() }, &policy).unwrap();
    let names = Naming::default().name(&plan).unwrap();
    (plan, names)
}

/// The same with windows, where a is open from nine and b from ten.
fn with_windows() -> (Plan<'static>, GroupNames) {
    let (mut plan, names) = planned(Approval::Never);
    let window = |from: &str| {
        let (from, to) = (DayTime::parse(from).unwrap(), DayTime::parse("12:00").unwrap());
        Window::new(Days::parse("mon-fri").unwrap(), from, to, Zone::parse("UTC").unwrap()).unwrap()
    };
    plan.rollouts[0].conduct.windows = vec![window("09:00")];
    plan.rollouts[1].conduct.windows = vec![window("10:00")];
    (plan, names)
}

#[test]
fn a_step_begins_where_windows_of_all_its_batches_have_room_for_its_bake() {
    let (plan, names) = with_windows();
    let at = |text: &str| humantime::parse_rfc3339(text).unwrap();
    // 2026-11-30 is a Monday; a batch bakes a minute
    let closed = |schedule: &Schedule<'_>, step: usize, now: &str| {
        let (batch, closed) = schedule.closed(&schedule.steps[step], at(now))?;
        let opens = closed.opens.map(|opens| humantime::format_rfc3339_seconds(opens.at).to_string());
        Some((batch.group.to_string(), opens.unwrap_or_default()))
    };
    let schedule = Schedule::new(&plan, &names, &plan, false);
    assert_eq!(closed(&schedule, 0, "2026-11-30T09:00:00Z"), None);
    let monday = |group: &str, time: &str| Some((group.to_string(), format!("2026-11-30T{time}:00Z")));
    assert_eq!(closed(&schedule, 0, "2026-11-30T08:00:00Z"), monday("a-1_groupA", "09:00"));
    assert_eq!(closed(&schedule, 0, "2026-11-30T11:59:00Z"), None);
    assert_eq!(
        closed(&schedule, 0, "2026-11-30T11:59:01Z"),
        Some(("a-1_groupA".into(), "2026-12-01T09:00:00Z".into()))
    );
    // nothing comes after the last batch, so that it is not watched
    assert_eq!(closed(&schedule, 4, "2026-11-30T11:59:59Z"), None);
    // batches that begin together wait for the last window
    let waves = Schedule::new(&plan, &names, &plan, true);
    assert_eq!(closed(&waves, 0, "2026-11-30T09:30:00Z"), monday("b-2_groupA", "10:00"));
    assert_eq!(closed(&waves, 0, "2026-11-30T08:30:00Z"), monday("b-2_groupA", "10:00"));
    assert_eq!(closed(&waves, 0, "2026-11-30T10:30:00Z"), None);
    assert_eq!(waves.each_closed(&waves.steps[0], at("2026-11-30T08:30:00Z")).len(), 2);
}

fn groups(schedule: &Schedule<'_>) -> Vec<String> {
    schedule.steps.iter().map(Step::name).collect()
}

/// What a record knows after some events of a run.
fn after(direction: Direction, events: Vec<Event>) -> State {
    let folder = tempfile::tempdir().unwrap();
    let clock: Clock = || std::time::SystemTime::UNIX_EPOCH;
    let place = Place { path: folder.path().join("r"), plan_id: "p".into(), private: true };
    let mut writer = Writer::open(place, clock).unwrap();
    let start = Start {
        who: String::new(),
        process: Process::current(),
        locks: true,
        command: Vec::new(),
        direction,
        to: None,
        because: None,
    };
    writer.begin_run(start, false).unwrap();
    events.into_iter().for_each(|event| writer.append(event).unwrap());
    writer.state().clone()
}

fn begin(group: &str) -> Event {
    Event::Begin(Begin { group: group.into(), rest: false })
}

fn strings(hosts: &[&str]) -> Vec<String> {
    hosts.iter().map(ToString::to_string).collect()
}

fn done(group: &str, hosts: &[&str]) -> Event {
    Event::Done(Done { group: group.into(), hosts: strings(hosts) })
}

fn words(words: &[&str]) -> Vec<String> {
    strings(words)
}

#[test]
fn a_template_has_placeholders_and_braces() {
    let values = Values {
        group: "a_groupB1".into(),
        version: "a".into(),
        batch: "B1".into(),
        index: "1".into(),
        hosts: "w1,w2".into(),
        hostfile: "/tmp/h".into(),
        plan: "p.yml".into(),
    };
    let fill = |word: &str| Template::new(&words(&[word])).unwrap().fill(&values).remove(0);
    for (word, filled) in [
        ("{group}", "a_groupB1"),
        ("-e v={version},b={batch}", "-e v=a,b=B1"),
        ("{hosts}{index}", "w1,w21"),
        ("{hostfile}:{plan}:{nodegroup}", "/tmp/h:p.yml:a_groupB1"),
        ("{{group}", "{group}"),
        ("{{{{ v }}", "{{ v }}"),
        ("{{{group}}", "{a_groupB1}"),
        ("}", "}"),
        ("", ""),
    ] {
        assert_eq!(fill(word), filled, "{word}");
    }
    for bad in ["{", "{}", "{host}", "{group", "{ group }", "{GROUP}", "a{0}"] {
        assert!(Template::new(&words(&[bad])).is_err(), "{bad}");
    }
    assert!(Template::new(&[]).is_err());
    let text = Template::of_text("--check", "sh -c 'test {batch} = \"B1\"' x").unwrap();
    assert_eq!(text.fill(&values), ["sh", "-c", "test B1 = \"B1\"", "x"]);
    assert!(Template::of_text("--check", "sh 'x").is_err());
}

#[test]
fn hosts_are_left_out_where_the_command_names_hosts_and_no_group() {
    let leaves_out = |words: &[&str]| Template::new(&strings(words)).unwrap().leaves_out();
    assert!(leaves_out(&["x", "{hosts}"]) && leaves_out(&["x", "-h={hostfile}", "{version}"]));
    for whole in [&["x"][..], &["{group}"], &["{nodegroup}"], &["{hosts}", "{group}"]] {
        assert!(!leaves_out(whole), "{whole:?}");
    }
}

#[test]
fn a_version_is_a_word_for_a_shell_too() {
    let is_good = |version: &str| check_version(version, &Shown::new(version)).is_ok();
    for good in ["2.5.0", "app-1.0_rc", "1.0+b2", "reg.example.com/app:1.0@sha256=a", "1.0~rc1", "1,2", "a%b", "x^y"] {
        assert!(is_good(good), "{good}");
    }
    for bad in [
        "", "-1", "~root", "a b", "a;b", "$(x)", "a`b`", "a|b", "a&b", "a>b", "a*", "a?", "[a]", "a\nb", "a'b", "é",
        "#a", "!a",
    ] {
        assert!(!is_good(bad), "{bad}");
    }
}

#[test]
fn steps_are_batches_or_waves() {
    let (plan, names) = planned(Approval::Never);
    let schedule = Schedule::new(&plan, &names, &plan, false);
    let all = ["a-1_groupA", "a-1_groupB1", "a-1_groupB2", "b-2_groupA", "b-2_groupB1"];
    assert_eq!(groups(&schedule), all);
    let waves = Schedule::new(&plan, &names, &plan, true);
    assert_eq!(groups(&waves), ["a-1_groupA, b-2_groupA", "a-1_groupB1, b-2_groupB1", "a-1_groupB2"]);
    let until = |schedule: &Schedule<'_>, last: &str| {
        let mut schedule = schedule.clone();
        schedule.keep_until(last).map(|()| groups(&schedule))
    };
    assert_eq!(until(&schedule, "A").unwrap(), ["a-1_groupA", "b-2_groupA"]);
    assert_eq!(until(&schedule, "a-1_groupB1").unwrap(), all[..2]);
    assert_eq!(until(&waves, "B1").unwrap().len(), 2);
    assert!(until(&schedule, "B3").is_err() && until(&schedule, "b1").is_err());
    assert!(schedule.groups_of("B1").is_err());
    assert_eq!(waves.groups_of("B1").unwrap(), ["a-1_groupB1", "b-2_groupB1"]);
    assert_eq!(schedule.groups_of("B2").unwrap(), ["a-1_groupB2"]);
    // hosts and versions that are not there today
    let mut today = plan.clone();
    today.rollouts.remove(1);
    today.rollouts[0].retain(|host| host != "w2");
    let rest = Schedule::new(&plan, &names, &today, false);
    assert_eq!(groups(&rest), all[..3]);
    assert_eq!(rest.batches().map(|batch| batch.hosts.len()).collect::<Vec<_>>(), [1, 0, 1]);
}

#[test]
fn a_version_that_comes_after_another_has_steps_of_its_own() {
    let (mut plan, names) = planned(Approval::Never);
    plan.rollouts[1].after = vec!["a-1"];
    let waves = Schedule::new(&plan, &names, &plan, true);
    assert_eq!(groups(&waves), ["a-1_groupA", "b-2_groupA", "a-1_groupB1", "b-2_groupB1", "a-1_groupB2"]);
    assert!(!waves.by_stage);
    assert_eq!(waves.call(&waves.steps[1]), "b-2_groupA");
    assert_eq!(waves.before(&waves.steps[1]).unwrap().name(), "a-1_groupA");
    assert!(waves.groups_of("B1").is_err());
    assert_eq!(waves.groups_of("b-2_groupB1,a-1_groupB2").unwrap(), ["b-2_groupB1", "a-1_groupB2"]);
    // alone, it waits for nobody
    let mut today = plan.clone();
    today.rollouts.remove(0);
    let alone = Schedule::new(&plan, &names, &today, true);
    assert!(alone.by_stage && groups(&alone) == ["b-2_groupA", "b-2_groupB1"]);
}

#[test]
fn what_is_left_of_a_batch() {
    let (plan, names) = planned(Approval::Never);
    let mut schedule = Schedule::new(&plan, &names, &plan, false);
    let mut batch = schedule.steps.remove(0).batches.remove(0);
    batch.hosts = vec!["w1", "w2"];
    let group = "a-1_groupA";
    let hosts_done = |hosts: &[&str]| Event::HostsDone(Hosts { group: group.into(), hosts: strings(hosts) });
    let lost =
        |host: Option<&str>| Event::Lost(Lost { group: group.into(), host: host.map(String::from), ..Lost::default() });
    let names_group = Way::default();
    let names_hosts = Way { leaves_out: true, ..Way::default() };
    let retries = Way { retries: true, ..names_hosts };
    let left = |events: Vec<Event>, way: Way| work(&batch, &after(Direction::Forward, events), way);
    assert_eq!(left(vec![], names_hosts), Work::Whole { again: 0 });
    assert_eq!(left(vec![begin(group)], names_group), Work::Whole { again: 0 });
    assert_eq!(left(vec![begin(group)], names_hosts), Work::Rest(vec!["w1", "w2"]));
    let half = || vec![begin(group), hosts_done(&["w1"]), lost(Some("w2"))];
    assert_eq!(left(half(), names_hosts), Work::Rest(vec!["w2"]));
    assert_eq!(left(half(), names_group), Work::Whole { again: 1 });
    let whole = vec![begin(group), done(group, &["w1", "w2"]), lost(None)];
    assert_eq!(left(whole, names_group), Work::Rest(vec![]));
    let passed = || vec![begin(group), lost(Some("w2")), done(group, &["w1"])];
    assert_eq!(left(passed(), names_hosts), Work::Nothing);
    assert_eq!(left(passed(), retries), Work::Rest(vec!["w2"]));
    assert_eq!(left(vec![begin(group), done(group, &["w1", "w2"])], retries), Work::Nothing);
    // on the other way it is as if it was never begun
    let back = Way { direction: Direction::Back, ..names_hosts };
    assert_eq!(left(half(), back), Work::Whole { again: 0 });
    batch.hosts.clear();
    assert_eq!(work(&batch, &State::default(), names_hosts), Work::Nothing);
}

#[test]
fn the_way_back_begins_with_what_was_begun_last() {
    let (plan, names) = planned(Approval::Never);
    let schedule = Schedule::new(&plan, &names, &plan, false);
    let events = vec![begin("a-1_groupA"), done("a-1_groupA", &["w1"]), begin("b-2_groupA"), begin("a-1_groupB1")];
    let state = after(Direction::Forward, events);
    assert_eq!(groups(&going_back(&schedule, &state)), ["a-1_groupB1", "b-2_groupA", "a-1_groupA"]);
    assert_eq!(counts(&schedule, &state, Direction::Forward), Counts { done: 1, lost: 0, waiting: 4 });
}

#[test]
fn somebody_is_asked_after_what_the_policy_says() {
    for (approval, asked) in [
        (Approval::Never, [false, false, false, false]),
        (Approval::AfterCanary, [true, false, false, true]),
        (Approval::EachBatch, [true, true, true, true]),
    ] {
        let (plan, names) = planned(approval);
        let schedule = Schedule::new(&plan, &names, &plan, false);
        let steps = &schedule.steps[1..];
        let asks = |step: &Step<'_>| super::asks(schedule.before(step).unwrap(), step, &State::default());
        assert_eq!(steps.iter().map(asks).collect::<Vec<_>>(), asked);
        let approve = Event::Approve(Approve { group: "a-1_groupB1".into(), by: "me".into() });
        let state = after(Direction::Forward, vec![approve]);
        assert!(!super::asks(&schedule.steps[0], &schedule.steps[1], &state));
        assert_eq!(schedule.before(&schedule.steps[0]), None);
    }
}

#[test]
fn what_is_left_to_watch() {
    let (plan, names) = planned(Approval::Never);
    let schedule = Schedule::new(&plan, &names, &plan, false);
    let state = after(Direction::Forward, vec![begin("a-1_groupA"), done("a-1_groupA", &["w1"]), begin("a-1_groupB1")]);
    let left = |step: usize, since| bake_left(&schedule.steps[step], &state, |_| since);
    assert_eq!([left(0, Some(0)), left(0, Some(45)), left(0, Some(600))], [60, 15, 0]);
    // a clock that went back
    assert_eq!(left(0, None), 60);
    // not done, and never begun
    assert_eq!([left(1, Some(600)), left(2, Some(0))], [60, 0]);
}

fn results(text: &str) -> crate::error::Result<Results<'static>> {
    read_results("g", &["w1", "w2"], &IndexMap::from([("10.0.0.2", "w2")]), text.as_bytes())
}

#[test]
fn results_are_lines() {
    let read = results("w1 lost no route\n\n w1\tok \nw2 lost   a  b \n").unwrap();
    assert_eq!(read["w1"], Report::Ok);
    assert_eq!(read["w2"], Report::Lost(Some("a  b".into())));
    assert_eq!(results("10.0.0.2 lost").unwrap()["w2"], Report::Lost(None));
    assert!(results("").unwrap().is_empty());
    for bad in ["w3 ok", "w1", "w1 OK", "ok w1", "w1 failed x", "10.0.0.1 ok"] {
        assert!(results(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_came_of_a_batch() {
    let (plan, names) = planned(Approval::Never);
    let mut batch = Schedule::new(&plan, &names, &plan, false).steps.remove(0).batches.remove(0);
    batch.hosts = vec!["w1", "w2"];
    let failed = || Some("exit code 2".to_string());
    let came = |failed: Option<String>, text: &str, may_lose| {
        let came = verdict(&batch, &["w1", "w2"], failed, &results(text).unwrap(), may_lose);
        (came.done.len(), came.lost.len(), came.whole.is_some(), came.is_done)
    };
    assert_eq!(came(None, "", 0), (2, 0, false, true));
    assert_eq!(came(failed(), "", 9), (0, 0, true, false));
    assert_eq!(came(None, "w1 lost", 0), (1, 1, false, false));
    assert_eq!(came(None, "w1 lost", 1), (1, 1, false, true));
    // a command that fails for a host, and says so of all
    assert_eq!(came(failed(), "w1 lost\nw2 ok", 1), (1, 1, false, true));
    assert_eq!(came(failed(), "w1 lost\nw2 ok", 0), (1, 1, false, false));
    // or not of all, or for something else
    assert_eq!(came(failed(), "w1 ok", 9), (1, 0, true, false));
    assert_eq!(came(failed(), "w1 lost", 9), (0, 1, true, false));
    assert_eq!(came(failed(), "w1 ok\nw2 ok", 9), (2, 0, true, false));
    // hosts that were left out are nothing that it did
    let rest = verdict(&batch, &["w2"], None, &Results::new(), 0);
    assert_eq!((rest.done, rest.is_done), (vec!["w2".to_string()], true));
}
