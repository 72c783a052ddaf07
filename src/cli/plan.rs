//! `plan`: the batches, to read or to hand on.

use regal_inventory::emit::report::waves::WavesReport;
use regal_inventory::emit::report::{self, Report};
use regal_inventory::emit::{groups, regal};
use regal_inventory::plan::waves;

use super::arguments::{Format, PlanOptions};
use super::messages;
use super::pipeline::{Invocation, Planned};

/// Prints the plan.
///
/// # Errors
/// Bad input; a result that cannot be written.
pub fn run(invocation: &Invocation<'_>, options: &PlanOptions) -> anyhow::Result<()> {
    let mut planned = invocation.plan()?;
    invocation.refuse_empty(&planned)?;
    planned.keep_only(&options.only)?;
    if let Some(wanted) = options.waves.as_ref().filter(|wanted| !wanted.is_empty()) {
        let wanted: Vec<&str> = wanted.iter().map(|version| version.trim()).collect();
        (planned.plan, planned.names) = waves::select(&planned.plan, &planned.names, &wanted)?;
    }
    let around = Around::new(invocation);
    let mut report = around.report(invocation, &planned, options);
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
    invocation.sink().write(&result)
}

/// What a report says of where a plan comes from.
pub struct Around {
    configuration: Option<String>,
    sources: Vec<String>,
}

impl Around {
    /// Names the configuration and the sources.
    pub fn new(invocation: &Invocation<'_>) -> Self {
        let configuration = invocation.config.as_ref().map(|path| path.display().to_string());
        Around { configuration, sources: invocation.source_names() }
    }

    /// The report of a plan.
    pub fn report<'r, 'a>(
        &'r self,
        invocation: &'r Invocation<'a>,
        planned: &'r Planned<'a>,
        options: &PlanOptions,
    ) -> Report<'r, 'a> {
        Report {
            plan: &planned.plan,
            names: &planned.names,
            configuration: self.configuration.as_deref(),
            environment: &invocation.settings.environment,
            sources: &self.sources,
            warnings: &planned.warnings,
            connections: &[],
            full: options.full,
        }
    }
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
