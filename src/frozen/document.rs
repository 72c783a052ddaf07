//! The form of the file, between YAML and a plan.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    FIRST_LINE, Frozen, MAKE_ANOTHER, MadeFrom, PLUGIN, SCHEMA, SCHEMA_WITH_CONDUCT, SCHEMA_WITH_ORDER, Saved, id_of,
};
use crate::error::{Code, Error, Problem};
use crate::plan::names::{GroupNames, RESERVED, RolloutNames};
use crate::plan::{Batch, Domain, DomainIndex, DomainName, Domains, LabelValue, Phase, Plan, Rollout, Stage};
use crate::policy::naming::is_plain;
use crate::policy::{Approval, Conduct};
use crate::text::{Arena, all_bytes};
use crate::value::{Form, Value, from_json};

/// What stands above the document, after the first line.
const HEADER: &str = "\
# A frozen plan: these hosts in these batches, whatever the inventory says later. Do not edit it: its last line is the
# digest of all others. What became of it is in the record beside it, which regal-inventory status FILE shows.
";

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document<'a> {
    plugin: &'a str,
    schema: u32,
    program: &'a str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    saved: Option<Saved>,
    plan_id: &'a str,
    made_from: MadeFrom,
    versions: Vec<Version<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version<'a> {
    version: &'a str,
    group: &'a str,
    /// Whether the version was decrypted, so that no message may show it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
    approval: &'a str,
    max_failures: usize,
    canary_size: usize,
    batch_sizes: Vec<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stages: Vec<StageEntry<'a>>,
    /// The versions that it comes after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    after: Vec<&'a str>,
    #[serde(default, skip_serializing_if = "Conduct::is_empty")]
    conduct: Conduct,
    batches: Vec<BatchEntry<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<&'a str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<LabelEntry<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageEntry<'a> {
    stage: &'a str,
    /// How many batches it has, the first of which is its canary.
    batches: usize,
    approval: &'a str,
    max_failures: usize,
    canary_size: usize,
    batch_sizes: Vec<usize>,
    #[serde(default, skip_serializing_if = "Conduct::is_empty")]
    conduct: Conduct,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchEntry<'a> {
    group: &'a str,
    batch: &'a str,
    bake_seconds: u64,
    hosts: Vec<&'a str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelEntry<'a> {
    label: &'a str,
    /// Whether only `limits` names it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    limited: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_domains: Option<usize>,
    domains: Vec<DomainEntry<'a>>,
}

/// A failure domain with its hosts; null as its name is that of hosts without the label.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DomainEntry<'a> {
    domain: Option<&'a str>,
    /// The number that stands for a value that was decrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<u32>,
    /// The host without the label that is a domain of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cap: Option<usize>,
    hosts: Vec<&'a str>,
}

/// Returns the file without its digest.
pub(super) fn write(frozen: &Frozen<'_>) -> Result<String, Error> {
    let arena = Arena::new();
    let json = serde_json::to_value(Document::new(frozen, &arena))
        .map_err(|error| Problem::of(Code::Internal, format!("the plan cannot be written: {error}")))?;
    Ok(format!("{FIRST_LINE}{HEADER}{}", from_json(&arena, &json).to_yaml()))
}

impl<'a> Document<'a> {
    fn new(frozen: &'a Frozen<'_>, arena: &'a Arena) -> Self {
        let rollouts = frozen.plan.rollouts.iter().zip(&frozen.names.rollouts);
        Document {
            plugin: PLUGIN,
            schema: schema_of(&frozen.plan),
            program: env!("CARGO_PKG_VERSION"),
            saved: frozen.saved.clone(),
            plan_id: &frozen.id,
            made_from: frozen.made_from.clone(),
            versions: rollouts
                .map(|(rollout, names)| Version::new(rollout, names, &frozen.plan.rollouts, arena))
                .collect(),
        }
    }

    /// Takes a document out of the value of a file.
    ///
    /// # Errors
    /// A newer program saved it, or it has another form.
    pub fn of(value: Value<'a>) -> Result<Self, Problem> {
        let schema = value.get("schema").and_then(|schema| schema.text()?.parse::<u32>().ok());
        if !schema.is_some_and(|schema| (SCHEMA..=SCHEMA_WITH_CONDUCT).contains(&schema)) {
            let found = value.get("schema").map(|schema| schema.to_json()).unwrap_or_default();
            let message = format!(
                "the frozen plan has the form {found}, and this program reads forms {SCHEMA} to {SCHEMA_WITH_CONDUCT}"
            );
            let hint = "use the version of regal-inventory that saved it, or a newer one";
            return Err(Problem::of(Code::InvalidPlan, message).hint(hint));
        }
        Document::deserialize(Form(value)).map_err(|error| malformed(&error.to_string()))
    }

    /// Makes the plan.
    ///
    /// # Errors
    /// What it says does not fit together.
    pub fn frozen(self, path: &Path) -> Result<Frozen<'a>, Problem> {
        if self.plugin != PLUGIN {
            return Err(malformed("`plugin` is of another program"));
        }
        if self
            .made_from
            .environment
            .iter()
            .any(|variable| !variable.name.starts_with("REGAL_") || variable.value.contains('\0'))
        {
            return Err(malformed("a variable is not one of regal-inventory"));
        }
        let mut known = HashSet::new();
        if self.versions.is_empty() || !self.versions.iter().all(|version| known.insert(version.version)) {
            return Err(malformed("it has no version, or one twice"));
        }
        drop(known);
        let mut plan = Plan { rollouts: Vec::new(), unversioned: Vec::new(), empty: Vec::new(), warnings: Vec::new() };
        let mut names = GroupNames::default();
        for version in self.versions {
            let (rollout, of_rollout) = version.rollout()?;
            plan.rollouts.push(rollout);
            names.rollouts.push(of_rollout);
        }
        let mut earlier = HashSet::new();
        for rollout in &plan.rollouts {
            earlier.insert(rollout.version);
            let is_before = |other: &&str| *other != rollout.version && earlier.contains(other);
            if !rollout.after.iter().all(is_before) {
                return Err(malformed("a version comes after one that is not before it"));
            }
        }
        drop(earlier);
        if id_of(&plan, &names) != self.plan_id {
            return Err(malformed("its id does not match its batches"));
        }
        let (id, saved, made_from) = (self.plan_id.to_string(), self.saved, self.made_from);
        Ok(Frozen { path: path.to_path_buf(), plan, names, id, saved, made_from })
    }
}

/// The form that a plan is saved in.
fn schema_of(plan: &Plan<'_>) -> u32 {
    let has_conduct = |rollout: &Rollout<'_>| {
        !rollout.conduct.is_empty() || rollout.phases.iter().any(|phase| !phase.conduct.is_empty())
    };
    if plan.rollouts.iter().any(has_conduct) {
        return SCHEMA_WITH_CONDUCT;
    }
    let has_order = plan.rollouts.iter().any(|rollout| !rollout.phases.is_empty() || !rollout.after.is_empty());
    if has_order { SCHEMA_WITH_ORDER } else { SCHEMA }
}

fn approval(word: &str) -> Result<Approval, Problem> {
    let known = Approval::WORDS.iter().find(|(known, _)| *known == word).map(|(_, approval)| *approval);
    known.ok_or_else(|| malformed("`approval` has an unknown value"))
}

/// A file of ours in another form than this program writes.
fn malformed(why: &str) -> Problem {
    Problem::of(Code::InvalidPlan, format!("this frozen plan cannot be used: {why}")).hint(MAKE_ANOTHER)
}

impl<'a> Version<'a> {
    fn new(rollout: &'a Rollout<'_>, names: &'a RolloutNames, all: &[Rollout<'_>], arena: &'a Arena) -> Self {
        let batch = |(batch, group): (&'a Batch<'_>, &'a String)| BatchEntry {
            group,
            batch: arena.alloc_str(&batch.stage.to_string()),
            bake_seconds: batch.bake,
            hosts: batch.hosts.clone(),
        };
        Version {
            version: rollout.version,
            group: &names.version,
            secret: rollout.secret,
            approval: rollout.approval.as_str(),
            max_failures: rollout.max_failures,
            canary_size: rollout.canary_size,
            batch_sizes: rollout.batch_sizes.clone(),
            stages: rollout.phases.iter().map(StageEntry::new).collect(),
            after: rollout.after.iter().copied().filter(|other| all.iter().any(|all| all.version == *other)).collect(),
            conduct: rollout.conduct.clone(),
            batches: rollout.batches.iter().zip(&names.batches).map(batch).collect(),
            excluded: rollout.excluded.clone(),
            labels: (0..rollout.labels.len()).map(|label| LabelEntry::new(rollout, label, arena)).collect(),
            notes: rollout.notes.clone(),
        }
    }

    fn rollout(mut self) -> Result<(Rollout<'a>, RolloutNames), Problem> {
        if has_host_twice(&self.batches) {
            return Err(malformed("a host is in it twice"));
        }
        let mut batches = Vec::new();
        for entry in &mut self.batches {
            let hosts = std::mem::take(&mut entry.hosts);
            if hosts.is_empty() {
                return Err(malformed("a batch is empty"));
            }
            if hosts.iter().any(|host| host.is_empty() || has_control(host)) {
                return Err(malformed("a host has no name, or a control character in it"));
            }
            let stage = stage(entry.batch).filter(|stage| stage.index() == batches.len());
            let stage = stage.ok_or_else(|| malformed("its batches are not A, B1, B2 and so on"))?;
            let is_canary = stage == Stage::A;
            batches.push(Batch { stage, phase: None, is_canary, hosts, bake: entry.bake_seconds, domains: Vec::new() });
        }
        let phases = phases(&self.stages, &mut batches)?;
        let mut labels = Vec::new();
        for entry in &self.labels {
            labels.push(entry.domains(&mut batches)?);
        }
        let rollout = Rollout {
            version: self.version,
            batches,
            canary_size: self.canary_size,
            batch_sizes: self.batch_sizes,
            approval: approval(self.approval)?,
            max_failures: self.max_failures,
            excluded: self.excluded,
            notes: self.notes,
            labels,
            phases,
            after: self.after,
            conduct: self.conduct,
            secret: self.secret,
        };
        let names = RolloutNames::new(&rollout, self.group.to_string());
        let groups = self.batches.iter().map(|entry| entry.group);
        if rollout.batches.is_empty() || rollout.version.is_empty() {
            return Err(malformed("a version has no name or no batch"));
        }
        if !is_plain(&names.version)
            || RESERVED.contains(&names.version.as_str())
            || !names.batches.iter().map(String::as_str).eq(groups)
        {
            return Err(malformed("a group has another name than its batch gives it"));
        }
        Ok((rollout, names))
    }
}

impl<'a> StageEntry<'a> {
    fn new(phase: &'a Phase) -> Self {
        StageEntry {
            stage: &phase.name,
            batches: phase.batches,
            approval: phase.approval.as_str(),
            max_failures: phase.max_failures,
            canary_size: phase.canary_size,
            batch_sizes: phase.batch_sizes.clone(),
            conduct: phase.conduct.clone(),
        }
    }
}

/// The stages, each of which is noted in its batches.
fn phases(entries: &[StageEntry<'_>], batches: &mut [Batch<'_>]) -> Result<Vec<Phase>, Problem> {
    let mut left = batches;
    let mut phases = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        if !is_plain(entry.stage) || entry.batches == 0 || entry.batches > left.len() {
            return Err(malformed("a stage has no name that groups can have, or has not as many batches"));
        }
        let (own, others) = left.split_at_mut(entry.batches);
        for (number, batch) in own.iter_mut().enumerate() {
            batch.phase = Some(place);
            batch.is_canary = number == 0;
        }
        left = others;
        phases.push(Phase {
            name: entry.stage.to_string(),
            batches: entry.batches,
            canary_size: entry.canary_size,
            batch_sizes: entry.batch_sizes.clone(),
            approval: approval(entry.approval)?,
            max_failures: entry.max_failures,
            conduct: entry.conduct.clone(),
        });
    }
    if !entries.is_empty() && !left.is_empty() {
        return Err(malformed("a batch is in no stage"));
    }
    Ok(phases)
}

impl<'a> LabelEntry<'a> {
    fn new(rollout: &'a Rollout<'_>, label: usize, arena: &'a Arena) -> Self {
        let Domains { label: name, spread, max_domains, list } = &rollout.labels[label];
        let mut hosts: Vec<Vec<&str>> = vec![Vec::new(); list.len()];
        for batch in &rollout.batches {
            for (host, domain) in batch.hosts.iter().zip(&batch.domains[label]) {
                hosts[domain.index()].push(host);
            }
        }
        let domains = list.iter().zip(hosts).map(|(domain, hosts)| DomainEntry::new(domain, hosts, arena));
        LabelEntry { label: name, limited: !spread, max_domains: *max_domains, domains: domains.collect() }
    }

    /// Makes the domains, and notes in the batches which domain each host is in.
    fn domains(&self, batches: &mut [Batch<'a>]) -> Result<Domains<'a>, Problem> {
        let mut of_host: foldhash::HashMap<&str, DomainIndex> = foldhash::HashMap::default();
        let mut list = Vec::new();
        for (place, entry) in self.domains.iter().enumerate() {
            for host in &entry.hosts {
                if of_host.insert(host, DomainIndex::new(place)).is_some() {
                    return Err(malformed("a host is in two domains of a label"));
                }
            }
            list.push(Domain { name: entry.name(), hosts: entry.hosts.len(), cap: entry.cap });
        }
        for batch in batches {
            let domains: Option<Vec<DomainIndex>> = batch.hosts.iter().map(|host| of_host.get(host).copied()).collect();
            batch.domains.push(domains.ok_or_else(|| malformed("a host is in no domain of a label"))?);
        }
        Ok(Domains { label: self.label.to_string(), spread: !self.limited, max_domains: self.max_domains, list })
    }
}

impl<'a> DomainEntry<'a> {
    fn new(domain: &'a Domain<'_>, hosts: Vec<&'a str>, arena: &'a Arena) -> Self {
        let (name, secret, host) = match domain.name {
            DomainName::Value(value) if value.secret.is_some() => {
                (Some(&*arena.alloc_str(&value.to_string())), value.secret, None)
            }
            DomainName::Value(value) => (Some(value.text), None, None),
            DomainName::Missing => (None, None, None),
            DomainName::Alone(host) => (None, None, Some(host)),
        };
        DomainEntry { domain: name, secret, host, cap: domain.cap, hosts }
    }

    fn name(&self) -> DomainName<'a> {
        match (self.domain, self.host) {
            (Some(text), _) => DomainName::Value(LabelValue { text, secret: self.secret }),
            (None, Some(host)) => DomainName::Alone(host),
            (None, None) => DomainName::Missing,
        }
    }
}

/// The stage of its name: `A`, `B1`.
fn stage(name: &str) -> Option<Stage> {
    match name {
        "A" => Some(Stage::A),
        _ => name.strip_prefix('B')?.parse().ok().filter(|number| *number > 0).map(Stage::B),
    }
}

/// Whether a host is in two of the batches, or in one twice. Two hosts of one hash are rare: only then the names are looked at, since a
/// set of all names takes longer than to read the file.
fn has_host_twice(batches: &[BatchEntry<'_>]) -> bool {
    let hosts = || batches.iter().flat_map(|entry| entry.hosts.iter().copied());
    let hasher = foldhash::fast::FixedState::default();
    let mut hashes = Vec::with_capacity(batches.iter().map(|entry| entry.hosts.len()).sum());
    hashes.extend(hosts().map(|host| hasher.hash_one(host)));
    hashes.sort_unstable();
    if hashes.windows(2).all(|pair| pair[0] != pair[1]) {
        return false;
    }
    let mut seen = HashSet::new();
    !hosts().all(|host| seen.insert(host))
}

fn has_control(name: &str) -> bool {
    !all_bytes(name, |byte| matches!(byte, b' '..=b'~')) && name.chars().any(char::is_control)
}
