//! An orchestration that goes from batch to batch: the plan as data, and `playbooks/salt/rollout.sls` after it.

use super::Export;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem, Result};

/// What works on the plan; the same text stands in the repository, to be read and changed.
const ROLLOUT: &str = include_str!("../../../../playbooks/salt/rollout.sls");

pub(in super::super) fn render(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    found.error_all(export.check_ids());
    for (rollout, _) in export.rollouts() {
        // YAML's `\u` has four digits, and Salt's JSON makes two of such a character.
        if rollout.version.chars().any(|c| c > '\u{ffff}' || c.is_control()) {
            found.error(export.refuse(rollout.version, "it has a character that Salt's templates do not keep"));
        }
        if rollout.max_failures > 0 {
            let message = format!(
                "export {}: Salt stops version `{}` at the first minion that fails; `max_failures: {}` has no effect",
                export.format,
                rollout.shown(),
                rollout.max_failures
            );
            found.warn(Problem::of(Code::Changed, message));
        }
    }
    let mut out = export.salt_head();
    out.push_str("{%- set plan = {\n");
    for (rollout, names) in export.rollouts() {
        out.push_str(&format!("  {}: {{\n", literal(rollout.version)));
        out.push_str(&format!("    \"approval\": {},\n    \"batches\": [\n", literal(rollout.approval.as_str())));
        for (batch, group) in rollout.batches.iter().zip(&names.batches) {
            let hosts: Vec<String> = batch.hosts.iter().map(|host| literal(host)).collect();
            out.push_str(&format!(
                "      {{\"stage\": \"{}\", \"group\": {}, \"bake\": {}, \"hosts\": [{}]}},\n",
                batch.stage,
                literal(group),
                batch.bake,
                hosts.join(", ")
            ));
        }
        out.push_str("    ],\n  },\n");
    }
    out.push_str("} %}\n");
    out.push_str(ROLLOUT);
    Ok(out.into_bytes())
}

/// A string of Jinja's, in which nothing can be read as the end of it or of the block.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match u32::from(c) {
            _ if c.is_ascii_alphanumeric() || "._+-:@/ ".contains(c) => out.push(c),
            code @ 0..=0xff => out.push_str(&format!("\\x{code:02x}")),
            code @ 0x100..=0xffff => out.push_str(&format!("\\u{code:04x}")),
            code => out.push_str(&format!("\\U{code:08x}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_ends_nowhere_but_at_its_end() {
        assert_eq!(literal("1.4.2_groupA"), "\"1.4.2_groupA\"");
        assert_eq!(literal("a\" %} {{ x }}"), "\"a\\x22 \\x25\\x7d \\x7b\\x7b x \\x7d\\x7d\"");
        assert_eq!(literal("é€\u{1f600}\\"), "\"\\xe9\\u20ac\\U0001f600\\x5c\"");
    }
}
