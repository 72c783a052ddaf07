//! Cutting one version's hosts into batches.

use super::batching::{Asked, Batching, Question};
use super::canary::Canary;
use super::caps::Caps;
use super::fleet::{Division, Fleet};
use super::index::HostIndex;
use super::input::Assigned;
use super::sizes::Sizes;
use super::strategy::{Candidates, State, choose};
use super::why::{Reasons, Why, caps, domains};
use super::{Batch, Domains, Rollout, Stage, contradictions};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem};
use crate::policy::{Amount, Mode, Remainder, Rules, SpreadMode};
use crate::wording::count;

/// The most hashes that waves may take, as a guard against days of work.
const MAX_HASHES: usize = 20_000_000;

/// The batches of a version that has hosts; nothing where there are problems.
pub(super) fn rollout<'a>(assigned: &Assigned<'a>, rules: &Rules, found: &mut Diagnostics) -> Option<Rollout<'a>> {
    cut(assigned, rules, &mut Question::default(), found)
}

/// Why a host of the version stands where it does.
pub(super) fn why<'a>(assigned: &Assigned<'a>, rules: &Rules, host: &str) -> Option<Why<'a>> {
    let index = assigned.hosts.iter().position(|name| *name == host).map(HostIndex::new)?;
    let mut question = Question { asked: Asked::One(index), answers: Vec::new() };
    let mut found = Diagnostics::new();
    let rollout = cut(assigned, rules, &mut question, &mut found)?;
    let batch = rollout.batches.iter().find(|batch| batch.hosts.contains(&host))?;
    let fleet = Fleet::new(assigned, rules, &mut Vec::new(), &mut found);
    Some(Why {
        version: assigned.version,
        phase: None,
        stage: batch.stage,
        place: batch.hosts.iter().position(|name| *name == host)? + 1,
        size: batch.hosts.len(),
        domains: domains(&fleet, index),
        caps: caps(&fleet, index),
        is_last: fleet.is_last(index),
        hash: fleet.hashes.get(index.index()).copied(),
        reason: question.answers.pop()?.1,
    })
}

/// The rule that put each host of the version where it stands.
pub(super) fn reasons<'a>(assigned: &Assigned<'a>, rules: &Rules) -> Reasons<'a> {
    let mut question = Question { asked: Asked::All, answers: Vec::new() };
    let mut found = Diagnostics::new();
    cut(assigned, rules, &mut question, &mut found);
    let fleet = Fleet::new(assigned, rules, &mut Vec::new(), &mut found);
    let answer =
        |(host, reason): (HostIndex, _)| Some((*assigned.hosts.get(host.index())?, (fleet.is_last(host), reason)));
    Reasons(question.answers.into_iter().filter_map(answer).collect())
}

fn cut<'a>(
    assigned: &Assigned<'a>,
    rules: &Rules,
    question: &mut Question<'a>,
    found: &mut Diagnostics,
) -> Option<Rollout<'a>> {
    let before = found.checkpoint();
    contradictions::find(rules, found);
    contradictions::find_back_to_itself(rules, assigned, found);
    let mut notes = Vec::new();
    let fleet = Fleet::new(assigned, rules, &mut notes, found);
    let sizes = match Sizes::new(rules, assigned.shown(), fleet.len(), assigned.percent_of) {
        Ok(sizes) => sizes,
        Err(problem) => {
            found.error(problem);
            return None;
        }
    };
    if found.failed_since(&before) {
        return None;
    }
    let most = rules.bound.is_some().then(|| sizes.most());
    let states = vec![State::Free; fleet.len()];
    let caps = Caps::new(&fleet);
    let mut batching = Batching { fleet: &fleet, sizes, states, caps, question, found };
    let canary = batching.choose_canary()?;
    let batches = batching.cut(&canary)?;
    let mut sizes = batching.sizes;
    note_list_over_domains(&fleet, batches.len(), &mut sizes);
    if batches.is_empty() {
        note_full_canary(assigned, rules, canary.size, &mut sizes, found);
    }
    notes.splice(0..0, std::mem::take(&mut sizes.notes));
    let stages = std::iter::once(Stage::A).chain((1..).map(Stage::B));
    let batches = std::iter::once(canary.hosts).chain(batches).zip(stages);
    Some(Rollout {
        version: assigned.version,
        batches: batches.map(|(hosts, stage)| batch(&fleet, hosts, stage)).collect(),
        canary_size: canary.size,
        batch_sizes: sizes.used,
        approval: rules.approval,
        max_failures: rules.max_failures.of(assigned.percent_of.unwrap_or(fleet.len())),
        excluded: assigned.excluded.clone(),
        notes,
        labels: labels(fleet),
        phases: Vec::new(),
        after: Vec::new(),
        conduct: rules.conduct(most),
        secret: assigned.secret,
    })
}

impl Batching<'_, '_, '_> {
    /// The hosts of the batches B1, B2 …; those of `last` in batches of their own where the policy asks for it.
    fn cut(&mut self, canary: &Canary) -> Option<Vec<Vec<HostIndex>>> {
        let mut batches = Vec::new();
        if !self.fleet.rules.last_alone() {
            self.cut_free(canary, &mut batches)?;
            return Some(batches);
        }
        let last = self.free().into_iter().filter(|host| self.fleet.is_last(*host)).collect::<Vec<_>>();
        last.iter().for_each(|host| self.states[host.index()] = State::Held);
        self.cut_free(canary, &mut batches)?;
        self.free().into_iter().for_each(|host| self.states[host.index()] = State::Taken);
        last.iter().for_each(|host| self.states[host.index()] = State::Free);
        self.cut_free(canary, &mut batches)?;
        Some(batches)
    }

    fn free(&self) -> Vec<HostIndex> {
        (0..self.states.len()).map(HostIndex::new).filter(|host| self.states[host.index()] == State::Free).collect()
    }

    /// Adds batches of all free hosts.
    fn cut_free(&mut self, canary: &Canary, batches: &mut Vec<Vec<HostIndex>>) -> Option<()> {
        let waves = self.waves(canary)?;
        // the batches that there are have used up theirs
        let mut sizes = self.sizes.ceilings();
        sizes.drain(..batches.len().min(sizes.len().saturating_sub(1)));
        let candidates = Candidates { fleet: self.fleet, states: &self.states, stage: Stage::B(1), waves, sizes };
        let mut strategy = choose(&candidates);
        // the first batch of the section, and the size of the batch before
        let mut first = batches.len();
        let mut size_before: usize = 0;
        loop {
            strategy.begin();
            self.caps.close();
            let least = || strategy.least(&self.caps);
            let size = self.sizes.of_batch(batches.len(), strategy.section(), least);
            if strategy.left() == 0 {
                return Some(());
            }
            let settled = strategy.settled();
            let hosts = self.fill(strategy.as_mut(), size.max(settled));
            if hosts.is_empty() {
                return self.lost(strategy.left());
            }
            let (is_short, ends) = (hosts.len() < size, strategy.section() == 0);
            batches.push(hosts);
            if is_short && !ends {
                let keys = self.fleet.cap_keys();
                let allow = if keys.len() == 1 { "allows" } else { "allow" };
                let keys = keys.join(", ");
                self.sizes.note(format!("batches close before they have their size: {keys} {allow} no more"));
            }
            if is_short && ends && batches.len() - first > 1 {
                // a short batch of a larger size must not swell one of a smaller
                let most = self.sizes.most().min(size_before.saturating_mul(2).saturating_sub(1));
                self.merge_last(most, batches);
            }
            if ends {
                first = batches.len();
            }
            size_before = size;
        }
    }

    /// A strategy that keeps hosts back would lose them without a word.
    fn lost<T>(&mut self, hosts: usize) -> Option<T> {
        let version = self.fleet.assigned.shown();
        let message = format!("version {version}: {} could not be planned", count(hosts, "host"));
        self.found
            .error(Problem::of(Code::Internal, message).hint("this is a defect of regal-inventory: please report it"));
        None
    }

    /// The number of waves after the canary in the bucket mode, else 0.
    fn waves(&mut self, canary: &Canary) -> Option<usize> {
        let rules = self.fleet.rules;
        if rules.mode() != Mode::Bucket {
            return Some(0);
        }
        let left = self.fleet.len() - canary.hosts.len();
        if left == 0 {
            return Some(0);
        }
        let set = rules.assignment.waves.as_ref();
        let waves = set.map_or_else(|| self.sizes.batches(left), |set| set.value);
        if waves.saturating_mul(left) > MAX_HASHES {
            let (version, of) = (self.fleet.assigned.shown(), count(left, "host"));
            let problem = Problem::of(
                Code::LimitExceeded,
                format!("version {version}: {waves} waves of {of} are too many to work out"),
            );
            let fewer = format!("set `assignment.waves` to {} or less", (MAX_HASHES / left).max(1));
            self.found.error(match set {
                Some(set) => problem.at(set.at.clone()).hint(fewer),
                None => problem.hint(format!("raise `batch_size`, or {fewer}")),
            });
            return None;
        }
        if set.is_none() {
            let keeps = format!("`assignment: {{waves: {waves}}}` keeps the number when hosts come and go");
            self.sizes.note(format!("{}; {keeps}", count(waves, "wave")));
        }
        Some(waves)
    }

    /// Joins a short last batch to the one before it, where the policy asks for it and `most` and the caps allow it.
    fn merge_last(&mut self, most: usize, batches: &mut Vec<Vec<HostIndex>>) {
        if self.fleet.rules.remainder() != Remainder::Merge {
            return;
        }
        self.caps.close();
        let Some(last) = batches.pop() else { return };
        if let Some(before) = batches.last_mut()
            && before.len() + last.len() <= most
            && self.caps.allow(before.iter().chain(&last).copied())
        {
            before.extend(last);
            return;
        }
        self.sizes.note("a short last batch is not merged: the one before it would exceed its bounds".to_string());
        batches.push(last);
    }
}

fn batch<'a>(fleet: &Fleet<'_, 'a>, hosts: Vec<HostIndex>, stage: Stage) -> Batch<'a> {
    let divisions = fleet.divisions.iter();
    let domains = divisions.map(|division| hosts.iter().map(|host| division.of[host.index()]).collect());
    Batch {
        stage,
        phase: None,
        is_canary: stage == Stage::A,
        bake: if stage == Stage::A { fleet.rules.canary_bake } else { fleet.rules.bake },
        domains: domains.collect(),
        hosts: hosts.into_iter().map(|host| fleet.name(host)).collect(),
    }
}

fn labels<'a>(fleet: Fleet<'_, 'a>) -> Vec<Domains<'a>> {
    let spread = fleet.spread().len();
    let domains = |(place, division): (usize, Division<'_, 'a>)| Domains {
        label: division.label.to_string(),
        spread: place < spread,
        max_domains: division.max_domains,
        list: division.domains,
    };
    fleet.divisions.into_iter().enumerate().map(domains).collect()
}

/// Says that a list of sizes goes on from one domain to the next: by its end whole domains may be out at once.
fn note_list_over_domains(fleet: &Fleet<'_, '_>, batches: usize, sizes: &mut Sizes<'_>) {
    let rules = fleet.rules;
    let Some(label) = rules.spread.by().and_then(|by| by.value.first()) else { return };
    let has_several = fleet.spread().iter().any(|division| division.domains.len() > 1);
    let is_list = rules.batch_size.len() > 1 && batches > 1;
    if rules.spread.mode() == SpreadMode::Sequential && has_several && is_list {
        sizes.note(format!(
            "the sizes of batch_size go on from one {label} to the next; `stages: {{by: {label}}}` begins anew in each"
        ));
    }
}

/// Says that all hosts are canaries; a warning too where there could have been a second batch.
fn note_full_canary(
    assigned: &Assigned<'_>,
    rules: &Rules,
    size: usize,
    sizes: &mut Sizes<'_>,
    found: &mut Diagnostics,
) {
    if let [only] = assigned.hosts.as_slice() {
        sizes.note(format!("{only} is the only host: there is no group B"));
        return;
    }
    let count = count(assigned.hosts.len(), "host");
    let canary = rules.canary_size.unwrap_or(Amount::Hosts(size));
    sizes.note(format!("canary {canary} takes all {count}: there is no group B"));
    let message =
        format!("canary {canary} of version {} takes all {count}, so nothing is left for group B", assigned.shown());
    found.warn(
        Problem::of(Code::Canary, message).hint("a smaller `canary` leaves hosts that a bad release does not reach"),
    );
}
