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
use crate::policy::{Amount, Limit, Missing, Mode, Order, Rules};
use crate::wording::{and_more, count};

/// Characters of folded hosts that a message shows.
const WIDTH: usize = 100;

/// The key of the caps of domains that batches are spread over.
const SPREAD_CAP: &str = "spread.max_unavailable";

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
    /// The labels of `spread.by`, then the others of `limits`.
    pub divisions: Vec<Division<'v, 'a>>,
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
    /// What `limits` says of it.
    pub limit: Option<&'v Limit>,
    /// Most domains that one batch may have hosts of; those of hosts without the label do not count.
    pub max_domains: Option<usize>,
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
            divisions: Vec::new(),
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
            fleet.divisions = fleet.divided_by(rules.spread.by().map(|by| by.value.as_slice()).unwrap_or_default());
            fleet.cover =
                fleet.divided_by(rules.canary_cover.as_ref().map(|by| by.value.as_slice()).unwrap_or_default());
            fleet.set_caps(notes);
            fleet.set_limits(notes);
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

    /// The labels of `spread.by`.
    pub fn spread(&self) -> &[Division<'v, 'a>] {
        &self.divisions[..self.spread_labels()]
    }

    /// The number of labels of `spread.by`.
    fn spread_labels(&self) -> usize {
        self.rules.spread.by().map_or(0, |by| by.value.len()).min(self.divisions.len())
    }

    /// Whether some domain has a cap, or the domains of a label together.
    pub fn is_capped(&self) -> bool {
        self.divisions.iter().any(Division::is_capped)
    }

    /// Whether hosts of one domain of `spread.by` may differ in whether a batch has room for them.
    pub fn has_other_caps(&self) -> bool {
        self.divisions[self.spread_labels()..].iter().any(Division::is_capped)
    }

    /// Whether hosts are best put into batches in advance: no order of domains does justice to the caps.
    pub fn has_crossing_caps(&self) -> bool {
        let is_several = self.divisions.iter().filter(|division| division.is_capped()).count() > 1;
        is_several || self.has_other_caps() || self.divisions.iter().any(|division| division.max_domains.is_some())
    }

    /// The keys that set caps, as messages name them.
    pub fn cap_keys(&self) -> Vec<String> {
        let of_spread = self.rules.spread.max_unavailable.is_some() && !self.spread().is_empty();
        let spread = of_spread.then(|| SPREAD_CAP.to_string());
        let limits = self.divisions.iter().filter_map(|division| division.limit);
        spread.into_iter().chain(limits.map(|limit| format!("limits.{}", limit.label))).collect()
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

    fn divided_by(&self, names: &'v [String]) -> Vec<Division<'v, 'a>> {
        names.iter().map(|name| self.division(name, self.rules.spread.missing())).collect()
    }

    /// The hosts by one label; those without it are told apart as `missing` says.
    fn division(&self, name: &'v str, missing: Missing) -> Division<'v, 'a> {
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
            if missing == Missing::Each {
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
        Division { label: name, of, domains, limit: None, max_domains: None }
    }

    /// Sets how many hosts of each domain may be in one batch, as `spread.max_unavailable` says.
    fn set_caps(&mut self, notes: &mut Vec<String>) {
        let Some(set) = &self.rules.spread.max_unavailable else { return };
        for division in &mut self.divisions {
            division.cap(SPREAD_CAP, set.value, |_| true, notes);
        }
    }

    /// Sets what `limits` says; a label that no host has limits nothing.
    fn set_limits(&mut self, notes: &mut Vec<String>) {
        for limit in &self.rules.limits {
            let place = match self.divisions.iter().position(|division| division.label == limit.label) {
                Some(place) => place,
                None => {
                    let division = self.division(&limit.label, Missing::Group);
                    if !division.domains.iter().any(|domain| domain.name.is_value()) {
                        continue;
                    }
                    self.divisions.push(division);
                    self.divisions.len() - 1
                }
            };
            let division = &mut self.divisions[place];
            division.limit = Some(limit);
            let key = format!("limits.{}", limit.label);
            if let Some(amount) = limit.max_unavailable {
                division.cap(&key, amount, |name| name.is_value(), notes);
            }
            if let Some(amount) = limit.max_domains {
                let domains = division.domains.iter().filter(|domain| domain.name.is_value()).count();
                let most = amount.of(domains).max(1);
                if let Amount::Percent(_) = amount {
                    let (of, most) = (count(domains, "domain"), count(most, "domain"));
                    notes.push(format!("{key} {amount} of {of} is {most}"));
                }
                division.max_domains = Some(most);
            }
        }
    }
}

impl<'a> Division<'_, 'a> {
    /// The domain of a host.
    pub fn domain_of(&self, host: HostIndex) -> &Domain<'a> {
        &self.domains[self.of[host.index()].index()]
    }

    /// Whether some domain has a cap, or all of them together.
    pub fn is_capped(&self) -> bool {
        self.max_domains.is_some() || self.domains.iter().any(|domain| domain.cap.is_some())
    }

    /// The key that caps a domain, or the domains of the label where its own cap is not reached, and what it allows.
    pub fn cap_key(&self, domain: DomainIndex, is_reached: bool) -> (String, String) {
        let domain = &self.domains[domain.index()];
        let of = format!("of its {}", count(domain.hosts, "host"));
        match (self.limit, domain.cap) {
            (Some(limit), _) if !is_reached => {
                (format!("limits.{}", limit.label), count(self.max_domains.unwrap_or(1), "domain"))
            }
            (Some(limit), Some(cap))
                if limit.max_unavailable.is_some_and(|most| most.of(domain.hosts).max(1) == cap) =>
            {
                (format!("limits.{}", limit.label), format!("{cap} {of}"))
            }
            (_, cap) => (SPREAD_CAP.to_string(), format!("{} {of}", cap.unwrap_or_default())),
        }
    }

    /// Caps the domains for which `is_meant` holds; of two caps the smaller holds.
    fn cap(&mut self, key: &str, amount: Amount, is_meant: fn(&DomainName<'_>) -> bool, notes: &mut Vec<String>) {
        let (mut less, mut caps) = (Vec::new(), Vec::new());
        for domain in self.domains.iter_mut().filter(|domain| is_meant(&domain.name)) {
            let cap = amount.of(domain.hosts);
            if cap == 0 {
                less.push(domain.name.to_string());
            }
            caps.push(cap.max(1));
            domain.cap = Some(domain.cap.map_or(cap.max(1), |known| known.min(cap.max(1))));
        }
        let bounds = caps.iter().min().zip(caps.iter().max());
        if let (Amount::Percent(_), Some((least, most))) = (amount, bounds) {
            let is = if least == most { count(*most, "host") } else { format!("{least} to {most} hosts") };
            notes.push(format!("{key} {amount} of a {} is {is}", self.label));
        }
        if let Some(first) = less.first() {
            let (others, label) = (and_more(less.len()), self.label);
            notes.push(format!("{key} {amount} of {label} {first}{others} is less than one host: it takes one"));
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
