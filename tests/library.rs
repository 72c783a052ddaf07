//! A program over the library and the command plan alike.

use std::path::Path;

use regal_inventory::assign::{Request, assign};
use regal_inventory::emit::regal;
use regal_inventory::error::Result;
use regal_inventory::limit;
use regal_inventory::plan::plan;
use regal_inventory::settings::{self, Input, Place};
use regal_inventory::source::load;
use regal_inventory::text::{Arena, TextMap};

use crate::support::Test;

/// Plans as `examples/programs/walk.rs` does; gives regal's form.
fn planned(configuration: &Path) -> Result<String> {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let text = std::fs::read_to_string(configuration).unwrap();
    let file = texts.add("regal.yml", arena.alloc_str(&text))?;
    let settings = settings::read(&arena, &texts, &Input { file: Some(file), ..Input::default() })?;
    let place = Place { folder: configuration.parent().unwrap(), variable: |name| std::env::var_os(name) };
    let options = settings.options(&place);
    let loaded = load(&arena, &texts, &settings.specs(&place), &options)?;
    let mut warnings = Vec::new();
    let request = Request {
        versions: settings.versions.as_ref().unwrap(),
        policy: &settings.policy,
        fleet: loaded.fleet.as_ref(),
    };
    let assignments = assign(&arena, &loaded.inventory, &texts, request, &mut warnings)?;
    let hidden = limit::hidden(&settings.limit, &loaded, &options, &mut warnings)?;
    let plan = limit::shown(plan(&assignments, &settings.policy)?, &loaded.inventory, &hidden);
    let mut printed = Vec::new();
    regal::write(&plan, &mut printed).unwrap();
    Ok(String::from_utf8(printed).unwrap())
}

#[test]
fn the_library_and_the_command_plan_alike() {
    let aliases = "a: &a [1, 2, 3, 4, 5, 6, 7, 8]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n";
    for (configuration, expected) in [
        ("inventory: 'h1,h2,'\nversions: {v: all}\n", "{\"v\": [\"h1\", \"h2\"]}\n"),
        ("inventory: [hosts, 'h1,h2,']\nversions: {v: all}\nlimit: h1:web2\n", "{\"v\": [\"web2\", \"h1\"]}\n"),
        ("inventory: hosts\nversions: {v: all}\nmax_range_hosts: 1\n", "makes too many hosts"),
        ("inventory: hosts\nversions: {v: all}\nmax_source_bytes: 3\n", "larger than 3 bytes"),
        ("inventory: aliases.yml\nversions: {v: all}\nmax_yaml_values: 20\n", "expand"),
        ("inventory: hosts\nversions: {v: all}\nlimit: nobody\n", "the limit leaves no host"),
        ("inventory: $UNSET_HERE/hosts\nversions: {v: all}\n", "$UNSET_HERE/hosts` cannot be read"),
        ("inventory: [{salt: {roster: roster}}]\nversions: {v: 'G@role:web'}\n", "{\"v\": [\"m1\"]}\n"),
        ("inventory: sealed\nversions: {v: all}\nvault_password_file: wrong\n", "the file is under vault, but damaged"),
        ("inventory: slow\nversions: {v: all}\nsource_timeout: 1s\n", "did not end within 1 second"),
    ] {
        let test = Test::new()
            .file("sub/regal.yml", configuration)
            .file("sub/hosts", "[web]\nweb[1:2]\n")
            .file("sub/aliases.yml", format!("web: {{hosts: {{w1: }}}}\nx: {{vars: {{y: 1}}}}\n{aliases}"))
            .file("sub/roster", "m1: {host: 10.0.0.1, grains: {role: web}}\nm2: {host: 10.0.0.2, grains: {role: db}}\n")
            .file("sub/sealed", "$ANSIBLE_VAULT;1.1;AES256\n00\n")
            .file("sub/wrong", "wrong\n")
            .script("sub/slow", "#!/bin/sh\nsleep 60\n")
            .args(&["--config", "sub/regal.yml", "plan", "--format", "regal"]);
        let library = planned(&test.path().join("sub/regal.yml"));
        let command = test.run();
        match library {
            Ok(plan) => {
                assert_eq!(plan, expected, "{configuration}");
                assert_eq!((command.stdout.as_str(), command.code), (expected, 0), "{}", command.stderr);
            }
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains(expected), "{configuration}: {message}");
                assert!(command.code == 1 && command.stderr.contains(expected), "{}", command.stderr);
            }
        }
    }
}
