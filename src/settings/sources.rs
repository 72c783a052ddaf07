//! The sources of `inventory`: paths and host lists, and Salt's with a path for each of their parts.
//!
//! ```yaml
//! inventory:
//!   - hosts.ini
//!   - salt: {keys: pki/master, cache: /var/cache/salt/master, nodegroups: master.d}
//! ```

use super::layer::{Given, Reader};
use super::typed::{self, Typed};
use crate::error::Code;
use crate::nearest;
use crate::source::salt::Part;
use crate::source::{Named, Source};
use crate::value::{Entry, Value};

/// Types the value of `inventory`.
pub(super) fn typed<'a>(value: Value<'a>, given: &Given<'a>, reader: &mut Reader<'_, 'a>) -> Typed<Vec<Source>> {
    let items = match value {
        Value::List([]) => return typed::wrong(value, "it has no items"),
        Value::List(items) => items.to_vec(),
        single => vec![single],
    };
    let mut sources = Vec::new();
    for item in items {
        match item {
            Value::Map([]) => return typed::wrong(item, "it names no source"),
            Value::Map(entries) => sources.extend(salt(entries, given, reader)),
            item => {
                let at = reader.locate(given.origin, given.at);
                sources.push(reader.place.source(typed::text(item)?, given.origin, at));
            }
        }
    }
    Ok(sources)
}

/// The source that `{salt: {…}}` stands for; what is wrong with it is reported.
fn salt<'a>(entries: &'a [Entry<'a>], given: &Given<'a>, reader: &mut Reader<'_, 'a>) -> Option<Source> {
    const FORM: &str = "write `salt: {config: /etc/salt}`, or name the parts that there are";
    let mut found = None;
    for entry in entries {
        match (entry.key, entry.value) {
            ("salt", Value::Map(parts @ [_, ..])) => found = Some((entry, parts)),
            ("salt", _) => {
                reader.report(Code::InvalidValue, given.origin, entry.at, "`inventory`: `salt` has no parts", FORM);
            }
            (key, _) => {
                let message = format!("`inventory`: unknown kind of source `{}`", key.escape_debug());
                reader.report(Code::UnknownKey, given.origin, entry.at, message, "a source is a path, or `salt: {…}`");
            }
        }
    }
    let (entry, parts) = found?;
    let at = reader.locate(given.origin, entry.at);
    let mut paths = Vec::new();
    for part in parts {
        match Part::NAMES.iter().find(|(name, _)| *name == part.key) {
            Some((_, kind)) => match typed::texts(part.value) {
                Ok(texts) => paths.extend(texts.into_iter().map(|text| {
                    let path = reader.place.path(text, given.origin);
                    (*kind, Named { path, at: Some(at.clone()) })
                })),
                Err(wrong) => {
                    let message = format!("`salt.{}` cannot be {}: {}", part.key, wrong.given, wrong.why);
                    reader.report(
                        Code::InvalidValue,
                        given.origin,
                        part.at,
                        message,
                        "allowed: a path, or a list of paths",
                    );
                }
            },
            None => unknown_part(part, given, reader),
        }
    }
    (!paths.is_empty()).then_some(Source::Salt(paths))
}

fn unknown_part<'a>(part: &Entry<'a>, given: &Given<'a>, reader: &mut Reader<'_, 'a>) {
    let known = || Part::NAMES.iter().map(|(name, _)| (*name).to_string());
    let hint = match nearest::word(part.key, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known().collect::<Vec<_>>().join(", ")),
    };
    let message = format!("unknown part `salt.{}`", part.key.escape_debug());
    reader.report(Code::UnknownKey, given.origin, part.at, message, hint);
}
