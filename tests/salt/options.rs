//! What the runner may be told: other states, hooks, parts of a batch, a reactor that calls it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::master::{Master, master};

/// `db1`, `web1 web2`, `web3`.
const ALL: [&str; 6] = ["-i", "db1,web1,web2,web3", "--versions", "2.0=all", "--batch-size", "2"];
const ALL_DONE: &str = "web1=2.0 web2=2.0 web3=2.0 db1=2.0";

fn go(master: &Master, options: &str) -> (i32, Value) {
    master.planned(&[&ALL[..], &["export", "salt-plan", "--output", "plan.json"]].concat());
    master.rollout("plan.json", options)
}

/// An answer for each request, until the process ends.
fn serve(body: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    port
}

/// The hooks of the repository, with what is of this machine in the place of what is of a site.
fn write_hooks(master: &Master, port: u16) {
    std::fs::create_dir_all(master.folder.join("states/hooks")).unwrap();
    for name in ["drain", "healthy", "enable"] {
        let path = format!("{}/playbooks/salt/hooks/{name}.sls", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.replace("/run/shop.drain", &master.folder.join("drained").display().to_string());
        let text = text.replace("('http://' ~ host ~ ':8080/version')", &format!("'http://127.0.0.1:{port}/'"));
        let text = text.replace("s_time: 10", "s_time: 0").replace("wait_for: 60", "wait_for: 2");
        master.file(&format!("states/hooks/{name}.sls"), &text);
    }
    let here = master.folder.display();
    let told = format!(
        "told:\n  file.managed:\n    - name: {here}/told\n    - contents: {{{{ pillar['rollout']['outcome'] | json }}}}\n"
    );
    master.file("states/hooks/told.sls", &told);
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn hooks_stand_around_each_batch_and_one_that_fails_loses_it() {
    let master = master();
    let _ = std::fs::remove_file(master.folder.join("told"));
    write_hooks(&master, serve("2.0"));
    let hooks =
        r#""sls": "app", "before": "hooks.drain", "after": ["hooks.healthy", "hooks.enable"], "on_stop": "hooks.told""#;
    let (code, told) = go(&master, &format!("{{{hooks}}}"));
    assert_eq!((code, master.releases().as_str()), (0, ALL_DONE), "{told}");
    assert!(!master.folder.join("drained").exists() && !master.folder.join("told").exists());
    // The minions serve another version than the one that the check is for, so the canary is not enabled again.
    let (code, told) = go(&master, &format!(r#"{{{hooks}, "back_to": "1.9", "from": "A"}}"#));
    let why = "the orchestration hooks.healthy failed";
    assert_eq!(
        (code, told["lost"]["db1"].as_str(), told["lost"].as_object().unwrap().len()),
        (5, Some(why), 1),
        "{told}"
    );
    assert!(master.folder.join("drained").exists());
    assert_eq!(std::fs::read_to_string(master.folder.join("told")).unwrap().trim(), "lost");
    // What drains is not there: nobody gets the states.
    std::fs::remove_file(master.folder.join("states/hooks/drain.sls")).unwrap();
    let (code, told) = go(&master, &format!(r#"{{{hooks}, "back_to": "1.8", "from": "A"}}"#));
    assert_eq!((code, told["lost"]["db1"].as_str()), (5, Some("the orchestration hooks.drain failed")), "{told}");
    assert_eq!(master.releases(), "web1=2.0 web2=2.0 web3=2.0 db1=1.9");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_highstate_of_another_environment_waits_in_the_queue() {
    let master = master();
    // Until the test says so, web1 is at other states, and its highstate has to wait.
    let here = master.folder.display();
    let slow = format!(
        "slow:\n  cmd.run:\n    - name: 'for i in $(seq 6000); do test -e {here}/go && exit; sleep 0.1; done'\n"
    );
    master.file("states/slow.sls", &slow);
    let _ = std::fs::remove_file(master.folder.join("go"));
    let busy = || {
        master.salt(&["--async", "web1", "state.sls", "slow"]);
        let end = Instant::now() + Duration::from_secs(600);
        while master.salt(&["web1", "state.running", "--out=json"]).stdout.contains("[]") {
            assert!(Instant::now() < end, "the states do not begin");
        }
    };
    busy();
    let (code, told) = go(&master, r#"{"highstate": true, "saltenv": "stage", "from": "B1"}"#);
    assert_eq!((code, master.releases().as_str()), (5, "web2=stage-2.0"), "{told}");
    let why = told["lost"]["web1"].as_str().unwrap();
    assert!(why.contains("The function \"state.sls\" is running as PID"), "{why}");
    let opened = master.folder.join("go");
    let opener = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        std::fs::write(opened, "").unwrap();
    });
    let (code, told) = go(&master, r#"{"highstate": true, "saltenv": "stage", "queue": true}"#);
    opener.join().unwrap();
    assert_eq!(code, 0, "{told}");
    assert_eq!(master.releases(), "web1=stage-2.0 web2=stage-2.0 web3=stage-2.0 db1=stage-2.0");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_part_of_a_batch_that_fails_is_the_last_one() {
    let master = master();
    master.file("web1.fail", "");
    let (code, told) = go(&master, r#"{"sls": "app", "batch": 1}"#);
    assert_eq!((code, master.releases().as_str()), (5, "db1=2.0"), "{told}");
    std::fs::remove_file(master.folder.join("web1.fail")).unwrap();
    let (code, told) = go(&master, r#"{"sls": ["app"], "batch": "50%", "timeout": 5}"#);
    assert_eq!((code, master.releases().as_str()), (0, ALL_DONE), "{told}");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_test_changes_nothing_and_asks_all_batches() {
    let master = master();
    let (code, told) = go(&master, r#"{"sls": "app", "test": true, "before": "hooks.nowhere"}"#);
    assert_eq!((code, told["batches"].as_object().unwrap().len(), master.releases().as_str()), (0, 3, ""), "{told}");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn states_that_render_to_nothing_or_not_at_all_are_not_done() {
    let master = master();
    for (name, states, why) in [
        ("odd", "{}", "no state was applied"),
        ("odd", "{{ x(", "Rendering SLS 'base:odd' failed: Jinja syntax error: "),
        ("nowhere", "", "No matching sls found for 'nowhere' in env 'base'"),
    ] {
        master.file("states/odd.sls", states);
        let (code, told) = go(&master, &format!(r#"{{"sls": "{name}", "to": "A"}}"#));
        let found = told["lost"]["db1"].as_str().unwrap_or_default();
        assert!(code == 5 && found.starts_with(why), "{states}: {told}");
    }
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_copied_orchestration_takes_its_plan_from_pillar() {
    let master = master();
    master.planned(&[&ALL[..], &["export", "salt-plan", "--output", "pillar/rollout_plan.sls"]].concat());
    let original = format!("{}/playbooks/salt/rollout.sls", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(original, master.folder.join("states/rollout.sls")).unwrap();
    let without = master.orchestrate(r#"{"sls": "app"}"#);
    let top = std::fs::read_to_string(master.folder.join("pillar/top.sls")).unwrap();
    master.file("pillar/top.sls", &format!("{top}  '*_master': [rollout_plan]\n"));
    let with = master.orchestrate(r#"{"sls": "app"}"#);
    master.file("pillar/top.sls", &top);
    assert!(without.code == 1 && without.stdout.contains("there is no plan: "), "{without:?}");
    assert_eq!((with.code, master.releases().as_str()), (0, ALL_DONE), "{with:?}");
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_reactor_rolls_out() {
    let master = master();
    master.planned(&[&ALL[..], &["export", "salt-plan", "--output", "plan.json"]].concat());
    let plan = master.folder.join("plan.json").display().to_string();
    let reaction = format!(
        "rollout:\n  runner.regal.rollout:\n    - args:\n        - plan: {plan}\n        - options: {{sls: app, version: {{{{ data['version'] | json }}}}}}\n"
    );
    master.file("react.sls", &reaction);
    let sent = master.call("salt-run", &["event.send", "shop/release", r#"{"version": "2.0"}"#]);
    assert_eq!(sent.code, 0, "{sent:?}");
    let end = Instant::now() + Duration::from_secs(600);
    while master.releases() != ALL_DONE {
        assert!(Instant::now() < end, "{}", master.releases());
        std::thread::sleep(Duration::from_millis(200));
    }
}
