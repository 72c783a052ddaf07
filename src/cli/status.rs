//! `status`: how far rollouts are, once or again and again.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anstream::adapter::strip_str;
use regal_inventory::emit::look::Look;
use regal_inventory::emit::status::{StatusReport, write_list_json, write_list_text};
use regal_inventory::error::{Code, Error, Location, Problem, Result};
use regal_inventory::files;
use regal_inventory::frozen::{ENDING, Frozen};
use regal_inventory::record::process::Liveness;
use regal_inventory::record::{Log, Place, State, fold};
use regal_inventory::session::Shared;
use regal_inventory::system;
use regal_inventory::text::{Arena, TextMap};

use super::arguments::{Arguments, PictureFormat, StatusOptions};
use super::output::Sink;
use super::{exit, messages, rollout};

/// How long between two looks at a record.
const PAUSE: Duration = Duration::from_secs(1);
/// Seconds between two times that a page is written, and read again by the browser.
const AGAIN: u32 = 3;
/// The lines about the whole.
const HEAD: usize = 2;
/// To the upper left corner; nothing after this line stays, and nothing below it.
const HOME: &str = "\u{1b}[H";
const END_OF_LINE: &str = "\u{1b}[K";
const END_OF_SCREEN: &str = "\u{1b}[J";

/// What the record of a plan says now.
struct Seen<'r> {
    place: &'r Place,
    state: State,
    last: Option<String>,
    torn: bool,
    liveness: Liveness,
    locked: bool,
}

/// What is shown, and, where it is watched, whether nothing of it will change any more.
struct Shown {
    text: Vec<u8>,
    over: bool,
}

/// Prints how far a rollout is, or all of a folder.
///
/// # Errors
/// There is no frozen plan; it or its record cannot be read; a result that cannot be written.
pub fn run(arguments: &Arguments, options: &StatusOptions, sink: Sink<'_>, shared: &Shared) -> anyhow::Result<u8> {
    let path = rollout::named(arguments, options.place.as_deref(), "status")?;
    let record = options.record.record.as_deref();
    check(options, sink)?;
    let writes_page = options.format == PictureFormat::Html;
    // lines that are printed as they change have no countdown
    let now = || (!options.watch || writes_page || std::io::stdout().is_terminal()).then(SystemTime::now);
    // what is watched has a line for a line, so that it is known what fits
    let look = if options.watch { Look { columns: None, ..sink.look() } } else { sink.look() };
    if path.is_dir() {
        if record.is_some() {
            let problem =
                Problem::of(Code::InvalidOption, "--record is for one frozen plan, and a folder may have many");
            return Err(Error::from(problem.hint("name the plan instead of its folder")).into());
        }
        if writes_page {
            let problem = Problem::of(Code::InvalidOption, "a page is of one frozen plan, and a folder may have many");
            return Err(Error::from(problem.hint("name the plan instead of its folder")).into());
        }
        return folder(&path, options, (sink, look), shared, now);
    }
    let (arena, texts) = (Arena::new(), TextMap::new());
    let (frozen, place) = rollout::open(&arena, &texts, &path, record, shared)?;
    let show = || {
        let seen = Seen::of(&place)?;
        let report = seen.report(&frozen, now());
        let over = options.watch && report.is_over();
        let mut text = Vec::new();
        match options.format {
            PictureFormat::Text => report.write_text(look, &mut text)?,
            PictureFormat::Json => report.write_json(&mut text)?,
            PictureFormat::Html => report.write_page((options.watch && !over).then_some(AGAIN), &mut text)?,
        }
        Ok(Shown { text, over })
    };
    if options.watch && writes_page {
        write_again(show, sink)?;
    } else if options.watch {
        watch(show)?;
    } else {
        sink.write(&show()?.text)?;
    }
    Ok(exit::DONE)
}

/// Options that do not go together.
fn check(options: &StatusOptions, sink: Sink<'_>) -> Result<()> {
    if !options.watch {
        return Ok(());
    }
    let (message, hint) = match (options.format, sink.path) {
        (PictureFormat::Text, None) => return Ok(()),
        (PictureFormat::Html, Some(path)) if !files::is_stream(path) => return Ok(()),
        (PictureFormat::Html, _) => ("--watch writes a page to a file", "name it: --output status.html"),
        _ => ("--watch is for text on stdout", "leave out --format json and --output, or --watch"),
    };
    Err(Problem::of(Code::InvalidOption, message).hint(hint).into())
}

/// Writes a page again and again until all is done, whole each time.
fn write_again(mut show: impl FnMut() -> anyhow::Result<Shown>, sink: Sink<'_>) -> anyhow::Result<()> {
    loop {
        let shown = show()?;
        sink.write(&shown.text)?;
        if shown.over {
            return Ok(());
        }
        std::thread::sleep(PAUSE * AGAIN);
    }
}

/// All rollouts of a folder, the one with the newest event first. A plan that cannot be read is an error after all others.
fn folder(
    path: &Path,
    options: &StatusOptions,
    (sink, look): (Sink<'_>, Look),
    shared: &Shared,
    now: impl Fn() -> Option<SystemTime>,
) -> anyhow::Result<u8> {
    let mut problems = Vec::new();
    let mut show = || {
        let (arena, texts) = (Arena::new(), TextMap::new());
        let mut plans = Vec::new();
        problems.clear();
        for file in plans_in(path)? {
            let opened = rollout::open(&arena, &texts, &file, None, shared);
            match opened.and_then(|(frozen, place)| Ok((frozen, place.read()?, place))) {
                Ok((frozen, log, place)) => plans.push((frozen, log, place)),
                Err(error) => problems.extend(error.problems),
            }
        }
        let seen: Vec<(Seen<'_>, &Frozen<'_>)> =
            plans.iter().map(|(frozen, log, place)| (Seen::in_log(place, log), frozen)).collect();
        let mut reports: Vec<StatusReport<'_, '_>> =
            seen.iter().map(|(seen, frozen)| seen.report(frozen, now())).collect();
        reports.sort_by_key(|report| Reverse(report.last_time()));
        let mut text = Vec::new();
        match options.format {
            PictureFormat::Text => write_list_text(&reports, look, &mut text)?,
            PictureFormat::Json | PictureFormat::Html => write_list_json(&reports, &mut text)?,
        }
        Ok(Shown { text, over: options.watch && reports.iter().all(StatusReport::is_over) })
    };
    if options.watch {
        watch(&mut show)?;
    } else {
        sink.write(&show()?.text)?;
    }
    if problems.is_empty() {
        return Ok(exit::DONE);
    }
    messages::error(&Error { problems }.into(), sink.color);
    Ok(exit::BAD_INPUT)
}

/// The frozen plans of a folder.
fn plans_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let whole = |problem: Problem| Error::from(problem.at(Location::whole(folder.display().to_string())));
    let entries = std::fs::read_dir(folder)
        .and_then(|entries| entries.collect::<std::io::Result<Vec<_>>>())
        .map_err(|error| whole(Problem::of(Code::Unreadable, format!("the folder cannot be read: {error}"))))?;
    let is_plan = |path: &PathBuf| path.to_string_lossy().ends_with(ENDING) && path.is_file();
    let mut plans: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(is_plan).collect();
    plans.sort();
    if plans.is_empty() {
        let problem = Problem::of(Code::InvalidOption, format!("no file in this folder ends in {ENDING}"));
        return Err(whole(problem.hint("save a plan there: regal-inventory plan --save FOLDER/2.5.0.rollout.yml")));
    }
    Ok(plans)
}

/// Shows again and again until all is done: on a terminal in the same place, otherwise the lines that have changed.
fn watch(mut show: impl FnMut() -> anyhow::Result<Shown>) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    let is_terminal = stdout.is_terminal();
    let mut before: HashSet<String> = HashSet::new();
    if is_terminal {
        write!(stdout, "{HOME}{END_OF_SCREEN}")?;
    }
    loop {
        let shown = show()?;
        let text = String::from_utf8_lossy(&shown.text);
        if is_terminal {
            let rows = rustix::termios::tcgetwinsize(&stdout).map_or(0, |size| usize::from(size.ws_row));
            let lines: String =
                fitting(text.lines().collect(), rows).iter().map(|line| format!("{line}{END_OF_LINE}\n")).collect();
            write!(stdout, "{HOME}{lines}{END_OF_SCREEN}")?;
        } else {
            text.lines().filter(|line| !before.contains(*line)).try_for_each(|line| writeln!(stdout, "{line}"))?;
            before = text.lines().map(String::from).collect();
        }
        stdout.flush()?;
        if shown.over {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
}

/// The lines that a terminal of so many rows has room for: those about the whole, and around the batch that runs or is next.
fn fitting(lines: Vec<&str>, rows: usize) -> Vec<&str> {
    let Some(room) = rows.checked_sub(HEAD + 2).filter(|room| *room > 0 && lines.len() >= rows) else { return lines };
    let is_at = |word: &str| lines.iter().skip(HEAD).position(|line| strip_str(line).to_string().contains(word));
    let at = is_at("  running since ").or_else(|| is_at("  waiting")).unwrap_or_default();
    let from = (HEAD + at.saturating_sub(room / 2)).min(lines.len() - room);
    lines[..HEAD].iter().chain(&["  …"]).chain(&lines[from..from + room]).copied().collect()
}

impl<'r> Seen<'r> {
    fn of(place: &'r Place) -> Result<Self> {
        Ok(Self::in_log(place, &place.read()?))
    }

    fn in_log(place: &'r Place, log: &Log) -> Self {
        let state = fold(log);
        Seen {
            place,
            last: log.lines.last().map(|line| line.at.clone()),
            torn: log.torn,
            liveness: state.open_run().map_or(Liveness::Ended, |run| run.start.process.liveness()),
            locked: system::is_locked(&place.path),
            state,
        }
    }

    fn report<'s, 'a>(&'s self, frozen: &'s Frozen<'a>, now: Option<SystemTime>) -> StatusReport<'s, 'a> {
        StatusReport {
            frozen,
            record: &self.place.path,
            state: &self.state,
            last: self.last.as_deref(),
            torn: self.torn,
            liveness: self.liveness,
            locked: self.locked,
            now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_watched_fits_the_terminal() {
        let batches = |state: &str| format!("  group  1 host  {state}");
        let mut lines = vec!["plan".to_string(), "run".to_string()];
        lines.extend((0..50).map(|number| batches(if number < 30 { "done" } else { "waiting" })));
        lines[2 + 30] = batches("running since noon");
        let all = || lines.iter().map(String::as_str).collect::<Vec<_>>();
        for rows in [4, 5, 10, 24, 51, 52] {
            let shown = fitting(all(), rows);
            assert!(rows == 4 || (shown.len() == rows - 1 && shown[2] == "  …"), "{rows}: {shown:?}");
            assert!(shown.contains(&lines[32].as_str()), "{rows}");
        }
        assert_eq!(fitting(all(), 53), all());
        assert_eq!(fitting(all(), 0), all());
    }
}
