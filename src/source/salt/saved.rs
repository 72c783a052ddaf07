//! What `salt` or `salt-run cache.grains` printed of grains or pillar: one document, or with one for each minion.

use std::path::Path;

use super::{Gathered, guarded, printed};
use crate::error::{Code, Location, Problem};
use crate::json;
use crate::salt::{Bank, Coverage};
use crate::source::Reading;
use crate::text::Text;
use crate::value::{Entry, Value};

/// How Salt says that a minion did not answer.
const SILENT: &str = "Minion did not return";
/// What Salt 3008 prints for every value of a pillar.
const MASK: &str = "**********";

pub(super) fn read<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path, bank: Bank) {
    let Some(text) = printed(reading, path) else { return };
    if bank == Bank::Pillar {
        reading.texts.hide_lines(text);
    }
    let coverage = match bank {
        Bank::Grains => &mut gathered.grains_coverage,
        Bank::Pillar => &mut gathered.pillar_coverage,
    };
    *coverage = Coverage::Part.max(*coverage);
    let mut masked = false;
    let documents = documents(text);
    if documents.is_empty() {
        return reading.problem(Code::EmptySource, text.base, "the file is empty", hint(bank));
    }
    for document in documents {
        match json::parse(reading.arena, document) {
            Ok(Value::Map(minions)) => {
                for entry in minions {
                    masked |= bank == Bank::Pillar && is_masked(entry.value);
                    read_minion(reading, gathered, bank, entry);
                }
            }
            Ok(other) => {
                let message = format!("the file holds {}, not a mapping of minions", other.type_name());
                return reading.problem(Code::InvalidSalt, document.base, message, hint(bank));
            }
            Err(fault) => {
                return reading.problem(
                    Code::InvalidJson,
                    fault.at,
                    format!("the file is not JSON: {}", fault.message),
                    hint(bank),
                );
            }
        }
    }
    if masked {
        let problem = Problem::of(Code::InvalidSalt, "the pillar is masked: its values are `**********`");
        let hint = "Salt 3008 prints no pillar values; name the master's cache folder with `cache:` instead";
        reading.push(problem.at(Location::whole(path.display().to_string())).hint(hint));
    }
}

fn hint(bank: Bank) -> &'static str {
    match bank {
        Bank::Grains => "save it with: salt '*' grains.items --out=json --static",
        Bank::Pillar => "save it with: salt '*' pillar.items --out=json --static",
    }
}

fn read_minion<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, bank: Bank, entry: &'a Entry<'a>) {
    match entry.value {
        Value::Map(_) if entry.key == "local" => {
            let hint = "salt-call speaks of its own machine only; ask with salt '*' … --out=json --static";
            reading.problem(
                Code::InvalidSalt,
                entry.at,
                "this is what salt-call printed: `local` is not a minion's id",
                hint,
            );
        }
        Value::Map(data) => {
            let data = protected(reading, data);
            gathered.add_data(reading, bank, entry.key, data, entry.at);
        }
        Value::Str(text) if text.starts_with(SILENT) => {
            gathered.silent.insert(entry.key, entry.at);
        }
        // What Salt prints without a word of why.
        Value::Bool(false, _) => {
            gathered.silent.insert(entry.key, entry.at);
        }
        other => {
            let message = format!("`{}` has {} where its {} belong", entry.key, other.type_name(), bank.name());
            let hint = match bank {
                Bank::Grains => "save grains.items, or grains.item NAME, which keeps the names; not grains.get",
                Bank::Pillar => "save pillar.items, or pillar.item NAME, which keeps the names; not pillar.get",
            };
            reading.problem(Code::InvalidSalt, entry.at, message, hint);
        }
    }
}

/// The entries with their texts guarded against templates.
pub(super) fn protected<'a>(reading: &Reading<'_, 'a>, entries: &'a [Entry<'a>]) -> &'a [Entry<'a>] {
    let entry = |entry: &Entry<'a>| Entry { value: protected_value(reading, entry.value), ..*entry };
    let entries: Vec<Entry<'a>> = entries.iter().map(entry).collect();
    reading.arena.alloc_slice_copy(&entries)
}

fn protected_value<'a>(reading: &Reading<'_, 'a>, value: Value<'a>) -> Value<'a> {
    match value {
        Value::Str(text) => guarded(text),
        Value::List(items) | Value::Set(items) => {
            let items: Vec<Value<'a>> = items.iter().map(|item| protected_value(reading, *item)).collect();
            Value::List(reading.arena.alloc_slice_copy(&items))
        }
        Value::Map(entries) => Value::Map(protected(reading, entries)),
        other => other,
    }
}

fn is_masked(value: Value<'_>) -> bool {
    match value {
        Value::Str(text) => text == MASK,
        Value::List(items) | Value::Set(items) => items.iter().any(|item| is_masked(*item)),
        Value::Map(entries) => entries.iter().any(|entry| is_masked(entry.value)),
        _ => false,
    }
}

/// The JSON documents that stand one after another in a text; what is not a document stays with the one before it.
fn documents(text: Text<'_>) -> Vec<Text<'_>> {
    let bytes = text.text.as_bytes();
    let mut found = Vec::new();
    let (mut start, mut depth, mut in_string) = (0, 0_usize, false);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    found.push(part(text, start, at + 1));
                    start = at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if !text.text[start..].trim().is_empty() {
        found.push(part(text, start, bytes.len()));
    }
    found
}

fn part(text: Text<'_>, start: usize, end: usize) -> Text<'_> {
    Text { text: &text.text[start..end], base: text.pos(start) }
}
