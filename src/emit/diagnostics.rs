//! What is wrong, as documents for programs have it: severity, code, message, hint and place.

use std::fmt;
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

/// What of Ansible's settings counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnsibleSettings<'r> {
    /// The `ansible.cfg`, if there is one.
    pub file: Option<String>,
    /// Its keys and the variables that say how inventories are read: `[defaults] inventory`, `ANSIBLE_PRECEDENCE`.
    pub settings: Vec<&'r str>,
}

impl fmt::Display for AnsibleSettings<'_> {
    /// Writes them as a sentence, as `check` shows them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (keys, variables): (Vec<&str>, Vec<&str>) = self.settings.iter().partition(|name| name.starts_with('['));
        match &self.file {
            Some(file) if keys.is_empty() => write!(f, "{file} says nothing about reading inventories")?,
            Some(file) => write!(f, "read by {file}: {}", keys.join(", "))?,
            None => f.write_str("read without an ansible.cfg")?,
        }
        if variables.is_empty() { Ok(()) } else { write!(f, "; and by {}", variables.join(", ")) }
    }
}

/// What `check` found.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'r> {
    /// What was read; nothing where there are errors.
    pub read: Option<Counts>,
    /// What of Ansible's settings counts; nothing where there are errors, or no such setting.
    pub ansible: Option<&'r AnsibleSettings<'r>>,
    /// All errors, or else all warnings.
    pub problems: &'r [Problem],
}

#[derive(Serialize)]
struct Document<'r> {
    schema: u32,
    read: Option<Counts>,
    ansible: Option<&'r AnsibleSettings<'r>>,
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
            ansible: self.ansible,
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            diagnostics: self.problems.iter().map(Diagnostic::new).collect(),
        };
        json::write_pretty(&document, out)
    }
}
