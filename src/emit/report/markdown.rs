//! The report in Markdown: headings and tables.

use std::io::{self, Write};

use super::layout::{Cut, LINES, bar, percent};
use super::text::REMARKS;
use super::{Report, domains, done_after, permille, rollout_id};
use crate::fold;
use crate::plan::Rollout;
use crate::plan::names::RolloutNames;
use crate::policy::display_seconds;
use crate::shown::is_unseen;
use crate::wording::count;

/// Characters of a bar.
const BAR: usize = 10;
/// Remarks of a kind that are all shown; of more, the first few.
const MANY: usize = 10;
/// Characters of folded hosts in a cell unless the report is full.
const CELL: usize = 200;

pub(super) fn write(report: &Report<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# Rollout plan {}\n", report.plan_id())?;
    write_summary(report, out)?;
    let cut = if report.full { Cut::NONE } else { Cut::fitting(&report.plan.rollouts, LINES, 1) };
    for (rollout, names) in report.rollouts().take(cut.versions) {
        write_version(report, rollout, names, cut, out)?;
    }
    if report.plan.rollouts.len() > cut.versions {
        let left = count(report.plan.rollouts.len() - cut.versions, "version");
        writeln!(out, "\n… and {left} more; `--full` shows all")?;
    }
    write_remarks(report, out)
}

/// Who is left out, and the notes on the plan.
pub(super) fn write_remarks(report: &Report<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    for (heading, hosts) in [("Excluded", report.excluded()), ("Without a version", report.plan.unversioned.clone())] {
        if !hosts.is_empty() {
            writeln!(out, "\n## {heading}\n\n{}: {}", count(hosts.len(), "host"), hosts_text(report, &hosts))?;
        }
    }
    let warnings = report.warnings.iter().map(|problem| match &problem.location {
        Some(at) => format!("{at}: {}", problem.message),
        None => problem.message.clone(),
    });
    for (heading, remarks) in [("Notes", report.folded_notes()), ("Warnings", warnings.collect())] {
        if !remarks.is_empty() {
            writeln!(out, "\n## {heading}\n")?;
        }
        let shown = if report.full || remarks.len() <= MANY { remarks.len() } else { REMARKS };
        for remark in &remarks[..shown] {
            writeln!(out, "- {}", escape(remark))?;
        }
        if remarks.len() > shown {
            writeln!(out, "- … and {} more; `--full` shows all", remarks.len() - shown)?;
        }
    }
    Ok(())
}

/// What was planned, and from what.
fn write_summary(report: &Report<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let environment: Vec<_> = report.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let rows = [
        ("Configuration", report.configuration.unwrap_or_default().to_string()),
        ("Environment", environment.join(", ")),
        ("Sources", report.sources.join(", ")),
        ("Versions", report.plan.rollouts.len().to_string()),
        ("Hosts", report.host_count().to_string()),
        ("Batches", report.batch_count().to_string()),
        ("Bakes alone take", display_seconds(report.bake_seconds())),
    ];
    writeln!(out, "| | |\n| --- | --- |")?;
    for (label, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "| {label} | {} |", escape(value))?;
    }
    Ok(())
}

/// A version's policy and its batches as a table.
fn write_version(
    report: &Report<'_, '_>,
    rollout: &Rollout<'_>,
    names: &RolloutNames,
    cut: Cut,
    out: &mut impl Write,
) -> io::Result<()> {
    let total = rollout.host_count();
    writeln!(out, "\n## {}\n", escape(rollout.version))?;
    write!(out, "{} in {}, ", count(total, "host"), count(rollout.batches.len(), "batch"))?;
    if rollout.phases.is_empty() {
        write!(out, "approval: {}, ", escape(rollout.approval.as_str()))?;
        write!(out, "hosts that may fail: {}, ", rollout.max_failures)?;
    }
    if let Some(summary) = domains::summary(rollout) {
        write!(out, "{}, ", escape(&summary))?;
    }
    writeln!(out, "plan id of this version: {}.\n", rollout_id(rollout, names))?;
    write_stages(rollout, out)?;
    let (column, line) = if rollout.labels.is_empty() { ("", "") } else { ("Domains | ", "--- | ") };
    let (stage, stage_line) = if rollout.phases.is_empty() { ("", "") } else { ("Stage | ", "--- | ") };
    writeln!(out, "| Batch | {stage}Group | Size | So far | Bake | {column}Hosts |")?;
    writeln!(out, "| --- | {stage_line}--- | ---: | ---: | ---: | {line}--- |")?;
    let cells = domains::cells(rollout, cut.batches, CELL);
    let rows = rollout.batches.iter().zip(&names.batches).zip(done_after(rollout)).zip(cells);
    for (((batch, group), done), cell) in rows {
        let cell = if rollout.labels.is_empty() { String::new() } else { escape(&cell) + " | " };
        let so_far = format!("{} {}", bar(done - batch.hosts.len(), done, total, BAR), percent(permille(done, total)));
        let (size, bake) = (batch.hosts.len(), display_seconds(batch.bake));
        let hosts = hosts_text(report, &batch.hosts);
        let stage = match rollout.phase(batch) {
            Some(phase) if batch.is_canary => format!("{}, canary | ", escape(&phase.name)),
            Some(phase) => format!("{} | ", escape(&phase.name)),
            None => String::new(),
        };
        writeln!(out, "| {} | {stage}{} | {size} | {so_far} | {bake} | {cell}{hosts} |", batch.stage, escape(group))?;
    }
    let left = rollout.batches.len().saturating_sub(cut.batches);
    if left > 0 {
        writeln!(out, "\n… and {} more; `--full` shows all", count(left, "batch"))?;
    }
    Ok(())
}

/// The stages with their rules, as a table.
fn write_stages(rollout: &Rollout<'_>, out: &mut impl Write) -> io::Result<()> {
    if rollout.phases.is_empty() {
        return Ok(());
    }
    writeln!(out, "| Stage | Batches | Approval | Hosts that may fail |\n| --- | ---: | --- | ---: |")?;
    for phase in &rollout.phases {
        let approval = escape(phase.approval.as_str());
        writeln!(out, "| {} | {} | {approval} | {} |", escape(&phase.name), phase.batches, phase.max_failures)?;
    }
    writeln!(out)
}

/// The hosts, folded.
pub(super) fn hosts_text(report: &Report<'_, '_>, hosts: &[&str]) -> String {
    escape(&fold::within(hosts, if report.full { usize::MAX } else { CELL }))
}

/// Text that Markdown shows as it is, in a table too.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '!' => escaped.extend(['\\', c]),
            c if is_unseen(c) => escaped.extend(c.escape_default()),
            _ => escaped.push(c),
        }
    }
    escaped
}
