//! What a step finds wrong: errors and warnings, collected so that an operator sees all of them at once.
//!
//! A reading that turns out not to count goes back to a [`Checkpoint`], and leaves nothing behind. From a number of errors
//! on the rest is only counted, and so with warnings: to find the place of each may take longer than the step itself.

use crate::error::{Code, Error, Problem, Result, Severity};

/// Errors and warnings, each in the order in which they were found.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    /// The most of each that are kept.
    most: usize,
    more_errors: usize,
    more_warnings: usize,
}

/// What there was at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    errors: usize,
    warnings: usize,
    more_errors: usize,
    more_warnings: usize,
}

impl Default for Diagnostics {
    fn default() -> Self {
        Diagnostics::at_most(usize::MAX)
    }
}

impl Diagnostics {
    /// Returns an empty collection without a cap.
    pub fn new() -> Self {
        Diagnostics::default()
    }

    /// Returns an empty collection that keeps `most` errors and as many warnings, and counts the rest.
    pub fn at_most(most: usize) -> Self {
        Diagnostics { errors: Vec::new(), warnings: Vec::new(), most, more_errors: 0, more_warnings: 0 }
    }

    /// Adds an error.
    pub fn error(&mut self, problem: Problem) {
        self.error_with(|| problem);
    }

    /// Adds an error, which is made only if it is kept.
    pub fn error_with(&mut self, problem: impl FnOnce() -> Problem) {
        if self.errors.len() < self.most {
            self.errors.push(Problem { severity: Severity::Error, ..problem() });
        } else {
            self.more_errors += 1;
        }
    }

    /// Adds an error unless there is an equal one: several versions may have the same.
    pub fn error_once(&mut self, problem: Problem) {
        if !self.errors.contains(&problem) {
            self.error(problem);
        }
    }

    /// Adds several errors.
    pub fn error_all(&mut self, problems: impl IntoIterator<Item = Problem>) {
        problems.into_iter().for_each(|problem| self.error(problem));
    }

    /// Adds a warning, beyond the cap too.
    pub fn warn(&mut self, problem: Problem) {
        self.warnings.push(problem.as_warning());
    }

    /// Adds a warning unless there is an equal one: several versions may have the same.
    pub fn warn_once(&mut self, problem: Problem) {
        let problem = problem.as_warning();
        if !self.warnings.contains(&problem) {
            self.warn(problem);
        }
    }

    /// Adds a warning, which is made only if it is kept.
    pub fn warn_with(&mut self, problem: impl FnOnce() -> Problem) {
        if self.warnings.len() < self.most {
            self.warnings.push(problem().as_warning());
        } else {
            self.more_warnings += 1;
        }
    }

    /// Adds several warnings, beyond the cap too.
    pub fn warn_all(&mut self, problems: impl IntoIterator<Item = Problem>) {
        problems.into_iter().for_each(|problem| self.warn(problem));
    }

    /// Makes errors of all warnings: they say why a step has no result.
    pub fn make_errors_of_warnings(&mut self) {
        let warnings = std::mem::take(&mut self.warnings);
        self.error_all(warnings);
    }

    /// Adds the errors of a step that failed; returns the value of one that did not.
    pub fn take<T>(&mut self, outcome: Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.error_all(error.problems);
                None
            }
        }
    }

    /// Whether there are errors, those that are only counted included.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty() || self.more_errors > 0
    }

    /// The number of errors, those that are only counted included.
    pub fn error_count(&self) -> usize {
        self.errors.len() + self.more_errors
    }

    /// Returns what there is, for [`Diagnostics::rollback`] and [`Diagnostics::failed_since`].
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            errors: self.errors.len(),
            warnings: self.warnings.len(),
            more_errors: self.more_errors,
            more_warnings: self.more_warnings,
        }
    }

    /// Whether there are errors since then.
    pub fn failed_since(&self, then: &Checkpoint) -> bool {
        (self.errors.len(), self.more_errors) != (then.errors, then.more_errors)
    }

    /// The first error since then, of those that are kept.
    pub fn first_since(&self, then: &Checkpoint) -> Option<&Problem> {
        self.errors.get(then.errors)
    }

    /// Forgets everything since then.
    pub fn rollback(&mut self, then: &Checkpoint) {
        self.errors.truncate(then.errors);
        self.more_errors = then.more_errors;
        self.rollback_warnings(then);
    }

    /// Forgets the warnings since then, and keeps the errors.
    pub fn rollback_warnings(&mut self, then: &Checkpoint) {
        self.warnings.truncate(then.warnings);
        self.more_warnings = then.more_warnings;
    }

    /// Runs a step with a collection of its own; returns its value and its warnings.
    ///
    /// # Errors
    /// All errors of the step, those that it returned last.
    pub fn gather<T>(step: impl FnOnce(&mut Diagnostics) -> Result<T>) -> Result<(T, Vec<Problem>)> {
        let mut found = Diagnostics::new();
        match step(&mut found) {
            Ok(value) => Ok((value, found.finish()?)),
            Err(error) => {
                found.error_all(error.problems);
                Err(found.into_error())
            }
        }
    }

    /// Returns the warnings if nothing is wrong.
    ///
    /// # Errors
    /// All errors, if there are any.
    pub fn finish(mut self) -> Result<Vec<Problem>> {
        self = self.sound()?;
        if self.more_warnings > 0 {
            self.warnings.push(not_shown(self.more_warnings, "warning").as_warning());
        }
        Ok(self.warnings)
    }

    /// Returns all that there is, for a step that goes on only if nothing is wrong yet.
    ///
    /// # Errors
    /// All errors, if there are any.
    pub fn sound(self) -> Result<Self> {
        if self.has_errors() { Err(self.into_error()) } else { Ok(self) }
    }

    /// Returns the errors, of which there must be some.
    fn into_error(mut self) -> Error {
        if self.more_errors > 0 {
            self.errors.push(not_shown(self.more_errors, "problem"));
        }
        Error { problems: self.errors }
    }
}

fn not_shown(count: usize, what: &str) -> Problem {
    let are = if count == 1 { " is" } else { "s are" };
    Problem::of(Code::NotShown, format!("{count} more {what}{are} not shown"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn problem(message: &str) -> Problem {
        Problem::of(Code::Internal, message)
    }

    fn messages(problems: &[Problem]) -> Vec<&str> {
        problems.iter().map(|problem| problem.message.as_str()).collect()
    }

    #[test]
    fn a_rollback_leaves_nothing_behind_beyond_the_cap_too() {
        let mut found = Diagnostics::at_most(2);
        found.error(problem("a"));
        found.warn_with(|| problem("w"));
        let before = found.checkpoint();
        for name in ["b", "c", "d"] {
            found.error(problem(name));
            found.warn_with(|| problem(name));
        }
        assert!(found.failed_since(&before));
        assert_eq!(found.error_count(), 4);
        found.rollback(&before);
        assert!(!found.failed_since(&before));
        assert_eq!(messages(&found.clone().finish().unwrap_err().problems), ["a"]);
        found.error(problem("e"));
        let full = found.checkpoint();
        found.error_with(|| unreachable!("what is only counted is not made"));
        assert!(found.failed_since(&full));
        let error = found.finish().unwrap_err();
        assert_eq!(messages(&error.problems), ["a", "e", "1 more problem is not shown"]);
    }

    #[test]
    fn a_warning_is_one_wherever_it_comes_from() {
        let mut found = Diagnostics::at_most(1);
        found.warn(problem("a"));
        found.warn_with(|| problem("b"));
        found.warn_all([problem("c")]);
        let warnings = found.finish().unwrap();
        assert_eq!(messages(&warnings), ["a", "c", "1 more warning is not shown"]);
        assert!(warnings.iter().all(|problem| problem.severity == Severity::Warning));
    }
}
