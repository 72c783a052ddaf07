//! The report for a terminal.

use std::io::{self, Write};

use super::layout::{COLUMNS, Cut, LINES, bar, percent};
use super::{Report, domains, done_after, permille, rollout_id};
use crate::emit::look::{INDENT, Ink, Line, Look};
use crate::fold;
use crate::plan::names::RolloutNames;
use crate::plan::{Batch, Rollout, Stage};
use crate::policy::{Approval, Conduct, OnFailure, Window, display_seconds};
use crate::wording::count;

/// Notes or warnings that are shown unless the report is full.
pub(super) const REMARKS: usize = 3;
/// The column where the value of a line such as `sources` begins.
pub(super) const LABEL: usize = 14;
/// Lines of a version beside its batches: a blank one and its title.
const OVERHEAD: usize = 2;
/// The line that names the columns.
const HEADING: usize = 1;
/// Columns of a bar, which only a terminal has that has room for it beside all else, and the fewest that tell something.
const BAR: usize = 10;
const SHORT_BAR: usize = 5;
const BAR_FROM: usize = COLUMNS + BAR + 2;
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
    print(report, head.into_iter().chain(versions(report, cut)).chain(tail), out)
}

/// Writes lines as the report is shown: cut in a pipe unless it is full, and whole on a terminal.
pub(super) fn print(
    report: &Report<'_, '_>,
    mut lines: impl Iterator<Item = Line>,
    out: &mut impl Write,
) -> io::Result<()> {
    let most = (!report.full).then_some(COLUMNS);
    lines.try_for_each(|line| report.look.write(line, most, out))
}

/// What was planned, and from what.
pub(super) fn head(report: &Report<'_, '_>) -> Vec<Line> {
    let mut totals = vec![
        count(report.plan.rollouts.len(), "version"),
        count(report.host_count(), "host"),
        count(report.batch_count(), "batch"),
    ];
    if report.bake_seconds() > 0 {
        totals.push(format!("bakes alone take {}", display_seconds(report.bake_seconds())));
    }
    let mut lines = vec![first(report, "", &totals.join(", "))];
    let environment: Vec<_> = report.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let configuration = report.configuration.map(str::to_string).into_iter().collect();
    for (label, values) in
        [("configuration", configuration), ("environment", environment), ("sources", report.sources.to_vec())]
    {
        if !values.is_empty() {
            lines.push(labelled(label, values.join(", ").replace('\n', " ")));
        }
    }
    lines
}

/// The line that says which plan it is, of which kind, and how much it has.
pub(super) fn first(report: &Report<'_, '_>, kind: &str, totals: &str) -> Line {
    Line::of(Ink::Title, format!("plan {}{kind}", report.plan_id())).and(Ink::Plain, format!(": {totals}"))
}

/// A value under its label.
pub(super) fn labelled(label: &str, value: String) -> Line {
    let ink = if label == "warning" { Ink::Busy } else { Ink::Faint };
    Line::of(ink, format!("{label:LABEL$}")).and(Ink::Plain, value)
}

/// The versions with their batches.
fn versions(report: &Report<'_, '_>, cut: Cut) -> Vec<Line> {
    let columns = Columns::of(report, cut);
    let mut lines = Vec::new();
    for (i, (rollout, names)) in report.rollouts().take(cut.versions).enumerate() {
        if cut.batches == 0 {
            lines.push(title(report, rollout, names));
            continue;
        }
        lines.extend([Line::default(), title(report, rollout, names)]);
        if rollout.phases.is_empty() {
            let said = conduct(&rollout.conduct);
            lines.extend(said.into_iter().map(|said| Line::of(Ink::Faint, format!("  {said}"))));
        }
        if i == 0 {
            lines.push(columns.heading());
        }
        lines.extend(batches(report, rollout, names, &columns, cut));
    }
    if report.plan.rollouts.len() > cut.versions {
        let left = report.plan.rollouts.len() - cut.versions;
        lines.push(format!("… and {} more; `--full` shows all", count(left, "version")).into());
    }
    lines
}

/// The widths of the columns, the same for all versions.
struct Columns {
    look: Look,
    group: usize,
    hosts: usize,
    /// Of what is done after a batch; 0 where there is no terminal, or a narrow one.
    bar: usize,
    /// 0 where no batch is watched.
    bake: usize,
    /// 0 where no version is spread over domains.
    domains: usize,
}

impl Columns {
    fn of(report: &Report<'_, '_>, cut: Cut) -> Self {
        let look = report.look;
        let has_bar = look.columns.is_some_and(|columns| columns >= BAR_FROM);
        let bar = if has_bar { BAR } else { 0 };
        let mut columns = Columns { look, group: "group".len(), hosts: "hosts".len(), bar, bake: 0, domains: 0 };
        for (rollout, names) in report.rollouts().take(cut.versions) {
            for (batch, group) in rollout.batches.iter().zip(&names.batches).take(cut.batches) {
                columns.group = columns.group.max(look.measure(group));
                columns.hosts = columns.hosts.max(batch.hosts.len().to_string().len());
                if batch.bake > 0 {
                    columns.bake = columns.bake.max(display_seconds(batch.bake).len()).max("bake".len());
                }
            }
        }
        let room = match look.columns.filter(|columns| *columns < COLUMNS) {
            // the hosts go on in the next line
            Some(narrow) => narrow.saturating_sub(columns.width() + 2),
            None => (COLUMNS + if bar > 0 { BAR + 2 } else { 0 }).saturating_sub(columns.width() + HOSTS),
        };
        let room = room.clamp(DOMAINS.0, DOMAINS.1);
        for (rollout, _) in report.rollouts().take(cut.versions).filter(|(rollout, _)| !rollout.labels.is_empty()) {
            let cells = domains::cells(rollout, cut.batches, room);
            let widest = cells.iter().map(|cell| look.measure(cell)).max().unwrap_or(0);
            columns.domains = columns.domains.max(widest).max("domains".len());
        }
        if !has_bar {
            columns.bar = columns.room_for_bar(report, cut);
        }
        columns
    }

    /// The columns that a bar may have on a terminal without moving a word to another line.
    fn room_for_bar(&self, report: &Report<'_, '_>, cut: Cut) -> usize {
        let Some(columns) = self.look.columns else { return 0 };
        let lines = report
            .rollouts()
            .take(cut.versions)
            .flat_map(|(rollout, names)| batches(report, rollout, names, self, cut));
        let widest = lines.map(|line| line.measure(self.look)).max().unwrap_or(columns);
        let room = columns.saturating_sub(widest + 2).min(BAR);
        if room < SHORT_BAR { 0 } else { room }
    }

    /// The line that names them.
    fn heading(&self) -> Line {
        let [group, rest] = self.cells(["group", "hosts", "in all", "", "bake", "domains"]);
        Line::of(Ink::Faint, format!("{group}{rest}which"))
    }

    /// The start of a line, up to the hosts.
    fn line(&self, cells: [&str; 6]) -> Line {
        let [group, rest] = self.cells(cells);
        Line::of(Ink::Group, group).and(Ink::Plain, rest)
    }

    fn width(&self) -> usize {
        self.cells([""; 6]).iter().map(|text| text.len()).sum()
    }

    /// The first cell, and all others.
    fn cells(&self, [group, hosts, so_far, bar, bake, domains]: [&str; 6]) -> [String; 2] {
        let mut rest = format!("  {hosts:>0$}  {so_far:>6}  ", self.hosts);
        if self.bar > 0 {
            rest.push_str(&format!("{bar:0$}  ", self.bar));
        }
        if self.bake > 0 {
            rest.push_str(&format!("{bake:>0$}  ", self.bake));
        }
        if self.domains > 0 {
            rest.push_str(&format!("{}  ", self.look.pad(domains, self.domains)));
        }
        [format!("  {}", self.look.pad(group, self.group)), rest]
    }
}

/// A version and its policy in one line.
pub(super) fn title(report: &Report<'_, '_>, rollout: &Rollout<'_>, names: &RolloutNames) -> Line {
    let mut parts = vec![count(rollout.host_count(), "host"), count(rollout.batches.len(), "batch")];
    if rollout.bake_seconds() > 0 {
        parts.push(format!("bakes {}", display_seconds(rollout.bake_seconds())));
    }
    parts.extend(domains::summary(rollout));
    if rollout.phases.is_empty() {
        parts.extend(approval(rollout.approval));
        parts.push(may_fail(rollout.max_failures));
    } else {
        parts.insert(1, count(rollout.phases.len(), "stage"));
    }
    parts.extend(after(report, rollout));
    if report.plan.rollouts.len() > 1 {
        parts.push(format!("plan id {}", rollout_id(rollout, names)));
    }
    Line::of(Ink::Title, rollout.version).and(Ink::Plain, format!(": {}", parts.join(", ")))
}

/// The versions of the report that one comes after, if there are any.
pub(super) fn after(report: &Report<'_, '_>, rollout: &Rollout<'_>) -> Option<String> {
    let others = report.plan.rollouts.iter().filter(|other| rollout.after.contains(&other.version));
    let names: Vec<String> = others.map(|other| other.shown().to_string()).collect();
    match names.as_slice() {
        [] => None,
        [first, _, _, _, ..] => Some(format!("comes after {first} and {} more", names.len() - 1)),
        few => Some(format!("comes after {}", few.join(" and "))),
    }
}

/// When somebody is asked, if at all.
fn approval(approval: Approval) -> Option<String> {
    let when = match approval {
        Approval::Never => return None,
        Approval::AfterCanary => "the canary",
        Approval::EachBatch => "each batch",
        Approval::AfterStage => "the stage",
    };
    Some(format!("approval after {when}"))
}

fn may_fail(hosts: usize) -> String {
    match hosts {
        0 => "stops at the first failed host".to_string(),
        n => format!("{} may fail", count(n, "host")),
    }
}

/// What holds while batches are rolled out: gates, times, and the way back.
pub(super) fn conduct(conduct: &Conduct) -> Vec<String> {
    let mut parts = Vec::new();
    if !conduct.gates.is_empty() {
        let names: Vec<&str> = conduct.gates.iter().map(|gate| gate.name.as_str()).collect();
        parts.push(format!("gates: {}", names.join(", ")));
    }
    for window in &conduct.windows {
        let Window { days, from, to, zone } = window;
        let word = if parts.iter().any(|part: &String| part.starts_with("begins ")) { "or" } else { "begins only" };
        parts.push(format!("{word} {days} {from} to {to} {}", zone.name()));
    }
    for blackout in &conduct.blackouts {
        let why = blackout.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        parts.push(format!("not {} to {} {}{why}", blackout.from, blackout.to, blackout.zone.name()));
    }
    if let (OnFailure::Rollback, Some(version)) = (conduct.on_failure, &conduct.rollback_to) {
        parts.push(format!("goes back to {version} if it fails"));
    }
    parts
}

/// The line before a stage's first batch: what it has, and its rules.
fn stage(rollout: &Rollout<'_>, batch: &Batch<'_>) -> Option<Line> {
    let phase = rollout.phase(batch)?;
    let of_stage = &rollout.batches[rollout.batches_of(batch.phase?)];
    if of_stage.first()?.stage != batch.stage {
        return None;
    }
    let hosts = of_stage.iter().map(|batch| batch.hosts.len()).sum();
    let mut parts = vec![count(hosts, "host"), count(of_stage.len(), "batch")];
    parts.extend(approval(phase.approval));
    parts.push(may_fail(phase.max_failures));
    parts.extend(conduct(&phase.conduct));
    Some(Line::of(Ink::Title, format!("  stage {}", phase.name)).and(Ink::Faint, format!(": {}", parts.join(", "))))
}

/// One line a batch; where the report is full, as many as its hosts need.
fn batches(
    report: &Report<'_, '_>,
    rollout: &Rollout<'_>,
    names: &RolloutNames,
    columns: &Columns,
    cut: Cut,
) -> Vec<Line> {
    let total = rollout.host_count();
    let mut lines = Vec::new();
    let cells = domains::cells(rollout, cut.batches, columns.domains);
    let rows = rollout.batches.iter().zip(&names.batches).zip(done_after(rollout)).zip(cells);
    for (((batch, group), done), domains) in rows {
        let (size, so_far) = (batch.hosts.len().to_string(), percent(permille(done, total)));
        lines.extend(stage(rollout, batch));
        let bar = bar(done - batch.hosts.len(), done, total, columns.bar);
        let start = columns.line([group, &size, &so_far, &bar, &display_seconds(batch.bake), &domains]);
        let start = if batch.is_canary && batch.stage != Stage::A { start.and(Ink::Faint, "canary: ") } else { start };
        lines.extend(hosts(report, start, &batch.hosts));
    }
    let left = rollout.batches.iter().skip(cut.batches);
    let (more, hosts) = left.fold((0, 0), |(more, hosts), batch| (more + 1, hosts + batch.hosts.len()));
    if more > 0 {
        let batches = if more == 1 { "batch" } else { "batches" };
        lines.push(format!("  … and {more} more {batches} with {}; `--full` shows all", count(hosts, "host")).into());
    }
    lines
}

/// The folded hosts after `start`: those that fit, and how many more there are; where the report is full all of them, in lines
/// that keep to the width. A terminal that is narrower gets as many of them, on more lines.
pub(super) fn hosts(report: &Report<'_, '_>, start: Line, hosts: &[&str]) -> Vec<Line> {
    let columns = report.look.columns.unwrap_or(COLUMNS);
    if !report.full {
        let room = columns.max(COLUMNS).saturating_sub(start.measure(report.look));
        return vec![start.and(Ink::Plain, fold::within(hosts, room))];
    }
    let items = fold::fold(hosts);
    let (mut lines, mut line) = (Vec::new(), start);
    for (i, item) in items.iter().enumerate() {
        let text = format!("{}{}", item.text, if i + 1 < items.len() { "," } else { "" });
        line = if i == 0 {
            line.and(Ink::Plain, text)
        } else if line.measure(report.look) + 1 + report.look.measure(&text) > columns {
            lines.push(line);
            Line::from(format!("{INDENT}{text}"))
        } else {
            line.and(Ink::Plain, format!(" {text}"))
        };
    }
    lines.push(line);
    lines
}

/// Who is left out, and the notes on the plan.
pub(super) fn tail(report: &Report<'_, '_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (label, names) in [("excluded", report.excluded()), ("no version", report.plan.unversioned.clone())] {
        if !names.is_empty() {
            let start = labelled(label, format!("{}: ", count(names.len(), "host")));
            lines.extend(hosts(report, start, &names));
        }
    }
    let warning = |problem: &crate::error::Problem| match &problem.location {
        Some(at) => format!("{at}: {}", problem.message),
        None => problem.message.clone(),
    };
    for (label, remarks) in
        [("note", report.folded_notes()), ("warning", report.warnings.iter().map(warning).collect())]
    {
        let shown = if report.full || remarks.len() <= REMARKS + 1 { remarks.len() } else { REMARKS };
        lines.extend(remarks.iter().take(shown).map(|remark| labelled(label, remark.clone())));
        if remarks.len() > shown {
            let left = remarks.len() - shown;
            lines.push(labelled(label, format!("… and {} more; `--full` shows all", count(left, label))));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, Line::default());
    }
    lines
}
