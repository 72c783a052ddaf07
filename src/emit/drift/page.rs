//! What differs between a frozen plan and that of today's inventory, as a page.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::{DriftReport, value};
use crate::emit::page::Page;
use crate::fold;
use crate::wording::count;

const DRIFT: &str = include_str!("drift.html");

#[derive(Serialize)]
struct Model {
    verdict: &'static str,
    file: String,
    id: String,
    moves: Vec<Moved>,
    settings: Vec<Setting>,
}

/// Hosts of which the same is true.
#[derive(Serialize)]
struct Moved {
    /// `added`, `removed` or `moved`.
    kind: &'static str,
    what: String,
    count: String,
    hosts: String,
}

#[derive(Serialize)]
struct Setting {
    version: String,
    key: &'static str,
    from: String,
    to: String,
}

pub(super) fn write(report: &DriftReport<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    let drift = report.drift;
    let settings = drift.settings.iter().map(|change| Setting {
        version: report.name(change.version),
        key: change.key,
        from: value(change.from.as_ref()),
        to: value(change.to.as_ref()),
    });
    let is_same = drift.is_empty();
    let model = Model {
        verdict: if is_same { "still the plan of the inventory" } else { "the inventory has another plan now" },
        file: report.frozen.path.display().to_string(),
        id: report.frozen.id.clone(),
        moves: moves(report),
        settings: settings.collect(),
    };
    Page { title: "A frozen plan and today's inventory", body: DRIFT, again: None }.write(&model, out)
}

/// All hosts that differ, those of which the same is true together, in the order of the text.
fn moves(report: &DriftReport<'_, '_>) -> Vec<Moved> {
    let drift = report.drift;
    let removed = drift.removed.iter().map(|host| ("removed", "no longer in the inventory".to_string(), *host));
    let added = drift
        .added
        .iter()
        .map(|added| ("added", format!("should run {}, in no batch of it", report.name(added.version)), added.host));
    let moved = drift
        .moved
        .iter()
        .map(|moved| ("moved", format!("{} → {}", report.name(moved.from), report.names(&moved.to)), moved.host));
    let domains = drift
        .domains
        .iter()
        .map(|change| ("moved", format!("{} {} → {}", change.label, change.from, change.to), change.host));
    let mut places = HashMap::new();
    let mut groups: Vec<((&'static str, String), Vec<&str>)> = Vec::new();
    for (kind, what, host) in removed.chain(added).chain(moved).chain(domains) {
        let key = (kind, what);
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, hosts)) => hosts.push(host),
            None => groups.push((key, vec![host])),
        }
    }
    let group = |((kind, what), hosts): ((&'static str, String), Vec<&str>)| Moved {
        kind,
        what,
        count: count(hosts.len(), "host"),
        hosts: fold::within(&hosts, usize::MAX),
    };
    groups.into_iter().map(group).collect()
}
