//! `check`: reads everything, says everything.

use regal_inventory::emit::ansible::lossy;

use super::pipeline::Invocation;
use super::{config, messages};

/// Prints every warning, and what was read when nothing is wrong.
///
/// # Errors
/// Every problem that keeps the inventory from being used.
pub fn run(invocation: &Invocation<'_>) -> anyhow::Result<()> {
    let planned = invocation.plan()?;
    let mut warnings = invocation.config.as_deref().map(config::remarks).unwrap_or_default();
    warnings.extend(planned.warnings);
    if !invocation.settings.groups_only {
        warnings.extend(lossy::losses(&planned.inventory, invocation.texts));
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
    invocation.sink().write(summary.as_bytes())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
