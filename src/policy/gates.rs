//! `gates`: what is measured while a batch is watched, and what it must be for the rollout to go on.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::duration::{display_milliseconds, display_seconds};

/// Something that is measured while a batch is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Its name; each of a list has another one.
    pub name: String,
    /// Seconds between two measurements, at least 1.
    pub interval: u64,
    /// Seconds of the watch before the first one.
    pub initial_delay: u64,
    /// Measurements that may fail before the gate says no.
    pub failure_limit: usize,
    /// Measurements that may tell nothing before the gate says no.
    pub inconclusive_limit: usize,
    /// The most milliseconds of one measurement, at least 1.
    pub timeout_ms: u64,
    /// What is measured.
    pub measure: Measure,
}

/// What a gate measures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// A query of Prometheus.
    Prometheus(Prometheus),
    /// An address that each host of the batch has to answer.
    Http(Http),
    /// A program and its arguments: 0 says that all is well, [`INCONCLUSIVE_EXIT`] that nothing can be told.
    Command(Vec<String>),
}

/// The exit code of a gate's command that says nothing of the batch: `EX_TEMPFAIL` of sysexits.h.
pub const INCONCLUSIVE_EXIT: i32 = 75;

/// A query of Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prometheus {
    /// The query, in PromQL, with placeholders.
    pub query: String,
    /// Where its HTTP API is: `http://127.0.0.1:9090`.
    pub server: String,
    /// What to show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// What the answer has to be.
    pub condition: Condition,
}

/// What the answer to a query has to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// One value in a range.
    Threshold(Range),
    /// The values of the batch's hosts beside those of hosts that are not updated yet.
    Compare(Compare),
}

/// Both ends belong to it; at least one is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    /// The most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
}

/// How two samples are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// What of the two has to be in the range.
    pub by: By,
    /// The range.
    pub range: Range,
    /// Values that each sample must have before they are compared, at least 1.
    pub min_samples: usize,
    /// How likely chance alone may be to bring the difference about (Mann-Whitney U), between 0 and 1; absent where that is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub significance: Option<Number>,
}

/// How two values are put against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// That of the batch divided by the other.
    Ratio,
    /// That of the batch less the other.
    Difference,
}

impl By {
    /// Every word with its meaning.
    pub const WORDS: &[(&str, Self)] = &[("ratio", By::Ratio), ("difference", By::Difference)];
}

/// An address that each host has to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Where, with placeholders.
    pub url: String,
    /// The status of the answer; absent where 200 to 299 will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What its body contains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The most milliseconds that it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time_ms: Option<u64>,
    /// What to show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
}

/// Where the secret is that a server asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Token {
    /// In a file.
    File(String),
    /// In an environment variable.
    Variable(String),
}

/// A number that is neither infinite nor NaN, so that any two have an order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Number(f64);

impl Number {
    /// Returns the number if it is one.
    pub fn new(value: f64) -> Option<Self> {
        // one zero, so that equal numbers are the same
        value.is_finite().then_some(Number(value + 0.0))
    }

    /// Reads a number such as `0.05` or `1e6`; no infinite one, and not what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        text.parse().ok().filter(|_| is_plain).and_then(Number::new)
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Number {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Number::new(value).ok_or("a number is infinite or none")
    }
}

impl From<Number> for f64 {
    fn from(number: Number) -> f64 {
        number.0
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a text of a gate stands, which says what may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a query.
    Query,
    /// In an address.
    Url,
    /// In a word of a command.
    Word,
}

impl Place {
    /// The placeholders that may stand there.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Place::Query | Place::Word => &["hosts", "batch", "group", "version"],
            Place::Url => &["host", "batch", "group", "version"],
        }
    }
}

/// A part of a text with placeholders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// A text as it is.
    Text(&'t str),
    /// What stands in `{{ … }}`, without the blanks.
    Placeholder(&'t str),
}

/// Takes a text with placeholders apart.
///
/// # Errors
/// What is wrong with it: `{{` without an end, or a placeholder that has no place there.
pub fn parts(text: &str, place: Place) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((name, behind)) = behind.split_once("}}") else {
            return Err("`{{` has no `}}` after it".to_string());
        };
        let name = name.trim();
        if !place.names().contains(&name) {
            let known: Vec<String> = place.names().iter().map(|name| format!("`{{{{ {name} }}}}`")).collect();
            return Err(format!("`{{{{ {name} }}}}` has no meaning there; known are {}", known.join(", ")));
        }
        parts.push(Part::Text(before));
        parts.push(Part::Placeholder(name));
        rest = behind;
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    Ok(parts)
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |name: &str, end: &Option<Number>| end.map(|number| format!("{name}: {number}"));
        let ends: Vec<String> = [end("min", &self.min), end("max", &self.max)].into_iter().flatten().collect();
        f.write_str(&ends.join(", "))
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = if self.by == By::Ratio { "ratio" } else { "difference" };
        write!(f, "compare: {{by: {by}, {}, min_samples: {}", self.range, self.min_samples)?;
        if let Some(significance) = self.significance {
            write!(f, ", significance: {significance}")?;
        }
        f.write_str("}")
    }
}

impl Token {
    fn text(&self) -> String {
        match self {
            Token::File(file) => format!("token_file: {file}"),
            Token::Variable(variable) => format!("token_variable: {variable}"),
        }
    }
}

impl fmt::Display for Gate {
    /// As it is written, every key that is not its default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = vec![format!("name: {}", self.name)];
        match &self.measure {
            Measure::Prometheus(asked) => {
                parts.push(format!("prometheus: {:?}", asked.query));
                parts.push(format!("server: {}", asked.server));
                parts.push(match &asked.condition {
                    Condition::Threshold(range) => range.to_string(),
                    Condition::Compare(compare) => compare.to_string(),
                });
                parts.extend(asked.token.as_ref().map(Token::text));
            }
            Measure::Http(asked) => {
                parts.push(format!("http: {}", asked.url));
                parts.extend(asked.status.map(|status| format!("status: {status}")));
                parts.extend(asked.body.as_ref().map(|body| format!("body: {body:?}")));
                parts.extend(asked.max_time_ms.map(|time| format!("max_time: {}", display_milliseconds(time))));
                parts.extend(asked.token.as_ref().map(Token::text));
            }
            Measure::Command(words) => parts.push(format!("command: {words:?}")),
        }
        parts.push(format!("interval: {}", display_seconds(self.interval)));
        let delay = (self.initial_delay > 0).then(|| format!("initial_delay: {}", display_seconds(self.initial_delay)));
        parts.extend(delay);
        parts.push(format!("failure_limit: {}", self.failure_limit));
        parts.push(format!("inconclusive_limit: {}", self.inconclusive_limit));
        parts.push(format!("timeout: {}", display_milliseconds(self.timeout_ms)));
        write!(f, "{{{}}}", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_text_is_taken_apart_at_its_placeholders() {
        let query = r#"up{instance=~"({{ hosts }}):.*", v="{{version}}"}"#;
        let found = parts(query, Place::Query).unwrap();
        let expected = [
            Part::Text("up{instance=~\"("),
            Part::Placeholder("hosts"),
            Part::Text("):.*\", v=\""),
            Part::Placeholder("version"),
            Part::Text("\"}"),
        ];
        assert_eq!(found, expected);
        assert_eq!(parts("rate(x[1m])", Place::Query).unwrap(), [Part::Text("rate(x[1m])")]);
        assert_eq!(parts("", Place::Word).unwrap(), []);
    }

    #[test]
    fn a_placeholder_has_its_place() {
        assert!(parts("http://{{ host }}/", Place::Url).is_ok());
        for (text, place) in [("{{ host }}", Place::Query), ("{{ hosts }}", Place::Url), ("{{ x }}", Place::Word)] {
            assert!(parts(text, place).unwrap_err().contains("has no meaning there"), "{text}");
        }
        assert_eq!(parts("a {{ hosts", Place::Query).unwrap_err(), "`{{` has no `}}` after it");
    }

    #[test]
    fn what_has_no_order_is_no_number() {
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Number::new), [None; 3]);
        assert_eq!(Number::new(-0.0), Number::new(0.0));
        assert_eq!(Number::new(-0.0).unwrap().cmp(&Number::new(0.0).unwrap()), Ordering::Equal);
    }

    #[test]
    fn numbers_are_finite() {
        for (text, number) in [("0.05", 0.05), ("1e6", 1e6), ("-3", -3.0), (".5", 0.5)] {
            assert!((Number::parse(text).unwrap().get() - number).abs() < f64::EPSILON, "{text}");
        }
        for text in ["", "nan", "inf", "1e999", "0x1", "five", "1_000"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }
}
