//! A plan with all that it was made of, and what is shown of it.

use std::collections::HashMap;

use crate::diagnostics::Diagnostics;
use crate::emit::ansible::{Listing, PlanGroups};
use crate::emit::connection::{Connection, connections};
use crate::emit::export::{Export, Format, HOSTFILE, Options, Rendered};
use crate::emit::look::Look;
use crate::emit::report::Report;
use crate::error::{Code, Error, Problem, Result};
use crate::files::Access;
use crate::inventory::Inventory;
use crate::inventory::effective::Effective;
use crate::plan::names::GroupNames;
use crate::plan::{Assignments, Plan, waves};
use crate::salt::Master;
use crate::text::TextMap;

/// What came of a configuration and its sources.
#[non_exhaustive]
pub struct Planned<'a> {
    /// The plan, with the hosts that the limit shows.
    pub plan: Plan<'a>,
    /// The names of its groups.
    pub names: GroupNames,
    /// What an operator should know, from every step.
    pub warnings: Vec<Problem>,
    #[doc(hidden)]
    pub inventory: Inventory<'a>,
    #[doc(hidden)]
    pub assignments: Assignments<'a>,
    pub(super) groups: PlanGroups<'a>,
    /// The id of the plan, until versions are left out of it.
    pub(super) id: Option<&'a str>,
    /// Hosts that the limit leaves out, by their index; empty without one.
    pub(super) hidden: Vec<bool>,
    /// Vars files that were not read because they are encrypted.
    #[doc(hidden)]
    pub vaults: Vec<String>,
    /// The minions of Salt sources, if there are any.
    pub(super) master: Option<Master<'a>>,
    pub(super) texts: &'a TextMap<'a>,
    pub(super) groups_only: bool,
    /// The configuration file, if one is used.
    pub(super) configuration: Option<String>,
    /// The variables that took part.
    pub(super) environment: Vec<(String, String)>,
    pub(super) sources: Vec<String>,
}

impl<'a> Planned<'a> {
    /// Returns what a person or a program reads of the plan; `full` shows every batch and every host.
    pub fn report(&self, full: bool) -> Report<'_, 'a> {
        Report {
            plan: &self.plan,
            names: &self.names,
            id: self.id,
            configuration: self.configuration.as_deref(),
            environment: &self.environment,
            sources: &self.sources,
            warnings: &self.warnings,
            connections: &[],
            full,
            look: Look::default(),
        }
    }

    /// Returns the Ansible inventory: the sources with the groups of the plan.
    pub fn listing(&self) -> Listing<'_, 'a> {
        Listing {
            inventory: &self.inventory,
            groups: &self.groups,
            groups_only: self.groups_only,
            hidden: &self.hidden,
        }
    }

    /// Returns how the hosts of the plan are reached, those of which the inventory says anything.
    pub fn connections(&self) -> Vec<Connection<'a>> {
        let batches = self.plan.rollouts.iter().flat_map(|rollout| &rollout.batches);
        connections(&self.inventory, batches.flat_map(|batch| &batch.hosts).copied())
    }

    /// Returns the plan in formats of other tools, in their order, with the warnings about them.
    ///
    /// # Errors
    /// What a format cannot express, of all formats at once.
    pub fn export(&self, formats: &[&Format], options: &Options) -> Result<(Vec<Rendered>, Vec<Problem>)> {
        let json = formats.iter().any(|format| format.name == "json");
        let connections = if json { self.connections() } else { Vec::new() };
        let variables = Effective::new(&self.inventory);
        let report = Report { connections: &connections, ..self.report(true) };
        let export = Export { report, ..self.to_export("", &variables, options) };
        let mut found = Diagnostics::new();
        let mut results = Vec::new();
        for format in formats {
            if let Some((rendered, warnings)) = found.take(format.render(&export)) {
                found.warn_all(warnings);
                results.push(rendered);
            }
        }
        Ok((results, found.finish()?))
    }

    /// Returns what one connects to for each host of the plan: its address, or its name where it has none or `by_name` asks for
    /// names.
    ///
    /// # Errors
    /// What cannot stand in a file of hosts: no address and no DNS name, or the address of another host too.
    pub fn addresses(&self, by_name: bool) -> Result<HashMap<&'a str, &'a str>> {
        let options = Options { by_name, ..Options::default() };
        let variables = Effective::new(&self.inventory);
        let export = self.to_export(HOSTFILE, &variables, &options);
        let mut found = Diagnostics::new();
        let mut addresses = HashMap::new();
        for rollout in &self.plan.rollouts {
            let of_batches = export.addresses(rollout, &mut found);
            // where one is missing there is a problem, and no result
            let batches = rollout.batches.iter().zip(of_batches);
            addresses.extend(batches.flat_map(|(batch, of_batch)| batch.hosts.iter().copied().zip(of_batch)));
        }
        found.finish()?;
        Ok(addresses)
    }

    fn to_export<'e>(
        &'e self,
        format: &'static str,
        variables: &'e Effective<'e, 'a>,
        options: &'e Options,
    ) -> Export<'e, 'a> {
        Export {
            format,
            report: self.report(true),
            inventory: &self.inventory,
            variables,
            texts: self.texts,
            options,
            master: self.master.as_ref(),
            frozen: self.groups.frozen(),
        }
    }

    /// Leaves versions out that are not among these, none where no version is named; the batches of those that stay do not change.
    ///
    /// # Errors
    /// Names that are not versions, all of them.
    pub fn keep_only(&mut self, only: &[String]) -> Result<()> {
        if only.is_empty() {
            return Ok(());
        }
        let versions: Vec<&str> = self.plan.rollouts.iter().map(|rollout| rollout.version).collect();
        let shown: Vec<String> = self.plan.rollouts.iter().map(|rollout| rollout.shown().to_string()).collect();
        let unknown = only.iter().filter(|version| !versions.contains(&version.as_str()));
        let problem = |version: &String| {
            let message = format!("`--only {version}`: the plan has no such version");
            Problem::of(Code::NoSuchVersion, message).hint(format!("it has {}", shown.join(", ")))
        };
        Error::unless_any(unknown.map(problem).collect(), ())?;
        let kept: Vec<bool> = versions.iter().map(|version| only.iter().any(|only| only == version)).collect();
        self.id = None;
        let mut keep = kept.iter().copied();
        self.names.rollouts.retain(|_| keep.next().unwrap_or_default());
        let mut keep = kept.iter().copied();
        self.plan.rollouts.retain(|_| keep.next().unwrap_or_default());
        Ok(())
    }

    /// Leaves all versions out but these, which are rolled out together in this order.
    ///
    /// # Errors
    /// Names that are not versions; one that is named twice, or before another that it comes after.
    pub fn keep_waves(&mut self, wanted: &[&str]) -> Result<()> {
        (self.plan, self.names) = waves::select(&self.plan, &self.names, wanted)?;
        self.id = None;
        Ok(())
    }

    /// Succeeds if there is a host: a plan without any stands for an inventory that was not meant, such as an empty pipe.
    ///
    /// # Errors
    /// There is no host.
    pub fn refuse_empty(&self) -> Result<()> {
        if self.inventory.host_ids().len() > 0 {
            return Ok(());
        }
        let message = format!("there is no host to plan with in {}", self.sources.join(", "));
        let hint = "check the sources; regal-inventory --graph shows what was read, and is not an error without hosts";
        Err(Problem::of(Code::NoHosts, message).hint(hint).into())
    }

    /// Returns who may read a file with a result: what something decrypted was read for is for the user alone.
    pub fn access(&self) -> Access {
        let is_secret = self.texts.has_decrypted() || self.plan.rollouts.iter().any(|rollout| rollout.secret);
        if is_secret { Access::Private } else { Access::Usual }
    }
}
