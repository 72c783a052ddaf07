//! Errors that say where, what and what to do.
//!
//! A [`Problem`] is one finding: a place, a message that reads well after `error: `, the line it is about, a hint.
//! An [`Error`] carries every problem of a step, so that an operator mends a file once and not finding by finding.

mod code;

use std::fmt;
use std::sync::Arc;

pub use code::Code;

use crate::shown::{cut, is_unseen, printable};

/// The most characters that are shown of a message, a hint, and a path, however long the names in them are.
const LONGEST: usize = 2000;
const LONGEST_PATH: usize = 500;

/// The result of a step that reports all its problems at once.
pub type Result<T> = std::result::Result<T, Error>;

/// A place in a source: a path as the user would write it, with line and column counted from 1.
///
/// Columns count characters, not bytes. Line 0 means the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The file, or a description such as `REGAL_CANARY` or `script.py --list`.
    pub path: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// The column in characters, from 1; 0 for the line as a whole.
    pub column: usize,
    /// The text of the line, when it helps to show it.
    pub excerpt: Option<String>,
    /// Where the text there was decrypted, so that no message may show a word of it: how to look at it.
    pub concealed: Option<&'static str>,
}

impl Location {
    /// A file, variable or command as a whole.
    pub fn whole(path: impl Into<String>) -> Self {
        Location { path: path.into(), line: 0, column: 0, excerpt: None, concealed: None }
    }
}

/// A place that many share.
impl From<Arc<Location>> for Location {
    fn from(shared: Arc<Location>) -> Self {
        Arc::unwrap_or_clone(shared)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&cut(&self.path, LONGEST_PATH)))?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        Ok(())
    }
}

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// It keeps the step from its result.
    Error,
    /// The step goes on, and an operator should know.
    Warning,
}

impl Severity {
    /// Returns the word that stands before a message: `error`, `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One finding, an error or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether it is an error.
    pub severity: Severity,
    /// What kind it is, for programs.
    pub code: Code,
    /// Where, if it has a place.
    pub location: Option<Box<Location>>,
    /// What, as a lowercase fragment that fits after `error: `.
    pub message: String,
    /// What to do, on a line of its own.
    pub hint: Option<String>,
}

impl Problem {
    /// An error of a kind, without a place.
    pub fn of(code: Code, message: impl Into<String>) -> Self {
        Problem { severity: Severity::Error, code, location: None, message: message.into(), hint: None }
    }

    /// The same problem, as a warning.
    pub fn as_warning(self) -> Self {
        Problem { severity: Severity::Warning, ..self }
    }

    /// The same problem, at a place. At a concealed one nothing is left of what the message quotes.
    pub fn at(mut self, location: impl Into<Location>) -> Self {
        let location = location.into();
        if let Some(way) = location.concealed {
            self.message = without_quotes(&self.message);
            self.hint = Some(way.to_string());
        }
        self.location = Some(Box::new(location));
        self
    }

    /// Returns the message as people see it: cut, and with what steers a terminal as escapes.
    pub fn shown_message(&self) -> String {
        Seen(&self.message).to_string()
    }

    /// Returns the hint as people see it.
    pub fn shown_hint(&self) -> Option<String> {
        self.hint.as_ref().map(|hint| Seen(hint).to_string())
    }

    /// The same problem without what its message quotes, which may be a part of a password.
    pub(crate) fn unquoted(mut self) -> Self {
        self.message = without_quotes(&self.message);
        self
    }

    /// The same problem, with a way out; a concealed place keeps its own.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if self.location.as_ref().is_none_or(|location| location.concealed.is_none()) {
            self.hint = Some(hint.into());
        }
        self
    }
}

/// An operating system's message without its error number.
pub fn io_message(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

/// A message without what it quotes: from the first mark to the last, since what is quoted may have some, too.
fn without_quotes(message: &str) -> String {
    let is_quote = |c: char| matches!(c, '`' | '"' | '[' | ']');
    match (message.find(is_quote), message.rfind(is_quote)) {
        (Some(first), Some(last)) => format!("{}`…`{}", &message[..first], &message[last + 1..]),
        _ => message.to_string(),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        Seen(&self.message).fmt(f)?;
        if let Some(Location { line, column, excerpt: Some(text), .. }) = self.location.as_deref() {
            write_excerpt(f, *line, *column, text)?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {}", Seen(hint))?;
        }
        Ok(())
    }
}

/// A text of ours with names from a source in it, which must neither steer the terminal nor fill it. Only what a program
/// wrote to stderr has lines of its own.
struct Seen<'t>(&'t str);

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = cut(self.0, LONGEST);
        let (own, lines) = match text.split_once(STDERR) {
            Some((own, lines)) => (own, Some(lines)),
            None => (&*text, None),
        };
        f.write_str(&printable(own))?;
        if let Some(lines) = lines {
            f.write_str(STDERR.trim_end_matches('\n'))?;
            for line in lines.split('\n') {
                write!(f, "\n{}", printable(line))?;
            }
        }
        Ok(())
    }
}

/// Stands in a message before the lines that a program wrote to stderr.
const STDERR: &str = "; it wrote to stderr:\n";

/// The longest part of a line that is shown, in characters.
const EXCERPT_WIDTH: usize = 100;

/// The line with a caret under the column; a long line is cut around the column.
fn write_excerpt(f: &mut fmt::Formatter<'_>, line: usize, column: usize, text: &str) -> fmt::Result {
    let skip = if column > EXCERPT_WIDTH { column - EXCERPT_WIDTH / 2 } else { 0 };
    let shown: String =
        text.chars().skip(skip).take(EXCERPT_WIDTH).map(|c| if is_unseen(c) { ' ' } else { c }).collect();
    let number = line.to_string();
    write!(f, "\n  {number} | {}", shown.trim_end())?;
    if column > 0 {
        write!(f, "\n  {} | {}^", " ".repeat(number.len()), " ".repeat(column - 1 - skip.min(column - 1)))?;
    }
    Ok(())
}

impl std::error::Error for Problem {}

/// Everything that kept a step from its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The problems, in the order they were found; never empty.
    pub problems: Vec<Problem>,
}

impl Error {
    /// Succeeds with `value` unless there are problems.
    ///
    /// # Errors
    /// All of `problems`, when there are any.
    pub fn unless_any<T>(problems: Vec<Problem>, value: T) -> Result<T> {
        if problems.is_empty() { Ok(value) } else { Err(Error { problems }) }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error { problems: vec![problem] }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "error: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
