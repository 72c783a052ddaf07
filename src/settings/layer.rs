//! From the file, the environment and the command line to keys with their values.

use std::borrow::Cow;

use super::keys::{self, Id, KEYS, Key, PolicyKey, Shape};
use super::{Input, OptionText, Place};
use crate::error::{Code, Location, Problem};
use crate::nearest;
use crate::text::{Arena, Pos, Text, TextMap};
use crate::value::{Entry, KeyKind, Value};
use crate::yaml;

/// A key that a layer sets.
#[derive(Clone, Debug)]
pub(super) struct Given<'a> {
    /// The key.
    pub key: &'static Key,
    /// The name that was used: the key's own or its alias.
    pub written: Cow<'a, str>,
    /// The value.
    pub value: Value<'a>,
    /// Where it comes from.
    pub origin: Origin<'a>,
    /// Where the key stands.
    pub at: Pos,
}

/// What a value was read from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'a> {
    /// The file, which has lines and columns.
    File,
    /// A variable or an option.
    Named(&'a str),
}

/// Where mappings stand and what may stand in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The top level.
    Top,
    /// Under a version in `versions`.
    Version,
    /// Under a glob in `overrides`.
    Override,
    /// In a stage of `stages`.
    Stage,
}

impl Scope {
    pub fn allows(self, key: &Key) -> bool {
        match self {
            Scope::Top => key.id != Id::Hosts,
            Scope::Version => key.per_version,
            Scope::Override => key.per_version && key.id != Id::Hosts,
            Scope::Stage => {
                let of_version = [
                    PolicyKey::Exclude,
                    PolicyKey::Stages,
                    PolicyKey::After,
                    PolicyKey::OnFailure,
                    PolicyKey::RollbackTo,
                ];
                key.per_version && key.id != Id::Hosts && !of_version.iter().any(|own| key.id == Id::Policy(*own))
            }
        }
    }
}

/// Reads layers, and collects what is wrong with them.
pub(super) struct Reader<'t, 'a> {
    pub arena: &'a Arena,
    pub texts: &'t TextMap<'a>,
    pub place: &'t Place,
    pub problems: Vec<Problem>,
}

impl<'a> Reader<'_, 'a> {
    /// Reports a problem at its place.
    pub fn report(
        &mut self,
        code: Code,
        origin: Origin<'a>,
        at: Pos,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.problems.push(Problem::of(code, message).at(self.locate(origin, at)).hint(hint));
    }

    /// The place that a message names.
    pub fn locate(&self, origin: Origin<'a>, at: Pos) -> Location {
        match origin {
            Origin::File => self.texts.locate(at),
            Origin::Named(name) => Location::whole(name),
        }
    }

    /// What the file sets.
    pub fn file(&mut self, text: Text<'a>) -> Vec<Given<'a>> {
        let value = self.parse(text, Origin::File);
        match value {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Map(entries)) => self.mapping(entries, Origin::File, Scope::Top),
            Some(_) => {
                let plays = |value: &Value<'_>| matches!(value, Value::List(items) if items.iter().any(is_play));
                let (message, hint) = if value.as_ref().is_some_and(plays) {
                    (
                        "this is a playbook and no configuration",
                        "name the regal.yml here, and give the playbook to ansible-playbook",
                    )
                } else {
                    ("the file is not a mapping", "write `KEY: VALUE` lines, such as `canary: 1`")
                };
                self.report(Code::InvalidConfiguration, Origin::File, text.base, message, hint);
                Vec::new()
            }
        }
    }

    /// What the `REGAL_*` variables set. An empty variable is the same as none, unless it holds patterns: there nothing
    /// could be all hosts.
    pub fn environment(&mut self, input: &Input<'a>) -> Vec<Given<'a>> {
        let mut given = Vec::new();
        for (name, text) in input.environment {
            if !name.starts_with("REGAL_") || super::RESERVED_VARIABLES.contains(name) {
                continue;
            }
            let named = KEYS.iter().flat_map(|key| key.names().map(move |written| (key, written)));
            let named =
                named.into_iter().find(|(key, written)| key.id != Id::Hosts && keys::variable(written) == *name);
            match named {
                Some((key, _)) if text.trim().is_empty() => self.empty_variable(key, name),
                None if text.trim().is_empty() => {}
                Some((key, written)) => given.extend(self.read_texts(key, written, name, &[text])),
                None => {
                    let keys = KEYS.iter().filter(|key| key.id != Id::Hosts).flat_map(Key::names).map(keys::variable);
                    let known = keys.chain(super::RESERVED_VARIABLES.map(str::to_string));
                    let hint = match nearest::word(name, known) {
                        Some(near) => format!("did you mean {near}?"),
                        None => {
                            "every key of regal.yml has a variable, such as REGAL_BATCH_SIZE for `batch_size`".into()
                        }
                    };
                    self.problems
                        .push(Problem::of(Code::UnknownKey, format!("unknown environment variable {name}")).hint(hint));
                }
            }
        }
        given
    }

    fn empty_variable(&mut self, key: &Key, name: &'a str) {
        if matches!(key.shape, Shape::Patterns | Shape::Versions) {
            let message = format!("`{}` cannot be empty: the variable is set and names nothing", key.name);
            self.report(
                Code::InvalidValue,
                Origin::Named(name),
                Pos::default(),
                message,
                "name hosts, or unset the variable",
            );
        }
    }

    /// What the command line sets.
    pub fn options(&mut self, input: &Input<'a>) -> Vec<Given<'a>> {
        let mut given: Vec<Given<'a>> = Vec::new();
        for (i, first) in input.options.iter().enumerate() {
            let same = |option: &&OptionText<'a>| option.key == first.key;
            if input.options.iter().take(i).any(|earlier| same(&earlier)) {
                continue;
            }
            let texts: Vec<&'a str> = input.options.iter().filter(same).map(|option| option.text).collect();
            match keys::by_name(first.key) {
                Some(key) => given.extend(self.read_texts(key, first.key, first.option, &texts)),
                None => {
                    self.problems.push(Problem::of(Code::UnknownKey, format!("{} sets no known key", first.option)));
                }
            }
        }
        given
    }

    /// A variable or an option; a repeated option has several texts.
    fn read_texts(&mut self, key: &'static Key, written: &'a str, name: &'a str, texts: &[&'a str]) -> Vec<Given<'a>> {
        let origin = Origin::Named(name);
        let Some(value) = self.value_of(key, written, name, texts) else { return Vec::new() };
        let given = Given { key, written: Cow::Borrowed(written), value, origin, at: Pos::default() };
        self.flatten(given, Scope::Top)
    }

    /// What the texts of a variable or an option would be in a file.
    fn value_of(&mut self, key: &Key, written: &'a str, name: &'a str, texts: &[&'a str]) -> Option<Value<'a>> {
        let origin = Origin::Named(name);
        match (key.shape, texts) {
            (Shape::Scalar, [text]) => Some(Value::Str(text)),
            (Shape::List, [text]) if text.contains(',') && !is_yaml(text) => Some(self.split(text)),
            (Shape::Sources, texts) if texts.iter().any(|text| is_salt(text)) => {
                let items: Option<Vec<Value<'a>>> = texts.iter().map(|text| self.source(name, text)).collect();
                items.map(|items| match items[..] {
                    [single @ Value::List(_)] => single,
                    _ => Value::List(self.arena.alloc_slice_copy(&items)),
                })
            }
            (Shape::Sources, [text]) if name.starts_with("REGAL_") && !text.trim_end().ends_with(',') => {
                Some(self.split(text))
            }
            (Shape::VaultIds, [text]) if name.starts_with("REGAL_") => Some(self.split(text)),
            (Shape::Patterns, [text]) if text.trim_start().starts_with('{') => self.yaml(name, text),
            (Shape::Sources | Shape::Patterns | Shape::VaultIds, texts) => Some(self.list(texts.iter().copied())),
            (Shape::Versions, texts) if texts.iter().all(|text| !is_yaml(text) && text.contains('=')) => {
                Some(self.version_pairs(texts))
            }
            (_, [text]) if is_yaml(text) => self.yaml(name, text),
            (_, [text]) => Some(Value::Str(text)),
            _ => {
                let message = format!("`{written}` is given {} times", texts.len());
                self.report(Code::InvalidValue, origin, Pos::default(), message, "give it once");
                None
            }
        }
    }

    /// What the command line sets, each option with its value as a file would have it.
    pub fn as_values(&mut self, options: &[OptionText<'a>]) -> Vec<(&'a str, Value<'a>)> {
        let mut values: Vec<(&'a str, Value<'a>)> = Vec::new();
        for first in options {
            if values.iter().any(|(known, _)| *known == first.key) {
                continue;
            }
            let same = options.iter().filter(|option| option.key == first.key);
            let texts: Vec<&'a str> = same.map(|option| option.text).collect();
            let key = keys::by_name(first.key);
            let value = key.and_then(|key| self.value_of(key, first.key, first.option, &texts));
            values.extend(value.map(|value| (first.key, value)));
        }
        values
    }

    /// A text of a variable or an option as YAML.
    fn yaml(&mut self, name: &'a str, text: &'a str) -> Option<Value<'a>> {
        match self.texts.add(name, text) {
            Ok(text) => self.parse(text, Origin::Named(name)),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// A source: a path, or one of Salt's in YAML.
    fn source(&mut self, name: &'a str, text: &'a str) -> Option<Value<'a>> {
        if is_salt(text) { self.yaml(name, text) } else { Some(Value::Str(text)) }
    }

    /// The items between commas.
    fn split(&self, text: &'a str) -> Value<'a> {
        self.list(text.split(',').map(str::trim))
    }

    fn list(&self, items: impl Iterator<Item = &'a str>) -> Value<'a> {
        let items: Vec<_> = items.map(Value::Str).collect();
        Value::List(self.arena.alloc_slice_copy(&items))
    }

    /// The mapping that `VERSION=HOSTS` texts stand for.
    fn version_pairs(&self, texts: &[&'a str]) -> Value<'a> {
        let pairs = texts.iter().filter_map(|text| text.split_once('='));
        let entry = |(version, hosts): (&'a str, &'a str)| Entry {
            key: version.trim(),
            kind: KeyKind::Str,
            at: Pos::default(),
            value: Value::Str(hosts),
        };
        let entries: Vec<_> = pairs.map(entry).collect();
        Value::Map(self.arena.alloc_slice_copy(&entries))
    }

    /// Reads YAML; a repeated key is an error here, since one of its values would be lost.
    fn parse(&mut self, text: Text<'a>, origin: Origin<'a>) -> Option<Value<'a>> {
        let mut repeated = Vec::new();
        let value = match yaml::parse(self.arena, text, &mut repeated) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.problems.push(fault.problem(self.texts));
                None
            }
        };
        for (at, message) in repeated {
            self.report(Code::DuplicateKey, origin, at, message, "keep one of them");
        }
        value
    }

    /// The keys of a mapping; unknown ones are reported.
    pub fn mapping(&mut self, entries: &'a [Entry<'a>], origin: Origin<'a>, scope: Scope) -> Vec<Given<'a>> {
        let mut given = Vec::new();
        for (i, entry) in entries.iter().enumerate() {
            match keys::by_name(entry.key).filter(|key| scope.allows(key) && !key.name.contains('.')) {
                // what should stand under it is reported
                Some(_) if entries[i + 1..].iter().any(|below| belongs_under(entry, below)) => {}
                Some(key) => {
                    let written = Cow::Borrowed(entry.key);
                    let found = Given { key, written, value: entry.value, origin, at: entry.at };
                    given.extend(self.flatten(found, scope));
                }
                None => match entries[..i].iter().find(|above| belongs_under(above, entry)) {
                    Some(above) => {
                        let (above, below) = (above.key, entry.key);
                        let message = format!("`{below}` stands beside `{above}` and not under it");
                        self.report(
                            Code::InvalidConfiguration,
                            origin,
                            entry.at,
                            message,
                            format!("indent `{below}`, or write `{above}: {{{below}: …}}`"),
                        );
                    }
                    None => self.unknown_key(entry, origin, "", scope),
                },
            }
        }
        given
    }

    /// A key that may be a mapping, as the keys under it; a single value is that of the key that matters most there.
    fn flatten(&mut self, given: Given<'a>, scope: Scope) -> Vec<Given<'a>> {
        let single = keys::single(given.key.id);
        let is_group = single.is_some() || given.key.id == Id::VersionFrom;
        match given.value {
            Value::Map(entries) if is_group && !entries.is_empty() => {
                self.below(given.key, entries, given.origin, scope)
            }
            Value::Str(text) if given.key.id == Id::VersionFrom => vec![version_from(text, given)],
            _ => match single.and_then(keys::by_id) {
                Some(key) => vec![Given { key, ..given }],
                None => vec![given],
            },
        }
    }

    /// The keys that stand under a key.
    fn below(&mut self, above: &Key, entries: &'a [Entry<'a>], origin: Origin<'a>, scope: Scope) -> Vec<Given<'a>> {
        let prefix = format!("{}.", above.name);
        let mut given = Vec::new();
        for entry in entries {
            let name = format!("{prefix}{}", entry.key);
            match keys::by_name(&name) {
                Some(key) => {
                    let written = Cow::Owned(name);
                    given.push(Given { key, written, value: entry.value, origin, at: entry.at });
                }
                None => self.unknown_key(entry, origin, &prefix, scope),
            }
        }
        given
    }

    fn unknown_key(&mut self, entry: &Entry<'a>, origin: Origin<'a>, prefix: &str, scope: Scope) {
        let written = entry.key;
        if scope != Scope::Top && prefix.is_empty() && keys::by_name(written).is_some_and(|key| Scope::Top.allows(key))
        {
            let what = if scope == Scope::Stage { "stages" } else { "versions" };
            let message = format!("`{written}` cannot be set for single {what}");
            let hint = "put it at the top level, where it holds for all";
            self.report(Code::InvalidConfiguration, origin, entry.at, message, hint);
            return;
        }
        let known: Vec<&str> = KEYS
            .iter()
            .filter(|key| scope.allows(key))
            .flat_map(Key::names)
            .filter_map(|name| name.strip_prefix(prefix).filter(|rest| !rest.contains('.')))
            .collect();
        let foreign = FOREIGN.iter().find(|(word, key, _)| *word == written && known.contains(key));
        let dotted = written.split_once('.').filter(|_| keys::by_name(written).is_some());
        let hint = match dotted {
            Some((above, below)) => format!("write it as `{above}: {{{below}: …}}`"),
            None if foreign.is_some() => foreign.map(|(_, _, hint)| (*hint).to_string()).unwrap_or_default(),
            None => match nearest::word(written, known.iter().map(ToString::to_string)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            },
        };
        let message = format!("unknown key `{}`", format!("{prefix}{written}").escape_debug());
        self.report(Code::UnknownKey, origin, entry.at, message, hint);
    }
}

/// Whether a key has no value since the other one, which is not a key there, is not indented.
fn belongs_under(above: &Entry<'_>, below: &Entry<'_>) -> bool {
    above.value == Value::Null
        && keys::by_name(below.key).is_none()
        && keys::by_name(&format!("{}.{}", above.key, below.key)).is_some()
}

/// Whether a value is a play of a playbook.
fn is_play(value: &Value<'_>) -> bool {
    matches!(value, Value::Map(entries) if entries.iter().any(|entry| matches!(entry.key, "hosts" | "import_playbook")))
}

/// `var:NAME` as the key `version_from.var`.
fn version_from<'a>(text: &'a str, given: Given<'a>) -> Given<'a> {
    let Some((kind, value)) = text.split_once(':') else { return given };
    match keys::by_name(&format!("version_from.{}", kind.trim())) {
        Some(key) => Given { key, value: Value::Str(value), ..given },
        None => given,
    }
}

/// Whether a source is written as `{salt: …}`, or as a list that begins with one.
fn is_salt(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('{') || text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{'))
}

/// Whether a text is to be read as YAML where a mapping or a list may stand.
/// Keys of other programs, the key that does the same here, and what to write.
const FOREIGN: &[(&str, &str, &str)] = &[
    (
        "serial",
        "batch_size",
        "the sizes of batches are `batch_size`, and the first item of Ansible's `serial` is `canary`",
    ),
    ("throttle", "batch_size", "how many hosts go at once is `batch_size`"),
    ("max_concurrency", "batch_size", "how many hosts go at once is `batch_size`"),
    ("max_in_flight", "batch_size", "how many hosts go at once is `batch_size`"),
    ("max_errors", "max_failures", "how many hosts may fail is `max_failures`"),
    ("any_errors_fatal", "max_failures", "`max_failures: 0`, the default, stops at the first host that fails"),
    ("pause", "bake", "how long to watch a batch is `bake`"),
    ("wait", "bake", "how long to watch a batch is `bake`"),
    ("sleep", "bake", "how long to watch a batch is `bake`"),
];

fn is_yaml(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}
