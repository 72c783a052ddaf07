//! Domain after domain. With several labels a domain is one combination of their values.

use std::collections::HashMap;

use super::sections::Sections;
use super::{Candidates, DomainIndex, Fleet, HostIndex};
use crate::plan::DomainName;
use crate::plan::fleet::Division;
use crate::plan::why::{Reason, Share};
use crate::policy::DomainOrder;

/// The domains in the order that the policy asks for.
pub(super) fn strategy<'f, 'a>(candidates: &Candidates<'_, 'f, '_, 'a>) -> Sections<'f, 'a> {
    let fleet = candidates.fleet;
    let sections = sections(candidates);
    Sections::new(sections, !fleet.has_other_caps(), move |host| reason(fleet, host))
}

/// The hosts to hand out, domain by domain, in the domains' order.
pub(super) fn sections(candidates: &Candidates<'_, '_, '_, '_>) -> Vec<Vec<HostIndex>> {
    let phases = candidates.free_phases();
    phases.into_iter().flat_map(|hosts| in_domains(candidates.fleet, hosts)).collect()
}

/// The hosts of each domain, in the domains' order.
fn in_domains(fleet: &Fleet<'_, '_>, hosts: Vec<HostIndex>) -> Vec<Vec<HostIndex>> {
    let mut sections: HashMap<Vec<DomainIndex>, Vec<HostIndex>> = HashMap::new();
    for host in hosts {
        sections.entry(path(fleet, host)).or_default().push(host);
    }
    let mut ordered: Vec<(Vec<DomainIndex>, Vec<HostIndex>)> = sections.into_iter().collect();
    let names = |path: &[DomainIndex]| -> Vec<DomainName<'_>> {
        path.iter().zip(fleet.spread()).map(|(domain, division)| division.domains[domain.index()].name).collect()
    };
    match fleet.rules.spread.order.as_ref().map(|set| &set.value) {
        None | Some(DomainOrder::Name) => ordered.sort_by_cached_key(|(path, _)| names(path)),
        Some(DomainOrder::SmallestFirst) => {
            let sizes = sizes(fleet);
            ordered.sort_by_cached_key(|(path, _)| (sizes.get(path).copied(), names(path)));
        }
        Some(DomainOrder::List(list)) => ordered.sort_by_cached_key(|(path, _)| {
            let names = names(path);
            let place =
                list.iter().position(|listed| matches!(names[..], [DomainName::Value(name)] if name.text == listed));
            (place.unwrap_or(list.len()), names)
        }),
    }
    ordered.into_iter().map(|(_, hosts)| hosts).collect()
}

/// The domain of a host by each label.
fn path(fleet: &Fleet<'_, '_>, host: HostIndex) -> Vec<DomainIndex> {
    fleet.spread().iter().map(|division| division.of[host.index()]).collect()
}

/// The hosts of each domain, those that stand in a batch too.
fn sizes(fleet: &Fleet<'_, '_>) -> HashMap<Vec<DomainIndex>, usize> {
    let mut sizes = HashMap::new();
    fleet.order.iter().for_each(|host| *sizes.entry(path(fleet, *host)).or_default() += 1);
    sizes
}

/// Why a host comes when it does.
pub(super) fn reason<'a>(fleet: &Fleet<'_, 'a>, host: HostIndex) -> Reason<'a> {
    let wanted = path(fleet, host);
    let named = |division: &Division<'_, 'a>| (division.label.to_string(), division.domain_of(host).name);
    let mut share = Share { domain: fleet.spread().iter().map(named).collect(), nth: 0, of: 0 };
    for other in fleet.order.iter().copied().filter(|other| path(fleet, *other) == wanted) {
        share.of += 1;
        if share.nth == 0 && other == host {
            share.nth = share.of;
        }
    }
    Reason::Sequential(share)
}
