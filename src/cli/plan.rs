//! `plan`: the batches, to read or to hand on.

use regal_inventory::emit::regal;
use regal_inventory::emit::report::{self, Report};

use super::arguments::{Format, PlanOptions};
use super::output;
use super::pipeline::Invocation;

/// Prints the plan.
///
/// # Errors
/// Bad input; a result that cannot be written.
pub fn run(invocation: &Invocation<'_>, options: &PlanOptions) -> anyhow::Result<()> {
    let planned = invocation.plan()?;
    let configuration = invocation.config.as_ref().map(|path| path.display().to_string());
    let report = Report {
        plan: &planned.plan,
        names: &planned.names,
        configuration: configuration.as_deref(),
        environment: &invocation.settings.environment,
        sources: &invocation.source_names(),
        warnings: &planned.warnings,
        full: options.full,
    };
    let mut result = Vec::new();
    match options.format {
        Format::Text => report.write(report::Format::Text, &mut result)?,
        Format::Json => report.write(report::Format::Json, &mut result)?,
        Format::Yaml => report.write(report::Format::Yaml, &mut result)?,
        Format::Markdown => report.write(report::Format::Markdown, &mut result)?,
        Format::Regal => regal::write(&planned.plan, &mut result)?,
    }
    output::write(&result, invocation.output.as_deref())
}
