//! The state of cutting one version's hosts into batches.

use super::caps::Caps;
use super::fleet::Fleet;
use super::index::HostIndex;
use super::sizes::Sizes;
use super::strategy::{State, Strategy};
use super::why::Reason;
use crate::diagnostics::Diagnostics;

/// The host that is asked about, and the answer.
#[derive(Default)]
pub(super) struct Question<'a> {
    pub host: Option<HostIndex>,
    pub answer: Option<Reason<'a>>,
}

impl<'a> Question<'a> {
    /// Keeps the reason if it is the host's.
    pub fn note(&mut self, host: HostIndex, reason: impl FnOnce() -> Reason<'a>) {
        if self.host == Some(host) {
            self.answer = Some(reason());
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
