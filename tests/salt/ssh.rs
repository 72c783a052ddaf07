//! `salt-ssh` over an exported roster, against a daemon for ssh on loopback.

use super::master::master;
use super::site::{Site, run};
use super::sshd::Sshd;

const HOSTS: &str = "\
[web]
web1 ansible_host=127.0.0.2
web2 ansible_host=127.0.0.3
1_000 ansible_host=127.0.0.4
[web:vars]
ansible_user=root
ansible_port=PORT
ansible_ssh_private_key_file=FOLDER/user_key
";

#[test]
#[ignore = "needs salt and sshd; run tests/run"]
fn salt_ssh_reaches_each_batch_over_the_exported_roster() {
    let master = master();
    let site = Site::of_example("small");
    let sshd = Sshd::start(&site);
    let config = std::fs::read_to_string(&sshd.config).unwrap();
    let port = config.lines().find_map(|line| line.strip_prefix("Port ")).unwrap();
    site.file("hosts", &HOSTS.replace("PORT", port).replace("FOLDER", &site.path().display().to_string()));
    site.regal(&["-i", "hosts", "--versions", "1.10=web", "--batch-size", "2", "export", "salt", "--output", "salt"]);
    std::fs::copy(
        site.path().join("salt/regal-inventory.conf"),
        master.folder.join("master/master.d/regal-inventory.conf"),
    )
    .unwrap();
    let roster = site.path().join("salt/roster");
    let over = |group: &str| {
        let mut command = master.program("salt-ssh");
        command.arg("--roster-file").arg(&roster).args(["-i", "-N", group, "-r", "--out=json", "--static"]);
        let output = run(command.arg(&sshd.deploy));
        let mut ids: Vec<String> = serde_json::from_str::<serde_json::Value>(&output.stdout)
            .ok()
            .and_then(|value| value.as_object().map(|of| of.keys().cloned().collect()))
            .unwrap_or_else(|| panic!("{output:?}"));
        ids.sort();
        (output.code, ids.join(" "))
    };
    assert_eq!(over("1.10_groupA"), (0, "web1".to_string()));
    assert_eq!(site.read("deployed"), "127.0.0.2\n");
    assert_eq!(over("1.10_groupB1"), (0, "1_000 web2".to_string()));
    let mut touched: Vec<String> = site.read("deployed").lines().map(str::to_string).collect();
    touched.sort();
    assert_eq!(touched, ["127.0.0.2", "127.0.0.3", "127.0.0.4"]);
}
