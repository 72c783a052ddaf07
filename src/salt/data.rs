//! Looking into grains and pillar: Salt's `traverse_dict_and_list` and `subdict_match`.

use crate::pattern::{Matcher, PatternError};
use crate::value::{Entry, KeyKind, Value};

/// The value that a path leads to, `app:version` or `disks:0`: keys of mappings, places in lists, and keys of the
/// mappings in a list. A key that is the whole path comes first, as `pillar.item app:version` prints it.
pub fn traverse<'a>(data: Value<'a>, path: &str, delimiter: char) -> Option<Value<'a>> {
    let parts: Vec<&str> = path.split(delimiter).collect();
    data.get(path).or_else(|| walk(data, &parts))
}

fn walk<'a>(data: Value<'a>, parts: &[&str]) -> Option<Value<'a>> {
    parts.iter().try_fold(data, |at, part| match at {
        Value::Map(entries) => by_key(entries, part),
        Value::List(items) | Value::Set(items) => by_place(items, part),
        _ => None,
    })
}

/// The value of a key; Salt reads a part as YAML too, so that 80 finds the key 80.
fn by_key<'a>(entries: &'a [Entry<'a>], part: &str) -> Option<Value<'a>> {
    let named = entries.iter().find(|entry| entry.kind == KeyKind::Str && entry.key == part);
    let typed =
        || entries.iter().find(|entry| entry.kind != KeyKind::Str && (entry.key == part || entry.name() == part));
    named.or_else(typed).map(|entry| entry.value)
}

fn by_place<'a>(items: &'a [Value<'a>], part: &str) -> Option<Value<'a>> {
    let inside = items.iter().find_map(|item| match item {
        Value::Map(entries) => by_key(entries, part),
        _ => None,
    });
    inside.or_else(|| {
        let place: i64 = part.parse().ok()?;
        let place = if place < 0 { place + items.len() as i64 } else { place };
        items.get(usize::try_from(place).ok()?).copied()
    })
}

/// A pattern over data, `os:Debian` or `app:*:version`: every way to split it into a path and what is to be found there.
pub(super) struct Query {
    parts: Vec<String>,
    /// For each part, what matches the text from there on.
    matchers: Vec<Matcher>,
    /// For each part, the text from there on, to be split at colons in mappings; only under another delimiter.
    inner: Vec<Query>,
}

impl Query {
    /// Compiles a pattern; Salt compares without regard to case, and writes the pattern itself in lower case.
    ///
    /// # Errors
    /// A regular expression that cannot be compiled.
    pub fn new(pattern: &str, delimiter: char, regex: bool) -> Result<Self, PatternError> {
        let parts: Vec<String> = pattern.split(delimiter).map(str::to_string).collect();
        let rest = |from: usize| parts[from..].join(&delimiter.to_string());
        let compile = |text: &str| if regex { Matcher::regex(text) } else { Matcher::glob(text) };
        let matchers = (0..parts.len()).map(|from| compile(&rest(from).to_lowercase())).collect::<Result<_, _>>()?;
        let inner = match delimiter {
            ':' => Vec::new(),
            _ => (0..parts.len()).map(|from| Query::new(&rest(from), ':', regex)).collect::<Result<_, _>>()?,
        };
        Ok(Query { parts, matchers, inner })
    }

    /// The first part, which names a grain or a key of a pillar; nothing for a wildcard.
    pub fn top(&self) -> Option<&str> {
        self.parts.first().map(String::as_str).filter(|part| *part != "*")
    }

    /// Whether data fits.
    pub fn matches(&self, data: Value<'_>) -> bool {
        self.matches_from(data, 0)
    }

    /// The longest path first.
    fn matches_from(&self, data: Value<'_>, from: usize) -> bool {
        (from + 1..self.parts.len()).rev().any(|at| {
            if at == from + 1 && self.parts[from] == "*" {
                return self.fits(data, from);
            }
            let path: Vec<&str> = self.parts[from..at].iter().map(String::as_str).collect();
            walk(data, &path).is_some_and(|found| self.fits(found, at))
        })
    }

    /// Whether what stands at a path is what the pattern asks for there.
    fn fits(&self, found: Value<'_>, from: usize) -> bool {
        match found {
            Value::Map(entries) => self.fits_mapping(entries, from),
            Value::List(items) | Value::Set(items) => items.iter().any(|item| {
                let mapping = matches!(item, Value::Map(entries) if self.fits_mapping(entries, from));
                mapping || self.fits_text(*item, from)
            }),
            value => self.fits_text(value, from),
        }
    }

    fn fits_mapping(&self, entries: &[Entry<'_>], from: usize) -> bool {
        if entries.is_empty() {
            return false;
        }
        let wildcard = self.parts[from] == "*" && from + 1 < self.parts.len();
        let from = from + usize::from(wildcard);
        let any_key = from + 1 == self.parts.len() && self.parts[from] == "*";
        any_key
            || entries.iter().any(|entry| self.matchers[from].matches(&entry.name().to_lowercase()))
            || self.fits_deeper(entries, from)
            || (wildcard && entries.iter().any(|entry| self.fits(entry.value, from)))
    }

    fn fits_deeper(&self, entries: &[Entry<'_>], from: usize) -> bool {
        match self.inner.get(from) {
            Some(inner) => inner.matches(Value::Map(entries)),
            None => self.matches_from(Value::Map(entries), from),
        }
    }

    fn fits_text(&self, value: Value<'_>, from: usize) -> bool {
        self.matchers[from].matches(&python_text(value).to_lowercase())
    }
}

/// A value as Python's `str()` writes it, as far as a pattern can name it.
fn python_text(value: Value<'_>) -> String {
    match value {
        Value::Null => "None".to_string(),
        Value::Bool(true, _) => "True".to_string(),
        Value::Bool(false, _) => "False".to_string(),
        Value::Str(text) | Value::Unsafe(text) | Value::Vault(text) => text.to_string(),
        other => other.to_json().trim_matches('"').to_string(),
    }
}
