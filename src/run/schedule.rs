//! The steps that a run goes through, in their order.

use std::collections::HashSet;

use indexmap::IndexSet;

use crate::error::{Code, Error, Problem, Result};
use crate::plan::names::GroupNames;
use crate::plan::waves::levels;
use crate::plan::{Plan, Rollout, Stage};
use crate::policy::{Conduct, OnFailure};
use crate::record::State;
use crate::shown::Shown;

/// A batch of the frozen plan, as a run works on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'p> {
    /// Its group.
    pub group: &'p str,
    /// The version.
    pub version: &'p str,
    /// Whether no message may show the version.
    pub secret: bool,
    /// Which batch of its version.
    pub stage: Stage,
    /// The hosts that are still in the inventory; none where all have left it.
    pub hosts: Vec<&'p str>,
    /// Seconds to watch it.
    pub bake: u64,
    /// Whether somebody is asked after it.
    pub asks: bool,
    /// Which stage of its version it belongs to, where there are stages.
    pub phase: Option<usize>,
    /// How many hosts of its version may be lost, or of its stage.
    pub max_failures: usize,
    /// What holds while it is rolled out.
    pub conduct: &'p Conduct,
    /// What follows for its version where it is lost.
    pub on_failure: OnFailure,
    /// The version that a way back leads to, where the policy says one.
    pub rollback_to: Option<&'p str>,
}

/// Batches with one gate before all of them: one batch, or one of each version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'p> {
    /// The batches; never none.
    pub batches: Vec<Batch<'p>>,
}

/// What a run goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule<'p> {
    /// The steps in their order.
    pub steps: Vec<Step<'p>>,
    /// Whether batches are named by their stage alone, since no two steps have the same.
    pub by_stage: bool,
}

impl<'p> Batch<'p> {
    /// The version as a message shows it.
    pub fn shown(&self) -> Shown<'p> {
        Shown::unless(self.secret, self.version)
    }
}

impl Step<'_> {
    /// Seconds to watch the step: as long as the longest of its batches.
    pub fn bake(&self) -> u64 {
        self.batches.iter().map(|batch| batch.bake).max().unwrap_or(0)
    }

    /// Returns what a person calls it: the group of its batch, or all of them.
    pub fn name(&self) -> String {
        let groups: Vec<&str> = self.batches.iter().map(|batch| batch.group).collect();
        groups.join(", ")
    }
}

impl<'p> Schedule<'p> {
    /// Makes the steps of a frozen plan; `today` has the versions to go through and the hosts that are still there.
    pub fn new(plan: &'p Plan<'_>, names: &'p GroupNames, today: &Plan<'_>, in_waves: bool) -> Self {
        let left: IndexSet<&str> = hosts(today).collect();
        let batch = |rollout: &'p Rollout<'_>, place: usize, group: &'p str| {
            let batch = &rollout.batches[place];
            Batch {
                group,
                version: rollout.version,
                secret: rollout.secret,
                stage: batch.stage,
                hosts: batch.hosts.iter().copied().filter(|host| left.contains(host)).collect(),
                bake: batch.bake,
                asks: rollout.asks_after(batch),
                phase: batch.phase,
                max_failures: rollout.max_failures_at(batch),
                conduct: rollout.conduct_of(batch),
                on_failure: rollout.conduct.on_failure,
                rollback_to: rollout.conduct.rollback_to.as_deref(),
            }
        };
        let wanted = |rollout: &Rollout<'_>| today.rollouts.iter().any(|today| today.version == rollout.version);
        let wanted: Vec<_> = plan.rollouts.iter().zip(&names.rollouts).filter(|(rollout, _)| wanted(rollout)).collect();
        let levels = if in_waves { levels(wanted.iter().map(|(rollout, _)| *rollout)) } else { vec![0; wanted.len()] };
        let mut steps: Vec<((Stage, usize), Step<'p>)> = Vec::new();
        for ((rollout, names), level) in wanted.into_iter().zip(levels) {
            for (place, group) in names.batches.iter().enumerate() {
                let batch = batch(rollout, place, group);
                let place = (batch.stage, level);
                match steps.iter_mut().find(|(known, _)| in_waves && *known == place) {
                    Some((_, wave)) => wave.batches.push(batch),
                    None => steps.push((place, Step { batches: vec![batch] })),
                }
            }
        }
        if in_waves {
            steps.sort_by_key(|(place, _)| *place);
        }
        let mut stages = HashSet::new();
        let by_stage = steps.iter().all(|((stage, _), _)| stages.insert(*stage));
        Schedule { steps: steps.into_iter().map(|(_, step)| step).collect(), by_stage }
    }

    /// Returns all batches, in order.
    pub fn batches(&self) -> impl Iterator<Item = &Batch<'p>> {
        self.steps.iter().flat_map(|step| &step.batches)
    }

    /// Returns the step before another one.
    pub fn before(&self, step: &Step<'_>) -> Option<&Step<'p>> {
        let first = step.batches.first()?.group;
        let place = self.steps.iter().position(|step| step.batches.iter().any(|batch| batch.group == first))?;
        self.steps.get(place.checked_sub(1)?)
    }

    /// Returns what to call a step where a user is to name it.
    pub fn call(&self, step: &Step<'_>) -> String {
        match step.batches.first() {
            Some(first) if self.by_stage => first.stage.to_string(),
            _ => step.batches.iter().map(|batch| batch.group).collect::<Vec<_>>().join(","),
        }
    }

    /// Keeps the steps up to one, which is named by its stage, for each version, or by its group.
    ///
    /// # Errors
    /// There is no such batch.
    pub fn keep_until(&mut self, wanted: &str) -> Result<()> {
        if let Some(last) = self.steps.iter().position(|step| step.batches.iter().any(|batch| batch.group == wanted)) {
            self.steps.truncate(last + 1);
            return Ok(());
        }
        let Some(stage) = self.batches().map(|batch| batch.stage).find(|stage| stage.to_string() == wanted) else {
            return Err(self.unknown("--until", wanted));
        };
        for step in &mut self.steps {
            step.batches.retain(|batch| batch.stage <= stage);
        }
        self.steps.retain(|step| !step.batches.is_empty());
        Ok(())
    }

    /// Returns the groups of batches that are approved, with commas between them: of a group, or of a stage where that is clear.
    ///
    /// # Errors
    /// There is no such batch; several steps have it.
    pub fn groups_of(&self, wanted: &str) -> Result<Vec<&'p str>> {
        let groups: Result<Vec<_>> = wanted.split(',').map(|one| self.groups_of_one(one.trim())).collect();
        Ok(groups?.concat())
    }

    fn groups_of_one(&self, wanted: &str) -> Result<Vec<&'p str>> {
        if let Some(batch) = self.batches().find(|batch| batch.group == wanted) {
            return Ok(vec![batch.group]);
        }
        let found: Vec<&'p str> =
            self.batches().filter(|batch| batch.stage.to_string() == wanted).map(|batch| batch.group).collect();
        if found.is_empty() {
            return Err(self.unknown("--approve", wanted));
        }
        if !self.by_stage && found.len() > 1 {
            let message = format!("--approve {}: several steps have such a batch", Shown::new(wanted));
            return Err(Problem::of(Code::InvalidOption, message)
                .hint(format!("name one: {}", found.join(", ")))
                .into());
        }
        Ok(found)
    }

    fn unknown(&self, option: &str, wanted: &str) -> Error {
        let mut stages: Vec<Stage> = self.batches().map(|batch| batch.stage).collect();
        stages.sort_unstable();
        stages.dedup();
        let names = match stages.as_slice() {
            [first, second, .., last] if stages.len() > 3 => format!("{first}, {second} … {last}"),
            all => all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        let message = format!("{option} {}: the plan has no such batch", Shown::new(wanted));
        Problem::of(Code::NoSuchBatch, message).hint(format!("there are {names}, and their groups")).into()
    }
}

/// Returns the steps of a way back: all that was begun, the last first.
pub fn going_back<'p>(schedule: &Schedule<'p>, state: &State) -> Schedule<'p> {
    let find = |group: &str| schedule.batches().find(|batch| batch.group == group).cloned();
    let steps = state.to_go_back().into_iter().filter_map(find).map(|batch| Step { batches: vec![batch] }).collect();
    Schedule { steps, by_stage: schedule.by_stage }
}

fn hosts<'a>(plan: &Plan<'a>) -> impl Iterator<Item = &'a str> {
    plan.rollouts.iter().flat_map(|rollout| &rollout.batches).flat_map(|batch| &batch.hosts).copied()
}
