//! The report as a document for programs: lists, never mappings by name.

use serde::Serialize;

use super::{Report, done_after, permille, rollout_id};
use crate::error::Problem;
use crate::plan::Rollout;
use crate::plan::names::RolloutNames;
use crate::text::{Arena, Pos};
use crate::value::{Entry, KeyKind, Value};

/// The version of this document's shape.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub(super) struct Document<'r> {
    schema: u32,
    plan_id: String,
    configuration: Option<&'r str>,
    environment: Vec<Variable<'r>>,
    sources: &'r [String],
    hosts: usize,
    batches: usize,
    bake_seconds: u64,
    versions: Vec<Version<'r>>,
    excluded: Vec<&'r str>,
    unversioned: &'r [&'r str],
    notes: Vec<String>,
    warnings: Vec<Warning<'r>>,
}

#[derive(Serialize)]
pub(super) struct Variable<'r> {
    name: &'r str,
    value: &'r str,
}

#[derive(Serialize)]
struct Version<'r> {
    version: &'r str,
    group: &'r str,
    plan_id: String,
    hosts: usize,
    bake_seconds: u64,
    approval: &'static str,
    max_failures: usize,
    batches: Vec<BatchEntry<'r>>,
    excluded: &'r [&'r str],
    notes: &'r [String],
}

#[derive(Serialize)]
struct BatchEntry<'r> {
    group: &'r str,
    batch: String,
    index: usize,
    size: usize,
    /// Percent of the version's hosts that are done after this batch, to one decimal.
    percent: f64,
    bake_seconds: u64,
    hosts: &'r [&'r str],
}

#[derive(Serialize)]
pub(super) struct Warning<'r> {
    message: &'r str,
    location: Option<String>,
    hint: Option<&'r str>,
}

impl<'r> Document<'r> {
    pub fn new(report: &'r Report<'r, '_>) -> Self {
        Document {
            schema: SCHEMA,
            plan_id: report.plan_id(),
            configuration: report.configuration,
            environment: report.environment.iter().map(Variable::new).collect(),
            sources: report.sources,
            hosts: report.host_count(),
            batches: report.batch_count(),
            bake_seconds: report.bake_seconds(),
            versions: report.rollouts().map(|(rollout, names)| Version::new(rollout, names)).collect(),
            excluded: report.excluded(),
            unversioned: &report.plan.unversioned,
            notes: report.notes(),
            warnings: report.warnings.iter().map(Warning::new).collect(),
        }
    }
}

impl<'r> Version<'r> {
    fn new(rollout: &'r Rollout<'_>, names: &'r RolloutNames) -> Self {
        let hosts = rollout.host_count();
        let batches = rollout.batches.iter().zip(&names.batches).zip(done_after(rollout)).enumerate();
        let entry =
            |(index, ((batch, group), done)): (usize, ((&'r crate::plan::Batch<'_>, &'r String), usize))| BatchEntry {
                group,
                batch: batch.stage.to_string(),
                index,
                size: batch.hosts.len(),
                percent: permille(done, hosts) as f64 / 10.0,
                bake_seconds: batch.bake,
                hosts: &batch.hosts,
            };
        Version {
            version: rollout.version,
            group: &names.version,
            plan_id: rollout_id(rollout, names),
            hosts,
            bake_seconds: rollout.bake_seconds(),
            approval: rollout.approval.as_str(),
            max_failures: rollout.max_failures,
            batches: batches.map(entry).collect(),
            excluded: &rollout.excluded,
            notes: &rollout.notes,
        }
    }
}

impl<'r> Variable<'r> {
    pub fn new((name, value): &'r (String, String)) -> Self {
        Variable { name, value }
    }
}

impl<'r> Warning<'r> {
    pub fn new(problem: &'r Problem) -> Self {
        let location = problem.location.as_ref().map(ToString::to_string);
        Warning { message: &problem.message, location, hint: problem.hint.as_deref() }
    }
}

/// The same document as a value, which the one writer of YAML takes.
pub(super) fn to_value<'v>(arena: &'v Arena, json: &'v serde_json::Value) -> Value<'v> {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(true) => Value::Bool(true, "true"),
        serde_json::Value::Bool(false) => Value::Bool(false, "false"),
        serde_json::Value::Number(number) if number.is_f64() => Value::Float(arena.alloc_str(&number.to_string())),
        serde_json::Value::Number(number) => Value::Int(arena.alloc_str(&number.to_string())),
        serde_json::Value::String(text) => Value::Str(text),
        serde_json::Value::Array(items) => {
            Value::List(arena.alloc_slice_fill_iter(items.iter().map(|item| to_value(arena, item))))
        }
        serde_json::Value::Object(entries) => {
            let entry = |(key, value): (&'v String, &'v serde_json::Value)| Entry {
                key,
                kind: KeyKind::Str,
                at: Pos::default(),
                value: to_value(arena, value),
            };
            Value::Map(arena.alloc_slice_fill_iter(entries.iter().map(entry)))
        }
    }
}
