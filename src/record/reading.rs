//! Reads a record.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};
use serde::Deserialize;

use super::event::{Event, Line, SCHEMA};
use crate::error::{Code, Location, Problem, Result, io_message};

/// What a record has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// The lines, in their order.
    pub lines: Vec<Line>,
    /// Whether a part of one more stands at the end, which is no event: its write was cut off.
    pub torn: bool,
}

/// What each line has, whatever its event.
#[derive(Deserialize)]
struct Head<'l> {
    schema: u32,
    at: String,
    plan: String,
    run: Option<String>,
    #[serde(borrow)]
    event: Cow<'l, str>,
}

/// Reads all lines of a record; one that does not exist has none. Needs no lock.
///
/// # Errors
/// It cannot be read; it is a symbolic link or no file; a line is no event or was written by a later version of this program; it has
/// lines of several plans.
pub fn read(path: &Path) -> Result<Log> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(Log::default()),
        Err(error) => return Err(cannot_open(path, error.into(), "read").into()),
    };
    check_is_file(path, &file)?;
    let mut bytes = Vec::new();
    (&file).read_to_end(&mut bytes).map_err(|error| cannot_open(path, error, "read"))?;
    Log::of(path, &bytes)
}

impl Log {
    /// Reads the bytes of a record; `path` is what messages call it.
    ///
    /// # Errors
    /// A line is no event or was written by a later version of this program; there are lines of several plans.
    pub fn of(path: &Path, bytes: &[u8]) -> Result<Self> {
        let (lines, end) = parse(path, bytes, 0)?;
        if let Some(first) = lines.first() {
            check_plan(path, &first.plan, &lines)?;
        }
        Ok(Log { lines, torn: end < bytes.len() })
    }
}

/// Refuses what is no regular file, and a file that everybody may write what they like into.
pub(super) fn check_is_file(path: &Path, file: &File) -> std::result::Result<(), Problem> {
    let whole = Location::whole(path.display().to_string());
    let metadata = file.metadata().map_err(|error| cannot_open(path, error, "read"))?;
    if !metadata.is_file() {
        let problem = Problem::of(Code::InvalidRecord, "a record must be a file");
        return Err(problem.at(whole).hint("name another one with --record FILE"));
    }
    if metadata.permissions().mode() & 0o002 != 0 {
        let problem = Problem::of(Code::InvalidRecord, "the record is not used: everybody may write it");
        return Err(problem.at(whole).hint("look at it, then take that right away: chmod o-w FILE"));
    }
    Ok(())
}

/// Why a record cannot be opened; `what` is what was to be done with it.
pub(super) fn cannot_open(path: &Path, error: io::Error, what: &str) -> Problem {
    let whole = Location::whole(path.display().to_string());
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        let problem = Problem::of(Code::InvalidRecord, "the record is a symbolic link, and none is followed here");
        return problem.at(whole).hint("name the file itself with --record FILE");
    }
    let code = if what == "read" { Code::Unreadable } else { Code::Unwritable };
    let problem = Problem::of(code, format!("the record cannot be {what}: {}", io_message(&error))).at(whole);
    if what == "read" { problem } else { problem.hint(WRITABLE) }
}

/// What to do where a record cannot be written.
pub(super) const WRITABLE: &str = "nothing that was recorded is lost; the record must stand in a folder that can be written to and \
                                   stays (a mounted one in a container): --record FILE names another place";

/// Reads whole lines; `before` is the number of those that stand before the bytes. Returns them and the length of their text: what is
/// behind it is torn.
///
/// # Errors
/// A line is no event, or was written by a later version of this program.
pub(super) fn parse(path: &Path, bytes: &[u8], before: usize) -> std::result::Result<(Vec<Line>, usize), Problem> {
    let mut lines = Vec::new();
    let mut from = 0;
    while let Some(length) = memchr::memchr(b'\n', &bytes[from..]) {
        let (text, behind) = (&bytes[from..from + length], from + length + 1);
        match line(text) {
            Ok(line) => lines.push(line),
            // a power failure may leave zeros of a line whose end was written
            Err(_) if behind == bytes.len() && text.contains(&0) => return Ok((lines, from)),
            Err(problem) => return Err(at(path, before + lines.len() + 1, text, problem)),
        }
        from = behind;
    }
    Ok((lines, from))
}

fn at(path: &Path, line: usize, text: &[u8], problem: Problem) -> Problem {
    let excerpt = Some(String::from_utf8_lossy(text).into_owned());
    problem.at(Location { line, excerpt, ..Location::whole(path.display().to_string()) })
}

fn line(text: &[u8]) -> std::result::Result<Line, Problem> {
    let invalid = |why: String| {
        Problem::of(Code::InvalidRecord, format!("this is not a line of a record: {why}"))
            .hint("take the record out of a backup; if a line was edited, put it back as it was")
    };
    let text = std::str::from_utf8(text).map_err(|_| invalid("it is not valid UTF-8".to_string()))?;
    let head: Head<'_> = serde_json::from_str(text).map_err(|error| invalid(words(&error)))?;
    if head.schema != SCHEMA {
        let message = format!("the record has lines of the form {}, and this program reads form {SCHEMA}", head.schema);
        return Err(Problem::of(Code::InvalidRecord, message).hint("use the version of regal-inventory that wrote it"));
    }
    let event = event(&head.event, text).map_err(|error| invalid(words(&error)))?;
    Ok(Line { schema: head.schema, at: head.at, plan: head.plan, run: head.run, event })
}

/// The event of a line. Its fields stand beside those of the line, so that they are read out of the same text.
fn event(word: &str, text: &str) -> serde_json::Result<Event> {
    use serde_json::from_str as fields;
    Ok(match word {
        "start" => Event::Start(fields(text)?),
        "take_over" => Event::TakeOver(fields(text)?),
        "begin" => Event::Begin(fields(text)?),
        "hosts_done" => Event::HostsDone(fields(text)?),
        "lost" => Event::Lost(fields(text)?),
        "done" => Event::Done(fields(text)?),
        "bake" => Event::Bake(fields(text)?),
        "measure" => Event::Measure(fields(text)?),
        "gate" => Event::Gate(fields(text)?),
        "approve" => Event::Approve(fields(text)?),
        "ignore_windows" => Event::IgnoreWindows(fields(text)?),
        "unsent" => Event::Unsent(fields(text)?),
        "stop" => Event::Stop(fields(text)?),
        "end" => Event::End(fields(text)?),
        other => Event::Unknown(other.to_string()),
    })
}

/// A message of serde's without the place, which is that of the line.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text[..text.rfind(" at line ").unwrap_or(text.len())].to_string()
}

/// Refuses lines of another plan.
pub(super) fn check_plan(path: &Path, plan_id: &str, lines: &[Line]) -> std::result::Result<(), Problem> {
    let Some(line) = lines.iter().find(|line| line.plan != plan_id) else { return Ok(()) };
    let message = format!("this is the record of plan {}, and not of plan {plan_id}", line.plan);
    let problem = Problem::of(Code::InvalidRecord, message).at(Location::whole(path.display().to_string()));
    Err(problem
        .hint("another plan has a record of its own: give the plan another name, or name a record with --record FILE"))
}
