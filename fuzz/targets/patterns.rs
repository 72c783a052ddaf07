//! Any line as a host pattern over a small inventory; any line as a range.
#![no_main]

use regal_inventory::pattern::{range, select, split};
use regal_inventory::source::{TextFormat, read_text};
use regal_inventory::text::{Arena, TextMap};

const HOSTS: &str =
    "[web]\nweb[1:9]\n[db]\ndb[a:c]\n10.1.1.1\nfe80::1\n[all:children]\nsite\n[site:children]\nweb\ndb\n";
/// As many hosts as a range may make here.
const LIMIT: usize = 10_000;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let arena = Arena::new();
    let texts = TextMap::new();
    let Ok(loaded) = read_text(&arena, &texts, TextFormat::Ini, "hosts", HOSTS) else { return };
    if let Ok(selection) = select(&loaded.inventory, &split(text)) {
        let all = loaded.inventory.host_ids().len();
        assert!(selection.hosts.len() <= all);
    }
    if let Ok(hosts) = range::expand(text, LIMIT) {
        assert!(hosts.len() <= LIMIT);
    }
});
