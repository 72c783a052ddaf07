//! JSON on many lines.

use std::borrow::Cow;

use crate::shown::is_unseen;

/// Spaces a level, as `ansible-inventory` prints.
const INDENT: usize = 4;

/// A compact JSON document with line feeds and indentation; what it says stays the same, also the bare `NaN` and
/// `Infinity` of Python's dialect, which JSON libraries refuse.
pub fn pretty(compact: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(compact.len() * 2);
    let mut level = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    let compact = escape_unseen(compact);
    for (index, byte) in compact.iter().copied().enumerate() {
        if in_string {
            out.push(byte);
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                let empty = matches!(compact.get(index + 1), Some(b'}' | b']'));
                level += 1;
                if !empty {
                    line(&mut out, level);
                }
            }
            b'}' | b']' => {
                level = level.saturating_sub(1);
                if !matches!(out.last(), Some(b'{' | b'[')) {
                    line(&mut out, level);
                }
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(&mut out, level);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                in_string = byte == b'"';
                out.push(byte);
            }
        }
    }
    out
}

/// The document with JSON's own escapes for characters that are not seen or turn text around: people read it.
fn escape_unseen(compact: &[u8]) -> Cow<'_, [u8]> {
    let Ok(text) = std::str::from_utf8(compact) else { return Cow::Borrowed(compact) };
    if !text.contains(is_unseen) {
        return Cow::Borrowed(compact);
    }
    let mut out = Vec::with_capacity(compact.len() + 64);
    for c in text.chars() {
        let mut units = [0; 2];
        if is_unseen(c) {
            // a compact document has such characters within strings only
            c.encode_utf16(&mut units).iter().for_each(|unit| out.extend(format!("\\u{unit:04x}").bytes()));
        } else {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Cow::Owned(out)
}

fn line(out: &mut Vec<u8>, level: usize) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', level * INDENT));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn indents_and_keeps_what_is_in_strings() {
        let compact = br#"{"a":[],"b":{},"c":["x:,{\"]",{"d":NaN}]}"#;
        let text = String::from_utf8(pretty(compact)).unwrap();
        let expected = "{\n    \"a\": [],\n    \"b\": {},\n    \"c\": [\n        \"x:,{\\\"]\",\n        {\n            \"d\": NaN\n        }\n    ]\n}";
        assert_eq!(text, expected);
    }
}
