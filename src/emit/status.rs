//! How far the rollout of a frozen plan is: a line a batch, who runs it, and what goes on with it.

mod document;
mod gates;
mod page;
mod standing;
mod text;

use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use super::json;
use super::look::Look;
use crate::frozen::Frozen;
use crate::record::State;
use crate::record::process::Liveness;
use standing::Standing;

/// A frozen plan with what is known of its rollout.
#[derive(Clone, Copy, Debug)]
pub struct StatusReport<'r, 'a> {
    /// The plan.
    pub frozen: &'r Frozen<'a>,
    /// Its record.
    pub record: &'r Path,
    /// What the record says.
    pub state: &'r State,
    /// When something was recorded last.
    pub last: Option<&'r str>,
    /// Whether a part of a line stands at the end of the record.
    pub torn: bool,
    /// Whether the process of the open run is alive.
    pub liveness: Liveness,
    /// Whether a process of this machine holds the lock on the record.
    pub locked: bool,
    /// The time, where what is left of a bake is to be shown.
    pub now: Option<SystemTime>,
}

impl StatusReport<'_, '_> {
    /// Whether all of it is done, and nobody is at it.
    pub fn is_over(&self) -> bool {
        let standing = Standing::of(self);
        standing.hosts.done == standing.hosts.all && (self.state.open_run().is_none() || !self.is_alive())
    }

    /// What the list of a folder is ordered by: the last that was recorded, or when the plan was saved.
    pub fn last_time(&self) -> Option<SystemTime> {
        let saved = self.frozen.saved.as_ref().map(|saved| saved.at.as_str());
        humantime::parse_rfc3339(self.last.or(saved)?).ok()
    }

    /// Whether somebody may be at it.
    fn is_alive(&self) -> bool {
        self.liveness != Liveness::Ended
    }

    /// Writes a line a batch, and those about the run.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_text(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        text::write(self, &Standing::of(self), look, out)
    }

    /// Writes a page for a browser, which is read again after so many seconds.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_page(&self, again: Option<u32>, out: &mut impl Write) -> io::Result<()> {
        page::write(self, &Standing::of(self), again, out)
    }

    /// Writes one JSON document.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        json::write_pretty(&document::of(self, &Standing::of(self)), out)
    }
}

/// Writes a line a rollout.
///
/// # Errors
/// Those of `out`.
pub fn write_list_text(reports: &[StatusReport<'_, '_>], look: Look, out: &mut impl Write) -> io::Result<()> {
    text::write_list(reports, look, out)
}

/// Writes the documents of several rollouts as one.
///
/// # Errors
/// Those of `out`.
pub fn write_list_json(reports: &[StatusReport<'_, '_>], out: &mut impl Write) -> io::Result<()> {
    json::write_pretty(&document::list(reports), out)
}
