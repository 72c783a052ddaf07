//! `plan --waves`: which batches run together.

use serde_json::Value;

use crate::support::{Test, names};

/// Two services, one of three batches and one of two that goes first.
fn two_services() -> Test {
    Test::new().file(
        "regal.yml",
        "plugin: regal-inventory\n\
         priority: [db-7.0.0]\n\
         versions:\n  \
         app-1.0.0: {hosts: [zulu, mike, alpha, yankee, bravo], combine: 2}\n  \
         db-7.0.0: {hosts: [tango, kilo, echo], batch_size: 2, canary: {size: 1, bake: 1h}, bake: 10m, approval: after_canary}\n",
    )
}

fn waves(arguments: &[&str]) -> Test {
    two_services().args(&["plan", "--waves"]).args(arguments)
}

#[test]
fn waves_as_text() {
    insta::assert_snapshot!(waves(&[]).stdout());
}

#[test]
fn waves_as_markdown() {
    insta::assert_snapshot!(waves(&["--format", "markdown"]).stdout());
}

#[test]
fn waves_as_json() {
    insta::assert_snapshot!(waves(&["--format", "json"]).stdout());
}

#[test]
fn the_yaml_is_the_same_document() {
    let yaml: Value = serde_yaml::from_str(&waves(&["--format", "yaml"]).stdout()).unwrap();
    assert_eq!(yaml, waves(&["--format", "json"]).json());
}

/// A service that is named first and comes after its database.
fn app_after_db(key: &str) -> Test {
    let config = format!(
        "plugin: regal-inventory\nversions:\n  app-2: {{hosts: [zulu, mike, alpha], {key}}}\n  db-7: {{hosts: [tango, kilo], approval: after_canary}}\n"
    );
    Test::new().file("regal.yml", config)
}

#[test]
fn a_version_comes_after_another_in_each_wave_and_in_the_plan() {
    let shown = app_after_db("after: 'db-*'").args(&["plan", "--waves", "--format", "json"]).json();
    let steps: Vec<_> = shown["waves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wave| {
            let groups = wave["groups"].as_array().unwrap().iter().map(|group| group["group"].as_str().unwrap());
            format!("{} {} {}", wave["batch"].as_str().unwrap(), wave["level"], groups.collect::<Vec<_>>().join(" "))
        })
        .collect();
    assert_eq!(
        steps,
        ["A 0 db-7_groupA", "A 1 app-2_groupA", "B1 0 db-7_groupB1", "B1 1 app-2_groupB1", "B2 1 app-2_groupB2"]
    );
    assert_eq!(shown["variables"][2], "rollout_version=db-7,app-2");
    assert_eq!(names(&shown["versions"][1]["after"]), ["db-7"]);
    let list = app_after_db("after: db-7").args(&["--name", "api", "--group-names", "safe", "--list"]).json();
    assert_eq!(names(&list["api_app_2"]["vars"]["regal_policy_api_app_2"]["after"]), ["api_db_7"]);
    assert!(list["api_db_7"]["vars"]["regal_policy_api_db_7"].get("after").is_none());
    let text = app_after_db("after: db-7").args(&["plan", "--waves"]).stdout();
    assert!(
        text.contains("app-2: 3 hosts, 3 batches, stops at the first failed host, comes after db-7, plan id"),
        "{text}"
    );
    assert!(text.find("db-7_groupA ").unwrap() < text.find("app-2_groupA ").unwrap(), "{text}");
}

#[test]
fn an_order_that_cannot_be_is_refused_with_its_places_and_a_way_out() {
    let config = "plugin: regal-inventory\nversions:\n  app-2:\n    hosts: zulu\n    after: db-7\n  db-7:\n    hosts: tango\n    after: [app-2]\n";
    let message = Test::new().file("regal.yml", config).args(&["plan", "--waves"]).errors();
    let expected = "error: regal.yml:5:5: `after` goes in a circle, so that none of them could begin: `app-2` after `db-7` (regal.yml:5:5), `db-7` after `app-2` (regal.yml:8:5)\n";
    assert!(message.starts_with(expected), "{message}");
    let stage = "plugin: regal-inventory\nversions: {db-7: tango}\nstages: [{name: all, hosts: rest, after: db-6}]\n";
    let message = Test::new().file("regal.yml", stage).args(&["plan"]).errors();
    assert!(message.contains("`after` cannot be set for single stages"), "{message}");
}

#[test]
fn the_id_is_that_of_the_plan_and_of_the_versions_in_their_order() {
    let plan = two_services().args(&["plan", "--format", "json"]).json();
    let shown = waves(&["--format", "json"]).json();
    assert_eq!(shown["plan_id"], plan["plan_id"]);
    let one = two_services().args(&["plan", "--waves=app-1.0.0", "--format", "json"]).json();
    assert_eq!(one["plan_id"], plan["versions"][1]["plan_id"]);
    let turned = two_services().args(&["plan", "--waves=app-1.0.0,db-7.0.0", "--format", "json"]).json();
    assert_ne!(turned["plan_id"], plan["plan_id"]);
    assert_eq!(turned["waves"][0]["groups"][0]["group"], "app-1.0.0_groupA");
    assert_eq!(turned["variables"][2], "rollout_version=app-1.0.0,db-7.0.0");
}

#[test]
fn a_version_is_found_under_the_name_of_its_group_too() {
    let safe = two_services().args(&["--name", "api", "--group-names", "safe"]);
    let shown = safe.args(&["plan", "--waves=api_db_7_0_0", "--format", "json"]).json();
    assert_eq!(shown["variables"][2], "rollout_version=api_db_7_0_0");
    assert_eq!(names(&shown["waves"][1]["groups"][0]["hosts"]), ["kilo", "echo"]);
}

#[test]
fn a_host_in_two_versions_is_refused_in_the_words_of_the_playbook() {
    let test = |arguments: &[&str]| {
        Test::new().file("hosts", "[web]\nweb[1:3]\n[db]\nweb3\ndb1\n").args(&["-i", "hosts"]).args(arguments)
    };
    let both = ["--versions", "app=web", "--versions", "pg=db", "plan"];
    let message = test(&both).args(&["--waves"]).errors();
    let words = "error: web3 is in pg_groupA and in app_groupB2; roll out its versions one at a time\n";
    assert!(message.starts_with(words), "{message}");
    assert!(test(&both).stdout().contains("web3 stands in several versions"), "alone they can be planned");
    test(&both).args(&["--waves=pg"]).stdout();

    let many =
        Test::new().args(&["-i", &format!("{},", (1..=40).map(|n| format!("h{n}")).collect::<Vec<_>>().join(","))]);
    let message = many.args(&["--versions", "a=all", "--versions", "b=all", "plan", "--waves"]).errors();
    assert_eq!(message.matches("error: ").count(), 11, "{message}");
    assert!(message.contains("error: the same holds for 30 more"), "{message}");
}

#[test]
fn a_limit_shifts_no_wave() {
    let shown = waves(&["--limit", "echo:mike", "--format", "json"]).json();
    let waves = shown["waves"].as_array().unwrap();
    assert_eq!(waves.len(), 1);
    assert_eq!(waves[0]["batch"], "B1");
    let both: Vec<_> = waves[0]["groups"].as_array().unwrap().iter().map(|group| names(&group["hosts"])).collect();
    assert_eq!(both, [["echo"], ["mike"]]);
}

#[test]
fn what_cannot_be_asked_is_said() {
    let message = two_services().args(&["plan", "--waves=dp-7.0.0,"]).errors();
    assert!(message.contains("`--waves` names `dp-7.0.0`, which is not a version"), "{message}");
    assert!(message.contains("hint: the versions are db-7.0.0, app-1.0.0"), "{message}");
    let message = waves(&["--format", "regal"]).run();
    assert_eq!(message.code, 2, "{}", message.stderr);
    assert!(message.stderr.contains("`--waves` is for text"), "{}", message.stderr);
}

#[test]
fn a_large_plan_keeps_to_a_screen_and_full_shows_all() {
    let test = || {
        Test::new()
            .file("hosts", "[web]\nweb[0001:2000].north.example.net\n[db]\ndb-[a:z].example.net\n")
            .args(&["-i", "hosts", "--versions", "app-1.0.0=web", "--versions", "db-7.0.0=db", "--batch-size", "10"])
            .args(&["plan", "--waves"])
    };
    let text = test().stdout();
    let columns = text.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(text.lines().count() <= 70 && columns <= 120, "{text}");
    assert!(text.contains("`--full` shows all"), "{text}");
    let full = test().args(&["--full"]).stdout();
    assert!(full.contains("app-1.0.0_groupB200") && !full.contains('…'), "{full}");
}
