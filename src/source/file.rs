//! The text of a file: decrypted, decoded, and with a name in messages.

use std::path::Path;

use super::Reading;
use super::bytes::Unread;
use crate::error::{Code, Location, Problem};
use crate::text::{Arena, Encoding, Pos, Text};
use crate::vault;

/// The byte order mark that some editors put before a text.
pub(super) const MARK: char = '\u{feff}';

/// What a file holds.
pub(super) enum Content<'a> {
    /// A text, decrypted where it was under vault.
    Text(Decoded<'a>),
    /// A vault for which there is no password.
    Sealed,
}

/// A text and where it is not UTF-8, which only the comments of INI may be.
#[derive(Clone, Copy)]
pub(super) struct Decoded<'a> {
    /// The text, with U+FFFD in the place of what is not UTF-8.
    pub text: Text<'a>,
    /// The places of these in the text, in bytes and in order.
    pub bad: &'a [usize],
}

impl<'a> Decoded<'a> {
    /// A text that is UTF-8 throughout.
    pub fn sound(text: Text<'a>) -> Self {
        Decoded { text, bad: &[] }
    }

    /// Where it is not UTF-8 for the first time, if it is not.
    pub fn first_bad(&self) -> Option<Pos> {
        self.bad.first().map(|offset| self.text.pos(*offset))
    }
}

impl<'a> Reading<'_, 'a> {
    /// A file's bytes.
    ///
    /// # Errors
    /// It cannot be read, is too large, or does not end in time.
    pub(super) fn bytes(&self, path: &Path) -> Result<&'a [u8], Unread> {
        self.options.pipes.read_into(self.arena, path, &self.options.limits)
    }

    /// The first bytes of a file, as text; nothing where it cannot be read.
    pub(super) fn head(&self, path: &Path, most: usize) -> Option<String> {
        let bytes = self.options.pipes.head(path, most, &self.options.limits).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A file's text in the arena, decrypted if need be; a problem goes to the reading.
    pub(super) fn read_text(&mut self, path: &Path) -> Option<Content<'a>> {
        let name = path.display().to_string();
        let mut bytes: &'a [u8] = match self.bytes(path) {
            Ok(bytes) => bytes,
            Err(unread) => {
                self.push(unreadable(&unread, path));
                return None;
            }
        };
        let concealed = vault::is_encrypted(bytes);
        if concealed {
            bytes = match self.decrypt(path, bytes) {
                Ok(Some(decrypted)) => self.arena.alloc_slice_copy(&decrypted),
                Ok(None) => return Some(Content::Sealed),
                Err(problem) => {
                    self.push(problem);
                    return None;
                }
            };
        }
        if let Some(encoding) = Encoding::of(bytes) {
            self.push(other_encoding(path, encoding));
            return None;
        }
        let (text, bad) = decoded(self.arena, bytes);
        let name = self.arena.alloc_str(&name);
        let added = if concealed { self.texts.add_concealed(name, text) } else { self.texts.add(name, text) };
        let text = added.map_err(|problem| self.push(problem)).ok()?;
        self.inventory.add_text(text);
        if concealed {
            self.inventory.rules_mut().note_concealed(text.base, text.text.len());
        }
        Some(Content::Text(Decoded { text, bad }))
    }

    /// A file's text where nothing but UTF-8 will do; a problem goes to the reading.
    pub(super) fn sound_text(&mut self, decoded: Decoded<'a>) -> Option<Text<'a>> {
        match decoded.first_bad() {
            Some(at) => {
                self.push(self.not_utf8(at));
                None
            }
            None => Some(decoded.text),
        }
    }

    /// Whether an INI text starts with a byte order mark that cannot be read as Ansible does, which is a problem. Before a
    /// host it becomes a part of the name, with a warning; a section after it is none to Ansible, and a comment a host.
    pub(super) fn refuses_mark(&mut self, text: Text<'a>) -> bool {
        let Some(rest) = text.text.strip_prefix(MARK) else { return false };
        let first = rest.split(['\n', '\r']).next().map(str::trim_start).unwrap_or_default();
        let refused = first.is_empty() || first.starts_with(['[', '#', ';']);
        let what = "the file starts with a byte order mark (BOM), which Ansible takes for a part of the first line";
        if refused {
            self.problem(
                Code::Encoding,
                text.base,
                what,
                "save it as UTF-8 without BOM: sed -i '1s/^\\xEF\\xBB\\xBF//' FILE",
            );
        } else {
            self.warning(Code::Encoding, text.base, format!("{what}: of the host's name"));
        }
        refused
    }

    /// That a text is not UTF-8 at a place.
    pub(super) fn not_utf8(&self, at: Pos) -> Problem {
        let problem = Problem::of(Code::Encoding, "the text is not valid UTF-8").at(self.texts.locate(at));
        problem.hint("save the file as UTF-8: iconv -f latin1 -t utf-8 FILE > NEW")
    }
}

/// Why a file was not read.
pub(super) fn unreadable(unread: &Unread, path: &Path) -> Problem {
    let problem = Problem::of(Code::Unreadable, format!("cannot be read: {}", unread.why));
    problem.at(Location::whole(path.display().to_string())).hint(unread.hint_or("check its permissions"))
}

/// That a file is in an encoding which is refused.
pub(super) fn other_encoding(path: &Path, encoding: Encoding) -> Problem {
    let problem =
        Problem::of(Code::Encoding, format!("the file is {} and not UTF-8, which Ansible needs", encoding.name()));
    problem.at(Location::whole(path.display().to_string())).hint(encoding.hint())
}

/// The text, and the places in it where the bytes are not UTF-8.
fn decoded<'a>(arena: &'a Arena, bytes: &'a [u8]) -> (&'a str, &'a [usize]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text, &[]);
    }
    let mut text = String::with_capacity(bytes.len());
    let mut bad = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            bad.push(text.len());
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    (arena.alloc_str(&text), arena.alloc_slice_copy(&bad))
}
