//! A daemon for ssh on 127.0.0.2 to 127.0.0.6: five hosts on which a command can tell where it runs.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::site::{Server, Site, free_port, tool, wait_until};

/// The hosts.
pub const ADDRESSES: [&str; 5] = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"];

/// The daemon and what a client needs.
pub struct Sshd {
    _server: Server,
    /// A configuration for `ssh -F`.
    pub config: PathBuf,
    /// Where it listens.
    pub port: u16,
    /// A command that notes its host in `deployed`, and fails where the host is the one in `failing`.
    pub deploy: String,
}

impl Sshd {
    pub fn start(site: &Site) -> Self {
        let here = site.path().display().to_string();
        for key in ["host_key", "user_key"] {
            let mut keygen = Command::new(tool("ssh-keygen"));
            let made = keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(site.path().join(key)).status();
            assert!(made.unwrap().success());
        }
        let port = free_port();
        let listen: String = ADDRESSES.iter().map(|address| format!("ListenAddress {address}\n")).collect();
        let daemon = site.file(
            "sshd_config",
            &format!(
                "Port {port}\n{listen}HostKey {here}/host_key\nAuthorizedKeysFile {here}/user_key.pub\nPidFile none\n\
                 StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nMaxStartups 100\n\
                 Subsystem sftp internal-sftp\n"
            ),
        );
        let config = site.file(
            "ssh_config",
            &format!(
                "Host *\nPort {port}\nIdentityFile {here}/user_key\nIdentitiesOnly yes\nStrictHostKeyChecking no\n\
                 UserKnownHostsFile /dev/null\nLogLevel ERROR\n"
            ),
        );
        let deploy = site.script(
            "deploy",
            &format!(
                "#!/bin/sh\nset -- $SSH_CONNECTION\necho \"$3\" >>{here}/deployed\n\
                 [ \"$3\" != \"$(cat {here}/failing 2>/dev/null)\" ]\n"
            ),
        );
        // Only root's daemon needs the folder, and only root can make it.
        let _ = std::fs::create_dir_all("/run/sshd");
        let log = std::fs::File::create(site.path().join("sshd.log")).unwrap();
        let mut server = Command::new(tool("sshd"));
        server.args(["-D", "-e", "-f"]).arg(daemon).stdin(Stdio::null()).stderr(log);
        let server = Server(server.spawn().unwrap());
        for address in ADDRESSES {
            wait_until("sshd", || TcpStream::connect((address, port)).is_ok());
        }
        Sshd { _server: server, config, port, deploy: deploy.display().to_string() }
    }

    /// A configuration that lets in hosts that are not known yet, and has all else from another one.
    pub fn trusting(site: &Site, config: &str) -> PathBuf {
        let text = "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\nBatchMode yes\n";
        site.file("trusting", &format!("{text}Include {}\n", site.path().join(config).display()))
    }
}
