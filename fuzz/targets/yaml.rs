//! Any text as a YAML inventory.
#![no_main]

mod reading;

use regal_inventory::source::Format;

libfuzzer_sys::fuzz_target!(|text: &str| reading::read(Format::Yaml, text));
