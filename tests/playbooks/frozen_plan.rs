//! rollout.yml and rollback.yml on a frozen plan: what they record, and what they leave out by its record.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::site::{Run, Scenario, Site, moments, playbooks};

const HOSTS: &str = "[shop]\nweb[1:5] v=shop-2.5.0\n";
pub(super) const PLAN: &str = "2.5.0.rollout.yml";
pub(super) const RECORD: &str = "2.5.0.rollout.jsonl";

/// web1, then web2 and web3, then web4 and web5.
pub(super) fn saved(site: &Site, settings: &str) {
    site.write("regal.yml", &format!("inventory: hosts.ini\nversion_from: {{var: v}}\nbatch_size: 2\n{settings}"));
    site.shell(&format!("PATH='{}' regal-inventory plan --save {PLAN}", path(site))).exits(0);
}

pub(super) fn scenario() -> Scenario {
    Scenario::new().inventory("hosts.ini", HOSTS)
}

pub(super) fn path(site: &Site) -> String {
    let own = Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap();
    format!("{}:{}:{}", own.display(), site.ansible().display(), std::env::var("PATH").unwrap_or_default())
}

pub(super) fn on_the_plan<'site>(run: Run<'site>, site: &'site Site) -> Run<'site> {
    let run = run.inventory(site.path("hosts.ini")).inventory(site.path(PLAN));
    run.env("PATH", &path(site)).set("rollout_version=shop-2.5.0")
}

pub(super) fn rollout(site: &Site) -> Run<'_> {
    on_the_plan(site.rollout(), site)
}

pub(super) fn rollback(site: &Site) -> Run<'_> {
    on_the_plan(site.rollback(), site).set("rollout_back_to=shop-2.4.0")
}

pub(super) fn lines(site: &Site) -> Vec<Value> {
    let text = fs::read_to_string(site.path(RECORD)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The record since, an event a line: `done B1 web2,web3`.
pub(super) fn events(site: &Site, since: usize) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.trim_start_matches("shop-2.5.0_group").to_string(),
        Value::Array(hosts) => hosts.iter().map(|host| host.as_str().unwrap()).collect::<Vec<_>>().join(","),
        _ => String::new(),
    };
    let event = |line: &Value| {
        let keys = ["event", "group", "hosts", "host", "step", "outcome", "why", "to"];
        let words = keys.iter().map(|key| text(&line[*key])).filter(|word| !word.is_empty());
        let rest = if line["rest"] == Value::Bool(true) { vec!["rest".to_string()] } else { Vec::new() };
        words.chain(rest).collect::<Vec<_>>().join(" ")
    };
    lines(site)[since..].iter().map(event).collect()
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn it_goes_on_with_what_is_not_done_and_goes_back_through_what_was_begun() {
    scenario().on_each_ansible(|site| {
        saved(site, "");
        site.fail("deploy", "web3");
        let stopped = rollout(site).go().exits(2).ran("drain", "A web1, B1 web2 web3");
        assert_eq!(
            events(site, 0),
            [
                "start",
                "begin A",
                "done A web1",
                "begin B1",
                "lost B1 web3 deploy",
                "hosts_done B1 web2",
                "stop B1 a batch is lost",
                "end lost",
            ]
        );
        let begun = lines(site).len();
        site.repair();
        // Nothing else has to be given, and nobody has to know where it stopped.
        let command = stopped.command();
        assert!(!command.contains("rollout_from") && !command.contains("rollout_plan_id"), "{command}");
        let run = site.shell(&format!("export PATH='{}'; {command}", path(site)));
        run.exits(0)
            .ran("deploy", "B1 web3, B2 web4 web5")
            .says("done before, by its record, and left out: 2 of its hosts");
        assert_eq!(
            events(site, begun),
            ["start", "begin B1 rest", "done B1 web3", "begin B2", "done B2 web4,web5", "end done"]
        );
        rollout(site).go().exits(0).untouched().says("nothing is left to do of shop-2.5.0");

        let done = lines(site).len();
        site.down("web5");
        let lost = rollback(site).go().fails().ran("deploy", "B2 web4, B1 web2 web3, A web1");
        assert!(lost.journal.contains("deploy web1 A shop-2.4.0\n"), "{}", lost.journal);
        assert_eq!(
            events(site, done),
            [
                "start shop-2.4.0",
                "begin B2",
                "lost B2 web5 drain",
                "hosts_done B2 web4",
                "begin B1",
                "done B1 web2,web3",
                "begin A",
                "done A web1",
                "stop B2 a batch is lost",
                "end lost",
            ]
        );
        site.repair();
        rollback(site).go().exits(0).ran("deploy", "B2 web5").says("finished going back to shop-2.4.0: 1 of 1 hosts");
        rollback(site).go().exits(0).untouched();
        let other = on_the_plan(site.rollback(), site).set("rollout_back_to=shop-2.3.0").go();
        other.fails().untouched().says("was taken back to shop-2.4.0 before");
        // Forward once more, and all of it.
        rollout(site).go().exits(0).ran("deploy", "A web1, B1 web2 web3, B2 web4 web5");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_way_back_takes_what_was_touched_and_nothing_else() {
    scenario().on_one_ansible(|site| {
        saved(site, "");
        rollback(site).go().exits(0).untouched().says("nothing is left to do");
        site.fail("check", "web2");
        let stopped = rollout(site).go().exits(2);
        let listed = rollback(site).option("--list-hosts").go().exits(0).output;
        assert!(listed.contains("web3") && !listed.contains("web4"), "{listed}");
        site.repair();
        let back =
            format!("export PATH='{}' ROLLOUT_BACK_TO=old; {}", path(site), stopped.command_after("to go back: "));
        site.shell(&back).exits(0).ran("deploy", "B1 web2 web3, A web1");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn an_approval_is_recorded_and_asked_for_by_the_run_that_goes_on() {
    let note = |what: &str| {
        format!(
            "- name: Note\n  ansible.builtin.raw: echo {what} {{{{ rollout_batch }}}} >> {{{{ lookup('env', 'SITE') }}}}/notes\n"
        )
    };
    scenario().hook("gate", &note("gate")).on_one_ansible(|site| {
        saved(site, "approval: each_batch\n");
        rollout(site).go().exits(2).ran("deploy", "A web1").says("there is no terminal to ask on");
        // The same command again does not get past it.
        let waiting = lines(site).len();
        rollout(site).go().exits(2).untouched();
        assert_eq!(
            events(site, waiting),
            ["start", "stop B1 waiting for approval of shop-2.5.0_groupB1", "end waiting"]
        );
        site.shell(&format!("PATH='{}' regal-inventory approve --plan {PLAN} B1", path(site))).exits(0);
        let approved = lines(site).len();
        rollout(site).go().exits(2).ran("deploy", "B1 web2 web3");
        assert_eq!(events(site, approved)[..3], ["start", "begin B1", "done B1 web2,web3"]);
        // What is approved at the start of a run is in the record as well.
        let last = lines(site).len();
        rollout(site).set("rollout_approved=B1").go().exits(0).ran("deploy", "B2 web4 web5");
        assert_eq!(events(site, last), ["start", "approve B2", "begin B2", "done B2 web4,web5", "end done"]);
        // The gate looks at each batch again before the first one that is to come.
        let notes = fs::read_to_string(site.path("notes")).unwrap();
        assert_eq!(notes, "gate A\ngate A\ngate A\ngate B1\ngate B1\n");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_a_limit_or_a_policy_lets_pass_is_recorded_as_that() {
    scenario().on_one_ansible(|site| {
        saved(site, "max_failures: 1\n");
        rollout(site).option("--limit=web1,web2").go().exits(0).ran("deploy", "A web1, B1 web2");
        assert_eq!(events(site, 0), ["start", "begin A", "done A web1", "begin B1", "hosts_done B1 web2", "end done"]);
    });
    scenario().on_one_ansible(|site| {
        saved(site, "max_failures: 1\n");
        site.fail("deploy", "web3");
        let run = rollout(site).go().fails().ran("drain", "A web1, B1 web2 web3, B2 web4 web5");
        assert!(run.command().contains("rollout_retry_lost=true"), "{}", run.output);
        let all = events(site, 0);
        assert_eq!(all[4..], ["lost B1 web3 deploy", "done B1 web2", "begin B2", "done B2 web4,web5", "end done"]);
        // The lost host keeps nobody from going on, and is tried again where that is wanted.
        rollout(site).go().exits(0).untouched();
        site.repair();
        rollout(site).set("rollout_retry_lost=true").go().exits(0).ran("deploy", "B1 web3");
    });
    // Nothing is recorded of what is not done.
    scenario().on_one_ansible(|site| {
        saved(site, "");
        rollout(site).option("--check").go().exits(0);
        assert!(!site.path(RECORD).exists());
        rollout(site)
            .option("--tags=deploy")
            .go()
            .fails()
            .untouched()
            .says("a part of the hooks would be recorded as the whole");
        rollout(site)
            .set("rollout_from=B1")
            .go()
            .fails()
            .untouched()
            .says("the record of the frozen plan says where the rollout is");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn without_the_program_or_a_record_that_can_be_written_no_host_is_touched() {
    scenario().on_one_ansible(|site| {
        saved(site, "");
        site.write("binary/regal-inventory", "#!/bin/sh\necho regal-inventory 0.0.1\n");
        let old = site.path("binary/regal-inventory").display().to_string();
        rollout(site)
            .env("REGAL_INVENTORY_BINARY", &old)
            .go()
            .fails()
            .untouched()
            .says("the collection regal.rollout needs 0.1.0 or newer");
        let gone = rollout(site).env("REGAL_INVENTORY_BINARY", "/nowhere/regal-inventory").go();
        gone.fails().untouched().says("/nowhere/regal-inventory: no such file");
        site.write("elsewhere", "");
        symlink(site.path("elsewhere"), site.path(RECORD)).unwrap();
        rollout(site).go().fails().untouched().says("2.5.0.rollout.jsonl: ");
        fs::remove_file(site.path(RECORD)).unwrap();
        // Another inventory adds a host to a batch.
        site.write("more.ini", "[shop-2.5.0_groupB1]\nweb9\n");
        rollout(site)
            .inventory(site.path("more.ini"))
            .go()
            .fails()
            .untouched()
            .says("another inventory adds to its groups");
    });
}

/// A run that goes on.
pub(super) fn started(site: &Site) -> Child {
    let mut command = Command::new(site.ansible().join("ansible-playbook"));
    site.in_a_clean_environment(&mut command);
    command.arg("-i").arg(site.path("hosts.ini")).arg("-i").arg(site.path(PLAN)).arg(playbooks().join("rollout.yml"));
    command.args(["-e", "rollout_version=shop-2.5.0", "-e", "rollout_hooks=hooks"]);
    let configuration: HashMap<String, String> = super::programs::configuration(site.ansible()).into_iter().collect();
    command.envs(configuration).env("PATH", path(site)).env("REGAL_TEST_DOWN", site.path("down"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

pub(super) fn wait_for(what: &str, there: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(600);
    while !there() {
        assert!(Instant::now() < until, "no {what} after ten minutes");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn one_run_at_a_time_and_what_outlives_a_killed_one_keeps_the_next_out() {
    let slow =
        "- name: Take long\n  ansible.builtin.raw: for i in $(seq 6000); do test -e go && break; sleep 0.1; done\n";
    scenario().hook("deploy", slow).on_one_ansible(|site| {
        saved(site, "");
        let mut first = started(site);
        wait_for("deploy", || fs::read_to_string(site.path("journal")).is_ok_and(|text| text.contains("deploy web1")));
        let busy = rollout(site).set("rollout_take_over=true").go().fails();
        busy.says("this rollout is under way: ").says(&format!("process {} on", first.id()));
        first.kill().unwrap();
        first.wait().unwrap();
        // Its task goes on.
        rollout(site).go().fails().says("a run has ended, and what it started still goes on: process");
        site.write("go", "");
        let until = Instant::now() + Duration::from_secs(600);
        let outcome = loop {
            let outcome = rollout(site).go();
            if outcome.code == 0 || Instant::now() > until {
                break outcome;
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        outcome.exits(0).ran("deploy", "A web1, B1 web2 web3, B2 web4 web5");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn killed_at_any_moment_the_same_command_goes_on_with_what_is_not_done() {
    for moment in moments() {
        scenario().on_one_ansible(|site| {
            saved(site, "");
            let mut first = started(site);
            std::thread::sleep(Duration::from_millis(400 + 130 * moment));
            first.kill().unwrap();
            first.wait().unwrap();
            let recorded = lines(site);
            let is_done = |line: &&Value| ["done", "hosts_done"].contains(&line["event"].as_str().unwrap());
            let done: Vec<String> = recorded.iter().filter(is_done).map(|line| line["hosts"].to_string()).collect();
            // The journal goes on over runs.
            let mut second = started(site);
            let until = Instant::now() + Duration::from_secs(600);
            while !second.wait().unwrap().success() {
                assert!(Instant::now() < until, "it does not go on");
                std::thread::sleep(Duration::from_millis(200));
                second = started(site);
            }
            let journal = fs::read_to_string(site.path("journal")).unwrap();
            for host in 1..=5 {
                let times = journal.matches(&format!("deploy web{host} ")).count();
                let was_done = done.iter().any(|hosts| hosts.contains(&format!("\"web{host}\"")));
                assert!(times == 1 || times == 2 && !was_done, "web{host}: {times} times, {done:?}\n{journal}");
                assert!(journal.contains(&format!("enable web{host} ")), "{journal}");
            }
            let deployed = journal.lines().filter_map(|line| line.strip_prefix("deploy web"));
            let order: Vec<u32> = deployed.map(|line| line[..1].parse::<u32>().unwrap() / 2).collect();
            assert!(order.is_sorted(), "{journal}");
        });
    }
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn waves_of_several_versions_are_recorded_batch_by_batch() {
    let hosts = "[a]\nweb[1:3] v=app-1\n[b]\ndb[1:2] v=db-7\n";
    Scenario::new().inventory("hosts.ini", hosts).on_one_ansible(|site| {
        saved(site, "");
        site.fail("deploy", "db2");
        let waves = || {
            let run =
                site.rollout().inventory(site.path("hosts.ini")).inventory(site.path(PLAN)).env("PATH", &path(site));
            run.set("rollout_version=db-7,app-1").set("rollout_waves=parallel")
        };
        waves().go().exits(2).ran("drain", "A db1 web1, B1 db2 web2 web3");
        let all = events(site, 0);
        let expected = [
            "start",
            "begin db-7_groupA",
            "begin app-1_groupA",
            "done db-7_groupA db1",
            "done app-1_groupA web1",
            "begin db-7_groupB1",
            "begin app-1_groupB1",
            "lost db-7_groupB1 db2 deploy",
            "done app-1_groupB1 web2,web3",
            "stop db-7_groupB1 a batch is lost",
            "end lost",
        ];
        assert_eq!(all, expected);
        site.repair();
        waves().go().exits(0).ran("deploy", "B1 db2");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_host_that_left_the_inventory_is_dropped_and_its_batch_is_done_without_it() {
    scenario().on_one_ansible(|site| {
        saved(site, "");
        site.write("hosts.ini", "[shop]\nweb1 v=shop-2.5.0\nweb3 v=shop-2.5.0\nweb4 v=shop-2.5.0\nweb5 v=shop-2.5.0\n");
        rollout(site).go().exits(0).ran("deploy", "A web1, B1 web3, B2 web4 web5");
        assert_eq!(events(site, 0)[3..5], ["begin B1", "done B1 web3"]);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_host_that_should_run_something_else_by_now_stops_it() {
    scenario().on_one_ansible(|site| {
        saved(site, "");
        site.write("hosts.ini", "[shop]\nweb[1:4] v=shop-2.5.0\nweb5 v=shop-2.6.0\n");
        rollout(site).go().fails().untouched().says("web5");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_batch_whose_watch_was_cut_short_is_watched_for_the_rest_and_checked_and_not_deployed_again() {
    scenario().on_each_ansible(|site| {
        saved(site, "bake: 30s\n");
        let mut first = started(site);
        wait_for("bake", || events(site, 0).iter().any(|event| event.starts_with("bake")));
        first.kill().unwrap();
        first.wait().unwrap();
        assert_eq!(events(site, 0), ["start", "begin A", "hosts_done A web1", "bake A"]);
        site.fail("check", "web1");
        // It is sick by now: the batch is lost, and then done again as a whole.
        let sick = rollout(site).set("rollout_bake=1s").go().exits(2).ran("check", "A web1").ran("deploy", "");
        let sick = sick.says("shop-2.5.0_groupA: web1 (done before, and only watched for the rest of its time)");
        let sick = sick.says("shop-2.5.0_groupA, lost in bake, is in service: web1");
        assert_eq!(
            events(site, 4),
            ["start", "lost A web1 bake", "stop A a batch is lost", "end lost"],
            "{}",
            sick.output
        );
        site.repair();
        let last = lines(site).len();
        rollout(site).set("rollout_bake=1s").go().exits(0).ran("deploy", "A web1, B1 web2 web3, B2 web4 web5");
        assert_eq!(events(site, last)[..5], ["start", "begin A", "hosts_done A web1", "bake A", "done A web1"]);
    });
    // As `regal-inventory run` leaves it, which was ended while it watched: done, and not yet watched.
    scenario()
        .hook("installed", "- name: Say\n  ansible.builtin.set_fact:\n    rollout_installed: true\n")
        .on_one_ansible(|site| {
            saved(site, "bake: 4s\n");
            let regal = |words: &str| {
                site.shell(&format!("PATH='{}' regal-inventory record --plan {PLAN} {words}", path(site))).exits(0)
            };
            let group = "shop-2.5.0_groupA";
            for words in
                ["start".to_string(), format!("begin {group}"), format!("done {group}"), format!("bake {group} 4")]
            {
                regal(&words);
            }
            let start = Instant::now();
            rollout(site).option("--limit=web1").go().exits(0).ran("check", "A web1").ran("deploy", "");
            assert!(start.elapsed() > Duration::from_secs(3));
            assert_eq!(events(site, 4), ["start", "done A web1", "end done"]);
            rollout(site).option("--limit=web1").go().fails().untouched();
        });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn each_version_waits_for_its_own_canary_whichever_run_did_it() {
    let hosts = "[a]\nweb[1:2] v=app-1\n[b]\ndb[1:2] v=db-7\n";
    Scenario::new().inventory("hosts.ini", hosts).on_one_ansible(|site| {
        saved(site, "approval: after_canary\n");
        let run = |versions: &str| {
            let run = site.rollout().inventory(site.path("hosts.ini")).inventory(site.path(PLAN));
            run.env("PATH", &path(site)).set(&format!("rollout_version={versions}"))
        };
        run("db-7").option("--limit=db1").go().exits(0).ran("deploy", "A db1");
        run("app-1").option("--limit=web1").go().exits(0).ran("deploy", "A web1");
        site.shell(&format!("PATH='{}' regal-inventory approve --plan {PLAN} db-7_groupB1", path(site))).exits(0);
        run("db-7,app-1").go().exits(2).ran("deploy", "B1 db2").says("app-1_groupB1 was not touched");
        run("db-7,app-1").set("rollout_approved=app-1_groupA").go().exits(0).ran("deploy", "B1 web2");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_killed_batch_that_is_installed_is_still_watched_and_checked() {
    let installed = "- name: Look\n  ansible.builtin.raw: test -e installed-{{ inventory_hostname }}\n  register: found\n  failed_when: false\n\
        - name: Say\n  ansible.builtin.set_fact:\n    rollout_installed: \"{{ found.rc == 0 }}\"\n";
    scenario().hook("installed", installed).on_one_ansible(|site| {
        saved(site, "bake: 1s\n");
        let regal = |words: &str| {
            site.shell(&format!("PATH='{}' regal-inventory record --plan {PLAN} {words}", path(site))).exits(0)
        };
        regal("start");
        regal("begin shop-2.5.0_groupA");
        site.write("installed-web1", "");
        rollout(site).option("--limit=web1").go().exits(0).ran("deploy", "").ran("check", "A web1");
        assert_eq!(events(site, 2), ["start", "begin A", "hosts_done A web1", "bake A", "done A web1", "end done"]);
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn one_playbook_may_go_through_a_plan_in_two_plays() {
    scenario().on_one_ansible(|site| {
        saved(site, "");
        let import = |to: &str| {
            let file = playbooks().join("rollout.yml").display().to_string();
            format!(
                "- import_playbook: {file}\n  vars: {{rollout_version: shop-2.5.0, rollout_hooks: '{}'{to}}}\n",
                site.path("hooks").display()
            )
        };
        site.write("both.yml", &(import(", rollout_to: A") + &import("")));
        let run = site.rollout().without_hooks().playbook(site.path("both.yml"));
        let run = run.inventory(site.path("hosts.ini")).inventory(site.path(PLAN)).env("PATH", &path(site));
        run.go().exits(0).ran("deploy", "A web1, B1 web2 web3, B2 web4 web5");
        assert_eq!(events(site, 0).iter().filter(|event| event.starts_with("start")).count(), 2);
    });
}
