//! Sections of hosts, one after another: no batch has hosts of two.

use std::collections::VecDeque;

use super::turn::Turn;
use super::{Caps, HostIndex, Strategy};
use crate::plan::why::Reason;

/// Hosts in sections; each is to be worked off before the next begins.
pub(super) struct Sections<'f, 'a> {
    sections: VecDeque<Turn>,
    left: usize,
    why: Box<dyn Fn(HostIndex) -> Reason<'a> + 'f>,
}

impl<'f, 'a> Sections<'f, 'a> {
    /// The sections in order, those without hosts left out; `alike` that those of one are in the same domains,
    /// as far as these have caps; `why` tells why a host is where it is.
    pub fn new(
        sections: impl IntoIterator<Item = Vec<HostIndex>>,
        alike: bool,
        why: impl Fn(HostIndex) -> Reason<'a> + 'f,
    ) -> Self {
        let filled = sections.into_iter().filter(|section| !section.is_empty());
        let sections: VecDeque<Turn> = filled.map(|hosts| Turn::new(hosts, alike)).collect();
        let left = sections.iter().map(Turn::len).sum();
        Sections { sections, left, why: Box::new(why) }
    }
}

impl<'a> Strategy<'a> for Sections<'_, 'a> {
    fn left(&self) -> usize {
        self.left
    }

    fn section(&self) -> usize {
        self.sections.front().map_or(0, Turn::len)
    }

    fn least(&self, caps: &Caps<'_, '_, 'a>) -> usize {
        let section = self.sections.front();
        section.and_then(|section| Some(section.len().div_ceil(caps.most_at_once(section.first()?)))).unwrap_or(0)
    }

    fn begin(&mut self) {
        while self.sections.front().is_some_and(|section| section.len() == 0) {
            self.sections.pop_front();
        }
        self.sections.front_mut().into_iter().for_each(Turn::begin);
    }

    fn next(&mut self, caps: &Caps<'_, '_, 'a>) -> Option<HostIndex> {
        let host = self.sections.front_mut()?.next(caps)?;
        self.left -= 1;
        Some(host)
    }

    fn reason(&self, host: HostIndex) -> Reason<'a> {
        (self.why)(host)
    }
}
