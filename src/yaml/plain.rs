//! A short way for the YAML that most inventories are: block mappings and lists of ASCII text, one entry a line, or what is all in
//! brackets (`flow.rs`).
//!
//! It takes keys without spaces, plain and quoted values and brackets that end on their line, comments except after
//! quotes, and one `---` at the top. At anything else, errors included, it gives up, and libyaml reads the text from its start:
//! what this file accepts must be what libyaml reads, and fuzzing compares the two.

use super::events::MAX_DEPTH;
use super::{Composer, MAX_KEY, Shape, flow};
use crate::text::words::{lowercase, others, position, within};
use crate::text::{self, Arena, Pos};

/// Whether the text has only bytes that this file knows: printable ASCII and `\n`.
pub(super) fn may_take(text: &str) -> bool {
    text::all_bytes(text, |byte| matches!(byte, b' '..=b'~' | b'\n'))
}

/// An open block.
struct Block {
    indent: usize,
    is_list: bool,
    /// A list whose `-` stand in the column of the key it belongs to.
    beside_key: bool,
}

/// Reads lines into a composer.
pub(super) struct Lines<'c, 'a, 'w> {
    composer: &'c mut Composer<'a, 'w>,
    blocks: Vec<Block>,
    /// Where a key stands that has no value yet.
    waiting: Option<Pos>,
}

impl<'c, 'a, 'w> Lines<'c, 'a, 'w> {
    /// Reads the composer's text; `None` if it is not as simple as that.
    pub(super) fn read(composer: &'c mut Composer<'a, 'w>) -> Option<()> {
        let text = composer.text.text;
        let start = text.trim_start_matches([' ', '\n']);
        if flow::begins(start) {
            return flow::read(composer, start);
        }
        let mut lines = Lines { composer, blocks: Vec::new(), waiting: None };
        let mut has_marker = false;
        let mut rest = text;
        while !rest.is_empty() {
            let content = without_indent(rest);
            let indent = rest.len() - content.len();
            if let Some((key, value, after)) = simple_entry(content) {
                lines.simple(content, indent, key, value)?;
                rest = after;
                continue;
            }
            let (content, after) = first_line(content);
            let line = &rest[..indent + content.len()];
            rest = after;
            let Some(first) = content.as_bytes().first().filter(|first| **first != b'#') else { continue };
            let may_mark = indent == 0 && matches!(first, b'-' | b'.');
            if may_mark && (line.starts_with("---") || line.starts_with("...")) {
                // Only a marker of its own, and only before everything.
                if line != "---" || has_marker || !lines.blocks.is_empty() {
                    return None;
                }
                has_marker = true;
                continue;
            }
            lines.line(content, indent)?;
        }
        lines.finish()
    }

    fn pos(&self, part: &str) -> Pos {
        self.composer.text.pos_of(part)
    }

    /// The entry of most lines: [`simple_entry`].
    #[inline]
    fn simple(&mut self, content: &'a str, indent: usize, key: &'a str, value: &'a str) -> Option<()> {
        self.reach(content, indent, false)?;
        let at = self.pos(key);
        if value.is_empty() {
            self.waiting = Some(at);
            return self.composer.untagged(key, true, at).ok();
        }
        self.composer.untagged_entry(key, at, value, self.pos(value)).ok()
    }

    /// Makes the innermost block the one of a line.
    #[inline]
    fn reach(&mut self, content: &'a str, indent: usize, is_item: bool) -> Option<()> {
        let goes_on = |last: &Block| last.indent == indent && last.is_list == is_item;
        if self.waiting.is_none() && self.blocks.last().is_some_and(goes_on) {
            return Some(());
        }
        self.settle(content, indent, is_item)
    }

    fn line(&mut self, content: &'a str, indent: usize) -> Option<()> {
        let is_item = matches!(content.as_bytes(), [b'-', b' ', ..]);
        self.reach(content, indent, is_item)?;
        if !is_item {
            return self.entry(content);
        }
        let item = without_indent(&content[2..]);
        if is_word(item) {
            return self.composer.untagged(item, true, self.pos(item)).ok();
        }
        if matches!(item.as_bytes(), [] | [b'-'] | [b'-', b' ', ..]) {
            return None;
        }
        if split_entry(item).is_some() {
            self.open(item, indent + content.len() - item.len(), false, false)?;
            return self.entry(item);
        }
        self.value(item)
    }

    /// Opens and closes blocks until the innermost is the one of a line.
    fn settle(&mut self, content: &'a str, indent: usize, is_item: bool) -> Option<()> {
        let Some(last) = self.blocks.last() else { return self.open(content, indent, is_item, false) };
        if let Some(at) = self.waiting {
            let beside_key = is_item && indent == last.indent;
            if indent > last.indent || beside_key {
                self.waiting = None;
                return self.open(content, indent, is_item, beside_key);
            }
            self.null(at)?;
        } else if indent > last.indent {
            return None;
        }
        while let Some(last) = self.blocks.last() {
            if last.indent <= indent && !(last.beside_key && last.indent == indent && !is_item) {
                break;
            }
            self.close()?;
        }
        let last = self.blocks.last()?;
        (last.indent == indent && last.is_list == is_item).then_some(())
    }

    fn open(&mut self, content: &'a str, indent: usize, is_list: bool, beside_key: bool) -> Option<()> {
        if self.blocks.len() == MAX_DEPTH {
            return None;
        }
        let shape = if is_list { Shape::List } else { Shape::Map };
        self.composer.push(shape, None, false, self.pos(content));
        self.blocks.push(Block { indent, is_list, beside_key });
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.blocks.pop();
        self.composer.end().ok()
    }

    fn null(&mut self, key: Pos) -> Option<()> {
        self.waiting = None;
        self.composer.untagged("", true, key).ok()
    }

    /// `key: value`, or a key whose value follows.
    fn entry(&mut self, content: &'a str) -> Option<()> {
        let (key, value) = split_entry(content)?;
        let at = self.pos(key);
        self.composer.untagged(key, true, at).ok()?;
        if value.is_empty() || value.starts_with('#') {
            self.waiting = Some(at);
            return Some(());
        }
        self.value(value)
    }

    /// A value that ends on its line.
    fn value(&mut self, value: &'a str) -> Option<()> {
        if is_word(value) {
            return self.composer.untagged(value, true, self.pos(value)).ok();
        }
        let value = without_end(value);
        let at = self.pos(value);
        if flow::begins(value) {
            return flow::read(self.composer, value);
        }
        let quoted = quoted(self.composer.arena, value);
        let text = quoted.or_else(|| plain(value))?;
        self.composer.untagged(text, quoted.is_none(), at).ok()
    }

    fn finish(mut self) -> Option<()> {
        if let Some(at) = self.waiting {
            self.null(at)?;
        }
        while !self.blocks.is_empty() {
            self.close()?;
        }
        Some(())
    }
}

/// A text without its leading blanks.
#[inline]
fn without_indent(text: &str) -> &str {
    &text[position(text.as_bytes(), |word| others(within(word, b' ', b' '))).unwrap_or(text.len())..]
}

/// The first line of a text, and what follows its line feed.
fn first_line(text: &str) -> (&str, &str) {
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, ""),
    }
}

/// Key and value of the first line of a text, and the lines after it: a key that is a word, and nothing or a word after its colon.
/// These are found without looking for the end of the line first.
#[inline]
fn simple_entry(text: &str) -> Option<(&str, &str, &str)> {
    let bytes = text.as_bytes();
    if !bytes.first()?.is_ascii_alphanumeric() && bytes[0] != b'_' {
        return None;
    }
    let key = position(bytes, marks_outside_words).filter(|end| bytes[*end] == b':' && *end < MAX_KEY)?;
    let after = &bytes[key + 1..];
    let (start, end) = match after {
        [] | [b'\n', ..] => (key + 1, key + 1),
        [b' ', first, ..] if first.is_ascii_alphanumeric() => {
            let start = key + 2;
            (start, position(&bytes[start..], marks_outside_words).map_or(bytes.len(), |length| start + length))
        }
        _ => return None,
    };
    let ends = bytes.get(end).is_none_or(|byte| *byte == b'\n');
    ends.then(|| (&text[..key], &text[start..end], text.get(end + 1..).unwrap_or_default()))
}

/// A text without the blanks at its end.
fn without_end(text: &str) -> &str {
    &text[..text.bytes().rposition(|byte| byte != b' ').map_or(0, |last| last + 1)]
}

/// Marks the bytes that no word has: a word is of letters, digits and `_.-/[]`.
fn marks_outside_words(word: u64) -> u64 {
    let letters = within(lowercase(word), b'a', b'z');
    others(
        letters
            | within(word, b'-', b'9')
            | within(word, b'[', b'[')
            | within(word, b']', b']')
            | within(word, b'_', b'_'),
    )
}

/// Whether a value is of letters, digits and a few signs, as most names are: it is no key, and no comment follows.
fn is_word(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric) && position(bytes, marks_outside_words).is_none()
}

/// Key and value of a line, the value without the blanks before it; `None` if the key is none of the simple ones.
fn split_entry(content: &str) -> Option<(&str, &str)> {
    let bytes = content.as_bytes();
    if !bytes.first()?.is_ascii_alphanumeric() && bytes[0] != b'_' {
        return None;
    }
    let mut end = 0;
    loop {
        end += position(&bytes[end..], marks_outside_words)?;
        if end >= MAX_KEY || bytes[end] != b':' {
            return None;
        }
        if matches!(bytes.get(end + 1), None | Some(b' ')) {
            return Some((&content[..end], without_indent(&content[end + 1..])));
        }
        end += 1;
    }
}

/// What is in quotes, if the value is all of it and has no escapes but those of quotes and backslashes.
fn quoted<'a>(arena: &'a Arena, value: &'a str) -> Option<&'a str> {
    let quote = *value.as_bytes().first().filter(|quote| matches!(quote, b'"' | b'\''))?;
    let inner = value[1..].strip_suffix(char::from(quote))?;
    match memchr::memchr2(quote, b'\\', inner.as_bytes()) {
        None => Some(inner),
        Some(_) if quote == b'"' => unescaped(inner).map(|text| &*arena.alloc_str(&text)),
        Some(_) => None,
    }
}

/// What the text between double quotes says.
fn unescaped(inner: &str) -> Option<String> {
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.push(characters.next().filter(|next| matches!(next, '"' | '\\'))?),
            '"' => return None,
            other => text.push(other),
        }
    }
    Some(text)
}

/// The scalar of a value without quotes; a comment may follow.
fn plain(value: &str) -> Option<&str> {
    let bytes = value.as_bytes();
    let starts = match bytes {
        [b'-' | b'+', next, ..] => next.is_ascii_alphanumeric(),
        [first, ..] => first.is_ascii_alphanumeric() || matches!(first, b'_' | b'/' | b'.' | b'~' | b'$'),
        [] => false,
    };
    let mut end = bytes.len();
    let first = memchr::memchr2(b':', b'#', bytes).unwrap_or(end);
    for (i, byte) in bytes.iter().enumerate().skip(first) {
        match byte {
            b':' if bytes.get(i + 1) == Some(&b' ') => return None,
            b'#' if i > 0 && bytes[i - 1] == b' ' => {
                end = i - 1;
                break;
            }
            _ => {}
        }
    }
    let text = without_end(&value[..end]);
    (starts && !text.ends_with(':')).then_some(text)
}
