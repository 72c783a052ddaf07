//! Which batch each host joins, where the domains of several labels have caps: as few batches as can be found.
//!
//! Each host, in order, joins the first batch that has room for it. Where none of the fewest batches has, two of them
//! exchange hosts ([`exchange`]). With two labels and one size the fewest are then always enough: hosts are the edges of a
//! bipartite graph, batches its colours, and an exchange is the flip of an alternating path (Kőnig; with sizes,
//! de Werra's equitable colourings). With three or more labels the fewest may not exist and finding out is too much work,
//! so that the attempts are counted and another batch is added when they are used up. Where a label limits the number of its
//! domains in a batch, nothing is exchanged.

mod exchange;
mod room;
mod shut;

use room::{Full, first_open};
use shut::{Present, Shut};
use std::collections::HashMap;

/// Stands for a domain that needs no look, since all its hosts may be in one batch, and for no host.
const NONE: u32 = u32::MAX;

/// Hosts that exchanges may look at for each host that is packed, where more than two labels have caps.
const LOOKS: usize = 64;

/// The caps of a label's domains.
pub(super) struct Limit {
    /// For each host, in the order in which they come, its domain.
    pub of: Vec<u32>,
    /// For each domain the most hosts that a batch may have.
    pub caps: Vec<usize>,
    /// For each domain whether it counts among those below.
    pub counts: Vec<bool>,
    /// The most domains that a batch may have hosts of.
    pub most_domains: usize,
}

/// Hosts on their way into batches. A domain is numbered over all labels.
pub(super) struct Packing<'s> {
    /// For each label and host its domain, or `NONE`.
    of: Vec<Vec<u32>>,
    /// For each domain the most of its hosts in a batch.
    caps: Vec<u32>,
    /// The hosts of a domain in a batch, where there are any.
    counts: HashMap<(u32, u32), u32, foldhash::fast::FixedState>,
    /// For each domain the batches that have no room for another host of it.
    full: Vec<Full>,
    /// Of labels whose domains are limited in number: the batches that have no room for another domain.
    shut: Vec<Shut>,
    /// For each domain its place in `shut`, or `NONE`, and the batches that have hosts of it.
    shut_by: Vec<u32>,
    present: Vec<Present>,
    /// The batches that have their size.
    sized: Full,
    /// For each host its batch, once it has one.
    at: Vec<u32>,
    /// Hosts of each batch.
    batches: Vec<Vec<u32>>,
    /// The size of each batch, and what the policy allows, which may be more.
    sizes: Vec<usize>,
    most: &'s dyn Fn(usize) -> usize,
    pairs: exchange::Pairs,
    /// Hosts that exchanges may still look at.
    looks: usize,
}

/// Packs hosts into batches; gives the hosts of each batch, in order, none empty.
///
/// `most` is how many hosts a batch may have, by its number; `balance_from` the batch from which on sizes are to be evened
/// out.
pub(super) fn pack(
    hosts: usize,
    limits: &[Limit],
    most: &dyn Fn(usize) -> usize,
    balance_from: Option<usize>,
) -> Vec<Vec<u32>> {
    if hosts == 0 {
        return Vec::new();
    }
    let mut packing = Packing::new(hosts, limits, most);
    if let Some(first) = balance_from {
        packing.balance(hosts, first);
    }
    for host in 0..hosts as u32 {
        packing.place(host);
    }
    let mut batches = packing.batches;
    batches.retain(|batch| !batch.is_empty());
    batches.iter_mut().for_each(|batch| batch.sort_unstable());
    batches
}

/// The fewest batches that sizes and caps allow.
fn fewest(hosts: usize, limits: &[Limit], totals: &[Vec<usize>], most: &dyn Fn(usize) -> usize) -> usize {
    let mut fewest = 1;
    // no batch has more hosts than the domains of a label let in
    let mut widest = usize::MAX;
    for (limit, totals) in limits.iter().zip(totals) {
        let domains = || limit.caps.iter().zip(totals);
        fewest = domains().map(|(cap, total)| total.div_ceil((*cap).max(1))).fold(fewest, usize::max);
        let mut most: Vec<usize> = Vec::new();
        let (mut free, mut parts) = (0usize, 0usize);
        for ((cap, total), counts) in domains().zip(&limit.counts) {
            match counts {
                true => most.push(*cap.min(total)),
                false => free += cap.min(total),
            }
            parts += if *counts { total.div_ceil((*cap).max(1)) } else { 0 };
        }
        most.sort_unstable_by(|a, b| b.cmp(a));
        widest = widest.min(free + most.iter().take(limit.most_domains).sum::<usize>());
        fewest = fewest.max(parts.div_ceil(limit.most_domains.max(1)));
    }
    let (mut sum, mut batches) = (0usize, 0);
    while sum < hosts {
        sum = sum.saturating_add(most(batches).min(widest).max(1));
        batches += 1;
    }
    fewest.max(batches)
}

impl<'s> Packing<'s> {
    fn new(hosts: usize, limits: &[Limit], most: &'s dyn Fn(usize) -> usize) -> Self {
        let totals: Vec<Vec<usize>> = limits.iter().map(totals).collect();
        let fewest = fewest(hosts, limits, &totals, most);
        let (mut of, mut caps, mut full) = (Vec::new(), Vec::new(), Vec::new());
        let (mut shut, mut shut_by, mut present) = (Vec::new(), Vec::new(), Vec::new());
        for (limit, totals) in limits.iter().zip(&totals) {
            let mut numbers = vec![NONE; limit.caps.len()];
            let domains = totals.iter().zip(&limit.counts).filter(|(total, counts)| **total > 0 && **counts).count();
            let is_shut = domains > limit.most_domains;
            for (domain, (cap, total)) in limit.caps.iter().zip(totals).enumerate() {
                let is_counted = is_shut && limit.counts[domain];
                if total > cap || is_counted && *total > 0 {
                    numbers[domain] = caps.len() as u32;
                    caps.push((*cap).clamp(1, NONE as usize) as u32);
                    full.push(Full::new(*total, fewest));
                    shut_by.push(if is_counted { shut.len() as u32 } else { NONE });
                    present.push(Present::new(if is_counted { *total } else { 0 }, fewest));
                }
            }
            if is_shut {
                shut.push(Shut::new(limit.most_domains));
            }
            if numbers.iter().any(|number| *number != NONE) {
                of.push(limit.of.iter().map(|domain| numbers[*domain as usize]).collect());
            }
        }
        let pairs = exchange::Pairs::new(of.len(), hosts, caps.len());
        Packing {
            of,
            caps,
            counts: HashMap::default(),
            full,
            shut,
            shut_by,
            present,
            sized: Full::dense(),
            at: vec![NONE; hosts],
            batches: vec![Vec::new(); fewest],
            sizes: (0..fewest).map(most).collect(),
            most,
            pairs,
            looks: LOOKS.saturating_mul(hosts),
        }
    }

    /// Evens the sizes out from a batch on.
    fn balance(&mut self, hosts: usize, first: usize) {
        let before = self.sizes.iter().take(first).fold(0usize, |sum, size| sum.saturating_add(*size));
        let mut left = hosts.saturating_sub(before);
        let count = self.sizes.len();
        for (place, size) in self.sizes.iter_mut().enumerate().skip(first) {
            *size = left.div_ceil(count - place).clamp(1, *size);
            left = left.saturating_sub(*size);
        }
    }

    fn place(&mut self, host: u32) {
        if self.try_place(host) {
            return;
        }
        // sizes that are evened out may be too tight
        for batch in 0..self.sizes.len() {
            let most = (self.most)(batch);
            if most > self.sizes[batch] {
                self.sizes[batch] = most;
                self.note_size(batch);
            }
        }
        while !self.try_place(host) {
            self.sizes.push((self.most)(self.batches.len()));
            self.batches.push(Vec::new());
        }
    }

    fn try_place(&mut self, host: u32) -> bool {
        let domains = self.domains(host);
        match first_open(self, &domains, true, 0) {
            Some(batch) => {
                self.add(host, batch);
                true
            }
            None => self.shut.is_empty() && self.make_room(host, &domains),
        }
    }

    /// The domains of a host that need a look.
    fn domains(&self, host: u32) -> Vec<u32> {
        self.of.iter().map(|of| of[host as usize]).filter(|domain| *domain != NONE).collect()
    }

    /// Whether a batch may take another host of a domain.
    fn has_room(&self, domain: u32, batch: usize) -> bool {
        let count = self.count(domain, batch);
        count < self.caps[domain as usize] && (count > 0 || !self.is_shut(domain, batch))
    }

    /// Whether a batch has as many domains as it may have of this one's label.
    fn is_shut(&self, domain: u32, batch: usize) -> bool {
        self.shut.get(self.shut_by[domain as usize] as usize).is_some_and(|shut| shut.is_shut(batch))
    }

    fn count(&self, domain: u32, batch: usize) -> u32 {
        self.counts.get(&(domain, batch as u32)).copied().unwrap_or(0)
    }

    fn add(&mut self, host: u32, batch: usize) {
        self.batches[batch].push(host);
        self.count_in(host, batch);
        self.note_size(batch);
    }

    /// Counts a host into the domains of a batch, whose list is the caller's.
    fn count_in(&mut self, host: u32, batch: usize) {
        self.at[host as usize] = batch as u32;
        for label in 0..self.of.len() {
            let domain = self.of[label][host as usize];
            if domain == NONE {
                continue;
            }
            let count = self.counts.entry((domain, batch as u32)).or_default();
            *count += 1;
            if let (1, Some(shut)) = (*count, self.shut.get_mut(self.shut_by[domain as usize] as usize)) {
                shut.open(batch);
                self.present[domain as usize].set(batch);
            }
            if *count >= self.caps[domain as usize] {
                self.full[domain as usize].set(batch);
            }
        }
    }

    /// The opposite.
    fn count_out(&mut self, host: u32, batch: usize) {
        for label in 0..self.of.len() {
            let domain = self.of[label][host as usize];
            if domain == NONE {
                continue;
            }
            let count = self.counts.entry((domain, batch as u32)).or_default();
            *count = count.saturating_sub(1);
            if *count < self.caps[domain as usize] {
                self.full[domain as usize].clear(batch);
            }
        }
    }

    /// Notes whether a batch has its size.
    fn note_size(&mut self, batch: usize) {
        if self.batches[batch].len() >= self.sizes[batch] {
            self.sized.set(batch);
        } else {
            self.sized.clear(batch);
        }
    }
}

/// The hosts of each domain.
fn totals(limit: &Limit) -> Vec<usize> {
    let mut totals = vec![0; limit.caps.len()];
    limit.of.iter().for_each(|domain| totals[*domain as usize] += 1);
    totals
}

#[cfg(test)]
mod tests;
