//! What is known of a rollout: a fold over the lines of its record.

use std::cmp::Reverse;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::event::{Direction, End, Event, Judged, Line, Lost, Measured, Outcome, Start};
use super::reading::Log;

/// Hosts in the order in which they came; a record names each of them, so the hash is one that costs little.
type Hosts = indexmap::IndexSet<String, RandomState>;

/// What is known of a rollout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The batches that were begun, by their groups. All others wait.
    pub batches: IndexMap<String, Batch>,
    /// The batches that may begin, by their groups. Going back takes a batch's approval away.
    pub approvals: IndexMap<String, Approval>,
    /// The runs, in the order in which they began.
    pub runs: Vec<Run>,
    /// How many batches were begun on the way forward, those that were begun again counted again.
    begun: usize,
}

/// A batch that was begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Which way it was last begun. What is known of it is about this way only.
    pub direction: Direction,
    /// How far it is.
    pub progress: Progress,
    /// Hosts that are done.
    pub done: Hosts,
    /// Hosts that failed or could not be reached, since it was last begun.
    pub lost: IndexMap<String, Loss>,
    /// The version that it was last taken back to.
    pub back_to: Option<String>,
    /// Why it went back by itself, as long as it has not begun again on the way forward.
    pub back_because: Option<String>,
    /// Since when it is watched, and for how many seconds, where that was recorded since it was last begun.
    pub watched: Option<(String, u64)>,
    /// What was measured of it since it was last begun on the way forward, by the names of its gates.
    pub measures: IndexMap<String, Vec<Measured>>,
    /// What its gates have said since then.
    pub judged: Vec<Judged>,
    /// Its place among all that were begun on the way forward.
    place: usize,
}

/// How far a batch is.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// It was begun, and how it ended is not known: it still runs, or its run was ended by force.
    Begun {
        /// Since when.
        since: String,
        /// The run that began it.
        run: String,
    },
    /// All of it is done, but for lost hosts that the policy lets pass.
    Done {
        /// Since when.
        at: String,
    },
    /// Some of it failed or could not be reached.
    Lost {
        /// Since when.
        at: String,
        /// What is known of the batch as a whole, where nobody knows which hosts.
        whole: Option<Loss>,
    },
}

/// How a host or a batch was lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// When.
    pub at: String,
    /// What it was at.
    pub step: Option<String>,
    /// What it said.
    pub message: Option<String>,
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// When.
    pub at: String,
    /// By whom.
    pub by: String,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// When it began.
    pub at: String,
    /// What it began with.
    pub start: Start,
    /// What it is at.
    pub now: Now,
    /// Why it went no further, and at which batch.
    pub stopped: Option<(String, Option<String>)>,
    /// How it ended, and when; absent where it did not say.
    pub ended: Option<(String, End)>,
    /// Whether another run began after it or took it over.
    pub replaced: bool,
}

/// What a run is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Now {
    /// Between batches.
    Between,
    /// A batch.
    Batch {
        /// Its group.
        group: String,
        /// Since when.
        since: String,
    },
    /// Watching a batch.
    Bake {
        /// Its group.
        group: String,
        /// Since when.
        since: String,
        /// For how long.
        seconds: u64,
    },
}

impl State {
    /// Returns the run that has neither ended nor was replaced. Its process may have ended all the same.
    pub fn open_run(&self) -> Option<&Run> {
        self.runs.last().filter(|run| run.is_open())
    }

    /// Returns a run by its id.
    pub fn run(&self, id: &str) -> Option<&Run> {
        self.runs.iter().rev().find(|run| run.id == id)
    }

    /// Whether a batch is done on the way forward.
    pub fn is_done(&self, group: &str) -> bool {
        self.forward(group).is_some_and(|batch| matches!(batch.progress, Progress::Done { .. }))
    }

    /// Returns a batch that was last begun on the way forward.
    pub fn forward(&self, group: &str) -> Option<&Batch> {
        self.batches.get(group).filter(|batch| batch.direction == Direction::Forward)
    }

    /// Returns the groups that a way back goes through: those begun and not all back, the last begun first.
    pub fn to_go_back(&self) -> Vec<&str> {
        let is_back =
            |batch: &Batch| batch.direction == Direction::Back && matches!(batch.progress, Progress::Done { .. });
        let mut begun: Vec<_> = self.batches.iter().filter(|(_, batch)| !is_back(batch)).collect();
        begun.sort_by_key(|(_, batch)| Reverse(batch.place));
        begun.into_iter().map(|(group, _)| group.as_str()).collect()
    }

    /// Takes one more line into account.
    pub(super) fn see(&mut self, line: &Line) {
        let run = line.run.as_deref().unwrap_or_default();
        match &line.event {
            Event::Start(start) => self.start(line, run, start),
            Event::TakeOver(event) => {
                self.runs.iter_mut().filter(|run| run.id == event.from).for_each(|run| run.replaced = true);
            }
            Event::Begin(event) => self.begin(line, run, &event.group, event.rest),
            Event::HostsDone(event) => self.hosts_done(run, &event.group, &event.hosts),
            Event::Lost(event) => self.lost(line, run, event),
            Event::Done(event) => {
                self.hosts_done(run, &event.group, &event.hosts);
                if let Some(batch) = self.batch(run, &event.group) {
                    batch.progress = Progress::Done { at: line.at.clone() };
                }
                self.between(run, &event.group);
            }
            Event::Bake(event) if event.cut_short => self.cut_short(run, &event.group, event.seconds),
            Event::Bake(event) => {
                let now = Now::Bake { group: event.group.clone(), since: line.at.clone(), seconds: event.seconds };
                self.now(run, now);
                if let Some(batch) = self.batch(run, &event.group) {
                    batch.watched = Some((line.at.clone(), event.seconds));
                }
            }
            Event::Measure(event) => {
                if let Some(batch) = self.batches.get_mut(&event.group) {
                    batch.measures.entry(event.gate.clone()).or_default().push(event.clone());
                }
            }
            Event::Gate(event) => {
                if let Some(batch) = self.batches.get_mut(&event.group) {
                    batch.judged.push(event.clone());
                }
            }
            Event::IgnoreWindows(_) | Event::Unsent(_) => {}
            Event::Approve(event) => {
                let approval = Approval { at: line.at.clone(), by: event.by.clone() };
                self.approvals.insert(event.group.clone(), approval);
            }
            Event::Stop(event) => {
                if let Some(run) = self.run_mut(run) {
                    run.stopped = Some((event.why.clone(), event.group.clone()));
                    run.now = Now::Between;
                }
            }
            Event::End(event) => {
                if let Some(run) = self.run_mut(run) {
                    run.ended = Some((line.at.clone(), event.clone()));
                    run.now = Now::Between;
                }
            }
            Event::Unknown(_) => {}
        }
    }

    fn start(&mut self, line: &Line, id: &str, start: &Start) {
        self.runs.iter_mut().filter(|run| run.is_open()).for_each(|run| run.replaced = true);
        self.runs.push(Run {
            id: id.to_string(),
            at: line.at.clone(),
            start: start.clone(),
            now: Now::Between,
            stopped: None,
            ended: None,
            replaced: false,
        });
    }

    fn begin(&mut self, line: &Line, run: &str, group: &str, rest: bool) {
        let direction = self.direction(run);
        if direction == Direction::Forward {
            self.begun += 1;
        }
        let mut batch = Batch {
            direction,
            progress: Progress::Begun { since: line.at.clone(), run: run.to_string() },
            done: Hosts::default(),
            lost: IndexMap::new(),
            back_to: self.run(run).and_then(|run| run.start.to.clone()),
            back_because: self.run(run).and_then(|run| run.start.because.clone()),
            watched: None,
            measures: IndexMap::new(),
            judged: Vec::new(),
            place: self.begun,
        };
        match self.batches.get_mut(group) {
            Some(known) => {
                if rest && known.direction == direction {
                    batch.done = std::mem::take(&mut known.done);
                }
                if direction == Direction::Back {
                    batch.place = known.place;
                    // why it goes back is still to be seen
                    batch.measures = std::mem::take(&mut known.measures);
                    batch.judged = std::mem::take(&mut known.judged);
                    batch.back_because = batch.back_because.or(known.back_because.take());
                }
                *known = batch;
            }
            None => {
                self.batches.insert(group.to_string(), batch);
            }
        }
        if direction == Direction::Back {
            self.approvals.shift_remove(group);
        }
        self.now(run, Now::Batch { group: group.to_string(), since: line.at.clone() });
    }

    fn hosts_done(&mut self, run: &str, group: &str, hosts: &[String]) {
        let Some(batch) = self.batch(run, group) else { return };
        for host in hosts {
            batch.lost.shift_remove(host);
            if !batch.done.contains(host) {
                batch.done.insert(host.clone());
            }
        }
    }

    fn lost(&mut self, line: &Line, run: &str, event: &Lost) {
        let loss = Loss { at: line.at.clone(), step: event.step.clone(), message: event.message.clone() };
        let Some(batch) = self.batch(run, &event.group) else { return };
        let whole = match &event.host {
            Some(host) => {
                batch.done.shift_remove(host);
                batch.lost.insert(host.clone(), loss);
                None
            }
            None => Some(loss),
        };
        let before = match &mut batch.progress {
            Progress::Lost { whole, .. } => whole.take(),
            Progress::Begun { .. } | Progress::Done { .. } => None,
        };
        batch.progress = Progress::Lost { at: line.at.clone(), whole: whole.or(before) };
    }

    /// A watch ended before its time was over, and nobody is to watch for the rest of it.
    fn cut_short(&mut self, run: &str, group: &str, seconds: u64) {
        let is_watched = |now: &Now| matches!(now, Now::Bake { group: at, .. } if at == group);
        if let Some(run) = self.run_mut(run).filter(|run| is_watched(&run.now)) {
            run.now = Now::Between;
        }
        if let Some((_, all)) = self.batch(run, group).and_then(|batch| batch.watched.as_mut()) {
            *all = seconds.min(*all);
        }
    }

    /// The batch that an event of a run is about, which that run, or one in the same direction, has begun.
    fn batch(&mut self, run: &str, group: &str) -> Option<&mut Batch> {
        let direction = self.direction(run);
        self.batches.get_mut(group).filter(|batch| batch.direction == direction)
    }

    fn direction(&self, run: &str) -> Direction {
        self.run(run).map_or(Direction::Forward, |run| run.start.direction)
    }

    fn run_mut(&mut self, id: &str) -> Option<&mut Run> {
        self.runs.iter_mut().rev().find(|run| run.id == id)
    }

    fn now(&mut self, run: &str, now: Now) {
        if let Some(run) = self.run_mut(run) {
            run.now = now;
        }
    }

    fn between(&mut self, run: &str, group: &str) {
        let at = |now: &Now| matches!(now, Now::Batch { group: at, .. } if at == group);
        if let Some(run) = self.run_mut(run).filter(|run| at(&run.now)) {
            run.now = Now::Between;
        }
    }
}

impl Run {
    /// Whether it has neither ended nor was replaced.
    pub fn is_open(&self) -> bool {
        self.ended.is_none() && !self.replaced
    }

    /// Returns how it ended, if it said so.
    pub fn outcome(&self) -> Option<Outcome> {
        self.ended.as_ref().map(|(_, end)| end.outcome)
    }
}

/// Returns what is known after all lines of a record.
pub fn fold(log: &Log) -> State {
    let mut state = State::default();
    log.lines.iter().for_each(|line| state.see(line));
    state
}
