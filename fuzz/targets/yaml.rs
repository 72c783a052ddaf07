//! Any text as a YAML inventory.
#![no_main]

mod reading;

use regal_inventory::source::TextFormat;

libfuzzer_sys::fuzz_target!(|text: &str| reading::read(TextFormat::Yaml, text));
