//! The same for a command that adds a few events and ends.

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use regal_inventory::emit::export::{ALPHABET, host_fault};
use regal_inventory::error::{Code, Error, Problem, Result};
use regal_inventory::frozen::Frozen;
use regal_inventory::record::{Event, Writer};
use regal_inventory::run::{Template, Values, check_version};
use regal_inventory::session::Execution;
use regal_inventory::shown::Shown;

use super::super::arguments::{Arguments, OnEventOption};
use super::super::invocation::surroundings;
use super::super::messages;
use super::{OPTION, Post, words};

/// A command that is told what another command adds to the record of a plan.
pub struct Brief<'f, 'a> {
    frozen: &'f Frozen<'a>,
    template: Option<Template>,
}

impl<'f, 'a> Brief<'f, 'a> {
    /// Reads the command, if there is one, before anything is recorded.
    ///
    /// # Errors
    /// What is wrong with it; no program may be run; hosts or versions that are no words of a command, where it names them.
    pub fn new(arguments: &Arguments, option: &OnEventOption, frozen: &'f Frozen<'a>) -> Result<Self> {
        let Some(text) = &option.on_event else { return Ok(Brief { frozen, template: None }) };
        let execution = Execution::of(arguments.no_exec, &surroundings())?;
        execution.permit(format_args!("the command of {OPTION}"), "leave the option out")?;
        let template = Template::of_text(OPTION, text)?;
        check(&template, frozen)?;
        Ok(Brief { frozen, template: Some(template) })
    }

    /// Appends events, and returns once all are handed on, or given up.
    ///
    /// # Errors
    /// The record cannot be written; the system refuses a thread.
    pub fn append(&self, writer: &mut Writer, append: impl FnOnce(&mut Writer) -> Result<()>) -> anyhow::Result<()> {
        let post = self.open(writer)?;
        let appended = append(writer);
        self.close(post, writer)?;
        Ok(appended?)
    }

    /// Begins to keep what is appended from now on; nothing where nobody is to be told.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn open(&self, writer: &mut Writer) -> std::io::Result<Option<Post>> {
        self.template.clone().map(|template| Post::open(template, writer)).transpose()
    }

    /// Hands on what was appended since, without waiting for it.
    pub fn send(&self, post: Option<&Post>, writer: &mut Writer) {
        let Some(post) = post else { return };
        let back_to = writer.run().and_then(|id| writer.state().run(id)).and_then(|run| run.start.to.clone());
        post.send(writer, |group| values(self.frozen, group, back_to.as_deref()));
    }

    /// Waits until all is handed on, or given up, and records what was not.
    ///
    /// # Errors
    /// The record cannot be written.
    pub fn close(&self, post: Option<Post>, writer: &mut Writer) -> Result<()> {
        self.send(post.as_ref(), writer);
        let Some(post) = post else { return Ok(()) };
        let failures = post.close(|end, time| {
            let time = Timespec { tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: 0 };
            poll(&mut [PollFd::from_borrowed_fd(end, PollFlags::IN)], Some(&time)).map(drop)
        });
        for unsent in failures {
            messages::lines(&words(&unsent));
            writer.append(Event::Unsent(unsent))?;
        }
        Ok(())
    }
}

/// Refuses what is no plain word, where the command has it as one.
fn check(template: &Template, frozen: &Frozen<'_>) -> Result<()> {
    let rollouts = &frozen.plan.rollouts;
    let mut problems = Vec::new();
    if template.uses_hosts() {
        let hosts = rollouts.iter().flat_map(|rollout| &rollout.batches).flat_map(|batch| &batch.hosts);
        problems.extend(hosts.filter_map(|host| {
            let message = format!("`{}` cannot be a host of a command: {}", Shown::new(host), host_fault(host)?);
            Some(Problem::of(Code::ExportRefused, message).hint(ALPHABET))
        }));
    }
    if template.uses_version() {
        let shown = |secret, version| Shown::unless(secret, version);
        problems.extend(
            rollouts
                .iter()
                .filter_map(|rollout| check_version(rollout.version, &shown(rollout.secret, rollout.version)).err()),
        );
    }
    problems.truncate(20);
    Error::unless_any(problems, ())
}

/// What stands for a batch of the frozen plan; `back_to` is the version that a run goes back to.
fn values(frozen: &Frozen<'_>, group: Option<&str>, back_to: Option<&str>) -> Values {
    let plan = frozen.path.display().to_string();
    let none = || Values { plan: plan.clone(), version: back_to.unwrap_or_default().to_string(), ..Values::default() };
    let Some(group) = group else { return none() };
    let rollouts = frozen.plan.rollouts.iter().zip(&frozen.names.rollouts);
    let mut batches = rollouts.flat_map(|(rollout, names)| {
        rollout.batches.iter().zip(&names.batches).map(move |(batch, name)| (rollout, batch, name))
    });
    batches.find(|(_, _, name)| *name == group).map_or_else(none, |(rollout, batch, _)| Values {
        group: group.to_string(),
        version: back_to.unwrap_or(rollout.version).to_string(),
        batch: batch.stage.to_string(),
        index: batch.stage.index().to_string(),
        hosts: batch.hosts.join(","),
        hostfile: String::new(),
        plan: plan.clone(),
    })
}
