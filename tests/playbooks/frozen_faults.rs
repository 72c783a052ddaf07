//! rollout.yml on a frozen plan whose files fail it: a record that is gone or cannot grow, an inventory that Ansible passes over.

use std::fs;

use super::collection::installed;
use super::frozen_plan::{PLAN, RECORD, events, lines, path, rollout, saved, scenario};
use super::site::Run;

/// Without what ansible.cfg should say, so that a failed inventory is only a warning.
fn lenient(run: Run<'_>) -> Run<'_> {
    run.env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "false")
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_record_that_is_deleted_during_a_run_ends_it_and_is_not_made_again() {
    let delete = format!("- name: Delete\n  ansible.builtin.raw: rm {{{{ lookup('env', 'SITE') }}}}/{RECORD}\n");
    scenario().hook("enable", &delete).on_one_ansible(|site| {
        saved(site, "");
        let gone = rollout(site).go().fails().ran("deploy", "A web1");
        let gone = gone.says("the record was deleted or replaced while a run was in it");
        gone.says("put it back where it was").does_not_say("regal-inventory record start");
        assert!(!site.path(RECORD).exists());
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_frozen_plan_that_fails_as_an_inventory_says_why_before_its_version_is_missed() {
    scenario().on_one_ansible(|site| {
        saved(site, "");
        site.write("hosts.ini", "[shop]\nweb[1:4] v=shop-2.5.0\nweb5 v=shop-2.6.0\n");
        let drift = lenient(rollout(site)).go().fails().untouched();
        let at = |text: &str| drift.output.rfind(text).unwrap_or_else(|| panic!("no {text:?} in {}", drift.output));
        assert!(at("an inventory failed: ") < at("no version shop-2.5.0"));
        drift.says("hosts that should no longer run their version of the frozen plan: web5");
        site.write("hosts.ini", "[shop]\nweb[1:5] v=shop-2.5.0\n");
        let text = fs::read_to_string(site.path(PLAN)).unwrap();
        fs::write(site.path(PLAN), text.replace("web5", "web6")).unwrap();
        lenient(rollout(site)).go().fails().untouched().says("an inventory failed: ").says("no version shop-2.5.0");
        assert!(!site.path(RECORD).exists() && events(site, 0).is_empty());
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn where_the_disk_is_full_nothing_begins_that_is_not_recorded() {
    let fill = "- name: Fill the disk\n  ansible.builtin.raw: touch {{ lookup('env', 'SITE') }}/full\n  when: rollout_batch == 'B1'\n";
    scenario().hook("deploy", fill).on_one_ansible(|site| {
        saved(site, "");
        let own = env!("CARGO_BIN_EXE_regal-inventory");
        // No file can grow, as on a full disk.
        let limited = format!("#!/bin/sh\ntrap '' XFSZ\ntest -e full && ulimit -f 0\nexec {own} \"$@\"\n");
        site.write("limited/regal-inventory", &limited);
        let binary = site.path("limited/regal-inventory").display().to_string();
        let full = || rollout(site).env("REGAL_INVENTORY_BINARY", &binary).go();
        let stopped = full().fails().ran("deploy", "A web1, B1 web2 web3");
        stopped
            .says("2.5.0.rollout.jsonl: the record cannot be written")
            .says("the end of the run is not in the record");
        let recorded = ["start", "begin A", "done A web1", "begin B1"];
        assert_eq!(events(site, 0), recorded);
        full().fails().untouched().says("the record cannot be written");
        assert_eq!(events(site, 0), recorded);
        fs::remove_file(site.path("full")).unwrap();
        rollout(site).go().exits(0).ran("deploy", "B1 web2 web3, B2 web4 web5");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_record_that_ansible_would_read_as_an_inventory_is_refused_before_any_host_is_touched() {
    scenario().on_one_ansible(|site| {
        site.write("production/hosts.yml", "all: {hosts: {web1: {}, web2: {}, web3: {}, web4: {}, web5: {}}}\n");
        saved(site, "");
        let save = format!("PATH='{}'; regal-inventory plan --save production/{PLAN}", path(site));
        site.shell(&save).exits(0);
        let run = || {
            let run = site.rollout().inventory(site.path("production")).env("PATH", &path(site));
            run.set("rollout_version=shop-2.5.0").set("rollout_to=A")
        };
        let refused = run().env("ANSIBLE_INVENTORY_IGNORE_REGEX", "nothing").go().fails().untouched();
        refused.says("where Ansible would read it as one").says("ignore_patterns =");
        run().go().exits(0).ran("deploy", "A web1");
        run().set("rollout_to=B1").go().exits(0).ran("deploy", "B1 web2 web3");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn by_its_name_in_the_collection_and_by_regal_plan_it_keeps_the_same_record() {
    // Tasks on the controller run in the folder of the playbook; one fork, since each host appends to the journal by itself.
    let journal = "- name: Journal\n  ansible.builtin.raw: echo brought {{ inventory_hostname }} {{ rollout_batch }} >> {{ lookup('env', 'SITE') }}/journal\n";
    scenario().hook("deploy", journal).on_one_ansible(|site| {
        saved(site, "");
        let text = fs::read_to_string(site.path("regal.yml")).unwrap();
        site.write("regal.yml", &format!("#!/usr/bin/env -S regal-inventory --config\nplugin: regal-inventory\n{text}"));
        let go = |inventory: &str, more: &str| {
            site.shell(&format!(
                "export PATH='{}' ANSIBLE_COLLECTIONS_PATH={} {}; ansible-playbook -f 1 -i hosts.ini {inventory} regal.rollout.rollout -e ansible_connection=local \
                 -e rollout_version=shop-2.5.0 -e rollout_hooks=hooks {more}",
                path(site),
                installed(site.ansible()).display(),
                if inventory.contains(PLAN) { "NOTHING=" } else { "REGAL_PLAN=2.5.0.rollout.yml" },
            ))
        };
        go("-i regal.yml", "-e rollout_to=A").exits(0).ran("brought", "A web1");
        let first = lines(site).len();
        assert_eq!(events(site, 0), ["start", "begin A", "done A web1", "end done"]);
        go(&format!("-i {PLAN}"), "").exits(0).ran("brought", "B1 web2 web3, B2 web4 web5");
        assert_eq!(events(site, first)[1..3], ["begin B1", "done B1 web2,web3"]);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_hook_of_the_run_that_fails_leaves_the_batch_to_come_not_begun() {
    let hook = |name: &str| {
        format!(
            "- name: Say\n  ansible.builtin.raw: cd {{{{ lookup('env', 'SITE') }}}} && echo {name} {{{{ rollout_batch | default(rollout_outcome) }}}} >> notes; test ! -e no-{name}\n"
        )
    };
    let scenario = scenario().hook("begin", &hook("begin")).hook("gate", &hook("gate"));
    scenario.hook("end", &hook("end")).on_one_ansible(|site| {
        saved(site, "");
        site.write("no-begin", "");
        rollout(site).go().exits(2).untouched();
        assert_eq!(events(site, 0), ["start", "stop A the playbook ended before all was done", "end failed"]);
        fs::remove_file(site.path("no-begin")).unwrap();
        site.write("no-gate", "");
        rollout(site).go().exits(2).ran("deploy", "A web1");
        let stopped =
            ["start", "begin A", "done A web1", "stop B1 the playbook ended before all was done", "end failed"];
        assert_eq!(events(site, 3), stopped);
        fs::remove_file(site.path("no-gate")).unwrap();
        rollout(site).go().exits(0).ran("deploy", "B1 web2 web3, B2 web4 web5");
        let notes = fs::read_to_string(site.path("notes")).unwrap();
        let runs =
            ["begin A\nend refused\n", "begin A\ngate A\nend stopped\n", "begin B1\ngate A\ngate B1\nend finished\n"];
        assert_eq!(notes, runs.concat());
    });
}
