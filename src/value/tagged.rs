//! Values that a script marks in JSON, where YAML has tags; and texts that need such a mark.

use super::{Entry, Value};
use crate::text::Arena;
use crate::text::words::{equal, position};

/// Whether Ansible, or Salt, would take a text for a template and run what it says.
pub fn is_template(text: &str) -> bool {
    position(text.as_bytes(), |word| equal(word, b'{')).is_some()
        && ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

impl<'a> Value<'a> {
    /// `{"__ansible_vault": "…"}` as a vault and `{"__ansible_unsafe": "…"}` as an unsafe string; other values as they are.
    pub fn untagged(self) -> Self {
        let Value::Map([entry]) = self else { return self };
        match (entry.key, entry.value) {
            ("__ansible_vault", Value::Str(text)) => Value::Vault(text),
            ("__ansible_unsafe", Value::Str(text)) => Value::Unsafe(text),
            _ => self,
        }
    }

    /// The value with all of its texts unsafe.
    pub fn distrusted(self, arena: &'a Arena) -> Self {
        match self {
            Value::Str(text) => Value::Unsafe(text),
            Value::List(items) => Value::List(distrusted_all(items, arena)),
            Value::Set(items) => Value::Set(distrusted_all(items, arena)),
            Value::Map(entries) => {
                let entry = |entry: &Entry<'a>| Entry { value: entry.value.distrusted(arena), ..*entry };
                let entries: Vec<Entry<'a>> = entries.iter().map(entry).collect();
                Value::Map(arena.alloc_slice_copy(&entries))
            }
            other => other,
        }
    }
}

fn distrusted_all<'a>(items: &[Value<'a>], arena: &'a Arena) -> &'a [Value<'a>] {
    let items: Vec<Value<'a>> = items.iter().map(|item| item.distrusted(arena)).collect();
    arena.alloc_slice_copy(&items)
}
