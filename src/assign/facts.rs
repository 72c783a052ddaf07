//! What the policy asks about the hosts of each version.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::assigner::{Assigner, MAX_NOTES, Selected, open_names};
use crate::error::{Code, Location, Problem};
use crate::fold;
use crate::inventory::membership::SetId;
use crate::inventory::{ALL, GroupId, HostId, UNGROUPED, Var, VarId, effective};
use crate::nearest;
use crate::plan::natural;
use crate::plan::{Assigned, Assignments, DomainIndex, Facts, HostIndex, Label};
use crate::policy::{GROUP_LABEL, PAIR, Pattern, Policy, Rules, Set};
use crate::shown::Shown;
use crate::value::{Value, is_template};
use crate::wording::and_more;

/// Characters of folded hosts that a message shows.
const WIDTH: usize = 100;

/// The hosts of one id, and whether it was decrypted.
type Owners<'a> = (bool, Vec<&'a str>);

impl<'a> Assigner<'_, 'a> {
    /// The hosts of each version with what the policy asks about them, without those that it keeps out.
    pub fn sort_out(
        &mut self,
        versions: IndexMap<&'a str, Vec<HostId>, RandomState>,
        policy: &Policy,
    ) -> Assignments<'a> {
        let mut has_version = vec![false; self.inventory.host_ids().len()];
        let mut assigned = Vec::with_capacity(versions.len());
        for (version, hosts) in versions {
            hosts.iter().for_each(|host| has_version[host.index()] = true);
            assigned.push(self.assigned(version, hosts, &policy.rules(version)));
        }
        self.warn_of_idle_pins();
        let unversioned = self.inventory.host_ids().filter(|host| !has_version[host.index()]);
        let unversioned = unversioned.map(|host| self.inventory.host_name(host)).collect();
        Assignments { versions: assigned, unversioned }
    }

    fn assigned(&mut self, version: &'a str, mut hosts: Vec<HostId>, rules: &Rules) -> Assigned<'a> {
        if !self.except.is_empty() {
            hosts.retain(|host| !self.except.contains(self.inventory.host_name(*host)));
        }
        let exclude = self.select(&rules.exclude);
        let (excluded, hosts): (Vec<HostId>, Vec<HostId>) = match &exclude {
            Some(exclude) => hosts.into_iter().partition(|host| exclude.place(*host).is_some()),
            None => (Vec::new(), hosts),
        };
        let stages = if rules.stages.is_empty() { Vec::new() } else { self.stages(version, &hosts, rules) };
        let facts = if rules.stages.is_empty() {
            self.facts(rules, &hosts)
        } else {
            // each stage has its own; over all of them only the domains are told
            Facts {
                labels: self.labels_of(rules.stages.iter().flat_map(|stage| stage.rules.divided_by()), &hosts),
                ..Facts::default()
            }
        };
        let names = |hosts: Vec<HostId>| hosts.into_iter().map(|host| self.inventory.host_name(host)).collect();
        let secret = self.secret_versions.contains(version);
        let (hosts, excluded) = (names(hosts), names(excluded));
        Assigned { version, hosts, excluded, facts, secret, stages, percent_of: None }
    }

    /// What the policy asks about these hosts.
    pub(super) fn facts(&mut self, rules: &Rules, hosts: &[HostId]) -> Facts<'a> {
        Facts {
            pinned: self.pinned(&rules.canary_hosts, hosts),
            barred: self.among(&rules.canary_exclude, hosts),
            last: self.among(&rules.last, hosts),
            labels: self.labels_of(rules.labels().into_iter(), hosts),
            ranks: match &rules.order_by {
                Some(by) => self.ranks(by, hosts),
                _ => Vec::new(),
            },
            ids: match &rules.assignment.key {
                Some(key) if rules.hashes() => self.ids(key, hosts),
                _ => Vec::new(),
            },
        }
    }

    /// The hosts of patterns, worked out once; nothing without patterns.
    pub(super) fn select(&mut self, patterns: &[Pattern]) -> Option<Rc<Selected>> {
        if patterns.is_empty() {
            return None;
        }
        if let Some(known) = self.selected.get(patterns) {
            return Some(Rc::clone(known));
        }
        let hosts = self.hosts_of(patterns);
        let mut places = vec![Selected::NOT; self.inventory.host_ids().len()];
        hosts.iter().enumerate().for_each(|(place, host)| places[host.index()] = place as u32);
        let selected = Rc::new(Selected { places, hosts, pinned: RefCell::default() });
        self.selected.insert(patterns.to_vec(), Rc::clone(&selected));
        Some(selected)
    }

    /// The indices of the hosts that patterns select, ascending.
    fn among(&mut self, patterns: &[Pattern], hosts: &[HostId]) -> Vec<HostIndex> {
        let Some(selected) = self.select(patterns) else { return Vec::new() };
        let among = |i: &usize| selected.place(hosts[*i]).is_some();
        (0..hosts.len()).filter(among).map(HostIndex::new).collect()
    }

    /// The indices of the hosts that `canary.hosts` selects, in its order.
    fn pinned(&mut self, patterns: &[Pattern], hosts: &[HostId]) -> Vec<HostIndex> {
        let Some(selected) = self.select(patterns) else { return Vec::new() };
        let placed =
            hosts.iter().enumerate().filter_map(|(i, host)| Some((selected.place(*host)?, *host, HostIndex::new(i))));
        let mut placed: Vec<(u32, HostId, HostIndex)> = placed.collect();
        placed.sort_unstable();
        selected.pinned.borrow_mut().get_or_insert_default().extend(placed.iter().map(|(_, host, _)| *host));
        placed.into_iter().map(|(_, _, index)| index).collect()
    }

    /// Warns of pinned hosts that no version plans.
    fn warn_of_idle_pins(&mut self) {
        let mut warnings = Vec::new();
        for (patterns, selected) in &self.selected {
            let pinned = selected.pinned.borrow();
            let Some(planned) = pinned.as_ref() else { continue };
            let idle: Vec<&str> = (selected.hosts.iter())
                .filter(|host| !planned.contains(host))
                .map(|host| self.inventory.host_name(*host))
                .collect();
            if let (Some(first), Some(pattern)) = (idle.first(), patterns.first()) {
                let more = and_more(idle.len());
                let message = format!("`canary.hosts` names `{first}`{more}, which no version plans");
                let hint = "they have no version of those that it holds for, or `exclude` keeps them out";
                warnings.push(Problem::of(Code::NoMatch, message).at(Location::clone(&pattern.at)).hint(hint));
            }
        }
        warnings.sort_by(|a, b| a.message.cmp(&b.message));
        self.found.warn_all(warnings);
    }

    /// The labels that are named, each once.
    fn labels_of<'l>(
        &mut self,
        named: impl Iterator<Item = (&'l str, &'l Location)>,
        hosts: &[HostId],
    ) -> Vec<Label<'a>> {
        let mut labels = Vec::new();
        for (name, at) in named {
            if !labels.iter().any(|label: &Label<'_>| label.name == name) {
                labels.push(self.label(name, hosts, at));
            }
        }
        labels
    }

    /// The values of a label.
    pub(super) fn label(&mut self, name: &str, hosts: &[HostId], at: &Location) -> Label<'a> {
        if name.contains(PAIR) {
            return self.combined_label(name, hosts, at);
        }
        match name.strip_prefix(GROUP_LABEL) {
            Some(glob) => self.label_of_groups(name, glob, hosts, at),
            None => self.label_of_var(name, hosts, at),
        }
    }

    /// The combined values of several labels; a host has one that has each of them.
    fn combined_label(&mut self, name: &str, hosts: &[HostId], at: &Location) -> Label<'a> {
        let parts: Vec<Label<'a>> = name.split(PAIR).map(|part| self.label(part, hosts, at)).collect();
        let mut known: HashMap<Vec<DomainIndex>, &'a str> = HashMap::new();
        let mut secrets = HashSet::new();
        let mut values = Vec::with_capacity(hosts.len());
        for host in 0..hosts.len() {
            let of: Vec<DomainIndex> = parts.iter().map(|part| part.of[host]).collect();
            if of.contains(&DomainIndex::MISSING) {
                values.push(None);
                continue;
            }
            let value = *known.entry(of).or_insert_with_key(|of| {
                let texts: Vec<&str> = parts.iter().zip(of).map(|(part, of)| part.values[of.index()]).collect();
                let value = &*self.arena.alloc_str(&texts.join(PAIR));
                if parts.iter().zip(of).any(|(part, of)| part.secrets.contains(of)) {
                    secrets.insert(value);
                }
                value
            });
            values.push(Some(value));
        }
        let mut label = Label::new(name, values);
        let is_secret = |(index, value): (usize, &&str)| secrets.contains(*value).then_some(DomainIndex::new(index));
        label.secrets = label.values.iter().enumerate().filter_map(is_secret).collect();
        label
    }

    /// The values of a variable.
    fn label_of_var(&mut self, name: &str, hosts: &[HostId], at: &Location) -> Label<'a> {
        let Some(id) = self.find_var(name, at) else {
            return Label::new(name, hosts.iter().map(|_| None));
        };
        let mut values = Vec::with_capacity(hosts.len());
        let mut secrets = HashSet::new();
        for host in hosts {
            let var = self.effective.get(*host, id);
            let value = var.and_then(|var| self.scalar(name, &var));
            if let (Some(value), Some(var)) = (value, var)
                && self.texts.is_concealed(var.at)
            {
                secrets.insert(value);
            }
            values.push(value);
        }
        let mut label = Label::new(name, values);
        let is_secret = |(index, value): (usize, &&str)| secrets.contains(*value).then_some(DomainIndex::new(index));
        label.secrets = label.values.iter().enumerate().filter_map(is_secret).collect();
        label
    }

    /// The text of a variable's value; nothing where it is null or empty.
    fn scalar(&mut self, name: &str, var: &Var<'a>) -> Option<&'a str> {
        let bad = match var.value.untagged() {
            Value::Null => return None,
            Value::Str(text) | Value::Unsafe(text) if is_template(text) => "a template, which only Ansible can fill in",
            Value::Vault(_) => "encrypted",
            Value::List(_) => "a list",
            Value::Set(_) => "a set",
            Value::Map(_) => "a mapping",
            scalar => return scalar.text().filter(|text| !text.is_empty()),
        };
        if self.found.error_count() < MAX_NOTES && self.reported.insert(var.at) {
            let message = format!("`{name}` is {bad}, not a single value");
            let hint = "give it as a string, or name another variable";
            self.found.error(Problem::of(Code::InvalidValue, message).at(self.texts.locate(var.at)).hint(hint));
        }
        None
    }

    /// What the one `*` stands for in the name of the group that a host is in.
    fn label_of_groups(&mut self, name: &str, glob: &str, hosts: &[HostId], at: &Location) -> Label<'a> {
        let (before, after) = glob.split_once('*').unwrap_or((glob, ""));
        let part = |group: &'a str| group.strip_prefix(before)?.strip_suffix(after).filter(|part| !part.is_empty());
        let own = |group: &GroupId| *group != ALL && *group != UNGROUPED;
        if let Some(problem) = self.unanswered(|group| group.starts_with(before) && group.ends_with(after)) {
            self.report_once(problem.at(at.clone()));
        } else if !self.inventory.group_ids().filter(own).any(|group| part(self.inventory.group_name(group)).is_some())
        {
            let problem = Problem::of(Code::NoSuchGroup, format!("no group is named like `{glob}`")).at(at.clone());
            self.report_once(problem.hint("check the spelling; regal-inventory --graph shows groups and hosts"));
        }
        let mut known: HashMap<SetId, Option<&'a str>> = HashMap::new();
        let mut values = Vec::with_capacity(hosts.len());
        for host in hosts {
            let set = self.inventory.host(*host).groups;
            let value = match known.get(&set) {
                Some(value) => *value,
                None => {
                    let groups = effective::groups_of(self.inventory, set);
                    let groups = groups.iter().filter(|group| own(group));
                    let mut parts = groups.filter_map(|group| part(self.inventory.group_name(*group)));
                    let value = parts.next();
                    if let (Some(one), Some(other)) = (value, parts.next()) {
                        let host = self.inventory.host_name(*host);
                        let message = format!("host `{host}` has two values of `{name}`: `{one}` and `{other}`");
                        let hint = "take it out of one of the groups, or name a variable instead";
                        self.found.error(Problem::of(Code::DuplicateValue, message).at(at.clone()).hint(hint));
                    }
                    known.insert(set, value);
                    value
                }
            };
            values.push(value);
        }
        Label::new(name, values)
    }

    /// For each host its place in the natural order of the values of a variable, which each must have.
    fn ranks(&mut self, by: &Set<String>, hosts: &[HostId]) -> Vec<u32> {
        let label = self.label_of_var(&by.value, hosts, &by.at);
        let without = hosts.iter().zip(&label.of).filter(|(_, of)| **of == DomainIndex::MISSING);
        let without: Vec<&str> = without.map(|(host, _)| self.inventory.host_name(*host)).collect();
        if !without.is_empty() && !self.found.has_errors() {
            let (which, have) = (fold::within(&without, WIDTH), if without.len() == 1 { "has" } else { "have" });
            let message = format!("{which} {have} no `{}`, which `order.by` names", by.value);
            let hint = "give every host one, for example a default in the variables of a group";
            self.found.error(Problem::of(Code::MissingLabel, message).at(by.at.clone()).hint(hint));
        }
        let mut values: Vec<usize> = (0..label.values.len()).collect();
        values.sort_by(|a, b| natural::compare(label.values[*a], label.values[*b]));
        let mut ranks = vec![0; values.len()];
        values.into_iter().enumerate().for_each(|(rank, value)| ranks[value] = rank as u32);
        label.of.iter().map(|of| if *of == DomainIndex::MISSING { 0 } else { ranks[of.index()] }).collect()
    }

    /// The values of the variable that `assignment.key` names; each host must have one of its own.
    fn ids(&mut self, key: &Set<String>, hosts: &[HostId]) -> Vec<&'a str> {
        let name = &key.value;
        let Some(id) = self.find_var(name, &key.at) else { return Vec::new() };
        let before = self.found.checkpoint();
        let mut ids = Vec::with_capacity(hosts.len());
        let mut owners: IndexMap<&'a str, Owners<'a>> = IndexMap::new();
        for host in hosts {
            let var = self.effective.get(*host, id);
            let value = var.and_then(|var| self.scalar(name, &var)).unwrap_or_default();
            let (secret, owners) = owners.entry(value).or_default();
            *secret |= var.is_some_and(|var| self.texts.is_concealed(var.at));
            owners.push(self.inventory.host_name(*host));
            ids.push(value);
        }
        if !self.found.failed_since(&before) {
            self.refuse_shared(key, &owners);
        }
        ids
    }

    /// Reports hosts without an id, and those that share one.
    fn refuse_shared(&mut self, key: &Set<String>, owners: &IndexMap<&'a str, Owners<'a>>) {
        let name = &key.value;
        let wrong = |(value, (_, hosts)): &(&&str, &Owners<'_>)| value.is_empty() || hosts.len() > 1;
        for (value, (secret, hosts)) in owners.iter().filter(wrong) {
            let (which, have) = (fold::within(hosts, WIDTH), if hosts.len() == 1 { "has" } else { "have" });
            let (code, message) = if value.is_empty() {
                (Code::MissingLabel, format!("{which} {have} no `{name}`, which `assignment.key` names"))
            } else {
                let value = Shown::unless(*secret, value);
                let message =
                    format!("{which} {have} the same `{name}`, `{value}`, which `assignment.key` uses as an id");
                (Code::DuplicateValue, message)
            };
            if self.found.error_count() < MAX_NOTES {
                let hint =
                    "give every host an id of its own, or leave `assignment.key` out: then the names are the ids";
                self.found.error(Problem::of(code, message).at(key.at.clone()).hint(hint));
            }
        }
    }

    /// A variable whose values are known; reports one that nobody has, and one that was not read: then a plan would be another one.
    fn find_var(&mut self, name: &str, at: &Location) -> Option<VarId> {
        if self.inventory.has_dropped(name) {
            let problem = Problem::of(Code::Internal, format!("the values of `{name}` were not read")).at(at.clone());
            self.report_once(problem.hint("this is a defect of regal-inventory: please report it"));
            return None;
        }
        let found = self.inventory.find_var(name);
        if found.is_none() {
            self.unknown_var(name, at);
        }
        found
    }

    fn unknown_var(&mut self, name: &str, at: &Location) {
        let problem =
            Problem::of(Code::NoSuchVariable, format!("no host and no group has a variable `{name}`")).at(at.clone());
        let hint = match nearest::name(name, open_names(self.inventory, self.texts).into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a variable of the inventory; `group:rack_*` takes the value from the names of groups".into(),
        };
        self.report_once(problem.hint(hint));
    }

    /// Reports what is the same for every version.
    fn report_once(&mut self, problem: Problem) {
        self.found.error_once(problem);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::assign::{Request, assign};
    use crate::diagnostics::Diagnostics;
    use crate::inventory::Inventory;
    use crate::policy::versions::{ExplicitVersion, VersionSource};
    use crate::policy::{Keys, Layer};
    use crate::text::{Arena, Pos, TextMap};

    /// Else such a label would count as one that no host has, and limits of it would hold for none.
    #[test]
    fn a_variable_that_was_not_read_is_an_error() {
        let (arena, texts, at) = (Arena::new(), TextMap::new(), Location::whole("regal.yml"));
        let mut inventory = Inventory::new();
        inventory.keep_only(HashSet::new());
        inventory.var_id("zone");
        inventory.add_host("web1", Some(UNGROUPED), None, Pos::default()).unwrap();
        inventory.reconcile().unwrap();
        let spread_by = Some(Set { value: vec!["zone".to_string()], at: at.clone() });
        let policy = Policy {
            layers: vec![Layer { all: Keys { spread_by, ..Keys::default() }, ..Layer::default() }],
            ..Policy::default()
        };
        let hosts = vec![Pattern { text: "web1".into(), at: std::sync::Arc::new(at.clone()) }];
        let version = ExplicitVersion { version: "v".into(), hosts, as_regal: false, at };
        let (versions, except) = (VersionSource::Explicit(vec![version]), HashSet::new());
        let request = Request { versions: &versions, policy: &policy, master: None, except: &except };
        let error = assign(&arena, &inventory, &texts, request, &mut Diagnostics::new()).unwrap_err();
        assert_eq!(error.problems[0].message, "the values of `zone` were not read");
    }
}
