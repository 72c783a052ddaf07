//! nginx, plain and with Lua, in front of five hosts, under visitors that never stop asking.

use std::collections::HashMap;
use std::process::Stdio;
use std::time::Instant;

use super::http::{Backends, Visit, Visitors, visit};
use super::site::{Server, Site, free_port, run, tool, wait_until};
use super::sshd::ADDRESSES;

const OLD: &str = "2.4.1";
const NEW: &str = "2.5.0";
/// The batches with their hosts.
const BATCHES: [(&str, &[&str]); 3] =
    [("A", &["127.0.0.2"]), ("B1", &["127.0.0.3", "127.0.0.4"]), ("B2", &["127.0.0.5", "127.0.0.6"])];

/// Two ways to follow a rollout: the configuration and the script of the example.
#[derive(Clone, Copy)]
struct Kind {
    configuration: &'static str,
    script: &'static str,
}

const PLAIN: Kind = Kind { configuration: "nginx.conf", script: "follow" };
const LUA: Kind = Kind { configuration: "nginx-lua.conf", script: "follow-lua" };

/// nginx with its backends.
struct Front {
    site: Site,
    kind: Kind,
    routing: &'static str,
    backends: Backends,
    port: u16,
    /// When the front was told something: from when to when the old and the new state may both be seen.
    changes: Vec<(Instant, Instant)>,
    _server: Server,
}

impl Front {
    fn start(kind: Kind, routing: &'static str) -> Self {
        let site = Site::of_example("nginx");
        let (port, behind) = (free_port(), free_port());
        for name in ["nginx.conf", "nginx-lua.conf", "hosts.ini"] {
            let text = site.read(name).replace("8080", &port.to_string()).replace("8081", &behind.to_string());
            site.file(name, &text);
        }
        let backends = Backends::start(&ADDRESSES, behind, OLD);
        follow(&site, kind, routing, &[]);
        let mut nginx = site.command(tool("nginx"));
        nginx.arg("-p").arg(site.path()).args(["-c", kind.configuration, "-g", "daemon off;"]);
        let log = std::fs::File::create(site.path().join("start.log")).unwrap();
        let server = Server(nginx.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        wait_until("nginx", || visit(port, "", "").status == 200);
        Front { site, kind, routing, backends, port, changes: Vec::new(), _server: server }
    }

    /// Tells the front which batch is done and which is being worked on, by their places.
    fn follow(&mut self, done: Option<usize>, in_progress: Option<usize>) {
        let mut arguments = Vec::new();
        for (option, batch) in [("--done", done), ("--in-progress", in_progress)] {
            arguments.extend(batch.map(|batch| [option, BATCHES[batch].0]).into_iter().flatten());
        }
        let begin = Instant::now();
        follow(&self.site, self.kind, self.routing, &arguments);
        self.changes.push((begin, Instant::now()));
    }

    /// Works on a batch: out of service, a while of nothing, then the version. Of hosts in `lost` nothing comes back.
    fn deploy(&self, batch: usize, version: &'static str, lost: &[&str]) {
        BATCHES[batch].1.iter().for_each(|host| self.backends.set(host, None));
        std::thread::sleep(std::time::Duration::from_millis(150));
        let back = BATCHES[batch].1.iter().filter(|host| !lost.contains(host));
        back.for_each(|host| self.backends.set(host, Some(version)));
    }

    fn roll_out(&mut self, batches: std::ops::Range<usize>, lost: &[&str]) {
        for batch in batches {
            self.follow(batch.checked_sub(1), Some(batch));
            self.deploy(batch, NEW, lost);
            if BATCHES[batch].1.iter().any(|host| lost.contains(host)) {
                return;
            }
            self.follow(Some(batch), None);
        }
    }

    fn roll_back(&mut self, from: usize) {
        for batch in (0..=from).rev() {
            let before = batch.checked_sub(1);
            self.follow(before, Some(batch));
            self.deploy(batch, OLD, &[]);
            self.follow(before, None);
        }
    }

    /// Visitors of group A, of group B, and 40 who are taken by the share.
    fn visitors(&self) -> Visitors {
        let chosen = |group: &str| vec![(group.to_string(), format!("Cookie: group={group}\r\n"))];
        let many = |n: usize| (0..20).map(move |i| format!("visitor {}", n * 20 + i));
        let many = |n| many(n).map(|who| (who.clone(), format!("Cookie: visitor={}\r\n", who.replace(' ', "-"))));
        Visitors::start(self.port, vec![chosen("A"), chosen("B"), many(0).collect(), many(1).collect()])
    }

    /// Whether a visit was wholly outside the times at which the front changed.
    fn is_settled(&self, visit: &Visit) -> bool {
        self.changes.iter().all(|(begin, end)| visit.to < *begin || visit.from > *end)
    }
}

fn follow(site: &Site, kind: Kind, routing: &str, arguments: &[&str]) {
    let mut command = site.command(site.path().join(kind.script));
    let own = std::path::Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap().to_path_buf();
    let nginx = tool("nginx").parent().unwrap().to_path_buf();
    let system = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths([own, nginx].into_iter().chain(std::env::split_paths(&system))).unwrap();
    let output = run(command.args(["--routing", routing]).args(arguments).env("PATH", path));
    assert_eq!(output.code, 0, "{arguments:?}: {output:?}");
}

fn assert_all_good(visits: &[Visit]) {
    let bad: Vec<&Visit> = visits.iter().filter(|visit| visit.status != 200).collect();
    assert!(bad.is_empty(), "{} of {}, first {:?}", bad.len(), visits.len(), bad[0]);
    assert!(visits.len() > 300, "only {} visits", visits.len());
}

/// Group A's cookie on group A's hosts, everyone else's on the others: unless the canary itself is being worked on.
fn assert_groups_stay_apart(front: &Front, visits: &[Visit], canary_away: &[(Instant, Instant)]) {
    let with_canary = |visit: &&Visit| canary_away.iter().all(|(from, to)| visit.to < *from || visit.from > *to);
    let (canary, rest) = (ADDRESSES[0], &ADDRESSES[1..]);
    let chosen = |who: &'static str| visits.iter().filter(move |visit| visit.who == who);
    let mut a = 0;
    for visit in chosen("A").filter(with_canary).filter(|visit| front.is_settled(visit)) {
        assert_eq!(visit.host, canary, "{visit:?}");
        a += 1;
    }
    assert!(a > 20, "{a} visits of group A");
    for visit in chosen("B") {
        assert!(rest.contains(&visit.host.as_str()), "{visit:?}");
    }
}

/// Nobody who has seen the new version sees the old one again.
fn assert_nobody_goes_back(front: &Front, visits: &[Visit]) {
    let mut seen: HashMap<&str, &Visit> = HashMap::new();
    for visit in visits.iter().filter(|visit| front.is_settled(visit)) {
        if visit.version == NEW {
            seen.entry(&visit.who).or_insert(visit);
        } else if let Some(before) = seen.get(visit.who.as_str()) {
            panic!("{before:?}, then {visit:?}");
        }
    }
    assert!(seen.len() > 40, "{} of 42 visitors saw the new version", seen.len());
}

fn group_routing(kind: Kind) {
    let mut front = Front::start(kind, "group");
    let visitors = front.visitors();
    front.roll_out(0..3, &[]);
    let visits = visitors.stop();
    assert_all_good(&visits);
    let canary_away = [(front.changes[0].0, front.changes[1].1)];
    assert_groups_stay_apart(&front, &visits, &canary_away);
    assert_eq!(front.backends.versions(), [Some(NEW); 5]);
    println!("{} visits, all 200", visits.len());
}

fn version_routing(kind: Kind) {
    let mut front = Front::start(kind, "version");
    let visitors = front.visitors();
    front.roll_out(0..3, &[]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let visits = visitors.stop();
    assert_all_good(&visits);
    assert_nobody_goes_back(&front, &visits);
    println!("{} visits, all 200", visits.len());
}

fn failure_and_rollback(kind: Kind) {
    for routing in ["group", "version"] {
        let mut front = Front::start(kind, routing);
        let visitors = front.visitors();
        front.roll_out(0..3, &[ADDRESSES[2]]);
        assert_eq!(front.backends.versions(), [Some(NEW), Some(NEW), None, Some(OLD), Some(OLD)]);
        std::thread::sleep(std::time::Duration::from_millis(300));
        front.roll_back(1);
        let visits = visitors.stop();
        assert_all_good(&visits);
        assert_eq!(front.backends.versions(), [Some(OLD); 5]);
        println!("{} visits, all 200", visits.len());
    }
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
    failure_and_rollback(PLAIN);
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
    failure_and_rollback(LUA);
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
    let own = std::path::Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap();
    let path = format!("{}:/usr/sbin:{}", own.display(), std::env::var("PATH").unwrap());
    let output = run(command.env("PATH", path));
    assert_ne!(output.code, 0);
    assert!(output.stderr.contains("host not found in upstream"), "{output:?}");
    assert_eq!(front.site.read("regal.conf"), good);
    assert_eq!(visit(front.port, "", "").status, 200);
}
