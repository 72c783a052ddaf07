//! Reports as an operator sees them.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::layout::{COLUMNS, LINES};
use super::*;
use crate::emit::look::Look;
use crate::error::Location;
use crate::plan::plan;
use crate::plan::{Assigned, Assignments, Facts, Label};
use crate::policy::naming::Naming;
use crate::policy::{Amount, Approval, BatchSize, Keys, Layer, Missing, Policy, Set};

fn keys(canary: &str, batch_size: &str) -> Keys {
    Keys {
        canary_size: Some(Amount::parse(canary).unwrap()),
        batch_size: Some(vec![BatchSize::Amount(Amount::parse(batch_size).unwrap())]),
        ..Keys::default()
    }
}

fn policy(keys: Keys) -> Policy {
    Policy { layers: vec![Layer { all: keys, ..Layer::default() }], ..Policy::default() }
}

/// The report of a plan.
fn report(assignments: &Assignments<'_>, policy: &Policy, format: ReportFormat, full: bool) -> String {
    let plan = plan(assignments, policy).unwrap();
    let names = Naming::default().name(&plan).unwrap();
    let warnings: Vec<_> = plan.warnings.iter().chain(&names.warnings).cloned().collect();
    let report = Report {
        plan: &plan,
        names: &names,
        id: None,
        configuration: Some("regal.yml"),
        environment: &[("REGAL_BATCH_SIZE".to_string(), "2%".to_string())],
        sources: &["production/".to_string()],
        warnings: &warnings,
        connections: &[],
        full,
        look: Look::default(),
    };
    let mut out = Vec::new();
    report.write(format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn assigned<'a>(version: &'a str, hosts: &[&'a str]) -> Assigned<'a> {
    Assigned::new(version, hosts.to_vec())
}

/// Two versions, an excluded host, one without a version, a warning and notes.
fn small(format: ReportFormat) -> String {
    let web = ["web01.example.net", "web02.example.net", "web03.example.net", "db1.example.net", "db2.example.net"];
    let mut app = assigned("app-2.0.0", &web);
    app.excluded = vec!["web09.example.net"];
    let versions = vec![app, assigned("app-1.9.0", &["web03.example.net", "cache1.example.net"])];
    let input = Assignments { versions, unversioned: vec!["mail1.example.net", "mail2.example.net"] };
    let bakes = Keys {
        canary_bake: Some(3600),
        bake: Some(600),
        approval: Some(Set { value: Approval::AfterCanary, at: Location::whole("regal.yml") }),
        ..keys("10%", "3")
    };
    report(&input, &policy(Keys { max_failures: Some(Amount::Hosts(1)), ..bakes }), format, false)
}

#[test]
fn a_small_plan_as_text() {
    insta::assert_snapshot!(small(ReportFormat::Text));
}

#[test]
fn a_small_plan_as_markdown() {
    insta::assert_snapshot!(small(ReportFormat::Markdown));
}

#[test]
fn a_small_plan_as_json() {
    insta::assert_snapshot!(small(ReportFormat::Json));
}

#[test]
fn a_small_plan_as_yaml() {
    insta::assert_snapshot!(small(ReportFormat::Yaml));
}

#[test]
fn yaml_and_json_are_one_document() {
    let yaml: serde_json::Value = serde_yaml::from_str(&small(ReportFormat::Yaml)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&small(ReportFormat::Json)).unwrap();
    assert_eq!(yaml, json);
}

/// 5,000 hosts of two kinds, one after the other, in 50 batches.
fn large(full: bool) -> String {
    let names: Vec<String> = (1..=2500)
        .flat_map(|n| [format!("web{n:04}.fra.example.net"), format!("r{}-app{}.example.net", n % 40, n / 40)])
        .collect();
    let hosts: Vec<&str> = names.iter().map(String::as_str).collect();
    let unversioned = ["old1.example.net", "old2.example.net", "old3.example.net"].to_vec();
    let input = Assignments { versions: vec![assigned("app-2.0.0", &hosts)], unversioned };
    report(&input, &policy(Keys { bake: Some(600), ..keys("2%", "2%") }), ReportFormat::Text, full)
}

#[test]
fn five_thousand_hosts_fit_a_screen_or_two() {
    let text = large(false);
    assert_eq!(text.matches("app-2.0.0_group").count(), 50);
    assert!(text.lines().count() <= LINES && text.lines().all(|line| line.chars().count() <= COLUMNS));
    insta::assert_snapshot!(text);
}

#[test]
fn five_thousand_hosts_in_full() {
    let text = large(true);
    assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
    assert!(!text.contains('…'));
    insta::assert_snapshot!(text);
}

/// 40 hosts over zones, of which one has a long name; the last two hosts have none.
fn over_zones(zones: &[&str], format: ReportFormat) -> String {
    let names: Vec<String> = (1..=40).map(|n| format!("web{n:02}.example.net")).collect();
    let zone = |i: usize| (i < 38).then(|| zones[i * i / 2 % zones.len()]);
    let facts = Facts { labels: vec![Label::new("zone", (0..40).map(zone))], ..Facts::default() };
    let version = Assigned { facts, ..Assigned::new("app-2.0.0", names.iter().map(String::as_str).collect()) };
    let input = Assignments { versions: vec![version], unversioned: Vec::new() };
    let set = |amount: &str| Some(Set { value: Amount::parse(amount).unwrap(), at: Location::whole("regal.yml") });
    let spread = Keys {
        spread_by: Some(Set { value: vec!["zone".to_string()], at: Location::whole("regal.yml") }),
        spread_missing: Some(Set { value: Missing::Group, at: Location::whole("regal.yml") }),
        spread_max_unavailable: set("40%"),
        ..keys("2", "25%")
    };
    report(&input, &policy(spread), format, false)
}

#[test]
fn few_domains_are_named_in_every_batch() {
    insta::assert_snapshot!(over_zones(&["a", "b", "c"], ReportFormat::Text));
}

#[test]
fn many_domains_are_counted_in_every_batch() {
    let zones: Vec<String> = (1..=30).map(|n| format!("eu-central-{n}")).collect();
    let zones: Vec<&str> = zones.iter().map(String::as_str).collect();
    insta::assert_snapshot!(over_zones(&zones, ReportFormat::Text));
}

#[test]
fn domains_for_programs() {
    let json: serde_json::Value = serde_json::from_str(&over_zones(&["a", "b", "c"], ReportFormat::Json)).unwrap();
    let version = &json["versions"][0];
    let shown = serde_json::json!([version["domains"], version["batches"][1]["domains"]]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap());
}

#[test]
fn an_empty_plan() {
    let input = Assignments { versions: Vec::new(), unversioned: vec!["web1.example.net"] };
    let text = report(&input, &Policy::default(), ReportFormat::Text, false);
    assert!(text.contains(": 0 versions, 0 hosts, 0 batches\n"), "{text}");
    assert!(text.ends_with("\nno version    1 host: web1.example.net\n"), "{text}");
}

#[test]
fn markdown_shows_names_as_they_are() {
    let input = Assignments { versions: vec![assigned("app", &["a|b`c*"])], unversioned: Vec::new() };
    let text = report(&input, &Policy::default(), ReportFormat::Markdown, true);
    assert!(text.contains(r"| A | app\_groupA | 1 | ██████████ 100% | 0s | a\|b\`c\* |"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    #[ignore = "long; run tests/run"]
    fn a_text_keeps_to_its_lines_and_columns(versions in prop::collection::vec(1usize..90, 1..120), size in 1usize..40) {
        let name = |(v, hosts): (usize, &usize)| (format!("app-{v}"), (0..*hosts).map(|n| format!("web{n}-{v}")).collect());
        let names: Vec<(String, Vec<String>)> = versions.iter().enumerate().map(name).collect();
        let assigned = names.iter().map(|(version, hosts)| Assigned::new(version, hosts.iter().map(String::as_str).collect()));
        let input = Assignments { versions: assigned.collect(), unversioned: Vec::new() };
        let text = report(&input, &policy(keys("1", &size.to_string())), ReportFormat::Text, false);
        prop_assert!(text.lines().count() <= LINES, "{}", text);
        prop_assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
    }
}
