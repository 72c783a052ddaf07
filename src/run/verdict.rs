//! What is recorded of a batch whose command has ended.

use super::results::{Report, Results};
use super::schedule::{Batch, Schedule};
use crate::record::State;

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Hosts that are done.
    pub done: Vec<String>,
    /// Hosts that failed or could not be reached, with what was said of that.
    pub lost: Vec<(String, Option<String>)>,
    /// Why the batch is lost, where no host is known to be.
    pub whole: Option<String>,
    /// Whether the batch is done: all of it, but for lost hosts that the policy lets pass.
    pub is_done: bool,
}

/// Returns what came of a batch. `failed` is how the command ended, unless it ended well; `ran` are the hosts that it was to work on.
///
/// A command that ends well has done all hosts but those that it calls lost. One that fails has done those that it calls done; what it
/// says nothing of is lost as a whole, and so is a batch all of whose hosts it calls done.
pub fn verdict(
    batch: &Batch<'_>,
    ran: &[&str],
    failed: Option<String>,
    results: &Results<'_>,
    may_lose: usize,
) -> Verdict {
    let mut verdict = Verdict::default();
    let mut unsaid = 0;
    for host in &batch.hosts {
        match results.get(host) {
            Some(Report::Ok) => verdict.done.push((*host).to_string()),
            Some(Report::Lost(message)) => verdict.lost.push(((*host).to_string(), message.clone())),
            None if !ran.contains(host) => {}
            None if failed.is_none() => verdict.done.push((*host).to_string()),
            None => unsaid += 1,
        }
    }
    if verdict.lost.is_empty() || unsaid > 0 {
        verdict.whole = failed;
    }
    verdict.is_done = verdict.whole.is_none() && verdict.lost.len() <= may_lose;
    verdict
}

/// Returns how many hosts of a batch may be lost, after those that its version, or its stage, lost in other batches.
pub fn may_lose(batch: &Batch<'_>, schedule: &Schedule<'_>, state: &State) -> usize {
    let is_counted = |other: &&Batch<'_>| other.version == batch.version && other.phase == batch.phase;
    let others = schedule.batches().filter(is_counted).filter(|other| other.group != batch.group);
    let lost = others.filter_map(|other| state.forward(other.group)).map(|known| known.lost.len()).sum();
    batch.max_failures.saturating_sub(lost)
}
