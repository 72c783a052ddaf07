//! `plan --format groups`: what a loop over batches takes.

use crate::support::Test;

/// Thirteen batches of the one version, whose names in order of text would be others; one of the other, which stands first.
fn two_versions_as(format: &str) -> Test {
    Test::new().file("hosts", "[web]\nweb[01:13]\n[db]\ndb1\n").args(&[
        "-i",
        "hosts",
        "--versions",
        "db-7.0.0=db",
        "--versions",
        "app-1.0.0=web",
        "plan",
        "--format",
        format,
    ])
}

fn two_versions() -> Test {
    two_versions_as("groups")
}

fn of_app(numbers: impl Iterator<Item = usize>) -> String {
    numbers.map(|number| format!("app-1.0.0_groupB{number}\n")).collect()
}

#[test]
fn one_group_a_line_in_plan_order() {
    let app = format!("app-1.0.0_groupA\n{}", of_app(1..=12));
    assert_eq!(two_versions().stdout(), format!("db-7.0.0_groupA\n{app}"));
    assert_eq!(two_versions().args(&["--only", "app-1.0.0"]).stdout(), app);
    assert_eq!(two_versions().args(&["--group-names", "safe", "--only", "db-7.0.0"]).stdout(), "db_7_0_0_groupA\n");
}

#[test]
fn a_limit_leaves_batches_out_and_shifts_none() {
    let limited = two_versions().args(&["--limit", "web10:web12:web11"]).stdout();
    assert_eq!(limited, of_app(9..=11));
}

#[test]
fn only_shows_one_version_in_every_form() {
    let plan = two_versions_as("json").args(&["--only", "db-7.0.0"]);
    let versions = plan.json()["versions"].as_array().unwrap().clone();
    assert_eq!(versions.iter().map(|version| version["version"].as_str().unwrap()).collect::<Vec<_>>(), ["db-7.0.0"]);
    assert_eq!(
        two_versions().args(&["--only", "db-7"]).errors(),
        "error: `--only db-7`: the plan has no such version\n  hint: it has db-7.0.0, app-1.0.0\n"
    );
}

#[test]
fn warnings_are_said_beside_the_groups() {
    for format in ["groups", "regal"] {
        let shared =
            Test::new().args(&["--versions", "a=web1", "--versions", "b=web1", "plan", "--format", format]).run();
        assert_eq!(shared.code, 0);
        assert!(shared.stderr.starts_with("warning: "), "{format}: {}", shared.stderr);
    }
}

#[test]
fn what_is_no_report_has_neither_waves_nor_a_comparison() {
    for arguments in [&["--waves"][..], &["--compare", "other.yml"]] {
        let message = two_versions().args(arguments).run();
        assert_eq!((message.code, message.stdout.as_str()), (2, ""), "{}", message.stderr);
        assert!(message.stderr.contains(&format!("`{}` is for text", arguments[0])), "{}", message.stderr);
    }
}
