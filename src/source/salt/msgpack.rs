//! MessagePack as Salt's cache holds it: one value, dates under ext type 78.

use rmpv::{Utf8StringRef, ValueRef};

use super::guarded;
use crate::text::{Arena, Pos};
use crate::value::{Entry, KeyKind, Value, number};

/// Salt's `datetime`, `20261123T120000.000000` with colons in its time.
const DATETIME: i8 = 78;
/// How deep lists and mappings may be nested.
const MAX_DEPTH: usize = 128;

/// Reads a file that is one value; texts are borrowed from it.
///
/// # Errors
/// Why it cannot be read, as a fragment.
pub(super) fn parse<'a>(arena: &'a Arena, bytes: &'a [u8]) -> Result<Value<'a>, String> {
    let mut rest = bytes;
    let value = rmpv::decode::value_ref::read_value_ref_with_max_depth(&mut rest, MAX_DEPTH).map_err(|error| {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => format!("it ends within a value, after {} bytes", bytes.len()),
            _ => format!("it is not MessagePack: {error}"),
        }
    })?;
    if !rest.is_empty() {
        return Err(format!("there are {} bytes after its value", rest.len()));
    }
    convert(arena, &value)
}

fn convert<'a>(arena: &'a Arena, value: &ValueRef<'a>) -> Result<Value<'a>, String> {
    Ok(match value {
        ValueRef::Nil => Value::Null,
        ValueRef::Boolean(true) => Value::Bool(true, "true"),
        ValueRef::Boolean(false) => Value::Bool(false, "false"),
        ValueRef::Integer(integer) => Value::Int(arena.alloc_str(&integer.to_string())),
        ValueRef::F32(float) => Value::Float(arena.alloc_str(&number::float_repr(f64::from(*float)))),
        ValueRef::F64(float) => Value::Float(arena.alloc_str(&number::float_repr(*float))),
        ValueRef::String(text) => guarded(text_of(arena, text)),
        ValueRef::Binary(bytes) => guarded(lossy(arena, bytes)),
        ValueRef::Array(items) => {
            let items = items.iter().map(|item| convert(arena, item)).collect::<Result<Vec<_>, _>>()?;
            Value::List(arena.alloc_slice_copy(&items))
        }
        ValueRef::Map(pairs) => {
            let entries = pairs.iter().map(|(key, value)| entry(arena, key, value)).collect::<Result<Vec<_>, _>>()?;
            Value::Map(arena.alloc_slice_copy(&entries))
        }
        ValueRef::Ext(DATETIME, bytes) => Value::Str(datetime(arena, lossy(arena, bytes))),
        ValueRef::Ext(kind, _) => return Err(format!("it has a value of the unknown ext type {kind}")),
    })
}

fn entry<'a>(arena: &'a Arena, key: &ValueRef<'a>, value: &ValueRef<'a>) -> Result<Entry<'a>, String> {
    let (key, kind) = match key {
        ValueRef::String(text) => (text_of(arena, text), KeyKind::Str),
        ValueRef::Binary(bytes) => (lossy(arena, bytes), KeyKind::Str),
        ValueRef::Integer(integer) => (&*arena.alloc_str(&integer.to_string()), KeyKind::Int),
        ValueRef::Boolean(truth) => (if *truth { "true" } else { "false" }, KeyKind::Bool(*truth)),
        ValueRef::F64(float) => (&*arena.alloc_str(&number::float_repr(*float)), KeyKind::Float),
        ValueRef::Nil => ("null", KeyKind::Null),
        _ => return Err("a mapping has a key that is not a single value".to_string()),
    };
    Ok(Entry { key, kind, at: Pos::default(), value: convert(arena, value)? })
}

fn text_of<'a>(arena: &'a Arena, text: &Utf8StringRef<'a>) -> &'a str {
    match text.into_str() {
        Some(text) => text,
        None => lossy(arena, text.as_bytes()),
    }
}

fn lossy<'a>(arena: &'a Arena, bytes: &[u8]) -> &'a str {
    arena.alloc_str(&String::from_utf8_lossy(bytes))
}

/// As Python's `str()` writes it: `2026-11-23 12:00:00`, with its fraction if there is one.
fn datetime<'a>(arena: &'a Arena, text: &'a str) -> &'a str {
    let shown = || {
        let (date, time) = text.split_once('T')?;
        let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
        let time = time.strip_suffix(".000000").unwrap_or(time);
        Some(format!("{year}-{month}-{day} {time}"))
    };
    shown().map_or(text, |text| arena.alloc_str(&text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        let arena = Arena::new();
        parse(&arena, arena.alloc_slice_copy(bytes)).map(|value| value.to_json())
    }

    #[test]
    fn every_kind_of_value() {
        let bytes = [
            &[0x8a, 0xa1, b'n', 0xc0, 0xa1, b't', 0xc3, 0xa1, b'i', 0xff, 0xa1, b'f', 0xcb][..],
            &1.1f64.to_be_bytes(),
            &[0xa1, b's', 0xa3, 0xe2, 0x82, 0xac, 0xa1, b'b', 0xc4, 1, b'x', 0xa1, b'l', 0x92, 1, 0x90],
            &[0xa1, b'd', 0xc7, 24, 78],
            b"20261123T12:00:00.000000",
            &[0x05, 0xa4, b'f', b'i', b'v', b'e', 0xa1, b'u', 0xcf],
            &u64::MAX.to_be_bytes(),
        ];
        assert_eq!(
            read(&bytes.concat()).unwrap(),
            "{\"n\":null,\"t\":true,\"i\":-1,\"f\":1.1,\"s\":\"€\",\"b\":\"x\",\"l\":[1,[]],\
             \"d\":\"2026-11-23 12:00:00\",\"5\":\"five\",\"u\":18446744073709551615}"
        );
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_refused() {
        let whole = [0x81, 0xa2, b'o', b's', 0xa6, b'D', b'e', b'b', b'i', b'a', b'n'];
        assert!(read(&whole).is_ok());
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        assert_eq!(read(&[0xc0, 0xc0]), Err("there are 1 bytes after its value".to_string()));
        assert_eq!(read(&[0xd4, 1, 0]), Err("it has a value of the unknown ext type 1".to_string()));
        assert!(read(&vec![0x91; 100_000]).is_err());
    }

    #[test]
    fn a_template_of_a_minion_is_marked() {
        let arena = Arena::new();
        let value = parse(&arena, arena.alloc_slice_copy(b"\xa7{{ x }}")).unwrap();
        assert_eq!(value, Value::Unsafe("{{ x }}"));
    }
}
