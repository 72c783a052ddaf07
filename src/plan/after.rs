//! Versions that come after others, by the key `after`.

use std::collections::{BTreeMap, BTreeSet};

use super::input::Assigned;
use super::order::versions_hint;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Location, Problem};
use crate::policy::{Glob, Policy, Priority};

/// For each version, by its place, the places of those that its own `after` names, each with where that stands.
type Direct = Vec<BTreeMap<usize, Location>>;

/// Puts each version behind those that it comes after, and returns these with it, in order; otherwise the order stays.
pub(super) fn sort<'v, 'a>(
    versions: Vec<&'v Assigned<'a>>,
    policy: &Policy,
    found: &mut Diagnostics,
) -> Vec<(&'v Assigned<'a>, Vec<&'a str>)> {
    if !policy.has_after() {
        return versions.into_iter().map(|assigned| (assigned, Vec::new())).collect();
    }
    let direct = direct(&versions, policy, found);
    let (mut order, left) = in_order(&direct);
    if left.is_empty() {
        refuse_what_priority_turns(&versions, &direct, &policy.priority, found);
    } else {
        found.error(circle(&versions, &direct, &left));
        order = (0..versions.len()).collect();
    }
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); versions.len()];
    let mut sorted: Vec<(&Assigned<'a>, Vec<&'a str>)> = Vec::new();
    for (place, version) in order.iter().copied().enumerate() {
        // what it comes after has its place already, but in a circle, which is an error
        let earlier: Vec<usize> = (0..place).filter(|earlier| direct[version].contains_key(&order[*earlier])).collect();
        let all: BTreeSet<usize> =
            earlier.iter().flat_map(|earlier| before[*earlier].iter().chain([earlier])).copied().collect();
        let names = all.iter().map(|earlier| versions[order[*earlier]].version).collect();
        before[place] = all;
        sorted.push((versions[version], names));
    }
    sorted
}

/// What each version names; a version without hosts has no batch that one could wait for.
fn direct(versions: &[&Assigned<'_>], policy: &Policy, found: &mut Diagnostics) -> Direct {
    let mut unknown: Vec<(String, Location)> = Vec::new();
    let mut direct = vec![BTreeMap::new(); versions.len()];
    for (place, assigned) in versions.iter().enumerate() {
        let Some(after) = policy.rules(assigned.version).after.filter(|_| !assigned.hosts.is_empty()) else { continue };
        for text in after.value {
            let glob = Glob::new(&text);
            let named: Vec<usize> = (0..versions.len()).filter(|at| glob.matches(versions[*at].version)).collect();
            if named.contains(&place) {
                found.error_once(itself(assigned, &text, &after.at));
            }
            if named.is_empty() && !unknown.iter().any(|(known, at)| *known == text && *at == after.at) {
                unknown.push((text, after.at.clone()));
            }
            let others = named.into_iter().filter(|at| *at != place && !versions[*at].hosts.is_empty());
            direct[place].extend(others.map(|at| (at, after.at.clone())));
        }
    }
    for (text, at) in unknown {
        let message = format!("`after`: no version matches `{text}`");
        found.warn(Problem::of(Code::NoMatch, message).at(at).hint(versions_hint(versions)));
    }
    direct
}

fn itself(assigned: &Assigned<'_>, text: &str, at: &Location) -> Problem {
    let version = assigned.shown();
    let message = format!("`after: {text}` matches `{version}` itself, and no version comes after itself");
    let hint = format!("use a name or a glob that does not match it, or give `{version}` an `after: []` of its own");
    Problem::of(Code::Contradiction, message).at(at.clone()).hint(hint)
}

/// The places in the order in which each stands behind those that it comes after, and those that never can.
fn in_order(direct: &Direct) -> (Vec<usize>, Vec<usize>) {
    let mut order = Vec::new();
    let mut is_placed = vec![false; direct.len()];
    let mut left: Vec<usize> = (0..direct.len()).collect();
    while let Some(next) = left.iter().position(|place| direct[*place].keys().all(|before| is_placed[*before])) {
        let place = left.remove(next);
        is_placed[place] = true;
        order.push(place);
    }
    (order, left)
}

/// The problem with versions that come after each other; each of `left` comes after another of them.
fn circle(versions: &[&Assigned<'_>], direct: &Direct, left: &[usize]) -> Problem {
    let mut way: Vec<(usize, &Location)> = Vec::new();
    let mut place = left.first().copied();
    while let Some(here) = place.filter(|here| !way.iter().any(|(before, _)| before == here)) {
        let next = direct[here].iter().find(|(before, _)| left.contains(before));
        way.extend(next.map(|(_, at)| (here, at)));
        place = next.map(|(before, _)| *before);
    }
    let start = way.iter().position(|(before, _)| Some(*before) == place).unwrap_or_default();
    let circle = &way[start..];
    let next = |step: usize| circle[(step + 1) % circle.len()].0;
    let steps: Vec<String> = circle
        .iter()
        .enumerate()
        .map(|(step, (here, at))| {
            format!("`{}` after `{}` ({at})", versions[*here].shown(), versions[next(step)].shown())
        })
        .collect();
    let message = format!("`after` goes in a circle, so that none of them could begin: {}", steps.join(", "));
    let problem = Problem::of(Code::Contradiction, message)
        .hint("take one of them out, or give one of the versions an `after: []` of its own, which beats a glob");
    match circle.first() {
        Some((_, at)) => problem.at((*at).clone()),
        None => problem,
    }
}

/// Refuses a `priority` that puts a version before one that it comes after.
fn refuse_what_priority_turns(
    versions: &[&Assigned<'_>],
    direct: &Direct,
    priority: &Priority,
    found: &mut Diagnostics,
) {
    for (place, before) in direct.iter().enumerate() {
        for (earlier, at) in before {
            let (version, earlier) = (versions[place], versions[*earlier]);
            let Some((key, where_)) = puts_first(priority, version.version, earlier.version) else { continue };
            let (version, earlier) = (version.shown(), earlier.shown());
            let message = format!(
                "`{key}` ({where_}) puts `{version}` before `{earlier}`, and `after` puts it behind `{earlier}`"
            );
            let hint = format!(
                "take `{version}` out of `{key}` or name `{earlier}` before it, or take `{earlier}` out of `after`"
            );
            found.error(Problem::of(Code::Contradiction, message).at(at.clone()).hint(hint));
        }
    }
}

/// The key and its place if it puts the one version before the other.
fn puts_first<'p>(priority: &'p Priority, version: &str, other: &str) -> Option<(&'static str, &'p Location)> {
    match priority {
        Priority::None => None,
        Priority::Names(names) => {
            let place = |version: &str| names.iter().position(|(name, _)| name == version);
            let own = place(version)?;
            place(other).is_none_or(|other| own < other).then(|| ("priority", &names[own].1))
        }
        Priority::Containing(text, at) => {
            (version.contains(text) && !other.contains(text)).then_some(("priority_name", at))
        }
    }
}
