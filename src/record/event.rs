//! The events and the line that holds one.

use serde::{Deserialize, Serialize};

use super::process::Process;

/// The version of the lines' form.
pub const SCHEMA: u32 = 1;

/// A line of a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The version of its form.
    pub schema: u32,
    /// When, in UTC to the millisecond: `2026-11-28T09:14:03.120Z`. For people: the order of events is that of the lines.
    pub at: String,
    /// The id of the frozen plan.
    pub plan: String,
    /// The id of the run; absent for what belongs to none, such as an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run began.
    Start(Box<Start>),
    /// A run was taken from a process that may still be alive.
    TakeOver(TakeOver),
    /// A batch was begun.
    Begin(Begin),
    /// Hosts of a batch are done, and the batch may not be.
    HostsDone(Hosts),
    /// A host of a batch failed or could not be reached, or the batch as a whole did.
    Lost(Lost),
    /// A batch is done.
    Done(Done),
    /// A batch is watched before the next one.
    Bake(Bake),
    /// Something was measured while a batch was watched.
    Measure(Measured),
    /// A gate of a batch has said whether it is well.
    Gate(Judged),
    /// A batch may begin.
    Approve(Approve),
    /// A batch begins outside the times in which the policy lets it.
    IgnoreWindows(IgnoreWindows),
    /// An event could not be told to somebody who wanted to know. It is told to nobody itself.
    Unsent(Unsent),
    /// A run goes no further.
    Stop(Stop),
    /// A run ended.
    End(End),
    /// One that a later version of this program wrote; it stays in the record and is passed over. Never written.
    #[serde(skip)]
    Unknown(String),
}

/// Which way a run goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the plan's versions.
    #[default]
    Forward,
    /// Back to another version.
    Back,
}

/// A run began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The user and the machine: `deploy@control1`.
    pub who: String,
    /// The process that the run lives as long as.
    pub process: Process,
    /// Whether that process holds the lock on the record.
    #[serde(default)]
    pub locks: bool,
    /// What is called for each batch, or the playbook.
    pub command: Vec<String>,
    /// Which way it goes.
    pub direction: Direction,
    /// The version that it goes back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Why it goes back by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A run was taken from a process that may still be alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeOver {
    /// The run that was taken over.
    pub from: String,
    /// By whom.
    pub by: String,
}

/// A batch was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// The group of the batch.
    pub group: String,
    /// Whether the hosts that are known as done are left out. Otherwise it is begun as a whole, and none of them counts as done any
    /// more.
    #[serde(default)]
    pub rest: bool,
}

/// Hosts of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosts {
    /// The group of the batch.
    pub group: String,
    /// The hosts.
    pub hosts: Vec<String>,
}

/// A host of a batch failed or could not be reached, or the batch as a whole did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The group of the batch.
    pub group: String,
    /// The host; absent where nobody knows which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What it was at: a task, a hook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A batch is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The group of the batch.
    pub group: String,
    /// The hosts that are done: all of it, but for lost ones that the policy lets pass.
    pub hosts: Vec<String>,
}

/// A batch is watched before the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bake {
    /// The group of the batch.
    pub group: String,
    /// For how many seconds.
    pub seconds: u64,
    /// Whether somebody ended the watch after these seconds, and so went on before its time was over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
}

/// What a measurement, or a gate as a whole, says of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It is as it should be.
    Ok,
    /// It is not.
    Failed,
    /// Nobody can tell.
    Inconclusive,
    /// There is too little to compare so far.
    Waiting,
    /// One of a later version of this program.
    #[serde(other)]
    Other,
}

impl Health {
    /// Returns the word of a record.
    pub fn word(self) -> &'static str {
        match self {
            Health::Waiting => "waiting",
            Health::Other => "other",
            Health::Ok | Health::Failed | Health::Inconclusive => self.words(),
        }
    }

    /// Returns the word for people.
    pub fn words(self) -> &'static str {
        match self {
            Health::Ok => "ok",
            Health::Failed => "failed",
            Health::Inconclusive => "inconclusive",
            Health::Waiting => "waiting for samples",
            Health::Other => "unknown",
        }
    }
}

/// Something was measured while a batch was watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The group of the batch.
    pub group: String,
    /// The name of the gate.
    pub gate: String,
    /// What it says of the batch.
    pub verdict: Health,
    /// The value, if there is one: of a query; of a comparison the ratio or difference; of `http` the number of hosts that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Of a comparison: the value of the batch's hosts, and that of the hosts which are not updated yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<(f64, f64)>,
    /// Of a comparison: how many values each sample has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<(u64, u64)>,
    /// Of a comparison: how likely chance alone would bring that about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
    /// Of `http`: the hosts that failed, each with why; the first twenty of them. `value` counts them all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostFailure>,
    /// Why it failed or tells nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A host that did not answer as it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFailure {
    /// The host.
    pub host: String,
    /// What it did instead.
    pub why: String,
}

/// A gate of a batch has said whether it is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The group of the batch.
    pub group: String,
    /// The name of the gate.
    pub gate: String,
    /// Whether it is: ok, failed or inconclusive.
    pub verdict: Health,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A batch begins outside the times in which the policy lets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoreWindows {
    /// The group of the batch.
    pub group: String,
    /// By whom.
    pub by: String,
}

/// An event could not be told to somebody who wanted to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// The program that was to tell it, without its arguments, which may have secrets.
    pub command: String,
    /// Which event, and why not.
    pub why: String,
}

/// A batch may begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approve {
    /// The group of the batch.
    pub group: String,
    /// By whom.
    pub by: String,
}

/// A run goes no further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Why, for people: `waiting for approval`.
    pub why: String,
    /// The group of the batch that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// A run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How.
    pub outcome: Outcome,
    /// How many hosts of the plan are done.
    pub done: u64,
    /// How many are lost.
    pub lost: u64,
    /// How many are in batches that were not begun.
    pub waiting: u64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did all that it was to do.
    Done,
    /// A batch waits for approval.
    Waiting,
    /// It stopped at a lost batch.
    Lost,
    /// It was ended by a signal or by its user.
    Interrupted,
    /// It could not go on: a check failed, a file could not be written.
    Failed,
    /// One of a later version of this program.
    #[serde(other)]
    Other,
}

impl Outcome {
    /// Returns the word for people: `waiting`.
    pub fn words(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Waiting => "waiting",
            Outcome::Lost => "stopped at a lost batch",
            Outcome::Interrupted => "interrupted",
            Outcome::Failed => "failed",
            Outcome::Other => "ended",
        }
    }
}

impl Event {
    /// Returns the group of the batch that it is about.
    pub fn group(&self) -> Option<&str> {
        match self {
            Event::Begin(event) => Some(&event.group),
            Event::HostsDone(event) => Some(&event.group),
            Event::Lost(event) => Some(&event.group),
            Event::Done(event) => Some(&event.group),
            Event::Bake(event) => Some(&event.group),
            Event::Approve(event) => Some(&event.group),
            Event::Stop(event) => event.group.as_deref(),
            Event::Measure(event) => Some(&event.group),
            Event::Gate(event) => Some(&event.group),
            Event::IgnoreWindows(event) => Some(&event.group),
            Event::Start(_) | Event::TakeOver(_) | Event::End(_) | Event::Unsent(_) | Event::Unknown(_) => None,
        }
    }

    /// Returns its word in a line.
    pub fn word(&self) -> &str {
        match self {
            Event::Start(_) => "start",
            Event::TakeOver(_) => "take_over",
            Event::Begin(_) => "begin",
            Event::HostsDone(_) => "hosts_done",
            Event::Lost(_) => "lost",
            Event::Done(_) => "done",
            Event::Bake(_) => "bake",
            Event::Measure(_) => "measure",
            Event::Gate(_) => "gate",
            Event::Approve(_) => "approve",
            Event::IgnoreWindows(_) => "ignore_windows",
            Event::Unsent(_) => "unsent",
            Event::Stop(_) => "stop",
            Event::End(_) => "end",
            Event::Unknown(word) => word,
        }
    }
}
