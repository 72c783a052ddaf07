//! The text of an `ansible.cfg`, as Python's `configparser` reads it with the options that Ansible gives it.
//!
//! `;` begins a comment at the start of a line or after a space, `#` only at the start; a line that is indented deeper than
//! its key goes on with the value; keys are in lower case; nothing may stand twice; `[DEFAULT]` has what the other sections
//! do not say. The rules are those of CPython 3.11, `configparser.RawConfigParser._read`.

use std::collections::HashMap;

use crate::error::{Code, Error, Problem, Result};
use crate::text::{Arena, Pos, Text, TextMap, is_python_space, python_trim};

/// The section whose keys hold for all others.
const DEFAULT: &str = "DEFAULT";

/// The values of a file by section and key, each with the place of its key.
#[derive(Debug, Default)]
pub(super) struct Sections<'a> {
    values: HashMap<&'a str, HashMap<String, (&'a str, Pos)>>,
}

impl<'a> Sections<'a> {
    /// The value of a key; one of `[DEFAULT]` where a section that is there does not have it.
    pub fn get(&self, section: &str, key: &str) -> Option<(&'a str, Pos)> {
        let own = self.values.get(section)?;
        own.get(key).or_else(|| self.values.get(DEFAULT)?.get(key)).copied()
    }
}

/// A value whose lines are being gathered.
struct Open<'a> {
    section: &'a str,
    key: String,
    at: Pos,
    lines: Vec<&'a str>,
}

/// What was read so far.
struct Parser<'t, 'a> {
    arena: &'a Arena,
    text: Text<'a>,
    texts: &'t TextMap<'a>,
    found: Sections<'a>,
    section: Option<&'a str>,
    open: Option<Open<'a>>,
    indent: usize,
    problems: Vec<Problem>,
}

/// Reads a file.
///
/// # Errors
/// Everything that keeps Ansible from reading it.
pub(super) fn parse<'a>(arena: &'a Arena, texts: &TextMap<'a>, text: Text<'a>) -> Result<Sections<'a>> {
    let (found, problems) = (Sections::default(), Vec::new());
    let mut parser = Parser { arena, text, texts, found, section: None, open: None, indent: 0, problems };
    for line in text.text.split('\n') {
        parser.line(line);
        // every further line would be wrong in the same way
        if parser.section.is_none() && !parser.problems.is_empty() {
            break;
        }
    }
    parser.close();
    Error::unless_any(parser.problems, parser.found)
}

impl<'a> Parser<'_, 'a> {
    fn line(&mut self, line: &'a str) {
        let comment = comment(line);
        let value = python_trim(&line[..comment.unwrap_or(line.len())]);
        if value.is_empty() {
            if let (None, Some(open)) = (comment, &mut self.open) {
                open.lines.push("");
            }
            return;
        }
        let indent = line.chars().take_while(|c| is_python_space(*c)).count();
        match &mut self.open {
            Some(open) if indent > self.indent => open.lines.push(value),
            _ => {
                self.indent = indent;
                self.close();
                self.begin(value);
            }
        }
    }

    /// A line that is a section or a key.
    fn begin(&mut self, value: &'a str) {
        if let Some(name) = header(value) {
            if name != DEFAULT && self.found.values.contains_key(name) {
                self.problem(value, format!("the section [{name}] stands twice"), "put its keys together");
            }
            self.found.values.entry(name).or_default();
            self.section = Some(name);
            return;
        }
        let Some(section) = self.section else {
            return self.problem(value, "there is no section before this line", "write [defaults] above it");
        };
        let Some(delimiter) = value.find(['=', ':']) else {
            return self.problem(
                value,
                "this line is neither a section nor `key = value`",
                "give it a value, or remove it",
            );
        };
        let key = python_trim(&value[..delimiter]).to_lowercase();
        if key.is_empty() {
            return self.problem(value, "there is no key before the `=`", "give it a key, or remove the line");
        }
        if self.found.values.get(section).is_some_and(|keys| keys.contains_key(&key)) {
            return self.problem(value, format!("`{key}` stands twice in [{section}]"), "keep one of them");
        }
        let at = self.text.pos_of(value);
        self.open = Some(Open { section, key, at, lines: vec![python_trim(&value[delimiter + 1..])] });
    }

    /// Ends a value: what follows is another key.
    fn close(&mut self) {
        let Some(Open { section, key, at, lines }) = self.open.take() else { return };
        let value = match lines[..] {
            [line] => line,
            _ => self.arena.alloc_str(lines.join("\n").trim_end_matches(is_python_space)),
        };
        self.found.values.entry(section).or_default().insert(key, (value, at));
    }

    fn problem(&mut self, part: &str, message: impl Into<String>, hint: &str) {
        // a line beside it may hold a password or a token
        self.texts.hide_lines(self.text);
        let at = self.texts.locate(self.text.pos_of(part));
        let message = format!("{}: Ansible refuses the whole file", message.into());
        self.problems.push(Problem::of(Code::InvalidConfiguration, message).at(at).hint(hint));
    }
}

/// The name in brackets, up to the last of them; what follows them does not count.
fn header(value: &str) -> Option<&str> {
    let inside = value.strip_prefix('[')?;
    Some(&inside[..inside.rfind(']')?]).filter(|name| !name.is_empty())
}

/// Where the comment of a line begins.
fn comment(line: &str) -> Option<usize> {
    if line.trim_start_matches(is_python_space).starts_with(['#', ';']) {
        return Some(0);
    }
    let after_space = |at: &usize| line[..*at].chars().next_back().is_none_or(is_python_space);
    line.match_indices(';').map(|(at, _)| at).find(after_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, ask: &[(&str, &str)]) -> Vec<String> {
        let (arena, texts) = (Arena::new(), TextMap::new());
        let text = texts.add("ansible.cfg", arena.alloc_str(text)).unwrap_or_else(|problem| panic!("{problem}"));
        match parse(&arena, &texts, text) {
            Ok(found) => {
                let value = |(section, key): &(&str, &str)| found.get(section, key).map_or("-", |(value, _)| value);
                ask.iter().map(|ask| value(ask).to_string()).collect()
            }
            Err(error) => error.problems.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn values_are_those_of_pythons_configparser() {
        // each as configparser of Python 3.11 gave it
        let text = "[DEFAULT]\nall = 1\n[defaults]\ninventory = hosts.ini ; a note\nPlain: a # b;c\n  x : y=z\n  \
                    more\n\n; no part of it\n  again\n[inventory] what follows\nignore_patterns = a,\r\n    b\n\nempty =\n[DEFAULT]\n";
        let asked = [
            ("defaults", "inventory"),
            ("defaults", "plain"),
            ("defaults", "x"),
            ("defaults", "all"),
            ("inventory", "ignore_patterns"),
            ("inventory", "empty"),
            ("galaxy", "all"),
            ("DEFAULT", "all"),
        ];
        let found = read(text, &asked);
        assert_eq!(found, ["hosts.ini", "a # b;c\nx : y=z\nmore\n\nagain", "-", "1", "a,\nb", "", "-", "1"]);
    }

    #[test]
    fn what_ansible_refuses_is_refused_with_its_line() {
        for (text, expected) in [
            ("a = 1\n", "ansible.cfg:1:1: there is no section before this line"),
            ("[a]\nx = 1\nX: 2\n", "ansible.cfg:3:1: `x` stands twice in [a]"),
            ("[a]\n[b]\n[a]\n", "ansible.cfg:3:1: the section [a] stands twice"),
            ("[a]\ntoken\n", "ansible.cfg:2:1: this line is neither a section nor `key = value`"),
            ("[a]\n= 1\n", "ansible.cfg:2:1: there is no key before the `=`"),
            ("\u{feff}[a]\n", "ansible.cfg:1:1: there is no section before this line"),
        ] {
            let found = read(text, &[]);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{text:?}: {found:?}");
            assert!(!found[0].contains("| token"), "{found:?}");
        }
    }
}
