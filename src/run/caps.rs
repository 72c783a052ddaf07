//! Caps hold over the whole rollout: a batch does not begin where its hosts and those that are lost are too many at once.

use std::cell::OnceCell;

use foldhash::{HashMap, HashSet};
use indexmap::{IndexMap, IndexSet};

use crate::fold;
use crate::plan::names::GroupNames;
use crate::plan::{Batch, DomainIndex, Domains, Plan, Rollout};
use crate::record::{Progress, State};
use crate::wording::count;

/// Characters of lost hosts that a message shows.
const WIDTH: usize = 80;

/// The caps of a frozen plan.
#[derive(Debug)]
pub struct Caps<'p> {
    plan: &'p Plan<'p>,
    names: &'p GroupNames,
    /// Hosts that have left the inventory, and count no longer.
    gone: HashSet<&'p str>,
    /// For each version where its hosts stand: the batch, and the place in it. Worked out once there is something to count.
    places: OnceCell<Vec<HashMap<&'p str, (usize, usize)>>>,
}

/// The hosts that failed or could not be reached, and are out as long as nobody repairs them.
#[derive(Debug)]
pub struct LostHosts<'p> {
    all: HashSet<&'p str>,
    by_circle: HashMap<Circle, IndexSet<&'p str>>,
}

/// Hosts of a version of which only so many may be out at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Circle {
    version: usize,
    of: Of,
}

/// Which hosts of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Of {
    /// All, or those of a stage.
    Phase(Option<usize>),
    /// Those of a domain of a label.
    Domain(usize, DomainIndex),
}

/// Why a batch does not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded<'p> {
    /// What the cap is of: `shop-2.5.0, zone=a`.
    pub of: String,
    /// How many hosts of the batch would be out, besides those that are lost already.
    pub hosts: usize,
    /// The hosts that are lost there, in the order of the plan.
    pub lost: Vec<&'p str>,
    /// How many may be out at once.
    pub cap: usize,
}

impl<'p> Caps<'p> {
    /// The caps of a frozen plan, of whose hosts some are no longer in the inventory.
    pub fn new(plan: &'p Plan<'p>, names: &'p GroupNames, gone: impl IntoIterator<Item = &'p str>) -> Self {
        Caps { plan, names, gone: gone.into_iter().collect(), places: OnceCell::new() }
    }

    /// Returns the hosts that are lost: those of which the record says so, and all that are not done of a batch that is lost as a whole.
    pub fn lost(&self, state: &State) -> LostHosts<'p> {
        let mut lost = LostHosts { all: HashSet::default(), by_circle: HashMap::default() };
        let mut in_order = IndexSet::new();
        for (rollout, names) in self.plan.rollouts.iter().zip(&self.names.rollouts) {
            for (batch, group) in rollout.batches.iter().zip(&names.batches) {
                let Some(known) = state.batches.get(group) else { continue };
                let whole = matches!(known.progress, Progress::Lost { whole: Some(_), .. });
                let is_lost = |host: &&&str| known.lost.contains_key(**host) || (whole && !known.done.contains(**host));
                let is_here = |host: &&&str| !self.gone.contains(**host);
                in_order.extend(batch.hosts.iter().filter(is_lost).filter(is_here).copied());
            }
        }
        for host in &in_order {
            for (circle, _) in self.circles(host) {
                lost.by_circle.entry(circle).or_default().insert(*host);
            }
        }
        lost.all = in_order.into_iter().collect();
        lost
    }

    /// Returns the first cap that does not let these hosts be worked on, as many as are lost already.
    pub fn exceeded<'l>(&self, lost: &LostHosts<'l>, hosts: &[&str]) -> Option<Exceeded<'l>> {
        if lost.all.is_empty() {
            return None;
        }
        let mut taken: IndexMap<Circle, (usize, usize)> = IndexMap::new();
        for host in hosts.iter().filter(|host| !lost.all.contains(**host)) {
            for (circle, cap) in self.circles(host) {
                taken.entry(circle).or_insert((0, cap)).0 += 1;
            }
        }
        taken.into_iter().find_map(|(circle, (taken, cap))| {
            let there = lost.by_circle.get(&circle)?;
            // what it repairs itself holds it up only where others are lost as well
            let others = there.iter().any(|host| !hosts.contains(host));
            (others && taken + there.len() > cap).then(|| Exceeded {
                of: self.name(circle),
                hosts: taken,
                lost: there.iter().copied().collect(),
                cap,
            })
        })
    }

    /// What a host counts for in each of its versions, with the caps.
    fn circles(&self, host: &str) -> impl Iterator<Item = (Circle, usize)> {
        let places = self.places.get_or_init(|| self.plan.rollouts.iter().map(places).collect());
        let mut circles = Vec::new();
        for (version, (rollout, places)) in self.plan.rollouts.iter().zip(places).enumerate() {
            let Some((batch, place)) = places.get(host) else { continue };
            let batch = &rollout.batches[*batch];
            let most = rollout.conduct_of(batch).most;
            circles.extend(most.map(|most| (Circle { version, of: Of::Phase(batch.phase) }, most)));
            for (label, domains) in rollout.labels.iter().enumerate() {
                let domain = batch.domains[label][*place];
                let of = Of::Domain(label, domain);
                circles.extend(domains.list[domain.index()].cap.map(|cap| (Circle { version, of }, cap)));
            }
        }
        circles.into_iter()
    }

    fn name(&self, circle: Circle) -> String {
        let rollout = &self.plan.rollouts[circle.version];
        let version = rollout.shown();
        match circle.of {
            Of::Domain(label, domain) => {
                let Domains { label, list, .. } = &rollout.labels[label];
                format!("{version}, {label}={}", list[domain.index()].name)
            }
            Of::Phase(phase) => match phase.and_then(|phase| rollout.phases.get(phase)) {
                Some(phase) => format!("stage {} of {version}", phase.name),
                None => version.to_string(),
            },
        }
    }
}

/// Where the hosts of a version stand.
fn places<'p>(rollout: &Rollout<'p>) -> HashMap<&'p str, (usize, usize)> {
    let in_batch = |(at, batch): (usize, &Batch<'p>)| {
        batch.hosts.iter().enumerate().map(move |(place, host)| (*host, (at, place))).collect::<Vec<_>>()
    };
    rollout.batches.iter().enumerate().flat_map(in_batch).collect()
}

impl Exceeded<'_> {
    /// Why, in a sentence that goes on after the name of the batch: `takes 2 hosts of shop-2.5.0, zone=a …`.
    pub fn why(&self) -> String {
        let (hosts, lost) = (count(self.hosts, "host"), self.lost.len());
        let (are, named) = (if lost == 1 { "is" } else { "are" }, fold::within(&self.lost, WIDTH));
        format!(
            "it takes {hosts} of {}, where {lost} {are} lost ({named}) and {} may be out at once",
            self.of, self.cap
        )
    }
}
