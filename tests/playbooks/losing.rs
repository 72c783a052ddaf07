//! Hosts that fail or cannot be reached, and what is left alone then.

use super::site::Scenario;

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_failing_canary_stops_the_run() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.fail("check", "zulu");
        site.rollout()
            .set("rollout_version=app-1.0.0")
            .go()
            .exits(2)
            .ran("check", "A zulu")
            .ran("drain", "A zulu")
            .ran("enable", "")
            .says("finished app-1.0.0: 0 of 5 hosts")
            .says("app-1.0.0_groupA, lost in check, is drained: zulu")
            .says("app-1.0.0_groupB1, not started: mike, alpha");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_failure_in_b1_leaves_b2_untouched_and_the_batch_completes() {
    Scenario::five_hosts().on_one_ansible(|site| {
        for (hook, stands) in [
            ("drain", "lost in drain, may be drained"),
            ("deploy", "lost in deploy, is drained"),
            ("check", "lost in check, is drained"),
            ("enable", "lost in enable, may be drained"),
        ] {
            site.repair();
            site.fail(hook, "mike");
            site.rollout()
                .set("rollout_version=app-1.0.0")
                .set("rollout_from=B1")
                .set("rollout_earlier_done=true")
                .go()
                .exits(2)
                .ran("drain", "B1 mike alpha")
                .ran("enable", if hook == "enable" { "B1 mike alpha" } else { "B1 alpha" })
                .says("finished app-1.0.0: 1 of 4 hosts")
                .says(&format!("app-1.0.0_groupB1, {stands}: mike"))
                .says("app-1.0.0_groupB2, not started: yankee, bravo")
                .says("to go on: ");
        }
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_failing_handler_leaves_the_host_drained() {
    let notify =
        "- name: Install\n  ansible.builtin.include_role:\n    name: \"{{ lookup('env', 'SITE') }}/roles/app\"\n";
    Scenario::new().version("app", &["zulu", "mike alpha", "bravo"]).hook("deploy", notify).on_each_ansible(|site| {
        site.write(
            "roles/app/tasks/main.yml",
            "- name: Change\n  ansible.builtin.command: 'true'\n  changed_when: true\n  notify: Restart\n",
        );
        site.write(
            "roles/app/handlers/main.yml",
            "- name: Restart\n  ansible.builtin.raw: >-\n    echo restart {{ inventory_hostname }} {{ rollout_batch }} x >> journal;\n    \
             test {{ inventory_hostname }} != mike\n",
        );
        site.rollout()
            .set("rollout_version=app")
            .go()
            .exits(2)
            .ran("restart", "A zulu, B1 mike alpha")
            .ran("check", "A zulu, B1 alpha")
            .says("app_groupB1, lost in deploy, is drained: mike")
            .says("app_groupB2, not started: bravo");

        site.rollback()
            .set("rollout_version=app")
            .set("rollout_back_to=old")
            .set("rollout_from=B1")
            .go()
            .exits(2)
            .ran("restart", "B1 mike alpha, A zulu")
            .ran("check", "B1 alpha, A zulu")
            .says("app_groupB1, lost in deploy, is drained: mike");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_unreachable_canary_stops_the_run() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.down("zulu");
        let run = site.rollout().set("rollout_version=app-1.0.0").go().exits(4).untouched();
        run.says("should it stop, this goes on with it: ");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_unreachable_host_leaves_the_next_batch_untouched() {
    Scenario::five_hosts().on_each_ansible(|site| {
        site.down("alpha");
        site.rollout()
            .set("rollout_version=app-1.0.0")
            .env("ANSIBLE_ANY_ERRORS_FATAL", "true")
            .go()
            .exits(4)
            .ran("enable", "A zulu, B1 mike")
            .says("finished app-1.0.0: 2 of 5 hosts")
            .says("app-1.0.0_groupB1, lost in drain, may be drained: alpha")
            .says("app-1.0.0_groupB2, not started: yankee, bravo")
            .says("-e rollout_from=B1");

        site.down("mike");
        site.rollout()
            .set("rollout_version=app-1.0.0")
            .set("rollout_max_failed=9")
            .go()
            .exits(4)
            .ran("enable", "A zulu")
            .does_not_say("batch 3 of 3");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_host_lost_between_two_hooks_stops_the_run() {
    let cut = "- name: Cut the line\n  ansible.builtin.raw: mkdir -p down && touch down/mike\n  when: inventory_hostname == 'mike'\n";
    Scenario::five_hosts().hook("deploy", cut).on_one_ansible(|site| {
        site.rollout()
            .set("rollout_version=app-1.0.0")
            .go()
            .exits(4)
            .ran("deploy", "A zulu, B1 mike alpha")
            .ran("enable", "A zulu, B1 alpha")
            .says("app-1.0.0_groupB1, lost in check, is drained: mike");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_failure_in_the_last_batch_is_reported() {
    Scenario::new().version("app", &["zulu", "mike alpha"]).on_one_ansible(|site| {
        site.fail("deploy", "alpha");
        site.rollout()
            .set("rollout_version=app")
            .go()
            .exits(2)
            .ran("enable", "A zulu, B1 mike")
            .says("finished app: 2 of 3 hosts")
            .says("app_groupB1, lost in deploy, is drained: alpha");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_tolerated_loss_does_not_stop_the_run_but_one_more_does() {
    Scenario::new().version("app", &["zulu", "mike alpha", "yankee bravo", "kilo"]).on_one_ansible(|site| {
        let run = || site.rollout().set("rollout_version=app").set("rollout_max_failed=1");
        site.fail("deploy", "mike");
        run()
            .go()
            .exits(2)
            .ran("enable", "A zulu, B1 alpha, B2 yankee bravo, B3 kilo")
            .says("batch 3 of 4: app_groupB2: yankee, bravo; lost so far: mike")
            .says("the run went to its end past the lost hosts")
            .says("finished app: 5 of 6 hosts");

        site.down("bravo");
        run().go().fails().ran("enable", "A zulu, B1 alpha, B2 yankee").says("app_groupB3, not started: kilo");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_failure_after_the_bake_stops_the_run() {
    let wear =
        "- name: Fail the second time\n  ansible.builtin.fail:\n    msg: worn out\n  when: rollout_step == 'bake'\n";
    Scenario::new().version("app", &["zulu", "mike"]).hook("check", wear).on_one_ansible(|site| {
        site.rollout()
            .set("rollout_version=app")
            .set("rollout_bake=1")
            .go()
            .exits(2)
            .ran("drain", "A zulu")
            .says("app_groupA, lost in bake, is in service: zulu");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_failing_first_version_leaves_the_second_untouched() {
    Scenario::new()
        .version("app-1.0.0", &["zulu kilo"])
        .version("app-2.0.0", &["yankee bravo", "alpha"])
        .on_one_ansible(|site| {
            site.fail("deploy", "bravo");
            let run = site.rollout().set("rollout_version=app-2.0.0,app-1.0.0").go().exits(2);
            let run = run.ran("drain", "A yankee bravo").says("app-1.0.0_groupA, not started: zulu, kilo");
            assert!(!run.command().contains("rollout_from="), "{}", run.output);
        });
}
