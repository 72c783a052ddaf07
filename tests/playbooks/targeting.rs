//! Whether what is deployed is what the plan says: the variable that roles read, and a warning where nothing reads the target.

use super::site::{Run, Scenario, Site};

/// As a role that knows nothing of rollouts.
const BY_VARIABLE: &str = "- name: Install\n  ansible.builtin.raw: echo installed {{ inventory_hostname }} {{ rollout_batch }} {{ app_version }} >> journal\n";
const WARNING: &str = "warning: neither deploy.yml nor check.yml reads rollout_target, and no variable is set to it";

fn scenario() -> Scenario {
    Scenario::new().version("app-2.16.0", &["zulu", "mike"]).var("app_version=2.15.0").hook("deploy", BY_VARIABLE)
}

/// The hooks of `Scenario` write the target into the journal: not these two.
fn forget_the_target(site: &Site) {
    site.write("hooks/deploy.yml", &format!("---\n# Installs rollout_target. Or so it says.\n{BY_VARIABLE}"));
    site.write("hooks/check.yml", "---\n- name: See\n  ansible.builtin.raw: 'true'\n");
}

fn run(site: &Site) -> Run<'_> {
    site.rollout().set("rollout_version=app-2.16.0")
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_variable_that_versions_came_from_is_set_to_the_target() {
    let scenario = scenario().var("regal_version_var=app_version").var("regal_version=2.16.0");
    scenario.on_one_ansible(|site| {
        forget_the_target(site);
        let note = "note: app_version is set to what each host is to run (rollout_version_var)";
        let done = run(site).go().exits(0).says(note).says("finished app-2.16.0: 2 of 2 hosts").does_not_say(WARNING);
        assert_eq!(done.journal.matches("installed ").count(), 2, "{}", done.journal);
        assert_eq!(done.journal.matches(" 2.16.0\n").count(), 6, "{}", done.journal);

        // Another variable, and none.
        let other = run(site).set("rollout_version_var=other").go().exits(0).says("note: other is set to");
        assert!(other.journal.contains("installed zulu A 2.15.0\n"), "{}", other.journal);
        site.fail("enable", "zulu");
        let none = run(site).set("rollout_version_var=").go().exits(2).says(WARNING);
        assert!(none.journal.contains("installed zulu A 2.15.0\n"), "{}", none.journal);
        assert!(none.command().contains(" -e rollout_version_var="), "{}", none.output);

        let back =
            site.rollback().set("rollout_version=app-2.16.0").set("rollout_back_to=2.14.0").set("rollout_from=A");
        back.go().says(note).says("app_version is set").ran("installed", "A zulu");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn where_nothing_reads_the_target_the_opening_warns() {
    scenario().on_one_ansible(|site| {
        // Of `Scenario`, which read it.
        run(site).go().exits(0).does_not_say(WARNING);
        forget_the_target(site);
        run(site).go().exits(0).says(WARNING).says("finished app-2.16.0: 2 of 2 hosts").does_not_say("hosts on");
        run(site).set("rollout_version_var=app_version").go().exits(0).does_not_say(WARNING);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_version_variable_that_nothing_can_set_is_refused() {
    scenario().on_one_ansible(|site| {
        let given =
            |value: &str| run(site).set("rollout_version_var=app_version").set(&format!("app_version={value}")).go();
        given("2.15.0").fails().untouched().says("app_version is given with -e, which nothing overrides");
        given("app-2.16.0").exits(0).ran("installed", "A zulu, B1 mike");
    });
}
