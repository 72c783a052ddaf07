//! Two batches exchange hosts so that one of them has room for another.
//!
//! In each domain the hosts of the two batches are paired. Hosts that hang together by pairs change sides together: then
//! a domain has as many hosts in each batch as before, but for those that have no partner, which come from the batch
//! that had more of it. So no cap is exceeded, whatever the number of labels.

use super::room::first_open;
use super::{NONE, Packing};

/// Batches that are tried on each side of an exchange where more than two labels have caps.
const TRIES: usize = 8;

/// Scratch space: partners of hosts, lists of a domain's hosts.
pub(super) struct Pairs {
    /// For each label and host its partner, or `NONE`.
    partner: Vec<Vec<u32>>,
    /// For each domain the first host that has no partner yet, and for each host the one after it.
    head: Vec<u32>,
    next: Vec<u32>,
    /// For each host the last search that met it.
    seen: Vec<u32>,
    search: u32,
}

impl Pairs {
    pub fn new(labels: usize, hosts: usize, domains: usize) -> Self {
        Pairs {
            partner: vec![vec![NONE; hosts]; labels],
            head: vec![NONE; domains],
            next: vec![NONE; hosts],
            seen: vec![0; hosts],
            search: 0,
        }
    }
}

/// What became of an attempt to add a host.
enum Outcome {
    /// It stands in a batch.
    Joined,
    /// It does not; others have changed sides for good.
    Settled,
    /// It does not, and nothing has changed.
    Unchanged,
}

impl Packing<'_> {
    /// Places a host for which no batch has room, if exchanges of others can make some.
    pub(super) fn make_room(&mut self, host: u32, domains: &[u32]) -> bool {
        // the sizes alone are in the way
        let mut from = 0;
        for _ in 0..TRIES {
            let Some(batch) = first_open(self, domains, false, from) else { break };
            if self.add_shifting(host, batch) {
                return true;
            }
            from = batch + 1;
        }
        [true, false].into_iter().any(|in_size| self.exchange_for(host, domains, in_size))
    }

    /// Tries batches that have room in all domains but one together with batches that have room in that one.
    fn exchange_for(&mut self, host: u32, domains: &[u32], in_size: bool) -> bool {
        for (place, wanted) in domains.iter().copied().enumerate() {
            let others: Vec<u32> = domains.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, d)| *d).collect();
            let mut from = 0;
            for _ in 0..TRIES {
                let Some(into) = first_open(self, &others, in_size, from) else { break };
                from = into + 1;
                let mut from = 0;
                for _ in 0..TRIES {
                    let Some(other) = first_open(self, &[wanted], in_size, from) else { break };
                    from = other + 1;
                    if other == into {
                        continue;
                    }
                    if !self.may_look(into, other) {
                        return false;
                    }
                    if self.exchange(host, domains, wanted, into, other) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Counts the hosts that an exchange looks at. With two labels there is no bound: the first exchange will do.
    fn may_look(&mut self, a: usize, b: usize) -> bool {
        if self.of.len() <= 2 {
            return true;
        }
        let cost = self.batches[a].len() + self.batches[b].len();
        let may = self.looks >= cost;
        self.looks = self.looks.saturating_sub(cost);
        may
    }

    /// Moves a host of the domain from `into` to `other`, with all that hang together with it, so that `host` can join.
    fn exchange(&mut self, host: u32, domains: &[u32], wanted: u32, into: usize, other: usize) -> bool {
        self.pair(into, other);
        let Some(label) = self.of.iter().position(|of| of[host as usize] == wanted) else { return false };
        let is_single =
            |h: &u32| self.of[label][*h as usize] == wanted && self.pairs.partner[label][*h as usize] == NONE;
        let singles: Vec<u32> = self.batches[into].iter().copied().filter(is_single).collect();
        for single in singles.into_iter().take(TRIES) {
            self.pair(into, other);
            let chain = self.chain(single);
            self.flip(&chain, into, other);
            for (batch, beside) in [(into, other), (other, into)] {
                match self.join(host, domains, batch, beside) {
                    Outcome::Joined => return true,
                    Outcome::Settled => return false,
                    Outcome::Unchanged => {}
                }
            }
            self.flip(&chain, into, other);
        }
        false
    }

    /// Adds a host to a batch that has room in its domains, if both batches can keep to their sizes.
    fn join(&mut self, host: u32, domains: &[u32], batch: usize, beside: usize) -> Outcome {
        let excess = |packing: &Self, batch: usize| packing.batches[batch].len().cmp(&packing.sizes[batch]);
        let size = excess(self, batch);
        if size.is_gt() || !domains.iter().all(|domain| self.has_room(*domain, batch)) {
            return Outcome::Unchanged;
        }
        let was_shifted = excess(self, beside).is_gt();
        if was_shifted && !self.shift_out(beside, batch) {
            return Outcome::Unchanged;
        }
        if size.is_lt() {
            self.add(host, batch);
            Outcome::Joined
        } else if self.add_shifting(host, batch) {
            Outcome::Joined
        } else if was_shifted {
            Outcome::Settled
        } else {
            Outcome::Unchanged
        }
    }

    /// Adds a host to a batch that has its size, and moves one more host out of it than into it.
    fn add_shifting(&mut self, host: u32, batch: usize) -> bool {
        self.add(host, batch);
        if self.shift_out(batch, batch) {
            return true;
        }
        self.batches[batch].retain(|other| *other != host);
        self.count_out(host, batch);
        self.note_size(batch);
        false
    }

    /// Moves what a batch has too much to another one, but not to `but`.
    fn shift_out(&mut self, batch: usize, but: usize) -> bool {
        let mut from = 0;
        for _ in 0..TRIES {
            let Some(other) = first_open(self, &[], true, from) else { break };
            from = other + 1;
            if other != but && other != batch && self.may_look(batch, other) && self.shift(batch, other) {
                return true;
            }
        }
        false
    }

    /// Moves hosts between two batches so that the first has its size, and the second no more than its own.
    fn shift(&mut self, batch: usize, other: usize) -> bool {
        let excess = self.batches[batch].len() - self.sizes[batch];
        let room = self.sizes[other] - self.batches[other].len();
        self.pair(batch, other);
        for start in self.batches[batch].clone() {
            let chain = self.chain(start);
            let out = chain.iter().filter(|host| self.at[**host as usize] as usize == batch).count();
            let net = out.saturating_sub(chain.len() - out);
            if net >= excess && net <= room {
                self.flip(&chain, batch, other);
                return true;
            }
        }
        false
    }

    /// Pairs the hosts of two batches in each domain, and begins a search for chains of pairs.
    fn pair(&mut self, a: usize, b: usize) {
        let pairs = &mut self.pairs;
        pairs.search += 1;
        for (label, of) in self.of.iter().enumerate() {
            let partner = &mut pairs.partner[label];
            for host in self.batches[a].iter().rev().map(|host| *host as usize) {
                partner[host] = NONE;
                if of[host] != NONE {
                    let head = &mut pairs.head[of[host] as usize];
                    pairs.next[host] = *head;
                    *head = host as u32;
                }
            }
            for host in self.batches[b].iter().map(|host| *host as usize) {
                partner[host] = NONE;
                if of[host] == NONE {
                    continue;
                }
                let head = &mut pairs.head[of[host] as usize];
                if *head != NONE {
                    let mate = *head as usize;
                    *head = pairs.next[mate];
                    (partner[mate], partner[host]) = (host as u32, mate as u32);
                }
            }
            for host in self.batches[a].iter().map(|host| *host as usize) {
                if of[host] != NONE {
                    pairs.head[of[host] as usize] = NONE;
                }
            }
        }
    }

    /// The hosts that hang together with one; nothing where this search has met it before.
    fn chain(&mut self, start: u32) -> Vec<u32> {
        let pairs = &mut self.pairs;
        let (mut chain, mut open) = (Vec::new(), vec![start]);
        while let Some(host) = open.pop() {
            if std::mem::replace(&mut pairs.seen[host as usize], pairs.search) == pairs.search {
                continue;
            }
            chain.push(host);
            let mates = pairs.partner.iter().map(|partner| partner[host as usize]);
            open.extend(mates.filter(|mate| *mate != NONE));
        }
        chain
    }

    /// Lets the hosts of a chain change sides; done again, it takes that back.
    fn flip(&mut self, chain: &[u32], a: usize, b: usize) {
        for host in chain.iter().copied() {
            let from = self.at[host as usize] as usize;
            let to = if from == a { b } else { a };
            self.count_out(host, from);
            self.count_in(host, to);
        }
        let mut moved = Vec::new();
        for batch in [a, b] {
            let stays = |host: &u32| self.at[*host as usize] as usize == batch;
            self.batches[batch].retain(|host| {
                stays(host) || {
                    moved.push(*host);
                    false
                }
            });
        }
        for host in moved {
            self.batches[self.at[host as usize] as usize].push(host);
        }
        self.note_size(a);
        self.note_size(b);
    }
}
