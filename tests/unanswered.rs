//! Salt targets that no file can answer, and keys of rosters that become nothing here: each is named.

use serde_json::{Value, json};

use crate::support::Test;

/// Two hosts in a roster, beside nodegroups that no file can answer.
fn unanswerable() -> Test {
    let groups = "nodegroups:\n  web: 'web*'\n  frozen: 'R@%frozen'\n  app-1.0: 'web1 and not T@ssh'\n  typo: 'g@os:Debian or web1'\n";
    Test::new().file("roster", "web1: 10.0.0.1\nweb2: 10.0.0.2\n").file("master.d/groups.conf", groups)
}

const UNANSWERABLE: &str = "{salt: {roster: roster, nodegroups: master.d}}";

#[test]
fn targets_that_no_file_can_answer_are_refused() {
    let mut all = String::new();
    let targets = [
        "R@%web",
        "T@ssh",
        "M@ssh",
        "web* and not R@%web",
        "web1 or R@",
        "web1 or X@y",
        "web* and not g@os:Debian",
        "web1 or r@%web",
        "N@frozen",
        "web1 or N@typo",
    ];
    for target in targets {
        let versions = format!("v={target}");
        let test = unanswerable().args(&["-i", UNANSWERABLE, "--versions", &versions, "--versions", "w=web2", "plan"]);
        all.push_str(&format!("## {target}\n{}\n", test.errors()));
    }
    for asked in
        [&["--version-from", "nodegroup:app-*"], &["--version-from", "group:app-*"], &["--versions", "v=frozen"]]
    {
        let test = unanswerable().args(&["-i", UNANSWERABLE]).args(asked).args(&["plan"]);
        all.push_str(&format!("## {asked:?}\n{}\n", test.errors()));
    }
    for asked in [
        ["--exclude", "frozen"],
        ["--exclude", "f*"],
        ["--versions", "w=web*:!frozen"],
        ["--versions", "w=web*:&~fro"],
        ["--canary-hosts", "web1,frozen"],
        ["--spread", "group:fro*"],
        ["--limit", "frozen"],
        ["--limit", "web*:!frozen"],
        ["--limit", "not R@%web"],
    ] {
        let test = unanswerable().args(&["-i", UNANSWERABLE, "--versions", "v=web*"]).args(&asked).args(&["plan"]);
        all.push_str(&format!("## {asked:?}\n{}\n", test.errors()));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn nodegroups_that_nobody_asks_for_stop_no_plan() {
    let output = unanswerable().args(&["-i", UNANSWERABLE, "--versions", "v=web", "plan", "--format", "regal"]).run();
    assert_eq!(output.stdout, "{\"v\": [\"web1\", \"web2\"]}\n", "{}", output.stderr);
    let checked = unanswerable().args(&["-i", UNANSWERABLE, "--versions", "v=*", "check"]).run();
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    insta::assert_snapshot!(checked.stderr);
    // An id of that form is an id.
    let odd = Test::new().file("roster", "x@y: 10.0.0.1\nweb1: 10.0.0.2\n");
    let odd = odd.args(&["-i", "roster", "--versions", "v=web1 or x@y", "plan", "--format", "regal"]).run();
    assert_eq!((odd.stdout.as_str(), odd.stderr.as_str()), ("{\"v\": [\"x@y\", \"web1\"]}\n", ""));
}

#[test]
fn every_key_of_a_roster_becomes_something_or_is_named() {
    let keys = "passwd: hunter2, priv_passwd: hunter2, tty: true, winrm: true, identities_only: true, \
                ssh_options: [ProxyJump=hop], remote_port_forwards: '1:h:2', keepalive: true, keepalive_interval: 5, \
                keepalive_count_max: 2, ssh_pre_flight: /x, ssh_pre_flight_args: a, ssh_pre_hook: b, mods: {a: 1}, \
                thin_dir: /t, cmd_umask: 7, mine_functions: {a: []}, set_path: /p, relenv: true, disable_wipe: true";
    let roster = format!(
        "web1: {{host: 10.0.0.1, sudo: true, sudo_user: app, timeout: 7, {keys}}}\n\
         web2: {{host: 10.0.0.2, sudo_user: app, timeout: '8', tty: true, sudo_usr: hunter2, zone: hunter2}}\n\
         web3: {{host: 10.0.0.3, sudo: false, sudo_user: '', timeout: , tty: false, passwd: '', winrm: , ssh_options: [], \
         relenv: 0, mods: {{}}, minion_opts: {{grains: {{a: 1}}}}, priv: agent-forwarding}}\nweb4: {{host: h, tty: yes}}\n"
    );
    let read =
        |more: &str| Test::new().file("roster", &roster).args(&["-i", "roster", "--versions", "v=all", more]).run();
    let output = read("--list");
    assert!(![&output.stdout, &output.stderr].iter().any(|text| text.contains("hunter2")), "{}", output.stderr);
    let list: Value = serde_json::from_str(&output.stdout).unwrap();
    let vars = |host: &str| {
        let of = list["_meta"]["hostvars"][host].as_object().unwrap();
        let of = of.iter().filter(|(name, _)| name.starts_with("ansible_"));
        of.map(|(n, v)| (n.clone(), v.clone())).collect::<Value>()
    };
    assert_eq!(
        vars("web1"),
        json!({"ansible_host": "10.0.0.1", "ansible_become": true, "ansible_become_user": "app", "ansible_timeout": 7})
    );
    assert_eq!(vars("web2"), json!({"ansible_host": "10.0.0.2", "ansible_timeout": "8"}));
    assert_eq!(vars("web3"), json!({"ansible_host": "10.0.0.3", "ansible_become": false}));
    let checked = read("check");
    assert!(!checked.stderr.contains("hunter2"), "{}", checked.stderr);
    insta::assert_snapshot!(checked.stderr);
}

#[test]
fn keys_of_a_roster_are_warned_of_within_bounds() {
    let hosts: String = (0..200).map(|n| format!("web{n}: {{host: h, tty: true, odd{n}: 1}}\n")).collect();
    let output = Test::new().file("roster", hosts).args(&["-i", "roster", "--versions", "v=all", "check"]).run();
    assert!(output.stderr.contains("`tty` of `web0` and 199 more is ignored"), "{}", output.stderr);
    assert_eq!(output.stderr.matches("is not a roster key").count(), 29);
    assert!(output.stderr.contains("171 more keys of the roster are ignored"), "{}", output.stderr);
    let bad = |timeout: &str| {
        let test = Test::new().file("roster", format!("web1: {{host: h, timeout: {timeout}}}\n"));
        test.args(&["-i", "roster", "--versions", "v=all", "plan"]).errors()
    };
    assert!(bad("2, sudo: 'no'").contains("the `sudo` of `web1` is a string, not true or false"));
    for timeout in ["2m", "-1", "1.5", "true", "[1]"] {
        assert!(bad(timeout).contains("the `timeout` of `web1` is not a whole number of seconds"), "{timeout}");
    }
}

/// Entries of a roster that hold a password, most of them wrong.
const PASSWORDS: [&str; 20] = [
    "{host: h, timeout: 2m, passwd: hunter2}",
    "{host: h, user: [], passwd: hunter2}",
    "{host: h, passwd: hunter2, sudo: 'no'}",
    "{host: h, passwd: hunter2, passwd: hunter2}",
    "{host: h, passwd: hunter2, grains: 1}",
    "{host: h, passwd: hunter2, tty: true}",
    "{host: h, passwd: a,hunter2}",
    "{host: h, passwd: *hunter2}",
    "{host: h, passwd: &hunter2 x, priv_passwd: &hunter2 y}",
    "{host: h, passwd: !hunter2 x}",
    "{host: h, passwd: !!int hunter2}",
    "{host: h, passwd: !!timestamp hunter2}",
    "{host: h, passwd: @hunter2}",
    "{host: h, passwd: hunter2: x}",
    "{host: h, passwd: hunter2, user: x",
    "{host: h, passwd: 'hunter2}",
    "{host: h, passwd: {{ hunter2 }}}",
    "{host: h, passwd: hunter2, user: \u{1b}}",
    "\n  host: h\n  passwd: hunter2\n user: x",
    "\n  host: h\n  passwd: - hunter2",
];

#[test]
#[ignore = "long; run tests/run"]
fn no_message_shows_a_password_of_a_roster() {
    let mut all = String::new();
    for entry in PASSWORDS {
        let text = format!("web0: {{host: h}}\nweb1: {entry}\n");
        let sources = [
            ("roster", "roster"),
            ("hosts.yml", "hosts.yml"),
            ("other", "{salt: {roster: other}}"),
            ("salt/roster.d/web1", "{salt: {config: salt}}"),
        ];
        for (path, source) in sources {
            let text = if path.contains('/') { entry.trim_start().to_string() } else { text.clone() };
            let test = Test::new().file(path, text).file("salt/master", "roster: dir\nroster_dir: salt/roster.d\n");
            let output = test.args(&["-i", source, "--versions", "v=all", "check"]).run();
            let said = format!("{}{}", output.stdout, output.stderr);
            assert!(!said.contains("unter") && !said.contains('\u{1b}'), "{entry:?} as {path}: {said}");
            if path == "roster" {
                all.push_str(&format!("## {entry:?}\n{}\n", output.stderr));
            }
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn no_message_shows_a_password_of_a_master_or_a_pillar() {
    let roster = ("roster", "web1: {host: h}\n");
    for (path, text, source) in [
        ("master", "ssh_passwd: hunter2: x\n", "{salt: {config: master}}"),
        ("master", "roster_defaults: {passwd: hunter2, timeout: 2m}\n", "{salt: {config: master}}"),
        ("master", "{ssh_passwd: hunter2, nodegroups: 1}\n", "{salt: {config: master}}"),
        (
            "pillar.json",
            "{\"web1\": {\"v\": 1, \"db\": \"hunter2\" x}}",
            "{salt: {roster: roster, pillar: pillar.json}}",
        ),
        ("pillar.json", "{\"web1\": [\"hunter2\"]}", "{salt: {roster: roster, pillar: pillar.json}}"),
    ] {
        let test = Test::new().file(roster.0, roster.1).file(path, text);
        let message = test.args(&["-i", source, "--versions", "v=all", "plan"]).errors();
        assert!(!message.contains("hunter2") && message.contains(path.split('.').next().unwrap()), "{text}: {message}");
    }
    // Where no password is set, the line is shown.
    let test = Test::new().file("master", "#ssh_passwd: x\nnodegroups: 1\n").file(roster.0, roster.1);
    let message = test.args(&["-i", "{salt: {config: master}}", "--versions", "v=all", "plan"]).errors();
    assert!(message.contains("2 | nodegroups: 1"), "{message}");
}
