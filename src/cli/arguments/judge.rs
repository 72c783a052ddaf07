//! The options of `judge`.

use clap::Args;

use super::AnswerFormat;
use super::record::{OnEventOption, RecordOption};

/// Options of `judge`.
#[derive(Debug, Args)]
pub struct JudgeOptions {
    /// The batches, by group; in a plan of one version also B1
    #[arg(value_name = "BATCH", required = true)]
    pub batches: Vec<String>,
    /// Ask each gate once, now
    ///
    /// No limit bears a measurement that is not well. Nothing is recorded.
    #[arg(long, conflicts_with_all = ["seconds", "run"])]
    pub once: bool,
    /// Ask for so long [default: the bake of the batches]
    #[arg(long, value_name = "N")]
    pub seconds: Option<u64>,
    /// The run, as start printed it [default: the open one]
    ///
    /// What is found is recorded in it. Without an open run nothing is recorded.
    #[arg(long, value_name = "ID")]
    pub run: Option<String>,
    /// Ask hosts by their names, not by their addresses
    #[arg(long, hide_short_help = true)]
    pub by_name: bool,
    /// The form to print
    ///
    /// json has one measurement per line.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AnswerFormat,
    #[command(flatten)]
    pub on_event: OnEventOption,
    #[command(flatten)]
    pub record: RecordOption,
}
