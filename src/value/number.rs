//! Numbers as written, and as Python prints them.
//!
//! One reader for three notations that never contradict each other: YAML 1.1 (`010`, `0x1F`, `1_000`, `12:30`, `.inf`),
//! Python (`0o17`, `0X1F`, `1e5`) and JSON.

use std::borrow::Cow;

/// The most decimal digits an integer may have: Python refuses longer ones (`sys.int_info.default_max_str_digits`).
const MAX_DIGITS: usize = 4300;

/// An integer of any notation in decimal, as Python prints it.
pub(crate) fn decimal(text: &str) -> Cow<'_, str> {
    if is_canonical(text) {
        return Cow::Borrowed(text);
    }
    let clean: String = text.chars().filter(|c| *c != '_' && !c.is_ascii_whitespace()).collect();
    let (negative, body) = match clean.as_bytes().first() {
        Some(b'-') => (true, &clean[1..]),
        Some(b'+') => (false, &clean[1..]),
        _ => (false, clean.as_str()),
    };
    let digits = magnitude(body);
    Cow::Owned(if negative && digits != "0" { format!("-{digits}") } else { digits })
}

/// Whether `text` is already what Python would print.
fn is_canonical(text: &str) -> bool {
    match text.strip_prefix('-').unwrap_or(text).as_bytes() {
        [b'0'] => text.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The decimal digits of an unsigned integer without underscores.
fn magnitude(body: &str) -> String {
    let (radix, digits) = split_radix(body);
    if radix == 10 && !digits.contains(':') {
        let digits = digits.trim_start_matches('0');
        return if digits.is_empty() { "0".to_string() } else { digits.to_string() };
    }
    let mut number = Big::default();
    if radix == 10 {
        for part in digits.split(':') {
            number.multiply_add(60, 0);
            number.add_decimal(part);
        }
    } else {
        for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
            number.multiply_add(radix, digit);
        }
    }
    number.to_string()
}

/// The radix that a prefix names, and the digits after it; a bare leading zero means octal, as in YAML 1.1.
fn split_radix(body: &str) -> (u32, &str) {
    match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &body[2..]),
        [b'0', b'o' | b'O', ..] => (8, &body[2..]),
        [b'0', b'b' | b'B', ..] => (2, &body[2..]),
        [b'0', ..] => (8, &body[1..]),
        _ => (10, body),
    }
}

/// Whether Python would refuse to read or print an integer written like this because of its length.
pub(crate) fn is_too_long(text: &str) -> bool {
    let length = text.bytes().filter(|byte| *byte != b'_').count();
    // A byte is worth at most 1.21 decimal digits (hexadecimal) and, but for leading zeros, at least 0.3 (binary): only
    // between the two the number itself must be known.
    length * 5 > MAX_DIGITS * 4 && (length > MAX_DIGITS * 4 || decimal(text).trim_start_matches('-').len() > MAX_DIGITS)
}

/// A natural number of any size: limbs of nine decimal digits, the lowest first.
#[derive(Default)]
struct Big(Vec<u32>);

impl Big {
    const LIMB: u64 = 1_000_000_000;

    /// Turns n into n × `factor` + `term`.
    fn multiply_add(&mut self, factor: u32, term: u32) {
        let mut carry = u64::from(term);
        for limb in &mut self.0 {
            let value = u64::from(*limb) * u64::from(factor) + carry;
            *limb = (value % Self::LIMB) as u32;
            carry = value / Self::LIMB;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Adds a number written in decimal.
    fn add_decimal(&mut self, digits: &str) {
        let mut other = Big::default();
        for digit in digits.chars().filter_map(|c| c.to_digit(10)) {
            other.multiply_add(10, digit);
        }
        let mut carry = 0;
        for i in 0..self.0.len().max(other.0.len()) {
            if i == self.0.len() {
                self.0.push(0);
            }
            let value = u64::from(self.0[i]) + u64::from(other.0.get(i).copied().unwrap_or(0)) + carry;
            self.0[i] = (value % Self::LIMB) as u32;
            carry = value / Self::LIMB;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }
}

impl std::fmt::Display for Big {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some((highest, lower)) = self.0.split_last() else { return f.write_str("0") };
        write!(f, "{highest}")?;
        lower.iter().rev().try_for_each(|limb| write!(f, "{limb:09}"))
    }
}

/// A float of any notation; NaN for a text that is none.
pub(crate) fn float(text: &str) -> f64 {
    parse_float(text).unwrap_or(f64::NAN)
}

/// A float of any notation: Python's and YAML's, underscores and base 60 (`1:30.5`) included.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let clean: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    let clean = clean.trim();
    let (sign, body) = match clean.as_bytes().first()? {
        b'-' => (-1.0, &clean[1..]),
        b'+' => (1.0, &clean[1..]),
        _ => (1.0, clean),
    };
    if body.starts_with(['-', '+']) {
        return None;
    }
    let special = body.strip_prefix('.').unwrap_or_default();
    if special.eq_ignore_ascii_case("inf") {
        return Some(sign * f64::INFINITY);
    }
    if special.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    if body.contains(':') {
        return sexagesimal(body).map(|value| sign * value);
    }
    body.parse::<f64>().ok().map(|value| sign * value)
}

/// `1:30.5`, summed from its end as PyYAML does, so that the rounding is the same.
fn sexagesimal(body: &str) -> Option<f64> {
    let (mut base, mut sum) = (1.0, 0.0);
    for part in body.rsplit(':') {
        sum += part.parse::<f64>().ok()? * base;
        base *= 60.0;
    }
    Some(sum)
}

/// A float as Python's `repr` and `json.dumps` print it: `1.0`, `1e+16`, `1e-07`, `NaN`, `-Infinity`.
pub(crate) fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_string();
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
