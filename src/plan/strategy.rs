//! Which host comes next: the strategies, one file each.
//!
//! The planner cuts batches; a [`Strategy`] only says which host is the next one, and where a batch must end before its
//! size is reached. It gets the hosts through a [`Candidates`] and need not know of canaries, sizes, pins or bounds.
//!
//! To add one: write a file beside these that implements [`Strategy`], give it a word under `assignment.mode` or
//! `spread.mode` (`policy/words.rs`), and name it in [`choose`].

mod bucket;
mod even;
mod line;
mod open;
mod packed;
mod sections;
mod sequential;
mod turn;

use super::Stage;
use super::caps::Caps;
use super::fleet::Fleet;
use super::index::{DomainIndex, HostIndex, LabelIndex};
use super::why::Reason;
use crate::policy::{Mode, SpreadMode};

/// Hands out hosts one by one.
pub(super) trait Strategy<'a> {
    /// The number of hosts that are left.
    fn left(&self) -> usize;

    /// The number of hosts that may follow before a batch must end, whatever its size.
    fn section(&self) -> usize {
        self.left()
    }

    /// The fewest batches that the caps allow for those hosts, as far as the strategy knows.
    fn least(&self, _: &Caps<'_, '_, 'a>) -> usize {
        0
    }

    /// The number of hosts of the next batch, where the strategy has settled it in advance within the policy's sizes;
    /// otherwise 0.
    fn settled(&self) -> usize {
        0
    }

    /// Begins a batch.
    fn begin(&mut self) {}

    /// The next host for the open batch; nothing where none of those that are left may join it. In an empty batch one
    /// may always join.
    fn next(&mut self, caps: &Caps<'_, '_, 'a>) -> Option<HostIndex>;

    /// Why the host that was handed out last came then.
    fn reason(&self, host: HostIndex) -> Reason<'a>;
}

/// What became of a host so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It may be handed out.
    Free,
    /// It stands in a batch.
    Taken,
    /// It is not to be handed out yet.
    Held,
}

/// The hosts that a strategy is to hand out.
pub(super) struct Candidates<'d, 'f, 'v, 'a> {
    pub fleet: &'f Fleet<'v, 'a>,
    /// What became of each host.
    pub states: &'d [State],
    /// Whether the hosts are for the canary or for the batches after it.
    pub stage: Stage,
    /// For strategies with a number of batches of their own: how many there are to be.
    pub waves: usize,
    /// Most hosts of the batches to cut; the last repeats.
    pub sizes: Vec<usize>,
}

impl Candidates<'_, '_, '_, '_> {
    /// All hosts in order, those of the final batches in a list of their own after the others.
    fn phases(&self) -> [Vec<HostIndex>; 2] {
        let (last, first) = self.fleet.order.iter().partition(|host| self.fleet.is_last(**host));
        [first, last]
    }

    /// The hosts to hand out, in the same two lists.
    fn free_phases(&self) -> [Vec<HostIndex>; 2] {
        self.phases().map(|mut hosts| {
            hosts.retain(|host| self.state(*host) == State::Free);
            hosts
        })
    }

    /// The most hosts of a batch, by its number from 0.
    fn size(&self, batch: usize) -> usize {
        self.sizes.get(batch).or(self.sizes.last()).copied().unwrap_or(usize::MAX)
    }

    fn state(&self, host: HostIndex) -> State {
        self.states[host.index()]
    }
}

/// The strategy that the rules ask for.
pub(super) fn choose<'f, 'v, 'a>(candidates: &Candidates<'_, 'f, 'v, 'a>) -> Box<dyn Strategy<'a> + 'f> {
    let rules = candidates.fleet.rules;
    let (fleet, is_canary) = (candidates.fleet, candidates.stage == Stage::A);
    match rules.spread.by().map(|_| rules.spread.mode()) {
        _ if rules.mode() == Mode::Bucket => bucket::strategy(candidates),
        None if fleet.is_capped() && !is_canary => Box::new(packed::Packed::in_line(candidates)),
        None => Box::new(line::Line::new(candidates)),
        Some(SpreadMode::Even) if fleet.has_crossing_caps() && !is_canary => {
            Box::new(packed::Packed::evenly(candidates))
        }
        Some(SpreadMode::Even) => Box::new(even::Even::new(candidates)),
        Some(SpreadMode::Sequential) if fleet.has_other_caps() && !is_canary => {
            Box::new(packed::Packed::in_sequence(candidates))
        }
        Some(SpreadMode::Sequential) => Box::new(sequential::strategy(candidates)),
    }
}
