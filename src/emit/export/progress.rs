//! How far a rollout is: `--done` and `--in-progress`.

use super::Export;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem, Result};
use crate::plan::names;

/// How far one version is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The number of batches that are finished, from the first.
    pub done: usize,
    /// The batch that is being worked on, by its place.
    pub in_progress: Option<usize>,
}

impl Export<'_, '_> {
    /// How far each version is, in plan order.
    ///
    /// # Errors
    /// A batch that is not in the plan; two for one version; a batch that is done and in progress.
    pub fn progress(&self) -> Result<Vec<Progress>> {
        let mut problems = Diagnostics::new();
        let mut found = vec![Progress::default(); self.plan().rollouts.len()];
        let mut seen = vec![false; found.len()];
        for name in &self.options.done {
            let Some((rollout, batch)) = self.find_batch("--done", name, &mut problems) else { continue };
            if std::mem::replace(&mut seen[rollout], true) {
                problems.error(self.twice("--done", rollout).hint("the last finished batch is enough"));
            }
            found[rollout].done = batch + 1;
        }
        for name in &self.options.in_progress {
            let Some((rollout, batch)) = self.find_batch("--in-progress", name, &mut problems) else { continue };
            if found[rollout].in_progress.replace(batch).is_some() {
                problems.error(self.twice("--in-progress", rollout).hint("batches come one after another"));
            }
            if batch < found[rollout].done {
                let message = format!("`--in-progress {name}`: `--done` says that this batch is finished");
                problems.error(
                    Problem::of(Code::Contradiction, message)
                        .hint("give the batch before it to --done, or none for the first"),
                );
            }
        }
        problems.finish()?;
        Ok(found)
    }

    fn twice(&self, flag: &str, rollout: usize) -> Problem {
        Problem::of(
            Code::InvalidOption,
            format!("`{flag}` is given twice for version {}", self.plan().rollouts[rollout].shown()),
        )
    }

    /// The rollout and the batch that a name means: a group, or `B1` and `groupB1` where there is one version.
    fn find_batch(&self, flag: &str, name: &str, problems: &mut Diagnostics) -> Option<(usize, usize)> {
        let rollouts = &self.names().rollouts;
        let mut groups = rollouts.iter().enumerate();
        let group = groups.find_map(|(index, names)| Some((index, names.batches.iter().position(|b| b == name)?)));
        let short = name.strip_prefix("group").unwrap_or(name);
        let of_only = || {
            let [rollout] = self.plan().rollouts.as_slice() else { return None };
            Some((0, rollout.batches.iter().position(|batch| batch.stage.to_string() == short)?))
        };
        let found = group.or_else(of_only);
        if found.is_none() {
            let problem = Problem::of(Code::NoSuchBatch, format!("`{flag} {name}`: the plan has no such batch"));
            problems.error(problem.hint(self.hint()));
        }
        found
    }

    /// What batches there are.
    fn hint(&self) -> String {
        let shown = |name: &String| names::shown(self.plan(), self.names(), name).to_string();
        let groups: Vec<&String> = self.names().rollouts.iter().flat_map(|names| &names.batches).collect();
        match groups.as_slice() {
            [] => "it has none".to_string(),
            [first, .., last] if groups.len() > 6 => {
                format!("it has {} batches, from {} to {}", groups.len(), shown(first), shown(last))
            }
            few => format!("it has {}", few.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ")),
        }
    }
}
