//! Words as a shell splits them: Python's `shlex.split(comments=True)`.

use crate::text::Arena;
use crate::text::words::{below, equal, position};

/// A word with quotes and backslashes resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// The word.
    pub text: &'a str,
    /// Where it starts in the line, in bytes.
    pub offset: usize,
}

/// Splits a line into `tokens`; a `#` outside quotes ends it, even inside a word: then the place of that `#`, in bytes.
///
/// # Errors
/// A quote that is not closed, or a backslash at the end.
pub fn split<'a>(arena: &'a Arena, line: &'a str, tokens: &mut Vec<Token<'a>>) -> Result<Option<usize>, &'static str> {
    tokens.clear();
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'#' => {
                let inside = at > 0 && !matches!(bytes[at - 1], b' ' | b'\t');
                return Ok(inside.then_some(at));
            }
            _ => {
                let plain = plain_end(bytes, at);
                if matches!(bytes.get(plain), Some(b'"' | b'\'' | b'\\')) {
                    let (text, end) = quoted_word(line, at)?;
                    tokens.push(Token { text: arena.alloc_str(&text), offset: at });
                    at = end;
                } else {
                    tokens.push(Token { text: &line[at..plain], offset: at });
                    at = plain;
                }
            }
        }
    }
    Ok(None)
}

/// Where the comment of a line starts, the `#` outside quotes; nothing if it has none, or cannot be split.
pub fn comment(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'#' => return Some(at),
            b' ' | b'\t' | b'\r' | b'\n' => at + 1,
            _ => quoted_word(line, at).ok()?.1,
        };
    }
    None
}

/// The bytes that end a word or quote a part of it.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let special = b" \t\r\n#\"'\\";
    let mut i = 0;
    while i < special.len() {
        table[special[i] as usize] = true;
        i += 1;
    }
    table
};

/// Where the run of bytes ends that stand for themselves.
fn plain_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    // a few others lie among them, which are rare
    while let Some(length) = position(&bytes[at..], |word| below(word, b'\'' + 1) | equal(word, b'\\')) {
        at += length;
        if SPECIAL[usize::from(bytes[at])] {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// The word at `from`, and where it ends.
fn quoted_word(line: &str, from: usize) -> Result<(String, usize), &'static str> {
    let mut word = String::new();
    let mut quote = None;
    let mut chars = line[from..].char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None, ' ' | '\t' | '\r' | '\n' | '#') => return Ok((word, from + at)),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => {
                let (_, escaped) = chars.next().ok_or("a backslash ends the line, with nothing after it")?;
                // Inside double quotes only a quote and a backslash are escaped.
                if quote.is_some() && escaped != '"' && escaped != '\\' {
                    word.push('\\');
                }
                word.push(escaped);
            }
            (_, c) => word.push(c),
        }
    }
    if quote.is_some() { Err("a quote is not closed") } else { Ok((word, line.len())) }
}
