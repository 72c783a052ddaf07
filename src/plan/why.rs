//! Why a host stands in its batch.

use foldhash::HashMap;

use super::fleet::{Division, Fleet};
use super::index::HostIndex;
use super::{Domain, DomainName, Stage};
use crate::policy::{Mode, Order};

/// Where a host stands, and what put it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why<'a> {
    /// The version.
    pub version: &'a str,
    /// The stage of the policy that it is in, where there are stages.
    pub phase: Option<PhaseOf>,
    /// The batch.
    pub stage: Stage,
    /// The host's place in the batch, from 1.
    pub place: usize,
    /// The number of hosts in the batch.
    pub size: usize,
    /// The host's domains: label and name.
    pub domains: Vec<(String, DomainName<'a>)>,
    /// Those of them that have caps: the number of their hosts, and how many a batch may have.
    pub caps: Vec<CappedDomain<'a>>,
    /// Whether `last` keeps it for the final batches.
    pub is_last: bool,
    /// The host's hash, where hosts are ordered or chosen by hash.
    pub hash: Option<u64>,
    /// The rule that decided.
    pub reason: Reason<'a>,
}

/// The stage of the policy that a host is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseOf {
    /// Its name.
    pub name: String,
    /// Which hosts it has, as the policy says.
    pub hosts: String,
}

/// The rule that put each host of a version in its place, and whether `last` kept it for the end.
#[derive(Clone, Debug, Default)]
pub struct Reasons<'a>(pub(super) HashMap<&'a str, (bool, Reason<'a>)>);

impl<'a> Reasons<'a> {
    /// Returns the sentence for a host.
    pub fn of(&self, host: &str) -> Option<String> {
        self.0.get(host).map(|(is_last, reason)| because(*is_last, reason))
    }
}

/// The sentence for a host.
pub(crate) fn because(is_last: bool, reason: &Reason<'_>) -> String {
    if is_last { format!("last keeps it for the final batches; among those, {reason}") } else { reason.to_string() }
}

/// A domain whose hosts may not all be in one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CappedDomain<'a> {
    /// The label.
    pub label: String,
    /// The domain.
    pub name: DomainName<'a>,
    /// The number of its hosts.
    pub hosts: usize,
    /// Most of them that one batch may have.
    pub cap: usize,
}

impl<'a> CappedDomain<'a> {
    /// The domain of a label if its cap keeps some of its hosts out of a batch.
    pub fn of(label: &str, domain: &Domain<'a>) -> Option<Self> {
        let cap = domain.cap.filter(|cap| *cap < domain.hosts)?;
        let label = label.to_string();
        Some(CappedDomain { label, name: domain.name, hosts: domain.hosts, cap })
    }
}

/// The rule that put a host in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// `canary.hosts` names it.
    Pinned,
    /// `canary.cover`: it is the canary of these labels' values.
    Cover(Vec<(String, DomainName<'a>)>),
    /// It was its turn in the order of hosts.
    Order {
        /// The order.
        order: Order,
        /// The variable that comes before it.
        by: Option<String>,
        /// Its place in it, from 1.
        place: usize,
        /// The number of hosts.
        of: usize,
    },
    /// It was its turn in the order of hashes.
    Rank {
        /// Its place in the order, from 1.
        place: usize,
        /// The number of hosts.
        of: usize,
    },
    /// Its domains were due a host, from the first label to the last, each within the one before.
    Quota(Vec<Share<'a>>),
    /// It was its domain's turn.
    Sequential(Share<'a>),
    /// Its hash lies in the canary's percent.
    Bucket {
        /// It does not, but it is the smallest, and a canary must not be empty.
        forced: bool,
    },
    /// The plan is frozen, whatever rule was behind it.
    Frozen,
    /// Its hash puts it into a wave.
    Wave {
        /// The wave, from 1.
        wave: usize,
        /// The number of waves.
        waves: usize,
    },
}

/// A host among those of its domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share<'a> {
    /// The domain: labels and names.
    pub domain: Vec<(String, DomainName<'a>)>,
    /// Which of the domain's hosts it is, from 1, in the order in which they come.
    pub nth: usize,
    /// The number of the domain's hosts.
    pub of: usize,
}

impl<'a> Reason<'a> {
    /// A host's turn in the fleet's order.
    pub(super) fn in_order(fleet: &Fleet<'_, 'a>, host: HostIndex) -> Self {
        let place = fleet.place(host);
        let of = fleet.len();
        if fleet.rules.mode() == Mode::Order {
            Reason::Order {
                order: fleet.rules.order(),
                by: fleet.rules.order_by.as_ref().map(|by| by.value.clone()),
                place,
                of,
            }
        } else {
            Reason::Rank { place, of }
        }
    }

    /// The word for the rule, for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Reason::Pinned => "pinned",
            Reason::Cover(_) => "cover",
            Reason::Order { .. } => "order",
            Reason::Rank { .. } => "rank",
            Reason::Quota(_) => "quota",
            Reason::Sequential(_) => "sequential",
            Reason::Bucket { .. } => "bucket",
            Reason::Wave { .. } => "wave",
            Reason::Frozen => "frozen",
        }
    }
}

impl std::fmt::Display for Reason<'_> {
    /// A sentence without an end: `pinned by canary.hosts`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Frozen => f.write_str("the frozen plan says so"),
            Reason::Pinned => f.write_str("pinned by canary.hosts"),
            Reason::Cover(values) => write!(f, "canary.cover: the canary of {}", join(values)),
            Reason::Order { order, by: None, place, of } => {
                write!(f, "order {}: host {place} of {of}", order.as_str())
            }
            Reason::Order { order, by: Some(by), place, of } => {
                write!(f, "order by {by}, then {}: host {place} of {of}", order.as_str())
            }
            Reason::Rank { place, of } => write!(f, "assignment rank: its hash is place {place} of {of}"),
            Reason::Quota(shares) => {
                f.write_str("spread even: ")?;
                for (i, share) in shares.iter().enumerate() {
                    let within = if i > 0 { ", and in it " } else { "" };
                    write!(f, "{within}host {} of {} of {}", share.nth, share.of, join(&share.domain))?;
                }
                Ok(())
            }
            Reason::Sequential(share) => {
                write!(f, "spread sequential: host {} of {} of {}", share.nth, share.of, join(&share.domain))
            }
            Reason::Bucket { forced: false } => f.write_str("assignment bucket: its hash lies within canary.size"),
            Reason::Bucket { forced: true } => {
                f.write_str("assignment bucket: its hash is the smallest, and none lies within canary.size")
            }
            Reason::Wave { wave, waves } => {
                write!(f, "assignment bucket: its hash puts it into wave {wave} of {waves}")
            }
        }
    }
}

/// `zone=a`, `zone=a and rack=r1`.
pub fn join(domains: &[(String, DomainName<'_>)]) -> String {
    domains.iter().map(|(label, name)| format!("{label}={name}")).collect::<Vec<_>>().join(" and ")
}

/// A host's domains by these labels, without a limited one that it has no value of.
pub(super) fn domains<'a>(fleet: &Fleet<'_, 'a>, host: HostIndex) -> Vec<(String, DomainName<'a>)> {
    let spread = fleet.spread().len();
    let divisions = fleet.divisions.iter().enumerate();
    let known = divisions.map(|(place, division)| (place, division.label, division.domain_of(host).name));
    let known = known.filter(|(place, _, name)| *place < spread || name.is_value());
    known.map(|(_, label, name)| (label.to_string(), name)).collect()
}

/// Those that have caps.
pub(super) fn caps<'a>(fleet: &Fleet<'_, 'a>, host: HostIndex) -> Vec<CappedDomain<'a>> {
    let capped = |division: &Division<'_, 'a>| CappedDomain::of(division.label, division.domain_of(host));
    fleet.divisions.iter().filter_map(capped).collect()
}
