//! A crash at every byte of every write, and at every call beside them.

use std::io;

use proptest::prelude::*;

use super::super::append::{Store, append};
use super::super::event::SCHEMA;
use super::super::reading::parse;
use super::*;

/// A disk that lets so many bytes and calls through, and then does nothing any more: the machine is gone, or it is full.
struct Disk {
    bytes: Vec<u8>,
    /// What would be there after a loss of power.
    lasting: Vec<u8>,
    left: usize,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// The process is killed: what it wrote is there.
    Killed,
    /// Power is lost: of what was not synced, a part may be there.
    Power,
    /// Nothing more can be written, and all else goes on.
    Full,
}

impl Disk {
    fn call(&mut self) -> io::Result<()> {
        if self.how != How::Full && self.left == 0 {
            return Err(io::Error::other("gone"));
        }
        if self.how != How::Full {
            self.left -= 1;
        }
        Ok(())
    }
}

impl Store for Disk {
    fn read_from(&mut self, from: u64) -> io::Result<Vec<u8>> {
        Ok(self.bytes[from as usize..].to_vec())
    }

    fn write_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = bytes.len().min(self.left);
        self.left -= written;
        self.bytes.extend(&bytes[..written]);
        match self.how {
            How::Full if written == 0 => Err(io::ErrorKind::StorageFull.into()),
            How::Full => Ok(written),
            _ if written < bytes.len() => Err(io::Error::other("gone")),
            _ => Ok(written),
        }
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.call()?;
        self.bytes.truncate(length as usize);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.call()?;
        self.lasting = self.bytes.clone();
        Ok(())
    }
}

fn line(number: usize, event: Event) -> Line {
    Line { schema: SCHEMA, at: format!("t{number}"), plan: "p".into(), run: Some("r".into()), event }
}

fn fold_all(lines: &[Line]) -> State {
    fold(&Log { lines: lines.to_vec(), torn: false })
}

/// What a reader finds, as the next writer does.
fn found(bytes: &[u8]) -> (Vec<Line>, usize, bool) {
    let (lines, end) = parse(Path::new("x"), bytes, 0).unwrap();
    (lines, end, end < bytes.len())
}

/// Appends the events to what is there. Returns those that were acknowledged, and the one that was not.
fn write(disk: &mut Disk, events: &[Event], number: &mut usize) -> (Vec<Line>, Option<Line>) {
    let (_, end, mut torn) = found(&disk.bytes);
    let mut end = end as u64;
    let mut acknowledged = Vec::new();
    for event in events {
        *number += 1;
        let line = line(*number, event.clone());
        let text = format!("{}\n", serde_json::to_string(&line).unwrap());
        if append(disk, end, torn, text.as_bytes()).is_err() {
            return (acknowledged, Some(line));
        }
        (end, torn) = (end + text.len() as u64, false);
        acknowledged.push(line);
    }
    (acknowledged, None)
}

fn event() -> impl Strategy<Value = Event> {
    let group = prop::sample::select(vec!["A", "B1", "B2"]);
    let host = prop::sample::select(vec!["web1", "web2", "web\u{1b}é"]);
    (0..8, group, host, any::<bool>()).prop_map(|(kind, group, host, flag)| match kind {
        0 => Event::Start(Box::new(start(if flag { Direction::Forward } else { Direction::Back }))),
        1 | 2 => begin(group, flag),
        3 => hosts_done(group, &[host]),
        4 => lost(group, flag.then_some(host)),
        5 => Event::Approve(Approve { group: group.into(), by: host.into() }),
        6 => end(Outcome::Done),
        _ => done(group, &[host]),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_acknowledged_event_is_lost_and_none_is_invented(
        events in prop::collection::vec(event(), 1..6),
        how in prop::sample::select(vec![How::Killed, How::Power, How::Full]),
        power in 0.0..=1.0f64,
    ) {
        for left in 0.. {
            let mut disk = Disk { bytes: Vec::new(), lasting: Vec::new(), left, how };
            let mut number = 0;
            let (mut told, pending) = write(&mut disk, &events, &mut number);
            let is_through = pending.is_none();
            let mut left_there = disk.bytes.clone();
            if how == How::Power {
                // of what came after the last sync, any part from the front may have reached the disk
                let common = disk.lasting.len().min(left_there.len());
                let reached = common + ((left_there.len() - common) as f64 * power) as usize;
                left_there.truncate(reached.max(disk.lasting.len()));
            }
            let (lines, _, _) = found(&left_there);
            let mut with_pending = told.clone();
            with_pending.extend(pending);
            prop_assert!(lines == told || lines == with_pending, "{how:?} {left}");
            prop_assert!(fold_all(&lines) == fold_all(&told) || fold_all(&lines) == fold_all(&with_pending));
            if how == How::Full {
                prop_assert_eq!(&lines, &told);
                prop_assert_eq!(found(&left_there).2, false);
            }
            // the next writer goes on from there
            told = lines;
            let mut disk = Disk { lasting: left_there.clone(), bytes: left_there, left: usize::MAX, how: How::Killed };
            let (more, pending) = write(&mut disk, &events, &mut number);
            prop_assert!(pending.is_none());
            told.extend(more);
            prop_assert_eq!(found(&disk.bytes), (told, disk.bytes.len(), false));
            if is_through {
                break;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_in_a_record_is_read_or_refused(
        event in event(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        noise in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut text = format!("{}\n", serde_json::to_string(&line(1, event)).unwrap()).into_bytes();
        text.extend(noise);
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(log) = Log::of(Path::new("x"), &text) {
            fold(&log);
        }
    }
}
