//! Any text as what an inventory script printed.
#![no_main]

mod reading;

use regal_inventory::source::TextFormat;

libfuzzer_sys::fuzz_target!(|text: &str| reading::read(TextFormat::Script, text));
