//! Patterns that look like a range of host names. In an inventory `web[1:12]` is twelve names; in a pattern it is the second
//! to the thirteenth host of `web`. Where Ansible finds nothing, a range whose names are all hosts stands for them: plans and
//! messages print hosts that way.

use super::range;
use crate::inventory::{HostId, Inventory};

/// The most names that a range is compared with.
const MOST: usize = 10_000;

/// What to write in place of a term that is a range of names in an inventory; nothing for other terms.
pub fn hint(term: &str) -> Option<String> {
    let names = names(term)?;
    let [first, .., last] = names.as_slice() else { return None };
    let (open, close) = (term.find('[')?, term.find(']')?);
    let (before, range) = (&term[..open].trim_start_matches(['!', '&']), &term[open..=close]);
    Some(format!(
        "in a pattern {range} counts the hosts of a group, from 0; list the names {first} to {last} with commas, or write \
         a glob such as `{before}*`"
    ))
}

/// The hosts of a term that is a range of their names; nothing where one of the names is no host.
pub fn named(inventory: &Inventory<'_>, term: &str) -> Option<Vec<HostId>> {
    names(term)?.iter().map(|name| inventory.find_host(name)).collect()
}

/// The same where the term has hosts, but others than the names that are there.
pub fn other_hosts(inventory: &Inventory<'_>, term: &str, hosts: &[HostId]) -> Option<String> {
    let names = names(term)?;
    inventory.find_host(names.first()?)?;
    let meant: Vec<HostId> = names.iter().filter_map(|name| inventory.find_host(name)).collect();
    if meant == hosts { None } else { hint(term) }
}

/// The names that the term would be in an inventory.
fn names(term: &str) -> Option<Vec<String>> {
    let name = term.trim_start_matches(['!', '&']);
    if name.starts_with('~') || !name.contains(':') || !range::is_range(name) {
        return None;
    }
    range::expand(name, MOST).ok().filter(|names| names.len() > 1)
}
