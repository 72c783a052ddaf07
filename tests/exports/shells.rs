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

/// The hosts of the example with a login each; only what is said here leads to the daemon.
fn with_logins(site: &Site, login: &str) {
    let hosts: String = (2..7).map(|n| format!("web{} ansible_host=127.0.0.{n} {login}\n", n - 1)).collect();
    site.file("hosts.ini", &format!("[shop]\n{hosts}[shop:vars]\napp_version=shop-2.5.0\n"));
}

/// Runs the command on batch B1 with what an export wrote, by each program that can take it; their exit codes.
fn by_each_program(site: &Site, sshd: &Sshd) -> Vec<(&'static str, i32)> {
    let file = "batches/02-shop-2.5.0_groupB1.hosts";
    let mut codes = Vec::new();
    for folder in ["batches", "cluster", ".dsh"] {
        let trusting = Sshd::trusting(site, &format!("{folder}/ssh_config"));
        let config = format!("-F {}", trusting.display());
        let ssh = format!("ssh {config}");
        let (at_file, joined) = (format!("^{file}"), config.replace(' ', ""));
        let calls: &[(&'static str, &[&str])] = match folder {
            "batches" => &[
                ("parallel-ssh", &["-t", "0", "-x", &config, "-h", file]),
                ("pdsh", &["-S", "-R", "ssh", "-w", &at_file]),
                ("clush", &["-S", "-o", &config, "--hostfile", file]),
                ("parallel", &["--will-cite", "--ssh", &ssh, "--nonall", "--slf", file]),
            ],
            "cluster" => &[("clush", &["-S", "-o", &config, "-w", "@shop-2.5.0_groupB1"])],
            _ => &[("dsh", &["-r", "ssh", "-o", &joined, "-M", "-c", "-g", "shop-2.5.0_groupB1", "--"])],
        };
        for (program, arguments) in calls {
            let mut command = site.command(tool(program));
            command.args(*arguments).arg(&sshd.deploy).env("PDSH_SSH_ARGS_APPEND", &config).env("HOME", site.path());
            if folder == "cluster" {
                command.env("CLUSTERSHELL_CFGDIR", site.path().join(folder));
            }
            codes.push((*program, run(&mut command).code));
        }
    }
    codes
}

#[test]
#[ignore = "needs sshd, pssh, pdsh, clustershell, parallel, dsh; run tests/run"]
fn port_and_key_of_the_inventory_lead_each_program_to_its_hosts() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    let key = site.path().join("a key");
    std::fs::rename(site.path().join("user_key"), &key).unwrap();
    let key = key.display();
    let export = || site.regal(&["export", "-o", "hosts=batches", "-o", "clustershell=cluster", "-o", "dsh=.dsh"]);

    with_logins(&site, &format!("ansible_port={} ansible_ssh_private_key_file='{key}'", sshd.port));
    export();
    let codes = by_each_program(&site, &sshd);
    assert_eq!(codes.len(), 6);
    assert!(codes.iter().all(|(_, code)| *code == 0), "{codes:?}");
    assert_eq!(deployed(&site), [["127.0.0.3"; 6], ["127.0.0.4"; 6]].concat());

    // As arguments for ssh.
    with_logins(&site, &format!("ansible_ssh_common_args=\"-p {} -o 'IdentityFile=\\\"{key}\\\"'\"", sshd.port));
    export();
    let codes = by_each_program(&site, &sshd);
    assert!(codes.iter().all(|(_, code)| *code == 0), "{codes:?}");
    assert_eq!(deployed(&site).len(), 12);

    // Without the port one gets to another daemon, or to none; with another user, nowhere.
    let user = format!("ansible_port={} ansible_ssh_private_key_file='{key}' ansible_user=nobody-of-here", sshd.port);
    for login in [format!("ansible_ssh_private_key_file='{key}' ansible_port={}", sshd.port ^ 1), user] {
        with_logins(&site, &login);
        export();
        let codes = by_each_program(&site, &sshd);
        assert!(codes.iter().all(|(_, code)| *code != 0), "{login}: {codes:?}");
        assert_eq!(deployed(&site).len(), 0, "{login}");
    }
}

#[test]
#[ignore = "needs sshd, pssh, pdsh, clustershell, parallel; run tests/run"]
fn the_runner_takes_logins_from_the_folder() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    let key = site.path().join("user_key");
    with_logins(&site, &format!("ansible_port={} ansible_ssh_private_key_file={}", sshd.port, key.display()));
    site.regal(&["export", "hosts", "--output", "batches"]);
    // Hosts that are not known yet are all that is missing in the file.
    let config = site.read("batches/ssh_config");
    site.file("batches/ssh_config", &format!("StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n{config}"));
    for (name, _, _) in TOOLS {
        let output = run(site.command("./rollout").args([name, "batches", &sshd.deploy]));
        assert_eq!(output.code, 0, "{name}: {output:?}");
        assert_eq!(deployed(&site).len(), 5, "{name}");
    }
}

#[test]
#[ignore = "needs sshd, clustershell; run tests/run"]
fn a_jump_host_of_the_inventory_is_gone_through() {
    let site = Site::of_example("shells");
    let sshd = Sshd::start(&site);
    let key = site.path().join("user_key").display().to_string();
    let hop = format!("127.0.0.6:{}", sshd.port);
    let port = sshd.port;
    let command = format!("ssh -W %h:%p -q -p {port} 127.0.0.6");
    let mut logins = 0;
    for jump in [format!("-J {hop}"), format!("-o ProxyCommand=\\\"{command}\\\"")] {
        let jump = format!("ansible_ssh_common_args=\"{jump}\"");
        with_logins(&site, &format!("ansible_port={port} ansible_ssh_private_key_file={key} {jump}"));
        site.regal(&["export", "hosts", "--output", "batches"]);
        let config = format!("-F {}", Sshd::trusting(&site, "batches/ssh_config").display());
        // Two logins lead to a host, and one to the jump host, which is one of them here.
        for (host, more) in [("127.0.0.3", 2), ("127.0.0.6", 1)] {
            let mut clush = site.command(tool("clush"));
            let output = run(clush.args(["-S", "-o", &config, "-w", host, &sshd.deploy]));
            assert_eq!(output.code, 0, "{output:?}");
            assert_eq!(deployed(&site), [host]);
            logins += more;
            assert_eq!(site.read("sshd.log").matches("Accepted publickey").count(), logins, "{host} {jump}");
        }
    }
}
