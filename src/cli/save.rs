//! `plan --save`: the plan in a file that holds it still.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use regal_inventory::error::{Code, Location, Problem, Result};
use regal_inventory::files;
use regal_inventory::frozen::Saved;
use regal_inventory::session::Planned;
use regal_inventory::wording::count;

use super::invocation::Invocation;
use super::{messages, who};

/// Saves the plan, and returns what to say of it.
///
/// # Errors
/// There is a file already; it cannot be written; a plan that cannot be made again.
pub fn save<'a>(invocation: &Invocation<'a>, planned: &Planned<'a>, path: &Path, without_time: bool) -> Result<String> {
    let whole = |problem: Problem| problem.at(Location::whole(path.display().to_string()));
    if path.symlink_metadata().is_ok() {
        let problem = Problem::of(Code::Unwritable, "there is a file already, and a frozen plan is never replaced");
        return Err(whole(problem)
            .hint("give the new plan another name, or remove the file and its record first")
            .into());
    }
    if planned.plan.rollouts.is_empty() {
        let problem = Problem::of(Code::NoHosts, "there is no batch to save: no host is left to plan");
        return Err(whole(problem).hint("see what is read with regal-inventory plan").into());
    }
    let saved = (!without_time)
        .then(|| Saved { at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(), by: who::who() });
    let frozen = invocation.session.freeze(planned, path, saved)?;
    let text = frozen.text()?;
    let staged = files::file(path, planned.access(), |out| out.write_all(text.as_bytes()))?;
    messages::warnings(&files::put_in_place(vec![staged])?, invocation.color);
    make_runnable(path).map_err(|error| {
        whole(Problem::of(Code::Unwritable, format!("the run bit cannot be set: {error}")))
            .hint("name it with --plan, or set the bit where the file system has one: chmod a+x FILE")
    })?;
    let batches = frozen.plan.rollouts.iter().map(|rollout| rollout.batches.len()).sum();
    let hosts = frozen.plan.rollouts.iter().map(|rollout| rollout.host_count()).sum();
    let counts = format!("{}, {}", count(batches, "batch"), count(hosts, "host"));
    Ok(format!("saved in {}: plan {}, {counts}", path.display(), frozen.id))
}

/// Lets those run it who may read it, so that Ansible takes it for an inventory script.
fn make_runnable(path: &Path) -> std::io::Result<()> {
    let mut permissions = path.metadata()?.permissions();
    permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
    std::fs::set_permissions(path, permissions)
}
