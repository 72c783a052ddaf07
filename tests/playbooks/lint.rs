//! What Ansible's own tools say of the playbooks.

use std::{env, process::Command};

use super::site::{ansibles, playbooks};

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_production_profile_of_ansible_lint_passes() {
    let folder = env::var_os("TEST_ANSIBLE_LINT").expect("TEST_ANSIBLE_LINT is not set; run tests/run");
    // It looks for ansible-playbook in PATH.
    let path =
        env::join_paths([folder.clone().into(), "/usr/bin".into(), "/bin".into()] as [std::path::PathBuf; 3]).unwrap();
    let output = Command::new(std::path::Path::new(&folder).join("ansible-lint"))
        .args(["--offline", "--nocolor", "--strict", "--profile", "production", "playbooks", "examples", "roles"])
        // It knows no empty block, which nothing.yml is so that it costs not even a task that is skipped.
        .args(["--exclude", "playbooks/tasks/nothing.yml"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", path)
        // As examples/roles/ansible.cfg has it, which is not read from another folder.
        .env("ANSIBLE_LOOKUP_PLUGINS", concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/lookup"))
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    assert!(text.contains("Profile 'production' was required, and it passed"), "{text}");
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_syntax_is_right_without_any_inventory() {
    for ansible in ansibles() {
        for playbook in ["rollout.yml", "rollback.yml"] {
            let mut command = Command::new(ansible.join("ansible-playbook"));
            let output = command.arg("--syntax-check").arg(playbooks().join(playbook)).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
