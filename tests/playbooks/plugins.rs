//! The Python behind the playbooks, by its own tests, under each Python that an ansible-core here runs on.

use std::process::Command;

use super::site::ansibles;

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_unit_tests_of_the_plugins_pass() {
    for ansible in ansibles() {
        let mut command = Command::new(ansible.join("python3"));
        command.args(["-B", "-m", "unittest", "discover", "tests/plugins"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}\n{text}", ansible.display());
        assert!(!text.contains("Ran 0 tests"), "{text}");
    }
}
