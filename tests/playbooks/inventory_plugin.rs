//! The inventory plugin regal.rollout.batches: what it reads, what it leaves to others, and what it says.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::collection::{ANSIBLE_CFG, CONFIGURATION, INVENTORIES, furnish, shell, small, without_program};
use super::site::{Outcome, Scenario, Site};

/// What may be a template and what may not, in the values of hosts and groups; `cache` is a key of ours, and a word of Ansible's.
const MANY: &str = r#"
all:
  children:
    web:
      hosts:
        web1: {app_version: a-1, sum: "{{ 1 + 1 }}", literal: !unsafe "{{ 1 + 1 }}", float: 1.50, deep: [1, {x: "{{ sum }}"}], word: "é\u2028b"}
        web2: {app_version: a-1, ansible_port: 22, nothing: null, nan: .nan}
      vars: {name: "{{ inventory_hostname }}"}
    ungrouped: {hosts: {lone: {app_version: a-1}}}
"#;

fn graph(site: &Site, environment: &str) -> Outcome {
    shell(site, &format!("{environment} ansible-inventory {INVENTORIES} --graph"))
}

/// A program that stands in for ours.
fn program(site: &Site, path: &str, script: &str) {
    site.write(path, &format!("#!/bin/sh\n{script}\n"));
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn it_gives_what_the_executable_configuration_gives() {
    Scenario::new().inventory("hosts.yml", MANY).on_each_ansible(|site| {
        furnish(site);
        let keys = "inventory: hosts.yml\nversion_from: {var: app_version}\ncache: 5m\n";
        site.write("group_vars/web.yml", "vault: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nfrom_file: true\n");
        site.write(
            "script.regal.yml",
            &format!("#!/usr/bin/env -S regal-inventory --config\nplugin: regal-inventory\n{keys}"),
        );
        site.write("plugin.regal.yml", &format!("plugin: regal.rollout.batches\n{keys}"));
        let show = "{{ [sum | default(''), literal | default(''), deep | default(''), name | default('')] }}";
        let task = "  gather_facts: false\n  connection: local\n  tasks:\n    - ansible.builtin.debug:\n        msg: ";
        site.write("show.yml", &format!("- hosts: all\n{task}\"{show}\"\n"));
        let of = |kind: &str| {
            let list = shell(site, &format!("ansible-inventory -i {kind}.regal.yml --list")).exits(0).output;
            assert!(list.contains("\"a-1_groupB1\""), "{list}");
            let shown =
                shell(site, &format!("ANSIBLE_FORKS=1 ansible-playbook -i {kind}.regal.yml show.yml")).exits(0).output;
            (list.replace(&format!("{kind}.regal.yml"), "FILE"), shown)
        };
        let (script, plugin) = (of("script"), of("plugin"));
        assert_eq!(script, plugin);
        assert!(plugin.1.contains("\"{{ 1 + 1 }}\""), "{}", plugin.1);
        assert!(plugin.1.contains("\"web1\""), "{}", plugin.1);
    });
}

/// By its first line where it may be run, by the plugin where it may not.
#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_frozen_plan_is_an_inventory_by_itself() {
    Scenario::new().inventory("hosts.yml", MANY).on_each_ansible(|site| {
        furnish(site);
        site.write("made.yml", "inventory: hosts.yml\nversion_from: {var: app_version}\n");
        shell(site, "regal-inventory --config made.yml plan --save script.rollout.yml --no-time").exits(0);
        shell(site, "cp script.rollout.yml plugin.rollout.yml && chmod a-x plugin.rollout.yml").exits(0);
        let enabled = "ANSIBLE_INVENTORY_ENABLED=script,regal.rollout.batches,yaml";
        let of = |kind: &str, more: &str| {
            let graph = format!("{more} ansible-inventory -i hosts.yml -i {kind}.rollout.yml --graph");
            let graph = shell(site, &graph).exits(0).output;
            assert!(graph.contains("@a-1_groupB1:"), "{graph}");
            graph
        };
        let before = of("script", "");
        assert_eq!(of("plugin", enabled), before);
        // the batches stay when a host comes first; without a check for drift, which would refuse it
        let more = MANY.replace("        web1:", "        web0: {app_version: a-1}\n        web1:");
        site.write("hosts.yml", &more);
        let after = of("script", "REGAL_DRIFT=ignore");
        let batches = |graph: &str| graph[graph.find("@regal:").unwrap()..].to_owned();
        assert_eq!(batches(&after), batches(&before));
        shell(site, "ansible-inventory -i hosts.yml -i script.rollout.yml --graph").fails().says("web0");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn our_message_stands_first_and_whole() {
    small().on_each_ansible(|site| {
        furnish(site);
        site.write("rollout.regal.yml", &format!("{CONFIGURATION}btach_size: 3\n"));
        let own = shell(site, "regal-inventory --config $PWD/rollout.regal.yml --list").exits(1).output;
        assert!(own.contains("unknown key `btach_size`"), "{own}");
        for plugins in ["", "ANSIBLE_INVENTORY_ENABLED=regal.rollout.batches,host_list,auto,yaml,ini"] {
            let run = graph(site, plugins).fails();
            assert!(run.output.starts_with(&own), "{}", run.output);
            assert_eq!(run.output.matches("hint:").count(), own.matches("hint:").count(), "{}", run.output);
        }
        // Without `any_unparsed_is_failed` Ansible goes on, and says so.
        site.write("ansible.cfg", "");
        let run = graph(site, "").exits(0).says("Unable to parse");
        assert!(run.output.starts_with(&own), "{}", run.output);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_program_is_found_where_it_is_named_in_path_or_in_the_python_package() {
    small().on_one_ansible(|site| {
        furnish(site);
        let graph = format!("ansible-inventory {INVENTORIES} --graph");
        let without = |environment: &str| without_program(site, &format!("{environment} {graph}"));
        without("").fails().says("error: the program regal-inventory was not found in PATH").says("REGAL_INVENTORY_BINARY=PATH");
        without("PATH=$PATH:$PWD/bin").exits(0).says("@shop-2.5.0_groupB2:");
        without("REGAL_INVENTORY_BINARY=bin/regal-inventory").exits(0).says("@shop-2.5.0_groupB2:");

        fs::create_dir_all(site.path("python/regal_inventory/bin")).unwrap();
        // Code of the package is not run.
        site.write("python/regal_inventory/__init__.py", "raise SystemExit('imported')\n");
        symlink(env!("CARGO_BIN_EXE_regal-inventory"), site.path("python/regal_inventory/bin/regal-inventory")).unwrap();
        without("PYTHONPATH=$PWD/python").exits(0).says("@shop-2.5.0_groupB2:").does_not_say("imported");

        // Relative to ansible.cfg, wherever Ansible is started.
        site.write("ansible.cfg", &format!("{ANSIBLE_CFG}[regal_rollout]\nbinary = bin/regal-inventory\n"));
        without("").exits(0).says("@shop-2.5.0_groupB2:");
        let elsewhere = "mkdir -p x && cd x && ANSIBLE_CONFIG=../ansible.cfg ansible-inventory -i ../hosts.ini -i ../rollout.regal.yml --graph";
        without_program(site, elsewhere).exits(0).says("@shop-2.5.0_groupB2:");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_program_that_cannot_be_used_is_named_with_what_to_do() {
    small().on_one_ansible(|site| {
        furnish(site);
        let refused = |path: &str, message: &str| {
            let run = graph(site, &format!("REGAL_INVENTORY_BINARY=$PWD/{path}")).fails();
            let line = run.output.lines().next().unwrap_or_default();
            let place = format!("error: {}: ", site.path(path).display());
            assert!(line.starts_with(&place) && line.contains(message), "{path}\n{}", run.output);
            assert!(run.output.lines().nth(1).is_some_and(|line| line.starts_with("  hint: ")), "{}", run.output);
        };
        refused("nowhere", "no such file, which env: REGAL_INVENTORY_BINARY names");
        site.write("data", "no program\n");
        refused("data", "may not be run: Permission denied");
        fs::set_permissions(site.path("data"), fs::Permissions::from_mode(0o755)).unwrap();
        refused("data", "cannot be run: Exec format error");
        site.write("lost", "#!/no/such/interpreter\n");
        refused("lost", "cannot be run: No such file or directory");
        program(site, "other", "echo jq-1.7");
        refused("other", "is not regal-inventory, or does not run here; --version printed: jq-1.7");
        program(site, "old", "echo regal-inventory 0.0.9");
        refused("old", "this is regal-inventory 0.0.9, and the collection regal.rollout needs 0.1.0 or newer");
        program(site, "killed", "case $1 in --version) echo regal-inventory 0.1.0;; *) kill -KILL $$;; esac");
        let run = graph(site, "REGAL_INVENTORY_BINARY=$PWD/killed").fails();
        run.says("killed: ended by SIGKILL, with no message");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn misspelt_options_are_named() {
    small().on_one_ansible(|site| {
        furnish(site);
        let unknown = graph(site, "REGAL_INVENTORY_BINRAY=x").fails();
        unknown
            .says("unknown environment variable REGAL_INVENTORY_BINRAY")
            .says("did you mean REGAL_INVENTORY_BINARY?");
        site.write("ansible.cfg", &format!("{ANSIBLE_CFG}[regal_rollout]\nbinray = x\n"));
        graph(site, "")
            .fails()
            .says("ansible.cfg: unknown option `binray` in [regal_rollout]")
            .says("did you mean `binary`?");
        site.write("ansible.cfg", &format!("{ANSIBLE_CFG}[regal-rollout]\nbinary = x\n"));
        graph(site, "")
            .fails()
            .says("ansible.cfg: unknown section [regal-rollout]")
            .says("the section is [regal_rollout]");
        // The plugin's options are none of the file's.
        site.write("ansible.cfg", ANSIBLE_CFG);
        site.write("rollout.regal.yml", &format!("{CONFIGURATION}binary: x\n"));
        graph(site, "").fails().says("rollout.regal.yml:7:1: unknown key `binary`");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn files_of_others_are_left_alone() {
    small().on_one_ansible(|site| {
        furnish(site);
        let enabled = "ANSIBLE_INVENTORY_ENABLED=regal.rollout.batches,yaml,ini";
        // Not by the name of the file, nor by the word somewhere in it.
        let texts = [
            "all: {hosts: {web7: {plugin: regal-inventory}}}\n",
            "web:\n  hosts:\n    web7:\n  vars:\n    note: |\n      plugin: regal-inventory\n",
            "plugins:\n  hosts: {web7: {note: 'plugin: regal.rollout.batches'}}\n",
        ];
        for text in texts {
            site.write("other.regal.yml", text);
            shell(site, &format!("{enabled} ansible-inventory -i other.regal.yml --graph")).exits(0).says("|--web7");
        }
        site.write("other.regal.yml", "plugin: amazon.aws.aws_ec2\n# plugin: regal-inventory\n");
        let other = shell(site, &format!("{enabled} ansible-inventory -i other.regal.yml --graph")).fails();
        other.does_not_say("regal-inventory gives no inventory");
        // Ours under any name, and with what is wrong in it.
        for name in ["shop.yml", "shop.regal.yaml", "regal.yml"] {
            site.write(name, &CONFIGURATION.replace("regal.rollout.batches", "'regal-inventory'  # the plugin"));
            shell(site, &format!("{enabled} ansible-inventory -i {name} --graph"))
                .exits(0)
                .says("@shop-2.5.0_groupB2:");
        }
        site.write("shop.yml", &format!("{CONFIGURATION}canary: [1\n"));
        let broken = shell(site, &format!("{enabled} ansible-inventory -i shop.yml --graph")).fails();
        assert!(broken.output.starts_with("error: "), "{}", broken.output);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn sources_are_relative_to_the_configuration() {
    Scenario::new().inventory("production/hosts", super::collection::HOSTS).on_one_ansible(|site| {
        furnish(site);
        site.write("rollout.regal.yml", &CONFIGURATION.replace("hosts.ini", "production"));
        site.write("production/group_vars/web.yml", "color: red\n");
        let run = "mkdir -p x && cd x && ANSIBLE_CONFIG=../ansible.cfg ansible-inventory -i ../production/ -i ../rollout.regal.yml";
        shell(site, &format!("{run} --graph")).exits(0).says("@shop-2.5.0_groupB2:");
        shell(site, &format!("{run} --host web4")).exits(0).says("\"color\": \"red\"");
        // Inside the folder of the inventory, which the configuration reads.
        site.write("production/rollout.regal.yml", &CONFIGURATION.replace("hosts.ini", "."));
        shell(site, "ansible-inventory -i production/ --graph").exits(0).says("@shop-2.5.0_groupB2:").says("@web:");
        shell(site, "ansible-inventory -i production/ -i production/rollout.regal.yml --graph").exits(0);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn two_inventories_of_ours_are_refused() {
    small().on_one_ansible(|site| {
        furnish(site);
        site.write("second.regal.yml", CONFIGURATION);
        let both = shell(
            site,
            &format!(
                "ansible-playbook {INVENTORIES} -i second.regal.yml regal.rollout.rollout -e rollout_version=shop-2.5.0"
            ),
        );
        let (first, second) = (site.path("rollout.regal.yml"), site.path("second.regal.yml"));
        let place = format!(
            "error: {}: an inventory of regal-inventory was read already, {}",
            second.display(),
            first.display()
        );
        both.fails()
            .says(&place)
            .says("one configuration with a list of sources under `inventory`")
            .does_not_say("PLAY [");
        // An executable one, too, if it is read before.
        site.write("script", "#!/bin/sh\nexec regal-inventory --config rollout.regal.yml \"$@\"\n");
        shell(site, "ansible-inventory -i hosts.ini -i script -i second.regal.yml --graph")
            .fails()
            .says("/script: the batches of two would be mixed");
    });
}
