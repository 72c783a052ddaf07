//! The gates of `gates`: what is measured while a batch is watched.
//!
//! ```yaml
//! gates:
//!   - {name: errors, prometheus: "sum(rate(errors_total{instance=~\"({{ hosts }}):.*\"}[1m]))", server: "http://prometheus:9090", max: 0.05}
//!   - {http: "http://{{ host }}:8080/health", status: 200, max_time: 500ms}
//!   - {command: [./check.sh, "{{ hosts }}"], interval: 1m}
//! ```

use super::layer::{Given, Reader};
use super::typed::{self, Typed, choice, text, wrong};
use crate::error::Code;
use crate::nearest;
use crate::policy::gates::{
    By, Compare, Condition, Gate, Http, Measure, Number, Place, Prometheus, Range, Token, parts,
};
use crate::policy::promql::Query;
use crate::policy::{parse_milliseconds, parse_seconds};
use crate::value::{Entry, Value};

/// The kinds of measurements, of which a gate has one.
pub(super) const KINDS: [&str; 3] = ["prometheus", "http", "command"];
/// The keys that every gate may have.
pub(super) const COMMON: [&str; 6] =
    ["name", "interval", "initial_delay", "failure_limit", "inconclusive_limit", "timeout"];
/// The keys of each kind.
pub(super) const PROMETHEUS: [&str; 6] = ["server", "max", "min", "compare", "token_file", "token_variable"];
pub(super) const HTTP: [&str; 5] = ["status", "body", "max_time", "token_file", "token_variable"];
pub(super) const COMPARE: [&str; 5] = ["by", "max", "min", "min_samples", "significance"];

/// Values that each sample must have before they are compared, where nothing else is said.
const MIN_SAMPLES: usize = 10;
const TIMEOUT_MS: u64 = 10_000;
const INTERVAL: u64 = 30;

const DURATION: &str = "a duration such as `500ms`, `30s` or `5m`";
const NUMBER: &str = "a number such as `0.05`";

/// Types the value of `gates`; what is wrong with a gate is reported at its place.
pub(super) fn typed<'a>(given: &Given<'a>, reader: &mut Reader<'_, 'a>) -> Typed<Vec<Gate>> {
    let items = match given.value {
        Value::List(items) => items,
        // as a variable or an option too
        Value::Str(text) if text.trim() == "[]" => &[],
        other => return wrong(other, "it has to be a list of gates"),
    };
    let mut gates: Vec<Gate> = Vec::new();
    for item in items {
        if let Value::Str(text) = item
            && text.trim() == "[]"
            && items.len() == 1
        {
            return Ok(gates);
        }
        let Value::Map(entries @ [first, ..]) = item else {
            return wrong(*item, "each gate is a mapping, such as `{http: \"http://{{ host }}/health\"}`");
        };
        let mut item = Item { entries, given, reader, found: 0 };
        let gate = item.gate(&gates);
        if item.found > 0 {
            continue;
        }
        let Some(gate) = gate else { continue };
        if gates.iter().any(|other| other.name == gate.name) {
            let message = format!("`gates`: `{}` is given twice", gate.name);
            reader.report(Code::DuplicateKey, given.origin, first.at, message, "give each gate a name of its own");
        }
        gates.push(gate);
    }
    Ok(gates)
}

/// One gate in the file.
struct Item<'i, 't, 'a> {
    entries: &'a [Entry<'a>],
    given: &'i Given<'a>,
    reader: &'i mut Reader<'t, 'a>,
    /// How much is wrong with it.
    found: usize,
}

impl<'a> Item<'_, '_, 'a> {
    fn gate(&mut self, before: &[Gate]) -> Option<Gate> {
        let kinds: Vec<&Entry<'a>> = self.entries.iter().filter(|entry| KINDS.contains(&entry.key)).collect();
        let kind = match kinds[..] {
            [one] => one,
            [] => {
                let hint = "name what is measured: `prometheus: QUERY`, `http: URL` or `command: [PROGRAM, …]`";
                return self.report(Code::InvalidValue, self.entries.first(), "a gate measures nothing", hint);
            }
            [_, second, ..] => {
                let hint = "make a gate of each";
                return self.report(Code::Contradiction, Some(second), "a gate measures one thing only", hint);
            }
        };
        let own: &[&str] = match kind.key {
            "prometheus" => &PROMETHEUS,
            "http" => &HTTP,
            _ => &[],
        };
        self.refuse_others(kind.key, own);
        let measure = match kind.key {
            "prometheus" => self.prometheus(kind).map(Measure::Prometheus),
            "http" => self.http(kind).map(Measure::Http),
            _ => self.take(kind, words(kind.value), "a program with its arguments, as a list").map(Measure::Command),
        };
        let name = match self.entry("name") {
            Some(entry) => self.take(entry, name(entry.value), "letters, digits and signs, without control characters"),
            None => Some(next_name(kind.key, before)),
        };
        let interval = self.or("interval", INTERVAL, some_seconds, DURATION);
        let initial_delay = self.or("initial_delay", 0, typed::seconds, DURATION);
        let failure_limit = self.or("failure_limit", 0, limit, "a whole number from 0");
        let inconclusive_limit = self.or("inconclusive_limit", 0, limit, "a whole number from 0");
        let timeout_ms = self.or("timeout", TIMEOUT_MS, some_milliseconds, DURATION);
        Some(Gate {
            name: name?,
            interval: interval?,
            initial_delay: initial_delay?,
            failure_limit: failure_limit?,
            inconclusive_limit: inconclusive_limit?,
            timeout_ms: timeout_ms?,
            measure: measure?,
        })
    }

    /// Reports keys that a gate of this kind does not have.
    fn refuse_others(&mut self, kind: &str, own: &[&str]) {
        let known: Vec<&str> = COMMON.iter().chain(own).copied().collect();
        for entry in self.entries.iter().filter(|entry| entry.key != kind && !known.contains(&entry.key)) {
            let hint = match nearest::word(entry.key, known.iter().map(ToString::to_string)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            let message = format!("unknown key `{}` of a gate by `{kind}`", entry.key.escape_debug());
            self.report::<()>(Code::UnknownKey, Some(entry), &message, &hint);
        }
    }

    fn prometheus(&mut self, kind: &Entry<'a>) -> Option<Prometheus> {
        let query = self.take(kind, query(kind.value), "a query in PromQL");
        let server = match self.entry("server") {
            Some(entry) => self.take(entry, url(entry.value, None), "an address such as `http://prometheus:9090`"),
            None => self.report(
                Code::InvalidValue,
                Some(kind),
                "a gate by `prometheus` has no `server`",
                "name it: `server: http://prometheus:9090`",
            ),
        };
        let token = self.token();
        let condition = self.condition(kind);
        let names_hosts = query.as_ref().is_none_or(|query| Query::new(query).is_ok_and(|query| query.names_hosts()));
        if matches!(condition, Some(Condition::Compare(_))) && !names_hosts {
            let message = "`compare` needs a query for some hosts, and it has no `{{ hosts }}`";
            let hint = "such as `latency{instance=~\"{{ hosts }}:.*\"}`: it is asked for both sides";
            return self.report(Code::InvalidValue, Some(kind), message, hint);
        }
        Some(Prometheus {
            query: query?,
            server: server?.trim_end_matches('/').to_string(),
            token,
            condition: condition?,
        })
    }

    fn condition(&mut self, kind: &Entry<'a>) -> Option<Condition> {
        let range = self.range(self.entries);
        let Some(compare) = self.entry("compare") else {
            let range = range?;
            if range.min.is_none() && range.max.is_none() {
                let hint = "say what the value has to be: `max: 0.05`, `min: …`, or `compare: {by: ratio, max: 1.2}`";
                return self.report(Code::InvalidValue, Some(kind), "a gate by `prometheus` has no condition", hint);
            }
            return Some(Condition::Threshold(range));
        };
        if let Some(beside) = self.entry("max").or(self.entry("min")) {
            let message = format!("`{}` and `compare` exclude each other", beside.key);
            return self.report(
                Code::Contradiction,
                Some(beside),
                &message,
                "put it into `compare`, or make a gate of each",
            );
        }
        let Value::Map(entries @ [first, ..]) = compare.value else {
            let typed: Typed<Condition> = wrong(compare.value, "it has to be a mapping");
            return self.take(compare, typed, "a mapping such as `{by: ratio, max: 1.2}`");
        };
        for entry in entries.iter().filter(|entry| !COMPARE.contains(&entry.key)) {
            let message = format!("unknown key `{}` of `compare`", entry.key.escape_debug());
            self.report::<()>(Code::UnknownKey, Some(entry), &message, &format!("known here: {}", COMPARE.join(", ")));
        }
        let get = |key: &str| entries.iter().find(|entry| entry.key == key);
        let by = match get("by") {
            Some(entry) => self.take(entry, choice(entry.value, By::WORDS), "`ratio` or `difference`"),
            None => self.report(
                Code::InvalidValue,
                Some(first),
                "`compare` has no `by`",
                "name it: `by: ratio` or `by: difference`",
            ),
        };
        let range = self.range(entries)?;
        if range.min.is_none() && range.max.is_none() {
            return self.report(
                Code::InvalidValue,
                Some(first),
                "`compare` has neither `max` nor `min`",
                "such as `max: 1.2`",
            );
        }
        let min_samples = match get("min_samples") {
            Some(entry) => self.take(entry, typed::count(entry.value), "a whole number from 1"),
            None => Some(MIN_SAMPLES),
        };
        let significance = match get("significance") {
            Some(entry) => {
                self.take(entry, significance(entry.value), "a number between 0 and 1, such as `0.01`").map(Some)
            }
            None => Some(None),
        };
        Some(Condition::Compare(Compare { by: by?, range, min_samples: min_samples?, significance: significance? }))
    }

    fn range(&mut self, entries: &'a [Entry<'a>]) -> Option<Range> {
        let mut end = |key: &str| match entries.iter().find(|entry| entry.key == key) {
            Some(entry) => self.take(entry, number(entry.value), NUMBER).map(Some),
            None => Some(None),
        };
        let (min, max) = (end("min"), end("max"));
        let range = Range { min: min?, max: max? };
        let is_empty = range.min.zip(range.max).is_some_and(|(min, max)| min.get() > max.get());
        if is_empty {
            let entry = entries.iter().find(|entry| entry.key == "min");
            return self.report(Code::Contradiction, entry, "`min` is more than `max`", "no value is in between");
        }
        Some(range)
    }

    fn http(&mut self, kind: &Entry<'a>) -> Option<Http> {
        let address = "an address such as `http://{{ host }}:8080/health`";
        let url = self.take(kind, url(kind.value, Some(Place::Url)), address);
        let status = self.optional("status", status, "a status from 100 to 599");
        let body = self.optional("body", |value| text(value).map(str::to_string), "a text");
        let max_time_ms = self.optional("max_time", some_milliseconds, DURATION);
        let token = self.token();
        Some(Http { url: url?, status, body, max_time_ms, token })
    }

    fn token(&mut self) -> Option<Token> {
        let beside = self.entry("token_file").and(self.entry("token_variable"));
        if let Some(second) = beside {
            let message = "`token_file` and `token_variable` exclude each other";
            return self.report(Code::Contradiction, Some(second), message, "keep one of them");
        }
        let file = self.optional("token_file", |value| text(value).map(str::to_string), "a path");
        let variable = self.optional("token_variable", variable, "the name of an environment variable");
        file.map(Token::File).or(variable.map(Token::Variable))
    }

    fn entry(&self, key: &str) -> Option<&'a Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key that may be absent. One that is wrong counts as `found`.
    fn optional<T>(&mut self, key: &str, read: fn(Value<'_>) -> Typed<T>, allowed: &str) -> Option<T> {
        let entry = self.entry(key)?;
        self.take(entry, read(entry.value), allowed)
    }

    /// The value of a key, or what holds without it.
    fn or<T>(&mut self, key: &str, default: T, read: fn(Value<'_>) -> Typed<T>, allowed: &str) -> Option<T> {
        match self.entry(key) {
            Some(entry) => self.take(entry, read(entry.value), allowed),
            None => Some(default),
        }
    }

    /// The value, or a report of what is wrong with it.
    fn take<T>(&mut self, entry: &Entry<'a>, typed: Typed<T>, allowed: &str) -> Option<T> {
        typed
            .map_err(|wrong| {
                let message = format!("`{}` cannot be {}: {}", entry.key, wrong.given, wrong.why);
                self.report::<()>(Code::InvalidValue, Some(entry), &message, &format!("allowed: {allowed}"));
            })
            .ok()
    }

    fn report<T>(&mut self, code: Code, at: Option<&Entry<'a>>, message: &str, hint: &str) -> Option<T> {
        self.found += 1;
        let at = at.map(|entry| entry.at).unwrap_or_default();
        self.reader.report(code, self.given.origin, at, format!("`gates`: {message}"), hint);
        None
    }
}

/// What a gate without a name is called: `http`, and the second one `http 2`.
fn next_name(kind: &str, before: &[Gate]) -> String {
    let numbered = (2..).map(|number| format!("{kind} {number}"));
    let mut names = std::iter::once(kind.to_string()).chain(numbered);
    names.find(|name| before.iter().all(|gate| gate.name != *name)).unwrap_or_default()
}

fn name(value: Value<'_>) -> Typed<String> {
    typed::checked(value, |name| !name.contains(char::is_control), "a control character is in it").map(str::to_string)
}

fn with_placeholders(value: Value<'_>, place: Place) -> Typed<String> {
    let given = text(value)?;
    match parts(given, place) {
        Ok(_) => Ok(given.to_string()),
        Err(why) => wrong(value, why),
    }
}

/// A query of Prometheus, each placeholder in a string.
fn query(value: Value<'_>) -> Typed<String> {
    let query = with_placeholders(value, Place::Query)?;
    match Query::new(&query) {
        Ok(_) => Ok(query),
        Err(why) => wrong(value, why),
    }
}

/// An address of `http` or `https`; a password has no place in it.
fn url(value: Value<'_>, place: Option<Place>) -> Typed<String> {
    let url = match place {
        Some(place) => with_placeholders(value, place)?,
        None => text(value)?.to_string(),
    };
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return wrong(value, "it begins neither with `http://` nor with `https://`");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return wrong(value, "it names no host");
    }
    if authority.contains('@') {
        return wrong(
            Value::Str("…"),
            "a password has no place in an address: give it as `token_file` or `token_variable`",
        );
    }
    if url.contains(char::is_control) {
        return wrong(value, "a control character is in it");
    }
    Ok(url)
}

fn words(value: Value<'_>) -> Typed<Vec<String>> {
    let Value::List(items @ [_, ..]) = value else {
        return wrong(value, "it has to be a list of the program and its arguments");
    };
    let word = |item: &Value<'_>| match item.text() {
        Some("") => Ok(String::new()),
        _ => with_placeholders(*item, Place::Word),
    };
    let words: Vec<String> = items.iter().map(word).collect::<Typed<_>>()?;
    if words.first().is_some_and(String::is_empty) {
        return wrong(value, "it names no program");
    }
    Ok(words)
}

fn number(value: Value<'_>) -> Typed<Number> {
    Number::parse(text(value)?).map_or_else(|| wrong(value, "not a number"), Ok)
}

fn significance(value: Value<'_>) -> Typed<Number> {
    match number(value)? {
        chance if chance.get() > 0.0 && chance.get() < 1.0 => Ok(chance),
        _ => wrong(value, "not between 0 and 1"),
    }
}

fn limit(value: Value<'_>) -> Typed<usize> {
    text(value)?.parse().map_or_else(|_| wrong(value, "not a whole number from 0"), Ok)
}

fn status(value: Value<'_>) -> Typed<u16> {
    match text(value)?.parse() {
        Ok(status @ 100..=599) => Ok(status),
        _ => wrong(value, "not a status of HTTP"),
    }
}

fn some_seconds(value: Value<'_>) -> Typed<u64> {
    match parse_seconds(text(value)?) {
        Some(0) => wrong(value, "it would never end"),
        Some(seconds) => Ok(seconds),
        None => wrong(value, "not a valid duration"),
    }
}

fn some_milliseconds(value: Value<'_>) -> Typed<u64> {
    match parse_milliseconds(text(value)?) {
        Some(0) => wrong(value, "no answer is that fast"),
        Some(milliseconds) => Ok(milliseconds),
        None => wrong(value, "not a valid duration"),
    }
}

fn variable(value: Value<'_>) -> Typed<String> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_name = |name: &str| name.bytes().all(is_word) && !name.starts_with(|first: char| first.is_ascii_digit());
    typed::checked(value, is_name, "no name of a variable").map(str::to_string)
}
