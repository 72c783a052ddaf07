//! Gates: rollout.yml on a frozen plan judges each batch while it watches it.

use std::fs;

use super::frozen_plan::{events, lines, path, rollout, saved, scenario};
use super::site::Site;

/// A policy whose only gate says no of a batch as long as a file is there.
fn policy(site: &Site, more: &str) -> String {
    let command = format!("[test, '!', -e, '{}-{{{{ batch }}}}']", site.path("ill").display());
    format!("bake: 2s\ngates:\n- {{name: errors, command: {command}, interval: 1s, timeout: 1s}}\n{more}")
}

/// The record since, without what was measured.
fn without_measures(site: &Site, since: usize) -> Vec<String> {
    events(site, since)
        .into_iter()
        .filter(|event| !event.starts_with("measure") && !event.starts_with("gate"))
        .collect()
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_gate_that_says_no_ends_the_run_and_the_same_command_judges_the_batch_anew() {
    scenario().on_each_ansible(|site| {
        saved(site, &policy(site, ""));
        site.write("ill-B1", "");
        let run = rollout(site).go().exits(2).ran("deploy", "A web1, B1 web2 web3");
        run.says("shop-2.5.0_groupA: gate errors says ok")
            .says("shop-2.5.0_groupB1: gate errors says failed")
            .says("shop-2.5.0_groupB1, in service, and not watched to the end: web2, web3")
            .says("shop-2.5.0_groupB1, gate errors failed: ")
            .says("shop-2.5.0_groupB2, not started: web4, web5");
        assert_eq!(
            without_measures(site, 0)[5..],
            ["begin B1", "hosts_done B1 web2,web3", "bake B1", "lost B1 gate", "stop B1 a gate says no", "end lost",]
        );
        let status = site.shell(&format!("PATH='{}' regal-inventory status 2.5.0.rollout.yml", path(site)));
        status.exits(0).says("errors");
        fs::remove_file(site.path("ill-B1")).unwrap();
        let since = lines(site).len();
        rollout(site).go().exits(0).ran("deploy", "B2 web4 web5").ran("check", "B1 web2 web3, B2 web4 web5 web4 web5");
        assert_eq!(
            without_measures(site, since),
            [
                "start",
                "bake B1",
                "done B1 web2,web3",
                "begin B2",
                "hosts_done B2 web4,web5",
                "bake B2",
                "done B2 web4,web5",
                "end done"
            ]
        );
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_gate_that_says_no_takes_back_what_was_begun_where_the_policy_says_so() {
    scenario().on_one_ansible(|site| {
        saved(site, &policy(site, "on_failure: rollback\nrollback_to: shop-2.4.0\n"));
        site.write("ill-A", "");
        let run = rollout(site).go().exits(2).ran("deploy", "A web1 web1");
        run.says("stopped: shop-2.5.0_groupA: gate errors failed: ")
            .says("went back by itself: shop-2.5.0 to shop-2.4.0, 1 of 1 hosts are back");
        let back = lines(site).into_iter().find(|line| line["because"].is_string()).unwrap();
        assert!(back["because"].as_str().unwrap().starts_with("shop-2.5.0_groupA: gate errors failed"), "{back}");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_would_leave_the_gates_out_is_refused_before_any_host_is_touched() {
    scenario().on_one_ansible(|site| {
        saved(site, &policy(site, ""));
        rollout(site).set("rollout_bake=0").go().fails().untouched().says("rollout_bake is 0, and gates judge");
        site.write("regal.sh", "#!/bin/sh\nunset REGAL_TEST_DOWN; exec regal-inventory --config regal.yml \"$@\"\n");
        let run = site.rollout().inventory(site.path("hosts.ini")).inventory(site.path("regal.sh"));
        let run = run.env("PATH", &path(site)).set("rollout_version=shop-2.5.0").go();
        run.fails().untouched().says("the policy of shop-2.5.0 has gates, which only a frozen plan keeps");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_batch_begins_in_no_blackout_unless_somebody_says_so() {
    scenario().on_one_ansible(|site| {
        saved(site, "blackouts: [{from: 2020-01-01, to: 2090-01-01, zone: UTC, why: Christmas}]\n");
        rollout(site).go().exits(2).untouched().says("shop-2.5.0_groupA does not begin: ").says("Christmas");
        let all = events(site, 0);
        assert_eq!((all[0].as_str(), all[2].as_str()), ("start", "end waiting"), "{all:?}");
        assert!(all[1].starts_with("stop A ") && all[1].contains("Christmas"), "{all:?}");
        let run = rollout(site).set("rollout_ignore_windows=true").option("--limit=web1").go();
        run.exits(0).ran("deploy", "A web1");
        assert_eq!(events(site, 3), ["start", "ignore_windows A", "begin A", "done A web1", "end done"]);
    });
}
