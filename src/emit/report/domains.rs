//! How the batches lie over failure domains: who is out at once.

use std::cmp::Ordering;

use super::layout::percent;
use super::permille;
use crate::plan::{Batch, Domain, DomainIndex, DomainName, Domains, LabelIndex, Rollout};
use crate::policy::GROUP_LABEL;
use crate::wording::count;

/// The hosts that a batch has in a domain.
pub(super) struct Share<'r, 'a> {
    pub label: LabelIndex,
    /// The domain's place among those of the label.
    pub index: DomainIndex,
    pub domain: &'r Domain<'a>,
    pub hosts: usize,
}

impl Share<'_, '_> {
    /// The share of the domain's hosts, in tenths of a percent.
    pub fn permille(&self) -> usize {
        permille(self.hosts, self.domain.hosts)
    }

    /// The share as a percent, or beside the size of a domain that has a cap: `20%`, `of 60`.
    fn part(&self) -> String {
        match self.domain.cap {
            Some(_) => format!("of {}", self.domain.hosts),
            None => percent(self.permille()),
        }
    }
}

/// How many hosts a batch has in each domain, ascending.
fn counts(of: &[DomainIndex]) -> Vec<(DomainIndex, usize)> {
    let mut sorted = of.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect()
}

/// The domains of a batch, label by label, in the order of [`Rollout::labels`]; without the hosts that a limit is not about.
pub(super) fn shares<'r, 'a>(rollout: &'r Rollout<'a>, batch: &Batch<'_>) -> Vec<Share<'r, 'a>> {
    let labels = rollout.labels.iter().zip(&batch.domains).enumerate();
    labels
        .flat_map(|(label, (domains, of))| {
            let place = LabelIndex::new(label);
            counts(of).into_iter().filter_map(move |(index, hosts)| {
                let domain = domains.list.get(index.index()).filter(|domain| is_shown(domains, domain))?;
                Some(Share { label: place, index, domain, hosts })
            })
        })
        .collect()
}

/// Whether a domain is more than the hosts that a limit is not about.
pub(super) fn is_shown(label: &Domains<'_>, domain: &Domain<'_>) -> bool {
    label.spread || domain.name.is_value()
}

/// For each label the most domains that one batch has.
pub(super) fn most_domains(rollout: &Rollout<'_>) -> Vec<usize> {
    let of_batch = |batch: &Batch<'_>, label: usize| {
        let shares = shares(rollout, batch).into_iter();
        shares.filter(|share| share.label.index() == label && share.domain.name.is_value()).count()
    };
    let most = |label| rollout.batches.iter().map(|batch| of_batch(batch, label)).max().unwrap_or(0);
    (0..rollout.labels.len()).map(most).collect()
}

/// For each label and domain the most hosts that one batch has.
pub(super) fn most_at_once(rollout: &Rollout<'_>) -> Vec<Vec<usize>> {
    let mut most: Vec<Vec<usize>> = rollout.labels.iter().map(|label| vec![0; label.list.len()]).collect();
    for batch in &rollout.batches {
        for (most, of) in most.iter_mut().zip(&batch.domains) {
            for (domain, hosts) in counts(of) {
                let most = &mut most[domain.index()];
                *most = hosts.max(*most);
            }
        }
    }
    most
}

/// `spread over zone, at most 20% of one at once`, and what comes nearest to its cap for each label that has caps: `most
/// etcd_east 1 of 3 (cap 1)`; nothing where there are no domains.
pub(super) fn summary(rollout: &Rollout<'_>) -> Option<String> {
    let (mut parts, mut capped) = (Vec::new(), Vec::new());
    for (place, (label, most)) in rollout.labels.iter().zip(most_at_once(rollout)).enumerate() {
        let shown = || most.iter().zip(&label.list).filter(|(_, domain)| !matches!(domain.name, DomainName::Alone(_)));
        // of equals the first
        let caps = shown().filter_map(|(most, domain)| Some((*most, domain.cap?, domain)));
        let nearest = caps.rev().max_by(|(a, a_cap, _), (b, b_cap, _)| nearer((*a, *a_cap), (*b, *b_cap)));
        let share = shown().map(|(most, domain)| permille(*most, domain.hosts)).max();
        match share.filter(|_| nearest.is_none()) {
            _ if !label.spread => {}
            Some(share) => {
                let share = percent(share);
                parts.push(format!("spread over {}, at most {share} of one at once", label.label));
            }
            None => parts.push(format!("spread over {}", label.label)),
        }
        if let Some((most, cap, domain)) = nearest {
            let (name, of) = (name(label, &domain.name), domain.hosts);
            let prefix = if label.spread || is_group(label) { "" } else { &format!("{} ", label.label) };
            capped.push(format!("{prefix}{name} {most} of {of} (cap {cap})"));
        }
        if let Some(cap) = label.max_domains {
            let most = count(most_domains(rollout)[place], "domain");
            capped.push(format!("{most} of {} (cap {cap})", label.label));
        }
    }
    if !capped.is_empty() {
        parts.push(format!("most {}", capped.join(", ")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Which number of hosts comes nearer to its cap; of equals the larger.
fn nearer((a, a_cap): (usize, usize), (b, b_cap): (usize, usize)) -> Ordering {
    (a.saturating_mul(b_cap), a).cmp(&(b.saturating_mul(a_cap), b))
}

/// Whether the values of a label are parts of the names of groups.
fn is_group(label: &Domains<'_>) -> bool {
    label.label.starts_with(GROUP_LABEL)
}

/// A domain as an operator knows it: the value of a variable, or the whole name of a group.
pub(super) fn name(label: &Domains<'_>, name: &DomainName<'_>) -> String {
    match label.label.strip_prefix(GROUP_LABEL) {
        Some(glob) if name.is_value() => glob.replacen('*', &name.to_string(), 1),
        _ => name.to_string(),
    }
}

/// For each batch its domains with the hosts in them and their share of the domain: `a 12 20%, b 6 20%`, or with caps
/// `a 12 of 60`. Where that is longer than `width` for one of them: `12 domains, most 20% of c`.
pub(super) fn cells(rollout: &Rollout<'_>, batches: usize, width: usize) -> Vec<String> {
    let batches = || rollout.batches.iter().take(batches).map(|batch| shares(rollout, batch));
    let named: Vec<String> = batches().map(|shares| named(rollout, &shares, width)).collect();
    if named.iter().all(|cell| cell.chars().count() <= width) {
        return named;
    }
    batches().map(|shares| counted(rollout, &shares, width)).collect()
}

fn named(rollout: &Rollout<'_>, shares: &[Share<'_, '_>], width: usize) -> String {
    let several = rollout.labels.len() > 1;
    let mut cell = String::new();
    for shares in shares.chunk_by(|a, b| a.label == b.label) {
        let Some(label) = shares.first().and_then(|share| rollout.labels.get(share.label.index())) else { continue };
        cell.push_str(if cell.is_empty() { "" } else { "; " });
        if several && !is_group(label) {
            cell.push_str(&format!("{} ", label.label));
        }
        let is_alone = |share: &&Share<'_, '_>| matches!(share.domain.name, DomainName::Alone(_));
        let mut texts: Vec<String> = Vec::new();
        let mut columns = cell.len();
        for share in shares.iter().filter(|share| !is_alone(share)) {
            let text = format!("{} {} {}", name(label, &share.domain.name), share.hosts, share.part());
            columns += text.len();
            texts.push(text);
            if columns > 4 * width {
                break;
            }
        }
        let alone = shares.iter().filter(is_alone).count();
        texts.extend((alone > 0).then(|| format!("{} {alone}", DomainName::Missing)));
        cell.push_str(&texts.join(", "));
    }
    cell
}

fn counted(rollout: &Rollout<'_>, shares: &[Share<'_, '_>], width: usize) -> String {
    if shares.is_empty() {
        return String::new();
    }
    // of equals the first
    let real = || shares.iter().rev().filter(|share| !matches!(share.domain.name, DomainName::Alone(_)));
    let capped = real().filter_map(|share| Some((share, share.domain.cap?)));
    let nearest = capped.max_by(|(a, a_cap), (b, b_cap)| nearer((a.hosts, *a_cap), (b.hosts, *b_cap)));
    let most = nearest.map(|(share, _)| share).or_else(|| real().max_by_key(|share| share.permille()));
    let most = most.map(|share| {
        let name = name(&rollout.labels[share.label.index()], &share.domain.name);
        match share.domain.cap {
            Some(_) => format!(", most {name} {} {}", share.hosts, share.part()),
            None => format!(", most {} of {name}", share.part()),
        }
    });
    let cell = count(shares.len(), "domain") + &most.unwrap_or_default();
    super::layout::clip(&cell, width)
}
