//! A plan of texts, as regal made it: what `version_host` names is no pattern and becomes no group, so any text is a host and any
//! text a version.

use indexmap::IndexSet;

use super::Session;
use crate::error::Result;
use crate::plan::{Assigned, Assignments, Plan, plan};
use crate::policy::versions::VersionSource;

impl<'a> Session<'a> {
    /// Returns the plan of the texts under `version_host`, commas between hosts and blanks beside them a part of the name; nothing
    /// where there is an inventory, a frozen plan or a limit, or a key asks about hosts: then names are looked up.
    ///
    /// # Errors
    /// What a plan cannot be made of.
    pub fn plan_as_regal(&self) -> Result<Option<Plan<'a>>> {
        let settings = &self.settings;
        let Some(VersionSource::Explicit(versions)) = &settings.versions else { return Ok(None) };
        let looked_up = !settings.inventory.is_empty() || !settings.limit.is_empty() || !self.except.is_empty();
        let as_regal = versions.iter().all(|version| version.as_regal) && !settings.policy.asks_about_hosts();
        if looked_up || !as_regal || self.freeze.is_some() {
            return Ok(None);
        }
        let assigned = versions.iter().map(|version| {
            let texts = version.hosts.iter().flat_map(|pattern| pattern.text.split(','));
            // one that is named twice is in one batch
            let hosts: IndexSet<&'a str> = texts.map(|text| &*self.arena.alloc_str(text)).collect();
            Assigned::new(self.arena.alloc_str(&version.version), hosts.into_iter().collect())
        });
        let assignments = Assignments { versions: assigned.collect(), unversioned: Vec::new() };
        plan(&assignments, &settings.policy).map(Some)
    }
}
