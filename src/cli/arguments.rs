//! What the command line may say.
//!
//! The protocol options and the commands are written out here; the options that set a key of `regal.yml` come from the
//! table of keys, so that the three ways to set a key have the same names.

mod export;
mod init;
mod record;
mod run;

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use regal_inventory::session::GivenOption;
use regal_inventory::settings::keys::{Id, KEYS, Key, Shape};

pub use export::{ExportOptions, Wanted};
pub use init::InitOptions;
pub use record::{
    ApproveOptions, EndOutcome, HostsOptions, LogOptions, RecordEvent, RecordOptions, StartOptions, StatusOptions,
};
pub use run::{RunFormat, RunOptions};

/// Plan staged rollouts over plain hosts: a canary and batches for each version, as an Ansible dynamic inventory.
///
/// Reads an Ansible inventory, works out which version each host is to run, and splits each version's hosts into a canary
/// (VERSION_groupA) and batches (VERSION_groupB1, VERSION_groupB2 …).
#[derive(Debug, Parser)]
#[command(
    name = "regal-inventory",
    version,
    after_help = "Settings are read from regal.yml, then REGAL_* variables, then options.\n\
                  Exit codes: 0 done, 1 bad input, 2 wrong usage, 3 the inventory differs from the frozen plan,\n\
                  6 somebody else runs the rollout; those of `run` are in its help."
)]
#[allow(clippy::struct_excessive_bools, reason = "an option without a value is a bool to clap")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Print all groups and host variables as JSON, as Ansible asks for them
    #[arg(long, group = "protocol")]
    pub list: bool,
    /// Print the variables of one host
    #[arg(long, value_name = "NAME", group = "protocol")]
    pub host: Option<String>,
    /// Print groups and hosts as a tree
    #[arg(long, group = "protocol")]
    pub graph: bool,
    /// The same as --list, whose variables always stay on their groups
    #[arg(long)]
    pub export: bool,
    /// Print indented JSON
    #[arg(long)]
    pub pretty: bool,
    /// Print --list as a YAML inventory, as ansible-inventory does, --host as YAML
    #[arg(long)]
    pub yaml: bool,
    /// Write to a file instead of stdout, whole or not at all
    #[arg(long, value_name = "FILE", global = true)]
    pub output: Option<PathBuf>,
    /// Configuration file; otherwise REGAL_CONFIG, or the nearest regal.yml from the working directory upward
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Use the plan of this file, saved by plan --save, and not one of today; otherwise REGAL_PLAN
    #[arg(long, value_name = "FILE", global = true)]
    pub plan: Option<PathBuf>,
    /// Print warnings with --list, --host and --graph as well
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Run scripts and ansible-inventory again, and store what they print if there is a cache
    #[arg(long, global = true)]
    pub refresh_cache: bool,
    /// Run no program: no script, no ansible-inventory, no vault password program, no command; otherwise REGAL_NO_EXEC=yes
    #[arg(long, global = true)]
    pub no_exec: bool,
    /// When to color messages, plan, status, why and --graph; auto is on a terminal, and heeds NO_COLOR and CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub color: Color,
    /// The keys that options set.
    #[arg(skip)]
    pub settings: Vec<GivenOption>,
}

/// What to do instead of printing the inventory.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at an inventory, show what it would plan, and write rollout.regal.yml (or --output FILE) and hooks; replaces no file
    Init(InitOptions),
    /// Show the batches before touching a host
    Plan(PlanOptions),
    /// Say which batch a host is in, and the rule that put it there
    Why(WhyOptions),
    /// Read everything and print every problem and warning
    Check(CheckOptions),
    /// Say what differs between a frozen plan and the plan of today's inventory; exit code 3 if anything does
    Diff(DiffOptions),
    /// Show how far the rollout of a frozen plan is, batch by batch, and who runs it
    Status(StatusOptions),
    /// Print what happened to a frozen plan, event by event
    Log(LogOptions),
    /// Let batches of a frozen plan begin that wait for approval
    Approve(ApproveOptions),
    /// Add to the record of a frozen plan what a playbook or a script does with it
    Record(RecordOptions),
    /// Call a command for each batch of a frozen plan, in order, and keep a record of what is done
    Run(Box<RunOptions>),
    /// Become a command that ends with the run that started it
    #[command(hide = true)]
    HeldBy {
        /// The process of the run
        parent: u32,
        /// The command
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Write the plan for other tools: host files, nginx, Salt, programs
    Export(Box<ExportOptions>),
    /// Write the playbooks that belong to this program, with their plugins, into the folder that --output names
    Playbooks,
    /// Print the JSON Schema of regal.yml, for editors
    Schema,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub struct PlanOptions {
    /// The form to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PlanFormat,
    /// Show every batch and host, however many there are
    #[arg(long)]
    pub full: bool,
    /// Show only this version; may be repeated
    #[arg(long, value_name = "VERSION", conflicts_with = "compare")]
    pub only: Vec<String>,
    /// Show which batches run together under rollout_waves=parallel: of all versions, or of these
    #[arg(long, value_name = "VERSION,…", num_args = 0.., require_equals = true, value_delimiter = ',')]
    pub waves: Option<Vec<String>>,
    /// Save the plan in a file that nothing changes afterwards, such as rollouts/2.5.0.rollout.yml
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compare", "waves", "output"])]
    pub save: Option<PathBuf>,
    /// Leave out the hosts that the rollout of this saved plan is done with, by its record
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    pub except_done: Option<PathBuf>,
    /// Leave out of the saved file when and by whom it was saved
    #[arg(long, requires = "save")]
    pub no_time: bool,
    /// Show what differs from the plan of another configuration or from a frozen plan; variables and options hold for both
    #[arg(long, value_name = "FILE", conflicts_with = "waves")]
    pub compare: Option<PathBuf>,
}

impl PlanOptions {
    /// Options that do not go together, which clap cannot see.
    fn conflict(&self) -> Option<&'static str> {
        match (self.format, &self.waves, &self.compare) {
            (PlanFormat::Groups | PlanFormat::Regal | PlanFormat::RegalResult, Some(_), _) => {
                Some("`--waves` is for text, markdown, json and yaml")
            }
            (PlanFormat::Groups | PlanFormat::Regal | PlanFormat::RegalResult | PlanFormat::Markdown, _, Some(_)) => {
                Some("`--compare` is for text, json and yaml")
            }
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
    /// The form to print; json has errors and warnings with code and place, and stderr nothing
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AnswerFormat,
}

/// Options of `diff`.
#[derive(Debug, Args)]
pub struct DiffOptions {
    /// The form to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AnswerFormat,
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

/// The forms of `why`, `check`, `diff`, `status` and `log`.
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
    let mut command = command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    arguments.settings = settings(&matches);
    let asks = arguments.list || arguments.host.is_some() || arguments.graph || arguments.export;
    if arguments.command.is_none() && !asks {
        let message = "say what to do: a command such as plan or check, or --list, --host or --graph";
        return Err(command.error(clap::error::ErrorKind::MissingSubcommand, message));
    }
    if let Some(Command::Plan(options)) = &arguments.command
        && let Some(message) = options.conflict()
    {
        return Err(command.error(clap::error::ErrorKind::ArgumentConflict, message));
    }
    if let Some(Command::Export(options)) = &arguments.command
        && let Err(message) = options.check(arguments.output.as_deref())
    {
        let mut export = command.find_subcommand("export").cloned().unwrap_or(command);
        return Err(export.error(clap::error::ErrorKind::ArgumentConflict, message));
    }
    Ok(arguments)
}

/// The whole command line. The options that set keys stand before or after a command.
pub fn command() -> clap::Command {
    // Made only for the command that is used: as global options they were copied for each, a third of the time to start.
    let with_options =
        Arguments::command().mut_subcommands(|command| command.defer(|command| command.args(setting_options())));
    with_options.args(setting_options())
}

/// The options that set keys.
fn setting_options() -> impl Iterator<Item = Arg> {
    options().map(|(key, name)| {
        let option = name.replace(['_', '.'], "-");
        let arg = Arg::new(name).long(option).value_name(value_name(key)).help(help(key, name));
        let alias = key.alias == Some(name);
        let arg = arg.hide(alias).help_heading("Settings").action(if repeats(key) {
            ArgAction::Append
        } else {
            ArgAction::Set
        });
        match key.id {
            Id::Inventory => arg.short('i'),
            Id::GroupsOnly => arg.num_args(0..=1).default_missing_value("true").require_equals(true),
            _ => arg.allow_hyphen_values(true),
        }
    })
}

/// The keys and aliases that have an option.
fn options() -> impl Iterator<Item = (&'static Key, &'static str)> {
    let keys = KEYS.iter().filter(|key| !matches!(key.id, Id::Plugin | Id::Hosts));
    keys.flat_map(|key| key.names().map(move |name| (key, name)))
}

fn repeats(key: &Key) -> bool {
    matches!(key.shape, Shape::Patterns | Shape::Sources | Shape::Versions | Shape::VaultIds)
}

fn help(key: &Key, name: &str) -> String {
    let other = key.names().find(|other| *other != name).map(|other| other.replace(['_', '.'], "-"));
    match other {
        Some(other) => format!("{} [or --{other}]", key.doc),
        None => key.doc.to_string(),
    }
}

fn value_name(key: &Key) -> &'static str {
    match key.shape {
        Shape::Scalar => "VALUE",
        Shape::List => "LIST",
        Shape::Patterns => "PATTERN",
        Shape::Sources => "SOURCE",
        Shape::Mapping => "VALUE",
        Shape::Versions => "VERSION=HOSTS",
        Shape::VaultIds => "ID@FILE",
    }
}

/// The keys that options set; after the command they win over those before it.
fn settings(matches: &ArgMatches) -> Vec<GivenOption> {
    let behind = matches.subcommand().map(|(_, matches)| matches);
    let mut given = Vec::new();
    for (_, name) in options() {
        let texts = behind.and_then(|matches| matches.get_many::<String>(name));
        for text in texts.or_else(|| matches.get_many::<String>(name)).into_iter().flatten() {
            let option = format!("--{}", name.replace(['_', '.'], "-"));
            given.push(GivenOption { key: name.to_string(), text: text.clone(), option });
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_key_but_two_has_an_option() {
        let without: Vec<&str> =
            KEYS.iter().filter(|key| !options().any(|(k, _)| k.id == key.id)).map(|k| k.name).collect();
        assert_eq!(without, ["plugin", "hosts"]);
    }
}
