//! Branch and bound over hosts: for the value that has the fewest hosts, each of these in turn.
//!
//! Bounds are counted in steps, never in time, so that every machine finds the same.

use std::collections::{HashMap, HashSet};

use super::{COVERED, Problem};
use crate::plan::caps::Room;

/// Values that are searched at most.
const MOST_VALUES: usize = 256;
/// Looks at a host for a value, in all.
const LOOKS: usize = 20_000_000;

/// Hosts that have the same values and stand in the same domains.
struct Kind {
    /// The values, by their place in the list of all that are wanted.
    values: Vec<usize>,
    /// The domains with caps.
    domains: Vec<(usize, usize)>,
    /// The first such host.
    host: usize,
}

struct Search {
    kinds: Vec<Kind>,
    /// For each value its label, its kinds, and how many of those that were taken cover it.
    label: Vec<usize>,
    kinds_of: Vec<Vec<usize>>,
    covers: Vec<usize>,
    /// For each label its values that nothing covers.
    missing: Vec<usize>,
    rooms: Vec<Room>,
    /// Kinds that are taken, or need not be tried any more.
    shut: Vec<bool>,
    taken: Vec<usize>,
    best: Option<Vec<usize>>,
    /// A cover must be smaller to count.
    known: usize,
    least: usize,
    looks: usize,
}

/// Returns a cover with fewer than `known` hosts, as few as were found, and whether the search came to its end; `least` is
/// known to be the fewest there can be.
pub(super) fn search(problem: &Problem, least: usize, known: Option<usize>) -> (Option<Vec<usize>>, bool) {
    if problem.wanted.iter().map(Vec::len).sum::<usize>() > MOST_VALUES {
        return (None, false);
    }
    let mut search = Search::new(problem, least, known.unwrap_or(usize::MAX));
    search.go();
    (search.best, search.looks > 0)
}

impl Search {
    fn new(problem: &Problem, least: usize, known: usize) -> Self {
        let mut places: HashMap<(usize, u32), usize> = HashMap::new();
        let mut label = Vec::new();
        for (at, values) in problem.wanted.iter().enumerate() {
            for value in values {
                places.insert((at, *value), label.len());
                label.push(at);
            }
        }
        let mut search = Search {
            kinds: Vec::new(),
            kinds_of: vec![Vec::new(); label.len()],
            covers: vec![0; label.len()],
            label,
            missing: problem.wanted.iter().map(Vec::len).collect(),
            rooms: problem.rooms.clone(),
            shut: Vec::new(),
            taken: Vec::new(),
            best: None,
            known,
            least,
            looks: LOOKS,
        };
        let mut seen = HashSet::new();
        for host in 0..problem.hosts.len() {
            let named = problem.values.iter().enumerate().filter(|(_, of)| of[host] != COVERED);
            let values: Vec<usize> = named.filter_map(|(at, of)| places.get(&(at, of[host])).copied()).collect();
            let domains: Vec<(usize, usize)> =
                problem.rooms.iter().enumerate().map(|(at, room)| (at, room.of[host] as usize)).collect();
            if !values.is_empty() && seen.insert((values.clone(), domains.clone())) {
                values.iter().for_each(|value| search.kinds_of[*value].push(search.kinds.len()));
                search.kinds.push(Kind { values, domains, host });
            }
        }
        search.shut = vec![false; search.kinds.len()];
        search
    }

    fn go(&mut self) {
        let missing = self.missing.iter().copied().max().unwrap_or(0);
        if missing == 0 {
            self.known = self.taken.len();
            self.best = Some(self.taken.iter().map(|kind| self.kinds[*kind].host).collect());
            return;
        }
        if self.taken.len() + missing >= self.known {
            return;
        }
        let Some(mut kinds) = self.narrowest() else { return };
        kinds.sort_by_key(|kind| (std::cmp::Reverse(self.gain(*kind)), self.kinds[*kind].host));
        for kind in kinds.iter().copied() {
            if self.known == self.least || self.looks == 0 {
                break;
            }
            self.shut[kind] = true;
            self.take(kind);
            self.go();
            self.untake(kind);
            // a cover with it would have been found
        }
        kinds.iter().for_each(|kind| self.shut[*kind] = false);
    }

    /// The kinds of the value that has the fewest; nothing where the bound on steps is reached.
    fn narrowest(&mut self) -> Option<Vec<usize>> {
        let mut narrowest: Option<Vec<usize>> = None;
        for value in (0..self.label.len()).filter(|value| self.covers[*value] == 0) {
            let cost = self.kinds_of[value].len() + 1;
            if self.looks <= cost {
                self.looks = 0;
                return None;
            }
            self.looks -= cost;
            let open: Vec<usize> = self.kinds_of[value].iter().copied().filter(|kind| self.is_open(*kind)).collect();
            if narrowest.as_ref().is_none_or(|kinds| open.len() < kinds.len()) {
                narrowest = Some(open);
            }
        }
        narrowest
    }

    fn is_open(&self, kind: usize) -> bool {
        !self.shut[kind] && self.kinds[kind].domains.iter().all(|(label, domain)| self.rooms[*label].has(*domain))
    }

    fn gain(&self, kind: usize) -> usize {
        self.kinds[kind].values.iter().filter(|value| self.covers[**value] == 0).count()
    }

    fn take(&mut self, kind: usize) {
        self.taken.push(kind);
        for value in &self.kinds[kind].values {
            self.missing[self.label[*value]] -= usize::from(self.covers[*value] == 0);
            self.covers[*value] += 1;
        }
        self.kinds[kind].domains.iter().for_each(|(label, domain)| self.rooms[*label].take(*domain));
    }

    fn untake(&mut self, kind: usize) {
        self.taken.pop();
        for value in &self.kinds[kind].values {
            self.covers[*value] -= 1;
            self.missing[self.label[*value]] += usize::from(self.covers[*value] == 0);
        }
        self.kinds[kind].domains.iter().for_each(|(label, domain)| self.rooms[*label].give_back(*domain));
    }
}
