//! One host after another, in order.

use super::turn::Turn;
use super::{Candidates, Caps, Fleet, HostIndex, Reason, Strategy};

/// The hosts in a line.
pub(super) struct Line<'f, 'v, 'a> {
    fleet: &'f Fleet<'v, 'a>,
    hosts: Turn,
}

impl<'f, 'v, 'a> Line<'f, 'v, 'a> {
    pub fn new(candidates: &Candidates<'_, 'f, 'v, 'a>) -> Self {
        let hosts: Vec<HostIndex> = candidates.free_phases().concat();
        Line { fleet: candidates.fleet, hosts: Turn::new(hosts, !candidates.fleet.is_capped()) }
    }
}

impl<'a> Strategy<'a> for Line<'_, '_, 'a> {
    fn left(&self) -> usize {
        self.hosts.len()
    }

    fn begin(&mut self) {
        self.hosts.begin();
    }

    fn next(&mut self, caps: &Caps<'_, '_, 'a>) -> Option<HostIndex> {
        self.hosts.next(caps)
    }

    fn reason(&self, host: HostIndex) -> Reason<'a> {
        Reason::in_order(self.fleet, host)
    }
}
