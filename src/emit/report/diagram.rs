//! The batches as a diagram in text: Mermaid, which GitHub and GitLab draw, and DOT, which Graphviz draws.
//!
//! Ids of nodes are our own; names of an inventory stand in quoted labels alone. In Mermaid all but letters, digits and a few marks is
//! written as `#NUMBER;`, the code of the character, and in DOT quotes, backslashes and `&` are escaped, since a label there may have HTML's entities.

use std::io::{self, Write};

use super::layout::{Cut, LINES, percent};
use super::{Report, done_after, permille};
use crate::fold;
use crate::plan::{Batch, Rollout};
use crate::policy::display_seconds;
use crate::shown::printable;
use crate::wording::count;

/// Characters of folded hosts in a node unless the report is full.
const HOSTS: usize = 48;

/// A batch in a diagram.
struct Node {
    id: String,
    lines: Vec<String>,
    hosts: String,
    /// What stands at the arrow to the next one.
    then: String,
}

pub(super) fn write_mermaid(report: &Report<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "flowchart TB")?;
    let cut = cut(report);
    for (at, rollout) in report.plan.rollouts.iter().take(cut.versions).enumerate() {
        writeln!(out, "  subgraph v{at}[\"{}\"]\n    direction LR", mermaid(&title(rollout)))?;
        let nodes = nodes(report, at, rollout, cut);
        for node in &nodes {
            let lines: Vec<String> = node.lines.iter().chain([&node.hosts]).map(|line| mermaid(line)).collect();
            writeln!(out, "    {}[\"{}\"]", node.id, lines.join("<br>"))?;
        }
        for pair in nodes.windows(2) {
            let arrow =
                if pair[0].then.is_empty() { String::new() } else { format!("|\"{}\"|", mermaid(&pair[0].then)) };
            writeln!(out, "    {} -->{arrow} {}", pair[0].id, pair[1].id)?;
        }
        writeln!(out, "  end")?;
    }
    let left = report.plan.rollouts.len().saturating_sub(cut.versions);
    match (left, report.plan.rollouts.is_empty()) {
        (0, true) => writeln!(out, "  none[\"no version has a host to plan\"]"),
        (0, false) => Ok(()),
        _ => writeln!(out, "  more[\"{}\"]", mermaid(&more(left, "version"))),
    }
}

pub(super) fn write_dot(report: &Report<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "digraph plan {{")?;
    writeln!(out, "  rankdir=LR; label=\"Rollout plan {}\"; labelloc=t; fontname=\"sans-serif\";", report.plan_id())?;
    writeln!(out, "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#dce9f5\", fontname=\"sans-serif\"];")?;
    writeln!(out, "  edge [fontname=\"sans-serif\", fontsize=10];")?;
    let cut = cut(report);
    for (at, rollout) in report.plan.rollouts.iter().take(cut.versions).enumerate() {
        writeln!(out, "  subgraph cluster_v{at} {{\n    label=\"{}\";", dot(&title(rollout)))?;
        let nodes = nodes(report, at, rollout, cut);
        for node in &nodes {
            let lines: Vec<String> = node.lines.iter().map(|line| dot(line)).collect();
            writeln!(out, "    {} [label=\"{}\", tooltip=\"{}\"];", node.id, lines.join("\\n"), dot(&node.hosts))?;
        }
        for pair in nodes.windows(2) {
            writeln!(out, "    {} -> {} [label=\"{}\"];", pair[0].id, pair[1].id, dot(&pair[0].then))?;
        }
        writeln!(out, "  }}")?;
    }
    let left = report.plan.rollouts.len().saturating_sub(cut.versions);
    if left > 0 {
        writeln!(out, "  more [label=\"{}\"];", more(left, "version"))?;
    }
    if report.plan.rollouts.is_empty() {
        writeln!(out, "  none [label=\"no version has a host to plan\"];")?;
    }
    writeln!(out, "}}")
}

/// As much as a text shows.
fn cut(report: &Report<'_, '_>) -> Cut {
    if report.full { Cut::NONE } else { Cut::fitting(&report.plan.rollouts, LINES, 1) }
}

fn title(rollout: &Rollout<'_>) -> String {
    let bakes = match rollout.bake_seconds() {
        0 => String::new(),
        seconds => format!(", bakes {}", display_seconds(seconds)),
    };
    format!(
        "{}: {} in {}{bakes}",
        rollout.version,
        count(rollout.host_count(), "host"),
        count(rollout.batches.len(), "batch")
    )
}

fn more(left: usize, noun: &str) -> String {
    count(left, noun).replacen(' ', " more ", 1)
}

/// The batches of a version, and a last node for those that are left out.
fn nodes(report: &Report<'_, '_>, at: usize, rollout: &Rollout<'_>, cut: Cut) -> Vec<Node> {
    let total = rollout.host_count();
    let shown = cut.batches.max(1);
    let width = |most: usize| if report.full { usize::MAX } else { most };
    let batches = rollout.batches.iter().zip(done_after(rollout)).enumerate().take(shown);
    let mut nodes: Vec<Node> = batches
        .map(|(i, (batch, done))| Node {
            id: format!("v{at}b{i}"),
            lines: vec![
                rollout
                    .phase(batch)
                    .map_or(batch.stage.to_string(), |phase| format!("{}, stage {}", batch.stage, phase.name)),
                format!("{}, {} so far", count(batch.hosts.len(), "host"), percent(permille(done, total))),
            ],
            hosts: fold::within(&batch.hosts, width(HOSTS)),
            then: then(rollout, batch),
        })
        .collect();
    let left = rollout.batches.len().saturating_sub(shown);
    if left > 0 {
        let hosts = rollout.batches.iter().skip(shown).map(|batch| batch.hosts.len()).sum();
        let lines = vec![more(left, "batch"), count(hosts, "host")];
        nodes.push(Node { id: format!("v{at}more"), lines, hosts: String::new(), then: String::new() });
    }
    nodes
}

/// What happens between a batch and the next one.
fn then(rollout: &Rollout<'_>, batch: &Batch<'_>) -> String {
    let bake = (batch.bake > 0).then(|| format!("bake {}", display_seconds(batch.bake)));
    bake.into_iter().chain(rollout.asks_after(batch).then(|| "approval".to_string())).collect::<Vec<_>>().join(", ")
}

/// A text in a quoted label of Mermaid.
fn mermaid(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | ':' | '-' | '_' | '%' | '…');
    let escaped = |c: char| if is_plain(c) { c.to_string() } else { format!("#{};", u32::from(c)) };
    printable(text).chars().map(escaped).collect()
}

/// A text in a quoted string of DOT.
fn dot(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_text_in_each_form() {
        let name = "a\"]; click x \"javascript:alert(1)\" `b` <i> #35; \u{1b}\\";
        assert_eq!(
            mermaid(name),
            "a#34;#93;#59; click x #34;javascript:alert#40;1#41;#34; #96;b#96; #60;i#62; #35;35#59; #92;u#123;1b#125;#92;"
        );
        assert_eq!(dot("a\"] \\N &lt; \u{202e}"), "a\\\"] \\\\N &amp;lt; \\\\u{202e}");
    }
}
