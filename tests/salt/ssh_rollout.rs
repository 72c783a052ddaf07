//! A shop with salt-ssh and nothing else: no master runs, there are no keys, and its folder has `master` and `roster`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::site::{Site, run};
use super::sshd::Sshd;

const HOSTS: &str = "\
[web]
web1 ansible_host=127.0.0.2
web2 ansible_host=127.0.0.3
web3 ansible_host=127.0.0.4
[web:vars]
ansible_user=root
ansible_port=PORT
ansible_ssh_private_key_file=FOLDER/user_key
";
/// What `hosts` has for a host that does not listen.
const NOBODY: &str =
    "web4 ansible_host=127.0.0.9 ansible_user=root ansible_port=PORT ansible_ssh_private_key_file=FOLDER/user_key\n";
const APP: &str = "\
healthy:
  cmd.run:
    - name: test ! -e FOLDER/{{ grains['id'] }}.fail
installed:
  file.managed:
    - name: FOLDER/{{ grains['id'] }}.release
    - contents: {{ pillar['rollout']['version'] | json }}
    - require:
      - cmd: healthy
";

fn program(name: &str, site: &Site) -> Command {
    let bin = PathBuf::from(std::env::var_os("TEST_SALT").expect("TEST_SALT is not set; run tests/run"));
    // What cannot copy a file to a host tries again without end.
    let mut command = Command::new("timeout");
    command.arg("600").arg(bin.join(name));
    command.arg("-c").arg(site.path().join("etc")).stdin(Stdio::null()).current_dir(site.path());
    command
}

/// The exit code, what came of it, and what the hosts have got.
fn go(site: &Site, options: &str) -> (i32, Value, String) {
    let plan = site.path().join("plan.json");
    let mut command = program("salt-run", site);
    command
        .arg("regal.rollout")
        .arg(plan)
        .arg(format!(r#"options={{"sls": "app", "ssh": true{options}}}"#))
        .arg("--out=json");
    let output = run(&mut command);
    let start = output.stdout.rfind("\n{\n").map_or(0, |start| start + 1);
    let told = serde_json::from_str(&output.stdout[start..]).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let release = |id: &str| {
        Some(format!("{id}={}", std::fs::read_to_string(site.path().join(format!("{id}.release"))).ok()?.trim()))
    };
    (output.code, told, ["web1", "web2", "web3", "web4"].into_iter().filter_map(release).collect::<Vec<_>>().join(" "))
}

#[test]
#[ignore = "needs salt and sshd; run tests/run"]
fn salt_ssh_rolls_out_without_a_master_and_stops_at_who_fails_or_cannot_be_reached() {
    let site = Site::of_example("small");
    let sshd = Sshd::start(&site);
    let here = site.path().display().to_string();
    let fill = |text: &str| text.replace("PORT", &sshd.port.to_string()).replace("FOLDER", &here);
    for folder in ["etc", "states/_runners", "root/var/cache/salt/master/proc"] {
        std::fs::create_dir_all(site.path().join(folder)).unwrap();
    }
    site.file(
        "etc/master",
        &format!(
            "root_dir: {here}/root\nfile_roots: {{base: [{here}/states]}}\nroster_file: {here}/etc/roster\n\
             ignore_host_keys: true\nroster_defaults: {{set_path: '/usr/bin:/bin:{}'}}\n",
            std::env::var("TEST_SALT").unwrap()
        ),
    );
    site.file("states/app.sls", &fill(APP));
    let export = |hosts: &str| {
        site.file("hosts", &fill(hosts));
        let plan = ["-i", "hosts", "--versions", "2.0=all", "--batch-size", "2"];
        let formats = [
            "export",
            "-o",
            "salt-plan=plan.json",
            "-o",
            "salt-roster=etc/roster",
            "-o",
            "salt-runner=states/_runners/regal.py",
        ];
        site.regal(&[&plan[..], &formats].concat());
        // All hosts are one machine, and what salt-ssh puts there knows the id of one of them.
        let roster = site.read("etc/roster");
        let own = |line: &str| match line.strip_suffix(':') {
            Some(id) => format!("{line}\n  thin_dir: {here}/thin-{}\n", id.trim_matches('"')),
            None => format!("{line}\n"),
        };
        site.file("etc/roster", &roster.lines().map(own).collect::<String>());
    };
    export(HOSTS);
    let synced = run(program("salt-run", &site).arg("saltutil.sync_runners"));
    assert!(synced.stdout.contains("runners.regal"), "{synced:?}");
    site.file("web3.fail", "");
    let (code, told, releases) = go(&site, "");
    assert_eq!((code, releases.as_str()), (5, "web1=2.0 web2=2.0"), "{told}");
    let why = told["lost"]["web3"].as_str().unwrap();
    assert!(why.starts_with("healthy: Command \"test ! -e ") && told["lost"].as_object().unwrap().len() == 1, "{told}");
    std::fs::remove_file(site.path().join("web3.fail")).unwrap();
    // A host that nobody answers for stops it as well, and one that the roster lacks is found before any is touched.
    export(&format!("{NOBODY}{HOSTS}"));
    let (code, told, releases) = go(&site, r#", "back_to": "1.9", "from": "A", "timeout": 5"#);
    assert_eq!((code, releases.as_str()), (5, "web1=2.0 web2=2.0"), "{told}");
    let why = told["lost"]["web4"].as_str().unwrap();
    assert!(why.contains("127.0.0.9") || why.contains("did not answer"), "{told}");
    let roster = site.read("etc/roster").replace("\"web3\":", "\"web9\":");
    site.file("etc/roster", &roster);
    let (code, told, _) = go(&site, "");
    let message = "there is no entry in the roster for web3; Salt would skip them";
    assert_eq!((code, told["message"].as_str()), (1, Some(message)), "{told}");
    // The same for a command of `run`: salt-ssh itself passes over the host, with exit code 0.
    let bin = site.script("salt-ssh", &format!("#!/bin/sh\nexec \"$TEST_SALT/salt-ssh\" -c {here}/etc \"$@\"\n"));
    let passed =
        run(Command::new("timeout").arg("600").arg(&bin).args(["-L", "web2,web3", "test.ping"]).stdin(Stdio::null()));
    assert_eq!(passed.code, 0, "{passed:?}");
    site.regal(&[
        "plan",
        "-i",
        "web1,web2,web3",
        "--versions",
        "2.1=all",
        "--batch-size",
        "2",
        "--save",
        "p.rollout.yml",
    ]);
    let script = format!("{}/examples/salt/deploy-batch", env!("CARGO_MANIFEST_DIR"));
    let mut command = site.command("timeout");
    command.args(["600", env!("CARGO_BIN_EXE_regal-inventory"), "run", "--plan", "p.rollout.yml", "--"]);
    command.args([&script, "{hosts}", "{version}"]);
    let output = run(command.env("PATH", format!("{here}:{}", std::env::var("PATH").unwrap())));
    assert_eq!((output.code, site.read("web1.release").trim()), (5, "2.1"), "{output:?}");
    assert!(output.stderr.contains("no answer from web3"), "{output:?}");
}
