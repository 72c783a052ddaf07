//! Sizes as numbers of hosts, and notes of what became of them.

use crate::error::{Code, Problem};
use crate::policy::{Amount, BatchSize, Bound, Remainder, Rules};
use crate::shown::Shown;
use crate::wording::count;

/// The sizes of a version's batches.
pub(super) struct Sizes<'r> {
    rules: &'r Rules,
    /// The sizes of the policy, those that grow written out.
    wanted: Vec<BatchSize>,
    /// The planned hosts.
    planned: usize,
    /// What percents are of: these, or the version's where only a stage of it is planned.
    whole: usize,
    /// Most hosts of a batch, and how that is said.
    bound: Option<(usize, String)>,
    /// The sizes that were used, the last of which repeats.
    pub used: Vec<usize>,
    /// What became of percents and of sizes that the bound cuts.
    pub notes: Vec<String>,
}

impl<'r> Sizes<'r> {
    /// The sizes that the rules give for so many hosts.
    ///
    /// # Errors
    /// A bound that leaves no host to update.
    pub fn new(rules: &'r Rules, version: Shown<'_>, planned: usize, whole: Option<usize>) -> Result<Self, Problem> {
        let (wanted, whole) = (Vec::new(), whole.unwrap_or(planned));
        let mut sizes = Sizes { rules, wanted, planned, whole, bound: None, used: Vec::new(), notes: Vec::new() };
        sizes.write_out();
        let Some(set) = &rules.bound else { return Ok(sizes) };
        sizes.bound = Some(match set.value {
            Bound::MaxUnavailable(amount) => {
                let most = sizes.amount("max_unavailable", amount);
                let said = match amount {
                    Amount::Hosts(_) => format!("`max_unavailable` is {amount}"),
                    Amount::Percent(_) => format!("`max_unavailable` {amount} allows {}", count(most, "host")),
                };
                (most, said)
            }
            Bound::MinHealthy(amount) => {
                let healthy = amount.at_least_of(whole);
                if healthy >= whole {
                    return Err(nothing_to_update(version, amount, whole, healthy).at(set.at.clone()));
                }
                let most = whole - healthy;
                if let Amount::Percent(_) = amount {
                    let (of, healthy) = (count(whole, "host"), count(healthy, "host"));
                    sizes.note(format!("min_healthy {amount} of {of} is {healthy}: a batch has at most {most}"));
                }
                (most, format!("`min_healthy` {amount} allows {}", count(most, "host")))
            }
        });
        Ok(sizes)
    }

    /// Writes sizes that grow out, with a note.
    fn write_out(&mut self) {
        for size in &self.rules.batch_size {
            let BatchSize::Growing(growth) = size else {
                self.wanted.push(*size);
                continue;
            };
            let sizes = growth.sizes(self.whole);
            self.wanted.extend(sizes.iter().map(|size| BatchSize::Amount(Amount::Hosts(*size))));
            let list = sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let of = count(self.whole, "host");
            let repeats = if sizes.len() > 1 { ", and the last again" } else { "" };
            self.note(format!("batch_size {growth} of {of} is {list}{repeats}"));
        }
    }

    /// The most hosts that any batch may have.
    pub fn most(&self) -> usize {
        self.bound.as_ref().map_or(usize::MAX, |(most, _)| *most)
    }

    /// How the bound is said, with its number.
    pub fn bound(&self) -> &str {
        self.bound.as_ref().map(|(_, said)| said.as_str()).unwrap_or_default()
    }

    /// Adds a note, once.
    pub fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// A size as a number of hosts, at least 1; a note says what a percent came to.
    pub fn amount(&mut self, key: &str, amount: Amount) -> usize {
        let (size, of) = (amount.of(self.whole), count(self.whole, "host"));
        if size == 0 {
            self.note(format!("{key} {amount} of {of} is less than one host: it takes one"));
        } else if let Amount::Percent(_) = amount {
            self.note(format!("{key} {amount} of {of} is {}", count(size, "host")));
        }
        size.max(1)
    }

    /// The size, or what the bound leaves of it.
    pub fn bounded(&mut self, key: &str, asked: &str, size: usize) -> usize {
        if size > self.most().min(self.planned) && self.most() < self.planned {
            self.note(format!("{key} {asked} is cut: {}", self.bound().replace('`', "")));
        }
        size.min(self.most())
    }

    /// The most hosts of the batches after the canary, whatever is left; the last repeats.
    pub fn ceilings(&self) -> Vec<usize> {
        let ceiling = |size: &BatchSize| match size {
            BatchSize::Amount(amount) => amount.of(self.whole).max(1).min(self.most()),
            BatchSize::Rest | BatchSize::Growing(_) => self.most(),
        };
        self.wanted.iter().map(ceiling).collect()
    }

    /// The most hosts that batch number `at` (from 0, after the canary) may have, where `left` may follow before a batch
    /// must end and take at least the batches that `least` says, whatever their size.
    pub fn of_batch(&mut self, at: usize, left: usize, least: impl FnOnce() -> usize) -> usize {
        let wanted = &self.wanted;
        let slot = at.min(wanted.len().saturating_sub(1));
        let size = match (wanted.get(slot), self.used.get(slot)) {
            (Some(BatchSize::Amount(_)), Some(size)) => *size,
            (Some(BatchSize::Amount(amount)), None) => {
                let amount = *amount;
                let size = self.amount("batch_size", amount);
                self.note_large(amount, slot);
                self.bounded("batch_size", &amount.to_string(), size)
            }
            _ => self.bounded("batch_size", "rest", left.max(1)),
        };
        match self.used.get_mut(slot) {
            // a later `rest` may be larger: it is that of another domain
            Some(known) => *known = size.max(*known),
            None => self.used.push(size),
        }
        if self.rules.remainder() == Remainder::Balance && slot + 1 >= self.wanted.len() {
            left.div_ceil(left.div_ceil(size).max(least()).max(1)).max(1)
        } else {
            size
        }
    }

    /// Says that the first batch takes everything: likely the number was meant as a percent, or for a larger fleet.
    fn note_large(&mut self, amount: Amount, slot: usize) {
        if let (Amount::Hosts(size), 0) = (amount, slot)
            && size >= self.planned
            && self.planned > 2
        {
            let percent = if size <= 100 { format!("; a percent is written {size}%") } else { String::new() };
            let of = count(self.planned, "host");
            self.note(format!("batch_size {size} takes all that the canary leaves of {of} at once{percent}"));
        }
    }

    /// The number of batches that so many hosts take.
    pub fn batches(&self, mut left: usize) -> usize {
        let (bound, rules) = (self.bound.clone(), self.rules);
        let (wanted, planned, whole) = (self.wanted.clone(), self.planned, self.whole);
        let mut trial = Sizes { rules, wanted, planned, whole, bound, used: Vec::new(), notes: Vec::new() };
        let mut batches = 0;
        while left > 0 {
            left -= trial.of_batch(batches, left, || 0).min(left);
            batches += 1;
        }
        batches
    }
}

fn nothing_to_update(version: Shown<'_>, amount: Amount, planned: usize, healthy: usize) -> Problem {
    let of = count(planned, "host");
    let message = format!(
        "`min_healthy` {amount} of the {of} of version {version} is {healthy}, so that not one could be updated"
    );
    let hint = if planned > 1 {
        format!("set it to {} or less, or use `max_unavailable`, which always allows one", planned - 1)
    } else {
        "a single host is down while it is updated: use `max_unavailable`, which always allows one".to_string()
    };
    Problem::of(Code::NothingToUpdate, message).hint(hint)
}
