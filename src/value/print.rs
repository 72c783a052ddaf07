//! Values as JSON, number for number as Python's `json.dumps` writes them.

use super::{Entry, KeyKind, Timestamp, Value, number};
use crate::text::words::{position, special_in_json};

impl Value<'_> {
    /// Appends the value as compact JSON in UTF-8.
    ///
    /// As Ansible prints it: integers of every notation in decimal, floats as Python's `repr`, `NaN` and `Infinity` bare,
    /// dates as ISO strings, vaults as `{"__ansible_vault": …}`, unsafe strings as `{"__ansible_unsafe": …}`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(value, _) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Value::Int(text) => out.extend_from_slice(number::decimal(text).as_bytes()),
            Value::Float(text) => out.extend_from_slice(number::float_repr(number::float(text)).as_bytes()),
            Value::Date(text) => write_json_string(&iso(text), out),
            Value::Str(text) => write_json_string(text, out),
            Value::Vault(text) => write_tagged(b"__ansible_vault", text, out),
            Value::Unsafe(text) => write_tagged(b"__ansible_unsafe", text, out),
            Value::List(items) | Value::Set(items) => write_list(items, out),
            Value::Map(entries) => write_map(entries, out),
        }
    }

    /// The value as compact JSON; see [`Value::write_json`].
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write_json(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

/// A date in ISO form; the text itself if it is none.
pub(super) fn iso(text: &str) -> String {
    Timestamp::parse(text).map_or_else(|| text.to_string(), |stamp| stamp.to_string())
}

fn write_tagged(tag: &[u8], text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"");
    out.extend_from_slice(tag);
    out.extend_from_slice(b"\":");
    write_json_string(text, out);
    out.push(b'}');
}

fn write_list(items: &[Value<'_>], out: &mut Vec<u8>) {
    out.push(b'[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        item.write_json(out);
    }
    out.push(b']');
}

fn write_map(entries: &[Entry<'_>], out: &mut Vec<u8>) {
    out.push(b'{');
    for (i, entry) in entries.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        match entry.kind {
            KeyKind::Str => write_json_string(entry.key, out),
            _ => write_json_string(&entry.name(), out),
        }
        out.push(b':');
        entry.value.write_json(out);
    }
    out.push(b'}');
}

/// For each byte: 0 if it stands for itself in a JSON string, `u` if it needs `\u00XX`, else the letter after `\`.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = b'u';
        control += 1;
    }
    table[0x08] = b'b';
    table[b'\t' as usize] = b't';
    table[b'\n' as usize] = b'n';
    table[0x0c] = b'f';
    table[b'\r' as usize] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Appends a string with its quotes as JSON: UTF-8, only quotes, backslashes and control characters escaped.
pub fn write_json_string(text: &str, out: &mut Vec<u8>) {
    write_json_bytes(text.as_bytes(), out);
}

/// [`write_json_string`] of a text in UTF-8.
#[inline]
pub(crate) fn write_json_bytes(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    match position(text, special_in_json) {
        None => out.extend_from_slice(text),
        Some(first) => write_escaped(text, first, out),
    }
    out.push(b'"');
}

/// A text with its first byte that needs an escape.
#[cold]
fn write_escaped(text: &[u8], first: usize, out: &mut Vec<u8>) {
    let (mut rest, mut special) = (text, Some(first));
    while let Some(i) = special {
        let byte = rest[i];
        let escape = ESCAPES[usize::from(byte)];
        out.extend_from_slice(&rest[..i]);
        out.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            out.extend_from_slice(&[b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
        }
        rest = &rest[i + 1..];
        special = position(rest, special_in_json);
    }
    out.extend_from_slice(rest);
}

/// The hexadecimal digit of a number below 16.
fn hex(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
}
