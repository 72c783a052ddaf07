//! `--list`, `--host` and `--graph`.

use std::io::Write;

use regal_inventory::emit::ansible::{Listing, pretty};
use regal_inventory::emit::graph;
use regal_inventory::error::{Code, Error, Location, Problem};

use super::arguments::Arguments;
use super::invocation::Invocation;
use super::messages;

/// Prints the inventory, one host of it, or its tree.
///
/// # Errors
/// Bad input; a result that cannot be written.
pub fn run(invocation: &Invocation<'_>, arguments: &Arguments) -> anyhow::Result<()> {
    let planned = invocation.session.plan()?;
    let groups_only = invocation.session.settings().groups_only;
    let of_drift = |warning: &&Problem| arguments.verbose || warning.code == Code::Drift;
    let told: Vec<Problem> = planned.warnings.iter().filter(of_drift).cloned().collect();
    messages::warnings(&told, invocation.color);
    let listing = planned.listing();
    let arena = invocation.session.texts().0;
    if !groups_only && !arguments.graph {
        let unread: &[String] = if invocation.session.settings().skip_vaults { &[] } else { &planned.vaults };
        refuse_inexact(unread, &listing)?;
    }
    if arguments.yaml && arguments.host.is_none() {
        refuse_misread(&listing)?;
    }
    let whole = arguments.host.is_some() || arguments.graph || arguments.yaml || arguments.pretty;
    if !whole {
        let print = |sink: &mut dyn Write| listing.write(sink).and_then(|()| sink.write_all(b"\n"));
        return invocation.sink(&planned).write_by(print);
    }
    let sink = invocation.sink(&planned);
    let mut result = match &arguments.host {
        Some(host) if arguments.yaml => listing.host_yaml(arena, host),
        Some(host) => listing.host(host),
        None if arguments.graph => {
            let mut tree = Vec::new();
            graph::write(&listing, sink.look(), &mut tree)?;
            tree
        }
        None if arguments.yaml => listing.yaml(arena),
        None => listing.list(),
    };
    if arguments.pretty && !arguments.yaml && !arguments.graph {
        result = pretty(&result);
    }
    if result.last() != Some(&b'\n') {
        result.push(b'\n');
    }
    sink.write(&result)
}

/// A full inventory must not miss variables or misplace them without a word.
fn refuse_inexact(unread: &[String], listing: &Listing<'_, '_>) -> Result<(), Error> {
    let beside = "use `groups_only: true` beside the source: ansible-playbook -i SOURCE -i ./regal-inventory";
    let unread = unread.iter().map(|path| {
        let problem =
            Problem::of(Code::Vault, "the vars file is encrypted as a whole, and there is no password for it");
        let hint = format!("use --vault-password-file FILE, or `vault: skip` to do without it, or {beside}");
        problem.at(Location::whole(path.clone())).hint(hint)
    });
    let misplaced = listing.misplaced().into_iter().map(|host| {
        let message = format!("host `{host}` has variables and the name of a group, to which Ansible would give them");
        Problem::of(Code::SharedName, message).hint(format!("rename one of them, or {beside}"))
    });
    let meta = listing.inventory.find_group("_meta").map(|_| {
        Problem::of(
            Code::InvalidName,
            "the group `_meta` cannot be written: in Ansible's protocol that name holds the host variables",
        )
        .hint(format!("rename it, or {beside}"))
    });
    Error::unless_any(unread.chain(misplaced).chain(meta).collect(), ())
}

/// A YAML inventory must not name other hosts than the source.
fn refuse_misread(listing: &Listing<'_, '_>) -> Result<(), Error> {
    let problems = listing.misread_in_yaml().into_iter().map(|host| {
        let message =
            format!("host `{host}` cannot stand in YAML: Ansible would read a range of hosts or a port in its name");
        Problem::of(Code::Changed, message).hint("rename it, or leave `--yaml` out: the JSON form keeps such names")
    });
    Error::unless_any(problems.collect(), ())
}
