//! A short way for lists and mappings in brackets, as JSON has them: quoted texts without escapes, and words and numbers of simple
//! characters. At anything else it gives up like the one for blocks, and libyaml reads the text.

use super::events::MAX_DEPTH;
use super::{Composer, MAX_KEY, Shape};

/// Whether a text begins with a list or mapping in brackets.
pub(super) fn begins(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'{' | b'['))
}

/// Reads a list or mapping that is all of a text, but for blanks and line feeds after it; `None` if it is not as simple as that.
pub(super) fn read<'a>(composer: &mut Composer<'a, '_>, text: &'a str) -> Option<()> {
    let depth = composer.frames.len();
    let mut flow = Flow { composer, rest: text };
    let mut open: Vec<Shape> = Vec::new();
    loop {
        let at = flow.composer.text.pos_of(flow.rest);
        let shape = match flow.rest.as_bytes().first()? {
            b'[' => Some(Shape::List),
            b'{' => Some(Shape::Map),
            _ => None,
        };
        if let Some(shape) = shape {
            if depth + open.len() >= MAX_DEPTH {
                return None;
            }
            flow.composer.push(shape, None, false, at);
            open.push(shape);
            flow.skip(1);
            if !flow.rest.starts_with([']', '}']) {
                flow.key_of(shape)?;
                continue;
            }
        } else {
            let (text, plain) = flow.scalar()?;
            flow.composer.untagged(text, plain, at).ok()?;
            flow.skip(0);
        }
        // what ends behind the value, up to a comma
        loop {
            let Some(shape) = open.last() else { return flow.rest.is_empty().then_some(()) };
            match (flow.rest.as_bytes().first()?, shape) {
                (b',', _) => {
                    flow.skip(1);
                    flow.key_of(*shape)?;
                    break;
                }
                (b']', Shape::List) | (b'}', Shape::Map) => {
                    open.pop();
                    flow.skip(1);
                    flow.composer.end().ok()?;
                }
                _ => return None,
            }
        }
    }
}

struct Flow<'c, 'a, 'w> {
    composer: &'c mut Composer<'a, 'w>,
    rest: &'a str,
}

impl<'a> Flow<'_, 'a, '_> {
    /// Takes the key of an entry with its colon; an item of a list has none.
    fn key_of(&mut self, shape: Shape) -> Option<()> {
        if shape == Shape::List {
            return Some(());
        }
        let at = self.composer.text.pos_of(self.rest);
        let (text, plain) = self.scalar()?;
        let rest = self.rest.strip_prefix(':').filter(|rest| !plain || rest.starts_with([' ', '\n']))?;
        if text.len() > MAX_KEY {
            return None;
        }
        self.rest = rest;
        self.skip(0);
        self.composer.untagged(text, plain, at).ok()
    }

    /// Takes a scalar; its text, and whether it stands without quotes.
    fn scalar(&mut self) -> Option<(&'a str, bool)> {
        let bytes = self.rest.as_bytes();
        let quote = *bytes.first()?;
        if matches!(quote, b'"' | b'\'') {
            let end = 1 + memchr::memchr3(quote, b'\\', b'\n', &bytes[1..])?;
            // a quote twice is one that belongs to the text
            if bytes[end] != quote || bytes.get(end + 1) == Some(&quote) {
                return None;
            }
            let text = &self.rest[1..end];
            self.rest = &self.rest[end + 1..];
            return Some((text, false));
        }
        let end = bytes.iter().position(|byte| !is_simple(*byte)).unwrap_or(bytes.len());
        let starts = match bytes {
            [b'-', next, ..] => next.is_ascii_digit(),
            _ => quote.is_ascii_alphanumeric() || quote == b'_',
        };
        let text = starts.then_some(&self.rest[..end])?;
        self.rest = &self.rest[end..];
        Some((text, true))
    }

    /// Leaves some bytes out, and the blanks and line feeds after them.
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest[bytes..].trim_start_matches([' ', '\n']);
    }
}

/// Whether a scalar without quotes may have this byte: none of them means anything in YAML.
fn is_simple(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+')
}
