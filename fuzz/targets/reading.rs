//! What the targets that read an inventory have in common.

use regal_inventory::inventory::effective::Effective;
use regal_inventory::source::{TextFormat, read_text};
use regal_inventory::text::{Arena, TextMap};

/// The hosts of a text that are looked at, and the variables of each.
const SHOWN: usize = 20;

/// Reads a text; every message can be printed, and every variable of what was read.
pub fn read(format: TextFormat, text: &str) {
    let arena = Arena::new();
    let texts = TextMap::new();
    match read_text(&arena, &texts, format, "text", arena.alloc_str(text)) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(loaded) => {
            loaded.warnings.iter().for_each(|warning| assert!(!warning.to_string().is_empty()));
            let effective = Effective::new(&loaded.inventory);
            for host in loaded.inventory.host_ids().take(SHOWN) {
                for var in effective.vars(host).iter().take(SHOWN) {
                    assert!(!var.value.to_json().is_empty());
                    assert!(texts.locate(var.at).line > 0);
                }
            }
        }
    }
}
