//! The batch that is judged, out of a frozen plan and its record.

use std::collections::HashMap;

use crate::record::State;
use crate::run::{Batch, Schedule, Values};

/// The batch that is judged.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Its group.
    pub group: String,
    /// `A`, `B1` …
    pub batch: String,
    /// The version.
    pub version: String,
    /// The hosts to judge.
    pub hosts: Vec<String>,
    /// The hosts of the version that are not updated yet.
    pub others: Vec<String>,
    /// What one connects to, by the names of hosts.
    pub addresses: HashMap<String, String>,
    /// What commands get in their environment besides.
    pub variables: Vec<(String, String)>,
}

impl Subject {
    /// A batch as its rollout stands: the hosts of it that are done, or all of them where none is; beside them those of batches that
    /// were never begun, whatever became of them later. `values` is what its commands get.
    pub fn new(
        batch: &Batch<'_>,
        schedule: &Schedule<'_>,
        state: &State,
        addresses: &HashMap<&str, &str>,
        values: &Values,
    ) -> Self {
        let owned = |hosts: &mut dyn Iterator<Item = &&str>| hosts.map(ToString::to_string).collect::<Vec<_>>();
        let done = state.forward(batch.group).map(|known| &known.done);
        let is_done = |host: &&&str| done.is_none_or(|done| done.is_empty() || done.contains(**host));
        let is_other = |other: &&Batch<'_>| {
            other.version == batch.version && other.group != batch.group && !state.batches.contains_key(other.group)
        };
        let address = |host: &&str| Some(((*host).to_string(), (*addresses.get(host)?).to_string()));
        Subject {
            group: batch.group.to_string(),
            batch: batch.stage.to_string(),
            version: batch.version.to_string(),
            hosts: owned(&mut batch.hosts.iter().filter(is_done)),
            others: owned(&mut schedule.batches().filter(is_other).flat_map(|other| &other.hosts)),
            addresses: batch.hosts.iter().filter_map(address).collect(),
            variables: values.variables().map(|(name, value)| (name, value.to_string())).collect(),
        }
    }
}
