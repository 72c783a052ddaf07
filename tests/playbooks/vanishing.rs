//! Hosts that are away for a moment of a rollback: lost, and left alone from then on, however soon they are back.

use super::site::{Outcome, Run, Scenario, Site};

/// At the end of each hook: `cut=HOOK` has mike unreachable for one command there.
const CUT: &str = "\
- name: Cut the line for one command
  ansible.builtin.raw: mkdir -p down && echo 1 > down/mike
  when:
    - inventory_hostname == 'mike'
    - rollout_step == cut | default('')
- name: Need the line
  ansible.builtin.raw: 'true'
- name: Go on
  ansible.builtin.raw: echo {{ rollout_step }}-end {{ inventory_hostname }} {{ rollout_batch }} x >> journal
";

fn back(site: &Site) -> Run<'_> {
    site.rollback().set("rollout_version=app").set("rollout_back_to=old").set("rollout_from=B2")
}

fn cut_in_every_hook() -> Scenario {
    let scenario = Scenario::new().version("app", &["zulu", "mike", "yankee bravo"]);
    ["drain", "deploy", "check", "enable"].iter().fold(scenario, |scenario, hook| scenario.hook(hook, CUT))
}

/// Of a batch of one, so that it is lost as a whole; the batches before and after it come back.
#[track_caller]
fn lost_in(site: &Site, hook: &str, stands: &str) {
    let hooks = ["drain", "deploy", "check", "enable"];
    let cut = hooks.iter().position(|name| *name == hook).unwrap();
    let run = back(site).set(&format!("cut={hook}")).go().exits(2);
    let run = hooks.iter().enumerate().fold(run, |run, (place, name)| {
        let began = if place <= cut { "B2 yankee bravo, B1 mike, A zulu" } else { "B2 yankee bravo, A zulu" };
        let ended = if place < cut { "B2 yankee bravo, B1 mike, A zulu" } else { "B2 yankee bravo, A zulu" };
        run.ran(name, began).ran(&format!("{name}-end"), ended)
    });
    run.says("finished going back to old: 3 of 4 hosts").says(&format!("app_groupB1, {stands}: mike"));
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_host_that_was_away_for_one_task_is_lost() {
    cut_in_every_hook().on_each_ansible(|site| lost_in(site, "drain", "lost in drain, may be drained"));
    cut_in_every_hook().on_one_ansible(|site| {
        lost_in(site, "deploy", "lost in deploy, is drained");
        lost_in(site, "check", "lost in check, is drained");
        lost_in(site, "enable", "lost in enable, may be drained");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn so_it_is_in_a_role_of_a_hook() {
    let role =
        "- name: Install\n  ansible.builtin.include_role:\n    name: \"{{ lookup('env', 'SITE') }}/roles/app\"\n";
    let scenario = Scenario::new().version("app", &["zulu", "mike alpha", "yankee"]).hook("deploy", role);
    scenario.on_one_ansible(|site| {
        site.write("roles/app/tasks/main.yml", CUT);
        back(site)
            .set("cut=deploy")
            .go()
            .exits(2)
            .ran("deploy-end", "B2 yankee, B1 alpha, A zulu")
            .ran("enable", "B2 yankee, B1 alpha, A zulu")
            .says("app_groupB1, lost in deploy, is drained: mike");
    });
}

/// Two handlers, both of a role.
fn with_handlers(site: &Site, tasks: &str) {
    site.write(
        "roles/app/tasks/main.yml",
        &format!(
            "- name: Change\n  ansible.builtin.command: 'true'\n  changed_when: true\n  notify: [Restart, Reload]\n{tasks}"
        ),
    );
    site.write(
        "roles/app/handlers/main.yml",
        "- name: Restart\n  ansible.builtin.raw: echo restart {{ inventory_hostname }} {{ rollout_batch }} x >> journal\n\
         - name: Reload\n  ansible.builtin.raw: echo reload {{ inventory_hostname }} {{ rollout_batch }} x >> journal\n",
    );
}

const WITH_HANDLERS: &str =
    "- name: Install\n  ansible.builtin.include_role:\n    name: \"{{ lookup('env', 'SITE') }}/roles/app\"\n";

#[test]
#[ignore = "needs ansible; run tests/run"]
fn so_it_is_in_a_handler() {
    let scenario = Scenario::new().version("app", &["zulu", "mike", "yankee"]).hook("deploy", WITH_HANDLERS);
    scenario.on_each_ansible(|site| {
        with_handlers(
            site,
            "- name: Cut the line for the first handler\n  ansible.builtin.raw: mkdir -p down && echo 1 > down/mike\n  \
             when: inventory_hostname == 'mike'\n",
        );
        back(site)
            .go()
            .exits(2)
            .ran("restart", "B2 yankee, A zulu")
            .ran("reload", "B2 yankee, A zulu")
            .ran("check", "B2 yankee, A zulu")
            .says("app_groupB1, lost in deploy, is drained: mike");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_handlers_of_a_lost_host_do_not_run() {
    let scenario = Scenario::new().version("app", &["zulu", "mike alpha", "yankee"]).hook("deploy", WITH_HANDLERS);
    scenario.on_one_ansible(|site| {
        with_handlers(site, "- name: Break\n  ansible.builtin.raw: test {{ inventory_hostname }} != mike\n");
        let lost = |run: Outcome| run.exits(2).says("app_groupB1, lost in deploy, is drained: mike");
        lost(back(site).go()).ran("restart", "B2 yankee, B1 alpha, A zulu").ran("check", "B2 yankee, B1 alpha, A zulu");
        // Nor forward, whatever the configuration says.
        let rollout = site.rollout().set("rollout_version=app").env("ANSIBLE_FORCE_HANDLERS", "true");
        lost(rollout.go()).ran("restart", "A zulu, B1 alpha").ran("enable", "A zulu, B1 alpha");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn so_it_is_before_the_hooks() {
    let installed = "- name: Say that it is not there yet\n  ansible.builtin.set_fact:\n    rollout_installed: false\n";
    let scenario = cut_in_every_hook().hook("installed", CUT).hook("installed", installed);
    scenario.on_one_ansible(|site| {
        let lost = |run: Outcome| {
            run.exits(2).ran("drain", "B2 yankee bravo, A zulu").says("app_groupB1, lost before drain: mike");
        };
        lost(back(site).set("cut=installed").go());
        // While facts are gathered.
        site.write("down/mike", "1");
        lost(back(site).set("rollout_gather_facts=true").go());
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_task_that_runs_once_and_cannot_reach_its_host_loses_the_batch_and_no_other() {
    let inventory = "[app_groupA]\nzulu\n[app_groupB1]\nmike\nalpha\n[app_groupB2]\nyankee\n[balancers]\nlb\n";
    let once = "- name: Take the batch out\n  ansible.builtin.raw: 'true'\n  run_once: true\n  delegate_to: \"{{ 'lb' if 'mike' in ansible_play_batch else inventory_hostname }}\"\n";
    let scenario = Scenario::new().inventory("hosts.ini", inventory).hook("drain", once);
    scenario.on_each_ansible(|site| {
        site.down("lb");
        let run = back(site).go().exits(2);
        assert!(!run.journal.contains("deploy mike") && !run.journal.contains("deploy alpha"), "{}", run.journal);
        // It ends the run there.
        if !site.ansible().to_string_lossy().contains("ansible-2.16") {
            run.ran("drain", "B2 yankee, B1 mike alpha, A zulu")
                .ran("deploy", "B2 yankee, A zulu")
                .says("finished going back to old: 2 of 4 hosts")
                .says("app_groupB1, lost in drain, may be drained: mike, alpha");
        }
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_front_that_cannot_be_told_loses_the_batch_and_no_other() {
    let inventory = "[app_groupA]\nzulu\n[app_groupB1]\nmike\nalpha\n[app_groupB2]\nyankee\n[balancers]\nlb\n";
    let front = "- name: Tell\n  ansible.builtin.raw: test ! -e broken-{{ step }}\n  delegate_to: \"{{ 'lb' if step == cut | default('') else 'zulu' }}\"\n  \
                 vars:\n    step: \"{{ rollout_batch }}-{{ 'begin' if rollout_in_progress else 'end' }}\"\n";
    let scenario = Scenario::new().inventory("hosts.ini", inventory).hook("front", front);
    scenario.clone().on_one_ansible(|site| {
        site.down("lb");
        back(site)
            .set("cut=B1-begin")
            .go()
            .exits(2)
            .ran("drain", "B2 yankee, A zulu")
            .says("could not tell the front")
            .says("app_groupB1, lost before drain: mike, alpha");
        site.rollout()
            .set("rollout_version=app")
            .set("cut=B1-begin")
            .go()
            .fails()
            .ran("drain", "A zulu")
            .ran("enable", "A zulu");
    });
    scenario.on_one_ansible(|site| {
        for (name, text) in [("broken-B1-end", ""), ("down/lb", "")] {
            site.repair();
            site.write(name, text);
            back(site)
                .set("cut=B1-end")
                .go()
                .exits(2)
                .ran("enable", "B2 yankee, B1 mike alpha, A zulu")
                .says("app_groupB1, finished, but the front does not know: mike, alpha");
            std::fs::remove_file(site.path(name)).unwrap();
        }
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_interrupted_rollback_goes_on_with_all_that_is_left() {
    let stop = "- name: Stop\n  ansible.builtin.meta: end_play\n  when: rollout_batch == 'B1'\n";
    let scenario = Scenario::new().version("app", &["zulu", "mike", "yankee bravo"]).hook("deploy", stop);
    scenario.on_each_ansible(|site| {
        let stopped = back(site).go().exits(2).says("app_groupA, not started: zulu");
        let command = stopped.command();
        assert!(!command.contains("--limit"), "{command}");
        site.write("hooks/deploy.yml", "- name: Install\n  ansible.builtin.raw: echo deploy {{ inventory_hostname }} {{ rollout_batch }} x >> journal\n");
        site.shell(&command).exits(0).ran("deploy", "B2 yankee bravo, B1 mike, A zulu");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn nothing_that_was_known_before_passes_a_host_over() {
    let inventory =
        "[app_groupA]\nzulu rollout_away=1 rollout_installed=true\n[app_groupB1]\nmike\nalpha\n[app_groupB2]\nyankee\n";
    let scenario = Scenario::new().inventory("hosts.ini", inventory);
    // True once it is, and never said again.
    let installed = "- name: Say\n  ansible.builtin.set_fact:\n    rollout_installed: true\n  \
                     when: inventory_hostname == 'alpha' and rollout_target == 'app'\n";
    scenario.clone().on_each_ansible(|site| {
        back(site).go().exits(0).ran("deploy", "B2 yankee, B1 mike alpha, A zulu");
    });
    scenario.hook("installed", installed).on_each_ansible(|site| {
        let import = |playbook: &str, more: &str| {
            let path = super::site::playbooks().join(playbook).display().to_string();
            format!("- name: Run\n  ansible.builtin.import_playbook: {path}\n  vars: {{rollout_version: app, rollout_gather_facts: true{more}}}\n")
        };
        site.write("site.yml", &(import("rollout.yml", "") + &import("rollback.yml", ", rollout_back_to: old, rollout_from: B1")));
        let run = site.rollout().playbook(site.path("site.yml")).go().exits(0);
        run.ran("deploy", "A zulu, B1 mike, B2 yankee, B1 mike alpha, A zulu");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_inventory_that_is_read_again_forgets_no_host_that_was_away() {
    let again = format!("{CUT}- name: Read the inventory again\n  ansible.builtin.meta: refresh_inventory\n");
    let scenario = Scenario::new().version("app", &["zulu", "mike alpha", "yankee"]).hook("drain", &again);
    scenario.on_each_ansible(|site| {
        back(site)
            .set("cut=drain")
            .go()
            .exits(2)
            .ran("deploy", "B2 yankee, B1 alpha, A zulu")
            .says("lost in drain, may be drained: mike");
    });
}
