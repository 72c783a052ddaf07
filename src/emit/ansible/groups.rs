//! The groups that a plan becomes, with the variables that playbooks read.
//!
//! | group | holds | variables |
//! | --- | --- | --- |
//! | `regal` | all versions | `regal_versions`, `regal_plan`, `regal_plan_id` |
//! | `VERSION` | its batches, in order | `regal_batches`, `regal_batch_groups`, `regal_serial`, `regal_bake`, `regal_approval`, `regal_max_failures` |
//! | `VERSION_groupB` | its batches but the canary | |
//! | `VERSION_groupA`, `VERSION_groupB1` … | their hosts, in order | `regal_version`, `regal_batch`, `regal_batch_index` |

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Problem, Result};
use crate::inventory::{GroupId, Inventory};
use crate::plan::names::{GroupNames, ROOT, RolloutNames, cleaned};
use crate::plan::{Plan, Rollout, plan_id};
use crate::text::{Arena, Pos};
use crate::value::{Entry, KeyKind, Value};

/// A group of the plan.
#[derive(Clone, Debug)]
pub struct PlanGroup<'a> {
    /// The name.
    pub name: String,
    /// The hosts that it lists, in order.
    pub hosts: Vec<&'a str>,
    /// Its child groups, in order.
    pub children: Vec<String>,
    /// Its variables.
    pub vars: Vec<(&'static str, Value<'a>)>,
    /// The source's group of the same name and the same hosts, which it takes over.
    pub source: Option<GroupId>,
}

/// All groups of a plan, parents before children.
#[derive(Clone, Debug, Default)]
pub struct PlanGroups<'a> {
    groups: Vec<PlanGroup<'a>>,
    places: HashMap<String, usize>,
}

impl<'a> PlanGroups<'a> {
    /// Makes the groups of a plan; a plan without versions makes none.
    ///
    /// # Errors
    /// A name that a group or a host of the inventory has already; with `ansible_cleans` also a name that Ansible would
    /// make equal to one.
    pub fn new(
        arena: &'a Arena,
        inventory: &Inventory<'a>,
        plan: &Plan<'a>,
        names: &GroupNames,
        ansible_cleans: bool,
    ) -> Result<Self> {
        let mut groups = PlanGroups::default();
        if plan.rollouts.is_empty() {
            return Ok(groups);
        }
        let rollouts: Vec<_> = plan.rollouts.iter().zip(&names.rollouts).collect();
        groups.groups.push(root(arena, &rollouts));
        for (rollout, names) in &rollouts {
            groups.groups.extend(rollout_groups(arena, rollout, names));
        }
        groups.places = groups.groups.iter().enumerate().map(|(place, group)| (group.name.clone(), place)).collect();
        let problems = groups.settle_clashes(inventory, ansible_cleans);
        Error::unless_any(problems, groups)
    }

    /// The groups in order.
    pub fn iter(&self) -> std::slice::Iter<'_, PlanGroup<'a>> {
        self.groups.iter()
    }

    /// The group of this name.
    pub fn find(&self, name: &str) -> Option<&PlanGroup<'a>> {
        self.places.get(name).map(|place| &self.groups[*place])
    }

    /// The plan's group that took over the source's group of this name.
    pub fn over(&self, name: &str) -> Option<&PlanGroup<'a>> {
        self.find(name).filter(|group| group.source.is_some())
    }

    /// The groups that stand directly below `all`.
    pub fn roots(&self) -> Vec<&str> {
        let children: HashSet<&str> =
            self.groups.iter().flat_map(|group| group.children.iter().map(String::as_str)).collect();
        let tops = self.groups.iter().filter(|group| !children.contains(group.name.as_str()));
        tops.map(|group| group.name.as_str()).collect()
    }

    /// The groups that a host is in, those that win last: parents before children.
    pub fn of_host(&self, name: &str) -> Vec<&PlanGroup<'a>> {
        let mut holding: HashSet<&str> = HashSet::new();
        for group in self.groups.iter().rev() {
            let holds =
                group.hosts.contains(&name) || group.children.iter().any(|child| holding.contains(child.as_str()));
            if holds {
                holding.insert(&group.name);
            }
        }
        self.groups.iter().filter(|group| holding.contains(group.name.as_str())).collect()
    }

    /// Takes over the source's groups that have the name and the hosts of a version; reports every other clash.
    fn settle_clashes(&mut self, inventory: &Inventory<'_>, ansible_cleans: bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut below: HashMap<String, HashSet<&str>> = HashMap::new();
        for group in self.groups.iter().filter(|group| inventory.find_group(&group.name).is_some()) {
            below.insert(group.name.clone(), self.hosts_below(group));
        }
        for group in &mut self.groups {
            if let Some(source) = inventory.find_group(&group.name) {
                let hosts = inventory.hosts_in(source).into_iter().map(|host| inventory.host_name(host)).collect();
                let is_version = group.vars.iter().any(|(name, _)| *name == "regal_batches");
                if is_version && below.get(&group.name) == Some(&hosts) {
                    group.source = Some(source);
                } else {
                    problems.push(clash(&group.name, "a group of the inventory has that name"));
                }
            }
            if inventory.find_host(&group.name).is_some() {
                problems.push(clash(&group.name, "a host of the inventory has that name"));
            }
        }
        if ansible_cleans && problems.is_empty() {
            problems.extend(self.clashes_when_cleaned(inventory));
        }
        problems
    }

    fn clashes_when_cleaned(&self, inventory: &Inventory<'_>) -> Vec<Problem> {
        let sources: HashMap<String, &str> =
            inventory.group_ids().map(|id| inventory.group_name(id)).map(|name| (cleaned(name), name)).collect();
        let free = self.groups.iter().filter(|group| group.source.is_none());
        free.filter_map(|group| {
            let other = sources.get(&cleaned(&group.name))?;
            let why = format!("under TRANSFORM_INVALID_GROUP_CHARS=always Ansible merges it with the group `{other}`");
            Some(clash(&group.name, &why))
        })
        .collect()
    }

    fn hosts_below(&self, group: &PlanGroup<'a>) -> HashSet<&'a str> {
        let children = group.children.iter().filter_map(|child| self.find(child));
        children.flat_map(|child| child.hosts.iter()).chain(&group.hosts).copied().collect()
    }
}

fn clash(name: &str, why: &str) -> Problem {
    Problem::new(format!("the group `{name}` cannot be added: {why}"))
        .hint("set `name` to put a prefix before the plan's groups, or rename the version")
}

fn root<'a>(arena: &'a Arena, rollouts: &[(&Rollout<'a>, &RolloutNames)]) -> PlanGroup<'a> {
    let versions = rollouts.iter().map(|(rollout, _)| Value::Str(rollout.version));
    let plan = rollouts.iter().map(|(rollout, names)| (rollout.version, plan_value(arena, rollout, names)));
    let groups = rollouts.iter().flat_map(|(rollout, names)| {
        names.batches.iter().zip(&rollout.batches).map(|(name, batch)| (name.as_str(), batch.hosts.iter().copied()))
    });
    let id = arena.alloc_str(&plan_id(groups));
    PlanGroup {
        name: ROOT.to_string(),
        hosts: Vec::new(),
        children: rollouts.iter().map(|(_, names)| names.version.clone()).collect(),
        vars: vec![
            ("regal_versions", list(arena, versions)),
            ("regal_plan", mapping(arena, plan)),
            ("regal_plan_id", Value::Str(id)),
        ],
        source: None,
    }
}

/// What a playbook needs to know of a version, in one mapping: it holds also for a host in several versions.
fn plan_value<'a>(arena: &'a Arena, rollout: &Rollout<'a>, names: &RolloutNames) -> Value<'a> {
    let bakes = rollout.batches.iter().map(|batch| number(arena, batch.bake));
    let notes = rollout.notes.iter().map(|note| text(arena, note));
    mapping(
        arena,
        [
            ("batches", batches(arena, rollout)),
            ("groups", groups(arena, names)),
            ("sizes", sizes(arena, rollout)),
            ("bake_seconds", list(arena, bakes)),
            ("approval", Value::Str(rollout.approval.as_str())),
            ("max_failures", number(arena, rollout.max_failures as u64)),
            ("notes", list(arena, notes)),
        ],
    )
}

fn rollout_groups<'a>(arena: &'a Arena, rollout: &Rollout<'a>, names: &RolloutNames) -> Vec<PlanGroup<'a>> {
    let bakes = rollout.batches.iter().map(|batch| number(arena, batch.bake));
    let version = PlanGroup {
        name: names.version.clone(),
        hosts: Vec::new(),
        children: names.batches.clone(),
        vars: vec![
            ("regal_batches", batches(arena, rollout)),
            ("regal_batch_groups", groups(arena, names)),
            ("regal_serial", sizes(arena, rollout)),
            ("regal_bake", list(arena, bakes)),
            ("regal_approval", Value::Str(rollout.approval.as_str())),
            ("regal_max_failures", number(arena, rollout.max_failures as u64)),
        ],
        source: None,
    };
    let b = names.b.as_ref().map(|name| PlanGroup {
        name: name.clone(),
        hosts: Vec::new(),
        children: b_batches(rollout, names),
        vars: Vec::new(),
        source: None,
    });
    let batches = rollout.batches.iter().zip(&names.batches).enumerate().map(|(index, (batch, name))| PlanGroup {
        name: name.clone(),
        hosts: batch.hosts.clone(),
        children: Vec::new(),
        vars: vec![
            ("regal_version", Value::Str(rollout.version)),
            ("regal_batch", text(arena, &batch.stage.to_string())),
            ("regal_batch_index", number(arena, index as u64)),
        ],
        source: None,
    });
    std::iter::once(version).chain(b).chain(batches).collect()
}

fn b_batches(rollout: &Rollout<'_>, names: &RolloutNames) -> Vec<String> {
    let batches = rollout.batches.iter().zip(&names.batches);
    batches.filter(|(batch, _)| batch.stage != crate::plan::Stage::A).map(|(_, name)| name.clone()).collect()
}

fn batches<'a>(arena: &'a Arena, rollout: &Rollout<'a>) -> Value<'a> {
    list(arena, rollout.batches.iter().map(|batch| text(arena, &batch.stage.to_string())))
}

fn groups<'a>(arena: &'a Arena, names: &RolloutNames) -> Value<'a> {
    list(arena, names.batches.iter().map(|name| text(arena, name)))
}

fn sizes<'a>(arena: &'a Arena, rollout: &Rollout<'a>) -> Value<'a> {
    list(arena, rollout.batches.iter().map(|batch| number(arena, batch.hosts.len() as u64)))
}

fn text<'a>(arena: &'a Arena, text: &str) -> Value<'a> {
    Value::Str(arena.alloc_str(text))
}

fn number(arena: &Arena, number: u64) -> Value<'_> {
    Value::Int(arena.alloc_str(&number.to_string()))
}

fn list<'a>(arena: &'a Arena, items: impl Iterator<Item = Value<'a>>) -> Value<'a> {
    Value::List(arena.alloc_slice_copy(&items.collect::<Vec<_>>()))
}

fn mapping<'a>(arena: &'a Arena, entries: impl IntoIterator<Item = (&'a str, Value<'a>)>) -> Value<'a> {
    let entry = |(key, value)| Entry { key, kind: KeyKind::Str, at: Pos::default(), value };
    Value::Map(arena.alloc_slice_copy(&entries.into_iter().map(entry).collect::<Vec<_>>()))
}
