//! Batches handed to the master: who is in them, and that one comes after another.

use serde_json::Value;

use super::master::{Master, master};

/// Versions from the pillar, the canary first, then two and two: `web1`, then `web2 web3`; `db1` is another version.
const PLAN: [&str; 6] = ["-i", "master", "--version-from", "pillar:app:version", "--batch-size", "2"];
/// One version over all minions: `db1`, `web1 web2`, `web3`.
const ALL: [&str; 6] = ["-i", "master", "--versions", "2.0=*", "--batch-size", "2"];
const RUN: &str = r#"{"sls": "app"}"#;

/// Runs the orchestration; the exit code with what the minions have got.
fn outcome(master: &Master, pillar: &str) -> (i32, String) {
    let output = master.orchestrate(pillar);
    (output.code, master.releases())
}

/// Why the orchestration did not begin.
fn refusal(master: &Master, pillar: &str) -> String {
    let output = master.orchestrate(pillar);
    assert_eq!((output.code, master.releases().as_str()), (1, ""), "{output:?}");
    let all = format!("{}{}", output.stdout, output.stderr);
    let line = all.lines().find(|line| line.contains("Jinja error: rollout: ")).unwrap_or_else(|| panic!("{all}"));
    line.split("Jinja error: rollout: ").nth(1).unwrap().to_string()
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
    assert_eq!(outcome(&master, RUN), (0, "web1=2.0 web2=2.0 web3=2.0 db1=2.0".to_string()));
    // Back, the newest first, and only a part of the way.
    let back = r#"{"sls": "app", "rollback": "1.9", "to": "B1"}"#;
    assert_eq!(outcome(&master, back), (0, "web1=1.9 web2=1.9 web3=1.9 db1=2.0".to_string()));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn versions_with_names_of_files_are_rolled_out_by_name() {
    let master = master();
    master.export(&PLAN);
    let pillar = r#"{"sls": "app", "version": "app-1.0.0-SNAPSHOT.war"}"#;
    let all = ["web1", "web2", "web3"].map(|id| format!("{id}=app-1.0.0-SNAPSHOT.war")).join(" ");
    assert_eq!(outcome(&master, pillar), (0, all));
    assert!(master.orchestrate(RUN).stderr.contains("version is missing"), "two versions, none named");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_failure_stops_before_the_next_batch() {
    let master = master();
    master.export(&ALL);
    master.file("web2.fail", "");
    assert_eq!(outcome(&master, RUN), (1, "web1=2.0 db1=2.0".to_string()));
    std::fs::remove_file(master.folder.join("web2.fail")).unwrap();
    let on = r#"{"sls": "app", "from": "B1"}"#;
    assert_eq!(outcome(&master, on), (0, "web1=2.0 web2=2.0 web3=2.0 db1=2.0".to_string()));
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
    let found = outcome(&master, RUN);
    let told = master.salt(&["*", "grains.item", "app_version", "--out=json"]).stdout;
    master.tell("start", "web2");
    master.wait_for_all();
    assert_eq!(found, (1, "web1=2.0 db1=2.0".to_string()));
    // What Salt prints of a minion that is down is read as such.
    master.file("down.json", &told);
    let source = "{salt: {grains: down.json}}";
    let plan = master.planned(&["-i", source, "--version-from", "grain:app_version", "plan"]);
    assert!(plan.contains("did not answer: `web2`") && plan.contains("no version"), "{plan}");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn approval_stops_after_the_canary_and_says_how_to_go_on() {
    let master = master();
    master.export(&[&ALL[..], &["--approval", "after_canary", "--bake", "1s"]].concat());
    let stopped = master.orchestrate(RUN);
    assert_eq!((stopped.code, master.releases().as_str()), (0, "db1=2.0"), "{stopped:?}");
    assert!(stopped.stdout.contains(r#"go on with the pillar key \"from\": \"B1\""#), "{}", stopped.stdout);
    let on = r#"{"sls": "app", "from": "B1"}"#;
    assert_eq!(outcome(&master, on), (0, "web1=2.0 web2=2.0 web3=2.0 db1=2.0".to_string()));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_rollout_that_cannot_be_right_does_not_begin() {
    let master = master();
    master.export(&ALL);
    assert!(refusal(&master, "{}").starts_with("the pillar key sls is missing"));
    assert!(
        refusal(&master, r#"{"sls": "app", "version": 2.0}"#).starts_with("the pillar key version is missing or no")
    );
    assert!(
        refusal(&master, r#"{"sls": "app", "version": "3.0"}"#).starts_with("the plan has no version 3.0; it has 2.0")
    );
    assert!(
        refusal(&master, r#"{"sls": "app", "from": "B2", "to": "A"}"#).starts_with("B2 comes after A in A, B1, B2")
    );
    assert!(
        refusal(&master, r#"{"sls": "app", "rollback": 1.9}"#).starts_with("the pillar key rollback is the version")
    );
    // Nodegroups of another plan, and an id that Salt would pass over.
    let other = ["-i", "master", "--versions", "2.0=*", "--batch-size", "1", "export", "salt-orchestrate"];
    master.planned(&[&other[..], &["--output", "states/rollout.sls"]].concat());
    assert!(refusal(&master, RUN).starts_with("the nodegroup 2.0_groupB1 is missing or differs from this plan"));
    master.export(&["-i", "web1,web9,", "--versions", "2.0=all"]);
    assert!(refusal(&master, RUN).starts_with("no accepted key of web9 in 2.0_groupB1; Salt would skip it"));
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_run_that_approval_cuts_short_of_its_end_says_how_to_go_on() {
    let master = master();
    let notice = |stage: &str| format!(r#"go on with the pillar key \"from\": \"{stage}\""#);
    master.export(&[&ALL[..], &["--approval", "after_canary"]].concat());
    let stopped = master.orchestrate(r#"{"sls": "app", "to": "B2"}"#);
    assert_eq!((stopped.code, master.releases().as_str()), (0, "db1=2.0"), "{stopped:?}");
    assert!(stopped.stdout.contains(&notice("B1")), "{}", stopped.stdout);
    let whole = master.orchestrate(r#"{"sls": "app", "to": "A"}"#);
    assert!(whole.code == 0 && !whole.stdout.contains("stopped for approval"), "{whole:?}");
    master.export(&[&ALL[..], &["--approval", "each_batch"]].concat());
    let stopped = master.orchestrate(r#"{"sls": "app", "from": "B1", "to": "B2"}"#);
    assert_eq!((stopped.code, master.releases().as_str()), (0, "web1=2.0 web2=2.0 db1=2.0"), "{stopped:?}");
    assert!(stopped.stdout.contains(&notice("B2")), "{}", stopped.stdout);
}
