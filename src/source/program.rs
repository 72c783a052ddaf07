//! Runs a program that prints JSON: an inventory script, or `ansible-inventory`.
//!
//! A program is run directly, never through a shell. What it prints is kept in the cache where there is one, once it has
//! turned out to be a JSON mapping.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::bytes::{seconds, size};
use super::call::{Answer, Call};
use super::process::{self, End, Job, Outcome};
use super::{Limits, Options, Permit, Reading, cache, io_message};
use crate::error::{Code, Location, Problem};
use crate::json;
use crate::text::Printer;
use crate::value::Value;

struct Printed {
    stdout: String,
    /// As a message shows it: on lines of its own, or empty.
    stderr: String,
}

/// What ansible-core prints from 2.22 on in the place of what it decrypted, within numbers and texts too.
const MASK: &str = "$REDACTED$";
/// "exec format error" on every Unix.
const ENOEXEC: i32 = 8;

impl<'a> Reading<'_, 'a> {
    /// Makes a call, or takes its answer from the cache.
    pub(super) fn call(&mut self, call: &Call) -> Answer<'a> {
        let permit = match self.options.execution.permit(call.what, call.instead) {
            Ok(permit) => permit,
            Err(problem) => {
                self.push(problem.at(Location::whole(call.name.clone())));
                return Answer::Failed;
            }
        };
        let store = if call.may_keep { cache::open(self) } else { None };
        let key = store.as_ref().map(|store| store.key(call));
        if let Some((store, key)) = store.as_ref().zip(key.as_ref())
            && let Some(stdout) = store.get(key)
        {
            return self.mapping(call, Printed { stdout, stderr: String::new() });
        }
        let printed = match run(call, self.options, permit) {
            Ok(Some(printed)) => printed,
            Ok(None) => return Answer::NotAProgram,
            Err(problem) => {
                self.push(problem);
                return Answer::Failed;
            }
        };
        if call.printer == Printer::Ansible && !printed.stderr.is_empty() {
            let message = format!("{} succeeded{}", call.what, printed.stderr);
            self.found.warn(Problem::of(Code::ProgramWarned, message).at(Location::whole(call.name.clone())));
        }
        let answer = self.mapping(call, printed);
        if let (Some((store, key)), Answer::Mapping(_, text)) = (store.as_ref().zip(key.as_ref()), answer) {
            self.found.warn_all(store.put(key, text.text).err());
        }
        answer
    }

    /// The mapping that a program printed.
    fn mapping(&mut self, call: &Call, printed: Printed) -> Answer<'a> {
        if printed.stdout.trim().is_empty() && call.printer == Printer::Script && !call.is_list() {
            return Answer::Nothing;
        }
        let Printed { stdout, stderr } = printed;
        let (name, text) = (self.arena.alloc_str(&call.name), self.arena.alloc_str(&stdout));
        // What is made of a large text needs as much room again.
        drop(stdout);
        let added = self.texts.add_printed(name, text, call.printer);
        let text = match added {
            Ok(text) => text,
            Err(problem) => {
                self.push(problem);
                return Answer::Failed;
            }
        };
        self.inventory.add_text(text);
        if call.printer == Printer::Ansible
            && let Some(at) = text.text.find(MASK)
        {
            let hint = "from ansible-core 2.22 on ansible-inventory masks what it decrypts: name an older one with `ansible_inventory`, or do without the vault";
            self.problem(
                Code::ProgramFailed,
                text.pos(at),
                format!("{} masked decrypted values in what it printed", call.what),
                hint,
            );
            return Answer::Failed;
        }
        if call.conceals {
            self.texts.conceal(text);
        }
        let (at, wrong) = match json::parse(self.arena, text) {
            Ok(Value::Map(entries)) => return Answer::Mapping(entries, text),
            Ok(other) => (text.base, format!("{}, not a mapping", other.type_name())),
            Err(fault) => (fault.at, format!("no JSON: {}", fault.message)),
        };
        self.problem(Code::ProgramFailed, at, format!("{} printed {wrong}{stderr}", call.what), call.hints[2]);
        Answer::Failed
    }
}

/// What a program prints; nothing where the system cannot run the file.
fn run(call: &Call, options: &Options, permit: Permit) -> Result<Option<Printed>, Problem> {
    let whole = |message: String| Problem::of(Code::ProgramFailed, message).at(Location::whole(call.name.clone()));
    let mut command = options.surroundings.command(&call.program, permit);
    command.args(&call.arguments).stdin(Stdio::null()).stderr(Stdio::piped());
    command.envs(options.guard.as_ref().map(|(name, value)| (name, value)));
    call.without.iter().for_each(|name| {
        command.env_remove(name);
    });
    command.envs(call.configuration.iter().map(|path| ("ANSIBLE_CONFIG", path)));
    command.envs(call.environment.iter().map(|(name, value)| (name, value)));
    let complete = |printed: &[u8]| call.is_complete(printed);
    let (limits, interrupt) = (options.limits, options.interrupt.as_ref());
    let told = Some((&options.progress, call.name.as_str()));
    let job = Job { command, limits, interrupt, complete: &complete, told };
    let Outcome { end, stdout, stderr } = match process::run(job) {
        Ok(outcome) => outcome,
        Err(error) if error.raw_os_error() == Some(ENOEXEC) => return Ok(None),
        Err(error) => return Err(whole(format!("cannot be run: {}", io_message(&error))).hint(call.hints[0])),
    };
    let named = |text: String, (path, name): &(String, String)| text.replace(path, name);
    let stderr = call.renamed.iter().fold(stderr.shown(), named);
    match end {
        End::Exited(status) if status.success() => {}
        End::Exited(status) => {
            return Err(whole(format!("{} failed ({status}){stderr}", call.what)).hint(call.hints[1]));
        }
        stopped => {
            let (what, hint) = stop(&stopped, &limits);
            return Err(whole(format!("{} {what}{stderr}", call.what)).hint(hint));
        }
    }
    match String::from_utf8(stdout) {
        Ok(stdout) => Ok(Some(Printed { stdout, stderr })),
        Err(_) => Err(whole(format!("{} printed text that is not UTF-8{stderr}", call.what))
            .hint("an inventory is JSON in UTF-8")),
    }
}

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a program says of itself when it is called with one argument: its first line, or nothing where it fails.
///
/// # Errors
/// No program may be run.
pub(crate) fn first_line_of(program: &Path, argument: &str, options: &Options) -> Result<Option<String>, Problem> {
    let permit = options.execution.permit(program.display(), "call it by hand")?;
    let mut command = options.surroundings.command(program, permit);
    command.arg(argument).stdin(Stdio::null()).stderr(Stdio::null());
    let limits = Limits { timeout: PATIENCE, ..options.limits };
    let job = Job { command, limits, interrupt: options.interrupt.as_ref(), complete: &|_| true, told: None };
    let Ok(Outcome { end: End::Exited(status), stdout, .. }) = process::run(job) else { return Ok(None) };
    let said = String::from_utf8_lossy(&stdout).lines().next().map(str::to_string);
    Ok(said.filter(|_| status.success()))
}

/// Why a program was not waited for, as a fragment that goes on after its name, and what to do.
pub(super) fn stop(end: &End, limits: &Limits) -> (String, &'static str) {
    const LONGER: &str = "run it by hand; `source_timeout` is how long it may take, 0 for ever";
    let within = format!("{} (`source_timeout`)", seconds(limits.timeout));
    match end {
        End::Exited(_) | End::TimedOut => (format!("did not end within {within} and was stopped"), LONGER),
        End::Unfinished => {
            let what =
                "ended, but a program that it started keeps its output open, and what it printed is not complete";
            (
                format!("{what} after {within}"),
                "send the output of what it leaves running elsewhere: > /dev/null 2>&1 &",
            )
        }
        End::TooMuch => (
            format!("printed more than {} (`max_source_bytes`) and was stopped", size(limits.source_bytes)),
            "run it by hand; `max_source_bytes` is the most that is read of it",
        ),
        End::Interrupted => ("was stopped, since a signal ended the whole run".to_string(), "run it again"),
    }
}
