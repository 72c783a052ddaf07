//! How many hosts of each domain the open batch has.

use super::fleet::{Division, Fleet};
use super::index::{DomainIndex, HostIndex, LabelIndex};

/// Counts the hosts of the open batch by domain, where domains have caps.
pub(super) struct Caps<'f, 'v, 'a> {
    /// The labels whose domains have caps.
    divisions: &'f [Division<'v, 'a>],
    /// For each label and domain, its hosts in the batch.
    used: Vec<Vec<usize>>,
    /// The counts that are not zero, by label and domain.
    touched: Vec<(LabelIndex, DomainIndex)>,
}

impl<'f, 'v, 'a> Caps<'f, 'v, 'a> {
    pub fn new(fleet: &'f Fleet<'v, 'a>) -> Self {
        let divisions: &[_] = if fleet.is_capped() { &fleet.spread } else { &[] };
        let used = divisions.iter().map(|division| vec![0; division.domains.len()]).collect();
        Caps { divisions, used, touched: Vec::new() }
    }

    /// No caps at all.
    pub fn none() -> Self {
        Caps { divisions: &[], used: Vec::new(), touched: Vec::new() }
    }

    /// The label and domain of the host whose cap is reached, if there is one.
    pub fn full(&self, host: HostIndex) -> Option<(LabelIndex, DomainIndex)> {
        self.divisions.iter().zip(&self.used).enumerate().find_map(|(label, (division, used))| {
            let domain = division.of[host.index()];
            let cap = division.domains[domain.index()].cap;
            cap.is_some_and(|cap| used[domain.index()] >= cap).then_some((LabelIndex::new(label), domain))
        })
    }

    /// How many more hosts of a label's domain the batch may take.
    pub fn room(&self, label: LabelIndex, domain: DomainIndex) -> usize {
        let cap = self.divisions.get(label.index()).and_then(|division| division.domains[domain.index()].cap);
        cap.map_or(usize::MAX, |cap| cap.saturating_sub(self.used[label.index()][domain.index()]))
    }

    /// How many hosts of the same domains as this one a batch may have, at least 1.
    pub fn most_at_once(&self, host: HostIndex) -> usize {
        let caps = self.divisions.iter().filter_map(|division| division.domains[division.of[host.index()].index()].cap);
        caps.fold(usize::MAX, usize::min).max(1)
    }

    /// For each label with caps the domain of each of these hosts, and how many of each domain may join a batch that has
    /// `taken`.
    pub fn rooms(&self, hosts: &[HostIndex], taken: &[HostIndex]) -> (Vec<Vec<u32>>, Vec<Vec<usize>>) {
        let capped = self.divisions.iter().map(|division| {
            let of = hosts.iter().map(|host| division.of[host.index()].index() as u32).collect();
            let mut room: Vec<usize> = division.domains.iter().map(|domain| domain.cap.unwrap_or(usize::MAX)).collect();
            for host in taken {
                let room = &mut room[division.of[host.index()].index()];
                *room = room.saturating_sub(1);
            }
            (of, room)
        });
        capped.unzip()
    }

    /// Counts a host into the batch.
    pub fn take(&mut self, host: HostIndex) {
        for (label, (division, used)) in self.divisions.iter().zip(&mut self.used).enumerate() {
            let domain = division.of[host.index()];
            used[domain.index()] += 1;
            if used[domain.index()] == 1 {
                self.touched.push((LabelIndex::new(label), domain));
            }
        }
    }

    /// Ends the batch: every domain is free again.
    pub fn close(&mut self) {
        for (label, domain) in self.touched.drain(..) {
            self.used[label.index()][domain.index()] = 0;
        }
    }

    /// Whether all these hosts may be in one batch; the open one must be closed.
    pub fn allow(&mut self, mut hosts: impl Iterator<Item = HostIndex>) -> bool {
        let fits = hosts.all(|host| {
            let free = self.full(host).is_none();
            self.take(host);
            free
        });
        self.close();
        fits
    }
}
