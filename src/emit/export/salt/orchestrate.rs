//! The plan for the runner `regal.rollout`, by itself and in an orchestration that calls it, and the runner.
//!
//! The plan is JSON that YAML reads as the same, so that it may be a pillar file; none of its characters begins or ends anything in Jinja.

use super::Export;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Error, Problem, Result};
use crate::plan::Rollout;
use crate::plan::names::RolloutNames;

/// What calls the runner; the same text stands in the repository, to be read and changed.
const ROLLOUT: &str = include_str!("../../../../playbooks/salt/rollout.sls");
/// What works on the plan, likewise.
const RUNNER: &str = include_str!("../../../../playbooks/salt/_runners/regal.py");
/// The version of the plan's form, which the runner knows as `SCHEMA`.
const SCHEMA: u32 = 1;

/// The orchestration, with the plan in a comment of Jinja's: a master renders it in the same time, however large the plan is.
pub(in super::super) fn render(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    let mut out = plan_text(export, found)?;
    let head = out.find('\n').map_or(0, |end| end + 1);
    out.insert_str(head, "{#-\n");
    out.push_str("#}\n{%- set plan = tplpath %}\n");
    out.push_str(ROLLOUT);
    Ok(out.into_bytes())
}

/// The plan alone.
pub(in super::super) fn plan(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    Ok(plan_text(export, found)?.into_bytes())
}

/// The runner; it is the same for every plan.
#[allow(clippy::unnecessary_wraps)] // it is one of the formats
pub(in super::super) fn runner(_: &Export<'_, '_>, _: &mut Diagnostics) -> Result<Vec<u8>> {
    Ok(RUNNER.into())
}

fn plan_text(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<String> {
    let mut problems = export.check_ids();
    for (rollout, _) in export.rollouts() {
        if rollout.version.chars().any(char::is_control) {
            problems.push(export.refuse(rollout.version, "it has a control character"));
        }
        if rollout.max_failures > 0 {
            let message = format!(
                "export {}: the runner stops version `{}` at the first minion that is lost; `max_failures: {}` has no effect",
                export.format,
                rollout.shown(),
                rollout.max_failures
            );
            found.warn(Problem::of(Code::Changed, message));
        }
    }
    Error::unless_any(problems, ())?;
    let mut out = export.salt_head();
    out.push_str(&format!("{{\"rollout_plan\": {{\"schema\": {SCHEMA},\n"));
    if let Some(frozen) = export.frozen {
        out.push_str(&format!("\"frozen\": {{\"file\": {}, \"id\": {}}},\n", literal(frozen.path), literal(frozen.id)));
    }
    out.push_str("\"versions\": {");
    for (index, (rollout, names)) in export.rollouts().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        push_version(rollout, names, &mut out);
    }
    out.push_str("\n}}}\n");
    Ok(out)
}

/// A version, with one line for each batch.
fn push_version(rollout: &Rollout<'_>, names: &RolloutNames, out: &mut String) {
    let (version, approval) = (literal(rollout.version), literal(rollout.approval.as_str()));
    out.push_str(&format!("  {version}: {{\"approval\": {approval}, \"batches\": ["));
    for (index, (batch, group)) in rollout.batches.iter().zip(&names.batches).enumerate() {
        let hosts: Vec<String> = batch.hosts.iter().map(|host| literal(host)).collect();
        out.push_str(&format!(
            "{}\n    {{\"stage\": \"{}\", \"group\": {}, \"bake\": {}, {}\"hosts\": [{}]}}",
            if index == 0 { "" } else { "," },
            batch.stage,
            literal(group),
            batch.bake,
            // by the rules of its stage
            batch.phase.map(|_| format!("\"ask\": {}, ", rollout.asks_after(batch))).unwrap_or_default(),
            hosts.join(", ")
        ));
    }
    out.push_str("\n  ]}");
}

/// A string that JSON and YAML read as the same, and in which Jinja finds nothing.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match u32::from(c) {
            _ if c.is_ascii_alphanumeric() || "._+-:@/ ".contains(c) => out.push(c),
            // YAML takes these raw only in some places, or not at all
            code @ (0..=0x9f | 0x2028..=0x2029 | 0xd800..=0xf8ff | 0xfeff | 0xfffe..=0xffff) => {
                out.push_str(&format!("\\u{code:04x}"));
            }
            _ => out.push(c),
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
        assert_eq!(literal("a\" -#} {{ x }}"), "\"a\\u0022 -\\u0023\\u007d \\u007b\\u007b x \\u007d\\u007d\"");
        assert_eq!(literal("é€\u{1f600}\\\u{feff}"), "\"é€\u{1f600}\\u005c\\ufeff\"");
    }
}
