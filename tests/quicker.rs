//! Ansible's modules in half the time: `quicker/sitecustomize.py`.

use std::path::Path;
use std::process::Command;

/// Has the modules run by the Python beside an `ansible-playbook`.
pub fn modules(command: &mut Command, ansible: &Path) {
    command.env("ANSIBLE_PYTHON_INTERPRETER", ansible.join("python3"));
    command.env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quicker"));
}
