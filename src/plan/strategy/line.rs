//! One host after another, in order.

use super::{Caps, Deal, Fleet, Reason, Strategy};

/// The hosts in a line.
pub(super) struct Line<'f, 'v, 'a> {
    fleet: &'f Fleet<'v, 'a>,
    hosts: std::vec::IntoIter<u32>,
}

impl<'f, 'v, 'a> Line<'f, 'v, 'a> {
    pub fn new(deal: &Deal<'_, 'f, 'v, 'a>) -> Self {
        let hosts: Vec<u32> = deal.free_phases().concat();
        Line { fleet: deal.fleet, hosts: hosts.into_iter() }
    }
}

impl<'a> Strategy<'a> for Line<'_, '_, 'a> {
    fn left(&self) -> usize {
        self.hosts.len()
    }

    fn next(&mut self, _: &Caps<'_, '_, 'a>) -> Option<u32> {
        self.hosts.next()
    }

    fn reason(&self, host: u32) -> Reason<'a> {
        Reason::in_order(self.fleet, host)
    }
}
