//! How many hosts of each domain the open batch has.

use super::fleet::{Division, Fleet};

/// Counts the hosts of the open batch by domain, where domains have caps.
pub(super) struct Caps<'f, 'v, 'a> {
    /// The labels whose domains have caps.
    divisions: &'f [Division<'v, 'a>],
    /// For each label and domain, its hosts in the batch.
    used: Vec<Vec<usize>>,
    /// The counts that are not zero, by label and domain.
    touched: Vec<(usize, usize)>,
}

impl<'f, 'v, 'a> Caps<'f, 'v, 'a> {
    pub fn new(fleet: &'f Fleet<'v, 'a>) -> Self {
        let divisions: &[_] = if fleet.is_capped() { &fleet.spread } else { &[] };
        let used = divisions.iter().map(|division| vec![0; division.domains.len()]).collect();
        Caps { divisions, used, touched: Vec::new() }
    }

    /// The label and domain of the host whose cap is reached, if there is one.
    pub fn full(&self, host: u32) -> Option<(usize, usize)> {
        self.divisions.iter().zip(&self.used).enumerate().find_map(|(label, (division, used))| {
            let domain = division.of[host as usize] as usize;
            division.domains[domain].cap.is_some_and(|cap| used[domain] >= cap).then_some((label, domain))
        })
    }

    /// How many more hosts of a label's domain the batch may take.
    pub fn room(&self, label: usize, domain: u32) -> usize {
        let cap = self.divisions.get(label).and_then(|division| division.domains[domain as usize].cap);
        cap.map_or(usize::MAX, |cap| cap.saturating_sub(self.used[label][domain as usize]))
    }

    /// Counts a host into the batch.
    pub fn take(&mut self, host: u32) {
        for (label, (division, used)) in self.divisions.iter().zip(&mut self.used).enumerate() {
            let domain = division.of[host as usize] as usize;
            used[domain] += 1;
            if used[domain] == 1 {
                self.touched.push((label, domain));
            }
        }
    }

    /// Ends the batch: every domain is free again.
    pub fn close(&mut self) {
        for (label, domain) in self.touched.drain(..) {
            self.used[label][domain] = 0;
        }
    }

    /// Whether all these hosts may be in one batch; the open one must be closed.
    pub fn allow(&mut self, mut hosts: impl Iterator<Item = u32>) -> bool {
        let fits = hosts.all(|host| {
            let free = self.full(host).is_none();
            self.take(host);
            free
        });
        self.close();
        fits
    }
}
