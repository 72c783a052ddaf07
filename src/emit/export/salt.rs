//! Salt: nodegroups for the master, a roster for `salt-ssh`, an orchestration that goes from batch to batch.
//!
//! Salt reads YAML 1.1 with PyYAML, so every name is in quotes: `1.10`, `1_0`, `yes` and `1:30` would be something else.

mod nodegroups;
mod orchestrate;
mod roster;

use super::{Export, File, Setting};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Error, Problem, Result};
use crate::salt::{OWN_MARK, listed};
pub(super) use nodegroups::render as nodegroups;
pub(super) use orchestrate::{plan, render as orchestrate, runner};
pub(super) use roster::render as roster;

/// The options of the roster.
pub(super) const ROSTER_USES: &[Setting] = &[Setting::User, Setting::SshPort, Setting::ByName];
/// The longest name of a group or id: longer ones make file names that no system takes.
const LONGEST: usize = 200;

/// All that a master needs, under the names it is used by.
pub(super) fn folder(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<File>> {
    type Part = fn(&Export<'_, '_>, &mut Diagnostics) -> Result<Vec<u8>>;
    let parts: [(&str, Part); 4] = [
        ("regal-inventory.conf", nodegroups),
        ("roster", roster),
        ("rollout.sls", orchestrate),
        ("_runners/regal.py", runner),
    ];
    let mut files = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for (name, part) in parts {
        match Diagnostics::gather(|found| part(export, found)) {
            Ok((bytes, warnings)) => {
                found.warn_all(warnings);
                files.push(File { path: name.to_string(), bytes });
            }
            Err(error) => problems.extend(error.problems),
        }
    }
    // The same id is as wrong in each of them.
    let mut seen: Vec<String> = Vec::new();
    problems.retain(|problem| {
        let new = !seen.contains(&problem.message);
        seen.push(problem.message.clone());
        new
    });
    Error::unless_any(problems, files)
}

impl Export<'_, '_> {
    /// The first line of a file, by which this program knows it again, with the id of the plan.
    fn salt_head(&self) -> String {
        format!("{OWN_MARK} export {}; plan {}\n", self.format, self.report.plan_id())
    }

    /// What no nodegroup and no roster can name.
    fn check_ids(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (rollout, names) in self.rollouts() {
            for group in names.batches.iter().filter(|group| group.len() > LONGEST) {
                problems.push(self.refuse(group, format!("a nodegroup has {LONGEST} characters at most")));
            }
            for host in rollout.batches.iter().flat_map(|batch| &batch.hosts) {
                if let Some(why) = fault(host) {
                    let hint = "use letters, digits, and characters without a meaning in Salt's targets";
                    problems.push(self.refuse(host, why).hint(hint));
                }
            }
        }
        problems
    }

    /// Warns of hosts that the master has no accepted key of.
    fn warn_of_keys(&self, found: &mut Diagnostics) {
        let Some(keys) = self.master.and_then(|master| master.keys.as_ref()) else { return };
        let hosts = self.rollouts().flat_map(|(rollout, _)| &rollout.batches).flat_map(|batch| &batch.hosts);
        let unknown: Vec<&str> = hosts.copied().filter(|host| !keys.contains(host)).collect();
        if unknown.is_empty() {
            return;
        }
        let message = format!("the master has no accepted key of {}", listed(&unknown));
        found
            .warn(Problem::of(Code::MinionState, message).hint("Salt skips such an id; accept its key, or exclude it"));
    }
}

/// Why a text cannot be an id in a list of a nodegroup, where Salt would take it for something else.
fn fault(id: &str) -> Option<String> {
    let special = |c: &char| c.is_whitespace() || c.is_control() || ",*?[](){}\\/".contains(*c);
    if let Some(c) = id.chars().find(special) {
        return Some(match c {
            ' ' => "it has a space".to_string(),
            c => format!("it has a `{}`", c.escape_debug()),
        });
    }
    if matches!(id.as_bytes(), [letter, b'@', ..] if letter.is_ascii_uppercase()) || id.contains("@@") {
        return Some("Salt reads it as a matcher".to_string());
    }
    if matches!(id, "and" | "or" | "not" | "") || id.starts_with('.') || id.starts_with('-') {
        return Some("Salt reads it as something else".to_string());
    }
    (id.len() > LONGEST).then(|| format!("an id has {LONGEST} characters at most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_salt_would_take_for_targets_are_refused() {
        for good in
            ["web1", "web-1.example.org", "10.0.0.1", "yes", "1:30", "1_000", "=", "<<", "é", "a@b", "'\"#&!|>%"]
        {
            assert_eq!(fault(good), None, "{good}");
        }
        let long = "x".repeat(201);
        for bad in
            ["", "a b", "a,b", "web*", "web?", "web[1]", "(", "a\nb", "a/b", "G@os:Debian", "and", "-x", ".x", &long]
        {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
