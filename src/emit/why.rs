//! Why a host stands where it does, to read or for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::look::{Ink, Line, Look};
use super::report::DomainKey;
use crate::plan::{CappedDomain, PhaseOf, Why, because, join};

/// The version of the JSON document's shape.
const SCHEMA: u32 = 1;
/// Why a host stands nowhere in the plan.
const NO_VERSION: &str = "neither `version_from` nor `versions` gives it a version";
/// The column where the value of a line such as `version` begins.
const LABEL: usize = 10;

/// What is known of a host.
#[derive(Clone, Debug, Default)]
pub struct Answer<'r, 'a> {
    /// The host.
    pub host: &'r str,
    /// Where it is planned, each with the name of the batch's group.
    pub planned: Vec<(Why<'a>, String)>,
    /// The versions that it is kept out of, each with what says so.
    pub excluded: Vec<(&'a str, String)>,
}

#[derive(Serialize)]
struct Document<'r> {
    schema: u32,
    host: &'r str,
    planned: Vec<Entry<'r>>,
    excluded: Vec<Excluded<'r>>,
    /// Why it has no version; null where it has one.
    unversioned: Option<&'static str>,
}

#[derive(Serialize)]
struct Entry<'r> {
    version: &'r str,
    group: &'r str,
    /// The stage of the policy; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'r str>,
    batch: String,
    /// The host's place in the batch, from 1.
    place: usize,
    /// The number of hosts in the batch.
    size: usize,
    domains: Vec<DomainKey<'r>>,
    /// Those of them whose hosts may not all be in one batch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    caps: Vec<CapEntry<'r>>,
    /// Whether `last` keeps it for the final batches.
    last: bool,
    /// `pinned`, `cover`, `order`, `rank`, `quota`, `sequential`, `bucket`, `wave` or `frozen`.
    rule: &'static str,
    because: String,
    /// The host's hash as 16 hexadecimal digits, where hosts are ordered or chosen by hash.
    hash: Option<String>,
}

#[derive(Serialize)]
struct CapEntry<'r> {
    #[serde(flatten)]
    key: DomainKey<'r>,
    /// The number of its hosts, and most of them that one batch may have.
    hosts: usize,
    cap: usize,
}

#[derive(Serialize)]
struct Excluded<'r> {
    version: &'r str,
    because: &'r str,
}

impl Answer<'_, '_> {
    fn has_no_version(&self) -> bool {
        self.planned.is_empty() && self.excluded.is_empty()
    }

    /// Writes the answer as a few lines a version.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_text(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        let mut line = |label: &str, text: &str| {
            let ink = match label {
                "host" | "version" => Ink::Title,
                "batch" => Ink::Group,
                _ => Ink::Plain,
            };
            look.write(Line::of(Ink::Faint, format!("  {label:LABEL$}")).and(ink, text), None, out)
        };
        line("host", self.host)?;
        for (why, group) in &self.planned {
            line("version", why.version)?;
            line("batch", &format!("{}: {group}, host {} of {}", why.stage, why.place, why.size))?;
            if let Some(phase) = &why.phase {
                line("stage", &stage(phase))?;
            }
            if !why.domains.is_empty() {
                line("domains", &join(&why.domains))?;
            }
            if !why.caps.is_empty() {
                line("caps", &why.caps.iter().map(cap).collect::<Vec<_>>().join(", "))?;
            }
            if let Some(hash) = why.hash {
                line("hash", &hex(hash))?;
            }
            line("because", &because(why.is_last, &why.reason))?;
        }
        for (version, because) in &self.excluded {
            line("version", version)?;
            line("batch", "none: it is kept out of the plan")?;
            line("because", because)?;
        }
        if self.has_no_version() {
            line("version", "none")?;
            line("because", NO_VERSION)?;
        }
        Ok(())
    }

    /// Writes the answer as JSON.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let document = Document {
            schema: SCHEMA,
            host: self.host,
            planned: self.planned.iter().map(|(why, group)| Entry::new(why, group)).collect(),
            excluded: (self.excluded.iter()).map(|(version, because)| Excluded { version, because }).collect(),
            unversioned: self.has_no_version().then_some(NO_VERSION),
        };
        json::write_pretty(&document, out)
    }
}

impl<'r> Entry<'r> {
    fn new(why: &'r Why<'_>, group: &'r str) -> Self {
        Entry {
            version: why.version,
            group,
            stage: why.phase.as_ref().map(|phase| phase.name.as_str()),
            batch: why.stage.to_string(),
            place: why.place,
            size: why.size,
            domains: why.domains.iter().map(|(label, name)| DomainKey::new(label, *name)).collect(),
            caps: why.caps.iter().map(CapEntry::new).collect(),
            last: why.is_last,
            rule: why.reason.as_str(),
            because: because(why.is_last, &why.reason),
            hash: why.hash.map(hex),
        }
    }
}

/// A stage and what it says of its hosts, which nobody knows of a frozen plan.
fn stage(phase: &PhaseOf) -> String {
    if phase.hosts.is_empty() {
        phase.name.clone()
    } else {
        format!("{}, whose hosts are `{}`", phase.name, phase.hosts)
    }
}

impl<'r> CapEntry<'r> {
    fn new(capped: &'r CappedDomain<'_>) -> Self {
        CapEntry { key: DomainKey::new(&capped.label, capped.name), hosts: capped.hosts, cap: capped.cap }
    }
}

/// `1 of 3 of zone=a`
fn cap(capped: &CappedDomain<'_>) -> String {
    let CappedDomain { label, name, hosts, cap } = capped;
    format!("at most {cap} of the {hosts} of {label}={name} in a batch")
}

fn hex(hash: u64) -> String {
    format!("{hash:016x}")
}
