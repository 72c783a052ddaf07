//! Stages that an operator writes: who is in which, and what is said where that is not clear.

use crate::support::Test;

const HOSTS: &str =
    "[staging]\nstg[1:4]\n[eu]\neu-web[1:12] region=eu\n[us]\nus-web[1:8] region=us\n[prod:children]\neu\nus\n";

fn plan(stages: &str, words: &str) -> crate::support::Output {
    let settings = format!("inventory: hosts\nversions: {{app-2: all}}\n{stages}\n");
    Test::new().file("hosts", HOSTS).file("regal.yml", &settings).shell(&format!("regal plan {words}"))
}

/// The groups with their hosts, as `--format groups` has them, and the stage of each.
fn batches(stages: &str) -> Vec<String> {
    let planned = plan(stages, "--format json");
    assert_eq!(planned.code, 0, "{}", planned.stderr);
    let json: serde_json::Value = serde_json::from_str(&planned.stdout).unwrap();
    let batch = |batch: &serde_json::Value| {
        let (stage, name) = (batch["stage"].as_str().unwrap(), batch["batch"].as_str().unwrap());
        format!("{stage} {name} {}{}", batch["size"], if batch["canary"] == true { " canary" } else { "" })
    };
    json["versions"][0]["batches"].as_array().unwrap().iter().map(batch).collect()
}

#[test]
fn hosts_by_pattern_by_value_and_the_rest() {
    assert_eq!(
        batches(
            "batch_size: rest\nstages: [{name: s, hosts: staging}, {name: e, hosts: {region: eu}}, {name: others, hosts: rest}]"
        ),
        ["s A 1 canary", "s B1 3", "e B2 1 canary", "e B3 11", "others B4 1 canary", "others B5 7"]
    );
    assert_eq!(
        batches("batch_size: rest\nstages: [{name: s, hosts: 'staging:eu-web1'}, {by: region, values: [us]}]"),
        ["s A 1 canary", "s B1 4", "us B2 1 canary", "us B3 7", "eu B4 1 canary", "eu B5 10"]
    );
    assert_eq!(
        batches("exclude: 'staging:us'\nbatch_size: 50%\nstages: {by: 'group:e*'}"),
        ["u A 1 canary", "u B1 6", "u B2 5"]
    );
}

#[test]
fn a_host_that_no_stage_takes_is_an_error_and_one_that_two_name_is_told() {
    let left = plan("stages: [{name: eu, hosts: eu}]", "");
    assert_eq!(left.code, 1);
    let message = "error: regal.yml:3:11: version app-2: 12 hosts are in no stage: stg[1:4], us-web[1:8]\n";
    assert!(left.stderr.starts_with(message), "{}", left.stderr);
    assert!(left.stderr.contains("add a last stage `{name: others, hosts: rest}`, or keep them out with `exclude`"));
    let both = plan("stages: [{name: p, hosts: prod}, {name: us, hosts: us}, {name: o, hosts: rest}]", "");
    assert_eq!(both.code, 0, "{}", both.stderr);
    let warning = "regal.yml:3:35: version app-2: stages `p` and `us` both name us-web[1:8]; they go with `p`";
    assert!(both.stdout.contains(warning), "{}", both.stdout);
    assert!(both.stdout.contains("regal.yml:3:35: stage `us` has no host in any version"), "{}", both.stdout);
}

#[test]
fn a_value_that_no_host_has_is_told() {
    let typo = plan("stages: [{name: eu, hosts: {region: eup}}, {name: o, hosts: rest}]", "");
    assert!(typo.stdout.contains("stage `eu` has no host in any version"), "{}", typo.stdout);
    let listed = plan("stages: [{name: s, hosts: staging}, {by: region, values: [us, ap]}]", "");
    assert!(listed.stdout.contains("stage `ap` has no host in any version"), "{}", listed.stdout);
    let label = plan("stages: [{name: eu, hosts: {regoin: eu}}, {name: o, hosts: rest}]", "");
    assert!(label.stderr.contains("regal.yml:3:21: no host and no group has a variable `regoin`"), "{}", label.stderr);
    assert!(label.stderr.contains("did you mean `region`?"), "{}", label.stderr);
}

#[test]
fn keys_of_a_stage_about_hosts_of_another_are_an_error() {
    let wrong = plan(
        "stages: [{name: a, hosts: staging, canary: {hosts: eu-web1}}, {name: b, hosts: rest, last: 'stg1:us-web8'}]",
        "",
    );
    assert_eq!(wrong.code, 1);
    for message in [
        "regal.yml:3:45: version app-2: `canary.hosts` of a stage names eu-web1, which is in stage `b`",
        "version app-2: `last` of a stage names stg1, which is in stage `a`",
    ] {
        assert!(wrong.stderr.contains(message), "{}", wrong.stderr);
    }
    // beside the stages it holds in each that has one of the hosts
    let within = plan("last: 'stg1:us-web1'\nstages: [{name: a, hosts: staging}, {name: b, hosts: rest}]", "");
    assert!(within.stdout.contains("groupA        1    4.1%  stg2\n"), "{}", within.stdout);
    assert!(within.stdout.contains("groupB23      1    100%  us-web1\n"), "{}", within.stdout);
}

#[test]
fn asking_after_a_stage_without_stages_is_told_at_its_place() {
    let without = plan("approval: after_stage", "");
    let message = "error: regal.yml:3:1: `approval: after_stage` has no meaning without `stages`\n";
    assert!(without.code == 1 && without.stderr.starts_with(message), "{}", without.stderr);
}

#[test]
fn a_problem_within_a_stage_is_told_like_any_other() {
    let bucket = plan("stages: [{name: a, hosts: staging, assignment: bucket}, {name: b, hosts: rest}]", "");
    assert!(bucket.stderr.contains("`assignment.mode: bucket` has no meaning without a percent"), "{}", bucket.stderr);
    let named = plan("stages: {by: 'group:*'}", "");
    assert!(named.stderr.contains("has two values of `group:*`"), "{}", named.stderr);
}

#[test]
fn names_of_groups_of_stages_clash_like_others() {
    let test = Test::new()
        .file("hosts", "[app-2_stage_eu]\nw1\n[others]\nw2\n")
        .file("regal.yml", "inventory: hosts\nversions: {app-2: all}\nstages: [{name: eu, hosts: rest}]\n");
    let clash = test.shell("regal --list");
    assert_eq!(clash.code, 1);
    assert!(clash.stderr.contains("the group `app-2_stage_eu` cannot be added"), "{}", clash.stderr);
}
