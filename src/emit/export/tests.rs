//! What each format writes and refuses, without the programs that read it.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::options::{Port, Routing, VersionId};
use super::*;
use crate::emit::look::Look;
use crate::plan::plan;
use crate::plan::{Assigned, Assignments};
use crate::policy::naming::Naming;
use crate::policy::{Amount, BatchSize, Keys, Layer, Policy, SharedHosts};
use crate::text::Pos;

/// A host with its `ansible_host`.
type Host<'t> = (&'t str, Option<&'t str>);

const FIVE: &[Host<'static>] = &[
    ("web1", Some("10.0.0.1")),
    ("web2", Some("10.0.0.2")),
    ("web3", Some("2001:db8::3")),
    ("web4.example.org", None),
    ("web5", Some("10.0.0.5")),
];

fn two_by_two() -> Policy {
    let keys = Keys {
        batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(2))]),
        canary_size: Some(Amount::Hosts(1)),
        ..Keys::default()
    };
    let layers = vec![Layer { all: keys, ..Layer::default() }];
    Policy { layers, shared_hosts: SharedHosts::Allow, ..Policy::default() }
}

/// What a format makes of versions with hosts, in batches of two after a canary.
fn render(format: &str, versions: &[(&str, &[Host<'_>])], options: &Options) -> Result<(Rendered, Vec<Problem>)> {
    let mut inventory = Inventory::new();
    for (name, address) in versions.iter().flat_map(|(_, hosts)| hosts.iter()) {
        let host = inventory.add_host(name, None, None, Pos::default())?;
        if let Some(address) = address {
            let target = crate::inventory::Target::Host(host);
            inventory.set_var(target, "ansible_host", Value::Str(address), Pos::default())?;
        }
    }
    inventory.reconcile()?;
    let mut assignments = Assignments::default();
    for (version, hosts) in versions {
        assignments.versions.push(Assigned::new(version, hosts.iter().map(|host| host.0).collect()));
    }
    let plan = plan(&assignments, &two_by_two())?;
    let names = Naming::default().name(&plan)?;
    let report = Report {
        plan: &plan,
        names: &names,
        id: None,
        configuration: None,
        environment: &[],
        sources: &[],
        warnings: &[],
        connections: &[],
        full: true,
        look: Look::default(),
    };
    let (variables, texts) = (Effective::new(&inventory), TextMap::new());
    let export = Export {
        format: "",
        report,
        inventory: &inventory,
        variables: &variables,
        texts: &texts,
        options,
        master: None,
        frozen: None,
    };
    find(format).unwrap().render(&export)
}

/// The result as one text, each file of a folder under its name.
fn text(rendered: Rendered) -> String {
    match rendered {
        Rendered::Text(bytes) => String::from_utf8(bytes).unwrap(),
        Rendered::Folder(files) => {
            let text = |file: File| format!("--- {}\n{}", file.path, String::from_utf8(file.bytes).unwrap());
            files.into_iter().map(text).collect()
        }
    }
}

fn written(format: &str, versions: &[(&str, &[Host<'_>])], options: &Options) -> String {
    text(render(format, versions, options).unwrap().0)
}

/// Everything that was wrong, with the hints.
fn refused(format: &str, versions: &[(&str, &[Host<'_>])], options: &Options) -> String {
    render(format, versions, options).unwrap_err().to_string()
}

fn port(port: u16) -> Options {
    Options { port: Some(Port::Number(port)), ..Options::default() }
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

#[test]
fn names_are_plain_and_unique() {
    for (index, format) in FORMATS.iter().enumerate() {
        assert!(format.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", format.name);
        assert!(!format.summary.is_empty() && !format.summary.ends_with('.'), "{}", format.summary);
        assert!(FORMATS[..index].iter().all(|other| other.name != format.name), "{} twice", format.name);
    }
}

#[test]
fn files_for_shells() {
    let all = ["hosts", "clustershell", "dsh", "ndjson", "tsv", "regal"];
    let formats =
        all.map(|format| format!("# {format}\n{}", written(format, &[("shop-2.5.0", FIVE)], &Options::default())));
    insta::assert_snapshot!(formats.join("\n"));
}

#[test]
fn files_for_proxies_and_prometheus() {
    let options = Options { done: list(&["A"]), in_progress: list(&["B1"]), ..port(8080) };
    let all = ["nginx", "haproxy", "haproxy-runtime"];
    let formats = all.map(|format| format!("# {format}\n{}", written(format, &[("shop-2.5.0", FIVE)], &options)));
    let file_sd = written("file-sd", &[("shop-2.5.0", FIVE)], &port(9100));
    insta::assert_snapshot!(format!("{}\n# file-sd\n{file_sd}", formats.join("\n")));
}

#[test]
fn users_and_ports_stand_with_the_hosts_where_they_are_asked_for() {
    let options = Options { user: Some("deploy".into()), ssh_port: Some(2222), ..Options::default() };
    let text = written("hosts", &[("v", &FIVE[..3])], &options);
    let hosts: Vec<&str> = text.lines().filter(|line| !line.starts_with("---")).collect();
    assert_eq!(hosts, ["deploy@10.0.0.1:2222", "deploy@10.0.0.2:2222", "deploy@2001:db8::3:2222"]);
    let (_, warnings) = render("hosts", &[("v", FIVE)], &Options::default()).unwrap();
    assert_eq!(warnings[0].message, "export hosts: parallel-ssh would read the end of 2001:db8::3 as a port");
}

#[test]
fn names_of_host_files_sort_as_the_batches_go() {
    let names: Vec<String> = (0..250).map(|n| format!("web{n}")).collect();
    let hosts: Vec<Host<'_>> = names.iter().map(|name| (name.as_str(), None)).collect();
    let versions = [("b", &hosts[..]), ("a", &hosts[..3])];
    let Rendered::Folder(files) = render("hosts", &versions, &Options::default()).unwrap().0 else { panic!() };
    let mut sorted = files.clone();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(files, sorted);
    assert_eq!(
        (files[0].path.as_str(), files.last().unwrap().path.as_str()),
        ("001-b_groupA.hosts", "128-a_groupB1.hosts")
    );
}

/// Which servers nginx sends each group to, with the share, as `A=[…] B=[…] share`.
fn routes(options: Options) -> String {
    let options = Options { ids: vec![VersionId { version: None, id: "app".into() }], ..options };
    let text = written("nginx", &[("v", &[("a", None), ("b1", None), ("b2", None), ("b3", None)])], &options);
    let servers = |upstream: &str| {
        let body = text.split(&format!("upstream {upstream} {{\n")).nth(1).unwrap().split('}').next().unwrap();
        let live = body.lines().filter(|line| !line.contains(" down;")).map(|line| line.trim());
        live.map(|line| line.trim_start_matches("server ").trim_end_matches(":80;")).collect::<Vec<_>>().join(",")
    };
    let map = text.split("$regal_app_upstream { default ").nth(1).unwrap();
    let (b, rest) = map.split_once("; A ").unwrap();
    let a = rest.split(';').next().unwrap();
    let share = text.split("$regal_app_share { ").nth(1).unwrap().split(" }").next().unwrap();
    format!("A=[{}] B=[{}] {share}", servers(a), servers(b))
}

#[test]
fn group_routing_keeps_groups_on_their_hosts() {
    let at = |done: &[&str], now: &[&str]| routes(Options { done: list(done), in_progress: list(now), ..port(80) });
    assert_eq!(at(&[], &[]), "A=[a] B=[b1,b2,b3] 25.00% A; * B;");
    // While the canary is worked on, its users go to the others.
    assert_eq!(at(&[], &["A"]), "A=[b1,b2,b3] B=[b1,b2,b3] * B;");
    assert_eq!(at(&["A"], &["B1"]), "A=[a] B=[b3] 50.00% A; * B;");
    assert_eq!(at(&["B1"], &["B2"]), "A=[a] B=[b1,b2] 33.33% A; * B;");
    assert_eq!(at(&["v_groupB2"], &[]), "A=[a] B=[b1,b2,b3] 25.00% A; * B;");
}

#[test]
fn version_routing_follows_what_is_done() {
    let at = |done: &[&str], now: &[&str]| {
        routes(Options { done: list(done), in_progress: list(now), routing: Some(Routing::Version), ..port(80) })
    };
    assert_eq!(at(&[], &[]), "A=[a,b1,b2,b3] B=[a,b1,b2,b3] * B;");
    assert_eq!(at(&[], &["A"]), "A=[b1,b2,b3] B=[b1,b2,b3] * B;");
    assert_eq!(at(&["A"], &[]), "A=[a] B=[b1,b2,b3] 25.00% A; * B;");
    assert_eq!(at(&["A"], &["B1"]), "A=[a] B=[b3] 50.00% A; * B;");
    assert_eq!(at(&["groupB1"], &["groupB2"]), "A=[a,b1,b2] B=[a,b1,b2] * A;");
    assert_eq!(at(&["B2"], &[]), "A=[a,b1,b2,b3] B=[a,b1,b2,b3] * A;");
}

#[test]
fn hosts_that_are_lost_stay_out() {
    let options = Options { done: list(&["B1"]), down: list(&["b2", "a"]), ..port(80) };
    assert_eq!(routes(options.clone()), "A=[b1,b3] B=[b1,b3] * B;");
    let unknown = Options { down: list(&["b9"]), ..port(80) };
    assert_eq!(refused("nginx", &[("v", FIVE)], &unknown), "error: `--down b9`: the plan has no such host");
    let all = Options { down: list(&["web1"]), ..port(80) };
    let (rendered, warnings) = render("nginx", &[("v", &FIVE[..1])], &all).unwrap();
    assert!(text(rendered).contains("server 10.0.0.1:80;"));
    assert_eq!(warnings[0].message, "export nginx: no host of version v is in service");
}

#[test]
fn nobody_is_sent_back_while_a_rollout_goes_on() {
    let hosts: Vec<String> = (0..40).map(|n| format!("10.0.0.{n}")).collect();
    let hosts: Vec<Host<'_>> = hosts.iter().map(|host| (host.as_str(), None)).collect();
    let share = |done: Option<usize>, now: Option<usize>| {
        let name = |n: usize| if n == 0 { "A".to_string() } else { format!("B{n}") };
        let options = Options {
            done: done.map(name).into_iter().collect(),
            in_progress: now.map(name).into_iter().collect(),
            routing: Some(Routing::Version),
            ..port(80)
        };
        let text = written("nginx-lua", &[("v", &hosts)], &options);
        text.split("\"share\":").nth(1).unwrap().split(',').next().unwrap().parse::<u32>().unwrap()
    };
    let mut last = 0;
    for batch in 0..=20_usize {
        let before = batch.checked_sub(1);
        for share in [share(before, Some(batch)), share(Some(batch), None)] {
            assert!(share >= last, "batch {batch}: {share} after {last}");
            last = share;
        }
    }
    assert_eq!(last, 10_000);
}

#[test]
fn refusals_name_the_host_and_the_format() {
    let hostile: &[Host<'_>] = &[
        ("-oProxyCommand=touch${IFS}/tmp/x", None),
        ("web 1", None),
        ("a", Some("127.0.0.2:80; } server {")),
        ("b", Some("{{ private_ip }}")),
        ("c", Some("")),
        ("10.1.1.1.1.5", None),
        ("d", Some("10.0.0.9")),
        ("e", Some("10.0.0.9")),
    ];
    let mut all = String::new();
    for format in FORMATS {
        let options = if format.uses.contains(&Setting::Port) { port(80) } else { Options::default() };
        let message = match render(format.name, &[("v", hostile)], &options) {
            Ok(_) => "taken\n".to_string(),
            Err(error) => error.to_string(),
        };
        all.push_str(&format!("## {}\n{message}\n", format.name));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn zones_and_dots_at_the_end_stand_where_the_program_takes_them() {
    let names: &[Host<'_>] = &[("web1.example.com.", None), ("fe80::1%eth0", None), ("db", Some("fe80::2%eth0"))];
    let same: &[Host<'_>] = &[("web1.example.com.", None), ("a", Some("WEB1.example.com")), ("fe80::9%eth0", None)];
    let mut all = String::new();
    for format in FORMATS {
        let options = if format.uses.contains(&Setting::Port) { port(80) } else { Options::default() };
        for hosts in [names, &names[..1], same] {
            let shown: Vec<&str> = hosts.iter().map(|host| host.0).collect();
            all.push_str(&format!("## {} of {}\n", format.name, shown.join(" ")));
            match render(format.name, &[("v", hosts)], &options) {
                Ok((rendered, warnings)) => {
                    let text = text(rendered);
                    let with = |line: &&str| ["web1.example", "fe80", "WEB1"].iter().any(|part| line.contains(part));
                    text.lines().filter(with).for_each(|line| all.push_str(&format!("{line}\n")));
                    warnings.iter().for_each(|warning| all.push_str(&format!("warning: {warning}\n")));
                }
                Err(error) => all.push_str(&format!("{error}\n")),
            }
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn options_that_do_not_fit_the_plan() {
    let id = |version: Option<&str>, id: &str| VersionId { version: version.map(str::to_string), id: id.into() };
    let two: &[(&str, &[Host<'_>])] = &[("app-1.2", FIVE), ("app_1.2", &FIVE[..1])];
    let cases = [
        ("nginx", Options::default()),
        ("nginx", port(80)),
        ("nginx", Options { ids: vec![id(None, "app")], ..port(80) }),
        ("nginx", Options { ids: vec![id(Some("app-1.2"), "a b"), id(Some("x"), "y")], ..port(80) }),
        ("nginx", Options { ids: vec![id(Some("app-1.2"), &"a".repeat(31))], ..port(80) }),
        ("hosts", Options { ids: vec![id(Some("app-1.2"), "x"), id(Some("app-1.2"), "y")], ..Options::default() }),
        ("hosts", Options { ids: vec![id(Some("app-1.2"), "a/b"), id(Some("app_1.2"), "")], ..Options::default() }),
        ("hosts", Options { user: Some("-oX".into()), ..Options::default() }),
        ("clustershell", Options { source: Some("a: b".into()), ..Options::default() }),
        (
            "haproxy",
            Options { ids: vec![id(Some("app-1.2"), "x")], done: list(&["B1", "app-1.2_groupB7"]), ..port(80) },
        ),
        (
            "haproxy",
            Options {
                ids: vec![id(Some("app-1.2"), "x")],
                done: list(&["app-1.2_groupA", "app-1.2_groupB2"]),
                in_progress: list(&["app-1.2_groupB1", "app-1.2_groupB2"]),
                ..port(80)
            },
        ),
        ("file-sd", Options { port: Some(Port::Variable("http_port".into())), ..Options::default() }),
    ];
    let all: Vec<String> = cases.iter().map(|(format, options)| refused(format, two, options)).collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn a_problem_of_thousands_of_hosts_is_not_told_thousands_of_times() {
    let names: Vec<String> = (0..1000).map(|n| format!("web{n}")).collect();
    let hosts: Vec<Host<'_>> = names.iter().map(|name| (name.as_str(), Some("{{ ip }}"))).collect();
    let error = render("tsv", &[("v", &hosts)], &Options::default()).unwrap_err();
    assert_eq!(error.problems.len(), 21);
    assert_eq!(error.problems[20].message, "export tsv: 980 more problems like these");
    assert!(render("tsv", &[("v", &hosts)], &Options { by_name: true, ..Options::default() }).is_ok());
}

/// Names of hosts and addresses, mostly good ones with something hostile here and there.
fn host_names() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
    let name = prop_oneof![
        6 => "[a-z]{1,6}[0-9]{0,3}",
        2 => "10\\.[0-9]{1,2}\\.[0-9]{1,3}\\.[0-9]{1,3}",
        1 => "[-_.a-z0-9]{1,12}",
        1 => "2001:db8::[0-9a-f]{1,4}",
        1 => "[ -~]{1,12}",
        1 => "\\PC{1,6}",
        1 => any::<String>().prop_filter("a name", |name| !name.is_empty()),
    ];
    let address = proptest::option::weighted(0.3, name.clone());
    let hosts = proptest::collection::vec((name, address), 1..9);
    hosts.prop_map(|hosts| {
        let mut seen = std::collections::HashSet::new();
        hosts.into_iter().filter(|(name, _)| seen.insert(name.clone())).collect()
    })
}

/// What the hosts of a plan are connected to, batch by batch.
fn expected(hosts: &[(String, Option<String>)]) -> Vec<Vec<String>> {
    let addresses: Vec<String> = hosts.iter().map(|(name, address)| address.as_ref().unwrap_or(name).clone()).collect();
    let (canary, rest) = addresses.split_at(1);
    std::iter::once(canary).chain(rest.chunks(2)).map(<[String]>::to_vec).collect()
}

proptest! {
    /// Whatever the names are: a format refuses them, or what it writes reads back as the plan.
    #[test]
    #[ignore = "long; run tests/run"]
    fn a_format_refuses_or_reads_back(hosts in host_names()) {
        let borrowed: Vec<Host<'_>> = hosts.iter().map(|(name, address)| (name.as_str(), address.as_deref())).collect();
        let expected = expected(&hosts);
        let strict = expected.iter().flatten().all(|address| address::fault(address).is_none());
        let mut read = 0;
        for (format, back) in READERS {
            let options = Options { port: find(format).unwrap().uses.contains(&Setting::Port).then_some(Port::Number(80)), ..Options::default() };
            if let Ok((rendered, _)) = render(format, &[("v", &borrowed)], &options) {
                prop_assert_eq!(back(&text(rendered)), expected.clone(), "{}", format);
                prop_assert!(strict, "{} took {:?}", format, hosts);
                read += 1;
            }
        }
        let addresses = expected.iter().flatten().map(|address| address::canonical(address));
        let unique = addresses.collect::<std::collections::HashSet<_>>().len() == hosts.len();
        let plain = hosts.iter().all(|(name, _)| address::fault(name).is_none());
        prop_assert!(!(strict && unique && plain) || read == READERS.len(), "only {} of {:?}", read, hosts);
    }
}

/// The batches of a result, with their addresses.
type Reader = fn(&str) -> Vec<Vec<String>>;

const READERS: &[(&str, Reader)] = &[
    ("hosts", |text| {
        text.split("--- ").skip(1).map(|file| file.lines().skip(1).map(str::to_string).collect()).collect()
    }),
    ("clustershell", |text| {
        let batches = text.lines().filter(|line| line.starts_with("  \"v_group") && !line.contains('@'));
        let hosts = |line: &str| line.split('"').nth(3).unwrap().split(',').map(str::to_string).collect();
        batches.map(hosts).collect()
    }),
    ("ndjson", |text| {
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let addresses = |line: serde_json::Value| serde_json::from_value(line["addresses"].clone()).ok();
        lines.filter_map(addresses).collect()
    }),
    ("tsv", |text| {
        let mut batches: Vec<Vec<String>> = Vec::new();
        for line in text.split_terminator('\n') {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 12, "{line}");
            let index: usize = fields[1].parse().unwrap();
            if index == batches.len() {
                batches.push(Vec::new());
            }
            batches[index].push(fields[5].to_string());
        }
        batches
    }),
    ("file-sd", |text| {
        let entries: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
        let bare = |target: &serde_json::Value| {
            target.as_str().unwrap().strip_suffix(":80").unwrap().trim_matches(['[', ']']).to_string()
        };
        entries.iter().map(|entry| entry["targets"].as_array().unwrap().iter().map(bare).collect()).collect()
    }),
    ("nginx", |text| {
        let servers = text.lines().filter_map(|line| line.strip_prefix("    server ")?.strip_suffix(":80;"));
        let servers: Vec<String> = servers.map(|server| server.trim_matches(['[', ']']).to_string()).collect();
        let (canary, rest) = servers.split_at(1);
        std::iter::once(canary).chain(rest.chunks(2)).map(<[String]>::to_vec).collect()
    }),
];
