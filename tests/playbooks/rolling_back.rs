//! The way back: newest batch first, past whatever is lost.

use super::site::{Run, Scenario, Site};

fn back_from<'site>(site: &'site Site, batch: &str) -> Run<'site> {
    site.rollback()
        .set("rollout_version=app-1.0.0")
        .set("rollout_back_to=app-0.9.0")
        .set(&format!("rollout_from={batch}"))
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn batches_go_back_newest_first() {
    Scenario::five_hosts().on_one_ansible(|site| {
        let run = back_from(site, "B2").set("rollout_bake=1h").set("rollout_approval=true").go().exits(0);
        assert!(run.journal.lines().all(|line| line.ends_with(" app-0.9.0")), "{}", run.journal);
        run.ran("deploy", "B2 yankee bravo, B1 mike alpha, A zulu")
            .ran("drain", "B2 yankee bravo, B1 mike alpha, A zulu")
            .says("rolling back app-1.0.0 to app-0.9.0")
            .says("finished going back to app-0.9.0: 5 of 5 hosts");

        back_from(site, "B1").go().exits(0).ran("deploy", "B1 mike alpha, A zulu");
        back_from(site, "B2").set("rollout_to=B1").go().exits(0).ran("deploy", "B2 yankee bravo, B1 mike alpha");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_rollback_carries_on_past_lost_hosts_and_fails_at_the_end() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.fail("deploy", "mike");
        site.down("yankee");
        site.down("bravo");
        let run = back_from(site, "B2").go().exits(2);
        let command = run.command();
        assert!(command.contains(" --limit yankee,bravo,mike "), "{command}");
        run.ran("drain", "B1 mike alpha, A zulu")
            .ran("enable", "B1 alpha, A zulu")
            .says("finished going back to app-0.9.0: 2 of 5 hosts")
            .says("app-1.0.0_groupB2, lost in drain, may be drained: yankee, bravo")
            .says("app-1.0.0_groupB1, lost in deploy, is drained: mike");

        site.repair();
        site.shell(&command).exits(0).ran("enable", "B2 yankee bravo, B1 mike");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_host_lost_between_two_hooks_does_not_count_as_back() {
    let cut = "- name: Cut the line\n  ansible.builtin.raw: mkdir -p down && touch down/zulu\n";
    Scenario::five_hosts().hook("drain", cut).on_one_ansible(|site| {
        back_from(site, "A")
            .go()
            .exits(2)
            .ran("drain", "A zulu")
            .ran("deploy", "")
            .says("app-1.0.0_groupA, lost in deploy, is drained: zulu");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_rollback_needs_where_to_and_where_from() {
    Scenario::five_hosts().on_one_ansible(|site| {
        let run = site.rollback().set("rollout_version=app-1.0.0").go().fails().untouched();
        run.says("rollout_back_to is needed").says("rollout_from is needed");

        let run = back_from(site, "A").set("rollout_to=B1").go().fails().untouched();
        run.says("rollout_from A comes after rollout_to B1");
    });
}
