//! The canary: pinned hosts, one of each value that is to be covered, then whoever is next.

use super::caps::Caps;
use super::fleet::{Division, Fleet};
use super::sizes::Sizes;
use super::strategy::{Deal, State, Strategy, choose};
use super::why::Reason;
use super::{DomainName, Stage, count};
use crate::error::{Location, Problem};
use crate::fold;
use crate::policy::{Amount, Mode, Pattern};

/// Characters of folded hosts that a message shows.
const WIDTH: usize = 60;

/// The canary of a version.
pub(super) struct Canary {
    pub hosts: Vec<u32>,
    /// Most hosts that it may have.
    pub size: usize,
}

/// Chooses the canary; its hosts are marked as taken, and counted in `caps`.
pub(super) fn choose_canary<'a>(
    fleet: &Fleet<'_, 'a>,
    sizes: &mut Sizes<'_>,
    states: &mut [State],
    caps: &mut Caps<'_, '_, 'a>,
    watch: &mut super::batches::Watch<'a>,
    problems: &mut Vec<Problem>,
) -> Option<Canary> {
    let known = problems.len();
    hold_back(fleet, states, problems);
    let pins = &fleet.assigned.facts.pinned;
    pin(fleet, pins, states, caps, problems);
    let cover = if problems.len() == known { cover(fleet, pins, states, caps, problems) } else { Vec::new() };
    let mut hosts = pins.clone();
    hosts.extend(cover.iter().map(|picked| picked.host));
    let size = size(fleet, sizes, pins.len(), hosts.len(), problems);
    if problems.len() > known {
        return None;
    }
    for host in pins {
        watch.see(*host, || Reason::Pinned);
    }
    for picked in cover {
        watch.see(picked.host, || Reason::Cover(picked.values.clone()));
    }
    fill(fleet, size, &mut hosts, states, caps, watch);
    if fleet.rules.mode() == Mode::Bucket {
        check_bucket(fleet, sizes, hosts.len(), problems);
    } else {
        note_short(fleet, sizes, size, hosts.len(), states, caps);
    }
    states.iter_mut().filter(|state| **state == State::Held).for_each(|state| *state = State::Free);
    (problems.len() == known).then_some(Canary { hosts, size })
}

/// Keeps hosts out of the canary: those of `canary.exclude`, and those of `last` unless all are.
fn hold_back(fleet: &Fleet<'_, '_>, states: &mut [State], problems: &mut Vec<Problem>) {
    let facts = &fleet.assigned.facts;
    facts.barred.iter().for_each(|host| states[*host as usize] = State::Held);
    if facts.last.len() < fleet.len() {
        facts.last.iter().for_each(|host| states[*host as usize] = State::Held);
    }
    let contradicts = |key: &str, hosts: &[u32], patterns: &[Pattern]| {
        let both: Vec<&str> =
            facts.pinned.iter().filter(|pin| hosts.binary_search(pin).is_ok()).map(|pin| fleet.name(*pin)).collect();
        let message = format!("`canary.hosts` and `{key}` both name {}", fold::within(&both, WIDTH));
        let hint = format!("take it out of one of the two, such as `{key}: \"PATTERN:!HOST\"`");
        (!both.is_empty()).then(|| placed(Problem::new(message), patterns).hint(hint))
    };
    problems.extend(contradicts("canary.exclude", &facts.barred, &fleet.rules.canary_exclude));
    if facts.last.len() < fleet.len() {
        problems.extend(contradicts("last", &facts.last, &fleet.rules.last));
    }
    if states.iter().all(|state| *state == State::Held) && facts.pinned.is_empty() {
        let keys = if facts.last.is_empty() { "`canary.exclude` keeps" } else { "`canary.exclude` and `last` keep" };
        let hosts = if fleet.len() == 1 { "its only host".into() } else { format!("all its {} hosts", fleet.len()) };
        let message = format!("version {} has no canary: {keys} {hosts} out", fleet.assigned.version);
        let hint = "let it have one: narrow the pattern, or give the version its own under `overrides`";
        problems.push(placed(Problem::new(message), &fleet.rules.canary_exclude).hint(hint));
    }
}

/// The problem at the place of the patterns.
fn placed(problem: Problem, patterns: &[Pattern]) -> Problem {
    match patterns.first() {
        Some(first) => problem.at(first.at.clone()),
        None => problem,
    }
}

/// Takes the pinned hosts, as far as the caps of their domains allow.
fn pin(
    fleet: &Fleet<'_, '_>,
    pins: &[u32],
    states: &mut [State],
    caps: &mut Caps<'_, '_, '_>,
    problems: &mut Vec<Problem>,
) {
    for pin in pins {
        if let Some((label, domain)) = caps.full(*pin) {
            let division = &fleet.spread[label];
            let domain = &division.domains[domain];
            let among =
                pins.iter().filter(|pin| division.domains[division.of[**pin as usize] as usize].name == domain.name);
            let message = format!(
                "`canary.hosts` pins {} of {}={}, and `spread.max_unavailable` allows {} of its {}",
                count(among.count(), "host"),
                division.label,
                domain.name,
                domain.cap.unwrap_or_default(),
                count(domain.hosts, "host"),
            );
            let hint = "pin fewer hosts of it, or raise `spread.max_unavailable`";
            problems.push(placed(Problem::new(message), &fleet.rules.canary_hosts).hint(hint));
            return;
        }
        caps.take(*pin);
        states[*pin as usize] = State::Taken;
    }
}

/// A host that covers some values.
struct Picked<'a> {
    host: u32,
    values: Vec<(String, DomainName<'a>)>,
}

/// Takes a host for each value of the labels that no pin has, each time the one that covers most, of equals the first.
fn cover<'a>(
    fleet: &Fleet<'_, 'a>,
    pins: &[u32],
    states: &mut [State],
    caps: &mut Caps<'_, '_, 'a>,
    problems: &mut Vec<Problem>,
) -> Vec<Picked<'a>> {
    // a host without the label has no value to cover, unless all of those are one domain
    let alone = |division: &Division<'_, 'a>| {
        division.domains.iter().map(|domain| matches!(domain.name, DomainName::Alone(_))).collect::<Vec<bool>>()
    };
    let mut covered: Vec<Vec<bool>> = fleet.cover.iter().map(alone).collect();
    let gains = |covered: &[Vec<bool>], host: u32| -> Vec<usize> {
        let gain = |label: &usize| !covered[*label][fleet.cover[*label].of[host as usize] as usize];
        (0..fleet.cover.len()).filter(gain).collect()
    };
    let cover = |covered: &mut [Vec<bool>], host: u32| {
        for (division, covered) in fleet.cover.iter().zip(covered) {
            covered[division.of[host as usize] as usize] = true;
        }
    };
    pins.iter().for_each(|pin| cover(&mut covered, *pin));
    let mut picked = Vec::new();
    // A gain only shrinks: once nobody has it any more, nobody will.
    for most in (1..=fleet.cover.len()).rev() {
        for host in fleet.order.iter().copied().filter(|_| !fleet.cover.is_empty()) {
            let gained = gains(&covered, host);
            if gained.len() < most || states[host as usize] != State::Free || caps.full(host).is_some() {
                continue;
            }
            let value = |label: &usize| {
                let division = &fleet.cover[*label];
                (division.label.to_string(), division.domains[division.of[host as usize] as usize].name)
            };
            picked.push(Picked { host, values: gained.iter().map(value).collect() });
            cover(&mut covered, host);
            caps.take(host);
            states[host as usize] = State::Taken;
        }
    }
    report_uncovered(fleet, &covered, problems);
    picked
}

/// A problem for each value that no host covers, with what keeps its hosts out.
fn report_uncovered(fleet: &Fleet<'_, '_>, covered: &[Vec<bool>], problems: &mut Vec<Problem>) {
    let facts = &fleet.assigned.facts;
    for (division, covered) in fleet.cover.iter().zip(covered) {
        for (domain, _) in division.domains.iter().zip(covered).enumerate().filter(|(_, (_, covered))| !**covered) {
            let hosts: Vec<u32> =
                fleet.order.iter().copied().filter(|host| division.of[*host as usize] as usize == domain).collect();
            let all = |of: &[u32]| hosts.iter().all(|host| of.binary_search(host).is_ok());
            let among = |host: &u32| facts.barred.binary_search(host).is_ok() || facts.last.binary_search(host).is_ok();
            let name = division.domains[domain].name;
            let held = if hosts.len() == 1 { "its only host".into() } else { format!("all its {} hosts", hosts.len()) };
            let (why, hint) = if all(&facts.barred) {
                (format!("`canary.exclude` keeps {held} out"), "let a host of it be a canary")
            } else if all(&facts.last) {
                (format!("`last` keeps {held} for the final batches"), "take a host of it out of `last`")
            } else if hosts.iter().all(among) {
                (format!("`canary.exclude` and `last` keep {held} out"), "let a host of it be a canary")
            } else {
                (
                    "the other canaries fill the caps of its hosts".to_string(),
                    "raise `spread.max_unavailable`, or pin a host of it with `canary.hosts`",
                )
            };
            let label = division.label;
            let message = format!(
                "`canary.cover` of version {} finds no canary of {label}={name}: {why}",
                fleet.assigned.version
            );
            problems.push(at_cover(fleet, Problem::new(message)).hint(hint));
        }
    }
}

fn at_cover(fleet: &Fleet<'_, '_>, problem: Problem) -> Problem {
    match &fleet.rules.canary_cover {
        Some(cover) => problem.at(cover.at.clone()),
        None => problem,
    }
}

/// Most hosts that the canary may have; `chosen` of them are settled, `pins` by name.
fn size(
    fleet: &Fleet<'_, '_>,
    sizes: &mut Sizes<'_>,
    pins: usize,
    chosen: usize,
    problems: &mut Vec<Problem>,
) -> usize {
    if fleet.rules.mode() == Mode::Bucket {
        return fleet.len();
    }
    let (asked, wanted) = match fleet.rules.canary_size {
        Some(amount) => (amount.to_string(), sizes.amount("canary", amount)),
        None => (chosen.max(1).to_string(), chosen.max(1)),
    };
    let size = sizes.bounded("canary", &asked, wanted);
    if chosen <= size {
        return size;
    }
    let what = match (pins, chosen - pins) {
        (_, 0) => format!("`canary.hosts` pins {}", count(pins, "host")),
        (0, _) => format!("`canary.cover` takes {}", count(chosen, "host")),
        _ => format!("`canary.hosts` and `canary.cover` take {}", count(chosen, "host")),
    };
    let (but, way) = if wanted < chosen {
        let resolved = if asked == wanted.to_string() {
            String::new()
        } else {
            format!(", {wanted} of {}", count(fleet.len(), "host"))
        };
        (
            format!("`canary` is {asked}{resolved}"),
            format!("set `canary.size` to {chosen} or more, or leave it out: then it is as large as needed"),
        )
    } else {
        (sizes.bound().to_string(), format!("allow {chosen}, or ask for fewer canaries"))
    };
    let message = format!("version {}: {what}, but {but}", fleet.assigned.version);
    let cover: Option<&Location> = fleet.rules.canary_cover.as_ref().map(|cover| &cover.at);
    let at = fleet.rules.canary_hosts.first().map(|pattern| &pattern.at).filter(|_| pins > 0).or(cover);
    let problem = Problem::new(message);
    problems.push(match at {
        Some(at) => problem.at(at.clone()).hint(way),
        None => problem.hint(way),
    });
    size
}

/// Adds hosts up to the size, as far as the strategy and the caps let them in.
fn fill<'a>(
    fleet: &Fleet<'_, 'a>,
    size: usize,
    hosts: &mut Vec<u32>,
    states: &mut [State],
    caps: &mut Caps<'_, '_, 'a>,
    watch: &mut super::batches::Watch<'a>,
) {
    if hosts.len() >= size {
        return;
    }
    let first = hosts.len();
    let mut strategy: Box<dyn Strategy<'a>> = choose(&Deal { fleet, states, stage: Stage::A, waves: 0 });
    strategy.begin();
    while hosts.len() < size {
        let Some(host) = strategy.next(caps) else { break };
        watch.see(host, || strategy.reason(host));
        caps.take(host);
        hosts.push(host);
    }
    drop(strategy);
    hosts[first..].iter().for_each(|host| states[*host as usize] = State::Taken);
}

/// Says why the canary has fewer hosts than its size although there are more.
fn note_short(
    fleet: &Fleet<'_, '_>,
    sizes: &mut Sizes<'_>,
    size: usize,
    hosts: usize,
    states: &[State],
    caps: &Caps<'_, '_, '_>,
) {
    if hosts >= size.min(fleet.len()) {
        return;
    }
    let free = || (0..fleet.len() as u32).filter(|host| states[*host as usize] == State::Free);
    let facts = &fleet.assigned.facts;
    let why = if free().next().is_none() {
        match (facts.barred.is_empty(), facts.last.is_empty()) {
            (false, true) => "canary.exclude keeps the others out",
            (true, _) => "last keeps the others for the final batches",
            (false, false) => "canary.exclude and last keep the others out",
        }
    } else if free().all(|host| caps.full(host).is_some()) {
        "spread.max_unavailable allows no more"
    } else {
        "the next host is in another domain"
    };
    sizes.note(format!("the canary has {} instead of {size}: {why}", count(hosts, "host")));
}

/// In the bucket mode the hashes say how many canaries there are, and no bound can take one out.
fn check_bucket(fleet: &Fleet<'_, '_>, sizes: &mut Sizes<'_>, hosts: usize, problems: &mut Vec<Problem>) {
    let (version, of) = (fleet.assigned.version, count(fleet.len(), "host"));
    let canary = fleet.rules.canary_size.unwrap_or(Amount::WHOLE);
    sizes.note(format!("canary {canary} of {of} by hash is {}", count(hosts, "host")));
    if hosts > sizes.most() {
        let canaries = count(hosts, "canary");
        let message = format!("version {version}: assignment bucket gives {canaries}, but {}", sizes.bound());
        let problem = Problem::new(message).hint("lower `canary.size`, or allow more");
        problems.push(match &fleet.rules.bound {
            Some(bound) => problem.at(bound.at.clone()),
            None => problem,
        });
    }
}
