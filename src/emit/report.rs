//! The report of a plan: what an operator reads before touching production, or hands to a change board.

pub mod compare;
mod diagram;
mod document;
mod domains;
mod layout;
mod markdown;
pub mod page;
#[cfg(test)]
mod tests;
mod text;
pub mod waves;

use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;

use super::connection::Connection;
use super::json;
use super::look::Look;
use crate::error::Problem;
use crate::plan::names::{GroupNames, RolloutNames};
use crate::plan::{Batch, Plan, Rollout, plan_id};
use crate::text::Arena;
use crate::value::from_json;
pub(super) use document::DomainKey;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportFormat {
    /// For people: at most 120 columns and, unless full, 70 lines; on a terminal, its columns.
    #[default]
    Text,
    /// For programs; always full.
    Json,
    /// The same document as the JSON; always full.
    Yaml,
    /// For a ticket or a wiki.
    Markdown,
    /// A diagram that GitHub and GitLab draw.
    Mermaid,
    /// A diagram that Graphviz draws.
    Dot,
    /// A picture.
    Svg,
}

/// Versions that a note names one by one.
const NAMED: usize = 3;

/// A plan with what stands around it in a report.
#[derive(Clone, Copy, Debug)]
pub struct Report<'r, 'a> {
    /// The plan.
    pub plan: &'r Plan<'a>,
    /// Its group names.
    pub names: &'r GroupNames,
    /// Its id, where that is known already.
    pub id: Option<&'r str>,
    /// The configuration file.
    pub configuration: Option<&'r str>,
    /// The environment variables that took part, with their values.
    pub environment: &'r [(String, String)],
    /// The sources, as the user would write them.
    pub sources: &'r [String],
    /// All warnings, in order.
    pub warnings: &'r [Problem],
    /// How hosts are reached, those of which the inventory says anything.
    pub connections: &'r [Connection<'a>],
    /// Whether to show every batch and every host.
    pub full: bool,
    /// Where the text is shown.
    pub look: Look,
}

impl<'r, 'a> Report<'r, 'a> {
    /// Writes the report.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, format: ReportFormat, out: &mut impl Write) -> io::Result<()> {
        match format {
            ReportFormat::Text => text::write(self, out),
            ReportFormat::Markdown => markdown::write(self, out),
            ReportFormat::Mermaid => diagram::write_mermaid(self, out),
            ReportFormat::Dot => diagram::write_dot(self, out),
            ReportFormat::Svg => page::picture::write(self, out),
            ReportFormat::Json | ReportFormat::Yaml => write_document(&document::Document::new(self), format, out),
        }
    }

    /// The rollouts with their group names.
    fn rollouts(&self) -> impl Iterator<Item = (&'r Rollout<'a>, &'r RolloutNames)> {
        self.plan.rollouts.iter().zip(&self.names.rollouts)
    }

    /// The id of the whole plan.
    pub fn plan_id(&self) -> String {
        let made = || plan_id(self.rollouts().flat_map(|(rollout, names)| named_batches(rollout, names)));
        debug_assert!(self.id.is_none_or(|id| id == made()), "the id of another plan");
        self.id.map_or_else(made, str::to_string)
    }

    /// The number of hosts in the plan; one that stands in several versions counts once.
    fn host_count(&self) -> usize {
        self.plan.host_count()
    }

    fn batch_count(&self) -> usize {
        self.plan.rollouts.iter().map(|rollout| rollout.batches.len()).sum()
    }

    /// Seconds of watching when all versions are rolled out in one run; the last batch of all has none to wait for.
    fn bake_seconds(&self) -> u64 {
        let Some((last, before)) = self.plan.rollouts.split_last() else { return 0 };
        // the last batch of a version has the next version's to wait for
        let whole = |rollout: &Rollout<'_>| rollout.batches.iter().map(|batch| batch.bake).fold(0, u64::saturating_add);
        before.iter().map(whole).chain([last.bake_seconds()]).fold(0, u64::saturating_add)
    }

    /// Hosts that are kept out of the plan, each once.
    fn excluded(&self) -> Vec<&'a str> {
        let planned = self.plan.rollouts.iter().flat_map(|rollout| &rollout.excluded);
        let empty = self.plan.empty.iter().flat_map(|(_, hosts)| hosts);
        let mut seen = HashSet::new();
        planned.chain(empty).copied().filter(|host| seen.insert(*host)).collect()
    }

    /// The notes, each with its version.
    fn notes(&self) -> Vec<String> {
        let notes = |rollout: &'r Rollout<'a>| rollout.notes.iter().map(|note| format!("{}: {note}", rollout.version));
        self.plan.rollouts.iter().flat_map(notes).collect()
    }

    /// The notes for a person: what is said of several versions is said once, unless the report is full.
    fn folded_notes(&self) -> Vec<String> {
        if self.full {
            return self.notes();
        }
        let mut versions: indexmap::IndexMap<&str, Vec<&str>> = indexmap::IndexMap::new();
        for rollout in &self.plan.rollouts {
            rollout.notes.iter().for_each(|note| versions.entry(note).or_default().push(rollout.version));
        }
        let folded = versions.into_iter().map(|(note, versions)| match versions.as_slice() {
            [first, rest @ ..] if versions.len() > NAMED => {
                format!("{first} and {} more versions: {note}", rest.len())
            }
            _ => format!("{}: {note}", versions.join(", ")),
        });
        folded.collect()
    }
}

/// Writes a document for programs as YAML, or as JSON.
fn write_document(document: &impl Serialize, format: ReportFormat, out: &mut impl Write) -> io::Result<()> {
    if format == ReportFormat::Yaml {
        let arena = Arena::new();
        let document = serde_json::to_value(document)?;
        let mut yaml = Vec::new();
        from_json(&arena, &document).write_yaml(&mut yaml);
        return out.write_all(&yaml);
    }
    json::write_pretty(document, out)
}

/// The id of one version's part of the plan.
fn rollout_id(rollout: &Rollout<'_>, names: &RolloutNames) -> String {
    plan_id(named_batches(rollout, names))
}

/// The batches as [`plan_id`] reads them.
fn named_batches<'r>(
    rollout: &'r Rollout<'_>,
    names: &'r RolloutNames,
) -> impl Iterator<Item = (&'r str, impl Iterator<Item = &'r str>)> {
    let hosts = |batch: &'r Batch<'_>| batch.hosts.iter().copied();
    names.batches.iter().map(String::as_str).zip(rollout.batches.iter().map(hosts))
}

/// A share in tenths of a percent, rounded down, so that only the last batch reaches 100 %.
fn permille(part: usize, whole: usize) -> usize {
    (part as u128 * 1000).checked_div(whole as u128).unwrap_or(1000) as usize
}

/// The hosts that are done after each batch.
fn done_after(rollout: &Rollout<'_>) -> impl Iterator<Item = usize> {
    rollout.batches.iter().scan(0, |done, batch| {
        *done += batch.hosts.len();
        Some(*done)
    })
}
