//! The collection regal.rollout: built, installed into an empty folder, and used with nothing but itself and the program.

use std::collections::HashMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs};

use super::site::{Outcome, Scenario, Site};

pub(super) const HOSTS: &str = include_str!("../../examples/small/hosts.ini");
/// As in the README, but for the first line.
pub(super) const CONFIGURATION: &str = "plugin: regal.rollout.batches\ninventory: hosts.ini\ngroups_only: true\nversion_from: {var: app_version}\n\
                             canary: 1\nbatch_size: 2\n";
pub(super) const ANSIBLE_CFG: &str =
    "[defaults]\nforce_valid_group_names = ignore\n[inventory]\nany_unparsed_is_failed = true\n";
pub(super) const INVENTORIES: &str = "-i hosts.ini -i rollout.regal.yml";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn galaxy(ansible: &Path, home: &Path, arguments: &[&str]) {
    let mut command = Command::new(ansible.join("ansible-galaxy"));
    command.arg("collection").args(arguments).env("HOME", home).env("ANSIBLE_HOME", home.join(".ansible"));
    let output = command.env("ANSIBLE_COLLECTIONS_PATH", home).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with the collection, built and installed by this ansible-core, once in a run of the tests.
pub(super) fn installed(ansible: &Path) -> PathBuf {
    static INSTALLED: Mutex<Option<HashMap<PathBuf, PathBuf>>> = Mutex::new(None);
    let mut installed = INSTALLED.lock().unwrap();
    let installed = installed.get_or_insert_default();
    let make = || {
        let name = ansible.parent().unwrap().file_name().unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("collections").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let path = folder.display().to_string();
        galaxy(ansible, &folder, &["build", env!("CARGO_MANIFEST_DIR"), "--output-path", &path]);
        let archive = format!("{path}/regal-rollout-{}.tar.gz", env!("CARGO_PKG_VERSION"));
        galaxy(ansible, &folder, &["install", "--offline", "-p", &path, &archive]);
        folder
    };
    installed.entry(ansible.to_owned()).or_insert_with(make).clone()
}

/// Runs a line in the folder of a site, where Ansible finds the collection and `PATH` the program.
pub(super) fn shell(site: &Site, line: &str) -> Outcome {
    without_program(site, &format!("PATH=$PATH:$PWD/bin; {line}"))
}

pub(super) fn without_program(site: &Site, line: &str) -> Outcome {
    let (ansible, collections) = (site.ansible().display(), installed(site.ansible()));
    site.shell(&format!(
        "export HOME=$PWD ANSIBLE_NOCOLOR=1 PATH={ansible}:/usr/bin:/bin ANSIBLE_COLLECTIONS_PATH={}; {line}",
        collections.display()
    ))
}

/// The small example without a run bit, with the program in `bin`.
pub(super) fn small() -> Scenario {
    Scenario::new().inventory("hosts.ini", HOSTS)
}

pub(super) fn furnish(site: &Site) {
    for hook in files(&root().join("examples/hooks")) {
        site.write(&format!("hooks/{}", hook.file_name().unwrap().display()), &fs::read_to_string(&hook).unwrap());
    }
    site.write("rollout.regal.yml", CONFIGURATION);
    site.write("ansible.cfg", ANSIBLE_CFG);
    fs::create_dir_all(site.path("bin")).unwrap();
    let _ = fs::remove_file(site.path("bin/regal-inventory"));
    symlink(env!("CARGO_BIN_EXE_regal-inventory"), site.path("bin/regal-inventory")).unwrap();
}

/// All files and links below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() && !entry.is_symlink() {
            found.extend(files(&entry));
        } else {
            found.push(entry);
        }
    }
    found
}

fn rollout(site: &Site) -> Outcome {
    let run = "regal.rollout.rollout -e rollout_version=shop-2.5.0 -e rollout_hooks=hooks";
    shell(site, &format!("ansible-playbook {INVENTORIES} {run}"))
}

/// What the hooks of the examples deployed, one line per host.
fn versions(site: &Site) -> Vec<String> {
    let versions = files(&site.path("fleet")).into_iter().filter(|path| path.ends_with("version"));
    let mut versions: Vec<String> = versions
        .map(|path| {
            let host = path.parent().unwrap().file_name().unwrap().display().to_string();
            format!("{host} {}", fs::read_to_string(&path).unwrap().trim())
        })
        .collect();
    versions.sort();
    versions
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_is_installed_is_the_collection_and_nothing_else() {
    small().on_each_ansible(|site| {
        let collection = installed(site.ansible()).join("ansible_collections/regal/rollout");
        let mut names: Vec<String> =
            fs::read_dir(&collection).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        let mut expected =
            vec!["CHANGELOG.md", "FILES.json", "LICENSE", "LICENSES", "MANIFEST.json", "meta", "playbooks", "plugins"];
        if root().join("roles").exists() {
            expected.push("roles");
        }
        assert_eq!(names, expected);
        // The links beside the playbooks, so that these find their plugins by path too.
        for (link, target) in [("action", "action"), ("callback", "callback"), ("lookup", "lookup")] {
            let link = collection.join(format!("playbooks/{link}_plugins"));
            assert_eq!(fs::read_link(&link).unwrap(), Path::new("../plugins").join(target));
        }
        let executable =
            |path: &PathBuf| !path.is_symlink() && fs::metadata(path).unwrap().permissions().mode() & 0o111 != 0;
        let executables: Vec<PathBuf> = files(&collection).into_iter().filter(executable).collect();
        assert!(executables.is_empty(), "{executables:?}");
    });
}

/// What `ansible-galaxy` takes in, by the list of what it leaves out, and without Ansible.
#[test]
fn everything_at_the_root_is_in_the_collection_or_left_out_of_it() {
    const TAKEN: [&str; 8] =
        ["CHANGELOG.md", "LICENSE", "LICENSES", "galaxy.yml", "meta", "playbooks", "plugins", "roles"];
    let galaxy = fs::read_to_string(root().join("galaxy.yml")).unwrap();
    let (_, ignored) = galaxy.split_once("build_ignore:\n").unwrap();
    let ignored: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix("  - ")).collect();
    assert!(ignored.contains(&".*"), "{ignored:?}");
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let left_out = name.starts_with('.') || ignored.contains(&name.as_str());
        assert_ne!(left_out, TAKEN.contains(&name.as_str()), "{name}: list it in `build_ignore` of galaxy.yml");
    }
}

#[test]
fn its_page_has_the_configuration_of_these_tests() {
    let page = fs::read_to_string(root().join("docs/collection.md")).unwrap();
    assert!(page.contains(&format!("```yaml\n{CONFIGURATION}```")));
}

#[test]
fn its_version_is_that_of_the_program_which_is_recent_enough_for_it() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("galaxy.yml").lines().any(|line| line == format!("version: {version}")), "galaxy.yml");
    let text = read("plugins/plugin_utils/regal_rollout/program.py");
    let oldest = text.lines().find_map(|line| line.strip_prefix("OLDEST = (")?.strip_suffix(')')).unwrap();
    let numbers =
        |text: &str, between: &str| text.split(between).map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
    assert!(numbers(oldest, ", ") <= numbers(version, "."), "{oldest} {version}");
}

#[test]
fn what_imports_ansible_is_under_its_licence_and_the_rest_is_not() {
    for path in files(&root().join("plugins")) {
        if path.extension().is_none_or(|extension| extension != "py") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // What is in `modules` is the documentation of actions, for which `ansible-test` wants the same licence.
        let imports = |line: &str| line.starts_with("from ansible") || line.starts_with("import ansible");
        let imports =
            text.lines().any(|line| imports(line.trim_start())) || path.parent().unwrap().ends_with("modules");
        let licence = if imports { "GPL-3.0-or-later" } else { "MIT" };
        let first = text.lines().next().unwrap_or_default();
        assert_eq!(first, format!("# SPDX-License-Identifier: {licence}"), "{}", path.display());
    }
    assert!(
        fs::read_to_string(root().join("LICENSES/GPL-3.0-or-later.txt"))
            .unwrap()
            .contains("GNU GENERAL PUBLIC LICENSE")
    );
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn it_installs_from_git_too() {
    small().on_one_ansible(|site| {
        let repository = site.path("repository");
        fs::create_dir(&repository).unwrap();
        let copy = Command::new("cp").arg("-a").args(tracked()).arg(&repository).status().unwrap();
        assert!(copy.success());
        let commit = "git init -q && git add -A && git -c user.name=me -c user.email=me@localhost commit -qm all";
        let status =
            Command::new("sh").args(["-c", commit]).current_dir(&repository).env("HOME", site.path("")).status();
        assert!(status.unwrap().success());
        let target = site.path("from-git").display().to_string();
        let url = format!("git+file://{}", repository.display());
        galaxy(site.ansible(), &site.path(""), &["install", "--offline", "-p", &target, &url]);
        let inside = |folder: &Path| {
            let folder = folder.join("ansible_collections/regal/rollout");
            let mut names: Vec<PathBuf> =
                files(&folder).iter().map(|path| path.strip_prefix(&folder).unwrap().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(inside(Path::new(&target)), inside(&installed(site.ansible())));
    });
}

/// What stands at the root of the repository, without what is made there.
fn tracked() -> Vec<PathBuf> {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| !path.ends_with("target") && !path.ends_with(".git")).collect()
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_main_job_needs_nothing_but_the_collection_and_the_program() {
    small().on_one_ansible(|site| {
        furnish(site);
        site.write("fleet/web2/broken", "");
        let stopped = rollout(site).exits(2);
        assert_eq!(versions(site), ["web1 shop-2.5.0", "web2 shop-2.5.0", "web3 shop-2.5.0"]);
        fs::remove_file(site.path("fleet/web2/broken")).unwrap();
        // As it was printed.
        let command = stopped.command();
        assert!(command.contains(" regal.rollout.rollout "), "{command}");
        shell(site, &command).exits(0).says("finished shop-2.5.0: 5 of 5 hosts");
        assert_eq!(versions(site).len(), 5);
        let back = "regal.rollout.rollback -e rollout_version=shop-2.5.0 -e rollout_back_to=shop-2.4.0 -e rollout_from=B1 -e rollout_hooks=hooks";
        shell(site, &format!("ansible-playbook {INVENTORIES} {back}")).exits(0);
        assert_eq!(versions(site)[..4], ["web1 shop-2.4.0", "web2 shop-2.4.0", "web3 shop-2.4.0", "web4 shop-2.5.0"]);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_playbook_of_ones_own_may_import_it() {
    small().on_one_ansible(|site| {
        furnish(site);
        site.write("plays/site.yml", "- name: Roll out\n  ansible.builtin.import_playbook: regal.rollout.rollout\n");
        let run = format!(
            "ansible-playbook {INVENTORIES} plays/site.yml -e rollout_version=shop-2.5.0 -e rollout_hooks=hooks"
        );
        shell(site, &run).exits(0).says("finished shop-2.5.0: 5 of 5 hosts");
        assert_eq!(versions(site).len(), 5);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn every_plugin_has_documentation() {
    small().on_each_ansible(|site| {
        for kind in ["callback", "filter", "inventory", "lookup", "module"] {
            let folder = root().join("plugins").join(if kind == "module" { "modules" } else { kind });
            let files = if folder.exists() { files(&folder) } else { Vec::new() };
            let plugins = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "py"));
            let names: Vec<String> =
                plugins.map(|path| format!("regal.rollout.{}", path.file_stem().unwrap().display())).collect();
            if names.is_empty() {
                continue;
            }
            let pages = shell(site, &format!("ansible-doc -t {kind} {}", names.join(" "))).exits(0).output;
            for part in ["AUTHOR: regal-inventory (@regal-inventory)", "EXAMPLES:"] {
                assert_eq!(pages.matches(part).count(), names.len(), "{part} {names:?}\n{pages}");
            }
        }
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_rules_of_ansible_test_that_need_nothing_else_hold() {
    const RULES: [&str; 14] = [
        "action-plugin-docs",
        "compile",
        "empty-init",
        "ignores",
        "line-endings",
        "no-assert",
        "no-get-exception",
        "no-illegal-filenames",
        "no-smart-quotes",
        "replace-urlopen",
        "shebang",
        "symlinks",
        "use-argspec-type-path",
        "use-compat-six",
    ];
    small().on_one_ansible(|site| {
        // It writes into the collection.
        let from = installed(site.ansible()).join("ansible_collections");
        let tests: String = RULES.iter().map(|rule| format!(" --test {rule}")).collect();
        let run = format!(
            "cp -a {} . && cd ansible_collections/regal/rollout && \
             version=$(python3 -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])') && \
             ansible-test sanity --color no --python $version{tests}",
            from.display()
        );
        let run = shell(site, &run).exits(0);
        assert_eq!(run.output.matches("Running sanity test").count(), RULES.len(), "{}", run.output);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_play_of_ones_own_takes_groups_sizes_and_gate_from_it() {
    small().on_one_ansible(|site| {
        furnish(site);
        let lookup = |name: &str| format!("\"{{{{ lookup('regal.rollout.{name}', 'shop-2.5.0') }}}}\"");
        let (groups, sizes) = (lookup("batch_groups"), lookup("batch_sizes"));
        let play = "  order: inventory\n  gather_facts: false\n  pre_tasks:\n    - ansible.builtin.import_role:\n        \
                    name: regal.rollout.gate\n      run_once: true\n  tasks:\n    - ansible.builtin.command: \
                    test {{ inventory_hostname }} != web3\n";
        site.write("site.yml", &format!("- hosts: {groups}\n  serial: {sizes}\n{play}"));
        let run = shell(site, &format!("ansible-playbook {INVENTORIES} site.yml")).exits(2);
        let tried = |host: &str| run.output.contains(&format!("changed: [{host}]"));
        assert!(tried("web1") && tried("web2") && !tried("web4") && !tried("web5"), "{}", run.output);
        run.says("web3").says("shop-2.5.0_groupB2");
    });
}
