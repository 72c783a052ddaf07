//! Going on after a stop: the same command again, or the printed one.

use super::site::{Run, Scenario, Site};

/// As a hook of a real service would look at what runs there.
const INSTALLED: &str = "\
- name: Read the installed version
  ansible.builtin.raw: cat target-{{ inventory_hostname }} 2>/dev/null || true
  register: found
  changed_when: false
- name: Say whether it is the target
  ansible.builtin.set_fact:
    rollout_installed: \"{{ found.stdout | trim == rollout_target }}\"
";
const DEPLOY: &str =
    "- name: Install\n  ansible.builtin.raw: echo {{ rollout_target }} > target-{{ inventory_hostname }}\n";

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_same_command_again_touches_unfinished_hosts_only() {
    let scenario = Scenario::five_hosts().hook("installed", INSTALLED).hook("deploy", DEPLOY);
    scenario.on_one_ansible(|site| {
        let run = || site.rollout().set("rollout_version=app-1.0.0");
        site.fail("deploy", "mike");
        let stopped = run().go().exits(2).ran("enable", "A zulu, B1 alpha");
        assert!(!stopped.command().contains("rollout_from="), "{}", stopped.output);

        site.repair();
        run().go().exits(0).ran("drain", "B1 mike, B2 yankee bravo").says("finished app-1.0.0: 5 of 5 hosts");

        run().go().exits(0).untouched().says("finished app-1.0.0: 5 of 5 hosts");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_printed_command_goes_on_where_the_run_stopped() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.fail("deploy", "mike");
        let stopped = site.rollout().set("rollout_version=app-1.0.0").go().exits(2);
        let command = stopped.command();
        assert!(command.contains("-e rollout_from=B1 -e rollout_plan_id=7a73729dc581 "), "{command}");

        site.repair();
        site.shell(&command).exits(0).ran("deploy", "B1 mike alpha, B2 yankee bravo");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_stale_plan_id_is_refused() {
    Scenario::five_hosts().on_one_ansible(|site| {
        // printf 'app-1.0.0_groupA=zulu\napp-1.0.0_groupB1=mike,alpha\napp-1.0.0_groupB2=yankee,bravo\n' | sha256sum
        let run = || site.rollout().set("rollout_version=app-1.0.0").set("rollout_plan_id=7a73729dc581");
        run().option("--limit=zulu").go().exits(0).ran("deploy", "A zulu");

        site.write(
            "hosts.ini",
            "[app-1.0.0_groupA]\nzulu\n[app-1.0.0_groupB1]\nmike\n[app-1.0.0_groupB2]\nyankee\nbravo\n",
        );
        run()
            .go()
            .fails()
            .untouched()
            .says("the plan has changed: rollout_plan_id is 7a73729dc581, the inventory gives")
            .says("leave rollout_plan_id and rollout_from out to start again");
        run().set("rollout_from=B1").go().fails().untouched().says(
            "or, if you know that every host before B1 is done, give rollout_earlier_done=true instead of rollout_plan_id",
        );
        back(site)
            .set("rollout_plan_id=7a73729dc581")
            .go()
            .fails()
            .untouched()
            .says("let rollout_from be the last batch that has a host to go back");
    });
}

fn back(site: &Site) -> Run<'_> {
    site.rollback().set("rollout_version=app-1.0.0").set("rollout_back_to=old").set("rollout_from=B1")
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_resume_that_nothing_says_is_one_is_refused() {
    Scenario::five_hosts().on_one_ansible(|site| {
        let from = || site.rollout().set("rollout_version=app-1.0.0").set("rollout_from=B2");
        // As after a host was added before the place of resuming: nobody knows of it.
        from()
            .go()
            .fails()
            .untouched()
            .says("rollout_from=B2 skips app-1.0.0_groupA: zulu; app-1.0.0_groupB1: mike, alpha")
            .says("give rollout_plan_id too, as the stopped run printed it")
            .says("rollout_earlier_done=true");
        from().set("rollout_plan_id=7a73729dc581").go().exits(0).ran("deploy", "B2 yankee bravo");
        let passed =
            "note: taken for done, since rollout_from is B2: app-1.0.0_groupA: zulu; app-1.0.0_groupB1: mike, alpha";
        from().set("rollout_earlier_done=true").go().exits(0).ran("deploy", "B2 yankee bravo").says(passed);
        // With a limit only the hosts in it count.
        from().option("--limit=app-1.0.0_groupB2").go().exits(0).ran("deploy", "B2 yankee bravo");
        back(site)
            .go()
            .exits(0)
            .says("note: not rolled back, since rollout_from is B1: app-1.0.0_groupB2: yankee, bravo");
    });
    Scenario::five_hosts().hook("installed", INSTALLED).on_one_ansible(|site| {
        let run = site.rollout().set("rollout_version=app-1.0.0").set("rollout_from=B1").go().exits(0);
        run.says("note: taken for done, since rollout_from is B1: app-1.0.0_groupA: zulu");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_printed_command_has_the_variables_and_options_of_the_run() {
    // Groups that only the variable makes, as regal-inventory would.
    let inventory = "#!/bin/sh\ntest \"$REGAL_VERSIONS\" = 'app=web one' || exit 3\necho '{\"app_groupA\": {\"hosts\": [\"zulu\"]}, \
        \"app_groupB1\": {\"hosts\": [\"mike\", \"alpha\"]}, \"_meta\": {\"hostvars\": {}}}'\n";
    let show = "- name: Show\n  ansible.builtin.raw: >-\n    echo shown {{ inventory_hostname }} {{ rollout_batch }} \
        {{ [color, size, secret, quoted, ansible_forks, ansible_verbosity, ansible_diff_mode] | join('/') | quote }} >> journal\n  tags: [shown]\n\
        - name: Skipped\n  ansible.builtin.raw: echo skipped {{ inventory_hostname }} {{ rollout_batch }} x >> journal\n  tags: [skipped]\n\
        - name: Open the vault\n  ansible.builtin.assert:\n    that: vaulted == 'opened'\n  tags: [shown]\n\
        - name: Fail where the test wants it\n  ansible.builtin.raw: test ! -e deploy-{{ inventory_hostname }}\n  tags: [shown]\n";
    Scenario::new().inventory("regal", inventory).hook("deploy", show).on_each_ansible(|site| {
        site.write("password", "#!/bin/sh\necho open\n");
        site.write("plain.yml", "vaulted: opened\n");
        site.write("colors.yml", "color: light blue\n");
        site.encrypt("plain.yml", "password");
        site.fail("deploy", "mike");
        let stopped = site
            .rollout()
            .env("REGAL_VERSIONS", "app=web one")
            .env("ANSIBLE_FORKS", "2")
            .set("rollout_version=app rollout_bake=0 size=2")
            .set("@colors.yml")
            .set("@plain.yml")
            .set("secret=hunter2")
            .set(r#"{"quoted": "it's"}"#)
            .option("--vault-password-file=password")
            .option("--limit=!alpha")
            .option("--tags=shown")
            .option("--skip-tags=skipped")
            .option("-vD")
            .go()
            .exits(2)
            .ran("shown", "A zulu, B1 mike")
            .ran("skipped", "");
        let command = stopped.command();
        assert!(!command.contains("hunter2"), "{command}");

        site.repair();
        // Nothing is run without what was not printed.
        site.shell(&command).exits(2).untouched().says("what is to be given with -e for secret");
        let number = command.split("EXTRA_VARS_").nth(1).unwrap().split(':').next().unwrap();
        let again = format!("export EXTRA_VARS_{number}=secret=hunter2; {command}");
        let run = site.shell(&again).exits(0).ran("skipped", "");
        assert_eq!(run.journal, "shown mike B1 light blue/2/hunter2/it's/2/1/True\n", "{}", run.output);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn no_secret_is_printed() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.fail("drain", "zulu");
        let stopped = site
            .rollout()
            .set("rollout_version=app-1.0.0")
            .env("ANSIBLE_GALAXY_SERVER_TOKEN", "hunter2")
            .set(r#"{"db": [{"api_key": "hunter2"}]}"#)
            .set("vault_pass=hunter2 color=red")
            .option("--private-key=id")
            .go()
            .exits(2)
            .does_not_say("hunter2");
        let command = stopped.command();
        for part in
            ["ANSIBLE_GALAXY_SERVER_TOKEN=\"${ANSIBLE_GALAXY_SERVER_TOKEN:?", "for api_key", "for vault_pass", "/id "]
        {
            assert!(command.contains(part), "{part} in {command}");
        }
    });
}
