//! Versions of the hosts of an inventory.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::assigner::{Assigner, MAX_NOTES, candidates, listed};
use super::template::{Rendered, Template};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Location, Problem, Result};
use crate::inventory::effective::Effective;
use crate::inventory::{ALL, Inventory, UNGROUPED};
use crate::plan::Assignments;
use crate::policy::Policy;
use crate::policy::versions::{ExplicitVersion, VersionFrom, VersionSource};
use crate::salt::{Bank, Master};
use crate::shown::Shown;
use crate::text::{Pos, Printer, TextMap};
use crate::value::{Value, is_template};

/// How hosts get their versions.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r, 'a> {
    /// What says the version of a host.
    pub versions: &'r VersionSource,
    /// Which hosts to keep out of the plan, and what the planner needs to know of the others.
    pub policy: &'r Policy,
    /// The minions of Salt sources, if there are any.
    pub master: Option<&'r Master<'a>>,
    /// Hosts to plan nothing for, as if they had no version to get: those that another rollout is done with.
    pub except: &'r HashSet<String>,
}

/// Assigns a version to each host of a reconciled inventory that has one.
///
/// # Errors
/// A pattern that cannot be read or matches nothing; a version variable whose value is not a version; a label that no host
/// has; no host with a version although there are hosts. All of them at once.
pub fn assign<'a>(
    arena: &'a crate::text::Arena,
    inventory: &Inventory<'a>,
    texts: &TextMap<'a>,
    request: Request<'_, 'a>,
    found: &mut Diagnostics,
) -> Result<Assignments<'a>> {
    if inventory.host_ids().len() == 0 {
        return Ok(Assignments::default());
    }
    let mut assigner = Assigner {
        arena,
        inventory,
        master: request.master,
        except: request.except,
        effective: Effective::new(inventory),
        texts,
        versions: IndexMap::default(),
        reported: HashSet::new(),
        numbers: HashSet::new(),
        secret_versions: HashSet::new(),
        selected: HashMap::new(),
        found: Diagnostics::new(),
    };
    match request.versions {
        VersionSource::Explicit(versions) => versions.iter().for_each(|version| assigner.explicit(arena, version)),
        VersionSource::From(VersionFrom::Var(name), at) => assigner.by_var(name, at),
        VersionSource::From(VersionFrom::Group(glob), at) => assigner.by_groups(glob, at),
        VersionSource::From(VersionFrom::Template(source), at) => assigner.by_template(arena, source, at),
        VersionSource::From(VersionFrom::Grain(path), at) => assigner.by_salt_data(Bank::Grains, path, at),
        VersionSource::From(VersionFrom::Pillar(path), at) => assigner.by_salt_data(Bank::Pillar, path, at),
        VersionSource::From(VersionFrom::Nodegroup(glob), at) => assigner.by_nodegroups(glob, at),
    }
    let versions = std::mem::take(&mut assigner.versions);
    let nobody = versions.values().all(Vec::is_empty);
    let assignments = assigner.sort_out(versions, request.policy);
    let mut own = assigner.found;
    if nobody && !own.has_errors() {
        // A filter that matches nothing is likely the reason.
        own.make_errors_of_warnings();
        own.error(no_version(inventory, texts, request.versions));
    }
    found.warn_all(own.finish()?);
    Ok(assignments)
}

impl<'a> Assigner<'_, 'a> {
    fn explicit(&mut self, arena: &'a crate::text::Arena, version: &ExplicitVersion) {
        let hosts = self.hosts_of(&version.hosts);
        if hosts.is_empty() && !self.found.has_errors() {
            let message = format!("version `{}` has no hosts: its pattern selects none", version.version);
            self.found.warn(Problem::of(Code::NoMatch, message).at(version.at.clone()));
        }
        self.versions.insert(arena.alloc_str(&version.version), hosts);
    }

    fn by_var(&mut self, name: &str, at: &Location) {
        let Some(id) = self.inventory.find_var(name) else {
            let message = format!("no host and no group has a variable `{name}`");
            return self.found.error(
                Problem::of(Code::NoSuchVariable, message).at(at.clone()).hint(candidates(self.inventory, self.texts)),
            );
        };
        for host in self.inventory.host_ids() {
            let Some(var) = self.effective.get(host, id) else { continue };
            if let Some(version) = self.version_of(name, var.value, var.at) {
                if self.texts.is_concealed(var.at) {
                    self.secret_versions.insert(version);
                }
                self.versions.entry(version).or_default().push(host);
            }
        }
    }

    /// The version that a variable's value says; nothing where it is null or empty.
    pub(super) fn version_of(&mut self, name: &str, value: Value<'a>, at: Pos) -> Option<&'a str> {
        let bad = match value.untagged() {
            Value::Null => return None,
            Value::Str(text) | Value::Unsafe(text) if is_template(text) => "a template, which only Ansible can fill in",
            Value::Str(text) | Value::Unsafe(text) => return Some(text).filter(|text| !text.is_empty()),
            value @ (Value::Bool(..) | Value::Int(_) | Value::Float(_) | Value::Date(_)) => {
                self.note_typed(name, value, at);
                self.note_printed(name, value, at);
                return value.text();
            }
            Value::Vault(_) => "encrypted",
            Value::List(_) => "a list",
            Value::Set(_) => "a set",
            Value::Map(_) => "a mapping",
        };
        if self.found.error_count() < MAX_NOTES && self.reported.insert(at) {
            let message = format!("`{name}` is {bad}, not a version");
            let hint = "give the version as a string, or list the versions under `versions:`";
            self.found.error(Problem::of(Code::InvalidVersion, message).at(self.texts.locate(at)).hint(hint));
        }
        None
    }

    /// Warns where Ansible reads something else than what is written, such as 1.1 for 1.10.
    fn note_typed(&mut self, name: &str, value: Value<'a>, at: Pos) {
        let (Some(written), read) = (value.text(), value.to_json()) else { return };
        let read = read.trim_matches('"');
        if written != read && self.reported.len() < MAX_NOTES && self.reported.insert(at) {
            let message = format!("`{name}` is planned as `{written}`, but Ansible itself reads it as `{read}`");
            let hint = format!("quote it, so that both read the same: \"{written}\"");
            self.found.warn(Problem::of(Code::Changed, message).at(self.texts.locate(at)).hint(hint));
        }
    }

    /// Warns where a version went through a program as a number: `1.10` printed by Python is 1.1.
    fn note_printed(&mut self, name: &str, value: Value<'a>, at: Pos) {
        let by = match (self.texts.printer(at), value) {
            (Some(Printer::Salt), Value::Int(_) | Value::Float(_)) => "Salt",
            (Some(Printer::Script), Value::Float(_)) => "the inventory script",
            (Some(Printer::Ansible), Value::Int(_) | Value::Float(_)) => "ansible-inventory",
            _ => return,
        };
        let Some(read) = value.text() else { return };
        if self.numbers.len() < MAX_NOTES && self.numbers.insert(read) {
            let shown = Shown::unless(self.texts.is_concealed(at), read);
            let message = format!("`{name}` came from {by} as the number {shown}, so how it was written is lost");
            let hint = format!("quote it where it is set, or 1.10 becomes 1.1: \"{read}\"");
            self.found.warn(Problem::of(Code::Changed, message).at(self.texts.locate(at)).hint(hint));
        }
    }

    fn by_groups(&mut self, glob: &str, at: &Location) {
        let (before, after) = glob.split_once('*').unwrap_or((glob, ""));
        for group in self.inventory.group_ids().filter(|group| *group != ALL && *group != UNGROUPED) {
            let name = self.inventory.group_name(group);
            let version = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            if let Some(version) = version.filter(|version| !version.is_empty()) {
                self.versions.insert(version, self.inventory.hosts_in(group));
            }
        }
        let asked = |name: &str| name.strip_prefix(before).is_some_and(|rest| rest.ends_with(after));
        if let Some(problem) = self.unanswered(asked) {
            self.found.error(problem.at(at.clone()));
        } else if self.versions.is_empty() {
            let hint = format!(
                "the groups are {}",
                listed(self.inventory.group_ids().skip(2).map(|id| self.inventory.group_name(id)))
            );
            self.found.error(
                Problem::of(Code::NoSuchGroup, format!("no group is named like `{glob}`")).at(at.clone()).hint(hint),
            );
        }
    }

    fn by_template(&mut self, arena: &'a crate::text::Arena, source: &str, at: &Location) {
        let template = match Template::new(source) {
            Ok(template) => template,
            Err(problem) => return self.found.error(problem.at(at.clone())),
        };
        if template.reads("group_names")
            && let Some(problem) = self.unanswered(|_| true)
        {
            return self.found.error(problem.at(at.clone()));
        }
        for host in self.inventory.host_ids() {
            match template.render(self.inventory, &self.effective, self.texts, host) {
                Ok(Some(Rendered { version, secret })) => {
                    let known = self.versions.get_key_value(version.as_str()).map(|(known, _)| *known);
                    let version = known.unwrap_or_else(|| arena.alloc_str(&version));
                    self.versions.entry(version).or_default().push(host);
                    if secret {
                        self.secret_versions.insert(version);
                    }
                }
                Ok(None) => {}
                // The same for every host that the template fails for.
                Err(problem) => return self.found.error(problem.at(at.clone())),
            }
        }
    }
}

fn no_version(inventory: &Inventory<'_>, texts: &TextMap<'_>, versions: &VersionSource) -> Problem {
    let problem = Problem::of(Code::NoVersions, "no host has a version, so there is nothing to roll out")
        .hint(candidates(inventory, texts));
    match versions {
        VersionSource::From(_, at) => problem.at(at.clone()),
        VersionSource::Explicit(versions) => match versions.first() {
            Some(first) => problem.at(first.at.clone()),
            None => problem,
        },
    }
}
