//! Where a record is, and of which plan.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::reading::{self, Log};
use crate::error::Result;

/// How the names of frozen plans end, and those of their records.
const PLAN: &str = ".rollout.yml";
const RECORD: &str = ".rollout.jsonl";

/// A record's file, and what is to be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The id of the frozen plan.
    pub plan_id: String,
    /// Whether a new file is for its user alone.
    pub private: bool,
}

impl Place {
    /// The record of a frozen plan, beside it unless it has another place. It is as private as the plan.
    pub fn new(plan: &Path, plan_id: &str, record: Option<&Path>) -> Self {
        let private = plan.metadata().is_ok_and(|metadata| matches!(metadata.permissions().mode() & 0o077, 0));
        // a link to a plan has no record beside it, the plan has
        let plan = plan.canonicalize().unwrap_or_else(|_| plan.to_path_buf());
        let path = record.map_or_else(|| beside(&plan), Path::to_path_buf);
        Place { path, plan_id: plan_id.to_string(), private }
    }

    /// Reads all lines of the record; one that does not exist has none. Needs no lock.
    ///
    /// # Errors
    /// Those of [`super::read`]; it is the record of another plan.
    pub fn read(&self) -> Result<Log> {
        let log = reading::read(&self.path)?;
        reading::check_plan(&self.path, &self.plan_id, &log.lines)?;
        Ok(log)
    }
}

/// Returns the path of a plan's record beside it: `2.5.0.rollout.jsonl` beside `2.5.0.rollout.yml`.
pub fn beside(plan: &Path) -> PathBuf {
    let name = plan.file_name().unwrap_or_default();
    let stem = name.to_str().and_then(|name| name.strip_suffix(PLAN));
    let record = match stem {
        Some(stem) => OsString::from(format!("{stem}{RECORD}")),
        None => {
            let mut name = name.to_os_string();
            name.push(".jsonl");
            name
        }
    };
    plan.with_file_name(record)
}
