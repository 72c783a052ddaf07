//! Two plans side by side.

mod document;
mod page;

use std::io::{self, Write};

use super::layout::clip;
use super::{Report, ReportFormat, text};
use crate::emit::look::{Ink, Line};
use crate::plan::compare::{Comparison, Pair, Place, Setting};
use crate::plan::{Batch, Rollout};
use crate::policy::display_seconds;
use crate::wording::count;

/// Lines of a kind that a version takes up unless the report is full: settings, batches, moves.
const LISTED: usize = 12;
/// Versions that are shown unless the report is full.
const VERSIONS: usize = 12;
/// Differing warnings that are shown unless the report is full.
const WARNINGS: usize = 6;
/// Columns of each side.
const SIDE: usize = 44;

/// A label with a text for each side.
type Row = [String; 3];

/// A comparison with what stands around both plans.
#[derive(Clone, Copy, Debug)]
pub struct CompareReport<'r, 'a> {
    /// The first plan.
    pub current: &'r Report<'r, 'a>,
    /// The other plan.
    pub other: &'r Report<'r, 'a>,
    /// What differs.
    pub comparison: &'r Comparison<'r, 'a>,
}

impl CompareReport<'_, '_> {
    /// Writes the report; what is neither a document nor a page is the text.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, format: ReportFormat, out: &mut impl Write) -> io::Result<()> {
        match format {
            ReportFormat::Json | ReportFormat::Yaml => {
                super::write_document(&document::Document::new(self), format, out)
            }
            _ => self.write_text(out),
        }
    }

    /// Writes a page for a browser.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_page(&self, out: &mut impl Write) -> io::Result<()> {
        page::write(self, out)
    }

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let full = self.current.full;
        let mut lines = self.head();
        let (same, differing): (Vec<_>, Vec<_>) = self.comparison.versions.iter().partition(|pair| pair.is_same());
        let shown = if full { differing.len() } else { VERSIONS };
        for pair in differing.iter().take(shown) {
            lines.push(Line::default());
            lines.extend(self.version(pair));
        }
        if differing.len() > shown {
            lines.push(Line::default());
            note_left(differing.len() - shown, "version", &mut lines);
        }
        lines.extend(self.tail(&same, &differing));
        text::print(self.current, lines.into_iter(), out)
    }

    /// What is compared, and whether it is the same.
    fn head(&self) -> Vec<Line> {
        let sides = [self.current, self.other];
        let width = sides.iter().map(|report| name(report).chars().count()).max().unwrap_or(0);
        let mut lines: Vec<Line> = sides
            .iter()
            .map(|report| {
                let totals = [
                    count(report.plan.rollouts.len(), "version"),
                    count(report.host_count(), "host"),
                    count(report.batch_count(), "batch"),
                ];
                format!("{:width$}  plan {}: {}", name(report), report.plan_id(), totals.join(", ")).into()
            })
            .collect();
        let environment = &self.current.environment;
        if !environment.is_empty() {
            let set: Vec<_> = environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
            lines.push(format!("{:width$}  {}", "both", set.join(", ").replace('\n', " ")).into());
        }
        lines.push(Line::default());
        lines.push(Line::of(Ink::Title, self.verdict()));
        lines
    }

    fn verdict(&self) -> &'static str {
        if self.comparison.is_same() {
            "the plans are the same"
        } else if self.current.plan_id() == self.other.plan_id() {
            "the batches are the same, but not the settings"
        } else {
            "the plans differ"
        }
    }

    /// What differs in a version.
    fn version(&self, pair: &Pair<'_, '_>) -> Vec<Line> {
        match (pair.current, pair.other) {
            (Some(side), None) => vec![only(pair.version, side.rollout, name(self.current)).into()],
            (None, Some(side)) => vec![only(pair.version, side.rollout, name(self.other)).into()],
            _ => self.both(pair),
        }
    }

    fn both(&self, pair: &Pair<'_, '_>) -> Vec<Line> {
        let (mut rows, more_settings) = self.cut(settings(pair));
        let (batches, more_batches) = self.cut(batches(pair));
        rows.extend(batches);
        let mut lines = vec![Line::of(Ink::Title, pair.version).and(Ink::Plain, format!(": {}", summary(pair)))];
        lines.extend(self.columns(rows));
        note_left(more_settings, "setting", &mut lines);
        note_left(more_batches, "batch", &mut lines);
        lines.extend(self.moves(pair));
        lines
    }

    /// Rows of a label and a text for each side, under the names of the sides.
    fn columns(&self, rows: Vec<Row>) -> Vec<Line> {
        if rows.is_empty() {
            return Vec::new();
        }
        let fitting = |text: String| if self.current.full { text } else { clip(&text, SIDE) };
        let head = [String::new(), name(self.current).to_string(), name(self.other).to_string()];
        let rows: Vec<Row> = std::iter::once(head).chain(rows).map(|row| row.map(fitting)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (label, current) = (width(0), width(1).min(SIDE));
        let line = |row: &Row| Line::from(format!("  {:label$}  {:current$}  {}", row[0], row[1], row[2]));
        rows.iter().map(line).collect()
    }

    /// Who stands elsewhere.
    fn moves(&self, pair: &Pair<'_, '_>) -> Vec<Line> {
        let (moves, left) = self.cut(pair.moves.iter().collect());
        let start = |from: Place, to: Place| match (from, to) {
            (Place::Absent, to) => format!("added to {to}"),
            (from, Place::Absent) => format!("removed from {from}"),
            (from, to) => format!("{from} → {to}"),
        };
        let starts: Vec<_> = moves.iter().map(|moved| start(moved.from, moved.to)).collect();
        let width = starts.iter().map(|start| start.chars().count()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for (moved, start) in moves.iter().zip(&starts) {
            let ink = match (moved.from, moved.to) {
                (Place::Absent, _) => Ink::Good,
                (_, Place::Absent) => Ink::Bad,
                _ => Ink::Busy,
            };
            let line = Line::of(ink, format!("  {start:width$}"));
            let line = line.and(Ink::Plain, format!("  {}: ", count(moved.hosts.len(), "host")));
            lines.extend(text::hosts(self.current, line, &moved.hosts));
        }
        note_left(left, "move", &mut lines);
        if !pair.is_in_order() {
            lines.push("  hosts of the same batches come in another order".to_string().into());
        }
        lines
    }

    /// What is true of all versions, and warnings that only one of the plans has.
    fn tail(&self, same: &[&Pair<'_, '_>], differing: &[&Pair<'_, '_>]) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.comparison.reordered {
            let order = |report: &Report<'_, '_>| {
                let versions: Vec<_> = report.plan.rollouts.iter().map(|rollout| rollout.version).collect();
                versions.join(", ")
            };
            lines.push("versions come in another order".to_string().into());
            let sides = [self.current, self.other];
            lines.extend(sides.map(|report| Line::from(format!("  {}: {}", name(report), order(report)))));
        }
        for (from, to, hosts) in &self.comparison.changed {
            let start = format!("another version: {from} → {to}, {}: ", count(hosts.len(), "host"));
            lines.extend(text::hosts(self.current, start.into(), hosts));
        }
        if !same.is_empty() && !differing.is_empty() {
            let versions: Vec<_> = same.iter().map(|pair| pair.version).collect();
            lines.push(format!("the same in both: {}", versions.join(", ")).into());
        }
        let mut warnings = Vec::new();
        for (report, beside) in [(self.current, self.other), (self.other, self.current)] {
            let known = |message: &str| beside.warnings.iter().any(|warning| warning.message == message);
            let own = report.warnings.iter().filter(|warning| !known(&warning.message));
            warnings.extend(own.map(|warning| format!("warning of {}: {}", name(report), warning.message)));
        }
        let most = if self.current.full { warnings.len() } else { WARNINGS };
        lines.extend(warnings.iter().take(most).cloned().map(Line::from));
        note_left(warnings.len().saturating_sub(most), "warning", &mut lines);
        if !lines.is_empty() {
            lines.insert(0, Line::default());
        }
        lines
    }

    /// As many as are shown, and how many are not.
    fn cut<T>(&self, mut rows: Vec<T>) -> (Vec<T>, usize) {
        let left = if self.current.full { 0 } else { rows.len().saturating_sub(LISTED) };
        rows.truncate(rows.len() - left);
        (rows, left)
    }
}

/// What a plan is called.
fn name<'r>(report: &Report<'r, '_>) -> &'r str {
    report.configuration.unwrap_or("no configuration")
}

/// Says how many rows are not shown.
fn note_left(left: usize, noun: &str, lines: &mut Vec<Line>) {
    if left > 0 {
        let more = count(left, noun).replacen(' ', " more ", 1);
        lines.push(format!("  … and {more}; `--full` shows all").into());
    }
}

/// Settings that differ, and the names of the groups where those do.
fn settings(pair: &Pair<'_, '_>) -> Vec<Row> {
    let mut rows = Vec::new();
    if let (Some(current), Some(other)) = (pair.current, pair.other)
        && !pair.has_same_names()
    {
        rows.push(["group".to_string(), current.names.version.clone(), other.names.version.clone()]);
    }
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_string());
    let row = |setting: &Setting| [setting.key.to_string(), value(&setting.current), value(&setting.other)];
    rows.extend(pair.settings.iter().map(row));
    rows
}

/// Batches whose size or bake differs.
fn batches(pair: &Pair<'_, '_>) -> Vec<Row> {
    let sizes = pair.batches().into_iter().map(|(stage, [current, other])| (stage, size(current), size(other)));
    let differing = sizes.filter(|(_, current, other)| current != other);
    differing.map(|(stage, current, other)| [format!("batch {stage}"), current, other]).collect()
}

/// A version that one plan has.
fn only(version: &str, rollout: &Rollout<'_>, name: &str) -> String {
    let batches = count(rollout.batches.len(), "batch");
    format!("{version}: only in {name}, {} in {batches}", count(rollout.host_count(), "host"))
}

/// A batch's hosts and bake.
fn size(batch: Option<&Batch<'_>>) -> String {
    match batch {
        None => "none".to_string(),
        Some(batch) if batch.bake == 0 => count(batch.hosts.len(), "host"),
        Some(batch) => format!("{}, bake {}", count(batch.hosts.len(), "host"), display_seconds(batch.bake)),
    }
}

/// What differs in a version, in a few words.
fn summary(pair: &Pair<'_, '_>) -> String {
    let hosts = |wanted: fn(Place, Place) -> bool| -> usize {
        pair.moves.iter().filter(|moved| wanted(moved.from, moved.to)).map(|moved| moved.hosts.len()).sum()
    };
    let mut parts = Vec::new();
    for (number, verb) in [
        (hosts(|from, to| from != Place::Absent && to != Place::Absent), "moved"),
        (hosts(|from, _| from == Place::Absent), "added"),
        (hosts(|_, to| to == Place::Absent), "removed"),
    ] {
        if number > 0 {
            parts.push(format!("{} {verb}", count(number, "host")));
        }
    }
    if parts.is_empty() {
        let order = if pair.is_in_order() { "" } else { " in another order" };
        parts.push(format!("the same hosts in the same batches{order}"));
    }
    if !pair.settings.is_empty() {
        let settings = pair.settings.len();
        parts.push(format!("{} {}", count(settings, "setting"), if settings == 1 { "differs" } else { "differ" }));
    }
    parts.join(", ")
}
