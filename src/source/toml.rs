//! TOML inventories.
//!
//! ```toml
//! [web]
//! children = ["canary"]           # a list of groups
//! vars = { http_port = 80 }
//! [web.hosts]
//! "web[01:12]" = { rack = 7 }     # a host or a range with its variables
//! ```
//!
//! The rules are those of ansible-core 2.19, `plugins/inventory/toml.py`, which reads with Python's `tomllib`.

use std::borrow::Cow;

use toml::de::{DeInteger, DeTable, DeValue};
use toml_parser::lexer::TokenKind;

use super::Reading;
use crate::error::Code;
use crate::inventory::{GroupId, Target};
use crate::text::{Pos, Text};
use crate::value::{Entry, KeyKind, Timestamp, Value, number};

/// The most parts of a dotted key: each is a level of tables.
const MAX_PARTS: usize = 32;

/// Reads groups into the reading's inventory; problems go to the reading.
pub(super) fn read<'a>(reading: &mut Reading<'_, 'a>, text: Text<'a>) {
    let Some(groups) = parse(reading, text) else { return };
    if let Some(plugin) = groups.iter().find(|group| group.key == "plugin" && group.value.is_truthy()) {
        let message =
            "`plugin` makes this the configuration of an inventory plugin, which Ansible reads from YAML only";
        return reading.problem(
            Code::NeedsAnsible,
            plugin.at,
            message,
            "save it as YAML, or name the group differently",
        );
    }
    if groups.is_empty() {
        return reading.problem(
            Code::EmptySource,
            text.base,
            "the file holds no group",
            "add groups and hosts: [web.hosts]",
        );
    }
    groups.iter().for_each(|group| read_group(reading, group));
}

fn read_group<'a>(reading: &mut Reading<'_, 'a>, entry: &'a Entry<'a>) {
    let Value::Map(sections) = entry.value else {
        let message = format!("`{}` is {} and no group: Ansible skips it", entry.key, entry.value.type_name());
        return reading.warning(Code::Ignored, entry.at, message);
    };
    let Some(group) = reading.add_group(entry.key, entry.at) else { return };
    for section in sections {
        match (section.key, section.value) {
            ("vars", Value::Map(variables)) => {
                for variable in variables {
                    let target = Target::Group(group);
                    let set = reading.inventory.set_var(target, variable.key, variable.value, variable.at);
                    reading.note(set, variable.at);
                }
            }
            ("hosts", Value::Map(hosts)) => hosts.iter().for_each(|host| read_host(reading, group, host)),
            ("children", Value::List(names)) => {
                names.iter().for_each(|name| read_child(reading, group, *name, section.at));
            }
            ("vars" | "hosts" | "children", other) => {
                let wanted = if section.key == "children" { "a list" } else { "a table" };
                let message =
                    format!("`{}` of group `{}` is {}, not {wanted}", section.key, entry.key, other.type_name());
                reading.problem(
                    Code::InvalidInventory,
                    section.at,
                    message,
                    "write children = [\"db\"], [web.hosts] and [web.vars]",
                );
            }
            _ => reading.warning(
                Code::Ignored,
                section.at,
                format!(
                    "`{}` in group `{}` is skipped by Ansible: a group has only `hosts`, `vars` and `children`",
                    section.key, entry.key
                ),
            ),
        }
    }
}

fn read_child<'a>(reading: &mut Reading<'_, 'a>, group: GroupId, name: Value<'a>, at: Pos) {
    let Value::Str(name) = name else {
        let message = format!("a child group's name is {}, not a string", name.type_name());
        return reading.problem(
            Code::InvalidName,
            at,
            message,
            "write the names of groups in quotes: children = [\"db\"]",
        );
    };
    if reading.group_name(name) != name {
        let message =
            format!("`force_valid_group_names` renames the group `{name}`, and Ansible does not find it then");
        return reading.problem(Code::InvalidName, at, message, "use letters, digits and `_` in the names of groups");
    }
    if let Some(child) = reading.add_group(name, at) {
        let linked = reading.inventory.add_child(group, child);
        reading.note(linked, at);
    }
}

fn read_host<'a>(reading: &mut Reading<'_, 'a>, group: GroupId, host: &'a Entry<'a>) {
    let Value::Map(variables) = host.value else {
        let message = format!("host `{}` has {} where its variables belong", host.key, host.value.type_name());
        return reading.problem(
            Code::InvalidInventory,
            host.at,
            message,
            "write them as a table, if need be an empty one: web1 = {}",
        );
    };
    let variables: Vec<_> = variables.iter().map(|variable| (variable.key, variable.value, variable.at)).collect();
    if let Some((names, port)) = reading.host_names(host.key, host.at) {
        reading.add_hosts(&names, Some(group), port, &variables, host.at);
    }
}

/// The tables at the top; nothing where the text is not TOML of version 1.0.
fn parse<'a>(reading: &mut Reading<'_, 'a>, text: Text<'a>) -> Option<&'a [Entry<'a>]> {
    if text.text.starts_with('\u{feff}') {
        let message = "the file starts with a byte order mark, which Ansible does not take in TOML";
        reading.problem(Code::Encoding, text.base, message, "save it as UTF-8 without one");
        return None;
    }
    if let Some(offset) = too_deep(text.text) {
        reading.problem(
            Code::LimitExceeded,
            text.pos(offset),
            format!("a key has more than {MAX_PARTS} parts"),
            "nest less deeply",
        );
        return None;
    }
    let (tables, errors) = DeTable::parse_recoverable(text.text);
    if !errors.is_empty() {
        report(reading, text, &errors);
        return None;
    }
    let mut values = Values { reading, text, failed: false };
    let (entries, _) = values.entries(tables.get_ref());
    if values.failed { None } else { Some(entries) }
}

/// Reports the first error of each line; what follows on the same line mostly comes of it.
fn report(reading: &mut Reading<'_, '_>, text: Text<'_>, errors: &[toml::de::Error]) {
    let mut found: Vec<_> = errors.iter().map(|error| (error.span().map_or(0, |span| span.start), error)).collect();
    found.sort_by_key(|(offset, _)| *offset);
    found.dedup_by_key(|(offset, _)| text.text.get(..*offset).map_or(0, |before| before.matches('\n').count()));
    for (offset, error) in found {
        let message = error.message();
        let hint = match message {
            "duplicate key" => "keep one of them; a table can be opened once",
            _ => "Ansible reads TOML 1.0: strings stand in quotes, and an inline table on one line",
        };
        reading.problem(Code::InvalidToml, text.pos(offset), message.trim_end_matches(", expected nothing"), hint);
    }
}

/// Where a dotted key has too many parts: tables that deep would overrun the stack.
fn too_deep(text: &str) -> Option<usize> {
    let mut dots = 0;
    for token in toml_parser::Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => dots += 1,
            TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString | TokenKind::Whitespace => {}
            _ => dots = 0,
        }
        if dots >= MAX_PARTS {
            return Some(token.span().start());
        }
    }
    None
}

fn is_integer(integer: &DeInteger<'_>) -> bool {
    let digits = integer.as_str();
    let digits = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(integer.radix()))
}

/// Turns what was parsed into values in the arena.
struct Values<'r, 'm, 'a> {
    reading: &'r mut Reading<'m, 'a>,
    text: Text<'a>,
    failed: bool,
}

impl<'a> Values<'_, '_, 'a> {
    /// A table's entries in the order in which Python first sees them, and where the first is: the parser puts a table
    /// whose header comes after its own subtables last.
    fn entries(&mut self, table: &DeTable<'a>) -> (&'a [Entry<'a>], usize) {
        let mut entries: Vec<(usize, Entry<'a>)> = Vec::with_capacity(table.len());
        for (key, value) in table {
            let start = key.span().start;
            let (value, first) = self.value(value.get_ref(), value.span());
            let entry = Entry { key: self.string(key.get_ref()), kind: KeyKind::Str, at: self.text.pos(start), value };
            entries.push((start.min(first), entry));
        }
        entries.sort_by_key(|(first, _)| *first);
        let first = entries.first().map_or(usize::MAX, |(first, _)| *first);
        let entries = entries.into_iter().map(|(_, entry)| entry);
        (self.reading.arena.alloc_slice_fill_iter(entries), first)
    }

    /// A value, and where it or the first key in it is.
    fn value(&mut self, value: &DeValue<'a>, span: std::ops::Range<usize>) -> (Value<'a>, usize) {
        let start = span.start;
        let written = self.text.text.get(span).unwrap_or_default();
        let value = match value {
            DeValue::Table(table) => {
                let (entries, first) = self.entries(table);
                return (Value::Map(entries), first);
            }
            DeValue::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.value(item.get_ref(), item.span()).0).collect();
                Value::List(self.reading.arena.alloc_slice_copy(&items))
            }
            DeValue::String(text) if written.contains("\r\n") => self.with_line_feeds(text, written),
            DeValue::String(text) => Value::Str(self.string(text)),
            DeValue::Boolean(value) => Value::Bool(*value, written),
            // The parser leaves it to us to look at every character of a number.
            DeValue::Integer(integer) if !is_integer(integer) => self.no_number(written, start),
            DeValue::Integer(_) if number::is_too_long(written) => {
                self.fault(start, "an integer has more than 4300 digits")
            }
            DeValue::Integer(_) => Value::Int(written),
            DeValue::Float(float) if float.as_str().parse::<f64>().is_err() => self.no_number(written, start),
            DeValue::Float(_) => Value::Float(written),
            DeValue::Datetime(stamp) => self.datetime(stamp, written, start),
        };
        (value, start)
    }

    fn string(&self, text: &Cow<'a, str>) -> &'a str {
        match text {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => self.reading.arena.alloc_str(text),
        }
    }

    /// A string of several lines, whose ends Python reads as line feeds.
    fn with_line_feeds(&self, text: &str, written: &str) -> Value<'a> {
        let unified = written.replace("\r\n", "\n");
        match DeValue::parse(&unified).map(|value| value.into_inner()) {
            Ok(DeValue::String(text)) => Value::Str(self.reading.arena.alloc_str(&text)),
            _ => Value::Str(self.reading.arena.alloc_str(text)),
        }
    }

    /// A date, a time or both, which Ansible prints in ISO form.
    fn datetime(&mut self, stamp: &toml_datetime::Datetime, written: &'a str, start: usize) -> Value<'a> {
        if let (None, Some(time)) = (stamp.date, stamp.time) {
            if time.second > 59 {
                return self.fault(start, &format!("`{written}` is not a time: the day has no such time"));
            }
            let clock = format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
            let iso = match time.nanosecond / 1000 {
                0 => clock,
                microseconds => format!("{clock}.{microseconds:06}"),
            };
            return Value::Str(self.reading.arena.alloc_str(&iso));
        }
        let written =
            if written.ends_with('z') { self.reading.arena.alloc_str(&written.to_uppercase()) } else { written };
        match Timestamp::parse(written).map(|stamp| stamp.fault()) {
            Some(None) => Value::Date(written),
            Some(Some(fault)) => self.fault(start, &format!("`{written}` is not a date: {fault}")),
            None => self.fault(start, &format!("`{written}` is not a date")),
        }
    }

    fn no_number(&mut self, written: &str, start: usize) -> Value<'a> {
        self.fault(start, &format!("`{written}` is not a number"))
    }

    fn fault(&mut self, offset: usize, message: &str) -> Value<'a> {
        self.failed = true;
        self.reading.problem(
            Code::InvalidToml,
            self.text.pos(offset),
            message,
            "correct it, or put it in quotes as a string",
        );
        Value::Null
    }
}
