//! `haproxy`: two backends for each version, and `haproxy-runtime`: what makes a running HAProxy the same.
//!
//! Both backends hold every host, since a running HAProxy can be told which of them are in service, and not which
//! there are.

use super::Export;
use super::address::{self, with_port};
use super::pools::{Pool, Pools, Server, pools, warn_of_names};
use crate::diagnostics::Diagnostics;
use crate::error::{Error, Result};

const HEAD: &str = "\
# Written by regal-inventory export haproxy: give it to haproxy with one more -f, after the file with the frontend.
#   use_backend regal_ID_a if { req.cook(group) A }
#   default_backend regal_ID_b
";

/// The backends.
pub(super) fn render(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    let pools = named_pools(export, found)?;
    warn_of_names(export, &pools, found, "a name is looked up at the start, unless a default-server says otherwise");
    let mut text = HEAD.to_string();
    for (id, letter, servers) in backends(&pools) {
        text.push_str(&format!("\nbackend regal_{id}_{letter}\n"));
        for (server, live) in servers {
            let disabled = if live { "" } else { " disabled" };
            let address = with_port(server.address, server.port);
            text.push_str(&format!("    server {} {address}{disabled}\n", server.name));
        }
    }
    Ok(text.into_bytes())
}

/// The commands for the runtime socket, one per line; those that add a server come before those that take one out.
pub(super) fn runtime(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    let pools = named_pools(export, found)?;
    let mut text = String::new();
    for (wanted, state) in [(true, "ready"), (false, "maint")] {
        for (id, letter, servers) in backends(&pools) {
            for (server, _) in servers.filter(|(_, live)| *live == wanted) {
                text.push_str(&format!("set server regal_{id}_{letter}/{} state {state}\n", server.name));
            }
        }
    }
    Ok(text.into_bytes())
}

/// The pools, all of whose hosts have names that a server may have.
fn named_pools<'a>(export: &Export<'_, 'a>, found: &mut Diagnostics) -> Result<Vec<Pools<'a>>> {
    let pools = pools(export, found)?;
    let faults = pools.iter().flat_map(|pools| &pools.servers).filter_map(|server| {
        let zone = || address::has_zone(server.name).then(|| "it has a `%`".to_string());
        let why = address::fault(server.name).or_else(zone)?;
        Some(export.refuse(server.name, format!("as the name of a server, {why}")).hint(address::ALPHABET))
    });
    Error::unless_any(faults.collect(), ())?;
    Ok(pools)
}

/// The backends, each with all hosts of its version and whether its users are sent there.
fn backends<'p, 'a>(
    pools: &'p [Pools<'a>],
) -> impl Iterator<Item = (&'p str, char, impl Iterator<Item = (&'p Server<'a>, bool)>)> {
    let both = pools.iter().flat_map(|pools| [(pools, Pool::A, 'a'), (pools, Pool::B, 'b')]);
    both.map(|(pools, pool, letter)| {
        let serving = pools.serving(pool);
        let servers = pools.servers.iter().map(move |server| (server, server.pool == serving && !server.down));
        (pools.id.as_str(), letter, servers)
    })
}
