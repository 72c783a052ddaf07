//! Whether a batch is well: its gates, asked for as long as it is watched.
//!
//! A [`Judge`] has no clock: whoever drives it says how long the watch has lasted, and takes what was found as events of the record.
//! Threads ask, [`AT_A_TIME`] at most, and whatever was begun ends with the judge.

mod answers;
mod client;
mod command;
mod course;
mod hosts;
mod kinds;
mod mann_whitney;
mod pool;
mod prometheus;
mod samples;
mod subject;
mod token;

use std::time::{Duration, Instant};

use crate::error::{Code, Error, Problem, Result};
use crate::policy::Gate;
pub use crate::policy::gates::Number;
use crate::record::{Event, Health, Judged};
use crate::shown::Shown;
use crate::source::{Permit, Surroundings};
use answers::{Answer, Answers};
use command::Children;
pub use course::Course;
use kinds::{Asker, Kind};
pub use mann_whitney::{Side, chance};
pub use pool::AT_A_TIME;
use pool::Pool;
pub use samples::{Samples, missed};
pub use subject::Subject;

/// How much longer than its time a measurement is waited for, should something be stuck.
const GRACE: Duration = Duration::from_secs(5);

/// The gates of a batch.
pub struct Judge {
    group: String,
    gates: Vec<Watched>,
    left_out: Vec<String>,
    asker: Asker,
    pool: Pool<(Ticket, Answer)>,
    children: Children,
    measured: u64,
}

/// Which part of which measurement.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ticket {
    gate: usize,
    number: u64,
    part: usize,
}

/// A gate while it is watched.
struct Watched {
    gate: Gate,
    kind: Kind,
    course: Course,
    samples: Samples,
    /// What it measures now.
    open: Option<Open>,
    /// What its last measurement that was not well said.
    last: Option<String>,
    /// Whether what it says in the end was told.
    is_told: bool,
}

/// A measurement that goes on.
struct Open {
    number: u64,
    until: Instant,
    answers: Answers,
}

impl Judge {
    /// Makes a judge of a batch that is watched for a time; without one, each gate measures once, and bears nothing.
    ///
    /// # Errors
    /// Gates that cannot be asked for this batch.
    pub fn new(
        gates: &[Gate],
        subject: Subject,
        bake: Option<Duration>,
        surroundings: &Surroundings,
        permit: Option<Permit>,
    ) -> Result<Self> {
        let mut problems = Vec::new();
        let (mut watched, mut left_out) = (Vec::with_capacity(gates.len()), Vec::new());
        for gate in gates {
            let course = bake.map_or_else(|| Course::once(gate), |bake| Course::new(gate, bake));
            match Kind::new(&gate.measure, &subject) {
                Ok(Kind::Nothing) => left_out.push(gate.name.clone()),
                Ok(kind) => watched.push(Watched {
                    gate: gate.clone(),
                    kind,
                    course,
                    samples: Samples::default(),
                    open: None,
                    last: None,
                    is_told: false,
                }),
                Err(why) => {
                    let message = format!("gate `{}` cannot be asked: {why}", Shown::new(&gate.name));
                    problems.push(Problem::of(Code::InvalidValue, message));
                }
            }
        }
        Error::unless_any(problems, ())?;
        let group = subject.group.clone();
        let asker = Asker::new(gates, subject, surroundings, permit);
        let (pool, children) = (Pool::new(), Children::default());
        Ok(Judge { group, gates: watched, left_out, asker, pool, children, measured: 0 })
    }

    /// The gates that are not asked: they compare, and no host of the version is left that is not updated yet.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Begins the measurements that are due; `now` is how long the batch has been watched.
    pub fn start(&mut self, now: Duration) {
        for place in 0..self.gates.len() {
            if self.gates[place].course.due().is_some_and(|due| due <= now) {
                self.measured += 1;
                self.measure(place, now);
            }
        }
    }

    fn measure(&mut self, place: usize, now: Duration) {
        let watched = &mut self.gates[place];
        watched.course.begin(now);
        let until = Instant::now() + Duration::from_millis(watched.gate.timeout_ms);
        let number = self.measured;
        let (answers, parts) = self.asker.parts(&watched.kind, until, &self.children);
        let mut answers = answers;
        for (part, ask) in parts.into_iter().enumerate() {
            let ticket = Ticket { gate: place, number, part };
            if let Err(error) = self.pool.add(Box::new(move || (ticket, ask()))) {
                answers.take(part, Answer::Unclear(format!("the system gives no thread: {error}")));
            }
        }
        watched.open = Some(Open { number, until, answers });
    }

    /// Takes what was found meanwhile, and waits for it at most this long.
    pub fn take(&mut self, wait: Duration) -> Vec<Event> {
        let mut next = self.pool.take(if self.has_ready() { Duration::ZERO } else { wait });
        while let Some((ticket, answer)) = next {
            let open = self.gates[ticket.gate].open.as_mut().filter(|open| open.number == ticket.number);
            if let Some(open) = open {
                open.answers.take(ticket.part, answer);
            }
            next = self.pool.take(Duration::ZERO);
        }
        let mut events = Vec::new();
        for watched in &mut self.gates {
            watched.settle(&self.group, &mut events);
        }
        events
    }

    fn has_ready(&self) -> bool {
        self.gates.iter().any(|watched| watched.open.as_ref().is_some_and(|open| open.answers.is_complete()))
    }

    /// When the next measurement is due.
    pub fn due(&self) -> Option<Duration> {
        self.gates.iter().filter_map(|watched| watched.course.due()).min()
    }

    /// Whether something is being measured.
    pub fn is_asking(&self) -> bool {
        self.gates.iter().any(|watched| watched.open.is_some())
    }

    /// What the gates say, once that is known: a no as soon as one of them says it, a yes when all of them did.
    pub fn said(&self) -> Option<Health> {
        let said = || self.gates.iter().map(|watched| watched.course.said());
        let no = said().flatten().find(|said| *said != Health::Ok);
        no.or_else(|| said().all(|said| said.is_some()).then_some(Health::Ok))
    }

    /// Why the batch is not well, with the first gate that says so.
    pub fn why(&self) -> Option<String> {
        let watched = self.gates.iter().find(|watched| watched.course.said().is_some_and(|said| said != Health::Ok))?;
        Some(format!("gate {}: {}", watched.gate.name, watched.why()))
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        self.children.end_all();
    }
}

impl Watched {
    /// Says what was measured, if all of it is there, and what the gate says, once that is known.
    fn settle(&mut self, group: &str, events: &mut Vec<Event>) {
        let Some(open) = self.open.as_mut() else { return };
        if !open.answers.is_complete() {
            if Instant::now() < open.until + GRACE {
                return;
            }
            open.answers.give_up();
        }
        let Some(open) = self.open.take() else { return };
        let looks = self.course.looks();
        let mut measured = open.answers.measured(&self.gate.measure, &mut self.samples, looks);
        measured.group = group.to_string();
        measured.gate.clone_from(&self.gate.name);
        measured.verdict = self.course.take(measured.verdict);
        if measured.verdict != Health::Ok {
            self.last.clone_from(&measured.message);
        }
        events.push(Event::Measure(measured));
        let Some(verdict) = self.course.said().filter(|_| !self.is_told) else { return };
        self.is_told = true;
        let why = (verdict != Health::Ok).then(|| self.why());
        events.push(Event::Gate(Judged { group: group.to_string(), gate: self.gate.name.clone(), verdict, why }));
    }

    fn why(&self) -> String {
        self.course.why(self.last.as_deref())
    }
}

#[cfg(test)]
mod tests;
