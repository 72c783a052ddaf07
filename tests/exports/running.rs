//! `run` with parallel-ssh, on real logins.

use super::site::{Output, Site, run, tool};
use super::sshd::Sshd;

/// The hosts on which the command ran; forgets them.
fn deployed(site: &Site) -> Vec<String> {
    let mut hosts: Vec<String> = site.read("deployed").lines().map(str::to_string).collect();
    hosts.sort_unstable();
    let _ = std::fs::remove_file(site.path().join("deployed"));
    hosts
}

#[test]
#[ignore = "needs sshd, pssh; run tests/run"]
fn parallel_ssh_goes_batch_by_batch() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    site.regal(&["plan", "--save", "p.rollout.yml"]);
    let ssh = format!("-F {}", sshd.config.display());
    let pssh = tool("parallel-ssh").display().to_string();
    let go = |failing: &str, options: &[&str]| -> Output {
        site.file("failing", failing);
        let mut command = site.command(env!("CARGO_BIN_EXE_regal-inventory"));
        command.args(["run", "--plan", "p.rollout.yml"]).args(options);
        run(command.args(["--", &pssh, "-t", "0", "-x", &ssh, "-h", "{hostfile}", &sshd.deploy]))
    };
    let output = go("127.0.0.4", &[]);
    assert_eq!(output.code, 5, "{output:?}");
    assert!(output.stderr.contains("run: shop-2.5.0_groupB1 is lost: exit code 5\n"), "{output:?}");
    assert_eq!(deployed(&site), ["127.0.0.2", "127.0.0.3", "127.0.0.4"]);
    // on the way back too, and past a failure
    let output = go("127.0.0.4", &["--back-to", "shop-2.4.0"]);
    assert_eq!((output.code, deployed(&site).len()), (5, 3), "{output:?}");
    let output = go("", &[]);
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(deployed(&site), ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"]);
    let output = go("", &[]);
    assert_eq!((output.code, deployed(&site).len()), (0, 0), "{output:?}");
}

#[test]
#[ignore = "needs sshd, pssh; run tests/run"]
fn what_parallel_ssh_says_of_hosts_is_known() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    site.regal(&["plan", "--save", "p.rollout.yml"]);
    // it leaves a file a host, by address, with the exit code in none: the script makes lines of what it prints
    let script = format!(
        "#!/bin/sh\n'{}' -t 0 -x '-F {}' -h \"$1\" '{}' >out\ncode=$?\n\
         sed -n 's/.*\\[SUCCESS\\] \\([^ ]*\\).*/\\1 ok/p; s/.*\\[FAILURE\\] \\([^ ]*\\) \\(.*\\)/\\1 lost \\2/p' out >\"$ROLLOUT_RESULTS\"\nexit $code\n",
        tool("parallel-ssh").display(),
        sshd.config.display(),
        sshd.deploy
    );
    site.script("deploy-batch", &script);
    let go = |failing: &str| {
        site.file("failing", failing);
        let mut command = site.command(env!("CARGO_BIN_EXE_regal-inventory"));
        run(command.args(["run", "--plan", "p.rollout.yml", "--", "./deploy-batch", "{hostfile}"]))
    };
    let output = go("127.0.0.4");
    assert_eq!(output.code, 5, "{output:?}");
    assert!(output.stderr.contains("web3 is lost: Exited with error code 1\n"), "{output:?}");
    assert_eq!(deployed(&site), ["127.0.0.2", "127.0.0.3", "127.0.0.4"]);
    assert_eq!(go("").code, 0);
    // web2 was done and is left out
    assert_eq!(deployed(&site), ["127.0.0.4", "127.0.0.5", "127.0.0.6"]);
}
