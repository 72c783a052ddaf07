//! `rollout_waves=parallel`: batch k of several versions at once.

use super::site::{Run, Scenario, Site};

/// Two services: one of three batches, and one of two that is named first.
fn two_services() -> Scenario {
    Scenario::new()
        .version("app-1.0.0", &["zulu", "mike alpha", "yankee bravo"])
        .version("db-7.0.0", &["tango", "kilo echo"])
}

fn waves(site: &Site) -> Run<'_> {
    site.rollout().set("rollout_version=db-7.0.0,app-1.0.0").set("rollout_waves=parallel")
}

fn waves_back<'site>(site: &'site Site, to: &str, from: &str) -> Run<'site> {
    site.rollback()
        .set("rollout_version=db-7.0.0,app-1.0.0")
        .set("rollout_waves=parallel")
        .set(&format!("rollout_back_to={to}"))
        .set(&format!("rollout_from={from}"))
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn batch_k_of_all_versions_runs_together_each_with_its_own_target() {
    two_services().on_each_ansible(|site| {
        let run = waves(site).go().exits(0);
        let steps = |hosts: &[&str]| -> String {
            let hooks = ["drain", "deploy", "check", "enable"];
            hooks.iter().flat_map(|hook| hosts.iter().map(move |host| format!("{hook} {host}\n"))).collect()
        };
        let expected = steps(&["tango A db-7.0.0", "zulu A app-1.0.0"])
            + &steps(&["kilo B1 db-7.0.0", "echo B1 db-7.0.0", "mike B1 app-1.0.0", "alpha B1 app-1.0.0"])
            + &steps(&["yankee B2 app-1.0.0", "bravo B2 app-1.0.0"]);
        assert_eq!(run.journal, expected, "{}", run.output);
        run.says("rolling out db-7.0.0, app-1.0.0 in parallel waves, plan ")
            .says("hosts: 8, batches: 5, waves: 3")
            .says("wave B1: db-7.0.0_groupB1: kilo, echo; app-1.0.0_groupB1: mike, alpha")
            .says("wave B2, 3 of 3: app-1.0.0_groupB2: yankee, bravo")
            .says("finished db-7.0.0, app-1.0.0: 8 of 8 hosts")
            .does_not_say("WARNING");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_failing_host_of_one_version_stops_both_before_the_next_wave() {
    two_services().on_one_ansible(|site| {
        site.fail("deploy", "kilo");
        let run = waves(site)
            .env("ANSIBLE_STRATEGY", "free")
            .env("ANSIBLE_ANY_ERRORS_FATAL", "true")
            .go()
            .exits(2)
            .ran("drain", "A tango zulu, B1 kilo echo mike alpha")
            .ran("enable", "A tango zulu, B1 echo mike alpha")
            .says("db-7.0.0_groupB1, lost in deploy, is drained: kilo")
            .says("app-1.0.0_groupB2, not started: yankee, bravo")
            .says("finished db-7.0.0, app-1.0.0: 5 of 8 hosts");
        let command = run.command();
        let settings = "-e rollout_version=db-7.0.0,app-1.0.0 -e rollout_waves=parallel -e rollout_from=B1 ";
        assert!(command.contains(settings), "{command}");

        site.repair();
        site.shell(&command).exits(0).ran("deploy", "B1 kilo echo mike alpha, B2 yankee bravo");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_unreachable_host_of_one_version_stops_both_before_the_next_wave() {
    two_services().on_one_ansible(|site| {
        site.down("tango");
        waves(site)
            .go()
            .exits(4)
            .ran("enable", "A zulu")
            .says("db-7.0.0_groupA, lost in drain, may be drained: tango")
            .says("db-7.0.0_groupB1, not started: kilo, echo")
            .says("app-1.0.0_groupB1, not started: mike, alpha");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn losses_count_over_all_versions() {
    two_services().on_one_ansible(|site| {
        let run = || waves(site).set("rollout_max_failed=1");
        site.fail("deploy", "tango");
        run().go().exits(2).ran("enable", "A zulu, B1 kilo echo mike alpha, B2 yankee bravo");

        site.fail("deploy", "mike");
        run()
            .go()
            .exits(2)
            .ran("enable", "A zulu, B1 kilo echo alpha")
            .says("app-1.0.0_groupB2, not started: yankee, bravo");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn versions_that_share_a_host_are_refused() {
    Scenario::new()
        .version("app-1.0.0", &["zulu", "mike alpha"])
        .version("db-7.0.0", &["tango", "kilo", "alpha"])
        .on_one_ansible(|site| {
            waves(site)
                .go()
                .fails()
                .untouched()
                .says("alpha is in app-1.0.0_groupB1 and in db-7.0.0_groupB2; roll out its versions one at a time");
            waves(site).option("--limit=!alpha").go().exits(0).ran("deploy", "A tango zulu, B1 kilo mike");
        });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_limit_takes_hosts_out_and_shifts_no_wave() {
    two_services().on_one_ansible(|site| {
        // Of db only B1 is left: it stays beside B1 of app.
        waves(site)
            .option("--limit=echo:app-1.0.0_groupA:app-1.0.0_groupB1")
            .go()
            .exits(0)
            .ran("deploy", "A zulu, B1 echo mike alpha")
            .says("wave B1, 2 of 2: db-7.0.0_groupB1: echo; app-1.0.0_groupB1: mike, alpha")
            .says("note: the canary (db-7.0.0_groupA) is not part of this run");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn from_and_to_choose_waves() {
    two_services().on_one_ansible(|site| {
        waves(site).set("rollout_to=A").go().exits(0).ran("deploy", "A tango zulu");
        waves(site)
            .set("rollout_from=B2")
            .set("rollout_earlier_done=true")
            .go()
            .exits(0)
            .ran("deploy", "B2 yankee bravo");
        waves(site)
            .set("rollout_from=groupB1")
            .set("rollout_earlier_done=true")
            .set("rollout_to=B1")
            .go()
            .exits(0)
            .ran("deploy", "B1 kilo echo mike alpha");
        waves(site).set("rollout_from=B3").go().fails().untouched().says("no batch B3; there are A, B1, B2");
        let turned = waves(site).set("rollout_from=B2").set("rollout_to=B1").go().fails().untouched();
        turned.says("rollout_from B2 comes after rollout_to B1");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_same_command_again_touches_unfinished_hosts_only() {
    let installed = "- name: Read the installed version\n  ansible.builtin.raw: cat target-{{ inventory_hostname }} 2>/dev/null || true\n  \
                     register: found\n  changed_when: false\n\
                     - name: Say whether it is the target\n  ansible.builtin.set_fact:\n    \
                     rollout_installed: \"{{ found.stdout | trim == rollout_target }}\"\n";
    let deploy = "- name: Install\n  ansible.builtin.raw: echo {{ app_version }} > target-{{ inventory_hostname }}\n";
    two_services().hook("installed", installed).hook("deploy", deploy).on_one_ansible(|site| {
        let run = || waves(site).set("rollout_version_var=app_version");
        site.fail("check", "echo");
        let stopped = run().go().exits(2).ran("enable", "A tango zulu, B1 kilo mike alpha");
        assert!(!stopped.command().contains("rollout_from="), "{}", stopped.output);
        assert_eq!(std::fs::read_to_string(site.path("target-kilo")).unwrap(), "db-7.0.0\n");
        assert_eq!(std::fs::read_to_string(site.path("target-mike")).unwrap(), "app-1.0.0\n");

        site.repair();
        site.write("target-echo", "");
        run().go().exits(0).ran("drain", "B1 echo, B2 yankee bravo").says("8 of 8");
        run().go().exits(0).untouched();
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_wave_bakes_as_long_as_its_longest_batch_and_asks_where_one_version_wants_it() {
    let version = |name: &str, canary_bake: u32, approval: &str, canary: &str, other: &str| {
        format!(
            "    {name}:\n      vars:\n        regal_policy_{name}: {{approval: {approval}, max_failures: 0, \
             bake_seconds: 0, canary_bake_seconds: {canary_bake}}}\n      children:\n        \
             {name}_groupA: {{hosts: {{{canary}: }}}}\n        {name}_groupB1: {{hosts: {{{other}: }}}}\n"
        )
    };
    let app = version("app", 1, "never", "zulu", "mike");
    let db = version("db", 0, "after_canary", "tango", "kilo");
    let inventory = format!("all:\n  children:\n{app}{db}");
    Scenario::new().inventory("regal.yml", &inventory).on_one_ansible(|site| {
        let run = || site.rollout().set("rollout_version=app,db").set("rollout_waves=parallel");
        run()
            .go()
            .exits(2)
            .ran("check", "A zulu tango zulu tango")
            .says("not approved, there is no terminal to ask on: wave B1 was not touched")
            .says("app_groupB1, not started: mike");
        run()
            .answer("yes")
            .go()
            .exits(0)
            .ran("deploy", "A zulu tango, B1 mike kilo")
            .says("wave A is done. Type yes to go on with wave B1 (mike, kilo)");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_version_that_comes_after_another_waits_for_its_batch_in_each_wave() {
    let policy = "all:\n  children:\n    app-1.0.0:\n      vars:\n        regal_policy_app_1_0_0: {approval: never, max_failures: 0, \
                  bake_seconds: 0, after: [db-7.0.0]}\n      children:\n        app-1.0.0_groupA: {hosts: {zulu: }}\n        \
                  app-1.0.0_groupB1: {hosts: {mike: , alpha: }}\n        app-1.0.0_groupB2: {hosts: {yankee: }}\n    \
                  db-7.0.0:\n      vars:\n        regal_policy_db_7_0_0: {approval: after_canary, max_failures: 0, bake_seconds: 0}\n      \
                  children:\n        db-7.0.0_groupA: {hosts: {tango: }}\n        db-7.0.0_groupB1: {hosts: {kilo: }}\n";
    Scenario::new().inventory("regal.yml", policy).on_each_ansible(|site| {
        let run = |approved: &str| {
            let versions = site.rollout().set("rollout_version=app-1.0.0,db-7.0.0");
            versions.set("rollout_waves=parallel").set(&format!("rollout_approved={approved}"))
        };
        run("")
            .go()
            .exits(2)
            .ran("deploy", "A tango")
            .says("not approved, there is no terminal to ask on: app-1.0.0_groupA was not touched")
            .says("rollout_approved=db-7.0.0_groupA");
        let done = run("db-7.0.0_groupA").go().exits(0);
        let deployed: Vec<&str> = done.journal.lines().filter(|line| line.starts_with("deploy")).collect();
        let hosts: Vec<_> = deployed.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(hosts, ["tango", "zulu", "kilo", "mike", "alpha", "yankee"], "{}", done.journal);
        done.says("wave A: db-7.0.0_groupA: tango").says("wave A, 2 of 5: app-1.0.0_groupA: zulu");
        // where the batch of the one fails, that of the other does not begin
        site.fail("deploy", "kilo");
        run("all")
            .go()
            .exits(2)
            .ran("drain", "A tango zulu, B1 kilo")
            .says("app-1.0.0_groupB1, not started: mike, alpha");
        site.repair();
        let turned = site.rollout().set("rollout_version=app-1.0.0,db-7.0.0").go().fails().untouched();
        turned.says("app-1.0.0 comes after db-7.0.0, by the key `after`");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn waves_go_back_newest_first_each_version_to_its_own() {
    two_services().on_one_ansible(|site| {
        let run = waves_back(site, "db-6.0.0,app-0.9.0", "B2").go().exits(0);
        run.says("rolling back db-7.0.0, app-1.0.0 to db-6.0.0, app-0.9.0 in parallel waves")
            .ran("deploy", "B2 yankee bravo, B1 kilo echo mike alpha, A tango zulu")
            .journal
            .lines()
            .for_each(|line| {
                let db = ["kilo", "echo", "tango"].iter().any(|host| line.contains(host));
                assert!(line.ends_with(if db { " db-6.0.0" } else { " app-0.9.0" }), "{line}");
            });

        site.down("kilo");
        let run = waves_back(site, "stable", "B1").go().exits(2);
        assert!(run.journal.lines().all(|line| line.ends_with(" stable")), "{}", run.journal);
        run.ran("enable", "B1 echo mike alpha, A tango zulu")
            .says("db-7.0.0_groupB1, lost in drain, may be drained: kilo");

        let refused = waves_back(site, "one,two,three", "B1").go().fails().untouched();
        refused.says("rollout_back_to must be one version, or one for each in rollout_version");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_unknown_way_to_go_is_refused() {
    two_services().on_one_ansible(|site| {
        let refused = |waves: &str| site.rollout().set("rollout_version=app-1.0.0").set(waves).go().fails().untouched();
        refused("rollout_waves=paralell").says("rollout_waves must be sequential or parallel");
        refused("rollout_waves=true").says("rollout_waves must be sequential or parallel");
        site.rollout()
            .set("rollout_version=db-7.0.0,app-1.0.0")
            .set("rollout_waves=sequential")
            .go()
            .exits(0)
            .ran("deploy", "A tango, B1 kilo echo, A zulu, B1 mike alpha, B2 yankee bravo");
    });
}
