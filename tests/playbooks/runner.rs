//! Under ansible-runner, as AWX runs playbooks: with a terminal at which nobody sits.

use std::env;
use std::path::{Path, PathBuf};
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
    let own = Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap();
    let path = env::join_paths([bin, own.into(), "/usr/bin".into(), "/bin".into()] as [PathBuf; 4]).unwrap();
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
        assert!(begin.elapsed().as_secs() < 600);
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

#[test]
#[ignore = "needs ansible-runner; run tests/run"]
fn on_a_frozen_plan_it_waits_for_an_approval_and_goes_on_by_the_record() {
    let journal = "- name: Journal\n  ansible.builtin.raw: echo brought {{ inventory_hostname }} {{ rollout_batch }} x >> {{ lookup('env', 'SITE') }}/journal\n";
    let hosts = "all: {hosts: {web1: {v: app}, web2: {v: app}, web3: {v: app}}}\n";
    Scenario::new().inventory("inventory/hosts.yml", hosts).hook("deploy", journal).on_one_ansible(|site| {
        let settings =
            "inventory: inventory/hosts.yml\nversion_from: {var: v}\nbatch_size: 2\napproval: after_canary\n";
        site.write("regal.yml", settings);
        let own = env!("CARGO_BIN_EXE_regal-inventory");
        let plan = "inventory/app.rollout.yml";
        site.shell(&format!("{own} plan --save {plan}")).exits(0);
        let short = r#""rollout_approval_timeout": "2s""#;
        rollout(site, short)
            .exits(2)
            .ran("brought", "A web1")
            .says("nobody answered within 2 seconds: app_groupB1 was not touched");
        let status = site.shell(&format!("{own} status {plan}")).exits(0);
        status.says("waiting for approval");
        site.shell(&format!("{own} approve --plan {plan} B1")).exits(0);
        rollout(site, short).exits(0).ran("brought", "B1 web2 web3");
        site.shell(&format!("{own} status {plan}")).exits(0).says("100% done");
        // Somebody approves it while nobody answers.
        let again = "inventory/again.rollout.yml";
        site.shell(&format!("rm {plan} inventory/app.rollout.jsonl && {own} plan --save {again}")).exits(0);
        let is_done = format!("{own} status {again} | grep -q 'app_groupA .* done'");
        let approves = format!("{own} approve --plan {again} B1");
        let later = format!("(until {is_done}; do sleep 0.2; done; sleep 3; {approves}) >/dev/null 2>&1 &");
        site.shell(&later);
        rollout(site, r#""rollout_approval_timeout": "30s""#).exits(0).ran("brought", "A web1, B1 web2 web3");
    });
}
