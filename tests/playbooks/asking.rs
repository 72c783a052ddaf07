//! Approval, with and without a terminal.

use super::site::Scenario;

#[test]
#[ignore = "needs ansible; run tests/run"]
fn without_a_terminal_approval_stops_the_run() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.rollout()
            .set("rollout_version=app-1.0.0")
            .set("rollout_approval=after_canary")
            .go()
            .exits(2)
            .ran("drain", "A zulu")
            .says("not approved, there is no terminal to ask on: app-1.0.0_groupB1 was not touched")
            .says("app-1.0.0_groupB1, not started: mike, alpha")
            .says("-e rollout_from=B1");
    });
    Scenario::five_hosts().on_one_ansible(|site| {
        let asks = || site.rollout().set("rollout_version=app-1.0.0").set("rollout_approval=true").set("rollout_to=B1");
        asks()
            .through_a_pipe()
            .go()
            .exits(2)
            .ran("drain", "A zulu")
            .says("not approved, there is no terminal to ask on");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn in_a_terminal_where_nobody_answers_the_run_stops_in_time_and_says_what_goes_on_with_it() {
    let installed = "- name: Look\n  ansible.builtin.raw: test -e installed-{{ inventory_hostname }}\n  register: found\n  failed_when: false\n\
        - name: Say\n  ansible.builtin.set_fact:\n    rollout_installed: \"{{ found.rc == 0 }}\"\n";
    let deploy = "- name: Install\n  ansible.builtin.raw: touch installed-{{ inventory_hostname }}\n";
    Scenario::five_hosts().hook("installed", installed).hook("deploy", deploy).on_each_ansible(|site| {
        let run = site
            .rollout()
            .set("rollout_version=app-1.0.0")
            .set("rollout_approval=after_canary")
            .set("rollout_approval_timeout=2s")
            .answer("")
            .go()
            .exits(2)
            .ran("drain", "A zulu")
            .says("not approved, nobody answered within 2 seconds: app-1.0.0_groupB1 was not touched");
        let command = run.command();
        assert!(command.contains("-e rollout_approved=A"), "{command}");
        site.shell(&command).exits(0).ran("deploy", "B1 mike alpha, B2 yankee bravo");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_is_approved_beforehand_is_not_asked() {
    let scenario = Scenario::new().version("app", &["zulu", "mike", "alpha"]).version("db", &["kilo", "echo"]);
    scenario.on_one_ansible(|site| {
        let run = |version: &str, approved: &str| {
            let run = site.rollout().set(&format!("rollout_version={version}")).set("rollout_approval=each_batch");
            run.set(&format!("rollout_approved={approved}")).go()
        };
        run("app", "all").exits(0).ran("deploy", "A zulu, B1 mike, B2 alpha");
        run("app", "A,groupB1").exits(0).ran("deploy", "A zulu, B1 mike, B2 alpha");
        run("app", "A").exits(2).ran("deploy", "A zulu, B1 mike").says("app_groupB2 was not touched");
        run("app", "app_groupB1").exits(2).ran("deploy", "A zulu");
        // A is the canary of each version; a group is of one.
        let stopped = run("app,db", "A,B1,app_groupB2").exits(0);
        stopped.ran("deploy", "A zulu, B1 mike, B2 alpha, A kilo, B1 echo");
        let command = run("app,db", "app_groupA,B1").exits(2).ran("deploy", "A zulu, B1 mike, B2 alpha").command();
        assert!(command.contains("-e rollout_approved=app_groupA,B1,app_groupB2 "), "{command}");
        run("app", "B3").fails().untouched().says("rollout_approved: no batch B3; there are A, B1, B2 and all");
        run("app", "yes").fails().untouched().says("rollout_approved: no batch yes");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn after_the_canary_it_asks_once_and_goes_on_with_a_yes() {
    Scenario::five_hosts().on_each_ansible(|site| {
        let run = site
            .rollout()
            .set("rollout_version=app-1.0.0")
            .set("rollout_approval=after_canary")
            .answer("yes")
            .go()
            .exits(0)
            .ran("deploy", "A zulu, B1 mike alpha, B2 yankee bravo");
        assert_eq!(run.output.matches("Type yes to go on with").count(), 1, "{}", run.output);
        run.says("app-1.0.0_groupA is done. Type yes to go on with app-1.0.0_groupB1 (mike, alpha)");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn each_batch_asks_before_every_batch_and_anything_but_yes_stops() {
    Scenario::new().version("app", &["zulu", "mike", "alpha"]).on_one_ansible(|site| {
        let run =
            |answer: &str| site.rollout().set("rollout_version=app").set("rollout_approval=true").answer(answer).go();
        let asked = run("yes").exits(0).ran("deploy", "A zulu, B1 mike, B2 alpha").output;
        assert_eq!(asked.matches("Type yes to go on with").count(), 2, "{asked}");

        run("y").exits(2).ran("deploy", "A zulu").says("not approved, the answer was 'y': app_groupB1 was not touched");
    });
}
