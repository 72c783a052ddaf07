//! What versions and facts are worked out with: the inventory, the hosts of patterns, and what was found.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use foldhash::fast::RandomState;
use indexmap::{IndexMap, IndexSet};

use crate::diagnostics::Diagnostics;
use crate::error::{Code, Location, Problem};
use crate::inventory::effective::Effective;
use crate::inventory::{HostId, Inventory};
use crate::nearest;
use crate::pattern;
use crate::policy::Pattern;
use crate::salt::{self, Master};
use crate::text::{Arena, Pos, TextMap};

/// The most values that messages are about: the place of each costs a walk through its text.
pub(super) const MAX_NOTES: usize = 100;

/// The hosts that patterns select.
pub(super) struct Selected {
    /// For each host of the inventory its place among the selected, or [`Selected::NOT`].
    pub places: Vec<u32>,
    pub hosts: Vec<HostId>,
    /// Of `canary.hosts`: those that a version plans.
    pub pinned: RefCell<Option<HashSet<HostId>>>,
}

impl Selected {
    pub const NOT: u32 = u32::MAX;

    /// Returns the place of a host among the selected.
    pub fn place(&self, host: HostId) -> Option<u32> {
        self.places.get(host.index()).copied().filter(|place| *place != Self::NOT)
    }
}

pub(super) struct Assigner<'r, 'a> {
    pub arena: &'a Arena,
    pub inventory: &'r Inventory<'a>,
    pub master: Option<&'r Master<'a>>,
    /// Hosts to plan nothing for.
    pub except: &'r HashSet<String>,
    pub effective: Effective<'r, 'a>,
    pub texts: &'r TextMap<'a>,
    pub versions: IndexMap<&'a str, Vec<HostId>, RandomState>,
    /// Places that a message was given for: a group's variable is one finding, however many hosts have it.
    pub reported: HashSet<Pos>,
    /// Versions that came as numbers: each is one finding, though ansible-inventory prints it for each host.
    pub numbers: HashSet<&'a str>,
    /// Versions that were decrypted, or made of what was.
    pub secret_versions: HashSet<&'a str>,
    /// Hosts of patterns that hold for many versions.
    pub selected: HashMap<Vec<Pattern>, Rc<Selected>>,
    pub found: Diagnostics,
}

impl Assigner<'_, '_> {
    /// The hosts of patterns that stand together; what is wrong goes to the findings.
    pub fn hosts_of(&mut self, patterns: &[Pattern]) -> Vec<HostId> {
        if patterns.iter().any(|pattern| salt::is_target(&pattern.text)) {
            return self.hosts_of_targets(patterns);
        }
        let Some(first) = patterns.first() else { return Vec::new() };
        let mut terms: Vec<&str> = Vec::with_capacity(patterns.len());
        patterns.iter().for_each(|pattern| pattern::split_into(&pattern.text, &mut terms));
        let place = |term: &str| {
            let holder = patterns.iter().find(|pattern| pattern::split(&pattern.text).contains(&term));
            Location::clone(&holder.unwrap_or(first).at)
        };
        if let Some((term, problem)) =
            terms.iter().find_map(|term| Some((term, self.unanswered(|name| pattern::asks_for(term, name))?)))
        {
            self.found.error(problem.at(place(term)));
            return Vec::new();
        }
        let selection = match pattern::select(self.inventory, &terms) {
            Ok(selection) => selection,
            Err(error) => {
                self.found.error(
                    Problem::of(Code::InvalidPattern, error.message).at(Location::clone(&first.at)).hint(error.hint),
                );
                return Vec::new();
            }
        };
        for term in &selection.unmatched {
            let message = format!("`{term}` matches no host and no group");
            self.found.error(Problem::of(Code::NoMatch, message).at(place(term)).hint(self.nearest(term)));
        }
        for term in &selection.unmatched_filters {
            let message = format!("`{term}` matches no host and no group, so it changes nothing");
            self.found.warn(Problem::of(Code::NoMatch, message).at(place(term)).hint(self.nearest(&term[1..])));
        }
        for (term, hint) in &selection.ranges {
            let message = format!("`{term}` is not a range of names in a pattern, and takes other hosts than those");
            self.found.warn(Problem::of(Code::InvalidPattern, message).at(place(term)).hint(hint));
        }
        if let Some(host) = selection.repeated.first() {
            let message =
                format!("host `{}` is listed more than once; it is planned once", self.inventory.host_name(*host));
            self.found.warn(Problem::of(Code::Ignored, message).at(Location::clone(&first.at)));
        }
        selection.hosts
    }

    /// A hint with the name that a mistyped one is nearest to.
    fn nearest(&self, term: &str) -> String {
        if let Some(hint) = pattern::range_hint(term) {
            return hint;
        }
        let hosts = self.inventory.host_ids().map(|host| self.inventory.host_name(host));
        let groups = self.inventory.group_ids().map(|group| self.inventory.group_name(group));
        // Looking through every name of a large inventory would take longer than reading it.
        match nearest::name(term, groups.chain(hosts.take(10_000))) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "check the spelling; regal-inventory --graph shows groups and hosts".to_string(),
        }
    }
}

/// A hint with the variables that look like a version.
pub fn candidates(inventory: &Inventory<'_>, texts: &TextMap<'_>) -> String {
    let named =
        |name: &str| ["version", "release", "tag", "build"].iter().any(|word| name.to_lowercase().contains(word));
    let found: Vec<&str> = open_names(inventory, texts).into_iter().filter(|name| named(name)).collect();
    if found.is_empty() {
        "name the variable with `version_from: {var: …}`, or list the versions under `versions:`".to_string()
    } else {
        format!("variables that look like a version: {}", listed(found.into_iter()))
    }
}

/// The names of variables that stand somewhere else than in what was decrypted, for a hint.
pub(super) fn open_names<'a>(inventory: &Inventory<'a>, texts: &TextMap<'_>) -> Vec<&'a str> {
    if !texts.has_decrypted() {
        return inventory.var_names().collect();
    }
    let open = inventory.all_vars().filter(|var| !texts.is_concealed(var.at)).map(|var| inventory.var_name(var.name));
    open.collect::<IndexSet<_>>().into_iter().collect()
}

/// The first names, for a hint.
pub(super) fn listed<'s>(names: impl Iterator<Item = &'s str>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<&str> = names.collect();
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    format!("{}{more}", names[..names.len().min(SHOWN)].join(", "))
}
