//! Groups as ClusterShell and dsh know them, under the names that they have in Ansible.
//!
//! A version `shop` with two batches gives `shop_groupA`, `shop_groupB1`, and above them `shop_groupB` and `shop`.

use std::ops::Range;

use super::{Export, File};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem, Result};
use crate::plan::names::RolloutNames;
use crate::plan::{Rollout, Stage};

/// ClusterShell's own default would be `default`.
const SOURCE: &str = "regal";

/// `clustershell`: a group source, and the configuration that finds it.
pub(super) fn clustershell(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<File>> {
    let source = source(export, found);
    let mut yaml = format!("\"{source}\":\n");
    for (rollout, names) in export.rollouts() {
        let addresses = export.addresses(rollout, found);
        for (group, addresses) in names.batches.iter().zip(addresses) {
            yaml.push_str(&format!("  \"{group}\": \"{}\"\n", addresses.join(",")));
        }
        for (group, below) in unions(rollout, names) {
            let below: Vec<String> = below.map(|index| format!("@{source}:{}", names.batches[index])).collect();
            yaml.push_str(&format!("  \"{group}\": \"{}\"\n", below.join(",")));
        }
    }
    let configuration = format!("[Main]\ndefault: {source}\nautodir: $CFGDIR/groups.d\n");
    let file = |path: &str, text: String| File { path: path.to_string(), bytes: text.into_bytes() };
    let mut files = vec![file("groups.conf", configuration), file("groups.d/regal.yaml", yaml)];
    files.extend(export.ssh_config(found));
    Ok(files)
}

/// The groups over the batches, each with the places of the batches below it. A limit may have left out the canary.
fn unions<'e>(rollout: &Rollout<'_>, names: &'e RolloutNames) -> impl Iterator<Item = (&'e str, Range<usize>)> {
    let count = names.batches.len();
    let first = rollout.batches.iter().position(|batch| batch.stage != Stage::A).unwrap_or(count);
    let b = names.b.iter().map(move |b| (b.as_str(), first..count));
    b.chain(std::iter::once((names.version.as_str(), 0..count)))
}

fn source<'e>(export: &Export<'e, '_>, found: &mut Diagnostics) -> &'e str {
    let source = export.options.source.as_deref().unwrap_or(SOURCE);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    // `Main` is the section of the configuration itself.
    if source == "Main" || !source.starts_with(|c: char| c.is_ascii_alphanumeric()) || !source.chars().all(plain) {
        let message = format!("`--source {source}` is not a name for a group source in `export {}`", export.format);
        found.error(Problem::of(Code::InvalidOption, message).hint("use letters, digits, `_`, `-` and `.`"));
    }
    source
}

/// `dsh`: a file of hosts for each group, under `group/`, where dsh looks for it.
pub(super) fn dsh(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut add = |group: &str, batches: &[Vec<&str>]| {
        let mut text = String::new();
        for address in batches.iter().flatten() {
            text.push_str(address);
            text.push('\n');
        }
        files.push(File { path: format!("group/{group}"), bytes: text.into_bytes() });
    };
    for (rollout, names) in export.rollouts() {
        if names.version.len() > LONGEST {
            let why = format!("as the name of a file it may have {LONGEST} characters");
            found.error(export.refuse(rollout.version, why).hint("a shorter version, or a shorter `name`"));
        }
        let addresses = export.addresses(rollout, found);
        for (group, addresses) in names.batches.iter().zip(&addresses) {
            add(group, std::slice::from_ref(addresses));
        }
        // With a problem there are fewer addresses than hosts, but as many batches.
        for (group, below) in unions(rollout, names) {
            add(group, &addresses[below]);
        }
    }
    files.extend(export.ssh_config(found));
    Ok(files)
}

/// Most characters of a version's group in the name of a file, so that those of its batches fit, too.
const LONGEST: usize = 180;
