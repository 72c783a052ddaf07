//! `regal-inventory run` with the real ansible-playbook and a playbook of one's own, which knows nothing of batches.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::collection::installed;
use super::site::{Outcome, Scenario, Site, moments};

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
    for moment in moments() {
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
            for _ in 0..6000 {
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

/// What the callback plugin writes of web1, web2 and web3 where a playbook is called as `run` calls it.
fn said(site: &Site, playbook: &str, arguments: &str) -> String {
    site.write("own.yml", playbook);
    site.write("results", "");
    let collections = installed(site.ansible());
    site.shell(&format!(
        "PATH='{}' ANSIBLE_COLLECTIONS_PATH={} ANSIBLE_CALLBACKS_ENABLED=regal.rollout.results ROLLOUT_RESULTS=$PWD/results \
         ROLLOUT_HOSTS=web1,web2,web3 ansible-playbook -i hosts.ini own.yml --limit web1,web2,web3 {arguments}",
        path(site),
        collections.display()
    ));
    fs::read_to_string(site.path("results")).unwrap()
}

const FAILS: &str = "{ansible.builtin.raw: 'false', name: Break, when: inventory_hostname == 'web2'}";
const DEPLOYS: &str = "{ansible.builtin.raw: 'true', name: Deploy}";

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_host_is_done_only_where_its_plays_are_known_to_be_finished() {
    let play = |keys: &str, tasks: &[&str]| {
        format!("- hosts: shop\n  gather_facts: false\n{keys}  tasks:\n    - {}\n", tasks.join("\n    - "))
    };
    let (fails, deploys, lost) = (FAILS, DEPLOYS, "web2 lost failed: Break\n");
    let others = format!("web1 ok\n{lost}web3 ok\n");
    let two = |first: &[&str], second: &[&str]| play("", first) + &play("", second);
    let cases = [
        (play("", &[fails, deploys]), others.clone()),
        (play("  serial: 1\n  max_fail_percentage: 100\n", &[fails, deploys]), lost.to_string()),
        // after web2 the play ends, and web3 is not reached
        (play("  serial: 1\n", &[fails, deploys]), format!("web1 ok\n{lost}")),
        (play("  strategy: free\n", &[fails, deploys]), others.clone()),
        (play("  any_errors_fatal: true\n", &[deploys, fails]), lost.to_string()),
        (two(&[fails, deploys], &[deploys]), others.clone()),
        (two(&[deploys], &[fails, "{ansible.builtin.meta: end_play}", deploys]), lost.to_string()),
        (
            play("", &[fails, "{ansible.builtin.meta: end_host, when: inventory_hostname == 'web1'}", deploys]),
            format!("{lost}web3 ok\n"),
        ),
        (play("", &[fails, deploys, "{ansible.builtin.meta: flush_handlers}"]), others.clone()),
        (
            play(
                "",
                &["{ansible.builtin.raw: 'false', ignore_errors: true, when: inventory_hostname == 'web2'}", deploys],
            ),
            "web1 ok\nweb3 ok\n".to_string(),
        ),
        (play("", &[&format!("{{block: [{fails}], rescue: [{deploys}]}}"), deploys]), "web1 ok\nweb3 ok\n".to_string()),
        (play("", &[&format!("{{block: [{fails}], always: [{deploys}]}}")]), "web1 ok\nweb3 ok\n".to_string()),
        // the errors are forgotten, and the host runs no further in this play
        (play("", &[fails, "{ansible.builtin.meta: clear_host_errors}", deploys]), others.clone()),
        // and in the next one it does
        (
            two(&[fails, "{ansible.builtin.meta: clear_host_errors}", deploys], &[deploys]),
            "web1 ok\nweb3 ok\n".to_string(),
        ),
        (play("", &[fails, "{ansible.builtin.include_tasks: more.yml}"]), lost.to_string()),
        (play("", &[fails, "{ansible.builtin.raw: 'true', run_once: true}"]), format!("web1 ok\n{lost}")),
        // a host that the play before it is not for
        (play("", &[fails, deploys]).replace("hosts: shop", "hosts: web1:web2"), format!("web1 ok\n{lost}")),
        // a play that is for nobody
        (play("", &[fails, deploys]) + &play("", &[deploys]).replace("hosts: shop", "hosts: nobody"), others.clone()),
        (play("", &[fails, deploys]) + &play("", &[deploys]).replace("hosts: shop", "hosts: web2"), others.clone()),
        (
            play("", &["{ansible.builtin.raw: 'true', changed_when: true, notify: [Restart]}"])
                + &format!("  handlers: [{}]\n", FAILS.replace("Break", "Restart")),
            "web1 ok\nweb2 lost failed: Restart\nweb3 ok\n".to_string(),
        ),
        (
            play("", &[deploys, fails]) + &play("  max_fail_percentage: 0\n", &[deploys]),
            format!("web1 ok\n{lost}web3 ok\n"),
        ),
        // under a limit a play for another host is for nobody
        (
            play("", &[fails, deploys]) + &play("", &[deploys]).replace("hosts: shop", "hosts: localhost"),
            others.clone(),
        ),
        // a play that loses all of its hosts ends the playbook, and the last one never began
        (
            play("", &[deploys]) + &play("", &[fails]).replace("hosts: shop", "hosts: web2") + &play("", &[deploys]),
            lost.to_string(),
        ),
        // what a playbook starts says nothing of the batch
        (
            play(
                "",
                &[
                    fails,
                    "{ansible.builtin.raw: 'cd {{ playbook_dir }} && ansible-playbook -i hosts.ini inner.yml'}",
                    "{ansible.builtin.include_tasks: more.yml}",
                ],
            ),
            lost.to_string(),
        ),
    ];
    Scenario::new().inventory("hosts.ini", HOSTS).on_one_ansible(|site| {
        site.write("more.yml", "- ansible.builtin.raw: 'true'\n");
        site.write("inner.yml", &play("", &[deploys]));
        for (playbook, expected) in &cases {
            assert_eq!(said(site, playbook, ""), *expected, "{playbook}");
        }
        site.write("ssh", "#!/bin/sh\nexit 255\n");
        let unreachable = "-e ansible_connection=ssh -e ansible_ssh_executable=$PWD/ssh";
        let nobody = said(site, &play("", &[deploys]), unreachable);
        assert_eq!(nobody.matches(" lost could not be reached: Deploy\n").count(), 3, "{nobody}");
        let ignored = said(site, &play("  ignore_unreachable: true\n", &[deploys]), unreachable);
        assert_eq!(ignored, "");
        assert_eq!(said(site, &play("", &[fails, deploys]), "--check"), "");
        assert_eq!(said(site, &play("", &[fails, deploys]), "inner.yml"), "");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn hosts_that_are_done_are_left_out_where_the_command_names_hosts() {
    site(|site| {
        site.write("ansible.cfg", "[defaults]\ncallbacks_enabled = regal.rollout.results\n");
        let command = "ansible-playbook -i hosts.ini -i {plan} site.yml --limit {hosts} -e rollout_version={version}";
        let go = |arguments: &str| {
            let collections = installed(site.ansible());
            site.shell(&format!(
                "PATH='{}' ANSIBLE_COLLECTIONS_PATH={} regal-inventory run --plan 2.5.0.rollout.yml {arguments} -- {command}",
                path(site),
                collections.display()
            ))
        };
        site.fail("deploy", "web2");
        go("").exits(5).says("web2");
        deployed(site, &[&["web1 2.5.0"], &["web2 2.5.0", "web3 2.5.0"]]);
        let status = regal(site, "status 2.5.0.rollout.yml").exits(0);
        status.says("1 of 2 hosts, 1 done").says("web2: failed: ansible.builtin.raw");
        site.repair();
        go("").exits(0).says("run: all done; 5 hosts done");
        deployed(site, &[&["web2 2.5.0"], &["web4 2.5.0", "web5 2.5.0"]]);
    });
}
