//! Texts out of an inventory as people see them: nothing in them steers a terminal or hides, and what is long is cut.

use std::borrow::Cow;
use std::fmt;

/// Characters of a quoted value that a message shows.
const WIDTH: usize = 80;

/// What stands for a part that is left out, and for a secret.
const LEFT_OUT: char = '…';

/// Whether a character is not seen, or changes how those around it are seen: control characters, marks of the writing
/// direction, spaces without width, line separators.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with such characters as escapes: `\n`, `\u{202e}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unseen(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// The text without its middle where it has more than `most` characters: two thirds of those from the front.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // Counting a text of hundreds of megabytes would take longer than reading it.
    if text.len() <= most || text.char_indices().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let front = most * 2 / 3;
    let back = most.saturating_sub(front + 1);
    let end = text.char_indices().nth(front).map_or(text.len(), |(end, _)| end);
    let start = text.char_indices().nth_back(back.saturating_sub(1)).map_or(text.len(), |(start, _)| start);
    Cow::Owned(format!("{}{LEFT_OUT}{}", &text[..end], if back == 0 { "" } else { &text[start..] }))
}

/// A value of an inventory as a message shows it: cut, and not at all if it is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown<'t> {
    text: &'t str,
    secret: bool,
}

impl<'t> Shown<'t> {
    /// A value that may be seen.
    pub fn new(text: &'t str) -> Self {
        Shown { text, secret: false }
    }

    /// A value, which may not be seen if it is a secret.
    pub fn unless(secret: bool, text: &'t str) -> Self {
        Shown { text, secret }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret { write!(f, "{LEFT_OUT}") } else { f.write_str(&cut(self.text, WIDTH)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(printable("a\nb\u{1b}c\u{202e}d\u{2066}e\u{9b}f"), "a\\nb\\u{1b}c\\u{202e}d\\u{2066}e\\u{9b}f");
        assert_eq!(printable("web-1.é"), "web-1.é");
    }

    #[test]
    fn a_long_text_loses_its_middle() {
        assert_eq!(cut("abcdefghij", 10), "abcdefghij");
        assert_eq!(cut("abcdefghijk", 10), "abcdef…ijk");
        assert_eq!(cut("ééééééééééé", 4), "éé…é");
        let long = "x".repeat(1_000_000);
        assert_eq!(Shown::new(&long).to_string().chars().count(), WIDTH);
        assert_eq!(Shown::unless(true, "hunter2").to_string(), "…");
    }
}
