//! A pattern with an item that names nothing is refused wherever a pattern may stand: to Ansible it may mean every host.

use regal_inventory::settings::{KEYS, Shape, variable};

use crate::support::Test;

const HOSTS: &str = "[web]\nw1\nw2\n[db]\ndb1\n";

/// With the item that is empty.
const EMPTY: &[(&str, &str)] = &[
    (":", "item 1 of 2 is empty"),
    (" : ", "item 1 of 2 is empty"),
    ("::", "item 1 of 3 is empty"),
    ("web:", "item 2 of 2 is empty"),
    (":web", "item 1 of 2 is empty"),
    (":!w1", "item 1 of 2 is empty"),
    ("web::db", "item 2 of 3 is empty"),
    ("web[0:1]::db", "item 2 of 3 is empty"),
    ("web:!", "item 2 of 2 is empty"),
    ("web,", "item 2 of 2 is empty"),
    ("web, ,db", "item 2 of 3 is empty"),
    (",", "item 1 of 2 is empty"),
    ("web,:", "item 2 of 2 is empty"),
    ("!", "it names nothing"),
    ("&", "it names nothing"),
    ("~", "it names nothing"),
];

/// What has colons for another reason.
const WHOLE: &[&str] = &["web[0:1]", "web[0:]", "web:&web:!w2", "~w[12]", "~(?:w1)", "w1", "!db", "w?:db1"];

/// The keys that take patterns, by their names.
fn keys() -> Vec<&'static str> {
    let keys: Vec<&str> = KEYS.iter().filter(|key| key.shape == Shape::Patterns).map(|key| key.name).collect();
    assert_eq!(keys.len(), 7, "{keys:?}");
    keys
}

/// The lines of a file that set a key.
fn yaml(key: &str, pattern: &str) -> String {
    let value = serde_json::to_string(pattern).unwrap();
    match key.split_once('.') {
        _ if key == "hosts" => format!("versions: {{x: {{hosts: {value}}}}}\n"),
        Some((above, below)) => format!("versions: {{x: web}}\n{above}: {{{below}: {value}}}\n"),
        None => format!("versions: {{x: web}}\n{key}: {value}\n"),
    }
}

fn file(text: String) -> Test {
    Test::new().file("hosts", HOSTS).file("regal.yml", format!("inventory: hosts\n{text}")).args(&["--list"])
}

#[test]
#[ignore = "long; run tests/run"]
fn in_every_key_of_the_file() {
    for key in keys() {
        // all of them for one key, some for each
        for (pattern, what) in EMPTY.iter().step_by(if key == "limit" { 1 } else { 4 }) {
            let message = file(yaml(key, pattern)).errors();
            assert!(message.contains(what) && message.contains(pattern.trim()), "{key}: {pattern}: {message}");
        }
        for pattern in WHOLE {
            let output = file(yaml(key, pattern)).run();
            assert!(!output.stderr.contains("empty"), "{key}: {pattern}: {}", output.stderr);
        }
    }
    let message = file("versions: {x: ':'}\n".into()).errors();
    assert!(message.contains("hosts of version `x` cannot be `:`: item 1 of 2 is empty"), "{message}");
    let message = file("versions: {x: [web, ':']}\nexclude: [w1, '']\n".into()).errors();
    assert!(message.contains("cannot be `:`") && message.contains("`exclude` cannot be empty"), "{message}");
}

#[test]
fn in_every_variable_and_option() {
    let test = || Test::new().file("hosts", HOSTS).args(&["-i", "hosts", "--list"]);
    for key in keys().into_iter().filter(|key| *key != "hosts") {
        let (variable, option) = (variable(key), format!("--{}", key.replace(['.', '_'], "-")));
        for (pattern, what) in EMPTY.iter().step_by(5) {
            for test in [test().env(&variable, pattern), test().args(&[&format!("{option}={pattern}")])] {
                let message = test.args(&["--versions", "x=web"]).errors();
                assert!(message.contains(what), "{key}: {pattern}: {message}");
            }
        }
        let message = test().args(&["--versions", "x=web"]).env(&variable, "").errors();
        let expected = format!("error: {variable}: `{key}` cannot be empty: the variable is set and names nothing\n");
        assert!(message.starts_with(&expected), "{message}");
    }
    for (pattern, what) in EMPTY {
        assert!(test().args(&["--versions", &format!("x={pattern}")]).errors().contains(what), "{pattern}");
    }
    assert!(test().env("REGAL_VERSIONS", " ").errors().contains("`versions` cannot be empty"));
    // any other variable that is empty is as good as none
    test().args(&["--versions", "x=web"]).env("REGAL_BATCH_SIZE", "").stdout();
}

#[test]
fn in_a_file_of_the_limit() {
    for line in [":", "!", " & ", "~"] {
        let test = Test::new().file("hosts", HOSTS).file("failed", format!("w1\n{line}\n"));
        let message = test.args(&["-i", "hosts", "--versions", "x=web", "--limit", "@failed", "--list"]).errors();
        let expected = format!("limit file `failed` has the line `{}`, which names nothing", line.trim());
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn addresses_keep_their_colons() {
    let test = |limit: &str| {
        let hosts = "web:\n  hosts: {'::1': , 'fe80::': , '2001:db8::5': }\n";
        let test = Test::new().file("hosts.yml", hosts).args(&["-i", "hosts.yml", "--versions", "x=web"]);
        test.args(&["--limit", limit, "plan", "--format", "regal"]).stdout()
    };
    for address in ["::1", "fe80::", "2001:db8::5"] {
        assert_eq!(test(address), format!("{{\"x\": [\"{address}\"]}}\n"));
    }
    // the port is not a part of what a pattern compares
    let literal = Test::new().args(&["--versions", "x=2001:db8::5,::1", "plan", "--format", "regal"]).stdout();
    assert_eq!(literal, "{\"x\": [\"2001:db8::5\", \"::1\"]}\n");
}
