//! Plans that are saved and used later.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Output, Test};

const HOSTS: &str = "[shop]\nweb[1:5] v=shop-2.5.0\n[db]\ndb1 v=db-1.0 zone=a\ndb2 v=db-1.0 zone=b\n";
const SETTINGS: &str = "inventory: hosts\nversion_from: {var: v}\nbatch_size: 2\napproval: after_canary\nbake: 90s\n";
const FILE: &str = "rollouts/2.5.0.rollout.yml";

fn test() -> Test {
    let test = Test::new().file("hosts", HOSTS).file("regal.yml", SETTINGS);
    std::fs::create_dir(test.path().join("rollouts")).unwrap();
    test
}

/// A folder with a saved plan.
fn saved() -> Test {
    let test = test();
    let saved = test.shell(&format!("regal plan --save {FILE} --no-time --format groups"));
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    test
}

fn frozen(test: &Test, arguments: &str) -> Output {
    test.shell(&format!("regal --plan {FILE} {arguments}"))
}

fn read(test: &Test) -> String {
    std::fs::read_to_string(test.path().join(FILE)).unwrap()
}

fn write(test: &Test, name: &str, text: &str) {
    std::fs::write(test.path().join(name), text).unwrap();
}

#[test]
fn it_is_saved_as_text_for_a_review() {
    let test = test();
    let saved = test.shell(&format!("regal plan --save {FILE} --no-time --only shop-2.5.0 --format groups"));
    assert_eq!(saved.stdout, "shop-2.5.0_groupA\nshop-2.5.0_groupB1\nshop-2.5.0_groupB2\n");
    assert!(saved.stderr.starts_with(&format!("saved in {FILE}: plan ")), "{}", saved.stderr);
    assert!(saved.stderr.ends_with("3 batches, 5 hosts\n"), "{}", saved.stderr);
    let text = read(&test).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let end = text.find("# sha256: ").unwrap();
    insta::assert_snapshot!(&text[..end]);
    assert_eq!(std::fs::metadata(test.path().join(FILE)).unwrap().permissions().mode() & 0o111, 0o111);
}

#[test]
fn it_says_when_and_by_whom_it_was_saved() {
    let test = test();
    test.shell(&format!("regal plan --save {FILE}"));
    let text = read(&test);
    let line = |key: &str| text.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap_or_default().to_string();
    assert!(line("at: ").starts_with("\"20") && line("at: ").ends_with("Z\""), "{text}");
    assert!(line("by: ").contains('@'), "{text}");
}

#[test]
fn a_file_is_never_replaced() {
    let test = saved();
    let before = read(&test);
    let again = test.shell(&format!("regal plan --save {FILE}"));
    let expected = format!(
        "error: {FILE}: there is a file already, and a frozen plan is never replaced
  hint: give the new plan another name, or remove the file and its record first
"
    );
    assert_eq!((again.code, again.stderr), (1, expected));
    assert_eq!(read(&test), before);
}

#[test]
fn it_gives_the_groups_of_then_whatever_the_inventory_says() {
    let test = saved();
    let groups = |output: Output| {
        let mut list = output.json();
        let vars = list["regal"]["vars"].as_object_mut().unwrap();
        let _ = (vars.remove("regal_plan_file"), vars.remove("regal_frozen_plan_id"));
        list
    };
    let now = groups(test.shell("regal --list --groups-only"));
    assert_eq!(groups(frozen(&test, "--list")), now);
    let configuration = format!("configuration {FILE}\n");
    assert_eq!(
        frozen(&test, "plan").stdout,
        test.shell("regal plan").stdout.replace("configuration regal.yml\n", &configuration)
    );
    // hosts that have come move others, but not in the frozen plan
    write(&test, "hosts", &format!("web0 v=shop-2.5.0\n{HOSTS}"));
    assert_eq!(groups(frozen(&test, "--list --drift ignore")), now);
    assert_eq!(groups(frozen(&test, "--list --drift-added ignore")), now);
    assert_ne!(groups(test.shell("regal --list --groups-only")), now);
    // without any sources too
    std::fs::remove_file(test.path().join("hosts")).unwrap();
    std::fs::remove_file(test.path().join("regal.yml")).unwrap();
    assert_eq!(groups(frozen(&test, "--list --drift ignore")), now);
}

#[test]
fn it_is_used_from_any_folder_and_by_a_variable() {
    let test = saved();
    let here = frozen(&test, "--list").stdout;
    let elsewhere = test.shell(&format!("cd / && regal --plan '{}/{FILE}' --list", test.path().display()));
    assert_eq!((elsewhere.stdout.as_str(), elsewhere.stderr.as_str()), (here.as_str(), ""));
    assert_eq!(test.shell(&format!("REGAL_PLAN={FILE} regal --list")).stdout, here);
    // an executable configuration that is frozen from outside
    assert_eq!(test.shell(&format!("REGAL_PLAN={FILE} regal --config regal.yml --list")).stdout, here);
    let other = test.shell(&format!("touch other.yml; REGAL_PLAN={FILE} regal --config other.yml --list"));
    assert!(other.stderr.contains("and not by other.yml"), "{}", other.stderr);
}

#[test]
fn the_sources_variables_are_there_where_they_are_asked_for() {
    let test = saved();
    let full = frozen(&test, "--list --groups-only=false");
    assert_eq!(full.json()["_meta"]["hostvars"]["db1"]["zone"], "a");
    assert_eq!(frozen(&test, "--list").json()["_meta"]["hostvars"], serde_json::json!({}));
}

#[test]
fn the_options_and_variables_of_then_hold() {
    let test = test();
    let save = format!("REGAL_BATCH_SIZE=3 regal plan --canary 2 --save {FILE} --no-time --format groups");
    assert_eq!(test.shell(&save).code, 0);
    let list = frozen(&test, "--list");
    assert_eq!((list.code, list.stderr.as_str()), (0, ""));
    assert_eq!(list.json()["shop-2.5.0_groupA"]["hosts"], serde_json::json!(["web1", "web2"]));
    let other = frozen(&test, "--list --canary 1");
    let expected = format!(
        "error: {FILE}: the batches of a frozen plan are fixed: --canary cannot change them
  hint: leave --canary out, or make another plan with plan --save FILE
"
    );
    assert_eq!((other.code, other.stderr), (1, expected));
}

#[test]
fn what_is_not_whole_or_was_changed_is_refused() {
    let test = saved();
    let text = read(&test);
    let mut all = String::new();
    let newer = text.replace("schema: 1", "schema: 2");
    let cases = [
        ("cut", &text[..text.len() / 2]),
        ("cut by a line", &text[..=text.trim_end().rfind('\n').unwrap()]),
        ("cut by a character", &text[..text.len() - 1]),
        ("edited", &text.replacen("web1", "web5", 1)),
        ("edited after its end", &format!("{text}# looked at by ops\n")),
        ("of a newer program", &newer),
        ("a configuration", SETTINGS),
        ("an inventory", HOSTS),
        ("nothing", ""),
    ];
    for (name, text) in cases {
        write(&test, FILE, text);
        let output = frozen(&test, "--list");
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{name}");
        all.push_str(&format!("## {name}\n{}", output.stderr));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_file_that_everybody_may_write_is_refused() {
    let test = saved();
    std::fs::set_permissions(test.path().join(FILE), std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(frozen(&test, "--list").errors().contains("everybody may write it"));
}

#[test]
fn drift_is_told_and_stops_what_would_be_wrong() {
    let mut all = String::new();
    for (name, hosts, settings) in [
        ("a host is gone", HOSTS.replace("web[1:5]", "web[1:4]"), SETTINGS.to_string()),
        ("a host has come", HOSTS.replace("web[1:5]", "web[1:6]"), SETTINGS.to_string()),
        ("a host has another version", format!("{HOSTS}web1 v=db-1.0\n"), SETTINGS.to_string()),
        ("a host has none", format!("{HOSTS}web1 v=\n"), SETTINGS.to_string()),
        ("a host is excluded", HOSTS.to_string(), format!("{SETTINGS}exclude: web3\n")),
        ("a setting", HOSTS.to_string(), SETTINGS.replace("after_canary", "never")),
        ("a comment", format!("# ours\n{HOSTS}"), format!("# ours\n{SETTINGS}")),
    ] {
        let test = saved();
        write(&test, "hosts", &hosts);
        write(&test, "regal.yml", &settings);
        let list = frozen(&test, "-v --list");
        let diff = frozen(&test, "diff");
        assert_eq!(diff.code, if name == "a comment" { 0 } else { 3 }, "{name}: {}", diff.stderr);
        all.push_str(&format!("## {name}: {}\n{}{}", list.code, list.stderr, diff.stdout));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn drift_is_a_page_with_names_as_text() {
    let test = saved();
    let same = frozen(&test, "diff --format html");
    assert_eq!((same.code, same.stderr.as_str()), (0, ""));
    assert!(same.stdout.contains("<h1>still the plan of the inventory</h1>") && !same.stdout.contains("<ul"));
    let hosts = HOSTS.replace("web[1:5]", "web[1:4]");
    write(&test, "hosts", &format!("{hosts}web2 v='<b>x'\nweb3 v=\nweb4 v=\nweb6 v=shop-2.5.0\n"));
    write(&test, "regal.yml", &SETTINGS.replace("after_canary", "never"));
    let diff = frozen(&test, "diff --format html --output diff.html");
    assert_eq!((diff.code, diff.stdout.as_str()), (3, ""), "{}", diff.stderr);
    let page = std::fs::read_to_string(test.path().join("diff.html")).unwrap();
    for part in [
        "<h1>the inventory has another plan now</h1>",
        "<span class=\"move removed\">no longer in the inventory</span> 1 host: web5<",
        "<span class=\"move added\">should run shop-2.5.0, in no batch of it</span> 1 host: web6<",
        "<span class=\"move moved\">shop-2.5.0 → &lt;b&gt;x</span> 1 host: web2<",
        "<span class=\"move moved\">shop-2.5.0 → no version</span> 2 hosts: web[3:4]<",
        "<td><code>approval</code></td><td>after_canary</td><td>never</td>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<b>x"));
}

/// A line of the record of the saved plan.
fn event(test: &Test, json: &str) {
    use std::io::Write;
    let path = test.path().join("rollouts/2.5.0.rollout.jsonl");
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    let id = frozen(test, "plan --format json").json()["plan_id"].as_str().unwrap().to_string();
    writeln!(file, "{{\"schema\":1,\"at\":\"2026-11-28T09:14:03.120Z\",\"plan\":\"{id}\",\"run\":\"r1\",{json}}}")
        .unwrap();
}

/// A rollout of shop that is done with A and lost a host of B1.
fn halfway() -> Test {
    let test = saved();
    event(&test, r#""event":"begin","group":"shop-2.5.0_groupA""#);
    event(&test, r#""event":"done","group":"shop-2.5.0_groupA","hosts":["web1"]"#);
    event(&test, r#""event":"begin","group":"shop-2.5.0_groupB1""#);
    event(&test, r#""event":"lost","group":"shop-2.5.0_groupB1","host":"web3","step":"deploy""#);
    test
}

#[test]
fn groups_say_how_far_a_rollout_is() {
    let states = |test: &Test| -> Vec<String> {
        let list = frozen(test, "--list").json();
        let names = ["regal_done", "regal_begun", "regal_lost", "regal_waiting"];
        names
            .map(|name| {
                list[name]["hosts"].as_array().map(|hosts| format!("{name} {}", hosts.len())).unwrap_or_default()
            })
            .into()
    };
    assert_eq!(states(&saved()), ["", "", "", ""]);
    let test = halfway();
    assert_eq!(states(&test), ["regal_done 1", "regal_begun 1", "regal_lost 1", "regal_waiting 4"]);
    let list = frozen(&test, "--list").json();
    assert_eq!(list["regal_begun"]["hosts"], serde_json::json!(["web2"]));
    let file = test.path().join(FILE).canonicalize().unwrap();
    assert_eq!(list["regal"]["vars"]["regal_plan_file"], file.display().to_string());
    assert_eq!(list["regal"]["vars"]["regal_frozen_plan_id"], list["regal"]["vars"]["regal_plan_id"]);
    assert!(
        frozen(&test, "--graph").stdout.contains("@regal_lost:\n  |  |--web3"),
        "{}",
        frozen(&test, "--graph").stdout
    );
}

#[test]
fn a_host_that_is_done_does_not_drift() {
    let test = halfway();
    write(&test, "hosts", &format!("{HOSTS}web1 v=db-1.0\n"));
    assert_eq!(frozen(&test, "diff").code, 0);
    write(&test, "hosts", &format!("{HOSTS}web2 v=db-1.0\n"));
    assert_eq!(frozen(&test, "diff").stdout, "moved     web2: from shop-2.5.0 to db-1.0\n");
}

#[test]
fn another_plan_has_what_is_not_done() {
    let test = halfway();
    write(&test, "hosts", &HOSTS.replace("web[1:5]", "web[1:6]"));
    let next = test.shell(&format!("regal plan --save rollouts/rest.rollout.yml --except-done {FILE} --format groups"));
    assert_eq!(next.code, 0, "{}", next.stderr);
    let list = test.shell("regal --plan rollouts/rest.rollout.yml --list").json();
    assert_eq!(list["shop-2.5.0_groupA"]["hosts"], serde_json::json!(["web2"]));
    assert_eq!(list["shop-2.5.0_groupB2"]["hosts"], serde_json::json!(["web5", "web6"]));
    let nothing = test.shell("regal plan --except-done rollouts/rest.rollout.yml");
    assert!(nothing.errors().contains("there is no record of this plan"), "{}", nothing.stderr);
}

#[test]
fn the_record_of_another_plan_is_refused() {
    let test = halfway();
    let path = test.path().join("rollouts/2.5.0.rollout.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let id = frozen(&test, "plan --format json").json()["plan_id"].as_str().unwrap().to_string();
    std::fs::write(&path, text.replace(&id, "0123456789ab")).unwrap();
    let message = frozen(&test, "--list");
    assert!(
        message.errors().contains("this is the record of plan 0123456789ab, and rollouts/2.5.0.rollout.yml is plan"),
        "{}",
        message.stderr
    );
}

/// Gates of each kind, and versions in an order.
const GATES: &str = "--bake 10m --on-failure rollback --rollback-to 2.4.0 --max-unavailable 3 --windows '[{days: mon-thu, from: \"09:00\", to: \"16:00\", zone: Europe/Berlin}]' \
    --blackouts '[{from: 2026-12-20, to: 2027-01-06, zone: Europe/Berlin, why: Christmas}]' --overrides '{shop-2.5.0: {after: db-1.0}}' --gates \
    '[{prometheus: up, server: \"http://p:9090\", max: 1, token_file: /etc/token}, \
      {name: slower, prometheus: \"up{host=~'\\''{{ hosts }}'\\''}\", server: \"http://p:9090\", compare: {by: ratio, max: 1.2, significance: 0.01}}, \
      {http: \"http://{{ host }}/\", status: 200, body: ok, max_time: 500ms, token_variable: TOKEN}, \
      {command: [./check, \"{{ hosts }}\"], interval: 1m, initial_delay: 5m, failure_limit: 1, inconclusive_limit: 2, timeout: 5s}]'";

#[test]
fn the_file_is_of_the_form_that_is_documented() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../examples/rollout.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let settings = format!("{SETTINGS}spread: {{by: [zone], missing: each}}\nexclude: web5\n");
    let stages =
        "--stages '[{name: first, hosts: web2, approval: after_stage}, {name: others, hosts: rest, spread: []}]'";
    for save in ["--no-time", "", "--only db-1.0", "--canary 2", stages, GATES] {
        let test = test().file("regal.yml", &settings);
        let saved = test.shell(&format!("regal plan --save {FILE} {save}"));
        assert_eq!(saved.code, 0, "{}", saved.stderr);
        let document: serde_json::Value = serde_yaml::from_str(&read(&test)).unwrap();
        let wrong: Vec<String> =
            schema.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{save}: {wrong:?}\n{}", read(&test));
        let form = if save == stages {
            2
        } else if save == GATES {
            3
        } else {
            1
        };
        assert_eq!(document["schema"], form);
        let mut other = document.clone();
        other["versions"][0]["batches"][0]["hosts"] = serde_json::json!([1]);
        assert!(!schema.is_valid(&other));
    }
}

#[test]
fn stages_are_frozen_with_the_batches() {
    let stages =
        "[{name: first, hosts: web2, approval: after_stage, max_failures: 1}, {name: others, hosts: rest, bake: 1m}]";
    let test = test();
    let planned = |words: &str| test.shell(&format!("regal {words}")).stdout;
    let list = planned(&format!("--list --stages '{stages}'"));
    assert_eq!(test.shell(&format!("regal plan --save {FILE} --stages '{stages}'")).code, 0);
    let without = |list: &str| list.replace(&list[list.find("\"regal_plan_id").unwrap()..list.find("}}").unwrap()], "");
    let frozen_list = frozen(&test, "--list").stdout;
    assert!(
        frozen_list.contains("_stage_first") && frozen_list.contains("\"approval\":\"after_stage\",\"max_failures\":1"),
        "{frozen_list}"
    );
    for group in ["stage_first", "stage_others"] {
        assert_eq!(without(&list).matches(group).count(), without(&frozen_list).matches(group).count(), "{group}");
    }
    let why = frozen(&test, "why web2").stdout;
    assert!(why.contains("stage     first\n"), "{why}");
    // a policy without these stages is another one
    write(&test, "staged.yml", &format!("{SETTINGS}stages: {stages}\n"));
    let diff = planned("plan --compare staged.yml");
    assert!(diff.contains("stages") && diff.contains("{first, hosts: web2, "), "{diff}");
}

#[test]
fn it_may_stand_where_a_configuration_stands() {
    let test = saved();
    let list = frozen(&test, "--list").stdout;
    assert_eq!(test.shell(&format!("regal --config {FILE} --list")).stdout, list);
    assert_eq!(test.shell(&format!("REGAL_CONFIG={FILE} regal --list")).stdout, list);
    let other = test.shell(&format!("regal --config {FILE} --batch-size 1 --list"));
    assert!(other.errors().contains("the batches of a frozen plan are fixed"), "{}", other.stderr);
}

#[test]
fn a_limit_in_the_configuration_takes_no_host_out_of_a_frozen_plan() {
    let test = saved();
    let shown = frozen(&test, "plan --format groups --limit web1").stdout;
    assert_eq!(shown.lines().count(), 1, "{shown}");
    let text = std::fs::read_to_string(test.path().join("regal.yml")).unwrap();
    write(&test, "regal.yml", &format!("{text}limit: web1\n"));
    for words in ["--list", "plan", "export json", "diff"] {
        let refused = frozen(&test, words);
        assert_eq!(refused.code, 1, "{words}: {}", refused.stdout);
        assert!(refused.errors().contains("the limit of the configuration would take hosts out"), "{}", refused.stderr);
    }
    // one that the command names is of that command
    assert_eq!(frozen(&test, "plan --format groups --limit web1").stdout, shown);
}

#[test]
fn of_several_that_save_at_once_one_does() {
    let test = test();
    for round in 0..5 {
        let line = format!(
            "for size in 1 2 3 4; do regal plan --batch-size $size --save rollouts/race{round}.rollout.yml --format groups \\
             > /dev/null 2> err$size & done; wait; cat err1 err2 err3 err4"
        );
        let said = test.shell(&line).stdout;
        assert_eq!(
            (said.matches("saved in ").count(), said.matches("there is a file already").count()),
            (1, 3),
            "{said}"
        );
    }
    assert_eq!(std::fs::read_dir(test.path().join("rollouts")).unwrap().count(), 5);
}

#[test]
fn what_cannot_be_saved_or_not_there_is_told() {
    let mut all = String::new();
    for line in [
        "plan --save nowhere/x.rollout.yml",
        "plan --save x.yml",
        "plan --save x.rollout.yml --limit web1",
        "plan -i <(cat hosts) --save x.rollout.yml",
        "--plan rollouts/2.5.0.rollout.yml plan --save x.rollout.yml",
    ] {
        let output = saved().shell(&format!("regal {line}"));
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{line}");
        let told: Vec<&str> =
            output.stderr.split(' ').map(|word| if word.starts_with("/dev/fd/") { "PIPE" } else { word }).collect();
        all.push_str(&format!("## {line}\n{}", told.join(" ")));
    }
    insta::assert_snapshot!(all);
    let test = test();
    let open = test.shell(&format!("umask 000; regal plan --save {FILE} > /dev/null && regal --plan {FILE} --list"));
    assert_eq!(open.code, 0, "{}", open.stderr);
}

#[test]
fn a_link_to_a_plan_has_its_record_and_its_sources() {
    let test = halfway();
    let linked = "mkdir deep deep/er && ln -s ../../rollouts/2.5.0.rollout.yml deep/er/current.rollout.yml";
    let list = test.shell(&format!("{linked} && regal --plan deep/er/current.rollout.yml --list")).json();
    assert_eq!(list["regal_done"]["hosts"], serde_json::json!(["web1"]));
    assert_eq!(list, frozen(&test, "--list").json());
}

#[test]
fn a_plan_that_has_lost_its_canary_is_refused() {
    let test = saved();
    write(&test, "hosts", &HOSTS.replace("web[1:5]", "web[2:5]"));
    let list = frozen(&test, "--list");
    assert_eq!(list.code, 3, "{}", list.stderr);
    assert!(list.stderr.contains("version shop-2.5.0 has no canary left"), "{}", list.stderr);
    write(&test, "hosts", &HOSTS.replace("web[1:5]", "web[1:4]"));
    let list = frozen(&test, "--list");
    assert!(list.stderr.contains("the inventory no longer has web5: left out of the batches"), "{}", list.stderr);
    write(&test, "hosts", "other v=none\n");
    assert_eq!(frozen(&test, "--list").code, 3);
}

#[test]
fn why_says_what_the_frozen_plan_says() {
    let test = saved();
    write(&test, "hosts", &format!("web5 v=shop-2.5.0\n{HOSTS}"));
    assert!(test.shell("regal why web5").stdout.contains("shop-2.5.0_groupA"));
    let why = frozen(&test, "why web5").stdout;
    assert!(why.contains("shop-2.5.0_groupB2, host 2 of 2") && why.contains("the frozen plan says so"), "{why}");
}

#[test]
fn a_further_version_of_a_host_is_drift_and_diff_asks_whatever_is_ignored() {
    let test = test().file("regal.yml", "inventory: hosts\nversions: {a: [web1, web2, web3], b: [web3, web1]}\n");
    assert_eq!(test.shell(&format!("regal plan --save {FILE} --drift ignore")).code, 0);
    assert_eq!(frozen(&test, "diff").code, 0);
    write(&test, "regal.yml", "inventory: hosts\nversions: {a: [web1, web2, web3], b: [web3, web1, web2]}\n");
    let expected = "added     web2: should run b, in no batch of it\n";
    assert_eq!(frozen(&test, "diff").stdout, expected);
    assert_eq!(frozen(&test, "diff --drift ignore").stdout, expected);
    // how one call checks is no part of the plan
    assert_eq!(frozen(&test, "--list").code, 3);
}

#[test]
fn versions_that_ansible_would_merge_are_refused_later_too() {
    let test = Test::new()
        .file("hosts", "web1 v=1.0\nweb2 v=2.0\n")
        .file("regal.yml", "inventory: hosts\nversion_from: {var: v}\n");
    assert_eq!(test.shell("regal plan --save x.rollout.yml").code, 0);
    let cleaned = test.shell("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS=always regal --plan x.rollout.yml --list");
    assert!(cleaned.errors().contains("makes `__0` of both"), "{}", cleaned.stderr);
}

#[test]
fn a_record_among_inventories_is_none() {
    let test = halfway();
    std::fs::rename(test.path().join("hosts"), test.path().join("rollouts/hosts")).unwrap();
    let plan = test.shell("regal -i rollouts --version-from var:v --list");
    assert_eq!(plan.code, 0, "{}", plan.stderr);
}

#[test]
fn a_variable_without_effect_is_told() {
    let test = test();
    assert_eq!(test.shell(&format!("REGAL_BATCH_SIZE=3 regal plan --save {FILE}")).code, 0);
    let plan = |variables: &str| {
        let output = test.shell(&format!("{variables} regal --plan {FILE} plan"));
        assert_eq!((output.code, output.stderr.as_str()), (0, ""));
        output.stdout
    };
    assert!(!plan("REGAL_BATCH_SIZE=3").contains("has no effect"));
    let told = plan("REGAL_BATCH_SIZE=1 REGAL_DRIFT=check");
    let expected = format!("{FILE}: REGAL_BATCH_SIZE has no effect: the batches of a frozen plan are fixed\n");
    assert!(told.contains(&expected), "{told}");
    assert_eq!(told.matches("has no effect").count(), 1, "{told}");
    let source = saved().shell(&format!("regal -i {FILE} --versions v=all --list"));
    let expected = format!(
        "error: {FILE}: this is a frozen plan and not an inventory
  hint: use it with --plan {FILE}; without it, name only the inventory, and it is planned anew
"
    );
    assert_eq!((source.code, source.stdout.as_str(), source.stderr), (1, "", expected));
}

#[test]
fn line_ends_that_git_changed_are_told() {
    let test = saved();
    let text = read(&test);
    write(&test, FILE, &text.replace('\n', "\r\n"));
    let refused = frozen(&test, "--list");
    let message = refused.errors();
    assert!(message.contains("the lines of the frozen plan end with CR LF"), "{message}");
    assert!(message.contains("`*.rollout.yml -text`"), "{message}");
    write(&test, FILE, &text.replace('\n', "\r\n").replacen("web1", "web5", 1));
    let refused = frozen(&test, "--list");
    let message = refused.errors();
    assert!(message.contains("was changed after it was saved") && !message.contains("CR LF"), "{message}");
}

#[test]
fn it_is_laid_beside_the_plan_of_today() {
    let test = saved();
    let same = test.shell(&format!("regal plan --compare {FILE}")).stdout;
    assert!(same.ends_with("\nthe plans are the same\n"), "{same}");
    write(&test, "hosts", &format!("{HOSTS}web1 v=db-1.0\n"));
    let moved = test.shell(&format!("regal plan --compare {FILE} --format json")).json();
    let web1 = |from: &str, to: &str| serde_json::json!([{"from": from, "to": to, "hosts": ["web1"]}]);
    assert_eq!(moved["changed"], web1("db-1.0", "shop-2.5.0"), "{moved}");
    let back = frozen(&test, "plan --compare regal.yml --format json").json();
    assert_eq!(back["changed"], web1("shop-2.5.0", "db-1.0"), "{back}");
    assert_eq!(
        (&back["current"]["configuration"], &back["other"]["configuration"]),
        (&FILE.into(), &"regal.yml".into())
    );
    let by_variable = test.shell(&format!("REGAL_PLAN={FILE} regal plan --compare regal.yml --format json")).json();
    assert_eq!(by_variable, back);
    // an option is for today's plan
    write(&test, "hosts", HOSTS);
    let sizes = test.shell(&format!("regal plan --batch-size 1 --compare {FILE}")).stdout;
    assert!(sizes.contains("batch_size"), "{sizes}");
    for drift in ["--drift check", "--drift ignore", "--drift-removed error"] {
        let output = test.shell(&format!("regal plan {drift} --compare {FILE}"));
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{drift}");
    }
    let broken = test.shell(&format!("rm hosts; regal plan --compare {FILE}"));
    assert!(broken.errors().contains("inventory `hosts` cannot be read"), "{}", broken.stderr);
}
