//! Names of the groups that a plan becomes.
//!
//! A version `app-1.0.0` gives the groups `app-1.0.0`, `app-1.0.0_groupA`, `app-1.0.0_groupB`, `app-1.0.0_groupB1` …, each
//! with `PREFIX_` before them where a prefix is set. Ansible's patterns read some characters as operators, and a leading
//! `!` or `~` would select every host, so names that are not plain are refused.

use std::collections::HashMap;

use super::{Phase, Plan, Rollout, Stage};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem, Result};
use crate::policy::naming::{Naming, Spelling, cleaned, safe, unusable};
use crate::shown::Shown;

/// The group over all versions.
pub const ROOT: &str = "regal";

/// The groups that say how far a rollout is, each with the hosts of which that is so.
pub const DONE: &str = "regal_done";
/// Hosts of batches that were begun, which are neither done nor lost.
pub const BEGUN: &str = "regal_begun";
/// Hosts that failed or could not be reached.
pub const LOST: &str = "regal_lost";
/// Hosts of batches that were not begun.
pub const WAITING: &str = "regal_waiting";

/// Names that Ansible or this program gives to groups of its own.
pub(crate) const RESERVED: [&str; 7] = ["all", "ungrouped", ROOT, DONE, BEGUN, LOST, WAITING];

/// The group names of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupNames {
    /// One for each rollout, in plan order.
    pub rollouts: Vec<RolloutNames>,
    /// Names that Ansible would merge if it were told to clean them.
    pub warnings: Vec<Problem>,
}

/// The group names of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutNames {
    /// The group of the version.
    pub version: String,
    /// The group over all batches but the canary; absent if there are none.
    pub b: Option<String>,
    /// The groups of the batches, in order.
    pub batches: Vec<String>,
    /// The groups of the stages, in order, each over the batches of one; empty without stages.
    pub stages: Vec<String>,
}

impl RolloutNames {
    /// Names the batches of a rollout whose version's group has this name.
    pub(crate) fn new(rollout: &Rollout<'_>, version: String) -> Self {
        let batches: Vec<_> = rollout.batches.iter().map(|batch| format!("{version}_group{}", batch.stage)).collect();
        let has_b = rollout.batches.iter().any(|batch| batch.stage != Stage::A);
        let stage = |phase: &Phase| format!("{version}_stage_{}", safe(&phase.name).trim_start_matches('_'));
        let stages = rollout.phases.iter().map(stage).collect();
        RolloutNames { b: has_b.then(|| format!("{version}_groupB")), batches, stages, version }
    }

    /// All names: the version's, the B group's, the batches', the stages'.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.version).chain(&self.b).chain(&self.batches).chain(&self.stages).map(String::as_str)
    }
}

impl Naming {
    /// Names the groups of a plan.
    ///
    /// # Errors
    /// Versions whose name is not a valid group name; names that coincide, be it in the plan or by Ansible's cleaning where that
    /// is switched on. All of them at once. Clashes with groups and hosts of the inventory are not seen here.
    pub fn name(&self, plan: &Plan<'_>) -> Result<GroupNames> {
        let mut found = Diagnostics::new();
        let mut names = GroupNames::default();
        for rollout in &plan.rollouts {
            match self.version_group(rollout) {
                Ok(group) => names.rollouts.push(RolloutNames::new(rollout, group)),
                Err(problem) => found.error(problem),
            }
        }
        if !found.has_errors() {
            self.find_clashes(plan, &names, &mut found);
        }
        names.warnings = found.finish()?;
        Ok(names)
    }

    /// The name of a version's group.
    fn version_group(&self, rollout: &Rollout<'_>) -> std::result::Result<String, Problem> {
        let (version, shown) = (rollout.version, rollout.shown());
        let full = match &self.prefix {
            Some(prefix) => format!("{prefix}_{version}"),
            None => version.to_string(),
        };
        let name = if self.spelling == Spelling::Safe { safe(&full) } else { full };
        if version.is_empty() {
            return Err(Problem::of(Code::InvalidVersion, "a version is empty").hint("give the version a name"));
        }
        if RESERVED.contains(&name.as_str()) {
            let name = Shown::unless(rollout.secret, &name);
            let message = format!("version `{shown}` gives the group `{name}`, which has a meaning of its own");
            return Err(Problem::of(Code::NameClash, message)
                .hint("rename the version, or set `name` to put a prefix before its groups"));
        }
        match unusable(&name) {
            None => Ok(name),
            Some(c) => {
                let why = if rollout.secret { HIDDEN.to_string() } else { describe(c, name.starts_with(c)) };
                let message = format!("version `{shown}` is not a valid group name: {why}");
                Err(Problem::of(Code::InvalidVersion, message).hint("`group_names: safe` writes `_` for it"))
            }
        }
    }

    /// Reports versions whose groups coincide: once for each pair of versions.
    pub(crate) fn find_clashes(&self, plan: &Plan<'_>, names: &GroupNames, found: &mut Diagnostics) {
        let version = |index: usize| plan.rollouts.get(index).map_or(Shown::new(""), Rollout::shown);
        let secret = |index: usize| plan.rollouts.get(index).is_some_and(|rollout| rollout.secret);
        for (first, second, name) in clashes(&names.rollouts, str::to_string) {
            let name = Shown::unless(secret(first) || secret(second), &name);
            let (first, second) = (version(first), version(second));
            let message = format!("versions `{first}` and `{second}` both give the group `{name}`");
            found.error(Problem::of(Code::NameClash, message).hint("rename one of them"));
        }
        if self.spelling == Spelling::Safe || found.has_errors() {
            return;
        }
        for (first, second, name) in clashes(&names.rollouts, cleaned) {
            let name = Shown::unless(secret(first) || secret(second), &name);
            let (first, second) = (version(first), version(second));
            let setting = "TRANSFORM_INVALID_GROUP_CHARS=always";
            if self.ansible_cleans {
                let message = format!("versions `{first}` and `{second}`: Ansible's {setting} makes `{name}` of both");
                found.error(Problem::of(Code::NameClash, message).hint("unset it, or use `group_names: safe`"));
            } else {
                let message =
                    format!("versions `{first}` and `{second}` would both be `{name}` under Ansible's {setting}");
                found.warn(
                    Problem::of(Code::Changed, message).hint("`group_names: safe` gives names that it leaves alone"),
                );
            }
        }
    }
}

/// A version, or the name of a group, as a message shows it: not at all where it is made of a version that was decrypted.
pub fn shown<'n>(plan: &Plan<'_>, names: &GroupNames, name: &'n str) -> Shown<'n> {
    let mut secrets = plan.rollouts.iter().zip(&names.rollouts).filter(|(rollout, _)| rollout.secret);
    let secret = secrets.any(|(rollout, names)| rollout.version == name || names.all().any(|group| group == name));
    Shown::unless(secret, name)
}

/// Pairs of versions that share a name after `spell`, with the first such name.
fn clashes(rollouts: &[RolloutNames], spell: impl Fn(&str) -> String) -> Vec<(usize, usize, String)> {
    let mut owners: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for (index, rollout) in rollouts.iter().enumerate() {
        let mut with = Vec::new();
        for name in rollout.all() {
            let spelled = spell(name);
            match owners.get(&spelled) {
                Some(&owner) if !with.contains(&owner) => {
                    with.push(owner);
                    found.push((owner, index, spelled));
                }
                Some(_) => {}
                None => {
                    owners.insert(spelled, index);
                }
            }
        }
    }
    found
}

/// What is said of a version that was decrypted.
const HIDDEN: &str = "it has a character that Ansible's patterns would misread, and it came from a file under vault";

/// Says what is wrong with a character.
fn describe(c: char, leads: bool) -> String {
    match c {
        '!' | '~' if leads => format!("with a leading `{c}`, Ansible's patterns would select other hosts"),
        '.' | '+' | '-' => format!("it starts with `{c}`"),
        ' ' => "it has a space".to_string(),
        _ => format!("it has a `{}`", c.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::plan::{Assigned, Assignments};
    use crate::policy::Policy;

    fn named(naming: &Naming, versions: &[&str]) -> Result<GroupNames> {
        let assigned = |version| Assigned::new(version, vec!["web1", "web2", "web3"]);
        let versions = versions.iter().copied().map(assigned).collect();
        let policy = Policy { shared_hosts: crate::policy::SharedHosts::Allow, ..Policy::default() };
        naming.name(&crate::plan::plan(&Assignments { versions, unversioned: Vec::new() }, &policy).unwrap())
    }

    fn naming(spelling: Spelling) -> Naming {
        Naming { spelling, ..Naming::default() }
    }

    fn messages(result: Result<GroupNames>) -> Vec<String> {
        result.unwrap_err().problems.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn names_of_a_version() {
        let names = named(&Naming::default(), &["app-1.0.0"]).unwrap().rollouts.remove(0);
        assert_eq!(names.version, "app-1.0.0");
        assert_eq!(names.b.as_deref(), Some("app-1.0.0_groupB"));
        assert_eq!(names.batches, ["app-1.0.0_groupA", "app-1.0.0_groupB1", "app-1.0.0_groupB2"]);
        let prefixed = Naming { prefix: Some("api".into()), spelling: Spelling::Safe, ..Naming::default() };
        assert_eq!(named(&prefixed, &["2.5.0"]).unwrap().rollouts[0].batches[0], "api_2_5_0_groupA");
        assert_eq!(named(&naming(Spelling::Safe), &["2.5.0"]).unwrap().rollouts[0].version, "_2_5_0");
    }

    #[test]
    fn a_name_that_patterns_would_misread_is_refused() {
        let versions =
            ["web:db", "!1.0", "~1.0", "a b", "a,b", "a[1]", "*", "{{ v }}", "-1", "1.0+build-2", "é", "all"];
        assert_eq!(
            messages(named(&Naming::default(), &versions)),
            [
                "version `web:db` is not a valid group name: it has a `:`",
                "version `!1.0` is not a valid group name: with a leading `!`, Ansible's patterns would select other hosts",
                "version `~1.0` is not a valid group name: with a leading `~`, Ansible's patterns would select other hosts",
                "version `a b` is not a valid group name: it has a space",
                "version `a,b` is not a valid group name: it has a `,`",
                "version `a[1]` is not a valid group name: it has a `[`",
                "version `*` is not a valid group name: it has a `*`",
                "version `{{ v }}` is not a valid group name: it has a `{`",
                "version `-1` is not a valid group name: it starts with `-`",
                "version `é` is not a valid group name: it has a `é`",
                "version `all` gives the group `all`, which has a meaning of its own",
            ]
        );
        assert!(named(&naming(Spelling::Safe), &["web:db", "a b", "~1.0"]).is_ok());
    }

    #[test]
    fn versions_whose_groups_coincide() {
        let exact = messages(named(&Naming::default(), &["app", "app_groupB"]));
        assert_eq!(exact, ["versions `app` and `app_groupB` both give the group `app_groupB`"]);
        let safe = messages(named(&naming(Spelling::Safe), &["app-1.0", "app-1_0", "app-2.0"]));
        assert_eq!(safe, ["versions `app-1.0` and `app-1_0` both give the group `app_1_0`"]);
    }

    #[test]
    fn names_that_ansible_would_merge() {
        let names = named(&Naming::default(), &["1.0", "2.0", "app-3.0"]).unwrap();
        let message =
            "versions `1.0` and `2.0` would both be `__0` under Ansible's TRANSFORM_INVALID_GROUP_CHARS=always";
        assert_eq!(names.warnings.iter().map(|w| w.message.as_str()).collect::<Vec<_>>(), [message]);
        let told = Naming { ansible_cleans: true, ..Naming::default() };
        let message = "versions `1.0` and `2.0`: Ansible's TRANSFORM_INVALID_GROUP_CHARS=always makes `__0` of both";
        assert_eq!(messages(named(&told, &["1.0", "2.0"])), [message]);
        let safe = Naming { spelling: Spelling::Safe, ..told };
        assert!(named(&safe, &["1.0", "2.0"]).unwrap().warnings.is_empty());
    }
}
