//! What the command line may say.
//!
//! The protocol options and the commands are written out here; the options that set a key of `regal.yml` come from the table of
//! keys. `-h` fits a screen: a first line is short, what else there is to say comes after a blank line, and what is rarely asked
//! for stands in `--help` only.

mod export;
mod init;
mod judge;
mod record;
mod run;
mod settings;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use regal_inventory::session::GivenOption;

pub use export::{ExportOptions, Wanted};
pub use init::InitOptions;
pub use judge::JudgeOptions;
pub use record::{
    ApproveOptions, EndOutcome, HostsOptions, LogOptions, OnEventOption, RecordEvent, RecordOptions, StartOptions,
    StatusOptions,
};
pub use run::{RunFormat, RunOptions};
use settings::{Texts, setting_options, settings};
pub use settings::{option_names, settings as given_settings};

use super::exit;

/// The heading of what all commands understand.
const COMMON: &str = "Common options";
/// What `-h` says of the rest.
const MORE: &str = "--help shows all settings, with their words and defaults.";
/// What `--help` says of where settings come from.
const SETTINGS: &str = "Settings are read from regal.yml, then REGAL_* variables, then options.";
/// The commands that do something with settings.
pub const WITH_SETTINGS: [&str; 7] = ["init", "plan", "why", "check", "diff", "run", "export"];

/// Plan staged rollouts over plain hosts: a canary and batches for each version
///
/// Reads an Ansible or Salt inventory, works out which version each host is to run, and splits each version's hosts into a canary
/// (VERSION_groupA) and batches (VERSION_groupB1, VERSION_groupB2 …). With --list it is an Ansible dynamic inventory that has
/// these groups.
#[derive(Debug, Parser)]
#[command(
    name = "regal-inventory",
    version,
    override_usage = "regal-inventory [OPTIONS] COMMAND\n       regal-inventory [OPTIONS] --list | --host NAME | --graph",
    after_help = "COMMAND -h shows a command's options; --help shows all settings and defaults."
)]
#[allow(clippy::struct_excessive_bools, reason = "an option without a value is a bool to clap")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Print groups and variables as JSON, for Ansible
    #[arg(long, group = "protocol", hide_short_help = true)]
    pub list: bool,
    /// Print the variables of one host
    #[arg(long, value_name = "NAME", group = "protocol", hide_short_help = true)]
    pub host: Option<String>,
    /// Print groups and hosts as a tree
    #[arg(long, group = "protocol", hide_short_help = true)]
    pub graph: bool,
    /// The same as --list, whose variables always stay on their groups
    #[arg(long, hide_short_help = true)]
    pub export: bool,
    /// Print indented JSON
    #[arg(long, hide_short_help = true)]
    pub pretty: bool,
    /// Print --list as a YAML inventory, as ansible-inventory does, --host as YAML
    #[arg(long, hide_short_help = true)]
    pub yaml: bool,
    /// Write to a file instead of stdout
    ///
    /// It is written whole or not at all.
    #[arg(long, value_name = "FILE", global = true, help_heading = COMMON, hide_short_help = true)]
    pub output: Option<PathBuf>,
    /// The configuration [default: the nearest regal.yml]
    ///
    /// Without it the file that REGAL_CONFIG names, or the nearest regal.yml from the working directory upward.
    #[arg(long, value_name = "FILE", global = true, help_heading = COMMON)]
    pub config: Option<PathBuf>,
    /// Use the plan of this file, saved by plan --save
    ///
    /// Without it the file that REGAL_PLAN names, or a plan of today's inventory.
    #[arg(long, value_name = "FILE", global = true, help_heading = COMMON)]
    pub plan: Option<PathBuf>,
    /// Print warnings with --list, --host and --graph as well
    #[arg(short, long, global = true, help_heading = COMMON, hide_short_help = true)]
    pub verbose: bool,
    /// Run scripts and ansible-inventory again, and store what they print if there is a cache
    #[arg(long, global = true, help_heading = COMMON, hide_short_help = true)]
    pub refresh_cache: bool,
    /// Run no program
    ///
    /// No script, no ansible-inventory, no vault password program, no command. REGAL_NO_EXEC=yes says the same.
    #[arg(long, global = true, help_heading = COMMON, hide_short_help = true)]
    pub no_exec: bool,
    /// When to color messages, plan, status, why and --graph
    ///
    /// auto is on a terminal, and heeds NO_COLOR and CLICOLOR_FORCE.
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = COMMON, hide_short_help = true)]
    pub color: Color,
    /// The keys that options set.
    #[arg(skip)]
    pub settings: Vec<GivenOption>,
}

/// What to do instead of printing the inventory.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at an inventory, and write a configuration for it
    ///
    /// Shows what it would plan, asks on a terminal, and writes rollout.regal.yml (or --output FILE) and hooks. It replaces no file.
    Init(InitOptions),
    /// Show the batches before touching a host
    Plan(PlanOptions),
    /// Say which batch a host is in, and the rule that put it there
    Why(WhyOptions),
    /// Read everything and print every problem and warning
    Check(CheckOptions),
    /// Say what differs between a frozen plan and today's inventory
    ///
    /// The exit code is 3 if anything differs.
    Diff(DiffOptions),
    /// Show how far a rollout is, batch by batch, and who runs it
    Status(StatusOptions),
    /// Print what happened to a frozen plan, event by event
    Log(LogOptions),
    /// Let batches of a frozen plan begin that wait for approval
    Approve(ApproveOptions),
    /// Note in a rollout's record what a playbook or script does
    Record(RecordOptions),
    /// Call a command for each batch, in order, and record it
    ///
    /// The batches are those of a frozen plan (--plan).
    Run(Box<RunOptions>),
    /// Ask the gates of a batch whether it is well
    ///
    /// For as long as its bake lasts. The exit code is 5 if one of them says no.
    Judge(JudgeOptions),
    /// Become a command that ends with the run that started it
    #[command(hide = true)]
    HeldBy {
        /// The process of the run
        parent: u32,
        /// The command
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Write the plan for other tools: host files, nginx, Salt …
    Export(Box<ExportOptions>),
    /// Write the playbooks into the folder that --output names
    ///
    /// They belong to this very program, and have their plugins beside them.
    Playbooks,
    /// Print the JSON Schema of regal.yml, for editors
    Schema,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Say what may stand at the cursor, for these scripts
    #[command(hide = true)]
    Complete {
        /// The shell
        shell: Shell,
        /// The line as the shell's script hands it over
        #[arg(last = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
    /// Print a manual page, in roff
    Man(ManOptions),
}

/// A shell with a completion script of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct ManOptions {
    /// A command, or a page [default: regal-inventory]
    #[arg(value_name = "COMMAND")]
    pub page: Vec<String>,
    /// Print the names of all pages, one per line
    #[arg(long, conflicts_with = "page")]
    pub list: bool,
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub struct PlanOptions {
    /// The form to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PlanFormat,
    /// Show every batch and host
    #[arg(long)]
    pub full: bool,
    /// Show only this version; may be repeated
    #[arg(long, value_name = "VERSION", conflicts_with = "compare")]
    pub only: Vec<String>,
    /// Show which batches run together
    ///
    /// That is under rollout_waves=parallel; of all versions, or of these.
    #[arg(long, value_name = "VERSION,…", num_args = 0.., require_equals = true, value_delimiter = ',')]
    pub waves: Option<Vec<String>>,
    /// Save the plan in a file that stays as it is
    ///
    /// Such as rollouts/2.5.0.rollout.yml, an ending by which completion knows it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compare", "waves", "output"])]
    pub save: Option<PathBuf>,
    /// Leave out hosts that this saved plan is done with
    ///
    /// The record of its rollout says which.
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    pub except_done: Option<PathBuf>,
    /// Save without the time and the user's name
    #[arg(long, requires = "save")]
    pub no_time: bool,
    /// Show what differs from another plan
    ///
    /// From that of another configuration, or from a frozen plan. Variables and options hold for both.
    #[arg(long, value_name = "FILE", conflicts_with = "waves")]
    pub compare: Option<PathBuf>,
}

impl PlanOptions {
    /// Options that do not go together, which clap cannot see.
    fn conflict(&self) -> Option<&'static str> {
        match (self.format, &self.waves, &self.compare) {
            (PlanFormat::Text | PlanFormat::Json | PlanFormat::Yaml, _, _) | (PlanFormat::Markdown, _, None) => None,
            (PlanFormat::Html, None, Some(_)) => None,
            (PlanFormat::Markdown, None, Some(_)) => Some("`--compare` is for text, html, json and yaml"),
            (_, Some(_), _) => Some("`--waves` is for text, markdown, json and yaml"),
            (_, _, Some(_)) => Some("`--compare` is for text, html, json and yaml"),
            _ => None,
        }
    }
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckOptions {
    /// Take every warning for an error: exit code 1
    #[arg(long)]
    pub strict: bool,
    /// The form to print
    ///
    /// json has errors and warnings with code and place, and stderr nothing.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AnswerFormat,
}

/// Options of `diff`.
#[derive(Debug, Args)]
pub struct DiffOptions {
    /// The form to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PictureFormat,
}

/// Options of `why`.
#[derive(Debug, Args)]
pub struct WhyOptions {
    /// The host
    #[arg(value_name = "HOST")]
    pub host: String,
    /// The form to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AnswerFormat,
}

/// The forms of `status` and `diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PictureFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// A page to look at, for a browser
    Html,
}

/// The forms of `why`, `check` and `log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
}

/// The forms of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// For programs
    Yaml,
    /// For a change request
    Markdown,
    /// A page to look at, for a browser
    Html,
    /// A picture, for a README or a ticket
    Svg,
    /// A diagram that GitHub and GitLab draw
    Mermaid,
    /// A diagram for Graphviz
    Dot,
    /// The batches' groups, one per line, for `ansible-playbook --limit`
    Groups,
    /// One mapping per line from version to batches, as regal's iter_dict
    Regal,
    /// The text that Python prints of regal's result
    RegalResult,
}

/// When to color what is printed for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set; elsewhere where CLICOLOR_FORCE is
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether what goes to a stream has colors. NO_COLOR is stronger than CLICOLOR_FORCE.
    pub fn is_on(self, stream: &impl anstream::stream::RawStream) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
        }
    }
}

/// Reads the arguments of this process.
///
/// # Errors
/// Wrong usage; also when only help or the version is asked for.
pub fn parse() -> Result<Arguments, clap::Error> {
    let asks_version = |word: std::ffi::OsString| word == "--version" || word == "-V";
    if std::env::args_os().len() == 2 && std::env::args_os().nth(1).is_some_and(asks_version) {
        // to list all options takes longer than the answer
        let alone = clap::Command::new("regal-inventory").version(env!("CARGO_PKG_VERSION"));
        alone.try_get_matches_from(std::env::args_os())?;
    }
    let matches = match command_with(Texts::LeftOut, |_| true).try_get_matches_from(std::env::args_os()) {
        Ok(matches) => matches,
        // what people read then
        Err(_) => command().try_get_matches_from(std::env::args_os())?,
    };
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    arguments.settings = settings(&matches);
    let asks = arguments.list || arguments.host.is_some() || arguments.graph || arguments.export;
    if arguments.command.is_none() && !asks {
        let message = "say what to do: a command such as plan or check, or --list, --host or --graph";
        return Err(command().error(ErrorKind::MissingSubcommand, message));
    }
    if let Some(Command::Plan(options)) = &arguments.command
        && let Some(message) = options.conflict()
    {
        return Err(command().error(ErrorKind::ArgumentConflict, message));
    }
    if let Some(Command::Export(options)) = &arguments.command
        && let Err(message) = options.check(arguments.output.as_deref())
    {
        let mut command = command();
        command.build();
        let mut export = command.find_subcommand("export").cloned().unwrap_or(command);
        return Err(export.error(ErrorKind::ArgumentConflict, message));
    }
    Ok(arguments)
}

/// Reads the words of a command line that is still being typed: what is missing or wrong in it counts for nothing.
pub fn unfinished(words: impl Iterator<Item = String>) -> Option<ArgMatches> {
    command_with(Texts::LeftOut, |_| true).ignore_errors(true).try_get_matches_from(words).ok()
}

/// The whole command line, with all texts. The options that set keys stand before or after a command.
pub fn command() -> clap::Command {
    command_where(|_| true)
}

/// The same where only some commands need options for settings: to make them for all takes longer than to read an inventory.
pub fn command_where(is_asked: impl Fn(&str) -> bool) -> clap::Command {
    let described = command_with(Texts::Made, is_asked);
    let ending = |command: &str| format!("{SETTINGS}\n\n{}", exit::sentence(command));
    described.after_long_help(ending("")).mut_subcommands(|command| {
        if !WITH_SETTINGS.contains(&command.get_name()) {
            return command;
        }
        let own = command.get_after_long_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
        let ending = format!("{own}{}", ending(command.get_name()));
        command.after_help(MORE).after_long_help(ending)
    })
}

fn command_with(texts: Texts, is_asked: impl Fn(&str) -> bool) -> clap::Command {
    // Made only for the command that is used: as global options they were copied for each, a third of the time to start.
    let with_options = Arguments::command().mut_subcommands(|command| {
        let applies = WITH_SETTINGS.contains(&command.get_name());
        if !is_asked(command.get_name()) {
            return command;
        }
        command.defer(match (texts, applies) {
            (Texts::LeftOut, _) => |command| command.args(setting_options(Texts::LeftOut)),
            (_, true) => |command| command.args(setting_options(Texts::Made)),
            (_, false) => |command| command.args(setting_options(Texts::Hidden)),
        })
    });
    with_options.args(setting_options(texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}
