//! Runs in which nothing goes wrong.

use super::site::Scenario;

#[test]
#[ignore = "needs ansible; run tests/run"]
fn batches_come_in_the_order_of_the_plan() {
    Scenario::five_hosts().on_each_ansible(|site| {
        let run = site.rollout().set("rollout_version=app-1.0.0").go_alone().exits(0);
        let expected = "drain zulu A app-1.0.0\ndeploy zulu A app-1.0.0\ncheck zulu A app-1.0.0\nenable zulu A app-1.0.0\n\
             drain mike B1 app-1.0.0\ndrain alpha B1 app-1.0.0\ndeploy mike B1 app-1.0.0\ndeploy alpha B1 app-1.0.0\n\
             check mike B1 app-1.0.0\ncheck alpha B1 app-1.0.0\nenable mike B1 app-1.0.0\nenable alpha B1 app-1.0.0\n\
             drain yankee B2 app-1.0.0\ndrain bravo B2 app-1.0.0\ndeploy yankee B2 app-1.0.0\ndeploy bravo B2 app-1.0.0\n\
             check yankee B2 app-1.0.0\ncheck bravo B2 app-1.0.0\nenable yankee B2 app-1.0.0\nenable bravo B2 app-1.0.0\n";
        assert_eq!(run.journal, expected, "{}", run.output);
        run.says("app-1.0.0_groupB1: mike, alpha")
            .says("batch 3 of 3: app-1.0.0_groupB2: yankee, bravo")
            .says("finished app-1.0.0: 5 of 5 hosts")
            .does_not_say("WARNING");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn b10_comes_after_b9() {
    let batches = "a0 b1 b2 b3 b4 b5 b6 b7 b8 b9 b10 b11 b12 b13";
    Scenario::new().version("app", &batches.split(' ').collect::<Vec<_>>()).on_one_ansible(|site| {
        let run = || site.rollout().set("rollout_version=app");
        let listed = (1..=13).fold("app_groupA".to_owned(), |list, number| format!("{list},app_groupB{number}"));
        run().option("--list-hosts").go().exits(0).says(&format!("play #1 ({listed})"));
        run()
            .set("rollout_from=B8")
            .set("rollout_earlier_done=true")
            .go()
            .exits(0)
            .ran("deploy", "B8 b8, B9 b9, B10 b10, B11 b11, B12 b12, B13 b13");

        site.fail("drain", "a0");
        run().go().exits(2).says("app_groupB11: b11\n  … 1 more …\n  app_groupB13: b13");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn several_versions_come_in_the_order_they_are_named_in() {
    Scenario::new().version("app-1.0.0", &["zulu", "mike"]).version("app-2.0.0", &["yankee", "bravo"]).on_one_ansible(
        |site| {
            let run = site.rollout().set("rollout_version=app-2.0.0,app-1.0.0").go().exits(0);
            run.says("finished app-2.0.0, app-1.0.0: 4 of 4 hosts")
                .ran("deploy", "A yankee, B1 bravo, A zulu, B1 mike")
                .journal
                .lines()
                .zip(["app-2.0.0"; 8].into_iter().chain(["app-1.0.0"; 8]))
                .for_each(|(line, version)| assert!(line.ends_with(version), "{line}"));

            site.rollout()
                .set(r#"{"rollout_version": ["app-1.0.0", "app-2.0.0"]}"#)
                .go()
                .exits(0)
                .ran("deploy", "A zulu, B1 mike, A yankee, B1 bravo");
        },
    );
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn configuration_cannot_change_the_batches() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.rollout()
            .set("rollout_version=app-1.0.0")
            .env("ANSIBLE_STRATEGY", "free")
            .env("ANSIBLE_ANY_ERRORS_FATAL", "true")
            .env("ANSIBLE_JINJA2_NATIVE", "true")
            .env("ANSIBLE_FORCE_HANDLERS", "true")
            .go()
            .exits(0)
            .ran("drain", "A zulu, B1 mike alpha, B2 yankee bravo")
            .ran("enable", "A zulu, B1 mike alpha, B2 yankee bravo");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn check_mode_goes_through_all_batches_and_changes_nothing() {
    let copy = "- name: Install\n  ansible.builtin.copy:\n    content: '{{ rollout_target }}'\n    \
                dest: \"{{ lookup('env', 'SITE') }}/installed-{{ inventory_hostname }}\"\n    mode: '0644'\n";
    Scenario::new().version("app", &["zulu", "mike"]).hook("deploy", copy).on_one_ansible(|site| {
        site.rollout()
            .set("rollout_version=app")
            .set("rollout_bake=1h")
            .set("rollout_approval=each_batch")
            .option("--check")
            .go()
            .exits(0)
            .untouched()
            .says("finished app: 2 of 2 hosts (check mode: nothing was changed)");
        assert!(!site.path("installed-zulu").exists());

        site.rollout().set("rollout_version=app").go().exits(0);
        assert!(site.path("installed-zulu").exists(), "the hook does install, without --check");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn tags_choose_among_the_tasks_of_hooks_only() {
    let tagged = "- name: Tagged\n  ansible.builtin.raw: echo tagged >> tagged\n  tags: [config]\n";
    Scenario::new().version("app", &["zulu", "mike"]).hook("deploy", tagged).on_one_ansible(|site| {
        site.rollout()
            .set("rollout_version=app")
            .option("--tags=config")
            .go()
            .exits(0)
            .untouched()
            .says("batch 2 of 2: app_groupB1: mike")
            .says("(of the hooks only --tags config)");
        assert_eq!(std::fs::read_to_string(site.path("tagged")).unwrap(), "tagged\ntagged\n");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn hooks_see_the_step_the_version_variable_and_facts() {
    let show = "- name: Show\n  ansible.builtin.debug:\n    msg: \"{{ rollout_step }} of {{ rollout_group }}: \
                {{ app_version }} on {{ ansible_facts.system | default('no facts') }}, lost {{ rollout_failed }}\"\n";
    Scenario::new().version("1.10", &["zulu"]).var("app_version=0.9").hook("deploy", show).on_one_ansible(|site| {
        let run = || site.rollout().set("rollout_version=1.10").set("rollout_version_var=app_version");
        run().go().exits(0).says("deploy of 1.10_groupA: 1.10 on no facts, lost []");
        run()
            .set("rollout_gather_facts=true")
            .env("ANSIBLE_JINJA2_NATIVE", "true")
            .go()
            .exits(0)
            .says("deploy of 1.10_groupA: 1.10 on Linux, lost []")
            .ran("deploy", "A zulu");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_batch_bakes_and_is_checked_again_before_the_next() {
    Scenario::new().version("app", &["zulu", "mike"]).on_one_ansible(|site| {
        let run = site.rollout().set("rollout_version=app").set("rollout_bake=1s").go().exits(0);
        let hooks: Vec<&str> = run.journal.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(
            hooks,
            ["drain", "deploy", "check", "enable", "check", "drain", "deploy", "check", "enable"],
            "the last batch does not bake"
        );
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_shipped_deploy_hook_asks_for_one() {
    Scenario::new().version("app", &["zulu", "mike"]).on_one_ansible(|site| {
        site.rollout()
            .set("rollout_version=app")
            .set("rollout_hooks=")
            .go()
            .exits(2)
            .says("write your own deploy.yml, which installs app")
            .says("app_groupB1, not started: mike");
    });
}
