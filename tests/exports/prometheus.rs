//! Targets for Prometheus, checked by its own tool and found by a running server.

use super::http::visit;
use super::site::{Server, Site, free_port, run, tool, wait_until};

#[test]
#[ignore = "needs promtool; run tests/run"]
fn promtool_takes_targets_and_rules() {
    let site = Site::of_example("prometheus");
    site.regal(&["export", "file-sd", "--port", "9100", "--output", "targets.json"]);
    let check = || run(site.command(tool("promtool")).args(["check", "config", "prometheus.yml"]));
    let output = check();
    assert_eq!(output.code, 0, "{output:?}");
    // The check does read the targets.
    site.file("targets.json", "[{\"targets\": [1]}]");
    assert_ne!(check().code, 0);
}

#[test]
#[ignore = "needs prometheus; run tests/run"]
fn prometheus_finds_the_targets_with_their_labels() {
    let site = Site::of_example("prometheus");
    site.regal(&["export", "file-sd", "--port", "9100", "--output", "targets.json"]);
    let port = free_port();
    let mut prometheus = site.command(tool("prometheus"));
    prometheus.args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    prometheus.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let log = std::fs::File::create(site.path().join("prometheus.log")).unwrap();
    let _server = Server(prometheus.stderr(log).spawn().unwrap());
    wait_until("prometheus", || visit(port, "", "").status > 0);
    let url = format!("http://127.0.0.1:{port}/api/v1/targets");
    let mut found = Vec::new();
    wait_until("the targets", || {
        let output = run(site.command(tool("curl")).args(["-s", &url]));
        let answer: serde_json::Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        let label = |target: &serde_json::Value, name: &str| target["labels"][name].as_str().unwrap_or("").to_string();
        let targets = answer["data"]["activeTargets"].as_array().cloned().unwrap_or_default();
        found = targets
            .iter()
            .map(|t| (label(t, "instance"), label(t, "regal_batch"), label(t, "regal_user_group")))
            .collect();
        found.len() == 5
    });
    found.sort_unstable();
    let expected = [
        ("2", "groupA", "A"),
        ("3", "groupB1", "B"),
        ("4", "groupB1", "B"),
        ("5", "groupB2", "B"),
        ("6", "groupB2", "B"),
    ];
    let expected =
        expected.map(|(n, batch, group)| (format!("127.0.0.{n}:9100"), batch.to_string(), group.to_string()));
    assert_eq!(found, expected);
}
