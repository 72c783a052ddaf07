//! Versions with stages: each stage is cut by rules of its own, and the batches of one follow those of another.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::index::DomainIndex;
use super::input::{Assigned, AssignedStage};
use super::why::{PhaseOf, Reasons, Why};
use super::{Batch, Domain, DomainName, Domains, Phase, Rollout, Stage, batches, fleet};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Location, Problem};
use crate::policy::{Policy, Rules, StageRules};
use crate::wording::count;

/// The batches of a version through all its stages; nothing where there are problems.
pub(super) fn rollout<'a>(assigned: &Assigned<'a>, rules: &Rules, found: &mut Diagnostics) -> Option<Rollout<'a>> {
    let planned = assigned.stages.iter().filter(|stage| !stage.assigned.hosts.is_empty());
    // all of them, so that every problem is told
    let parts: Vec<_> = planned.map(|stage| part(stage, rules, found)).collect();
    let parts: Vec<(&AssignedStage<'a>, Rollout<'a>)> = parts.into_iter().collect::<Option<_>>()?;
    let (labels, mut domains) = labels(assigned, rules);
    let mut whole = Rollout {
        version: assigned.version,
        batches: Vec::new(),
        canary_size: parts.first().map_or(0, |(_, part)| part.canary_size),
        batch_sizes: Vec::new(),
        approval: rules.approval,
        max_failures: parts.iter().map(|(_, part)| part.max_failures).sum(),
        excluded: assigned.excluded.clone(),
        notes: empty_stages(assigned),
        labels,
        phases: Vec::new(),
        after: Vec::new(),
        conduct: rules.conduct(None),
        secret: assigned.secret,
    };
    for (place, (stage, part)) in parts.into_iter().enumerate() {
        note_caps(&mut whole.labels, &part.labels);
        let named = |note: &String| format!("stage {}: {note}", stage.name);
        whole.notes.extend(part.notes.iter().map(named));
        whole.phases.push(Phase {
            name: stage.name.clone(),
            batches: part.batches.len(),
            canary_size: part.canary_size,
            batch_sizes: part.batch_sizes,
            approval: part.approval,
            max_failures: part.max_failures,
            conduct: part.conduct,
        });
        for batch in part.batches {
            let at = whole.batches.len();
            whole.batches.push(Batch {
                stage: if at == 0 { Stage::A } else { Stage::B(at) },
                phase: Some(place),
                is_canary: batch.stage == Stage::A,
                domains: domains.iter_mut().map(|of| batch.hosts.iter().map(|host| of[host]).collect()).collect(),
                ..batch
            });
        }
    }
    whole.batch_sizes = batch_sizes(&whole.batches);
    Some(whole)
}

/// The sizes of B1, B2 …, of which the last repeats.
fn batch_sizes(batches: &[Batch<'_>]) -> Vec<usize> {
    let mut sizes: Vec<usize> = batches.iter().skip(1).map(|batch| batch.hosts.len()).collect();
    while sizes.len() > 1 && sizes[sizes.len() - 1] == sizes[sizes.len() - 2] {
        sizes.pop();
    }
    if sizes.is_empty() { vec![1] } else { sizes }
}

fn part<'s, 'a>(
    stage: &'s AssignedStage<'a>,
    rules: &Rules,
    found: &mut Diagnostics,
) -> Option<(&'s AssignedStage<'a>, Rollout<'a>)> {
    let rules = &rules.stages.get(stage.rules)?.rules;
    batches::rollout(&stage.assigned, rules, found).map(|rollout| (stage, rollout))
}

/// Why a host of the version stands where it does.
pub(super) fn why<'a>(assigned: &Assigned<'a>, rules: &Rules, host: &str) -> Option<Why<'a>> {
    let stage = assigned.stages.iter().find(|stage| stage.assigned.hosts.contains(&host))?;
    let of_stage = rules.stages.get(stage.rules)?;
    let why = batches::why(&stage.assigned, &of_stage.rules, host)?;
    let whole = rollout(assigned, rules, &mut Diagnostics::new())?;
    let batch = whole.batches.iter().find(|batch| batch.hosts.contains(&host))?;
    let phase = PhaseOf { name: stage.name.clone(), hosts: of_stage.hosts.to_string() };
    Some(Why { stage: batch.stage, phase: Some(phase), ..why })
}

/// The rule that put each host of the version where it stands in its stage.
pub(super) fn reasons<'a>(assigned: &Assigned<'a>, rules: &Rules) -> Reasons<'a> {
    let of_stage = |stage: &AssignedStage<'a>| {
        rules.stages.get(stage.rules).map(|of_stage| batches::reasons(&stage.assigned, &of_stage.rules).0)
    };
    Reasons(assigned.stages.iter().filter_map(of_stage).flatten().collect())
}

/// Says which stages the version has no hosts for.
fn empty_stages(assigned: &Assigned<'_>) -> Vec<String> {
    let empty = assigned.stages.iter().filter(|stage| stage.assigned.hosts.is_empty());
    empty.map(|stage| format!("stage {} has none of the {}", stage.name, count(assigned.hosts.len(), "host"))).collect()
}

/// Warns of stages that have no host in any version.
pub(super) fn warn_of_idle<'v>(
    versions: impl Iterator<Item = &'v Assigned<'v>>,
    policy: &Policy,
    found: &mut Diagnostics,
) {
    let mut known: IndexMap<(Location, String), bool> = IndexMap::new();
    for assigned in versions.filter(|assigned| !assigned.stages.is_empty()) {
        let rules = policy.rules(assigned.version);
        for stage in &assigned.stages {
            let Some(of_stage) = rules.stages.get(stage.rules) else { continue };
            let has_hosts = known.entry((of_stage.at.clone(), stage.name.clone())).or_default();
            *has_hosts |= !stage.assigned.hosts.is_empty();
        }
    }
    for ((at, name), _) in known.into_iter().filter(|(_, has_hosts)| !has_hosts) {
        let message = format!("stage `{name}` has no host in any version");
        let hint = "check its pattern or label; a host stands in the first stage that names it";
        found.warn(Problem::of(Code::NoMatch, message).at(at).hint(hint));
    }
}

/// The domains of all the version's hosts, and for each label that of each host.
fn labels<'a>(assigned: &Assigned<'a>, rules: &Rules) -> (Vec<Domains<'a>>, Vec<HashMap<&'a str, DomainIndex>>) {
    let of_label = |label: &super::Label<'a>| {
        let mut list: Vec<Domain<'a>> = fleet::label_values(label)
            .map(|value| Domain { name: DomainName::Value(value), hosts: 0, cap: None })
            .collect();
        let missing = DomainIndex::new(list.len());
        if label.of.contains(&DomainIndex::MISSING) {
            list.push(Domain { name: DomainName::Missing, hosts: 0, cap: None });
        }
        let of = |domain: &DomainIndex| if *domain == DomainIndex::MISSING { missing } else { *domain };
        let of_hosts: HashMap<_, _> = assigned.hosts.iter().copied().zip(label.of.iter().map(of)).collect();
        of_hosts.values().for_each(|domain| list[domain.index()].hosts += 1);
        let spreads = |stage: &StageRules| stage.rules.spread.by().is_some_and(|by| by.value.contains(&label.name));
        let spread = rules.stages.iter().any(spreads);
        (Domains { label: label.name.clone(), spread, max_domains: None, list }, of_hosts)
    };
    assigned.facts.labels.iter().map(of_label).unzip()
}

/// Takes over the caps of a stage: the largest of all stages is what holds for a domain in any batch.
fn note_caps<'a>(whole: &mut [Domains<'a>], part: &[Domains<'a>]) {
    for label in part {
        let Some(known) = whole.iter_mut().find(|known| known.label == label.label) else { continue };
        known.max_domains = known.max_domains.max(label.max_domains);
        for domain in &label.list {
            if let Some(known) = known.list.iter_mut().find(|known| known.name == domain.name) {
                known.cap = known.cap.max(domain.cap);
            }
        }
    }
}
