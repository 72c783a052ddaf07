//! How far the rollout of a frozen plan is, by its record.

use std::collections::HashSet;
use std::path::Path;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::{Freeze, read};
use crate::emit::ansible::PlanGroups;
use crate::error::{Code, Location, Problem, Result};
use crate::frozen::Frozen;
use crate::inventory::Inventory;
use crate::plan::Plan;
use crate::plan::names::{BEGUN, DONE, GroupNames, LOST, WAITING};
use crate::policy::Policy;
use crate::record::{self, Batch, Progress, State};
use crate::source::bytes::Pipes;
use crate::text::{Arena, TextMap};

impl<'a> Freeze<'a> {
    /// Hosts that are done in all their versions.
    pub(super) fn done(&self) -> HashSet<String> {
        let Some(state) = &self.state else { return HashSet::new() };
        let standing = standings(state, &self.frozen.plan, &self.frozen.names);
        standing
            .into_iter()
            .filter(|(_, standing)| *standing == Standing::Done)
            .map(|(host, _)| host.to_string())
            .collect()
    }

    /// Says in the groups of a plan that it is frozen, and how far its rollout is.
    pub(in crate::session) fn say(
        &self,
        arena: &'a Arena,
        inventory: &Inventory<'a>,
        plan: &Plan<'a>,
        names: &GroupNames,
        groups: &mut PlanGroups<'a>,
    ) -> Result<()> {
        groups.say_frozen(arena, &self.file.display().to_string(), &self.frozen.id);
        let Some(state) = &self.state else { return Ok(()) };
        let standings = standings(state, plan, names);
        let of = |wanted: Standing| -> Vec<&'a str> {
            standings.iter().filter(|(_, standing)| **standing == wanted).map(|(host, _)| *host).collect()
        };
        let (done, begun) = ((DONE, of(Standing::Done)), (BEGUN, of(Standing::Begun)));
        groups.add(inventory, vec![done, begun, (LOST, of(Standing::Lost)), (WAITING, of(Standing::Waiting))])
    }
}

/// How far a rollout is with a host. Of several versions the one counts that comes last here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Done,
    Waiting,
    Begun,
    Lost,
}

/// Where each host of a plan stands, in the order of the plan.
fn standings<'a>(state: &State, plan: &Plan<'a>, names: &GroupNames) -> IndexMap<&'a str, Standing, RandomState> {
    let mut standings: IndexMap<&str, Standing, RandomState> = IndexMap::default();
    for (rollout, names) in plan.rollouts.iter().zip(&names.rollouts) {
        for (batch, group) in rollout.batches.iter().zip(&names.batches) {
            for host in &batch.hosts {
                let standing = standing(state.forward(group), host);
                let known = standings.entry(host).or_insert(standing);
                *known = (*known).max(standing);
            }
        }
    }
    standings
}

/// Where a host of a batch stands. It is done only where the record says so of itself.
fn standing(batch: Option<&Batch>, host: &str) -> Standing {
    let Some(batch) = batch else { return Standing::Waiting };
    match &batch.progress {
        _ if batch.done.contains(host) => Standing::Done,
        _ if batch.lost.contains_key(host) => Standing::Lost,
        Progress::Lost { whole: Some(_), .. } => Standing::Lost,
        Progress::Begun { .. } | Progress::Done { .. } | Progress::Lost { .. } => Standing::Begun,
    }
}

/// What the record of a frozen plan says; nothing where there is none.
///
/// # Errors
/// It cannot be read; it is the record of another plan.
pub(super) fn state(frozen: &Frozen<'_>, path: &Path) -> Result<Option<State>> {
    let log = record::read(path)?;
    let Some(first) = log.lines.first() else { return Ok(None) };
    if first.plan != frozen.id {
        let message =
            format!("this is the record of plan {}, and {} is plan {}", first.plan, frozen.path.display(), frozen.id);
        let problem = Problem::of(Code::InvalidRecord, message).at(Location::whole(path.display().to_string()));
        return Err(problem.hint("name the record of the plan with --record FILE, or move this one away").into());
    }
    Ok(Some(record::fold(&log)))
}

/// Returns the hosts that the rollout of a frozen plan is done with, by the record beside it.
///
/// # Errors
/// The plan or its record cannot be read; there is no record.
pub fn done_hosts(path: &Path, pipes: &Pipes) -> Result<Vec<String>> {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let frozen = read(&arena, &texts, path, pipes)?;
    let record = record::beside(&path.canonicalize().unwrap_or_else(|_| path.to_path_buf()));
    let Some(state) = state(&frozen, &record)? else {
        let problem = Problem::of(Code::Unreadable, "there is no record of this plan, so nothing of it is done");
        let at = Location::whole(record.display().to_string());
        return Err(problem.at(at).hint("leave --except-done out, or put the record beside the plan").into());
    };
    let freeze =
        Freeze { frozen, policy: Policy::default(), file: path.to_path_buf(), state: Some(state), ignored: Vec::new() };
    let done = freeze.done();
    Ok(freeze
        .frozen
        .plan
        .rollouts
        .iter()
        .flat_map(|rollout| &rollout.batches)
        .flat_map(|batch| &batch.hosts)
        .filter(|host| done.contains(**host))
        .map(|host| host.to_string())
        .collect())
}
