//! The comparison as a document for programs.

use serde::Serialize;

use super::super::Report;
use super::super::document::{Variable, Warning};
use super::CompareReport;
use crate::plan::Batch;
use crate::plan::compare::{Move, NamedRollout, Pair, Place, Setting};
use crate::plan::names::RolloutNames;

/// The version of this document's shape.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub(super) struct Document<'r> {
    schema: u32,
    same: bool,
    /// The variables that took part, in both plans.
    environment: Vec<Variable<'r>>,
    current: PlanEntry<'r>,
    other: PlanEntry<'r>,
    /// Whether versions that both have come in another order.
    reordered: bool,
    versions: Vec<Version<'r>>,
    /// Hosts in one version of each plan, but not in the same one.
    changed: Vec<Change<'r>>,
}

#[derive(Serialize)]
struct PlanEntry<'r> {
    configuration: Option<&'r str>,
    sources: &'r [String],
    plan_id: String,
    hosts: usize,
    batches: usize,
    /// In plan order.
    versions: Vec<&'r str>,
    warnings: Vec<Warning<'r>>,
}

#[derive(Serialize)]
struct Version<'r> {
    version: &'r str,
    /// `both`, `current` or `other`.
    r#in: &'static str,
    same: bool,
    settings: Vec<SettingEntry<'r>>,
    batches: Vec<BatchEntry<'r>>,
    moves: Vec<MoveEntry<'r>>,
    /// Whether hosts of the same batches come in another order.
    reordered: bool,
}

#[derive(Serialize)]
struct SettingEntry<'r> {
    key: &'r str,
    current: Option<&'r str>,
    other: Option<&'r str>,
}

#[derive(Serialize)]
struct BatchEntry<'r> {
    batch: String,
    current: Option<Size<'r>>,
    other: Option<Size<'r>>,
}

#[derive(Serialize)]
struct Size<'r> {
    group: &'r str,
    size: usize,
    bake_seconds: u64,
}

/// From where to where: a batch, `excluded`, or null for a host that the version is not for.
#[derive(Serialize)]
struct MoveEntry<'r> {
    from: Option<String>,
    to: Option<String>,
    hosts: &'r [&'r str],
}

#[derive(Serialize)]
struct Change<'r> {
    from: &'r str,
    to: &'r str,
    hosts: &'r [&'r str],
}

impl<'r> Document<'r> {
    pub fn new(report: &'r CompareReport<'r, '_>) -> Self {
        let comparison = report.comparison;
        Document {
            schema: SCHEMA,
            same: comparison.is_same(),
            environment: report.current.environment.iter().map(Variable::new).collect(),
            current: PlanEntry::new(report.current),
            other: PlanEntry::new(report.other),
            reordered: comparison.reordered,
            versions: comparison.versions.iter().map(Version::new).collect(),
            changed: comparison.changed.iter().map(|(from, to, hosts)| Change { from, to, hosts }).collect(),
        }
    }
}

impl<'r> PlanEntry<'r> {
    fn new(report: &'r Report<'r, '_>) -> Self {
        PlanEntry {
            configuration: report.configuration,
            sources: report.sources,
            plan_id: report.plan_id(),
            hosts: report.host_count(),
            batches: report.batch_count(),
            versions: report.plan.rollouts.iter().map(|rollout| rollout.version).collect(),
            warnings: report.warnings.iter().map(Warning::new).collect(),
        }
    }
}

impl<'r> Version<'r> {
    fn new(pair: &'r Pair<'r, '_>) -> Self {
        let batches = pair.batches().into_iter().map(|(stage, [current, other])| BatchEntry {
            batch: stage.to_string(),
            current: current.and_then(|batch| Size::new(pair.current?, batch)),
            other: other.and_then(|batch| Size::new(pair.other?, batch)),
        });
        Version {
            version: pair.version,
            r#in: match (pair.current, pair.other) {
                (Some(_), None) => "current",
                (None, _) => "other",
                _ => "both",
            },
            same: pair.is_same(),
            settings: pair.settings.iter().map(SettingEntry::new).collect(),
            batches: batches.collect(),
            moves: pair.moves.iter().map(MoveEntry::new).collect(),
            reordered: !pair.is_in_order(),
        }
    }
}

impl<'r> Size<'r> {
    fn new(side: NamedRollout<'r, '_>, batch: &Batch<'_>) -> Option<Self> {
        let names: &'r RolloutNames = side.names;
        let at = side.rollout.batches.iter().position(|own| own.stage == batch.stage)?;
        Some(Size { group: names.batches.get(at)?, size: batch.hosts.len(), bake_seconds: batch.bake })
    }
}

impl<'r> SettingEntry<'r> {
    fn new(setting: &'r Setting) -> Self {
        SettingEntry { key: setting.key, current: setting.current.as_deref(), other: setting.other.as_deref() }
    }
}

impl<'r> MoveEntry<'r> {
    fn new(moved: &'r Move<'_>) -> Self {
        let place = |place: Place| (place != Place::Absent).then(|| place.to_string());
        MoveEntry { from: place(moved.from), to: place(moved.to), hosts: &moved.hosts }
    }
}
