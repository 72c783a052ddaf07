//! rollout.yml through the stages of a policy: each with its canary, its approval and its failures.

use super::frozen_plan::{PLAN, events, path};
use super::site::{Run, Scenario, Site};

const HOSTS: &str =
    "[staging]\nstg[1:2]\n[eu]\neu[1:4]\n[us]\nus[1:3]\n[shop:children]\nstaging\neu\nus\n[shop:vars]\nv=shop-2.5.0\n";
const SETTINGS: &str = "plugin: regal-inventory
inventory: hosts.ini
version_from: {var: v}
groups_only: true
batch_size: 5
stages:
  - {name: staging, hosts: staging, approval: after_stage}
  - {name: eu, hosts: eu, batch_size: 2, max_failures: 1, approval: after_canary}
  - {name: us, hosts: us}
";

fn scenario() -> Scenario {
    Scenario::new().inventory("hosts.ini", HOSTS)
}

fn rollout<'site>(site: &'site Site, plan: &str) -> Run<'site> {
    let run = site.rollout().inventory(site.path("hosts.ini")).inventory(site.path(plan));
    run.env("PATH", &path(site)).set("rollout_version=shop-2.5.0")
}

/// A program that is the inventory of the batches.
fn planned(site: &Site) {
    site.write("regal.yml", SETTINGS);
    let program = env!("CARGO_BIN_EXE_regal-inventory");
    site.write(
        "batches",
        &format!(
            "#!/bin/sh\nunset REGAL_TEST_DOWN\nexec '{program}' --config \"$(dirname \"$0\")/regal.yml\" \"$@\"\n"
        ),
    );
    site.shell("chmod +x batches").exits(0);
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn each_stage_has_its_canary_its_approval_and_its_failures() {
    scenario().on_one_ansible(|site| {
        planned(site);
        let run = |approved: &str| rollout(site, "batches").set(&format!("rollout_approved={approved}"));
        run("").go().exits(2).ran("deploy", "A stg1, B1 stg2").says("shop-2.5.0_groupB2 was not touched");
        run("B1").go().exits(2).ran("deploy", "A stg1, B1 stg2, B2 eu1").says("shop-2.5.0_groupB3 was not touched");
        // one host of this stage may be lost, and one of another may not
        site.fail("deploy", "eu2");
        let all = "A stg1, B1 stg2, B2 eu1, B3 eu2 eu3, B4 eu4, B5 us1, B6 us2 us3";
        run("B1,B2").go().exits(2).ran("deploy", all).says("lost so far: eu2");
        site.fail("deploy", "eu4");
        run("B1,B2")
            .go()
            .exits(2)
            .ran("deploy", "A stg1, B1 stg2, B2 eu1, B3 eu2 eu3, B4 eu4")
            .says("shop-2.5.0_groupB5, not started: us1");
        site.repair();
        site.fail("deploy", "us1");
        run("B1,B2")
            .go()
            .exits(2)
            .ran("deploy", "A stg1, B1 stg2, B2 eu1, B3 eu2 eu3, B4 eu4, B5 us1")
            .says("not started: us2, us3");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_frozen_plan_stopped_in_its_second_stage_goes_on_there() {
    scenario().on_each_ansible(|site| {
        site.write(
            "regal.yml",
            &SETTINGS.replace("approval: after_stage", "bake: 0").replace(", approval: after_canary", ""),
        );
        site.shell(&format!("PATH='{}' regal-inventory plan --save {PLAN}", path(site))).exits(0);
        site.fail("deploy", "eu2");
        site.fail("deploy", "eu3");
        rollout(site, PLAN).go().exits(2).ran("deploy", "A stg1, B1 stg2, B2 eu1, B3 eu2 eu3");
        site.repair();
        let begun = events(site, 0).len();
        rollout(site, PLAN).go().exits(0).ran("deploy", "B3 eu2 eu3, B4 eu4, B5 us1, B6 us2 us3");
        assert_eq!(events(site, begun).last().map(String::as_str), Some("end done"));
    });
}

/// The operator's own playbook goes through one stage by the name of its group.
#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_stage_is_a_group_of_the_inventory() {
    scenario().on_one_ansible(|site| {
        planned(site);
        let list = "ansible-playbook -i hosts.ini -i batches own.yml --limit";
        site.write(
            "own.yml",
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - debug: msg='{{ inventory_hostname }} in {{ regal_stage }}'\n",
        );
        let run = |group: &str| site.shell(&format!("PATH='{}' {list} {group}", path(site))).exits(0);
        run("shop-2.5.0_stage_us").says("us3 in us").does_not_say("eu1 in");
        run("shop-2.5.0_stage_staging").says("stg1 in staging").says("stg2 in staging").does_not_say("us1 in");
    });
}
