//! Hosts whose failure domain is another one now.

use std::collections::{HashMap, HashSet};

use super::DomainChange;
use crate::plan::{DomainName, Rollout};

/// The failure domain of a host, as it is shown.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Name {
    shown: String,
    /// Whether it was decrypted: a frozen plan has only a number for it, which counts the values of its day.
    secret: bool,
}

/// The failure domains of a version's hosts for one label.
struct Label<'a> {
    name: &'a str,
    of_host: HashMap<&'a str, Name>,
}

/// Returns the changes of these hosts between the frozen batches of a version and today's.
pub(in crate::frozen) fn changes<'a>(
    then: &Rollout<'a>,
    now: &Rollout<'a>,
    hosts: &[&'a str],
) -> Vec<DomainChange<'a>> {
    let (then, now) = (labels(then), labels(now));
    let mut changes = Vec::new();
    for label in &then {
        let Some(today) = now.iter().find(|today| today.name == label.name) else { continue };
        let numbers = numbers(label, today);
        for host in hosts {
            let (Some(from), Some(to)) = (label.of_host.get(host), today.of_host.get(host)) else { continue };
            let is_same = if from.secret && to.secret { numbers.get(from) == Some(&to) } else { from == to };
            if !is_same {
                let (from, to) = (from.shown.clone(), to.shown.clone());
                changes.push(DomainChange { host, label: label.name.to_string(), from, to });
            }
        }
    }
    changes
}

fn labels<'r>(rollout: &'r Rollout<'_>) -> Vec<Label<'r>> {
    let of_label = |(place, label): (usize, &'r crate::plan::Domains<'_>)| {
        let names: Vec<Name> = label.list.iter().map(|domain| Name::of(&domain.name)).collect();
        let mut of_host = HashMap::new();
        for batch in &rollout.batches {
            let domains = batch.hosts.iter().zip(&batch.domains[place]);
            of_host.extend(domains.map(|(host, domain)| (*host, names[domain.index()].clone())));
        }
        Label { name: &label.label, of_host }
    };
    rollout.labels.iter().enumerate().map(of_label).collect()
}

/// Which number of today a number of then is: the one that most of its hosts have. A number is that of one domain only, so that
/// two domains which have become one are seen.
fn numbers<'n>(then: &'n Label<'_>, now: &'n Label<'_>) -> HashMap<&'n Name, &'n Name> {
    let mut counts: HashMap<(&Name, &Name), usize> = HashMap::new();
    for (host, from) in then.of_host.iter().filter(|(_, from)| from.secret) {
        if let Some(to) = now.of_host.get(host).filter(|to| to.secret) {
            *counts.entry((from, to)).or_default() += 1;
        }
    }
    let mut pairs: Vec<((&Name, &Name), usize)> = counts.into_iter().collect();
    pairs.sort_unstable_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then(a.cmp(b)));
    let (mut numbers, mut taken) = (HashMap::new(), HashSet::new());
    for ((from, to), _) in pairs {
        if !numbers.contains_key(from) && taken.insert(to) {
            numbers.insert(from, to);
        }
    }
    numbers
}

impl Name {
    fn of(name: &DomainName<'_>) -> Self {
        let secret = matches!(name, DomainName::Value(value) if value.secret.is_some());
        Name { shown: name.to_string(), secret }
    }
}
