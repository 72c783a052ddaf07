//! A short way for the JSON that most programs print: strings without escapes, whole numbers and simple fractions.
//!
//! At anything else, errors included, it gives up, and serde_json reads the text from its start: what this file accepts must be
//! what serde_json reads, and a property test and fuzzing compare the two.

use super::marked;
use crate::text::words::{position, special_in_json};
use crate::text::{Arena, Text};
use crate::value::{Entry, KeyKind, Value, keys};

/// How deep lists and mappings may nest: less than in serde_json, which has the message.
const MAX_DEPTH: usize = 100;
/// Longer numbers are left to serde_json.
const MAX_DIGITS: usize = 18;

/// Reads a text that is one JSON value; `None` if it is not as simple as that.
pub(super) fn read<'a>(arena: &'a Arena, text: Text<'a>) -> Option<Value<'a>> {
    let mut scanner = Scanner { arena, text, at: 0, items: Vec::new(), entries: Vec::new() };
    scanner.blanks();
    let value = scanner.value(0)?;
    scanner.blanks();
    (scanner.at == text.text.len()).then_some(value)
}

struct Scanner<'a> {
    arena: &'a Arena,
    text: Text<'a>,
    at: usize,
    /// The parts of the lists and mappings that are open, the innermost last.
    items: Vec<Value<'a>>,
    entries: Vec<Entry<'a>>,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes a byte and the blanks after it.
    #[inline]
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| {
            self.at += 1;
            self.blanks();
        })
    }

    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        match self.peek()? {
            b'"' => self.string().map(Value::Str),
            b'{' | b'[' if depth == MAX_DEPTH => None,
            b'{' => self.map(depth + 1),
            b'[' => self.list(depth + 1),
            b'n' => self.word("null", Value::Null),
            b't' => self.word("true", Value::Bool(true, "true")),
            b'f' => self.word("false", Value::Bool(false, "false")),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Option<Value<'a>> {
        let found = self.text.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        found.then(|| {
            self.at += word.len();
            value
        })
    }

    /// Takes a string, which begins here.
    #[inline]
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let bytes = self.text.text.as_bytes().get(start..)?;
        let end = start + position(bytes, special_in_json)?;
        if self.text.text.as_bytes()[end] != b'"' {
            return None;
        }
        self.at = end + 1;
        self.text.text.get(start..end)
    }

    /// Takes a number that serde_json hands out as it is written.
    fn number(&mut self) -> Option<Value<'a>> {
        let rest = self.text.text.get(self.at..)?;
        let digits = |from: usize| rest.as_bytes()[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let sign = usize::from(rest.starts_with('-'));
        let whole = digits(sign);
        let mut end = sign + whole;
        if whole == 0 || whole > MAX_DIGITS || (rest.as_bytes()[sign] == b'0' && (whole > 1 || sign > 0)) {
            return None;
        }
        let is_float = rest.as_bytes().get(end) == Some(&b'.');
        if is_float {
            let fraction = digits(end + 1);
            if fraction == 0 {
                return None;
            }
            end += 1 + fraction;
        }
        // an exponent, or what is no number; anything else is found out by what asks for a comma or an end
        if matches!(rest.as_bytes().get(end), Some(b'e' | b'E')) {
            return None;
        }
        self.at += end;
        let text = &rest[..end];
        Some(if is_float { Value::Float(text) } else { Value::Int(text) })
    }

    fn list(&mut self, depth: usize) -> Option<Value<'a>> {
        let start = self.items.len();
        self.take(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(Value::List(&[]));
        }
        loop {
            let item = self.value(depth)?;
            self.items.push(item);
            if self.ends(b']')? {
                break;
            }
        }
        let list = self.arena.alloc_slice_copy(&self.items[start..]);
        self.items.truncate(start);
        Some(Value::List(list))
    }

    fn map(&mut self, depth: usize) -> Option<Value<'a>> {
        let start = self.entries.len();
        self.take(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(Value::Map(&[]));
        }
        loop {
            if self.peek()? != b'"' {
                return None;
            }
            let at = self.text.pos(self.at + 1);
            let key = self.string()?;
            self.blanks();
            self.take(b':')?;
            let value = self.value(depth)?;
            self.entries.push(Entry { key, kind: KeyKind::Str, at, value });
            if self.ends(b'}')? {
                break;
            }
        }
        keys::unique(&mut self.entries, start, |_, _| {});
        let entries = &self.entries[start..];
        let may_be_marked = entries.iter().any(|entry| matches!(entry.key.as_bytes(), [b'_', b'_', ..]));
        let value = match may_be_marked.then(|| marked::<serde_json::Error>(entries)).transpose().ok()?.flatten() {
            Some(value) => value,
            None => Value::Map(self.arena.alloc_slice_copy(entries)),
        };
        self.entries.truncate(start);
        Some(value)
    }

    /// Takes the bracket that closes, or a comma; whether it was the bracket.
    #[inline]
    fn ends(&mut self, bracket: u8) -> Option<bool> {
        self.blanks();
        let byte = self.peek()?;
        self.at += 1;
        if byte == b',' {
            self.blanks();
        }
        (byte == bracket || byte == b',').then_some(byte == bracket)
    }
}
