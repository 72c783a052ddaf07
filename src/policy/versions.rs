//! Where versions come from.

use super::Pattern;
use crate::error::Location;

/// Where versions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionSource {
    /// From a map of versions to hosts, in its order.
    Explicit(Vec<ExplicitVersion>),
    /// From each host.
    From(VersionFrom, Location),
}

/// A version with its hosts, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplicitVersion {
    /// The version, as written: `1.10` stays `1.10`.
    pub version: String,
    /// Its hosts; never empty.
    pub hosts: Vec<Pattern>,
    /// Whether it stands under regal's `version_host`, whose hosts are texts where there is no inventory.
    pub as_regal: bool,
    /// Where it stands.
    pub at: Location,
}

/// What tells a host's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionFrom {
    /// The value of this variable.
    Var(String),
    /// What the one `*` stands for in the name of a group that the host is in.
    Group(String),
    /// The result of this template over the host's variables.
    Template(String),
    /// A grain of Salt, or what Salt's `:` leads to in one.
    Grain(String),
    /// A key of a Salt pillar, or what Salt's `:` leads to in one.
    Pillar(String),
    /// What the one `*` stands for in the name of a Salt nodegroup that the minion is in.
    Nodegroup(String),
}
