//! Pictures of a plan under what draws them: Chromium with axe-core, Mermaid, Graphviz.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::site::{Site, python, run, tool, up_to, wait_until};

/// Names that would be markup or script, where they are not escaped.
const HOSTS: &str = r#"
web:
  hosts:
    "</b><script>alerted = 1</script>": {zone: "\"><img src=x onerror=alerted=2>"}
    "' onmouseover='alerted = 3": {zone: "]]> --> *|*`<b>"}
    "{{ page.id }}\"]; click v0b0 call alert()": {zone: "&lt;&amp;#35;"}
    "a\u202egnp.exe\eM\\N": {zone: "}"}
"#;
const CONFIGURATION: &str = "inventory: hosts.yml\ngroup_names: safe\nversions: {\"<h1>v1\": web}\nspread: {by: zone}\n\
                             bake: 5m\nbatch_size: 2\napproval: each_batch\n";

fn hostile() -> Site {
    let site = Site::of_example("small");
    site.file("hosts.yml", HOSTS);
    site.file("hostile.yml", CONFIGURATION);
    site
}

/// So many hosts over 30 racks.
fn fleet(hosts: usize, keys: &str) -> Site {
    let site = Site::of_example("small");
    let lines: String = (0..hosts).map(|i| format!("web-{i:05}.example.net rack=r{:02}\n", i % 30 + 1)).collect();
    site.file("hosts.ini", &format!("[web]\n{lines}"));
    let keys = format!("inventory: hosts.ini\nversions: {{shop-2.5.0: web}}\nspread: {{by: rack}}\n{keys}");
    site.file("fleet.yml", &keys);
    site
}

/// The hosts of a large page. axe-core looks at each of them, twice, which takes half a minute for 5,000.
fn large() -> usize {
    up_to(600, 5000)
}

/// What a browser finds: see the script.
fn browser(arguments: &[&str], folder: &Path) -> Value {
    tool("chromium");
    let scripts = std::env::var("TEST_BROWSER").expect("TEST_BROWSER is not set; run tests/run");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports/browser.py");
    let output = run(Command::new(python()).arg(script).arg(scripts).args(arguments).current_dir(folder));
    assert_eq!(output.code, 0, "{output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

/// A page has no fault that axe-core sees, in light and dark; it logs and fetches nothing; it is searched, folded and printed.
fn check_page(found: &Value) {
    assert_eq!(found["axe"], json!({"light": [], "dark": []}), "{found}");
    assert_eq!(found["background"], json!({"light": "rgb(255, 255, 255)", "dark": "rgb(21, 23, 26)"}));
    assert_eq!((&found["console"], &found["requests"], &found["alerted"]), (&json!([]), &json!([]), &Value::Null));
    assert_eq!((&found["scripts"], &found["open"], &found["pdf"]), (&json!(1), &json!(0), &json!("%PDF-")), "{found}");
    // nothing is cut: by the edge of a window, or by that of a sheet
    assert_eq!((&found["wider"], &found["cuts"]), (&json!([]), &json!(["avoid"])), "{found}");
}

#[test]
#[ignore = "needs Chromium and axe-core; run tests/run"]
fn a_page_is_sound_in_a_browser_and_finds_a_host() {
    let hosts = large();
    let site = fleet(hosts, "bake: 5m\nbatch_size: 50\ncanary: 50\n");
    site.regal(&["--config", "fleet.yml", "plan", "--format", "html", "--output", "plan.html"]);
    let found = browser(&["web-00321", "plan.html"], site.path());
    check_page(&found);
    let (sheets, most) = (found["sheets"].as_u64().unwrap(), hosts as u64 / 250);
    assert!((2 + most / 4..=2 + most).contains(&sheets), "{sheets} of A4");
    assert_eq!(found["hits"], 1);
    let said = found["said"].as_str().unwrap();
    assert!(said.starts_with("1 of 1: web-00321.example.net; shop-2.5.0, batch B"), "{said}");
    assert!(said.contains("; rack=r22; spread even: host "), "{said}");
}

#[test]
#[ignore = "needs Chromium and axe-core; run tests/run"]
fn names_are_text_to_a_browser() {
    let site = hostile();
    site.regal(&["--config", "hostile.yml", "plan", "--format", "html", "--output", "plan.html"]);
    let found = browser(&["</b><script>", "plan.html"], site.path());
    check_page(&found);
    assert_eq!(found["hits"], 1);
    assert!(found["tip"].as_str().unwrap().starts_with("</b><script>alerted = 1</script>\n<h1>v1, batch A"), "{found}");
}

#[test]
#[ignore = "needs Chromium and axe-core; run tests/run"]
fn the_page_of_a_rollout_is_sound_in_a_browser() {
    let site = fleet(60, "batch_size: 20\n");
    site.regal(&["--config", "fleet.yml", "plan", "--save", "shop.rollout.yml"]);
    let command = "if [ $0 = B2 ]; then echo \"$(head -1 $1) lost <b>disk full\" >>\"$ROLLOUT_RESULTS\"; exit 1; fi";
    let words = ["run", "--plan", "shop.rollout.yml", "--", "sh", "-c", command, "{batch}", "{hostfile}"];
    let stopped = run(site.command(env!("CARGO_BIN_EXE_regal-inventory")).args(words));
    assert_eq!(stopped.code, 5, "{stopped:?}");
    site.regal(&["status", "shop.rollout.yml", "--format", "html", "--output", "status.html"]);
    let page = site.read("status.html");
    check_page(&browser(&["web", "status.html"], site.path()));
    for text in [
        "class=\"state done\"",
        "class=\"state lost\"",
        "class=\"state waiting\"",
        "&lt;b&gt;disk full",
        "<li class=\"l\"",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
#[ignore = "needs Chromium and axe-core; run tests/run"]
fn pages_of_any_shape_are_sound_in_a_browser() {
    let rest = large() - 1;
    let one_batch = fleet(rest + 1, "batch_size: rest\n");
    one_batch.regal(&["--config", "fleet.yml", "plan", "--format", "html", "--output", "plan.html"]);
    let found = browser(&[&format!("web-{rest:05}"), "plan.html"], one_batch.path());
    check_page(&found);
    let (said, place) = (found["said"].as_str().unwrap(), format!("batch B1, host {} of {rest};", up_to(599, 4989)));
    assert!(said.contains(&place), "{said}");
    let many = up_to(50, 200);
    let site = fleet(many, "");
    let versions: String = (0..many).map(|i| format!("  v{i}: web-{i:05}.example.net\n")).collect();
    site.file("many.yml", &format!("inventory: hosts.ini\nversions:\n{versions}"));
    site.file("single.yml", "inventory: hosts.ini\nversions: {v1: web-00007.example.net}\n");
    for configuration in ["many.yml", "single.yml"] {
        site.regal(&["--config", configuration, "plan", "--format", "html", "--output", "plan.html"]);
        let found = browser(&["web-00007", "plan.html"], site.path());
        check_page(&found);
        assert_eq!(found["hits"], 1, "{configuration}");
    }
}

#[test]
#[ignore = "needs Chromium; run tests/run"]
fn a_watched_page_is_read_again_by_itself_unless_it_is_held() {
    let site = fleet(6, "batch_size: 3\n");
    site.regal(&["--config", "fleet.yml", "plan", "--save", "shop.rollout.yml"]);
    let watch = |file: &str| {
        let words = ["status", "shop.rollout.yml", "--watch", "--format", "html", "--output", file];
        let mut child = site.command(env!("CARGO_BIN_EXE_regal-inventory")).args(words).spawn().unwrap();
        wait_until("the page is written", || site.path().join(file).exists());
        child.kill().unwrap();
        child.wait().unwrap();
    };
    watch("status.html");
    let words = ["run", "--plan", "shop.rollout.yml", "--only-canary", "--", "true"];
    let ran = run(site.command(env!("CARGO_BIN_EXE_regal-inventory")).args(words));
    assert_eq!(ran.code, 0, "{ran:?}");
    watch("next.html");
    let found = browser(&["--again", "status.html", "next.html", "1 of 6"], site.path());
    let expected = json!({"before": false, "held": false, "after": true, "search": "web", "console": []});
    assert_eq!(found, expected);
}

#[test]
#[ignore = "needs Chromium and Mermaid; run tests/run"]
fn mermaid_draws_every_batch_and_takes_names_for_text() {
    let site = hostile();
    site.regal(&["--config", "hostile.yml", "plan", "--full", "--format", "mermaid", "--output", "plan.mmd"]);
    let drawn = browser(&["--mermaid", "plan.mmd"], site.path());
    assert_eq!((&drawn["nodes"], &drawn["scripts"]), (&json!(3), &json!(0)), "{drawn}");
    for text in [
        "</b><script>alerted = 1</script>",
        "<h1>v1: 4 hosts",
        "\"]; click v0b0 call alert()",
        "a\\u{202e}gnp.exe\\u{1b}M",
    ] {
        assert!(drawn["text"].as_str().unwrap().contains(text), "{text}: {drawn}");
    }
    let site = fleet(5000, "bake: 5m\nbatch_size: 50\ncanary: 50\n");
    site.regal(&["--config", "fleet.yml", "plan", "--format", "mermaid", "--output", "plan.mmd"]);
    let drawn = browser(&["--mermaid", "plan.mmd"], site.path());
    assert!(drawn["nodes"].as_u64().unwrap_or_default() > 40, "{drawn}");
    site.file("broken.mmd", "flowchart TB\n  a[\"\"\"]\n");
    assert!(browser(&["--mermaid", "broken.mmd"], site.path())["error"].is_string());
}

#[test]
#[ignore = "needs Graphviz and an XML parser; run tests/run"]
fn graphviz_and_xml_take_names_for_text() {
    let site = hostile();
    site.regal(&["--config", "hostile.yml", "plan", "--format", "dot", "--output", "plan.dot"]);
    site.regal(&["--config", "hostile.yml", "plan", "--format", "svg", "--output", "plan.svg"]);
    // what Graphviz read of it, as it writes it
    let drawn = run(site.command(tool("dot")).args(["-Tjson", "plan.dot"]));
    assert_eq!((drawn.code, drawn.stderr.as_str()), (0, ""), "{drawn:?}");
    let drawn: Value = serde_json::from_str(&drawn.stdout).unwrap();
    let nodes: Vec<&Value> = drawn["objects"].as_array().unwrap().iter().filter(|one| one["shape"] == "box").collect();
    assert_eq!(nodes.len(), 3, "{drawn}");
    let picture = run(site.command(tool("dot")).args(["-Tsvg", "plan.dot"]));
    assert!(picture.stdout.contains("&lt;/b&gt;&lt;script&gt;") && !picture.stdout.contains("<script"), "{picture:?}");
    let parse = "import sys, xml.etree.ElementTree as tree; print(sorted({one.tag.split('}')[1] for one in tree.parse(sys.argv[1]).iter()}))";
    let parsed = run(site.command(python()).args(["-c", parse, "plan.svg"]));
    assert_eq!(parsed.stdout, "['g', 'path', 'rect', 'style', 'svg', 'text', 'title']\n", "{parsed:?}");
}
