//! Plans with the library, and walks versions, batches and hosts.
//!
//! `cargo run --example walk -- examples/programs/regal.yml`

use std::collections::HashMap;

use regal_inventory::error::Result;
use regal_inventory::plan::Stage;
use regal_inventory::session::{Arena, Configuration, Opening, Session, Surroundings, TextMap};

fn main() -> Result<()> {
    // What is read lives in the arena; settings, inventory and plan borrow from it.
    let (arena, texts) = (Arena::new(), TextMap::new());
    let configuration = std::env::args().nth(1).map_or(Configuration::Nearest, Configuration::file);
    let surroundings = Surroundings { variables: std::env::vars_os().collect(), ..Surroundings::default() };
    let session = Session::open(&arena, &texts, Opening::new(configuration, surroundings))?;
    let planned = session.plan()?;

    for warning in &planned.warnings {
        eprintln!("warning: {warning}");
    }
    let connections = planned.connections();
    let addresses: HashMap<&str, &str> =
        connections.iter().filter_map(|connection| Some((connection.host, connection.address?))).collect();
    for rollout in &planned.plan.rollouts {
        println!("{}: {} hosts, at most {} lost", rollout.version, rollout.host_count(), rollout.max_failures);
        for batch in &rollout.batches {
            let who = if batch.stage == Stage::A { "canary" } else { "batch" };
            println!("  {who} {}, then {} s of watching", batch.stage, batch.bake);
            for host in &batch.hosts {
                println!("    {host} at {}", addresses.get(host).unwrap_or(host));
            }
        }
    }
    Ok(())
}
