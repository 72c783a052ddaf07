//! The canary: pinned hosts, one of each value that is to be covered, then whoever is next.

use super::Stage;
use super::batching::Batching;
use super::fleet::{Division, Fleet};
use super::index::{DomainIndex, HostIndex};
use super::stable::is_within;
use super::strategy::{Candidates, State, choose};
use super::why::Reason;
use crate::error::{Code, Location, Problem};
use crate::fold;
use crate::policy::{Amount, Mode, Pattern};
use crate::wording::count;

/// Characters of folded hosts that a message shows.
const WIDTH: usize = 60;

/// The canary of a version.
pub(super) struct Canary {
    pub hosts: Vec<HostIndex>,
    /// Most hosts that it may have.
    pub size: usize,
}

impl<'a> Batching<'_, '_, 'a> {
    /// Chooses the canary; its hosts are marked as taken, and counted in the caps.
    pub fn choose_canary(&mut self) -> Option<Canary> {
        let before = self.found.checkpoint();
        self.hold_back();
        let pins = &self.fleet.assigned.facts.pinned;
        self.pin(pins);
        let cover = if self.found.failed_since(&before) { Vec::new() } else { self.cover(pins) };
        let mut hosts = pins.clone();
        hosts.extend(cover.iter().map(|picked| picked.host));
        let size = self.canary_size(pins.len(), hosts.len());
        if self.found.failed_since(&before) {
            return None;
        }
        for host in pins {
            self.question.note(*host, || Reason::Pinned);
        }
        for picked in cover {
            self.question.note(picked.host, || Reason::Cover(picked.values.clone()));
        }
        self.fill_canary(size, &mut hosts);
        if self.fleet.rules.mode() == Mode::Bucket {
            self.check_bucket(hosts.len());
            self.note_forced(&hosts);
        } else {
            self.note_short(size, hosts.len());
        }
        self.states.iter_mut().filter(|state| **state == State::Held).for_each(|state| *state = State::Free);
        (!self.found.failed_since(&before)).then_some(Canary { hosts, size })
    }

    /// Keeps hosts out of the canary: those of `canary.exclude`, and those of `last` unless all are.
    fn hold_back(&mut self) {
        let (fleet, facts) = (self.fleet, &self.fleet.assigned.facts);
        let last: &[HostIndex] = if facts.last.len() < fleet.len() { &facts.last } else { &[] };
        facts.barred.iter().chain(last).for_each(|host| self.states[host.index()] = State::Held);
        let contradicts = |key: &str, hosts: &[HostIndex], patterns: &[Pattern]| {
            let both = facts.pinned.iter().filter(|pin| hosts.binary_search(pin).is_ok());
            let both: Vec<&str> = both.map(|pin| fleet.name(*pin)).collect();
            let is_any = !both.is_empty();
            let (version, both) = (fleet.assigned.shown(), fold::within(&both, WIDTH));
            let message = format!("version {version}: `canary.hosts` and `{key}` both name {both}");
            let hint = format!("take it out of one of the two, such as `{key}: \"PATTERN:!HOST\"`");
            is_any.then(|| placed(Problem::of(Code::Contradiction, message), patterns).hint(hint))
        };
        self.found.error_all(contradicts("canary.exclude", &facts.barred, &fleet.rules.canary_exclude));
        self.found.error_all(contradicts("last", last, &fleet.rules.last));
        if facts.pinned.is_empty() && self.states.iter().all(|state| *state == State::Held) {
            let keys = if last.is_empty() { "`canary.exclude` keeps" } else { "`canary.exclude` and `last` keep" };
            let hosts =
                if fleet.len() == 1 { "its only host".into() } else { format!("all its {} hosts", fleet.len()) };
            let message = format!("version {} has no canary: {keys} {hosts} out", fleet.assigned.shown());
            let hint = "let it have one: narrow the pattern, or give the version its own under `overrides`";
            self.found.error(placed(Problem::of(Code::Canary, message), &fleet.rules.canary_exclude).hint(hint));
        }
    }

    /// Takes the pinned hosts, as far as the caps of their domains allow.
    fn pin(&mut self, pins: &[HostIndex]) {
        for pin in pins {
            if let Some((label, domain)) = self.caps.full(*pin) {
                let is_reached = self.caps.is_reached(label, domain);
                let problem = pinned_over_cap(self.fleet, &self.fleet.divisions[label.index()], domain, is_reached);
                self.found.error(placed(problem, &self.fleet.rules.canary_hosts));
                return;
            }
            self.caps.take(*pin);
            self.states[pin.index()] = State::Taken;
        }
    }

    /// Most hosts that the canary may have; `chosen` of them are settled, `pins` by name.
    fn canary_size(&mut self, pins: usize, chosen: usize) -> usize {
        let fleet = self.fleet;
        if fleet.rules.mode() == Mode::Bucket {
            return fleet.len();
        }
        let (asked, wanted) = match fleet.rules.canary_size {
            Some(amount) => (amount.to_string(), self.sizes.amount("canary", amount)),
            None => (chosen.max(1).to_string(), chosen.max(1)),
        };
        let size = self.sizes.bounded("canary", &asked, wanted);
        if chosen <= size {
            return size;
        }
        let what = match (pins, chosen - pins) {
            (_, 0) => format!("`canary.hosts` pins {}", count(pins, "host")),
            (0, _) => format!("`canary.cover` takes {}", count(chosen, "host")),
            _ => format!("`canary.hosts` and `canary.cover` take {}", count(chosen, "host")),
        };
        let (but, way) = if wanted < chosen {
            let is_number = asked == wanted.to_string();
            let resolved =
                if is_number { String::new() } else { format!(", {wanted} of {}", count(fleet.len(), "host")) };
            let way = format!("set `canary.size` to {chosen} or more, or leave it out: then it is as large as needed");
            (format!("`canary` is {asked}{resolved}"), way)
        } else {
            (self.sizes.bound().to_string(), format!("allow {chosen}, or ask for fewer canaries"))
        };
        let problem = Problem::of(Code::Canary, format!("version {}: {what}, but {but}", fleet.assigned.shown()));
        let problem = if pins > 0 { placed(problem, &fleet.rules.canary_hosts) } else { at_cover(fleet, problem) };
        self.found.error(problem.hint(way));
        size
    }

    /// Adds hosts up to the size, as far as the strategy and the caps let them in.
    fn fill_canary(&mut self, size: usize, hosts: &mut Vec<HostIndex>) {
        if hosts.len() >= size {
            return;
        }
        let (fleet, states) = (self.fleet, self.states.as_slice());
        let mut strategy = choose(&Candidates { fleet, states, stage: Stage::A, waves: 0, sizes: Vec::new() });
        strategy.begin();
        let more = self.fill(strategy.as_mut(), size - hosts.len());
        more.iter().for_each(|host| self.states[host.index()] = State::Taken);
        hosts.extend(more);
    }

    /// Says why the canary has fewer hosts than its size although there are more.
    fn note_short(&mut self, size: usize, hosts: usize) {
        if hosts >= size.min(self.fleet.len()) {
            return;
        }
        let free = || (0..self.fleet.len()).map(HostIndex::new).filter(|host| self.states[host.index()] == State::Free);
        let facts = &self.fleet.assigned.facts;
        let why = if free().next().is_none() {
            match (facts.barred.is_empty(), facts.last.is_empty()) {
                (false, true) => "canary.exclude keeps the others out",
                (true, _) => "last keeps the others for the final batches",
                (false, false) => "canary.exclude and last keep the others out",
            }
        } else if free().all(|host| self.caps.full(host).is_some()) {
            let mut keys: Vec<String> = free().filter_map(|host| self.cap_key(host)).collect();
            keys.sort_unstable();
            keys.dedup();
            let allow = if keys.len() == 1 { "allows" } else { "allow" };
            &format!("{} {allow} no more", keys.join(" and "))
        } else {
            "the next host is in another domain"
        };
        self.sizes.note(format!("the canary has {} instead of {size}: {why}", count(hosts, "host")));
    }

    /// The key that keeps a host out of the open batch.
    fn cap_key(&self, host: HostIndex) -> Option<String> {
        let (label, domain) = self.caps.full(host)?;
        let division = &self.fleet.divisions[label.index()];
        Some(division.cap_key(domain, self.caps.is_reached(label, domain)).0)
    }

    /// Says that the canary is one that only the want of others makes one: it does not stay when hosts come.
    fn note_forced(&mut self, hosts: &[HostIndex]) {
        let (fleet, [only]) = (self.fleet, hosts) else { return };
        let Some(Amount::Percent(percent)) = fleet.rules.canary_size else { return };
        if fleet.assigned.facts.pinned.is_empty() && !is_within(fleet.hashes[only.index()], percent.fraction()) {
            let host = fleet.name(*only);
            self.sizes.note(format!(
                "no hash lies within canary {percent}: {host} has the smallest, and is the canary until another host \
                 has a smaller one; `canary.hosts` keeps it"
            ));
        }
    }

    /// In the bucket mode the hashes say how many canaries there are, and no bound can take one out.
    fn check_bucket(&mut self, hosts: usize) {
        let (version, of) = (self.fleet.assigned.shown(), count(self.fleet.len(), "host"));
        let canary = self.fleet.rules.canary_size.unwrap_or(Amount::WHOLE);
        self.sizes.note(format!("canary {canary} of {of} by hash is {}", count(hosts, "host")));
        if let Some(bound) = self.fleet.rules.bound.as_ref().filter(|_| hosts > self.sizes.most()) {
            let canaries = count(hosts, "canary");
            let message = format!("version {version}: assignment bucket gives {canaries}, but {}", self.sizes.bound());
            let problem = Problem::of(Code::Canary, message).at(bound.at.clone());
            self.found.error(problem.hint("lower `canary.size`, or allow more"));
        }
    }
}

/// The problem at the place of the patterns.
fn placed(problem: Problem, patterns: &[Pattern]) -> Problem {
    match patterns.first() {
        Some(first) => problem.at(Location::clone(&first.at)),
        None => problem,
    }
}

/// More pinned hosts in a domain than its cap, or in more domains than may be out at once.
fn pinned_over_cap(fleet: &Fleet<'_, '_>, division: &Division<'_, '_>, of: DomainIndex, is_reached: bool) -> Problem {
    let (version, label) = (fleet.assigned.shown(), division.label);
    let (key, allowed) = division.cap_key(of, is_reached);
    let mut domains: Vec<DomainIndex> =
        fleet.assigned.facts.pinned.iter().map(|pin| division.of[pin.index()]).collect();
    let (pinned, way) = if is_reached {
        let hosts = count(domains.iter().filter(|domain| **domain == of).count(), "host");
        (format!("{hosts} of {label}={}", division.domains[of.index()].name), "hosts of it")
    } else {
        domains.sort_unstable();
        domains.dedup();
        domains.retain(|domain| division.domains[domain.index()].name.is_value());
        (format!("hosts of {} of {label}", count(domains.len(), "domain")), "hosts")
    };
    let message = format!("version {version}: `canary.hosts` pins {pinned}, and `{key}` allows {allowed}");
    Problem::of(Code::Canary, message).hint(format!("pin fewer {way}, or raise `{key}`"))
}

pub(super) fn at_cover(fleet: &Fleet<'_, '_>, problem: Problem) -> Problem {
    match &fleet.rules.canary_cover {
        Some(cover) => problem.at(cover.at.clone()),
        None => problem,
    }
}
