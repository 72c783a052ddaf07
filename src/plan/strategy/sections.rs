//! Sections of hosts, one after another: no batch has hosts of two.

use std::collections::VecDeque;

use super::{Caps, HostIndex, Strategy};
use crate::plan::why::Reason;

/// Hosts in sections; each is to be worked off before the next begins.
pub(super) struct Sections<'f, 'a> {
    sections: VecDeque<VecDeque<HostIndex>>,
    left: usize,
    why: Box<dyn Fn(HostIndex) -> Reason<'a> + 'f>,
}

impl<'f, 'a> Sections<'f, 'a> {
    /// The sections in order, those without hosts left out; `why` tells why a host is where it is.
    pub fn new(sections: impl IntoIterator<Item = Vec<HostIndex>>, why: impl Fn(HostIndex) -> Reason<'a> + 'f) -> Self {
        let filled = sections.into_iter().filter(|section| !section.is_empty());
        let sections: VecDeque<VecDeque<HostIndex>> = filled.map(VecDeque::from).collect();
        let left = sections.iter().map(VecDeque::len).sum();
        Sections { sections, left, why: Box::new(why) }
    }
}

impl<'a> Strategy<'a> for Sections<'_, 'a> {
    fn left(&self) -> usize {
        self.left
    }

    fn section(&self) -> usize {
        self.sections.front().map_or(0, VecDeque::len)
    }

    fn least(&self, caps: &Caps<'_, '_, 'a>) -> usize {
        let section = self.sections.front();
        section.and_then(|section| Some(section.len().div_ceil(caps.most_at_once(*section.front()?)))).unwrap_or(0)
    }

    fn begin(&mut self) {
        while self.sections.front().is_some_and(VecDeque::is_empty) {
            self.sections.pop_front();
        }
    }

    /// All hosts of a section are in the same domains, so that the first one's caps are those of all.
    fn next(&mut self, caps: &Caps<'_, '_, 'a>) -> Option<HostIndex> {
        let section = self.sections.front_mut()?;
        let host = section.front().copied().filter(|host| caps.full(*host).is_none())?;
        section.pop_front();
        self.left -= 1;
        Some(host)
    }

    fn reason(&self, host: HostIndex) -> Reason<'a> {
        (self.why)(host)
    }
}
