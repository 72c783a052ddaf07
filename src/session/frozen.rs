//! A session of a frozen plan: its batches are those of the file, and what it was made from is read again to see what has
//! changed since.
//!
//! `opening` makes the session as it was when the plan was saved, `progress` says how far its rollout is, and `saving` makes
//! a frozen plan of a session.

mod opening;
mod progress;
mod saving;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Basis, Configuration, Opening, Session};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Location, Problem, Result, io_message};
use crate::frozen::Frozen;
use crate::frozen::drift::{Drift, Today};
use crate::inventory::{Inventory, UNGROUPED};
use crate::plan::names::{GroupNames, RolloutNames};
use crate::plan::{Assignments, Plan, Rollout, Stage};
use crate::policy::Policy;
use crate::policy::drift::{Mode, Removed};
use crate::record::{self, State};
use crate::settings::keys::Id;
use crate::source::bytes::Pipes;
use crate::source::{Limits, Loaded};
use crate::text::{Arena, Pos, TextMap};
pub use progress::done_hosts;

/// The frozen plan of a session.
pub(super) struct Freeze<'a> {
    pub frozen: Frozen<'a>,
    /// The policy that it was made by.
    policy: Policy,
    /// Its file, from the root.
    file: PathBuf,
    /// What became of it so far; nothing where it has no record.
    state: Option<State>,
    /// Variables of today that would make another plan, and so have no effect.
    ignored: Vec<String>,
}

impl<'a> Session<'a> {
    /// Reads a frozen plan and, unless drift is ignored, the configuration that it was made by.
    pub(super) fn open_frozen(
        arena: &'a Arena,
        texts: &'a TextMap<'a>,
        mut given: Opening,
        path: &Path,
    ) -> Result<Self> {
        if given.compares {
            opening::lay_beside_another(&mut given);
        }
        let frozen = read(arena, texts, &given.surroundings.folder.join(path), &given.shared.pipes)?;
        let file = super::configuration::working_directory(&given.surroundings)?.join(&frozen.path);
        // a link has neither the record nor the sources beside it
        let file = file.canonicalize().unwrap_or(file);
        let record = given.record.as_ref().map(|path| given.surroundings.folder.join(path));
        let state = progress::state(&frozen, &record.unwrap_or_else(|| record::beside(&file)))?;
        opening::refuse_others(&given, &frozen)?;
        let keeps_variables = opening::gives(&given, Id::GroupsOnly);
        let may_limit = opening::gives(&given, Id::Limit);
        let ignored = opening::ignored(&given.surroundings, &frozen);
        let (tells_drift, then) = (given.tells_drift, opening::as_then(given, &frozen, &file)?);
        let configuration = match &then.configuration {
            Configuration::File { path, .. } => Some(path.clone()),
            Configuration::Nearest | Configuration::None => None,
        };
        let text = opening::text(arena, texts, &frozen)?;
        let mut session = Session::with_text(arena, texts, then.clone(), configuration, text)?;
        let policy = session.settings.policy.clone();
        if session.settings.drift.mode == Mode::Check || tells_drift {
            session = Session::open(arena, texts, then)?;
        }
        if !may_limit {
            refuse_limit(&session)?;
        }
        session.settings.groups_only |= !keeps_variables;
        session.freeze = Some(Freeze { frozen, policy, file, state, ignored });
        Ok(session)
    }

    /// Returns the frozen plan, if the session was opened with one.
    pub fn frozen(&self) -> Option<&Frozen<'a>> {
        self.freeze.as_ref().map(|freeze| &freeze.frozen)
    }

    /// Returns what differs between the frozen plan and that of today's inventory, whatever `drift` says; nothing without a
    /// frozen plan.
    ///
    /// # Errors
    /// Those of [`Session::plan`], but for drift.
    pub fn drift(&self) -> Result<Drift<'a>> {
        let Some(freeze) = &self.freeze else { return Ok(Drift::default()) };
        let today = self.today(&mut Diagnostics::new())?;
        Ok(self.compare(freeze, &today))
    }

    fn compare(&self, freeze: &Freeze<'a>, today: &Basis<'a>) -> Drift<'a> {
        let inventory = &today.loaded.inventory;
        let side = Today {
            plan: &today.plan,
            policy: &self.settings.policy,
            has_host: &|host| inventory.find_host(host).is_some(),
        };
        Drift::between(&freeze.frozen, &freeze.policy, &side, &freeze.done())
    }

    /// What a frozen plan is shown with: today's inventory, or just its hosts where nobody wants more of them.
    pub(super) fn frozen_basis(&self, freeze: &Freeze<'a>, found: &mut Diagnostics) -> Result<Basis<'a>> {
        let file = freeze.frozen.path.display().to_string();
        found.warn_all(freeze.ignored.iter().map(|name| {
            let message = format!("{name} has no effect: the batches of a frozen plan are fixed");
            let problem = Problem::of(Code::Ignored, message).as_warning().at(Location::whole(file.clone()));
            problem.hint(format!("unset it (unset {name}), or leave --plan and REGAL_PLAN out"))
        }));
        let rules = &self.settings.drift;
        if rules.mode == Mode::Ignore && self.settings.groups_only {
            let plan = freeze.frozen.plan.clone();
            let loaded = Loaded::of(inventory_of(&plan)?);
            return Ok(Basis { loaded, assignments: Assignments::default(), plan, id: Some(freeze.frozen.id.clone()) });
        }
        let mut today = self.today(found)?;
        let drift = self.compare(freeze, &today);
        found.warn_all(drift.check(rules, &file)?);
        if drift.same_batches {
            today.plan = with_batches_of(&freeze.frozen.plan, std::mem::take(&mut today.plan.rollouts));
            today.id = Some(freeze.frozen.id.clone());
            return Ok(today);
        }
        let mut plan = freeze.frozen.plan.clone();
        if rules.mode == Mode::Check && rules.removed == Removed::Drop && !drift.removed.is_empty() {
            let removed: HashSet<&str> = drift.removed.iter().copied().collect();
            plan.rollouts.iter_mut().for_each(|rollout| rollout.retain(|host| !removed.contains(host)));
            refuse_without_canary(&plan, freeze)?;
        }
        Ok(Basis { plan, ..today })
    }

    /// The names of the groups: those of the file for a frozen plan, whatever today's settings say.
    pub(super) fn names(&self, plan: &Plan<'a>) -> Result<GroupNames> {
        let Some(freeze) = &self.freeze else { return self.settings.naming.name(plan) };
        let mut names = GroupNames::default();
        for rollout in &plan.rollouts {
            let mut then = freeze.frozen.plan.rollouts.iter().zip(&freeze.frozen.names.rollouts);
            let group = then.find(|(then, _)| then.version == rollout.version).map(|(_, names)| names.version.clone());
            names.rollouts.push(RolloutNames::new(rollout, group.unwrap_or_default()));
        }
        let mut found = Diagnostics::new();
        self.settings.naming.find_clashes(plan, &names, &mut found);
        names.warnings = found.finish()?;
        Ok(names)
    }
}

/// Reads a frozen plan that only its owner, or a group of users, can have changed.
///
/// # Errors
/// Those of [`Frozen::read`]; it cannot be read; everybody may write it.
pub fn read<'a>(arena: &'a Arena, texts: &TextMap<'a>, path: &Path, pipes: &Pipes) -> Result<Frozen<'a>> {
    let whole = |problem: Problem| problem.at(Location::whole(path.display().to_string()));
    let bytes = pipes.read_into(arena, path, &Limits::default()).map_err(|unread| {
        let problem = Problem::of(Code::Unreadable, format!("the frozen plan cannot be read: {}", unread.why));
        whole(problem).hint(unread.hint_or("check the path given by --plan or REGAL_PLAN"))
    })?;
    let metadata = path.metadata().map_err(|error| whole(Problem::of(Code::Unreadable, io_message(&error))))?;
    if let Some(why) = super::configuration::doubt(path).filter(|_| metadata.is_file()) {
        let problem = Problem::of(Code::InvalidPlan, format!("the frozen plan is not used: {why}"));
        return Err(whole(problem)
            .hint("look at it, then copy it to a folder of yours, or remove that right: chmod o-w FILE")
            .into());
    }
    Frozen::read(arena, texts, path, bytes)
}

/// Refuses a limit that stands in the configuration: each use would take hosts out of the plan, and nobody would see it.
fn refuse_limit(session: &Session<'_>) -> Result<()> {
    let Some(first) = session.settings.limit.first() else { return Ok(()) };
    let message = "the limit of the configuration would take hosts out of the frozen plan";
    let hint =
        "take the limit out of the configuration; to see or to run a part of the plan, give --limit to that command";
    Err(Problem::of(Code::Contradiction, message).at(first.at.clone()).hint(hint).into())
}

/// Refuses a plan of which a version has lost its canary: nothing would be watched before the rest.
fn refuse_without_canary(plan: &Plan<'_>, freeze: &Freeze<'_>) -> Result<()> {
    let without = |rollout: &&Rollout<'_>| rollout.batches.first().is_none_or(|batch| batch.stage != Stage::A);
    let Some(rollout) = plan.rollouts.iter().find(without) else { return Ok(()) };
    let what = if rollout.batches.is_empty() { "no host" } else { "no canary" };
    let message = format!("version {} has {what} left: the inventory no longer has them", rollout.shown());
    let file = freeze.frozen.path.display().to_string();
    let hint = "check that this is the inventory that the plan was made of; if it is, make another plan";
    Err(Problem::of(Code::Drift, message).at(Location::whole(file)).hint(hint).into())
}

/// A frozen plan with the batches of today's, which are the same. A copy of them would take longer than to read them.
fn with_batches_of<'a>(frozen: &Plan<'a>, mut today: Vec<Rollout<'a>>) -> Plan<'a> {
    let mut with_batches = |then: &Rollout<'a>| {
        let now = today.iter_mut().find(|now| now.version == then.version);
        let batches = now.map(|now| std::mem::take(&mut now.batches)).unwrap_or_default();
        Rollout {
            batches,
            version: then.version,
            canary_size: then.canary_size,
            batch_sizes: then.batch_sizes.clone(),
            approval: then.approval,
            max_failures: then.max_failures,
            excluded: then.excluded.clone(),
            notes: then.notes.clone(),
            labels: then.labels.clone(),
            phases: then.phases.clone(),
            after: then.after.clone(),
            conduct: then.conduct.clone(),
            secret: then.secret,
        }
    };
    Plan {
        rollouts: frozen.rollouts.iter().map(&mut with_batches).collect(),
        unversioned: frozen.unversioned.clone(),
        empty: frozen.empty.clone(),
        warnings: frozen.warnings.clone(),
    }
}

/// An inventory of the hosts of a plan.
fn inventory_of<'a>(plan: &Plan<'a>) -> Result<Inventory<'a>> {
    let mut inventory = Inventory::new();
    let hosts = plan.rollouts.iter().flat_map(|rollout| &rollout.batches).flat_map(|batch| &batch.hosts);
    for host in hosts {
        inventory.add_host(host, Some(UNGROUPED), None, Pos::default())?;
    }
    inventory.reconcile()?;
    Ok(inventory)
}
