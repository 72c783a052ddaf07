//! Who may know whom.

use std::path::Path;

/// For each part of the library, the parts that it may use. What is in no list may be used by nobody.
const MAY_USE: &[(&str, &[&str])] = &[
    ("shown", &[]),
    ("nearest", &[]),
    ("error", &["shown"]),
    ("diagnostics", &["error"]),
    ("text", &["error"]),
    ("value", &["error", "text", "yaml"]),
    ("yaml", &["error", "text", "value"]),
    ("json", &["error", "text", "value", "yaml"]),
    ("literal", &["text", "value"]),
    ("inventory", &["error", "text", "value"]),
    ("pattern", &["inventory", "text"]),
    ("salt", &["error", "nearest", "pattern", "text", "value"]),
    ("files", &["error"]),
    ("fold", &[]),
    ("policy", &["error"]),
    (
        "settings",
        &["error", "nearest", "pattern", "plan", "policy", "salt", "shown", "source", "text", "value", "yaml"],
    ),
    (
        "source",
        &[
            "diagnostics",
            "error",
            "files",
            "inventory",
            "json",
            "literal",
            "nearest",
            "pattern",
            "salt",
            "text",
            "value",
            "vault",
            "yaml",
        ],
    ),
    ("limit", &["error", "inventory", "pattern", "plan", "policy", "salt", "source", "text"]),
    ("vault", &[]),
    (
        "assign",
        &["error", "fold", "inventory", "nearest", "pattern", "policy", "salt", "settings", "shown", "text", "value"],
    ),
    ("plan", &["assign", "error", "fold", "policy", "shown"]),
    ("emit", &["error", "fold", "inventory", "pattern", "plan", "policy", "salt", "shown", "text", "value"]),
];

/// The parts that the code of a file uses; its tests may use more.
fn uses(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        found.push(name);
    }
    found
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") && path.file_name().unwrap() != "tests.rs" {
            files.push(path);
        }
    }
    files
}

#[test]
fn every_part_uses_only_what_it_may_know() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    let mut wrong = Vec::new();
    for path in rust_files(&source) {
        let inside = path.strip_prefix(&source).unwrap();
        let part =
            inside.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_string();
        if matches!(part.as_str(), "lib" | "main" | "cli") {
            continue;
        }
        let (_, allowed) =
            MAY_USE.iter().find(|(name, _)| *name == part).unwrap_or_else(|| panic!("{part} has no rule"));
        let text = std::fs::read_to_string(&path).unwrap();
        for used in uses(&text).into_iter().filter(|used| *used != part && !allowed.contains(&used.as_str())) {
            wrong.push(format!("{} uses {used}", inside.display()));
        }
        checked += 1;
    }
    assert!(checked > 20, "only {checked} files were checked");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn only_the_command_line_prints_or_knows_clap() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let outside = rust_files(&source).into_iter().filter(|path| {
        let inside = path.strip_prefix(&source).unwrap();
        !inside.starts_with("cli") && inside != Path::new("cli.rs") && inside != Path::new("main.rs")
    });
    for path in outside {
        let text = std::fs::read_to_string(&path).unwrap();
        // What stands in documentation is another program.
        let text: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for word in ["println!", "eprintln!", "print!(", "clap::", "std::env::"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn one_file_has_unsafe_code() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let with_unsafe: Vec<String> = (rust_files(&source).iter())
        .filter(|path| std::fs::read_to_string(path).unwrap().contains("unsafe {"))
        .map(|path| path.strip_prefix(&source).unwrap().display().to_string())
        .collect();
    assert_eq!(with_unsafe, ["yaml/events.rs"]);
}
