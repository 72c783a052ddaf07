//! The types of YAML 1.1 scalars, as PyYAML's `SafeLoader` constructs them.

use crate::value::yaml11::Resolved;
use crate::value::{Timestamp, Value, number};

/// The value of a scalar that is typed by its text. `Err` says what makes it no value.
pub(crate) fn implicit(resolved: Resolved, text: &str) -> Result<Value<'_>, String> {
    match resolved {
        Resolved::Null => Ok(Value::Null),
        Resolved::Bool(value) => Ok(Value::Bool(value, text)),
        Resolved::Int => int(text),
        Resolved::Float => Ok(Value::Float(text)),
        Resolved::Date => date(text),
        Resolved::Merge => Err("`<<` can only be a key".to_string()),
        Resolved::Default => Err("`=` cannot be a value".to_string()),
        Resolved::Str => Ok(Value::Str(text)),
    }
}

/// An integer, by PyYAML's `construct_yaml_int`: more notations than it resolves, as under `!!int`.
pub(crate) fn int(text: &str) -> Result<Value<'_>, String> {
    let text = text.trim();
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let all = |digits: &str, digit: fn(&u8) -> bool| {
        let mut bytes = digits.bytes().filter(|byte| *byte != b'_').peekable();
        bytes.peek().is_some() && bytes.all(|byte| digit(&byte))
    };
    let good = match body.as_bytes() {
        [b'0', b'b', ..] => all(&body[2..], |byte| matches!(byte, b'0' | b'1')),
        [b'0', b'x', ..] => all(&body[2..], u8::is_ascii_hexdigit),
        [b'0', b'o', ..] => all(&body[2..], |byte| matches!(byte, b'0'..=b'7')),
        [b'0', ..] => all(body, |byte| matches!(byte, b'0'..=b'7')),
        _ => body.split(':').all(|part| all(part, u8::is_ascii_digit)),
    };
    if !good {
        return Err(format!("`{text}` is not an integer"));
    }
    if number::is_too_long(text) {
        return Err("an integer has more than 4300 digits".to_string());
    }
    Ok(Value::Int(text))
}

/// A float, by PyYAML's `construct_yaml_float`, as under `!!float`.
pub(crate) fn float(text: &str) -> Result<Value<'_>, String> {
    match number::parse_float(text) {
        Some(_) => Ok(Value::Float(text.trim())),
        None => Err(format!("`{text}` is not a number")),
    }
}

/// A boolean under `!!bool`.
pub(crate) fn boolean(text: &str) -> Result<Value<'_>, String> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" => Ok(Value::Bool(true, text)),
        "no" | "false" | "off" => Ok(Value::Bool(false, text)),
        _ => Err(format!("`{text}` is not a boolean")),
    }
}

/// A date or time that exists.
pub(crate) fn date(text: &str) -> Result<Value<'_>, String> {
    match Timestamp::parse(text).map(|stamp| stamp.fault()) {
        Some(None) => Ok(Value::Date(text)),
        Some(Some(fault)) => Err(format!("`{text}` is not a date: {fault}")),
        None => Err(format!("`{text}` is not a date")),
    }
}
