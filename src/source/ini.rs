//! INI inventories.
//!
//! ```text
//! host1 http_port=80                a host line: a name, then key=value pairs split as a shell would
//! [web]                             hosts of a group         [web:children]   its child groups, one per line
//! web[01:12].example.net:2222       a range and a port       [web:vars]       its variables, key=value
//! # a comment, also with ;
//! ```
//!
//! The rules are those of ansible-core 2.19, `plugins/inventory/ini.py`: lines end wherever Python's `splitlines` ends
//! them; a value is read as a Python literal and is a string otherwise; a `#` outside quotes ends a host line, even in the
//! middle of a word. Unlike Ansible, all errors of a file are reported.

use indexmap::IndexMap;

use super::file::Decoded;
use super::{Reading, shell};
use crate::error::{Code, Problem};
use crate::inventory::{GroupId, Target, UNGROUPED};
use crate::literal::{self, Literal};
use crate::text::words::{equal, position};
use crate::text::{self, Pos, Text, is_python_space, python_trim};
use crate::value::Value;

/// What the lines of a section are.
#[derive(Clone, Copy, PartialEq)]
enum Section {
    Hosts,
    Children,
    Vars,
    /// After a broken header: its lines would only add noise.
    Unknown,
}

/// A group that was named before it was declared.
struct Pending {
    at: Pos,
    /// The groups that list it as a child; none when only its variables came first.
    parents: Vec<GroupId>,
}

struct Reader<'r, 'm, 'a> {
    reading: &'r mut Reading<'m, 'a>,
    text: Text<'a>,
    /// Where the text is not UTF-8.
    bad: &'a [usize],
    group: GroupId,
    section: Section,
    pending: IndexMap<&'a str, Pending>,
    /// The words and variables of the line at hand, kept for their room.
    tokens: Vec<shell::Token<'a>>,
    variables: Vec<(&'a str, Value<'a>, Pos)>,
}

/// Reads an INI inventory into the reading's inventory; problems go to the reading.
pub fn read<'a>(reading: &mut Reading<'_, 'a>, decoded: Decoded<'a>) {
    let Decoded { text, bad } = decoded;
    if reading.refuses_mark(text) {
        return;
    }
    let mut reader = Reader {
        reading,
        text,
        bad,
        group: UNGROUPED,
        section: Section::Hosts,
        pending: IndexMap::new(),
        tokens: Vec::new(),
        variables: Vec::new(),
    };
    if text::all_bytes(text.text, |byte| !may_end_line(byte)) {
        text::lines(text.text).for_each(|line| reader.untrimmed(line));
    } else {
        lines(text.text).for_each(|line| reader.untrimmed(line));
    }
    reader.finish();
}

impl<'a> Reader<'_, '_, 'a> {
    fn untrimmed(&mut self, line: &'a str) {
        let line = python_trim(line);
        if !line.is_empty() && !line.starts_with(['#', ';']) && (self.bad.is_empty() || self.is_sound(line)) {
            self.line(line);
        }
    }

    /// Whether a line is UTF-8 as far as it is read; else that is a problem. In a comment anything may stand.
    fn is_sound(&mut self, line: &'a str) -> bool {
        let start = (self.text.pos_of(line).0 - self.text.base.0) as usize;
        let Some(bad) = self.bad.iter().find(|bad| (start..start + line.len()).contains(bad)) else { return true };
        let comment = match self.section {
            _ if header(line).is_some() => line.find('#'),
            Section::Hosts => shell::comment(line),
            Section::Children => line.find('#'),
            Section::Vars => None,
            Section::Unknown => Some(0),
        };
        let sound = comment.is_some_and(|comment| start + comment <= *bad);
        if !sound {
            let problem = self.reading.not_utf8(self.text.pos(*bad));
            self.reading.push(problem);
        }
        sound
    }

    fn line(&mut self, line: &'a str) {
        if let Some((name, tag)) = header(line) {
            self.open(name, tag, line);
        } else if line.starts_with('[') && line.ends_with(']') {
            self.problem(
                line,
                format!("`{line}` is not a valid section header"),
                "write [group], [group:children] or [group:vars], without spaces or `:` inside the name",
            );
            self.section = Section::Unknown;
        } else {
            let at = self.text.pos_of(line);
            match self.section {
                Section::Hosts => self.host_line(line, at),
                Section::Vars => self.variable(line, at),
                Section::Children => self.child(line, at),
                Section::Unknown => {}
            }
        }
    }

    fn open(&mut self, name: &'a str, tag: Option<&str>, line: &str) {
        let section = match tag {
            None | Some("hosts") => Section::Hosts,
            Some("children") => Section::Children,
            Some("vars") => Section::Vars,
            Some(other) => {
                self.problem(
                    line,
                    format!("section [{name}:{other}] has the unknown type `{other}`"),
                    "a section is [group], [group:hosts], [group:children] or [group:vars]",
                );
                self.section = Section::Unknown;
                return;
            }
        };
        let at = self.text.pos_of(name);
        let name = self.reading.group_name(name);
        let known = self.reading.inventory.find_group(name).is_some();
        let Some(group) = self.check(line, |inventory| inventory.add_group(name, at)) else { return };
        (self.group, self.section) = (group, section);
        if section != Section::Vars {
            if let Some(declared) = self.pending.shift_remove(name) {
                for parent in declared.parents {
                    self.check(line, |inventory| inventory.add_child(parent, group));
                }
            }
        } else if !known && !self.pending.contains_key(name) {
            self.pending.insert(name, Pending { at, parents: Vec::new() });
        }
    }

    fn host_line(&mut self, line: &'a str, at: Pos) {
        let mut tokens = std::mem::take(&mut self.tokens);
        match shell::split(self.reading.arena, line, &mut tokens) {
            Err(message) => {
                self.problem(line, message.to_string(), "quote a value that has spaces or quotes: key=\"it's here\"");
            }
            Ok(cut) => {
                self.host_tokens(line, at, &tokens);
                if let Some(offset) = cut {
                    self.reading.warning(
                        Code::Ignored,
                        Pos(at.0 + offset as u32),
                        "the `#` in this word starts a comment: Ansible does not read what follows",
                    );
                }
            }
        }
        self.tokens = tokens;
    }

    fn host_tokens(&mut self, line: &'a str, at: Pos, tokens: &[shell::Token<'a>]) {
        let Some((host, pairs)) = tokens.split_first() else { return };
        let Some((names, port)) = self.reading.host_names(host.text, at) else { return };
        if host.text.trim_end().ends_with(':') && port.is_none() {
            self.problem(
                line,
                format!("host `{}` ends in a `:` without a port", host.text),
                "give the port, or remove the `:`; a YAML inventory needs the ending .yml",
            );
            return;
        }
        if names.iter().any(|name| name.trim() == "---") {
            self.problem(
                line,
                "`---` is not a valid host name".to_string(),
                "a YAML inventory needs the ending .yml, .yaml or none",
            );
            return;
        }
        let before = self.reading.found.checkpoint();
        let mut variables = std::mem::take(&mut self.variables);
        variables.clear();
        for token in pairs {
            self.pair(token, at, &mut variables);
        }
        if !self.reading.found.failed_since(&before) {
            let group = self.group;
            self.reading.add_hosts(&names, Some(group), port, &variables, at);
        }
        self.variables = variables;
    }

    fn pair(&mut self, token: &shell::Token<'a>, line: Pos, variables: &mut Vec<(&'a str, Value<'a>, Pos)>) {
        let at = Pos(line.0 + token.offset as u32);
        let Some(equals) = position(token.text.as_bytes(), |word| equal(word, b'=')) else {
            let message = format!("`{}` after a host is not a key=value pair", token.text);
            return self.reading.problem(
                Code::InvalidIni,
                at,
                message,
                "write key=value without spaces around the `=`; quote a value with spaces; one host a line",
            );
        };
        let (name, value) = (&token.text[..equals], &token.text[equals + 1..]);
        if let Some(value) = self.value(value, at) {
            variables.push((name, value, at));
        }
    }

    fn variable(&mut self, line: &'a str, at: Pos) {
        let Some((name, value)) = line.split_once('=') else {
            self.problem(
                line,
                format!("`{line}` is not a key=value line"),
                "in a [group:vars] section each line is key=value",
            );
            return;
        };
        let (name, value) = (python_trim(name), python_trim(value));
        let (group, text) = (self.group, self.text);
        if let Some(value) = self.value(value, text.pos_of(value)) {
            let set = self.reading.inventory.set_var(Target::Group(group), name, value, at);
            self.reading.note(set, at);
        }
    }

    fn child(&mut self, line: &'a str, at: Pos) {
        let (name, rest) = word(line);
        if name.is_empty() || !ends(rest) {
            self.problem(
                line,
                format!("`{line}` is not a valid group name"),
                "in a [group:children] section each line is the name of one group",
            );
            return;
        }
        let parent = self.group;
        match self.reading.inventory.find_group(name) {
            Some(child) => {
                self.check(line, |inventory| inventory.add_child(parent, child));
            }
            None => {
                let pending = self.pending.entry(name).or_insert(Pending { at, parents: Vec::new() });
                if pending.parents.is_empty() {
                    pending.at = at;
                }
                pending.parents.push(parent);
            }
        }
    }

    /// The value of a variable: a Python literal, else the text itself.
    fn value(&mut self, text: &'a str, at: Pos) -> Option<Value<'a>> {
        match literal::eval(self.reading.arena, text) {
            Literal::Value(value) => Some(value),
            Literal::Text => Some(Value::Str(text)),
            Literal::Error(message) => {
                self.reading.problem(
                    Code::InvalidIni,
                    at,
                    message,
                    "quote the value twice, \"'…'\" on a host line and '…' in a vars section, to keep it a string",
                );
                None
            }
        }
    }

    fn finish(&mut self) {
        for (name, pending) in std::mem::take(&mut self.pending) {
            match pending.parents.last() {
                None => self.reading.problem(
                    Code::UndeclaredGroup,
                    pending.at,
                    format!("section [{name}:vars] is for group `{name}`, which is not declared"),
                    format!("add a section [{name}] or [{name}:children], or correct the name"),
                ),
                Some(parent) => {
                    let parent = self.reading.inventory.group_name(*parent);
                    let message = format!("section [{parent}:children] lists group `{name}`, which is not declared");
                    self.reading.problem(
                        Code::UndeclaredGroup,
                        pending.at,
                        message,
                        if self.reading.group_name(name) == name {
                            format!("add a section [{name}], or correct the name")
                        } else {
                            "Ansible renames sections under `force_valid_group_names`, and not what lists them: use letters, digits and `_`".to_string()
                        },
                    );
                }
            }
        }
    }

    fn check<T>(
        &mut self,
        line: &str,
        change: impl FnOnce(&mut crate::inventory::Inventory<'a>) -> Result<T, Problem>,
    ) -> Option<T> {
        let outcome = change(&mut self.reading.inventory);
        let at = self.text.pos_of(line);
        self.reading.note(outcome, at)
    }

    fn problem(&mut self, line: &str, message: String, hint: &str) {
        let at = self.text.pos_of(line);
        self.reading.problem(Code::InvalidIni, at, message, hint);
    }
}

/// The name and tag of `[name]` or `[name:tag]`, perhaps with a comment after it.
fn header(line: &str) -> Option<(&str, Option<&str>)> {
    let (name, rest) = word(line.strip_prefix('[')?);
    let (tag, rest) = match rest.strip_prefix(':') {
        Some(rest) => {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (Some(&rest[..end]), &rest[end..])
        }
        None => (None, rest),
    };
    let whole = !name.is_empty() && tag != Some("") && ends(rest.strip_prefix(']')?);
    whole.then_some((name, tag))
}

/// The part before the first `:`, `]` or space, and the rest.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c == ':' || c == ']' || is_python_space(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// Whether nothing but space and a comment is left.
fn ends(rest: &str) -> bool {
    let rest = rest.trim_start_matches(is_python_space);
    rest.is_empty() || rest.starts_with('#')
}

/// Whether a byte may be part of what ends a line for Python, but for the line feed.
fn may_end_line(byte: u8) -> bool {
    matches!(byte, 0x0b..=b'\r' | 0x1c..=0x1e | 0xc2 | 0xe2)
}

/// The lines of a text, where Python's `str.splitlines` ends them; an empty line more or less makes no difference here.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        let is_end = |(at, byte): (usize, &u8)| match byte {
            b'\n'..=b'\r' | 0x1c..=0x1e => Some((at, 1)),
            0xc2 if bytes.get(at + 1) == Some(&0x85) => Some((at, 2)),
            0xe2 if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9])) => Some((at, 3)),
            _ => None,
        };
        let (end, width) = bytes.iter().enumerate().find_map(is_end).unwrap_or((rest.len(), 0));
        let line = &rest[..end];
        rest = &rest[end + width..];
        Some(line)
    })
}
