//! Writers beside each other, and what ended ones leave.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use super::holder::{ENDING, OLD, OWNER, PREFIX, PUT};
use super::*;

type Files = BTreeMap<String, String>;

/// `count` files that all say `text`.
fn files(count: usize, text: &str) -> Files {
    (0..count).map(|n| (format!("{n:03}/{n:03}.hosts"), text.to_string())).collect()
}

fn stage(path: &Path, files: &Files) -> Result<Staged> {
    folder(path, "hosts", Access::Usual, files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())))
}

/// Writes a folder, and gives the notes.
fn write(path: &Path, files: &Files) -> Result<Vec<Problem>> {
    put_in_place(vec![stage(path, files)?])
}

fn write_file(path: &Path, text: &str) -> Result<Vec<Problem>> {
    put_in_place(vec![file(path, Access::Usual, |sink| sink.write_all(text.as_bytes()))?])
}

/// The files below a folder, but the marker.
fn read(path: &Path) -> Files {
    let folder = fs::File::open(path).unwrap();
    let names = tree::listing(folder.as_fd()).unwrap();
    let names = names.into_iter().filter(|name| name != ".regal-export");
    names.map(|name| (name.clone(), fs::read_to_string(path.join(name)).unwrap_or_default())).collect()
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A holder as an ended process leaves it: with a mark, and as old as that.
fn left(folder: &Path, mark: &str, hours: u64) -> PathBuf {
    let holder = folder.join(format!("{PREFIX}left{ENDING}"));
    fs::create_dir(&holder).unwrap();
    fs::set_permissions(&holder, Permissions::from_mode(0o700)).unwrap();
    fs::write(holder.join(OWNER), mark).unwrap();
    age(&holder, hours);
    holder
}

fn age(path: &Path, hours: u64) {
    let then = SystemTime::now() - Duration::from_secs(3600 * hours + 60 * u64::from(hours > 0));
    fs::File::open(path).unwrap().set_modified(then).unwrap();
}

/// Two writers of one process have one process id, as those of two containers do.
#[test]
#[ignore = "long; run tests/run"]
fn two_writers_of_one_process_id_each_write_the_whole() {
    let temporary = tempfile::tempdir().unwrap();
    let place = temporary.path().join("out");
    let versions = [files(40, "one"), files(30, "two")];
    for _ in 0..50 {
        std::thread::scope(|scope| {
            for files in &versions {
                scope.spawn(|| assert_eq!(write(&place, files).unwrap(), []));
            }
        });
        let found = read(&place);
        assert!(versions.contains(&found), "{} files", found.len());
        assert_eq!(names(temporary.path()), ["out"]);
    }
}

#[test]
fn two_writers_of_one_file() {
    let temporary = tempfile::tempdir().unwrap();
    let place = temporary.path().join("out");
    for _ in 0..50 {
        std::thread::scope(|scope| {
            for text in ["one", "two"] {
                let place = &place;
                scope.spawn(move || write_file(place, &text.repeat(10_000)).unwrap());
            }
        });
        let found = fs::read_to_string(&place).unwrap();
        assert!(["one", "two"].iter().any(|text| found == text.repeat(10_000)));
        assert_eq!(names(temporary.path()), ["out"]);
    }
}

#[test]
fn one_that_cannot_be_put_in_its_place_leaves_all_as_they_were() {
    let temporary = tempfile::tempdir().unwrap();
    let path = |name: &str| temporary.path().join(name);
    fs::write(path("old"), "old").unwrap();
    write(&path("folder"), &files(2, "old")).unwrap();
    let mut staged: Vec<Staged> = ["old", "new", "last"]
        .map(|name| file(&path(name), Access::Usual, |sink| sink.write_all(b"text")).unwrap())
        .into();
    staged.insert(2, stage(&path("folder"), &files(3, "new")).unwrap());
    fs::remove_file(staged[3].holder.path.join(NEW)).unwrap();
    assert!(put_in_place(staged).is_err());
    assert_eq!(fs::read_to_string(path("old")).unwrap(), "old");
    assert_eq!(read(&path("folder")), files(2, "old"));
    assert_eq!(names(temporary.path()), ["folder", "old"]);
}

#[test]
fn what_another_has_written_since_is_not_taken_back() {
    let temporary = tempfile::tempdir().unwrap();
    let path = |name: &str| temporary.path().join(name);
    for before in [false, true] {
        if before {
            write(&path("out"), &files(1, "before")).unwrap();
        }
        let mut staged = stage(&path("out"), &files(2, "mine")).unwrap();
        staged.put().unwrap();
        write(&path("out"), &files(3, "theirs")).unwrap();
        staged.take_back();
        drop(staged);
        assert_eq!(read(&path("out")), files(3, "theirs"));
        assert_eq!(names(temporary.path()), ["out"]);
        fs::remove_dir_all(path("out")).unwrap();
    }
}

/// What comes between looking at a place and taking it.
#[test]
fn what_took_the_place_meanwhile_stays_there() {
    let temporary = tempfile::tempdir().unwrap();
    let place = temporary.path().join("out");
    type Case = (&'static str, fn(&Path));
    let cases: [Case; 3] = [
        ("it has `notes.txt`", |place| fs::write(place.join("notes.txt"), "mine").unwrap()),
        ("it was written by `regal-inventory export dsh`", |place| {
            fs::write(place.join(".regal-export"), "regal-inventory export dsh\n").unwrap();
        }),
        ("it is not a folder", |place| {
            fs::remove_dir_all(place).unwrap();
            symlink("/etc", place).unwrap();
        }),
    ];
    for (why, change) in cases {
        write(&place, &files(2, "old")).unwrap();
        let staged = stage(&place, &files(3, "new")).unwrap();
        change(&place);
        let message = put_in_place(vec![staged]).unwrap_err().to_string();
        assert!(message.contains("something else took its place") && message.contains(why), "{message}");
        assert_eq!(names(temporary.path()), ["out"]);
        if !place.is_symlink() {
            assert!(place.join("000/000.hosts").exists() && !place.join("002").exists());
            fs::remove_dir_all(&place).unwrap();
        }
    }
    fs::remove_file(&place).unwrap();
    fs::write(&place, "old").unwrap();
    let staged = file(&place, Access::Usual, |sink| sink.write_all(b"new")).unwrap();
    fs::remove_file(&place).unwrap();
    symlink("/etc/passwd", &place).unwrap();
    assert!(put_in_place(vec![staged]).is_err());
    assert_eq!(fs::read_link(&place).unwrap(), Path::new("/etc/passwd"));
}

/// Two names that cannot be exchanged: the old one is moved away first.
#[test]
fn without_an_exchange_each_step_can_be_undone() {
    let temporary = tempfile::tempdir().unwrap();
    let place = temporary.path().join("out");
    write(&place, &files(2, "old")).unwrap();
    let mut staged = stage(&place, &files(3, "new")).unwrap();
    fs::rename(staged.holder.path.join(NEW), staged.holder.path.join(PUT)).unwrap();
    let made = fs::metadata(staged.holder.path.join(PUT)).unwrap();
    staged.made = Some((std::os::unix::fs::MetadataExt::dev(&made).into(), std::os::unix::fs::MetadataExt::ino(&made)));
    staged.replace().unwrap();
    assert_eq!(read(&place), files(3, "new"));
    staged.take_back();
    assert_eq!(read(&place), files(2, "old"));
    fs::write(place.join("notes.txt"), "mine").unwrap();
    assert!(staged.replace().unwrap_err().to_string().contains("it has `notes.txt`"));
    assert!(place.join("notes.txt").exists());
    fs::remove_file(place.join("notes.txt")).unwrap();
    staged.replace().unwrap();
    staged.clear();
    drop(staged);
    assert_eq!(read(&place), files(3, "new"));
    assert_eq!(names(temporary.path()), ["out"]);
}

#[test]
fn what_an_ended_process_left_is_removed() {
    let temporary = tempfile::tempdir().unwrap();
    let place = temporary.path().join("out");
    write(&place, &files(2, "old")).unwrap();
    let here = crate::system::boot().unwrap();
    let states: [fn(&Path, &Path); 5] = [
        // ended while it made a file, or a folder
        |holder, _| fs::write(holder.join(NEW), "par").unwrap(),
        |holder, _| {
            fs::create_dir_all(holder.join(NEW).join("group")).unwrap();
            fs::write(holder.join(NEW).join("group/a"), "web1\n").unwrap();
        },
        // ended before or after the exchange
        |holder, place| fs::rename(place, holder.join(PUT)).unwrap(),
        |holder, _| fs::write(holder.join(PUT), "whole").unwrap(),
        // ended before it removed what it had moved away
        |holder, place| fs::rename(place, holder.join(OLD)).unwrap(),
    ];
    for state in states {
        let holder = left(temporary.path(), &here, 0);
        state(&holder, &place);
        assert_eq!(write(&place, &files(3, "new")).unwrap(), []);
        assert_eq!(names(temporary.path()), ["out"]);
    }
    // ended before it had a lock
    for empty in [false, true] {
        let holder = left(temporary.path(), "", 0);
        if empty {
            fs::remove_file(holder.join(OWNER)).unwrap();
        }
        write(&place, &files(1, "new")).unwrap();
        assert!(holder.exists(), "it may be about to lock it");
        age(&holder, 2);
        write(&place, &files(1, "new")).unwrap();
        assert!(!holder.exists());
    }
}

#[test]
fn what_may_be_in_use_is_left_alone_and_named_once_it_is_old() {
    let temporary = tempfile::tempdir().unwrap();
    let place = temporary.path().join("out");
    // Another writer of this machine, however old.
    let staged = stage(&place, &files(2, "theirs")).unwrap();
    age(&staged.holder.path, 30);
    assert_eq!(write(&place, &files(1, "mine")).unwrap(), []);
    assert_eq!(put_in_place(vec![staged]).unwrap(), []);
    assert_eq!(read(&place), files(2, "theirs"));
    // One of another machine, or of none that is known.
    for mark in ["00000000-0000-0000-0000-000000000000", "unknown"] {
        let holder = left(temporary.path(), mark, 0);
        fs::write(holder.join(NEW), "text").unwrap();
        age(&holder, 0);
        assert_eq!(write(&place, &files(1, "mine")).unwrap(), []);
        age(&holder, 2);
        let notes = write(&place, &files(1, "mine")).unwrap();
        assert!(notes[0].message.contains("on another machine or before this one was started"), "{notes:?}");
        assert_eq!(fs::read_to_string(holder.join(NEW)).unwrap(), "text");
        fs::remove_dir_all(holder).unwrap();
    }
    // What others may write to tells nothing.
    let holder = left(temporary.path(), &crate::system::boot().unwrap(), 30);
    fs::set_permissions(&holder, Permissions::from_mode(0o777)).unwrap();
    assert_eq!(write(&place, &files(1, "mine")).unwrap(), []);
    assert!(holder.exists());
}

#[test]
fn what_is_not_ours_is_kept_and_named() {
    let temporary = tempfile::tempdir().unwrap();
    let place = temporary.path().join("out");
    let here = crate::system::boot().unwrap();
    let states: [fn(&Path); 3] = [
        |holder| {
            fs::create_dir(holder.join(PUT)).unwrap();
            fs::write(holder.join(PUT).join("notes.txt"), "mine").unwrap();
        },
        |holder| symlink("/etc", holder.join(PUT)).unwrap(),
        |holder| {
            fs::create_dir(holder.join(PUT)).unwrap();
            fs::create_dir(holder.join(OLD)).unwrap();
        },
    ];
    for state in states {
        let holder = left(temporary.path(), &here, 0);
        state(&holder);
        let notes = write(&place, &files(1, "new")).unwrap();
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert_eq!(notes[0].location.as_ref().unwrap().path, holder.canonicalize().unwrap().display().to_string());
        assert!(holder.join(PUT).is_dir());
        fs::remove_dir_all(holder).unwrap();
    }
}

/// A link in the place of a folder on the way down.
#[test]
fn removing_follows_no_link() {
    let temporary = tempfile::tempdir().unwrap();
    let outside = temporary.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("000.hosts"), "mine").unwrap();
    let place = temporary.path().join("out");
    write(&place, &files(1, "old")).unwrap();
    fs::remove_dir_all(place.join("000")).unwrap();
    symlink(&outside, place.join("000")).unwrap();
    assert!(write(&place, &files(1, "new")).unwrap_err().to_string().contains("it has `000`"));
    fs::remove_file(place.join("000")).unwrap();
    fs::create_dir(temporary.path().join("sub")).unwrap();
    let holder = left(&temporary.path().join("sub"), &crate::system::boot().unwrap(), 0);
    fs::create_dir(holder.join(NEW)).unwrap();
    symlink(&outside, holder.join(NEW).join("link")).unwrap();
    write_file(&temporary.path().join("sub/file"), "text").unwrap();
    assert!(!holder.exists());
    assert!(outside.join("000.hosts").exists());
}

#[test]
fn modes() {
    let temporary = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let cases = [
        // access, mode before, mode of a file, mode of a folder
        (Access::Private, None, 0o600, 0o700),
        (Access::Private, Some(0o644), 0o600, 0o700),
        (Access::Private, Some(0o640), 0o600, 0o700),
        (Access::Private, Some(0o600), 0o600, 0o700),
        (Access::Private, Some(0o400), 0o400, 0o700),
        (Access::Usual, Some(0o600), 0o600, 0o700),
        (Access::Usual, Some(0o640), 0o640, 0o740),
        (Access::Usual, Some(0o666), 0o666, 0o766),
    ];
    for (access, before, of_file, of_folder) in cases {
        let paths = ["file", "folder"].map(|name| temporary.path().join(name));
        if let Some(before) = before {
            fs::write(&paths[0], "old").unwrap();
            fs::create_dir(&paths[1]).unwrap();
            paths.iter().for_each(|path| fs::set_permissions(path, Permissions::from_mode(before)).unwrap());
        }
        let made = file(&paths[0], access, |sink| sink.write_all(b"new")).unwrap();
        assert_eq!(mode(&made.holder.path), 0o700);
        let more = folder(&paths[1], "hosts", access, [("a/b", &b"c"[..])]).unwrap();
        put_in_place(vec![made, more]).unwrap();
        assert_eq!([mode(&paths[0]), mode(&paths[1])], [of_file, of_folder], "{access:?} {before:?}");
        if access == Access::Private {
            let inside = ["a", "a/b", ".regal-export"].map(|name| mode(&paths[1].join(name)));
            assert_eq!(inside, [0o700, 0o600, 0o600]);
        }
        fs::remove_file(&paths[0]).unwrap();
        fs::remove_dir_all(&paths[1]).unwrap();
    }
}
