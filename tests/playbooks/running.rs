//! The hooks of a run, which run once on the controller beside the four of a host.

use super::site::{Outcome, Scenario, Site};

/// Writes a line for each call: what is seen there.
fn note(text: &str) -> String {
    format!(
        "- name: Note\n  ansible.builtin.raw: echo \"{text}\" >> {{{{ lookup('env', 'SITE') }}}}/notes\n  changed_when: false\n"
    )
}

/// Fails while the file of its name is there.
fn guard(name: &str) -> String {
    format!(
        "- name: Guard\n  ansible.builtin.raw: test ! -e {{{{ lookup('env', 'SITE') }}}}/{name}\n  changed_when: false\n"
    )
}

const END: &str = "end {{ rollout_outcome }} lost={{ rollout_lost | join(',') }} next={{ rollout_next_batch }} of {{ rollout_plan_id }} \
                   on {{ inventory_hostname }}";

fn scenario() -> Scenario {
    Scenario::new()
        .version("app", &["zulu", "mike alpha", "yankee bravo"])
        .hook(
            "begin",
            &(note("begin {{ rollout_version }} {{ rollout_batch }} {{ rollout_plan_id }}") + &guard("closed")),
        )
        .hook("gate", &(note("gate {{ rollout_batch }} {{ rollout_group }}") + &guard("ill")))
        .hook("end", &note(END))
}

fn notes(site: &Site) -> Vec<String> {
    let text = std::fs::read_to_string(site.path("notes")).unwrap_or_default();
    let _ = std::fs::remove_file(site.path("notes"));
    text.lines().map(str::to_owned).collect()
}

const ID: &str = "78ff38571b56";

fn run(site: &Site) -> Outcome {
    site.rollout().set("rollout_version=app").go()
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn each_hook_of_the_run_runs_where_it_should() {
    scenario().on_each_ansible(|site| {
        run(site).exits(0);
        let all = [
            format!("begin app A {ID}"),
            "gate A app_groupA".to_owned(),
            "gate B1 app_groupB1".to_owned(),
            format!("end finished lost= next= of {ID} on localhost"),
        ];
        assert_eq!(notes(site), all);

        // Under a limit, which leaves out the controller too.
        site.rollout().set("rollout_version=app").option("--limit=mike,bravo").go().exits(0);
        assert_eq!(notes(site)[1..], ["gate B1 app_groupB1".to_owned(), all[3].clone()]);

        site.write("ill", "");
        run(site).exits(2).ran("drain", "A zulu").says("app_groupB1, not started: mike, alpha");
        assert_eq!(notes(site)[2..], [format!("end stopped lost= next=B1 of {ID} on localhost")]);

        site.write("closed", "");
        run(site).exits(2).untouched().says("finished app: 0 of 5 hosts").does_not_say("to go back: ");
        assert_eq!(notes(site)[1..], [format!("end refused lost= next=A of {ID} on localhost")]);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_end_is_told_whatever_happened() {
    scenario().on_each_ansible(|site| {
        // The whole batch is unreachable: there is no host left that a task could run on.
        site.down("zulu");
        run(site)
            .exits(4)
            .untouched()
            .says("finished app: 0 of 5 hosts")
            .says("app_groupA, lost in drain, may be drained: zulu")
            .says("to go on: ");
        assert_eq!(notes(site)[1..], [format!("end stopped lost=zulu next=A of {ID} on localhost")]);
        site.repair();

        // A plan that is refused.
        site.rollout().set("rollout_version=app").set("rollout_plan_id=x").go().fails().untouched();
        assert_eq!(notes(site), ["end refused lost= next=A of x on localhost"]);
        // Nobody runs anything by looking.
        site.rollout().set("rollout_version=app").set("rollout_plan_id=x").option("--list-hosts").go().fails();
        assert_eq!(notes(site), [""; 0]);
    });
    scenario().on_one_ansible(|site| {
        site.fail("check", "alpha");
        run(site).exits(2).says("app_groupB1, lost in check, is drained: alpha");
        assert_eq!(notes(site)[2..], [format!("end stopped lost=alpha next=B1 of {ID} on localhost")]);

        let tolerant = site.rollout().set("rollout_version=app").set("rollout_max_failed=1").go();
        tolerant.exits(2).says("the run went to its end past the lost hosts");
        assert_eq!(notes(site)[3..], [format!("end finished lost=alpha next=B1 of {ID} on localhost")]);

        let back = site.rollback().set("rollout_version=app").set("rollout_back_to=old").set("rollout_from=B1");
        back.go().exits(2);
        assert_eq!(notes(site)[1..], [format!("end finished lost=alpha next=B1 of {ID} on localhost")]);

        site.repair();
        site.write("hooks/end.yml", "- name: Fail\n  ansible.builtin.raw: 'false'\n");
        run(site).exits(0).says("hooks/end.yml failed, see above");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_approval_of_ones_own_stands_in_for_the_prompt() {
    let approve = note("approve {{ rollout_batch }} {{ rollout_failed }}") + &guard("no-ticket");
    scenario().hook("approve", &approve).on_one_ansible(|site| {
        let run = |approved: &str| {
            let run = site.rollout().set("rollout_version=app").set("rollout_approval=after_canary");
            run.set(&format!("rollout_approved={approved}")).go()
        };
        run("").exits(0).ran("drain", "A zulu, B1 mike alpha, B2 yankee bravo");
        assert_eq!(notes(site)[2..4], ["approve B1 []", "gate B1 app_groupB1"]);
        run("A").exits(0);
        assert!(!notes(site).iter().any(|line| line.starts_with("approve")));
        site.write("no-ticket", "");
        let stopped = run("").exits(2).ran("drain", "A zulu").says("app_groupB1, not started: mike, alpha");
        // What was not approved here is not approved by running it again.
        assert!(!stopped.command().contains("rollout_approved"), "{}", stopped.output);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_way_back_is_printed_and_works() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.fail("check", "alpha");
        let run = site.rollout().set("rollout_version=app-1.0.0");
        let stopped = run.go().exits(2);
        site.repair();
        site.shell(&stopped.command_after("to go back: ")).exits(2).untouched().says("ROLLOUT_BACK_TO");
        let back = format!("export ROLLOUT_BACK_TO=app-0.9.0; {}", stopped.command_after("to go back: "));
        let back = site.shell(&back).exits(0).ran("deploy", "B1 mike alpha, A zulu");
        assert!(back.journal.contains("deploy zulu A app-0.9.0\n"), "{}", back.journal);

        // Known in advance, it is in the command.
        site.fail("check", "alpha");
        let run = site.rollout().set("rollout_version=app-1.0.0").set("rollout_back_to=app-0.8.0");
        // It goes down to the first batch, whatever else was given.
        site.write("vars.yml", "rollout_to: B1\n");
        let command = run.set("@vars.yml").go().exits(2).command_after("to go back: ");
        site.repair();
        let back = site.shell(&command).exits(0).ran("deploy", "B1 mike alpha, A zulu");
        assert!(back.journal.contains("deploy zulu A app-0.8.0\n"), "{}", back.journal);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn several_versions_go_back_one_by_one() {
    Scenario::new().version("app", &["zulu", "mike"]).version("db", &["kilo", "echo"]).on_one_ansible(|site| {
        site.fail("check", "kilo");
        let stopped = site.rollout().set("rollout_version=app,db").set("rollout_back_to=old,older").go().exits(2);
        let commands: Vec<&str> = stopped.output.lines().filter_map(|line| line.strip_prefix("to go back: ")).collect();
        assert_eq!(commands.len(), 2, "{}", stopped.output);
        site.repair();
        let first = site.shell(commands[0]).exits(0).ran("deploy", "A kilo");
        assert!(first.journal.contains("deploy kilo A older\n"), "{}", first.journal);
        let second = site.shell(commands[1]).exits(0).ran("deploy", "B1 mike, A zulu");
        assert!(second.journal.contains("deploy zulu A old\n"), "{}", second.journal);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn outcome_and_next_batch_are_handed_on() {
    Scenario::new().version("app", &["zulu", "mike"]).on_each_ansible(|site| {
        let stats = || {
            let run = site.rollout().set("rollout_version=app").env("ANSIBLE_SHOW_CUSTOM_STATS", "true").go();
            run.output.split("CUSTOM STATS").nth(1).unwrap_or_default().to_owned()
        };
        let done = stats();
        assert!(
            done.contains("\"rollout_outcome\": \"finished\"") && done.contains("\"rollout_next_batch\": \"\""),
            "{done}"
        );
        site.down("mike");
        let stopped = stats();
        for part in ["\"rollout_outcome\": \"stopped\"", "\"rollout_next_batch\": \"B1\"", "\"rollout_plan_id\": \""] {
            assert!(stopped.contains(part), "{part} in {stopped}");
        }
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn handlers_of_ones_own_are_a_hook_and_a_missing_one_is_reported() {
    let notify = "- name: Change\n  ansible.builtin.raw: 'true'\n  changed_when: true\n  notify: Restart\n";
    let restart = "- name: Restart\n  ansible.builtin.raw: echo restart {{ inventory_hostname }} {{ rollout_batch }} {{ rollout_step }} >> journal\n";
    let scenario = Scenario::new().version("app", &["zulu", "mike"]).hook("deploy", notify);
    scenario.clone().hook("handlers", restart).on_each_ansible(|site| {
        let run = run(site).exits(0).ran("restart", "A zulu, B1 mike");
        assert!(run.journal.contains("restart zulu A deploy\ncheck zulu"), "{}", run.journal);
    });
    scenario.on_each_ansible(|site| {
        // Ansible ends the run there, without a recap, and the report is printed when the process ends.
        let run = run(site).fails().ran("drain", "A zulu").says("Restart");
        run.says("finished app: 0 of 2 hosts").says("app_groupA, lost in deploy, is drained: zulu").says("to go on: ");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_hook_that_is_no_list_of_tasks_is_refused_before_any_host_is_touched() {
    Scenario::five_hosts().on_each_ansible(|site| {
        let refused = |text: &str, why: &str| {
            site.write("hooks/check.yml", text);
            site.rollout().set("rollout_version=app-1.0.0").go().fails().untouched().says(why);
        };
        let play = "---\n# A play.\n- name: Check\n  hosts: all\n  tasks:\n    - ansible.builtin.ping:\n";
        refused(play, "hooks/check.yml:4: a hook is a list of tasks, this is a play");
        refused("---\n# Nothing yet.\n", "hooks/check.yml is empty");
        refused("- name: Broken\n  ansible.builtin.raw: 'true\n", "hooks/check.yml");
        refused("- name: Unknown\n  no_such_module:\n", "no_such_module");
        site.write("hooks/check.yml", "- name: Check\n  ansible.builtin.raw: 'true'\n");
        site.write("hooks/end.yml", "- name: Unknown\n  no_such_module:\n");
        site.rollout().set("rollout_version=app-1.0.0").go().fails().untouched().says("no_such_module");
        std::fs::remove_file(site.path("hooks/end.yml")).unwrap();
        std::fs::remove_file(site.path("hooks/check.yml")).unwrap();
        site.rollout().set("rollout_version=app-1.0.0").go().fails().untouched().says("no hook ");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_playbook_that_imports_it_may_give_the_settings() {
    Scenario::five_hosts().on_each_ansible(|site| {
        let text = format!(
            "- name: Roll out\n  ansible.builtin.import_playbook: {}\n  vars:\n    rollout_hooks: hooks\n    rollout_version: app-1.0.0\n",
            super::site::playbooks().join("rollout.yml").display()
        );
        site.write("site.yml", &text);
        let run = site.rollout().playbook(site.path("site.yml")).without_hooks();
        run.go().exits(0).ran("drain", "A zulu, B1 mike alpha, B2 yankee bravo");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn output_for_machines_stays_whole() {
    Scenario::new().version("app", &["zulu", "mike"]).on_one_ansible(|site| {
        // As ansible.posix.json, which is not there.
        site.write(
            "callbacks/all_json.py",
            "import json\nfrom ansible.plugins.callback import CallbackBase\n\
             class CallbackModule(CallbackBase):\n    CALLBACK_VERSION = 2.0\n    CALLBACK_TYPE = 'stdout'\n    CALLBACK_NAME = 'all_json'\n\
             \x20   def v2_playbook_on_stats(self, stats):\n        self._display.display(json.dumps({'ok': stats.ok}))\n",
        );
        site.fail("drain", "mike");
        let run = site.rollout().set("rollout_version=app").env("ANSIBLE_STDOUT_CALLBACK", "all_json");
        let run = run.env("ANSIBLE_CALLBACK_PLUGINS", &site.path("callbacks").display().to_string());
        let run = run.apart().go().exits(2);
        assert!(run.output.trim_end().starts_with('{') && run.output.trim_end().ends_with('}'), "{}", run.output);
        assert!(run.errors.contains("finished app: 1 of 2 hosts"), "{}", run.errors);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn two_runs_in_one_playbook_have_a_report_each() {
    let scenario = Scenario::new().version("app", &["zulu", "mike"]).version("db", &["kilo"]).hook("end", &note(END));
    scenario.on_each_ansible(|site| {
        let rollout = super::site::playbooks().join("rollout.yml").display().to_string();
        let import = |version: &str| {
            format!(
                "- name: Roll out\n  ansible.builtin.import_playbook: {rollout}\n  vars:\n    rollout_version: {version}\n    \
                 rollout_max_failed: 1\n"
            )
        };
        site.write("site.yml", &[import("app"), import("db"), import("db")].concat());
        site.fail("check", "mike");
        let run = || site.rollout().playbook(site.path("site.yml")).go();
        // A batch that is lost as a whole ends the playbook.
        run().exits(2).says("app_groupB1, lost in check, is drained: mike").does_not_say("finished db");
        assert_eq!(notes(site).len(), 1);
        site.repair();
        let run = run().exits(0).says("finished app: 2 of 2 hosts").ran("drain", "A zulu, B1 mike, A kilo kilo");
        assert_eq!(run.output.matches("finished db: 1 of 1 hosts").count(), 2, "{}", run.output);
        assert_eq!(notes(site).len(), 3);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_passes_over_the_begin_of_a_batch_is_refused() {
    Scenario::five_hosts().on_one_ansible(|site| {
        for (option, why) in [
            ("--start-at-task=Note", "--start-at-task skips"),
            ("--skip-tags=always", "--skip-tags always"),
            ("--skip-tags=tagged", "--skip-tags tagged"),
        ] {
            site.rollout().set("rollout_version=app-1.0.0").option(option).go().fails().untouched().says(why);
        }
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_ansible_was_made_to_forget_is_no_success() {
    let role =
        "- name: Enable\n  ansible.builtin.include_role:\n    name: \"{{ lookup('env', 'SITE') }}/roles/forget\"\n";
    Scenario::five_hosts().hook("enable", role).on_each_ansible(|site| {
        let forget = "- name: Forget\n  ansible.builtin.meta: clear_host_errors\n";
        site.write("roles/forget/tasks/main.yml", forget);
        site.fail("deploy", "mike");
        let run = site.rollout().set("rollout_version=app-1.0.0").go().exits(2);
        run.says("lost: mike; a hook made Ansible forget that").ran("deploy", "A zulu, B1 mike alpha");
        site.repair();
        site.write("hooks/enable.yml", forget);
        let run = site.rollout().set("rollout_version=app-1.0.0").go().fails();
        run.untouched().says("clear_host_errors makes Ansible forget the hosts that failed");
        site.write("hooks/enable.yml", "- name: End it\n  ansible.builtin.meta: end_play\n");
        let run = site.rollout().set("rollout_version=app-1.0.0").go().exits(2);
        run.ran("deploy", "A zulu").says("app-1.0.0_groupB1, not started: mike, alpha");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_version_whose_groups_would_be_patterns_is_refused() {
    let inventory = "all:\n  children:\n    app[1]_groupA: {hosts: {zulu: }}\n    ~app_groupA: {hosts: {mike: }}\n    a:b_groupA: {hosts: {alpha: }}\n";
    Scenario::new().inventory("hosts.yml", inventory).on_one_ansible(|site| {
        for version in ["app[1]", "~app", "a:b"] {
            site.rollout()
                .set(&format!("rollout_version={version}"))
                .go()
                .fails()
                .untouched()
                .says("would be a pattern");
        }
    });
}
