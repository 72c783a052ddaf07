//! JSON for programs. A terminal shows it unharmed too: what is not seen or steers stands in it as an escape, which programs read
//! as the character itself.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use crate::shown::is_unseen;
use crate::text::all_bytes;

/// Writes a document on many lines, and a line feed after it.
///
/// # Errors
/// Those of `out`.
pub(super) fn write_pretty(document: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    write(&serde_json::to_string_pretty(document)?, out)
}

/// Writes a document on one line, and a line feed after it.
///
/// # Errors
/// Those of `out`.
pub(super) fn write_line(document: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    write(&serde_json::to_string(document)?, out)
}

fn write(json: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(escaped(json).as_bytes())?;
    out.write_all(b"\n")
}

/// The same JSON without such characters, which stand in its strings alone; line feeds are its own.
pub(super) fn escaped(json: &str) -> Cow<'_, str> {
    if all_bytes(json, |byte| (b' '..0x7f).contains(&byte) || byte == b'\n') {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if c == '\n' || !is_unseen(c) {
            text.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_steers_stands_as_an_escape_and_is_read_as_itself() {
        let text = "é\u{1b}\u{7f}\u{9b}\u{202e}\u{e0041}\n\"";
        let mut out = [Vec::new(), Vec::new()];
        write_line(&[text], &mut out[0]).unwrap();
        write_pretty(&[text], &mut out[1]).unwrap();
        for out in out {
            let json = String::from_utf8(out).unwrap();
            assert!(!json.contains(|c: char| c != '\n' && is_unseen(c)), "{json:?}");
            assert!(json.contains('é'));
            assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
        }
    }
}
