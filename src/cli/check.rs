//! `check`: reads everything, says everything.

use regal_inventory::emit::ansible::lossy;
use regal_inventory::session;

use super::invocation::Invocation;
use super::messages;

/// Prints every warning, and what was read when nothing is wrong.
///
/// # Errors
/// Every problem that keeps the inventory from being used.
pub fn run(invocation: &Invocation<'_>) -> anyhow::Result<()> {
    let planned = invocation.session.plan()?;
    let mut warnings = invocation.session.configuration().map(session::remarks).unwrap_or_default();
    warnings.extend(planned.warnings.iter().cloned());
    if !invocation.session.settings().groups_only {
        warnings.extend(lossy::losses(&planned.inventory, invocation.session.texts().1));
    }
    messages::warnings(&warnings, invocation.color);
    let batches: usize = planned.plan.rollouts.iter().map(|rollout| rollout.batches.len()).sum();
    let summary = format!(
        "{}, {}, {}, {}: no errors, {}\n",
        counted(planned.inventory.host_ids().len(), "host"),
        counted(planned.inventory.group_ids().len(), "group"),
        counted(planned.plan.rollouts.len(), "version"),
        if batches == 1 { "1 batch".to_string() } else { format!("{batches} batches") },
        counted(warnings.len(), "warning"),
    );
    invocation.sink(&planned).write(summary.as_bytes())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
