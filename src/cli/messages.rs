//! Messages on stderr.

use std::borrow::Cow;
use std::io::Write;

use regal_inventory::error::{Code, Error, Problem, Severity};
use regal_inventory::shown::printable;

use super::arguments::Color;
use super::exit;

/// Returns the problems of an error; one that is none of the library's is the system's.
pub fn problems(error: &anyhow::Error) -> Cow<'_, [Problem]> {
    match error.downcast_ref::<Error>() {
        Some(error) => Cow::Borrowed(&error.problems),
        None => Cow::Owned(vec![Problem::of(Code::System, format!("{error:#}"))]),
    }
}

/// Returns the exit code of an error: that of drift or of another run where there is nothing else, otherwise that of bad input.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    let problems = problems(error);
    let are_all = |code| !problems.is_empty() && problems.iter().all(|problem| problem.code == code);
    match () {
        () if are_all(Code::Drift) => exit::DRIFT,
        () if are_all(Code::RecordBusy) => exit::BUSY,
        () => exit::BAD_INPUT,
    }
}

/// Prints an error with all its problems.
pub fn error(error: &anyhow::Error, color: Color) {
    problems(error).iter().for_each(|problem| print(Severity::Error, problem, color));
}

/// Prints warnings.
pub fn warnings(warnings: &[Problem], color: Color) {
    warnings.iter().for_each(|problem| print(Severity::Warning, problem, color));
}

/// Prints a text whose lines have what steers a terminal, as escapes.
pub fn lines(text: &str) {
    let lines: String = text.lines().map(|line| format!("{}\n", printable(line))).collect();
    // There is nothing to do about a terminal that cannot be written to.
    let _ = std::io::stderr().write_all(lines.as_bytes());
}

fn print(severity: Severity, problem: &Problem, color: Color) {
    let styled = color.is_on(&std::io::stderr());
    let (kind, code) = match severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
    };
    let head = if styled { format!("\u{1b}[{code}m{kind}:\u{1b}[0m") } else { format!("{kind}:") };
    // There is nothing to do about a terminal that cannot be written to.
    let _ = writeln!(std::io::stderr(), "{head} {problem}");
}
