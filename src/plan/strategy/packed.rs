//! Hosts whose batches are worked out in advance, where the domains of several labels have caps.
//!
//! They come in the order of `even`, each into the first batch that has room for it ([`crate::plan::packing`]).

use std::collections::VecDeque;

use super::even::Even;
use super::{Candidates, Caps, Fleet, HostIndex, Reason, State, Strategy};
use crate::plan::packing::{Limit, pack};
use crate::plan::why::Share;
use crate::policy::Remainder;

/// The batches, one after another.
pub(super) struct Packed<'f, 'v, 'a> {
    fleet: &'f Fleet<'v, 'a>,
    batches: VecDeque<VecDeque<HostIndex>>,
    left: usize,
    /// Hosts that stand in a batch already, then those that were handed out.
    before: Vec<HostIndex>,
}

impl<'f, 'v, 'a> Packed<'f, 'v, 'a> {
    pub fn new(candidates: &Candidates<'_, 'f, 'v, 'a>) -> Self {
        let fleet = candidates.fleet;
        let mut even = Even::new(candidates);
        let order: Vec<HostIndex> = std::iter::from_fn(|| even.next(&Caps::none())).collect();
        let (last, first): (Vec<_>, Vec<_>) = order.iter().partition(|host| fleet.is_last(**host));
        let mut batches: Vec<Vec<HostIndex>> = Vec::new();
        pack_after(candidates, &mut batches, &first);
        let joined = fill_up(candidates, &mut batches, &last);
        pack_after(candidates, &mut batches, &last[joined..]);
        let taken = |host: &&HostIndex| candidates.state(**host) == State::Taken;
        Packed {
            fleet,
            batches: batches.into_iter().map(VecDeque::from).collect(),
            left: order.len(),
            before: fleet.order.iter().filter(taken).copied().collect(),
        }
    }
}

/// Packs hosts into batches after those there are.
fn pack_after(candidates: &Candidates<'_, '_, '_, '_>, batches: &mut Vec<Vec<HostIndex>>, hosts: &[HostIndex]) {
    let limits = candidates.fleet.spread.iter().filter_map(|division| {
        let caps: Option<Vec<usize>> = division.domains.iter().map(|domain| domain.cap).collect();
        let of = hosts.iter().map(|host| division.of[host.index()].index() as u32).collect();
        Some(Limit { of, caps: caps? })
    });
    let limits: Vec<Limit> = limits.collect();
    let done = batches.len();
    let balances = candidates.fleet.rules.remainder() == Remainder::Balance;
    let even_from = balances.then(|| (candidates.sizes.len().saturating_sub(1)).saturating_sub(done));
    let packed = pack(hosts.len(), &limits, &|batch| candidates.size(done + batch), even_from);
    batches.extend(packed.into_iter().map(|batch| batch.into_iter().map(|place| hosts[place as usize]).collect()));
}

/// Adds the first of these hosts to the last batch, as far as it has room; gives their number.
fn fill_up(candidates: &Candidates<'_, '_, '_, '_>, batches: &mut [Vec<HostIndex>], hosts: &[HostIndex]) -> usize {
    let at = batches.len().saturating_sub(1);
    let Some(batch) = batches.last_mut() else { return 0 };
    let mut caps = Caps::new(candidates.fleet);
    batch.iter().for_each(|host| caps.take(*host));
    let room = candidates.size(at).saturating_sub(batch.len());
    let fitting = hosts.iter().take(room).take_while(|host| {
        let fits = caps.full(**host).is_none();
        caps.take(**host);
        fits
    });
    let joined = fitting.count();
    batch.extend_from_slice(&hosts[..joined]);
    joined
}

impl<'a> Strategy<'a> for Packed<'_, '_, 'a> {
    fn left(&self) -> usize {
        self.left
    }

    fn begin(&mut self) {
        while self.batches.front().is_some_and(VecDeque::is_empty) {
            self.batches.pop_front();
        }
    }

    fn settled(&self) -> usize {
        self.batches.front().map_or(0, VecDeque::len)
    }

    fn least(&self, _: &Caps<'_, '_, 'a>) -> usize {
        self.batches.len()
    }

    fn next(&mut self, _: &Caps<'_, '_, 'a>) -> Option<HostIndex> {
        let host = self.batches.front_mut()?.pop_front()?;
        self.left -= 1;
        self.before.push(host);
        Some(host)
    }

    fn reason(&self, host: HostIndex) -> Reason<'a> {
        let mut shares = Vec::new();
        let spread = &self.fleet.spread;
        for level in 0..spread.len() {
            let is_in = |other: &&HostIndex| {
                self.fleet.is_last(**other) == self.fleet.is_last(host)
                    && spread[..=level].iter().all(|division| division.of[other.index()] == division.of[host.index()])
            };
            let division = &spread[level];
            let name = division.domains[division.of[host.index()].index()].name;
            shares.push(Share {
                domain: vec![(division.label.to_string(), name)],
                nth: self.before.iter().filter(is_in).count(),
                of: self.fleet.order.iter().filter(is_in).count(),
            });
        }
        Reason::Quota(shares)
    }
}
