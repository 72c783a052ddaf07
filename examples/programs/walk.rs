//! Plans with the library, and walks versions, batches and hosts.
//!
//! `cargo run --example walk -- examples/programs/regal.yml`

use std::path::Path;

use regal_inventory::assign::{Request, assign};
use regal_inventory::error::{Location, Problem, Result};
use regal_inventory::inventory::effective::Effective;
use regal_inventory::limit;
use regal_inventory::plan::{Stage, plan};
use regal_inventory::settings::{self, Input, Place};
use regal_inventory::source;
use regal_inventory::text::{Arena, TextMap};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or("regal.yml".to_string());
    let folder = Path::new(&path).parent().unwrap_or(Path::new(""));

    // What is read lives in the arena; settings, inventory and plan borrow from it.
    let arena = Arena::new();
    let texts = TextMap::new();
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Problem::new(error.to_string()).at(Location::whole(path.as_str())))?;
    let file = texts.add(arena.alloc_str(&path), arena.alloc_str(&text))?;
    let settings = settings::read(&arena, &texts, &Input { file: Some(file), ..Input::default() })?;

    let place = Place { folder, variable: |name| std::env::var_os(name) };
    let options = settings.options(&place);
    let loaded = source::load(&arena, &texts, &settings.specs(&place), &options)?;
    let inventory = &loaded.inventory;

    let mut warnings = Vec::new();
    let versions = settings.versions.as_ref().ok_or(Problem::new("no `version_from` and no `versions`"))?;
    let request = Request { versions, policy: &settings.policy, fleet: loaded.fleet.as_ref() };
    let assignments = assign(&arena, inventory, &texts, request, &mut warnings)?;
    let hidden = limit::hidden(&settings.limit, &loaded, &options, &mut warnings)?;
    let plan = limit::shown(plan(&assignments, &settings.policy)?, inventory, &hidden);

    let variables = Effective::new(inventory);
    for rollout in &plan.rollouts {
        println!("{}: {} hosts, at most {} lost", rollout.version, rollout.host_count(), rollout.max_failures);
        for batch in &rollout.batches {
            let who = if batch.stage == Stage::A { "canary" } else { "batch" };
            println!("  {who} {}, then {} s of watching", batch.stage, batch.bake);
            for name in batch.hosts.iter().copied() {
                let address = inventory.find_host(name).zip(inventory.find_var("ansible_host"));
                let address = address.and_then(|(host, variable)| variables.get(host, variable)?.value.text());
                println!("    {name} at {}", address.unwrap_or(name));
            }
        }
    }
    Ok(())
}
