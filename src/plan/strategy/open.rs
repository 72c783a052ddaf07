//! How many domains of each label may still give a host to the open batch.
//!
//! With several labels, once one of them has no such domain left, the batch is over: no domain of another label need be
//! tried in vain.

use super::{Candidates, Caps, DomainIndex, Fleet, HostIndex, LabelIndex, State};

/// Counts domains that have hosts left and room for one. It may count too many, never too few.
#[derive(Default)]
pub(super) struct Open {
    /// For each label and domain, its hosts still to be handed out.
    left: Vec<Vec<usize>>,
    /// For each label, its domains that are open.
    domains: Vec<usize>,
    /// The label of each domain that is closed until the batch ends.
    closed: Vec<LabelIndex>,
}

impl Open {
    /// All domains of these hosts are open; nothing is counted where no domain has a cap.
    pub fn new(candidates: &Candidates<'_, '_, '_, '_>, hosts: &[HostIndex]) -> Self {
        let mut open = Open::default();
        if !candidates.fleet.is_capped() {
            return open;
        }
        for division in candidates.fleet.spread() {
            let mut left = vec![0; division.domains.len()];
            let free = hosts.iter().filter(|host| candidates.state(**host) == State::Free);
            free.for_each(|host| left[division.of[host.index()].index()] += 1);
            open.domains.push(left.iter().filter(|left| **left > 0).count());
            open.left.push(left);
        }
        open
    }

    /// Whether some label has no open domain.
    pub fn is_over(&self) -> bool {
        self.domains.contains(&0)
    }

    /// The fewest batches that the hosts which are left take, by the caps of their domains; the open batch must be closed.
    pub fn least(&self, caps: &Caps<'_, '_, '_>) -> usize {
        let labels = self.left.iter().enumerate();
        let batches = labels.flat_map(|(label, left)| {
            left.iter().enumerate().map(move |(domain, left)| {
                left.div_ceil(caps.room(LabelIndex::new(label), DomainIndex::new(domain)).max(1))
            })
        });
        batches.fold(0, usize::max)
    }

    /// Begins a batch.
    pub fn begin(&mut self) {
        for label in self.closed.drain(..) {
            self.domains[label.index()] += 1;
        }
    }

    /// Counts a host that is about to join the batch.
    pub fn take(&mut self, fleet: &Fleet<'_, '_>, host: HostIndex, caps: &Caps<'_, '_, '_>) {
        for (label, (left, division)) in self.left.iter_mut().zip(fleet.spread()).enumerate() {
            let domain = division.of[host.index()];
            let left = &mut left[domain.index()];
            *left -= 1;
            if *left > 0 && caps.room(LabelIndex::new(label), domain) > 1 {
                continue;
            }
            self.domains[label] -= 1;
            if *left > 0 {
                self.closed.push(LabelIndex::new(label));
            }
        }
    }
}
