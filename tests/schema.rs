//! The JSON Schema of `regal.yml` that is shipped, and the configurations that it is for.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use crate::support::Test;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn validator() -> Validator {
    let schema = serde_json::from_str(&fs::read_to_string(top().join("examples/regal.schema.json")).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What the schema says of a text.
fn errors(validator: &Validator, text: &str) -> Vec<String> {
    validator.iter_errors(&yaml(text)).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The files below a folder whose name ends so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_shipped_file_is_what_is_printed() {
    let printed = Test::new().args(&["schema"]).stdout();
    let shipped = fs::read_to_string(top().join("examples/regal.schema.json")).unwrap();
    assert_eq!(printed, shipped, "cargo run schema --output examples/regal.schema.json");
}

#[test]
fn every_example_is_valid_and_its_comment_leads_to_the_schema() {
    let validator = validator();
    let mut led = 0;
    for path in files(&top().join("examples"), "regal.yml") {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(errors(&validator, &text), Vec::<String>::new(), "{}", path.display());
        let line = text.lines().find_map(|line| line.strip_prefix("# yaml-language-server: $schema="));
        let Some(line) = line else { continue };
        let schema = path.parent().unwrap().join(line).canonicalize().unwrap();
        assert_eq!(schema, top().join("examples/regal.schema.json").canonicalize().unwrap(), "{}", path.display());
        led += 1;
    }
    assert!(led >= 4, "{led}");
}

#[test]
fn every_configuration_in_the_documentation_is_valid() {
    let validator = validator();
    let mut checked = 0;
    for path in files(top(), ".md") {
        let text = fs::read_to_string(&path).unwrap();
        for block in text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            if block.contains("plugin: regal-inventory") {
                assert_eq!(errors(&validator, block), Vec::<String>::new(), "{}: {block}", path.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 0);
}

#[test]
fn what_check_refuses_the_schema_refuses() {
    let validator = validator();
    for (key, because) in [
        ("batch_sise: 1", "unknown key"),
        ("canary: {sise: 1}", "unknown key"),
        ("approval: sometimes", "no such choice"),
        ("canary: 0", "a batch of no host"),
        ("batch_size: [1, 0%]", "a batch of no host"),
        ("batch_size: 101%", "over 100%"),
        ("batch_size: {start: 1}", "`most` is missing"),
        ("serial: 3", "`batch_size`"),
        ("batch_size: -1", "negative"),
        ("bake: soon", "not a valid duration"),
        ("groups_only: maybe", "neither true nor false"),
        ("exclude: {web: db}", "not a single value"),
        ("spread: {by: [zone], mode: evenly}", "no such choice"),
        ("min_healthy: 100%", "none could be updated"),
        ("max_range_hosts: 0", "not a whole number from 1"),
        ("overrides: {app-1.0: {inventory: x}}", "cannot be set for single versions"),
        ("canary: 1\nschedule: 2", "are the same setting"),
        ("version_from: {var: v}", "exclude each other"),
        ("min_healthy: 1\nmax_unavailable: 1", "exclude each other"),
        ("name: a b", "not usable in a group name"),
        ("vault_ids: dev@prompt", "cannot ask"),
    ] {
        let good = "plugin: regal-inventory\nversions: {app: 'web1,web2'}\n";
        assert_eq!(errors(&validator, good), Vec::<String>::new());
        let text = format!("{good}{key}\n");
        let message = Test::new().file("regal.yml", &text).args(&["check"]).errors();
        assert!(message.contains(because), "{key}: {message}");
        assert_ne!(errors(&validator, &text), Vec::<String>::new(), "{key}");
    }
}
