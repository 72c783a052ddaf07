//! The plan for every other consumer: one file a format, and the table of them.
//!
//! A format is a function from an [`Export`] to one text or to a folder of files, all in memory; the command line writes
//! what all of them gave, or nothing. To add one: a file here with its function, and a line in [`FORMATS`].

mod address;
mod file_sd;
mod groups;
mod haproxy;
mod hosts;
mod ids;
mod login;
mod nginx;
mod nginx_lua;
pub mod options;
mod pools;
mod programs;
mod progress;
mod salt;
#[cfg(test)]
mod tests;

use crate::diagnostics::Diagnostics;
use crate::error::{Code, Error, Problem, Result};
use crate::inventory::effective::Effective;
use crate::inventory::{HostId, Inventory};
use crate::plan::names::{self, GroupNames, RolloutNames};
use crate::plan::{Plan, Rollout};
use crate::salt::Master;
use crate::shown::Shown;
use crate::text::TextMap;
use crate::value::Value;

use super::ansible::FrozenFile;
use super::report::Report;
pub use address::{ALPHABET, fault as host_fault};
pub use options::{Options, Setting};
pub use progress::Progress;

/// What a format writes: a plan with the inventory that it was made from.
#[derive(Clone, Copy)]
pub struct Export<'e, 'a> {
    /// The format's name, for messages.
    pub format: &'static str,
    /// The plan with what stands around it.
    pub report: Report<'e, 'a>,
    /// The hosts and their variables.
    pub inventory: &'e Inventory<'a>,
    /// What each host ends up with.
    pub variables: &'e Effective<'e, 'a>,
    /// What was read, which knows what no message may show.
    pub texts: &'e TextMap<'a>,
    /// What the call says beside the plan.
    pub options: &'e Options,
    /// The minions of Salt sources, if there are any.
    pub master: Option<&'e Master<'a>>,
    /// The file of the plan if it is frozen.
    pub frozen: Option<FrozenFile<'a>>,
}

/// One file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the folder, with `/` between its parts.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What came of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// One text.
    Text(Vec<u8>),
    /// The files of a folder.
    Folder(Vec<File>),
}

/// What stands in the place of a format where hosts are for a command of `run`.
pub const HOSTFILE: &str = "{hostfile}";
/// Most problems that a format names one by one.
const MOST_PROBLEMS: usize = 20;

/// Makes one text. Warnings go to the list; they do not keep the result from being written.
pub type RenderText = fn(&Export<'_, '_>, &mut Diagnostics) -> Result<Vec<u8>>;

/// Makes the files of a folder, likewise.
pub type RenderFolder = fn(&Export<'_, '_>, &mut Diagnostics) -> Result<Vec<File>>;

/// How a format is made.
#[derive(Clone, Copy)]
pub enum Render {
    /// One text, for stdout or a file.
    Text(RenderText),
    /// A folder, which needs a path.
    Folder(RenderFolder),
}

/// A row of the table.
pub struct Format {
    /// What the command line calls it.
    pub name: &'static str,
    /// What it is for, in one line.
    pub summary: &'static str,
    /// The options that it uses; any other is refused.
    pub uses: &'static [Setting],
    /// How it is made.
    pub render: Render,
    /// Whether a plan that lacks hosts would do harm: it says who is in service, or a rollout goes by it to its end.
    pub needs_all: bool,
    /// Whether its readers can tell a plan without batches from one with some. To others an empty list may be a success.
    pub takes_nothing: bool,
}

/// All formats, in the order of `export --list`.
pub static FORMATS: &[Format] = &[
    folder(
        "hosts",
        &[Setting::Id, Setting::User, Setting::SshPort, Setting::ByName],
        hosts::render,
        "a folder of host files, one per batch: parallel-ssh, pdsh, clush, GNU parallel, Fabric",
    ),
    folder(
        "clustershell",
        &[Setting::Source, Setting::ByName],
        groups::clustershell,
        "a folder with a group source for clush and nodeset",
    ),
    folder("dsh", &[Setting::ByName], groups::dsh, "a folder of group files for dsh"),
    text("nginx", pools::USES, nginx::render, "upstreams and the variables that choose among them, to include in http")
        .that_needs_all(),
    folder(
        "nginx-lua",
        pools::USES,
        nginx_lua::render,
        "a folder with the pools as data and a Lua module that follows them without a reload",
    )
    .that_needs_all(),
    text("haproxy", pools::USES, haproxy::render, "two backends for each version, for one more -f").that_needs_all(),
    text(
        "haproxy-runtime",
        pools::USES,
        haproxy::runtime,
        "the commands that bring a running HAProxy to the same state",
    )
    .that_needs_all(),
    text("file-sd", file_sd::USES, file_sd::render, "targets with labels for Prometheus' file service discovery"),
    text("json", &[], programs::json, "the whole plan as one JSON document; the same as plan --format json")
        .that_takes_nothing(),
    text(
        "ndjson",
        &[Setting::ByName],
        programs::ndjson,
        "one JSON document per line: a line for each batch, and one for the end",
    )
    .that_takes_nothing(),
    text(
        "tsv",
        &[Setting::ByName],
        programs::tsv,
        "one line per host: version, index, batch, user group, host, address, and how to log in",
    )
    .that_takes_nothing(),
    text("regal", &[], programs::regal, "one JSON mapping per line from version to batches, as regal's iter_dict")
        .that_takes_nothing(),
    folder("salt", salt::ROSTER_USES, salt::folder, "a folder with nodegroups, roster, orchestration and runner")
        .that_needs_all(),
    text("salt-nodegroups", &[], salt::nodegroups, "the batches as nodegroups, for a Salt master's master.d")
        .that_needs_all(),
    text("salt-roster", salt::ROSTER_USES, salt::roster, "a flat roster of the hosts, for salt-ssh"),
    text(
        "salt-orchestrate",
        &[],
        salt::orchestrate,
        "an orchestration that goes from batch to batch, for salt-run state.orchestrate",
    )
    .that_needs_all(),
    text("salt-plan", &[], salt::plan, "the plan alone, for the runner regal.rollout, also as a pillar file")
        .that_needs_all(),
    text("salt-runner", &[], salt::runner, "the runner regal.rollout itself, for a Salt master's _runners")
        .that_takes_nothing(),
];

/// A format of one text.
const fn text(name: &'static str, uses: &'static [Setting], render: RenderText, summary: &'static str) -> Format {
    Format { name, summary, uses, render: Render::Text(render), needs_all: false, takes_nothing: false }
}

/// A format of a folder with files.
const fn folder(name: &'static str, uses: &'static [Setting], render: RenderFolder, summary: &'static str) -> Format {
    Format { name, summary, uses, render: Render::Folder(render), needs_all: false, takes_nothing: false }
}

/// The format of a name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

impl Format {
    const fn that_needs_all(mut self) -> Self {
        self.needs_all = true;
        self
    }

    const fn that_takes_nothing(mut self) -> Self {
        self.takes_nothing = true;
        self
    }

    /// Whether it gives a folder of files.
    pub fn is_folder(&self) -> bool {
        matches!(self.render, Render::Folder(_))
    }

    /// Makes what will be written; returns it with the warnings about it.
    ///
    /// # Errors
    /// Everything that the format cannot express; each problem names the format, and the host or version if it is about
    /// one.
    pub fn render(&self, export: &Export<'_, '_>) -> Result<(Rendered, Vec<Problem>)> {
        if export.plan().rollouts.is_empty() && !self.takes_nothing {
            let problem = Problem::of(Code::NoHosts, format!("export {}: the plan has no batches", self.name));
            return Err(problem.hint("see what is read with regal-inventory plan").into());
        }
        let export = Export { format: self.name, ..*export };
        let rendered = Diagnostics::gather(|found| match self.render {
            Render::Text(render) => render(&export, found).map(Rendered::Text),
            Render::Folder(render) => render(&export, found).map(Rendered::Folder),
        });
        rendered.map_err(|error| self.shortened(error))
    }

    /// The first problems: a variable of a group may be wrong for thousands of hosts.
    fn shortened(&self, mut error: Error) -> Error {
        let more = error.problems.len().saturating_sub(MOST_PROBLEMS);
        if more > 1 {
            error.problems.truncate(MOST_PROBLEMS);
            error
                .problems
                .push(Problem::of(Code::NotShown, format!("export {}: {more} more problems like these", self.name)));
        }
        error
    }
}

impl<'e, 'a> Export<'e, 'a> {
    /// The plan.
    pub fn plan(&self) -> &'e Plan<'a> {
        self.report.plan
    }

    /// The names of its groups.
    pub fn names(&self) -> &'e GroupNames {
        self.report.names
    }

    /// The rollouts with their group names, in plan order.
    pub fn rollouts(&self) -> impl Iterator<Item = (&'e Rollout<'a>, &'e RolloutNames)> + use<'e, 'a> {
        self.report.plan.rollouts.iter().zip(&self.report.names.rollouts)
    }

    /// What a host ends up with for a variable.
    pub fn variable(&self, host: &str, name: &str) -> Option<Value<'a>> {
        let host: HostId = self.inventory.find_host(host)?;
        Some(self.variables.get(host, self.inventory.find_var(name)?)?.value)
    }

    /// A text that is, or is made of, what a host ends up with for a variable, as a message shows it.
    pub fn shown<'t>(&self, host: &str, name: &str, text: &'t str) -> Shown<'t> {
        let var = self.inventory.find_host(host).zip(self.inventory.find_var(name));
        let var = var.and_then(|(host, var)| self.variables.get(host, var));
        Shown::unless(var.is_some_and(|var| self.texts.is_concealed(var.at)), text)
    }

    /// The name of a host, a version or a group as a message shows it.
    pub fn shown_name<'t>(&self, name: &'t str) -> Shown<'t> {
        names::shown(self.plan(), self.names(), name)
    }

    /// A problem with a host, a version or a group that this format cannot express: "`web 1` cannot be in `export
    /// hosts`: it has a space".
    pub fn refuse(&self, name: &str, why: impl std::fmt::Display) -> Problem {
        let name = self.shown_name(name);
        let place = if self.format == HOSTFILE { HOSTFILE.to_string() } else { format!("export {}", self.format) };
        Problem::of(Code::ExportRefused, format!("`{name}` cannot be in `{place}`: {why}"))
    }

    /// What writing to a buffer gave, as this module's result.
    fn written(&self, written: std::io::Result<()>) -> Result<()> {
        written.map_err(|error| Error::from(Problem::of(Code::Unwritable, format!("export {}: {error}", self.format))))
    }
}
