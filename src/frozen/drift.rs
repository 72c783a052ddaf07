//! What differs between a frozen plan and the plan of today's inventory.

pub(super) mod domains;

use std::cell::LazyCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::Frozen;
use crate::error::{Code, Error, Location, Problem, Result};
use crate::fold;
use crate::plan::Plan;
use crate::policy::Policy;
use crate::policy::drift::{Added, Changed, Drift as Rules, Mode, Removed};
use crate::shown::Shown;

/// Characters of hosts in a message.
const WIDTH: usize = 200;

/// Today's side of a comparison.
pub struct Today<'t, 'a> {
    /// The plan of today's inventory.
    pub plan: &'t Plan<'a>,
    /// Its policy.
    pub policy: &'t Policy,
    /// Whether the inventory has a host.
    pub has_host: &'t dyn Fn(&str) -> bool,
}

/// What differs; empty where the frozen plan is still that of the inventory, as far as its versions go.
///
/// Hosts that are done do not count: what they run may have changed because of the rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift<'a> {
    /// Hosts of the frozen plan that the inventory no longer has.
    pub removed: Vec<&'a str>,
    /// Hosts that are to run a version of the frozen plan and are in no batch of it.
    pub added: Vec<AddedHost<'a>>,
    /// Hosts of the frozen plan that are to run another version now, or none.
    pub moved: Vec<MovedHost<'a>>,
    /// Hosts whose failure domain is another one now.
    pub domains: Vec<DomainChange<'a>>,
    /// Keys whose values differ.
    pub settings: Vec<SettingChange<'a>>,
    /// Versions of either plan that were decrypted, so that nothing may show them.
    pub secret: Vec<&'a str>,
    /// Whether each version of the frozen plan has the same batches and domains today, to the last host.
    pub same_batches: bool,
}

/// A host that a version has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedHost<'a> {
    /// The host.
    pub host: &'a str,
    /// The version.
    pub version: &'a str,
}

/// A host that has left its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedHost<'a> {
    /// The host.
    pub host: &'a str,
    /// The version of the frozen plan.
    pub from: &'a str,
    /// The versions that it is to run today; none where it has no version or is excluded.
    pub to: Vec<&'a str>,
}

/// A host that is in another failure domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainChange<'a> {
    /// The host.
    pub host: &'a str,
    /// The label: `zone`.
    pub label: String,
    /// The domain in the frozen plan.
    pub from: String,
    /// Today's domain.
    pub to: String,
}

/// A key whose value is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange<'a> {
    /// The version.
    pub version: &'a str,
    /// The key of `regal.yml`.
    pub key: &'static str,
    /// The value in the frozen plan; absent where it is not set.
    pub from: Option<String>,
    /// Today's value.
    pub to: Option<String>,
}

impl<'a> Drift<'a> {
    /// Compares; hosts that `done` names are skipped, and `policy` is that of the frozen plan.
    pub fn between(frozen: &Frozen<'a>, policy: &Policy, today: &Today<'_, 'a>, done: &HashSet<String>) -> Self {
        let mut drift = Drift { same_batches: true, ..Drift::default() };
        let places = LazyCell::new(|| (places(today.plan), places(&frozen.plan)));
        for rollout in &frozen.plan.rollouts {
            let version = rollout.version;
            let now = today.plan.rollouts.iter().find(|now| now.version == version);
            drift.settings.extend(now.iter().flat_map(|_| settings(version, policy, today.policy)));
            if now.is_some_and(|now| now.batches == rollout.batches && now.labels == rollout.labels) {
                continue;
            }
            drift.same_batches = false;
            let (places, then) = &*places;
            let planned: Vec<&'a str> = rollout
                .batches
                .iter()
                .flat_map(|batch| &batch.hosts)
                .copied()
                .filter(|host| !done.contains(*host))
                .collect();
            for host in &planned {
                let versions = places.get(host).map(Vec::as_slice).unwrap_or_default();
                if !(today.has_host)(host) {
                    drift.removed.push(host);
                } else if !versions.contains(&version) {
                    drift.moved.push(MovedHost { host, from: version, to: versions.to_vec() });
                }
            }
            let Some(now) = now else { continue };
            let hosts = now.batches.iter().flat_map(|batch| &batch.hosts).copied();
            // one that has moved from another version is told as such
            let has_moved = |versions: &[&str], host: &&str| {
                let now = places.get(host).map(Vec::as_slice).unwrap_or_default();
                versions.iter().any(|version| !now.contains(version))
            };
            let is_new = |host: &&str| match then.get(host) {
                Some(versions) => !versions.contains(&version) && !has_moved(versions, host),
                None => true,
            };
            let new = hosts.filter(|host| is_new(host) && !done.contains(*host));
            drift.added.extend(new.map(|host| AddedHost { host, version }));
            drift.domains.extend(domains::changes(rollout, now, &planned));
        }
        let mut seen = HashSet::new();
        drift.removed.retain(|host| seen.insert(*host));
        let secret = frozen.plan.rollouts.iter().chain(&today.plan.rollouts).filter(|rollout| rollout.secret);
        drift.secret = secret.map(|rollout| rollout.version).collect();
        drift
    }

    /// Whether nothing differs that counts.
    pub fn is_empty(&self) -> bool {
        let Drift { removed, added, moved, domains, settings, secret: _, same_batches: _ } = self;
        removed.is_empty() && added.is_empty() && moved.is_empty() && domains.is_empty() && settings.is_empty()
    }

    /// Succeeds with warnings if the rules let the frozen plan be used all the same.
    ///
    /// # Errors
    /// What the rules call an error, all of it.
    pub fn check(&self, rules: &Rules, file: &str) -> Result<Vec<Problem>> {
        let (mut errors, mut warnings) = (Vec::new(), Vec::new());
        if rules.mode == Mode::Ignore {
            return Ok(warnings);
        }
        if !self.removed.is_empty() {
            let message = format!("the inventory no longer has {}", list(self.removed.iter().copied()));
            match rules.removed {
                Removed::Drop => {
                    let warning = Problem::of(Code::Drift, format!("{message}: left out of the batches")).as_warning();
                    warnings.push(warning.at(Location::whole(file)));
                }
                Removed::Error => errors.push(message),
            }
        }
        if !self.added.is_empty() && rules.added == Added::Error {
            let hosts = list(self.added.iter().map(|added| added.host));
            errors.push(format!(
                "hosts that should run a version of the frozen plan, and are in no batch of that version: {hosts}"
            ));
        }
        if rules.changed == Changed::Error {
            errors.extend(self.changes());
        }
        let last = errors.len().saturating_sub(1);
        let problem = |(place, message): (usize, String)| {
            let problem = Problem::of(Code::Drift, message).at(Location::whole(file));
            if place == last { problem.hint(hint(file)) } else { problem }
        };
        Error::unless_any(errors.into_iter().enumerate().map(problem).collect(), warnings)
    }

    /// What has changed besides hosts that came or went, as messages.
    fn changes(&self) -> Vec<String> {
        let mut messages = Vec::new();
        if !self.moved.is_empty() {
            let hosts = list(self.moved.iter().map(|moved| moved.host));
            messages.push(format!("hosts that should no longer run their version of the frozen plan: {hosts}"));
        }
        if !self.domains.is_empty() {
            let hosts = list(self.domains.iter().map(|change| change.host));
            messages.push(format!("hosts whose failure domain has changed: {hosts}"));
        }
        if !self.settings.is_empty() {
            let keys: BTreeSet<&str> = self.settings.iter().map(|change| change.key).collect();
            let keys: Vec<&str> = keys.into_iter().collect();
            messages.push(format!("settings differ from those of the frozen plan: {}", keys.join(", ")));
        }
        messages
    }
}

fn hint(file: &str) -> String {
    let file = Shown::new(file);
    format!(
        "regal-inventory diff --plan {file} shows all of it; make another plan for what is not done with plan --save NEW.rollout.yml \
         --except-done {file}, or go on as it is with --drift ignore"
    )
}

/// Host names, as ranges where they are many.
fn list<'n>(hosts: impl Iterator<Item = &'n str>) -> String {
    fold::within(&hosts.collect::<Vec<_>>(), WIDTH)
}

/// The versions of each host, in the order of the plan.
fn places<'a>(plan: &Plan<'a>) -> HashMap<&'a str, Vec<&'a str>> {
    let mut places: HashMap<&str, Vec<&str>> = HashMap::new();
    for rollout in &plan.rollouts {
        for host in rollout.batches.iter().flat_map(|batch| &batch.hosts) {
            places.entry(host).or_default().push(rollout.version);
        }
    }
    places
}

fn settings<'a>(version: &'a str, before: &Policy, after: &Policy) -> Vec<SettingChange<'a>> {
    let (before, after) = (before.rules(version).described(), after.rules(version).described());
    let pairs = before.into_iter().zip(after);
    let differs = pairs.filter(|((_, from), (_, to))| from != to);
    differs.map(|((key, from), (_, to))| SettingChange { version, key, from, to }).collect()
}
