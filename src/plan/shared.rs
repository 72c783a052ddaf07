//! Hosts that stand in several versions.

use foldhash::{HashMap, HashSet};

use super::input::Assigned;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem};
use crate::fold;
use crate::policy::SharedHosts;
use crate::shown::Shown;

/// Characters of folded hosts that a message shows.
const WIDTH: usize = 120;
/// Versions that a message names.
const LISTED: usize = 5;

/// Reports the hosts that several versions plan, as the policy asks.
pub(super) fn check(versions: &[Assigned<'_>], policy: SharedHosts, found: &mut Diagnostics) {
    if policy == SharedHosts::Allow || versions.len() < 2 {
        return;
    }
    let (hosts, among) = find(versions);
    if hosts.is_empty() {
        return;
    }
    let mut named = among.iter().take(LISTED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if among.len() > LISTED {
        named.push_str(&format!(", … and {} more", among.len() - LISTED));
    }
    let stand = if hosts.len() == 1 { "stands" } else { "stand" };
    let problem =
        Problem::of(Code::SharedHost, format!("{} {stand} in several versions: {named}", fold::within(&hosts, WIDTH)));
    if policy == SharedHosts::Error {
        found.error(problem.hint("give each host one version, or set `shared_hosts: allow`"));
    } else {
        found.warn(problem.hint("`shared_hosts: allow` says that this is meant, `shared_hosts: error` refuses it"));
    }
}

/// The hosts that stand in several versions, and the versions they stand in, in order.
fn find<'a>(versions: &[Assigned<'a>]) -> (Vec<&'a str>, Vec<Shown<'a>>) {
    let mut first: HashMap<&str, usize> = HashMap::default();
    let mut seen = HashSet::default();
    let mut hosts = Vec::new();
    let mut among = vec![false; versions.len()];
    for (index, assigned) in versions.iter().enumerate() {
        for host in assigned.hosts.iter().copied() {
            let earlier = *first.entry(host).or_insert(index);
            if earlier != index {
                among[earlier] = true;
                among[index] = true;
                if seen.insert(host) {
                    hosts.push(host);
                }
            }
        }
    }
    let among =
        versions.iter().zip(among).filter(|(_, shared)| *shared).map(|(assigned, _)| assigned.shown()).collect();
    (hosts, among)
}
