//! The command line: arguments, one function a command, the only writer to stdout and stderr.

mod arguments;
mod check;
mod compare;
mod config;
mod documents;
mod export;
mod listing;
mod messages;
mod output;
mod pipeline;
mod plan;
mod sources;
mod vault;
mod why;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use output::Sink;
use pipeline::Invocation;
use regal_inventory::files::Access;

/// Set for the scripts that are run as sources: a source that is this program would call itself without end.
const GUARD: &str = "REGAL_INVENTORY_RUNNING";

/// Runs the command line and maps the outcome to an exit code: 0 done, 1 bad input, 2 usage.
pub fn main() -> ExitCode {
    let arguments = match arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let color = arguments.color;
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // A reader that has seen enough, such as `head`, is no failure.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            messages::error(&error, color);
            ExitCode::FAILURE
        }
    }
}

/// Help and version to stdout, a usage error to stderr with exit code 2.
fn usage(error: &clap::Error) -> ExitCode {
    // There is nothing to do about a terminal that cannot be written to.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (path, color) = (arguments.output.as_deref(), arguments.color);
    let sink = Sink { path, access: Access::Usual, color };
    match arguments.command {
        Some(Command::Export(ref options)) if options.list => return export::list(sink),
        Some(Command::Completions { shell }) => return documents::completions(shell, sink),
        Some(Command::Schema) => return documents::schema(sink),
        Some(Command::Man) => return documents::manual(sink),
        _ => {}
    }
    let arena = regal_inventory::text::Arena::new();
    let texts = regal_inventory::text::TextMap::new();
    if let Some(Command::Plan(options)) = &arguments.command
        && let Some(other) = &options.compare
    {
        return compare::run(&arena, &texts, &arguments, options, other);
    }
    let mut invocation = Invocation::new(&arena, &texts, &arguments)?;
    match &arguments.command {
        Some(Command::Plan(options)) => plan::run(&invocation, options),
        Some(Command::Why(options)) => {
            // one host is asked about, whatever is shown of the others
            invocation.settings.limit.clear();
            why::run(&invocation, options)
        }
        Some(Command::Check) => check::run(&invocation),
        Some(Command::Export(options)) => export::run(&invocation, options),
        _ => listing::run(&invocation, &arguments),
    }
}
