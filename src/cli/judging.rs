//! Batches that are judged while they are watched, for `judge` and `run`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use regal_inventory::emit::export::{ALPHABET, host_fault};
use regal_inventory::error::{Code, Error, Problem, Result};
use regal_inventory::judge::{Judge, Subject};
use regal_inventory::policy::Gate;
use regal_inventory::policy::gates::Measure;
use regal_inventory::record::{Event, Health, State};
use regal_inventory::run::{Batch, Schedule, Values};
use regal_inventory::session::{Execution, Planned};
use regal_inventory::shown::Shown;

use super::invocation::surroundings;

/// The judges of the batches of a step, with its clock.
pub struct Judging<'p> {
    begun: Instant,
    /// For how long it is watched; nothing for once.
    time: Option<Duration>,
    judges: Vec<(&'p str, Judge)>,
}

/// What judging needs of a rollout.
pub struct Rollout<'r> {
    /// The whole plan.
    pub schedule: &'r Schedule<'r>,
    /// How far it is.
    pub state: &'r State,
    /// What one connects to, by the names of hosts.
    pub addresses: &'r HashMap<&'r str, &'r str>,
    /// Whether commands may be run.
    pub execution: Execution,
}

impl<'p> Judging<'p> {
    /// Begins to judge batches for a time; without one each gate measures once.
    ///
    /// # Errors
    /// Gates that cannot be asked for a batch; commands where none may be run.
    pub fn new(
        batches: &[&Batch<'p>],
        rollout: &Rollout<'_>,
        values: impl Fn(&Batch<'p>) -> Values,
        time: Option<Duration>,
    ) -> Result<Self> {
        let surroundings = surroundings();
        let mut judges = Vec::new();
        for batch in batches.iter().filter(|batch| !batch.conduct.gates.is_empty()) {
            let gates = &batch.conduct.gates;
            let subject = Subject::new(batch, rollout.schedule, rollout.state, rollout.addresses, &values(batch));
            let permit = if has(gates, |measure| matches!(measure, Measure::Command(_))) {
                check(&subject)?;
                let hint = "a gate that is a command cannot be asked without";
                Some(rollout.execution.permit("the command of a gate", hint)?)
            } else {
                None
            };
            judges.push((batch.group, Judge::new(gates, subject, time, &surroundings, permit)?));
        }
        Ok(Judging { begun: Instant::now(), time, judges })
    }

    /// The gates that are not asked, each with its group.
    pub fn left_out(&self) -> impl Iterator<Item = (&'p str, &str)> {
        self.judges.iter().flat_map(|(group, judge)| judge.left_out().iter().map(|gate| (*group, gate.as_str())))
    }

    /// Begins what is due, and takes what was found, for which it waits at most this long.
    pub fn turn(&mut self, wait: Duration) -> Vec<Event> {
        let mut wait = wait;
        let mut events = Vec::new();
        for (_, judge) in &mut self.judges {
            judge.start(self.begun.elapsed());
            events.extend(judge.take(wait));
            wait = if events.is_empty() { wait } else { Duration::ZERO };
        }
        events
    }

    /// Whether nothing is to come any more: a gate said no, or all time is over and they said yes. Without a gate that is asked it is
    /// watched all the same.
    pub fn is_over(&self) -> bool {
        match self.said() {
            None => false,
            Some(Health::Ok) => self.time.is_none_or(|time| self.begun.elapsed() >= time),
            Some(_) => true,
        }
    }

    /// What all of them say, once that is known: a no as soon as there is one.
    pub fn said(&self) -> Option<Health> {
        let said = || self.judges.iter().map(|(_, judge)| judge.said());
        let no = said().flatten().find(|said| *said != Health::Ok);
        no.or_else(|| said().all(|said| said.is_some()).then_some(Health::Ok))
    }

    /// Whether something is being measured.
    pub fn is_asking(&self) -> bool {
        self.judges.iter().any(|(_, judge)| judge.is_asking())
    }

    /// The groups that are not well, each with why.
    pub fn ill(&self) -> Vec<(&'p str, String)> {
        self.judges.iter().filter_map(|(group, judge)| Some((*group, judge.why()?))).collect()
    }
}

/// What one connects to; nothing where no gate asks a host.
///
/// # Errors
/// Hosts without an address that can be used.
pub fn addresses<'p>(
    batches: &[&Batch<'_>],
    planned: &Planned<'p>,
    by_name: bool,
) -> Result<HashMap<&'p str, &'p str>> {
    if batches.iter().any(|batch| asks_hosts(batch)) { planned.addresses(by_name) } else { Ok(HashMap::new()) }
}

/// Whether a gate of a batch asks its hosts, and so needs their addresses.
pub fn asks_hosts(batch: &Batch<'_>) -> bool {
    has(&batch.conduct.gates, |measure| matches!(measure, Measure::Http(_)))
}

fn has(gates: &[Gate], kind: impl Fn(&Measure) -> bool) -> bool {
    gates.iter().any(|gate| kind(&gate.measure))
}

/// A host that stands in a command has to be one.
fn check(subject: &Subject) -> Result<()> {
    let fault = |host: &String| {
        let why = host_fault(host)?;
        let message = format!("`{}` cannot be a host of a command: {why}", Shown::new(host));
        Some(Problem::of(Code::ExportRefused, message).hint(ALPHABET))
    };
    Error::unless_any(subject.hosts.iter().filter_map(fault).take(20).collect(), ())
}
