//! `plan --save`: the plan in a file that holds it still.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use regal_inventory::error::{Code, Location, Problem, Result};
use regal_inventory::files::Access;
use regal_inventory::frozen::{ENDING, Saved};
use regal_inventory::session::Planned;
use regal_inventory::wording::count;

use super::invocation::Invocation;
use super::who;

/// Saves the plan, and returns what to say of it.
///
/// # Errors
/// There is a file already; it cannot be written; a plan that cannot be made again.
pub fn save<'a>(invocation: &Invocation<'a>, planned: &Planned<'a>, path: &Path, without_time: bool) -> Result<String> {
    let whole = |problem: Problem| problem.at(Location::whole(path.display().to_string()));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.ends_with(ENDING) {
        let problem = Problem::of(Code::InvalidOption, format!("the name of a frozen plan must end in {ENDING}"));
        return Err(whole(problem)
            .hint("such as rollouts/2.5.0.rollout.yml; its record is rollouts/2.5.0.rollout.jsonl")
            .into());
    }
    if path.symlink_metadata().is_ok() {
        return Err(whole(there_already()).into());
    }
    if planned.plan.rollouts.is_empty() {
        let problem = Problem::of(Code::NoHosts, "there is no batch to save: no host is left to plan");
        return Err(whole(problem).hint("see what is read with regal-inventory plan").into());
    }
    let saved = (!without_time)
        .then(|| Saved { at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(), by: who::who() });
    let frozen = invocation.session.freeze(planned, path, saved)?;
    let text = frozen.text()?;
    write_new(path, &text, planned.access()).map_err(whole)?;
    let batches = frozen.plan.rollouts.iter().map(|rollout| rollout.batches.len()).sum();
    let hosts = frozen.plan.rollouts.iter().map(|rollout| rollout.host_count()).sum();
    let counts = format!("{}, {}", count(batches, "batch"), count(hosts, "host"));
    Ok(format!("saved in {}: plan {}, {counts}", path.display(), frozen.id))
}

fn there_already() -> Problem {
    let problem = Problem::of(Code::Unwritable, "there is a file already, and a frozen plan is never replaced");
    problem.hint("give the new plan another name, or remove the file and its record first")
}

/// Makes a file that was not there, whole or not at all. Those may run it who may read it, so that Ansible takes it for an inventory
/// script; only its user and group may write it.
fn write_new(path: &Path, text: &str, access: Access) -> std::result::Result<(), Problem> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let problem = Problem::of(
            Code::Unwritable,
            format!("the plan cannot be written: there is no folder {}", folder.display()),
        );
        return Err(problem.hint(format!("make it first: mkdir -p {}", folder.display())));
    }
    // without the path of the file that has no name yet
    let cannot =
        |error: std::io::Error| Problem::of(Code::Unwritable, format!("the plan cannot be written: {}", error.kind()));
    let mode = if access == Access::Private { 0o700 } else { 0o775 };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".regal-inventory-").permissions(Permissions::from_mode(mode));
    let mut file = builder.tempfile_in(folder).map_err(cannot)?;
    file.write_all(text.as_bytes()).map_err(cannot)?;
    file.as_file().sync_all().map_err(cannot)?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => return Err(there_already()),
        Err(error) => return Err(cannot(error.error)),
    }
    // the new name outlives a loss of power; some file systems have nothing to do for that
    let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}
