//! `plan`: the batches, to read or to hand on.

use std::io::{self, BufWriter, Write};

use regal_inventory::emit::report::page::PlanPage;
use regal_inventory::emit::report::waves::WavesReport;
use regal_inventory::emit::report::{self, Report};
use regal_inventory::emit::{groups, regal};
use regal_inventory::files::Access;
use regal_inventory::plan::{self, Plan, Rollout, waves};
use regal_inventory::session::Planned;

use super::arguments::{PlanFormat, PlanOptions};
use super::invocation::Invocation;
use super::output::Sink;
use super::{messages, save};

/// Prints the plan.
///
/// # Errors
/// Bad input; a result that cannot be written.
pub fn run(invocation: &Invocation<'_>, options: &PlanOptions) -> anyhow::Result<()> {
    if of_regal(options.format) && options.only.is_empty() && options.save.is_none() {
        // no group is made of these names, so they may be any text
        if let Some(plan) = invocation.session.plan_as_regal()? {
            messages::warnings(&plan.warnings, invocation.color);
            let path = invocation.output.as_deref();
            let sink = Sink { path, access: Access::Usual, color: invocation.color };
            return sink.write_by(|out| as_regal(&plan, options.format, out));
        }
    }
    let mut planned = invocation.session.plan()?;
    planned.refuse_empty()?;
    planned.keep_only(&options.only)?;
    if let Some(wanted) = options.waves.as_ref().filter(|wanted| !wanted.is_empty()) {
        let wanted: Vec<&str> = wanted.iter().map(|version| version.trim()).collect();
        planned.keep_waves(&wanted)?;
    }
    let mut report = planned.report(options.full);
    let is_document = matches!(options.format, PlanFormat::Json | PlanFormat::Yaml);
    let connections = if is_document { planned.connections() } else { Vec::new() };
    report.connections = &connections;
    report.look = invocation.sink(&planned).look();
    let mut result = Vec::new();
    match format(options.format) {
        None if options.format == PlanFormat::Html => page(invocation, &planned, &report, &mut result)?,
        None => {
            messages::warnings(&planned.warnings, invocation.color);
            match options.format {
                PlanFormat::Groups => groups::write(&planned.names, &mut result)?,
                format => as_regal(&planned.plan, format, &mut result)?,
            }
        }
        Some(format) if options.waves.is_some() => {
            let waves = waves::waves(&planned.plan, &planned.names)?;
            WavesReport { report: &report, waves: &waves }.write(format, &mut result)?;
        }
        Some(format) => report.write(format, &mut result)?,
    }
    let saved = match &options.save {
        Some(path) => Some(save::save(invocation, &planned, path, options.no_time)?),
        None => None,
    };
    invocation.sink(&planned).write(&result)?;
    if let Some(note) = saved {
        messages::lines(&note);
    }
    Ok(())
}

/// Writes the page, which says of each host why it is where it is, unless the plan is frozen.
fn page(
    invocation: &Invocation<'_>,
    planned: &Planned<'_>,
    report: &Report<'_, '_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let policy = invocation.session.frozen().is_none().then(|| &invocation.session.settings().policy);
    let mut reasons = policy.map(|policy| plan::reasons(&planned.assignments, policy)).unwrap_or_default();
    let of_version = |rollout: &Rollout<'_>| reasons.remove(rollout.version).unwrap_or_default();
    let reasons: Vec<_> = planned.plan.rollouts.iter().map(of_version).collect();
    PlanPage { report, policy, reasons: &reasons }.write(out)
}

/// The form of a report; a page, a list of groups and regal's form are none.
pub fn format(format: PlanFormat) -> Option<report::ReportFormat> {
    match format {
        PlanFormat::Text => Some(report::ReportFormat::Text),
        PlanFormat::Json => Some(report::ReportFormat::Json),
        PlanFormat::Yaml => Some(report::ReportFormat::Yaml),
        PlanFormat::Markdown => Some(report::ReportFormat::Markdown),
        PlanFormat::Mermaid => Some(report::ReportFormat::Mermaid),
        PlanFormat::Dot => Some(report::ReportFormat::Dot),
        PlanFormat::Svg => Some(report::ReportFormat::Svg),
        PlanFormat::Groups | PlanFormat::Html | PlanFormat::Regal | PlanFormat::RegalResult => None,
    }
}

fn of_regal(format: PlanFormat) -> bool {
    matches!(format, PlanFormat::Regal | PlanFormat::RegalResult)
}

fn as_regal(plan: &Plan<'_>, format: PlanFormat, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    match format {
        PlanFormat::RegalResult => regal::write_result(plan, &mut out)?,
        _ => regal::write(plan, &mut out)?,
    }
    out.flush()
}
