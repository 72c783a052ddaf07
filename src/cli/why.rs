//! `why HOST`: where a host stands, and the rule that put it there.

use regal_inventory::emit::why::Answer;
use regal_inventory::error::{Code, Error, Problem};
use regal_inventory::inventory::Inventory;
use regal_inventory::nearest;
use regal_inventory::plan;
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
    let found = plan::why(&planned.assignments, policy, host);
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
    let mut result = Vec::new();
    match options.format {
        AnswerFormat::Text => answer.write_text(&mut result)?,
        AnswerFormat::Json => answer.write_json(&mut result)?,
    }
    invocation.sink(&planned).write(&result)
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
    let versions = planned.assignments.versions.iter();
    versions.filter(move |assigned| assigned.excluded.contains(&host)).map(|assigned| assigned.version)
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
