//! `canary.cover`: a host for each value of some labels.

use super::DomainName;
use super::batching::Batching;
use super::canary::at_cover;
use super::cover::{COVERED, Problem as Cover, solve};
use super::fleet::{Division, Fleet};
use super::index::{DomainIndex, HostIndex, LabelIndex};
use super::strategy::State;
use crate::error::{Code, Problem};
use crate::wording::count;

/// How often the quick way is tried where caps are in the way.
const TRIES: usize = 8;

/// Values that no host was found for, by label and domain.
type Missing = Vec<(LabelIndex, DomainIndex)>;

impl<'a> Batching<'_, '_, 'a> {
    /// Takes the fewest hosts so that each value of the labels has one.
    pub fn cover(&mut self, pins: &[HostIndex]) -> Vec<Picked<'a>> {
        let (picked, missing) = self.cover_quickly(pins);
        if picked.is_empty() && missing.is_empty() {
            return picked;
        }
        let problem = self.problem(pins);
        // where a value has no host at all there is nothing to search
        let is_hopeless =
            missing.iter().any(|(label, domain)| !problem.values[label.index()].contains(&(domain.index() as u32)));
        let solution =
            if is_hopeless { None } else { Some(solve(&problem, missing.is_empty().then_some(picked.len()))) };
        let chosen = solution.as_ref().and_then(|solution| solution.hosts.as_ref());
        let picked = if let Some(chosen) = chosen {
            self.let_go(&picked, pins);
            let hosts: Vec<HostIndex> = chosen.iter().map(|place| problem.hosts[*place]).collect();
            self.try_cover(pins, &[], &hosts).0
        } else {
            for (label, domain) in &missing {
                if let Some(problem) = too_many_domains(self.fleet, &self.fleet.cover[label.index()]) {
                    self.found.error_once(at_cover(self.fleet, problem));
                    continue;
                }
                let problem = uncovered(self.fleet, &self.fleet.cover[label.index()], *domain);
                self.found.error(at_cover(self.fleet, problem));
            }
            picked
        };
        if let Some(solution) = solution.filter(|solution| solution.least < picked.len()) {
            let hosts = count(picked.len(), "host");
            self.sizes.note(format!("canary.cover takes {hosts}; whether {} would do is not known", solution.least));
        }
        picked
    }

    /// Takes hosts one by one. Where caps are in the way, the values that were left without a host come first in another
    /// try.
    fn cover_quickly(&mut self, pins: &[HostIndex]) -> (Vec<Picked<'a>>, Missing) {
        let mut urgency: Vec<Vec<u32>> =
            self.fleet.cover.iter().map(|division| vec![0; division.domains.len()]).collect();
        let mut tries = if self.fleet.is_capped() { TRIES } else { 1 };
        let fleet = self.fleet;
        loop {
            let (picked, missing) = self.try_cover(pins, &urgency, &fleet.order);
            tries -= 1;
            if missing.is_empty() || tries == 0 {
                return (picked, missing);
            }
            missing.into_iter().for_each(|(label, domain)| urgency[label.index()][domain.index()] += 1);
            self.let_go(&picked, pins);
        }
    }

    /// Undoes a try.
    fn let_go(&mut self, picked: &[Picked<'a>], pins: &[HostIndex]) {
        picked.iter().for_each(|picked| self.states[picked.host.index()] = State::Free);
        self.caps.close();
        pins.iter().for_each(|pin| self.caps.take(*pin));
    }

    /// Takes a host out of these for each value that no pin has, the most urgent values first, each time the host that
    /// covers most of them, of equals the first; with the labels and values that none is left for.
    fn try_cover(
        &mut self,
        pins: &[HostIndex],
        urgency: &[Vec<u32>],
        hosts: &[HostIndex],
    ) -> (Vec<Picked<'a>>, Missing) {
        let mut covered = Covered::new(&self.fleet.cover);
        pins.iter().for_each(|pin| covered.take(*pin));
        let mut picked = Vec::new();
        let urgent =
            |label: LabelIndex, domain: DomainIndex| urgency.get(label.index()).map_or(0, |of| of[domain.index()]);
        let highest = urgency.iter().flatten().copied().max().unwrap_or(0);
        // A gain only shrinks: once nobody has it any more, nobody will.
        let rounds =
            (0..=highest).rev().flat_map(|least| (1..=self.fleet.cover.len()).rev().map(move |most| (least, most)));
        for (least, most) in rounds {
            for host in hosts.iter().copied() {
                let is_free = self.states[host.index()] == State::Free;
                let gain = || covered.gain(host).filter(|(label, domain)| urgent(*label, *domain) >= least).count();
                if !is_free || gain() < most || self.caps.full(host).is_some() {
                    continue;
                }
                picked.push(Picked { host, values: covered.named(host).collect() });
                covered.take(host);
                self.caps.take(host);
                self.states[host.index()] = State::Taken;
            }
        }
        let missing = covered.missing().collect();
        (picked, missing)
    }

    /// What there is to cover beside the pins, and by whom.
    fn problem(&self, pins: &[HostIndex]) -> Cover {
        let mut covered = Covered::new(&self.fleet.cover);
        pins.iter().for_each(|pin| covered.take(*pin));
        let mut wanted = vec![Vec::new(); self.fleet.cover.len()];
        covered.missing().for_each(|(label, domain)| wanted[label.index()].push(domain.index() as u32));
        let is_out = |host: &HostIndex| self.states[host.index()] == State::Held || pins.contains(host);
        let hosts: Vec<HostIndex> = self.fleet.order.iter().copied().filter(|host| !is_out(host)).collect();
        let value = |label: usize, division: &Division<'_, '_>, host: &HostIndex| {
            let domain = division.of[host.index()];
            if covered.values[label][domain.index()] { COVERED } else { domain.index() as u32 }
        };
        let values = self.fleet.cover.iter().enumerate();
        let values = values.map(|(label, division)| hosts.iter().map(|host| value(label, division, host)).collect());
        Cover { values: values.collect(), wanted, rooms: self.caps.rooms(&hosts, pins), hosts }
    }
}

/// A host that covers some values.
pub(super) struct Picked<'a> {
    pub host: HostIndex,
    pub values: Vec<(String, DomainName<'a>)>,
}

/// Which values have a canary.
struct Covered<'f, 'v, 'a> {
    divisions: &'f [Division<'v, 'a>],
    /// For each label and value.
    values: Vec<Vec<bool>>,
}

impl<'f, 'v, 'a> Covered<'f, 'v, 'a> {
    /// A host without the label has no value to cover, unless all of those are one domain.
    fn new(divisions: &'f [Division<'v, 'a>]) -> Self {
        let alone = |division: &Division<'_, '_>| {
            division.domains.iter().map(|domain| matches!(domain.name, DomainName::Alone(_))).collect()
        };
        Covered { divisions, values: divisions.iter().map(alone).collect() }
    }

    /// The values that a host would cover, by label and domain.
    fn gain(&self, host: HostIndex) -> impl Iterator<Item = (LabelIndex, DomainIndex)> {
        let values = self.divisions.iter().zip(&self.values).enumerate();
        values.filter_map(move |(label, (division, covered))| {
            let domain = division.of[host.index()];
            (!covered[domain.index()]).then_some((LabelIndex::new(label), domain))
        })
    }

    /// The same by their names.
    fn named(&self, host: HostIndex) -> impl Iterator<Item = (String, DomainName<'a>)> {
        self.gain(host).map(|(label, domain)| {
            let division = &self.divisions[label.index()];
            (division.label.to_string(), division.domains[domain.index()].name)
        })
    }

    fn take(&mut self, host: HostIndex) {
        for (division, covered) in self.divisions.iter().zip(&mut self.values) {
            covered[division.of[host.index()].index()] = true;
        }
    }

    /// The values that nothing covers, by label and domain.
    fn missing(&self) -> impl Iterator<Item = (LabelIndex, DomainIndex)> {
        self.values.iter().enumerate().flat_map(|(label, covered)| {
            let missing = covered.iter().enumerate().filter(|(_, covered)| !**covered);
            missing.map(move |(domain, _)| (LabelIndex::new(label), DomainIndex::new(domain)))
        })
    }
}

/// More values of a label than a batch may have.
fn too_many_domains(fleet: &Fleet<'_, '_>, cover: &Division<'_, '_>) -> Option<Problem> {
    let label = cover.label;
    let most = fleet.divisions.iter().find(|division| division.label == label)?.max_domains?;
    let values = cover.domains.iter().filter(|domain| domain.name.is_value()).count();
    let (version, allowed) = (fleet.assigned.shown(), count(most, "domain"));
    let message = format!(
        "`canary.cover` of version {version} needs a canary of each of the {values} domains of {label}, and \
         `limits.{label}` allows {allowed} in a batch"
    );
    let hint = format!("raise `max_domains` of `limits.{label}`, or leave `{label}` out of `canary.cover`");
    (values > most).then(|| Problem::of(Code::Canary, message).hint(hint))
}

/// A value that no host covers, with what keeps its hosts out.
fn uncovered(fleet: &Fleet<'_, '_>, division: &Division<'_, '_>, domain: DomainIndex) -> Problem {
    let facts = &fleet.assigned.facts;
    let is_in = |host: &HostIndex| division.of[host.index()] == domain;
    let hosts: Vec<HostIndex> = fleet.order.iter().copied().filter(is_in).collect();
    let barred = |host: &HostIndex| facts.barred.binary_search(host).is_ok();
    let last = |host: &HostIndex| facts.last.binary_search(host).is_ok();
    let held = if hosts.len() == 1 { "its only host".into() } else { format!("all its {} hosts", hosts.len()) };
    let (why, hint) = if hosts.iter().all(barred) {
        (format!("`canary.exclude` keeps {held} out"), "let a host of it be a canary")
    } else if hosts.iter().all(last) {
        (format!("`last` keeps {held} for the final batches"), "take a host of it out of `last`")
    } else if hosts.iter().all(|host| barred(host) || last(host)) {
        (format!("`canary.exclude` and `last` keep {held} out"), "let a host of it be a canary")
    } else {
        let keys = fleet.cap_keys().iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ");
        let hint = &*format!("raise {keys}, or pin a host of it with `canary.hosts`");
        return not_covered(
            fleet,
            division,
            domain,
            "no way was found past the caps that the other canaries fill",
            hint,
        );
    };
    not_covered(fleet, division, domain, &why, hint)
}

fn not_covered(
    fleet: &Fleet<'_, '_>,
    division: &Division<'_, '_>,
    domain: DomainIndex,
    why: &str,
    hint: &str,
) -> Problem {
    let (version, label, name) = (fleet.assigned.shown(), division.label, division.domains[domain.index()].name);
    Problem::of(Code::Canary, format!("`canary.cover` of version {version} finds no canary of {label}={name}: {why}"))
        .hint(hint)
}
