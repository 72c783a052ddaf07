//! The hook that tells a load balancer how far the rollout is.

use super::site::{Scenario, Site};

/// Writes what it is told, once for each call.
const FRONT: &str = "- name: Write what the front is told\n  ansible.builtin.raw: >-\n    \
    echo \"done={{ rollout_done | join(',') }} now={{ rollout_in_progress | join(',') }} lost={{ rollout_lost | join(',') }}\" >> {{ lookup('env', 'SITE') }}/front\n  \
    delegate_to: localhost\n";

fn told(site: &Site) -> Vec<String> {
    let text = std::fs::read_to_string(site.path("front")).unwrap_or_default();
    let _ = std::fs::remove_file(site.path("front"));
    text.lines().map(|line| line.replace("app_group", "").trim_end().to_string()).collect()
}

fn scenario() -> Scenario {
    Scenario::new().version("app", &["zulu", "mike alpha", "yankee bravo"]).hook("front", FRONT)
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_front_is_told_before_and_behind_each_batch() {
    scenario().on_one_ansible(|site| {
        site.rollout().set("rollout_version=app").go().exits(0);
        let all = [
            "done= now=A lost=",
            "done=A now= lost=",
            "done=A now=B1 lost=",
            "done=B1 now= lost=",
            "done=B1 now=B2 lost=",
            "done=B2 now= lost=",
        ];
        assert_eq!(told(site), all);
        site.rollout()
            .set("rollout_version=app")
            .set("rollout_from=B1")
            .set("rollout_to=B1")
            .set("rollout_earlier_done=true")
            .go()
            .exits(0);
        assert_eq!(told(site), all[2..4]);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn hosts_that_are_lost_stay_out_of_the_front() {
    scenario().on_one_ansible(|site| {
        site.fail("check", "mike");
        site.rollout().set("rollout_version=app").go().exits(2);
        assert_eq!(told(site)[2..], ["done=A now=B1 lost=", "done=B1 now= lost=mike"]);
        site.rollout().set("rollout_version=app").set("rollout_max_failed=1").go().exits(2);
        assert_eq!(told(site)[3..], ["done=B1 now= lost=mike", "done=B1 now=B2 lost=mike", "done=B2 now= lost=mike"]);
        site.fail("check", "alpha");
        site.rollout().set("rollout_version=app").go().exits(2);
        // A batch that is lost as a whole stays out.
        assert_eq!(told(site)[2..], ["done=A now=B1 lost="]);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_rollback_tells_the_front_the_way_back() {
    scenario().on_one_ansible(|site| {
        site.fail("deploy", "mike");
        site.rollback().set("rollout_version=app").set("rollout_back_to=old").set("rollout_from=B1").go().exits(2);
        let all = ["done=A now=B1 lost=", "done=A now= lost=mike", "done= now=A lost=mike", "done= now= lost=mike"];
        assert_eq!(told(site), all);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn several_versions_and_a_front_that_fails() {
    let scenario = scenario().version("db", &["delta", "echo"]);
    scenario.on_one_ansible(|site| {
        site.rollout().set("rollout_version=app,db").set("rollout_waves=parallel").go().exits(0);
        let lines = told(site);
        assert_eq!(lines[0], "done= now=A,db_groupA lost=");
        assert_eq!(lines[3], "done=B1,db_groupB1 now= lost=");
        assert_eq!(lines[4], "done=B1,db_groupB1 now=B2 lost=");
        site.rollout().set("rollout_version=app,db").go().exits(0);
        let lines = told(site);
        assert_eq!(lines[5..7], ["done=B2 now= lost=", "done=B2 now=db_groupA lost="]);
        site.write("hooks/front.yml", "---\n- name: Fail\n  ansible.builtin.raw: 'false'\n  delegate_to: localhost\n");
        site.repair();
        site.rollout().set("rollout_version=app").go().exits(2).ran("drain", "");
    });
}
