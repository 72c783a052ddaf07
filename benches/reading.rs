//! Reading, planning and writing 10,000 hosts: `cargo bench`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;

use criterion::{Criterion, criterion_group, criterion_main};
use regal_inventory::assign::{Request, assign};
use regal_inventory::emit::ansible::{Listing, PlanGroups};
use regal_inventory::error::Location;
use regal_inventory::plan::names::Naming;
use regal_inventory::plan::plan;
use regal_inventory::policy::Policy;
use regal_inventory::settings::{VersionFrom, VersionSource};
use regal_inventory::source::{Options, Spec, load};
use regal_inventory::text::{Arena, TextMap};

/// The source written back, as `--list` does.
fn list(source: &Path) -> usize {
    let arena = Arena::new();
    let texts = TextMap::new();
    let spec = Spec { name: source.display().to_string(), path: source.to_path_buf(), origin: None, salt: Vec::new() };
    let loaded = load(&arena, &texts, &[spec], &Options::default()).unwrap();
    let versions = VersionSource::From(VersionFrom::Var("app_version".to_string()), Location::whole("bench"));
    let policy = Policy::default();
    let request = Request { versions: &versions, policy: &policy, fleet: None };
    let mut warnings = Vec::new();
    let assignments = assign(&arena, &loaded.inventory, &texts, request, &mut warnings).unwrap();
    let plan = plan(&assignments, &policy).unwrap();
    let names = Naming::default().name(&plan).unwrap();
    let groups = PlanGroups::new(&arena, &loaded.inventory, &plan, &names, false).unwrap();
    let listing = Listing { inventory: &loaded.inventory, groups: &groups, groups_only: false, hidden: &[] };
    listing.list().len()
}

fn inventories() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/bench-inventories");
    let generator = root.join("benches/inventories.py");
    let status = Command::new("python3").arg(generator).arg("10000").arg(&folder).status().unwrap();
    assert!(status.success(), "benches/inventories.py failed");
    folder
}

fn reading(criterion: &mut Criterion) {
    let folder = inventories();
    for source in ["hosts.ini", "hosts.yml"] {
        let path = folder.join(source);
        criterion.bench_function(&format!("list 10,000 hosts of {source}"), |bencher| bencher.iter(|| list(&path)));
    }
}

criterion_group!(benches, reading);
criterion_main!(benches);
