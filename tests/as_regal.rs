//! `plan --format regal` and `regal-result`: what regal 1.3 gave, to the letter.

use std::path::Path;
use std::process::Command;

use crate::support::Test;

fn configured(versions: &[(&str, &str)], more: &str) -> Test {
    let versions: Vec<String> = versions
        .iter()
        .map(|(version, hosts)| format!("  {}: {}\n", serde_json::json!(version), serde_json::json!(hosts)))
        .collect();
    Test::new().file("regal.yml", format!("version_host:\n{}{more}", versions.concat()))
}

/// Text that Ansible would take for something else, or not at all.
const ODD: &str = "主机 1, 主机2,web[1:3],all,*,!x,@f,{{ x }},é\n,v0,localhost,10.1.1.1:8080,it's,a\"b,~x,&y";

#[test]
fn any_text_is_a_version_and_a_host() {
    let test = configured(&[("应用 1.0 (灰度):a/b", ODD), ("all", "主机2")], "combine: 20\n");
    let lines = test.shell("regal plan --format regal");
    assert_eq!((lines.code, lines.stderr.contains("error")), (0, false), "{}", lines.stderr);
    let documents: Vec<serde_json::Value> =
        lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (canary, rest) = ODD.split_once(',').unwrap();
    assert_eq!(
        documents,
        [serde_json::json!({"应用 1.0 (灰度):a/b": [canary, rest]}), serde_json::json!({"all": ["主机2"]})]
    );
    let result = test.shell("regal plan --format regal-result").stdout;
    let expected = "[('应用 1.0 (灰度):a/b', [['主机 1'], [' 主机2', 'web[1:3]', 'all', '*', '!x', '@f', '{{ x }}', 'é\\n', 'v0', \
                    'localhost', '10.1.1.1:8080', \"it's\", 'a\"b', '~x', '&y']]), ('all', [['主机2']])]\n";
    assert_eq!(result, expected);
    // as an option and as a variable
    let option = Test::new().shell("regal --version-host 'a b=x y, z' plan --format regal");
    assert_eq!(option.stdout, "{\"a b\": [\"x y\", \" z\"]}\n", "{}", option.stderr);
    let variable = Test::new().shell("REGAL_VERSION_HOST='{\"a:b\": \"主机 1,x\"}' regal plan --format regal");
    assert_eq!(variable.stdout, "{\"a:b\": [\"主机 1\", \"x\"]}\n", "{}", variable.stderr);
}

#[test]
fn what_looks_names_up_takes_names_only() {
    // the other forms, and the other word, mean hosts and groups of Ansible's
    for line in ["plan", "--list", "plan --format groups", "plan --format regal --exclude 'x'"] {
        let output = configured(&[("v 1", "a b,x")], "").shell(&format!("regal {line}"));
        assert_eq!(output.code, 1, "{line}: {}", output.stdout);
    }
    let versions = Test::new().shell("regal --versions 'v=a, b' plan --format regal");
    assert_eq!(versions.stdout, "{\"v\": [\"a\", \"b\"]}\n");
    let inventory =
        Test::new().file("hosts", "[web]\nw1\nw2\n").shell("regal -i hosts --version-host v=web plan --format regal");
    assert_eq!(inventory.stdout, "{\"v\": [\"w1\", \"w2\"]}\n");
    let only = configured(&[("v", "a, b"), ("w", "c")], "").shell("regal plan --format regal --only v");
    assert_eq!(only.stdout, "{\"v\": [\"a\", \"b\"]}\n");
    let nameless = configured(&[("v", "a,,b")], "").shell("regal plan --format regal");
    assert!(nameless.code == 1 && nameless.stderr.contains("item 2 of 3 is empty"), "{}", nameless.stderr);
    // one that is named twice is in one batch
    assert_eq!(
        configured(&[("v", "a,b,a")], "").shell("regal plan --format regal").stdout,
        "{\"v\": [\"a\", \"b\"]}\n"
    );
}

/// Prints what regal gives for each line of JSON on stdin.
const REGAL: &str = "
import json, sys
from regal import BaseInfo
for line in sys.stdin:
    case = json.loads(line)
    made = BaseInfo(version_host=case['versions'], combine=case['combine'], schedule=case['schedule'])
    found = made.grouping(priority_name=case['priority'])
    print(json.dumps([str(found.result), [each for each in found.iter_dict()]]))
";

#[test]
#[ignore = "needs regal 1.3; run tests/run"]
fn regal_itself_gives_the_same() {
    let python = Path::new(&std::env::var("TEST_REGAL").expect("TEST_REGAL is not set; run tests/run")).join("python");
    let texts =
        ["10.1.1.1", " b", "主机 3", "d:8080", "web[1:3]", "it's", "\u{e9}\u{a0}", "x\ty", "a\\b", "\u{200b}z", "all"];
    let mut cases = Vec::new();
    for hosts in [1, 2, 5, 11] {
        for (combine, schedule) in [(1, 1), (2, 1), (3, 2), (20, 1), (4, 11)] {
            let listed = texts[..hosts].join(",");
            let versions = [("应用 1.0 (灰度)", listed.as_str()), ("it's \"2.0\":b", "x,y")];
            for priority in ["", "2.0"] {
                cases.push((
                    versions.map(|(version, hosts)| (version.to_string(), hosts.to_string())),
                    combine,
                    schedule,
                    priority,
                ));
            }
        }
    }
    let input: String = cases
        .iter()
        .map(|(versions, combine, schedule, priority)| {
            let versions: serde_json::Map<String, serde_json::Value> =
                versions.iter().map(|(version, hosts)| (version.clone(), hosts.clone().into())).collect();
            let case = serde_json::json!({"versions": versions, "combine": combine, "schedule": schedule, "priority": priority});
            format!("{case}\n")
        })
        .collect();
    let test = Test::new().file("cases", &input);
    let regal = Command::new(python)
        .args(["-c", REGAL])
        .stdin(std::fs::File::open(test.path().join("cases")).unwrap())
        .output()
        .unwrap();
    let printed = String::from_utf8(regal.stdout).unwrap();
    assert_eq!(printed.lines().count(), cases.len(), "{}", String::from_utf8_lossy(&regal.stderr));
    for ((versions, combine, schedule, priority), line) in cases.iter().zip(printed.lines()) {
        let versions: Vec<(&str, &str)> =
            versions.iter().map(|(version, hosts)| (version.as_str(), hosts.as_str())).collect();
        let priority = if priority.is_empty() { String::new() } else { format!("priority_name: \"{priority}\"\n") };
        let test = configured(&versions, &format!("combine: {combine}\nschedule: {schedule}\n{priority}"));
        let (result, mappings): (String, Vec<serde_json::Value>) = serde_json::from_str(line).unwrap();
        assert_eq!(test.shell("regal plan --format regal-result").stdout, format!("{result}\n"));
        let ours = test.shell("regal plan --format regal").stdout;
        let ours: Vec<serde_json::Value> = ours.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(ours, mappings, "{versions:?}");
    }
}
