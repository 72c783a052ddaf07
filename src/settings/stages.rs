//! The stages of `stages`: parts of a version's hosts, each with keys of its own.
//!
//! ```yaml
//! stages:
//!   - {name: staging, hosts: staging, canary: 1, batch_size: 50%}
//!   - {name: eu, hosts: {region: eu}, bake: 1d}
//!   - {by: region, values: [us, ap]}
//!   - {name: others, hosts: rest}
//! ```

use super::forms::DOMAIN_ORDERS;
use super::layer::{Given, Reader, Scope};
use super::policy_keys::{domain_order, labels, patterns};
use super::typed::{self, Typed, choice, text, wrong};
use crate::error::{Code, Location};
use crate::policy::naming::{is_plain, safe};
use crate::policy::{DomainOrder, Keys, PercentOf, Set, StageHosts, StageKeys};
use crate::value::{Entry, Value};

/// The keys that only a stage has.
pub(super) const OWN: [&str; 5] = ["name", "hosts", "by", "values", "of"];

/// The word for all hosts that no stage before has.
pub(super) const REST: &str = "rest";

/// Sets the keys of a stage.
pub(super) type SetKeys<'a> = fn(Vec<Given<'a>>, &mut Reader<'_, 'a>) -> Keys;

/// Types the value of `stages`; what is wrong with a stage is reported at its place.
pub(super) fn typed<'a>(
    given: &Given<'a>,
    set_keys: SetKeys<'a>,
    reader: &mut Reader<'_, 'a>,
) -> Typed<Vec<StageKeys>> {
    let items = match given.value {
        Value::Map([]) => return wrong(given.value, "there is no key in it"),
        Value::Map(_) => &[given.value][..],
        Value::List(items) => items,
        other => return wrong(other, "it has to be a list of stages, or one mapping with `by`"),
    };
    let mut stages: Vec<StageKeys> = Vec::new();
    for item in items {
        let Value::Map(entries @ [first, ..]) = item else {
            return wrong(*item, "each stage is a mapping, such as `{name: eu, hosts: {region: eu}}`");
        };
        let at = reader.locate(given.origin, first.at);
        let stage = Item { entries, given, set_keys, at }.typed(reader);
        let Some(stage) = stage else { continue };
        let same = stages.iter().find(|other| safe(&other.name) == safe(&stage.name) && !stage.name.is_empty());
        if let Some(other) = same {
            let message = format!("`stages`: `{}` and `{}` would have one group", other.name, stage.name);
            let message =
                if other.name == stage.name { format!("`stages`: `{}` is given twice", stage.name) } else { message };
            reader.report(Code::DuplicateKey, given.origin, first.at, message, "give each stage a name of its own");
        }
        stages.push(stage);
    }
    let open = stages.iter().position(|stage| matches!(stage.hosts, StageHosts::Rest));
    if let Some(after) = open.and_then(|open| stages.get(open + 1)) {
        let message = format!("`stages`: {} comes after `hosts: rest`, which leaves it no host", called(after));
        reader.problems.push(
            crate::error::Problem::of(Code::InvalidValue, message)
                .at(after.at.clone())
                .hint("put the stage with `hosts: rest` last"),
        );
    }
    Ok(stages)
}

/// What a message calls a stage.
fn called(stage: &StageKeys) -> String {
    if stage.name.is_empty() { format!("`{}`", stage.hosts) } else { format!("`{}`", stage.name) }
}

/// One stage in the file.
struct Item<'g, 'a> {
    entries: &'a [Entry<'a>],
    given: &'g Given<'a>,
    set_keys: SetKeys<'a>,
    at: Location,
}

impl<'a> Item<'_, 'a> {
    fn typed(&self, reader: &mut Reader<'_, 'a>) -> Option<StageKeys> {
        let others: Vec<Entry<'a>> = self.entries.iter().filter(|entry| !OWN.contains(&entry.key)).copied().collect();
        let inner = reader.mapping(reader.arena.alloc_slice_copy(&others), self.given.origin, Scope::Stage);
        let keys = (self.set_keys)(inner, reader);
        let own = self.own(reader)?;
        let of = match self.entry("of") {
            None => PercentOf::Stage,
            Some(entry) => self.take(entry, choice(entry.value, PercentOf::WORDS), "`stage` or `version`", reader)?,
        };
        let (name, hosts) = own;
        Some(StageKeys { name, hosts, of, keys, at: self.at.clone() })
    }

    /// The name and the hosts: `name` and `hosts`, or `by` and `values`.
    fn own(&self, reader: &mut Reader<'_, 'a>) -> Option<(String, StageHosts)> {
        if let Some(by) = self.entry("by") {
            if let Some(beside) = self.entry("name").or(self.entry("hosts")) {
                let message = format!("`stages`: `by` and `{}` exclude each other", beside.key);
                let hint = "`by` makes a stage of each value, which gives it its name and its hosts";
                reader.report(Code::Contradiction, self.given.origin, beside.at, message, hint);
                return None;
            }
            let allowed = "a host variable such as `region`, or `group:GLOB`";
            let label = self.take(by, one_label(by.value), allowed, reader)?;
            let label = Set { value: label, at: reader.locate(self.given.origin, by.at) };
            let order = match self.entry("values") {
                None => DomainOrder::Name,
                Some(values) => {
                    let allowed = "a list of values, `name` or `smallest_first`";
                    self.take(values, order(values.value), allowed, reader)?
                }
            };
            return Some((String::new(), StageHosts::Each { label, order }));
        }
        if let Some(values) = self.entry("values") {
            let message = "`stages`: `values` has no meaning without `by`";
            reader.report(Code::Contradiction, self.given.origin, values.at, message, "name the label: `by: region`");
            return None;
        }
        let name = self.needed("name", "its groups are called after it: `name: eu`", reader);
        let hosts = self.needed("hosts", "name them: a host pattern, `{region: eu}`, or `rest`", reader);
        let (name, hosts) = (name?, hosts?);
        let why = "not usable in a group name";
        let allowed = "letters, digits, `_`, and after the first also `.`, `+` and `-`";
        let name = self.take(name, typed::checked(name.value, is_plain, why), allowed, reader)?;
        let at = reader.locate(self.given.origin, hosts.at);
        let allowed = "a host pattern, `{LABEL: VALUE}`, or `rest`";
        let hosts = self.take(hosts, stage_hosts(hosts.value, &at), allowed, reader)?;
        Some((name.to_string(), hosts))
    }

    fn entry(&self, key: &str) -> Option<&'a Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn needed(&self, key: &str, hint: &str, reader: &mut Reader<'_, 'a>) -> Option<&'a Entry<'a>> {
        let entry = self.entry(key);
        if entry.is_none() {
            let at = self.entries.first().map(|first| first.at).unwrap_or_default();
            let message = format!("`stages`: a stage has no `{key}`");
            reader.report(Code::InvalidValue, self.given.origin, at, message, hint);
        }
        entry
    }

    /// The value, or a report of what is wrong with it.
    fn take<T>(&self, entry: &Entry<'a>, typed: Typed<T>, allowed: &str, reader: &mut Reader<'_, 'a>) -> Option<T> {
        typed
            .map_err(|wrong| {
                let message = format!("`stages`: `{}` cannot be {}: {}", entry.key, wrong.given, wrong.why);
                reader.report(Code::InvalidValue, self.given.origin, entry.at, message, format!("allowed: {allowed}"));
            })
            .ok()
    }
}

fn one_label(value: Value<'_>) -> Typed<String> {
    let label = text(value)?;
    match labels(value)?.as_slice() {
        [only] => Ok(only.clone()),
        _ => wrong(Value::Str(label), "stages follow one label"),
    }
}

fn order(value: Value<'_>) -> Typed<DomainOrder> {
    if let Value::List(_) = value { domain_order(value) } else { choice(value, DOMAIN_ORDERS) }
}

fn stage_hosts(value: Value<'_>, at: &Location) -> Typed<StageHosts> {
    match value {
        Value::Map([only]) => {
            let label = Set { value: one_label(Value::Str(only.key))?, at: at.clone() };
            let values = typed::texts(only.value)?.into_iter().map(str::to_string).collect();
            Ok(StageHosts::Values { label, values })
        }
        Value::Map(_) => wrong(value, "one label stands in it, such as `{region: eu}`"),
        single if text(single).is_ok_and(|text| text == REST) => Ok(StageHosts::Rest),
        other => patterns(other, at).map(StageHosts::Patterns),
    }
}
