//! Every batch takes its fair share of each domain.
//!
//! Of n hosts, n_d of domain d, the domain's host i (from 1) has the release ⌊(i−1)·n/n_d⌋+1 and the deadline ⌈i·n/n_d⌉.
//! At slot t the released host with the earliest deadline comes next, of equals that of the domain that appears first;
//! where none is released (since domains with their caps full stand aside) that with the earliest release. Without caps
//! every domain then has ⌊t·n_d/n⌋ to ⌈t·n_d/n⌉ hosts among the first t, whatever t: the matching of hosts to slots
//! exists by Hall's condition, and going by earliest deadline finds it. The cost is O(n log D).
//!
//! Several labels are nested: the first is spread as above, and within each of its domains the next one. A host stands
//! aside while the cap of any of its domains is full; a domain whose own cap is full does so as a whole.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use super::open::Open;
use super::turn::Turn;
use super::{Candidates, Caps, Fleet, Reason, State, Strategy};
use crate::plan::why::Share;
use crate::plan::{DomainIndex, HostIndex, LabelIndex};

/// The hosts that are not in `last`, then those that are.
pub(super) struct Even<'f, 'v, 'a> {
    fleet: &'f Fleet<'v, 'a>,
    trees: VecDeque<Tree>,
}

/// Hosts to hand out before those of the next tree.
struct Tree {
    root: Node,
    open: Open,
}

/// A domain, or all hosts.
struct Node {
    /// The domain, as an index into those of its label.
    /// Nothing for all hosts.
    domain: Option<DomainIndex>,
    /// Its hosts, with those that were handed out.
    total: usize,
    /// Those in a batch, or handed out before.
    taken: usize,
    /// Those still to be handed out.
    left: usize,
    content: Content,
}

enum Content {
    /// The hosts to hand out, in order.
    Hosts(Turn),
    /// The domains of the next label.
    Domains(Queue),
}

/// Domains by the deadline of their next host.
#[derive(Default)]
struct Queue {
    domains: Vec<Node>,
    /// Those whose next host is released, by its deadline.
    released: BinaryHeap<Reverse<(u64, usize)>>,
    /// The others, by its release.
    waiting: BinaryHeap<Reverse<(u64, usize)>>,
    /// Those that nothing of may join the open batch.
    aside: Vec<usize>,
    /// Those that handed out a host and may have some of their own aside.
    touched: Vec<usize>,
}

impl<'f, 'v, 'a> Even<'f, 'v, 'a> {
    pub fn new(candidates: &Candidates<'_, 'f, 'v, 'a>) -> Self {
        let tree = |hosts: Vec<HostIndex>| Tree {
            open: Open::new(candidates, &hosts),
            root: Node::new(candidates, None, 0, hosts),
        };
        let mut trees: VecDeque<Tree> = candidates.phases().into_iter().map(tree).collect();
        trees.retain(|tree| tree.root.left > 0);
        Even { fleet: candidates.fleet, trees }
    }
}

impl<'a> Strategy<'a> for Even<'_, '_, 'a> {
    fn left(&self) -> usize {
        self.trees.iter().map(|tree| tree.root.left).sum()
    }

    fn least(&self, caps: &Caps<'_, '_, 'a>) -> usize {
        self.trees.iter().map(|tree| tree.open.least(caps)).fold(0, usize::max)
    }

    fn begin(&mut self) {
        for tree in &mut self.trees {
            tree.root.begin();
            tree.open.begin();
        }
    }

    fn next(&mut self, caps: &Caps<'_, '_, 'a>) -> Option<HostIndex> {
        while self.trees.len() > 1 && self.trees.front().is_some_and(|tree| tree.root.left == 0) {
            self.trees.pop_front();
        }
        let tree = self.trees.front_mut().filter(|tree| !tree.open.is_over())?;
        let host = tree.root.next(0, caps)?;
        tree.open.take(self.fleet, host, caps);
        Some(host)
    }

    fn reason(&self, host: HostIndex) -> Reason<'a> {
        let mut shares = Vec::new();
        let mut node = self.trees.front().map(|tree| &tree.root);
        for division in self.fleet.spread() {
            let domain = division.of[host.index()];
            let Some(Content::Domains(queue)) = node.map(|node| &node.content) else { break };
            node = queue.domains.iter().find(|node| node.domain == Some(domain));
            let (nth, of) = node.map_or((0, 0), |node| (node.taken, node.total));
            let name = division.domains[domain.index()].name;
            shares.push(Share { domain: vec![(division.label.to_string(), name)], nth, of });
        }
        Reason::Quota(shares)
    }
}

impl Node {
    /// The hosts, divided by the labels from `level` on.
    fn new(
        candidates: &Candidates<'_, '_, '_, '_>,
        domain: Option<DomainIndex>,
        level: usize,
        hosts: Vec<HostIndex>,
    ) -> Self {
        let total = hosts.len();
        let taken = hosts.iter().filter(|host| candidates.state(**host) == State::Taken).count();
        let free = |host: &HostIndex| candidates.state(*host) == State::Free;
        let left = hosts.iter().filter(|host| free(host)).count();
        let content = match candidates.fleet.spread().get(level) {
            None => {
                let alike = !candidates.fleet.has_other_caps();
                Content::Hosts(Turn::new(hosts.into_iter().filter(free).collect(), alike))
            }
            Some(division) => {
                let mut places: HashMap<DomainIndex, usize> = HashMap::new();
                let mut parts: Vec<(DomainIndex, Vec<HostIndex>)> = Vec::new();
                for host in hosts {
                    let domain = division.of[host.index()];
                    let place = *places.entry(domain).or_insert(parts.len());
                    if place == parts.len() {
                        parts.push((domain, Vec::new()));
                    }
                    parts[place].1.push(host);
                }
                let nodes =
                    parts.into_iter().map(|(domain, hosts)| Node::new(candidates, Some(domain), level + 1, hosts));
                Content::Domains(Queue::new(nodes.collect(), taken, total))
            }
        };
        Node { domain, total, taken, left, content }
    }

    fn begin(&mut self) {
        match &mut self.content {
            Content::Domains(queue) => queue.begin(self.taken, self.total),
            Content::Hosts(hosts) => hosts.begin(),
        }
    }

    /// Whether some of its own may stand aside.
    fn has_aside(&self) -> bool {
        match &self.content {
            Content::Domains(_) => true,
            Content::Hosts(hosts) => hosts.has_aside(),
        }
    }

    /// The next host of this domain, which is one of the label before `level`, if one may join the batch.
    fn next(&mut self, level: usize, caps: &Caps<'_, '_, '_>) -> Option<HostIndex> {
        // none of its own domains need be asked then
        if let Some(domain) = self.domain
            && caps.room(LabelIndex::new(level - 1), domain) == 0
        {
            return None;
        }
        let host = match &mut self.content {
            Content::Hosts(hosts) => hosts.next(caps),
            Content::Domains(queue) => queue.next(level, self.taken, self.total, caps),
        }?;
        self.taken += 1;
        self.left -= 1;
        Some(host)
    }

    /// The slot from which on the next host may come, if it is one of `all`.
    fn release(&self, all: usize) -> u64 {
        (self.taken as u128 * all as u128 / self.total as u128 + 1) as u64
    }

    /// The slot by which the next host is due.
    fn deadline(&self, all: usize) -> u64 {
        ((self.taken as u128 + 1) * all as u128).div_ceil(self.total as u128) as u64
    }
}

impl Queue {
    /// Domains of which `taken` hosts of `all` were handed out before.
    fn new(domains: Vec<Node>, taken: usize, all: usize) -> Self {
        let mut queue = Queue { domains, ..Queue::default() };
        (0..queue.domains.len()).for_each(|domain| queue.push(domain, taken, all));
        queue
    }

    /// Lines a domain up for its next host.
    fn push(&mut self, domain: usize, taken: usize, all: usize) {
        let node = &self.domains[domain];
        if node.left == 0 {
            return;
        }
        let release = node.release(all);
        if release <= taken as u64 + 1 {
            self.released.push(Reverse((node.deadline(all), domain)));
        } else {
            self.waiting.push(Reverse((release, domain)));
        }
    }

    fn begin(&mut self, taken: usize, all: usize) {
        for domain in std::mem::take(&mut self.touched) {
            self.domains[domain].begin();
        }
        for domain in std::mem::take(&mut self.aside) {
            self.domains[domain].begin();
            self.push(domain, taken, all);
        }
    }

    fn next(&mut self, level: usize, taken: usize, all: usize, caps: &Caps<'_, '_, '_>) -> Option<HostIndex> {
        let slot = taken as u64 + 1;
        while let Some(Reverse((_, domain))) = self.waiting.peek().copied().filter(|Reverse((at, _))| *at <= slot) {
            self.waiting.pop();
            self.released.push(Reverse((self.domains[domain].deadline(all), domain)));
        }
        while let Some(Reverse((_, domain))) = self.released.pop().or_else(|| self.waiting.pop()) {
            if let Some(host) = self.domains[domain].next(level + 1, caps) {
                if self.domains[domain].has_aside() {
                    self.touched.push(domain);
                }
                self.push(domain, taken + 1, all);
                return Some(host);
            }
            self.aside.push(domain);
        }
        None
    }
}
