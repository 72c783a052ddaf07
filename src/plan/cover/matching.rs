//! Two labels: a largest matching of their values by Hopcroft and Karp, in O(hosts · √values).

use std::collections::VecDeque;

use super::{COVERED, Problem, Solution};

/// Not reached.
const FAR: u32 = u32::MAX;

/// The values of two labels, and the hosts between them.
struct Graph {
    /// For each value of the first label the values of the second that a host joins it to, with the first such host.
    edges: Vec<Vec<(usize, usize)>>,
    /// For each value of the first label that is matched, the host.
    left: Vec<Option<usize>>,
    /// For each value of the second label the value that it is matched to.
    right: Vec<Option<usize>>,
    /// For each value of the first label its distance from those that are not matched.
    distance: Vec<u32>,
}

/// Returns the fewest hosts that cover the values of two labels, whatever the caps; no hosts where a value has none.
pub(super) fn cover(problem: &Problem, a: usize, b: usize) -> Solution {
    let (left, right) = (&problem.values[a], &problem.values[b]);
    let mut graph = Graph::new(problem, a, b);
    while graph.measure() {
        let mut next = vec![0; graph.edges.len()];
        for root in 0..graph.edges.len() {
            if graph.left[root].is_none() {
                graph.augment(root, &mut next);
            }
        }
    }
    let mut hosts: Vec<usize> = graph.left.iter().flatten().copied().collect();
    let least = problem.wanted[a].len() + problem.wanted[b].len() - hosts.len();
    let mut is_whole = true;
    // one more for each value that is left
    for (label, of) in [(a, left), (b, right)] {
        let mut missing = vec![false; size(of)];
        of.iter().filter(|value| **value != COVERED).for_each(|value| missing[*value as usize] = true);
        is_whole &= missing.iter().filter(|missing| **missing).count() == problem.wanted[label].len();
        hosts.iter().filter(|host| of[**host] != COVERED).for_each(|host| missing[of[*host] as usize] = false);
        for (host, value) in of.iter().enumerate().filter(|(_, value)| **value != COVERED) {
            if std::mem::replace(&mut missing[*value as usize], false) {
                hosts.push(host);
            }
        }
    }
    Solution { hosts: is_whole.then_some(hosts), least }
}

/// One more than the largest value.
fn size(of: &[u32]) -> usize {
    of.iter().filter(|value| **value != COVERED).max().map_or(0, |most| *most as usize + 1)
}

impl Graph {
    /// Values are matched by the first hosts that can.
    fn new(problem: &Problem, a: usize, b: usize) -> Self {
        let (of_left, of_right) = (&problem.values[a], &problem.values[b]);
        let (lefts, rights) = (size(of_left), size(of_right));
        let mut edges: Vec<Vec<(usize, usize)>> = vec![Vec::new(); lefts];
        let (mut left, mut right) = (vec![None; lefts], vec![None; rights]);
        let both = of_left.iter().zip(of_right).enumerate().filter(|(_, (l, r))| **l != COVERED && **r != COVERED);
        for (host, (l, r)) in both {
            let (l, r) = (*l as usize, *r as usize);
            edges[l].push((r, host));
            if left[l].is_none() && right[r].is_none() {
                (left[l], right[r]) = (Some(host), Some(l));
            }
        }
        for edges in &mut edges {
            edges.sort_unstable();
            edges.dedup_by_key(|(right, _)| *right);
            edges.sort_unstable_by_key(|(_, host)| *host);
        }
        Graph { edges, left, right, distance: vec![FAR; lefts] }
    }

    /// Measures distances; gives whether a longer matching exists.
    fn measure(&mut self) -> bool {
        let mut queue = VecDeque::new();
        for (value, host) in self.left.iter().enumerate() {
            self.distance[value] = if host.is_none() { 0 } else { FAR };
            if host.is_none() {
                queue.push_back(value);
            }
        }
        let mut is_open = false;
        while let Some(value) = queue.pop_front() {
            for (right, _) in &self.edges[value] {
                match self.right[*right] {
                    None => is_open = true,
                    Some(other) if self.distance[other] == FAR => {
                        self.distance[other] = self.distance[value] + 1;
                        queue.push_back(other);
                    }
                    Some(_) => {}
                }
            }
        }
        is_open
    }

    /// Matches one more value along a shortest path, if there is one; `next` is each value's next edge to look at.
    fn augment(&mut self, root: usize, next: &mut [usize]) {
        let mut path = vec![root];
        while let Some(value) = path.last().copied() {
            let Some((right, _)) = self.edges[value].get(next[value]).copied() else {
                self.distance[value] = FAR;
                path.pop();
                continue;
            };
            next[value] += 1;
            match self.right[right] {
                None => {
                    for value in path {
                        let (right, host) = self.edges[value][next[value] - 1];
                        (self.left[value], self.right[right]) = (Some(host), Some(value));
                    }
                    return;
                }
                Some(other) if self.distance[other] == self.distance[value].saturating_add(1) => path.push(other),
                Some(_) => {}
            }
        }
    }
}
