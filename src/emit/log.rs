//! The record of a rollout, event by event: for people, or for programs.

use std::io::{self, Write};

use super::json;
use crate::record::{Direction, Event, Health, Log, Lost, Measured};
use crate::shown::{cut, printable};
use crate::wording::{count, number};

/// The most characters of what a host said, and of a command.
const LONGEST: usize = 200;

/// Writes a line an event, with what steers a terminal as escapes.
///
/// # Errors
/// Those of `out`.
pub fn write_text(log: &Log, out: &mut impl Write) -> io::Result<()> {
    for line in &log.lines {
        let run = line.run.as_deref().unwrap_or("-");
        let text = format!("{}  {run:<12}  {}", line.at, words(&line.event));
        writeln!(out, "{}", printable(&text))?;
    }
    if log.lines.is_empty() {
        writeln!(out, "nothing is recorded yet")?;
    }
    Ok(())
}

/// Writes a line of JSON an event; those of a later version of this program, which are not understood, are left out.
///
/// # Errors
/// Those of `out`.
pub fn write_json(log: &Log, out: &mut impl Write) -> io::Result<()> {
    let known = log.lines.iter().filter(|line| !matches!(line.event, Event::Unknown(_)));
    known.into_iter().try_for_each(|line| json::write_line(line, out))
}

/// What happened, in a sentence.
pub fn words(event: &Event) -> String {
    match event {
        Event::Start(start) => {
            let way = match (start.direction, &start.to) {
                (Direction::Forward, _) => String::new(),
                (Direction::Back, Some(version)) => format!(" back to {version}"),
                (Direction::Back, None) => " back".to_string(),
            };
            let command = if start.command.is_empty() {
                String::new()
            } else {
                format!(": {}", cut(&start.command.join(" "), LONGEST))
            };
            let process = &start.process;
            let because =
                start.because.as_ref().map(|why| format!(", since {}", cut(why, LONGEST))).unwrap_or_default();
            format!("run begins{way}{because}, by {}, process {} on {}{command}", start.who, process.pid, process.host)
        }
        Event::TakeOver(event) => format!("run {} is taken over by {}", event.from, event.by),
        Event::Begin(event) if event.rest => format!("{} begins, without the hosts that are done", event.group),
        Event::Begin(event) => format!("{} begins", event.group),
        Event::HostsDone(event) => format!("{}: done on {}", event.group, hosts(&event.hosts)),
        Event::Lost(event) => format!("{}: lost {}", event.group, lost(event)),
        Event::Done(event) => format!("{} is done: {}", event.group, hosts(&event.hosts)),
        Event::Bake(event) if event.cut_short => {
            format!("{} is watched no longer: cut short after {}", event.group, seconds(event.seconds))
        }
        Event::Bake(event) => format!("{} is watched for {}", event.group, seconds(event.seconds)),
        Event::Measure(event) => format!("{}: {}", event.group, measured(event)),
        Event::Gate(event) => {
            let why = event.why.as_ref().map(|why| format!(": {}", cut(why, LONGEST))).unwrap_or_default();
            let is = if event.verdict == Health::Failed { "" } else { "is " };
            format!("{}: gate {} {is}{}{why}", event.group, event.gate, event.verdict.words())
        }
        Event::IgnoreWindows(event) => {
            format!("{} begins outside its windows, which {} ignores", event.group, event.by)
        }
        Event::Unsent(event) => format!("not sent to {}: {}", event.command, cut(&event.why, LONGEST)),
        Event::Approve(event) => format!("{} is approved by {}", event.group, event.by),
        Event::Stop(event) => match &event.group {
            Some(group) => format!("stops at {group}: {}", event.why),
            None => format!("stops: {}", event.why),
        },
        Event::End(event) => {
            let hosts = |number: u64| count(usize::try_from(number).unwrap_or(usize::MAX), "host");
            let counts = format!("{} done, {} lost, {} waiting", hosts(event.done), event.lost, event.waiting);
            format!("run ends: {}; {counts}", event.outcome.words())
        }
        Event::Unknown(word) => format!("`{}`, which a later version of regal-inventory has written", cut(word, 40)),
    }
}

fn measured(event: &Measured) -> String {
    let value = event.value.map(|value| format!(" {}", number(value))).unwrap_or_default();
    let beside = |(batch, others)| format!(" ({} beside {})", number(batch), number(others));
    let beside = event.beside.map(beside).unwrap_or_default();
    let hosts: Vec<String> = event.hosts.iter().map(|host| format!("{}: {}", host.host, host.why)).collect();
    let said = event.message.iter().chain(&hosts).map(|text| format!("; {text}")).collect::<String>();
    format!("{}{value}{beside}, {}{}", event.gate, event.verdict.words(), cut(&said, LONGEST))
}

fn lost(event: &Lost) -> String {
    let host = event.host.as_deref().unwrap_or("as a whole");
    let step = event.step.as_ref().map(|step| format!(" at {}", cut(step, LONGEST))).unwrap_or_default();
    let message = event.message.as_ref().map(|text| format!(": {}", cut(text, LONGEST))).unwrap_or_default();
    format!("{host}{step}{message}")
}

/// Few hosts by name, many by number.
fn hosts(hosts: &[String]) -> String {
    if hosts.len() <= 3 && !hosts.is_empty() { hosts.join(", ") } else { count(hosts.len(), "host") }
}

/// Returns a duration for people: `90s`, `10m`, `1h 5m`.
pub(super) fn seconds(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds}s"),
        120..3600 if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        120..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ if (seconds / 60).is_multiple_of(60) => format!("{}h", seconds / 3600),
        _ => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
    }
}
