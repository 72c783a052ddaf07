//! Who is sent to which hosts while a rollout is under way: what nginx and HAProxy are told.

use std::collections::{HashMap, HashSet};

use super::address::{canonical, has_zone, is_ip};
use super::ids::Alphabet;
use super::options::{Port, Routing};
use super::progress::Progress;
use super::{Export, Setting};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Error, Problem, Result};
use crate::plan::{Rollout, Stage};

/// The options that all of these formats use.
pub(super) const USES: &[Setting] =
    &[Setting::Done, Setting::InProgress, Setting::Down, Setting::Routing, Setting::Id, Setting::Port, Setting::ByName];

/// What may stand in the name of a variable of nginx, which fails beyond 46 characters.
const VARIABLES: Alphabet = Alphabet {
    allows: |c| c.is_ascii_alphanumeric() || c == '_',
    described: "letters, digits and `_`",
    longest: 30,
    caseless: true,
    spell: |group| group.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect(),
};

/// One version's hosts, by who is sent to them.
pub(super) struct Pools<'a> {
    /// The version's short name.
    pub id: String,
    /// The hosts in plan order.
    pub servers: Vec<Server<'a>>,
}

/// A host as a server.
#[derive(Clone, Copy)]
pub(super) struct Server<'a> {
    /// Its name in the inventory.
    pub name: &'a str,
    /// What one connects to.
    pub address: &'a str,
    /// The service's port.
    pub port: u16,
    /// Whose it is.
    pub pool: Pool,
    /// Whether it is out of service.
    pub down: bool,
}

/// A group of users, and the hosts that are theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
    /// Who sees the new version first.
    A,
    /// Everyone else.
    B,
}

impl<'a> Pools<'a> {
    /// The hosts of a pool, those too that are out of service.
    pub fn of(&self, pool: Pool) -> impl Iterator<Item = &Server<'a>> {
        self.servers.iter().filter(move |server| server.pool == pool)
    }

    /// The pool that a group's users are sent to: the other one where none of their own hosts is in service.
    pub fn serving(&self, pool: Pool) -> Pool {
        match pool {
            _ if self.live(pool) > 0 => pool,
            Pool::A => Pool::B,
            Pool::B => Pool::A,
        }
    }

    /// The number of hosts in service.
    pub fn live(&self, pool: Pool) -> usize {
        self.of(pool).filter(|server| !server.down).count()
    }

    /// Hundredths of a percent of the users that are group A's by chance: its share of the hosts in service. It grows with
    /// the rollout, so that nobody who has seen the new version is sent back. At least 1 unless A has no host.
    pub fn share(&self) -> u32 {
        let (a, b) = (self.live(Pool::A) as u64, self.live(Pool::B) as u64);
        let share = (a * 10_000).checked_div(a + b).unwrap_or_default();
        if a == 0 { 0 } else { u32::try_from(share.max(1)).unwrap_or(10_000) }
    }
}

/// The pools of each version, in plan order.
///
/// # Errors
/// No port; an id, an address or a batch that cannot be used; two hosts at one address and port.
pub(super) fn pools<'a>(export: &Export<'_, 'a>, found: &mut Diagnostics) -> Result<Vec<Pools<'a>>> {
    let port = export.service_port()?;
    let ids = export.ids(&VARIABLES)?;
    let progress = export.progress()?;
    let down = down(export)?;
    let mut all = Vec::new();
    for (((rollout, _), id), progress) in export.rollouts().zip(ids).zip(progress) {
        let mut pools = Pools { id, servers: servers(export, rollout, port, progress, found) };
        pools.servers.iter_mut().for_each(|server| server.down |= down.contains(server.name));
        if pools.servers.iter().all(|server| server.down) && !found.has_errors() {
            let message = format!("export {}: no host of version {} is in service", export.format, rollout.shown());
            found.warn(Problem::of(Code::NoHosts, message).hint("requests still go to all of its hosts"));
            pools.servers.iter_mut().for_each(|server| server.down = false);
        }
        all.push(pools);
    }
    // What a format finds besides would only add to it.
    *found = std::mem::take(found).sound()?;
    Ok(all)
}

/// The hosts that `--down` names.
fn down<'e>(export: &Export<'e, '_>) -> Result<HashSet<&'e str>> {
    let planned: HashSet<&str> = match export.options.down.as_slice() {
        [] => HashSet::new(),
        _ => export
            .rollouts()
            .flat_map(|(rollout, _)| &rollout.batches)
            .flat_map(|batch| batch.hosts.iter().copied())
            .collect(),
    };
    let unknown = export.options.down.iter().filter(|host| !planned.contains(host.as_str()));
    let problem = |host| Problem::of(Code::NoSuchHost, format!("`--down {host}`: the plan has no such host"));
    Error::unless_any(unknown.map(problem).collect(), export.options.down.iter().map(String::as_str).collect())
}

fn servers<'a>(
    export: &Export<'_, 'a>,
    rollout: &Rollout<'a>,
    port: &Port,
    progress: Progress,
    found: &mut Diagnostics,
) -> Vec<Server<'a>> {
    let routing = export.options.routing.unwrap_or_default();
    let mut owners: HashMap<(String, u16), &str> = HashMap::with_capacity(rollout.host_count());
    let mut servers = Vec::with_capacity(rollout.host_count());
    for (index, batch) in rollout.batches.iter().enumerate() {
        let first = match routing {
            Routing::Group => batch.stage == Stage::A,
            Routing::Version => index < progress.done,
        };
        let pool = if first { Pool::A } else { Pool::B };
        for name in batch.hosts.iter().copied() {
            let (address, port) = match (export.address(name), export.port(name, port)) {
                (Ok(address), Ok(port)) => (address, port),
                (address, port) => {
                    found.error_all(address.err().into_iter().chain(port.err()));
                    continue;
                }
            };
            if has_zone(address) {
                let why = format!("its address `{}` has a zone", export.shown_address(name, address));
                let hint = "nginx and HAProxy take no zone: give it an address without one as `ansible_host`";
                found.error(export.refuse(name, why).hint(hint));
            }
            if let Some(other) = owners.insert((canonical(address), port), name) {
                let (address, port) = (export.shown_address(name, address), export.shown_port(name, port));
                found.error(export.refuse(name, format!("its address {address}:{port} is that of `{other}`")));
            }
            servers.push(Server { name, address, port, pool, down: progress.in_progress == Some(index) });
        }
    }
    servers
}

/// Warns of servers that are names.
pub(super) fn warn_of_names(export: &Export<'_, '_>, pools: &[Pools<'_>], found: &mut Diagnostics, effect: &str) {
    let mut names = pools.iter().flat_map(|pools| &pools.servers).filter(|server| !is_ip(server.address));
    if let Some(first) = names.next() {
        let others = match names.count() {
            0 => String::new(),
            1 => " and 1 other".to_string(),
            count => format!(" and {count} others"),
        };
        let address = export.shown_address(first.name, first.address);
        let message = format!("export {}: {address}{others}: {effect}", export.format);
        found.warn(Problem::of(Code::Changed, message).hint("give the hosts addresses as `ansible_host`"));
    }
}
