//! A role-based playbook of one's own, before and after (examples/roles), and the lookups and the gate that make the difference.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::site::{Outcome, Run, Scenario, Site, test_all};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The roles of the example with commands in place of modules, each of which takes a start of Python for every host. The modules
/// themselves run in tests/examples.rs, and here with `TEST_ALL=1`.
const CHEAP_ROLES: [(&str, &str); 5] = [
    (
        "app/tasks/main.yml",
        r"
- name: Install the release, or keep the one that is there
  block:
    - name: Write it
      ansible.builtin.raw: mkdir -p {{ app_folder }} && echo {{ app_version }} > {{ app_folder }}/version
      changed_when: true
      notify: Restart the app
  rescue:
    - name: Say what is left on the host
      ansible.builtin.fail:
        msg: not installed
",
    ),
    (
        "app/handlers/main.yml",
        r"
- name: Restart the app
  ansible.builtin.raw: cp {{ app_folder }}/version {{ app_folder }}/running
",
    ),
    (
        "health/tasks/main.yml",
        r"
- name: See that it runs the release
  ansible.builtin.raw: cd {{ app_folder }} && grep -qx {{ app_version }} running && test ! -e broken
",
    ),
    (
        "balancer/tasks/leave.yml",
        r#"
- name: Make the folder that stands for the load balancer
  ansible.builtin.raw: mkdir -p {{ balancer_folder }}
  delegate_to: "{{ balancer_host }}"
  run_once: true

- name: Stop sending it requests
  ansible.builtin.raw: touch {{ balancer_folder }}/{{ inventory_hostname }}
  delegate_to: "{{ balancer_host }}"
"#,
    ),
    (
        "balancer/tasks/join.yml",
        r#"
- name: Send it requests again
  ansible.builtin.raw: rm -f {{ balancer_folder }}/{{ inventory_hostname }}
  delegate_to: "{{ balancer_host }}"
"#,
    ),
];

/// The example in the folder of a scenario, over hosts that a test can take away.
fn example(site: &Site) -> PathBuf {
    let status =
        Command::new("cp").arg("-R").arg(repository().join("examples/roles")).arg(site.path("")).status().unwrap();
    assert!(status.success());
    let _ = fs::remove_dir_all(site.path("roles/fleet"));
    if !test_all() {
        for (name, text) in CHEAP_ROLES {
            site.write(&format!("roles/roles/{name}"), &format!("---{text}"));
        }
    }
    let hosts = fs::read_to_string(site.path("roles/hosts.ini")).unwrap();
    site.write("roles/hosts.ini", &hosts.replace("ansible_connection=local\n", ""));
    // The variable by which a test takes hosts away would be a setting to it.
    site.write("roles/batches", "#!/bin/sh\nexec env -u REGAL_TEST_DOWN \"${0%batches}rollout.regal.yml\" \"$@\"\n");
    site.path("roles/hosts.ini")
}

/// A run over an inventory and its batches, with the lookups and the gate as an ansible.cfg names them.
fn over<'site>(run: Run<'site>, inventories: &[PathBuf]) -> Run<'site> {
    let program = Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap().to_owned();
    let path = env::join_paths([program].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap()))).unwrap();
    let run = run
        .env("PATH", path.to_str().unwrap())
        .configure("ANSIBLE_LOOKUP_PLUGINS", repository().join("plugins/lookup").to_str().unwrap())
        .configure("ANSIBLE_ROLES_PATH", repository().join("roles").to_str().unwrap());
    inventories.iter().fold(run, |run, inventory| run.inventory(inventory.clone()))
}

/// The hosts that run the release, and those that the load balancer sends nothing to.
fn fleet(site: &Site) -> (Vec<String>, Vec<String>) {
    let names = |folder: &str| {
        let mut names: Vec<String> = (fs::read_dir(site.path(folder)).into_iter().flatten())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let running = |host: &String| site.path(&format!("roles/fleet/{host}/running")).exists();
    (names("roles/fleet").into_iter().filter(running).collect(), names("roles/fleet/lb1/out"))
}

fn webs(numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(|number| format!("web{number:02}")).collect()
}

/// web05 fails its health check, web06 cannot be reached; both are in B2.
#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_example_before_and_after() {
    Scenario::new().on_each_ansible(|site| {
        let hosts = example(site);
        let run = |playbook: &str| {
            let inventories = [hosts.clone(), site.path("roles/batches")];
            over(site.rollout().playbook(site.path("roles").join(playbook)), &inventories)
                .configure("ANSIBLE_FORKS", "5")
                .go()
        };
        let begin = || {
            let _ = fs::remove_dir_all(site.path("roles/fleet"));
            site.write("roles/fleet/web05/broken", "");
            site.down("web06");
        };
        begin();
        run("before.yml").fails();
        let all_but_06 = webs((1..=12).filter(|number| *number != 6));
        assert_eq!(fleet(site), (all_but_06, webs(5..=6)), "the lost do not keep it from the last host");

        begin();
        let outcome = run("site.yml").fails();
        assert_eq!(fleet(site), (webs(1..=5), webs(5..=6)), "web04 is back, and B3 did not begin");
        outcome
            .says("web_groupB3 does not begin: hosts are lost, which failed or could not be reached")
            .says("lost in web_groupB2: web05, web06")
            .says("not begun: web_groupB3, web_groupB4")
            .says("with --limit web05,web06,web_groupB3,web_groupB4 it skips the hosts that are done");

        // Why it is not in the example: what is healthy stays out of service.
        let strict = fs::read_to_string(site.path("roles/site.yml")).unwrap();
        site.write(
            "roles/strict.yml",
            &strict.replace("  order: inventory\n", "  order: inventory\n  max_fail_percentage: 0\n"),
        );
        site.repair();
        let _ = fs::remove_dir_all(site.path("roles/fleet"));
        site.write("roles/fleet/web05/broken", "");
        run("strict.yml").exits(2);
        assert_eq!(fleet(site).1, webs(4..=6));
    });
}

/// A play of one task a host, which writes the journal.
fn play(version: &str, keywords: &str) -> String {
    format!(
        "---\n- hosts: \"{{{{ lookup('batch_groups', {version}) }}}}\"\n  serial: \"{{{{ lookup('batch_sizes', {version}) }}}}\"\n  \
         gather_facts: false\n{keywords}  pre_tasks:\n    - ansible.builtin.import_role:\n        name: gate\n      run_once: true\n  \
         tasks:\n    - ansible.builtin.raw: \"echo deploy {{{{ inventory_hostname }}}} \
         {{{{ ansible_play_batch | length }}}} x >> journal; test ! -e deploy-{{{{ inventory_hostname }}}}\"\n"
    )
}

fn run_of(site: &Site, play: &str) -> Outcome {
    run_with(site, play, |run| run)
}

fn run_with(site: &Site, play: &str, more: impl Fn(Run<'_>) -> Run<'_>) -> Outcome {
    site.write("site.yml", play);
    more(over(site.rollout().playbook(site.path("site.yml")), &[])).go()
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn b10_comes_after_b9_and_a_limit_shifts_nothing() {
    let batches = ["a", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9 b9b b9c", "b10"];
    let scenario = Scenario::new().version("app-1.0.0", &batches);
    scenario.on_one_ansible(|site| {
        let app = play("'app-1.0.0'", "");
        run_of(site, &app).exits(0).ran("deploy", "1 a b1 b2 b3 b4 b5 b6 b7 b8, 3 b9 b9b b9c, 1 b10");
        let limited = |limit: &str| run_with(site, &app, |run| run.option("--limit").option(limit)).exits(0);
        limited("all:!b3:!b9b").ran("deploy", "1 a b1 b2 b4 b5 b6 b7 b8, 2 b9 b9c, 1 b10");
        limited("app-1.0.0_groupB9").ran("deploy", "3 b9 b9b b9c");
        // query() gives the same, and so does a version in a list.
        let queried = app.replace("lookup(", "query(").replace("'app-1.0.0'", "['app-1.0.0']");
        run_of(site, &queried).exits(0).ran("deploy", "1 a b1 b2 b3 b4 b5 b6 b7 b8, 3 b9 b9b b9c, 1 b10");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_gate_stops_at_each_kind_of_loss_with_ansibles_exit_code() {
    Scenario::five_hosts().on_each_ansible(|site| {
        let app = play("'app-1.0.0'", "");
        site.down("mike");
        run_of(site, &app)
            .exits(4)
            .ran("deploy", "1 zulu, 2 alpha")
            .says("app-1.0.0_groupB2 does not begin")
            .says("lost in app-1.0.0_groupB1: mike")
            .says("with --limit mike,app-1.0.0_groupB2 it");
        // What the run itself left out stays out of the command.
        run_with(site, &app, |run| run.option("--limit").option("all:!bravo"))
            .exits(4)
            .says("with --limit mike,yankee it");
        run_with(site, &app, |run| run.set("gate_max_failed=1"))
            .exits(4)
            .ran("deploy", "1 zulu, 2 alpha yankee bravo")
            .says("lost before: mike");
        site.repair();
        site.fail("deploy", "alpha");
        run_of(site, &app).exits(2).ran("deploy", "1 zulu, 2 mike alpha").says("lost in app-1.0.0_groupB1: alpha");
        site.repair();
        for host in ["mike", "alpha"] {
            site.down(host);
        }
        run_of(site, &app).exits(4).ran("deploy", "1 zulu");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn facts_that_cannot_be_gathered_stop_their_own_batch() {
    Scenario::five_hosts().on_one_ansible(|site| {
        site.down("mike");
        run_of(site, &play("'app-1.0.0'", "").replace("gather_facts: false", "gather_facts: true"))
            .exits(4)
            .ran("deploy", "1 zulu")
            .says("app-1.0.0_groupB1 does not begin")
            .says("with --limit app-1.0.0_groupB1,app-1.0.0_groupB2 it");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_ended_host_is_not_lost_and_a_play_below_needs_its_own_gate() {
    Scenario::five_hosts().on_one_ansible(|site| {
        let app = play("'app-1.0.0'", "");
        let end = "  tasks:\n    - ansible.builtin.meta: end_host\n      when: inventory_hostname == 'mike'\n";
        run_of(site, &app.replace("  tasks:\n", end)).exits(0).ran("deploy", "1 zulu alpha, 2 yankee bravo");
        site.fail("deploy", "mike");
        let second = app.trim_start_matches("---\n").replace("echo deploy", "echo check");
        run_of(site, &format!("{app}{second}")).exits(2).ran("check", "").says("app-1.0.0_groupA does not begin");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_play_that_is_not_cut_by_the_batches_is_refused_at_its_first() {
    Scenario::five_hosts().on_one_ansible(|site| {
        let app = play("'app-1.0.0'", "");
        for cut in [play("'app-1.0.0'", "  order: sorted\n"), app.replace("lookup('batch_sizes', 'app-1.0.0')", "2")] {
            run_of(site, &cut).exits(2).untouched().says("are not a batch of the inventory");
            let by_hand = run_with(site, &cut, |run| run.option("-e").option("{gate_exact: false}"));
            by_hand.exits(0).says("the batch of");
        }
        run_with(site, &app, |run| run.set("gate_max_failed=-1")).fails().untouched();
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_cannot_be_is_said_before_any_host_is_touched() {
    let scenario = Scenario::new().version("app-1.0.0", &["zulu", "mike"]).version("db-7.0.0", &["delta", "zulu"]);
    scenario.on_one_ansible(|site| {
        let refused = |version: &str, message: &str| {
            run_of(site, &play(version, "")).fails().untouched().says(message);
        };
        refused("'app-1.0'", "no version app-1.0; the inventory has app-1.0.0, db-7.0.0");
        refused("1.10", "the version 1.1 is not text: quote it, since YAML reads 1.10 as 1.1");
        refused("''", "name a version, such as batch_groups('app-1.0.0')");
        refused(
            "'app-1.0.0', 'db-7.0.0'",
            "zulu is in app-1.0.0_groupA and in db-7.0.0_groupB1; roll out its versions one at a time",
        );
        run_with(site, &play("'app-1.0.0'", ""), |run| run.option("--limit").option("delta"))
            .fails()
            .untouched()
            .says("no host of app-1.0.0 is left by --limit delta");
        // Neither of them looks at what is there.
        let syntax = play("'app-9'", "");
        run_with(site, &syntax, |run| run.option("--syntax-check")).exits(0).untouched();
        run_with(site, &play("'app-1.0.0'", ""), |run| run.option("--list-hosts"))
            .exits(0)
            .untouched()
            .says("hosts (2)");
    });
    let without = Scenario::new().inventory("hosts.ini", "[web]\nweb1\n");
    without.on_one_ansible(|site| {
        run_of(site, &play("'web'", "")).fails().untouched().says("the inventory has no batches");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_name_that_is_a_template_is_refused_where_ansible_would_run_it() {
    let name = "a{{lookup('pipe','touch${IFS}pwned')}}";
    let hosts = format!("[app-1.0.0_groupA]\nzulu\n[app-1.0.0_groupB1]\n{name}\n");
    Scenario::new().inventory("hosts.ini", &hosts).on_each_ansible(|site| {
        let outcome = run_of(site, &play("'app-1.0.0'", ""));
        if site.ansible().to_string_lossy().contains("2.16") {
            outcome.fails().untouched().says("the name of a host is a template, which Ansible before 2.19 would run");
        }
        assert!(!site.path("pwned").exists());
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn the_collections_names_do_the_same() {
    Scenario::five_hosts().on_each_ansible(|site| {
        site.write("collections/ansible_collections/regal/.keep", "");
        symlink(repository(), site.path("collections/ansible_collections/regal/rollout")).unwrap();
        let full = play("'app-1.0.0'", "")
            .replace("'batch_", "'regal.rollout.batch_")
            .replace(": gate", ": regal.rollout.gate");
        site.write("site.yml", &full);
        site.down("mike");
        let run = site.rollout().playbook(site.path("site.yml"));
        let outcome = run.env("ANSIBLE_COLLECTIONS_PATH", site.path("collections").to_str().unwrap()).go();
        outcome.exits(4).ran("deploy", "1 zulu, 2 alpha").says("with --limit mike,app-1.0.0_groupB2 it");
        let lookups = ["groups", "sizes", "gate"].map(|name| format!("regal.rollout.batch_{name}")).join(" ");
        let documentation = site.ansible().join("ansible-doc");
        let shown = site
            .shell(&format!("ANSIBLE_COLLECTIONS_PATH=collections {} -t lookup {lookups}", documentation.display()));
        shown.exits(0).says("Quote a version in YAML, which reads 1.10 as 1.1");
    });
}

/// The first block of the page is the difference between the two playbooks.
#[test]
fn the_documented_difference_is_that_of_the_example() {
    let output = Command::new("diff")
        .args(["-u", "--label", "before.yml", "--label", "site.yml", "before.yml", "site.yml"])
        .current_dir(repository().join("examples/roles"))
        .output()
        .unwrap();
    let page = fs::read_to_string(repository().join("docs/own-playbook.md")).unwrap();
    let block = page.split("```diff\n").nth(1).unwrap().split("```").next().unwrap();
    let difference = String::from_utf8(output.stdout).unwrap();
    assert_eq!(block, difference);
    // The README shows its changed lines, in order.
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let shown = readme.split("```diff\n").nth(1).unwrap().split("```").next().unwrap();
    let changed = |text: &str| -> Vec<String> {
        let changed = text.lines().filter(|line| line.starts_with(['+', '-']) && line.len() > 1);
        changed.filter(|line| !line.starts_with("---") && !line.starts_with("+++")).map(str::to_owned).collect()
    };
    assert_eq!(changed(shown), changed(&difference));
}
