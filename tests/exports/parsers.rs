//! Whatever the names are: a format refuses them, or the program that reads it sees the plan.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::site::{Output, Site, python, run, tool};

/// Inventories of each run. All of one run are read by one process where the parser is a Python module.
const CASES: usize = 60;

/// A host: its name, mostly a good one, and perhaps its `ansible_host`.
fn hosts(addresses_only: bool) -> impl Strategy<Value = Vec<(String, Option<String>)>> {
    let good = prop_oneof![
        4 => "10\\.[1-9][0-9]\\.[1-9]?[0-9]\\.[1-9][0-9]?",
        1 => "2001:db8::[1-9a-f]{1,3}",
    ];
    let named = prop_oneof![
        4 => "[a-z]{1,6}[0-9]{0,3}",
        1 => "[a-z]{1,3}[0-9]{1,2}-[0-9]{1,2}\\.[a-z]{1,4}",
        1 => "(yes|no|null|0x1f|1e3|node01|node1|n1_0)",
        1 => "(fe80::[1-9a-f]{1,3}%eth[0-9]|[a-z]{1,3}[0-9]\\.[a-z]{1,4}\\.)",
    ];
    let hostile = prop_oneof![
        Just("-oProxyCommand=touch${IFS}/tmp/x".to_string()),
        Just("127.0.0.2:80; } server {".to_string()),
        Just("10.1.1.1.1.5".to_string()),
        "web\\[1-3\\]",
        "[@!&^,: \"'#%-]{1,3}[a-z]{1,3}",
        "\\PC{1,5}",
    ];
    let plain = if addresses_only { good.clone().boxed() } else { prop_oneof![good.clone(), named].boxed() };
    let name = prop_oneof![24 => plain, 1 => hostile];
    let address =
        proptest::option::weighted(if addresses_only { 0.9 } else { 0.2 }, prop_oneof![20 => good, 1 => "[ -~]{0,8};"]);
    proptest::collection::vec((name, address), 1..8)
}

/// A version, mostly a good one.
fn version() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{2,5}-[0-9]\\.[0-9]{1,2}",
        1 => "[0-9]\\.[0-9]{1,2}",
        1 => "(yes|null|1e3|0x1f|2001-01-01|1_000|app-1\\.0\\.0-SNAPSHOT\\.war|a\\+b)",
        1 => "[!-~]{1,8}",
    ]
}

/// The same cases in every run, unless TEST_SEED says otherwise.
fn cases<T>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = match std::env::var("TEST_SEED") {
        Ok(_) => TestRunner::default(),
        Err(_) => TestRunner::deterministic(),
    };
    (0..CASES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Calls `export` over hosts with batches of two after a canary.
fn export(site: &Site, version: &str, hosts: &[(String, Option<String>)], arguments: &[&str]) -> Output {
    let vars =
        |address: &Option<String>| address.as_ref().map_or(json!({}), |address| json!({ "ansible_host": address }));
    let hosts: serde_json::Map<String, Value> =
        hosts.iter().map(|(name, address)| (name.clone(), vars(address))).collect();
    let inventory = json!({ "all": { "hosts": hosts, "vars": { "app_version": version } } });
    site.file("hosts.json", &inventory.to_string());
    let all = ["-i", "hosts.json", "--version-from", "var:app_version", "--batch-size", "2", "export"];
    run(site.command(env!("CARGO_BIN_EXE_regal-inventory")).args(all).args(arguments))
}

/// The addresses of each batch, in order.
fn expected(hosts: &[(String, Option<String>)]) -> Vec<Vec<String>> {
    let mut seen = HashSet::new();
    let unique = hosts.iter().filter(|(name, _)| seen.insert(name));
    let last =
        |name: &String| hosts.iter().rev().find(|(other, _)| other == name).and_then(|(_, address)| address.clone());
    let addresses: Vec<String> = unique.map(|(name, _)| last(name).unwrap_or(name.clone())).collect();
    let (canary, rest) = addresses.split_at(1);
    std::iter::once(canary).chain(rest.chunks(2)).map(<[String]>::to_vec).collect()
}

/// A refusal names the format, unless the inventory or the plan could not be made of the names.
fn assert_refused(output: &Output, format: &str) {
    assert_eq!(output.code, 1, "{output:?}");
    let earlier = ["is not a valid group name", "gives the group", "hosts.json", "is also a", "host `"];
    let named = output.stderr.contains(&format!("`export {format}`"))
        || earlier.iter().any(|text| output.stderr.contains(text));
    assert!(named, "{output:?}");
}

#[test]
#[ignore = "needs clustershell, PyYAML; run tests/run"]
fn clustershell_reads_what_is_not_refused() {
    let site = Site::of_example("programs");
    let mut wanted = Vec::new();
    for (index, (version, hosts)) in cases((version(), hosts(false))).into_iter().enumerate() {
        let folder = format!("cluster{index}");
        let output = export(&site, &version, &hosts, &["clustershell", "--output", &folder]);
        if output.code == 0 {
            wanted.push(json!({ "folder": folder, "version": version, "batches": expected(&hosts) }));
        } else {
            assert_refused(&output, "clustershell");
            assert!(!site.path().join(folder).exists());
        }
    }
    assert!(wanted.len() > CASES / 4 && wanted.len() < CASES, "{} of {CASES} were taken", wanted.len());
    site.file("wanted.json", &json!(wanted).to_string());
    site.file("check.py", CLUSTERSHELL);
    let output = run(site.command(python()).arg("check.py"));
    assert_eq!((output.code, output.stdout.trim()), (0, wanted.len().to_string().as_str()), "{output:?}");
}

/// Each batch, the B group and the version by ClusterShell's own resolver; the keys by PyYAML.
const CLUSTERSHELL: &str = r#"
import json, yaml
from ClusterShell.NodeSet import NodeSet
from ClusterShell.NodeUtils import GroupResolverConfig
done = 0
for case in json.load(open("wanted.json")):
    resolver = GroupResolverConfig([case["folder"] + "/groups.conf"])
    version, batches = case["version"], case["batches"]
    names = [version + "_group" + ("A" if i == 0 else "B%d" % i) for i in range(len(batches))]
    wanted = dict(zip(names, batches))
    if len(batches) > 1:
        wanted[version + "_groupB"] = sum(batches[1:], [])
    wanted[version] = sum(batches, [])
    for group, hosts in wanted.items():
        found = list(NodeSet("@" + group, resolver=resolver))
        assert sorted(found) == sorted(hosts), (case, group, found)
    read = yaml.safe_load(open(case["folder"] + "/groups.d/regal.yaml"))["regal"]
    assert list(read) == [n for n in read if isinstance(n, str)] and set(read) == set(wanted), (case, read)
    done += 1
print(done)
"#;

#[test]
#[ignore = "needs nginx; run tests/run"]
fn nginx_reads_what_is_not_refused() {
    let site = Site::of_example("nginx");
    let mut taken = 0;
    for (version, hosts) in cases((version(), hosts(true))) {
        let _ = std::fs::remove_file(site.path().join("regal.conf"));
        let output =
            export(&site, &version, &hosts, &["nginx", "--id", "shop", "--port", "80", "--output", "regal.conf"]);
        if output.code != 0 {
            assert_refused(&output, "nginx");
            assert!(!site.path().join("regal.conf").exists());
            continue;
        }
        let nginx = run(site.command(tool("nginx")).arg("-p").arg(site.path()).args(["-c", "nginx.conf", "-T"]));
        assert_eq!(nginx.code, 0, "{hosts:?}: {nginx:?}");
        let servers = nginx.stdout.lines().filter_map(|line| line.trim().strip_prefix("server ")?.strip_suffix(":80;"));
        let servers: Vec<String> = servers.map(|server| server.trim_matches(['[', ']']).to_string()).collect();
        assert_eq!(servers, expected(&hosts).concat(), "{version}");
        taken += 1;
    }
    assert!(taken > CASES / 4 && taken < CASES, "{taken} of {CASES} were taken");
}

#[test]
#[ignore = "needs Python; run tests/run"]
fn python_reads_what_is_not_refused() {
    let site = Site::of_example("programs");
    let mut wanted = Vec::new();
    for (index, (version, hosts)) in cases((version(), hosts(false))).into_iter().enumerate() {
        let (tsv, ndjson, json) =
            (format!("tsv={index}.tsv"), format!("ndjson={index}.ndjson"), format!("json={index}.json"));
        let output = export(&site, &version, &hosts, &["-o", &tsv, "-o", &ndjson, "-o", &json]);
        if output.code == 0 {
            wanted.push(json!({ "index": index, "version": version, "batches": expected(&hosts) }));
        } else {
            assert_refused(&output, "ndjson");
            assert!(!site.path().join(format!("{index}.json")).exists());
        }
    }
    assert!(wanted.len() > CASES / 4 && wanted.len() < CASES, "{} of {CASES} were taken", wanted.len());
    site.file("wanted.json", &json!(wanted).to_string());
    site.file("check.py", PYTHON);
    let output = run(site.command(python()).arg("check.py"));
    assert_eq!((output.code, output.stdout.trim()), (0, wanted.len().to_string().as_str()), "{output:?}");
}

/// The three formats for programs, by Python's csv and json.
const PYTHON: &str = r#"
import csv, json
done = 0
for case in json.load(open("wanted.json")):
    name, version, batches = str(case["index"]), case["version"], case["batches"]
    rows = list(csv.reader(open(name + ".tsv", encoding="utf-8", newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
    names = ["groupA"] + ["groupB%d" % i for i in range(1, len(batches))]
    wanted = [[version, str(i), names[i], names[i][5], address] for i, batch in enumerate(batches) for address in batch]
    assert [row[:4] + row[5:6] for row in rows] == wanted, (case, rows)
    lines = [json.loads(line) for line in open(name + ".ndjson", encoding="utf-8")]
    assert lines[-1] == {"type": "end", "schema": 1, "batches": len(batches)}, lines
    assert [line["addresses"] for line in lines[:-1]] == batches, (case, lines)
    document = json.load(open(name + ".json", encoding="utf-8"))
    assert [batch["hosts"] for batch in document["versions"][0]["batches"]] == [line["hosts"] for line in lines[:-1]]
    done += 1
print(done)
"#;
