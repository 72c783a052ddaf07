//! What the commands about a rollout's record may say.

use std::path::PathBuf;

use clap::Args;

use super::AnswerFormat;

/// Options of `status`.
#[derive(Debug, Args)]
pub struct StatusOptions {
    /// A frozen plan, or a folder of them; otherwise --plan or REGAL_PLAN
    #[arg(value_name = "FILE|FOLDER")]
    pub place: Option<PathBuf>,
    /// The form to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AnswerFormat,
    /// Go on until all is done: drawn again on a terminal, otherwise each line that changes
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub record: RecordOption,
}

/// Options of `log`.
#[derive(Debug, Args)]
pub struct LogOptions {
    /// A frozen plan; otherwise --plan or REGAL_PLAN
    #[arg(value_name = "FILE")]
    pub place: Option<PathBuf>,
    /// The form to print; json has one event a line
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AnswerFormat,
    #[command(flatten)]
    pub record: RecordOption,
}

/// Options of `approve`.
#[derive(Debug, Args)]
pub struct ApproveOptions {
    /// The batches, by their groups; in a plan of one version also as B1
    #[arg(value_name = "BATCH", required = true)]
    pub batches: Vec<String>,
    #[command(flatten)]
    pub record: RecordOption,
}

/// Where the record of a frozen plan is.
#[derive(Debug, Args)]
pub struct RecordOption {
    /// The record of the rollout; otherwise the file beside the plan that ends in .rollout.jsonl
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}
