//! The short way of JSON beside serde_json: what it accepts must be what serde_json reads.
#![no_main]

use regal_inventory::json::parse;
use regal_inventory::text::{Arena, Pos, Text};
use regal_inventory::value::Value;

/// A number that the short way does not take, so that what follows goes through serde_json.
const DETOUR: &str = "[1e0,";
/// In lists and mappings one level deeper, serde_json may be at its limit.
const DEEP: usize = 100;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let arena = Arena::new();
    let opened = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    let start = Pos(DETOUR.len() as u32);
    if opened < DEEP
        && let Ok(value) = parse(&arena, Text { text, base: start })
    {
        let detour = arena.alloc_str(&format!("{DETOUR}{text}]"));
        let Ok(Value::List([_, other])) = parse(&arena, Text { text: detour, base: Pos(0) }) else {
            panic!("serde_json refuses {text:?}")
        };
        // Places, too, which `==` leaves out.
        assert_eq!(format!("{value:?}"), format!("{other:?}"));
    }
});
