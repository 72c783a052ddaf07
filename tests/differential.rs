//! Generated inventories, host patterns and `ansible.cfg` files: what Ansible reads from a source against what it reads from our output.
//!
//! The generator and the comparison are Python, in `tests/differential/`, for they run inside Ansible. A failing case is
//! kept and can be replayed: `run.py --program BIN --replay FOLDER`. `TEST_SEED` chooses other cases.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ansible::installations;

/// The release whose reading this project follows.
const FOLLOWED: &str = "2.19.";

/// The `bin` directory of the ansible-core that is followed.
fn followed() -> PathBuf {
    let version = |bin: &PathBuf| {
        let mut python = Command::new(bin.join("python"));
        let output = python.args(["-c", "import ansible.release as r; print(r.__version__)"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let found = installations().into_iter().find(|bin| version(bin).starts_with(FOLLOWED));
    found.unwrap_or_else(|| panic!("TEST_ANSIBLE has no ansible-core {FOLLOWED}*: run tests/run"))
}

fn run(script: &str, arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seed = std::env::var("TEST_SEED").unwrap_or_else(|_| "1".to_string());
    let mut command = Command::new(followed().join("python"));
    command.arg(root.join("tests/differential").join(script)).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(["--program", env!("CARGO_BIN_EXE_regal-inventory"), "--seed", &seed]);
    command.args(arguments);
    command.arg("--keep").arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential"));
    let output = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn generated_inventories_mean_the_same_to_ansible() {
    run("run.py", &["--cases", "500"]);
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn generated_patterns_select_the_same_hosts() {
    run("run.py", &["--cases", "120", "--patterns", "4"]);
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn generated_configurations_mean_the_same_to_ansible() {
    run("configured.py", &["--cases", "150"]);
}
