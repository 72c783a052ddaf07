//! A host's own hash decides whether it is a canary, and in which wave it is else.

use std::collections::BTreeMap;

use super::sections::Sections;
use super::{Candidates, HostIndex, Strategy};
use crate::plan::Stage;
use crate::plan::stable::{is_within, wave};
use crate::plan::why::Reason;
use crate::policy::Amount;

/// The canary by hash; or the waves after it, each in the order of hashes, and the final hosts after them.
pub(super) fn strategy<'f, 'v, 'a>(candidates: &Candidates<'_, 'f, 'v, 'a>) -> Box<dyn Strategy<'a> + 'f> {
    if candidates.stage == Stage::A { Box::new(canary(candidates)) } else { Box::new(waves(candidates)) }
}

/// The hosts whose hash lies in the canary's percent; the one with the smallest where there is none.
fn canary<'f, 'a>(candidates: &Candidates<'_, 'f, '_, 'a>) -> Sections<'f, 'a> {
    let fleet = candidates.fleet;
    let fraction = match fleet.rules.canary_size {
        Some(Amount::Percent(percent)) => percent.fraction(),
        _ => (0, 1),
    };
    let hosts = candidates.free_phases().concat();
    let within = move |host: HostIndex| is_within(fleet.hashes[host.index()], fraction);
    let mut chosen: Vec<HostIndex> = hosts.iter().copied().filter(|host| within(*host)).collect();
    let is_empty = !candidates.states.contains(&super::State::Taken);
    if chosen.is_empty() && is_empty {
        chosen.extend(hosts.first());
    }
    let why = move |host: HostIndex| Reason::Bucket { forced: !within(host) };
    Sections::new([chosen], true, why)
}

fn waves<'f, 'a>(candidates: &Candidates<'_, 'f, '_, 'a>) -> Sections<'f, 'a> {
    let (fleet, count) = (candidates.fleet, candidates.waves);
    let wave_of = move |host: HostIndex| wave(&fleet.rules.assignment.seed, fleet.id(host), count);
    let [first, last] = candidates.free_phases();
    // only waves that have hosts: there may be millions of others
    let mut waves: BTreeMap<usize, Vec<HostIndex>> = BTreeMap::new();
    first.into_iter().for_each(|host| waves.entry(wave_of(host)).or_default().push(host));
    Sections::new(waves.into_values().chain([last]), true, move |host| {
        if fleet.is_last(host) {
            Reason::in_order(fleet, host)
        } else {
            Reason::Wave { wave: wave_of(host), waves: count }
        }
    })
}
