//! Targets and nodegroups over minions that are made up here; `tests/salt.rs` asks a real master the same.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::text::{Arena, TextMap};
use crate::yaml;

/// Four minions: three with grains, one of them with a pillar, and one of which nothing is known.
const DATA: &str = "\
web1: {grains: {os: Debian, ver: 1.10, up: true, ipv4: [10.0.0.1, 127.0.0.1], roles: [web, {app: shop}]}}
web2: {grains: {os: Ubuntu, ver: 2, up: null, ipv4: [10.0.1.2], roles: [], nested: {a: {b: c}, 80: open}}, pillar: {app: {version: '1.4.2'}}}
db1: {grains: {os: Debian, ver: '1.9', url: 'http://x:80/'}, pillar: {app: {version: '1.4.3'}, env: prod}}
lost: {}
";

fn master<'a>(arena: &'a Arena, nodegroups: &[(&'a str, &'a str)]) -> Master<'a> {
    let texts = TextMap::new();
    let text = texts.add("data", DATA).unwrap();
    let Value::Map(entries) = yaml::parse(arena, text, &mut Vec::new()).unwrap() else { panic!() };
    let minions = entries.iter().map(|entry| {
        let minion =
            Minion { grains: entry.value.get("grains"), pillar: entry.value.get("pillar"), ..Minion::default() };
        (entry.key, minion)
    });
    let group = |(name, words): &(&'a str, &'a str)| {
        (*name, Nodegroup { words: words.split_whitespace().collect(), at: Pos::default(), fault: None })
    };
    Master {
        minions: minions.collect(),
        nodegroups: nodegroups.iter().map(group).collect(),
        listed: true,
        grains: Coverage::Whole,
        pillar: Coverage::Whole,
        ..Master::default()
    }
}

fn selected(master: &Master<'_>, target: &str) -> String {
    master.select(target).map_or_else(|problem| problem.message, |selection| selection.minions.join(" "))
}

#[test]
fn a_regular_expression_that_is_none_says_what_to_do() {
    let arena = Arena::new();
    let master = master(&arena, &[]);
    let hint = |target: &str| master.select(target).unwrap_err().hint.unwrap().clone();
    assert!(hint("E@web[").starts_with("close what it opens"));
    assert!(hint("E@web(?=1)").starts_with("write it without look-around"));
    assert!(hint("E@(web)\\1").starts_with("write it without look-around"));
}

/// Each with what it selects, where all data is known.
const TARGETS: &[(&str, &str)] = &[
    ("*", "web1 web2 db1"),
    ("web?", "web1 web2"),
    ("web[1]", "web1"),
    ("web1", "web1"),
    ("L@web1,db1", "web1 db1"),
    ("L@web1,,nobody", "web1"),
    ("E@web\\d", "web1 web2"),
    ("E@eb", ""),
    ("G@os:Debian", "web1 db1"),
    ("G@os:debian", "web1 db1"),
    ("G@os:*u*", "web2"),
    ("G@os", "cannot be read"),
    ("G@ver:1.1", "web1"),
    ("G@ver:1.10", ""),
    ("G@ver:2", "web2"),
    ("G@up:True", "web1"),
    ("G@up:None", "web2"),
    ("G@nobody:*", ""),
    ("G@roles:web", "web1"),
    ("G@roles:app:shop", "web1"),
    ("G@roles:app", "web1"),
    ("G@nested:a:b:c", "web2"),
    ("G@nested:*:b", "web2"),
    ("G@nested:*", "web2"),
    ("G@nested:80:open", "web2"),
    ("G@*:Ubuntu", "web2"),
    ("G@url:http://x:80/", "db1"),
    ("G|@url|http://x:80/", "db1"),
    ("P@os:(debian|ubuntu)", "web1 web2 db1"),
    ("P@os:bian", ""),
    ("I@app:version:1.4.*", "web2 db1"),
    ("I@env:prod", "db1"),
    ("J@app:version:^1\\.4\\.2$", "web2"),
    ("S@10.0.0.0/16", "web1 web2"),
    ("S@10.0.0.1", "web1"),
    ("S@fd00::/8", ""),
    ("S@10.0.0.1/16", "cannot be read"),
    ("web* and G@os:Debian", "web1"),
    ("web1 or G@os:Debian and db*", "web1 db1"),
    ("( web1 or G@os:Debian ) and db*", "db1"),
    ("not web*", "db1"),
    ("web* not web1", "web2"),
    ("not ( web1 or db1 )", "web2"),
    ("not not web1", "web1"),
    ("N@web and not N@debian", "web2"),
    ("web1 web2", "cannot be read"),
    ("L@web1, web2", "cannot be read"),
    ("and web1", "cannot be read"),
    ("web1 and", "cannot be read"),
    ("( web1", "cannot be read"),
    ("web1 )", "cannot be read"),
    ("(web1)", ""),
    ("E@(", "cannot be read"),
    ("R@web", "cannot be read"),
    ("N@wbe", "there is no nodegroup `wbe`"),
];

#[test]
fn every_form_of_a_target() {
    let arena = Arena::new();
    let mut master = master(&arena, &[("web", "web*"), ("debian", "G@os:Debian")]);
    master.minions.shift_remove("lost");
    // web1 has no pillar, which is the same as an empty one.
    if let Some(minion) = master.minions.get_mut("web1") {
        minion.pillar = Some(Value::Map(&[]));
    }
    for (target, expected) in TARGETS {
        let found = selected(&master, target);
        assert!(found == *expected || (*expected == "cannot be read" && found.contains(expected)), "{target}: {found}");
    }
}

/// Each definition with the minions that Salt's `nodegroup_comp` makes of it.
const NODEGROUPS: &[(&str, &str, &str)] = &[
    ("list", "L@web1,db1", "web1 db1"),
    ("ids", "web1 db1", "web1 db1"),
    ("id", "web1", "web1"),
    ("comma", "web1,db1", "web1 db1"),
    ("glob", "web*", "web1 web2"),
    // Without a star a `?` makes it a regular expression, which fits from the start of an id.
    ("expression", "we?", "web1 web2"),
    ("regex", "E@web1|db1", "web1 db1"),
    ("grain", "G@os:Debian", "web1 db1"),
    ("words", "web* and not G@os:Debian", "web2"),
    ("nested", "N@glob and N@grain", "web1"),
    ("nested-list", "N@ids or web2", "web1 db1 web2"),
    ("parenthesis", "( web1 or web2 ) and G@os:Ubuntu", "web2"),
    ("space", "L@web1, db1", "cannot be read"),
    ("globs", "web* db*", "cannot be read"),
    ("loop", "N@loop2", "contains itself"),
    ("loop2", "N@loop", "contains itself"),
    ("lost-group", "N@nobody", "there is no nodegroup `nobody`"),
];

#[test]
fn every_form_of_a_nodegroup() {
    let arena = Arena::new();
    let groups: Vec<(&str, &str)> = NODEGROUPS.iter().map(|(name, words, _)| (*name, *words)).collect();
    let mut master = master(&arena, &groups);
    master.minions.shift_remove("lost");
    for (name, _, expected) in NODEGROUPS {
        let found = match master.select_nodegroup(name) {
            Ok(selection) => selection.minions,
            Err(problem) => vec![&*arena.alloc_str(&problem.message)],
        };
        let mut expected_ids: Vec<&str> = expected.split(' ').collect();
        let mut ids = found.clone();
        expected_ids.sort_unstable();
        ids.sort_unstable();
        assert!(ids == expected_ids || found.concat().contains(expected), "{name}: {found:?}");
    }
}

#[test]
fn a_nodegroup_in_a_target_keeps_its_words_bare_as_with_salt() {
    let arena = Arena::new();
    let mut master = master(&arena, &[("either", "web1 or web2"), ("outer", "N@either")]);
    master.minions.shift_remove("lost");
    assert_eq!(selected(&master, "N@either and db*"), "web1");
    assert_eq!(selected(&master, "N@outer and db*"), "");
}

#[test]
fn what_is_not_known_of_a_minion_is_an_error_where_it_decides() {
    let arena = Arena::new();
    let master = master(&arena, &[]);
    let message = "whether `G@os:Debian` matches `lost` cannot be said: no source has the grains";
    assert_eq!(selected(&master, "G@os:Debian"), message);
    assert_eq!(selected(&master, "not G@os:Debian"), message);
    assert_eq!(selected(&master, "web* and G@os:Debian"), "web1");
    assert_eq!(selected(&master, "L@lost or G@os:Debian"), "web1 db1 lost");
    let message = "whether `I@env:prod` matches `web1`, `lost` cannot be said: no source has the pillar";
    assert_eq!(selected(&master, "I@env:prod"), message);
}

#[test]
fn a_source_that_is_missing_is_named() {
    let arena = Arena::new();
    let mut master = master(&arena, &[]);
    master.grains = Coverage::Nothing;
    let problem = master.select("G@os:Debian").unwrap_err();
    assert_eq!(problem.message, "`G@os:Debian` asks for grains, and no source has any");
    assert!(problem.hint.unwrap().contains("`cache:`"));
    master.grains = Coverage::Part;
    let message = "`G@osfamily:Debian` asks for `osfamily`, which the saved grains of no minion have";
    assert_eq!(selected(&master, "G@osfamily:Debian"), message);
    master.listed = false;
    assert_eq!(selected(&master, "L@web1 or db1"), "web1 db1");
    assert_eq!(selected(&master, "web*"), "`web*` asks for all minions, and no source says which there are");
}

#[test]
fn nodegroups_that_grow_without_end_are_refused() {
    let arena = Arena::new();
    let names: Vec<String> = (0..40).map(|n| format!("g{n}")).collect();
    let words: Vec<String> = (1..41).map(|n| format!("N@g{n} or N@g{n}")).collect();
    let groups: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(words.iter().map(String::as_str)).collect();
    let groups: Vec<(&str, &str)> = groups.into_iter().chain([("g40", "web*")]).collect();
    let master = master(&arena, &[]);
    let nodegroups = groups.iter().map(|(name, words)| {
        (*name, Nodegroup { words: words.split_whitespace().collect(), at: Pos::default(), fault: None })
    });
    let master = Master { nodegroups: nodegroups.collect(), ..master };
    assert!(master.select_nodegroup("g0").unwrap_err().message.ends_with("becomes more than 100000 words"));
    let deep = format!("{}web1", "not ".repeat(10_000));
    assert!(selected(&master, &deep).contains("nested more than 200 deep"));
}

#[test]
fn paths_lead_into_mappings_and_lists() {
    let arena = Arena::new();
    let master = master(&arena, &[]);
    let at = |id: &str, path: &str| {
        traverse(master.minions.get(id).unwrap().grains.unwrap(), path, ':').map(|value| value.to_json())
    };
    assert_eq!(at("web1", "roles:0").as_deref(), Some("\"web\""));
    assert_eq!(at("web1", "roles:-1:app").as_deref(), Some("\"shop\""));
    assert_eq!(at("web1", "roles:app").as_deref(), Some("\"shop\""));
    assert_eq!(at("web2", "nested:80").as_deref(), Some("\"open\""));
    assert_eq!(at("web1", "roles:9"), None);
    assert_eq!(at("web1", "os:deeper"), None);
}

#[test]
fn patterns_of_ansible_are_no_targets() {
    for target in ["G@os:Debian", "web* and not db1", "( web1 )", "not web1", "L@a,b", "G|@a|b"] {
        assert!(is_target(target), "{target}");
    }
    for pattern in ["web", "web:&prod:!web9", "web,db", "web[0:2]", "~web\\d", "G@", "web@x", "android", "!not"] {
        assert!(!is_target(pattern), "{pattern}");
    }
}
