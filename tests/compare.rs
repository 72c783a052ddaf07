//! `plan --compare`: two plans side by side.

use crate::support::{Test, names};

const CURRENT: &str = "plugin: regal-inventory\n\
                       inventory: hosts\n\
                       canary: 2\n\
                       versions:\n  app-2.0.0: web\n  db-7.0.0: db\n  cache-1.0.0: cache\n";
/// Two hosts of web are another version's, the batches are larger, and the cache stays as it is.
const OTHER: &str = "plugin: regal-inventory\n\
                     inventory: hosts\n\
                     canary: 2\n\
                     versions:\n  \
                     app-2.0.0: {hosts: \"web:!web2:!web7\", batch_size: [2, 50%], approval: after_canary, bake: 10m}\n  \
                     db-7.0.0: {hosts: \"db:new\", exclude: db2}\n  \
                     cache-1.0.0: cache\n  \
                     app-2.1.0: web2,web7\n";
const HOSTS: &str = "[web]\nweb[1:9]\n[db]\ndb[1:3]\n[cache]\ncache[1:2]\n[new]\ndb4\n";

fn test(arguments: &[&str]) -> Test {
    let test = Test::new().file("hosts", HOSTS).file("regal.yml", CURRENT).file("other/regal.yml", OTHER);
    test.file("other/hosts", HOSTS).args(&["plan", "--compare", "other/regal.yml"]).args(arguments)
}

#[test]
fn what_differs_as_text() {
    insta::assert_snapshot!(test(&[]).stdout());
}

#[test]
fn what_differs_as_json() {
    insta::assert_snapshot!(test(&["--format", "json"]).stdout());
}

#[test]
fn the_yaml_is_the_same_document() {
    let yaml: serde_json::Value = serde_yaml::from_str(&test(&["--format", "yaml"]).stdout()).unwrap();
    assert_eq!(yaml, test(&["--format", "json"]).json());
}

#[test]
fn the_same_plan_is_called_so() {
    let same = |current: &str, other: &str| {
        let test = Test::new().file("hosts", HOSTS).file("regal.yml", current).file("other.yml", other);
        test.args(&["plan", "--compare", "other.yml"])
    };
    let text = same(CURRENT, CURRENT).stdout();
    assert!(text.ends_with("\n\nthe plans are the same\n"), "{text}");
    assert_eq!(same(CURRENT, CURRENT).args(&["--format", "json"]).json()["same"], true);

    let settings = format!("{CURRENT}approval: each_batch\n");
    let text = same(CURRENT, &settings).stdout();
    assert!(text.contains("the batches are the same, but not the settings"), "{text}");
    assert!(text.contains("approval  never      each_batch\n"), "{text}");

    let order = format!("{CURRENT}priority: [db-7.0.0]\n");
    let text = same(CURRENT, &order).stdout();
    assert!(text.contains("versions come in another order"), "{text}");
    assert!(text.contains("other.yml: db-7.0.0, app-2.0.0, cache-1.0.0"), "{text}");

    let names = format!("{CURRENT}name: api\n");
    let text = same(CURRENT, &names).stdout();
    assert!(text.contains("group  app-2.0.0  api_app-2.0.0\n"), "{text}");
}

#[test]
fn the_environment_and_options_hold_for_both() {
    let plan = |test: Test| test.args(&["--format", "json"]).json();
    let sizes = |document: &serde_json::Value, side: &str| -> Vec<u64> {
        let batches = document["versions"][0]["batches"].as_array().unwrap();
        batches.iter().filter_map(|batch| batch[side]["size"].as_u64()).collect()
    };
    let document = plan(test(&[]).env("REGAL_BATCH_SIZE", "4"));
    assert_eq!((sizes(&document, "current"), sizes(&document, "other")), (vec![2, 4, 3], vec![2, 4, 1]));
    assert_eq!(document["environment"][0]["name"], "REGAL_BATCH_SIZE");
    let document = plan(test(&["--batch-size", "7", "-i", "web1,web2,web3,", "--versions", "app=all"]));
    assert_eq!((document["same"].as_bool(), document["versions"].as_array().unwrap().len()), (Some(true), 1));
    assert_eq!(sizes(&document, "current"), sizes(&document, "other"));
}

#[test]
fn the_other_configuration_and_its_sources_are_read_from_its_folder() {
    let hosts = HOSTS.replace("web[1:9]", "web[1:10]");
    let document = test(&["--format", "json"]).file("other/hosts", hosts).json();
    assert_eq!(document["other"]["sources"][0], "other/hosts");
    let moves = document["versions"][0]["moves"].as_array().unwrap();
    let added = moves.iter().find(|moved| moved["from"].is_null()).unwrap();
    assert_eq!(names(&added["hosts"]), ["web10"]);
}

#[test]
fn configurations_beside_the_hosts_are_no_inventories() {
    let folder = "plugin: regal-inventory\ninventory: .\nversions: {app: web1}\n";
    let test = Test::new().file("hosts", "web1\n").file("regal.yml", folder).file("other.yml", folder);
    let text = test.args(&["plan", "--compare", "other.yml"]).stdout();
    assert!(text.contains("the plans are the same"), "{text}");
}

#[test]
fn messages_say_which_plan_is_meant() {
    let message = Test::new()
        .file("regal.yml", "versions: {app: web}\n")
        .file("hosts", "db1\n")
        .file("other.yml", "batch_size: 0\nversions: {app: a}\n")
        .args(&["-i", "hosts", "plan", "--compare", "other.yml"])
        .errors();
    assert!(message.contains("error: regal.yml:1:12:"), "{message}");
    assert!(message.contains("error: other.yml:1:1: `batch_size` cannot be `0`"), "{message}");

    let message = Test::new()
        .file("regal.yml", "inventory: hosts\nversions: {app: all}\n")
        .file("hosts", "[web]\nweb[1:x]\n")
        .file("other.yml", "inventory: other\nversions: {app: all}\n")
        .file("other", "[db]\ndb[1:x]\n")
        .args(&["plan", "--compare", "other.yml"])
        .errors();
    assert!(message.contains("hosts:2:1: plan of regal.yml: "), "{message}");
    assert!(message.contains("other:2:1: plan of other.yml: "), "{message}");

    let message = Test::new()
        .file("regal.yml", "canary: 0\nversions: {app: a}\n")
        .file("other.yml", "versions: {app: a}\n")
        .args(&["plan", "--compare", "other.yml"])
        .errors();
    assert!(message.starts_with("error: regal.yml:1:1: `canary` cannot be `0`"), "{message}");

    let message =
        Test::new().file("other.yml", "versions: {app: a}\n").args(&["plan", "--compare", "other.yml"]).errors();
    assert!(message.starts_with("error: plan without a configuration: nothing says which version"), "{message}");

    let message = test(&[]).env("REGAL_BAKE", "soon").errors();
    assert_eq!(message.matches("`bake` cannot be").count(), 1, "{message}");

    let message = Test::new().file("regal.yml", CURRENT).args(&["plan", "--compare", "no.yml"]).errors();
    assert!(message.contains("error: no.yml: the configuration cannot be read"), "{message}");
    assert!(message.contains("check the path given by --compare"), "{message}");
}

#[test]
fn wrong_usage_is_said() {
    for (arguments, words) in [
        (["--waves"].as_slice(), "cannot be used with"),
        (&["--format", "markdown"], "`--compare` is for text, html, json and yaml"),
        (&["--format", "regal"], "`--compare` is for text, html, json and yaml"),
    ] {
        let output = test(arguments).run();
        assert_eq!(output.code, 2, "{}", output.stderr);
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
}

#[test]
fn a_large_comparison_keeps_to_the_width_and_full_shows_all() {
    let test = || {
        Test::new()
            .file("hosts", "[web]\nweb[0001:2000].north.example.net\n")
            .file("regal.yml", "inventory: hosts\nversions: {app: web}\nbatch_size: 10\n")
            .file(
                "a/rather/long/path/to/the/configuration/of/another/plan.yml",
                "versions: {app: web}\nbatch_size: 11\n",
            )
            .args(&["-i", "hosts", "plan", "--compare", "a/rather/long/path/to/the/configuration/of/another/plan.yml"])
    };
    let text = test().stdout();
    let columns = text.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(text.lines().count() <= 70 && columns <= 120, "{text}");
    assert!(text.contains("more moves; `--full` shows all"), "{text}");
    let full = test().args(&["--full"]).stdout();
    assert!(full.contains("B200 → B182") && !full.contains('…'), "{full}");
}

#[test]
fn what_differs_as_a_page() {
    let page = test(&["--format", "html"]).stdout();
    for text in [
        "<h1>the plans differ</h1>",
        "<span class=\"move moved\">app-2.0.0 → app-2.1.0</span> 2 hosts: web2, web7",
        "<th scope=\"row\">approval</th><td>never</td><td>after_canary</td>",
        "<span class=\"move removed\">removed from ",
        "<span class=\"move added\">added to ",
        "<h2>The same in both</h2><p>cache-1.0.0</p>",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
}
