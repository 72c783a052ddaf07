//! The master's cache of grains and pillar.
//!
//! Salt 3008 has `grains/ID.p` and `pillar/ID.p`, earlier ones `minions/ID/data.p` with both, which an upgrade leaves where it is
//! and 3008 does not look at. The files have mode 0600.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Gathered, access_hint, entries_of, exists, file_name, msgpack};
use crate::error::{Code, Location, Problem};
use crate::salt::{Bank, Coverage, listed};
use crate::source::bytes::Unread;
use crate::source::{Options, Reading};
use crate::text::Pos;
use crate::value::{Entry, Value};

/// So many files are in memory at once, as bytes.
const AT_ONCE: usize = 1024;
/// A thread reads at least so many files.
const MIN_SHARE: usize = 128;

/// By so much data of earlier releases may be newer than that of 3008 in a copy that did not keep the times.
const SLACK: Duration = Duration::from_secs(600);

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
    let earlier = if minions.is_dir() { files_by_minion(reading, &minions) } else { Vec::new() };
    let mut newest = None;
    for (bank, folder) in &banks {
        if folder.is_dir() {
            let paths = files_of_bank(reading, folder);
            files += paths.len();
            if !earlier.is_empty() {
                newest = newest.max(changed(&paths));
            }
            read_bank(reading, gathered, *bank, paths);
        }
    }
    match newest {
        _ if earlier.is_empty() => {}
        Some(newest) => say_left(reading, &minions, &earlier, newest),
        None => {
            files += earlier.len();
            read_by_minion(reading, gathered, &earlier);
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

/// When the newest of some files was written.
fn changed(paths: &[PathBuf]) -> Option<SystemTime> {
    paths.iter().filter_map(|path| std::fs::metadata(path).ok()?.modified().ok()).max()
}

/// Says that data of an earlier release is not looked at, as Salt 3008 does not; refuses if it is newer than that of 3008.
fn say_left(reading: &mut Reading<'_, '_>, folder: &Path, earlier: &[(String, PathBuf)], newest: SystemTime) {
    let ids: Vec<&str> = earlier.iter().map(|(id, _)| id.as_str()).collect();
    let paths: Vec<PathBuf> = earlier.iter().map(|(_, path)| path.clone()).collect();
    let whole = Location::whole(folder.display().to_string());
    if changed(&paths).is_some_and(|changed| changed > newest + SLACK) {
        let message = "data.p, which Salt 3006 and 3007 write, is newer than `grains` and `pillar`, which 3008 writes: \
                       which of both the master looks at cannot be said";
        let hint =
            "remove the folders `grains` and `pillar` if the master is one of 3006 or 3007 again, or else data.p";
        return reading.push(Problem::of(Code::InvalidSalt, message).at(whole).hint(hint));
    }
    let message = format!("data.p of {} is left from before Salt 3008, and not looked at", listed(&ids));
    let hint = format!("Salt 3008 reads `grains` and `pillar` beside it; remove it: rm {}/*/data.p", folder.display());
    reading.found.warn(Problem::of(Code::Ignored, message).at(whole).hint(hint));
}

/// The files of `grains` or `pillar`.
fn files_of_bank(reading: &mut Reading<'_, '_>, folder: &Path) -> Vec<PathBuf> {
    let entries = entries_of(reading, folder).unwrap_or_default();
    entries.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "p")).collect()
}

/// The id that a file of a bank is named after.
fn id_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The minion and the environment of a pillar that is not that of targets: `ID:ENVIRONMENT.p`. An id may have colons too; then
/// there are grains of it.
fn environment(path: &Path) -> Option<(String, String)> {
    let id = id_of(path);
    let grains = path.parent()?.parent()?.join("grains").join(path.file_name()?);
    let (minion, environment) = id.rsplit_once(':').filter(|_| !grains.is_file())?;
    Some((minion.to_string(), environment.to_string()))
}

/// `grains/ID.p` or `pillar/ID.p`.
fn read_bank<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, bank: Bank, mut paths: Vec<PathBuf>) {
    cover(gathered, bank);
    if bank == Bank::Pillar {
        paths.retain(|path| match environment(path) {
            Some((id, environment)) => {
                let (id, environment) = (reading.arena.alloc_str(&id), reading.arena.alloc_str(&environment));
                gathered.environments.insert(id, environment);
                false
            }
            None => true,
        });
    }
    for part in paths.chunks(AT_ONCE) {
        for (path, bytes) in part.iter().zip(read_all(reading.options, part)) {
            let Ok((data, at)) = read_file(reading, path, bytes) else { return };
            if let Some(data) = data {
                gathered.add_data(reading, bank, reading.arena.alloc_str(&id_of(path)), data, at);
            }
        }
    }
}

/// The files `minions/ID/data.p`, with their ids. Where this user may not look into one folder, the others are no better.
fn files_by_minion(reading: &mut Reading<'_, '_>, folder: &Path) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for entry in entries_of(reading, folder).unwrap_or_default() {
        let path = entry.join("data.p");
        match std::fs::metadata(&path) {
            Ok(found) if found.is_file() => files.push((file_name(&entry), path)),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                exists(reading, &path);
                break;
            }
            _ => {}
        }
    }
    files
}

/// `minions/ID/data.p`.
fn read_by_minion<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, files: &[(String, PathBuf)]) {
    cover(gathered, Bank::Grains);
    cover(gathered, Bank::Pillar);
    for part in files.chunks(AT_ONCE) {
        let (ids, paths): (Vec<&String>, Vec<PathBuf>) = part.iter().map(|(id, path)| (id, path.clone())).unzip();
        for ((id, path), bytes) in ids.iter().zip(&paths).zip(read_all(reading.options, &paths)) {
            let Ok((data, at)) = read_file(reading, path, bytes) else { return };
            let id = reading.arena.alloc_str(id);
            for (bank, key) in [(Bank::Grains, "grains"), (Bank::Pillar, "pillar")] {
                let found = data.iter().flat_map(|data| data.iter()).find(|entry| entry.key == key);
                if let Some(Entry { value: Value::Map(found), .. }) = found {
                    gathered.add_data(reading, bank, id, found, at);
                }
            }
        }
    }
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
