//! How the batches lie over failure domains: who is out at once.

use super::layout::percent;
use super::permille;
use crate::plan::{Batch, Domain, DomainIndex, Domains, LabelIndex, Rollout};
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
}

/// How many hosts a batch has in each domain, ascending.
fn counts(of: &[DomainIndex]) -> Vec<(DomainIndex, usize)> {
    let mut sorted = of.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect()
}

/// The domains of a batch, label by label, in the order of [`Rollout::labels`].
pub(super) fn shares<'r, 'a>(rollout: &'r Rollout<'a>, batch: &Batch<'_>) -> Vec<Share<'r, 'a>> {
    let labels = rollout.labels.iter().zip(&batch.domains).enumerate();
    labels
        .flat_map(|(label, (domains, of))| {
            let label = LabelIndex::new(label);
            counts(of).into_iter().filter_map(move |(index, hosts)| {
                let domain = domains.list.get(index.index())?;
                Some(Share { label, index, domain, hosts })
            })
        })
        .collect()
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

/// `spread over zone, at most 20% of one at once`; nothing where there are no domains.
pub(super) fn summary(rollout: &Rollout<'_>) -> Option<String> {
    let part = |(domains, most): (&Domains<'_>, Vec<usize>)| {
        let shares = most.into_iter().zip(&domains.list).map(|(most, domain)| permille(most, domain.hosts));
        let most = percent(shares.max().unwrap_or(0));
        format!("spread over {}, at most {most} of one at once", domains.label)
    };
    let parts: Vec<String> = rollout.labels.iter().zip(most_at_once(rollout)).map(part).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// For each batch its domains with the hosts in them and their share of the domain: `a 12 20%, b 6 20%`. Where that is
/// longer than `width` for one of them: `12 domains, most 20% of c`.
pub(super) fn cells(rollout: &Rollout<'_>, batches: usize, width: usize) -> Vec<String> {
    let batches = || rollout.batches.iter().take(batches).map(|batch| shares(rollout, batch));
    let named: Vec<String> = batches().map(|shares| named(rollout, &shares, width)).collect();
    if named.iter().all(|cell| cell.chars().count() <= width) {
        return named;
    }
    batches().map(|shares| counted(&shares, width)).collect()
}

fn named(rollout: &Rollout<'_>, shares: &[Share<'_, '_>], width: usize) -> String {
    let several = rollout.labels.len() > 1;
    let mut cell = String::new();
    for (i, share) in shares.iter().enumerate() {
        let is_first = i == 0 || shares[i - 1].label != share.label;
        cell.push_str(match (i, is_first) {
            (0, _) => "",
            (_, true) => "; ",
            (_, false) => ", ",
        });
        if several && is_first {
            cell.push_str(&format!("{} ", rollout.labels[share.label.index()].label));
        }
        cell.push_str(&format!("{} {} {}", share.domain.name, share.hosts, percent(share.permille())));
        if cell.len() > 4 * width {
            break;
        }
    }
    cell
}

fn counted(shares: &[Share<'_, '_>], width: usize) -> String {
    // of equals the first
    let most = shares.iter().rev().max_by_key(|share| share.permille());
    let most = most.map(|share| format!(", most {} of {}", percent(share.permille()), share.domain.name));
    let cell = count(shares.len(), "domain") + &most.unwrap_or_default();
    super::layout::clip(&cell, width)
}
