//! The first batch that has room for a host, found 64 batches at a time.

use super::Packing;

/// Batches in a word.
const WORD: usize = 64;

/// Batches that are full, of a domain or in size.
pub(super) struct Full {
    /// A bit for each batch, none of those beyond; nothing where the domain has so few hosts that a list would be longer.
    words: Option<Vec<u64>>,
    /// The first word that may have an open batch.
    from: usize,
}

impl Full {
    /// For a domain of so many hosts in so many batches.
    pub fn new(hosts: usize, batches: usize) -> Self {
        Full { words: (hosts >= batches / WORD).then(Vec::new), from: 0 }
    }

    /// One that has a bit for each batch.
    pub fn dense() -> Self {
        Full { words: Some(Vec::new()), from: 0 }
    }

    pub fn set(&mut self, batch: usize) {
        let Some(words) = &mut self.words else { return };
        let (word, bit) = (batch / WORD, batch % WORD);
        if words.len() <= word {
            words.resize(word + 1, 0);
        }
        words[word] |= 1 << bit;
        while words.get(self.from) == Some(&u64::MAX) {
            self.from += 1;
        }
    }

    pub fn clear(&mut self, batch: usize) {
        let Some(words) = &mut self.words else { return };
        let (word, bit) = (batch / WORD, batch % WORD);
        if let Some(bits) = words.get_mut(word) {
            *bits &= !(1 << bit);
            self.from = self.from.min(word);
        }
    }

    fn word(&self, word: usize) -> u64 {
        self.words.as_ref().and_then(|words| words.get(word).copied()).unwrap_or(0)
    }
}

/// The first batch from `from` on that has room in all these domains, and, where that counts, in size.
pub(super) fn first_open(packing: &Packing<'_>, domains: &[u32], in_size: bool, from: usize) -> Option<usize> {
    let count = packing.batches.len();
    let full = || {
        let sized = in_size.then_some(&packing.sized);
        domains.iter().map(|domain| &packing.full[*domain as usize]).chain(sized)
    };
    let first = full().map(|full| full.from).fold(from / WORD, usize::max);
    for word in first..count.div_ceil(WORD) {
        let mut open = !full().fold(0, |bits, full| bits | full.word(word));
        while open != 0 {
            let batch = word * WORD + open.trailing_zeros() as usize;
            open &= open - 1;
            if batch >= count {
                return None;
            }
            if batch >= from && domains.iter().all(|domain| packing.has_room(*domain, batch)) {
                return Some(batch);
            }
        }
    }
    None
}
