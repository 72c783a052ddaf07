//! Options of `init`.

use std::path::PathBuf;

use clap::Args;

/// Options of `init`; the keys of the configuration have their own.
#[derive(Debug, Args)]
pub struct InitOptions {
    /// Ask nothing: write what options say and what was found
    #[arg(long, short)]
    pub yes: bool,
    /// The folder for hooks; files that are there stay
    #[arg(long, value_name = "FOLDER", default_value = "hooks")]
    pub hooks: PathBuf,
}
