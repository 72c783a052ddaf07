//! Versions over host names that stand in the configuration itself, as regal's `version_host` had them.

use crate::error::{Code, Error, Location, Problem, Result};
use crate::inventory::{Inventory, UNGROUPED};
use crate::pattern;
use crate::policy::Pattern;
use crate::policy::versions::ExplicitVersion;
use crate::text::{Arena, Pos, commas};

/// An inventory of just the hosts that the versions name.
///
/// # Errors
/// A name that only means something with an inventory: a pattern, or `all`.
pub fn inventory<'a>(arena: &'a Arena, versions: &[ExplicitVersion]) -> Result<Inventory<'a>> {
    let mut inventory = Inventory::new();
    inventory
        .expect_hosts(versions.iter().flat_map(|version| &version.hosts).map(|pattern| names(pattern).count()).sum());
    let mut problems = Vec::new();
    for pattern in versions.iter().flat_map(|version| &version.hosts) {
        for name in names(pattern) {
            if is_pattern(name) {
                let message = format!("`{name}` is a pattern, and there is no inventory to match it with");
                let hint = match pattern::range_hint(name) {
                    Some(_) => "list the names with commas, or add `inventory:` and write a pattern",
                    None => "add `inventory:`, or name the hosts",
                };
                problems.push(Problem::of(Code::InvalidPattern, message).at(Location::clone(&pattern.at)).hint(hint));
            } else if let Err(problem) =
                inventory.add_host(arena.alloc_str(name), Some(UNGROUPED), None, Pos::default())
            {
                problems.push(problem.at(Location::clone(&pattern.at)));
            }
        }
    }
    if let Err(problem) = inventory.reconcile() {
        problems.push(problem);
    }
    Error::unless_any(problems, inventory)
}

fn names(pattern: &Pattern) -> impl Iterator<Item = &str> {
    commas(&pattern.text).map(str::trim).filter(|name| !name.is_empty())
}

/// Whether a name asks for an inventory.
fn is_pattern(name: &str) -> bool {
    matches!(name, "all" | "ungrouped")
        || !pattern::address::is_plain_name(name)
            && (name.starts_with(['&', '!', '~', '@'])
                || name.contains(['*', '?', '['])
                || pattern::split(name) != [name])
}
