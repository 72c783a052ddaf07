//! Every command in the examples' READMEs, with the output that stands below it.
//!
//! In a ```` ```console ```` block a line `$ command` is run in the example's folder. What follows is its output, in which `…` stands
//! for anything, and `[exit 2]` for an exit code other than 0.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

mod quicker;

struct Step {
    command: String,
    expected: String,
    code: i32,
}

fn steps(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            steps.push(Step { command: command.to_owned(), expected: String::new(), code: 0 });
        } else if let Some(code) = line.strip_prefix("[exit ").filter(|_| inside) {
            steps.last_mut().unwrap().code = code.trim_end_matches(']').parse().unwrap();
        } else if inside {
            let expected = &mut steps.last_mut().unwrap().expected;
            expected.push_str(line);
            expected.push('\n');
        }
    }
    assert!(!steps.is_empty(), "no commands");
    steps
}

/// Whether the text is the pattern, `…` and its line break standing for anything.
fn fits(text: &str, pattern: &str) -> bool {
    let pattern = pattern.replace("…\n", "…");
    let mut pieces = pattern.split('…');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut last = None;
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
        last = Some(piece);
    }
    rest.is_empty() || last == Some("")
}

/// A copy of the examples and what they use, for the files that the commands write.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["examples", "playbooks", "plugins", "roles"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let status = Command::new("cp").arg("-R").arg(source).arg(copy.path()).status().unwrap();
        assert!(status.success());
    }
    copy
}

/// Runs the commands of a README, from the repository's top, in an example's folder; without tools only those of this program.
fn run(readme: &str, example: &str, tools: Option<&Path>) {
    let copy = copy();
    let folder = copy.path().join("examples").join(example);
    let _ = fs::remove_dir_all(folder.join("fleet"));
    let binary = Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap();
    let system = env::var_os("PATH").unwrap();
    let path = env::join_paths([binary].into_iter().chain(tools).map(PathBuf::from).chain(env::split_paths(&system)));
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(readme)).unwrap();
    let wanted = |step: &Step| tools.is_some() || step.command.starts_with("regal-inventory ");
    for step in steps(&readme).into_iter().filter(wanted) {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{} 2>&1", step.command)]).current_dir(&folder).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("ANSIBLE_") || text.starts_with("REGAL_") {
                command.env_remove(name);
            }
        }
        command.env("PATH", path.as_ref().unwrap()).env("ANSIBLE_HOME", copy.path().join(".ansible"));
        if let Some(ansible) = tools.filter(|tools| tools.join("ansible-playbook").is_file()) {
            quicker::modules(&mut command, ansible);
        }
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(step.code), "$ {}\n{text}", step.command);
        assert!(fits(&text, &step.expected), "$ {}\n{text}\nis not\n{}", step.command, step.expected);
    }
}

/// The newest is enough: tests/playbooks.rs tries them all.
fn with_the_newest_ansible(readme: &str, example: &str) {
    let list = env::var_os("TEST_ANSIBLE").expect("TEST_ANSIBLE is not set; run tests/run");
    let ansible = env::split_paths(&list).last().unwrap();
    let found = ansible.join("ansible-playbook").is_file();
    assert!(found, "no ansible-playbook in {}; run tests/run", ansible.display());
    run(readme, example, Some(&ansible));
}

#[test]
fn plans_are_as_the_readmes_say() {
    for example in ["small", "zones", "quorum", "regal", "roles", "waves"] {
        run(&format!("examples/{example}/README.md"), example, None);
    }
    for example in ["policies", "events"] {
        run(&format!("examples/{example}/README.md"), example, Some(Path::new("/usr/bin")));
    }
    run("docs/stages.md", "policies", None);
    run("docs/shells.md", "small", None);
    run("docs/quorum.md", "quorum", None);
    for page in ["docs/from-regal.md", "docs/from-regal.zh.md"] {
        run(page, "regal", Some(Path::new("/usr/bin")));
    }
    for page in ["docs/planning.md", "docs/recipes.md"] {
        run(page, "zones", None);
    }
    for page in ["docs/waves.md", "docs/compare.md"] {
        run(page, "waves", None);
    }
}

#[test]
fn exports_are_as_the_readmes_say() {
    for example in ["shells", "nginx", "haproxy", "prometheus", "salt"] {
        run(&format!("examples/{example}/README.md"), example, Some(Path::new("/usr/bin")));
    }
}

#[test]
#[ignore = "needs Python; run tests/run"]
fn programs() {
    run("examples/programs/README.md", "programs", Some(Path::new("/usr/bin")));
    run("docs/exports.md", "shells", Some(Path::new("/usr/bin")));
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_readme_at_the_top() {
    with_the_newest_ansible("README.md", "small");
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_first_rollout() {
    with_the_newest_ansible("docs/first-rollout.md", "small");
}

#[test]
#[ignore = "needs mkdocs; run tests/run"]
fn the_book_is_made_without_a_broken_link() {
    let book = env::var_os("TEST_BOOK").expect("TEST_BOOK is not set; run tests/run");
    assert!(Path::new(&book).join("mkdocs").is_file());
    let output = Command::new("book/build").current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/book/site");
    let keys = fs::read_to_string(site.join("docs/keys.html")).unwrap();
    assert!(keys.contains("spread.max_unavailable") && keys.contains("REGAL_SPREAD_MAX_UNAVAILABLE"));
    // Nothing is fetched from elsewhere when a page is shown.
    let start = fs::read_to_string(site.join("index.html")).unwrap();
    let elsewhere = |tag: &str| start.split(tag).skip(1).any(|rest| rest.starts_with("\"http"));
    assert!(!elsewhere("src=") && !start.contains("fonts."));
}

/// The first block of YAML under a heading.
fn yaml_under(page: &str, heading: &str) -> String {
    let below = page.split_once(heading).unwrap_or_else(|| panic!("no {heading}")).1;
    let block = below.split_once("```yaml\n").and_then(|(_, rest)| rest.split_once("```"));
    block.unwrap_or_else(|| panic!("no YAML under {heading}")).0.to_string()
}

#[test]
#[ignore = "needs check-jsonschema; run tests/run"]
fn pipelines_have_the_form_that_their_services_read() {
    let tools = env::var_os("TEST_BOOK").expect("TEST_BOOK is not set; run tests/run");
    let check = |kind: &str, file: &Path| {
        let mut command = Command::new(Path::new(&tools).join("check-jsonschema"));
        let output = command.args(["--builtin-schema", kind]).arg(file).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/pipelines.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (heading, kind, name, wrong) in [
        ("## GitLab CI", "vendor.gitlab-ci", ".gitlab-ci.yml", ("when: manual", "when: by_hand")),
        ("## GitHub Actions", "vendor.github-workflows", "rollout.yml", ("runs-on:", "runs:")),
    ] {
        let (file, text) = (folder.path().join(name), yaml_under(&page, heading));
        fs::write(&file, &text).unwrap();
        let (fits, said) = check(kind, &file);
        assert!(fits, "{heading}: {said}");
        fs::write(&file, text.replace(wrong.0, wrong.1)).unwrap();
        assert!(!check(kind, &file).0, "{heading}: the check finds nothing");
    }
    for entry in fs::read_dir(root.join(".github/workflows")).unwrap() {
        let path = entry.unwrap().path();
        let (fits, said) = check("vendor.github-workflows", &path);
        assert!(fits, "{}: {said}", path.display());
    }
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn roles() {
    with_the_newest_ansible("examples/roles/README.md", "roles");
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn small() {
    with_the_newest_ansible("examples/small/README.md", "small");
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn zones() {
    with_the_newest_ansible("examples/zones/README.md", "zones");
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn waves() {
    with_the_newest_ansible("examples/waves/README.md", "waves");
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn regal() {
    with_the_newest_ansible("examples/regal/README.md", "regal");
}

#[test]
fn dots_stand_for_anything_and_nothing_else_does() {
    assert!(fits("a\nb\nc\n", "a\n…\nc\n"));
    assert!(fits("a\nb\n", "…\nb\n"));
    assert!(fits("a\nb to c\n", "a\nb …\n"));
    assert!(!fits("a\nb\nc\n", "a\n…\nb\n"));
    assert!(!fits("a\nb\n", "a\n"));
    assert!(!fits("b\n", "a\n…\n"));
}

#[test]
fn the_readme_asks_for_the_rust_that_the_package_does() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (major, minor) = env!("CARGO_PKG_RUST_VERSION").split_once('.').unwrap();
    assert!(readme.contains(&format!("It needs Rust {major}.{minor} or newer.")));
}
