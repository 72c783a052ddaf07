//! What a plan is made of: the versions with their hosts, and what the policy asks about these.

use super::index::{DomainIndex, HostIndex};
use crate::shown::Shown;

/// The versions with their hosts, and the hosts that are left over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignments<'a> {
    /// The versions, in order of first appearance; each once.
    pub versions: Vec<Assigned<'a>>,
    /// Hosts of the inventory without a version, in its order; also those that `exclude` names, which stand nowhere else.
    pub unversioned: Vec<&'a str>,
}

/// One version's hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assigned<'a> {
    /// The version.
    pub version: &'a str,
    /// The hosts to plan, in the order that the batches shall follow; each once.
    pub hosts: Vec<&'a str>,
    /// Hosts that are to run the version but are kept out of the plan by `exclude`; none of them is in `hosts`.
    pub excluded: Vec<&'a str>,
    /// What the policy asks about `hosts`.
    pub facts: Facts<'a>,
    /// Whether the version was decrypted, so that no message may show it; the names of groups do.
    pub secret: bool,
    /// The stages that the hosts go through, in order; each host stands in one of them. Empty where the policy has none.
    pub stages: Vec<AssignedStage<'a>>,
    /// In a stage with `of: version`, the number of the version's hosts: percents are of these.
    pub percent_of: Option<usize>,
}

/// A stage of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignedStage<'a> {
    /// Its name.
    pub name: String,
    /// Which of [`Rules::stages`](crate::policy::Rules::stages) it follows.
    pub rules: usize,
    /// Its hosts, with what its rules ask about them; none where the version has none for it.
    pub assigned: Assigned<'a>,
}

/// What the policy asks about a version's hosts besides their names. Hosts are given by their index in
/// [`Assigned::hosts`]; what the policy does not ask is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The labels that the policy names.
    pub labels: Vec<Label<'a>>,
    /// For each host its place in the order of the variable that `order.by` names, from 0; hosts of one value have one. Empty without it.
    pub ranks: Vec<u32>,
    /// The id of each host for stable assignment; empty where the names are the ids.
    pub ids: Vec<&'a str>,
    /// The hosts of `canary.hosts`, in the order of its patterns.
    pub pinned: Vec<HostIndex>,
    /// The hosts of `canary.exclude`, ascending.
    pub barred: Vec<HostIndex>,
    /// The hosts of `last`, ascending.
    pub last: Vec<HostIndex>,
}

/// A label of hosts, such as their zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label<'a> {
    /// The name, as the policy gives it.
    pub name: String,
    /// The values, in order of first appearance; each once.
    pub values: Vec<&'a str>,
    /// For each host the index of its value, or [`DomainIndex::MISSING`].
    pub of: Vec<DomainIndex>,
    /// The values that were decrypted, by their index, ascending: nothing that is printed may show them.
    pub secrets: Vec<DomainIndex>,
}

impl<'a> Assigned<'a> {
    /// A version with hosts of which only the names are known.
    pub fn new(version: &'a str, hosts: Vec<&'a str>) -> Self {
        Assigned { version, hosts, ..Assigned::default() }
    }

    /// The version as a message shows it.
    pub fn shown(&self) -> Shown<'a> {
        Shown::unless(self.secret, self.version)
    }
}

impl<'a> Label<'a> {
    /// A label out of each host's value.
    pub fn new(name: &str, values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut known: indexmap::IndexSet<&'a str> = indexmap::IndexSet::new();
        let of = values
            .into_iter()
            .map(|value| value.map_or(DomainIndex::MISSING, |value| DomainIndex::new(known.insert_full(value).0)));
        let of = of.collect();
        Label { name: name.to_string(), values: known.into_iter().collect(), of, secrets: Vec::new() }
    }
}
