//! `regal-inventory run` with the real ansible-playbook and a playbook of one's own, which knows nothing of batches.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::site::{Outcome, Scenario, Site};

const HOSTS: &str = "[shop]\nweb[1:5] v=2.5.0\n[all:vars]\nansible_connection=local\n";
const PLAYBOOK: &str = "- hosts: shop
  gather_facts: false
  tasks:
    - ansible.builtin.raw: 'echo {{ inventory_hostname }} {{ rollout_version }} >>{{ playbook_dir }}/log; test ! -e {{ playbook_dir }}/deploy-{{ inventory_hostname }}'
";
const COMMAND: &str = "ansible-playbook -i hosts.ini -i {plan} site.yml --limit {group} -e rollout_version={version}";

/// A folder with a saved plan and a playbook.
fn site(test: impl Fn(&Site)) {
    Scenario::new().inventory("hosts.ini", HOSTS).on_one_ansible(|site| {
        site.write("hosts.ini", HOSTS);
        site.write("regal.yml", "inventory: hosts.ini\nversion_from: {var: v}\nbatch_size: 2\n");
        site.write("site.yml", PLAYBOOK);
        regal(site, "plan --save 2.5.0.rollout.yml").exits(0);
        test(site);
    });
}

fn path(site: &Site) -> String {
    let own = Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap();
    format!("{}:{}:{}", own.display(), site.ansible().display(), std::env::var("PATH").unwrap_or_default())
}

fn regal(site: &Site, arguments: &str) -> Outcome {
    site.shell(&format!("PATH='{}' regal-inventory {arguments}", path(site)))
}

fn run(site: &Site, arguments: &str) -> Outcome {
    regal(site, &format!("run --plan 2.5.0.rollout.yml {arguments} -- {COMMAND}"))
}

/// The hosts that were deployed since, by batches: Ansible takes a batch's hosts in any order.
fn deployed(site: &Site, batches: &[&[&str]]) {
    let log = fs::read_to_string(site.path("log")).unwrap_or_default();
    let mut lines: Vec<&str> = log.lines().collect();
    for batch in batches {
        let mut here: Vec<&str> = lines.drain(..batch.len().min(lines.len())).collect();
        here.sort_unstable();
        assert_eq!(here, *batch, "{log}");
    }
    assert!(lines.is_empty(), "{log}");
    let _ = fs::remove_file(site.path("log"));
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_failing_batch_stops_it_and_the_same_command_goes_on() {
    site(|site| {
        site.fail("deploy", "web2");
        run(site, "").exits(5).says("run: 2.5.0_groupB1 is lost: exit code 2");
        deployed(site, &[&["web1 2.5.0"], &["web2 2.5.0", "web3 2.5.0"]]);
        site.repair();
        run(site, "").exits(0).says("run: all done; 5 hosts done");
        deployed(site, &[&["web2 2.5.0", "web3 2.5.0"], &["web4 2.5.0", "web5 2.5.0"]]);
        regal(site, "status 2.5.0.rollout.yml").exits(0).says("100% done");
        run(site, "--back-to 2.4.0").exits(0);
        deployed(site, &[&["web4 2.4.0", "web5 2.4.0"], &["web2 2.4.0", "web3 2.4.0"], &["web1 2.4.0"]]);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn killed_at_any_moment_it_goes_on_with_what_is_not_done() {
    for moment in 0..20_u64 {
        site(|site| {
            let mut command = Command::new("sh");
            let line = format!("exec regal-inventory run --plan 2.5.0.rollout.yml -- {COMMAND}");
            command.args(["-c", &line]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            site.in_a_clean_environment(&mut command);
            let mut child = command.env("PATH", path(site)).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(100 + 180 * moment));
            child.kill().unwrap();
            child.wait().unwrap();
            let record = fs::read_to_string(site.path("2.5.0.rollout.jsonl")).unwrap_or_default();
            let done: Vec<&str> = record.lines().filter(|line| line.contains("\"event\":\"done\"")).collect();
            let before = fs::read_to_string(site.path("log")).unwrap_or_default().lines().count();
            // what outlives its run keeps the next one out until it has ended
            let mut outcome = run(site, "");
            for _ in 0..200 {
                if outcome.code != 6 {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
                outcome = run(site, "");
            }
            let outcome = outcome.exits(0);
            let log = fs::read_to_string(site.path("log")).unwrap();
            for host in 1..=5 {
                let times = log.matches(&format!("web{host} ")).count();
                let was_done = done.iter().any(|line| line.contains(&format!("\"web{host}\"")));
                assert!(
                    times == 1 || times == 2 && !was_done,
                    "web{host}, {before} lines before:\n{log}{}",
                    outcome.output
                );
            }
            let order: Vec<usize> = log.lines().map(|line| (line[3..4].parse::<usize>().unwrap()) / 2).collect();
            assert!(order.is_sorted(), "{log}");
        });
    }
}
