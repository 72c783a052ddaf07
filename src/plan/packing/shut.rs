//! Batches that have as many domains of a label as they may have.

use super::room::Full;
use super::{NONE, Packing};

/// The domains that batches have of one label.
pub(super) struct Shut {
    most: u32,
    /// For each batch the number of its domains.
    domains: Vec<u32>,
    /// A bit for each batch that has the most.
    batches: Full,
}

impl Shut {
    pub fn new(most: usize) -> Self {
        Shut { most: most.clamp(1, NONE as usize) as u32, domains: Vec::new(), batches: Full::dense() }
    }

    /// Counts another domain into a batch.
    pub fn open(&mut self, batch: usize) {
        if self.domains.len() <= batch {
            self.domains.resize(batch + 1, 0);
        }
        self.domains[batch] += 1;
        if self.domains[batch] >= self.most {
            self.batches.set(batch);
        }
    }

    pub fn is_shut(&self, batch: usize) -> bool {
        self.domains.get(batch).is_some_and(|domains| *domains >= self.most)
    }
}

/// The batches that have hosts of a domain.
pub(super) enum Present {
    /// A bit for each.
    Bits(Full),
    /// Where the domain has so few hosts that this is shorter, ascending.
    List(Vec<u32>),
}

impl Present {
    /// For a domain of so many hosts in so many batches.
    pub fn new(hosts: usize, batches: usize) -> Self {
        if Full::is_dense(hosts, batches) { Present::Bits(Full::dense()) } else { Present::List(Vec::new()) }
    }

    pub fn set(&mut self, batch: usize) {
        match self {
            Present::Bits(bits) => bits.set(batch),
            Present::List(list) => {
                let place = list.partition_point(|other| (*other as usize) < batch);
                list.insert(place, batch as u32);
            }
        }
    }

    pub fn list(&self) -> Option<&[u32]> {
        match self {
            Present::List(list) => Some(list),
            Present::Bits(_) => None,
        }
    }
}

impl Packing<'_> {
    /// Sixty-four batches, a bit for each that has no room for another domain and no host of this one.
    pub(super) fn shut_word(&self, domain: u32, word: usize) -> u64 {
        let Some(shut) = self.shut.get(self.shut_by[domain as usize] as usize) else { return 0 };
        let present = match &self.present[domain as usize] {
            Present::Bits(bits) => bits.word(word),
            Present::List(_) => 0,
        };
        shut.batches.word(word) & !present
    }
}
