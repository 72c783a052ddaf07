//! Plain questions: the question and its default on stderr, the answer from stdin.

use std::io::{BufRead, IsTerminal, Write};

use regal_inventory::error::{Code, Problem};

/// Who is asked.
pub struct Asked<'s> {
    /// What answers; nothing where nobody is asked and the defaults hold.
    streams: Option<(&'s mut dyn BufRead, &'s mut dyn Write)>,
}

impl<'s> Asked<'s> {
    /// Nobody: the defaults hold.
    pub fn nobody() -> Self {
        Asked { streams: None }
    }

    /// Whoever reads the one stream and writes the other.
    pub fn of(input: &'s mut dyn BufRead, output: &'s mut dyn Write) -> Self {
        Asked { streams: Some((input, output)) }
    }

    /// Whether anybody answers.
    pub fn answers(&self) -> bool {
        self.streams.is_some()
    }

    /// Returns the answer to a question, the default for an empty one.
    ///
    /// # Errors
    /// The input ends, or a stream fails: nobody has agreed to anything then.
    pub fn ask(&mut self, question: &str, default: &str) -> anyhow::Result<String> {
        let Some((input, output)) = &mut self.streams else { return Ok(default.to_string()) };
        write!(output, "{question} [{default}]: ")?;
        output.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(output)?;
            let problem = Problem::of(Code::InvalidOption, "the input ended before all questions were answered");
            return Err(regal_inventory::error::Error::from(problem.hint("nothing was written; run init again")).into());
        }
        let answer = line.trim();
        Ok(if answer.is_empty() { default } else { answer }.to_string())
    }

    /// Whether the answer to a question is yes, which is the default.
    ///
    /// # Errors
    /// Those of [`Asked::ask`].
    pub fn agrees(&mut self, question: &str) -> anyhow::Result<bool> {
        loop {
            match self.ask(question, "yes")?.to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => {}
            }
        }
    }
}

/// Whether there is somebody to ask.
pub fn has_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with<T>(input: &str, ask: impl FnOnce(&mut Asked<'_>) -> T) -> (T, String) {
        let (mut input, mut output) = (input.as_bytes(), Vec::new());
        let answer = ask(&mut Asked::of(&mut input, &mut output));
        (answer, String::from_utf8(output).unwrap())
    }

    #[test]
    fn an_empty_answer_is_the_default_and_the_end_is_none() {
        let (answer, asked) = with("\n", |asked| asked.ask("which label?", "zone").unwrap());
        assert_eq!((answer.as_str(), asked.as_str()), ("zone", "which label? [zone]: "));
        assert_eq!(with(" rack \n", |asked| asked.ask("which?", "zone").unwrap()).0, "rack");
        assert!(with("", |asked| asked.ask("which?", "zone").is_err()).0);
        assert_eq!(Asked::nobody().ask("which?", "zone").unwrap(), "zone");
    }

    #[test]
    fn only_yes_and_no_are_answers() {
        assert!(with("what\nY\n", |asked| asked.agrees("write?").unwrap()).0);
        assert!(!with("no\n", |asked| asked.agrees("write?").unwrap()).0);
        assert!(with("what\n", |asked| asked.agrees("write?").is_err()).0);
    }
}
