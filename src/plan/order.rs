//! The order of the versions, and the domains that the policy lists by name.

use std::borrow::Borrow;
use std::collections::HashMap;

use super::LabelValue;
use super::fleet::label_values;
use super::input::Assigned;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Location, Problem};
use crate::policy::{DomainOrder, Priority, Rules};

/// Versions that a hint lists.
const LISTED: usize = 10;

/// The versions that `priority` names, then the others in order of first appearance.
pub(super) fn by_priority<'v, 'a>(
    versions: &'v [Assigned<'a>],
    priority: &Priority,
    found: &mut Diagnostics,
) -> Vec<&'v Assigned<'a>> {
    let mut ordered: Vec<_> = versions.iter().collect();
    match priority {
        Priority::None => {}
        Priority::Containing(text, at) => {
            if !versions.iter().any(|assigned| assigned.version.contains(text)) {
                let message = format!("`priority_name`: no version contains `{text}`");
                found.warn(Problem::of(Code::NoMatch, message).at(at.clone()).hint(versions_hint(versions)));
            }
            ordered.sort_by_key(|assigned| !assigned.version.contains(text));
        }
        Priority::Names(names) => {
            let ranks: HashMap<_, _> =
                names.iter().enumerate().map(|(rank, (name, _))| (name.as_str(), rank)).collect();
            ordered.sort_by_key(|assigned| ranks.get(assigned.version).copied().unwrap_or(usize::MAX));
            for (name, at) in names {
                if !versions.iter().any(|assigned| assigned.version == name) {
                    let message = format!("`priority` names `{name}`, which is not a version");
                    found.error(Problem::of(Code::NoSuchVersion, message).at(at.clone()).hint(versions_hint(versions)));
                }
            }
        }
    }
    ordered
}

/// A hint that lists the versions there are.
pub(super) fn versions_hint<'a>(versions: &[impl Borrow<Assigned<'a>>]) -> String {
    let mut names: Vec<_> =
        versions.iter().take(LISTED).map(|assigned| assigned.borrow().shown().to_string()).collect();
    if versions.len() > LISTED {
        names.push(format!("… and {} more", versions.len() - LISTED));
    }
    if names.is_empty() { "there is no version".to_string() } else { format!("the versions are {}", names.join(", ")) }
}

/// The domains that `spread.order` lists, over all versions: one version need not have them all.
#[derive(Default)]
pub(super) struct ListedDomains<'a> {
    /// For each name and the place of its list whether a version has such a domain.
    known: Vec<(String, Location, bool)>,
    /// The first domains there are.
    domains: Vec<LabelValue<'a>>,
}

impl<'a> ListedDomains<'a> {
    /// Takes note of a version's list and of its domains.
    pub fn see(&mut self, assigned: &Assigned<'a>, rules: &Rules) {
        let (Some(by), Some(order)) = (rules.spread.by(), &rules.spread.order) else { return };
        let DomainOrder::List(list) = &order.value else { return };
        let is_first = |name: &String| by.value.first() == Some(name);
        let Some(label) = assigned.facts.labels.iter().find(|label| is_first(&label.name)) else { return };
        for domain in label_values(label) {
            if self.domains.len() < LISTED && !self.domains.contains(&domain) {
                self.domains.push(domain);
            }
        }
        for name in list {
            let found = label.values.contains(&name.as_str());
            match self.known.iter_mut().find(|(known, at, _)| known == name && *at == order.at) {
                Some((_, _, known)) => *known |= found,
                None => self.known.push((name.clone(), order.at.clone(), found)),
            }
        }
    }

    /// Reports the names that are not domains of any version.
    pub fn report(self, found: &mut Diagnostics) {
        for (name, at, _) in self.known.into_iter().filter(|(_, _, known)| !known) {
            let message = format!("`spread.order` names `{name}`, which is not a domain");
            let domains: Vec<String> = self.domains.iter().map(ToString::to_string).collect();
            let hint = format!("the domains are {}", domains.join(", "));
            found.error(Problem::of(Code::NoMatch, message).at(at).hint(hint));
        }
    }
}
