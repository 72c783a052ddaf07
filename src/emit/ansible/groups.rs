//! The groups that a plan becomes, with the variables that playbooks read.
//!
//! | group | holds | variables |
//! | --- | --- | --- |
//! | `regal` | all versions | `regal_plan_id`, `regal_version_var` if versions came from a host variable, `regal_plan_file` and `regal_frozen_plan_id` of a frozen plan |
//! | `VERSION` | `VERSION_groupA` and `VERSION_groupB` | `regal_version`, `regal_policy_VERSION` |
//! | `VERSION_groupA` | its hosts, in order | `regal_notes`, where there are any |
//! | `VERSION_groupB` | its batches, in order | |
//! | `VERSION_groupB1` … | their hosts, in order | |
//! | `VERSION_stage_NAME` | the batches of a stage, where there are stages | `regal_stage` |
//! | `regal_done`, `regal_begun`, `regal_lost`, `regal_waiting` | of a frozen plan with a record: each host in one of them | |
//!
//! Every host inherits these variables, and Ansible prints, merges and templates them for each. So none grows with the number of
//! batches or of versions, what the groups say is not said again, and text of the inventory is never a template (`text`).

use std::collections::{HashMap, HashSet};

use crate::error::{Code, Error, Problem, Result};
use crate::inventory::{GroupId, Inventory};
use crate::plan::names::{GroupNames, ROOT, RolloutNames};
use crate::plan::{Batch, Plan, Rollout, Stage, plan_id};
use crate::policy::OnFailure;
use crate::policy::naming::cleaned;
use crate::shown::Shown;
use crate::text::{Arena, Pos};
use crate::value::{Entry, KeyKind, Value, is_template};

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
    pub vars: Vec<(&'a str, Value<'a>)>,
    /// The source's group of the same name and the same hosts, which it takes over.
    pub source: Option<GroupId>,
    /// Whether it is the group of a version.
    pub is_version: bool,
    /// Whether its name is made of a version that was decrypted, so that no message may show it.
    pub secret: bool,
}

impl PlanGroup<'_> {
    /// A group that has a name and nothing else.
    fn named(name: &str) -> Self {
        let (hosts, children, vars) = (Vec::new(), Vec::new(), Vec::new());
        PlanGroup { name: name.to_string(), hosts, children, vars, source: None, is_version: false, secret: false }
    }

    /// A problem with the name.
    fn clash(&self, why: impl std::fmt::Display) -> Problem {
        let name = Shown::unless(self.secret, &self.name);
        Problem::of(Code::NameClash, format!("the group `{name}` cannot be added: {why}"))
            .hint("set `name` to put a prefix before the plan's groups, or rename the version")
    }
}

/// All groups of a plan, parents before children.
#[derive(Clone, Debug, Default)]
pub struct PlanGroups<'a> {
    groups: Vec<PlanGroup<'a>>,
    places: HashMap<String, usize>,
    id: Option<&'a str>,
    frozen: Option<FrozenFile<'a>>,
}

/// The file of a frozen plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrozenFile<'a> {
    /// Its path.
    pub path: &'a str,
    /// The id of the plan in it: that of its groups differs where hosts are left out.
    pub id: &'a str,
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
        id: Option<String>,
        ansible_cleans: bool,
    ) -> Result<Self> {
        let mut groups = PlanGroups::default();
        if plan.rollouts.is_empty() {
            return Ok(groups);
        }
        let rollouts: Vec<_> = plan.rollouts.iter().zip(&names.rollouts).collect();
        let id = arena.alloc_str(&id.unwrap_or_else(|| id_of(&rollouts)));
        groups.id = Some(id);
        groups.groups.push(root(&rollouts, id));
        for (rollout, names) in &rollouts {
            groups.groups.extend(rollout_groups(arena, rollout, names, &after(arena, rollout, &rollouts)));
        }
        groups.places = groups.groups.iter().enumerate().map(|(place, group)| (group.name.clone(), place)).collect();
        let mut problems = groups.settle_clashes(inventory, ansible_cleans);
        problems.extend(clashing_policies(&rollouts));
        Error::unless_any(problems, groups)
    }

    /// Says on the group over all versions which variable of the hosts the versions came from, so that a playbook can set it to what
    /// it installs. A text that is not a variable's name is left out.
    pub fn say_version_var(&mut self, arena: &'a Arena, name: &str) {
        let is_name = !name.starts_with(|first: char| first.is_ascii_digit())
            && !name.is_empty()
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        if let Some(root) = self.groups.first_mut().filter(|_| is_name) {
            root.vars.push(("regal_version_var", Value::Str(arena.alloc_str(name))));
        }
    }

    /// Says of a frozen plan which file it is in, and its id: that of the groups differs where hosts are left out.
    pub fn say_frozen(&mut self, arena: &'a Arena, file: &str, id: &str) {
        let frozen = FrozenFile { path: arena.alloc_str(file), id: arena.alloc_str(id) };
        if let Some(root) = self.groups.first_mut() {
            root.vars.push(("regal_plan_file", text(frozen.path)));
            root.vars.push(("regal_frozen_plan_id", Value::Str(frozen.id)));
        }
        self.frozen = Some(frozen);
    }

    /// Returns the id of the plan that the groups were made of; none where that is empty.
    pub fn id(&self) -> Option<&'a str> {
        self.id
    }

    /// Returns the file of the plan if it is frozen.
    pub fn frozen(&self) -> Option<FrozenFile<'a>> {
        self.frozen
    }

    /// Adds groups of hosts beside those of the versions.
    ///
    /// # Errors
    /// A group or a host of the inventory has such a name.
    pub fn add(&mut self, inventory: &Inventory<'a>, groups: Vec<(&str, Vec<&'a str>)>) -> Result<()> {
        let mut problems = Vec::new();
        for (name, hosts) in groups {
            let group = PlanGroup { hosts, ..PlanGroup::named(name) };
            if inventory.find_group(name).is_some() || inventory.find_host(name).is_some() {
                problems.push(Problem::of(Code::NameClash, format!("the group `{name}` cannot be added: the inventory has that name"))
                    .hint("rename it there: the groups regal_done, regal_begun, regal_lost and regal_waiting say how far a rollout is"));
            }
            self.places.insert(group.name.clone(), self.groups.len());
            self.groups.push(group);
        }
        Error::unless_any(problems, ())
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
                if group.is_version && below.get(&group.name) == Some(&hosts) {
                    group.source = Some(source);
                } else {
                    problems.push(group.clash("a group of the inventory has that name"));
                }
            }
            if inventory.find_host(&group.name).is_some() {
                problems.push(group.clash("a host of the inventory has that name"));
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
            // it is the same but for some marks
            let other = Shown::unless(group.secret, sources.get(&cleaned(&group.name))?);
            let why = format!("under TRANSFORM_INVALID_GROUP_CHARS=always Ansible merges it with the group `{other}`");
            Some(group.clash(why))
        })
        .collect()
    }

    fn hosts_below(&self, group: &PlanGroup<'a>) -> HashSet<&'a str> {
        let children = group.children.iter().filter_map(|child| self.find(child));
        children.flat_map(|child| self.hosts_below(child)).chain(group.hosts.iter().copied()).collect()
    }
}

/// The id of all versions' batches.
fn id_of(rollouts: &[(&Rollout<'_>, &RolloutNames)]) -> String {
    plan_id(rollouts.iter().flat_map(|(rollout, names)| {
        names.batches.iter().zip(&rollout.batches).map(|(name, batch)| (name.as_str(), batch.hosts.iter().copied()))
    }))
}

/// The group over all versions.
fn root<'a>(rollouts: &[(&Rollout<'a>, &RolloutNames)], id: &'a str) -> PlanGroup<'a> {
    PlanGroup {
        children: rollouts.iter().map(|(_, names)| names.version.clone()).collect(),
        vars: vec![("regal_plan_id", Value::Str(id))],
        ..PlanGroup::named(ROOT)
    }
}

/// The groups of the versions that one comes after.
fn after<'a>(arena: &'a Arena, rollout: &Rollout<'a>, all: &[(&Rollout<'a>, &RolloutNames)]) -> Vec<Value<'a>> {
    let groups = all.iter().filter(|(other, _)| rollout.after.contains(&other.version));
    groups.map(|(_, names)| Value::Str(arena.alloc_str(&names.version))).collect()
}

fn rollout_groups<'a>(
    arena: &'a Arena,
    rollout: &Rollout<'a>,
    names: &RolloutNames,
    after: &[Value<'a>],
) -> Vec<PlanGroup<'a>> {
    let batches = rollout.batches.iter().zip(&names.batches);
    let (a, b): (Vec<_>, Vec<_>) = batches.partition(|(batch, _)| batch.stage == Stage::A);
    let above_b = names.b.as_ref().map(|name| PlanGroup {
        children: b.iter().map(|(_, name)| String::clone(name)).collect(),
        ..PlanGroup::named(name)
    });
    let stages = rollout.phases.iter().zip(&names.stages).enumerate().map(|(place, (phase, name))| PlanGroup {
        children: names.batches[rollout.batches_of(place)].to_vec(),
        vars: vec![("regal_stage", Value::Str(arena.alloc_str(&phase.name)))],
        ..PlanGroup::named(name)
    });
    let children = a.iter().map(|(_, name)| String::clone(name)).chain(names.b.clone());
    let version = PlanGroup {
        children: children.chain(names.stages.iter().cloned()).collect(),
        vars: vec![
            ("regal_version", text(rollout.version)),
            (arena.alloc_str(&policy_name(&names.version)), policy(arena, rollout, names, after)),
        ],
        is_version: true,
        ..PlanGroup::named(&names.version)
    };
    let batch =
        |(batch, name): (&Batch<'a>, &String)| PlanGroup { hosts: batch.hosts.clone(), ..PlanGroup::named(name) };
    let a = a.into_iter().map(|pair| PlanGroup { vars: notes(arena, rollout), ..batch(pair) });
    let groups = std::iter::once(version).chain(stages).chain(a).chain(above_b).chain(b.into_iter().map(batch));
    groups.map(|group| PlanGroup { secret: rollout.secret, ..group }).collect()
}

/// The variable with a version's policy, by the name of its group, so that a host in several versions has the policy of each.
fn policy_name(group: &str) -> String {
    let spelled: String = group.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("regal_policy_{spelled}")
}

/// Versions that share a host, on which the policy of the one would replace that of the other.
fn clashing_policies(rollouts: &[(&Rollout<'_>, &RolloutNames)]) -> Vec<Problem> {
    let mut known: HashMap<String, Vec<&Rollout<'_>>> = HashMap::new();
    let mut problems = Vec::new();
    for (rollout, names) in rollouts {
        let same = known.entry(policy_name(&names.version)).or_default();
        for other in same.iter() {
            let hosts: HashSet<&str> = other.batches.iter().flat_map(|batch| batch.hosts.iter().copied()).collect();
            if let Some(host) = rollout.batches.iter().flat_map(|batch| &batch.hosts).find(|host| hosts.contains(*host))
            {
                let (first, second) = (other.shown(), rollout.shown());
                let message = format!(
                    "versions `{first}` and `{second}` differ only in punctuation, and `{}` is in both: one variable would hold both policies",
                    Shown::new(host)
                );
                problems.push(
                    Problem::of(Code::NameClash, message).hint("rename one of them, or take the host out of one"),
                );
            }
        }
        same.push(rollout);
    }
    problems
}

/// What a playbook needs to know of a version, and the groups do not tell.
fn policy<'a>(arena: &'a Arena, rollout: &Rollout<'a>, names: &RolloutNames, after: &[Value<'a>]) -> Value<'a> {
    let bake =
        |is_a: bool| rollout.batches.iter().find(|batch| (batch.stage == Stage::A) == is_a).map(|batch| batch.bake);
    let (canary, others) = (bake(true), bake(false));
    let seconds = others.or(canary).unwrap_or_default();
    let mut entries = vec![
        ("approval", Value::Str(rollout.approval.as_str())),
        ("max_failures", number(arena, rollout.max_failures as u64)),
        ("bake_seconds", number(arena, seconds)),
    ];
    if let Some(canary) = canary.filter(|canary| *canary != seconds) {
        entries.push(("canary_bake_seconds", number(arena, canary)));
    }
    if rollout.version != names.version {
        entries.push(("version", text(rollout.version)));
    }
    if !rollout.phases.is_empty() {
        let stages: Vec<Value<'a>> = (0..rollout.phases.len()).map(|place| stage(arena, rollout, place)).collect();
        entries.push(("stages", Value::List(arena.alloc_slice_copy(&stages))));
    }
    let only_frozen: Vec<Value<'a>> = only_frozen(rollout).into_iter().map(Value::Str).collect();
    if !only_frozen.is_empty() {
        entries.push(("only_frozen", Value::List(arena.alloc_slice_copy(&only_frozen))));
    }
    if !after.is_empty() {
        entries.push(("after", Value::List(arena.alloc_slice_copy(after))));
    }
    mapping(arena, entries)
}

/// The keys of a policy that hold only on a frozen plan, which has a record; a playbook must not run without them unnoticed.
fn only_frozen(rollout: &Rollout<'_>) -> Vec<&'static str> {
    let conducts = || std::iter::once(&rollout.conduct).chain(rollout.phases.iter().map(|phase| &phase.conduct));
    let keys = [
        ("gates", conducts().any(|conduct| !conduct.gates.is_empty())),
        ("windows", conducts().any(|conduct| !conduct.windows.is_empty())),
        ("blackouts", conducts().any(|conduct| !conduct.blackouts.is_empty())),
        ("on_failure", rollout.conduct.on_failure != OnFailure::Stop),
    ];
    keys.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| key).collect()
}

/// What a playbook needs to know of a stage; its batches follow those of the stage before.
fn stage<'a>(arena: &'a Arena, rollout: &Rollout<'a>, place: usize) -> Value<'a> {
    let phase = &rollout.phases[place];
    let of_stage = &rollout.batches[rollout.batches_of(place)];
    let bake = |is_canary: bool| of_stage.iter().find(|batch| batch.is_canary == is_canary).map(|batch| batch.bake);
    let (canary, others) = (bake(true), bake(false));
    let seconds = others.or(canary).unwrap_or_default();
    mapping(
        arena,
        vec![
            ("stage", Value::Str(arena.alloc_str(&phase.name))),
            ("batches", number(arena, phase.batches as u64)),
            ("approval", Value::Str(phase.approval.as_str())),
            ("max_failures", number(arena, phase.max_failures as u64)),
            ("bake_seconds", number(arena, seconds)),
            ("canary_bake_seconds", number(arena, canary.unwrap_or(seconds))),
        ],
    )
}

fn mapping<'a>(arena: &'a Arena, entries: Vec<(&'a str, Value<'a>)>) -> Value<'a> {
    let entry = |(key, value)| Entry { key, kind: KeyKind::Str, at: Pos::default(), value };
    Value::Map(arena.alloc_slice_copy(&entries.into_iter().map(entry).collect::<Vec<_>>()))
}

/// The plan's notes, on the canary only: they quote hosts and domains, and every host would carry them.
fn notes<'a>(arena: &'a Arena, rollout: &Rollout<'a>) -> Vec<(&'a str, Value<'a>)> {
    if rollout.notes.is_empty() {
        return Vec::new();
    }
    let notes: Vec<Value<'a>> = rollout.notes.iter().map(|note| text(arena.alloc_str(note))).collect();
    vec![("regal_notes", Value::List(arena.alloc_slice_copy(&notes)))]
}

/// A text that may hold a part of the inventory: Ansible would run a template in it.
fn text(text: &str) -> Value<'_> {
    if is_template(text) { Value::Unsafe(text) } else { Value::Str(text) }
}

fn number(arena: &Arena, number: u64) -> Value<'_> {
    Value::Int(arena.alloc_str(&number.to_string()))
}
