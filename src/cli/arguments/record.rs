//! What the commands about a rollout's record may say.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{AnswerFormat, PictureFormat};

/// Options of `status`.
#[derive(Debug, Args)]
pub struct StatusOptions {
    /// A frozen plan, or a folder of them [default: --plan]
    ///
    /// Without it the plan of --plan or REGAL_PLAN.
    #[arg(value_name = "FILE|FOLDER")]
    pub place: Option<PathBuf>,
    /// The form to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PictureFormat,
    /// Go on until all is done
    ///
    /// It is drawn again on a terminal, and elsewhere each line is printed that changes. A page is written again to --output FILE.
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub record: RecordOption,
}

/// Options of `log`.
#[derive(Debug, Args)]
pub struct LogOptions {
    /// A frozen plan [default: --plan]
    ///
    /// Without it the plan of --plan or REGAL_PLAN.
    #[arg(value_name = "FILE")]
    pub place: Option<PathBuf>,
    /// The form to print
    ///
    /// json has one event per line.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AnswerFormat,
    #[command(flatten)]
    pub record: RecordOption,
}

/// Options of `approve`.
#[derive(Debug, Args)]
pub struct ApproveOptions {
    /// The batches, by group; in a plan of one version also B1
    #[arg(value_name = "BATCH", required = true)]
    pub batches: Vec<String>,
    #[command(flatten)]
    pub record: RecordOption,
    #[command(flatten)]
    pub on_event: OnEventOption,
}

/// Who is told what is recorded.
#[derive(Debug, Args)]
pub struct OnEventOption {
    /// Call this with each event on its stdin
    ///
    /// With each event of the record that this command adds, as JSON; ROLLOUT_EVENT says which one it is. No shell is between. It
    /// stops nothing where it fails: that is said and recorded.
    #[arg(long, value_name = "COMMAND", hide_short_help = true)]
    pub on_event: Option<String>,
}

/// Where the record of a frozen plan is.
#[derive(Debug, Args)]
pub struct RecordOption {
    /// The rollout's record [default: beside the plan]
    ///
    /// Without it the file beside the plan that ends in .rollout.jsonl.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// Options of `record`.
#[derive(Debug, Args)]
pub struct RecordOptions {
    #[command(flatten)]
    pub record: RecordOption,
    #[command(flatten)]
    pub on_event: OnEventOption,
    /// The run, as start printed it [default: the open one]
    #[arg(long, value_name = "ID")]
    pub run: Option<String>,
    #[command(subcommand)]
    pub event: RecordEvent,
}

/// What `record` appends.
#[derive(Debug, Subcommand)]
pub enum RecordEvent {
    /// A run begins; its id is printed
    Start(StartOptions),
    /// Batches begin
    Begin {
        /// The groups of the batches
        #[arg(value_name = "GROUP", required = true)]
        groups: Vec<String>,
        /// The hosts that are known as done are left out; otherwise the batch is begun as a whole
        #[arg(long)]
        rest: bool,
    },
    /// Hosts of a batch are done, and the batch once all of them are
    Done {
        #[command(flatten)]
        hosts: HostsOptions,
        /// The batch is done although some of its hosts are not
        #[arg(long)]
        let_pass: bool,
        /// The batch is not done yet although all of its hosts may be, since it is still to be watched
        #[arg(long, conflicts_with = "let_pass")]
        hosts_only: bool,
    },
    /// Hosts of a batch failed or could not be reached
    Lost {
        #[command(flatten)]
        hosts: HostsOptions,
        /// What they were at
        #[arg(long, value_name = "STEP")]
        step: Option<String>,
        /// What was said
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// A batch is watched before the next one
    Bake {
        /// The group of the batch
        group: String,
        /// For how many seconds
        seconds: u64,
        /// Somebody ended the watch after these seconds, before its time was over
        #[arg(long)]
        cut_short: bool,
    },
    /// A batch begins although its windows are closed
    IgnoreWindows {
        /// The group of the batch
        group: String,
    },
    /// The run goes no further
    Stop {
        /// Why
        why: String,
        /// The batch that it is about
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
    },
    /// The run ended
    End {
        /// How
        outcome: EndOutcome,
    },
}

/// Options of `record start`.
#[derive(Debug, Args)]
pub struct StartOptions {
    /// The process that the run lives as long as; otherwise the one that called this program
    #[arg(long, value_name = "PID")]
    pub process: Option<u32>,
    /// What deploys, for people
    #[arg(long, value_name = "TEXT")]
    pub command: Option<String>,
    /// The run goes back to this version
    #[arg(long, value_name = "VERSION")]
    pub back_to: Option<String>,
    /// Why it goes back by itself
    #[arg(long, value_name = "TEXT", requires = "back_to")]
    pub because: Option<String>,
    /// Take the rollout over from a run that may still be alive
    #[arg(long)]
    pub take_over: bool,
}

/// Hosts of a batch.
#[derive(Debug, Args)]
pub struct HostsOptions {
    /// The group of the batch
    pub group: String,
    /// The hosts; otherwise the batch as a whole
    #[arg(value_name = "HOST")]
    pub hosts: Vec<String>,
    /// Read the hosts from stdin, one per line
    #[arg(long, conflicts_with = "hosts")]
    pub stdin: bool,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum EndOutcome {
    /// It did all that it was to do
    Done,
    /// A batch waits for approval
    Waiting,
    /// It stopped at a batch that failed
    Lost,
    /// It was ended by a signal or by its user
    Interrupted,
    /// It could not go on
    Failed,
}
