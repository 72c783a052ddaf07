//! How a run ends: what is recorded, said and called then.

use regal_inventory::error::Code;
use regal_inventory::record::{Direction, End, Event, Outcome, Stop};
use regal_inventory::run::{Schedule, Template, counts};
use regal_inventory::shown::Shown;
use regal_inventory::wording::count;

use super::super::{exit, messages};
use super::batches::{Halt, Run};

/// Why a run stops at a lost batch.
pub const LOST: &str = "a batch is lost";
/// What to do after a way back by itself.
pub const ONCE_MORE: &str = "to roll it out again: the same command with --retry-lost";
const AGAIN: &str = "to resume: the same command again";
const LATER: &str = "to go on: the same command then, or now with --ignore-windows";
const REPAIR: &str = "to go on: repair the lost hosts, then the same command with --retry-lost";

/// What is recorded and said of an end.
struct Ending {
    outcome: Outcome,
    /// Why it goes no further, and at which batch.
    why: Option<(String, Option<String>)>,
    /// What the exit code is, unless there is an error.
    code: u8,
    /// What to do then.
    hint: Option<String>,
    error: Option<anyhow::Error>,
}

impl Ending {
    fn of(ended: Result<(), Halt>) -> Self {
        let stopped = |outcome, code, why: String, group: Option<String>| Ending {
            outcome,
            why: Some((why, group)),
            code,
            hint: None,
            error: None,
        };
        match ended {
            Ok(()) => Ending { why: None, ..stopped(Outcome::Done, exit::DONE, String::new(), None) },
            Err(Halt::Lost(group)) => {
                let group = Some(group).filter(|group| !group.is_empty());
                Ending { hint: Some(AGAIN.to_string()), ..stopped(Outcome::Lost, exit::LOST, LOST.to_string(), group) }
            }
            Err(Halt::NoRoom(group, why)) => {
                let hint = Some(REPAIR.to_string());
                Ending { hint, ..stopped(Outcome::Lost, exit::LOST, why, Some(group)) }
            }
            Err(Halt::Waiting(group, call)) => {
                let why = format!("waiting for approval of {call}");
                let hint =
                    format!("to go on: the same command with --approve {call}, or after regal-inventory approve");
                Ending { hint: Some(hint), ..stopped(Outcome::Waiting, exit::WAITING, why, Some(group)) }
            }
            Err(Halt::Closed(group, why)) => {
                let hint = Some(LATER.to_string());
                Ending { hint, ..stopped(Outcome::Waiting, exit::WAITING, why, Some(group)) }
            }
            Err(Halt::Signal(signal)) => {
                let name = signal_hook::low_level::signal_name(signal).unwrap_or("a signal");
                let code = u8::try_from(128 + signal).unwrap_or(exit::BAD_INPUT);
                let why = format!("interrupted by {name}");
                Ending { hint: Some(AGAIN.to_string()), ..stopped(Outcome::Interrupted, code, why, None) }
            }
            Err(Halt::Failed(error)) => {
                let problems = messages::problems(&error);
                let why = problems.first().map_or_else(String::new, |problem| problem.message.clone());
                Ending { error: Some(error), ..stopped(Outcome::Failed, exit::BAD_INPUT, why, None) }
            }
        }
    }
}

/// An end that was recorded and said.
pub struct Closed {
    ending: Ending,
    /// Whether it could be recorded.
    pub recorded: anyhow::Result<()>,
}

impl Run<'_, '_> {
    /// Records the end of a run, and says it; `is_last` is whether nothing follows it.
    pub fn close(&mut self, ended: Result<(), Halt>, is_last: bool) -> Closed {
        let mut ending = Ending::of(ended);
        if ending.outcome == Outcome::Lost
            && let Some((why, Some(group))) = &mut ending.why
            && self.is_kept(group)
        {
            why.push_str(", and --no-rollback keeps it from going back");
        }
        let recorded = self.record_end(&ending);
        self.say_end(&ending, is_last);
        Closed { ending, recorded }
    }

    /// Calls what is to be called at the end, and returns the exit code. `back` is the end of the way back, where there was one.
    ///
    /// # Errors
    /// Why the run, or its way back, could not go on.
    pub fn end(mut self, first: Closed, back: Option<Closed>) -> anyhow::Result<u8> {
        self.ears.forget();
        let way_back =
            back.as_ref().map(|back| if back.ending.outcome == Outcome::Done { "finished" } else { "failed" });
        let (outcome, why) = (first.ending.outcome, first.ending.why.as_ref());
        if outcome != Outcome::Done
            && let Some(hook) = &self.job.templates.on_stop
        {
            self.call("--on-stop", hook, outcome, why, way_back);
        }
        if let Some(hook) = &self.job.templates.on_end {
            self.call("--on-end", hook, outcome, why, way_back);
        }
        self.tell_the_rest();
        if !self.killed {
            // what a command left behind on purpose, such as a daemon, does not go on with the batch
            self.ears.lock.unlock();
        }
        // a way back that went well ends a run in which a batch was lost
        let last = match back {
            Some(back) if back.ending.outcome != Outcome::Done => back,
            Some(back) => Closed { recorded: back.recorded, ..first },
            None => first,
        };
        match last.ending.error {
            Some(error) => Err(error),
            None => last.recorded.map(|()| last.ending.code),
        }
    }

    fn record_end(&mut self, ending: &Ending) -> anyhow::Result<()> {
        let is_busy =
            |error: &anyhow::Error| messages::problems(error).iter().any(|problem| problem.code == Code::RecordBusy);
        if ending.error.as_ref().is_some_and(is_busy) {
            // another run has taken the record over
            return Ok(());
        }
        let counts = counts(self.counted(), self.writer.state(), self.way.direction);
        let stop = ending.why.clone().map(|(why, group)| Event::Stop(Stop { why, group }));
        let end =
            Event::End(End { outcome: ending.outcome, done: counts.done, lost: counts.lost, waiting: counts.waiting });
        for event in stop.into_iter().chain([end]) {
            self.append(event).map_err(|halt| match halt {
                Halt::Failed(error) => error,
                _ => anyhow::anyhow!("the record cannot be written"),
            })?;
        }
        Ok(())
    }

    /// The batches whose hosts are counted: on the way back those that it goes through.
    fn counted(&self) -> &Schedule<'_> {
        if self.way.direction == Direction::Back { self.scope } else { self.schedule }
    }

    fn say_end(&self, ending: &Ending, is_last: bool) {
        let counts = counts(self.counted(), self.writer.state(), self.way.direction);
        let hosts = |number: u64| count(usize::try_from(number).unwrap_or(usize::MAX), "host");
        let mut stands = format!("{} done", hosts(counts.done));
        if counts.lost > 0 {
            stands.push_str(&format!(", {} lost", counts.lost));
        }
        if counts.waiting > 0 {
            stands.push_str(&format!(", {} waiting", counts.waiting));
        }
        let back = self.back_to.as_ref().map(|version| Shown::new(version));
        let why = match (&ending.why, ending.outcome) {
            (None, _) if let Some(version) = &back => format!("back to {version}"),
            (Some((why, _)), _) if back.is_some() => format!("the way back stopped: {why}"),
            (None, _) => "all done".to_string(),
            (Some((why, _)), Outcome::Waiting) => why.clone(),
            (Some((why, Some(group))), Outcome::Lost) => format!("stopped at {group}: {why}"),
            (Some((why, _)), _) => format!("stopped: {why}"),
        };
        self.voice.say(&format!("{why}; {stands}"));
        if let Some(version) = &back {
            if ending.why.is_some() {
                self.voice.say(&format!("to finish the way back: the same command with --back-to {version}"));
            }
            self.voice.say(ONCE_MORE);
        } else if let Some(hint) = ending.hint.as_ref().filter(|_| is_last) {
            self.voice.say(hint);
        }
    }

    /// Calls a hook; that it fails changes nothing.
    fn call(
        &mut self,
        option: &str,
        hook: &Template,
        outcome: Outcome,
        why: Option<&(String, Option<String>)>,
        way_back: Option<&str>,
    ) {
        let group = why.and_then(|(_, group)| group.as_deref());
        let batch = group.and_then(|group| self.schedule.batches().find(|batch| batch.group == group));
        let values = match batch {
            Some(batch) => self.job.values(batch, &batch.hosts, None),
            None => self.job.no_values(),
        };
        let ended = self.job.command(&hook.fill(&values), &values).and_then(|mut command| {
            command.env("ROLLOUT_OUTCOME", word(outcome));
            command.env("ROLLOUT_WHY", why.map_or("", |(why, _)| why));
            if let Some(way_back) = way_back {
                command.env("ROLLOUT_WAY_BACK", way_back);
            }
            self.ears.run(&mut command, &self.voice)
        });
        match ended {
            Ok(ended) if ended.status.success() => {}
            Ok(ended) => self.voice.say(&format!("the command of {option} failed: {}", ended.status)),
            Err(error) => self.voice.say(&format!("the command of {option} cannot be started: {error}")),
        }
    }
}

/// An outcome as scripts read it.
fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Waiting => "waiting",
        Outcome::Lost => "lost",
        Outcome::Interrupted => "interrupted",
        Outcome::Failed | Outcome::Other => "failed",
    }
}
