//! JSON as Ansible reads it: Python's `json` with Ansible's decoder.
//!
//! Simple texts take a short way (`plain.rs`), and serde_json parses all others; values are built while it goes, without a tree in between. Numbers keep their text (but for
//! a `+` that serde_json puts into `1e5`),
//! strings without escapes are parts of the source. `NaN`, `Infinity` and `-Infinity` are accepted as Python accepts them,
//! and a mapping with `__ansible_vault` or `__ansible_unsafe` becomes the string it stands for. Nesting ends at 128 levels,
//! where Python goes on to about 1,000.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::Code;
use crate::text::{Arena, Pos, Text};
use crate::value::{Entry, Fault, KeyKind, Value, keys, number};
use crate::yaml;

mod plain;

/// The key under which serde_json hands out a number as written (its feature `arbitrary_precision`; a test watches it).
/// Integers of 64 bits come as such, and JSON has but one way to write those.
const NUMBER: &str = "$serde_json::private::Number";

/// Reads a text that is one JSON value.
///
/// Of a repeated key the last value counts.
///
/// # Errors
/// What Python's `json` refuses, lone surrogates, and the marks of Ansible's own types other than vault and unsafe.
pub fn parse<'a>(arena: &'a Arena, text: Text<'a>) -> Result<Value<'a>, Fault> {
    if let Some(value) = plain::read(arena, text) {
        return Ok(value);
    }
    parse_by_serde(arena, text)
}

/// Reads a text by serde_json.
fn parse_by_serde<'a>(arena: &'a Arena, text: Text<'a>) -> Result<Value<'a>, Fault> {
    let fault = match read(arena, text, text.text, &[]) {
        Ok(value) => return Ok(value),
        Err(fault) => fault,
    };
    let specials = specials(text.text);
    if specials.is_empty() {
        return Err(fault);
    }
    read(arena, text, arena.alloc_str(&with_strings(text.text, &specials)), &specials)
}

/// Reads data that may be JSON or YAML, as Ansible's `from_yaml`: JSON first, then YAML.
///
/// # Errors
/// Those of [`yaml::parse_within`].
pub fn parse_data<'a>(
    arena: &'a Arena,
    text: Text<'a>,
    max_expanded: u64,
    warnings: &mut Vec<(Pos, String)>,
) -> Result<Value<'a>, Fault> {
    if may_be_json(text.text)
        && let Ok(value) = parse(arena, text)
    {
        return Ok(value);
    }
    yaml::parse_within(arena, text, max_expanded, warnings)
}

/// Whether the text starts as JSON; a wrong guess costs a walk through it.
fn may_be_json(text: &str) -> bool {
    let text = text.trim_ascii_start();
    let word = || ["true", "false", "null", "NaN", "Infinity"].iter().any(|word| text.starts_with(word));
    match text.as_bytes() {
        [b'{' | b'[' | b'"' | b'0'..=b'9', ..] | [b'-', b'0'..=b'9' | b'I', ..] => true,
        _ => word(),
    }
}

/// Parses `source`, which is the text itself or the text with strings for the `specials`, byte for byte as long.
fn read<'a>(arena: &'a Arena, text: Text<'a>, source: &'a str, specials: &[Range<usize>]) -> Result<Value<'a>, Fault> {
    let reader = Reader {
        arena,
        text,
        source: Text { text: source, base: text.base },
        specials,
        last: Cell::new(text.base),
        items: RefCell::default(),
        entries: RefCell::default(),
    };
    let mut deserializer = serde_json::Deserializer::from_str(source);
    reader
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| fault(text, &error))
}

/// serde_json's error with its place: lines by `\n`, columns in bytes.
fn fault(text: Text<'_>, error: &serde_json::Error) -> Fault {
    let start: usize = text.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = (start + error.column().saturating_sub(1)).min(text.text.len());
    let full = error.to_string();
    let message = full.rfind(" at line ").and_then(|end| full.get(..end)).unwrap_or(&full);
    Fault::new(Code::InvalidJson, text.pos(offset), message)
}

/// Where `NaN`, `Infinity` and `-Infinity` stand outside of strings.
fn specials(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut in_string = false;
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let mut length = 1;
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => length = 2,
            b'N' | b'I' | b'-' if !in_string => {
                let names = ["NaN", "Infinity", "-Infinity"];
                if let Some(name) = names.iter().find(|name| bytes[i..].starts_with(name.as_bytes())) {
                    length = name.len();
                    found.push(i..i + length);
                }
            }
            _ => {}
        }
        i += length;
    }
    found
}

/// The text with a string of the same length at each of the places, so that serde_json takes it and offsets stay.
fn with_strings(text: &str, places: &[Range<usize>]) -> String {
    let mut changed = text.to_string();
    for place in places {
        changed.replace_range(place.clone(), &format!("\"{}\"", "?".repeat(place.len() - 2)));
    }
    changed
}

/// Builds values in the arena; one for the whole text, passed down by reference.
struct Reader<'a, 's> {
    arena: &'a Arena,
    text: Text<'a>,
    /// What serde_json reads.
    source: Text<'a>,
    specials: &'s [Range<usize>],
    /// The last known place, for a key whose own is lost because it has escapes.
    last: Cell<Pos>,
    /// The parts of the lists and mappings that are open, the innermost last.
    items: RefCell<Vec<Value<'a>>>,
    entries: RefCell<Vec<Entry<'a>>>,
}

impl<'a> DeserializeSeed<'a> for &Reader<'a, '_> {
    type Value = Value<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for &Reader<'a, '_> {
    type Value = Value<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(value, if value { "true" } else { "false" }))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Value::Int(self.arena.alloc_str(&number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Value::Int(self.arena.alloc_str(&number.to_string())))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Self::Value, E> {
        let start = self.source.pos_of(text).0.wrapping_sub(self.source.base.0) as usize;
        if let Ok(index) = self.specials.binary_search_by_key(&start, |place| place.start + 1) {
            return Ok(Value::Float(&self.text.text[self.specials[index].clone()]));
        }
        Ok(Value::Str(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Str(self.arena.alloc_str(text)))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let start = self.items.borrow().len();
        while let Some(item) = list.next_element_seed(self)? {
            self.items.borrow_mut().push(item);
        }
        let mut items = self.items.borrow_mut();
        let value = Value::List(self.arena.alloc_slice_copy(&items[start..]));
        items.truncate(start);
        Ok(value)
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let start = self.entries.borrow().len();
        while let Some(key) = map.next_key_seed(KeySeed(self))? {
            match key {
                Key::Number => return number(map.next_value_seed(self)?),
                Key::Named(key, at) => {
                    let value = map.next_value_seed(self)?;
                    self.entries.borrow_mut().push(Entry { key, kind: KeyKind::Str, at, value });
                }
            }
        }
        let mut entries = self.entries.borrow_mut();
        keys::unique(&mut entries, start, |_, _| {});
        let value = match marked(&entries[start..])? {
            Some(value) => value,
            None => Value::Map(self.arena.alloc_slice_copy(&entries[start..])),
        };
        entries.truncate(start);
        Ok(value)
    }
}

/// A number from its text.
fn number<E: serde::de::Error>(value: Value<'_>) -> Result<Value<'_>, E> {
    match value {
        Value::Str(text) if text.contains(['.', 'e', 'E']) => Ok(Value::Float(text)),
        Value::Str(text) if number::is_too_long(text) => Err(E::custom("an integer has more than 4300 digits")),
        Value::Str(text) => Ok(Value::Int(text)),
        _ => Err(E::custom("this is not a valid number")),
    }
}

/// The value that Ansible's decoder makes of a mapping with one of its marks: the first of them counts.
fn marked<'a, E: serde::de::Error>(entries: &[Entry<'a>]) -> Result<Option<Value<'a>>, E> {
    let find = |mark: &str| entries.iter().find(|entry| entry.key == mark).map(|entry| entry.value);
    let wrong = |mark: &str, value: Value<'_>| {
        Err(E::custom(format_args!("`{mark}` takes a string, not {}", value.type_name())))
    };
    if let Some(value) = find("__ansible_unsafe") {
        return if let Value::Str(text) = value {
            Ok(Some(Value::Unsafe(text)))
        } else {
            wrong("__ansible_unsafe", value)
        };
    }
    if let Some(value) = find("__ansible_vault") {
        return if let Value::Str(text) = value {
            Ok(Some(Value::Vault(text)))
        } else {
            wrong("__ansible_vault", value)
        };
    }
    match find("__ansible_type") {
        Some(_) => Err(E::custom("`__ansible_type` marks a type that an inventory cannot hold")),
        None => Ok(None),
    }
}

/// A key of a mapping, or the sign that the mapping is serde_json's way to hand out a number.
enum Key<'a> {
    Named(&'a str, Pos),
    Number,
}

struct KeySeed<'r, 'a, 's>(&'r Reader<'a, 's>);

impl<'a> DeserializeSeed<'a> for KeySeed<'_, 'a, '_> {
    type Value = Key<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for KeySeed<'_, 'a, '_> {
    type Value = Key<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string for a key")
    }

    fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Self::Value, E> {
        let source = self.0.source.text.as_bytes().as_ptr_range();
        // A key that is spelled like the sign stands in the source; the sign itself does not.
        if key == NUMBER && !source.contains(&key.as_ptr()) {
            return Ok(Key::Number);
        }
        let at = self.0.source.pos_of(key);
        self.0.last.set(at);
        Ok(Key::Named(key, at))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Key::Named(self.0.arena.alloc_str(key), self.0.last.get()))
    }
}

#[cfg(test)]
mod tests;
