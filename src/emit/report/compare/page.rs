//! Two plans side by side, as a page.

use std::io::{self, Write};

use serde::Serialize;

use super::{CompareReport, Row, batches, name, only, settings, summary};
use crate::emit::page::Page;
use crate::emit::report::Report;
use crate::fold;
use crate::plan::compare::{Move, Pair, Place};
use crate::wording::count;

const COMPARE: &str = include_str!("compare.html");

#[derive(Serialize)]
struct Model {
    verdict: &'static str,
    sides: [Side; 2],
    versions: Vec<Version>,
    same: Vec<String>,
    changed: Vec<Moved>,
    reordered: bool,
}

#[derive(Serialize)]
struct Side {
    name: String,
    id: String,
    totals: String,
}

#[derive(Serialize)]
struct Version {
    version: String,
    summary: String,
    rows: Vec<Row>,
    moves: Vec<Moved>,
    another_order: bool,
}

/// Hosts that go from one place to another.
#[derive(Serialize)]
struct Moved {
    /// `added`, `removed` or `moved`.
    kind: &'static str,
    from: String,
    to: String,
    count: String,
    hosts: String,
}

pub(super) fn write(report: &CompareReport<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let comparison = report.comparison;
    let (same, differing): (Vec<_>, Vec<_>) = comparison.versions.iter().partition(|pair| pair.is_same());
    let changed = comparison.changed.iter().map(|(from, to, hosts)| Moved {
        kind: "moved",
        from: (*from).to_string(),
        to: (*to).to_string(),
        count: count(hosts.len(), "host"),
        hosts: fold::within(hosts, usize::MAX),
    });
    let model = Model {
        verdict: report.verdict(),
        sides: [side(report.current), side(report.other)],
        versions: differing.into_iter().map(|pair| version(report, pair)).collect(),
        same: same.iter().map(|pair| pair.version.to_string()).collect(),
        changed: changed.collect(),
        reordered: comparison.reordered,
    };
    Page { title: "Two rollout plans", body: COMPARE, again: None }.write(&model, out)
}

fn side(report: &Report<'_, '_>) -> Side {
    let totals = [
        count(report.plan.rollouts.len(), "version"),
        count(report.host_count(), "host"),
        count(report.batch_count(), "batch"),
    ];
    Side { name: name(report).to_string(), id: report.plan_id(), totals: totals.join(", ") }
}

fn version(report: &CompareReport<'_, '_>, pair: &Pair<'_, '_>) -> Version {
    let summary = match (pair.current, pair.other) {
        (Some(side), None) => only(pair.version, side.rollout, name(report.current)),
        (None, Some(side)) => only(pair.version, side.rollout, name(report.other)),
        _ => summary(pair),
    };
    Version {
        version: pair.version.to_string(),
        summary,
        rows: settings(pair).into_iter().chain(batches(pair)).collect(),
        moves: pair.moves.iter().map(moved).collect(),
        another_order: !pair.is_in_order(),
    }
}

fn moved(moved: &Move<'_>) -> Moved {
    Moved {
        kind: match (moved.from, moved.to) {
            (Place::Absent, _) => "added",
            (_, Place::Absent) => "removed",
            _ => "moved",
        },
        from: moved.from.to_string(),
        to: moved.to.to_string(),
        count: count(moved.hosts.len(), "host"),
        hosts: fold::within(&moved.hosts, usize::MAX),
    }
}
