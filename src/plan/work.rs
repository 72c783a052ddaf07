//! What cutting one version into batches works with.

use super::caps::Caps;
use super::fleet::Fleet;
use super::sizes::Sizes;
use super::strategy::{State, Strategy};
use super::why::Reason;
use crate::diagnostics::Diagnostics;

/// The host that is asked about, and the answer.
#[derive(Default)]
pub(super) struct Watch<'a> {
    pub host: Option<u32>,
    pub found: Option<Reason<'a>>,
}

impl<'a> Watch<'a> {
    /// Keeps the reason if it is the host's.
    pub fn see(&mut self, host: u32, reason: impl FnOnce() -> Reason<'a>) {
        if self.host == Some(host) {
            self.found = Some(reason());
        }
    }
}

/// The work on one version.
pub(super) struct Work<'f, 'v, 'a> {
    pub fleet: &'f Fleet<'v, 'a>,
    pub sizes: Sizes<'v>,
    /// What became of each host so far.
    pub states: Vec<State>,
    /// The open batch.
    pub caps: Caps<'f, 'v, 'a>,
    pub watch: &'f mut Watch<'a>,
    pub found: &'f mut Diagnostics,
}

impl<'a> Work<'_, '_, 'a> {
    /// The next hosts, at most `size`, as far as the strategy and the caps let them in.
    pub fn fill(&mut self, strategy: &mut dyn Strategy<'a>, size: usize) -> Vec<u32> {
        let mut hosts = Vec::with_capacity(size.min(strategy.section()));
        while hosts.len() < size {
            let Some(host) = strategy.next(&self.caps) else { break };
            self.watch.see(host, || strategy.reason(host));
            self.caps.take(host);
            hosts.push(host);
        }
        hosts
    }
}
