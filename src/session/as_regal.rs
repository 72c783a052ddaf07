//! A plan of texts, as regal made it: what `version_host` names is no pattern and becomes no group, so any text is a host and any
//! text a version.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::Session;
use crate::error::Result;
use crate::plan::{Assigned, Assignments, Plan, plan};
use crate::policy::versions::VersionSource;
use crate::text::commas;

impl Session<'_> {
    /// Returns the plan of the texts under `version_host`, commas between hosts and blanks beside them a part of the name; nothing
    /// where there is an inventory, a frozen plan or a limit, or a key asks about hosts: then names are looked up.
    ///
    /// # Errors
    /// What a plan cannot be made of.
    pub fn plan_as_regal(&self) -> Result<Option<Plan<'_>>> {
        let settings = &self.settings;
        let Some(VersionSource::Explicit(versions)) = &settings.versions else { return Ok(None) };
        let looked_up = !settings.inventory.is_empty() || !settings.limit.is_empty() || !self.except.is_empty();
        let as_regal = versions.iter().all(|version| version.as_regal) && !settings.policy.asks_about_hosts();
        if looked_up || !as_regal || self.freeze.is_some() {
            return Ok(None);
        }
        let assigned = versions.iter().map(|version| {
            let texts = version.hosts.iter().map(|pattern| pattern.text.as_str());
            Assigned::new(&version.version, each_once(texts))
        });
        let assignments = Assignments { versions: assigned.collect(), unversioned: Vec::new() };
        plan(&assignments, &settings.policy).map(Some)
    }
}

/// What stands between the commas of texts, each once: one that is named twice is in one batch.
fn each_once<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Vec<&'t str> {
    let count = texts.clone().map(|text| commas(text).count()).sum();
    let mut hosts: Vec<&str> = Vec::with_capacity(count);
    hosts.extend(texts.flat_map(commas));
    // a list in order shows that none is named twice without a table, whose misses are a third of the time at a million
    if hosts.is_sorted_by(|one, next| one < next) {
        return hosts;
    }
    let hasher = RandomState::default();
    // places in the list, four bytes each
    let mut known: HashTable<u32> = HashTable::with_capacity(count);
    let mut kept = 0;
    for i in 0..hosts.len() {
        let host = hosts[i];
        let same = |place: &u32| hosts[*place as usize] == host;
        let entry = known.entry(hasher.hash_one(host), same, |place| hasher.hash_one(hosts[*place as usize]));
        if let Entry::Vacant(entry) = entry {
            entry.insert(kept as u32);
            hosts[kept] = host;
            kept += 1;
        }
    }
    hosts.truncate(kept);
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_stands_once_where_it_came_first() {
        let once = |texts: &[&'static str]| each_once(texts.iter().copied());
        assert_eq!(once(&["b,a,b,c", "a,,d,"]), ["b", "a", "c", "", "d"]);
        assert_eq!(once(&["a,b", "b,c"]), ["a", "b", "c"]);
        assert_eq!(once(&["a,b,c"]), ["a", "b", "c"]);
        assert_eq!(once(&[""]), [""]);
    }
}
