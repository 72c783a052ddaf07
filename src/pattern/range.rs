//! Ranges in host names: `web[01:12]`, `db[a:c]`, `rack[0:8:2]-node[1:4]`.
//!
//! The rules are those of ansible-core 2.19, `expand_hostname_range`: a begin may be left out (0), zeros in front of it pad
//! every number to its length, letters go `a` to `z` and then `A` to `Z`, several ranges multiply, an end before the begin
//! gives no host.

use crate::text::python_int;

/// Whether a host text has a range: to Ansible any `[` is one.
pub fn is_range(text: &str) -> bool {
    text.contains('[')
}

/// The hosts of a text with ranges, in order, at most `limit`.
///
/// # Errors
/// What is wrong with a range, as a message and a hint.
pub fn expand(text: &str, limit: usize) -> Result<Vec<String>, (String, &'static str)> {
    let mut done = vec![String::new()];
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let bad = |what: &str, hint| Err((format!("host range in `{text}` {what}"), hint));
        let (Some(close), false) = (rest.find(']'), rest.contains('|')) else {
            return if rest.contains('|') {
                bad("stands beside a `|`", "a host name with a range has no `|`")
            } else {
                bad("has no closing `]`", "write a range as [begin:end] or [begin:end:step]")
            };
        };
        if close < open {
            return bad("has its `]` before its `[`", "write a range as [begin:end] or [begin:end:step]");
        }
        let values = match values(&rest[open + 1..close], limit) {
            Ok(values) => values,
            Err((what, hint)) => return bad(what, hint),
        };
        if done.len().saturating_mul(values.len()) > limit {
            return bad(TOO_MANY.0, TOO_MANY.1);
        }
        let head = &rest[..open];
        done = done.iter().flat_map(|front| values.iter().map(move |value| format!("{front}{head}{value}"))).collect();
        rest = &rest[close + 1..];
    }
    done.iter_mut().for_each(|host| host.push_str(rest));
    Ok(done)
}

/// What is wrong with ranges that make more hosts than the limit.
pub fn too_many(text: &str) -> (String, &'static str) {
    (format!("host range in `{text}` {}", TOO_MANY.0), TOO_MANY.1)
}

const SHAPE: &str = "write a range as [begin:end] or [begin:end:step]";
const TOO_MANY: (&str, &str) =
    ("makes too many hosts", "check the end of the range; ranges make at most 100,000 hosts in an inventory");

fn values(range: &str, limit: usize) -> Result<Vec<String>, (&'static str, &'static str)> {
    let bounds: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match bounds[..] {
        [begin, end] => (begin, end, "1"),
        [begin, end, step] => (begin, end, step),
        _ => return Err(("is not begin:end or begin:end:step", SHAPE)),
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err(("has no end", SHAPE));
    }
    let padded = begin.starts_with('0') && begin.chars().count() > 1;
    if padded && begin.chars().count() != end.chars().count() {
        return Err(("has a begin and an end of different lengths", "pad both with zeros to the same length: [01:12]"));
    }
    let width = if padded { begin.chars().count() } else { 0 };
    if let (Some(from), Some(to)) = (letter(begin), letter(end)) {
        return letters(from, to, step, limit);
    }
    let bound = |text: &str| python_int(text).filter(|bound| bound.unsigned_abs() < i64::MAX as u64);
    let number = |text: &str| bound(text).ok_or(("has a bound that is no number and no letter", SHAPE));
    let values = sequence(number(begin)?, number(end)?, python_step(step)?, limit)?;
    Ok(values.iter().map(|value| zero_fill(*value, width)).collect())
}

fn letters(from: i64, to: i64, step: &str, limit: usize) -> Result<Vec<String>, (&'static str, &'static str)> {
    if from > to {
        return Err(("has its begin behind its end", "letters go a to z, then A to Z"));
    }
    let step = python_step(step)?;
    if step < 0 {
        return Ok(Vec::new());
    }
    Ok(sequence(from, to, step, limit)?.iter().map(|value| (LETTERS[*value as usize] as char).to_string()).collect())
}

const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The place of a letter, or of a run of letters, in the alphabet a-zA-Z; Ansible looks the text up as a substring.
fn letter(text: &str) -> Option<i64> {
    let alphabet = std::str::from_utf8(LETTERS).ok()?;
    alphabet.find(text).map(|index| index as i64)
}

fn python_step(text: &str) -> Result<i64, (&'static str, &'static str)> {
    match python_int(text) {
        Some(0) => Err(("has a step of 0", "a step is 1 or more")),
        Some(step) => Ok(step),
        None => Err(("has a step that is no number", SHAPE)),
    }
}

/// Python's `range(begin, end + 1, step)`.
fn sequence(begin: i64, end: i64, step: i64, limit: usize) -> Result<Vec<i64>, (&'static str, &'static str)> {
    let mut values = Vec::new();
    let (mut value, stop) = (begin, end.saturating_add(1));
    while if step > 0 { value < stop } else { value > stop } {
        if values.len() >= limit {
            return Err(TOO_MANY);
        }
        values.push(value);
        value = value.saturating_add(step);
    }
    Ok(values)
}

/// Python's `str.zfill`: the sign stays in front.
fn zero_fill(value: i64, width: usize) -> String {
    format!("{value:0width$}")
}
