//! `nodegroups` and `ssh_list_nodegroups`.

use super::files::Settings;
use crate::error::Code;
use crate::salt::Nodegroup;
use crate::source::Reading;
use crate::source::salt::Gathered;
use crate::value::{Entry, KeyKind, Value};

const FORM: &str = "write a list of ids, or a target: `web: L@web1,web2`, `debian: G@os:Debian`";

/// Adds what they say; false if they say nothing.
pub(super) fn add<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, settings: &Settings<'a>) -> bool {
    let mut found = false;
    for key in ["ssh_list_nodegroups", "nodegroups"] {
        let Some(entry) = settings.get(key) else { continue };
        let groups: Vec<Entry<'a>> = match entry.value {
            Value::Map(groups) => groups.to_vec(),
            Value::Null => continue,
            Value::List(items) if items.iter().all(|item| matches!(item, Value::Map([_]))) => {
                let single = |item: &Value<'a>| if let Value::Map([entry]) = item { Some(*entry) } else { None };
                items.iter().filter_map(single).collect()
            }
            other => {
                let message = format!("`{key}` is {}, not a mapping", other.type_name());
                reading.problem(Code::InvalidSalt, entry.at, message, "write names with targets: `web: L@web1,web2`");
                continue;
            }
        };
        found |= !groups.is_empty();
        for group in groups {
            let (words, fault) = match words(&group, key == "ssh_list_nodegroups") {
                Ok(words) => (words, None),
                Err(fault) => (Vec::new(), Some(fault)),
            };
            gathered.nodegroups.insert(group.key, Nodegroup { words, at: group.at, fault });
        }
    }
    found
}

/// The words of a definition; else why it is none, and what to do.
fn words<'a>(group: &Entry<'a>, list: bool) -> Result<Vec<&'a str>, (String, String)> {
    if group.kind != KeyKind::Str {
        return Err(("its name is not a string in YAML".to_string(), format!("quote it: \"{}\"", group.key)));
    }
    match group.value {
        Value::Str(text) if list => Ok(text.split(',').collect()),
        Value::Str(text) => Ok(text.split_whitespace().collect()),
        Value::List(items) => items
            .iter()
            .map(|item| match item {
                Value::Str(word) => Ok(*word),
                other => Err(no_word(*other)),
            })
            .collect(),
        other => Err((format!("it is {}, not a list or a target", other.type_name()), FORM.to_string())),
    }
}

fn no_word(item: Value<'_>) -> (String, String) {
    let shown = item.text().unwrap_or_default();
    let hint = if shown.is_empty() { FORM.to_string() } else { format!("quote it: \"{shown}\"") };
    (format!("it has {} in its list, not a string", item.type_name()), hint)
}
