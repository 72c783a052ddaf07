//! What is wrong, as documents for programs have it: severity, code, message, hint and place.

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use crate::error::{Location, Problem, Severity};

/// The version of the document's shape.
const SCHEMA: u32 = 1;

/// A problem in a document.
#[derive(Serialize)]
pub(super) struct Diagnostic<'r> {
    severity: &'static str,
    /// A word of [`crate::error::Code`].
    code: &'static str,
    /// The message in the words that stderr has.
    message: String,
    hint: Option<String>,
    place: Option<Place<'r>>,
}

/// Where a problem is.
#[derive(Serialize)]
pub(super) struct Place<'r> {
    /// A path, or what stands for one: a variable, an option, a call.
    path: &'r str,
    /// From 1; null for the whole of it.
    line: Option<usize>,
    /// From 1, in characters; null for the whole line.
    column: Option<usize>,
}

impl<'r> Diagnostic<'r> {
    pub fn new(problem: &'r Problem) -> Self {
        Diagnostic {
            severity: problem.severity.as_str(),
            code: problem.code.as_str(),
            message: problem.shown_message(),
            hint: problem.shown_hint(),
            place: problem.location.as_deref().map(Place::new),
        }
    }
}

impl<'r> Place<'r> {
    pub fn new(location: &'r Location) -> Self {
        let from_one = |number: usize| Some(number).filter(|number| *number > 0);
        Place { path: &location.path, line: from_one(location.line), column: from_one(location.column) }
    }
}

/// How much was read where nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The hosts of the inventory.
    pub hosts: usize,
    /// Its groups.
    pub groups: usize,
    /// The versions of the plan.
    pub versions: usize,
    /// Their batches.
    pub batches: usize,
}

/// What `check` found.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'r> {
    /// What was read; nothing where there are errors.
    pub read: Option<Counts>,
    /// All errors, or else all warnings.
    pub problems: &'r [Problem],
}

#[derive(Serialize)]
struct Document<'r> {
    schema: u32,
    read: Option<Counts>,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Diagnostic<'r>>,
}

impl Checked<'_> {
    /// Writes it as JSON.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let of = |severity: Severity| self.problems.iter().filter(|problem| problem.severity == severity).count();
        let document = Document {
            schema: SCHEMA,
            read: self.read,
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            diagnostics: self.problems.iter().map(Diagnostic::new).collect(),
        };
        json::write_pretty(&document, out)
    }
}
