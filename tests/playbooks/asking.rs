//! Approval, with and without a terminal.

use super::site::Scenario;

#[test]
#[ignore = "needs ansible; run tests/run"]
fn without_a_terminal_approval_stops_the_run() {
    Scenario::five_hosts().on_oldest_and_newest(|site| {
        site.rollout()
            .set("rollout_version=app-1.0.0")
            .set("rollout_approval=after_canary")
            .go()
            .exits(2)
            .ran("drain", "A zulu")
            .says("not approved: app-1.0.0_groupB1 was not touched")
            .says("app-1.0.0_groupB1, not started: mike, alpha")
            .says("-e rollout_from=B1");
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
    Scenario::new().version("app", &["zulu", "mike", "alpha"]).on_oldest_and_newest(|site| {
        let run =
            |answer: &str| site.rollout().set("rollout_version=app").set("rollout_approval=true").answer(answer).go();
        let asked = run("yes").exits(0).ran("deploy", "A zulu, B1 mike, B2 alpha").output;
        assert_eq!(asked.matches("Type yes to go on with").count(), 2, "{asked}");

        run("y").exits(2).ran("deploy", "A zulu").says("not approved: app_groupB1 was not touched");
    });
}
