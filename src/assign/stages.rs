//! Which hosts of a version are in which stage.

use std::collections::HashSet;

use super::assigner::Assigner;
use crate::error::{Code, Location, Problem};
use crate::fold;
use crate::inventory::HostId;
use crate::plan::{Assigned, AssignedStage, DomainIndex, Facts, Label};
use crate::policy::naming::{is_plain, safe};
use crate::policy::{DomainOrder, PercentOf, Rules, Set, StageHosts, StageRules};
use crate::shown::Shown;
use crate::wording::count;

/// Characters of folded hosts that a message shows.
const WIDTH: usize = 80;

/// A stage with its hosts, as places in the version's.
struct Taken {
    name: String,
    rules: usize,
    hosts: Vec<usize>,
}

/// The stage that each host of a version is in.
struct Division<'h> {
    hosts: &'h [HostId],
    /// For each host its stage.
    of: Vec<Option<usize>>,
    stages: Vec<Taken>,
    /// Hosts that a later stage names too, with both stages.
    overlaps: Vec<(usize, usize, Vec<usize>)>,
}

impl Division<'_> {
    /// Gives a stage those of the hosts that are free.
    fn take(&mut self, name: String, rules: usize, hosts: impl Iterator<Item = usize>) {
        let stage = self.stages.len();
        let mut taken = Vec::new();
        for host in hosts {
            match self.of[host] {
                None => {
                    self.of[host] = Some(stage);
                    taken.push(host);
                }
                Some(earlier) => match self.overlaps.iter_mut().find(|(a, b, _)| (*a, *b) == (earlier, stage)) {
                    Some((_, _, both)) => both.push(host),
                    None => self.overlaps.push((earlier, stage, vec![host])),
                },
            }
        }
        self.stages.push(Taken { name, rules, hosts: taken });
    }

    fn free(&self) -> Vec<usize> {
        (0..self.hosts.len()).filter(|host| self.of[*host].is_none()).collect()
    }
}

impl<'a> Assigner<'_, 'a> {
    /// The stages of a version with their hosts, and what the rules of each ask about these.
    ///
    /// A host that no stage takes is an error; one that two of them name is told, and stands in the first.
    pub(super) fn stages(&mut self, version: &'a str, hosts: &[HostId], rules: &Rules) -> Vec<AssignedStage<'a>> {
        let mut division = Division { hosts, of: vec![None; hosts.len()], stages: Vec::new(), overlaps: Vec::new() };
        for (place, stage) in rules.stages.iter().enumerate() {
            match &stage.hosts {
                StageHosts::Rest => {
                    let free = division.free();
                    division.take(stage.name.clone(), place, free.into_iter());
                }
                StageHosts::Patterns(patterns) => {
                    let Some(selected) = self.select(patterns) else { continue };
                    let named = (0..hosts.len()).filter(|host| selected.place(hosts[*host]).is_some());
                    division.take(stage.name.clone(), place, named);
                }
                StageHosts::Values { label, values } => {
                    let named = self.with_values(label, values, hosts);
                    division.take(stage.name.clone(), place, named.into_iter());
                }
                StageHosts::Each { label, order } => self.each(label, order, place, &mut division),
            }
        }
        self.check_stages(version, rules, &division);
        self.check_names_in_stages(version, rules, &division);
        let of_version = hosts.len();
        let stages = std::mem::take(&mut division.stages).into_iter();
        stages
            .filter_map(|taken| {
                let stage = rules.stages.get(taken.rules)?;
                let hosts: Vec<HostId> = taken.hosts.iter().map(|host| hosts[*host]).collect();
                let assigned = self.assigned_stage(version, &hosts, stage, of_version);
                Some(AssignedStage { name: taken.name, rules: taken.rules, assigned })
            })
            .collect()
    }

    fn assigned_stage(&mut self, version: &'a str, hosts: &[HostId], stage: &StageRules, whole: usize) -> Assigned<'a> {
        let facts = if hosts.is_empty() { Facts::default() } else { self.facts(&stage.rules, hosts) };
        Assigned {
            version,
            hosts: hosts.iter().map(|host| self.inventory.host_name(*host)).collect(),
            facts,
            secret: self.secret_versions.contains(version),
            percent_of: (stage.of == PercentOf::Version).then_some(whole),
            ..Assigned::default()
        }
    }

    /// The hosts that have one of these values.
    fn with_values(&mut self, label: &Set<String>, values: &[String], hosts: &[HostId]) -> Vec<usize> {
        let known = self.label(&label.value, hosts, &label.at);
        let wanted = |domain: &DomainIndex| {
            *domain != DomainIndex::MISSING && values.iter().any(|value| value == known.values[domain.index()])
        };
        (0..hosts.len()).filter(|host| wanted(&known.of[*host])).collect()
    }

    /// A stage for each value of the hosts that are left; those without the label stay free.
    fn each(&mut self, label: &Set<String>, order: &DomainOrder, place: usize, division: &mut Division<'_>) {
        let free = division.free();
        let ids: Vec<HostId> = free.iter().map(|host| division.hosts[*host]).collect();
        let known = self.label(&label.value, &ids, &label.at);
        if let DomainOrder::List(listed) = order {
            let absent = listed.iter().filter(|value| !known.values.contains(&value.as_str()));
            // in the plan it is said that the version has none of them
            absent.for_each(|value| division.take(value.clone(), place, std::iter::empty()));
        }
        let mut with_value: Vec<Vec<usize>> = vec![Vec::new(); known.values.len()];
        let placed = free.iter().zip(&known.of).filter(|(_, of)| **of != DomainIndex::MISSING);
        placed.for_each(|(host, of)| with_value[of.index()].push(*host));
        for value in in_order(&known, order) {
            let name = known.values[value.index()];
            let is_secret = known.secrets.contains(&value);
            if is_secret || !is_plain(name) {
                let name = Shown::unless(is_secret, name);
                let message =
                    format!("`stages`: the value `{name}` of `{}` cannot be the name of a stage", label.value);
                let hint = "write that stage out: `{name: NAME, hosts: {LABEL: VALUE}}`";
                self.found.error_once(Problem::of(Code::InvalidValue, message).at(label.at.clone()).hint(hint));
                continue;
            }
            let hosts = std::mem::take(&mut with_value[value.index()]);
            division.take(name.to_string(), place, hosts.into_iter());
        }
    }

    /// Reports keys of a stage that name hosts of another one: they would have no effect.
    fn check_names_in_stages(&mut self, version: &str, rules: &Rules, division: &Division<'_>) {
        let version = Shown::unless(self.secret_versions.contains(version), version);
        for (index, own) in rules.stages.iter().enumerate() {
            for (key, patterns, of_version) in [
                ("canary.hosts", &own.rules.canary_hosts, &rules.canary_hosts),
                ("canary.exclude", &own.rules.canary_exclude, &rules.canary_exclude),
                ("last", &own.rules.last, &rules.last),
            ] {
                let Some(first) = patterns.first().filter(|_| patterns != of_version) else { continue };
                let Some(selected) = self.select(patterns) else { continue };
                let is_elsewhere = |(host, of): (usize, &Option<usize>)| {
                    let other = division.stages.get((*of)?).filter(|other| other.rules != index)?;
                    selected
                        .place(division.hosts[host])
                        .map(|_| (self.inventory.host_name(division.hosts[host]), &other.name))
                };
                let Some((host, other)) = division.of.iter().enumerate().find_map(is_elsewhere) else { continue };
                let message =
                    format!("version {version}: `{key}` of a stage names {host}, which is in stage `{other}`");
                let hint = "set the key in the stage that has the host, or beside `stages`, where it holds in each";
                let at = Location::clone(&first.at);
                self.found.error_once(Problem::of(Code::Contradiction, message).at(at).hint(hint));
            }
        }
    }

    /// Reports hosts that no stage takes, and those that several name; two stages of one name.
    fn check_stages(&mut self, version: &str, rules: &Rules, division: &Division<'_>) {
        let version = Shown::unless(self.secret_versions.contains(version), version);
        let folded = |hosts: &[usize]| {
            let names: Vec<&str> = hosts.iter().map(|host| self.inventory.host_name(division.hosts[*host])).collect();
            fold::within(&names, WIDTH)
        };
        let mut problems = Vec::new();
        let free = division.free();
        if let (false, Some(last)) = (free.is_empty(), rules.stages.last()) {
            let (which, are) = (count(free.len(), "host"), if free.len() == 1 { "is" } else { "are" });
            let message = format!("version {version}: {which} {are} in no stage: {}", folded(&free));
            let hint = "add a last stage `{name: others, hosts: rest}`, or keep them out with `exclude`";
            problems.push(Problem::of(Code::NoStage, message).at(last.at.clone()).hint(hint));
        }
        let mut names = HashSet::new();
        for stage in &division.stages {
            if !names.insert(safe(&stage.name)) {
                let message = format!("version {version}: two stages are called `{}`", stage.name);
                let at: Location = rules.stages[stage.rules].at.clone();
                problems.push(Problem::of(Code::DuplicateKey, message).at(at).hint("give each a name of its own"));
            }
        }
        let mut notes = Vec::new();
        for (first, second, hosts) in &division.overlaps {
            let (first, stage) = (&division.stages[*first].name, &division.stages[*second]);
            let message = format!(
                "version {version}: stages `{first}` and `{}` both name {}; they go with `{first}`",
                stage.name,
                folded(hosts)
            );
            notes.push(Problem::of(Code::Ignored, message).at(rules.stages[stage.rules].at.clone()));
        }
        self.found.error_all(problems);
        self.found.warn_all(notes);
    }
}

/// The values that hosts have, in the order that is asked for.
fn in_order(label: &Label<'_>, order: &DomainOrder) -> Vec<DomainIndex> {
    let mut sizes = vec![0_usize; label.values.len()];
    let known = label.of.iter().filter(|domain| **domain != DomainIndex::MISSING);
    known.for_each(|domain| sizes[domain.index()] += 1);
    let mut values: Vec<DomainIndex> = (0..label.values.len()).map(DomainIndex::new).collect();
    let name = |value: &DomainIndex| label.values[value.index()];
    match order {
        DomainOrder::Name => values.sort_by_key(name),
        DomainOrder::SmallestFirst => values.sort_by_key(|value| (sizes[value.index()], name(value))),
        DomainOrder::List(first) => values.sort_by_key(|value| {
            (first.iter().position(|listed| listed == name(value)).unwrap_or(first.len()), name(value))
        }),
    }
    values
}
