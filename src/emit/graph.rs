//! Groups and hosts as a tree, in the form of `ansible-inventory --graph`.

use std::collections::HashSet;
use std::io::{self, Write};

use super::look::{Ink, Line, Look};
use crate::emit::ansible::Listing;
use crate::inventory::{ALL, GroupId, UNGROUPED};

/// A tree that is written, with what of it has been.
struct Tree<'l, 'a, W> {
    listing: &'l Listing<'l, 'a>,
    look: Look,
    out: &'l mut W,
}

/// Writes the tree from `all` down, a line a group or host. A group below several others is shown below each.
///
/// # Errors
/// Those of `out`.
pub fn write(listing: &Listing<'_, '_>, look: Look, out: &mut impl Write) -> io::Result<()> {
    // a line of a tree is never parted
    let look = Look { columns: None, ..look };
    let mut tree = Tree { listing, look, out };
    tree.line(0, Ink::Title, "@all:")?;
    if !listing.groups_only {
        tree.source(ALL, 0)?;
    }
    listing.groups.roots().iter().try_for_each(|name| tree.planned(name, 1))
}

impl<W: Write> Tree<'_, '_, W> {
    /// What is below a group of the source.
    fn source(&mut self, group: GroupId, level: usize) -> io::Result<()> {
        let listing = self.listing;
        let inventory = listing.inventory;
        let data = inventory.group(group);
        for child in &data.children {
            self.line(level + 1, Ink::Title, &format!("@{}:", inventory.group_name(*child)))?;
            self.source(*child, level + 1)?;
        }
        if let Some(over) = listing.groups.over(inventory.group_name(group)) {
            over.children.iter().try_for_each(|name| self.planned(name, level + 1))?;
        }
        // `all` lists a host only where no other group does.
        let shown: HashSet<_> =
            if group == ALL { inventory.group(UNGROUPED).hosts.iter().collect() } else { HashSet::new() };
        for host in data.hosts.iter().filter(|host| !listing.is_hidden(**host) && !shown.contains(host)) {
            self.line(level + 1, Ink::Plain, inventory.host_name(*host))?;
        }
        Ok(())
    }

    /// A group of the plan and what is below it.
    fn planned(&mut self, name: &str, level: usize) -> io::Result<()> {
        let listing = self.listing;
        let Some(group) = listing.groups.find(name) else { return Ok(()) };
        self.line(level, Ink::Group, &format!("@{name}:"))?;
        if let Some(source_group) = group.source.filter(|_| !listing.groups_only) {
            return self.source(source_group, level);
        }
        group.children.iter().try_for_each(|child| self.planned(child, level + 1))?;
        group.hosts.iter().try_for_each(|host| self.line(level + 1, Ink::Plain, host))
    }

    fn line(&mut self, level: usize, ink: Ink, text: &str) -> io::Result<()> {
        let lead = if level == 0 { String::new() } else { "  |".repeat(level) + "--" };
        self.look.write(Line::of(Ink::Faint, lead).and(ink, text), None, self.out)
    }
}
