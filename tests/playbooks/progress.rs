//! The callback plugin regal.rollout.progress: lines of JSON about a run.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::collection::{INVENTORIES, furnish, shell, small};
use super::site::Site;

const ENABLED: &str = "ANSIBLE_CALLBACKS_ENABLED=regal.rollout.progress REGAL_ROLLOUT_PROGRESS=progress";

fn lines(site: &Site) -> Vec<Value> {
    let text = fs::read_to_string(site.path("progress")).unwrap();
    assert!(text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines of tasks with a step, as `batch host step outcome`.
fn steps(lines: &[Value]) -> Vec<String> {
    let word = |line: &Value, key: &str| line[key].as_str().unwrap_or("null").to_owned();
    let tasks = lines.iter().filter(|line| line["event"] == "task" && !line["step"].is_null());
    tasks.map(|line| ["batch", "host", "step", "outcome"].map(|key| word(line, key)).join(" ")).collect()
}

const OWN: &str = "
- hosts: [shop-2.5.0_groupA, shop-2.5.0_groupB1, batch]
  order: inventory
  serial: [1, 2, 2]
  gather_facts: false
  tasks:
    - name: Drain {{ inventory_hostname }}
      ansible.builtin.command: 'true'
      notify: Reload
      vars: {rollout_step: drain}
    - name: Deploy
      vars: {rollout_step: deploy}
      block:
        - name: Break
          ansible.builtin.command: 'false'
          when: inventory_hostname == 'web3'
        - name: Try
          ansible.builtin.command: 'false'
          ignore_errors: true
          no_log: true
    - name: Of no step
      ansible.builtin.debug:
  handlers:
    - name: Reload
      ansible.builtin.debug:
";

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_playbook_of_ones_own_writes_batch_host_step_and_outcome() {
    small().on_each_ansible(|site| {
        furnish(site);
        site.write("own.yml", OWN);
        shell(site, &format!("{ENABLED} ANSIBLE_FORKS=1 ansible-playbook {INVENTORIES} own.yml")).exits(2);
        let lines = lines(site);
        let expected = [
            "A web1 drain changed",
            "A web1 deploy skipped",
            "A web1 deploy ignored",
            // The handler.
            "A web1 deploy ok",
            "B1 web2 drain changed",
            "B1 web3 drain changed",
            "B1 web2 deploy skipped",
            "B1 web3 deploy failed",
            "B1 web2 deploy ignored",
            "B1 web2 deploy ok",
        ];
        let steps = steps(&lines);
        assert_eq!(steps[..10], expected);
        // The group of the last two is not a batch of this play, but the one batch that each is in.
        assert_eq!(steps[10], "A batch1 drain changed");
        assert_eq!(lines[0]["version"], "shop-2.5.0");
        assert_eq!(lines[0]["group"], "shop-2.5.0_groupA");
        assert_eq!(lines[0]["task"], "Drain web1");
        assert_eq!(lines[0]["check"], false);
        let time = lines[0]["time"].as_str().unwrap();
        assert!(time.len() == 29 && time.ends_with("+00:00"), "{time}");
        let last = lines.last().unwrap();
        assert_eq!((&last["event"], &last["hosts"]["web3"]["failures"]), (&Value::from("end"), &Value::from(1)));
        assert_eq!(fs::metadata(site.path("progress")).unwrap().permissions().mode() & 0o777, 0o600);

        // A second run goes on in the same file.
        shell(site, &format!("{ENABLED} ansible-playbook {INVENTORIES} own.yml --check --limit web1")).exits(0);
        let again = super::progress::lines(site);
        assert_eq!(again[..lines.len()], lines);
        assert_eq!(again[lines.len()]["check"], true);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_rollout_writes_each_task_once() {
    small().on_each_ansible(|site| {
        furnish(site);
        let run = "regal.rollout.rollout -e rollout_version=shop-2.5.0 -e rollout_hooks=hooks -e rollout_to=A";
        shell(site, &format!("{ENABLED} ansible-playbook {INVENTORIES} {run}")).exits(0);
        let lines = lines(site);
        let (end, tasks) = lines.split_last().unwrap();
        assert_eq!(end["event"], "end");
        let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/collection.md")).unwrap();
        let documented = page.split("```json\n").nth(1).unwrap().lines().next().unwrap();
        let documented: Value = serde_json::from_str(documented).unwrap();
        let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&documented), keys(&tasks[0]));
        let drained: Vec<String> = steps(tasks).into_iter().filter(|step| !step.contains("installed")).collect();
        let expected = ["drain changed", "drain changed", "deploy changed", "check ok", "enable changed"];
        assert!(drained.ends_with(&expected.map(|step| format!("A web1 {step}"))), "{drained:?}");
        let deployed: Vec<&Value> = tasks.iter().filter(|line| line["task"] == "Install the version").collect();
        assert_eq!(deployed.len(), 1, "{deployed:?}");
        assert_eq!((&deployed[0]["batch"], &deployed[0]["outcome"]), (&Value::from("A"), &Value::from("changed")));
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_cannot_be_written_is_a_warning_and_the_run_goes_on() {
    small().on_one_ansible(|site| {
        furnish(site);
        site.write("own.yml", "- hosts: web1\n  gather_facts: false\n  tasks: [{ansible.builtin.debug: }]\n");
        let run = |file: &str| {
            let enabled = "ANSIBLE_CALLBACKS_ENABLED=regal.rollout.progress";
            shell(site, &format!("mkfifo pipe 2>&-; {enabled} {file} ansible-playbook -i hosts.ini own.yml"))
                .exits(0)
                .says("web1 : ok=1")
        };
        run("").says("writes no progress: there is no file to write to; name one: REGAL_ROLLOUT_PROGRESS=FILE");
        for (file, why) in [
            ("no/where", "No such file"),
            (".", "Is a directory"),
            ("/dev/full", "is not a regular file"),
            ("pipe", "No such device"),
        ] {
            run(&format!("REGAL_ROLLOUT_PROGRESS={file}")).says(why);
        }
        // Not enabled, it does nothing.
        shell(site, "REGAL_ROLLOUT_PROGRESS=progress ansible-playbook -i hosts.ini own.yml").exits(0);
        assert!(!site.path("progress").exists());
    });
}
