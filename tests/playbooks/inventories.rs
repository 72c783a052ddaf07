//! What an inventory may look like: spellings, a prefix, the policy it carries, two sources, and a failing one.

use super::site::Scenario;

const TWO_BATCHES: &str = "[app-1.0.0_groupA]\nzulu\n[app-1.0.0_groupB1]\nmike\n";

#[test]
#[ignore = "needs ansible; run tests/run"]
fn cleaned_group_names_are_found_under_the_name_of_the_version() {
    Scenario::new().version("1.0.0", &["zulu", "mike"]).on_each_ansible(|site| {
        site.rollout()
            .set("rollout_version=1.0.0")
            .env("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "always")
            .go()
            .exits(0)
            .says("__0_0_groupB1: mike")
            .ran("deploy", "A zulu, B1 mike");

        site.write("hosts.ini", "[_1_0_0_groupA]\nzulu\n[_1_0_0_groupB1]\nmike\n");
        let run = site.rollout().set("rollout_version=1.0.0").go().exits(0).ran("deploy", "A zulu, B1 mike");
        assert!(run.journal.starts_with("drain zulu A 1.0.0\n"), "{}", run.journal);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_name_of_a_war_file_is_a_version() {
    Scenario::new().version("shop-web-2.5.0-20240131.war", &["zulu", "mike"]).on_one_ansible(|site| {
        let run = site.rollout().set("rollout_version=shop-web-2.5.0-20240131.war").go().exits(0);
        run.ran("deploy", "A zulu, B1 mike").says("finished shop-web-2.5.0-20240131.war: 2 of 2 hosts");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn behind_a_prefix_the_target_is_the_version_of_the_inventory() {
    let scenario = Scenario::new().version("api_2.5.0", &["zulu", "mike"]);
    scenario.clone().var("regal_version=2.5.0").on_one_ansible(|site| {
        let run = site.rollout().set("rollout_version=api_2.5.0").go().exits(0);
        assert!(run.journal.lines().all(|line| line.ends_with(" 2.5.0")), "{}", run.journal);
    });
    // A host in two versions may carry the other one's.
    scenario.var("regal_version=3.0.0").on_one_ansible(|site| {
        let run = site.rollout().set("rollout_version=api_2.5.0").set("rollout_to=A").go().exits(0);
        assert!(run.journal.lines().all(|line| line.ends_with(" api_2.5.0")), "{}", run.journal);
    });
}

/// As regal-inventory gives it.
fn with_policy(approval: &str) -> String {
    format!(
        "all:
  children:
    regal:
      children:
        api_2.5.0:
          vars:
            regal_version: 2.5.0
            regal_policy_api_2_5_0:
              approval: {approval}
              max_failures: 1
              bake_seconds: 0
              canary_bake_seconds: 1
              version: 2.5.0
          children:
            api_2.5.0_groupA:
              vars: {{regal_notes: [the canary is the whole of zone north]}}
              hosts: {{zulu: }}
            api_2.5.0_groupB:
              children:
                api_2.5.0_groupB1: {{hosts: {{mike: , alpha: }}}}
                api_2.5.0_groupB2: {{hosts: {{bravo: }}}}
"
    )
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_host_in_two_versions_has_the_policy_of_each() {
    let version = |version: &str, approval: &str| {
        let policy = format!("regal_policy_{}: {{approval: {approval}}}", version.replace('.', "_"));
        format!(
            "    '{version}':\n      vars: {{{policy}}}\n      children:\n        {version}_groupA: {{hosts: {{zulu: }}}}\n        \
             {version}_groupB1: {{hosts: {{mike: }}}}\n"
        )
    };
    let inventory = format!("all:\n  children:\n{}{}", version("1.0", "after_canary"), version("2.0", "never"));
    let both = Scenario::new().inventory("regal.yml", &inventory);
    both.on_one_ansible(|site| {
        site.rollout().set("rollout_version='1.0'").go().fails().ran("deploy", "A zulu");
        site.rollout().set("rollout_version='2.0'").go().exits(0).ran("deploy", "A zulu, B1 mike");
    });
    // Ansible may clean the names of groups, and leaves those of variables.
    let one = format!("all:\n  children:\n{}", version("1.0", "after_canary"));
    Scenario::new().inventory("regal.yml", &one).on_one_ansible(|site| {
        let run = site.rollout().set("rollout_version='1.0'").env("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "always");
        run.go().fails().ran("deploy", "A zulu");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_policy_of_the_inventory_holds_and_variables_override_it() {
    Scenario::new().inventory("regal.yml", &with_policy("never")).on_one_ansible(|site| {
        let run = || site.rollout().set("rollout_version=api_2.5.0");
        site.fail("deploy", "mike");
        let tolerant = run()
            .go()
            .exits(2)
            .ran("check", "A zulu zulu, B1 alpha, B2 bravo")
            .says("note: the canary is the whole of zone north");
        assert!(tolerant.journal.lines().all(|line| line.ends_with(" 2.5.0")), "{}", tolerant.journal);

        run()
            .set("rollout_bake=0")
            .set("rollout_max_failed=0")
            .env("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "always")
            .go()
            .exits(2)
            .ran("check", "A zulu, B1 alpha")
            .says("api_2_5_0_groupB2, not started: bravo");
    });
    Scenario::new().inventory("regal.yml", &with_policy("after_canary")).on_one_ansible(|site| {
        let run = || site.rollout().set("rollout_version=api_2.5.0");
        run()
            .go()
            .exits(2)
            .ran("deploy", "A zulu")
            .says("not approved, there is no terminal to ask on: api_2.5.0_groupB1");
        run().set("rollout_approval=never").set("rollout_to=B1").go().exits(0).ran("deploy", "A zulu, B1 mike alpha");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn groups_may_stand_beside_the_source() {
    Scenario::new().inventory("production/hosts", "[web]\nmike color=red\nzulu color=blue\n").on_one_ansible(|site| {
        site.write("hooks/check.yml", "- name: Show\n  ansible.builtin.debug:\n    msg: \"it is {{ color }}\"\n");
        site.write("regal", &format!("#!/bin/sh\ncat <<'EOF'\n{}\nEOF\n", GROUPS_ONLY.trim()));
        site.rollout()
            .inventory(site.path("production"))
            .inventory(site.path("regal"))
            .set("rollout_version=app-1.0.0")
            .go()
            .exits(0)
            .ran("deploy", "A zulu, B1 mike")
            .says("it is blue")
            .says("it is red");
    });
}

const GROUPS_ONLY: &str = r#"
{"app-1.0.0_groupA": {"hosts": ["zulu"]}, "app-1.0.0_groupB1": {"hosts": ["mike"]},
 "app-1.0.0": {"hosts": [], "children": ["app-1.0.0_groupA", "app-1.0.0_groupB1"]}, "_meta": {"hostvars": {}}}
"#;

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_failing_inventory_fails_the_run() {
    Scenario::new().inventory("regal", "#!/bin/sh\necho 'error: no such file' >&2\nexit 1\n").on_one_ansible(|site| {
        let run = || site.rollout().set("rollout_version=app-1.0.0");
        run().go().fails().untouched().says("error: no such file");
        // Also where the configuration would let Ansible go on with nothing.
        run()
            .env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "false")
            .go()
            .fails()
            .untouched()
            .says("the inventory has no hosts");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn settings_do_not_belong_into_the_inventory() {
    Scenario::new().inventory("hosts.ini", &format!("{TWO_BATCHES}[all:vars]\nrollout_to=A\n")).on_one_ansible(
        |site| {
            let run = site.rollout().set("rollout_version=app-1.0.0").go().fails().untouched();
            run.says("give rollout_ variables with -e, not in the inventory");
        },
    );
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_playbook_elsewhere_may_import_it() {
    Scenario::new().inventory("hosts.ini", TWO_BATCHES).on_one_ansible(|site| {
        let rollout = super::site::playbooks().join("rollout.yml");
        site.write(
            "site.yml",
            &format!("- name: Roll out\n  ansible.builtin.import_playbook: {}\n", rollout.display()),
        );
        let run = site.rollout().playbook(site.path("site.yml")).set("rollout_version=app-1.0.0").go().exits(0);
        run.ran("deploy", "A zulu, B1 mike");
    });
}
