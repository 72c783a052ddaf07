//! Any text as a `regal.yml`, as variables and as options.
#![no_main]

use regal_inventory::settings::{Input, KEYS, OptionText, read, variable};
use regal_inventory::text::{Arena, TextMap};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let arena = Arena::new();
    let texts = TextMap::new();
    let text = arena.alloc_str(text);
    let Ok(file) = texts.add("regal.yml", text) else { return };
    let file = Input { file: Some(file), ..Input::default() };
    let _ = read(&arena, &texts, &file).map_err(|error| error.to_string());

    // The first byte says which key; the rest is its value.
    let Some(first) = text.chars().next() else { return };
    let key = &KEYS[first as usize % KEYS.len()];
    let value = &text[first.len_utf8()..];
    let variable = arena.alloc_str(&variable(key.name));
    let environment = [(&*variable, value)];
    let options = [OptionText { key: key.name, text: value, option: "--option" }];
    let named = Input {
        environment: arena.alloc_slice_copy(&environment),
        options: arena.alloc_slice_copy(&options),
        ..Input::default()
    };
    let _ = read(&arena, &texts, &named).map_err(|error| error.to_string());
});
