//! Text of an inventory is data: no name, version, label or note runs as a template, whatever it says.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::site::{Scenario, Site};

/// A text that leaves a file named after itself, should it run. `NUMBER` is put in later.
fn template() -> impl Strategy<Value = String> {
    let call = "lookup('pipe','cd $SITE; touch ran-NUMBER')";
    let form = prop_oneof![
        Just(format!("{{{{ {call} }}}}")),
        Just(format!("{{{{- {call} -}}}}")),
        Just(format!("{{% if {call} %}}{{% endif %}}")),
        Just(format!("{{%- set x = {call} -%}}")),
        Just(format!("{{# a #}}{{{{ {call} }}}}")),
    ];
    ("[a-z]{0,3}", form, "[a-z]{0,3}").prop_map(|(before, form, after)| format!("{before}{form}{after}"))
}

/// The source, and what makes a plan of it.
fn inventory(runner: &mut TestRunner) -> (String, String) {
    let mut number = 0;
    let mut text = || {
        number += 1;
        template().new_tree(runner).unwrap().current().replace("NUMBER", &number.to_string()).replace('\'', "''")
    };
    let local = "{ansible_connection: local}";
    let (alone, first, second, group, version) = (text(), text(), text(), text(), text());
    let source = format!(
        "all:
  vars:
    control: \"{{{{ lookup('pipe', 'cd $SITE; touch control') }}}}\"
single:
  hosts:
    '{alone}': {local}
several:
  hosts:
    '{first}': {local}
    '{second}': {local}
    mike: {local}
    zulu: {local}
'z_{group}':
  hosts:
    '{first}':
z_two:
  hosts:
    '{second}':
    mike:
    zulu:
"
    );
    let config = format!(
        "plugin: regal-inventory
inventory: ../hosts.yml
group_names: safe
versions:
  one: single
  two: {{hosts: several, spread: {{by: 'group:z_*', max_unavailable: 10%}}}}
  '{version}': {{hosts: several, canary: 1, batch_size: 10%, bake: 1}}
"
    );
    (source, config)
}

/// Shows every variable of ours, and what is in it, on every host.
const SHOW: &str = "
- name: Show what the inventory says of the plan
  hosts: all
  gather_facts: false
  tasks:
    - name: Show
      ansible.builtin.debug:
        msg: \"{{ lookup('vars', item) }} {{ lookup('vars', item) | to_nice_json }}\"
      loop: \"{{ query('varnames', '^regal_') }}\"
    - name: Show the notes and the version
      ansible.builtin.debug:
        msg: \"{{ regal_notes | default([]) }} {{ regal_notes | default([]) | join('; ') }} {{ regal_version }}\"
    - name: Set and show
      ansible.builtin.set_fact:
        shown: \"{{ regal_notes | default([]) + [regal_version] }}\"
    - name: Show what was set
      ansible.builtin.debug:
        var: shown
";
/// That a template of the source itself does run.
const CONTROL: &str = "
- name: Show a variable of the source
  hosts: zulu
  gather_facts: false
  tasks:
    - name: Show
      ansible.builtin.debug:
        var: control
";
const HOOK: &str = "
- name: Show what a hook is told
  ansible.builtin.debug:
    msg: \"{{ rollout_target }} {{ rollout_batch }} {{ rollout_failed }} {{ rollout_group }}\"
";

/// What ran, by the files it left.
fn ran(site: &Site) -> Vec<String> {
    let names = fs::read_dir(site.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("ran-") || name == "control").collect()
}

fn write(site: &Site, runner: &mut TestRunner, groups_only: bool) {
    let (source, config) = inventory(runner);
    site.write("hosts.yml", &source);
    fs::create_dir_all(site.path("plan")).unwrap();
    site.write("plan/two.regal.yml", &format!("{config}groups_only: {groups_only}\n"));
    let program = env!("CARGO_BIN_EXE_regal-inventory");
    site.write(
        "plan/regal",
        &format!(
            "#!/bin/sh\nexec env -u REGAL_TEST_DOWN {program} --config {}/two.regal.yml \"$@\"\n",
            site.path("plan").display()
        ),
    );
    site.write("show.yml", &format!("---{SHOW}"));
    site.write("control.yml", &format!("---{CONTROL}"));
    for hook in ["drain", "deploy", "check", "enable"] {
        site.write(&format!("hooks/{hook}.yml"), &format!("---{HOOK}"));
    }
}

/// Whether names of hosts run wherever a playbook looks at `groups`, with any inventory.
fn fills_in_names(site: &Site) -> bool {
    let version = |text: &str| site.ansible().ancestors().any(|part| part.ends_with(Path::new(text)));
    version("ansible-2.16")
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn no_text_of_an_inventory_runs() {
    Scenario::new().on_each_ansible(|site| {
        let mut runner = TestRunner::deterministic();
        for groups_only in [true, false] {
            write(site, &mut runner, groups_only);
            let sources = || if groups_only { vec!["hosts.yml", "plan/regal"] } else { vec!["plan/regal"] };
            let run = |playbook: &str| {
                let run = site.rollout().playbook(site.path(playbook));
                sources().into_iter().fold(run, |run, source| run.inventory(site.path(source)))
            };
            run("show.yml").go().exits(0).says("is the only host: there is no group B").says("is less than one host");
            assert_eq!(ran(site), [""; 0], "shown, groups_only: {groups_only}");

            for (version, option) in [("one", "--diff"), ("two", "--check")] {
                let rollout = sources().into_iter().fold(site.rollout(), |run, name| run.inventory(site.path(name)));
                let outcome = rollout.set(&format!("rollout_version={version}")).option(option).go();
                if fills_in_names(site) {
                    outcome.fails().says("the name of a host is a template");
                } else {
                    outcome.exits(0).says("note: ");
                }
                assert_eq!(ran(site), [""; 0], "rolled out, groups_only: {groups_only}");
            }

            run("control.yml").go().exits(0);
            assert_eq!(ran(site), ["control"], "groups_only: {groups_only}");
            fs::remove_file(site.path("control")).unwrap();
        }
    });
}
