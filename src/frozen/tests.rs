#![allow(clippy::unwrap_used)]
use std::path::Path;

use super::*;
use crate::plan::{Assigned, Assignments, DomainIndex, Facts, Label, Plan, plan};
use crate::policy::naming::Naming;
use crate::policy::{Layer, Missing, Policy, Set};

/// A plan whose names and values are those that YAML takes for something else.
fn frozen<'a>() -> Frozen<'a> {
    let hosts = vec!["web1", "web 2", "1.10", "yes"];
    let of = [Some(0), Some(1), Some(0), None].map(|value| value.map_or(DomainIndex::MISSING, DomainIndex::new));
    let zone = Label {
        name: "zone".to_string(),
        values: vec!["a", "no"],
        of: of.to_vec(),
        secrets: vec![DomainIndex::new(1)],
    };
    let facts = Facts { labels: vec![zone], ..Facts::default() };
    let shop = Assigned { excluded: vec!["web9"], facts, ..Assigned::new("1.10", hosts) };
    let assignments =
        Assignments { versions: vec![shop, Assigned::new("null", vec!["db1"])], ..Assignments::default() };
    let mut policy = Policy::default();
    let mut layer = Layer::default();
    layer.all.bake = Some(90);
    let at = Location::whole("regal.yml");
    let own = layer.versions.entry("1.10".to_string()).or_default();
    own.spread_by = Some(Set { value: vec!["zone".to_string()], at: at.clone() });
    own.spread_missing = Some(Set { value: Missing::Each, at });
    policy.layers.push(layer);
    let plan = plan(&assignments, &policy).unwrap();
    let names = Naming::default().name(&plan).unwrap();
    let lines = vec!["canary: 1".to_string(), String::new()];
    let made_from = MadeFrom {
        folder: "..".to_string(),
        configuration: Some(Configuration { path: "regal.yml".to_string(), lines }),
        ..MadeFrom::default()
    };
    let saved = Some(Saved { at: "2026-11-28T09:14:03Z".to_string(), by: "deploy@control1".to_string() });
    Frozen::new(Path::new("2.5.0.rollout.yml"), plan, names, made_from, saved)
}

/// What is read, in its debug form, or the messages.
fn read(text: &str) -> std::result::Result<String, String> {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let path = Path::new("2.5.0.rollout.yml");
    let frozen = Frozen::read(&arena, &texts, path, text.as_bytes());
    frozen.map(|frozen| format!("{frozen:?}")).map_err(|error| error.to_string())
}

#[test]
fn a_plan_comes_back_as_it_was_saved() {
    let frozen = frozen();
    let text = frozen.text().unwrap();
    // what was decrypted is not saved, only its number
    let expected = format!("{frozen:?}").replace("LabelValue { text: \"no\"", "LabelValue { text: \"…2\"");
    assert_eq!(read(&text).unwrap(), expected);
    assert!(!text.contains("no\n"), "{text}");
    assert!(text.starts_with("#!/usr/bin/env -S regal-inventory --plan\n"), "{text}");
    assert!(text.contains("\nplugin: regal-inventory\nschema: 1\n"), "{text}");
}

#[test]
fn a_plan_with_versions_that_come_after_others_has_a_form_that_older_programs_refuse() {
    let mut frozen = frozen();
    frozen.plan.rollouts[1].after = vec!["1.10"];
    let body = document::write(&frozen).unwrap();
    assert!(body.contains("\nschema: 2\n") && body.contains("    after:\n      - \"1.10\"\n"), "{body}");
    assert!(read(&digest::signed(&body)).unwrap().contains("after: [\"1.10\"]"));
    let turned = body.replace("    after:\n      - \"1.10\"\n", "    after: [\"null\"]\n");
    let message = read(&digest::signed(&turned)).unwrap_err();
    assert!(message.contains("a version comes after one that is not before it"), "{message}");
}

#[test]
fn every_byte_counts() {
    let text = frozen().text().unwrap();
    for at in (0..text.len()).step_by(7) {
        assert!(read(&text[..at]).is_err(), "cut at {at}");
        let mut edited = text.clone().into_bytes();
        edited[at] ^= 1;
        if let Ok(edited) = String::from_utf8(edited) {
            assert!(read(&edited).is_err(), "edited at {at}");
        }
    }
}

#[test]
fn a_digest_does_not_make_a_plan_of_what_does_not_fit_together() {
    let body = document::write(&frozen()).unwrap();
    for (from, to, why) in [
        ("- web1\n", "- web5\n", "its id does not match its batches"),
        ("- web 2\n", "- \"yes\"\n", "a host is in it twice"),
        ("batch: B1", "batch: B0", "its batches are not A, B1, B2 and so on"),
        ("schema: 1", "schema: 4", "the frozen plan has the form 4, and this program reads forms 1 to 3"),
        ("approval: never", "approval: sometimes", "`approval` has an unknown value"),
        ("1.10_groupA", "web_groupA", "a group has another name than its batch gives it"),
        ("- web1\n", "- \"web\\e1\"\n", "a host has no name, or a control character in it"),
        ("version: \"null\"", "version: \"1.10\"", "it has no version, or one twice"),
        ("max_failures: 0", "max_failures: 0\n    max_failures: 1", "is repeated"),
        ("environment: []", "environment: [{name: LD_PRELOAD, value: x}]", "a variable is not one of regal-inventory"),
        ("max_failures: 0", "max_failure: 0", "unknown field `max_failure`"),
    ] {
        let changed = body.replace(from, to);
        assert_ne!(changed, body, "{from}");
        let message = read(&digest::signed(&changed)).unwrap_err();
        assert!(message.contains(why), "{message}");
    }
}

/// A plan of hosts in decrypted zones, in the order of `zones`.
fn zoned<'a>(hosts: &[(&'a str, &'a str)]) -> Plan<'a> {
    let mut values: Vec<&str> = Vec::new();
    hosts.iter().for_each(|(_, zone)| {
        if !values.contains(zone) {
            values.push(zone);
        }
    });
    let index = |zone: &str| DomainIndex::new(values.iter().position(|value| *value == zone).unwrap());
    let of = hosts.iter().map(|(_, zone)| index(zone)).collect();
    let secrets = (0..values.len()).map(DomainIndex::new).collect();
    let zone = Label { name: "zone".to_string(), values: values.clone(), of, secrets };
    let facts = Facts { labels: vec![zone], ..Facts::default() };
    let hosts = hosts.iter().map(|(host, _)| *host).collect();
    let versions = vec![Assigned { facts, ..Assigned::new("1.10", hosts) }];
    let mut policy = Policy::default();
    let mut layer = Layer::default();
    let own = layer.versions.entry("1.10".to_string()).or_default();
    own.spread_by = Some(Set { value: vec!["zone".to_string()], at: Location::whole("regal.yml") });
    policy.layers.push(layer);
    plan(&Assignments { versions, ..Assignments::default() }, &policy).unwrap()
}

#[test]
fn decrypted_domains_are_compared_by_the_hosts_that_share_one() {
    let then = zoned(&[("web1", "a"), ("web2", "a"), ("web3", "b"), ("web4", "b"), ("web5", "c")]);
    let changed = |now: &[(&'static str, &'static str)]| -> Vec<&str> {
        let now = zoned(now);
        let hosts = ["web1", "web2", "web3", "web4", "web5"];
        let changes = drift::domains::changes(&then.rollouts[0], &now.rollouts[0], &hosts);
        changes.iter().map(|change| change.host).collect()
    };
    // another order of the values has other numbers
    assert!(changed(&[("web3", "b"), ("web4", "b"), ("web5", "c"), ("web1", "a"), ("web2", "a")]).is_empty());
    assert!(changed(&[("web0", "z"), ("web1", "a"), ("web2", "a"), ("web3", "b"), ("web5", "c")]).is_empty());
    assert_eq!(changed(&[("web1", "a"), ("web2", "a"), ("web3", "b"), ("web4", "a"), ("web5", "c")]), ["web4"]);
    // two that have become one, and one that is two now
    assert_eq!(changed(&[("web1", "a"), ("web2", "a"), ("web3", "b"), ("web4", "b"), ("web5", "b")]), ["web5"]);
    assert_eq!(changed(&[("web1", "a"), ("web2", "d"), ("web3", "b"), ("web4", "b"), ("web5", "c")]).len(), 1);
}
