//! The options of `run`.

use clap::{Args, ValueEnum};

use super::record::RecordOption;

/// Options of `run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Placeholders in COMMAND: {group} {version} {batch} {index} {hosts} {hostfile} {plan} {nodegroup}; `{{` is a brace. A script finds \
the same in ROLLOUT_GROUP, ROLLOUT_VERSION …, and may write lines `HOST ok` or `HOST lost MESSAGE` to the file in \
ROLLOUT_RESULTS.\n\n\
The same command again goes on with what is not done.\n\n\
Exit codes: 0 all done, 1 bad input, 2 wrong usage, 3 the inventory differs from the frozen plan, 4 waiting for approval, 5 stopped \
at a lost batch, 6 somebody else runs it, 128+n ended by signal n.")]
#[allow(clippy::struct_excessive_bools, reason = "an option without a value is a bool to clap")]
pub struct RunOptions {
    /// Go through this version only; may be repeated
    #[arg(long, value_name = "VERSION")]
    pub only: Vec<String>,
    /// Stop after this batch: B2 for each version, or its group
    #[arg(long, value_name = "BATCH")]
    pub until: Option<String>,
    /// Stop after the canary
    #[arg(long, conflicts_with_all = ["until", "back_to"])]
    pub only_canary: bool,
    /// Go through batch k of all versions before batch k+1 of any
    #[arg(long, conflicts_with = "back_to")]
    pub waves: bool,
    /// Let a batch begin that waits for approval: B1, or its group; may be repeated
    #[arg(long, value_name = "BATCH", conflicts_with = "back_to")]
    pub approve: Vec<String>,
    /// Call this for each batch after its bake; the batch is lost where it fails. Placeholders as in COMMAND, no shell
    #[arg(long, value_name = "COMMAND")]
    pub check: Option<String>,
    /// Go on as long as no more batches than this are lost
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_failed_batches: usize,
    /// Begin with batches that have lost hosts, also those that are done but for them
    #[arg(long, conflicts_with = "back_to")]
    pub retry_lost: bool,
    /// Go back: through all batches that were begun, the last first, past failures; {version} is this one
    #[arg(long, value_name = "VERSION", conflicts_with = "until")]
    pub back_to: Option<String>,
    /// Call this where the run stops before all is done; ROLLOUT_OUTCOME and ROLLOUT_WHY say why
    #[arg(long, value_name = "COMMAND")]
    pub on_stop: Option<String>,
    /// Call this at the end, whatever the outcome
    #[arg(long, value_name = "COMMAND")]
    pub on_end: Option<String>,
    /// Print the commands that would run, and run none
    #[arg(long)]
    pub dry_run: bool,
    /// Write names to {hostfile} where hosts have addresses
    #[arg(long)]
    pub by_name: bool,
    /// Send SIGTERM to the command where this process is killed; otherwise it goes on, and no other run begins before its end
    #[arg(long)]
    pub kill_with_run: bool,
    /// Begin although an earlier run may be alive where it cannot be seen from here
    #[arg(long)]
    pub take_over: bool,
    #[command(flatten)]
    pub record: RecordOption,
    /// How to say what happens, on stderr
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: RunFormat,
    /// The command that deploys one batch
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// The forms of what `run` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// For a terminal
    Text,
    /// The record's events, one JSON document a line
    Jsonl,
}
