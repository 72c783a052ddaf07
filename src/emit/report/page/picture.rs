//! The plan as one picture in SVG, for a README or a ticket: it has neither script nor link, and names stand in it as text alone.

use std::io::{self, Write};

use serde::Serialize;

use super::super::layout::{clip, percent};
use super::super::{Report, done_after, permille};
use super::chart::Timeline;
use super::codes::{self, Code};
use super::facts;
use crate::emit::page;
use crate::plan::Rollout;
use crate::policy::display_seconds;
use crate::wording::count;

const PICTURE: &str = include_str!("picture.svg");
/// Versions, batches of one and hosts of a batch that are drawn unless the report is full.
const VERSIONS: usize = 4;
const BATCHES: usize = 16;
const HOSTS: usize = 24;
/// Heights of what it has.
const HEAD: usize = 64;
const TITLE: usize = 52;
const CHART: usize = 200;
const ROW: usize = 22;
const GAP: usize = 18;
/// Characters of a line.
const LINE: usize = 110;

#[derive(Serialize)]
struct Picture {
    id: String,
    head: String,
    height: usize,
    versions: Vec<Version>,
    more: Option<String>,
}

#[derive(Serialize)]
struct Version {
    y: usize,
    title: String,
    facts: String,
    timeline: Option<Timeline>,
    rows: Vec<Row>,
    more: Option<String>,
    more_y: usize,
}

#[derive(Serialize)]
struct Row {
    y: usize,
    stage: String,
    size: String,
    before: f64,
    share: f64,
    so_far: String,
    bake: String,
    cells: Vec<Cell>,
    more: Option<String>,
    more_x: usize,
}

#[derive(Serialize)]
struct Cell {
    x: usize,
    code: Code,
}

/// Writes the picture.
pub(in crate::emit::report) fn write(report: &Report<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let most = |most: usize| if report.full { usize::MAX } else { most };
    let mut y = HEAD;
    let mut versions = Vec::new();
    for rollout in report.plan.rollouts.iter().take(most(VERSIONS)) {
        let version = version(report, rollout, y, most(BATCHES));
        y = version.more_y + if version.more.is_some() { ROW } else { 0 } + GAP;
        versions.push(version);
    }
    let left = report.plan.rollouts.len().saturating_sub(versions.len());
    let totals = [
        count(report.host_count(), "host"),
        count(report.plan.rollouts.len(), "version"),
        count(report.batch_count(), "batch"),
        format!("bakes alone take {}", display_seconds(report.bake_seconds())),
    ];
    let shown = if report.bake_seconds() > 0 { totals.len() } else { totals.len() - 1 };
    let picture = Picture {
        id: report.plan_id(),
        head: totals[..shown].join(", "),
        height: y + if left > 0 { ROW } else { 0 },
        versions,
        more: (left > 0).then(|| format!("… and {} more", count(left, "version"))),
    };
    page::fill(PICTURE, &picture, out)
}

fn version(report: &Report<'_, '_>, rollout: &Rollout<'_>, y: usize, batches: usize) -> Version {
    let hosts = rollout.host_count();
    let timeline = (rollout.batches.len() > 1).then(|| Timeline::of(rollout));
    let top = TITLE + if timeline.is_some() { CHART } else { 0 };
    let codes = rollout.labels.first().map(codes::of).unwrap_or_default();
    let plain = Code { text: String::new(), class: "k".to_string() };
    let row = |(i, (batch, done)): (usize, (&crate::plan::Batch<'_>, usize))| {
        let size = batch.hosts.len();
        let share = |part: usize| permille(part, hosts) as f64 / 10.0;
        let of = batch.domains.first();
        let code = |i: usize| of.and_then(|of| codes.get(of.get(i)?.index())).unwrap_or(&plain).clone();
        let drawn = if size > HOSTS { HOSTS - 2 } else { size };
        Row {
            y: top + i * ROW,
            stage: batch.stage.to_string(),
            size: count(size, "host"),
            before: share(done - size) * 1.6,
            share: share(size) * 1.6,
            so_far: percent(permille(done, hosts)),
            bake: if batch.bake > 0 { format!("bake {}", display_seconds(batch.bake)) } else { String::new() },
            cells: (0..drawn).map(|i| Cell { x: i * 20, code: code(i) }).collect(),
            more: (drawn < size).then(|| format!("+{}", size - drawn)),
            more_x: drawn * 20 + 4,
        }
    };
    let rows: Vec<Row> = rollout.batches.iter().zip(done_after(rollout)).enumerate().take(batches).map(row).collect();
    let left = rollout.batches.len() - rows.len();
    Version {
        y,
        title: clip(rollout.version, LINE / 2),
        facts: clip(&facts(report, rollout).join(", "), LINE),
        timeline,
        more: (left > 0).then(|| format!("… and {left} more {}", if left == 1 { "batch" } else { "batches" })),
        more_y: y + top + rows.len() * ROW,
        rows,
    }
}
