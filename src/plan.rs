//! The plan: for each version, which hosts come first and which follow, batch by batch.

/// Rollouts in priority order, one for each version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// One for each version that has hosts.
    pub rollouts: Vec<Rollout<'a>>,
}

/// One version's batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout<'a> {
    /// The version.
    pub version: &'a str,
    /// The batches in the order they are to be rolled out; none is empty.
    pub batches: Vec<Batch<'a>>,
}

/// Hosts that are updated together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Which step of the rollout this is.
    pub stage: Stage,
    /// The hosts, in order, each once; never empty.
    pub hosts: Vec<&'a str>,
}

/// A step of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The canary, group A.
    A,
    /// Batch n of group B, from 1.
    B(usize),
}

impl std::fmt::Display for Stage {
    /// `A`, `B1`, `B2` …
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stage::A => f.write_str("A"),
            Stage::B(n) => write!(f, "B{n}"),
        }
    }
}
