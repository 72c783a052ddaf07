//! `plan`: the batches, to read or to hand on.

use regal_inventory::emit::report;
use regal_inventory::emit::report::waves::WavesReport;
use regal_inventory::emit::{groups, regal};
use regal_inventory::plan::waves;

use super::arguments::{Format, PlanOptions};
use super::invocation::Invocation;
use super::messages;

/// Prints the plan.
///
/// # Errors
/// Bad input; a result that cannot be written.
pub fn run(invocation: &Invocation<'_>, options: &PlanOptions) -> anyhow::Result<()> {
    let mut planned = invocation.session.plan()?;
    planned.refuse_empty()?;
    planned.keep_only(&options.only)?;
    if let Some(wanted) = options.waves.as_ref().filter(|wanted| !wanted.is_empty()) {
        let wanted: Vec<&str> = wanted.iter().map(|version| version.trim()).collect();
        (planned.plan, planned.names) = waves::select(&planned.plan, &planned.names, &wanted)?;
    }
    let mut report = planned.report(options.full);
    let is_document = matches!(options.format, Format::Json | Format::Yaml);
    let connections = if is_document { planned.connections() } else { Vec::new() };
    report.connections = &connections;
    let mut result = Vec::new();
    match format(options.format) {
        None => {
            messages::warnings(&planned.warnings, invocation.color);
            match options.format {
                Format::Groups => groups::write(&planned.names, &mut result)?,
                _ => regal::write(&planned.plan, &mut result)?,
            }
        }
        Some(format) if options.waves.is_some() => {
            let waves = waves::waves(&planned.plan, &planned.names)?;
            WavesReport { report: &report, waves: &waves }.write(format, &mut result)?;
        }
        Some(format) => report.write(format, &mut result)?,
    }
    invocation.sink(&planned).write(&result)
}

/// The form of a report; a list of groups and regal's form are none.
pub fn format(format: Format) -> Option<report::Format> {
    match format {
        Format::Text => Some(report::Format::Text),
        Format::Json => Some(report::Format::Json),
        Format::Yaml => Some(report::Format::Yaml),
        Format::Markdown => Some(report::Format::Markdown),
        Format::Groups | Format::Regal => None,
    }
}
