//! Host files and groups under parallel-ssh, pdsh, clush, GNU parallel and dsh, on real logins.

use super::site::{Site, run, tool};
use super::sshd::Sshd;

/// The hosts on which the command ran, in no order; forgets them.
fn deployed(site: &Site) -> Vec<String> {
    let mut hosts: Vec<String> = site.read("deployed").lines().map(str::to_string).collect();
    hosts.sort_unstable();
    let _ = std::fs::remove_file(site.path().join("deployed"));
    hosts
}

/// The tools that the runner knows, with their programs and exit codes at a batch in which one host of two fails.
const TOOLS: [(&str, &str, i32); 4] =
    [("pssh", "parallel-ssh", 5), ("pdsh", "pdsh", 1), ("clush", "clush", 1), ("parallel", "parallel", 1)];

#[test]
#[ignore = "needs sshd, pssh, pdsh, clustershell, parallel; run tests/run"]
fn a_failing_host_in_b1_leaves_b2_untouched() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    site.regal(&["export", "hosts", "--output", "batches"]);
    for (name, program, code) in TOOLS {
        tool(program);
        let runner = |failing: &str, from: &str| {
            site.file("failing", failing);
            let mut command = site.command("./rollout");
            command.args([name, "batches", &sshd.deploy]).env("SSH_CONFIG", &sshd.config).env("FROM", from);
            run(&mut command)
        };
        let output = runner("127.0.0.4", "");
        assert_eq!(output.code, code, "{name}: {output:?}");
        assert!(output.stderr.contains("stopped at 02-shop-2.5.0_groupB1.hosts"), "{name}: {output:?}");
        assert_eq!(deployed(&site), ["127.0.0.2", "127.0.0.3", "127.0.0.4"], "{name}");
        let output = runner("", "02-shop-2.5.0_groupB1.hosts");
        assert_eq!(output.code, 0, "{name}: {output:?}");
        assert_eq!(deployed(&site), ["127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"], "{name}");
        let output = runner("", "09-shop-2.5.0_groupB8.hosts");
        assert_eq!((output.code, deployed(&site).len()), (1, 0), "{name}: {output:?}");
    }
}

#[test]
#[ignore = "needs sshd, pdsh, clustershell; run tests/run"]
fn without_its_flag_a_tool_hides_the_failure() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    site.regal(&["export", "hosts", "--output", "batches"]);
    site.file("failing", "127.0.0.4");
    let ssh = format!("-F {}", sshd.config.display());
    let file = "batches/02-shop-2.5.0_groupB1.hosts";
    let at_file = format!("^{file}");
    let pdsh = |flags: &[&str]| {
        let mut command = site.command(tool("pdsh"));
        run(command.args(flags).args(["-R", "ssh", "-w", &at_file, &sshd.deploy]).env("PDSH_SSH_ARGS_APPEND", &ssh))
            .code
    };
    let clush = |flags: &[&str]| {
        let mut command = site.command(tool("clush"));
        run(command.args(flags).args(["-o", &ssh, "--hostfile", file, &sshd.deploy])).code
    };
    assert_eq!((pdsh(&["-S"]), pdsh(&[])), (1, 0));
    assert_eq!((clush(&["-S"]), clush(&[])), (1, 0));
    assert_eq!(deployed(&site).len(), 8);
}

#[test]
#[ignore = "needs sshd, clustershell; run tests/run"]
fn clustershell_finds_the_groups() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    for source in ["regal", "shop"] {
        site.regal(&["export", "clustershell", "--output", "cluster", "--source", source]);
        let nodeset = |group: &str| {
            let mut command = site.command(tool("nodeset"));
            let output = run(command.args(["-e", group]).env("CLUSTERSHELL_CFGDIR", site.path().join("cluster")));
            assert_eq!(output.code, 0, "{group}: {output:?}");
            output.stdout.trim().to_string()
        };
        assert_eq!(nodeset("@shop-2.5.0_groupA"), "127.0.0.2");
        assert_eq!(nodeset("@shop-2.5.0_groupB"), "127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6");
        assert_eq!(nodeset(&format!("@{source}:shop-2.5.0")), "127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6");
    }
    let mut clush = site.command(tool("clush"));
    clush.args(["-S", "-o", &format!("-F {}", sshd.config.display()), "-w", "@shop-2.5.0_groupB1", &sshd.deploy]);
    assert_eq!(run(clush.env("CLUSTERSHELL_CFGDIR", site.path().join("cluster"))).code, 0);
    assert_eq!(deployed(&site), ["127.0.0.3", "127.0.0.4"]);
}

#[test]
#[ignore = "needs sshd, dsh; run tests/run"]
fn dsh_finds_the_groups() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    site.regal(&["export", "dsh", "--output", ".dsh"]);
    let ssh = format!("-F{}", sshd.config.display());
    let dsh = |group: &str| {
        let mut command = site.command(tool("dsh"));
        run(command
            .args(["-r", "ssh", "-o", &ssh, "-M", "-c", "-g", group, "--", &sshd.deploy])
            .env("HOME", site.path()))
    };
    assert_eq!(dsh("shop-2.5.0_groupB1").code, 0);
    assert_eq!(deployed(&site), ["127.0.0.3", "127.0.0.4"]);
    assert_eq!(dsh("shop-2.5.0").code, 0);
    assert_eq!(deployed(&site).len(), 5);
    site.file("failing", "127.0.0.4");
    assert_ne!(dsh("shop-2.5.0_groupB1").code, 0);
}

#[test]
#[ignore = "needs sshd, pssh, parallel; run tests/run"]
fn users_and_ports_reach_pssh_and_parallel() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    let config = std::fs::read_to_string(&sshd.config).unwrap();
    let port = config.lines().find_map(|line| line.strip_prefix("Port ")).unwrap();
    let config = site.file("portless", &config.replace(&format!("Port {port}\n"), ""));
    let user = run(site.command("id").arg("-un")).stdout.trim().to_string();
    site.regal(&["export", "hosts", "--output", "batches", "--user", &user, "--ssh-port", port]);
    for name in ["pssh", "parallel"] {
        let mut command = site.command("./rollout");
        let output = run(command.args([name, "batches", &sshd.deploy]).env("SSH_CONFIG", &config));
        assert_eq!(output.code, 0, "{name}: {output:?}");
        assert_eq!(deployed(&site).len(), 5, "{name}");
    }
}
