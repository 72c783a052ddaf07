//! Python's numbers.

use crate::value::number::{self, float_repr};

/// A number as Python's tokenizer finds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number<'a> {
    Int(&'a str),
    Float(&'a str),
    /// `2j`, by its factor.
    Imaginary(f64),
}

/// The number at the start of the text and its length; `None` if Python finds a syntax error in it.
pub(super) fn scan(text: &str) -> Option<(Number<'_>, usize)> {
    let bytes = text.as_bytes();
    let (number, length) = match bytes {
        [b'0', b'x' | b'X', ..] => prefixed(text, u8::is_ascii_hexdigit)?,
        [b'0', b'o' | b'O', ..] => prefixed(text, |byte| matches!(byte, b'0'..=b'7'))?,
        [b'0', b'b' | b'B', ..] => prefixed(text, |byte| matches!(byte, b'0' | b'1'))?,
        _ => decimal(text)?,
    };
    // `1if x else y` is not a syntax error to Python, but not a literal either.
    match bytes.get(length) {
        Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii() => None,
        _ => Some((number, length)),
    }
}

/// `0x1F`, `0b_1`: an underscore may stand before each digit.
fn prefixed(text: &str, digit: impl Fn(&u8) -> bool) -> Option<(Number<'_>, usize)> {
    let bytes = text.as_bytes();
    let start = 2 + usize::from(bytes.get(2) == Some(&b'_'));
    let length = start + digits(bytes.get(start..)?, digit);
    (length > start).then_some((Number::Int(text.get(..length)?), length))
}

/// How long a run of digits with single underscores inside is.
fn digits(bytes: &[u8], digit: impl Fn(&u8) -> bool) -> usize {
    let mut length = 0;
    while bytes.get(length).is_some_and(&digit) {
        length += 1;
        if bytes.get(length) == Some(&b'_') && bytes.get(length + 1).is_some_and(&digit) {
            length += 1;
        }
    }
    length
}

fn decimal(text: &str) -> Option<(Number<'_>, usize)> {
    let bytes = text.as_bytes();
    let mut length = digits(bytes, u8::is_ascii_digit);
    let whole = length;
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(&bytes[length + 1..], u8::is_ascii_digit);
    }
    if length == 0 || (whole == 0 && length == 1) {
        return None;
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(bytes.get(length + 1 + sign..)?, u8::is_ascii_digit);
        if exponent == 0 {
            return None;
        }
        length += 1 + sign + exponent;
    }
    let source = text.get(..length)?;
    if matches!(bytes.get(length), Some(b'j' | b'J')) {
        return Some((Number::Imaginary(number::float(source)), length + 1));
    }
    if length > whole {
        return Some((Number::Float(source), length));
    }
    let leading_zero = bytes[0] == b'0' && source.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    (!leading_zero && !number::is_too_long(source)).then_some((Number::Int(source), length))
}

/// A complex number as Python's `str` prints it: `1j`, `(1+2j)`, `(-0-2j)`.
pub(super) fn complex(real: f64, imaginary: f64) -> String {
    let part = |value: f64| {
        let repr = float_repr(value).replace("Infinity", "inf").replace("NaN", "nan");
        repr.strip_suffix(".0").map_or(repr.clone(), str::to_string)
    };
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", part(imaginary));
    }
    let sign = if imaginary.is_sign_negative() && !imaginary.is_nan() { "" } else { "+" };
    format!("({}{sign}{}j)", part(real), part(imaginary))
}
