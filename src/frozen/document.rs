//! The form of the file, between YAML and a plan.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FIRST_LINE, Frozen, MAKE_ANOTHER, MadeFrom, PLUGIN, SCHEMA, Saved, id_of};
use crate::error::{Code, Error, Problem};
use crate::plan::names::{GroupNames, RESERVED, RolloutNames};
use crate::plan::{Batch, Domain, DomainIndex, DomainName, Domains, LabelValue, Plan, Rollout, Stage};
use crate::policy::Approval;
use crate::policy::naming::is_plain;
use crate::text::Arena;
use crate::value::{Value, from_json};

/// What stands above the document, after the first line.
const HEADER: &str = "\
# A frozen plan: these hosts in these batches, whatever the inventory says later. Do not edit it: its last line is the
# digest of all others. What became of it is in the record beside it, which regal-inventory status FILE shows.
";

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    plugin: String,
    schema: u32,
    program: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    saved: Option<Saved>,
    plan_id: String,
    made_from: MadeFrom,
    versions: Vec<Version>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: String,
    group: String,
    /// Whether the version was decrypted, so that no message may show it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
    approval: String,
    max_failures: usize,
    canary_size: usize,
    batch_sizes: Vec<usize>,
    batches: Vec<BatchEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<LabelEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchEntry {
    group: String,
    batch: String,
    bake_seconds: u64,
    hosts: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelEntry {
    label: String,
    domains: Vec<DomainEntry>,
}

/// A failure domain with its hosts; null as its name is that of hosts without the label.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DomainEntry {
    domain: Option<String>,
    /// The number that stands for a value that was decrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<u32>,
    /// The host without the label that is a domain of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cap: Option<usize>,
    hosts: Vec<String>,
}

/// Returns the file without its digest.
pub(super) fn write(frozen: &Frozen<'_>) -> Result<String, Error> {
    let arena = Arena::new();
    let json = serde_json::to_value(Document::new(frozen))
        .map_err(|error| Problem::of(Code::Internal, format!("the plan cannot be written: {error}")))?;
    Ok(format!("{FIRST_LINE}{HEADER}{}", from_json(&arena, &json).to_yaml()))
}

impl Document {
    fn new(frozen: &Frozen<'_>) -> Self {
        let rollouts = frozen.plan.rollouts.iter().zip(&frozen.names.rollouts);
        Document {
            plugin: PLUGIN.to_string(),
            schema: SCHEMA,
            program: env!("CARGO_PKG_VERSION").to_string(),
            saved: frozen.saved.clone(),
            plan_id: frozen.id.clone(),
            made_from: frozen.made_from.clone(),
            versions: rollouts.map(|(rollout, names)| Version::new(rollout, names)).collect(),
        }
    }

    /// Takes a document out of the value of a file.
    ///
    /// # Errors
    /// A newer program saved it, or it has another form.
    pub fn of(value: &Value<'_>) -> Result<Self, Problem> {
        let schema = value.get("schema").and_then(|schema| schema.text()?.parse::<u32>().ok());
        if schema != Some(SCHEMA) {
            let found = value.get("schema").map(|schema| schema.to_json()).unwrap_or_default();
            let message = format!("the frozen plan has the form {found}, and this program reads form {SCHEMA}");
            let hint = "use the version of regal-inventory that saved it, or a newer one";
            return Err(Problem::of(Code::InvalidPlan, message).hint(hint));
        }
        let mut json = Vec::new();
        value.write_json(&mut json);
        serde_json::from_slice(&json).map_err(|error| malformed(&error.to_string()))
    }

    /// Makes the plan.
    ///
    /// # Errors
    /// What it says does not fit together.
    pub fn frozen<'a>(self, arena: &'a Arena, path: &Path) -> Result<Frozen<'a>, Problem> {
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
        if self.versions.is_empty() || !self.versions.iter().all(|version| known.insert(version.version.as_str())) {
            return Err(malformed("it has no version, or one twice"));
        }
        drop(known);
        let mut plan = Plan { rollouts: Vec::new(), unversioned: Vec::new(), empty: Vec::new(), warnings: Vec::new() };
        let mut names = GroupNames::default();
        for version in self.versions {
            let (rollout, of_rollout) = version.rollout(arena)?;
            plan.rollouts.push(rollout);
            names.rollouts.push(of_rollout);
        }
        if id_of(&plan, &names) != self.plan_id {
            return Err(malformed("its id does not match its batches"));
        }
        let (id, saved, made_from) = (self.plan_id, self.saved, self.made_from);
        Ok(Frozen { path: path.to_path_buf(), plan, names, id, saved, made_from })
    }
}

/// A file of ours in another form than this program writes.
fn malformed(why: &str) -> Problem {
    Problem::of(Code::InvalidPlan, format!("this frozen plan cannot be used: {why}")).hint(MAKE_ANOTHER)
}

impl Version {
    fn new(rollout: &Rollout<'_>, names: &RolloutNames) -> Self {
        let batch = |(batch, group): (&Batch<'_>, &String)| BatchEntry {
            group: group.clone(),
            batch: batch.stage.to_string(),
            bake_seconds: batch.bake,
            hosts: owned(&batch.hosts),
        };
        Version {
            version: rollout.version.to_string(),
            group: names.version.clone(),
            secret: rollout.secret,
            approval: rollout.approval.as_str().to_string(),
            max_failures: rollout.max_failures,
            canary_size: rollout.canary_size,
            batch_sizes: rollout.batch_sizes.clone(),
            batches: rollout.batches.iter().zip(&names.batches).map(batch).collect(),
            excluded: owned(&rollout.excluded),
            labels: (0..rollout.labels.len()).map(|label| LabelEntry::new(rollout, label)).collect(),
            notes: rollout.notes.clone(),
        }
    }

    fn rollout<'a>(self, arena: &'a Arena) -> Result<(Rollout<'a>, RolloutNames), Problem> {
        let approval = Approval::WORDS.iter().find(|(word, _)| *word == self.approval).map(|(_, approval)| *approval);
        let mut seen: foldhash::HashSet<&'a str> = foldhash::HashSet::default();
        let mut batches = Vec::new();
        for entry in &self.batches {
            let hosts: Vec<&'a str> = entry.hosts.iter().map(|host| &*arena.alloc_str(host)).collect();
            if hosts.is_empty() || !hosts.iter().all(|host| seen.insert(host)) {
                return Err(malformed("a batch is empty, or has a host of another one"));
            }
            if hosts.iter().any(|host| host.is_empty() || host.chars().any(char::is_control)) {
                return Err(malformed("a host has no name, or a control character in it"));
            }
            let stage = stage(&entry.batch).filter(|stage| stage.index() == batches.len());
            let stage = stage.ok_or_else(|| malformed("its batches are not A, B1, B2 and so on"))?;
            batches.push(Batch { stage, hosts, bake: entry.bake_seconds, domains: Vec::new() });
        }
        let mut labels = Vec::new();
        for entry in &self.labels {
            labels.push(entry.domains(arena, &mut batches)?);
        }
        let rollout = Rollout {
            version: arena.alloc_str(&self.version),
            batches,
            canary_size: self.canary_size,
            batch_sizes: self.batch_sizes,
            approval: approval.ok_or_else(|| malformed("`approval` has an unknown value"))?,
            max_failures: self.max_failures,
            excluded: self.excluded.iter().map(|host| &*arena.alloc_str(host)).collect(),
            notes: self.notes,
            labels,
            secret: self.secret,
        };
        let names = RolloutNames::new(&rollout, self.group);
        let groups = self.batches.iter().map(|entry| &entry.group);
        if rollout.batches.is_empty() || rollout.version.is_empty() {
            return Err(malformed("a version has no name or no batch"));
        }
        if !is_plain(&names.version) || RESERVED.contains(&names.version.as_str()) || !names.batches.iter().eq(groups) {
            return Err(malformed("a group has another name than its batch gives it"));
        }
        Ok((rollout, names))
    }
}

impl LabelEntry {
    fn new(rollout: &Rollout<'_>, label: usize) -> Self {
        let Domains { label: name, list } = &rollout.labels[label];
        let mut hosts: Vec<Vec<String>> = vec![Vec::new(); list.len()];
        for batch in &rollout.batches {
            for (host, domain) in batch.hosts.iter().zip(&batch.domains[label]) {
                hosts[domain.index()].push(host.to_string());
            }
        }
        let domains = list.iter().zip(hosts).map(|(domain, hosts)| DomainEntry::new(domain, hosts));
        LabelEntry { label: name.clone(), domains: domains.collect() }
    }

    /// Makes the domains, and notes in the batches which domain each host is in.
    fn domains<'a>(&self, arena: &'a Arena, batches: &mut [Batch<'a>]) -> Result<Domains<'a>, Problem> {
        let mut of_host: HashMap<&str, DomainIndex> = HashMap::new();
        let mut list = Vec::new();
        for (place, entry) in self.domains.iter().enumerate() {
            for host in &entry.hosts {
                if of_host.insert(host, DomainIndex::new(place)).is_some() {
                    return Err(malformed("a host is in two domains of a label"));
                }
            }
            list.push(Domain { name: entry.name(arena), hosts: entry.hosts.len(), cap: entry.cap });
        }
        for batch in batches {
            let domains: Option<Vec<DomainIndex>> = batch.hosts.iter().map(|host| of_host.get(host).copied()).collect();
            batch.domains.push(domains.ok_or_else(|| malformed("a host is in no domain of a label"))?);
        }
        Ok(Domains { label: self.label.clone(), list })
    }
}

impl DomainEntry {
    fn new(domain: &Domain<'_>, hosts: Vec<String>) -> Self {
        let (name, secret, host) = match domain.name {
            DomainName::Value(value) if value.secret.is_some() => (Some(value.to_string()), value.secret, None),
            DomainName::Value(value) => (Some(value.text.to_string()), None, None),
            DomainName::Missing => (None, None, None),
            DomainName::Alone(host) => (None, None, Some(host.to_string())),
        };
        DomainEntry { domain: name, secret, host, cap: domain.cap, hosts }
    }

    fn name<'a>(&self, arena: &'a Arena) -> DomainName<'a> {
        match (&self.domain, &self.host) {
            (Some(text), _) => DomainName::Value(LabelValue { text: arena.alloc_str(text), secret: self.secret }),
            (None, Some(host)) => DomainName::Alone(arena.alloc_str(host)),
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

fn owned(hosts: &[&str]) -> Vec<String> {
    hosts.iter().map(|host| host.to_string()).collect()
}
