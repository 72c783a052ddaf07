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

/// Where only groups are written, variables that decide nothing are not kept; what is planned is the same.
#[test]
fn batches_are_the_same_whether_variables_are_kept_or_not() {
    let hosts = "[web]\nweb[1:9] rack=r1 noise=1\n[db]\ndb[1:4] app_version=2.0 rack=r2\n[site:children]\nweb\ndb\n\
                 [web:vars]\napp_version=1.0\nzone=a\n[db:vars]\nzone=b\n";
    let vars =
        [("group_vars/all.yml", "noise: 2\nzone: c\n"), ("host_vars/web3.yml", "zone: b\nasset: x3\nrack: r9\n")];
    for settings in [
        "version_from: {var: app_version}\n",
        "version_from: {var: app_version}\nspread: {by: [zone, rack], max_unavailable: 1}\n",
        "version_from: {var: app_version}\nspread: rack\ncanary: {cover: zone}\n",
        "version_from: {var: app_version}\nassignment: {mode: rank, key: rack2}\n",
        "version_from: {group: \"*eb\"}\noverrides: {w: {spread: zone}}\n",
        "versions: {v1: {hosts: web, spread: zone}, v2: db}\n",
        "version_from: {var: app_version}\nbatch_size: 9\nlimits: {rack: 2, zone: {max_domains: 1}}\n",
        "version_from: {var: app_version}\nbatch_size: 9\nlimits: {\"zone & rack\": 1}\n",
        "version_from: {var: app_version}\nbatch_size: 9\nspread: {by: \"zone & rack\", max_unavailable: 1}\n",
        "version_from: {var: app_version}\ncanary: {cover: [[zone, rack]]}\n",
        "version_from: {var: app_version}\norder: {by: rack}\n",
        "version_from: {var: app_version}\nstages: {by: zone, order: {by: rack}, limits: {rack: 1}, batch_size: 9}\n",
        "version_from: {var: app_version}\nstages: [{name: x, hosts: {rack: r9}}, {name: y, hosts: rest}]\n",
        "version_from: {var: app_version}\nstages: [{name: x, hosts: {\"zone & rack\": a & r1}}, {name: y, hosts: rest}]\n",
        "version_from: {template: \"{{ zone }}-{{ noise }}\"}\n",
    ] {
        let mut test = Test::new().file("hosts", hosts).file("regal.yml", format!("inventory: hosts\n{settings}"));
        for (name, text) in vars {
            test = test.file(name, text);
        }
        let keys: String = (1..10)
            .map(|n| format!("web{n} rack2=w{n}\n"))
            .chain((1..5).map(|n| format!("db{n} rack2=d{n}\n")))
            .collect();
        let test = test.file("hosts", format!("{keys}{hosts}"));
        let groups = test.shell("regal --list --groups-only");
        let plan = test.shell("regal plan --format json");
        assert_eq!((groups.code, plan.code), (0, 0), "{settings}: {}{}", groups.stderr, plan.stderr);
        let (groups, plan) = (groups.json(), plan.json());
        let batches =
            plan["versions"].as_array().unwrap().iter().flat_map(|version| version["batches"].as_array().unwrap());
        let mut seen = 0;
        for batch in batches {
            assert_eq!(groups[batch["group"].as_str().unwrap()]["hosts"], batch["hosts"], "{settings}");
            seen += 1;
        }
        assert!(seen > 2, "{settings}");
        assert_eq!(groups["regal"]["vars"]["regal_plan_id"], plan["plan_id"], "{settings}");
    }
    // a variable that nobody has is told as ever, with the one that is near
    let test =
        Test::new().file("hosts", hosts).file("regal.yml", "inventory: hosts\nversion_from: {var: app_versoin}\n");
    let told = test.shell("regal --list --groups-only").stderr;
    assert!(told.contains("variables that look like a version: app_version"), "{told}");
}
