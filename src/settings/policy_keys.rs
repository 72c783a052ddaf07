//! The keys that a version may have of its own, typed.

use super::forms::DOMAIN_ORDERS;
use super::keys::{Id, Meaning};
use super::layer::Given;
use super::typed::{self, Typed, choice, text, wrong};
use crate::error::Location;
use crate::policy::{
    Amount, Approval, BatchSize, Bound, DomainOrder, GROUP_LABEL, Keys, Missing, Mode, Order, Pattern, Remainder,
    SEED_VERSION, Set, SpreadMode,
};
use crate::value::Value;

/// Sets the key that is given. Those that are not of a version's policy are named, so that no new key is forgotten here.
pub(super) fn set(keys: &mut Keys, given: &Given<'_>, at: &Location) -> Typed<()> {
    let value = given.value;
    match given.key.id {
        Id::CanarySize => keys.canary_size = Some(size(value, "a batch of no host")?),
        Id::CanaryHosts => keys.canary_hosts = Some(patterns_or_none(value, at)?),
        Id::CanaryExclude => keys.canary_exclude = Some(patterns_or_none(value, at)?),
        Id::CanaryCover => keys.canary_cover = placed(labels(value)?, at),
        Id::CanaryBake => keys.canary_bake = Some(typed::seconds(value)?),
        Id::BatchSize => keys.batch_size = Some(batch_sizes(value)?),
        Id::Remainder => keys.remainder = placed(choice(value, Remainder::WORDS)?, at),
        Id::MaxUnavailable => keys.bound = placed(Bound::MaxUnavailable(size(value, "no host could be updated")?), at),
        Id::MinHealthy => keys.bound = placed(Bound::MinHealthy(healthy(value)?), at),
        Id::Bake => keys.bake = Some(typed::seconds(value)?),
        Id::Approval => keys.approval = Some(choice(value, Approval::WORDS)?),
        Id::MaxFailures => keys.max_failures = Some(failures(value, given.key.meaning(&given.written))?),
        Id::Exclude => keys.exclude = Some(patterns_or_none(value, at)?),
        Id::Last => keys.last = Some(patterns_or_none(value, at)?),
        Id::Order => keys.order = placed(choice(value, Order::WORDS)?, at),
        Id::AssignmentMode => keys.assignment_mode = placed(choice(value, Mode::WORDS)?, at),
        Id::AssignmentKey => keys.assignment_key = placed(text(value)?.to_string(), at),
        Id::AssignmentWaves => keys.assignment_waves = placed(typed::count(value)?, at),
        Id::Seed => keys.seed = Some(seed(value)?),
        Id::SpreadBy => keys.spread_by = placed(labels(value)?, at),
        Id::SpreadMode => keys.spread_mode = placed(choice(value, SpreadMode::WORDS)?, at),
        Id::SpreadMissing => keys.spread_missing = placed(choice(value, Missing::WORDS)?, at),
        Id::SpreadOrder => keys.spread_order = placed(domain_order(value)?, at),
        Id::SpreadMaxUnavailable => {
            keys.spread_max_unavailable = placed(size(value, "no host of the domain could be updated")?, at);
        }
        Id::Plugin
        | Id::Inventory
        | Id::Versions
        | Id::VersionFrom
        | Id::VersionVar
        | Id::VersionGroup
        | Id::VersionTemplate
        | Id::VersionGrain
        | Id::VersionPillar
        | Id::VersionNodegroup
        | Id::Hosts
        | Id::Canary
        | Id::Spread
        | Id::Assignment
        | Id::Overrides
        | Id::Priority
        | Id::SharedHosts
        | Id::Limit
        | Id::Name
        | Id::GroupNames
        | Id::GroupsOnly
        | Id::Engine
        | Id::AnsibleInventory
        | Id::Cache
        | Id::CacheTtl
        | Id::MaxRangeHosts
        | Id::MaxYamlValues
        | Id::MaxSourceBytes
        | Id::SourceTimeout
        | Id::VaultPasswordFile
        | Id::VaultIds
        | Id::Vault
        | Id::Drift
        | Id::DriftMode
        | Id::DriftRemoved
        | Id::DriftAdded
        | Id::DriftChanged => {}
    }
    Ok(())
}

fn placed<T>(value: T, at: &Location) -> Option<Set<T>> {
    Some(Set { value, at: at.clone() })
}

/// Host patterns, at least one.
pub(super) fn patterns(value: Value<'_>, at: &Location) -> Typed<Vec<Pattern>> {
    let texts = typed::patterns(value)?;
    Ok(texts.into_iter().map(|text| Pattern { text: text.to_string(), at: at.clone() }).collect())
}

fn patterns_or_none(value: Value<'_>, at: &Location) -> Typed<Vec<Pattern>> {
    if is_none(value) { Ok(Vec::new()) } else { patterns(value, at) }
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
        all if all == Amount::WHOLE => wrong(value, "every host would have to stay up, so none could be updated"),
        healthy => Ok(healthy),
    }
}

fn batch_size(value: Value<'_>) -> Typed<BatchSize> {
    if let Ok("rest") = text(value) {
        return Ok(BatchSize::Rest);
    }
    size(value, "a batch of no host").map(BatchSize::Amount)
}

/// One size or a list of them, `rest` only last.
fn batch_sizes(value: Value<'_>) -> Typed<Vec<BatchSize>> {
    let Value::List(items) = value else { return batch_size(value).map(|size| vec![size]) };
    let sizes: Vec<_> = items.iter().copied().map(batch_size).collect::<Typed<_>>()?;
    match sizes.split_last() {
        None => wrong(value, "it has no items"),
        Some((_, before)) if before.contains(&BatchSize::Rest) => {
            wrong(Value::Str("rest"), "it is not the last of the list, so what follows would have no hosts")
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
fn labels(value: Value<'_>) -> Typed<Vec<String>> {
    if is_none(value) {
        return Ok(Vec::new());
    }
    let mut labels: Vec<String> = Vec::new();
    for label in typed::texts(value)?.into_iter().flat_map(|text| text.split(',')).map(str::trim) {
        if label.is_empty() {
            return wrong(value, "there is an empty item between its commas");
        }
        if label.strip_prefix(GROUP_LABEL).is_some_and(|glob| glob.matches('*').count() != 1) {
            return wrong(Value::Str(label), "not exactly one `*`, which is the label's value");
        }
        if labels.iter().any(|earlier| earlier == label) {
            return wrong(Value::Str(label), "it is given twice");
        }
        labels.push(label.to_string());
    }
    Ok(labels)
}

/// A word, or a list of domains.
fn domain_order(value: Value<'_>) -> Typed<DomainOrder> {
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
