//! One version's hosts as the planner sees them: their order, their domains and how many of a domain may go at once.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::index::{DomainIndex, HostIndex};
use super::input::{Assigned, Label};
use super::stable::host_hash;
use super::{Domain, DomainName, LabelValue};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem};
use crate::fold;
use crate::policy::{Amount, Missing, Mode, Order, Rules};
use crate::wording::{and_more, count};

/// Characters of folded hosts that a message shows.
const WIDTH: usize = 100;

/// One version's hosts. A host is its index in [`Assigned::hosts`].
pub(super) struct Fleet<'v, 'a> {
    pub assigned: &'v Assigned<'a>,
    pub rules: &'v Rules,
    /// All hosts, in the order in which they are to be planned.
    pub order: Vec<HostIndex>,
    /// The place of each host in that order, from 1; worked out for who asks.
    places: OnceCell<Vec<usize>>,
    /// The hash of each host; empty where none is needed.
    pub hashes: Vec<u64>,
    /// The labels of `spread.by`.
    pub spread: Vec<Division<'v, 'a>>,
    /// The labels of `canary.cover`.
    pub cover: Vec<Division<'v, 'a>>,
    /// Whether a host is in `last`; empty where none is.
    last: Vec<bool>,
}

/// The hosts divided by a label.
pub(super) struct Division<'v, 'a> {
    pub label: &'v str,
    /// The domain of each host.
    pub of: Cow<'v, [DomainIndex]>,
    pub domains: Vec<Domain<'a>>,
}

impl<'v, 'a> Fleet<'v, 'a> {
    /// Works out what the rules say of the hosts; what cannot be is a problem.
    pub fn new(assigned: &'v Assigned<'a>, rules: &'v Rules, notes: &mut Vec<String>, found: &mut Diagnostics) -> Self {
        let hashes = if rules.hashes() { hashes(assigned, &rules.assignment.seed) } else { Vec::new() };
        let mut fleet = Fleet {
            assigned,
            rules,
            order: order(assigned, rules, &hashes),
            places: OnceCell::new(),
            hashes,
            spread: Vec::new(),
            cover: Vec::new(),
            last: Vec::new(),
        };
        if !assigned.facts.last.is_empty() {
            fleet.last = vec![false; assigned.hosts.len()];
            assigned.facts.last.iter().for_each(|host| fleet.last[host.index()] = true);
        }
        let before = found.checkpoint();
        fleet.check_labels(found);
        if !found.failed_since(&before) {
            fleet.spread = fleet.divisions(rules.spread.by().map(|by| by.value.as_slice()).unwrap_or_default());
            fleet.cover =
                fleet.divisions(rules.canary_cover.as_ref().map(|by| by.value.as_slice()).unwrap_or_default());
            fleet.set_caps(notes);
        }
        fleet
    }

    /// The number of hosts.
    pub fn len(&self) -> usize {
        self.assigned.hosts.len()
    }

    /// The host's name.
    pub fn name(&self, host: HostIndex) -> &'a str {
        self.assigned.hosts[host.index()]
    }

    /// The text that is hashed for a host.
    pub fn id(&self, host: HostIndex) -> &'a str {
        self.assigned.facts.ids.get(host.index()).copied().unwrap_or_else(|| self.name(host))
    }

    /// The host's place in the order, from 1.
    pub fn place(&self, host: HostIndex) -> usize {
        let places = self.places.get_or_init(|| {
            let mut places = vec![0; self.len()];
            self.order.iter().zip(1..).for_each(|(host, place)| places[host.index()] = place);
            places
        });
        places.get(host.index()).copied().unwrap_or_default()
    }

    /// Whether the host belongs to the final batches.
    pub fn is_last(&self, host: HostIndex) -> bool {
        self.last.get(host.index()).copied().unwrap_or(false)
    }

    /// Whether some domain has a cap.
    pub fn is_capped(&self) -> bool {
        self.rules.spread.by().is_some() && self.rules.spread.max_unavailable.is_some()
    }

    /// Whether a host may have several domains with caps.
    pub fn has_crossing_caps(&self) -> bool {
        self.is_capped() && self.spread.len() > 1
    }

    fn find_label(&self, name: &str) -> Option<&'v Label<'a>> {
        self.assigned.facts.labels.iter().find(|label| label.name == name)
    }

    /// Refuses hosts without a label, unless the policy says what they mean.
    fn check_labels(&self, found: &mut Diagnostics) {
        if self.rules.spread.missing() != Missing::Error {
            return;
        }
        for (key, set) in [("spread.by", self.rules.spread.by()), ("canary.cover", self.rules.canary_cover.as_ref())] {
            for name in set.iter().flat_map(|set| &set.value) {
                let without: Vec<&str> = match self.find_label(name) {
                    Some(label) => {
                        let missing =
                            label.of.iter().zip(&self.assigned.hosts).filter(|(of, _)| **of == DomainIndex::MISSING);
                        missing.map(|(_, host)| *host).collect()
                    }
                    None => self.assigned.hosts.clone(),
                };
                if without.is_empty() || (key == "canary.cover" && self.spreads_by(name)) {
                    continue;
                }
                let version = self.assigned.shown();
                let have = if without.len() == 1 { "has" } else { "have" };
                let hosts = fold::within(&without, WIDTH);
                let problem = Problem::of(
                    Code::MissingLabel,
                    format!("`{key}`: {hosts} of version {version} {have} no `{name}`"),
                );
                let hint = "give them one, or set `spread: {missing: each}` (each is a domain of its own) or \
                            `{missing: group}` (they are one domain)";
                found.error(match set {
                    Some(set) => problem.at(set.at.clone()).hint(hint),
                    None => problem.hint(hint),
                });
            }
        }
    }

    fn spreads_by(&self, name: &str) -> bool {
        self.rules.spread.by().is_some_and(|by| by.value.iter().any(|label| label == name))
    }

    fn divisions(&self, names: &'v [String]) -> Vec<Division<'v, 'a>> {
        names.iter().map(|name| self.division(name)).collect()
    }

    /// The hosts by one label; those without it are told apart as the policy says.
    fn division(&self, name: &'v str) -> Division<'v, 'a> {
        let label = self.find_label(name);
        let mut names: Vec<DomainName<'a>> =
            label.map(|label| label_values(label).map(DomainName::Value).collect()).unwrap_or_default();
        let mut of = match label {
            Some(label) => Cow::Borrowed(label.of.as_slice()),
            None => Cow::Owned(vec![DomainIndex::MISSING; self.len()]),
        };
        let together = DomainIndex::new(names.len());
        for host in 0..self.len() {
            if of[host] != DomainIndex::MISSING {
                continue;
            }
            if self.rules.spread.missing() == Missing::Each {
                of.to_mut()[host] = DomainIndex::new(names.len());
                names.push(DomainName::Alone(self.assigned.hosts[host]));
            } else {
                of.to_mut()[host] = together;
                if names.len() == together.index() {
                    names.push(DomainName::Missing);
                }
            }
        }
        let mut domains: Vec<Domain<'a>> = names.into_iter().map(|name| Domain { name, hosts: 0, cap: None }).collect();
        of.iter().for_each(|domain| domains[domain.index()].hosts += 1);
        Division { label: name, of, domains }
    }

    /// Sets how many hosts of each domain may be in one batch.
    fn set_caps(&mut self, notes: &mut Vec<String>) {
        let Some(set) = &self.rules.spread.max_unavailable else { return };
        let amount = set.value;
        for division in &mut self.spread {
            let mut less = Vec::new();
            for domain in &mut division.domains {
                let cap = amount.of(domain.hosts);
                if cap == 0 {
                    less.push(domain.name.to_string());
                }
                domain.cap = Some(cap.max(1));
            }
            let caps = division.domains.iter().filter_map(|domain| domain.cap);
            if let (Amount::Percent(_), Some(least), Some(most)) = (amount, caps.clone().min(), caps.max()) {
                let is = if least == most { count(most, "host") } else { format!("{least} to {most} hosts") };
                notes.push(format!("spread.max_unavailable {amount} of a {} is {is}", division.label));
            }
            if let Some(first) = less.first() {
                let others = and_more(less.len());
                let label = division.label;
                notes.push(format!(
                    "spread.max_unavailable {amount} of {label} {first}{others} is less than one host: it takes one"
                ));
            }
        }
    }
}

/// The values of a label, those that were decrypted with their numbers.
pub(super) fn label_values<'a>(label: &Label<'a>) -> impl Iterator<Item = LabelValue<'a>> {
    label.values.iter().enumerate().map(|(index, text)| {
        let is_secret = label.secrets.binary_search(&DomainIndex::new(index)).is_ok();
        let secret = is_secret.then_some(index as u32 + 1);
        LabelValue { text, secret }
    })
}

fn hashes(assigned: &Assigned<'_>, seed: &str) -> Vec<u64> {
    let ids = if assigned.facts.ids.is_empty() { &assigned.hosts } else { &assigned.facts.ids };
    ids.iter().map(|id| host_hash(seed, id)).collect()
}

/// The hosts in the order that the policy asks for.
fn order(assigned: &Assigned<'_>, rules: &Rules, hashes: &[u64]) -> Vec<HostIndex> {
    let mut hosts = order_by_mode(assigned, rules, hashes);
    let ranks = &assigned.facts.ranks;
    if !ranks.is_empty() {
        // those of one value keep their order
        hosts.sort_by_key(|host| ranks[host.index()]);
    }
    hosts
}

fn order_by_mode(assigned: &Assigned<'_>, rules: &Rules, hashes: &[u64]) -> Vec<HostIndex> {
    let mut hosts: Vec<HostIndex> = (0..assigned.hosts.len()).map(HostIndex::new).collect();
    if rules.mode() != Mode::Order || rules.order() == Order::Shuffle {
        let ids = if assigned.facts.ids.is_empty() { &assigned.hosts } else { &assigned.facts.ids };
        hosts.sort_by_key(|host| (hashes[host.index()], ids[host.index()]));
        return hosts;
    }
    match rules.order() {
        Order::Inventory | Order::Shuffle => {}
        Order::ReverseInventory => hosts.reverse(),
        Order::Sorted => hosts.sort_by_key(|host| assigned.hosts[host.index()]),
        Order::ReverseSorted => {
            hosts.sort_by_key(|host| assigned.hosts[host.index()]);
            hosts.reverse();
        }
    }
    hosts
}
