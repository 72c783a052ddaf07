//! A call of a program that prints JSON, and what came of it.

use std::path::PathBuf;

use crate::json;
use crate::text::{Arena, Pos, Printer, Text};
use crate::value::Entry;

/// A call of a program.
pub(super) struct Call {
    /// The call as messages name it: `hosts.py --list`.
    pub name: String,
    /// The program as messages call it: `the inventory script`.
    pub what: &'static str,
    /// What the text counts as.
    pub printer: Printer,
    /// The program; with a slash in it, for the system would search `PATH` otherwise.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Variables set for it, besides the guard.
    pub environment: Vec<(&'static str, String)>,
    /// Variables that it does not get.
    pub without: Vec<&'static str>,
    /// The `ansible.cfg` that it is to read; nothing for the one that it finds.
    pub configuration: Option<PathBuf>,
    /// Paths in what it writes to stderr, with what a message calls them.
    pub renamed: Vec<(String, String)>,
    /// Whether what it prints may be kept in the cache.
    pub may_keep: bool,
    /// Whether what it prints may hold what it decrypted.
    pub conceals: bool,
    /// Files whose change makes what is cached useless, the program itself included.
    pub watched: Vec<PathBuf>,
    /// What to do where no program may be run.
    pub instead: &'static str,
    /// What to do when it cannot be run at all, when it fails, and when it prints something else than a mapping.
    pub hints: [&'static str; 3],
}

/// What came of a call.
#[derive(Clone, Copy)]
pub(super) enum Answer<'a> {
    /// The mapping that it printed, and its text.
    Mapping(&'a [Entry<'a>], Text<'a>),
    /// It printed nothing.
    Nothing,
    /// The system cannot run it (`ENOEXEC`): a data file with a stray run bit.
    NotAProgram,
    /// The problem is with the reading.
    Failed,
}

impl Call {
    pub fn is_list(&self) -> bool {
        self.arguments.iter().any(|argument| argument == "--list")
    }

    /// Whether a text is all that the program has to say: for a host, that may be nothing.
    pub fn is_complete(&self, printed: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(printed) else { return false };
        let nothing = text.trim().is_empty() && !self.is_list();
        nothing || json::parse(&Arena::new(), Text { text, base: Pos::default() }).is_ok()
    }
}
