//! What differs between a frozen plan and that of today's inventory, to read, to look at or for programs.

mod page;

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::look::{Ink, Line, Look};
use crate::frozen::Frozen;
use crate::frozen::drift::Drift;
use crate::shown::Shown;

/// The version of the document's shape.
const SCHEMA: u32 = 1;
/// Where a host goes that is to run nothing.
const NO_VERSION: &str = "no version";

/// Drift, with the plan that it is of.
pub struct DriftReport<'r, 'a> {
    /// The frozen plan.
    pub frozen: &'r Frozen<'a>,
    /// What differs.
    pub drift: &'r Drift<'a>,
}

#[derive(Serialize)]
struct Document<'r> {
    schema: u32,
    plan: String,
    plan_id: &'r str,
    drift: bool,
    removed: Vec<&'r str>,
    added: Vec<Added<'r>>,
    moved: Vec<Moved<'r>>,
    domains: Vec<Domain<'r>>,
    settings: Vec<Setting<'r>>,
}

#[derive(Serialize)]
struct Added<'r> {
    host: &'r str,
    version: String,
}

#[derive(Serialize)]
struct Moved<'r> {
    host: &'r str,
    from: String,
    to: Vec<String>,
}

#[derive(Serialize)]
struct Domain<'r> {
    host: &'r str,
    label: &'r str,
    from: &'r str,
    to: &'r str,
}

#[derive(Serialize)]
struct Setting<'r> {
    version: String,
    key: &'r str,
    from: Option<&'r str>,
    to: Option<&'r str>,
}

/// A line with the color of what it begins with.
fn painted(line: &str) -> Line {
    let word = line.split(' ').next().unwrap_or_default();
    let ink = match word {
        "removed" => Ink::Bad,
        "added" => Ink::Good,
        "moved" | "domain" | "setting" => Ink::Busy,
        _ => return Line::from(line.to_string()),
    };
    Line::of(ink, word).and(Ink::Plain, &line[word.len()..])
}

/// A setting's value.
fn value(value: Option<&String>) -> String {
    value.cloned().unwrap_or_else(|| "not set".to_string())
}

impl DriftReport<'_, '_> {
    /// Writes a line for each difference.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_text(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        let file = self.frozen.path.display().to_string();
        let mut lines = Vec::new();
        let drift = self.drift;
        lines.extend(
            drift.removed.iter().map(|host| format!("removed   {}: no longer in the inventory", Shown::new(host))),
        );
        lines.extend(drift.added.iter().map(|added| {
            format!("added     {}: should run {}, in no batch of it", Shown::new(added.host), self.shown(added.version))
        }));
        lines.extend(drift.moved.iter().map(|moved| {
            let to: Vec<String> = moved.to.iter().map(|version| self.shown(version).to_string()).collect();
            let to = if to.is_empty() { NO_VERSION.to_string() } else { to.join(", ") };
            format!("moved     {}: from {} to {to}", Shown::new(moved.host), self.shown(moved.from))
        }));
        lines.extend(drift.domains.iter().map(|change| {
            let (host, label) = (Shown::new(change.host), Shown::new(&change.label));
            format!("domain    {host}: {label} {} is now {}", change.from, change.to)
        }));
        lines.extend(drift.settings.iter().map(|change| {
            let (version, from, to) =
                (self.shown(change.version), value(change.from.as_ref()), value(change.to.as_ref()));
            format!("setting   {version}: {} {from} is now {to}", change.key)
        }));
        if lines.is_empty() {
            lines.push(format!("{file} is still the plan of the inventory"));
        }
        lines.into_iter().try_for_each(|line| look.write(painted(&line), None, out))
    }

    /// Writes a page for a browser.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_page(&self, out: &mut impl Write) -> io::Result<()> {
        page::write(self, out)
    }

    /// Writes one JSON document.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let drift = self.drift;
        let text = |version: &str| self.name(version);
        let document = Document {
            schema: SCHEMA,
            plan: self.frozen.path.display().to_string(),
            plan_id: &self.frozen.id,
            drift: !drift.is_empty(),
            removed: drift.removed.clone(),
            added: drift.added.iter().map(|added| Added { host: added.host, version: text(added.version) }).collect(),
            moved: drift
                .moved
                .iter()
                .map(|moved| Moved {
                    host: moved.host,
                    from: text(moved.from),
                    to: moved.to.iter().map(|version| text(version)).collect(),
                })
                .collect(),
            domains: drift
                .domains
                .iter()
                .map(|change| Domain { host: change.host, label: &change.label, from: &change.from, to: &change.to })
                .collect(),
            settings: drift
                .settings
                .iter()
                .map(|change| Setting {
                    version: text(change.version),
                    key: change.key,
                    from: change.from.as_deref(),
                    to: change.to.as_deref(),
                })
                .collect(),
        };
        json::write_pretty(&document, out)
    }

    /// A version in full, unless it is a secret.
    fn name(&self, version: &str) -> String {
        if self.drift.secret.contains(&version) { self.shown(version).to_string() } else { version.to_string() }
    }

    /// The versions that a host is to run.
    fn names(&self, versions: &[&str]) -> String {
        let names: Vec<String> = versions.iter().map(|version| self.name(version)).collect();
        if names.is_empty() { NO_VERSION.to_string() } else { names.join(", ") }
    }

    /// A version as a message shows it.
    fn shown<'v>(&self, version: &'v str) -> Shown<'v> {
        Shown::unless(self.drift.secret.contains(&version), version)
    }
}
