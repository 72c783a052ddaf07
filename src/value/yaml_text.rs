//! Values as YAML that PyYAML, and so Ansible and Salt, read back as the same values.

use crate::shown::is_unseen;

use super::yaml11::{Resolved, resolve, resolve_loosely};
use super::{Entry, KeyKind, Value, number, print};

/// A key longer than this gets a `? ` before it: libyaml wants the `:` of others within 1,024 characters.
const MAX_SIMPLE_KEY: usize = 1000;

impl Value<'_> {
    /// Appends the value as YAML in block style, indented by two spaces, with a newline at the end.
    ///
    /// A string is in double quotes unless it is safe without; what stays plain, no reader of YAML 1.1 or 1.2 takes for
    /// anything but a string.
    pub fn write_yaml(&self, out: &mut Vec<u8>) {
        write_block(self, 0, out);
    }

    /// The value as YAML; see [`Value::write_yaml`].
    pub fn to_yaml(&self) -> String {
        let mut out = Vec::new();
        self.write_yaml(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Writes a node where its first line already has its indentation, through its last newline.
fn write_block(value: &Value<'_>, indent: usize, out: &mut Vec<u8>) {
    match value {
        Value::List(items) | Value::Set(items) if !items.is_empty() => {
            for (i, item) in items.iter().enumerate() {
                start_line(i, indent, out);
                out.extend_from_slice(b"- ");
                write_block(item, indent + 2, out);
            }
        }
        Value::Map(entries) if !entries.is_empty() => {
            for (i, entry) in entries.iter().enumerate() {
                start_line(i, indent, out);
                write_entry(entry, indent, out);
            }
        }
        Value::Vault(text) => write_vault(text, indent, out),
        scalar => {
            write_scalar(scalar, out);
            out.push(b'\n');
        }
    }
}

/// Indents every line of a block but the first, which its parent has begun.
fn start_line(number: usize, indent: usize, out: &mut Vec<u8>) {
    if number > 0 {
        out.resize(out.len() + indent, b' ');
    }
}

fn write_entry(entry: &Entry<'_>, indent: usize, out: &mut Vec<u8>) {
    let start = out.len();
    write_key(entry, out);
    if out.len() - start > MAX_SIMPLE_KEY {
        out.splice(start..start, *b"? ");
        out.push(b'\n');
        out.resize(out.len() + indent, b' ');
    }
    out.push(b':');
    match entry.value {
        Value::List([_, ..]) | Value::Set([_, ..]) | Value::Map([_, ..]) => {
            out.push(b'\n');
            out.resize(out.len() + indent + 2, b' ');
        }
        _ => out.push(b' '),
    }
    write_block(&entry.value, indent + 2, out);
}

fn write_key(entry: &Entry<'_>, out: &mut Vec<u8>) {
    match entry.kind {
        KeyKind::Str => write_string(entry.key, out),
        KeyKind::Float => write_float(entry.key, out),
        _ => out.extend_from_slice(entry.name().as_bytes()),
    }
}

/// A scalar, an empty list or an empty mapping, on one line.
fn write_scalar(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value, _) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Int(text) => out.extend_from_slice(number::decimal(text).as_bytes()),
        Value::Float(text) => write_float(text, out),
        Value::Date(text) => out.extend_from_slice(print::iso(text).as_bytes()),
        Value::Str(text) => write_string(text, out),
        Value::Unsafe(text) => write_unsafe(text, out),
        Value::Vault(text) => {
            out.extend_from_slice(b"!vault ");
            write_quoted(text, out);
        }
        Value::List(_) | Value::Set(_) => out.extend_from_slice(b"[]"),
        Value::Map(_) => out.extend_from_slice(b"{}"),
    }
}

/// A float in YAML 1.1, where an exponent needs a point and a sign: `1.0e+16`.
fn write_float(text: &str, out: &mut Vec<u8>) {
    let repr = number::float_repr(number::float(text));
    let text = match (repr.as_str(), repr.split_once('e')) {
        ("NaN", _) => ".nan".to_string(),
        ("Infinity", _) => ".inf".to_string(),
        ("-Infinity", _) => "-.inf".to_string(),
        (_, Some((mantissa, exponent))) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
        _ => repr,
    };
    out.extend_from_slice(text.as_bytes());
}

/// `!unsafe`, unless the text would not be a string under it: Ansible types it even in quotes. Such a text is not a template.
fn write_unsafe(text: &str, out: &mut Vec<u8>) {
    if resolve_loosely(text).0 == Resolved::Str {
        out.extend_from_slice(b"!unsafe ");
    }
    write_quoted(text, out);
}

/// A vault as the block that `ansible-vault` prints, or in quotes if its lines are not plain ones.
fn write_vault(text: &str, indent: usize, out: &mut Vec<u8>) {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_plain = |line: &str| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_graphic());
    if !body.split('\n').all(is_plain) {
        write_scalar(&Value::Vault(text), out);
        out.push(b'\n');
        return;
    }
    out.extend_from_slice(if body.len() == text.len() { b"!vault |-\n" } else { b"!vault |\n" });
    // At the top level, too, a block's lines need an indentation, or `---` would end the document.
    let indent = indent.max(2);
    for line in body.split('\n') {
        out.resize(out.len() + indent, b' ');
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    if is_safely_plain(text) {
        out.extend_from_slice(text.as_bytes());
    } else {
        write_quoted(text, out);
    }
}

/// Letters, digits and `_ . / -` with single spaces inside, no number or word of YAML 1.1, YAML 1.2 or Python.
fn is_safely_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let starts = bytes.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/'));
    let ends = bytes.last().is_some_and(|byte| *byte != b' ');
    let inside =
        bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-' | b' '));
    starts
        && ends
        && inside
        && resolve(text) == Resolved::Str
        && text.parse::<f64>().is_err()
        && !matches!(bytes, [b'y' | b'Y' | b'n' | b'N'] | [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..])
}

/// Appends a string in double quotes, on one line whatever is in it.
pub fn write_quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\r' => out.extend_from_slice(b"\\r"),
            _ if is_printable(character) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => out.extend_from_slice(escape(character).as_bytes()),
        }
    }
    out.push(b'"');
}

/// Whether a character stands for itself in YAML: no control character, line break, byte order mark or non-character, and
/// nothing that changes how a terminal shows the rest.
fn is_printable(character: char) -> bool {
    !is_unseen(character)
        && !matches!(character, '\0'..='\x1f' | '\x7f'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn escape(character: char) -> String {
    match u32::from(character) {
        code @ 0..=0xff => format!("\\x{code:02X}"),
        code @ 0x100..=0xffff => format!("\\u{code:04X}"),
        code => format!("\\U{code:08X}"),
    }
}
