//! Values of keys as their types.

use crate::pattern;
use crate::policy::parse_seconds;
use crate::salt::is_target;
use crate::shown::Shown;
use crate::value::{Entry, Value};

/// Why a value does not fit its key.
#[derive(Debug)]
pub(super) struct Wrong {
    /// What was given, as it is to be shown.
    pub given: String,
    /// Why that does not fit, as a fragment.
    pub why: String,
}

pub(super) type Typed<T> = Result<T, Wrong>;

/// Refuses a value.
pub(super) fn wrong<T>(value: Value<'_>, why: impl Into<String>) -> Typed<T> {
    Err(Wrong { given: show(value), why: why.into() })
}

/// A value as a message shows it.
fn show(value: Value<'_>) -> String {
    match value.text().map(str::trim) {
        Some("") => "empty".to_string(),
        Some(text) => format!("`{}`", Shown::new(text)),
        None if value == Value::Null => "empty".to_string(),
        None if matches!(value, Value::Map([])) => "an empty mapping".to_string(),
        None => value.type_name().to_string(),
    }
}

/// A text that is not blank, without the blanks around it.
pub(super) fn text(value: Value<'_>) -> Typed<&str> {
    match value.text().map(str::trim) {
        Some("") => wrong(value, "there is no text in it"),
        Some(text) => Ok(text),
        None if value == Value::Null => wrong(value, "there is no value"),
        None if matches!(value, Value::Map([])) => wrong(value, "there is no key in it"),
        None => wrong(value, "not a single value"),
    }
}

/// A text or a list of texts; at least one.
pub(super) fn texts<'a>(value: Value<'a>) -> Typed<Vec<&'a str>> {
    match value {
        Value::List([]) => wrong(value, "it has no items"),
        Value::List(items) => items.iter().copied().map(text).collect(),
        single => text(single).map(|text| vec![text]),
    }
}

/// A text for which `fits` holds.
pub(super) fn checked<'a>(value: Value<'a>, fits: impl Fn(&str) -> bool, why: &str) -> Typed<&'a str> {
    match text(value)? {
        text if fits(text) => Ok(text),
        _ => wrong(value, why),
    }
}

/// The entries of a mapping.
pub(super) fn mapping<'a>(value: Value<'a>) -> Typed<&'a [Entry<'a>]> {
    if let Value::Map(entries) = value { Ok(entries) } else { wrong(value, "it has to be a mapping") }
}

/// Host patterns or targets of Salt's; no item of theirs is empty.
pub(super) fn patterns<'a>(value: Value<'a>) -> Typed<Vec<&'a str>> {
    let patterns = texts(value)?;
    for text in &patterns {
        let target = is_target(text);
        if target && text.split(',').any(|item| item.trim().is_empty()) {
            return wrong(Value::Str(text), "there is an empty item between its commas");
        }
        if let Some(empty) = pattern::empty_item(text).filter(|_| !target) {
            return wrong(
                Value::Str(text),
                format!("{empty}, which Ansible skips, so that other hosts could be meant"),
            );
        }
    }
    Ok(patterns)
}

pub(super) fn boolean(value: Value<'_>) -> Typed<bool> {
    if let Value::Bool(boolean, _) = value {
        return Ok(boolean);
    }
    match text(value)?.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => wrong(value, "neither true nor false"),
    }
}

/// One of a few words.
pub(super) fn choice<T: Clone>(value: Value<'_>, words: &[(&str, T)]) -> Typed<T> {
    let given = text(value)?;
    match words.iter().find(|(word, _)| *word == given) {
        Some((_, meaning)) => Ok(meaning.clone()),
        None => wrong(value, "no such choice"),
    }
}

pub(super) fn count(value: Value<'_>) -> Typed<usize> {
    match text(value)?.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => wrong(value, "not a whole number from 1"),
    }
}

pub(super) fn seconds(value: Value<'_>) -> Typed<u64> {
    match parse_seconds(text(value)?) {
        Some(seconds) => Ok(seconds),
        None => wrong(value, "not a valid duration"),
    }
}
