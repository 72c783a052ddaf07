//! What a run says, on stderr; stdout belongs to its commands.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use regal_inventory::record::Event;
use regal_inventory::shown::printable;
use serde::Serialize;

use super::super::arguments::RunFormat;
use super::super::messages;
use super::super::progress::{self, Line};

/// How a run says what happens.
pub struct Voice {
    format: RunFormat,
    /// Whether somebody reads stderr, so that a countdown can be shown.
    counts_down: bool,
    countdown: RefCell<Option<Line>>,
    /// Whether somebody can be asked.
    pub may_ask: bool,
}

/// What is not an event of the record, as a line for programs.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Note<'n> {
    Note { message: &'n str },
}

impl Voice {
    pub fn new(format: RunFormat) -> Self {
        let reads = std::io::stderr().is_terminal();
        let text = format == RunFormat::Text;
        Voice {
            format,
            counts_down: text && progress::is_seen(),
            countdown: RefCell::default(),
            may_ask: text && reads && std::io::stdin().is_terminal(),
        }
    }

    /// Says something for people.
    pub fn say(&self, text: &str) {
        self.clear();
        match self.format {
            RunFormat::Text => messages::lines(&format!("run: {text}")),
            RunFormat::Jsonl => line(&Note::Note { message: text }),
        }
    }

    /// Says what was recorded, for programs.
    pub fn event(&self, event: &Event) {
        if self.format == RunFormat::Jsonl {
            line(event);
        }
    }

    /// Asks something; the answer follows on the same line.
    pub fn ask(&self, question: &str) {
        if self.may_ask {
            let _ = write!(std::io::stderr(), "run: {} ", printable(question));
        }
    }

    /// Shows how much of a wait is over, in the place of what was shown before.
    pub fn count_down(&self, what: &str, left: Duration, whole: Duration) {
        if self.counts_down {
            let (left, whole) = (left.as_secs(), whole.as_secs());
            let mut countdown = self.countdown.borrow_mut();
            let line = countdown.get_or_insert_with(|| Line::new("{bar:20}  {wide_msg}", Some(whole)));
            let text = format!("run: {what}: {} left", humantime::format_duration(Duration::from_secs(left)));
            line.show(&text, whole.saturating_sub(left));
        }
    }

    /// Takes away what a countdown showed.
    pub fn clear(&self) {
        drop(self.countdown.take());
    }
}

/// There is nothing to do about a stderr that cannot be written to.
fn line(document: &impl Serialize) {
    if let Ok(mut text) = serde_json::to_string(document) {
        text.push('\n');
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}
