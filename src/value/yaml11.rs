//! What a plain scalar of YAML 1.1 is, as PyYAML's `SafeLoader` resolves it.

use super::Timestamp;

/// What a plain scalar is by its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Int,
    Float,
    Date,
    /// `<<`.
    Merge,
    /// `=`.
    Default,
    Str,
}

/// Resolves a plain scalar: the regular expressions of PyYAML's `resolver.py`.
pub(crate) fn resolve(text: &str) -> Resolved {
    let bytes = text.as_bytes();
    let Some(first) = bytes.first() else { return Resolved::Null };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => resolve_number(text),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => resolve_word(text),
        b'~' if bytes.len() == 1 => Resolved::Null,
        b'<' if text == "<<" => Resolved::Merge,
        b'=' if bytes.len() == 1 => Resolved::Default,
        _ => Resolved::Str,
    }
}

/// Whether the first byte, and for a word the length, tell that a plain scalar is a string, as they do of most.
pub(crate) fn is_surely_str(text: &str) -> bool {
    match text.as_bytes() {
        [] | [b'0'..=b'9' | b'+' | b'-' | b'.' | b'~' | b'<' | b'=' | b'\n', ..] => false,
        [b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O', ..] => text.len() > "false\n".len(),
        _ => true,
    }
}

/// Whether a plain scalar is a number as most are written, a few digits without a sign and without a zero in front.
pub(crate) fn is_short_int(text: &str) -> bool {
    match text.as_bytes() {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < 18 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Whether a plain scalar is a string of digits with more points than a number has, as addresses and versions are.
pub(crate) fn is_dotted(text: &str) -> bool {
    let mut points = 0;
    let mut is_known = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    for byte in text.bytes() {
        points += usize::from(byte == b'.');
        is_known &= byte.is_ascii_digit() || byte == b'.';
    }
    is_known && points > 1
}

/// Python's `$` matches before a last newline, so a block scalar under `!` or `!unsafe` can be a number, too.
pub(crate) fn resolve_loosely(text: &str) -> (Resolved, &str) {
    match text.strip_suffix('\n') {
        Some(line) if !line.is_empty() && !line.ends_with('\n') => match resolve(line) {
            Resolved::Str => (Resolved::Str, text),
            resolved => (resolved, line),
        },
        _ if text == "\n" => (Resolved::Str, text),
        _ => (resolve(text), text),
    }
}

fn resolve_word(text: &str) -> Resolved {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Resolved::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Resolved::Bool(false),
        "null" | "Null" | "NULL" => Resolved::Null,
        _ => Resolved::Str,
    }
}

fn resolve_number(text: &str) -> Resolved {
    if is_int(text) {
        Resolved::Int
    } else if is_float(text) {
        Resolved::Float
    } else if Timestamp::is_implicit(text) {
        Resolved::Date
    } else {
        Resolved::Str
    }
}

/// `[-+]?(0b[01_]+ | 0[0-7_]+ | 0 | [1-9][0-9_]* | 0x[0-9a-fA-F_]+ | [1-9][0-9_]*(:[0-5]?[0-9])+)`
fn is_int(text: &str) -> bool {
    match text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes() {
        [b'0'] => true,
        [b'0', b'b', digits @ ..] => is_run(digits, |byte| matches!(byte, b'0' | b'1')),
        [b'0', b'x', digits @ ..] => is_run(digits, u8::is_ascii_hexdigit),
        [b'0', digits @ ..] => is_run(digits, |byte| matches!(byte, b'0'..=b'7')),
        [b'1'..=b'9', rest @ ..] => {
            let sixties = &rest[digits(rest)..];
            sixties.is_empty() || is_sixties(sixties)
        }
        _ => false,
    }
}

/// One or more digits or underscores.
fn is_run(bytes: &[u8], digit: impl Fn(&u8) -> bool) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| *byte == b'_' || digit(byte))
}

/// How many digits and underscores there are at the start.
fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count()
}

/// `(:[0-5]?[0-9])+`
fn is_sixties(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        bytes = match bytes {
            [b':', b'0'..=b'5', b'0'..=b'9', rest @ ..] | [b':', b'0'..=b'9', rest @ ..] => rest,
            _ => return false,
        };
    }
    true
}

/// `[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?`, `\.[0-9][0-9_]*([eE][-+][0-9]+)?`,
/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*`, `[-+]?\.(inf|Inf|INF)`, `\.(nan|NaN|NAN)`
fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    match body.as_bytes() {
        [b'.', b'0'..=b'9', rest @ ..] => body.len() == text.len() && is_exponent(&rest[digits(rest)..]),
        [b'.', ..] => matches!(body, ".inf" | ".Inf" | ".INF"),
        [b'0'..=b'9', rest @ ..] => {
            let rest = &rest[digits(rest)..];
            let Some(point) = rest.iter().position(|byte| *byte == b'.') else { return false };
            let (sixties, fraction) = (&rest[..point], &rest[point + 1..]);
            let tail = &fraction[digits(fraction)..];
            if sixties.is_empty() { is_exponent(tail) } else { tail.is_empty() && is_sixties(sixties) }
        }
        _ => false,
    }
}

/// Nothing, or `[eE][-+][0-9]+`: YAML 1.1 wants the sign.
fn is_exponent(bytes: &[u8]) -> bool {
    match bytes {
        [] => true,
        [b'e' | b'E', b'-' | b'+', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}
