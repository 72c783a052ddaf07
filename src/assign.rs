//! Which version each host is to run: the planner's input.

mod from_inventory;
mod from_salt;
pub mod literal_hosts;
mod template;

pub use from_inventory::{Request, assign, candidates};

/// The versions with their hosts, and the hosts that are left over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignments<'a> {
    /// The versions, in order of first appearance; each once.
    pub versions: Vec<Assigned<'a>>,
    /// Hosts of the inventory without a version, in its order; also those that `exclude` names, which stand nowhere else.
    pub unversioned: Vec<&'a str>,
}

/// One version's hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned<'a> {
    /// The version.
    pub version: &'a str,
    /// The hosts to plan, in the order that the batches shall follow; each once.
    pub hosts: Vec<&'a str>,
    /// Hosts that are to run the version but are kept out of the plan by `exclude`; none of them is in `hosts`.
    pub excluded: Vec<&'a str>,
}
