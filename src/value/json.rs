//! JSON of ours as a value, for the one writer of YAML.

use super::{Entry, KeyKind, Value};
use crate::text::{Arena, Pos};

/// Returns a document as a value; integers and floats keep their texts.
pub fn from_json<'v>(arena: &'v Arena, json: &'v serde_json::Value) -> Value<'v> {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(true) => Value::Bool(true, "true"),
        serde_json::Value::Bool(false) => Value::Bool(false, "false"),
        serde_json::Value::Number(number) if number.is_f64() => Value::Float(arena.alloc_str(&number.to_string())),
        serde_json::Value::Number(number) => Value::Int(arena.alloc_str(&number.to_string())),
        serde_json::Value::String(text) => Value::Str(text),
        serde_json::Value::Array(items) => {
            Value::List(arena.alloc_slice_fill_iter(items.iter().map(|item| from_json(arena, item))))
        }
        serde_json::Value::Object(entries) => {
            let entry = |(key, value): (&'v String, &'v serde_json::Value)| Entry {
                key,
                kind: KeyKind::Str,
                at: Pos::default(),
                value: from_json(arena, value),
            };
            Value::Map(arena.alloc_slice_fill_iter(entries.iter().map(entry)))
        }
    }
}
