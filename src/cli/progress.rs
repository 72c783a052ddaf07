//! How far something is that takes long: one line on stderr, on a terminal, which is taken away again.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use regal_inventory::session::{Progress, Watcher};
use regal_inventory::shown::printable;
use rustix::termios::{LocalModes, tcgetattr};

use super::arguments::{Arguments, Command};

/// What takes no longer is not shown: it would only flicker.
const PATIENCE: Duration = Duration::from_millis(400);
/// How long a line stays as it is.
const PACE: Duration = Duration::from_millis(100);
/// How often a line may be written; each is written twice, once for the bar and once for the text.
const PER_SECOND: u8 = 50;
/// Done and not done, as in the bars of a plan.
const PARTS: &str = "█░";

/// Whether somebody sees stderr, on a terminal that can take a line back.
pub fn is_seen() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|kind| !kind.is_empty() && kind != "dumb")
}

/// Who is told how far reading is: nobody where a program asks, as Ansible does with `--list` and `--host`.
pub fn of(arguments: &Arguments) -> Progress {
    let is_for_people = match &arguments.command {
        Some(command) => !matches!(command, Command::Complete { .. } | Command::HeldBy { .. }),
        None => arguments.graph,
    };
    if is_for_people && is_seen() { Progress::to(Reading::default()) } else { Progress::default() }
}

/// A line that is written over and over.
pub struct Line(ProgressBar);

impl Line {
    /// A line of this template, with so much to do where that is known.
    pub fn new(template: &str, whole: Option<u64>) -> Self {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::with_draw_target(whole, ProgressDrawTarget::stderr_with_hz(PER_SECOND));
        bar.set_style(style.progress_chars(PARTS));
        Line(bar)
    }

    fn has_end(&self) -> bool {
        self.0.length().is_some()
    }

    /// Shows a text, and so much as done.
    pub fn show(&self, text: &str, done: u64) {
        self.0.set_position(done);
        self.0.set_message(printable(text).into_owned());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Shows how far reading is.
#[derive(Default)]
struct Reading(Mutex<Now>);

#[derive(Default)]
struct Now {
    /// When reading began.
    begun: Option<Instant>,
    /// What is waited for or read, and since when.
    what: Option<(String, Instant)>,
    line: Option<Line>,
    /// When the line was written last.
    written: Option<Instant>,
    /// Whether somebody was asked for a password: what stands on the terminal then is not ours to write over.
    is_asked: bool,
}

impl Reading {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the line, if it is time; `text` says what is shown, given how long that takes already.
    fn show(&self, what: &str, text: impl FnOnce(Duration) -> String, share: Option<(usize, usize)>) {
        let mut now = self.now();
        let at = Instant::now();
        if now.what.as_ref().is_none_or(|(known, _)| known != what) {
            if share.is_some() || now.line.as_ref().is_some_and(Line::has_end) {
                now.line = None;
            }
            now.what = Some((what.to_string(), at));
        }
        let is_soon = at - *now.begun.get_or_insert(at) < PATIENCE;
        if is_soon || now.is_asked || now.written.is_some_and(|written| at - written < PACE) {
            return;
        }
        if tcgetattr(std::io::stderr()).is_ok_and(|modes| !modes.local_modes.contains(LocalModes::ECHO)) {
            now.is_asked = true;
            return;
        }
        let since = now.what.as_ref().map_or(Duration::ZERO, |(_, since)| at - *since);
        let template = if share.is_some() { "{bar:20}  {wide_msg}" } else { "{spinner}  {wide_msg}" };
        let line = now.line.get_or_insert_with(|| Line::new(template, share.map(|(_, whole)| whole as u64)));
        line.show(&text(since), share.map_or(0, |(done, _)| done as u64));
        now.written = Some(at);
    }
}

impl Watcher for Reading {
    fn waits(&self, program: &str) {
        self.show(program, |since| format!("waiting for {program}: {}s", since.as_secs()), None);
    }

    fn reads(&self, folder: &Path, done: usize, of: usize) {
        let folder = folder.display().to_string();
        self.show(&folder, |_| format!("reading {folder}: {done} of {of}"), Some((done, of)));
    }

    fn rests(&self) {
        *self.now() = Now::default();
    }
}
