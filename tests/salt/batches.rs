//! Batches handed to the master: who is in them, and that one comes after another.

use serde_json::Value;

use super::master::{Master, master};

/// Versions from the pillar, the canary first, then two and two: `web1`, then `web2 web3`; `db1` is another version.
const PLAN: [&str; 6] = ["-i", "master", "--version-from", "pillar:app:version", "--batch-size", "2"];
/// One version over all minions: `db1`, `web1 web2`, `web3`.
const ALL: [&str; 6] = ["-i", "master", "--versions", "2.0=*", "--batch-size", "2"];
const RUN: &str = r#"{"sls": "app"}"#;
/// What all minions have after it.
const ALL_DONE: &str = "web1=2.0 web2=2.0 web3=2.0 db1=2.0";

/// Runs the orchestration; the exit code with what the minions have got.
fn outcome(master: &Master, options: &str) -> (i32, String) {
    let output = master.orchestrate(options);
    (output.code, master.releases())
}

/// Calls the runner; the exit code, its message, and what the minions have got.
fn told(master: &Master, options: &str) -> (i32, String, String) {
    let (code, told) = master.rollout("states/rollout.sls", options);
    (code, told["message"].as_str().unwrap().to_string(), master.releases())
}

/// Why the rollout did not begin.
fn refusal(master: &Master, options: &str) -> String {
    let (code, message, releases) = told(master, options);
    assert_eq!((code, releases.as_str()), (1, ""), "{message}");
    message
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn the_master_previews_exactly_the_batches() {
    let master = master();
    master.export(&PLAN);
    let json = master.planned(&[&PLAN[..], &["plan", "--format", "json"]].concat());
    let plan: Value = serde_json::from_str(&json).unwrap();
    let mut groups = Vec::new();
    for batch in plan["versions"].as_array().unwrap().iter().flat_map(|version| version["batches"].as_array().unwrap())
    {
        let group = batch["group"].as_str().unwrap();
        let mut hosts: Vec<&str> =
            batch["hosts"].as_array().unwrap().iter().map(|host| host.as_str().unwrap()).collect();
        hosts.sort_unstable();
        assert_eq!(master.preview("-N", group), hosts, "{group}");
        groups.push(group);
    }
    groups.sort_unstable();
    assert_eq!(groups, ["1.10_groupA", "app-1.0.0-SNAPSHOT.war_groupA", "app-1.0.0-SNAPSHOT.war_groupB1"]);
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn an_orchestration_goes_through_all_batches() {
    let master = master();
    master.export(&ALL);
    assert_eq!(outcome(&master, RUN), (0, ALL_DONE.to_string()));
    // Back, the newest first, and only a part of the way.
    let back = r#"{"sls": "app", "back_to": "1.9", "to": "B1"}"#;
    assert_eq!(outcome(&master, back), (0, "web1=1.9 web2=1.9 web3=1.9 db1=2.0".to_string()));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn versions_with_names_of_files_are_rolled_out_by_name() {
    let master = master();
    master.export(&PLAN);
    let options = r#"{"sls": "app", "version": "app-1.0.0-SNAPSHOT.war"}"#;
    let all = ["web1", "web2", "web3"].map(|id| format!("{id}=app-1.0.0-SNAPSHOT.war")).join(" ");
    assert_eq!(outcome(&master, options), (0, all));
    assert!(master.orchestrate(RUN).stdout.contains("say which version: the plan has "), "two versions, none named");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_failure_stops_before_the_next_batch() {
    let master = master();
    master.export(&ALL);
    master.file("web2.fail", "");
    assert_eq!(outcome(&master, RUN), (1, "web1=2.0 db1=2.0".to_string()));
    let (code, found) = master.rollout("states/rollout.sls", r#"{"sls": "app", "from": "B1"}"#);
    assert_eq!((code, &found["outcome"]), (5, &Value::from("lost")), "{found}");
    assert!(found["lost"]["web2"].as_str().unwrap().starts_with("healthy: Command \"test ! -e "), "{found}");
    std::fs::remove_file(master.folder.join("web2.fail")).unwrap();
    let on = r#"{"sls": "app", "from": "B1"}"#;
    assert_eq!(outcome(&master, on), (0, ALL_DONE.to_string()));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_canary_that_fails_is_all_that_is_touched() {
    let master = master();
    master.export(&ALL);
    master.file("db1.fail", "");
    assert_eq!(outcome(&master, RUN), (1, String::new()));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_minion_that_is_down_stops_before_the_next_batch() {
    let mut master = master();
    master.export(&ALL);
    master.tell("stop", "web2");
    let found = told(&master, RUN);
    let asked = master.salt(&["*", "grains.item", "app_version", "--out=json"]).stdout;
    master.tell("start", "web2");
    master.wait_for_all();
    assert_eq!(found, (5, "stopped at 2.0_groupB1: 1 minion lost".to_string(), "web1=2.0 db1=2.0".to_string()));
    // What Salt prints of a minion that is down is read as such.
    master.file("down.json", &asked);
    let source = "{salt: {grains: down.json}}";
    let plan = master.planned(&["-i", source, "--version-from", "grain:app_version", "plan"]);
    assert!(plan.contains("did not answer: `web2`") && plan.contains("no version"), "{plan}");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn waiting_for_approval_has_an_exit_code_of_its_own_and_says_how_to_go_on() {
    let master = master();
    master.export(&[&ALL[..], &["--approval", "after_canary", "--bake", "1s"]].concat());
    let stopped = told(&master, RUN);
    let message = "waiting for approval of B1; to go on, give from=B1".to_string();
    assert_eq!(stopped, (4, message, "db1=2.0".to_string()));
    // An orchestration knows 0 and 1 only; waiting is not done.
    assert_eq!(outcome(&master, RUN).0, 1);
    let on = r#"{"sls": "app", "from": "B1"}"#;
    assert_eq!(outcome(&master, on), (0, ALL_DONE.to_string()));
    // As far as `to` nothing has to be approved.
    assert_eq!(told(&master, r#"{"sls": "app", "to": "A"}"#).0, 0);
    master.export(&[&ALL[..], &["--approval", "each_batch"]].concat());
    let (code, message, _) = told(&master, r#"{"sls": "app", "from": "B1", "to": "B2"}"#);
    assert_eq!((code, message.as_str()), (4, "waiting for approval of B2; to go on, give from=B2"));
    assert_eq!(told(&master, r#"{"sls": "app", "approved": ["B1", "B2"]}"#).0, 0);
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_rollout_that_cannot_be_right_does_not_begin() {
    let master = master();
    master.export(&ALL);
    for (options, why) in [
        ("{}", "say which states bring a minion to a version: either sls=app or highstate=True"),
        (r#"{"sls": "app", "highstate": true}"#, "say which states"),
        (r#"{"sls": "app", "version": 2.0}"#, "`version` is not a text: quote it twice"),
        (r#"{"sls": "app", "version": "3.0"}"#, "the plan has no version 3.0; it has 2.0"),
        (r#"{"sls": "app", "from": "B2", "to": "A"}"#, "B2 comes after A in A, B1, B2"),
        (r#"{"sls": "app", "back_to": 1.9}"#, "`back_to` is not a text"),
        (r#"{"sls": "app", "rollback": "1.9"}"#, "there is no option `rollback`"),
        (r#"{"sls": "app", "tiemout": 5}"#, "there is no option `tiemout`; is it `timeout`?"),
        (r#"{"sls": "app", "batch": "0%"}"#, "`batch` is a number of minions, or a percentage such as 25%"),
        (r#"{"sls": "app", "plan": "nowhere.json"}"#, "the plan cannot be read: "),
        (r#"{"sls": "app", "plan": "master/master"}"#, "master/master has no plan: "),
    ] {
        let found = refusal(&master, options);
        assert!(found.starts_with(why), "{options}: {found}");
    }
    // An id that Salt would pass over.
    master.export(&["-i", "web1,web9,", "--versions", "2.0=all"]);
    assert_eq!(refusal(&master, RUN), "there is no accepted key of web9; Salt would skip them");
}

/// What an orchestration says that is refused, which has touched nothing and prints no traceback.
fn orchestration_refused(master: &Master, pillar: &str) -> String {
    let output = master.call("salt-run", &["state.orchestrate", "rollout", "--out=json", &format!("pillar={pillar}")]);
    assert_eq!((output.code, master.releases().as_str()), (1, ""), "{output:?}");
    assert!(!format!("{}{}", output.stdout, output.stderr).contains("Traceback"), "{output:?}");
    output.stdout
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn the_pillar_of_the_site_steers_no_rollout() {
    let master = master();
    master.export(&ALL);
    let top = std::fs::read_to_string(master.folder.join("pillar/top.sls")).unwrap();
    let site = |text: &str| {
        master.file("pillar/site.sls", text);
        master.file("pillar/top.sls", &format!("{top}  '*': [site]\n"));
    };
    // Keys of the site's own that once were those of a rollout, for all minions and so for the master too.
    site("rollback: '1.0'\nfrom: B2\nto: B2\nversion: '0.1'\napproved: true\nrelease: {url: http://x}\n");
    let run = outcome(&master, RUN);
    site("rollout: {back_to: '1.0'}\n");
    for (id, _) in super::master::MINIONS {
        let _ = std::fs::remove_file(master.folder.join(format!("{id}.release")));
    }
    let refused = orchestration_refused(&master, r#"{"rollout": {"sls": "app"}}"#);
    // Whatever pillar says, the runner knows its arguments only.
    let runner = told(&master, RUN);
    master.file("pillar/top.sls", &top);
    assert_eq!(run, (0, ALL_DONE.to_string()));
    assert!(refused.contains("the site's own pillar has the key `rollout` for "), "{refused}");
    assert_eq!((runner.0, runner.2.as_str()), (0, ALL_DONE));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn keys_of_earlier_versions_are_refused_with_the_new_ones() {
    let master = master();
    master.export(&ALL);
    let old = orchestration_refused(&master, r#"{"sls": "app", "rollback": "1.0"}"#);
    assert!(
        old.contains(r#"`sls` now stands in the pillar key `rollout`: pillar='{\"rollout\": {\"sls\": ...}}'"#),
        "{old}"
    );
    let back = orchestration_refused(&master, r#"{"rollback": "1.0"}"#);
    assert!(back.contains(r#"{\"rollout\": {\"back_to\": ...}}"#), "{back}");
    let mixed = orchestration_refused(&master, r#"{"rollout": {"sls": "app"}, "approved": true}"#);
    assert!(mixed.contains(r#"{\"rollout\": {\"approved\": ...}}"#), "{mixed}");
    let none = orchestration_refused(&master, "{}");
    assert!(none.contains("the pillar key `rollout` is missing"), "{none}");
}
