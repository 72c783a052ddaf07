//! `plan`: the batches, to read or to hand on.

use regal_inventory::emit::regal;
use regal_inventory::emit::report::waves::WavesReport;
use regal_inventory::emit::report::{self, Report};
use regal_inventory::plan::waves;

use super::arguments::{Format, PlanOptions};
use super::output;
use super::pipeline::{Invocation, Planned};

/// Prints the plan.
///
/// # Errors
/// Bad input; a result that cannot be written.
pub fn run(invocation: &Invocation<'_>, options: &PlanOptions) -> anyhow::Result<()> {
    let mut planned = invocation.plan()?;
    if let Some(wanted) = options.waves.as_ref().filter(|wanted| !wanted.is_empty()) {
        let wanted: Vec<&str> = wanted.iter().map(|version| version.trim()).collect();
        (planned.plan, planned.names) = waves::select(&planned.plan, &planned.names, &wanted)?;
    }
    let result = write(invocation, options, &planned)?;
    output::write(&result, invocation.output.as_deref())
}

fn write(invocation: &Invocation<'_>, options: &PlanOptions, planned: &Planned<'_>) -> anyhow::Result<Vec<u8>> {
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
    let Some(format) = format(options.format) else {
        regal::write(&planned.plan, &mut result)?;
        return Ok(result);
    };
    if options.waves.is_some() {
        let waves = waves::waves(&planned.plan, &planned.names)?;
        WavesReport { report: &report, waves: &waves }.write(format, &mut result)?;
    } else {
        report.write(format, &mut result)?;
    }
    Ok(result)
}

/// The form of a report; regal's is none.
fn format(format: Format) -> Option<report::Format> {
    match format {
        Format::Text => Some(report::Format::Text),
        Format::Json => Some(report::Format::Json),
        Format::Yaml => Some(report::Format::Yaml),
        Format::Markdown => Some(report::Format::Markdown),
        Format::Regal => None,
    }
}
