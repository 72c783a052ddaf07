//! What slow sources printed, for the next run.
//!
//! An entry is a file in a private folder, one for a call of a program. Its name is made of the call; its first line of
//! what decides the output (the files, their times and sizes, the environment) and of the text itself. So an entry that is
//! old, damaged or about something else is the same as none, a change replaces the entry, and nothing piles up.

use std::fs::{DirBuilder, File, Metadata};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::call::Call;
use super::{Reading, entries, io_message};
use crate::error::{Code, Location, Problem};
use crate::files::{self, Access};

/// Where and how long the output of programs is kept.
#[derive(Clone, Debug)]
pub struct Cache {
    /// The folder, which is made if it is not there.
    pub folder: PathBuf,
    /// How long an entry is used.
    pub ttl: Duration,
    /// Whether to run every program again, and keep what it prints.
    pub refresh: bool,
    /// What else decides the output, such as the environment and the working directory.
    pub context: Vec<String>,
    /// Files that decide the output besides the sources, such as `ansible.cfg`.
    pub watched: Vec<PathBuf>,
}

/// The first word of an entry; it changes with the format.
const FORMAT: &str = "regal-inventory-cache-1";
/// The most files whose times are looked at for one call.
const MAX_WATCHED: usize = 100_000;
/// Folders in folders, at most: a link may lead back up.
const MAX_DEPTH: usize = 40;

/// Whether there is a cache to use.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Nothing has asked yet: plain files never do.
    #[default]
    Unasked,
    Off,
    On,
}

/// A cache that may be used.
pub(super) struct Store<'o> {
    cache: &'o Cache,
}

/// A call as its entry knows it.
pub(super) struct Key {
    path: PathBuf,
    state: String,
}

/// The cache of a reading, if it has one that may be used; a warning is given once.
pub(super) fn open<'o>(reading: &mut Reading<'o, '_>) -> Option<Store<'o>> {
    let cache = reading.options.cache.as_ref().filter(|cache| !cache.ttl.is_zero())?;
    if let State::Unasked = reading.store {
        reading.store = match prepare(&cache.folder) {
            Ok(()) => State::On,
            Err(why) => {
                let problem = Problem::of(Code::CacheUnused, format!("the cache is not used: {why}"));
                let location = Location::whole(cache.folder.display().to_string());
                reading.found.warn(problem.at(location).hint("make it a folder of your own: chmod 700"));
                State::Off
            }
        };
    }
    matches!(reading.store, State::On).then_some(Store { cache })
}

/// Makes the folder if it is not there, and checks that nobody else may write to it.
fn prepare(folder: &Path) -> Result<(), String> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| format!("the folder cannot be made: {}", io_message(&error)))?;
    let metadata =
        folder.symlink_metadata().map_err(|error| format!("the folder cannot be read: {}", io_message(&error)))?;
    if !metadata.is_dir() {
        return Err("it is a link and no folder".to_string());
    }
    private(&metadata).map_err(|why| format!("the folder {why}"))
}

/// Whether a file or folder is ours alone to change.
fn private(metadata: &Metadata) -> Result<(), &'static str> {
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        Err("belongs to another user")
    } else if metadata.mode() & 0o022 != 0 {
        Err("may be written to by others")
    } else {
        Ok(())
    }
}

impl Store<'_> {
    /// The key of a call.
    pub fn key(&self, call: &Call) -> Key {
        let mut name = Sha256::new();
        field(&mut name, call.program.as_os_str().as_encoded_bytes());
        call.arguments.iter().for_each(|argument| field(&mut name, argument.as_bytes()));
        let mut state = Sha256::new();
        self.cache.context.iter().for_each(|part| field(&mut state, part.as_bytes()));
        call.environment.iter().for_each(|(name, value)| field(&mut state, format!("{name}={value}").as_bytes()));
        // another path each time, but as empty
        field(&mut state, &[u8::from(call.configuration.is_some())]);
        let mut left = MAX_WATCHED;
        for path in call.watched.iter().chain(&self.cache.watched) {
            stamp(&mut state, path, 0, &mut left);
        }
        Key { path: self.cache.folder.join(hex(name)), state: hex(state) }
    }

    /// What the call printed, unless that is old, damaged, about something else, or to be read again.
    pub fn get(&self, key: &Key) -> Option<String> {
        if self.cache.refresh {
            return None;
        }
        let mut file = File::open(&key.path).ok()?;
        let metadata = file.metadata().ok()?;
        // An entry from the future, after the clock was set back, would never grow old.
        let age = SystemTime::now().duration_since(metadata.modified().ok()?).ok()?;
        if !metadata.is_file() || private(&metadata).is_err() || age >= self.cache.ttl {
            return None;
        }
        let mut whole = String::new();
        file.read_to_string(&mut whole).ok()?;
        let (head, text) = whole.split_once('\n')?;
        (head == header(key, text)).then(|| text.to_string())
    }

    /// Keeps what the call printed; a reader sees the old entry or the new one.
    ///
    /// # Errors
    /// The folder cannot be written to, as a warning.
    pub fn put(&self, key: &Key, text: &str) -> Result<(), Problem> {
        let print = |sink: &mut dyn Write| {
            sink.write_all(header(key, text).as_bytes())?;
            sink.write_all(b"\n")?;
            sink.write_all(text.as_bytes())
        };
        let put = files::file(&key.path, Access::Private, print).and_then(|made| files::put_in_place(vec![made]));
        put.map(drop).map_err(|error| {
            let why: Vec<String> = error.problems.into_iter().map(|problem| problem.message).collect();
            let problem = Problem::of(Code::CacheUnused, format!("the cache cannot be written: {}", why.join("; ")));
            problem.at(Location::whole(self.cache.folder.display().to_string()))
        })
    }
}

/// The first line of an entry.
fn header(key: &Key, text: &str) -> String {
    format!("{FORMAT} {} {}", key.state, hex(Sha256::new().chain_update(text)))
}

/// Adds a part, so that no two lists of parts look the same.
fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// Adds a file's path, time and size; a folder's with all in it.
fn stamp(hash: &mut Sha256, path: &Path, depth: usize, left: &mut usize) {
    field(hash, path.as_os_str().as_encoded_bytes());
    let Ok(metadata) = path.metadata() else { return field(hash, b"none") };
    *left = left.saturating_sub(1);
    if metadata.is_dir() && depth < MAX_DEPTH && *left > 0 {
        let inside = entries::sorted_entries(path).unwrap_or_default();
        inside.iter().for_each(|entry| stamp(hash, entry, depth + 1, left));
    } else if metadata.is_file() {
        let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
        field(hash, format!("{seconds}.{nanoseconds} {}", metadata.size()).as_bytes());
    }
}

fn hex(hash: Sha256) -> String {
    base16ct::lower::encode_string(&hash.finalize())
}
