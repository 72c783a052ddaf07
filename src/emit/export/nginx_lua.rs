//! `nginx-lua`: the pools as data, and the `regal.lua` that reads them again every second, so that nginx follows a rollout
//! without a reload.

use serde::Serialize;

use super::address::is_ip;
use super::pools::{Pool, Pools, Server, pools};
use super::{Export, File};
use crate::diagnostics::Diagnostics;
use crate::emit::json;
use crate::error::{Error, Result};

/// The version of the data's shape; `regal.lua` takes no other.
const SCHEMA: u32 = 1;

/// The module, the same for every plan.
const MODULE: &str = include_str!("regal.lua");

#[derive(Serialize)]
struct Document<'d> {
    schema: u32,
    versions: Vec<Version<'d>>,
}

#[derive(Serialize)]
struct Version<'d> {
    id: &'d str,
    /// Hundredths of a percent of the users that are group A's.
    share: u32,
    a: Vec<(&'d str, u16)>,
    b: Vec<(&'d str, u16)>,
}

pub(super) fn render(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<File>> {
    let pools = pools(export, found)?;
    let named = pools.iter().flat_map(|pools| &pools.servers).filter(|server| !is_ip(server.address));
    let problem = |server: &Server<'_>| {
        let problem = export.refuse(server.name, "nginx's Lua balancer takes IP addresses, and it has a name only");
        problem.hint("give the host an address as `ansible_host`")
    };
    Error::unless_any(named.map(problem).collect(), ())?;
    let document = Document { schema: SCHEMA, versions: pools.iter().map(version).collect() };
    let mut bytes = Vec::new();
    export.written(json::write_line(&document, &mut bytes))?;
    let module = File { path: "regal.lua".to_string(), bytes: MODULE.as_bytes().to_vec() };
    Ok(vec![File { path: "regal.json".to_string(), bytes }, module])
}

fn version<'d>(pools: &'d Pools<'_>) -> Version<'d> {
    let live = |pool| {
        let serving = pools.of(pools.serving(pool)).filter(|server| !server.down);
        serving.map(|server| (server.address, server.port)).collect()
    };
    Version { id: &pools.id, share: pools.share(), a: live(Pool::A), b: live(Pool::B) }
}
