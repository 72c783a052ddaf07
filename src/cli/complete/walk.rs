//! Which option, argument or command the word at the cursor is, by the description of the command line.

use clap::{Arg, ArgAction, Command};

use super::line::Word;

/// What may stand at the cursor.
pub enum Spot<'c> {
    /// The value of an option or of an argument without one; the text before it, such as `--limit=`, stays.
    Value { command: &'c Command, arg: &'c Arg, before: String, text: String },
    /// An option, since the word begins with `-`.
    Option(&'c Command),
    /// A command, or an option where there is none.
    Command(&'c Command),
    /// A file, after `<` or `>`.
    File,
    /// Nothing that is known.
    Nothing,
}

/// The state after some words.
struct State<'c> {
    command: &'c Command,
    /// How many arguments without an option there were.
    given: usize,
    /// The option whose value comes next.
    pending: Option<&'c Arg>,
    /// Whether there was a `--`.
    only_values: bool,
}

/// Returns what the word at the cursor is, after the words that stand between the program and it.
pub fn spot<'c>(root: &'c Command, before: &[Word], current: &Word) -> Spot<'c> {
    if before.last().is_some_and(|word| word.redirects) {
        return Spot::File;
    }
    let mut state = State { command: root, given: 0, pending: None, only_values: false };
    let mut redirected = false;
    for word in before {
        if !redirected && !word.redirects {
            state.take(word);
        }
        redirected = word.redirects;
    }
    let Some(text) = &current.text else { return Spot::Nothing };
    state.at(text)
}

impl<'c> State<'c> {
    fn take(&mut self, word: &Word) {
        if self.pending.take().is_some() {
            return;
        }
        let text = word.text.as_deref().unwrap_or_default();
        if self.only_values || !text.starts_with('-') || text == "-" {
            match self.command.find_subcommand(text).filter(|_| !self.only_values && self.given == 0) {
                Some(command) => *self = State { command, given: 0, pending: None, only_values: false },
                None => self.given += 1,
            }
        } else if text == "--" {
            self.only_values = true;
        } else if let Some(long) = text.strip_prefix("--") {
            self.pending = self.long(long).filter(|arg| takes_next(arg));
        } else {
            self.pending = self.short(text).and_then(|(arg, value)| value.is_empty().then_some(arg));
        }
    }

    fn at(&self, text: &str) -> Spot<'c> {
        if let Some(arg) = self.pending {
            return self.value(arg, "", text);
        }
        if self.only_values {
            return self.positional(text);
        }
        if let Some(long) = text.strip_prefix("--") {
            return match long.split_once('=') {
                None => Spot::Option(self.command),
                Some((name, value)) => match self.long(name) {
                    Some(arg) => self.value(arg, &format!("--{name}="), value),
                    None => Spot::Nothing,
                },
            };
        }
        if text.len() > 1 && text.starts_with('-') {
            return match self.short(text) {
                Some((arg, value)) => self.value(arg, &text[..text.len() - value.len()], value),
                None => Spot::Option(self.command),
            };
        }
        if text == "-" {
            return Spot::Option(self.command);
        }
        if self.given == 0 && self.command.get_subcommands().next().is_some() {
            return Spot::Command(self.command);
        }
        self.positional(text)
    }

    fn value(&self, arg: &'c Arg, before: &str, text: &str) -> Spot<'c> {
        Spot::Value { command: self.command, arg, before: before.to_string(), text: text.to_string() }
    }

    /// The argument without an option that comes next.
    fn positional(&self, text: &str) -> Spot<'c> {
        let known: Vec<&Arg> = self.command.get_positionals().collect();
        let last = known.last().filter(|arg| matches!(arg.get_action(), ArgAction::Append)).copied();
        let found = if self.only_values {
            known.iter().find(|arg| arg.is_last_set()).copied()
        } else {
            known.get(self.given).copied().or(last).filter(|arg| !arg.is_last_set())
        };
        match found {
            Some(arg) => self.value(arg, "", text),
            None if self.only_values => Spot::Nothing,
            None => Spot::Option(self.command),
        }
    }

    fn long(&self, name: &str) -> Option<&'c Arg> {
        self.command.get_arguments().find(|arg| arg.get_long() == Some(name))
    }

    /// The option with a value that a cluster of short ones ends with, and the beginning of the value in the same word.
    fn short<'t>(&self, text: &'t str) -> Option<(&'c Arg, &'t str)> {
        for (at, letter) in text.char_indices().skip(1) {
            let arg = self.command.get_arguments().find(|arg| arg.get_short() == Some(letter))?;
            if takes_next(arg) {
                return Some((arg, &text[at + letter.len_utf8()..]));
            }
        }
        None
    }
}

/// Whether the next word is the value of an option.
fn takes_next(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|number| number.takes_values()) && !arg.is_require_equals_set()
}
