//! Cutting one version's hosts into batches.

use super::{Batch, Rollout, Stage};
use crate::assign::Assigned;
use crate::error::Problem;
use crate::policy::{Amount, BatchSize, Rules};

/// The batches of a version that has hosts.
pub(super) fn rollout<'a>(assigned: &Assigned<'a>, rules: &Rules, warnings: &mut Vec<Problem>) -> Rollout<'a> {
    let hosts = assigned.hosts.as_slice();
    let mut notes = Vec::new();
    let canary_size = resolve("canary", rules.canary_size.unwrap_or(Amount::Hosts(1)), hosts.len(), &mut notes);
    let (canary, rest) = hosts.split_at(canary_size.min(hosts.len()));
    let mut batches =
        vec![Batch { stage: Stage::A, hosts: canary.to_vec(), bake: rules.canary_bake, domains: Vec::new() }];
    let batch_sizes = cut(rest, hosts.len(), rules, &mut batches, &mut notes);
    if rest.is_empty() {
        note_full_canary(assigned, rules, &mut notes, warnings);
    }
    Rollout {
        version: assigned.version,
        batches,
        canary_size,
        batch_sizes,
        approval: rules.approval,
        max_failures: rules.max_failures.of(hosts.len()),
        excluded: assigned.excluded.clone(),
        notes,
        labels: Vec::new(),
    }
}

/// Adds the batches B1, B2 … and returns the sizes that were used, the last of which repeats.
fn cut<'a>(
    mut rest: &[&'a str],
    planned: usize,
    rules: &Rules,
    batches: &mut Vec<Batch<'a>>,
    notes: &mut Vec<String>,
) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut wanted = rules.batch_size.iter();
    let mut size = 1;
    let mut number = 0;
    while !rest.is_empty() || sizes.is_empty() {
        if let Some(next) = wanted.next() {
            size = match next {
                BatchSize::Amount(amount) => resolve("batch_size", *amount, planned, notes),
                BatchSize::Rest => rest.len().max(1),
            };
            sizes.push(size);
        }
        let (batch, behind) = rest.split_at(size.min(rest.len()));
        if batch.is_empty() {
            break;
        }
        number += 1;
        batches.push(Batch { stage: Stage::B(number), hosts: batch.to_vec(), bake: rules.bake, domains: Vec::new() });
        rest = behind;
    }
    sizes
}

/// A size as a number of hosts, at least 1; a note says where that minimum applied.
fn resolve(key: &str, amount: Amount, planned: usize, notes: &mut Vec<String>) -> usize {
    let size = amount.of(planned);
    if size == 0 {
        let note = format!("{key} {amount} of {} is less than one host: it takes one", hosts(planned));
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    size.max(1)
}

/// Says that all hosts are canaries; a warning too where there could have been a second batch.
fn note_full_canary(assigned: &Assigned<'_>, rules: &Rules, notes: &mut Vec<String>, warnings: &mut Vec<Problem>) {
    if let [only] = assigned.hosts.as_slice() {
        notes.push(format!("{only} is the only host: there is no group B"));
        return;
    }
    let count = hosts(assigned.hosts.len());
    let canary = rules.canary_size.unwrap_or(Amount::Hosts(1));
    notes.push(format!("canary {canary} takes all {count}: there is no group B"));
    let message =
        format!("canary {canary} of version {} takes all {count}, so nothing is left for group B", assigned.version);
    warnings.push(Problem::new(message).hint("a smaller `canary` leaves hosts that a bad release does not reach"));
}

/// `1 host`, `5 hosts`.
fn hosts(count: usize) -> String {
    if count == 1 { "1 host".to_string() } else { format!("{count} hosts") }
}
