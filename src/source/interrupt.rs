//! Signals that end this process while it waits for a program that it started.
//!
//! A signal that arrives then must end the program first, and what was written for it must go. At any other time it does
//! what it does by default.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;

use crate::system;

/// The signals that end a process and that it can wait with.
const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// Takes notice of the signals that end a process, as long as a program of ours runs; copies share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// The last signal that was taken notice of, or 0.
    caught: Arc<AtomicUsize>,
    /// Whether signals do what they do by default.
    idle: Arc<AtomicBool>,
    holds: AtomicUsize,
    /// The signals that are listened to, once there was something to wait for.
    heard: OnceLock<Vec<i32>>,
}

impl Default for State {
    fn default() -> Self {
        State {
            caught: Arc::default(),
            idle: Arc::new(AtomicBool::new(true)),
            holds: AtomicUsize::new(0),
            heard: OnceLock::new(),
        }
    }
}

/// As long as this lives, a signal is taken notice of and does nothing else.
pub struct Held<'i>(&'i Interrupt);

impl Interrupt {
    /// The signal that came while a program ran, if one did.
    pub fn signal(&self) -> Option<i32> {
        match self.state.caught.load(Ordering::SeqCst) {
            0 => None,
            signal => i32::try_from(signal).ok(),
        }
    }

    /// Takes notice of signals from now on.
    pub fn hold(&self) -> Held<'_> {
        self.heard();
        self.state.holds.fetch_add(1, Ordering::SeqCst);
        self.state.idle.store(false, Ordering::SeqCst);
        Held(self)
    }

    /// The signals that are listened to. One that was ignored from the start, as under `nohup`, stays so.
    pub fn heard(&self) -> &[i32] {
        self.state.heard.get_or_init(|| {
            let ignored = system::ignored_signals();
            let listen = |signal: &i32| {
                ignored & (1 << (signal - 1)) == 0
                    && flag::register_usize(*signal, self.state.caught.clone(), signal.unsigned_abs() as usize).is_ok()
                    && flag::register_conditional_default(*signal, self.state.idle.clone()).is_ok()
            };
            ENDING.into_iter().filter(listen).collect()
        })
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.0.state.holds.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.state.idle.store(true, Ordering::SeqCst);
        }
    }
}
