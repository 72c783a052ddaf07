//! The report as a document for programs: lists, never mappings by name.

use std::borrow::Cow;

use serde::Serialize;

use crate::emit::connection::Connection;
use crate::emit::diagnostics::Diagnostic;

use super::{Report, domains, done_after, permille, rollout_id};
use crate::error::Problem;
use crate::plan::names::RolloutNames;
use crate::plan::{DomainName, Phase, Rollout};

/// The version of this document's shape.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub(super) struct Document<'r> {
    schema: u32,
    plan_id: String,
    configuration: Option<&'r str>,
    environment: Vec<Variable<'r>>,
    sources: &'r [String],
    hosts: usize,
    batches: usize,
    bake_seconds: u64,
    versions: Vec<Version<'r>>,
    excluded: Vec<&'r str>,
    unversioned: &'r [&'r str],
    /// How hosts are reached, where the inventory says anything of it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    connections: &'r [Connection<'r>],
    notes: Vec<String>,
    warnings: Vec<Warning<'r>>,
}

#[derive(Serialize)]
pub(super) struct Variable<'r> {
    name: &'r str,
    value: &'r str,
}

#[derive(Serialize)]
struct Version<'r> {
    version: &'r str,
    group: &'r str,
    plan_id: String,
    hosts: usize,
    bake_seconds: u64,
    approval: &'static str,
    max_failures: usize,
    /// The stages that the batches go through; absent where the policy has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stages: Vec<StageEntry<'r>>,
    /// The failure domains that the batches are spread over, and those that have caps.
    domains: Vec<DomainEntry<'r>>,
    /// Labels that `limits` is about beside the caps of their domains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<LimitEntry<'r>>,
    batches: Vec<BatchEntry<'r>>,
    excluded: &'r [&'r str],
    notes: &'r [String],
}

#[derive(Serialize)]
struct StageEntry<'r> {
    stage: &'r str,
    group: &'r str,
    batches: usize,
    approval: &'static str,
    max_failures: usize,
}

#[derive(Serialize)]
struct BatchEntry<'r> {
    group: &'r str,
    batch: String,
    /// The stage, and whether this is its canary; absent without stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<bool>,
    index: usize,
    size: usize,
    /// Percent of the version's hosts that are done after this batch, to one decimal.
    percent: f64,
    bake_seconds: u64,
    domains: Vec<ShareEntry<'r>>,
    hosts: &'r [&'r str],
}

#[derive(Serialize)]
struct DomainEntry<'r> {
    #[serde(flatten)]
    key: DomainKey<'r>,
    hosts: usize,
    /// Most hosts of it that one batch may have.
    cap: Option<usize>,
    /// Most hosts of it that one batch has, and their percent of it.
    most_at_once: usize,
    most_percent: f64,
}

#[derive(Serialize)]
struct LimitEntry<'r> {
    label: &'r str,
    /// Whether batches are spread over it too.
    spread: bool,
    /// Most of its domains that one batch may have hosts of.
    max_domains: Option<usize>,
    /// Most of its domains that one batch has hosts of.
    most_domains_at_once: usize,
}

#[derive(Serialize)]
struct ShareEntry<'r> {
    #[serde(flatten)]
    key: DomainKey<'r>,
    hosts: usize,
    /// Percent of the domain's hosts that are out in this batch, to one decimal.
    percent: f64,
}

#[derive(Serialize)]
pub(in crate::emit) struct DomainKey<'r> {
    label: &'r str,
    /// The value of the label, `…1` for one that was decrypted; null for hosts without it.
    domain: Option<Cow<'r, str>>,
    /// The host without the label that is a domain of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'r str>,
}

#[derive(Serialize)]
pub(super) struct Warning<'r> {
    /// The place as a message has it: `hosts.yml:3:5`.
    location: Option<String>,
    #[serde(flatten)]
    diagnostic: Diagnostic<'r>,
}

impl<'r> Document<'r> {
    pub fn new(report: &'r Report<'r, '_>) -> Self {
        Document {
            schema: SCHEMA,
            plan_id: report.plan_id(),
            configuration: report.configuration,
            environment: report.environment.iter().map(Variable::new).collect(),
            sources: report.sources,
            hosts: report.host_count(),
            batches: report.batch_count(),
            bake_seconds: report.bake_seconds(),
            versions: report.rollouts().map(|(rollout, names)| Version::new(rollout, names)).collect(),
            excluded: report.excluded(),
            unversioned: &report.plan.unversioned,
            connections: report.connections,
            notes: report.notes(),
            warnings: report.warnings.iter().map(Warning::new).collect(),
        }
    }
}

impl<'r> Version<'r> {
    fn new(rollout: &'r Rollout<'_>, names: &'r RolloutNames) -> Self {
        let hosts = rollout.host_count();
        let batches = rollout.batches.iter().zip(&names.batches).zip(done_after(rollout));
        let entry = |((batch, group), done): ((&'r crate::plan::Batch<'_>, &'r String), usize)| BatchEntry {
            group,
            batch: batch.stage.to_string(),
            stage: rollout.phase(batch).map(|phase| phase.name.as_str()),
            canary: batch.phase.map(|_| batch.is_canary),
            index: batch.stage.index(),
            size: batch.hosts.len(),
            percent: permille(done, hosts) as f64 / 10.0,
            bake_seconds: batch.bake,
            domains: shares(rollout, batch),
            hosts: &batch.hosts,
        };
        Version {
            version: rollout.version,
            group: &names.version,
            plan_id: rollout_id(rollout, names),
            hosts,
            bake_seconds: rollout.bake_seconds(),
            approval: rollout.approval.as_str(),
            max_failures: rollout.max_failures,
            stages: rollout
                .phases
                .iter()
                .zip(&names.stages)
                .map(|(phase, group)| StageEntry::new(phase, group))
                .collect(),
            domains: domain_entries(rollout),
            limits: limit_entries(rollout),
            batches: batches.map(entry).collect(),
            excluded: &rollout.excluded,
            notes: &rollout.notes,
        }
    }
}

impl<'r> StageEntry<'r> {
    fn new(phase: &'r Phase, group: &'r str) -> Self {
        let (approval, max_failures) = (phase.approval.as_str(), phase.max_failures);
        StageEntry { stage: &phase.name, group, batches: phase.batches, approval, max_failures }
    }
}

impl<'r> DomainKey<'r> {
    pub(in crate::emit) fn new(label: &'r str, name: DomainName<'r>) -> Self {
        let (domain, host) = match name {
            DomainName::Value(value) if value.secret.is_some() => (Some(Cow::Owned(value.to_string())), None),
            DomainName::Value(value) => (Some(Cow::Borrowed(value.text)), None),
            DomainName::Missing => (None, None),
            DomainName::Alone(host) => (None, Some(host)),
        };
        DomainKey { label, domain, host }
    }
}

fn shares<'r>(rollout: &'r Rollout<'_>, batch: &'r crate::plan::Batch<'_>) -> Vec<ShareEntry<'r>> {
    let entry = |share: domains::Share<'r, '_>| ShareEntry {
        key: DomainKey::new(&rollout.labels[share.label.index()].label, share.domain.name),
        hosts: share.hosts,
        percent: share.permille() as f64 / 10.0,
    };
    domains::shares(rollout, batch).into_iter().map(entry).collect()
}

fn domain_entries<'r>(rollout: &'r Rollout<'_>) -> Vec<DomainEntry<'r>> {
    let of_label = |(label, most): (&'r crate::plan::Domains<'_>, Vec<usize>)| {
        let shown = label.list.iter().zip(most).filter(|(domain, _)| domains::is_shown(label, domain));
        shown.map(|(domain, most)| DomainEntry {
            key: DomainKey::new(&label.label, domain.name),
            hosts: domain.hosts,
            cap: domain.cap,
            most_at_once: most,
            most_percent: permille(most, domain.hosts) as f64 / 10.0,
        })
    };
    rollout.labels.iter().zip(domains::most_at_once(rollout)).flat_map(of_label).collect()
}

fn limit_entries<'r>(rollout: &'r Rollout<'_>) -> Vec<LimitEntry<'r>> {
    let labels = rollout.labels.iter().zip(domains::most_domains(rollout));
    let limited = labels.filter(|(label, _)| !label.spread || label.max_domains.is_some());
    let entry = |(label, most): (&'r crate::plan::Domains<'_>, usize)| LimitEntry {
        label: &label.label,
        spread: label.spread,
        max_domains: label.max_domains,
        most_domains_at_once: most,
    };
    limited.map(entry).collect()
}

impl<'r> Variable<'r> {
    pub fn new((name, value): &'r (String, String)) -> Self {
        Variable { name, value }
    }
}

impl<'r> Warning<'r> {
    pub fn new(problem: &'r Problem) -> Self {
        let location = problem.location.as_ref().map(ToString::to_string);
        Warning { location, diagnostic: Diagnostic::new(problem) }
    }
}
