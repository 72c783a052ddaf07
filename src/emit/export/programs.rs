//! For programs: `json`, `ndjson`, `tsv` and `regal`. Lists in order, never mappings by name.

use std::io::Write;

use serde::Serialize;

use super::Export;
use super::login::Logins;
use crate::diagnostics::Diagnostics;
use crate::emit::connection::How;
use crate::emit::{json, regal as iter_dict, report};
use crate::error::{Error, Problem, Result};
use crate::plan::Stage;

/// The version of the lines' shape.
const SCHEMA: u32 = 1;

/// The document of `plan --format json`.
pub(super) fn json(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    let mut ways = Ways::new(export);
    for host in export.rollouts().flat_map(|(rollout, _)| &rollout.batches).flat_map(|batch| &batch.hosts) {
        ways.of(host);
    }
    ways.logins.warn(export, found);
    let mut out = Vec::new();
    export.written(export.report.write(report::ReportFormat::Json, &mut out))?;
    Ok(out)
}

/// The shape of regal's `iter_dict()`; any host text without a comma will do.
pub(super) fn regal(export: &Export<'_, '_>, _: &mut Diagnostics) -> Result<Vec<u8>> {
    let hosts = export.plan().rollouts.iter().flat_map(|rollout| &rollout.batches).flat_map(|batch| &batch.hosts);
    let split = hosts.filter(|host| host.contains(','));
    let problem = |host: &&str| export.refuse(host, "it has a comma, which separates hosts there");
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
        #[serde(skip_serializing_if = "are_unsaid")]
        connections: Vec<How<'l>>,
    },
    End {
        schema: u32,
        batches: usize,
    },
}

fn are_unsaid(connections: &[How<'_>]) -> bool {
    connections.iter().all(How::is_empty)
}

/// A JSON document a line: the batches in order, then an end, without which the stream was cut.
pub(super) fn ndjson(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    let mut ways = Ways::new(export);
    let mut out = Vec::new();
    let mut batches = 0;
    for (rollout, _) in export.rollouts() {
        let addresses = export.addresses(rollout, found);
        for (batch, addresses) in rollout.batches.iter().zip(addresses) {
            let line = Line::Batch {
                version: rollout.version,
                name: format!("group{}", batch.stage),
                group: user_group(batch.stage),
                index: batch.stage.index(),
                hosts: &batch.hosts,
                addresses,
                connections: batch.hosts.iter().map(|host| ways.of(host)).collect(),
            };
            write_line(export, &mut out, &line)?;
            batches += 1;
        }
    }
    write_line(export, &mut out, &Line::End { schema: SCHEMA, batches })?;
    ways.logins.warn(export, found);
    Ok(out)
}

fn write_line(export: &Export<'_, '_>, out: &mut Vec<u8>, line: &Line<'_>) -> Result<()> {
    export.written(json::write_line(line, out))
}

fn user_group(stage: Stage) -> &'static str {
    match stage {
        Stage::A => "A",
        Stage::B(_) => "B",
    }
}

/// A line a host with tabs between version, index of the batch, batch, user group, host, address, port, user, key file,
/// arguments for ssh, connection and the user that tasks become; without a head.
pub(super) fn tsv(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    let mut ways = Ways::new(export);
    let mut out = Vec::new();
    for (rollout, _) in export.rollouts() {
        found.error_all(control_character(export, rollout.version));
        let addresses = export.addresses(rollout, found);
        for (batch, addresses) in rollout.batches.iter().zip(addresses) {
            let (stage, index) = (batch.stage, batch.stage.index());
            let head = format!("{}\t{index}\tgroup{stage}\t{}", rollout.version, user_group(stage));
            found.error_all(batch.hosts.iter().filter_map(|host| control_character(export, host)));
            // Where an address is missing there is a problem, and no result.
            for (host, address) in batch.hosts.iter().zip(addresses) {
                let How { port, user, private_key_file, ssh_args, connection, becomes } = ways.of(host);
                let last = [port, user, private_key_file, ssh_args.as_deref(), connection, becomes];
                let last = last.map(Option::unwrap_or_default);
                found.error_all(last.iter().filter_map(|text| unclear_field(export, host, text)));
                export.written(writeln!(out, "{head}\t{host}\t{address}\t{}", last.join("\t")))?;
            }
        }
    }
    ways.logins.warn(export, found);
    Ok(out)
}

/// How hosts are reached, in the inventory's own texts; what is not text, or not a field, is left out.
struct Ways<'e, 'a> {
    logins: Logins<'e, 'a>,
}

impl<'e, 'a> Ways<'e, 'a> {
    fn new(export: &Export<'e, 'a>) -> Self {
        Ways { logins: Logins::new(export) }
    }

    fn of(&mut self, host: &'a str) -> How<'a> {
        if self.logins.are_unsaid() {
            return How::default();
        }
        let connections = self.logins.connections();
        let mut left: Vec<&'static str> = connections.others(host).collect();
        let how = connections.how(host, |name| left.push(name));
        left.into_iter().for_each(|name| self.logins.leave_out(name, host));
        how
    }
}

/// A field that would be two.
fn unclear_field(export: &Export<'_, '_>, host: &str, text: &str) -> Option<Problem> {
    let found = text.chars().find(|c| c.is_control())?;
    let why = format!("what it says of its connection has a `{}`", found.escape_debug());
    Some(export.refuse(host, why).hint("a line has tabs between its fields; use ndjson"))
}

fn control_character(export: &Export<'_, '_>, name: &str) -> Option<Problem> {
    let found = name.chars().find(|c| c.is_control())?;
    let problem = export.refuse(name, format!("it has a `{}`", found.escape_debug()));
    Some(problem.hint("a line has tabs between its fields; use ndjson"))
}
