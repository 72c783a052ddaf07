//! The short way of plain block YAML beside libyaml's events: both must read the same.
#![no_main]

use regal_inventory::text::{Arena, Pos, Text};
use regal_inventory::value::{Fault, Value};
use regal_inventory::yaml::parse;

/// A comment that the short way does not take, so that what follows goes through libyaml.
const DETOUR: &str = "# é\n";

/// What a text says: its value or fault, and its warnings, with places counted from `start`.
type Said<'a> = (Result<Value<'a>, (u32, String)>, Vec<(u32, String)>);

fn said<'a>(arena: &'a Arena, text: &'a str, start: usize) -> Said<'a> {
    let start = start as u32;
    let mut warnings = Vec::new();
    let value = parse(arena, Text { text, base: Pos(0) }, &mut warnings);
    let from_start = |at: Pos| at.0.wrapping_sub(start);
    let value = value.map_err(|Fault { at, message, .. }| (from_start(at), message));
    (value, warnings.into_iter().map(|(at, message)| (from_start(at), message)).collect())
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    // A byte order mark means something only in front.
    if !text.starts_with('\u{feff}') {
        let arena = Arena::new();
        let detour = arena.alloc_str(&format!("{DETOUR}{text}"));
        assert_eq!(said(&arena, text, 0), said(&arena, detour, DETOUR.len()));
    }
});
