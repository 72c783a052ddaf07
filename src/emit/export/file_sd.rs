//! `file-sd`: targets for Prometheus' file service discovery, labelled by version, batch and user group, so that a dashboard
//! sets the canary against the rest.

use serde::Serialize;

use super::address::with_port;
use super::{Export, Setting};
use crate::diagnostics::Diagnostics;
use crate::emit::json;
use crate::error::Result;
use crate::plan::Stage;

pub(super) const USES: &[Setting] = &[Setting::Port, Setting::ByName];

#[derive(Serialize)]
struct Entry<'e> {
    targets: Vec<String>,
    labels: Labels<'e>,
}

#[derive(Serialize)]
struct Labels<'e> {
    regal_version: &'e str,
    regal_batch: String,
    regal_user_group: &'static str,
}

pub(super) fn render(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    let port = export.service_port()?;
    let mut entries = Vec::new();
    for (rollout, _) in export.rollouts() {
        for batch in &rollout.batches {
            let mut targets = Vec::with_capacity(batch.hosts.len());
            for host in batch.hosts.iter().copied() {
                match (export.address(host), export.port(host, port)) {
                    (Ok(address), Ok(port)) => targets.push(with_port(address, port)),
                    (address, port) => found.error_all(address.err().into_iter().chain(port.err())),
                }
            }
            let regal_user_group = if batch.stage == Stage::A { "A" } else { "B" };
            let regal_batch = format!("group{}", batch.stage);
            entries.push(Entry {
                targets,
                labels: Labels { regal_version: rollout.version, regal_batch, regal_user_group },
            });
        }
    }
    let mut out = Vec::new();
    export.written(json::write_pretty(&entries, &mut out))?;
    Ok(out)
}
