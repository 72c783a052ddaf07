//! The texts that were read, and positions in them.
//!
//! Every text gets a stretch of one line of numbers, so that a position is four bytes wherever it is kept and still
//! knows its file.

pub(crate) mod words;

use std::cell::{Cell, RefCell};

use sha2::{Digest, Sha256};

use crate::error::{Code, Location, Problem};

/// How to look at what was decrypted, in a file and in what Ansible printed.
const VIEW_FILE: &str = "look at the place with: ansible-vault view FILE";
const VIEW_PRINTED: &str =
    "it is not shown, since Ansible decrypts files here; look at the place with: ansible-inventory --list";
/// The longest line, in bytes, that a place carries with it; messages show a part of it only.
const LONGEST_EXCERPT: usize = 1 << 20;

/// Where everything that was read lives: names and values borrow from it.
pub type Arena = bumpalo::Bump;

/// A byte in one of the texts of a [`TextMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pos(pub u32);

/// A text with its place in the [`TextMap`].
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The whole text.
    pub text: &'a str,
    /// The position of its first byte.
    pub base: Pos,
}

impl Text<'_> {
    /// The position of the byte at `offset`.
    pub fn pos(&self, offset: usize) -> Pos {
        Pos(self.base.0.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)))
    }

    /// The position of `part`, which must be a slice of this text; the start of the text if it is not.
    pub fn pos_of(&self, part: &str) -> Pos {
        let offset = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if offset <= self.text.len() { self.pos(offset) } else { self.base }
    }
}

/// A program that printed a text; what it read itself is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printer {
    /// An inventory script.
    Script,
    /// `ansible-inventory`.
    Ansible,
    /// A program of Salt's, or its cache.
    Salt,
}

/// All texts that were read, by position.
pub struct TextMap<'a> {
    texts: RefCell<Vec<Named<'a>>>,
    /// Whether anything was decrypted, here or by a program.
    decrypted: Cell<bool>,
}

/// A text with the name that messages call it.
struct Named<'a> {
    name: &'a str,
    text: Text<'a>,
    /// Where no message may show a word of it: how to look at it.
    concealed: Option<&'static str>,
    /// Whether messages show no lines of it: beside what they are about stand passwords.
    unquoted: bool,
    printer: Option<Printer>,
    /// Whether it has no lines: data that is not text.
    binary: bool,
}

impl<'a> TextMap<'a> {
    /// A map without texts.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        TextMap { texts: RefCell::new(Vec::new()), decrypted: Cell::new(false) }
    }

    /// Adds a text under the name that messages shall call it.
    ///
    /// # Errors
    /// When all texts together pass 4 GiB.
    pub fn add(&self, name: &'a str, text: &'a str) -> Result<Text<'a>, Problem> {
        self.add_named(name, text, None, None)
    }

    /// Adds a text that a program printed.
    ///
    /// # Errors
    /// Those of [`TextMap::add`].
    pub fn add_printed(&self, name: &'a str, text: &'a str, printer: Printer) -> Result<Text<'a>, Problem> {
        self.add_named(name, text, None, Some(printer))
    }

    /// Adds a text that no message may show a word of.
    ///
    /// # Errors
    /// Those of [`TextMap::add`].
    pub fn add_concealed(&self, name: &'a str, text: &'a str) -> Result<Text<'a>, Problem> {
        self.note_decrypted();
        self.add_named(name, text, Some(VIEW_FILE), None)
    }

    /// Notes that a program decrypts what it reads and prints.
    pub fn note_decrypted(&self) {
        self.decrypted.set(true);
    }

    /// Whether a result may hold something that was decrypted, so that it is for the user alone.
    pub fn has_decrypted(&self) -> bool {
        self.decrypted.get()
    }

    /// Adds a file that is not text, a place in which is the file as a whole; a program of Salt's wrote it.
    ///
    /// # Errors
    /// Those of [`TextMap::add`].
    pub fn add_binary(&self, name: &'a str) -> Result<Text<'a>, Problem> {
        let added = self.add_named(name, "", None, Some(Printer::Salt))?;
        if let Some(last) = self.texts.borrow_mut().last_mut() {
            last.binary = true;
        }
        Ok(added)
    }

    fn add_named(
        &self,
        name: &'a str,
        text: &'a str,
        concealed: Option<&'static str>,
        printer: Option<Printer>,
    ) -> Result<Text<'a>, Problem> {
        let mut texts = self.texts.borrow_mut();
        let base = texts.last().map_or(0, |last| last.text.base.0 as usize + last.text.text.len() + 1);
        let end = base + text.len() + 1;
        if u32::try_from(end).is_err() {
            return Err(Problem::of(Code::LimitExceeded, "the sources are larger than 4 GiB together")
                .at(Location::whole(name)));
        }
        let added = Text { text, base: Pos(base as u32) };
        texts.push(Named { name, text: added, concealed, unquoted: false, printer, binary: false });
        Ok(added)
    }

    /// Has messages show no lines of a text, which holds passwords beside what they are about.
    pub fn hide_lines(&self, text: Text<'_>) {
        let mut texts = self.texts.borrow_mut();
        texts.iter_mut().filter(|named| named.text.base == text.base).for_each(|named| named.unquoted = true);
    }

    /// Has no message show a word of a text that a program printed, since it decrypts what it reads.
    pub fn conceal(&self, text: Text<'_>) {
        self.note_decrypted();
        let mut texts = self.texts.borrow_mut();
        let same = texts.iter_mut().filter(|named| named.text.base == text.base);
        same.for_each(|named| named.concealed = Some(VIEW_PRINTED));
    }

    /// Returns the text of this name; nothing if there is none.
    pub fn text_of(&self, name: &str) -> &'a str {
        let texts = self.texts.borrow();
        texts.iter().find(|named| named.name == name).map(|named| named.text.text).unwrap_or_default()
    }

    /// Returns the SHA-256 of the texts of this name and below this folder, in hexadecimal digits, those left out that were
    /// decrypted; nothing if there are none.
    pub fn digest_of(&self, name: &str) -> Option<String> {
        let texts = self.texts.borrow();
        let is_below =
            |other: &str| other.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let found: Vec<&str> = texts
            .iter()
            .filter(|named| named.concealed.is_none() && is_below(named.name))
            .map(|named| named.text.text)
            .collect();
        let mut digest = Sha256::new();
        found.iter().for_each(|text| digest.update(text));
        (!found.is_empty()).then(|| base16ct::lower::encode_string(&digest.finalize()))
    }

    /// The program that printed the text of a position; nothing for a file.
    pub fn printer(&self, pos: Pos) -> Option<Printer> {
        let texts = self.texts.borrow();
        let index = texts.partition_point(|named| named.text.base <= pos);
        index.checked_sub(1).and_then(|i| texts.get(i)).and_then(|named| named.printer)
    }

    /// Whether no message may show a word of what stands at a position.
    pub fn is_concealed(&self, pos: Pos) -> bool {
        if !self.has_decrypted() {
            return false;
        }
        let texts = self.texts.borrow();
        let index = texts.partition_point(|named| named.text.base <= pos);
        index.checked_sub(1).and_then(|i| texts.get(i)).is_some_and(|named| named.concealed.is_some())
    }

    /// The place of a position, with the line it stands in unless that is concealed or hidden.
    pub fn locate(&self, pos: Pos) -> Location {
        let texts = self.texts.borrow();
        let index = texts.partition_point(|named| named.text.base <= pos);
        let Some(Named { name, text, concealed, unquoted, binary, .. }) =
            index.checked_sub(1).and_then(|i| texts.get(i))
        else {
            return Location::whole("?");
        };
        if *binary {
            return Location::whole(*name);
        }
        let mut offset = ((pos.0 - text.base.0) as usize).min(text.text.len());
        while !text.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text.text[..offset];
        let start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |i| i + 1);
        let line = lines(&text.text[start..]).next().unwrap_or_default();
        Location {
            path: (*name).to_string(),
            line: memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1,
            column: text.text[start..offset].chars().count() + 1,
            excerpt: (concealed.is_none() && !unquoted && line.len() <= LONGEST_EXCERPT)
                .then(|| line.trim_end_matches('\r').to_string()),
            concealed: *concealed,
        }
    }
}

/// An encoding that text editors save files in and that Ansible does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-16 with a mark of its byte order.
    Utf16,
    /// UTF-16 without one, the low byte first.
    Utf16Le,
    /// UTF-16 without one, the high byte first.
    Utf16Be,
    /// UTF-32 with a mark of its byte order.
    Utf32,
}

impl Encoding {
    /// The encoding of a text, unless it may be UTF-8 or one of its relatives. Without a mark, a text that begins with two
    /// ASCII characters tells it.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some(Encoding::Utf32),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(Encoding::Utf16),
            [1..=0x7f, 0, 1..=0x7f, 0, ..] => Some(Encoding::Utf16Le),
            [0, 1..=0x7f, 0, 1..=0x7f, ..] => Some(Encoding::Utf16Be),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf16 | Encoding::Utf16Le | Encoding::Utf16Be => "UTF-16",
            Encoding::Utf32 => "UTF-32",
        }
    }

    /// How to save the text as UTF-8.
    pub fn hint(self) -> String {
        let from = match self {
            Encoding::Utf16 => "utf-16",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Utf32 => "utf-32",
        };
        format!("save the file as UTF-8: iconv -f {from} -t utf-8 FILE > NEW")
    }
}

/// The parts of a text between line feeds, the empty one after a last line feed left out.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest.as_bytes());
        let line = &rest[..end.unwrap_or(rest.len())];
        rest = end.map_or("", |end| &rest[end + 1..]);
        Some(line)
    })
}

/// The parts of a text between commas.
pub(crate) fn commas(text: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b',', text.as_bytes()).chain(std::iter::once(text.len()));
    ends.map(move |end| &text[std::mem::replace(&mut start, end + 1)..end])
}

/// Whether all bytes are such as `good` says; looks at them in groups, which the compiler turns into wide instructions.
pub(crate) fn all_bytes(text: &str, good: impl Fn(u8) -> bool) -> bool {
    text.as_bytes().chunks(64).all(|group| group.iter().fold(true, |all, byte| all & good(*byte)))
}

/// What Python's `str.strip` and `\s` take for space.
pub(crate) fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Python's `str.strip()`.
pub(crate) fn python_trim(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim_matches(is_python_space),
    }
}

/// A string as Python's `int()` reads it: sign, single underscores between digits, space around; what is too large for
/// any use here is the largest number.
pub(crate) fn python_int128(text: &str) -> Option<i128> {
    let text = python_trim(text);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let proper = !digits.is_empty()
        && digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let largest = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    proper.then(|| text.replace('_', "").parse().unwrap_or(largest))
}

/// [`python_int128`] within 64 bits.
pub(crate) fn python_int(text: &str) -> Option<i64> {
    let clamped = |number: i128| number.clamp(i64::MIN.into(), i64::MAX.into());
    python_int128(text).and_then(|number| i64::try_from(clamped(number)).ok())
}
