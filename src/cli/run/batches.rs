//! From batch to batch: the gate before a step, its commands, and the watch after it.

use std::collections::HashSet;
use std::fs::Permissions;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant, SystemTime};

use regal_inventory::error::{Code, Error, Problem, io_message};
use regal_inventory::policy::display_seconds;
use regal_inventory::record::{Approve, Begin, Direction, Done, Event, Hosts, Lost, Writer};
use regal_inventory::run::{
    Batch, Caps, Results, Schedule, Step, Values, Verdict, Way, Work, asks, bake_left, may_lose, read_results, verdict,
    work,
};
use regal_inventory::wording::count;

use super::super::arguments::RunOptions;
use super::super::on_event::{Post, failure};
use super::super::who;
use super::child::{Ears, Woken};
use super::job::{Files, Job};
use super::voice::Voice;

/// A run that goes on.
pub struct Run<'r, 'p> {
    pub writer: Writer,
    pub job: &'r Job<'p>,
    pub voice: Voice,
    pub ears: Ears<'r>,
    /// The whole plan, and what of it this run goes through.
    pub schedule: &'r Schedule<'r>,
    pub caps: &'r Caps<'r>,
    pub scope: &'r Schedule<'r>,
    pub options: &'r RunOptions,
    pub way: Way,
    /// The version that it goes back to by itself, once it does.
    pub back_to: Option<String>,
    /// Who is told what is recorded.
    pub post: Option<Post>,
    folder: tempfile::TempDir,
    calls: usize,
    /// Batches that were lost in this run.
    pub failed: usize,
    /// Steps that were watched in this run, by their first group.
    pub watched: HashSet<String>,
    /// Whether a command was ended by force, so that what it started may still be there.
    pub killed: bool,
}

/// Why a run goes no further.
pub enum Halt {
    /// Too many batches are lost; the last one.
    Lost(String),
    /// A batch has no room beside what is lost, and why.
    NoRoom(String, String),
    /// A step waits to be approved: its first group, and what to call it.
    Waiting(String, String),
    /// A batch may not begin yet: its group, and when it may.
    Closed(String, String),
    /// A signal came.
    Signal(i32),
    /// Something is wrong, with the batch that it was at.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        Halt::Failed(error.into())
    }
}

impl<'r, 'p> Run<'r, 'p> {
    /// Prepares a run that was begun in the record.
    ///
    /// # Errors
    /// The system refuses a folder or another descriptor.
    #[allow(clippy::too_many_arguments, reason = "all that a run is made of, once")]
    pub fn new(
        writer: Writer,
        post: Option<Post>,
        job: &'r Job<'p>,
        voice: Voice,
        ears: Ears<'r>,
        schedule: &'r Schedule<'r>,
        caps: &'r Caps<'r>,
        scope: &'r Schedule<'r>,
        way: Way,
        options: &'r RunOptions,
    ) -> anyhow::Result<Self> {
        // what is in it says which hosts are done, so it is nobody else's, whatever the umask
        let private = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("regal-run-").permissions(private).tempdir()?;
        let mut run = Run {
            writer,
            post,
            job,
            voice,
            ears,
            schedule,
            caps,
            scope,
            options,
            way,
            back_to: None,
            folder,
            calls: 0,
            failed: 0,
            watched: HashSet::new(),
            killed: false,
        };
        run.tell()?;
        Ok(run)
    }

    /// Goes through all steps; `approved` are groups that may begin.
    ///
    /// # Errors
    /// Why it goes no further.
    pub fn go(&mut self, approved: &[&str]) -> Result<(), Halt> {
        for group in approved {
            if !self.writer.state().approvals.contains_key(*group) {
                self.approve(group)?;
            }
        }
        self.say_where_it_begins();
        for index in self.order() {
            let step = &self.scope.steps[index];
            let works: Vec<Work<'r>> =
                step.batches.iter().map(|batch| work(batch, self.writer.state(), self.way)).collect();
            if works.iter().all(|work| *work == Work::Nothing) {
                continue;
            }
            if let Some(signal) = self.ears.signal() {
                return Err(Halt::Signal(signal));
            }
            self.await_windows(step)?;
            self.see_room(step, &works)?;
            self.gate(index)?;
            // a question is answered when somebody comes
            self.await_windows(step)?;
            self.note_ignored_windows(step)?;
            for (batch, work) in step.batches.iter().zip(works) {
                self.batch(batch, work)?;
            }
            self.watch(index)?;
        }
        match self.way.direction {
            Direction::Back if self.failed > 0 => Err(Halt::Lost(String::new())),
            _ => Ok(()),
        }
    }

    /// The steps in the order in which they are worked on: in that of the plan, or those with lost hosts first.
    fn order(&self) -> Vec<usize> {
        let state = self.writer.state();
        let has_lost = |index: &usize| {
            let batches = &self.scope.steps[*index].batches;
            batches.iter().filter_map(|batch| state.forward(batch.group)).any(is_lost)
        };
        let all = 0..self.scope.steps.len();
        if !self.options.retry_lost || self.way.direction == Direction::Back {
            return all.collect();
        }
        let (lost, others): (Vec<usize>, Vec<usize>) = all.partition(has_lost);
        lost.into_iter().chain(others).collect()
    }

    fn say_where_it_begins(&self) {
        let batches = count(self.scope.batches().count(), "batch");
        let state = self.writer.state();
        let done = self.scope.batches().filter(|batch| work(batch, state, self.way) == Work::Nothing).count();
        match self.way.direction {
            Direction::Back => self.voice.say(&format!("going back through {batches}, the last begun first")),
            Direction::Forward if done > 0 => self.voice.say(&format!("{batches}, of which {done} are done")),
            Direction::Forward => self.voice.say(&batches),
        }
    }

    /// What has to happen before a step that was not begun before.
    fn gate(&mut self, index: usize) -> Result<(), Halt> {
        let step = &self.scope.steps[index];
        let state = self.writer.state();
        let was_begun = step.batches.iter().any(|batch| state.forward(batch.group).is_some());
        if self.way.direction == Direction::Back || was_begun || index == 0 {
            return Ok(());
        }
        // what this run went through before is watched; the policy asks by what stands before in the plan
        let before = &self.scope.steps[index - 1];
        if !self.watched.contains(first(before)) {
            let left = bake_left(before, self.writer.state(), since);
            self.bake(before, left)?;
            self.check(before)?;
        }
        let Some(before) = self.schedule.before(step) else { return Ok(()) };
        self.writer.refresh()?;
        if asks(before, step, self.writer.state()) {
            self.ask(before, step)?;
        }
        Ok(())
    }

    /// Asks on a terminal; otherwise the step waits.
    fn ask(&mut self, before: &Step<'_>, step: &Step<'_>) -> Result<(), Halt> {
        let call = self.schedule.call(step);
        let waits = || Halt::Waiting(first(step).to_string(), call.clone());
        if !self.voice.may_ask {
            return Err(waits());
        }
        self.voice.ask(&format!("{} comes after {}. Go on? [y/N]", step.name(), before.name()));
        let mut answer = Vec::new();
        while !answer.contains(&b'\n') {
            match self.ears.wait(Duration::from_secs(1), Some(std::io::stdin().as_fd()))? {
                Woken::BySignal(signal) => return Err(Halt::Signal(signal)),
                Woken::InTime => {
                    self.writer.refresh()?;
                    if !asks(before, step, self.writer.state()) {
                        self.voice.say("approved meanwhile");
                        return Ok(());
                    }
                }
                Woken::ByInput => {
                    let mut part = [0; 256];
                    match std::io::stdin().lock().read(&mut part)? {
                        0 => return Err(waits()),
                        read => answer.extend_from_slice(&part[..read]),
                    }
                }
            }
        }
        let answer = String::from_utf8_lossy(&answer).trim().to_lowercase();
        if answer != "y" && answer != "yes" {
            return Err(waits());
        }
        step.batches.iter().try_for_each(|batch| self.approve(batch.group))
    }

    fn approve(&mut self, group: &str) -> Result<(), Halt> {
        self.append(Event::Approve(Approve { group: group.to_string(), by: who::who() }))
    }

    /// Calls the command for what is left of a batch.
    fn batch(&mut self, batch: &Batch<'r>, work: Work<'r>) -> Result<(), Halt> {
        let (hosts, rest) = match work {
            Work::Nothing => return Ok(()),
            Work::Whole { again } => {
                if again > 0 {
                    let hosts = count(again, "host");
                    self.voice.say(&format!(
                        "{}: {hosts} done before are done again: the command names no hosts",
                        batch.group
                    ));
                }
                (batch.hosts.clone(), false)
            }
            Work::Rest(hosts) => (hosts, true),
        };
        self.append(Event::Begin(Begin { group: batch.group.to_string(), rest }))?;
        if hosts.is_empty() {
            self.voice.say(&format!("{}: all of its hosts are done", batch.group));
            return self.settle(batch, verdict(batch, &hosts, None, &Results::new(), batch.max_failures));
        }
        self.voice.say(&format!("{} begins: {}", batch.group, count(hosts.len(), "host")));
        let begun = Instant::now();
        let verdict = self.deploy(batch, &hosts)?;
        if verdict.is_done {
            self.voice.say(&format!("{} is done after {}", batch.group, display_seconds(begun.elapsed().as_secs())));
        }
        self.settle(batch, verdict)?;
        match self.ears.signal() {
            Some(signal) => Err(Halt::Signal(signal)),
            None => Ok(()),
        }
    }

    /// Runs the command for some hosts of a batch.
    fn deploy(&mut self, batch: &Batch<'r>, hosts: &[&'r str]) -> Result<Verdict, Halt> {
        let files = self.files(hosts)?;
        let values = self.values(batch, hosts, Some(&files));
        let words = self.job.templates.deploy.fill(&values);
        let mut command = self.job.command(&words, &values)?;
        command.env("ROLLOUT_RESULTS", &files.results);
        let ended = match self.ears.run(&mut command, &self.voice) {
            Ok(ended) => ended,
            Err(error) => {
                let why = format!("the command cannot be started: {}: {}", words[0], io_message(&error));
                self.lose(batch, None, None, Some(why.clone()))?;
                let hint = match error.kind() {
                    ErrorKind::ArgumentListTooLong => "{hosts} are too many for a word of a command: take {hostfile}",
                    _ => "is it installed, and in PATH?",
                };
                return Err(Error::from(Problem::of(Code::System, why).hint(hint)).into());
            }
        };
        self.killed |= ended.killed;
        let said =
            files.said().and_then(|said| read_results(batch.group, &batch.hosts, &self.job.by_address(batch), &said));
        files.remove();
        match said {
            Ok(results) => {
                let may_lose = may_lose(batch, self.schedule, self.writer.state());
                Ok(verdict(batch, hosts, failure(ended.status), &results, may_lose))
            }
            Err(error) => {
                let why = error.problems.first().map(|problem| problem.message.clone());
                self.lose(batch, None, Some("results"), why)?;
                Err(error.into())
            }
        }
    }

    /// Records what came of a batch; stops where too many are lost.
    fn settle(&mut self, batch: &Batch<'_>, verdict: Verdict) -> Result<(), Halt> {
        let group = || batch.group.to_string();
        for (host, message) in &verdict.lost {
            let said = message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
            self.voice.say(&format!("{}: {host} is lost{said}", batch.group));
            self.lose(batch, Some(host), None, message.clone())?;
        }
        if verdict.is_done {
            return self.append(Event::Done(Done { group: group(), hosts: verdict.done }));
        }
        if !verdict.done.is_empty() {
            self.append(Event::HostsDone(Hosts { group: group(), hosts: verdict.done }))?;
        }
        if let Some(why) = &verdict.whole {
            self.lose(batch, None, None, Some(why.clone()))?;
        }
        let why = verdict.whole.unwrap_or_else(|| count(verdict.lost.len(), "host") + " failed or unreachable");
        self.voice.say(&format!("{} is lost: {why}", batch.group));
        self.count_lost(batch)
    }

    pub fn lose(
        &mut self,
        batch: &Batch<'_>,
        host: Option<&str>,
        step: Option<&str>,
        message: Option<String>,
    ) -> Result<(), Halt> {
        self.append(Event::Lost(Lost {
            group: batch.group.to_string(),
            host: host.map(str::to_string),
            step: step.map(str::to_string),
            message,
        }))
    }

    pub fn count_lost(&mut self, batch: &Batch<'_>) -> Result<(), Halt> {
        self.failed += 1;
        if let Some(signal) = self.ears.signal() {
            return Err(Halt::Signal(signal));
        }
        if self.way.direction == Direction::Forward && self.failed > self.options.max_failed_batches {
            return Err(Halt::Lost(batch.group.to_string()));
        }
        Ok(())
    }

    /// Watches a step, if another one follows it in the plan, and checks it.
    fn watch(&mut self, index: usize) -> Result<(), Halt> {
        let step = &self.scope.steps[index];
        let last = self.schedule.steps.last().is_some_and(|last| {
            last.batches.iter().all(|batch| step.batches.iter().any(|here| here.group == batch.group))
        });
        if self.way.direction == Direction::Forward && (!last || has_gates(step)) {
            self.bake(step, step.bake())?;
        }
        self.check(step)?;
        self.watched.insert(first(step).to_string());
        Ok(())
    }

    /// Calls the check for each batch of a step that was begun.
    fn check(&mut self, step: &Step<'_>) -> Result<(), Halt> {
        let Some(check) = &self.job.templates.check else { return Ok(()) };
        for batch in &step.batches {
            let state = self.writer.state().batches.get(batch.group);
            let is_to_check =
                state.is_some_and(|known| known.direction == self.way.direction && !known.done.is_empty());
            if !is_to_check {
                continue;
            }
            let files = self.files(&batch.hosts)?;
            let values = self.values(batch, &batch.hosts, Some(&files));
            let words = check.fill(&values);
            self.voice.say(&format!("{} is checked", batch.group));
            let ended =
                self.job.command(&words, &values).and_then(|mut command| self.ears.run(&mut command, &self.voice));
            files.remove();
            let why = match &ended {
                Ok(ended) => failure(ended.status),
                Err(error) => Some(io_message(error)),
            };
            self.killed |= ended.is_ok_and(|ended| ended.killed);
            if let Some(signal) = self.ears.signal() {
                return Err(Halt::Signal(signal));
            }
            if let Some(why) = why {
                let why = format!("the check failed: {why}");
                self.voice.say(&format!("{} is lost: {why}", batch.group));
                self.lose(batch, None, Some("check"), Some(why))?;
                self.count_lost(batch)?;
            }
        }
        Ok(())
    }

    /// What stands for a batch in a command.
    fn values(&self, batch: &Batch<'_>, hosts: &[&str], files: Option<&Files>) -> Values {
        let values = self.job.values(batch, hosts, files);
        match &self.back_to {
            Some(version) => Values { version: version.clone(), ..values },
            None => values,
        }
    }

    fn files(&mut self, hosts: &[&str]) -> Result<Files, Halt> {
        self.calls += 1;
        Ok(self.job.files(self.folder.path(), self.calls, hosts)?)
    }

    /// Records an event, and says it.
    pub fn append(&mut self, event: Event) -> Result<(), Halt> {
        self.voice.event(&event);
        self.writer.append(event)?;
        self.tell()?;
        Ok(())
    }
}

/// Whether a batch or a host of it is lost.
pub fn is_lost(batch: &regal_inventory::record::Batch) -> bool {
    matches!(batch.progress, regal_inventory::record::Progress::Lost { .. }) || !batch.lost.is_empty()
}

/// Whether a step is judged, and so watched although nothing comes after it.
fn has_gates(step: &Step<'_>) -> bool {
    step.batches.iter().any(|batch| !batch.conduct.gates.is_empty())
}

/// The first group of a step, which stands for it in the record.
pub fn first<'s>(step: &'s Step<'_>) -> &'s str {
    step.batches.first().map_or("", |batch| batch.group)
}

/// How many seconds ago a time of the record was.
fn since(at: &str) -> Option<u64> {
    let at = humantime::parse_rfc3339(at).ok()?;
    SystemTime::now().duration_since(at).ok().map(|since| since.as_secs())
}
