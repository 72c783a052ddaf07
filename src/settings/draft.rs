//! What one layer sets, typed.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::forms;
use super::keys::{Id, Meaning, PolicyKey};
use super::layer::{Given, Origin, Reader, Scope};
use super::place::{Place, Program};
use super::policy_keys;
use super::sources;
use super::typed::{self, Typed};
use super::{gates, stages, windows};
use crate::error::{Code, Location};
use crate::policy::drift;
use crate::policy::naming::{Spelling, is_plain};
use crate::policy::versions::{ExplicitVersion, VersionFrom, VersionSource};
use crate::policy::{Glob, Keys, Override, Pattern, Priority, Set, SharedHosts};
use crate::source::engine::Mode;
use crate::source::{Secret, Source};
use crate::value::{Entry, KeyKind, Value};

/// One layer's settings; what it does not set is absent.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub inventory: Option<Vec<Source>>,
    pub versions: Option<VersionSource>,
    pub limit: Option<Vec<Pattern>>,
    pub keys: Keys,
    pub own: IndexMap<String, Keys>,
    pub overrides: Vec<Override>,
    pub priority: Option<Priority>,
    pub shared_hosts: Option<SharedHosts>,
    pub prefix: Option<String>,
    pub spelling: Option<Spelling>,
    pub groups_only: Option<bool>,
    pub no_ansible_cfg: Option<bool>,
    pub engine: Option<Mode>,
    pub ansible_inventory: Option<Program>,
    pub cache_ttl: Option<u64>,
    pub max_range_hosts: Option<usize>,
    pub max_yaml_values: Option<u64>,
    pub max_source_bytes: Option<u64>,
    pub source_timeout: Option<u64>,
    pub vault_password_file: Option<Secret>,
    pub vault_ids: Option<Vec<Secret>>,
    pub skip_vaults: Option<bool>,
    pub drift_mode: Option<drift::Mode>,
    pub drift_removed: Option<drift::Removed>,
    pub drift_added: Option<drift::Added>,
    pub drift_changed: Option<drift::Changed>,
}

impl Draft {
    /// Types what a layer sets; what does not fit is reported.
    pub fn new<'a>(layer: Vec<Given<'a>>, reader: &mut Reader<'_, 'a>) -> Self {
        let mut draft = Draft::default();
        for given in once_each(layer, reader) {
            if let Err(wrong) = draft.set(&given, reader) {
                report(&given, wrong, reader);
            }
        }
        draft
    }

    fn set<'a>(&mut self, given: &Given<'a>, reader: &mut Reader<'_, 'a>) -> Typed<()> {
        let value = given.value;
        let at = || reader.locate(given.origin, given.at);
        match given.key.id {
            Id::Plugin => typed::choice(value, forms::PLUGINS)?,
            Id::Inventory => self.inventory = Some(sources::typed(value, given, reader)?),
            Id::Versions => self.set_versions(given, reader)?,
            Id::VersionFrom
            | Id::VersionVar
            | Id::VersionGroup
            | Id::VersionTemplate
            | Id::VersionGrain
            | Id::VersionPillar
            | Id::VersionNodegroup => {
                let from = version_from(given)?;
                self.versions = Some(VersionSource::From(from, at()));
            }
            Id::Overrides => self.set_overrides(given, reader)?,
            Id::Priority => self.priority = Some(priority(given, &at())?),
            Id::SharedHosts => self.shared_hosts = Some(typed::choice(value, SharedHosts::WORDS)?),
            Id::Limit => self.limit = Some(policy_keys::patterns(value, &at())?),
            Id::Name => self.prefix = Some(typed::checked(value, is_plain, "not usable in a group name")?.to_string()),
            Id::GroupNames => self.spelling = Some(typed::choice(value, forms::SPELLINGS)?),
            Id::GroupsOnly => self.groups_only = Some(typed::boolean(value)?),
            Id::UseAnsibleCfg => self.no_ansible_cfg = Some(!typed::boolean(value)?),
            Id::Engine => self.engine = Some(typed::choice(value, forms::ENGINES)?),
            Id::AnsibleInventory => {
                self.ansible_inventory = Some(reader.place.program(typed::text(value)?, given.origin, at()));
            }
            Id::CacheTtl => self.cache_ttl = Some(typed::seconds(value)?),
            Id::MaxRangeHosts => self.max_range_hosts = Some(typed::count(value)?),
            Id::MaxYamlValues => self.max_yaml_values = Some(typed::count(value)? as u64),
            Id::MaxSourceBytes => self.max_source_bytes = Some(typed::count(value)? as u64),
            Id::SourceTimeout => self.source_timeout = Some(typed::seconds(value)?),
            Id::VaultPasswordFile => {
                let file = typed::text(value)?;
                self.vault_password_file = Some(reader.place.secret_without_id(file, given.origin, at()));
            }
            Id::VaultIds => self.vault_ids = Some(vault_ids(value, given.origin, &at(), reader.place)?),
            Id::Vault => self.skip_vaults = Some(typed::choice(value, forms::VAULTS)?),
            Id::DriftMode => self.drift_mode = Some(typed::choice(value, drift::Mode::WORDS)?),
            Id::DriftRemoved => self.drift_removed = Some(typed::choice(value, drift::Removed::WORDS)?),
            Id::DriftAdded => self.drift_added = Some(typed::choice(value, drift::Added::WORDS)?),
            Id::DriftChanged => self.drift_changed = Some(typed::choice(value, drift::Changed::WORDS)?),
            Id::Policy(key) => set_key(&mut self.keys, key, given, reader)?,
            // `hosts` stands under a version, and a group is given as the keys below it
            Id::Hosts | Id::Canary | Id::Spread | Id::Last | Id::Order | Id::Assignment | Id::Cache | Id::Drift => {}
        }
        Ok(())
    }

    fn set_versions<'a>(&mut self, given: &Given<'a>, reader: &mut Reader<'_, 'a>) -> Typed<()> {
        let mut versions: Vec<ExplicitVersion> = Vec::new();
        for entry in typed::mapping(given.value)? {
            let at = reader.locate(given.origin, entry.at);
            if entry.key.trim().is_empty() || entry.kind == KeyKind::Null {
                reader.report(
                    Code::InvalidValue,
                    given.origin,
                    entry.at,
                    "`versions`: a version is empty",
                    "give the version a name",
                );
            } else if versions.iter().any(|earlier| earlier.version == entry.key) {
                let message = format!("`versions`: `{}` is given twice", entry.key);
                reader.report(Code::DuplicateKey, given.origin, entry.at, message, "give all its hosts at once");
            } else if let Some(hosts) = self.version_hosts(given, entry, reader) {
                let as_regal = given.key.alias == Some(&*given.written);
                versions.push(ExplicitVersion { version: entry.key.to_string(), hosts, as_regal, at });
            }
        }
        if versions.is_empty() && matches!(given.value, Value::Map([])) {
            reader.report(
                Code::InvalidValue,
                given.origin,
                given.at,
                "`versions` is empty",
                "name a version with its hosts: `app-1.0: web`",
            );
        }
        self.versions = Some(VersionSource::Explicit(versions));
        Ok(())
    }

    /// The hosts of one version in `versions`; its own keys are set on the way.
    fn version_hosts<'a>(
        &mut self,
        given: &Given<'a>,
        entry: &Entry<'a>,
        reader: &mut Reader<'_, 'a>,
    ) -> Option<Vec<Pattern>> {
        let at = reader.locate(given.origin, entry.at);
        let mut hosts = None;
        if let Value::Map(entries) = entry.value {
            let inner = reader.mapping(entries, given.origin, Scope::Version);
            let (keys, listed) = own_keys(inner, reader);
            self.own.insert(entry.key.to_string(), keys);
            if listed.is_none() && !entries.iter().any(|entry| entry.key == "hosts") {
                let message = format!("version `{}` has no `hosts`", entry.key);
                reader.report(
                    Code::InvalidValue,
                    given.origin,
                    entry.at,
                    message,
                    "add `hosts: PATTERN`, or a list of hosts",
                );
            }
            hosts = listed;
        } else {
            match policy_keys::patterns(entry.value, &at) {
                Ok(listed) => hosts = Some(listed),
                Err(wrong) => {
                    let message = format!("hosts of version `{}` cannot be {}: {}", entry.key, wrong.given, wrong.why);
                    reader.report(
                        Code::InvalidValue,
                        given.origin,
                        entry.at,
                        message,
                        format!("allowed: {}", given.key.allowed),
                    );
                }
            }
        }
        hosts
    }

    fn set_overrides<'a>(&mut self, given: &Given<'a>, reader: &mut Reader<'_, 'a>) -> Typed<()> {
        for entry in typed::mapping(given.value)? {
            let Value::Map(entries) = entry.value else {
                let message = format!("`overrides`: `{}` has no keys", entry.key);
                reader.report(
                    Code::InvalidValue,
                    given.origin,
                    entry.at,
                    message,
                    "write a mapping, such as `{batch_size: 1}`",
                );
                continue;
            };
            let inner = reader.mapping(entries, given.origin, Scope::Override);
            let (keys, _) = own_keys(inner, reader);
            let at = reader.locate(given.origin, entry.at);
            self.overrides.push(Override { glob: Glob::new(entry.key), keys, at });
        }
        Ok(())
    }
}

/// Drops settings that were made before under another name, with a report.
fn once_each<'a>(layer: Vec<Given<'a>>, reader: &mut Reader<'_, 'a>) -> Vec<Given<'a>> {
    let mut seen: HashMap<Setting, (Id, String)> = HashMap::new();
    let mut kept = Vec::new();
    for given in layer {
        match seen.get(&Setting::of(given.key.id)) {
            Some((id, earlier)) => {
                let written = &given.written;
                let message = if written == earlier {
                    format!("`{written}` is set twice")
                } else if *id == given.key.id {
                    format!("`{earlier}` and `{written}` are the same setting")
                } else {
                    format!("`{earlier}` and `{written}` exclude each other")
                };
                reader.report(Code::Contradiction, given.origin, given.at, message, "keep one of them");
            }
            None => {
                seen.insert(Setting::of(given.key.id), (given.key.id, given.written.to_string()));
                kept.push(given);
            }
        }
    }
    kept
}

/// What can be set once in a layer.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Setting {
    /// Where versions come from, in whatever way.
    Versions,
    /// How many hosts may be in a batch, said either way.
    Bound,
    /// Any other key.
    Key(Id),
}

impl Setting {
    pub fn of(id: Id) -> Self {
        match id {
            Id::Versions => Setting::Versions,
            id if is_version_from(id) => Setting::Versions,
            Id::Policy(PolicyKey::MaxUnavailable | PolicyKey::MinHealthy) => Setting::Bound,
            id => Setting::Key(id),
        }
    }
}

/// Sets a key of the policy.
fn set_key<'a>(keys: &mut Keys, key: PolicyKey, given: &Given<'a>, reader: &mut Reader<'_, 'a>) -> Typed<()> {
    let at = reader.locate(given.origin, given.at);
    match key {
        PolicyKey::Stages => {
            let value = stages::typed(given, |inner, reader| own_keys(inner, reader).0, reader)?;
            keys.stages = Some(Set { value, at });
        }
        PolicyKey::Gates => keys.gates = Some(Set { value: gates::typed(given, reader)?, at }),
        PolicyKey::Windows => keys.windows = Some(Set { value: windows::windows(given, reader)?, at }),
        PolicyKey::Blackouts => keys.blackouts = Some(windows::blackouts(given, reader)?),
        _ => policy_keys::set(keys, key, given, &at)?,
    }
    Ok(())
}

/// The keys under a version, a glob or in a stage, and the hosts if they are there and right.
fn own_keys<'a>(inner: Vec<Given<'a>>, reader: &mut Reader<'_, 'a>) -> (Keys, Option<Vec<Pattern>>) {
    let mut keys = Keys::default();
    let mut hosts = None;
    for given in once_each(inner, reader) {
        let at = reader.locate(given.origin, given.at);
        let set = match given.key.id {
            Id::Hosts => policy_keys::patterns(given.value, &at).map(|patterns| hosts = Some(patterns)),
            Id::Policy(key) => set_key(&mut keys, key, &given, reader),
            // no other key is allowed there
            _ => Ok(()),
        };
        if let Err(wrong) = set {
            report(&given, wrong, reader);
        }
    }
    (keys, hosts)
}

fn report<'a>(given: &Given<'a>, wrong: typed::Wrong, reader: &mut Reader<'_, 'a>) {
    let message = format!("`{}` cannot be {}: {}", given.written, wrong.given, wrong.why);
    reader.report(Code::InvalidValue, given.origin, given.at, message, format!("allowed: {}", given.key.allowed));
}

/// Whether a key says what tells a host's version.
fn is_version_from(id: Id) -> bool {
    use Id::{VersionFrom, VersionGrain, VersionGroup, VersionNodegroup, VersionPillar, VersionTemplate, VersionVar};
    matches!(
        id,
        VersionFrom | VersionVar | VersionGroup | VersionTemplate | VersionGrain | VersionPillar | VersionNodegroup
    )
}

fn vault_ids(value: Value<'_>, origin: Origin<'_>, at: &Location, place: &Place) -> Typed<Vec<Secret>> {
    let id = |text: &str| place.secret(text, origin, at.clone()).or_else(|why| typed::wrong(Value::Str(text), why));
    typed::texts(value)?.into_iter().map(id).collect()
}

fn version_from(given: &Given<'_>) -> Typed<VersionFrom> {
    let one_star = |text: &str| text.matches('*').count() == 1;
    let text = || typed::text(given.value).map(str::to_string);
    let glob = || typed::checked(given.value, one_star, "not exactly one `*`").map(str::to_string);
    match given.key.id {
        Id::VersionVar => text().map(VersionFrom::Var),
        Id::VersionTemplate => text().map(VersionFrom::Template),
        Id::VersionGroup => glob().map(VersionFrom::Group),
        Id::VersionGrain => text().map(VersionFrom::Grain),
        Id::VersionPillar => text().map(VersionFrom::Pillar),
        Id::VersionNodegroup => glob().map(VersionFrom::Nodegroup),
        _ => typed::wrong(given.value, "none of `var`, `group`, `template`, `grain`, `pillar`, `nodegroup`"),
    }
}

/// A list is names; so is a text, but under the alias it is regal's part of a name.
fn priority(given: &Given<'_>, at: &Location) -> Typed<Priority> {
    let names = typed::texts(given.value)?;
    match (given.value, names.as_slice()) {
        (Value::List(_), _) => {}
        (_, [text]) if given.key.meaning(&given.written) == Meaning::PartOfName => {
            return Ok(Priority::Containing((*text).to_string(), at.clone()));
        }
        _ => {}
    }
    if let Some((_, twice)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
        return typed::wrong(Value::Str(twice), "it is given twice");
    }
    Ok(Priority::Names(names.into_iter().map(|name| (name.to_string(), at.clone())).collect()))
}
