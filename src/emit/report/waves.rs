//! The waves of a plan: which batches of which versions run together.

use std::io::{self, Write};

use serde::Serialize;

use super::document::{Variable, Warning};
use super::layout::{LINES, percent};
use super::{Report, ReportFormat, markdown, permille, text};
use crate::emit::look::{Ink, Line, Look};
use crate::plan::Rollout;
use crate::plan::waves::{Part, Wave};
use crate::policy::display_seconds;
use crate::wording::count;

/// The version of the document's shape.
const SCHEMA: u32 = 1;

/// A report whose plan is shown in waves.
#[derive(Clone, Copy, Debug)]
pub struct WavesReport<'r, 'a> {
    /// The plan and what stands around it.
    pub report: &'r Report<'r, 'a>,
    /// The plan's waves.
    pub waves: &'r [Wave<'r, 'a>],
}

impl WavesReport<'_, '_> {
    /// Writes the report.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, format: ReportFormat, out: &mut impl Write) -> io::Result<()> {
        match format {
            ReportFormat::Json | ReportFormat::Yaml => super::write_document(&self.document(), format, out),
            ReportFormat::Markdown => self.write_markdown(out),
            _ => self.write_text(out),
        }
    }

    /// The number of hosts; none stands in two versions here.
    fn host_count(&self) -> usize {
        self.waves.iter().map(Wave::host_count).sum()
    }

    /// Seconds of watching; the last wave has none to wait for.
    fn bake_seconds(&self) -> u64 {
        let waits = self.waves.len().saturating_sub(1);
        self.waves.iter().take(waits).fold(0, |sum: u64, wave| sum.saturating_add(wave.bake()))
    }

    /// The waves, each with the tenths of a percent of all hosts that are done after it.
    fn progress(&self) -> impl Iterator<Item = (&Wave<'_, '_>, usize)> {
        let all = self.host_count();
        self.waves.iter().scan(0, move |done, wave| {
            *done += wave.host_count();
            Some((wave, permille(*done, all)))
        })
    }

    fn summary(&self) -> String {
        let mut totals = vec![
            count(self.report.plan.rollouts.len(), "version"),
            count(self.host_count(), "host"),
            count(self.waves.len(), "wave"),
        ];
        if self.bake_seconds() > 0 {
            totals.push(format!("bakes alone take {}", display_seconds(self.bake_seconds())));
        }
        totals.join(", ")
    }

    /// What to give to `rollout.yml`.
    fn variables(&self) -> [String; 3] {
        let groups: Vec<_> = self.report.names.rollouts.iter().map(|names| names.version.as_str()).collect();
        [
            "rollout_waves=parallel".to_string(),
            format!("rollout_plan_id={}", self.report.plan_id()),
            format!("rollout_version={}", groups.join(",")),
        ]
    }

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let mut lines = text::head(self.report);
        lines[0] = text::first(self.report, " in waves", &self.summary());
        lines.push(Line::default());
        for (rollout, names) in self.report.rollouts().take(LINES / 4) {
            lines.push(text::title(self.report, rollout, names));
        }
        let hidden = self.report.plan.rollouts.len().saturating_sub(LINES / 4);
        if hidden > 0 {
            lines.push(format!("… and {}", count(hidden, "more version")).into());
        }
        lines.push(Line::default());
        let mut tail = text::tail(self.report);
        tail.push(Line::default());
        let given: Vec<_> = self.variables().iter().map(|given| format!("-e {given}")).collect();
        tail.push(text::labelled("rollout.yml", given.join(" ")));
        let room = LINES.saturating_sub(lines.len() + tail.len());
        lines.extend(self.table(if self.report.full { usize::MAX } else { room }));
        lines.extend(tail);
        text::print(self.report, lines.into_iter(), out)
    }

    /// The waves in at most `room` lines.
    fn table(&self, room: usize) -> Vec<Line> {
        let columns = Columns::of(self.waves, self.report.look);
        let mut lines = vec![columns.heading()];
        let mut shown = 0;
        for (i, (wave, done)) in self.progress().enumerate() {
            // the last line may count the waves that are left
            let needed = wave.parts.len() + usize::from(i + 1 < self.waves.len());
            if lines.len() + needed > room {
                break;
            }
            let (stage, hosts) = (wave.stage.to_string(), wave.host_count().to_string());
            let mut start = [stage.as_str(), &hosts, &percent(done), &display_seconds(wave.bake())].map(str::to_string);
            for part in &wave.parts {
                let [stage, hosts, done, bake] = &start;
                let line = columns.line([stage, hosts, done, bake, part.group]);
                lines.extend(text::hosts(self.report, line, &part.batch.hosts));
                start = Default::default();
            }
            shown += 1;
        }
        if shown < self.waves.len() {
            let left = &self.waves[shown..];
            let hosts = left.iter().map(Wave::host_count).sum();
            let more =
                format!("… and {} with {}; `--full` shows all", count(left.len(), "more wave"), count(hosts, "host"));
            lines.push(more.into());
        }
        lines
    }

    fn write_markdown(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "# Rollout plan {} in waves\n\n{}\n", self.report.plan_id(), self.summary())?;
        writeln!(
            out,
            "| wave | hosts | in all | bake | group | hosts of the group |\n| --- | ---: | ---: | --- | --- | --- |"
        )?;
        for (wave, done) in self.progress() {
            let mut start = format!(
                "| {} | {} | {} | {} |",
                wave.stage,
                wave.host_count(),
                percent(done),
                display_seconds(wave.bake())
            );
            for part in &wave.parts {
                let hosts = markdown::hosts_text(self.report, &part.batch.hosts);
                writeln!(out, "{start} {} | {hosts} |", markdown::escape(part.group))?;
                start = "| | | | |".to_string();
            }
        }
        // names of groups need no escapes in code
        writeln!(out, "\nWhat to give to `rollout.yml`:\n\n```")?;
        self.variables().iter().try_for_each(|given| writeln!(out, "-e {given}"))?;
        writeln!(out, "```")?;
        markdown::write_remarks(self.report, out)
    }

    fn document(&self) -> Document<'_> {
        let report = self.report;
        let after = |rollout: &Rollout<'_>| {
            let others = report.rollouts().filter(|(other, _)| rollout.after.contains(&other.version));
            others.map(|(_, names)| names.version.as_str()).collect()
        };
        let versions = report.rollouts().map(|(rollout, names)| Version {
            version: rollout.version,
            group: &names.version,
            hosts: rollout.host_count(),
            batches: rollout.batches.len(),
            approval: rollout.approval.as_str(),
            max_failures: rollout.max_failures,
            after: after(rollout),
        });
        let waves = self.progress().enumerate().map(|(i, (wave, done))| WaveEntry {
            wave: i + 1,
            batch: wave.stage.to_string(),
            level: wave.level,
            size: wave.host_count(),
            percent: done as f64 / 10.0,
            bake_seconds: wave.bake(),
            groups: wave.parts.iter().map(PartEntry::new).collect(),
        });
        Document {
            schema: SCHEMA,
            plan_id: report.plan_id(),
            configuration: report.configuration,
            environment: report.environment.iter().map(Variable::new).collect(),
            sources: report.sources,
            hosts: self.host_count(),
            bake_seconds: self.bake_seconds(),
            variables: self.variables(),
            versions: versions.collect(),
            waves: waves.collect(),
            excluded: report.excluded(),
            unversioned: &report.plan.unversioned,
            notes: report.notes(),
            warnings: report.warnings.iter().map(Warning::new).collect(),
        }
    }
}

/// The widths of the columns.
struct Columns {
    look: Look,
    wave: usize,
    hosts: usize,
    /// 0 where no wave is watched.
    bake: usize,
    group: usize,
}

impl Columns {
    fn of(waves: &[Wave<'_, '_>], look: Look) -> Self {
        let mut columns = Columns { look, wave: "wave".len(), hosts: "hosts".len(), bake: 0, group: "group".len() };
        for wave in waves {
            columns.wave = columns.wave.max(wave.stage.to_string().len());
            columns.hosts = columns.hosts.max(wave.host_count().to_string().len());
            if wave.bake() > 0 {
                columns.bake = columns.bake.max(display_seconds(wave.bake()).len()).max("bake".len());
            }
            for part in &wave.parts {
                columns.group = columns.group.max(look.measure(part.group));
            }
        }
        columns
    }

    /// The line that names them.
    fn heading(&self) -> Line {
        let [start, group] = self.cells(["wave", "hosts", "in all", "bake", "group"]);
        Line::of(Ink::Faint, format!("{start}{group}which"))
    }

    /// The start of a line, up to the hosts.
    fn line(&self, cells: [&str; 5]) -> Line {
        let [start, group] = self.cells(cells);
        Line::from(start).and(Ink::Group, group)
    }

    /// All cells but the last, and that.
    fn cells(&self, [wave, hosts, so_far, bake, group]: [&str; 5]) -> [String; 2] {
        let start = format!("{wave:0$}  {hosts:>1$}  {so_far:>6}  ", self.wave, self.hosts);
        let bake = if self.bake > 0 { format!("{bake:>0$}  ", self.bake) } else { String::new() };
        [format!("{start}{bake}"), format!("{}  ", self.look.pad(group, self.group))]
    }
}

#[derive(Serialize)]
struct Document<'r> {
    schema: u32,
    plan_id: String,
    configuration: Option<&'r str>,
    environment: Vec<Variable<'r>>,
    sources: &'r [String],
    hosts: usize,
    bake_seconds: u64,
    /// What to give to `rollout.yml`.
    variables: [String; 3],
    versions: Vec<Version<'r>>,
    waves: Vec<WaveEntry<'r>>,
    excluded: Vec<&'r str>,
    unversioned: &'r [&'r str],
    notes: Vec<String>,
    warnings: Vec<Warning<'r>>,
}

#[derive(Serialize)]
struct Version<'r> {
    version: &'r str,
    group: &'r str,
    hosts: usize,
    batches: usize,
    approval: &'static str,
    max_failures: usize,
    /// The groups of the shown versions that it comes after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<&'r str>,
}

#[derive(Serialize)]
struct WaveEntry<'r> {
    /// From 1.
    wave: usize,
    /// The batches of the wave: `A`, `B1` …
    batch: String,
    /// Which step of these batches, from 0, where versions come after others.
    level: usize,
    size: usize,
    /// Percent of all hosts that are done after this wave, to one decimal.
    percent: f64,
    bake_seconds: u64,
    groups: Vec<PartEntry<'r>>,
}

#[derive(Serialize)]
struct PartEntry<'r> {
    version: &'r str,
    group: &'r str,
    size: usize,
    hosts: &'r [&'r str],
}

impl<'r> PartEntry<'r> {
    fn new(part: &Part<'r, 'r>) -> Self {
        PartEntry { version: part.version, group: part.group, size: part.batch.hosts.len(), hosts: &part.batch.hosts }
    }
}
