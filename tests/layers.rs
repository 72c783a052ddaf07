//! Who may know whom: no circle among the parts of the library, and none among the files of one part.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What these parts may use at most, whatever the order of floors would allow.
const MAY_USE: &[(&str, &[&str])] = &[
    ("plan", &["diagnostics", "error", "fold", "policy", "shown", "wording"]),
    ("policy", &["error", "nearest"]),
    ("inventory", &["error", "text", "value"]),
    (
        "emit",
        &[
            "diagnostics",
            "error",
            "fold",
            "frozen",
            "inventory",
            "pattern",
            "plan",
            "policy",
            "record",
            "run",
            "salt",
            "shown",
            "text",
            "value",
            "wording",
        ],
    ),
];

/// A module by its path, such as `["plan", "sizes"]`.
type Module = Vec<String>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_tests = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_tests {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") && !is_tests {
            files.push(path);
        }
    }
    files
}

/// The code of each module, without its tests and comments.
fn modules() -> BTreeMap<Module, String> {
    let read = |path: PathBuf| {
        let inside = path.strip_prefix(source()).unwrap().with_extension("");
        let module = inside.iter().map(|part| part.to_str().unwrap().to_string()).collect();
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (module, code.join("\n"))
    };
    rust_files(&source()).into_iter().map(read).collect()
}

/// The paths that a `use` stands for: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expanded(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else { return vec![tree.trim().to_string()] };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let mut depth = 0;
    let parts = inner.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| expanded(&format!("{}{}", before.trim(), part.trim()))).collect()
}

/// The paths from `crate` or `super` that code names, in `use` or in place.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = ["crate::", "super::"].iter().filter_map(|root| rest.find(root)).min() {
        let is_use = rest[..at].trim_end().ends_with("use");
        let ends = |c: char| if is_use { c == ';' } else { !(c.is_alphanumeric() || c == '_' || c == ':') };
        let path = &rest[at..];
        let path = &path[..path.find(ends).unwrap_or(path.len())];
        found.extend(expanded(path));
        rest = &rest[at + path.len()..];
    }
    found
}

/// The module that a path leads to, seen from another one.
fn target(from: &Module, path: &str, modules: &BTreeMap<Module, String>) -> Option<Module> {
    let mut base = if path.starts_with("crate::") { Module::new() } else { from.clone() };
    for part in path.split("::") {
        match part {
            "crate" => {}
            "super" => {
                base.pop();
            }
            name => base.push(name.trim().to_string()),
        }
    }
    while !base.is_empty() && !modules.contains_key(&base) {
        base.pop();
    }
    Some(base).filter(|module| !module.is_empty() && module != from)
}

/// For each module those that it uses.
fn uses() -> BTreeMap<Module, BTreeSet<Module>> {
    let modules = modules();
    let of = |(module, code): (&Module, &String)| {
        let used = paths(code).into_iter().filter_map(|path| target(module, &path, &modules)).collect();
        (module.clone(), used)
    };
    modules.iter().map(of).collect()
}

/// Who uses whom among the children of a module, each with all that is below it.
fn siblings(parent: &[String], uses: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeMap<String, BTreeSet<String>> {
    let child = |module: &Module| Some(module.strip_prefix(parent)?.first()?.clone());
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, used) in uses {
        let Some(from) = child(module) else { continue };
        let others = used.iter().filter_map(child).filter(|other| *other != from);
        graph.entry(from.clone()).or_default().extend(others);
    }
    graph
}

/// The floors of a graph: what uses nothing is on the first, everything else above all that it uses. What is left in circles is
/// the error.
fn floors(graph: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<Vec<String>>, Vec<String>> {
    let mut floors: Vec<Vec<String>> = Vec::new();
    let mut left: BTreeSet<&String> = graph.keys().collect();
    while !left.is_empty() {
        let free = |name: &&String| graph[*name].iter().all(|used| !left.contains(used));
        let floor: Vec<String> = left.iter().copied().filter(free).cloned().collect();
        if floor.is_empty() {
            return Err(left.into_iter().cloned().collect());
        }
        left.retain(|name| !floor.contains(name));
        floors.push(floor);
    }
    Ok(floors)
}

/// The parts of the library, without the command line that uses them.
fn parts() -> BTreeMap<String, BTreeSet<String>> {
    let mut parts = siblings(&[], &uses());
    parts.retain(|name, _| !matches!(name.as_str(), "lib" | "main" | "cli"));
    parts
}

#[test]
fn no_part_and_no_file_is_in_a_circle() {
    let uses = uses();
    assert!(uses.values().map(BTreeSet::len).sum::<usize>() > 300, "the paths in the code are not found");
    let parents: BTreeSet<&[String]> =
        uses.keys().flat_map(|module| (0..module.len()).map(|end| &module[..end])).collect();
    for parent in parents {
        let circle = floors(&siblings(parent, &uses)).err();
        assert_eq!(circle, None, "a circle in {}", if parent.is_empty() { "src".into() } else { parent.join("/") });
    }
}

#[test]
fn a_circle_is_found() {
    let graph = |pairs: &[(&str, &[&str])]| {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        pairs.iter().map(|(name, used)| ((*name).to_string(), list(used))).collect()
    };
    assert_eq!(floors(&graph(&[("a", &["b"]), ("b", &["a"]), ("c", &["a"]), ("d", &[])])), Err(list(&["a", "b", "c"])));
    assert_eq!(floors(&graph(&[("a", &["b"]), ("b", &[])])), Ok(vec![list(&["b"]), list(&["a"])]));
    let code = "use super::{sizes::Sizes, caps};\nfn f() -> crate::error::Error { super::strategy::choose() }";
    assert_eq!(paths(code), ["super::sizes::Sizes", "super::caps", "crate::error::Error", "super::strategy::choose"]);
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn some_parts_know_little() {
    let parts = parts();
    for (part, allowed) in MAY_USE {
        let more: Vec<&String> = parts[*part].iter().filter(|used| !allowed.contains(&used.as_str())).collect();
        assert!(more.is_empty(), "{part} uses {more:?}");
    }
}

#[test]
fn the_picture_of_the_floors_is_true() {
    let mut drawn = String::new();
    let floors = floors(&parts()).unwrap();
    for (number, floor) in floors.iter().enumerate().rev() {
        writeln!(drawn, "{:>2}  {}", number + 1, floor.join("  ")).unwrap();
    }
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    assert!(text.contains(&format!("```\n{drawn}```\n")), "ARCHITECTURE.md has other floors than:\n{drawn}");
}

#[test]
fn only_the_command_line_prints_or_knows_clap() {
    let outside = |module: &Module| !matches!(module[0].as_str(), "cli" | "main");
    for (module, code) in modules().into_iter().filter(|(module, _)| outside(module)) {
        for word in ["println!", "eprintln!", "print!(", "clap::", "std::env::"] {
            assert!(!code.contains(word), "{} has {word}", module.join("/"));
        }
    }
}

#[test]
fn one_file_has_unsafe_code() {
    let has_unsafe = |(module, code): (Module, String)| code.contains("unsafe {").then(|| module.join("/"));
    let with_unsafe: Vec<String> = modules().into_iter().filter_map(has_unsafe).collect();
    assert_eq!(with_unsafe, ["yaml/events"]);
}

/// The files of `src/settings` and `src/policy` whose code names something, beside comments and tests.
fn files_that_name(what: &str) -> BTreeSet<String> {
    let is_word = |code: &str, at: usize| {
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '"' && c != '`');
        edge(code[..at].chars().next_back()) && edge(code[at + what.len()..].chars().next())
    };
    let named = modules().into_iter().filter(|(module, code)| {
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let there =
            ["settings", "policy"].contains(&module[0].as_str()) && module.last().is_none_or(|name| name != "tests");
        there && code.match_indices(what).any(|(at, _)| is_word(code, at))
    });
    named.map(|(module, _)| module.join("/")).collect()
}

/// A key that every version may have of its own, and one that holds for all.
#[test]
fn a_key_stands_in_four_files() {
    let files = |names: &[&str]| -> Vec<String> {
        let all: BTreeSet<String> = names.iter().flat_map(|name| files_that_name(name)).collect();
        all.into_iter().collect()
    };
    let of_a_version = ["policy/keys", "policy/rules", "settings/keys", "settings/policy_keys"];
    assert_eq!(files(&["CanaryBake", "canary_bake"]), of_a_version);
    assert_eq!(files(&["AssignmentWaves", "assignment_waves"]), of_a_version);
    assert_eq!(files(&["SpreadMaxUnavailable", "spread_max_unavailable"]), of_a_version);
    let of_all = ["settings", "settings/draft", "settings/keys", "settings/schema"];
    assert_eq!(files(&["DriftRemoved", "drift_removed"]), of_all);
    assert_eq!(files(&["DriftAdded", "drift_added"]), of_all);
}
