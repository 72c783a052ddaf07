//! The state of cutting one version's hosts into batches.

use super::caps::Caps;
use super::fleet::Fleet;
use super::index::HostIndex;
use super::sizes::Sizes;
use super::strategy::{State, Strategy};
use super::why::Reason;
use crate::diagnostics::Diagnostics;

/// The hosts that are asked about, and the answers.
#[derive(Default)]
pub(super) struct Question<'a> {
    pub asked: Asked,
    pub answers: Vec<(HostIndex, Reason<'a>)>,
}

/// Of whom it is asked why they stand where they do.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Asked {
    #[default]
    Nobody,
    One(HostIndex),
    All,
}

impl<'a> Question<'a> {
    /// Keeps the reason of a host that is asked about.
    pub fn note(&mut self, host: HostIndex, reason: impl FnOnce() -> Reason<'a>) {
        if self.asked == Asked::All || self.asked == Asked::One(host) {
            self.answers.push((host, reason()));
        }
    }
}

/// One version, while it is cut into batches.
pub(super) struct Batching<'f, 'v, 'a> {
    pub fleet: &'f Fleet<'v, 'a>,
    pub sizes: Sizes<'v>,
    /// What became of each host so far.
    pub states: Vec<State>,
    /// The open batch.
    pub caps: Caps<'f, 'v, 'a>,
    pub question: &'f mut Question<'a>,
    pub found: &'f mut Diagnostics,
}

impl<'a> Batching<'_, '_, 'a> {
    /// The next hosts, at most `size`, as far as the strategy and the caps let them in.
    pub fn fill(&mut self, strategy: &mut dyn Strategy<'a>, size: usize) -> Vec<HostIndex> {
        let mut hosts = Vec::with_capacity(size.min(strategy.section()));
        while hosts.len() < size {
            let Some(host) = strategy.next(&self.caps) else { break };
            self.question.note(host, || strategy.reason(host));
            self.caps.take(host);
            hosts.push(host);
        }
        hosts
    }
}
