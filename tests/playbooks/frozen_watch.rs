//! rollout.yml on a frozen plan while it waits: in the watch of a batch, and for an approval.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::frozen_plan::{PLAN, RECORD, events, lines, path, rollout, saved, scenario, started, wait_for};
use super::programs;
use super::site::{Outcome, Site, fixtures, playbooks, run};

/// Processes whose command names the plan of a site.
fn processes(site: &Site) -> usize {
    let plan = site.path(PLAN).display().to_string();
    let all = fs::read_dir("/proc").unwrap().flatten();
    let commands = all.filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok());
    commands.filter(|command| command.contains(&plan)).count()
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_run_that_was_killed_while_it_watched_keeps_nobody_out() {
    scenario().on_each_ansible(|site| {
        saved(site, "bake: 600s\n");
        let mut first = started(site);
        wait_for("bake", || events(site, 0).iter().any(|event| event.starts_with("bake")));
        // The task that waits has begun.
        std::thread::sleep(Duration::from_secs(1));
        first.kill().unwrap();
        first.wait().unwrap();
        rollout(site)
            .option("--limit=web1")
            .set("rollout_bake=1s")
            .go()
            .exits(0)
            .ran("deploy", "")
            .ran("check", "A web1");
        wait_for("end of what the killed run has started", || processes(site) == 0);
        assert_eq!(events(site, 4), ["start", "done A web1", "end done"]);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_run_that_was_killed_while_it_asked_keeps_nobody_out() {
    scenario().on_one_ansible(|site| {
        saved(site, "approval: after_canary\n");
        // The answer ends it in the way that no program can do anything about.
        let script = "import os, pty, signal, sys\n\
            child, terminal = pty.fork()\n\
            if child == 0:\n    os.execvp(sys.argv[1], sys.argv[1:])\n\
            seen = b''\n\
            while b'Type yes' not in seen:\n    seen += os.read(terminal, 4096)\n\
            os.kill(child, signal.SIGKILL)\n\
            os.waitpid(child, 0)\n";
        site.write("kill.py", script);
        let mut command = Command::new(site.ansible().join("python3"));
        command.arg(site.path("kill.py"));
        playbook(site, &mut command, &[]);
        run(site, command, false).exits(0).ran("deploy", "A web1");
        rollout(site).set("rollout_approved=A").go().exits(0).ran("deploy", "B1 web2 web3, B2 web4 web5");
        wait_for("end of what the killed run has started", || processes(site) == 0);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn hosts_that_were_watched_beside_a_lost_one_are_watched_and_checked_before_that_is_tried_again() {
    scenario().on_one_ansible(|site| {
        saved(site, "bake: 600s\nmax_failures: 1\n");
        rollout(site).option("--limit=web1").set("rollout_bake=0").go().exits(0);
        // web2 is before web3 in the plan, and after it in the run.
        site.fail("deploy", "web2");
        let mut first = started(site);
        let at = |what: &str| events(site, 0).iter().any(|event| event.starts_with(what));
        wait_for("bake", || at("bake B1"));
        std::thread::sleep(Duration::from_secs(1));
        first.kill().unwrap();
        first.wait().unwrap();
        let killed = lines(site).len();
        site.repair();
        site.fail("check", "web3");
        let sick = rollout(site).set("rollout_bake=1s").set("rollout_max_failed=0").go().exits(2);
        let sick = sick.ran("deploy", "").ran("check", "B1 web3");
        sick.says("shop-2.5.0_groupB1: web3 (done before, and only watched for the rest of its time)");
        assert_eq!(events(site, killed)[..2], ["start", "lost B1 web3 bake"]);
        site.repair();
        let last = lines(site).len();
        rollout(site).set("rollout_bake=1s").go().exits(0).ran("deploy", "B1 web2 web3, B2 web4 web5");
        assert_eq!(
            events(site, last)[..5],
            ["start", "begin B1", "hosts_done B1 web2,web3", "bake B1", "done B1 web2,web3"]
        );
    });
    scenario().on_one_ansible(|site| {
        saved(site, "bake: 600s\nmax_failures: 1\n");
        rollout(site).option("--limit=web1").set("rollout_bake=0").go().exits(0);
        site.fail("deploy", "web2");
        let mut first = started(site);
        wait_for("bake", || events(site, 0).iter().any(|event| event.starts_with("bake B1")));
        std::thread::sleep(Duration::from_secs(1));
        first.kill().unwrap();
        first.wait().unwrap();
        let killed = lines(site).len();
        site.repair();
        // web3 is watched and checked, then web2 is done.
        let well = rollout(site).set("rollout_bake=1s").go().exits(0).ran("deploy", "B1 web2, B2 web4 web5");
        well.ran("check", "B1 web3 web2 web2, B2 web4 web5");
        let expected =
            ["start", "hosts_done B1 web3", "begin B1 rest", "hosts_done B1 web2", "bake B1", "done B1 web2"];
        assert_eq!(events(site, killed)[..6], expected);
    });
}

/// A run in a terminal, where keys are typed after a text.
fn typed(site: &Site, steps: &[&str], arguments: &[&str]) -> Outcome {
    let mut command = Command::new(site.ansible().join("python3"));
    command.arg(fixtures().join("keys.py")).args(steps).arg("--");
    playbook(site, &mut command, arguments);
    run(site, command, false)
}

/// What runs the rollout, as a program that another one starts.
fn playbook(site: &Site, command: &mut Command, arguments: &[&str]) {
    command.arg(site.ansible().join("ansible-playbook"));
    command.arg("-i").arg(site.path("hosts.ini")).arg("-i").arg(site.path(PLAN)).arg(playbooks().join("rollout.yml"));
    command.args(["-e", "rollout_version=shop-2.5.0", "-e", "rollout_hooks=hooks"]).args(arguments);
    site.in_a_clean_environment(command);
    command
        .envs(programs::configuration(site.ansible()))
        .env("PATH", path(site))
        .env("REGAL_TEST_DOWN", site.path("down"));
}

const INTERRUPT: &str = "(ctrl+C then=\\x03";

#[test]
#[ignore = "needs ansible; run tests/run"]
fn who_ends_the_run_in_a_watch_loses_no_host_and_who_goes_on_is_recorded() {
    scenario().on_each_ansible(|site| {
        saved(site, "bake: 60s\n");
        let ended = typed(site, &[INTERRUPT, "Press 'C'=a"], &[]).exits(2).ran("deploy", "A web1");
        let ended = ended.says("shop-2.5.0_groupA is not watched to the end, and the run ends here, as was asked for");
        ended.says("shop-2.5.0_groupA, in service, and not watched to the end: web1");
        let begun = ["start", "begin A", "hosts_done A web1", "bake A"];
        assert_eq!(events(site, 0)[..4], begun);
        assert_eq!(events(site, 4), ["stop A interrupted", "end interrupted"]);
        let before = lines(site).len();
        // Nobody deploys it again; whoever goes on early is in the record, and the next run watches it no longer.
        let early = typed(site, &[INTERRUPT, "Press 'C'=c"], &["--limit=web1"]).exits(0).ran("deploy", "");
        early.ran("check", "A web1");
        let short = events(site, before);
        assert_eq!(short, ["start", "bake A", "done A web1", "end done"]);
        let bake = &lines(site)[before + 1];
        assert!(bake["cut_short"] == true && bake["seconds"].as_u64().unwrap() < 60, "{bake}");
        rollout(site)
            .set("rollout_bake=0")
            .go()
            .exits(0)
            .ran("deploy", "B1 web2 web3, B2 web4 web5")
            .ran("check", "B1 web2 web3, B2 web4 web5");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_approval_that_is_given_while_the_run_goes_on_counts_in_it() {
    let approve = |when: &str, batch: &str| {
        format!(
            "- name: Approve\n  ansible.builtin.raw: cd {{{{ lookup('env', 'SITE') }}}} && regal-inventory approve --plan {PLAN} {batch}\n  when: {when}\n"
        )
    };
    let scenario = scenario().hook("deploy", &approve("rollout_batch == 'A'", "B1"));
    // The gate comes after the batch was opened, and right before the question.
    scenario.hook("gate", &approve("rollout_batch == 'B1'", "B2")).on_one_ansible(|site| {
        saved(site, "approval: each_batch\n");
        rollout(site).go().exits(0).ran("deploy", "A web1, B1 web2 web3, B2 web4 web5");
        let all = events(site, 0);
        assert_eq!(all.iter().filter(|event| event.starts_with("approve")).count(), 2, "{all:?}");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_gate_does_not_look_at_a_batch_that_never_began() {
    let note = "- name: Note\n  ansible.builtin.raw: echo {{ rollout_batch }} >> {{ lookup('env', 'SITE') }}/notes\n";
    scenario().hook("gate", note).on_one_ansible(|site| {
        saved(site, "");
        rollout(site).option("--limit=web4").go().exits(0).ran("deploy", "B2 web4");
        assert!(!site.path("notes").exists());
        rollout(site).go().exits(0).ran("deploy", "A web1, B1 web2 web3, B2 web5");
        assert_eq!(fs::read_to_string(site.path("notes")).unwrap(), "A\nB1\n");
        assert!(site.path(RECORD).exists());
    });
}
