//! The schema takes what the reader takes, and refuses what it refuses.

#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::settings::{Input, read};
use crate::text::{Arena, TextMap};

/// Windows and blackouts, right and wrong.
fn of_time() -> Vec<Value> {
    vec![
        json!([{"days": "mon-thu", "from": "09:00", "to": "16:00", "zone": "Europe/Berlin"}, {"days": ["sat", "sun"], "zone": "UTC"}]),
        json!({"from": "9:00", "to": "24:00", "zone": "UTC"}),
        json!({"days": "mon, wed-fri", "from": "22:00", "to": "06:00", "zone": "UTC"}),
        json!({"days": "mon-", "zone": "UTC"}),
        json!({"days": [], "zone": "UTC"}),
        json!({"from": "25:00", "zone": "UTC"}),
        json!({"from": "9", "zone": "UTC"}),
        json!([{"from": "09:00", "to": "16:00"}]),
        json!([{"from": "2026-12-20", "to": "2027-01-06", "zone": "Europe/Berlin", "why": "Christmas"}]),
        json!({"from": "2026-12-24 12:00", "to": "2026-12-27 8:00", "zone": "UTC"}),
        json!({"from": "2026-12-24T12:00", "to": "2026-12-27", "zone": "UTC"}),
        json!({"from": "2026-13-01", "to": "2027-01-01", "zone": "UTC"}),
        json!({"from": "2026-12-20", "zone": "UTC"}),
    ]
}

/// Values of every kind, right for some keys and wrong for the others.
fn values() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(false),
        json!(1.5),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"unknown": 1}),
        json!(["a", ""]),
        json!(["a", null]),
        json!(["a", "b"]),
        json!([1, "10%", "rest"]),
        json!([0, 1]),
        json!(["a", ["b"]]),
        json!([{"a": 1}]),
        json!({"a": "web", "b": ["web", "db"]}),
        json!({"a": {"hosts": "web"}}),
        json!({"a": {"hosts": "web", "batch_size": 0}}),
        json!({"a": {"batch_size": 1}}),
        json!({"a": {"hosts": "web", "inventory": "x"}}),
        json!({"a*": {"canary": {"size": "5%", "bake": "10m"}}}),
        json!({"a": null}),
        json!({"": "web"}),
        json!({"salt": "roster"}),
        json!({"salt": {}}),
        json!({"salt": {"rooster": "r"}}),
        json!({"salt": {"roster": ["r", "s"], "keys": "pki"}}),
        json!({"salt": {"roster": []}}),
        json!(["hosts", {"salt": {"config": "/etc/salt"}}]),
        json!(["hosts", {"salt": {"config": ""}}]),
        json!([{}]),
        json!({"start": 1, "factor": 2, "most": "10%"}),
        json!({"start": 1, "factor": 1, "most": "10%"}),
        json!({"start": 0, "most": 5}),
        json!({"most": "5%"}),
        json!({"start": 1}),
        json!({"start": 1, "most": 5, "steps": 2}),
        json!([5, {"most": "5%"}]),
        json!([{"name": "eu", "hosts": "web:&prod", "canary": {"size": 2, "bake": "1d"}, "of": "version"}, {"name": 2, "hosts": "rest"}]),
        json!([{"name": "eu", "hosts": {"region": ["eu", "ap"]}, "approval": "after_stage"}, {"by": "region", "values": ["us"]}]),
        json!({"by": "group:region_*", "values": "smallest_first"}),
        json!({"by": "region", "name": "eu"}),
        json!({"name": "eu", "hosts": {"region": "eu", "zone": "a"}}),
        json!({"name": "eu", "hosts": {}}),
        json!({"name": "e u", "hosts": "web"}),
        json!({"name": "eu", "hosts": "web", "exclude": "db"}),
        json!({"name": "eu", "hosts": "web", "stages": []}),
        json!([{"name": "eu"}]),
        json!([{"hosts": "rest"}]),
        json!([{"name": "eu", "hosts": "rest", "values": ["a"]}]),
        json!([{"name": "eu", "hosts": "rest", "of": "hosts"}]),
        json!([{"prometheus": "up{i=~\"{{ hosts }}\"}", "server": "http://p:9090/", "max": 0.5, "interval": "1m", "timeout": "500ms"}]),
        json!([{"prometheus": "up{i=~\"{{ hosts }}\"}", "server": "https://p", "compare": {"by": "ratio", "max": "1.2", "min_samples": 5, "significance": 0.01}}]),
        json!([{"prometheus": "up{i=~\"{{ hosts }}\"}", "server": "https://p", "compare": {"by": "ratio", "max": 1}, "max": 1}]),
        json!([{"prometheus": "up{i=~\"{{ hosts }}\"}", "server": "https://p", "compare": {"by": "median", "max": 1}}]),
        json!([{"prometheus": "up{i=~\"{{ hosts }}\"}", "server": "https://p", "compare": {"by": "ratio"}}]),
        json!([{"prometheus": "up{i=~\"{{ hosts }}\"}", "server": "https://p", "compare": {"by": "ratio", "max": 1, "significance": 1}}]),
        json!([{"prometheus": "up", "server": "https://p"}]),
        json!([{"prometheus": "up", "max": 1}]),
        json!([{"prometheus": " ", "server": "https://p", "max": 1}]),
        json!([{"prometheus": "{{ host }}", "server": "https://p", "max": 1}]),
        json!([{"prometheus": "{{ hosts", "server": "https://p", "max": 1}]),
        json!([{"http": "http://{{ host }}:80/x", "status": 204, "body": "ok", "max_time": "500ms", "token_file": "t"}]),
        json!([{"http": "http://{{ host }}/", "token_file": "t", "token_variable": "T"}]),
        json!([{"http": "http://u:p@h/"}, {"http": "ftp://h/"}]),
        json!([{"http": "http:///x"}]),
        json!([{"http": "http://h/", "status": 600}]),
        json!([{"http": "http://h/", "max": 1}]),
        json!([{"command": ["./check", "{{ hosts }}", ""], "failure_limit": 0, "inconclusive_limit": 3, "initial_delay": 0, "name": "own"}]),
        json!([{"command": ["./check"], "interval": 0}]),
        json!([{"command": ["./check"], "timeout": "0ms"}]),
        json!([{"command": [""]}]),
        json!([{"command": []}]),
        json!([{"command": "./check"}]),
        json!([{"command": ["./check", "{{ host }}"]}]),
        json!([{"command": ["./check"], "http": "http://h/"}]),
    ];
    values.extend(of_time());
    values.extend([0, 1, 2, 100, 101, -1].map(Value::from));
    values.extend(
        "|  |a|web:&prod:!db|a,b|a,,b|,|:|!|a,:|::1|10.0.0.1:22|5|0|-3|010|0%|0.0%|0.5%|10%|10 %|12.5%|100%|100.0%|100.1%|101%|1.0000001%|1.%|%|5.5|\
         rest|90|90s|10m|1h30m|30m1h|m|1x|1d|[]|true|TRUE|Yes|off|var:v|var:|group:release_*|group:release|grain:os|\
         template:{{ a }}-{{ b }}|foo:x|release_*|a*b*|*|{version}-x|{v}|}|id@file|id@|id@prompt|prompt|@f|zone|group:rack_*,zone|\
         zone,|!x|a b|1.0+b-2|-x|regal-inventory"
            .split('|')
            .map(Value::from),
    );
    for key in KEYS {
        if let Form::Words(words) | Form::WordOrList(words) = form(key, key.name) {
            values.extend(words.into_iter().map(Value::from));
        }
    }
    values.dedup();
    values
}

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::draft202012::new(&schema()).unwrap());

/// Whether the reader takes a file; every text is YAML as it is JSON.
fn reads(file: &Value) -> bool {
    let (arena, texts, text) = (Arena::new(), TextMap::new(), file.to_string());
    let file = texts.add("regal.yml", arena.alloc_str(&text)).unwrap();
    read(&arena, &texts, &Input { file: Some(file), ..Input::default() }).is_ok()
}

/// Asserts of each file that both take it or none, and that there are some of either.
#[track_caller]
fn agree(files: impl IntoIterator<Item = Value>) {
    let files: Vec<(bool, Value)> = files.into_iter().map(|file| (reads(&file), file)).collect();
    let wrong: Vec<_> = files.iter().filter(|(reads, file)| VALIDATOR.is_valid(file) != *reads).collect();
    assert!(wrong.is_empty(), "read, file: {wrong:#?}");
    assert!(files.iter().any(|(reads, _)| *reads) && files.iter().any(|(reads, _)| !reads));
}

/// A key with its dots as mappings.
fn nested(name: &str, value: &Value) -> Value {
    match name.split_once('.') {
        Some((outer, inner)) => json!({ outer: { inner: value } }),
        None => json!({ name: value }),
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn every_key_takes_the_values_that_the_reader_takes() {
    let values = values();
    let mut files = Vec::new();
    for (key, name) in KEYS.iter().flat_map(|key| key.names().map(move |name| (key, name))) {
        for value in &values {
            files.push(nested(name, value));
            let mut own = nested(name, value);
            own["hosts"] = if key.id == Id::Hosts { value.clone() } else { json!("web") };
            files.push(json!({ "versions": { "app": own } }));
            files.push(json!({ "overrides": { "app-*": nested(name, value) } }));
        }
    }
    assert!(files.len() > 10_000);
    agree(files);
}

#[test]
fn what_excludes_each_other_is_refused() {
    let values = values();
    let names = KEYS.iter().flat_map(Key::names).filter(|name| !name.contains('.'));
    // each with a value that fits it alone
    let fitting = |name: &'static str| Some((name, values.iter().find(|value| reads(&json!({ name: value })))?));
    let fitting: Vec<_> = names.filter_map(fitting).collect();
    assert_eq!(
        fitting.len() + 1,
        KEYS.iter().flat_map(Key::names).filter(|name| !name.contains('.')).count(),
        "all but `hosts`"
    );
    let mut files = vec![
        json!({ "version_from": { "var": "a", "group": "b_*" } }),
        json!({ "versions": { "app": { "hosts": "web", "combine": 1, "batch_size": 1 } } }),
        json!({ "versions": { "app": { "hosts": "web", "min_healthy": 1, "max_unavailable": 1 } } }),
    ];
    for (i, (first, one)) in fitting.iter().enumerate() {
        files.extend(fitting[i + 1..].iter().map(|(second, two)| json!({ *first: one, *second: two })));
    }
    agree(files);
}

#[test]
fn a_file_is_a_mapping() {
    agree([json!([]), json!("a"), json!(1), json!({})]);
}

#[test]
fn every_word_is_named_in_what_is_allowed() {
    for key in KEYS {
        if let Form::Words(words) | Form::WordOrList(words) = form(key, key.name) {
            let missing = words.iter().find(|word| !key.allowed.contains(&format!("`{word}`")));
            assert_eq!(missing, None, "{}: {}", key.name, key.allowed);
        }
    }
}

#[test]
fn every_key_and_alias_is_a_property_with_a_description() {
    let schema = schema();
    for (key, name) in KEYS.iter().flat_map(|key| key.names().map(move |name| (key, name))) {
        let described = schema["$defs"][key.name]["description"].as_str().unwrap();
        assert!(described.starts_with(key.doc), "{name}: {described}");
        let outer = name.split('.').next().unwrap();
        let at = if key.id == Id::Hosts { &schema["$defs"]["own_keys"] } else { &schema };
        assert!(at["properties"][outer].is_object(), "{name}");
    }
}

proptest! {
    #[test]
    fn files_of_several_keys_are_taken_by_both_or_by_none(
        picked in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..5)
    ) {
        let names: Vec<&str> = KEYS.iter().flat_map(Key::names).filter(|name| !name.contains('.')).collect();
        let values = values();
        let mut file = json!({});
        for (name, value) in picked {
            file[*name.get(&names)] = value.get(&values).clone();
        }
        prop_assert_eq!(VALIDATOR.is_valid(&file), reads(&file), "{}", file);
    }
}
