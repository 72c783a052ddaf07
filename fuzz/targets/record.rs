//! Any bytes as the record of a rollout: what is read of them folds, and is the same when it is written again.
#![no_main]

use std::path::Path;

use regal_inventory::record::{Event, Log, fold};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(mut log) = Log::of(Path::new("x"), bytes) else { return };
    fold(&log);
    log.lines.retain(|line| !matches!(line.event, Event::Unknown(_)));
    log.torn = false;
    let lines = log.lines.iter().map(|line| serde_json::to_string(line).expect("a line is written") + "\n");
    let again = Log::of(Path::new("x"), lines.collect::<String>().as_bytes());
    assert_eq!(again.expect("what was written is read"), log);
});
