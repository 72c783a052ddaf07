//! The command of a batch as a process: its end, and the signals that it is sent.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use super::super::starting::Lock;
use super::voice::Voice;
use regal_inventory::source::{Descent, Held, Interrupt, has_terminal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::signal::SIGCHLD;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithRawSiginfo;

/// The longest sleep, should the news of a command's end get lost.
const TICK: Duration = Duration::from_secs(1);
/// What the kernel says of a signal that nobody sent: a terminal's, which its command has got too.
const SI_KERNEL: i32 = 0x80;

/// What this process hears while it runs commands: their end, and signals that are to end it.
pub struct Ears<'i> {
    delivery: SignalDelivery<UnixStream, WithRawSiginfo>,
    /// The signals that ended the run, as far as they came.
    heard: Vec<i32>,
    own_group: bool,
    /// The lock on the record, for the commands.
    pub lock: Lock,
    _held: Held<'i>,
}

/// What woke a wait.
pub enum Woken {
    /// Nothing until the time was over.
    InTime,
    /// A signal that is to end the run.
    BySignal(i32),
    /// There is something to read.
    ByInput,
}

/// How a command ended.
pub struct Ended {
    pub status: ExitStatus,
    /// Whether it was ended by force, so that what it started may still be there.
    pub killed: bool,
}

impl<'i> Ears<'i> {
    /// Listens from now on.
    ///
    /// # Errors
    /// The system refuses.
    pub fn new(interrupt: &'i Interrupt, lock: Lock) -> io::Result<Self> {
        let held = interrupt.hold();
        let (ear, ring) = UnixStream::pair()?;
        let signals = interrupt.heard().iter().chain([&SIGCHLD]);
        let delivery = SignalDelivery::with_pipe(ear, ring, WithRawSiginfo, signals)?;
        Ok(Ears { delivery, heard: Vec::new(), own_group: !has_terminal(), lock, _held: held })
    }

    /// The signal that is to end the run, if one came.
    pub fn signal(&mut self) -> Option<i32> {
        self.listen();
        self.heard.first().copied()
    }

    /// Forgets the signals that came, for what is called at the end.
    pub fn forget(&mut self) {
        self.listen();
        self.heard.clear();
    }

    /// Waits for a time, for a signal or for input, whichever is first. A signal that came before counts.
    ///
    /// # Errors
    /// The system refuses.
    pub fn wait(&mut self, time: Duration, input: Option<BorrowedFd<'_>>) -> io::Result<Woken> {
        let until = Instant::now() + time;
        loop {
            if let Some(signal) = self.signal() {
                return Ok(Woken::BySignal(signal));
            }
            let left = until.saturating_duration_since(Instant::now());
            if self.sleep(left, input)? {
                return Ok(Woken::ByInput);
            }
            if left.is_zero() {
                return Ok(Woken::InTime);
            }
        }
    }

    /// Runs a command to its end. The first signal is handed on to it, a second one ends it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&mut self, command: &mut Command, voice: &Voice) -> io::Result<Ended> {
        if self.own_group {
            command.process_group(0);
        }
        let mut child = self.lock.hand_on(|| command.spawn())?;
        let mut killed = false;
        // what came while the command was started ends the run, and nobody has told the command yet
        self.listen();
        for signal in &self.heard {
            self.send(&child, *signal);
        }
        let mut is_told = !self.heard.is_empty();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Ended { status, killed });
            }
            self.sleep(TICK, None)?;
            for (signal, by_terminal) in self.listen() {
                if std::mem::replace(&mut is_told, true) {
                    killed = true;
                    self.send(&child, Signal::KILL.as_raw());
                    continue;
                }
                voice.say("a signal: waiting for the command to end; a second one ends it by force");
                if self.own_group || !by_terminal {
                    self.send(&child, signal);
                }
            }
        }
    }

    /// Sleeps until something happens; whether there is input.
    fn sleep(&mut self, time: Duration, input: Option<BorrowedFd<'_>>) -> io::Result<bool> {
        let time =
            Timespec { tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() };
        let ear = self.delivery.get_read().as_fd();
        let mut polled: Vec<PollFd<'_>> =
            [Some(ear), input].into_iter().flatten().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        match poll(&mut polled, Some(&time)) {
            Ok(_) => Ok(polled.get(1).is_some_and(|input| !input.revents().is_empty())),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the signals that came, each with whether a terminal sent it to all that run in it.
    fn listen(&mut self) -> Vec<(i32, bool)> {
        let came = self.delivery.pending().filter(|info| info.si_signo != SIGCHLD);
        let came: Vec<(i32, bool)> = came.map(|info| (info.si_signo, info.si_code == SI_KERNEL)).collect();
        self.heard.extend(came.iter().map(|(signal, _)| *signal));
        came
    }

    /// Sends a signal to a command and to what it started; what is gone already is not a failure.
    fn send(&self, child: &Child, signal: i32) {
        let Some(signal) = Signal::from_named_raw(signal) else { return };
        let pid = Pid::from_child(child);
        if self.own_group {
            let _ = kill_process_group(pid, signal);
        } else {
            let started = Descent::of(pid);
            let _ = kill_process(pid, signal);
            started.signal(signal);
        }
    }
}
