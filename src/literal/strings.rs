//! Python's string and bytes literals.

use std::borrow::Cow;

/// One quoted literal; several in a row are one string.
#[derive(Debug, PartialEq)]
pub(super) struct Quoted<'a> {
    pub(super) content: Content<'a>,
    /// Its length in the source, prefix and quotes included.
    pub(super) length: usize,
    /// What Python can hold and an inventory cannot.
    pub(super) flaw: Option<&'static str>,
}

/// What is in the quotes.
#[derive(Debug, PartialEq)]
pub(super) enum Content<'a> {
    Text(Cow<'a, str>),
    Bytes(Vec<u8>),
}

/// The length of a prefix with a quote after it: `r`, `u`, `b` and `b` with `r`, in any case; 0 without a prefix.
pub(super) fn prefix(text: &str) -> Option<usize> {
    let length = text.bytes().take(3).position(|byte| matches!(byte, b'\'' | b'"'))?;
    match text.get(..length)?.to_ascii_lowercase().as_str() {
        "" | "r" | "u" | "b" | "br" | "rb" => Some(length),
        _ => None,
    }
}

/// The literal at the start of the text, which has a [`prefix`]; `None` for a syntax error.
pub(super) fn scan(text: &str, prefix: usize) -> Option<Quoted<'_>> {
    let (marks, rest) = text.split_at_checked(prefix)?;
    let quote = rest.get(..1)?;
    let triple = quote.repeat(3);
    let fence = if rest.starts_with(&triple) { triple.as_str() } else { quote };
    let body = rest.get(fence.len()..)?;
    let end = closing(body, fence)?;
    let inner = body.get(..end)?;
    let length = prefix + fence.len() * 2 + end;
    let is_raw = marks.contains(['r', 'R']);
    let is_bytes = marks.contains(['b', 'B']);
    if is_bytes && !inner.is_ascii() {
        return None;
    }
    if is_raw || !inner.contains('\\') {
        let content =
            if is_bytes { Content::Bytes(inner.as_bytes().to_vec()) } else { Content::Text(Cow::Borrowed(inner)) };
        return Some(Quoted { content, length, flaw: None });
    }
    let mut out = Unescaped { bytes: Vec::with_capacity(inner.len()), is_bytes, flaw: None };
    out.take(inner)?;
    let content = if is_bytes {
        Content::Bytes(out.bytes)
    } else {
        Content::Text(Cow::Owned(String::from_utf8(out.bytes).ok()?))
    };
    Some(Quoted { content, length, flaw: out.flaw })
}

/// Where the closing quotes are; a backslash keeps the next character from closing, in raw strings, too.
fn closing(body: &str, fence: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 1,
            b'\n' | b'\r' if fence.len() == 1 => return None,
            _ if bytes[i..].starts_with(fence.as_bytes()) => return Some(i),
            _ => {}
        }
        i += 1;
    }
    None
}

/// The content of a literal with its escapes resolved.
struct Unescaped {
    bytes: Vec<u8>,
    is_bytes: bool,
    flaw: Option<&'static str>,
}

impl Unescaped {
    fn take(&mut self, inner: &str) -> Option<()> {
        let mut rest = inner;
        while let Some((plain, escape)) = rest.split_once('\\') {
            self.bytes.extend_from_slice(plain.as_bytes());
            let first = escape.chars().next()?;
            let length = self.escape(first, escape)?;
            rest = escape.get(length..)?;
        }
        self.bytes.extend_from_slice(rest.as_bytes());
        Some(())
    }

    /// Resolves the escape whose text after the backslash starts with `first`; its length there.
    fn escape(&mut self, first: char, escape: &str) -> Option<usize> {
        let simple = match first {
            '\n' => return Some(1),
            '\\' | '\'' | '"' => first as u8,
            'a' => 0x07,
            'b' => 0x08,
            'f' => 0x0c,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 0x0b,
            '0'..='7' => return self.octal(escape),
            'x' => return self.hex(escape, 2),
            'u' if !self.is_bytes => return self.hex(escape, 4),
            'U' if !self.is_bytes => return self.hex(escape, 8),
            'N' if !self.is_bytes => return self.named(escape),
            _ => {
                // Python keeps the backslash of an escape that it does not know.
                self.bytes.push(b'\\');
                return Some(0);
            }
        };
        self.bytes.push(simple);
        Some(1)
    }

    fn octal(&mut self, escape: &str) -> Option<usize> {
        let length = escape.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
        self.push(u32::from_str_radix(escape.get(..length)?, 8).ok()?)?;
        Some(length)
    }

    fn hex(&mut self, escape: &str, length: usize) -> Option<usize> {
        let digits = escape.get(1..=length)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.push(u32::from_str_radix(digits, 16).ok()?)?;
        Some(length + 1)
    }

    /// `\N{BULLET}`: names of characters are not known here.
    fn named(&mut self, escape: &str) -> Option<usize> {
        let end = escape.strip_prefix("N{")?.find('}')?;
        self.flaw = Some("`\\N{…}` is not supported: write the character itself");
        Some("N{".len() + end + "}".len())
    }

    /// Adds a code point, or a byte to bytes, where Python keeps the low eight bits.
    fn push(&mut self, code: u32) -> Option<()> {
        if self.is_bytes {
            self.bytes.push(code as u8);
        } else if (0xd800..0xe000).contains(&code) {
            self.flaw = Some("half of a surrogate pair is not a character");
        } else {
            self.bytes.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Some(())
    }
}
