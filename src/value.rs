//! Values of variables, as Ansible types them.
//!
//! A scalar keeps its text as written beside its type: `1.10` is a float that prints as `1.1`, and a version taken from
//! it stays `1.10`. Texts, lists and mappings borrow from the [`Arena`](crate::text::Arena), so a value is 24 bytes and is
//! copied freely.

mod date;
mod deserialize;
mod json;
pub(crate) mod keys;
pub(crate) mod number;
mod print;
mod tagged;
#[cfg(test)]
mod tests;
pub(crate) mod yaml11;
mod yaml_text;

use std::borrow::Cow;

use crate::error::{Code, Problem};
use crate::text::{Pos, TextMap};

pub(crate) use date::Timestamp;
pub(crate) use deserialize::Form;
pub use json::from_json;
pub(crate) use print::write_json_bytes;
pub use print::write_json_string;
pub use tagged::is_template;
pub use yaml_text::write_quoted as write_yaml_string;

/// What keeps a text from being a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind it is.
    pub code: Code,
    /// Where it was found.
    pub at: Pos,
    /// What, as a lowercase fragment that fits after `error: `.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault at a position.
    pub fn new(code: Code, at: Pos, message: impl Into<String>) -> Self {
        Fault { code, at, message: message.into(), hint: None }
    }

    /// The same fault, with a way out.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The fault as a problem with file, line and column.
    pub fn problem(self, texts: &TextMap<'_>) -> Problem {
        let problem = Problem::of(self.code, self.message).at(texts.locate(self.at));
        match self.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// A value of a variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing: `null`, `~`, an empty YAML value, Python's `None`.
    Null,
    /// A boolean with its text as written (`yes`, `True`).
    Bool(bool, &'a str),
    /// An integer of any size, as written in YAML 1.1, Python or JSON (`010`, `0x1F`, `1_000`, `12:30`).
    Int(&'a str),
    /// A float, as written (`1.10`, `.5`, `1e5`, `.inf`, `NaN`).
    Float(&'a str),
    /// A date or timestamp of YAML 1.1, as written; Ansible prints it in ISO form.
    Date(&'a str),
    /// A string.
    Str(&'a str),
    /// A string under `!vault`: still encrypted.
    Vault(&'a str),
    /// A string under `!unsafe`: never a template.
    Unsafe(&'a str),
    /// A list.
    List(&'a [Value<'a>]),
    /// A set of YAML or Python, its members unique; in JSON, as in Ansible's, a list.
    Set(&'a [Value<'a>]),
    /// A mapping, in the order of the source, its keys unique.
    Map(&'a [Entry<'a>]),
}

impl<'a> Value<'a> {
    /// The text of a scalar as it was written; `None` for null, lists, mappings and vaults.
    pub fn text(&self) -> Option<&'a str> {
        match *self {
            Value::Bool(_, text)
            | Value::Int(text)
            | Value::Float(text)
            | Value::Date(text)
            | Value::Str(text)
            | Value::Unsafe(text) => Some(text),
            Value::Null | Value::Vault(_) | Value::List(_) | Value::Set(_) | Value::Map(_) => None,
        }
    }

    /// Whether Python's `bool()` would call it true; a vault counts by its encrypted text.
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(value, _) => *value,
            Value::Int(text) => number::decimal(text) != "0",
            Value::Float(text) => number::float(text) != 0.0,
            Value::Date(_) => true,
            Value::Str(text) | Value::Vault(text) | Value::Unsafe(text) => !text.is_empty(),
            Value::List(items) | Value::Set(items) => !items.is_empty(),
            Value::Map(entries) => !entries.is_empty(),
        }
    }

    /// The value of a key, if this is a mapping that has it as a string.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        match self {
            Value::Map(entries) => {
                entries.iter().find(|entry| entry.kind == KeyKind::Str && entry.key == key).map(|entry| entry.value)
            }
            _ => None,
        }
    }

    /// What it is, in the words of messages: `a list`, `a number`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(..) => "a boolean",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Date(_) => "a date",
            Value::Str(_) | Value::Unsafe(_) => "a string",
            Value::Vault(_) => "a vault",
            Value::List(_) => "a list",
            Value::Set(_) => "a set",
            Value::Map(_) => "a mapping",
        }
    }
}

/// A key of a mapping with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The key as written; see [`Entry::kind`].
    pub key: &'a str,
    /// What the key is: most are strings, but YAML also has numbers and booleans for keys.
    pub kind: KeyKind,
    /// Where the key stands.
    pub at: Pos,
    /// What it maps to.
    pub value: Value<'a>,
}

impl PartialEq for Entry<'_> {
    /// Equal content; the places may differ.
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.kind == other.kind && self.value == other.value
    }
}

/// The type of a mapping's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A string.
    Str,
    /// A boolean, as in [`Value::Bool`].
    Bool(bool),
    /// An integer, as in [`Value::Int`].
    Int,
    /// A float, as in [`Value::Float`].
    Float,
    /// `null`.
    Null,
}

impl<'a> Entry<'a> {
    /// The key as the string that Python's `json.dumps` makes of it: `true`, `1`, `1.5`, `null`.
    pub fn name(&self) -> Cow<'a, str> {
        match self.kind {
            KeyKind::Str => Cow::Borrowed(self.key),
            KeyKind::Bool(true) => Cow::Borrowed("true"),
            KeyKind::Bool(false) => Cow::Borrowed("false"),
            KeyKind::Int => number::decimal(self.key),
            KeyKind::Float => Cow::Owned(number::float_repr(number::float(self.key))),
            KeyKind::Null => Cow::Borrowed("null"),
        }
    }
}
