//! Going on after a stop: the same command again, or the printed one.

use super::site::Scenario;

/// As a hook of a real service would look at what runs there.
const INSTALLED: &str = "\
- name: Look at the installed version
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
    scenario.on_each_ansible(|site| {
        let run = || site.rollout().set("rollout_version=app-1.0.0");
        site.fail("deploy", "mike");
        run().go().exits(2).ran("enable", "A zulu, B1 alpha").does_not_say("-e rollout_from=");

        site.repair();
        run().go().exits(0).ran("drain", "B1 mike, B2 yankee bravo").says("finished app-1.0.0: 5 of 5 hosts");

        run().go().exits(0).untouched().says("finished app-1.0.0: 5 of 5 hosts");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_printed_command_goes_on_where_the_run_stopped() {
    Scenario::five_hosts().on_oldest_and_newest(|site| {
        site.fail("deploy", "mike");
        let stopped = site.rollout().set("rollout_version=app-1.0.0").go().exits(2);
        let command = stopped.output.split("to go on: ").nth(1).unwrap().split('"').next().unwrap();
        assert!(command.contains("-e rollout_from=B1 -e rollout_plan_id=7a73729dc581 "), "{command}");

        site.repair();
        let settings = command.split(" -e ").skip(1).take(3);
        let again = settings.fold(site.rollout(), |run, setting| run.set(setting));
        again.go().exits(0).ran("deploy", "B1 mike alpha, B2 yankee bravo");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_stale_plan_id_is_refused() {
    Scenario::five_hosts().on_oldest_and_newest(|site| {
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
            .says("the plan has changed: rollout_plan_id is 7a73729dc581, the inventory gives");
    });
}
