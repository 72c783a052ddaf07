//! Groups and hosts as a tree, in the form of `ansible-inventory --graph`.

use std::collections::HashSet;

use crate::emit::ansible::Listing;
use crate::inventory::{ALL, GroupId};
use crate::shown;

/// The tree from `all` down, a line a group or host. A group below several others is shown below each.
pub fn graph(listing: &Listing<'_, '_>) -> String {
    let mut out = String::from("@all:\n");
    if listing.groups_only {
        listing.groups.roots().iter().for_each(|name| planned(listing, &mut out, name, 1));
        return out;
    }
    source(listing, &mut out, ALL, 0);
    listing.groups.roots().iter().for_each(|name| planned(listing, &mut out, name, 1));
    out
}

/// What is below a group of the source.
fn source(listing: &Listing<'_, '_>, out: &mut String, group: GroupId, level: usize) {
    let inventory = listing.inventory;
    let data = inventory.group(group);
    for child in &data.children {
        line(out, level + 1, &format!("@{}:", inventory.group_name(*child)));
        source(listing, out, *child, level + 1);
    }
    if let Some(over) = listing.groups.over(inventory.group_name(group)) {
        over.children.iter().for_each(|name| planned(listing, out, name, level + 1));
    }
    // `all` lists a host only where no other group does.
    let shown: HashSet<_> =
        if group == ALL { inventory.group(crate::inventory::UNGROUPED).hosts.iter().collect() } else { HashSet::new() };
    for host in data.hosts.iter().filter(|host| !listing.is_hidden(**host) && !shown.contains(host)) {
        line(out, level + 1, inventory.host_name(*host));
    }
}

/// A group of the plan and what is below it.
fn planned(listing: &Listing<'_, '_>, out: &mut String, name: &str, level: usize) {
    let Some(group) = listing.groups.find(name) else { return };
    line(out, level, &format!("@{name}:"));
    if let Some(source_group) = group.source.filter(|_| !listing.groups_only) {
        return source(listing, out, source_group, level);
    }
    group.children.iter().for_each(|child| planned(listing, out, child, level + 1));
    group.hosts.iter().for_each(|host| line(out, level + 1, host));
}

fn line(out: &mut String, level: usize, text: &str) {
    for _ in 0..level {
        out.push_str("  |");
    }
    out.push_str("--");
    out.push_str(&shown::printable(text));
    out.push('\n');
}
