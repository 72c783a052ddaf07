//! `on_failure: rollback`: rollout.yml on a frozen plan starts the way back by itself.

use std::fs;

use super::frozen_plan::{events, lines, on_the_plan, path, rollback, rollout, saved, scenario};
use super::site::{Run, Site};

const POLICY: &str = "on_failure: rollback\nrollback_to: shop-2.4.0\n";
/// What one of the hooks around a run notes of it.
const END: &str = "- name: Note\n  ansible.builtin.raw: >-\n    echo end {{ rollout_outcome }} next={{ rollout_next_batch }} \
                   back={{ rollout_way_back }} >> {{ lookup('env', 'SITE') }}/notes\n";
const BEGIN: &str = "- name: Note\n  ansible.builtin.raw: echo begin >> {{ lookup('env', 'SITE') }}/notes\n";

fn notes(site: &Site) -> String {
    fs::read_to_string(site.path("notes")).unwrap_or_default()
}

/// Fails to deploy the new version on a host, as long as its file is there.
fn bad(host: &str) -> String {
    format!(
        "- name: Install the version\n  ansible.builtin.raw: test ! -e bad || test {{{{ inventory_hostname }}}} != {host} || \
         test {{{{ rollout_target }}}} != shop-2.5.0\n"
    )
}

/// With an option and a variable that the way back has to have, too.
fn with_more(run: Run<'_>) -> Run<'_> {
    run.option("--become-method=sudo").set("password=s3cret")
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_was_begun_goes_back_once_and_both_stories_are_told() {
    let deploy = bad("web3") + "- name: See the variable\n  ansible.builtin.raw: test {{ password }} = s3cret\n";
    let scenario = scenario().hook("deploy", &deploy).hook("end", END).hook("begin", BEGIN);
    scenario.on_each_ansible(|site| {
        saved(site, POLICY);
        site.write("bad", "");
        let run = with_more(rollout(site)).go().exits(2).ran("deploy", "A web1, B1 web2 web3 web2 web3, A web1");
        let run = run
            .says("note: should a batch of shop-2.5.0 be lost, what was begun of it goes back to shop-2.4.0 by itself")
            .says("going back by itself: shop-2.5.0 to shop-2.4.0, since shop-2.5.0_groupB1 lost web3 in deploy (on_failure: rollback)")
            .says("finished going back to shop-2.4.0: 3 of 3 hosts")
            .says("stopped: shop-2.5.0_groupB1 lost web3 in deploy")
            .says("went back by itself: shop-2.5.0 to shop-2.4.0, 3 of 3 hosts are back")
            .does_not_say("to go back: ")
            .does_not_say("s3cret");
        assert!(run.journal.ends_with("enable web1 A shop-2.4.0\n"), "{}", run.journal);
        assert_eq!(
            events(site, 0)[3..],
            [
                "begin B1",
                "lost B1 web3 deploy",
                "hosts_done B1 web2",
                "stop B1 a batch is lost",
                "end lost",
                "start shop-2.4.0",
                "begin B1",
                "done B1 web2,web3",
                "begin A",
                "done A web1",
                "end done",
            ]
        );
        assert_eq!(lines(site)[8]["because"], "shop-2.5.0_groupB1 lost web3 in deploy");
        assert_eq!(notes(site), "begin\nend stopped next=B1 back=finished\n");
        fs::remove_file(site.path("bad")).unwrap();
        let again = format!("export PATH='{}' EXTRA_VARS_3=password=s3cret; {}", path(site), run.command());
        site.shell(&again).exits(0).ran("deploy", "A web1, B1 web2 web3, B2 web4 web5");
        assert!(notes(site).ends_with("\nend finished next= back=\n"), "{}", notes(site));
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_way_back_that_loses_a_host_is_told_with_the_command_that_goes_on_with_it() {
    scenario().hook("end", END).on_one_ansible(|site| {
        saved(site, POLICY);
        site.down("web2");
        let run = rollout(site).go().fails().ran("deploy", "A web1, B1 web3 web3, A web1");
        let run = run
            .says("did not go back as a whole: shop-2.5.0 to shop-2.4.0, 2 of 3 hosts are back; exit code 2, see above")
            .says("not back: web2");
        assert_eq!(notes(site), "end stopped next=B1 back=failed\n");
        site.repair();
        let back = format!("export PATH='{}'; {}", path(site), run.command_after("to go back: "));
        assert!(!back.contains("rollout_because"), "{back}");
        site.shell(&back).exits(0).ran("deploy", "B1 web2");
        let last = lines(site).into_iter().rev().find(|line| line["event"] == "start").unwrap();
        assert!(last["because"].is_null(), "{last}");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_somebody_ended_or_nobody_approved_does_not_go_back() {
    scenario().on_one_ansible(|site| {
        saved(site, &format!("{POLICY}approval: after_canary\n"));
        rollout(site).go().exits(2).ran("deploy", "A web1").says("there is no terminal to ask on");
        rollout(site).set("rollout_max_failed=x").go().fails().untouched();
        rollout(site)
            .set("rollout_because=why")
            .go()
            .fails()
            .untouched()
            .says("rollout_because says why a rollback began");
        assert!(events(site, 0).iter().all(|event| !event.starts_with("start shop-2.4.0")));
        // A rollback that loses hosts is followed by no other.
        site.fail("deploy", "web1");
        let lost = rollback(site).go().exits(2).ran("drain", "A web1");
        lost.does_not_say("by itself");
    });
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn a_version_that_was_given_comes_first_and_a_playbook_of_ones_own_is_told_the_command() {
    scenario().hook("deploy", &bad("web1")).on_one_ansible(|site| {
        saved(site, POLICY);
        site.write("bad", "");
        let own = format!("- import_playbook: {}\n", super::site::playbooks().join("rollout.yml").display());
        site.write("site.yml", &own);
        let run = on_the_plan(site.rollout().playbook(site.path("site.yml")), site).go().exits(2);
        let run = run
            .says("warning: on_failure of shop-2.5.0 is rollback, and none can begin by itself")
            .says("the way back by itself did not begin: this playbook is not rollout.yml");
        let back = format!("export PATH='{}'; {}", path(site), run.command_after("to go back: "));
        site.shell(&back).exits(0).ran("deploy", "A web1");
        let run = rollout(site).set("rollout_back_to=shop-2.3.0").go().exits(2);
        run.says("went back by itself: shop-2.5.0 to shop-2.3.0, 1 of 1 hosts are back");
    });
}
