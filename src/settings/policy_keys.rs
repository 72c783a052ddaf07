//! The keys that a version may have of its own: what their values look like, and their values typed.

use std::sync::Arc;

use super::forms::{ANY, DOMAIN_ORDERS, Empty, Form, LABELS, PATTERNS, word_list, words};
use super::keys::{Meaning, PolicyKey};
use super::layer::Given;
use super::typed::{self, Typed, choice, text, wrong};
use crate::error::Location;
use crate::policy::{
    Amount, Approval, BatchSize, Bound, DomainOrder, GROUP_LABEL, Growth, Keys, Limit, Missing, Mode, OnFailure, Order,
    PAIR, Pattern, Remainder, SEED_VERSION, Set, SpreadMode,
};
use crate::value::{Entry, Value};

/// Returns what the value of a key looks like in the file, under a name that gives it this meaning.
pub(super) fn form(key: PolicyKey, meaning: Meaning) -> Form {
    match key {
        PolicyKey::CanarySize | PolicyKey::MaxUnavailable | PolicyKey::SpreadMaxUnavailable => Form::Size,
        PolicyKey::CanaryHosts | PolicyKey::CanaryExclude | PolicyKey::Exclude | PolicyKey::LastHosts => {
            Form::List(PATTERNS, Empty::Allowed)
        }
        PolicyKey::CanaryCover => Form::Cover,
        PolicyKey::SpreadBy => Form::List(LABELS, Empty::Allowed),
        PolicyKey::CanaryBake | PolicyKey::Bake => Form::Duration,
        PolicyKey::BatchSize => Form::Sizes,
        PolicyKey::Remainder => words(Remainder::WORDS),
        PolicyKey::MinHealthy => Form::Healthy,
        PolicyKey::Approval => words(Approval::WORDS),
        PolicyKey::MaxFailures if meaning == Meaning::Percent => Form::Percent,
        PolicyKey::MaxFailures => Form::Failures,
        PolicyKey::OrderMode => words(Order::WORDS),
        PolicyKey::AssignmentMode => words(Mode::WORDS),
        PolicyKey::LastAlone => Form::Boolean,
        PolicyKey::AssignmentKey | PolicyKey::OrderBy => Form::Text,
        PolicyKey::AssignmentWaves => Form::Count,
        PolicyKey::Seed => Form::Seed,
        PolicyKey::SpreadMode => words(SpreadMode::WORDS),
        PolicyKey::SpreadMissing => words(Missing::WORDS),
        PolicyKey::Limits => Form::Limits,
        PolicyKey::SpreadOrder => Form::WordOrList(word_list(DOMAIN_ORDERS)),
        PolicyKey::Stages => Form::Stages,
        PolicyKey::Gates => Form::Gates,
        PolicyKey::OnFailure => words(OnFailure::WORDS),
        PolicyKey::RollbackTo => Form::Text,
        PolicyKey::Windows => Form::Windows,
        PolicyKey::Blackouts => Form::Blackouts,
        PolicyKey::After => Form::List(ANY, Empty::Allowed),
    }
}

/// Sets the key that is given.
pub(super) fn set(keys: &mut Keys, key: PolicyKey, given: &Given<'_>, at: &Location) -> Typed<()> {
    let value = given.value;
    match key {
        PolicyKey::CanarySize => keys.canary_size = Some(size(value, "a batch of no host")?),
        PolicyKey::CanaryHosts => keys.canary_hosts = Some(patterns_or_none(value, at)?),
        PolicyKey::CanaryExclude => keys.canary_exclude = Some(patterns_or_none(value, at)?),
        PolicyKey::CanaryCover => keys.canary_cover = placed(cover(value)?, at),
        PolicyKey::CanaryBake => keys.canary_bake = Some(typed::seconds(value)?),
        PolicyKey::BatchSize => keys.batch_size = Some(batch_sizes(value)?),
        PolicyKey::Remainder => keys.remainder = placed(choice(value, Remainder::WORDS)?, at),
        PolicyKey::MaxUnavailable => {
            keys.bound = placed(Bound::MaxUnavailable(size(value, "no host could be updated")?), at);
        }
        PolicyKey::MinHealthy => keys.bound = placed(Bound::MinHealthy(healthy(value)?), at),
        PolicyKey::Bake => keys.bake = Some(typed::seconds(value)?),
        PolicyKey::Approval => keys.approval = placed(choice(value, Approval::WORDS)?, at),
        PolicyKey::MaxFailures => keys.max_failures = Some(failures(value, given.key.meaning(&given.written))?),
        PolicyKey::Exclude => keys.exclude = Some(patterns_or_none(value, at)?),
        PolicyKey::LastHosts => keys.last = Some(patterns_or_none(value, at)?),
        PolicyKey::LastAlone => keys.last_alone = placed(typed::boolean(value)?, at),
        PolicyKey::OrderMode => keys.order = placed(choice(value, Order::WORDS)?, at),
        PolicyKey::OrderBy => keys.order_by = placed(text(value)?.to_string(), at),
        PolicyKey::AssignmentMode => keys.assignment_mode = placed(choice(value, Mode::WORDS)?, at),
        PolicyKey::AssignmentKey => keys.assignment_key = placed(text(value)?.to_string(), at),
        PolicyKey::AssignmentWaves => keys.assignment_waves = placed(typed::count(value)?, at),
        PolicyKey::Seed => keys.seed = Some(seed(value)?),
        PolicyKey::SpreadBy => keys.spread_by = placed(labels(value)?, at),
        PolicyKey::SpreadMode => keys.spread_mode = placed(choice(value, SpreadMode::WORDS)?, at),
        PolicyKey::SpreadMissing => keys.spread_missing = placed(choice(value, Missing::WORDS)?, at),
        PolicyKey::SpreadOrder => keys.spread_order = placed(domain_order(value)?, at),
        PolicyKey::Limits => keys.limits = Some(limits(value, at)?),
        PolicyKey::SpreadMaxUnavailable => {
            keys.spread_max_unavailable = placed(size(value, "no host of the domain could be updated")?, at);
        }
        PolicyKey::After => keys.after = placed(versions_or_none(value)?, at),
        PolicyKey::OnFailure => keys.on_failure = placed(choice(value, OnFailure::WORDS)?, at),
        PolicyKey::RollbackTo => keys.rollback_to = placed(text(value)?.to_string(), at),
        // `draft` has them read by `stages`, `gates` and `windows`, which report each at its own place
        PolicyKey::Stages | PolicyKey::Gates | PolicyKey::Windows | PolicyKey::Blackouts => {}
    }
    Ok(())
}

fn placed<T>(value: T, at: &Location) -> Option<Set<T>> {
    Some(Set { value, at: at.clone() })
}

/// Host patterns, at least one.
pub(super) fn patterns(value: Value<'_>, at: &Location) -> Typed<Vec<Pattern>> {
    let texts = typed::patterns(value)?;
    let at = Arc::new(at.clone());
    Ok(texts.into_iter().map(|text| Pattern { text: text.to_string(), at: Arc::clone(&at) }).collect())
}

fn patterns_or_none(value: Value<'_>, at: &Location) -> Typed<Vec<Pattern>> {
    if is_none(value) { Ok(Vec::new()) } else { patterns(value, at) }
}

fn versions_or_none(value: Value<'_>) -> Typed<Vec<String>> {
    if is_none(value) { Ok(Vec::new()) } else { Ok(typed::texts(value)?.into_iter().map(str::to_string).collect()) }
}

/// An empty list, as a variable or an option too.
fn is_none(value: Value<'_>) -> bool {
    match value {
        Value::List([]) => true,
        Value::List([only]) => matches!(only, Value::Str(_)) && is_none(*only),
        Value::Str(only) => only.trim() == "[]",
        _ => false,
    }
}

fn amount(value: Value<'_>) -> Typed<Amount> {
    Amount::parse(text(value)?).or_else(|why| wrong(value, why))
}

/// An amount that is never zero; `none` says what zero would mean.
fn size(value: Value<'_>, none: &str) -> Typed<Amount> {
    match amount(value)? {
        zero if zero.is_zero() => wrong(value, none),
        size => Ok(size),
    }
}

/// An amount of hosts that stay up: some, and not all.
fn healthy(value: Value<'_>) -> Typed<Amount> {
    match size(value, "it would ask for nothing")? {
        all if all == Amount::WHOLE => wrong(value, ALL_HEALTHY),
        healthy => Ok(healthy),
    }
}

const ALL_HEALTHY: &str =
    "every host would have to stay up, so none could be updated (`max_unavailable: 1` updates one at a time)";

/// Keys of sizes that grow.
const GROWTH: [&str; 3] = ["start", "factor", "most"];

/// `{start: 1, factor: 2, most: 10%}`; only `most` has to be there.
fn growth(entries: &[Entry<'_>]) -> Typed<Growth> {
    if let Some(unknown) = entries.iter().find(|entry| !GROWTH.contains(&entry.key)) {
        let given = format!("{{{}: …}}", unknown.key);
        return wrong(Value::Str(&given), "sizes that grow have the keys `start`, `factor` and `most`");
    }
    let get = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| entry.value);
    let no_host = "a batch of no host";
    let Some(most) = get("most") else {
        return wrong(Value::Str("{…}"), "`most` is missing, the size at which it stops growing");
    };
    let growth = Growth {
        start: get("start").map_or(Ok(Amount::Hosts(1)), |value| size(value, no_host))?,
        factor: get("factor").map_or(Ok(2), factor)?,
        most: size(most, no_host)?,
    };
    match (growth.start, growth.most) {
        (Amount::Hosts(start), Amount::Hosts(most)) if start > most => {}
        (Amount::Percent(start), Amount::Percent(most)) if start > most => {}
        _ => return Ok(growth),
    }
    wrong(Value::Str(&growth.to_string()), "`start` is more than `most`")
}

fn factor(value: Value<'_>) -> Typed<usize> {
    match typed::count(value)? {
        1 => wrong(value, "a `factor` of 1 does not grow; a size that stays is written alone"),
        factor => Ok(factor),
    }
}

fn batch_size(value: Value<'_>) -> Typed<BatchSize> {
    if let Ok("rest") = text(value) {
        return Ok(BatchSize::Rest);
    }
    if let Value::Map(entries @ [_, ..]) = value {
        return growth(entries).map(BatchSize::Growing);
    }
    size(value, "a batch of no host").map(BatchSize::Amount)
}

/// One size or a list of them, `rest` and sizes that grow only last.
fn batch_sizes(value: Value<'_>) -> Typed<Vec<BatchSize>> {
    let Value::List(items) = value else { return batch_size(value).map(|size| vec![size]) };
    let sizes: Vec<_> = items.iter().copied().map(batch_size).collect::<Typed<_>>()?;
    match sizes.split_last() {
        None => wrong(value, "it has no items"),
        Some((_, before)) if before.contains(&BatchSize::Rest) => {
            wrong(Value::Str("rest"), "it is not the last of the list, so what follows would have no hosts")
        }
        Some((_, before)) if before.iter().any(|size| matches!(size, BatchSize::Growing(_))) => {
            wrong(Value::Str("{…}"), "sizes that grow are not the last of the list, so what follows would never come")
        }
        Some(_) => Ok(sizes),
    }
}

/// An amount, zero too; under `max_fail_percentage` a bare number is a percent.
fn failures(value: Value<'_>, meaning: Meaning) -> Typed<Amount> {
    let given = text(value)?;
    if meaning == Meaning::Percent && !given.ends_with('%') {
        return Amount::parse(&format!("{given}%")).or_else(|why| wrong(value, why));
    }
    amount(value)
}

/// Names of labels, each once; none where the list is empty.
pub(super) fn labels(value: Value<'_>) -> Typed<Vec<String>> {
    if is_none(value) {
        return Ok(Vec::new());
    }
    let mut labels: Vec<String> = Vec::new();
    for label in typed::texts(value)?.into_iter().flat_map(|text| text.split(',')).map(str::trim) {
        if label.is_empty() {
            return wrong(value, "there is an empty item between its commas");
        }
        has_one_star(label)?;
        if labels.iter().any(|earlier| earlier == label) {
            return wrong(Value::Str(label), "it is given twice");
        }
        labels.push(label.to_string());
    }
    Ok(labels)
}

/// Labels, and lists of several whose combined values are meant: `[[zone, hardware], rack]` is `zone & hardware` and `rack`.
fn cover(value: Value<'_>) -> Typed<Vec<String>> {
    let Value::List(items) = value else { return pairs(labels(value)?) };
    let mut covered: Vec<String> = Vec::new();
    for item in items {
        let found = match item {
            Value::List([_, _, ..]) => vec![labels(*item)?.join(PAIR)],
            Value::List(_) => {
                return wrong(*item, "a list in the list names two labels or more, such as `[zone, hardware]`");
            }
            single => pairs(labels(*single)?)?,
        };
        if let Some(twice) = found.iter().find(|label| covered.contains(label)) {
            return wrong(Value::Str(twice), "it is given twice");
        }
        covered.extend(found);
    }
    Ok(covered)
}

/// Labels, those with `&` between others in one form.
fn pairs(labels: Vec<String>) -> Typed<Vec<String>> {
    let pair = |label: String| {
        let parts: Vec<&str> = label.split('&').map(str::trim).collect();
        if parts.contains(&"") {
            wrong(Value::Str(&label), "a label is missing beside `&`")
        } else {
            Ok(parts.join(PAIR))
        }
    };
    labels.into_iter().map(pair).collect()
}

/// `group:GLOB` has one `*`.
fn has_one_star(label: &str) -> Typed<()> {
    if label.strip_prefix(GROUP_LABEL).is_some_and(|glob| glob.matches('*').count() != 1) {
        return wrong(Value::Str(label), "not exactly one `*`, which is the label's value");
    }
    Ok(())
}

/// Keys of a limit.
const LIMIT: [&str; 2] = ["max_unavailable", "max_domains"];

/// Labels, each with a size or with a mapping of the two bounds.
fn limits(value: Value<'_>, at: &Location) -> Typed<Vec<Limit>> {
    let Value::Map(entries) = value else {
        return wrong(value, "it has to be a mapping of labels; hosts to show are named with `limit`");
    };
    entries.iter().map(|entry| limit(entry, at)).collect()
}

fn limit(entry: &Entry<'_>, at: &Location) -> Typed<Limit> {
    let label = entry.key.trim();
    let inside = |wrong: typed::Wrong| typed::Wrong { given: format!("{} for `{label}`", wrong.given), ..wrong };
    if label.is_empty() || label.contains(',') {
        return wrong(Value::Str(label), "each label stands alone, with its own limit");
    }
    if LIMIT.contains(&label) {
        return wrong(Value::Str(label), format!("a label comes first: `limits: {{zone: {{{label}: 1}}}}`"));
    }
    has_one_star(label)?;
    let none = "a batch without any of its hosts";
    let mut limit = Limit { label: label.to_string(), max_unavailable: None, max_domains: None, at: at.clone() };
    match entry.value {
        Value::Map(bounds @ [_, ..]) => {
            for bound in bounds {
                let amount = size(bound.value, none).map_err(inside);
                match bound.key {
                    "max_unavailable" => limit.max_unavailable = Some(amount?),
                    "max_domains" => limit.max_domains = Some(amount?),
                    unknown => {
                        let given = format!("{label}: {{{unknown}: …}}");
                        return wrong(Value::Str(&given), "a limit has the keys `max_unavailable` and `max_domains`");
                    }
                }
            }
        }
        single => limit.max_unavailable = Some(size(single, none).map_err(inside)?),
    }
    Ok(limit)
}

/// A word, or a list of domains.
pub(super) fn domain_order(value: Value<'_>) -> Typed<DomainOrder> {
    if !matches!(value, Value::List(_)) {
        let given = text(value)?;
        let why = format!("no such choice; a list of one domain is written `[{given}]`");
        return choice(value, DOMAIN_ORDERS).or_else(|_| wrong(value, why));
    }
    let domains = typed::texts(value)?;
    match domains.iter().enumerate().find(|(i, domain)| domains[..*i].contains(domain)) {
        Some((_, twice)) => wrong(Value::Str(twice), "it is given twice"),
        None => Ok(DomainOrder::List(domains.into_iter().map(str::to_string).collect())),
    }
}

/// A text, empty too; what stands in braces must be the version, against a mistyped one.
fn seed(value: Value<'_>) -> Typed<String> {
    let is_empty = matches!(value, Value::Str(seed) if seed.trim().is_empty());
    let seed = if is_empty { "" } else { text(value)? };
    if seed.replace(SEED_VERSION, "").contains(['{', '}']) {
        return wrong(value, "what stands in braces is not `{version}`");
    }
    Ok(seed.to_string())
}
