//! `check`: reads everything, says everything.

use regal_inventory::diagnostics::Diagnostics;
use regal_inventory::emit::ansible::lossy;
use regal_inventory::emit::diagnostics::{AnsibleSettings, Checked, Counts};
use regal_inventory::error::{Error, Severity};
use regal_inventory::session::Planned;
use regal_inventory::shown::printable;
use regal_inventory::wording::count;

use super::arguments::{AnswerFormat, CheckOptions};
use super::invocation::Invocation;
use super::messages;
use super::output::Sink;

/// Prints every warning, and what was read when nothing is wrong.
///
/// # Errors
/// Every problem that keeps the inventory from being used; every warning where the check is strict.
pub fn run(invocation: &Invocation<'_>, options: &CheckOptions) -> anyhow::Result<()> {
    let planned = invocation.session.plan()?;
    let mut found = Diagnostics::new();
    found.warn_all(invocation.session.remarks());
    found.warn_all(planned.warnings.iter().cloned());
    if !invocation.session.settings().groups_only {
        found.warn_all(lossy::losses(&planned.inventory, invocation.session.texts().1));
    }
    let mut warnings = found.finish()?;
    if options.strict && !warnings.is_empty() {
        warnings.iter_mut().for_each(|warning| warning.severity = Severity::Error);
        return Err(Error { problems: warnings }.into());
    }
    let read = counts(&planned);
    let ansible = ansible(invocation);
    if options.format == AnswerFormat::Json {
        let checked = Checked { read: Some(read), ansible: ansible.as_ref(), problems: &warnings };
        return write(&checked, invocation.sink(&planned));
    }
    messages::warnings(&warnings, invocation.color);
    let summary = format!(
        "{}, {}, {}, {}: no errors, {}\n",
        count(read.hosts, "host"),
        count(read.groups, "group"),
        count(read.versions, "version"),
        count(read.batches, "batch"),
        count(warnings.len(), "warning"),
    );
    let ansible = ansible.map(|ansible| format!("{}\n", printable(&ansible.to_string()))).unwrap_or_default();
    invocation.sink(&planned).write(format!("{ansible}{summary}").as_bytes())
}

/// Prints as JSON what kept the inventory from being used.
///
/// # Errors
/// A result that cannot be written.
pub fn failed(error: &anyhow::Error, sink: Sink<'_>) -> anyhow::Result<()> {
    write(&Checked { read: None, ansible: None, problems: &messages::problems(error) }, sink)
}

fn write(checked: &Checked<'_>, sink: Sink<'_>) -> anyhow::Result<()> {
    let mut result = Vec::new();
    checked.write_json(&mut result)?;
    sink.write(&result)
}

/// What of Ansible's settings counts; nothing where there is neither an `ansible.cfg` nor a variable.
fn ansible<'i>(invocation: &'i Invocation<'_>) -> Option<AnsibleSettings<'i>> {
    let (file, settings) = invocation.session.ansible_cfg();
    let file = file.map(|file| file.display().to_string());
    (file.is_some() || !settings.is_empty()).then_some(AnsibleSettings { file, settings })
}

fn counts(planned: &Planned<'_>) -> Counts {
    Counts {
        hosts: planned.inventory.host_ids().len(),
        groups: planned.inventory.group_ids().len(),
        versions: planned.plan.rollouts.len(),
        batches: planned.plan.rollouts.iter().map(|rollout| rollout.batches.len()).sum(),
    }
}
