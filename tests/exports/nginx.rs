//! nginx, plain and with its Lua module.

use std::process::Command;

use super::front::{Front, Kind, assert_all_good, failure_and_rollback, group_routing, version_routing};
use super::http::visit;
use super::site::{Site, run, tool, wait_until};
use super::sshd::ADDRESSES;

const PLAIN: Kind = Kind {
    example: "nginx",
    files: &["nginx.conf", "hosts.ini"],
    script: "follow",
    start: |site| nginx(site, "nginx.conf"),
};
const LUA: Kind = Kind {
    example: "nginx",
    files: &["nginx-lua.conf", "hosts.ini"],
    script: "follow-lua",
    start: |site| nginx(site, "nginx-lua.conf"),
};

fn nginx(site: &Site, configuration: &str) -> Command {
    let mut nginx = site.command(tool("nginx"));
    nginx.arg("-p").arg(site.path()).args(["-c", configuration, "-g", "daemon off;"]);
    nginx
}

#[test]
#[ignore = "needs nginx; run tests/run"]
fn plain_nginx_keeps_groups_on_their_hosts() {
    group_routing(PLAIN);
}

#[test]
#[ignore = "needs nginx; run tests/run"]
fn plain_nginx_sends_nobody_back_to_the_old_version() {
    version_routing(PLAIN);
}

#[test]
#[ignore = "needs nginx; run tests/run"]
fn plain_nginx_through_a_failure_and_a_rollback() {
    failure_and_rollback(PLAIN, &["group", "version"]);
}

#[test]
#[ignore = "needs nginx with its Lua module; run tests/run"]
fn lua_keeps_groups_on_their_hosts() {
    group_routing(LUA);
}

#[test]
#[ignore = "needs nginx with its Lua module; run tests/run"]
fn lua_sends_nobody_back_to_the_old_version() {
    version_routing(LUA);
}

#[test]
#[ignore = "needs nginx with its Lua module; run tests/run"]
fn lua_through_a_failure_and_a_rollback() {
    failure_and_rollback(LUA, &["group", "version"]);
}

#[test]
#[ignore = "needs nginx; run tests/run"]
fn cookie_header_and_address_choose_the_group() {
    let front = Front::start(PLAIN, "group");
    let host = |headers: &str| visit(front.port, "", headers).host;
    assert_eq!(host("Cookie: group=A\r\n"), ADDRESSES[0]);
    assert_eq!(host("X-Group: A\r\n"), ADDRESSES[0]);
    assert_ne!(host("Cookie: group=B\r\nX-Group: A\r\n"), ADDRESSES[0]);
    let url = format!("http://127.0.0.1:{}/", front.port);
    let output = run(front.site.command(tool("curl")).args(["-s", "--interface", "127.0.0.9", &url]));
    assert!(output.stdout.starts_with(ADDRESSES[0]), "{output:?}");
}

#[test]
#[ignore = "needs nginx with its Lua module; run tests/run"]
fn lua_keeps_the_last_good_state() {
    let front = Front::start(LUA, "group");
    let data = front.site.path().join("front/regal.json");
    let good = std::fs::read_to_string(&data).unwrap();
    let bad = [
        "",
        "{",
        "[]",
        "{\"schema\":2,\"versions\":[]}",
        "{\"schema\":1,\"versions\":[]}",
        "{\"schema\":1,\"versions\":[{\"id\":\"shop\",\"share\":0,\"a\":[],\"b\":[[\"127.0.0.2\",80]]}]}",
        "{\"schema\":1,\"versions\":[{\"id\":\"shop\",\"share\":0,\"a\":[[\"127.0.0.2\",0]],\"b\":[[\"127.0.0.2\",80]]}]}",
    ];
    for text in bad {
        std::fs::write(&data, text).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1200));
        for _ in 0..8 {
            let visit = visit(front.port, "", "Cookie: group=A\r\n");
            assert_eq!((visit.status, visit.host.as_str()), (200, ADDRESSES[0]), "{text}");
        }
    }
    assert!(front.site.read("error.log").contains("regal: the last good state stays"));
    std::fs::write(&data, good.replace(ADDRESSES[0], ADDRESSES[4])).unwrap();
    wait_until("the new state", || visit(front.port, "", "Cookie: group=A\r\n").host == ADDRESSES[4]);
}

#[test]
#[ignore = "needs nginx; run tests/run"]
fn a_file_that_nginx_refuses_is_taken_back() {
    let front = Front::start(PLAIN, "group");
    let good = front.site.read("regal.conf");
    let hosts = front.site.read("hosts.ini");
    front.site.file("hosts.ini", &hosts.replace("127.0.0.4", "no-such-host.invalid"));
    let mut command = front.site.command("./follow");
    let output = run(&mut command);
    assert_ne!(output.code, 0);
    assert!(output.stderr.contains("host not found in upstream"), "{output:?}");
    assert_eq!(front.site.read("regal.conf"), good);
    assert_eq!(visit(front.port, "", "").status, 200);
}

#[test]
#[ignore = "needs ansible, nginx; run tests/run"]
fn rollout_yml_tells_nginx_around_each_batch() {
    let front = Front::start(PLAIN, "group");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let copied = run(front.site.command("cp").arg("-R").arg(root.join("examples/hooks")).arg("hooks"));
    assert_eq!(copied.code, 0, "{copied:?}");
    std::fs::rename(front.site.path().join("front.yml"), front.site.path().join("hooks/front.yml")).unwrap();
    front.site.script(
        "rollout.regal.yml",
        &format!("#!{} --config\n{}groups_only: true\n", own(), front.site.read("regal.yml")),
    );
    let list = std::env::var_os("TEST_ANSIBLE").expect("TEST_ANSIBLE is not set; run tests/run");
    let newest = std::env::split_paths(&list).last().unwrap();
    let visitors = front.visitors();
    let mut ansible = front.site.command(newest.join("ansible-playbook"));
    ansible.args(["-i", "hosts.ini", "-i", "./rollout.regal.yml"]).arg(root.join("playbooks/rollout.yml"));
    ansible.args(["-e", "rollout_version=shop-2.5.0", "-e", "rollout_hooks=hooks", "-e", "ansible_connection=local"]);
    let python = format!("ansible_python_interpreter={}", newest.join("python3").display());
    let output = run(ansible.args(["-e", &python]).env("ANSIBLE_CONFIG", root.join("playbooks/ansible.cfg")));
    assert_eq!(output.code, 0, "{output:?}");
    assert_all_good(&visitors.stop());
    let done = ["--id", "shop", "--port", "http_port", "--done", "B2"];
    assert_eq!(front.site.read("regal.conf"), front.site.regal(&[&["export", "nginx"], &done[..]].concat()));
    // The state before the last one: B2 out of service.
    assert_eq!(front.site.read("regal.conf.before").matches(" down;").count(), 2);
}

fn own() -> &'static str {
    env!("CARGO_BIN_EXE_regal-inventory")
}
