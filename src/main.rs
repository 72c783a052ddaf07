//! The command `regal-inventory`: an Ansible inventory whose groups are a rollout's canary and batches.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
