//! Every format over 100,000 hosts: `cargo bench --bench exporting`.

#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use regal_inventory::emit::export::options::Port;
use regal_inventory::emit::export::{Export, FORMATS, Options, Setting};
use regal_inventory::emit::look::Look;
use regal_inventory::emit::report::Report;
use regal_inventory::inventory::effective::Effective;
use regal_inventory::inventory::{Inventory, Target};
use regal_inventory::plan::plan;
use regal_inventory::plan::{Assigned, Assignments};
use regal_inventory::policy::naming::Naming;
use regal_inventory::policy::{Amount, BatchSize, Keys, Layer, Policy};
use regal_inventory::text::{Arena, Pos, TextMap};
use regal_inventory::value::Value;

const HOSTS: usize = 100_000;

/// Hosts with addresses, in batches of 1 %.
fn exporting(criterion: &mut Criterion) {
    let arena = Arena::new();
    let mut inventory = Inventory::new();
    let mut hosts: Vec<&str> = Vec::with_capacity(HOSTS);
    for n in 0..HOSTS {
        let name = arena.alloc_str(&format!("web{n}.example.org"));
        let address = arena.alloc_str(&format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255));
        let host = inventory.add_host(name, None, None, Pos::default()).unwrap();
        inventory.set_var(Target::Host(host), "ansible_host", Value::Str(address), Pos::default()).unwrap();
        hosts.push(name);
    }
    inventory.reconcile().unwrap();
    let keys = Keys { batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(HOSTS / 100))]), ..Keys::default() };
    let policy = Policy { layers: vec![Layer { all: keys, ..Layer::default() }], ..Policy::default() };
    let assignments = Assignments { versions: vec![Assigned::new("shop-2.5.0", hosts)], unversioned: Vec::new() };
    let plan = plan(&assignments, &policy).unwrap();
    let names = Naming::default().name(&plan).unwrap();
    let report = Report {
        plan: &plan,
        names: &names,
        id: None,
        configuration: None,
        environment: &[],
        sources: &[],
        warnings: &[],
        connections: &[],
        full: true,
        look: Look::default(),
    };
    let (variables, texts) = (Effective::new(&inventory), TextMap::new());
    for format in FORMATS {
        let port = format.uses.contains(&Setting::Port).then_some(Port::Number(80));
        let options = Options { port, ..Options::default() };
        let export = Export {
            format: "",
            report,
            inventory: &inventory,
            variables: &variables,
            texts: &texts,
            options: &options,
            master: None,
            frozen: None,
        };
        let name = format!("export 100,000 hosts as {}", format.name);
        criterion.bench_function(&name, |bencher| bencher.iter(|| format.render(&export).unwrap()));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = exporting
}
criterion_main!(benches);
