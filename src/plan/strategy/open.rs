//! How many domains of each label may still give a host to the open batch.
//!
//! With several labels, once one of them has no such domain left, the batch is over: no domain of another label need be
//! tried in vain.

use super::{Caps, Deal, Fleet, State};

/// Counts domains that have hosts left and room for one. It may count too many, never too few.
#[derive(Default)]
pub(super) struct Open {
    /// For each label and domain, its hosts still to be handed out.
    left: Vec<Vec<usize>>,
    /// For each label, its domains that are open.
    domains: Vec<usize>,
    /// The label of each domain that is closed until the batch ends.
    closed: Vec<usize>,
}

impl Open {
    /// All domains of these hosts are open; nothing is counted where no domain has a cap.
    pub fn new(deal: &Deal<'_, '_, '_, '_>, hosts: &[u32]) -> Self {
        let mut open = Open::default();
        if !deal.fleet.is_capped() {
            return open;
        }
        for division in &deal.fleet.spread {
            let mut left = vec![0; division.domains.len()];
            let free = hosts.iter().filter(|host| deal.state(**host) == State::Free);
            free.for_each(|host| left[division.of[*host as usize] as usize] += 1);
            open.domains.push(left.iter().filter(|left| **left > 0).count());
            open.left.push(left);
        }
        open
    }

    /// Whether some label has no open domain.
    pub fn is_over(&self) -> bool {
        self.domains.contains(&0)
    }

    /// Begins a batch.
    pub fn begin(&mut self) {
        for label in self.closed.drain(..) {
            self.domains[label] += 1;
        }
    }

    /// Counts a host that is about to join the batch.
    pub fn take(&mut self, fleet: &Fleet<'_, '_>, host: u32, caps: &Caps<'_, '_, '_>) {
        for (label, (left, division)) in self.left.iter_mut().zip(&fleet.spread).enumerate() {
            let domain = division.of[host as usize];
            let left = &mut left[domain as usize];
            *left -= 1;
            if *left > 0 && caps.room(label, domain) > 1 {
                continue;
            }
            self.domains[label] -= 1;
            if *left > 0 {
                self.closed.push(label);
            }
        }
    }
}
