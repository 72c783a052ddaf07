//! Ranges in host names: `web[01:12]`, `db[a:c]`, `rack[0:8:2]-node[1:4]`.
//!
//! The rules are those of ansible-core 2.19, `expand_hostname_range`: a begin may be left out (0), zeros before it pad
//! every number to its length, letters go `a` to `z` and then `A` to `Z`, several ranges multiply, an end before the begin
//! gives no host.

use crate::text::python_int128;
use crate::text::words::{equal, position};

/// Whether a host text has a range: to Ansible any `[` is one.
pub fn is_range(text: &str) -> bool {
    position(text.as_bytes(), |word| equal(word, b'[')).is_some()
}

/// The hosts of a text with ranges, in order, at most `limit`; that there are too many is known before any is made.
///
/// # Errors
/// What is wrong with a range, as a message and a hint.
pub fn expand(text: &str, limit: usize) -> Result<Vec<String>, (String, &'static str)> {
    let mut ranges = Vec::new();
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
        let range = match Range::parse(&rest[open + 1..close]) {
            Ok(range) => range,
            Err((what, hint)) => return bad(what, hint),
        };
        ranges.push((&rest[..open], range));
        if ranges.iter().fold(1_usize, |count, (_, range)| count.saturating_mul(range.count())) > limit {
            return Err(too_many(text));
        }
        rest = &rest[close + 1..];
    }
    let mut done = vec![String::new()];
    for (head, range) in ranges {
        let values: Vec<String> = range.values().collect();
        done = done.iter().flat_map(|front| values.iter().map(move |value| format!("{front}{head}{value}"))).collect();
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
    ("makes too many hosts", "check the end of the range; `max_range_hosts` is how many ranges may add");

/// A bound has at most 30 digits, so that nothing made of bounds is too large to count.
const MAX_BOUND: u128 = 10_u128.pow(30);
/// No two bounds are farther apart.
const MAX_STEP: i128 = 10_i128.pow(31);

/// One range: numbers, or places in [`LETTERS`].
struct Range {
    begin: i128,
    /// Included.
    end: i128,
    step: i128,
    /// Numbers are padded with zeros to this length.
    width: usize,
    letters: bool,
}

impl Range {
    fn parse(range: &str) -> Result<Self, (&'static str, &'static str)> {
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
            let hint = "pad both with zeros to the same length: [01:12]";
            return Err(("has a begin and an end of different lengths", hint));
        }
        let width = if padded { begin.chars().count() } else { 0 };
        if let (Some(from), Some(to)) = (letter(begin), letter(end)) {
            if from > to {
                return Err(("begins after its end", "letters go a to z, then A to Z"));
            }
            return Ok(Range { begin: from, end: to, step: python_step(step)?, width, letters: true });
        }
        let number = |text: &str| match python_int128(text) {
            Some(bound) if bound.unsigned_abs() < MAX_BOUND => Ok(bound),
            Some(_) => Err(("has a number of more than 30 digits", "check the range; it is for counting hosts")),
            None => Err(("has a bound that is not a number or a letter", SHAPE)),
        };
        Ok(Range { begin: number(begin)?, end: number(end)?, step: python_step(step)?, width, letters: false })
    }

    /// The length of Python's `range(begin, end + 1, step)`.
    fn count(&self) -> usize {
        let (begin, stop, step) = (self.begin, self.end + 1, self.step);
        let distance = if step > 0 { stop - begin } else { begin - stop };
        // Rounded up: the first value counts however large the step is.
        let steps = (distance.max(0) + step.abs() - 1) / step.abs();
        if self.letters && step < 0 { 0 } else { usize::try_from(steps).unwrap_or(usize::MAX) }
    }

    fn values(&self) -> impl Iterator<Item = String> + '_ {
        let value = |index: usize| self.begin.saturating_add(self.step.saturating_mul(index as i128));
        (0..self.count()).map(value).map(|value| {
            let letter = usize::try_from(value).ok().and_then(|place| LETTERS.get(place)).filter(|_| self.letters);
            match letter {
                Some(letter) => char::from(*letter).to_string(),
                // Python's `str.zfill`: the sign stays first.
                None => format!("{value:0width$}", width = self.width),
            }
        })
    }
}

const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The place of a letter, or of a run of letters, in the alphabet a-zA-Z; Ansible looks the text up as a substring.
fn letter(text: &str) -> Option<i128> {
    let alphabet = std::str::from_utf8(LETTERS).ok()?;
    alphabet.find(text).map(|index| index as i128)
}

fn python_step(text: &str) -> Result<i128, (&'static str, &'static str)> {
    // A larger step gives no other hosts.
    match python_int128(text).map(|step| step.clamp(-MAX_STEP, MAX_STEP)) {
        Some(0) => Err(("has a step of 0", "a step is 1 or more")),
        Some(step) => Ok(step),
        None => Err(("has a step that is not a number", SHAPE)),
    }
}
