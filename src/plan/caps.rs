//! How many hosts of each domain the open batch has.

use super::Domain;
use super::fleet::{Division, Fleet};
use super::index::{DomainIndex, HostIndex, LabelIndex};

/// Counts the hosts of the open batch by domain, where domains have caps.
pub(super) struct Caps<'f, 'v, 'a> {
    /// The labels; some of their domains have caps.
    divisions: &'f [Division<'v, 'a>],
    /// For each label and domain, its hosts in the batch.
    used: Vec<Vec<usize>>,
    /// For each label the number of its domains that have hosts in the batch.
    open: Vec<usize>,
    /// The counts that are not zero, by label and domain.
    touched: Vec<(LabelIndex, DomainIndex)>,
}

/// What may join a batch of the domains of a label.
#[derive(Clone, Default)]
pub(super) struct Room {
    /// For each host its domain.
    pub of: Vec<u32>,
    /// For each domain how many more hosts may join.
    pub left: Vec<usize>,
    /// For each domain how many are in the batch.
    pub used: Vec<usize>,
    /// How many more domains may have hosts in the batch.
    pub domains: usize,
}

impl Room {
    /// Whether a host of the domain may join.
    pub fn has(&self, domain: usize) -> bool {
        self.left[domain] > 0 && (self.used[domain] > 0 || self.domains > 0)
    }

    /// Counts a host in.
    pub fn take(&mut self, domain: usize) {
        self.domains -= usize::from(self.used[domain] == 0);
        self.used[domain] += 1;
        self.left[domain] -= 1;
    }

    /// The opposite.
    pub fn give_back(&mut self, domain: usize) {
        self.left[domain] += 1;
        self.used[domain] -= 1;
        self.domains += usize::from(self.used[domain] == 0);
    }
}

impl<'f, 'v, 'a> Caps<'f, 'v, 'a> {
    pub fn new(fleet: &'f Fleet<'v, 'a>) -> Self {
        let divisions: &[_] = if fleet.is_capped() { &fleet.divisions } else { &[] };
        let used = divisions.iter().map(|division| vec![0; division.domains.len()]).collect();
        Caps { divisions, used, open: vec![0; divisions.len()], touched: Vec::new() }
    }

    /// No caps at all.
    pub fn none() -> Self {
        Caps { divisions: &[], used: Vec::new(), open: Vec::new(), touched: Vec::new() }
    }

    /// The label and domain of the host that the batch has no room for, if there is one.
    pub fn full(&self, host: HostIndex) -> Option<(LabelIndex, DomainIndex)> {
        self.divisions.iter().enumerate().find_map(|(label, division)| {
            let (label, domain) = (LabelIndex::new(label), division.of[host.index()]);
            (self.room(label, domain) == 0).then_some((label, domain))
        })
    }

    /// How many more hosts of a label's domain the batch may take.
    pub fn room(&self, label: LabelIndex, domain: DomainIndex) -> usize {
        let Some(division) = self.divisions.get(label.index()) else { return usize::MAX };
        let used = self.used[label.index()][domain.index()];
        let Domain { name, cap, .. } = &division.domains[domain.index()];
        let is_shut = division.max_domains.is_some_and(|most| self.open[label.index()] >= most);
        if is_shut && used == 0 && name.is_value() {
            return 0;
        }
        cap.map_or(usize::MAX, |cap| cap.saturating_sub(used))
    }

    /// Whether the domain has as many hosts in the batch as its own cap allows.
    pub fn is_reached(&self, label: LabelIndex, domain: DomainIndex) -> bool {
        let cap = self.divisions.get(label.index()).and_then(|division| division.domains[domain.index()].cap);
        cap.is_some_and(|cap| self.used[label.index()][domain.index()] >= cap)
    }

    /// How many hosts of the same domains as this one a batch may have, at least 1.
    pub fn most_at_once(&self, host: HostIndex) -> usize {
        let caps = self.divisions.iter().filter_map(|division| division.domains[division.of[host.index()].index()].cap);
        caps.fold(usize::MAX, usize::min).max(1)
    }

    /// For each label the domain of each of these hosts, and what of them may join a batch that has `taken`.
    pub fn rooms(&self, hosts: &[HostIndex], taken: &[HostIndex]) -> Vec<Room> {
        let room_of = |division: &Division<'_, '_>| {
            let mut left: Vec<usize> = division.domains.iter().map(|domain| domain.cap.unwrap_or(usize::MAX)).collect();
            // what does not count is in the batch from the beginning
            let mut used: Vec<usize> =
                division.domains.iter().map(|domain| usize::from(!domain.name.is_value())).collect();
            let mut domains = division.max_domains.unwrap_or(usize::MAX);
            for host in taken {
                let domain = division.of[host.index()].index();
                left[domain] = left[domain].saturating_sub(1);
                domains = domains.saturating_sub(usize::from(used[domain] == 0));
                used[domain] += 1;
            }
            let of = hosts.iter().map(|host| division.of[host.index()].index() as u32).collect();
            Room { of, left, used, domains }
        };
        self.divisions.iter().filter(|division| division.is_capped()).map(room_of).collect()
    }

    /// Counts a host into the batch.
    pub fn take(&mut self, host: HostIndex) {
        for (label, (division, used)) in self.divisions.iter().zip(&mut self.used).enumerate() {
            let domain = division.of[host.index()];
            used[domain.index()] += 1;
            if used[domain.index()] == 1 {
                self.open[label] += usize::from(division.domains[domain.index()].name.is_value());
                self.touched.push((LabelIndex::new(label), domain));
            }
        }
    }

    /// Ends the batch: every domain is free again.
    pub fn close(&mut self) {
        for (label, domain) in self.touched.drain(..) {
            self.used[label.index()][domain.index()] = 0;
            self.open[label.index()] = 0;
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
