//! `why HOST`: where a host stands, and the rule that put it there.

use regal_inventory::emit::why::Answer;
use regal_inventory::error::{Code, Error, Problem};
use regal_inventory::inventory::Inventory;
use regal_inventory::nearest;
use regal_inventory::plan::{self, DomainIndex, Domains, Plan, Rollout};
use regal_inventory::session::Planned;
use regal_inventory::shown::Shown;

use super::arguments::{AnswerFormat, WhyOptions};
use super::invocation::Invocation;

/// Prints why the host stands where it does.
///
/// # Errors
/// Bad input; a host that is not in the inventory.
pub fn run(invocation: &Invocation<'_>, options: &WhyOptions) -> anyhow::Result<()> {
    let planned = invocation.session.plan()?;
    let host = options.host.as_str();
    if planned.inventory.find_host(host).is_none() {
        return Err(Error::from(unknown(&planned.inventory, host)).into());
    }
    let policy = &invocation.session.settings().policy;
    // today's rules say nothing of a plan that was made before
    let found = match invocation.session.frozen() {
        Some(_) => frozen(&planned.plan, host),
        None => plan::why(&planned.assignments, policy, host),
    };
    let answer = Answer {
        host,
        planned: found.into_iter().map(|why| (group(&planned, &why), why)).map(|(group, why)| (why, group)).collect(),
        excluded: excluded(&planned, host)
            .map(|version| {
                let exclude = policy.rules(version).exclude;
                let patterns: Vec<String> =
                    exclude.iter().map(|pattern| format!("`{}` ({})", pattern.text, pattern.at)).collect();
                (version, format!("exclude: {}", patterns.join(", ")))
            })
            .collect(),
    };
    let sink = invocation.sink(&planned);
    let mut result = Vec::new();
    match options.format {
        AnswerFormat::Text => answer.write_text(sink.look(), &mut result)?,
        AnswerFormat::Json => answer.write_json(&mut result)?,
    }
    sink.write(&result)
}

/// Where a host stands in a frozen plan.
fn frozen<'a>(plan: &Plan<'a>, host: &str) -> Vec<plan::Why<'a>> {
    let of_rollout = |rollout: &Rollout<'a>| {
        let batch = rollout.batches.iter().find(|batch| batch.hosts.contains(&host))?;
        let place = batch.hosts.iter().position(|name| *name == host)?;
        let labels = rollout.labels.iter().zip(&batch.domains);
        let domain_of =
            |(label, of): (&'_ Domains<'a>, &Vec<DomainIndex>)| label.list.get(of.get(place)?.index()).cloned();
        let domain = |(label, of): (&Domains<'a>, &Vec<DomainIndex>)| {
            let name = domain_of((label, of))?.name;
            (label.spread || name.is_value()).then(|| (label.label.clone(), name))
        };
        let cap = |(label, of): (&Domains<'a>, &Vec<DomainIndex>)| {
            plan::CappedDomain::of(&label.label, &domain_of((label, of))?)
        };
        Some(plan::Why {
            version: rollout.version,
            phase: rollout.phase(batch).map(|phase| plan::PhaseOf { name: phase.name.clone(), hosts: String::new() }),
            stage: batch.stage,
            place: place + 1,
            size: batch.hosts.len(),
            domains: labels.clone().filter_map(domain).collect(),
            caps: labels.filter_map(cap).collect(),
            is_last: false,
            hash: None,
            reason: plan::Reason::Frozen,
        })
    };
    plan.rollouts.iter().filter_map(of_rollout).collect()
}

/// The group of the batch that a host stands in.
fn group(planned: &Planned<'_>, why: &plan::Why<'_>) -> String {
    let mut rollouts = planned.plan.rollouts.iter().zip(&planned.names.rollouts);
    let names = rollouts.find(|(rollout, _)| rollout.version == why.version).and_then(|(rollout, names)| {
        let batch = rollout.batches.iter().position(|batch| batch.stage == why.stage)?;
        names.batches.get(batch).cloned()
    });
    names.unwrap_or_default()
}

/// The versions that keep the host out.
fn excluded<'p, 'a>(planned: &'p Planned<'a>, host: &'p str) -> impl Iterator<Item = &'a str> {
    let rollouts = planned.plan.rollouts.iter().map(|rollout| (rollout.version, &rollout.excluded));
    let empty = planned.plan.empty.iter().map(|(version, excluded)| (*version, excluded));
    rollouts.chain(empty).filter(move |(_, excluded)| excluded.contains(&host)).map(|(version, _)| version)
}

fn unknown(inventory: &Inventory<'_>, host: &str) -> Problem {
    let names = inventory.host_ids().map(|id| inventory.host_name(id));
    Problem::of(Code::NoSuchHost, format!("`{}` is not a host of the inventory", Shown::new(host))).hint(
        match nearest::name(host, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "regal-inventory --graph shows groups and hosts".to_string(),
        },
    )
}
