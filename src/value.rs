//! Values of variables, as Ansible types them.
//!
//! A scalar keeps its text as written beside its type: `1.10` is a float that prints as `1.1`, and a version taken from
//! it stays `1.10`. Texts, lists and mappings borrow from the [`Arena`](crate::text::Arena), so a value is 24 bytes and is
//! copied freely.

use crate::text::Pos;

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
    /// A mapping, in the order of the source, its keys unique.
    Map(&'a [Entry<'a>]),
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
