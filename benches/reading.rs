//! The readers, the emitter, and all of `--list`, over 10,000 hosts: `cargo bench --bench reading`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use regal_inventory::assign::{Request, assign};
use regal_inventory::diagnostics::Diagnostics;
use regal_inventory::emit::ansible::{Listing, PlanGroups};
use regal_inventory::error::Location;
use regal_inventory::plan::plan;
use regal_inventory::policy::Policy;
use regal_inventory::policy::naming::Naming;
use regal_inventory::settings::{VersionFrom, VersionSource};
use regal_inventory::source::{Loaded, Options, Source, TextFormat, load, read_text};
use regal_inventory::text::{Arena, TextMap};

const HOSTS: &str = "10000";

/// Plans what was loaded, and gives the listing to `then`.
fn listing<'a, T>(
    arena: &'a Arena,
    texts: &TextMap<'a>,
    loaded: &Loaded<'a>,
    then: impl FnOnce(&Listing<'_, 'a>) -> T,
) -> T {
    let versions = VersionSource::From(VersionFrom::Var("app_version".to_string()), Location::whole("bench"));
    let policy = Policy::default();
    let request = Request { versions: &versions, policy: &policy, master: None, except: &HashSet::new() };
    let mut found = Diagnostics::new();
    let assignments = assign(arena, &loaded.inventory, texts, request, &mut found).unwrap();
    let plan = plan(&assignments, &policy).unwrap();
    let names = Naming::default().name(&plan).unwrap();
    let groups = PlanGroups::new(arena, &loaded.inventory, &plan, &names, None, false).unwrap();
    then(&Listing { inventory: &loaded.inventory, groups: &groups, groups_only: false, hidden: &[] })
}

fn loaded<'a>(arena: &'a Arena, texts: &TextMap<'a>, source: &Path) -> Loaded<'a> {
    load(arena, texts, &[Source::path(source)], &Options::default()).unwrap()
}

/// The source written back, as `--list` does.
fn list(source: &Path) -> usize {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let loaded = loaded(&arena, &texts, source);
    listing(&arena, &texts, &loaded, |listing| listing.list().len())
}

fn inventories() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/bench-inventories");
    let generator = root.join("benches/inventories.py");
    let status = Command::new("python3").arg(generator).arg(HOSTS).arg(&folder).status().unwrap();
    assert!(status.success(), "benches/inventories.py failed");
    folder
}

fn read(group: &mut BenchmarkGroup<'_, criterion::measurement::WallTime>, name: &str, format: TextFormat, text: &str) {
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let (arena, texts) = (Arena::new(), TextMap::new());
            read_text(&arena, &texts, format, "bench", text).unwrap().inventory.host_ids().len()
        });
    });
}

/// One text at a time, without a file.
fn readers(criterion: &mut Criterion) {
    let folder = inventories();
    let text = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let mut group = criterion.benchmark_group("read");
    read(&mut group, "INI", TextFormat::Ini, &text("hosts.ini"));
    let yaml = text("hosts.yml");
    read(&mut group, "YAML, the short way", TextFormat::Yaml, &yaml);
    // A character that the short way leaves to libyaml.
    read(&mut group, "YAML, by events", TextFormat::Yaml, &format!("# é\n{yaml}"));
    read(&mut group, "JSON of a script", TextFormat::Script, &text("hosts.json"));
    group.finish();
}

/// The listing alone, over what was read and planned before.
fn emitter(criterion: &mut Criterion) {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let loaded = loaded(&arena, &texts, &inventories().join("hosts.ini"));
    listing(&arena, &texts, &loaded, |listing| {
        let mut group = criterion.benchmark_group("write");
        group.throughput(Throughput::Bytes(listing.list().len() as u64));
        group.bench_function("--list", |bencher| bencher.iter(|| listing.write(&mut std::io::sink()).unwrap()));
        group.finish();
    });
}

/// From the source to the output.
fn whole(criterion: &mut Criterion) {
    let folder = inventories();
    for source in ["hosts.ini", "hosts.yml", "script", "site"] {
        let path = folder.join(source);
        criterion.bench_function(&format!("--list of {source}"), |bencher| bencher.iter(|| list(&path)));
    }
}

criterion_group!(benches, readers, emitter, whole);
criterion_main!(benches);
