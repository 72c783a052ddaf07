//! The master's cache of grains and pillar.
//!
//! Salt 3008 has `grains/ID.p` and `pillar/ID.p`, earlier ones `minions/ID/data.p` with both. The files have mode 0600.

use std::path::{Path, PathBuf};

use super::{Gathered, access_hint, entries_of, file_name, msgpack};
use crate::error::{Code, Location, Problem};
use crate::salt::{Bank, Coverage};
use crate::source::bytes::Unread;
use crate::source::{Options, Reading};
use crate::text::Pos;
use crate::value::{Entry, Value};

/// So many files are in memory at once, as bytes.
const AT_ONCE: usize = 1024;
/// A thread reads at least so many files.
const MIN_SHARE: usize = 128;

/// Whether a folder is a master's cache.
pub(super) fn is_cache(path: &Path) -> bool {
    let holds = |folder: PathBuf, found: fn(&Path) -> bool| {
        std::fs::read_dir(folder).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|e| found(&e.path()))))
    };
    holds(path.join("grains"), |path| path.extension().is_some_and(|ending| ending == "p"))
        || holds(path.join("minions"), |path| path.join("data.p").is_file())
}

pub(super) fn read<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path) {
    let banks = [(Bank::Grains, path.join("grains")), (Bank::Pillar, path.join("pillar"))];
    let minions = path.join("minions");
    if !minions.is_dir() && !banks.iter().any(|(_, folder)| folder.is_dir()) {
        let whole = Location::whole(path.display().to_string());
        let problem = Problem::of(
            Code::InvalidSalt,
            "the folder is not a cache of a master: it has no `grains`, `pillar` or `minions`",
        );
        return reading
            .push(problem.at(whole).hint("name the `cachedir` of the master, such as /var/cache/salt/master"));
    }
    let before = reading.found.checkpoint();
    let mut files = 0;
    if minions.is_dir() {
        files += read_by_minion(reading, gathered, &minions);
    }
    for (bank, folder) in banks {
        if folder.is_dir() {
            files += read_bank(reading, gathered, bank, &folder);
        }
    }
    if files == 0 && !reading.found.failed_since(&before) {
        let message = "the folder has no data of any minion: no `grains/ID.p`, `pillar/ID.p` or `minions/ID/data.p`";
        let hint = "name the `cachedir` of the master, such as /var/cache/salt/master; \
                    a new one is filled by: salt '*' saltutil.refresh_pillar";
        reading
            .push(Problem::of(Code::EmptySource, message).at(Location::whole(path.display().to_string())).hint(hint));
    }
}

/// `grains/ID.p` and `pillar/ID.p`; how many files there are.
fn read_bank<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, bank: Bank, folder: &Path) -> usize {
    let Some(entries) = entries_of(reading, folder) else { return 0 };
    cover(gathered, bank);
    let id = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // `ID:ENVIRONMENT` is the pillar of another environment.
    let counts = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "p") && (bank == Bank::Grains || !id(path).contains(':'))
    };
    let paths: Vec<PathBuf> = entries.into_iter().filter(counts).collect();
    for part in paths.chunks(AT_ONCE) {
        for (path, bytes) in part.iter().zip(read_all(reading.options, part)) {
            let Ok((data, at)) = read_file(reading, path, bytes) else { return paths.len() };
            if let Some(data) = data {
                gathered.add_data(reading, bank, reading.arena.alloc_str(&id(path)), data, at);
            }
        }
    }
    paths.len()
}

/// `minions/ID/data.p`; how many files there are.
fn read_by_minion<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, folder: &Path) -> usize {
    let Some(entries) = entries_of(reading, folder) else { return 0 };
    let files: Vec<(String, PathBuf)> = entries
        .iter()
        .map(|entry| (file_name(entry), entry.join("data.p")))
        .filter(|(_, path)| path.is_file())
        .collect();
    if files.is_empty() {
        return 0;
    }
    cover(gathered, Bank::Grains);
    cover(gathered, Bank::Pillar);
    for part in files.chunks(AT_ONCE) {
        let (ids, paths): (Vec<&String>, Vec<PathBuf>) = part.iter().map(|(id, path)| (id, path.clone())).unzip();
        for ((id, path), bytes) in ids.iter().zip(&paths).zip(read_all(reading.options, &paths)) {
            let Ok((data, at)) = read_file(reading, path, bytes) else { return files.len() };
            let id = reading.arena.alloc_str(id);
            for (bank, key) in [(Bank::Grains, "grains"), (Bank::Pillar, "pillar")] {
                let found = data.iter().flat_map(|data| data.iter()).find(|entry| entry.key == key);
                if let Some(Entry { value: Value::Map(found), .. }) = found {
                    gathered.add_data(reading, bank, id, found, at);
                }
            }
        }
    }
    files.len()
}

/// The bytes of files, read by a few threads: a cache has a file for each minion, and most of the time is the system's.
fn read_all(options: &Options, paths: &[PathBuf]) -> Vec<Result<Vec<u8>, Unread>> {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(4));
    let share = paths.len().div_ceil(threads).max(MIN_SHARE);
    std::thread::scope(|scope| {
        let read = |path: &PathBuf| options.pipes.read(path, &options.limits);
        let read = move |part: &[PathBuf]| part.iter().map(read).collect::<Vec<_>>();
        let workers: Vec<_> = paths.chunks(share).map(|part| scope.spawn(move || read(part))).collect();
        let joined =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

fn cover(gathered: &mut Gathered<'_>, bank: Bank) {
    match bank {
        Bank::Grains => gathered.grains_coverage = Coverage::Whole,
        Bank::Pillar => gathered.pillar_coverage = Coverage::Whole,
    }
}

/// The mapping in a file, if it is sound; nothing for an empty value. Where this user may not read it, the files beside
/// it will be no better: then that is the error.
fn read_file<'a>(
    reading: &mut Reading<'_, 'a>,
    path: &Path,
    bytes: Result<Vec<u8>, Unread>,
) -> Result<(Option<&'a [Entry<'a>]>, Pos), ()> {
    let name = path.display().to_string();
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(unread) => {
            let problem =
                Problem::of(Code::Unreadable, format!("cannot be read: {}", unread.why)).at(Location::whole(name));
            reading.push(problem.hint(access_hint(&unread, "check the file")));
            return if unread.kind == std::io::ErrorKind::PermissionDenied {
                Err(())
            } else {
                Ok((None, Pos::default()))
            };
        }
    };
    let at = match reading.texts.add_binary(reading.arena.alloc_str(&name)) {
        Ok(text) => text.base,
        Err(problem) => {
            reading.push(problem);
            return Err(());
        }
    };
    let why = match msgpack::parse(reading.arena, reading.arena.alloc_slice_copy(&bytes)) {
        Ok(Value::Map(entries)) => return Ok((Some(entries), at)),
        Ok(Value::Null) => return Ok((None, at)),
        Ok(other) => format!("it holds {}, not a mapping", other.type_name()),
        Err(why) => why,
    };
    let problem = Problem::of(Code::InvalidSalt, format!("the cache file is damaged: {why}")).at(Location::whole(name));
    reading.push(problem.hint("remove it, and have the master ask again: salt '*' saltutil.refresh_grains"));
    Ok((None, at))
}
