//! HAProxy, which follows a rollout by commands to its socket.

use super::front::{Front, Kind, failure_and_rollback, group_routing};
use super::http::visit;
use super::site::{Site, run, tool};
use super::sshd::ADDRESSES;

const HAPROXY: Kind = Kind {
    example: "haproxy",
    files: &["haproxy.cfg", "hosts.ini"],
    script: "follow",
    start: |site| {
        let mut haproxy = site.command(tool("haproxy"));
        haproxy.args(["-db", "-f", "haproxy.cfg", "-f", "regal.cfg"]);
        haproxy
    },
};

#[test]
#[ignore = "needs haproxy, socat; run tests/run"]
fn haproxy_keeps_groups_on_their_hosts() {
    group_routing(HAPROXY);
}

#[test]
#[ignore = "needs haproxy, socat; run tests/run"]
fn haproxy_through_a_failure_and_a_rollback() {
    failure_and_rollback(HAPROXY, &["group", "version"]);
}

#[test]
#[ignore = "needs haproxy, socat; run tests/run"]
fn cookie_and_header_choose_the_backend() {
    let front = Front::start(HAPROXY, "group");
    let host = |headers: &str| visit(front.port, "", headers).host;
    assert_eq!(host("Cookie: group=A\r\n"), ADDRESSES[0]);
    assert_eq!(host("X-Group: A\r\n"), ADDRESSES[0]);
    assert_ne!(host("Cookie: group=B\r\nX-Group: A\r\n"), ADDRESSES[0]);
}

#[test]
#[ignore = "needs haproxy; run tests/run"]
fn haproxy_takes_names_and_ipv6() {
    let site = Site::of_example("haproxy");
    site.file(
        "hosts.ini",
        "[shop]\nweb-1.example ansible_host=::1\nb_2 ansible_host=localhost\n[shop:vars]\napp_version=x\n",
    );
    for arguments in [&["--done", "A"][..], &["--in-progress", "A"], &["--routing", "version"]] {
        let all = ["export", "haproxy", "--id", "shop", "--port", "80", "--output", "regal.cfg"];
        site.regal(&[&all[..], arguments].concat());
        let output = run(site.command(tool("haproxy")).args(["-c", "-f", "haproxy.cfg", "-f", "regal.cfg"]));
        assert_eq!(output.code, 0, "{output:?}");
    }
}
