//! Any text as what an inventory script printed.
#![no_main]

mod reading;

use regal_inventory::source::Format;

libfuzzer_sys::fuzz_target!(|text: &str| reading::read(Format::Script, text));
