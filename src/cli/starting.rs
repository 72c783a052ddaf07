//! What is common to the commands that are started for a rollout.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use regal_inventory::run::Values;
use rustix::fs::{FlockOperation, flock};
use rustix::io::{FdFlags, fcntl_setfd};

/// One is started at a time, so that none inherits a lock that is not for it.
static STARTING: Mutex<()> = Mutex::new(());

/// The lock on the record, for the commands that it is handed on to.
pub struct Lock(OwnedFd);

impl Lock {
    /// Keeps a lock from all that is started.
    ///
    /// # Errors
    /// The system refuses.
    pub fn new(lock: OwnedFd) -> io::Result<Self> {
        fcntl_setfd(&lock, FdFlags::CLOEXEC)?;
        Ok(Lock(lock))
    }

    /// Starts something that inherits the lock: it keeps other runs out until it has ended too.
    ///
    /// # Errors
    /// The system refuses; those of `start`.
    pub fn hand_on<T>(&self, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let _one = one();
        fcntl_setfd(&self.0, FdFlags::empty())?;
        let started = start();
        fcntl_setfd(&self.0, FdFlags::CLOEXEC)?;
        started
    }

    /// Takes it from all that inherited it. What cannot be unlocked ends with us.
    pub fn unlock(&self) {
        let _ = flock(self.0.as_fd(), FlockOperation::Unlock);
    }
}

/// Starts something that inherits no lock.
pub fn alone<T>(start: impl FnOnce() -> T) -> T {
    let _one = one();
    start()
}

/// Gives a command what is known of a batch, in place of what this process was given.
pub fn set_variables(command: &mut Command, values: &Values) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ROLLOUT_")) {
        command.env_remove(name);
    }
    command.envs(values.variables());
}

fn one() -> MutexGuard<'static, ()> {
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}
