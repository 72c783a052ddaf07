//! Who is told how far reading is, so that a person who waits sees it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long between two times that it is told of a program that runs.
pub(super) const BEAT: Duration = Duration::from_millis(125);

/// Shows somebody how far reading is.
pub trait Watcher: Send + Sync {
    /// A program runs, and nobody knows how long.
    fn waits(&self, program: &str);
    /// So many of a folder's entries are done.
    fn reads(&self, folder: &Path, done: usize, of: usize);
    /// Nothing is to be shown any more: a message, a question or the result follows.
    fn rests(&self);
}

/// Whoever is told; by default nobody, which costs nothing.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Watcher>>);

impl Progress {
    /// Tells this one.
    pub fn to(watcher: impl Watcher + 'static) -> Self {
        Progress(Some(Arc::new(watcher)))
    }

    /// Whether there is somebody.
    pub(super) fn is_told(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn waits(&self, program: &str) {
        if let Some(watcher) = &self.0 {
            watcher.waits(program);
        }
    }

    pub(super) fn reads(&self, folder: &Path, done: usize, of: usize) {
        if let Some(watcher) = &self.0 {
            watcher.reads(folder, done, of);
        }
    }

    pub(super) fn rests(&self) {
        if let Some(watcher) = &self.0 {
            watcher.rests();
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Progress").field(&self.is_told()).finish()
    }
}
