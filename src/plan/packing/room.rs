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
        Full { words: Self::is_dense(hosts, batches).then(Vec::new), from: 0 }
    }

    /// Whether bits are shorter than a list.
    pub fn is_dense(hosts: usize, batches: usize) -> bool {
        hosts >= batches / WORD
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

    /// Sixty-four batches, a bit for each that is full.
    pub fn word(&self, word: usize) -> u64 {
        self.words.as_ref().and_then(|words| words.get(word).copied()).unwrap_or(0)
    }
}

/// The first batch from `from` on that has room in all these domains, and, where that counts, in size.
pub(super) fn first_open(packing: &Packing<'_>, domains: &[u32], in_size: bool, from: usize) -> Option<usize> {
    let among = first_present(packing, domains, in_size, from);
    let count = among.unwrap_or(packing.batches.len());
    let full = || {
        let sized = in_size.then_some(&packing.sized);
        domains.iter().map(|domain| &packing.full[*domain as usize]).chain(sized)
    };
    let first = full().map(|full| full.from).fold(from / WORD, usize::max);
    for word in first..count.div_ceil(WORD) {
        let shut = domains.iter().fold(0, |bits, domain| bits | packing.shut_word(*domain, word));
        let mut open = !full().fold(shut, |bits, full| bits | full.word(word));
        while open != 0 {
            let batch = word * WORD + open.trailing_zeros() as usize;
            open &= open - 1;
            if batch >= count {
                return among;
            }
            if batch >= from && domains.iter().all(|domain| packing.has_room(*domain, batch)) {
                return Some(batch);
            }
        }
    }
    among
}

/// The first such batch among those that have hosts of one of these domains already, where the domains of its label are
/// limited and those batches stand in a list.
fn first_present(packing: &Packing<'_>, domains: &[u32], in_size: bool, from: usize) -> Option<usize> {
    let lists = domains.iter().filter_map(|domain| packing.present[*domain as usize].list());
    let is_open = |batch: &usize| {
        let fits = !in_size || packing.batches[*batch].len() < packing.sizes[*batch];
        fits && domains.iter().all(|domain| packing.has_room(*domain, *batch))
    };
    let first =
        lists.filter_map(|list| list.iter().map(|batch| *batch as usize).filter(|at| *at >= from).find(is_open));
    first.min()
}
