//! Whether programs may be run.
//!
//! No key of a configuration says it: who may write that file may write what it names. It is said outside of it, by
//! `--no-exec` or [`VARIABLE`], and neither a configuration nor a frozen plan takes it back.

use std::ffi::OsStr;
use std::fmt;

use super::Surroundings;
use crate::error::{Code, Location, Problem, Result};

/// The variable that refuses programs.
pub const VARIABLE: &str = "REGAL_NO_EXEC";
/// The option that does.
pub const OPTION: &str = "--no-exec";

const YES: [&str; 4] = ["1", "true", "yes", "on"];
const NO: [&str; 4] = ["0", "false", "no", "off"];

/// Whether programs may be run: scripts that are sources, `ansible-inventory`, vault password programs, the commands of `run`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Execution {
    /// Those that are named.
    #[default]
    Allowed,
    /// None.
    Refused {
        /// What refuses them: `--no-exec`.
        by: &'static str,
    },
}

/// That programs may be run. Only [`Execution::permit`] gives one, and no process is made without.
#[derive(Clone, Copy, Debug)]
pub struct Permit(());

impl Execution {
    /// What an option and the environment say; either of them refuses.
    ///
    /// # Errors
    /// The variable has a value that is neither a yes nor a no.
    pub fn of(by_option: bool, surroundings: &Surroundings) -> Result<Self> {
        if by_option {
            return Ok(Execution::Refused { by: OPTION });
        }
        let set = surroundings.variable(VARIABLE).map(OsStr::to_string_lossy).unwrap_or_default();
        match set.trim().to_ascii_lowercase().as_str() {
            "" => Ok(Execution::Allowed),
            no if NO.contains(&no) => Ok(Execution::Allowed),
            yes if YES.contains(&yes) => Ok(Execution::Refused { by: VARIABLE }),
            other => {
                let message = format!("`{other}` is neither yes nor no, so whether programs may be run is not known");
                let problem = Problem::of(Code::InvalidValue, message).at(Location::whole(VARIABLE));
                Err(problem.hint("allowed: `yes` refuses to run programs, `no` or an unset variable does not").into())
            }
        }
    }

    /// Returns a permit, or why there is none; `what` goes on after the place: `the inventory script`.
    ///
    /// # Errors
    /// No program may be run.
    pub fn permit(self, what: impl fmt::Display, hint: &str) -> std::result::Result<Permit, Problem> {
        match self {
            Execution::Allowed => Ok(Permit(())),
            Execution::Refused { by } => {
                let undone = if by == VARIABLE { format!("unset {by}") } else { format!("leave {by} out") };
                let problem = Problem::of(Code::ExecutionRefused, format!("{what} is not run: {by} refuses programs"));
                Err(problem.hint(format!("{hint}; or {undone} if you trust what would be run")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(text: &str) -> Result<Execution> {
        let variables = std::iter::once((VARIABLE.into(), text.into())).collect();
        Execution::of(false, &Surroundings { variables, ..Surroundings::default() })
    }

    #[test]
    fn the_variable_is_a_yes_or_a_no_and_nothing_else_is_guessed() {
        for yes in ["1", "yes", "True", " on "] {
            assert_eq!(of(yes).unwrap(), Execution::Refused { by: VARIABLE });
        }
        for no in ["", "0", "no", "FALSE", "off"] {
            assert_eq!(of(no).unwrap(), Execution::Allowed);
        }
        let error = of("nope").unwrap_err();
        assert_eq!(error.problems[0].code, Code::InvalidValue);
    }

    #[test]
    fn the_option_cannot_be_taken_back() {
        let variables = std::iter::once((VARIABLE.into(), "no".into())).collect();
        let surroundings = Surroundings { variables, ..Surroundings::default() };
        assert_eq!(Execution::of(true, &surroundings).unwrap(), Execution::Refused { by: OPTION });
    }
}
