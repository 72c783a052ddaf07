//! Runs a program to its end, with limits of time and size.
//!
//! What it prints is read while it runs. It is ended, with all that it started, when it takes too long, prints too much, or
//! a signal ends this process. Without a terminal it has a process group of its own for that; with one it stays in ours, where
//! it may ask for something, and what it started is found by its ancestry.

use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use signal_hook::consts::signal::SIGCHLD;
use signal_hook::{SigId, low_level};

use super::bytes::timespec;
use super::descent::Descent;
use super::interrupt::Interrupt;
use super::progress::{BEAT, Progress};
use super::{Limits, stderr::Stderr};

/// The longest sleep, should the news of a program's end get lost.
const TICK: Duration = Duration::from_secs(1);
/// How long a program that has ended is listened to while something that it started keeps its output open.
const QUIET: Duration = Duration::from_millis(100);
/// How long a program may take to end when it is told to.
const GRACE: Duration = Duration::from_secs(2);
/// Bytes read at once.
const PART: usize = 64 << 10;

/// What to run.
pub(super) struct Job<'j> {
    /// The program; its stdout is read, its stderr too unless it is inherited.
    pub command: Command,
    pub limits: Limits,
    pub interrupt: Option<&'j Interrupt>,
    /// Whether what was printed is all, when only something that the program started still could print.
    pub complete: &'j dyn Fn(&[u8]) -> bool,
    /// Who is told that it runs, and under which name.
    pub told: Option<(&'j Progress, &'j str)>,
}

/// How it ended.
pub(super) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// It ran too long.
    TimedOut,
    /// It ended, but what it started keeps its output open, and that is not complete.
    Unfinished,
    /// It printed too much.
    TooMuch,
    /// A signal to this process came first.
    Interrupted,
}

/// What came of it.
pub(super) struct Outcome {
    pub end: End,
    pub stdout: Vec<u8>,
    pub stderr: Stderr,
}

/// Runs a program; whatever happens, it has ended then.
///
/// # Errors
/// It cannot be started.
pub(super) fn run(mut job: Job<'_>) -> std::io::Result<Outcome> {
    let _held = job.interrupt.map(Interrupt::hold);
    let bell = Bell::new(job.interrupt)?;
    let own_group = job.interrupt.is_some() && !has_terminal();
    if own_group {
        job.command.process_group(0);
    }
    let mut child = job.command.stdout(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (printed, said, part) = (Vec::new(), Stderr::default(), vec![0; PART]);
    let mut run = Run { child, own_group, stdout, stderr, printed, said, part, status: None };
    let end = run.watch(&job, &bell);
    if !matches!(end, Ok(None)) {
        run.end();
    }
    let end = end?;
    let status = run.child.wait()?;
    Ok(Outcome { end: end.unwrap_or(End::Exited(status)), stdout: run.printed, stderr: run.said })
}

/// Whether somebody may be asked for something.
pub fn has_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

/// A program that runs.
struct Run {
    child: Child,
    own_group: bool,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    printed: Vec<u8>,
    said: Stderr,
    /// What was read last of what it says beside.
    part: Vec<u8>,
    /// Whether it succeeded, once it has ended. It is asked for last, so that its number is nobody else's before.
    status: Option<bool>,
}

impl Run {
    /// Reads until the program has ended by itself, or says why that is not waited for.
    fn watch(&mut self, job: &Job<'_>, bell: &Bell) -> std::io::Result<Option<End>> {
        let deadline = job.limits.deadline();
        let mut heard = Instant::now();
        let mut checked = None;
        let told = job.told.filter(|(progress, _)| progress.is_told());
        let tick = if told.is_some() { BEAT } else { TICK };
        loop {
            if job.interrupt.is_some_and(|interrupt| interrupt.signal().is_some()) {
                return Ok(Some(End::Interrupted));
            }
            if self.ends()? {
                heard = Instant::now();
            }
            if self.status.is_some() && self.stdout.is_none() && self.stderr.is_none() {
                return Ok(None);
            }
            let now = Instant::now();
            let quiet = self.status.filter(|_| checked != Some(self.printed.len())).map(|_| heard + QUIET);
            if quiet.is_some_and(|quiet| now >= quiet) {
                checked = Some(self.printed.len());
                if self.status == Some(false) || (job.complete)(&self.printed) {
                    return Ok(None);
                }
                continue;
            }
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Ok(Some(if self.status.is_some() { End::Unfinished } else { End::TimedOut }));
            }
            let until = [deadline, quiet].into_iter().flatten().min();
            let wait = until.map_or(tick, |until| until.saturating_duration_since(now).min(tick));
            if let Some((progress, name)) = told {
                progress.waits(name);
            }
            if self.read(wait, bell)? {
                heard = Instant::now();
            }
            if self.printed.len() as u64 + self.said.length() > job.limits.source_bytes {
                return Ok(Some(End::TooMuch));
            }
        }
    }

    /// Whether the program has ended since it was last asked.
    fn ends(&mut self) -> std::io::Result<bool> {
        if self.status.is_some() {
            return Ok(false);
        }
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let ended = waitid(WaitId::Pid(self.pid()), options)?;
        self.status = ended.map(|ended| ended.exit_status() == Some(0));
        Ok(self.status.is_some())
    }

    /// Takes what there is on both streams, after waiting for it; whether there was something.
    fn read(&mut self, wait: Duration, bell: &Bell) -> std::io::Result<bool> {
        let streams: Vec<BorrowedFd<'_>> = (self.stdout.iter().map(AsFd::as_fd))
            .chain(self.stderr.iter().map(AsFd::as_fd))
            .chain([bell.ear.as_fd()])
            .collect();
        let mut polled: Vec<PollFd<'_>> =
            streams.iter().map(|stream| PollFd::from_borrowed_fd(*stream, PollFlags::IN)).collect();
        match poll(&mut polled, Some(&timespec(wait))) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut ready = polled.iter().map(|stream| !stream.revents().is_empty()).collect::<Vec<_>>().into_iter();
        let (out, err) = (
            self.stdout.is_some() && ready.next().unwrap_or_default(),
            self.stderr.is_some() && ready.next().unwrap_or_default(),
        );
        if ready.next().unwrap_or_default() {
            bell.silence();
        }
        if out {
            append(&mut self.stdout, &mut self.printed)?;
        }
        if err && let Some(read) = part_of(&mut self.stderr, &mut self.part)? {
            self.said.add(&self.part[..read]);
        }
        Ok(out || err)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Ends the program and what it started: asks, waits a little, and then does not ask.
    fn end(&mut self) {
        let started = if self.own_group { None } else { Some(Descent::of(self.pid())) };
        self.signal(started.as_ref(), Signal::TERM);
        let until = Instant::now() + GRACE;
        while Instant::now() < until && self.ends().is_ok() && self.status.is_none() {
            std::thread::sleep(Duration::from_millis(10));
        }
        if started.as_ref().is_none_or(Descent::is_alive) {
            std::thread::sleep(QUIET);
        }
        self.signal(started.as_ref(), Signal::KILL);
    }

    /// What is gone already is not a failure.
    fn signal(&self, started: Option<&Descent>, signal: Signal) {
        let _ = match started {
            None => rustix::process::kill_process_group(self.pid(), signal),
            Some(started) => {
                started.signal(signal);
                rustix::process::kill_process(self.pid(), signal)
            }
        };
    }
}

/// Reads once, to the end of what was read before; a stream that is at its end is closed.
fn append(stream: &mut Option<ChildStdout>, read: &mut Vec<u8>) -> std::io::Result<()> {
    let Some(open) = stream.as_ref() else { return Ok(()) };
    read.reserve(PART);
    match rustix::io::read(open, rustix::buffer::spare_capacity(read)) {
        Ok(0) => *stream = None,
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Reads once; nothing at the end of a stream, which is closed then.
fn part_of(stream: &mut Option<impl Read>, part: &mut [u8]) -> std::io::Result<Option<usize>> {
    match stream.as_mut().map(|stream| stream.read(part)) {
        Some(Ok(0)) | None => {
            *stream = None;
            Ok(None)
        }
        Some(Ok(read)) => Ok(Some(read)),
        Some(Err(error)) if error.kind() == ErrorKind::Interrupted => Ok(None),
        Some(Err(error)) => Err(error),
    }
}

/// What wakes the wait for streams: the end of a program, or a signal to this process.
struct Bell {
    ear: UnixStream,
    registered: Vec<SigId>,
}

impl Bell {
    fn new(interrupt: Option<&Interrupt>) -> std::io::Result<Self> {
        let (ear, ring) = UnixStream::pair()?;
        ear.set_nonblocking(true)?;
        let mut bell = Bell { ear, registered: Vec::new() };
        let signals = interrupt.map_or(&[][..], Interrupt::heard);
        for signal in signals.iter().chain([&SIGCHLD]) {
            bell.registered.push(low_level::pipe::register(*signal, ring.try_clone()?)?);
        }
        Ok(bell)
    }

    fn silence(&self) {
        let mut rings = [0; 64];
        while matches!((&self.ear).read(&mut rings), Ok(read) if read > 0) {}
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
    }
}
