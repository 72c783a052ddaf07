//! A rollout that a real Prometheus judges: hosts whose errors rise or that get slower, and the way back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::http::visit;
use super::site::{Output, Server, Site, free_port, python, run, tool, wait_until};

const HOSTS: [(&str, &str); 5] =
    [("web1", "127.0.0.2"), ("web2", "127.0.0.3"), ("web3", "127.0.0.4"), ("web4", "127.0.0.5"), ("web5", "127.0.0.6")];
const OLD: &str = "shop-2.4.0";
const NEW: &str = "shop-2.5.0";
/// Writes down which host was given which version, and gives it that.
const DEPLOY: &str =
    "for host in $(echo \"$1\" | tr , ' '); do echo \"$0\" >state/$host; echo \"$host $0\" >>deployed; done";

/// The example with hosts that count, scraped each second, and a bake of a few seconds.
struct Shop {
    site: Site,
    _servers: [Server; 2],
    prometheus: u16,
}

impl Shop {
    fn start() -> Self {
        let site = Site::of_example("prometheus");
        let (port, prometheus) = (free_port(), free_port());
        std::fs::create_dir(site.path().join("state")).unwrap();
        HOSTS.iter().for_each(|(host, _)| drop(site.file(&format!("state/{host}"), OLD)));
        site.file("state/faults.json", "{}");
        site.regal(&["export", "file-sd", "--port", &port.to_string(), "--output", "targets.json"]);
        site.file("prometheus.yml", &site.read("prometheus.yml").replace(": 15s", ": 1s"));
        let quick = site
            .read("regal.yml")
            .replace("bake: 10m", "bake: 8s")
            .replace("max: 1.1,", "max: 1.1, min_samples: 5,")
            .replace(":9090", &format!(":{prometheus}"));
        site.file(
            "regal.yml",
            &quick
                .replace("initial_delay: 2m", "initial_delay: 4s\n    interval: 1s")
                .replace("inconclusive_limit: 3", "inconclusive_limit: 3\n    interval: 1s"),
        );
        let shop = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports/shop.py");
        let hosts = HOSTS.map(|(host, address)| format!("{host}={address}"));
        let shop = site.command(python()).arg(shop).arg(port.to_string()).arg("state").args(hosts).spawn().unwrap();
        let log = std::fs::File::create(site.path().join("prometheus.log")).unwrap();
        let mut server = site.command(tool("prometheus"));
        server.args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        server.arg(format!("--web.listen-address=127.0.0.1:{prometheus}")).stderr(log);
        let shop = Shop { _servers: [Server(shop), Server(server.spawn().unwrap())], site, prometheus };
        wait_until("prometheus", || visit(prometheus, "", "").status > 0);
        wait_until("the rule's values", || !shop.ask("shop:errors:ratio").is_empty());
        wait_until("all hosts", || shop.ask("shop_latency_seconds").len() == HOSTS.len());
        shop
    }

    /// What Prometheus has of a query.
    fn ask(&self, query: &str) -> Vec<Value> {
        let url = format!("http://127.0.0.1:{}/api/v1/query?query={query}", self.prometheus);
        let output = run(self.site.command(tool("curl")).args(["-s", &url]));
        let answer: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    }

    /// Rolls the new version out with such faults from the old one on; the plan has this name.
    fn roll_out(&self, plan: &str, faults: &Value) -> Output {
        self.site.file("state/faults.json", &json!({ NEW: faults }).to_string());
        self.site.regal(&["plan", "--save", plan, "--format", "groups"]);
        let words = ["run", "--plan", plan, "--", "sh", "-c", DEPLOY, "{version}", "{hosts}"];
        run(self.site.command(env!("CARGO_BIN_EXE_regal-inventory")).args(words))
    }

    fn versions(&self) -> BTreeMap<&'static str, String> {
        HOSTS.iter().map(|(host, _)| (*host, self.site.read(&format!("state/{host}")).trim().to_string())).collect()
    }

    /// What a gate has measured of the canary.
    fn measured(&self, plan: &str, gate: &str) -> Value {
        let status = self.site.regal(&["status", plan, "--format", "json"]);
        let status: Value = serde_json::from_str(&status).unwrap();
        let measures = status["batches"][0]["measures"].as_array().unwrap();
        measures.iter().find(|measured| measured["gate"] == gate).cloned().unwrap_or_default()
    }
}

/// All hosts with one version.
fn all(version: &str) -> BTreeMap<&'static str, String> {
    HOSTS.iter().map(|(host, _)| (*host, version.to_string())).collect()
}

#[test]
#[ignore = "needs prometheus; run tests/run"]
fn a_canary_whose_errors_rise_stops_the_run_and_goes_back() {
    let shop = Shop::start();
    let stopped = shop.roll_out("errors.rollout.yml", &json!({"errors": 0.5}));
    assert_eq!(stopped.code, 5, "{stopped:?}");
    assert_eq!(shop.versions(), all(OLD), "{stopped:?}");
    // no host of B1 was touched
    assert_eq!(shop.site.read("deployed"), format!("web1 {NEW}\nweb1 {OLD}\n"));
    let errors = shop.measured("errors.rollout.yml", "errors");
    assert_eq!(errors["verdict"], "failed", "{errors}");
    let last = errors["values"].as_array().unwrap().last().unwrap().as_f64().unwrap();
    assert!(last > 0.05 && last <= 0.5, "{errors}");
    for text in ["errors", "at most 0.05 is well", "shop-2.4.0"] {
        assert!(stopped.stderr.contains(text), "{text}: {}", stopped.stderr);
    }
    let record = shop.site.read("errors.rollout.jsonl");
    let events: Vec<Value> = record.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |word: &str| events.iter().filter(|event| event["event"] == word).collect::<Vec<_>>();
    assert!(of("measure").iter().any(|event| event["gate"] == "errors" && event["value"].is_number()), "{record}");
    let starts = of("start");
    assert_eq!((starts.len(), &starts[1]["direction"], &starts[1]["to"]), (2, &json!("back"), &json!(OLD)), "{record}");
    assert!(starts[1]["because"].as_str().is_some_and(|why| why.contains("errors")), "{record}");
}

#[test]
#[ignore = "needs prometheus; run tests/run"]
fn a_canary_that_is_slower_by_a_fifth_is_found_beside_the_others() {
    let shop = Shop::start();
    // a threshold far above what is normal finds nothing
    let threshold = "  - {name: threshold, prometheus: 'max(shop_latency_seconds)', server: 'http://127.0.0.1:PORT', max: 0.2, interval: 1s}\n";
    let settings = shop.site.read("regal.yml");
    let threshold = threshold.replace("PORT", &shop.prometheus.to_string());
    shop.site.file("regal.yml", &settings.replace("on_failure:", &format!("{threshold}on_failure:")));
    let stopped = shop.roll_out("slower.rollout.yml", &json!({"slower": 1.2}));
    assert_eq!(stopped.code, 5, "{stopped:?}");
    assert_eq!(shop.versions(), all(OLD), "{stopped:?}");
    let of = |gate: &str| shop.measured("slower.rollout.yml", gate)["verdict"].clone();
    assert_eq!((of("latency"), of("errors")), (json!("failed"), json!("ok")), "{stopped:?}");
    assert_ne!(of("threshold"), json!("failed"));
    // without the fault it goes to its end
    let done = shop.roll_out("well.rollout.yml", &json!({}));
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(shop.versions(), all(NEW));
    assert_eq!(shop.measured("well.rollout.yml", "latency")["verdict"], "ok");
}
