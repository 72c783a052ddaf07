//! The command line: arguments, one function a command, the only writer to stdout and stderr.

mod approve;
mod arguments;
mod check;
mod compare;
mod complete;
mod diff;
mod documents;
mod exit;
mod export;
mod init;
mod invocation;
mod judge;
mod judging;
mod listing;
mod log;
mod manual;
mod messages;
mod on_event;
mod output;
mod plan;
mod playbooks;
mod progress;
mod record;
mod rollout;
mod run;
mod save;
mod starting;
mod status;
mod who;
mod why;

use std::process::ExitCode;

use arguments::{AnswerFormat, Arguments, Command};
use invocation::Invocation;
use output::Sink;
use regal_inventory::files::Access;
use regal_inventory::session::Shared;
use regal_inventory::shown::is_unseen;

/// Runs the command line and maps the outcome to an exit code; see [`exit`].
pub fn main() -> ExitCode {
    let arguments = match arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let color = arguments.color;
    let json = wants_json(&arguments).then(|| arguments.output.clone());
    let shared = Shared { progress: progress::of(&arguments), ..Shared::default() };
    let outcome = run(arguments, &shared);
    if let Some(signal) = shared.interrupt.signal() {
        interrupted(signal);
    }
    match outcome {
        Ok(code) => ExitCode::from(code),
        // A reader that has seen enough, such as `head`, is not a failure.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let sink = json.as_ref().map(|path| Sink { path: path.as_deref(), access: Access::Usual, color });
            // what cannot be written to the one may be to the other
            if sink.is_none_or(|sink| check::failed(&error, sink).is_err()) {
                messages::error(&error, color);
            }
            ExitCode::from(messages::exit_code(&error))
        }
    }
}

/// Whether errors are a document too.
fn wants_json(arguments: &Arguments) -> bool {
    matches!(&arguments.command, Some(Command::Check(options)) if options.format == AnswerFormat::Json)
}

/// Help and version to stdout, a usage error to stderr with exit code 2.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() && text.contains(|c| c != '\n' && is_unseen(c)) {
        messages::lines(&text);
    } else {
        // There is nothing to do about a terminal that cannot be written to.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Ends this process by a signal that came while a program ran, as it would have ended then.
fn interrupted(signal: i32) -> ! {
    // Only a signal that cannot end a process would return.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}

/// Runs a command and returns its exit code.
fn run(arguments: Arguments, shared: &Shared) -> anyhow::Result<u8> {
    let (path, color) = (arguments.output.as_deref(), arguments.color);
    let sink = Sink { path, access: Access::Usual, color };
    match arguments.command {
        Some(Command::Export(ref options)) if options.list => return done(export::list(sink)),
        Some(Command::Completions { shell }) => return done(documents::completions(shell, sink)),
        Some(Command::Complete { shell, ref line }) => return done(complete::run(shell, line)),
        Some(Command::Schema) => return done(documents::schema(sink)),
        Some(Command::Playbooks) => return done(playbooks::run(path, color)),
        Some(Command::HeldBy { parent, ref command }) => return run::held(parent, command, arguments.no_exec),
        Some(Command::Man(ref options)) => return done(manual::run(options, sink)),
        Some(Command::Init(ref options)) => return done(init::run(&arguments, options, shared)),
        Some(Command::Status(ref options)) => return status::run(&arguments, options, sink, shared),
        Some(Command::Log(ref options)) => return done(log::run(&arguments, options, sink, shared)),
        Some(Command::Approve(ref options)) => return done(approve::run(&arguments, options, sink, shared)),
        Some(Command::Record(ref options)) => return done(record::run(&arguments, options, sink, shared)),
        _ => {}
    }
    let arena = regal_inventory::text::Arena::new();
    let texts = regal_inventory::text::TextMap::new();
    if let Some(Command::Plan(options)) = &arguments.command
        && let Some(other) = &options.compare
    {
        return done(compare::run(&arena, &texts, &arguments, options, other, shared));
    }
    let mut invocation = Invocation::new(&arena, &texts, &arguments, shared)?;
    done(match &arguments.command {
        Some(Command::Diff(options)) => return diff::run(&invocation, options),
        Some(Command::Run(options)) => return run::run(&invocation, options, shared),
        Some(Command::Judge(options)) => return judge::run(&arguments, &invocation, options, shared),
        Some(Command::Plan(options)) => plan::run(&invocation, options),
        Some(Command::Why(options)) => {
            // one host is asked about, whatever is shown of the others
            invocation.session.forget_limit();
            why::run(&invocation, options)
        }
        Some(Command::Check(options)) => check::run(&invocation, options),
        Some(Command::Export(options)) => export::run(&invocation, options),
        _ => listing::run(&invocation, &arguments),
    })
}

/// The exit code of a command that either does its work or fails.
fn done(outcome: anyhow::Result<()>) -> anyhow::Result<u8> {
    outcome.map(|()| exit::DONE)
}
