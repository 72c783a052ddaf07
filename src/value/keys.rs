//! Keys of mappings: which values can be one, and which are the same.

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt, HashSet};

use super::{Entry, KeyKind, Value, number};

/// Up to this many keys are compared one with another; more go through a hash table.
const FEW: usize = 8;

/// The text and type of a value as a key; `None` for what JSON has no key for.
pub(crate) fn key(value: Value<'_>) -> Option<(&str, KeyKind)> {
    match value {
        Value::Str(text) | Value::Unsafe(text) => Some((text, KeyKind::Str)),
        Value::Int(text) => Some((text, KeyKind::Int)),
        Value::Float(text) => Some((text, KeyKind::Float)),
        Value::Bool(value, text) => Some((text, KeyKind::Bool(value))),
        Value::Null => Some(("null", KeyKind::Null)),
        Value::Date(_) | Value::Vault(_) | Value::List(_) | Value::Set(_) | Value::Map(_) => None,
    }
}

/// The value that a key was.
pub(crate) fn value<'a>(entry: &Entry<'a>) -> Value<'a> {
    match entry.kind {
        KeyKind::Str => Value::Str(entry.key),
        KeyKind::Int => Value::Int(entry.key),
        KeyKind::Float => Value::Float(entry.key),
        KeyKind::Bool(value) => Value::Bool(value, entry.key),
        KeyKind::Null => Value::Null,
    }
}

/// A key by what makes it equal to another in Python, where 1, 1.0 and True are one key.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'a> {
    Str(&'a str),
    Number(Cow<'a, str>),
    Null,
}

impl<'a> Identity<'a> {
    fn of(entry: &Entry<'a>) -> Self {
        match entry.kind {
            KeyKind::Str => Identity::Str(entry.key),
            KeyKind::Null => Identity::Null,
            KeyKind::Bool(value) => Identity::Number(if value { "1" } else { "0" }.into()),
            KeyKind::Int => Identity::Number(number::decimal(entry.key)),
            KeyKind::Float => {
                let value = number::float(entry.key);
                let whole = value.is_finite() && value.fract() == 0.0;
                // Zero is added because -0.0 equals 0.
                Identity::Number(if whole { format!("{:.0}", value + 0.0) } else { number::float_repr(value) }.into())
            }
        }
    }
}

/// Makes the keys from `start` on unique as a Python dict does: a key keeps its first place and takes its last value.
///
/// Calls `repeated` with the offset from `start` of each key's first occurrence and the entry that repeats it.
pub(crate) fn unique<'a>(entries: &mut Vec<Entry<'a>>, start: usize, mut repeated: impl FnMut(usize, &Entry<'a>)) {
    let Some(tail) = entries.get_mut(start..) else { return };
    if if tail.len() <= FEW { are_surely_unique(tail) } else { are_other_strings(tail) } {
        return;
    }
    let mut table = (tail.len() > FEW).then(|| HashMap::with_capacity(tail.len()));
    // The entries kept so far come first, each with its original offset.
    let mut origins: Vec<usize> = Vec::new();
    let mut kept = 0;
    for i in 0..tail.len() {
        let entry = tail[i];
        let same = match &mut table {
            Some(table) => match table.entry(Identity::of(&entry)) {
                std::collections::hash_map::Entry::Occupied(found) => Some(*found.get()),
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(kept);
                    None
                }
            },
            None => tail[..kept].iter().position(|other| is_same(other, &entry)),
        };
        match same {
            Some(first) => {
                repeated(origins.get(first).copied().unwrap_or(first), &entry);
                tail[first].value = entry.value;
                tail[first].at = entry.at;
                if origins.is_empty() {
                    origins.extend(0..kept);
                }
            }
            None => {
                tail[kept] = entry;
                if !origins.is_empty() {
                    origins.push(i);
                }
                kept += 1;
            }
        }
    }
    entries.truncate(start + kept);
}

/// Whether all keys are strings and no two the same: each above the one before, or else each new to a set.
fn are_other_strings(entries: &[Entry<'_>]) -> bool {
    if entries.iter().any(|entry| entry.kind != KeyKind::Str) {
        return false;
    }
    let mut seen: HashSet<&str> = HashSet::default();
    entries.is_sorted_by(|one, next| one.key < next.key) || {
        seen.reserve(entries.len());
        entries.iter().all(|entry| seen.insert(entry.key))
    }
}

/// Whether lengths and ends tell that a few keys are all strings and no two the same, as they do of most.
fn are_surely_unique(entries: &[Entry<'_>]) -> bool {
    let mut seen = 0_u64;
    entries.iter().all(|entry| {
        let (KeyKind::Str, [first, .., last]) = (entry.kind, entry.key.as_bytes()) else { return false };
        let sum = entry.key.len().wrapping_mul(31).wrapping_add(usize::from(*first).wrapping_mul(5));
        let mark = 1_u64 << (sum.wrapping_add(usize::from(*last)) % 64);
        let is_new = seen & mark == 0;
        seen |= mark;
        is_new
    })
}

/// Whether a Python dict takes the two for one key.
#[inline]
pub(crate) fn is_same(left: &Entry<'_>, right: &Entry<'_>) -> bool {
    match (left.kind, right.kind) {
        (KeyKind::Str, KeyKind::Str) => left.key == right.key,
        (KeyKind::Str, _) | (_, KeyKind::Str) => false,
        _ => Identity::of(left) == Identity::of(right),
    }
}
