//! Python's `ast.literal_eval`, which types the values of an INI inventory.
//!
//! The grammar is what `literal_eval` accepts of Python 3.11: numbers, strings with any prefix but `f`, tuples, lists, sets,
//! mappings, `set()`, `True False None ...`, signs, `1+2j`, parentheses and a comment at the end. As in Ansible's INI reader
//! everything else is text, tuples and sets are lists, complex numbers and `...` turn back into strings, and bytes into
//! unsafe strings.
//!
//! Different from Python: a `\N{…}` escape, a lone surrogate and bytes that are not UTF-8 are errors; sets keep their order;
//! nesting ends at 200 levels for every bracket, where Python runs out of memory a little earlier for some; after an
//! unhashable value, what follows in the same brackets is read as literals and names only.

mod numbers;
mod parser;
mod strings;
#[cfg(test)]
mod tests;

use crate::text::Arena;
use crate::value::Value;
use parser::{Parser, Stop};

/// What a text is to Python.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal<'a> {
    /// A literal.
    Value(Value<'a>),
    /// No literal (a `ValueError` or `SyntaxError`): it stays the string that it is.
    Text,
    /// What Ansible fails on (a `TypeError`), as a lowercase fragment.
    Error(String),
}

/// Evaluates a value of an INI inventory.
///
/// Strings are parts of `text` where they stand there in one piece, else copies in the arena. Keys of mappings have no
/// position of their own: theirs is the default.
pub fn eval<'a>(arena: &'a Arena, text: &'a str) -> Literal<'a> {
    let text = if text.starts_with([' ', '\t']) { text.trim_start_matches([' ', '\t']) } else { text };
    if !may_be_literal(text) || is_dotted(text) {
        return Literal::Text;
    }
    if is_plain_int(text) {
        return Literal::Value(Value::Int(text));
    }
    match Parser::new(arena, text).whole() {
        Ok(value) => Literal::Value(value),
        Err(Stop::Text) => Literal::Text,
        Err(Stop::Error(message)) => Literal::Error(message),
    }
}

/// Whether the first bytes leave it possible: most values are words or paths.
fn may_be_literal(text: &str) -> bool {
    match text.as_bytes() {
        [b'0'..=b'9' | b'.' | b'+' | b'-' | b'\'' | b'"' | b'(' | b'[' | b'{', ..] => true,
        [b'T', b'r', b'u', b'e', ..] | [b'F', b'a', b'l', b's', b'e', ..] | [b'N', b'o', b'n', b'e', ..] => true,
        [b's', b'e', b't', ..] => true,
        [b'r' | b'R' | b'b' | b'B' | b'u' | b'U', next, ..] => matches!(next, b'\'' | b'"' | b'r' | b'R' | b'b' | b'B'),
        _ => false,
    }
}

/// Whether the text is an address or a version: points among digits, more than a number has.
fn is_dotted(text: &str) -> bool {
    let mut points = 0;
    let known = text.bytes().all(|byte| {
        points += usize::from(byte == b'.');
        byte.is_ascii_digit() || byte == b'.'
    });
    known && points > 1 && !text.starts_with('.')
}

/// Whether the text is a decimal as Python prints it, which most numbers are.
fn is_plain_int(text: &str) -> bool {
    match text.as_bytes() {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < 100 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}
