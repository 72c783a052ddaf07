//! Messages on stderr.

use std::io::{IsTerminal, Write};

use regal_inventory::error::{Error, Problem};

use super::arguments::Color;

/// Prints an error with all its problems.
pub fn error(error: &anyhow::Error, color: Color) {
    match error.downcast_ref::<Error>() {
        Some(error) => error.problems.iter().for_each(|problem| print("error", problem, color)),
        None => print("error", &Problem::new(format!("{error:#}")), color),
    }
}

/// Prints warnings.
pub fn warnings(warnings: &[Problem], color: Color) {
    warnings.iter().for_each(|problem| print("warning", problem, color));
}

fn print(kind: &str, problem: &Problem, color: Color) {
    let styled = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
    };
    let code = if kind == "error" { "1;31" } else { "1;33" };
    let head = if styled { format!("\u{1b}[{code}m{kind}:\u{1b}[0m") } else { format!("{kind}:") };
    // There is nothing to do about a terminal that cannot be written to.
    let _ = writeln!(std::io::stderr(), "{head} {problem}");
}
