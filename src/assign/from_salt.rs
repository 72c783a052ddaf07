//! Versions out of what Salt knows of its minions.

use super::assigner::{Assigner, listed};
use crate::error::{Code, Location, Problem};
use crate::inventory::HostId;
use crate::policy::Pattern;
use crate::salt::{self, Bank, Coverage, Master, is_target};

impl Assigner<'_, '_> {
    /// The version that a grain or a pillar key says.
    pub(super) fn by_salt_data(&mut self, bank: Bank, path: &str, at: &Location) {
        let Some(master) = self.master else {
            return self.no_master(&format!("`version_from` asks for {}", bank.name()), at);
        };
        let name = bank.name();
        if master.coverage(bank) == Coverage::Nothing {
            let problem =
                Problem::of(Code::MinionsUnknown, format!("`version_from` asks for {name}, and no source has any"));
            return self.found.error(problem.at(at.clone()).hint(bank.remedy()));
        }
        let mut found = false;
        for (id, minion) in &master.minions {
            let value = minion.data(bank).and_then(|data| salt::traverse(data, path, ':'));
            let (Some(value), Some(host)) = (value, self.inventory.find_host(id)) else { continue };
            found = true;
            if let Some(version) = self.version_of(path, value, minion.data_at(bank)) {
                self.versions.entry(version).or_default().push(host);
            }
        }
        if !found {
            let message = format!("no minion has `{path}` in its {name}");
            let hint = match bank {
                Bank::Grains => "check the spelling: salt '*' grains.item NAME",
                Bank::Pillar => {
                    "check the spelling, and that the master's cache is fresh: salt '*' saltutil.refresh_pillar"
                }
            };
            return self.found.error(Problem::of(Code::NoSuchVariable, message).at(at.clone()).hint(hint));
        }
        self.warn_of_missing(master, bank, at);
        if bank == Bank::Grains {
            let message = format!("`{path}` is a grain, so it says what a minion runs, not what it should run");
            let hint = "to roll out, plan from `version_from: {pillar: …}`, from nodegroups, or from `versions:`";
            self.found.warn(Problem::of(Code::Ignored, message).at(at.clone()).hint(hint));
        }
    }

    /// Warns of minions that have no version since nothing is known of them; of whole grains the reader says it already.
    fn warn_of_missing(&mut self, master: &Master<'_>, bank: Bank, at: &Location) {
        if bank == Bank::Grains && master.coverage(bank) == Coverage::Whole {
            return;
        }
        let silent = master.minions.iter().filter(|(_, minion)| minion.data(bank).is_none());
        let silent: Vec<&str> = silent.map(|(id, _)| *id).collect();
        if !silent.is_empty() {
            let name = bank.name();
            let are = if bank == Bank::Grains { "are" } else { "is" };
            let message = format!("no {name} {are} known of {}", salt::listed(&silent));
            let hint = format!("they get no version; have the master ask: salt '*' saltutil.refresh_{name}");
            self.found.warn(Problem::of(Code::MinionState, message).at(at.clone()).hint(hint));
        }
    }

    /// The version that stands for the `*` in the names of nodegroups.
    pub(super) fn by_nodegroups(&mut self, glob: &str, at: &Location) {
        let Some(master) = self.master else { return self.no_master("`version_from` asks for nodegroups", at) };
        let (before, after) = glob.split_once('*').unwrap_or((glob, ""));
        for name in master.nodegroups.keys() {
            let version = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            let Some(version) = version.filter(|version| !version.is_empty()) else { continue };
            match master.select_nodegroup(name) {
                Ok(selection) => {
                    let hosts = selection.minions.iter().filter_map(|id| self.inventory.find_host(id)).collect();
                    self.versions.insert(version, hosts);
                }
                Err(problem) => self.found.error(problem.at(at.clone())),
            }
        }
        if self.versions.is_empty() && !self.found.has_errors() {
            let hint = format!("the nodegroups are {}", listed(master.nodegroups.keys().copied()));
            self.found.error(
                Problem::of(Code::NoSuchGroup, format!("no nodegroup is named like `{glob}`"))
                    .at(at.clone())
                    .hint(hint),
            );
        }
    }

    /// Why a nodegroup that is asked for is not a group; see [`Master::unanswered`].
    pub(super) fn unanswered(&self, asked: impl Fn(&str) -> bool) -> Option<Problem> {
        self.master.and_then(|master| master.unanswered(asked))
    }

    /// The hosts of patterns some of which are targets of Salt's: those of the others first, each host once.
    pub(super) fn hosts_of_targets(&mut self, patterns: &[Pattern]) -> Vec<HostId> {
        let (targets, others): (Vec<Pattern>, Vec<Pattern>) =
            patterns.iter().cloned().partition(|pattern| is_target(&pattern.text));
        let mut hosts = self.hosts_of(&others);
        for target in targets {
            let Some(master) = self.master else {
                self.no_master(&format!("`{}` is a target of Salt's", target.text), &target.at);
                continue;
            };
            match master.select(&target.text) {
                Ok(selection) => {
                    if !selection.unknown.is_empty() {
                        let message = format!(
                            "the target lists what is not a minion: {}",
                            listed(selection.unknown.iter().map(String::as_str))
                        );
                        let problem = Problem::of(Code::NoSuchHost, message).at(Location::clone(&target.at));
                        self.found.error(problem.hint("check the spelling, or take them out of the list"));
                    }
                    let found = selection.minions.iter().filter_map(|id| self.inventory.find_host(id));
                    hosts.extend(found);
                }
                Err(problem) => self.found.error(problem.at(Location::clone(&target.at))),
            }
        }
        let mut seen = std::collections::HashSet::new();
        hosts.retain(|host| seen.insert(*host));
        hosts
    }

    fn no_master(&mut self, what: &str, at: &Location) {
        self.found.error(salt::no_source(what).at(at.clone()));
    }
}
