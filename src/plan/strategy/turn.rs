//! Hosts in a line, of which the first that the open batch has room for is next.

use std::collections::VecDeque;

use super::{Caps, HostIndex};

/// The hosts of a line.
pub(super) struct Turn {
    hosts: VecDeque<HostIndex>,
    /// Those that the open batch has no room for; they come before the others.
    aside: Vec<HostIndex>,
    /// Whether all of them are in the same domains, as far as these have caps: then the first one tells of all.
    alike: bool,
}

impl Turn {
    pub fn new(hosts: Vec<HostIndex>, alike: bool) -> Self {
        Turn { hosts: hosts.into(), aside: Vec::new(), alike }
    }

    pub fn len(&self) -> usize {
        self.hosts.len() + self.aside.len()
    }

    /// One of the hosts.
    pub fn first(&self) -> Option<HostIndex> {
        self.aside.first().or(self.hosts.front()).copied()
    }

    /// Whether hosts were passed over.
    pub fn has_aside(&self) -> bool {
        !self.aside.is_empty()
    }

    /// Begins a batch.
    pub fn begin(&mut self) {
        self.aside.drain(..).rev().for_each(|host| self.hosts.push_front(host));
    }

    /// The next host that may join; room only shrinks while a batch is open, so that none is asked twice.
    pub fn next(&mut self, caps: &Caps<'_, '_, '_>) -> Option<HostIndex> {
        loop {
            let host = *self.hosts.front()?;
            let is_full = caps.full(host).is_some();
            if is_full && self.alike {
                return None;
            }
            self.hosts.pop_front();
            if !is_full {
                return Some(host);
            }
            self.aside.push(host);
        }
    }
}
