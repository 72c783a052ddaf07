//! The planning keys as an operator uses them: everywhere they may stand, and what is said of those that do not go
//! together.

use crate::support::{Output, Test};

/// Three zones of unequal size; `db1` has no rack, `spare1` no zone.
const HOSTS: &str = "\
[north]
n[1:6] zone=north kind=large
[south]
s[1:3] zone=south kind=small
[west]
w1 zone=west kind=small
[db]
db1 zone=north kind=small
[spare]
spare1
[all:vars]
app_version=2.5.0
[north:vars]
rack=r1
[south:vars]
rack=r2
[west:vars]
rack=r3
";

fn test(config: &str) -> Test {
    let config = format!("inventory: hosts\nversion_from: {{var: app_version}}\nexclude: spare1\n{config}");
    Test::new().file("hosts", HOSTS).file("regal.yml", config)
}

/// The batches, each with its hosts folded.
fn batches(test: Test) -> Vec<String> {
    let plan = test.args(&["plan", "--format", "json"]).json();
    let batch = |batch: &serde_json::Value| {
        let hosts: Vec<&str> = batch["hosts"].as_array().unwrap().iter().map(|host| host.as_str().unwrap()).collect();
        hosts.join(" ")
    };
    plan["versions"][0]["batches"].as_array().unwrap().iter().map(batch).collect()
}

#[test]
fn batches_take_their_share_of_each_zone() {
    let spread = batches(test("canary: {cover: [zone]}\nbatch_size: 4\nspread: {by: zone, max_unavailable: 50%}\n"));
    assert_eq!(spread, ["n1 s1 w1", "n2 n3 n4 s2", "n5 n6 db1 s3"]);
    let in_turn = batches(test("batch_size: 4\nspread: {by: zone, mode: sequential, order: smallest_first}\n"));
    assert_eq!(in_turn, ["w1", "s1 s2 s3", "n1 n2 n3 n4", "n5 n6 db1"]);
    let listed = batches(test("batch_size: 4\nspread: {by: zone, mode: sequential, order: [south, north]}\n"));
    assert_eq!(listed, ["s1", "s2 s3", "n1 n2 n3 n4", "n5 n6 db1", "w1"]);
    let by_group = test("canary: 4\nbatch_size: rest\nspread: 'group:*th'\n").env("REGAL_EXCLUDE", "db,spare,west");
    assert_eq!(batches(by_group), ["n1 n2 s1 n3", "n4 s2 n5 n6 s3"]);
}

#[test]
fn canaries_are_pinned_barred_and_last_hosts_come_last() {
    let config = "canary: {size: 2, hosts: s3, exclude: north}\nlast: [db, w1]\nbatch_size: 5\n";
    assert_eq!(batches(test(config)), ["s3 s1", "n1 n2 n3 n4 n5", "n6 s2 w1 db1"]);
    // pins alone say how large the canary is
    assert_eq!(batches(test("canary: {hosts: [w1, north]}\nbatch_size: rest\n"))[0], "w1 n1 n2 n3 n4 n5 n6");
}

#[test]
fn orders_are_ansibles() {
    let first = |order: &str| batches(test(&format!("canary: 3\nbatch_size: rest\norder: {order}\n"))).remove(0);
    assert_eq!(first("inventory"), "n1 n2 n3");
    assert_eq!(first("sorted"), "db1 n1 n2");
    assert_eq!(first("reverse_inventory"), "db1 w1 s3");
    assert_eq!(first("reverse_sorted"), "w1 s3 s2");
    assert_eq!(first("shuffle"), first("shuffle"));
    assert_ne!(first("shuffle"), first("shuffle\nseed: other"));
}

#[test]
fn bounds_hold_for_the_canary_too() {
    let sizes = |config: &str| -> Vec<usize> { batches(test(config)).iter().map(|b| b.split(' ').count()).collect() };
    assert_eq!(sizes("canary: 5\nbatch_size: 9\nmax_unavailable: 4\n"), [4, 4, 3]);
    assert_eq!(sizes("canary: 5\nbatch_size: 9\nmin_healthy: 70%\n"), [3, 3, 3, 2]);
    assert_eq!(sizes("batch_size: 4\nremainder: balance\n"), [1, 4, 3, 3]);
    assert_eq!(sizes("batch_size: 4\nremainder: merge\n"), [1, 4, 6]);
}

#[test]
fn sizes_that_grow_are_written_out() {
    let test = || test("batch_size: {start: 1, factor: 2, most: 40%}\n");
    let sizes: Vec<usize> = batches(test()).iter().map(|b| b.split(' ').count()).collect();
    assert_eq!(sizes, [1, 1, 2, 4, 3]);
    let plan = test().args(&["plan"]).run().stdout;
    let note = "batch_size {start: 1, factor: 2, most: 40%} of 11 hosts is 1, 2, 4, and the last again";
    assert!(plan.contains(note), "{plan}");
    let option = self::test("").args(&["plan", "--batch-size", "{start: 2, factor: 3, most: 6}"]).run();
    assert!(option.stdout.contains("is 2, 6, and the last again"), "{} {}", option.stdout, option.stderr);
}

/// Ansible would look for a group of that name; there is none, and the hosts are there.
#[test]
fn a_range_that_a_plan_prints_names_its_hosts() {
    let plan = |options: &[&str]| test("batch_size: 4\n").args(&[&["plan"], options].concat()).run();
    let last = plan(&["--last", "n[2:6]", "--canary-hosts", "n1,!n[2:3]"]);
    assert!(last.code == 0 && last.stdout.contains("n[5:6]"), "{} {}", last.stdout, last.stderr);
    assert_eq!(plan(&["--exclude", "n[5:7]"]).code, 1);
    assert_eq!(plan(&["--limit", "n[2:3]"]).code, 0);
}

#[test]
fn every_planning_key_stands_everywhere() {
    let keys: &[(&str, &str)] = &[
        ("canary.hosts", "w1"),
        ("canary.exclude", "n1"),
        ("canary.cover", "zone"),
        ("remainder", "balance"),
        ("max_unavailable", "3"),
        ("min_healthy", "70%"),
        ("spread.by", "zone"),
        ("order", "reverse_sorted"),
        ("last", "n1"),
        ("assignment.mode", "rank"),
        ("exclude", "n1"),
    ];
    let plain = batches(test("batch_size: 4\n"));
    for (key, value) in keys {
        let nested = match key.split_once('.') {
            Some((above, below)) => format!("{above}: {{{below}: {value}}}"),
            None => format!("{key}: {value}"),
        };
        let hosts = "all:!spare1";
        let given =
            |config: &str| Test::new().file("hosts", HOSTS).file("regal.yml", format!("inventory: hosts\n{config}"));
        let of = |rest: &str| given(&format!("versions: {{2.5.0: '{hosts}'}}\nbatch_size: 4\n{rest}\n"));
        let top = batches(of(&nested));
        assert_ne!(top, plain, "{key} changes nothing");
        assert_eq!(batches(of(&format!("overrides: {{'2.*': {{{nested}}}}}"))), top, "{key} under overrides");
        let own = given(&format!("versions: {{2.5.0: {{hosts: '{hosts}', {nested}}}}}\nbatch_size: 4\n"));
        assert_eq!(batches(own), top, "{key} under its version");
        let variable = format!("REGAL_{}", key.to_uppercase().replace('.', "_"));
        assert_eq!(batches(of("").env(&variable, value)), top, "{variable}");
        let option = format!("--{}", key.replace(['.', '_'], "-"));
        assert_eq!(batches(of("").args(&[&option, value])), top, "{option}");
    }
}

#[test]
fn an_override_can_take_back_what_holds_for_all() {
    let config = "batch_size: 4\nspread: {by: zone, mode: sequential}\noverrides: {'2.*': {spread: {by: []}}}\n";
    assert_eq!(batches(test(config)), batches(test("batch_size: 4\n")));
    assert_eq!(batches(test("last: north\nbatch_size: 4\n").env("REGAL_LAST", "[]")), batches(test("batch_size: 4\n")));
}

#[test]
fn patterns_under_overrides_are_those_of_their_version_alone() {
    let config = "inventory: hosts
versions: {'1.0': north, '2.0': south}
canary: {hosts: [n3, s2]}
overrides: {'1.*': {canary: {hosts: n6}, exclude: n1}}
";
    let plan = Test::new().file("hosts", HOSTS).file("regal.yml", config).args(&["plan", "--format", "regal"]).run();
    assert_eq!(
        plan.stdout,
        "{\"1.0\": [\"n6\", \"n2\", \"n3\", \"n4\", \"n5\"]}\n{\"2.0\": [\"s2\", \"s1\", \"s3\"]}\n"
    );
    let check = Test::new().file("hosts", HOSTS).file("regal.yml", config).args(&["check"]).run();
    assert!(check.stderr.contains("`canary.hosts` names `n3`, which no version plans"), "{}", check.stderr);
}

#[test]
#[ignore = "long; run tests/run"]
fn any_number_of_waves_does_where_no_host_or_one_is_left() {
    let config = |canary: &str, waves: u64| format!("canary: {canary}\nassignment: {{mode: bucket, waves: {waves}}}\n");
    let all = batches(test(&config("100%", 99_999_999_999)));
    assert_eq!((all.len(), all[0].split(' ').count()), (1, 11));
    let of = |hosts: &str, config: String| {
        batches(Test::new().file("regal.yml", format!("versions: {{'1.0': '{hosts}'}}\n{config}")))
    };
    assert_eq!(of("h1", config("5%", 99_999_999_999)), ["h1"]);
    assert_eq!(of("h1,h2", config("0.000001%", 1_000_000)).len(), 2);
}

#[test]
fn a_cover_that_caps_hinder_is_tried_again_from_the_values_that_were_left() {
    let hosts = "h1 hw=old zone=a\nh2 hw=old zone=b\nh3 hw=new zone=a\n";
    let config =
        "inventory: hosts\nversions: {'1.0': all}\ncanary: {cover: hw}\nspread: {by: zone, max_unavailable: 1}\n";
    assert_eq!(batches(Test::new().file("hosts", hosts).file("regal.yml", config)), ["h3 h2", "h1"]);
}

#[test]
fn an_empty_seed_is_the_default_again() {
    let order =
        |rest: &str| batches(test(&format!("canary: 3\norder: shuffle\n{rest}\n")).args(&["--batch-size", "rest"]));
    let seeded = || test("canary: 3\nbatch_size: rest\norder: shuffle\nseed: other\n");
    assert_ne!(batches(seeded()), order(""));
    assert_eq!(batches(seeded().args(&["--seed", ""])), order(""));
    assert_eq!(order("seed: other\noverrides: {'2.*': {seed: ''}}"), order("seed: ''"));
    assert_eq!(order("seed: ''"), order(""));
}

#[test]
fn literal_hosts_are_planned_by_the_same_rules() {
    let config = "versions: {'1.0': 'h1,h2,h3,h4'}\ncanary: {hosts: h3}\norder: reverse_sorted\nlast: h4\n";
    assert_eq!(batches(Test::new().file("regal.yml", config)), ["h3", "h2", "h1", "h4"]);
}

/// Policies that cannot be met, or contradict themselves.
const CONTRADICTIONS: &[(&str, &str)] = &[
    ("more pins than the canary's size", "canary: {size: 2, hosts: north}"),
    ("more pins than a bound allows", "canary: {hosts: north}\nmax_unavailable: 20%"),
    ("more pins than a percent", "canary: {size: 10%, hosts: [n1, n2]}"),
    ("pins that are kept out", "canary: {hosts: north, exclude: n3}"),
    ("pins that are last", "canary: {hosts: n3}\nlast: north"),
    ("pins over a cap", "canary: {hosts: [n1, n2, n3]}\nspread: {by: zone, max_unavailable: 2}"),
    ("a cover that is larger than the canary", "canary: {size: 2, cover: zone}"),
    ("a cover that is larger than a bound", "canary: {cover: zone}\nmax_unavailable: 2"),
    ("pins and a cover", "canary: {size: 3, hosts: [n1, n2], cover: zone}"),
    ("a cover that is kept out", "canary: {cover: zone, exclude: west}"),
    ("a cover that is last", "canary: {cover: zone}\nlast: west"),
    (
        "a cover that is full",
        "canary: {hosts: n1, cover: kind, exclude: south}\nspread: {by: zone, max_unavailable: 1}\nlast: w1",
    ),
    ("no canary left", "canary: {exclude: all}"),
    ("nobody to update", "min_healthy: 11"),
    ("nobody to update, in percent", "min_healthy: 95%"),
    ("both bounds", "max_unavailable: 2\nmin_healthy: 3"),
    ("no such label", "spread: {by: zoen}"),
    ("a label that some lack", "spread: {by: [rack]}"),
    ("a cover that some lack", "canary: {cover: rack}"),
    ("no such group", "spread: {by: 'group:rack_*'}"),
    ("domains without a label", "spread: {mode: sequential, missing: each, order: smallest_first, max_unavailable: 1}"),
    ("an order of domains for even", "spread: {by: zone, order: smallest_first}"),
    ("an order that lists no domain", "spread: {by: zone, mode: sequential, order: [north, eest]}"),
    ("a list for several labels", "spread: {by: [zone, kind], mode: sequential, order: [north]}"),
    ("two orders", "order: sorted\nassignment: rank"),
    ("a key that is not hashed", "assignment: {key: asset}"),
    ("no such key", "assignment: {mode: rank, key: aset}"),
    ("a key that hosts share", "assignment: {mode: rank, key: kind}"),
    ("waves without buckets", "assignment: {mode: rank, waves: 3}"),
    ("buckets of a number", "assignment: bucket\ncanary: 2"),
    ("buckets without a percent", "assignment: bucket"),
    (
        "buckets with all that they cannot have",
        "assignment: bucket\ncanary: {size: 5%, cover: zone}\nspread: zone\nremainder: merge",
    ),
    ("more waves than can be hashed", "assignment: {mode: bucket, waves: 99999999999}\ncanary: 5%"),
    ("a bucket over a bound", "assignment: bucket\ncanary: 100%\nmax_unavailable: 5"),
    ("a pattern without a match", "canary: {hosts: nroth}"),
];

fn message(output: Output) -> String {
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{}", output.stderr);
    assert_eq!(
        output.stderr.matches("error: ").count(),
        output.stderr.matches("  hint: ").count(),
        "{}",
        output.stderr
    );
    output.stderr
}

#[test]
fn contradictions_name_both_sides_and_a_way_out() {
    let mut all = String::new();
    for (name, config) in CONTRADICTIONS {
        all.push_str(&format!("## {name}\n{}\n", message(test(&format!("{config}\n")).args(&["plan"]).run())));
    }
    insta::assert_snapshot!(all);
}

/// Values that no key takes.
const VALUES: &[&str] = &[
    "canary: {size: 0}",
    "canary: 101%",
    "canary: {cover: ''}",
    "canary: {cover: [zone, zone]}",
    "canary: {hosts: 'a,,b'}",
    "batch_size: [rest, 5]",
    "batch_size: 0%",
    "batch_size: {start: 1, factor: 2}",
    "batch_size: {start: 5, most: 4}",
    "batch_size: {factor: 1, most: 10%}",
    "batch_size: {start: 1, step: 2, most: 10%}",
    "batch_size: [{most: 10%}, 5]",
    "remainder: keep",
    "max_unavailable: 0",
    "max_unavailable: 0%",
    "max_unavailable: 120%",
    "min_healthy: 0",
    "min_healthy: 100%",
    "min_healthy: -1",
    "spread: {by: 'group:rack'}",
    "spread: {by: zone, mode: evenly}",
    "spread: {by: zone, missing: skip}",
    "spread: {by: zone, order: biggest_first}",
    "spread: {by: zone, order: [a, a]}",
    "spread: {by: zone, max_unavailable: 0}",
    "spread: {by: zone, max_unavailable: 150%}",
    "spread: {bye: zone}",
    "spread: {by: zone, order: a}",
    "canary: {}",
    "spread: {}",
    "assignment: {}",
    "order: random",
    "last: ''",
    "assignment: sticky",
    "assignment: {mode: rank, keys: a}",
    "assignment: {mode: bucket, waves: 0}",
    "seed: 'v{versoin}'",
    "seed:",
];

#[test]
fn values_that_no_key_takes() {
    let mut all = String::new();
    for config in VALUES {
        all.push_str(&format!("{}\n", message(test(&format!("{config}\n")).args(&["plan"]).run())));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn why_says_which_rule_decided() {
    let config =
        "canary: {hosts: n2, cover: zone}\nbatch_size: 4\nspread: {by: zone, max_unavailable: 50%}\nlast: db1\n";
    let mut all = String::new();
    let asked: &[(&str, &[&str])] = &[
        ("n2", &[]),
        ("w1", &[]),
        ("n5", &[]),
        ("db1", &[]),
        ("spare1", &[]),
        ("n5", &["--spread-mode", "sequential"]),
        ("n5", &["--assignment", "rank", "--seed", "{version}"]),
        ("n5", &["--spread-by", "[]", "--order", "sorted"]),
        ("n5", &["--spread-by", "[]", "--assignment", "rank"]),
        ("n5", &["--spread-by", "[]", "--canary-cover", "[]", "--canary-size", "20%", "--assignment", "bucket"]),
        ("s1", &["--spread-by", "zone,rack", "--exclude", "db1,spare1", "--last", "[]"]),
    ];
    for (host, options) in asked {
        let answer = test(config).args(&["why", host]).args(options).stdout();
        all.push_str(&format!("$ why {host} {}\n{answer}\n", options.join(" ")));
    }
    all.push_str(&test(config).args(&["why", "w1", "--format", "json"]).stdout());
    insta::assert_snapshot!(all);
}

#[test]
fn why_of_a_host_that_has_no_batch() {
    let hosts = "web1 v=1\nweb2\n";
    let ask =
        |host: &str| Test::new().file("hosts", hosts).args(&["-i", "hosts", "--version-from", "var:v", "why", host]);
    assert!(ask("web2").stdout().contains("version   none"));
    let json = ask("web2").args(&["--format", "json"]).stdout();
    assert!(json.contains("\"unversioned\": \"neither `version_from` nor `versions` gives it"), "{json}");
    let message = ask("wbe1").errors();
    assert!(
        message.contains("`wbe1` is not a host of the inventory") && message.contains("did you mean `web1`?"),
        "{message}"
    );
}

#[test]
fn a_key_written_with_its_dot_is_told_how_it_is_written() {
    let message = test("spread.missing: each\n").args(&["check"]).errors();
    assert!(message.contains("hint: write it as `spread: {missing: …}`"), "{message}");
}

#[test]
fn a_limit_hides_hosts_and_moves_none() {
    let config = "canary: {cover: [zone]}\nbatch_size: 4\nspread: zone\n";
    let is_south = |batch: &String| {
        let south: Vec<&str> = batch.split(' ').filter(|host| host.starts_with('s')).collect();
        Some(south.join(" ")).filter(|south| !south.is_empty())
    };
    let of_all: Vec<String> = batches(test(config)).iter().filter_map(is_south).collect();
    assert_eq!(batches(test(config).args(&["--limit", "south"])), of_all);
    assert_eq!(of_all.join(" "), "s1 s2 s3");
}

/// The hosts of the first batches, or of all for 0, in order.
fn hosts_of(json: &str, batches: usize) -> String {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let all = json["versions"][0]["batches"].as_array().unwrap();
    let shown = all.iter().take(if batches == 0 { usize::MAX } else { batches });
    let hosts = shown.flat_map(|batch| batch["hosts"].as_array().unwrap()).map(|host| host.as_str().unwrap());
    hosts.collect::<Vec<_>>().join(",")
}

#[test]
fn hosts_in_the_natural_order_of_a_variable() {
    let hosts = "[web]\nw1 tier=2\nw2 tier=10\nw3 tier=1.9\nw4 tier=1.10\nw5 tier=2\n";
    let test = |config: &str| {
        let config = format!("inventory: hosts\nversions: {{v: web}}\nbatch_size: 5\n{config}");
        Test::new().file("hosts", hosts).file("regal.yml", config)
    };
    let of = |config: &str| hosts_of(&test(config).shell("regal plan --format json").stdout, 0);
    assert_eq!(of("order: {by: tier}\n"), "w3,w4,w1,w5,w2");
    assert_eq!(of("order: {by: tier, mode: reverse_inventory}\n"), "w3,w4,w5,w1,w2");
    let because = test("order: {by: tier}\n").shell("regal why w5").stdout;
    assert!(because.contains("because   order by tier, then inventory: host 4 of 5"), "{because}");
    let hashed = test("order: {by: tier}\nassignment: rank\n").shell("regal plan");
    assert!(
        hashed.stderr.contains("`order.by: tier` and `assignment.mode: rank` exclude each other"),
        "{}",
        hashed.stderr
    );
    let missing = test("order: {by: teir}\n").shell("regal plan");
    assert!(missing.stderr.contains("did you mean `tier`?"), "{}", missing.stderr);
    let without = Test::new()
        .file("hosts", format!("{hosts}w6\nw7\n"))
        .file("regal.yml", "inventory: hosts\nversions: {v: web}\norder: {by: tier}\n");
    let without = without.shell("regal plan").stderr;
    assert!(without.contains("regal.yml:3:9: w[6:7] have no `tier`, which `order.by` names"), "{without}");
}

#[test]
fn a_canary_for_each_pair_of_values() {
    let hosts = "[web]\nw1 zone=a hw=big\nw2 zone=a hw=small\nw3 zone=b hw=big\nw4 zone=b hw=big\nw5 zone=b hw=small\n";
    let canary = |cover: &str| {
        let config = format!("inventory: hosts\nversions: {{v: web}}\nbatch_size: 5\ncanary: {{cover: {cover}}}\n");
        let test = Test::new().file("hosts", hosts).file("regal.yml", config);
        let planned = test.shell("regal plan --format json");
        let why = test.shell("regal why w5").stdout;
        if planned.code == 0 {
            (hosts_of(&planned.stdout, 1), String::new(), why)
        } else {
            (String::new(), planned.stderr, why)
        }
    };
    let (first, _, why) = canary("[[zone, hw]]");
    assert_eq!(first, "w1,w2,w3,w5");
    assert!(why.contains("canary.cover: the canary of zone & hw=b & small"), "{why}");
    assert_eq!(canary("zone & hw").0, first);
    assert_eq!(canary("[zone, hw]").0.matches('w').count(), 2);
    for (cover, message) in [
        ("[[zone]]", "a list in the list names two labels or more"),
        ("'zone &'", "a label is missing beside `&`"),
        ("[[zone, hw], zone & hw]", "`zone & hw`: it is given twice"),
        ("[[zone, hv]]", "no host and no group has a variable `hv`"),
    ] {
        assert!(canary(cover).1.contains(message), "{cover}: {}", canary(cover).1);
    }
}
