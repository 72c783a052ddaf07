//! Under ansible-runner, as AWX runs playbooks: with a terminal at which nobody sits.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use super::site::{Outcome, Scenario, Site, fixtures, playbooks, run};

fn runner() -> PathBuf {
    PathBuf::from(env::var_os("TEST_RUNNER").expect("TEST_RUNNER is not set; run tests/run"))
}

fn rollout(site: &Site, settings: &str) -> Outcome {
    let _ = std::fs::remove_dir_all(site.path("artifacts"));
    let settings = format!(
        "{{\"rollout_version\": \"app\", \"rollout_hooks\": \"{}\", {settings}}}",
        site.path("hooks").display()
    );
    site.write("env/extravars", &settings);
    let bin = runner();
    let mut command = Command::new(bin.join("ansible-runner"));
    command.args(["run", "."]).arg("-p").arg(playbooks().join("rollout.yml"));
    site.in_a_clean_environment(&mut command);
    let path = env::join_paths([bin, "/usr/bin".into(), "/bin".into()] as [PathBuf; 3]).unwrap();
    command
        .env("PATH", path)
        .env("REGAL_TEST_DOWN", site.path("down"))
        .env("ANSIBLE_CONFIG", playbooks().join("ansible.cfg"))
        .env("ANSIBLE_HOME", site.path(".ansible"))
        .env("ANSIBLE_CONNECTION_PLUGINS", fixtures().join("connection_plugins"))
        .env("ANSIBLE_TRANSPORT", "switchable")
        .env("ANSIBLE_FORKS", "1");
    run(site, command, false)
}

/// What ansible-runner hands on, and what it says of the run.
fn artifact(site: &Site, name: &str) -> String {
    let run = std::fs::read_dir(site.path("artifacts")).unwrap().next().unwrap().unwrap().path();
    std::fs::read_to_string(run.join(name)).unwrap()
}

#[test]
#[ignore = "needs ansible-runner; run tests/run"]
fn nobody_answers_and_what_was_approved_goes_on() {
    let journal = "- name: Journal\n  ansible.builtin.raw: echo installed {{ inventory_hostname }} {{ rollout_batch }} x >> {{ lookup('env', 'SITE') }}/journal\n";
    let scenario = Scenario::new().version("app", &["zulu", "mike alpha"]).hook("deploy", journal);
    scenario.in_inventory("inventory/hosts.ini").on_one_ansible(|site| {
        let begin = std::time::Instant::now();
        let stopped = rollout(site, r#""rollout_approval": "after_canary", "rollout_approval_timeout": "2s""#);
        assert!(begin.elapsed().as_secs() < 120);
        let stopped = stopped.exits(2).ran("installed", "A zulu");
        let stopped = stopped.says("not approved, nobody answered within 2 seconds: app_groupB1 was not touched");
        let command = stopped.command();
        assert!(command.contains(" -e rollout_approved=A") && !command.contains("awx_display"), "{command}");
        assert_eq!(artifact(site, "status"), "failed");

        let done = rollout(site, r#""rollout_approval": "after_canary", "rollout_approved": "A""#);
        done.exits(0).ran("installed", "A zulu, B1 mike alpha");
        assert_eq!(artifact(site, "status"), "successful");
        let events =
            std::fs::read_dir(site.path("artifacts")).unwrap().next().unwrap().unwrap().path().join("job_events");
        let texts =
            std::fs::read_dir(events).unwrap().map(|event| std::fs::read_to_string(event.unwrap().path()).unwrap());
        let handed_on =
            |text: &String| text.contains("\"artifact_data\"") && text.contains("\"rollout_outcome\": \"finished\"");
        assert!(texts.into_iter().any(|text| handed_on(&text)));
    });
}
