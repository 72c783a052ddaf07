//! For programs: `json`, `ndjson`, `tsv` and `regal`. Lists in order, never mappings by name.

use std::io::Write;

use serde::Serialize;

use super::Export;
use crate::emit::{regal as iter_dict, report};
use crate::error::{Error, Problem, Result};
use crate::plan::Stage;

/// The version of the lines' shape.
const SCHEMA: u32 = 1;

/// The document of `plan --format json`.
pub(super) fn json(export: &Export<'_, '_>, _: &mut Vec<Problem>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    export.written(export.report.write(report::Format::Json, &mut out))?;
    Ok(out)
}

/// The shape of regal's `iter_dict()`; any host text without a comma will do.
pub(super) fn regal(export: &Export<'_, '_>, _: &mut Vec<Problem>) -> Result<Vec<u8>> {
    let hosts = export.plan().rollouts.iter().flat_map(|rollout| &rollout.batches).flat_map(|batch| &batch.hosts);
    let split = hosts.filter(|host| host.contains(','));
    let problem = |host: &&str| export.refuse(host, "it has a comma, which stands between two hosts there");
    Error::unless_any(split.map(problem).collect(), ())?;
    let mut out = Vec::new();
    export.written(iter_dict::write(export.plan(), &mut out))?;
    Ok(out)
}

/// A line of `ndjson`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'l> {
    Batch {
        version: &'l str,
        name: String,
        group: &'static str,
        index: usize,
        hosts: &'l [&'l str],
        addresses: Vec<&'l str>,
    },
    End {
        schema: u32,
        batches: usize,
    },
}

/// A JSON document a line: the batches in order, then an end, without which the stream was cut.
pub(super) fn ndjson(export: &Export<'_, '_>, _: &mut Vec<Problem>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut problems = Vec::new();
    let mut batches = 0;
    for (rollout, _) in export.rollouts() {
        let addresses = export.addresses(rollout, &mut problems);
        for (batch, addresses) in rollout.batches.iter().zip(addresses) {
            let line = Line::Batch {
                version: rollout.version,
                name: format!("group{}", batch.stage),
                group: user_group(batch.stage),
                index: batch.stage.index(),
                hosts: &batch.hosts,
                addresses,
            };
            write_line(export, &mut out, &line)?;
            batches += 1;
        }
    }
    write_line(export, &mut out, &Line::End { schema: SCHEMA, batches })?;
    Error::unless_any(problems, out)
}

fn write_line(export: &Export<'_, '_>, out: &mut Vec<u8>, line: &Line<'_>) -> Result<()> {
    export.written(serde_json::to_writer(&mut *out, line).map_err(std::io::Error::from))?;
    out.push(b'\n');
    Ok(())
}

fn user_group(stage: Stage) -> &'static str {
    match stage {
        Stage::A => "A",
        Stage::B(_) => "B",
    }
}

/// A line a host with tabs between version, index of the batch, batch, user group, host and address; without a head.
pub(super) fn tsv(export: &Export<'_, '_>, _: &mut Vec<Problem>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut problems = Vec::new();
    for (rollout, _) in export.rollouts() {
        problems.extend(control_character(export, rollout.version));
        let addresses = export.addresses(rollout, &mut problems);
        for (batch, addresses) in rollout.batches.iter().zip(addresses) {
            let (stage, index) = (batch.stage, batch.stage.index());
            let head = format!("{}\t{index}\tgroup{stage}\t{}", rollout.version, user_group(stage));
            problems.extend(batch.hosts.iter().filter_map(|host| control_character(export, host)));
            // Where an address is missing there is a problem, and no result.
            for (host, address) in batch.hosts.iter().zip(addresses) {
                export.written(writeln!(out, "{head}\t{host}\t{address}"))?;
            }
        }
    }
    Error::unless_any(problems, out)
}

fn control_character(export: &Export<'_, '_>, name: &str) -> Option<Problem> {
    let found = name.chars().find(|c| c.is_control())?;
    let problem = export.refuse(name, format!("it has a `{}`", found.escape_debug()));
    Some(problem.hint("a line has tabs between its fields; use ndjson"))
}
