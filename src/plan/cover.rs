//! The fewest hosts that cover all values of some labels.
//!
//! With two labels, and no caps in the way, values are the nodes of a bipartite graph and hosts its edges: a smallest edge
//! cover is a largest matching ([`matching`], Hopcroft and Karp) and one more host for each value that it leaves out (Gallai).
//! Otherwise [`search`] tries hosts for the value that has the fewest, as far as its bounds on size and steps go.

mod matching;
mod search;

use super::caps::Room;
use super::index::HostIndex;

/// Stands for a value that is covered already.
pub(super) const COVERED: u32 = u32::MAX;

/// What is to be covered, and by whom.
#[derive(Default)]
pub(super) struct Problem {
    /// The hosts that may be taken, in order.
    pub hosts: Vec<HostIndex>,
    /// For each label and each of these hosts its value, or [`COVERED`].
    pub values: Vec<Vec<u32>>,
    /// For each label the values to cover.
    pub wanted: Vec<Vec<u32>>,
    /// For each label with caps what a canary may still have of its domains.
    pub rooms: Vec<Room>,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Solution {
    /// Hosts that cover all, by their place in [`Problem::hosts`]; nothing where none were found that are fewer than those
    /// known.
    pub hosts: Option<Vec<usize>>,
    /// No fewer than so many hosts can cover all.
    pub least: usize,
}

/// Returns the fewest hosts that cover all, if they are fewer than `known`, the number of a cover that there is already.
pub(super) fn solve(problem: &Problem, known: Option<usize>) -> Solution {
    let mut least = problem.wanted.iter().map(Vec::len).max().unwrap_or(0);
    if known == Some(least) {
        return Solution { hosts: None, least };
    }
    let open: Vec<usize> = (0..problem.wanted.len()).filter(|label| !problem.wanted[*label].is_empty()).collect();
    let mut best = None;
    for (at, a) in open.iter().copied().enumerate() {
        for b in open[at + 1..].iter().copied() {
            let cover = matching::cover(problem, a, b);
            least = least.max(cover.least);
            if let (2, Some(hosts)) = (open.len(), cover.hosts) {
                best = problem.allows(&hosts).then_some(hosts);
            }
        }
    }
    let fewest = best.as_ref().map(Vec::len).into_iter().chain(known).min();
    if fewest != Some(least) {
        let (found, is_complete) = search::search(problem, least, fewest);
        let count = found.as_ref().map(Vec::len).or(fewest);
        best = found.or(best);
        least = if is_complete { count.unwrap_or(least) } else { least };
    }
    Solution { hosts: best.filter(|hosts| known.is_none_or(|known| hosts.len() < known)), least }
}

impl Problem {
    /// Whether the caps let these hosts stand in one batch.
    fn allows(&self, hosts: &[usize]) -> bool {
        self.rooms.iter().all(|room| {
            let mut room = room.clone();
            hosts.iter().all(|host| {
                let domain = room.of[*host] as usize;
                let fits = room.has(domain);
                if fits {
                    room.take(domain);
                }
                fits
            })
        })
    }
}
