//! Which versions, batches and hosts a run takes, and what it refuses before it touches any.

use super::site::Scenario;

#[test]
#[ignore = "needs ansible; run tests/run"]
fn from_and_to_choose_batches() {
    Scenario::five_hosts().on_one_ansible(|site| {
        let run = |settings: &[&str]| {
            settings.iter().fold(site.rollout().set("rollout_version=app-1.0.0"), |run, setting| run.set(setting)).go()
        };
        run(&["rollout_to=A"]).exits(0).ran("deploy", "A zulu").does_not_say("not part of this run");
        run(&["rollout_from=groupB2", "rollout_earlier_done=true"])
            .exits(0)
            .ran("deploy", "B2 yankee bravo")
            .says("note: the canary (app-1.0.0_groupA) is not part of this run");
        run(&["rollout_from=B1", "rollout_to=B1", "rollout_earlier_done=true"]).exits(0).ran("deploy", "B1 mike alpha");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_limit_does_not_shift_the_batches() {
    Scenario::five_hosts().on_each_ansible(|site| {
        let run = |limit: &str| site.rollout().set("rollout_version=app-1.0.0").option("--limit").option(limit).go();
        run("alpha:bravo")
            .exits(0)
            .ran("drain", "B1 alpha, B2 bravo")
            .says("note: the canary (app-1.0.0_groupA) is not part of this run")
            .says("note: hosts of these batches left out by --limit alpha:bravo: 2")
            .says("finished app-1.0.0: 2 of 2 hosts");
        run("!mike").exits(0).ran("drain", "A zulu, B1 alpha, B2 yankee bravo");
        run("app-1.0.0_groupB1").exits(0).ran("drain", "B1 mike alpha");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_limit_that_leaves_nothing_is_refused() {
    Scenario::five_hosts().version("other", &["kilo"]).on_one_ansible(|site| {
        let run = site.rollout().set("rollout_version=app-1.0.0").option("--limit").option("kilo").go();
        run.fails().untouched().says("no host is left by --limit kilo");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn versions_that_share_a_host_run_alone_only() {
    Scenario::new().version("app-1.0.0", &["zulu", "mike"]).version("app-2.0.0", &["mike", "zulu"]).on_one_ansible(
        |site| {
            site.rollout()
                .set("rollout_version=app-1.0.0,app-2.0.0")
                .go()
                .fails()
                .untouched()
                .says("mike is in app-1.0.0_groupB1 and in app-2.0.0_groupA; roll out its versions one at a time");
            site.rollout().set("rollout_version=app-2.0.0").go().exits(0).ran("deploy", "A mike, B1 zulu");
        },
    );
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_makes_no_sense_is_refused_before_any_host_is_touched() {
    Scenario::five_hosts().version("other", &["kilo"]).on_one_ansible(|site| {
        let refused = |settings: &[&str], why: &str| {
            settings.iter().fold(site.rollout(), |run, setting| run.set(setting)).go().fails().untouched().says(why);
        };
        refused(&[], "rollout_version is needed (-e rollout_version=NAME); the inventory has app-1.0.0, other");
        refused(&["rollout_version="], "rollout_version names no version");
        refused(&[r#"{"rollout_version": ["other", 1.10]}"#], "rollout_version must be text or a list of texts");
        refused(&["rollout_version=app-1.0.0", "rollout_from=B7"], "no batch B7; there are A, B1, B2");
        refused(
            &["rollout_version=app-1.0.0", "rollout_from=B2", "rollout_to=B1"],
            "rollout_from B2 comes after rollout_to B1",
        );
        refused(
            &["rollout_version=app-1.0.0,other", "rollout_from=A"],
            "rollout_from and rollout_to need a single version, or rollout_waves=parallel",
        );
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn all_mistakes_are_named_at_once() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.write("hooks/deploi.yml", "");
        let mistakes = [
            (r#"{"rollout_version": 1.10}"#, "rollout_version must be text or a list of texts"),
            ("rollout_form=B1", "unknown variable rollout_form; there are rollout_version,"),
            (
                "rollout_batch=B1",
                "rollout_in_progress, rollout_lost, rollout_away, rollout_way_back are set by the playbook and cannot be given",
            ),
            ("rollout_back_to=a,b", "rollout_back_to must be the version to go back to"),
            ("rollout_strategy=free", "rollout_strategy must be a kind of linear"),
            ("rollout_approval=maybe", "rollout_approval must be never, after_canary, each_batch or after_stage"),
            ("rollout_bake=soon", "rollout_bake must be seconds or a duration"),
            ("rollout_max_failed=10%", "rollout_max_failed must be a number of hosts"),
            ("rollout_version_var=app-version", "rollout_version_var must be the name of a variable"),
            ("rollout_earlier_done=perhaps", "rollout_earlier_done must be true or false"),
            ("rollout_approval_timeout=never", "rollout_approval_timeout must be seconds or a duration"),
        ];
        let run = mistakes.iter().fold(site.rollout(), |run, (setting, _)| run.set(setting)).go().fails().untouched();
        let run = mistakes.iter().fold(run, |run, (_, message)| run.says(message));
        run.says("not a hook:").says("hooks/deploi.yml");

        let run = site.rollout().set("rollout_version=app-1.0").set("rollout_hooks=nowhere").go().fails();
        run.says("no version app-1.0; the inventory has app-1.0.0").says("/nowhere/drain.yml");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn list_hosts_shows_the_hosts_of_the_run() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.rollout()
            .set("rollout_version=app-1.0.0")
            .set("rollout_from=B1")
            .set("rollout_earlier_done=true")
            .option("--list-hosts")
            .go()
            .exits(0)
            .untouched()
            .says("play #1 (app-1.0.0_groupB1,app-1.0.0_groupB2)")
            .says("hosts (4):");
    });
}
