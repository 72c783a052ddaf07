//! The report for a terminal.

use std::io::{self, Write};

use super::layout::{COLUMNS, Cut, LINES, clip, percent};
use super::{Report, domains, done_after, permille, rollout_id};
use crate::fold;
use crate::plan::Rollout;
use crate::plan::names::RolloutNames;
use crate::policy::{Approval, display_seconds};
use crate::shown;
use crate::wording::count;

/// Notes or warnings that are shown unless the report is full.
const REMARKS: usize = 3;
/// The column where the value of a line such as `sources` begins.
pub(super) const LABEL: usize = 14;
/// Lines of a version beside its batches: a blank one and its title.
const OVERHEAD: usize = 2;
/// The line that names the columns.
const HEADING: usize = 1;
/// Columns that are left for hosts.
const HOSTS: usize = 36;
/// The narrowest and the widest column of domains.
const DOMAINS: (usize, usize) = (24, 48);

pub(super) fn write(report: &Report<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let head = head(report);
    let tail = tail(report);
    let cut = if report.full {
        Cut::NONE
    } else {
        Cut::fitting(&report.plan.rollouts, LINES.saturating_sub(head.len() + tail.len() + HEADING), OVERHEAD)
    };
    let lines = head.into_iter().chain(versions(report, cut)).chain(tail);
    for line in lines {
        let line = shown::printable(&line);
        if report.full {
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{}", clip(&line, COLUMNS))?;
        }
    }
    Ok(())
}

/// What was planned, and from what.
pub(super) fn head(report: &Report<'_, '_>) -> Vec<String> {
    let mut totals = vec![
        count(report.plan.rollouts.len(), "version"),
        count(report.host_count(), "host"),
        count(report.batch_count(), "batch"),
    ];
    if report.bake_seconds() > 0 {
        totals.push(format!("bakes alone take {}", display_seconds(report.bake_seconds())));
    }
    let mut lines = vec![format!("plan {}: {}", report.plan_id(), totals.join(", "))];
    let environment: Vec<_> = report.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let configuration = report.configuration.map(str::to_string).into_iter().collect();
    for (label, values) in
        [("configuration", configuration), ("environment", environment), ("sources", report.sources.to_vec())]
    {
        if !values.is_empty() {
            lines.push(format!("{label:LABEL$}{}", values.join(", ").replace('\n', " ")));
        }
    }
    lines
}

/// The versions with their batches.
fn versions(report: &Report<'_, '_>, cut: Cut) -> Vec<String> {
    let columns = Columns::of(report, cut);
    let mut lines = Vec::new();
    for (i, (rollout, names)) in report.rollouts().take(cut.versions).enumerate() {
        if cut.batches == 0 {
            lines.push(title(report, rollout, names));
            continue;
        }
        lines.extend([String::new(), title(report, rollout, names)]);
        if i == 0 {
            lines.push(columns.line(["group", "hosts", "so far", "bake", "domains"]) + "which");
        }
        lines.extend(batches(report, rollout, names, &columns, cut));
    }
    if report.plan.rollouts.len() > cut.versions {
        let left = report.plan.rollouts.len() - cut.versions;
        lines.push(format!("… and {} more; `--full` shows all", count(left, "version")));
    }
    lines
}

/// The widths of the columns, the same for all versions.
struct Columns {
    group: usize,
    hosts: usize,
    /// 0 where no batch is watched.
    bake: usize,
    /// 0 where no version is spread over domains.
    domains: usize,
}

impl Columns {
    fn of(report: &Report<'_, '_>, cut: Cut) -> Self {
        let mut columns = Columns { group: "group".len(), hosts: "hosts".len(), bake: 0, domains: 0 };
        for (rollout, names) in report.rollouts().take(cut.versions) {
            for (batch, group) in rollout.batches.iter().zip(&names.batches).take(cut.batches) {
                columns.group = columns.group.max(group.chars().count());
                columns.hosts = columns.hosts.max(batch.hosts.len().to_string().len());
                if batch.bake > 0 {
                    columns.bake = columns.bake.max(display_seconds(batch.bake).len()).max("bake".len());
                }
            }
        }
        let room = COLUMNS.saturating_sub(columns.line([""; 5]).chars().count() + HOSTS).clamp(DOMAINS.0, DOMAINS.1);
        for (rollout, _) in report.rollouts().take(cut.versions).filter(|(rollout, _)| !rollout.labels.is_empty()) {
            let cells = domains::cells(rollout, cut.batches, room);
            let widest = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            columns.domains = columns.domains.max(widest).max("domains".len());
        }
        columns
    }

    /// The start of a line, up to the hosts.
    fn line(&self, [group, hosts, so_far, bake, domains]: [&str; 5]) -> String {
        let mut start = format!("  {group:0$}  {hosts:>1$}  {so_far:>6}  ", self.group, self.hosts);
        if self.bake > 0 {
            start.push_str(&format!("{bake:>0$}  ", self.bake));
        }
        if self.domains > 0 {
            start.push_str(&format!("{domains:0$}  ", self.domains));
        }
        start
    }
}

/// A version and its policy in one line.
pub(super) fn title(report: &Report<'_, '_>, rollout: &Rollout<'_>, names: &RolloutNames) -> String {
    let mut parts = vec![count(rollout.host_count(), "host"), count(rollout.batches.len(), "batch")];
    if rollout.bake_seconds() > 0 {
        parts.push(format!("bakes {}", display_seconds(rollout.bake_seconds())));
    }
    parts.extend(domains::summary(rollout));
    match rollout.approval {
        Approval::Never => {}
        Approval::AfterCanary => parts.push("approval after the canary".to_string()),
        Approval::EachBatch => parts.push("approval after each batch".to_string()),
    }
    parts.push(match rollout.max_failures {
        0 => "no host may fail".to_string(),
        n => format!("{} may fail", count(n, "host")),
    });
    if report.plan.rollouts.len() > 1 {
        parts.push(format!("plan id {}", rollout_id(rollout, names)));
    }
    format!("{}: {}", rollout.version, parts.join(", "))
}

/// One line a batch; where the report is full, as many as its hosts need.
fn batches(
    report: &Report<'_, '_>,
    rollout: &Rollout<'_>,
    names: &RolloutNames,
    columns: &Columns,
    cut: Cut,
) -> Vec<String> {
    let total = rollout.host_count();
    let mut lines = Vec::new();
    let cells = domains::cells(rollout, cut.batches, columns.domains);
    let rows = rollout.batches.iter().zip(&names.batches).zip(done_after(rollout)).zip(cells);
    for (((batch, group), done), domains) in rows {
        let (size, so_far) = (batch.hosts.len().to_string(), percent(permille(done, total)));
        let start = columns.line([group, &size, &so_far, &display_seconds(batch.bake), &domains]);
        if report.full {
            lines.extend(wrap(&start, &batch.hosts));
        } else {
            let room = COLUMNS.saturating_sub(start.chars().count());
            lines.push(start + &fold::within(&batch.hosts, room));
        }
    }
    let left = rollout.batches.iter().skip(cut.batches);
    let (more, hosts) = left.fold((0, 0), |(more, hosts), batch| (more + 1, hosts + batch.hosts.len()));
    if more > 0 {
        let batches = if more == 1 { "batch" } else { "batches" };
        lines.push(format!("  … and {more} more {batches} with {}; `--full` shows all", count(hosts, "host")));
    }
    lines
}

/// The folded hosts after `start`, in lines that keep to the width, the later ones indented.
pub(super) fn wrap(start: &str, hosts: &[&str]) -> Vec<String> {
    const INDENT: &str = "      ";
    let mut lines = Vec::new();
    let mut line = start.to_string();
    let mut begins = true;
    let items = fold::fold(hosts);
    for (i, item) in items.iter().enumerate() {
        let comma = if i + 1 < items.len() { "," } else { "" };
        let space = if begins { "" } else { " " };
        if !begins && line.chars().count() + 1 + item.text.chars().count() + comma.len() > COLUMNS {
            lines.push(std::mem::replace(&mut line, format!("{INDENT}{}{comma}", item.text)));
        } else {
            line.push_str(&format!("{space}{}{comma}", item.text));
        }
        begins = false;
    }
    lines.push(line);
    lines
}

/// Who is left out, and the notes on the plan.
pub(super) fn tail(report: &Report<'_, '_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (label, hosts) in [("excluded", report.excluded()), ("no version", report.plan.unversioned.clone())] {
        if hosts.is_empty() {
            continue;
        }
        let start = format!("{label:LABEL$}{}: ", count(hosts.len(), "host"));
        if report.full {
            lines.extend(wrap(&start, &hosts));
        } else {
            let room = COLUMNS.saturating_sub(start.chars().count());
            lines.push(start + &fold::within(&hosts, room));
        }
    }
    let warning = |problem: &crate::error::Problem| match &problem.location {
        Some(at) => format!("{at}: {}", problem.message),
        None => problem.message.clone(),
    };
    for (label, remarks) in [("note", report.notes()), ("warning", report.warnings.iter().map(warning).collect())] {
        let shown = if report.full || remarks.len() <= REMARKS + 1 { remarks.len() } else { REMARKS };
        lines.extend(remarks.iter().take(shown).map(|remark| format!("{label:LABEL$}{remark}")));
        if remarks.len() > shown {
            let left = remarks.len() - shown;
            lines.push(format!("{label:LABEL$}… and {} more; `--full` shows all", count(left, label)));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}
