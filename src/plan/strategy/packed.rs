//! Hosts whose batches are worked out in advance, where domains of several labels have caps, or of one that batches are not
//! spread over.
//!
//! They come in the order that there would be without caps, each into the first batch that has room for it
//! ([`crate::plan::packing`]).

use std::collections::VecDeque;

use super::even::Even;
use super::{Candidates, Caps, Fleet, HostIndex, Reason, State, Strategy, sequential};
use crate::plan::packing::{Limit, pack};
use crate::plan::why::Share;
use crate::policy::Remainder;

/// The batches, one after another.
pub(super) struct Packed<'f, 'v, 'a> {
    fleet: &'f Fleet<'v, 'a>,
    /// Sections of batches; what becomes of a short last batch is about one of them.
    sections: VecDeque<Section>,
    left: usize,
    /// Hosts that stand in a batch already, then those that were handed out.
    before: Vec<HostIndex>,
    order: Order,
}

/// Batches that are left of a section.
struct Section {
    batches: VecDeque<VecDeque<HostIndex>>,
    /// The number of their hosts: asked for with every batch, it is not counted each time.
    left: usize,
}

/// The order in which hosts came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Line,
    Even,
    Sequence,
}

impl<'f, 'v, 'a> Packed<'f, 'v, 'a> {
    /// Hosts in order.
    pub fn in_line(candidates: &Candidates<'_, 'f, 'v, 'a>) -> Self {
        Self::new(candidates, Order::Line, vec![candidates.free_phases().concat()])
    }

    /// Hosts of each domain by its share.
    pub fn evenly(candidates: &Candidates<'_, 'f, 'v, 'a>) -> Self {
        let mut even = Even::new(candidates);
        let hosts = std::iter::from_fn(|| even.next(&Caps::none())).collect();
        Self::new(candidates, Order::Even, vec![hosts])
    }

    /// Domain after domain.
    pub fn in_sequence(candidates: &Candidates<'_, 'f, 'v, 'a>) -> Self {
        Self::new(candidates, Order::Sequence, sequential::sections(candidates))
    }

    fn new(candidates: &Candidates<'_, 'f, 'v, 'a>, order: Order, sections: Vec<Vec<HostIndex>>) -> Self {
        let fleet = candidates.fleet;
        let taken = |host: &&HostIndex| candidates.state(**host) == State::Taken;
        let left = sections.iter().map(Vec::len).sum();
        let mut done = 0;
        let packed = sections.iter().map(|hosts| {
            let batches = pack_section(candidates, done, hosts);
            done += batches.len();
            Section { batches: batches.into_iter().map(VecDeque::from).collect(), left: hosts.len() }
        });
        Packed {
            fleet,
            sections: packed.collect(),
            left,
            before: fleet.order.iter().filter(taken).copied().collect(),
            order,
        }
    }
}

/// The batches of hosts after so many others, those of the final batches last.
fn pack_section(candidates: &Candidates<'_, '_, '_, '_>, done: usize, hosts: &[HostIndex]) -> Vec<Vec<HostIndex>> {
    let (last, first): (Vec<_>, Vec<_>) = hosts.iter().partition(|host| candidates.fleet.is_last(**host));
    let mut batches = pack_after(candidates, done, &first);
    let joined = fill_up(candidates, done, &mut batches, &last);
    let more = pack_after(candidates, done + batches.len(), &last[joined..]);
    batches.extend(more);
    batches
}

/// Packs hosts into batches after so many others.
fn pack_after(candidates: &Candidates<'_, '_, '_, '_>, done: usize, hosts: &[HostIndex]) -> Vec<Vec<HostIndex>> {
    let limits = candidates.fleet.divisions.iter().filter(|division| division.is_capped()).map(|division| Limit {
        of: hosts.iter().map(|host| division.of[host.index()].index() as u32).collect(),
        caps: division.domains.iter().map(|domain| domain.cap.unwrap_or(usize::MAX)).collect(),
        counts: division.domains.iter().map(|domain| domain.name.is_value()).collect(),
        most_domains: division.max_domains.unwrap_or(usize::MAX),
    });
    let limits: Vec<Limit> = limits.collect();
    let balances = candidates.fleet.rules.remainder() == Remainder::Balance;
    let even_from = balances.then(|| (candidates.sizes.len().saturating_sub(1)).saturating_sub(done));
    let packed = pack(hosts.len(), &limits, &|batch| candidates.size(done + batch), even_from);
    packed.into_iter().map(|batch| batch.into_iter().map(|place| hosts[place as usize]).collect()).collect()
}

/// Adds the first of these hosts to the last batch, as far as it has room; gives their number.
fn fill_up(
    candidates: &Candidates<'_, '_, '_, '_>,
    done: usize,
    batches: &mut [Vec<HostIndex>],
    hosts: &[HostIndex],
) -> usize {
    let at = done + batches.len().saturating_sub(1);
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

    fn section(&self) -> usize {
        self.sections.front().map_or(0, |section| section.left)
    }

    fn begin(&mut self) {
        while let Some(section) = self.sections.front_mut() {
            while section.batches.front().is_some_and(VecDeque::is_empty) {
                section.batches.pop_front();
            }
            if !section.batches.is_empty() {
                break;
            }
            self.sections.pop_front();
        }
    }

    fn settled(&self) -> usize {
        self.sections.front().and_then(|section| section.batches.front()).map_or(0, VecDeque::len)
    }

    fn least(&self, _: &Caps<'_, '_, 'a>) -> usize {
        self.sections.front().map_or(0, |section| section.batches.len())
    }

    fn next(&mut self, _: &Caps<'_, '_, 'a>) -> Option<HostIndex> {
        let section = self.sections.front_mut()?;
        let host = section.batches.front_mut()?.pop_front()?;
        section.left -= 1;
        self.left -= 1;
        self.before.push(host);
        Some(host)
    }

    fn reason(&self, host: HostIndex) -> Reason<'a> {
        match self.order {
            Order::Line => return Reason::in_order(self.fleet, host),
            Order::Sequence => return sequential::reason(self.fleet, host),
            Order::Even => {}
        }
        let mut shares = Vec::new();
        let spread = self.fleet.spread();
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
