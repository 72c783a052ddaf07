//! A code of a few characters and a color for each domain of a label, so that a small cell tells its domain without its color too.

use serde::Serialize;

use crate::plan::Domains;

/// Colors that people with any color blindness tell apart; further domains have them again, under a pattern.
const COLORS: usize = 8;
/// The patterns, plain among them.
const PATTERNS: usize = 4;
/// The longest ending of a name that is a code.
const LONGEST: usize = 3;

/// How a domain is marked.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Code {
    pub text: String,
    /// The classes of its color and pattern.
    pub class: String,
}

/// One for each domain of a label.
pub(super) fn of(domains: &Domains<'_>) -> Vec<Code> {
    let names: Vec<String> = domains.list.iter().map(|domain| domain.name.to_string()).collect();
    let code = |(at, text): (usize, String)| Code {
        text,
        class: match at / COLORS % PATTERNS {
            0 => format!("k{}", at % COLORS),
            pattern => format!("k{} q{pattern}", at % COLORS),
        },
    };
    texts(&names).into_iter().enumerate().map(code).collect()
}

/// What the names differ in, where that is short; otherwise letters.
fn texts(names: &[String]) -> Vec<String> {
    let first = names.first().map(String::as_str).unwrap_or_default();
    let common = |name: &str| first.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let mut shared = names.iter().map(|name| common(name)).min().unwrap_or_default();
    let is_digit = |at: usize| first.chars().nth(at).is_some_and(|c| c.is_ascii_digit());
    // a number stays whole
    while shared > 0 && is_digit(shared - 1) {
        shared -= 1;
    }
    let endings: Vec<String> = names.iter().map(|name| name.chars().skip(shared).collect()).collect();
    let is_short =
        |text: &String| (1..=LONGEST).contains(&text.chars().count()) && text.chars().all(char::is_alphanumeric);
    if names.len() > 1 && endings.iter().all(is_short) { endings } else { (0..names.len()).map(letters).collect() }
}

/// `A` to `Z`, then `AA`, `AB` …
fn letters(at: usize) -> String {
    let last = char::from(b'A' + (at % 26) as u8);
    match at / 26 {
        0 => last.to_string(),
        before => format!("{}{last}", letters(before - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(names: &[&str]) -> Vec<String> {
        texts(&names.iter().map(|name| name.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn a_code_is_what_names_differ_in_or_a_letter() {
        assert_eq!(codes(&["rack-08", "rack-09", "rack-10"]), ["08", "09", "10"]);
        assert_eq!(codes(&["r10", "r11"]), ["10", "11"]);
        assert_eq!(codes(&["zone-a", "zone-b"]), ["a", "b"]);
        assert_eq!(codes(&["frankfurt", "dublin"]), ["A", "B"]);
        assert_eq!(codes(&["a", "a<b"]), ["A", "B"]);
        assert_eq!(codes(&["only"]), ["A"]);
        assert_eq!([letters(25), letters(26), letters(701), letters(702)], ["Z", "AA", "ZZ", "AAA"]);
    }
}
