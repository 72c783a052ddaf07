//! The plan: for each version, which hosts come first and which follow, batch by batch.
//!
//! [`plan`] is a pure function of the hosts and the policy: no clock, no environment, no chance, no files. The same
//! input gives the same plan on every machine.
//!
//! Without any key the rules are those of regal 1.3: the canary takes the first hosts, then each batch takes the next
//! ones, and the last batch may be short. For each version `batches` checks the rules (`contradictions`), orders the
//! hosts and divides them into domains (`fleet`), chooses the canary (`canary`), and cuts the rest: `sizes` says how many
//! hosts a batch may have, `caps` how many of a domain, and a `strategy` which host is next.

mod after;
mod batches;
mod batching;
mod canary;
mod canary_cover;
mod caps;
pub mod compare;
mod contradictions;
mod cover;
mod fleet;
mod id;
mod index;
mod input;
pub mod names;
pub mod natural;
mod order;
mod packing;
mod shared;
mod sizes;
mod stable;
mod staged;
mod strategy;
#[cfg(test)]
mod tests;
pub mod waves;
mod why;

use std::collections::HashMap;

use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem, Result};
use crate::policy::{Approval, Conduct, Policy};
use crate::shown::Shown;
pub use id::plan_id;
pub use index::{DomainIndex, HostIndex, LabelIndex};
pub use input::{Assigned, AssignedStage, Assignments, Facts, Label};
pub use stable::host_hash;
pub(crate) use why::because;
pub use why::{CappedDomain, PhaseOf, Reason, Reasons, Share, Why, join};

/// Rollouts in priority order, one for each version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// One for each version that has hosts.
    pub rollouts: Vec<Rollout<'a>>,
    /// Hosts without a version, in inventory order.
    pub unversioned: Vec<&'a str>,
    /// Versions all of whose hosts are excluded, with those hosts.
    pub empty: Vec<(&'a str, Vec<&'a str>)>,
    /// What an operator should know before going on.
    pub warnings: Vec<Problem>,
}

/// One version's batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout<'a> {
    /// The version.
    pub version: &'a str,
    /// The batches in the order they are to be rolled out; none is empty.
    pub batches: Vec<Batch<'a>>,
    /// Most hosts that the canary may have.
    pub canary_size: usize,
    /// Most hosts that B1, B2 … may have; the last repeats. Only as many as were needed, but at least one.
    pub batch_sizes: Vec<usize>,
    /// When to ask before going on.
    pub approval: Approval,
    /// Hosts of this version that may be lost over the run before it stops.
    pub max_failures: usize,
    /// Hosts that are to run the version but are kept out of the plan.
    pub excluded: Vec<&'a str>,
    /// Remarks that go with the plan, into reports and to the playbook.
    pub notes: Vec<String>,
    /// The failure domains that the batches are spread over or that `limits` is about, label by label; empty without
    /// either.
    pub labels: Vec<Domains<'a>>,
    /// The stages that the batches go through, in order; empty where the policy has none.
    pub phases: Vec<Phase>,
    /// The versions that it comes after, over others too, in plan order: none of its batches begins before theirs of the same place is done.
    pub after: Vec<&'a str>,
    /// What holds while it is rolled out; its stages have their own.
    pub conduct: Conduct,
    /// Whether the version was decrypted, so that no message may show it; the names of groups do.
    pub secret: bool,
}

/// A stage of the policy in a rollout: batches that follow each other by rules of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// The number of its batches, at least one.
    pub batches: usize,
    /// Most hosts that its canary may have.
    pub canary_size: usize,
    /// Most hosts that the batches after its canary may have; the last repeats.
    pub batch_sizes: Vec<usize>,
    /// When to ask before going on.
    pub approval: Approval,
    /// Hosts of it that may be lost before the rollout stops.
    pub max_failures: usize,
    /// What holds while it is rolled out.
    pub conduct: Conduct,
}

/// The failure domains of one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domains<'a> {
    /// The label.
    pub label: String,
    /// Whether batches are spread over it; otherwise only `limits` names it, and hosts without the label are free.
    pub spread: bool,
    /// Most domains that one batch may have hosts of.
    pub max_domains: Option<usize>,
    /// Its domains, in the order in which the planner meets them.
    pub list: Vec<Domain<'a>>,
}

/// A failure domain: the version's hosts that have one value of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain<'a> {
    /// Which value.
    pub name: DomainName<'a>,
    /// The number of the version's planned hosts in it.
    pub hosts: usize,
    /// Most of them that one batch may have.
    pub cap: Option<usize>,
}

/// What a failure domain is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DomainName<'a> {
    /// The value of the label.
    Value(LabelValue<'a>),
    /// The one domain of the hosts without the label.
    Missing,
    /// A host without the label that is a domain of its own.
    Alone(&'a str),
}

impl DomainName<'_> {
    /// Whether this is the value of a label; otherwise its hosts have no such label.
    pub fn is_value(&self) -> bool {
        matches!(self, DomainName::Value(_))
    }
}

impl std::fmt::Display for DomainName<'_> {
    /// `a`, `(none)`, `(none: web7)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DomainName::Value(value) => write!(f, "{value}"),
            DomainName::Missing => f.write_str("(none)"),
            DomainName::Alone(host) => write!(f, "(none: {host})"),
        }
    }
}

/// The value of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelValue<'a> {
    /// What it is, for comparing; what is printed is its `Display`.
    pub text: &'a str,
    /// The number that stands for it, from 1, where it was decrypted.
    pub secret: Option<u32>,
}

impl std::fmt::Display for LabelValue<'_> {
    /// The value, cut where it is long, or `…1`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.secret {
            Some(number) => write!(f, "…{number}"),
            None => write!(f, "{}", Shown::new(self.text)),
        }
    }
}

/// Hosts that are updated together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Which step of the rollout this is.
    pub stage: Stage,
    /// The hosts, in order, each once; never empty.
    pub hosts: Vec<&'a str>,
    /// Which of [`Rollout::phases`] it belongs to; nothing where there are none.
    pub phase: Option<usize>,
    /// Whether it is a canary: group A, or the first batch of a later stage.
    pub is_canary: bool,
    /// Seconds to watch the batch before the next one.
    pub bake: u64,
    /// For each label of [`Rollout::labels`] the domain of each host, as an index into [`Domains::list`].
    pub domains: Vec<Vec<DomainIndex>>,
}

/// A step of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The canary, group A.
    A,
    /// Batch n of group B, from 1.
    B(usize),
}

impl Stage {
    /// The place in the version's plan, from 0; also where a limit leaves batches out.
    pub fn index(self) -> usize {
        match self {
            Stage::A => 0,
            Stage::B(n) => n,
        }
    }
}

impl std::fmt::Display for Stage {
    /// `A`, `B1`, `B2` …
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stage::A => f.write_str("A"),
            Stage::B(n) => write!(f, "B{n}"),
        }
    }
}

impl<'a> Rollout<'a> {
    /// The version as a message shows it.
    pub fn shown(&self) -> Shown<'a> {
        Shown::unless(self.secret, self.version)
    }

    /// The number of planned hosts.
    pub fn host_count(&self) -> usize {
        self.batches.iter().map(|batch| batch.hosts.len()).sum()
    }

    /// Keeps the hosts for which `shown` holds; batches keep their names, and those that lose all hosts are left out.
    pub fn retain(&mut self, shown: impl Fn(&str) -> bool) {
        for batch in &mut self.batches {
            for domains in &mut batch.domains {
                let mut hosts = batch.hosts.iter();
                domains.retain(|_| hosts.next().is_some_and(|host| shown(host)));
            }
            batch.hosts.retain(|host| shown(host));
        }
        self.batches.retain(|batch| !batch.hosts.is_empty());
        self.excluded.retain(|host| shown(host));
    }

    /// The stage of the policy that a batch belongs to.
    pub fn phase(&self, batch: &Batch<'_>) -> Option<&Phase> {
        self.phases.get(batch.phase?)
    }

    /// The places of the batches of a stage, which follow each other.
    pub fn batches_of(&self, phase: usize) -> std::ops::Range<usize> {
        let from = |phase: usize| self.batches.partition_point(|batch| batch.phase < Some(phase));
        from(phase)..from(phase + 1)
    }

    /// Whether somebody is to be asked after a batch, before what follows it begins.
    pub fn asks_after(&self, batch: &Batch<'_>) -> bool {
        let approval = self.phase(batch).map_or(self.approval, |phase| phase.approval);
        match approval {
            Approval::Never => false,
            Approval::AfterCanary => batch.is_canary,
            Approval::EachBatch => true,
            Approval::AfterStage => {
                let next = self.batches.partition_point(|other| other.stage <= batch.stage);
                self.batches.get(next).is_some_and(|next| next.phase != batch.phase)
            }
        }
    }

    /// The hosts that may be lost where a batch belongs: those of its stage, or of the version.
    pub fn max_failures_at(&self, batch: &Batch<'_>) -> usize {
        self.phase(batch).map_or(self.max_failures, |phase| phase.max_failures)
    }

    /// What holds while a batch is rolled out: what its stage says, or the version.
    pub fn conduct_of(&self, batch: &Batch<'_>) -> &Conduct {
        self.phase(batch).map_or(&self.conduct, |phase| &phase.conduct)
    }

    /// Seconds that watching the batches takes.
    pub fn bake_seconds(&self) -> u64 {
        (0..self.batches.len()).fold(0, |sum: u64, place| sum.saturating_add(self.watched(place)))
    }

    /// Seconds that the batch at a place is watched. The last one has no batch to wait for, and is watched for its gates alone.
    pub fn watched(&self, place: usize) -> u64 {
        let Some(batch) = self.batches.get(place) else { return 0 };
        let is_last = place + 1 == self.batches.len();
        if is_last && self.conduct_of(batch).gates.is_empty() { 0 } else { batch.bake }
    }
}

impl Plan<'_> {
    /// The number of planned hosts; one in several versions counts once.
    pub fn host_count(&self) -> usize {
        if let [only] = self.rollouts.as_slice() {
            return only.host_count();
        }
        let batches = self.rollouts.iter().flat_map(|rollout| &rollout.batches);
        let lists: Vec<&[&str]> = batches.map(|batch| batch.hosts.as_slice()).collect();
        let mut seen = shared::FirstOf::new(lists.clone());
        for (index, list) in lists.iter().enumerate() {
            (0..list.len()).for_each(|place| _ = seen.note(index, place));
        }
        seen.len()
    }
}

/// Plans the rollout of every version.
///
/// Versions that `priority` names come first, then the others as they stand in `assignments`, each behind those that it comes `after`. The work is linear in the
/// number of hosts.
///
/// # Errors
/// A name in `priority` that is not a version; versions that come after each other, or after what `priority` puts behind them; a host in several versions under `shared_hosts: error`; rules that exclude each
/// other or cannot be met with the hosts there are. All of them at once.
pub fn plan<'a>(assignments: &Assignments<'a>, policy: &Policy) -> Result<Plan<'a>> {
    let mut found = Diagnostics::new();
    let ordered = order::by_priority(&assignments.versions, &policy.priority, &mut found);
    let ordered = after::sort(ordered, policy, &mut found);
    shared::check(&assignments.versions, policy.shared_hosts, &mut found);
    warn_of_unmatched_overrides(assignments, policy, &mut found);
    let mut found = found.sound()?;
    let mut rollouts = Vec::new();
    let mut empty = Vec::new();
    let mut listed = order::ListedDomains::default();
    for (assigned, after) in ordered {
        if assigned.hosts.is_empty() {
            let message =
                format!("version {} has no hosts left to plan: `exclude` keeps all of them out", assigned.shown());
            if !assigned.excluded.is_empty() {
                found.warn(Problem::of(Code::NoHosts, message));
            }
            empty.push((assigned.version, assigned.excluded.clone()));
            continue;
        }
        let rules = policy.rules(assigned.version);
        listed.see(assigned, &rules);
        let rollout = if rules.stages.is_empty() {
            contradictions::find_without_stages(&rules, &mut found);
            batches::rollout(assigned, &rules, &mut found)
        } else {
            staged::rollout(assigned, &rules, &mut found)
        };
        rollouts.extend(rollout.map(|rollout| Rollout { after, ..rollout }));
    }
    listed.report(&mut found);
    staged::warn_of_idle(assignments.versions.iter(), policy, &mut found);
    let warnings = found.finish()?;
    Ok(Plan { rollouts, unversioned: assignments.unversioned.clone(), empty, warnings })
}

/// Why a host stands where it does, for each version that plans it, in plan order.
///
/// The answer belongs to the plan that [`plan`] makes of the same input.
pub fn why<'a>(assignments: &Assignments<'a>, policy: &Policy, host: &str) -> Vec<Why<'a>> {
    let mut found = Diagnostics::new();
    let ordered = order::by_priority(&assignments.versions, &policy.priority, &mut found);
    let ordered = after::sort(ordered, policy, &mut found).into_iter().map(|(assigned, _)| assigned);
    let planning = ordered.filter(|assigned| assigned.hosts.contains(&host));
    planning
        .filter_map(|assigned| {
            let rules = policy.rules(assigned.version);
            if rules.stages.is_empty() {
                batches::why(assigned, &rules, host)
            } else {
                staged::why(assigned, &rules, host)
            }
        })
        .collect()
}

/// Why each host stands where it does, by its version.
///
/// The answer belongs to the plan that [`plan`] makes of the same input, and takes about as long.
pub fn reasons<'a>(assignments: &Assignments<'a>, policy: &Policy) -> HashMap<&'a str, Reasons<'a>> {
    let of_version = |assigned: &Assigned<'a>| {
        let rules = policy.rules(assigned.version);
        let reasons = if rules.stages.is_empty() {
            batches::reasons(assigned, &rules)
        } else {
            staged::reasons(assigned, &rules)
        };
        (assigned.version, reasons)
    };
    assignments.versions.iter().map(of_version).collect()
}

/// Warns of each override whose glob matches no version.
fn warn_of_unmatched_overrides(assignments: &Assignments<'_>, policy: &Policy, found: &mut Diagnostics) {
    for rule in policy.layers.iter().flat_map(|layer| &layer.overrides) {
        if !assignments.versions.iter().any(|assigned| rule.glob.matches(assigned.version)) {
            let message = format!("`overrides`: no version matches `{}`", rule.glob.as_str());
            let hint = order::versions_hint(&assignments.versions);
            found.warn(Problem::of(Code::NoMatch, message).at(rule.at.clone()).hint(hint));
        }
    }
}
