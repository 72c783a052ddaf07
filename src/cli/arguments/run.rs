//! The options of `run`.

use clap::{Args, ValueEnum};

use super::record::{OnEventOption, RecordOption};

/// Options of `run`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Placeholders in COMMAND: {group} {version} {batch} {index} {hosts} {hostfile} {plan} {nodegroup}; `{{` is a brace. A script finds \
the same in ROLLOUT_GROUP, ROLLOUT_VERSION …, and may write lines `HOST ok` or `HOST lost MESSAGE` to the file in \
ROLLOUT_RESULTS.\n\n\
The same command again goes on with what is not done.")]
#[allow(clippy::struct_excessive_bools, reason = "an option without a value is a bool to clap")]
pub struct RunOptions {
    /// Go through this version only; may be repeated
    #[arg(long, value_name = "VERSION")]
    pub only: Vec<String>,
    /// Stop after this batch: B2, or its group
    ///
    /// B2 stands for that of each version.
    #[arg(long, value_name = "BATCH")]
    pub until: Option<String>,
    /// Stop after the canary
    #[arg(long, conflicts_with_all = ["until", "back_to"])]
    pub only_canary: bool,
    /// Run batch k of all versions, then batch k+1
    #[arg(long, conflicts_with = "back_to")]
    pub waves: bool,
    /// Approve a batch: B1, or its group
    ///
    /// It begins although `approval` asks for a yes first. May be repeated.
    #[arg(long, value_name = "BATCH", conflicts_with = "back_to")]
    pub approve: Vec<String>,
    /// Begin batches outside their windows too
    ///
    /// `windows` and `blackouts` of the policy count no longer. Who does so stands in the record.
    #[arg(long, conflicts_with = "back_to", hide_short_help = true)]
    pub ignore_windows: bool,
    /// Call this after each bake; it may say no
    ///
    /// The batch has failed where it fails. It may have the placeholders of COMMAND, and no shell is between.
    #[arg(long, value_name = "COMMAND")]
    pub check: Option<String>,
    /// Go on past so many failed batches
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_failed_batches: usize,
    /// Begin with batches whose hosts failed
    ///
    /// Also with those that are done but for hosts that failed or were unreachable. Where a version went back by itself, this rolls it
    /// out again.
    #[arg(long, conflicts_with = "back_to")]
    pub retry_lost: bool,
    /// Go back to this version
    ///
    /// Goes through all batches that were begun, the last first, past failures; {version} is this one.
    #[arg(long, value_name = "VERSION", conflicts_with = "until")]
    pub back_to: Option<String>,
    /// Stop where a batch is lost, and do not go back
    ///
    /// Although the policy says `on_failure: rollback`.
    #[arg(long, conflicts_with = "back_to", hide_short_help = true)]
    pub no_rollback: bool,
    /// Call this if the run stops before all is done
    ///
    /// ROLLOUT_OUTCOME and ROLLOUT_WHY say why.
    #[arg(long, value_name = "COMMAND")]
    pub on_stop: Option<String>,
    /// Call this at the end, whatever the outcome
    #[arg(long, value_name = "COMMAND")]
    pub on_end: Option<String>,
    #[command(flatten)]
    pub on_event: OnEventOption,
    /// Print the commands, and run none
    #[arg(long)]
    pub dry_run: bool,
    /// Write names to {hostfile}, not addresses
    #[arg(long, hide_short_help = true)]
    pub by_name: bool,
    /// End the command if this process is killed
    ///
    /// It is sent SIGTERM. Otherwise it goes on, and no other run begins before its end.
    #[arg(long, hide_short_help = true)]
    pub kill_with_run: bool,
    /// Begin although an earlier run may still be alive
    ///
    /// That is one on another machine, or one that cannot be seen from here.
    #[arg(long, hide_short_help = true)]
    pub take_over: bool,
    #[command(flatten)]
    pub record: RecordOption,
    /// The form of what is said on stderr
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
