//! Variables of hosts in 16 bytes each.
//!
//! A value is nearly always a part of a text that was read, and then its place and length say which. Other values stand whole
//! beside: lists and mappings, and texts that had to be made, such as those with an escape.

use super::vars::{Var, VarId};
use crate::error::{Code, Problem};
use crate::text::{Pos, Text};
use crate::value::{Value, write_json_bytes};

/// The bits of the length of a value's text, below those of its kind.
const LENGTH_BITS: u32 = 28;
const LONGEST: usize = (1 << LENGTH_BITS) - 1;
/// The kind of a value that stands among the others.
const OTHER: u32 = 15;
/// The kind of a plain text.
const STR: u32 = 6;

/// A variable with its value and the place it was set, as [`Var`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    pub name: VarId,
    at: Pos,
    /// Where the text of the value begins, or which of the others it is.
    start: u32,
    /// The kind of the value and the length of its text.
    form: u32,
}

/// What packed variables point into.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool<'a> {
    /// By their positions.
    texts: Vec<Text<'a>>,
    others: Vec<Value<'a>>,
}

impl<'a> Pool<'a> {
    /// Takes up a text that values may be parts of.
    pub(super) fn add_text(&mut self, text: Text<'a>) {
        if self.texts.last().is_none_or(|last| last.base < text.base) {
            self.texts.push(text);
        }
    }

    /// A variable in short.
    ///
    /// # Errors
    /// There are more values than four bytes can count.
    #[inline]
    pub(super) fn pack(&mut self, var: &Var<'a>) -> Result<Packed, TooMany> {
        let Var { name, at, value } = *var;
        let (kind, text) = taken_apart(value);
        if text.len() <= LONGEST
            && kind != OTHER
            && let Some(start) = self.place(text, at)
        {
            return Ok(Packed { name, at, start, form: kind << LENGTH_BITS | text.len() as u32 });
        }
        self.set_aside(var)
    }

    /// A variable whose value is put among the others.
    #[cold]
    fn set_aside(&mut self, var: &Var<'a>) -> Result<Packed, TooMany> {
        let Var { name, at, value } = *var;
        let start = u32::try_from(self.others.len()).map_err(|_| TooMany)?;
        self.others.push(value);
        Ok(Packed { name, at, start, form: OTHER << LENGTH_BITS })
    }

    /// The position of a value's text, if it is a part of the text that it was set in.
    #[inline]
    fn place(&self, part: &str, at: Pos) -> Option<u32> {
        if part.is_empty() {
            return Some(at.0);
        }
        let text = self.holding(at.0)?;
        let offset = (part.as_ptr() as usize).checked_sub(text.text.as_ptr() as usize)?;
        // No text reaches beyond four bytes: `TextMap` refuses it.
        (offset + part.len() <= text.text.len()).then(|| text.base.0 + offset as u32)
    }

    /// The variable that was packed. What is asked for one after another is mostly of one text, so that of the last one is tried first.
    #[inline]
    pub(super) fn unpack(&self, packed: &Packed, near: &mut Option<Text<'a>>) -> Var<'a> {
        let kind = packed.form >> LENGTH_BITS;
        let value = if kind == OTHER {
            self.others.get(packed.start as usize).copied().unwrap_or(Value::Null)
        } else {
            let length = packed.form as usize & LONGEST;
            let part = near.and_then(|text| part(text, packed.start, length)).or_else(|| {
                *near = self.holding(packed.start).copied();
                part((*near)?, packed.start, length)
            });
            put_together(kind, part.unwrap_or_default())
        };
        Var { name: packed.name, at: packed.at, value }
    }

    /// Appends the value of a packed variable as JSON. A plain text, as most are, is taken from where it stands.
    #[inline]
    pub(super) fn write_json(&self, packed: &Packed, near: &mut Option<Text<'a>>, out: &mut Vec<u8>) {
        let bytes = near.filter(|_| packed.form >> LENGTH_BITS == STR).and_then(|text| {
            let start = packed.start.checked_sub(text.base.0)? as usize;
            text.text.as_bytes().get(start..start + (packed.form as usize & LONGEST))
        });
        match bytes {
            Some(bytes) => write_json_bytes(bytes, out),
            None => self.unpack(packed, near).value.write_json(out),
        }
    }

    /// The text that a position is in.
    #[inline]
    fn holding(&self, position: u32) -> Option<&Text<'a>> {
        let last = self.texts.last()?;
        if last.base.0 <= position {
            return Some(last);
        }
        let index = self.texts.partition_point(|text| text.base.0 <= position);
        self.texts.get(index.checked_sub(1)?)
    }
}

/// A part of a text by its position, if the text has it.
#[inline]
fn part(text: Text<'_>, start: u32, length: usize) -> Option<&str> {
    let start = start.checked_sub(text.base.0)? as usize;
    text.text.get(start..start + length)
}

/// The kind of a value, and its text if it has one.
#[inline]
fn taken_apart(value: Value<'_>) -> (u32, &str) {
    match value {
        Value::Null => (0, ""),
        Value::Bool(false, text) => (1, text),
        Value::Bool(true, text) => (2, text),
        Value::Int(text) => (3, text),
        Value::Float(text) => (4, text),
        Value::Date(text) => (5, text),
        Value::Str(text) => (STR, text),
        Value::Vault(text) => (7, text),
        Value::Unsafe(text) => (8, text),
        Value::List(_) | Value::Set(_) | Value::Map(_) => (OTHER, ""),
    }
}

/// The value that was taken apart.
#[inline]
fn put_together(kind: u32, text: &str) -> Value<'_> {
    match kind {
        1 => Value::Bool(false, text),
        2 => Value::Bool(true, text),
        3 => Value::Int(text),
        4 => Value::Float(text),
        5 => Value::Date(text),
        STR => Value::Str(text),
        7 => Value::Vault(text),
        8 => Value::Unsafe(text),
        _ => Value::Null,
    }
}

/// That there are more variables than four bytes can count. Small, since it is handed on for each variable.
#[derive(Clone, Copy, Debug)]
pub(super) struct TooMany;

impl From<TooMany> for Problem {
    fn from(_: TooMany) -> Problem {
        Problem::of(Code::LimitExceeded, "the hosts have more than 4,294,967,295 variables together")
            .hint("put variables that hosts have in common on their group")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::value::{Entry, KeyKind};

    const NAME: VarId = VarId(7);

    fn there_and_back<'a>(pool: &mut Pool<'a>, value: Value<'a>, at: u32) -> (Packed, Var<'a>) {
        let packed = pool.pack(&Var { name: NAME, at: Pos(at), value }).unwrap();
        for near in [None].into_iter().chain(pool.texts.iter().copied().map(Some)) {
            let mut written = Vec::new();
            pool.write_json(&packed, &mut { near }, &mut written);
            assert_eq!(String::from_utf8(written).unwrap(), value.to_json());
        }
        (packed, pool.unpack(&packed, &mut None))
    }

    #[test]
    fn every_value_comes_back_as_it_was() {
        let (first, second) = (String::from("a=yes b=1.10 ü"), String::from("c='2001-01-01'"));
        let mut pool = Pool::default();
        pool.add_text(Text { text: &first, base: Pos(0) });
        pool.add_text(Text { text: &second, base: Pos(16) });
        let list = [Value::Null];
        let map = [Entry { key: "k", kind: KeyKind::Str, at: Pos(2), value: Value::Int("1") }];
        let (yes, float, umlaut, date, made) =
            (&first[2..5], &first[8..12], &first[13..], &second[3..13], String::from("made"));
        let of = |text| {
            [
                Value::Int(text),
                Value::Float(text),
                Value::Date(text),
                Value::Str(text),
                Value::Vault(text),
                Value::Unsafe(text),
            ]
        };
        let texts = [yes, float, umlaut, date, "", &made, &first, &second];
        let values = texts.into_iter().flat_map(of).chain([
            Value::Null,
            Value::Bool(true, yes),
            Value::Bool(false, yes),
            Value::List(&list),
            Value::Set(&list),
            Value::Map(&map),
        ]);
        for value in values {
            for at in [0, 13, 16, 20, 4000] {
                assert_eq!(there_and_back(&mut pool, value, at).1, Var { name: NAME, at: Pos(at), value });
            }
        }
    }

    #[test]
    fn only_what_is_no_part_of_its_text_stands_beside() {
        let text = String::from("a=one b=two");
        let other = String::from("one");
        let mut pool = Pool::default();
        pool.add_text(Text { text: &text, base: Pos(5) });
        for (value, beside) in [
            (Value::Str(&text[2..5]), 0),
            (Value::Str(&text[8..]), 0),
            (Value::Str(""), 0),
            (Value::Null, 0),
            (Value::Str(&other), 1),
            (Value::List(&[]), 2),
        ] {
            there_and_back(&mut pool, value, 7);
            assert_eq!(pool.others.len(), beside, "{value:?}");
        }
        assert_eq!(size_of::<Packed>(), 16);
    }
}
