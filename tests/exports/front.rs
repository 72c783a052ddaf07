//! A front before five hosts, under visitors that never stop asking, through rollouts and rollbacks.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::http::{Backends, Visit, Visitors, visit};
use super::site::{Server, Site, free_port, run, wait_until};
use super::sshd::ADDRESSES;

const OLD: &str = "2.4.1";
const NEW: &str = "2.5.0";
/// The batches with their hosts.
const BATCHES: [(&str, &[&str]); 3] =
    [("A", &["127.0.0.2"]), ("B1", &["127.0.0.3", "127.0.0.4"]), ("B2", &["127.0.0.5", "127.0.0.6"])];

/// A front, as an example has it.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The folder under `examples/`.
    pub example: &'static str,
    /// The files that say which ports are used.
    pub files: &'static [&'static str],
    /// What has the front follow the rollout.
    pub script: &'static str,
    /// Starts the front in the folder.
    pub start: fn(&Site) -> Command,
}

/// A front with its backends.
pub struct Front {
    pub site: Site,
    kind: Kind,
    routing: &'static str,
    backends: Backends,
    pub port: u16,
    /// When the front was told something: from when to when the old and the new state may both be seen.
    changes: Vec<(Instant, Instant)>,
    _server: Server,
}

impl Front {
    pub fn start(kind: Kind, routing: &'static str) -> Self {
        let site = Site::of_example(kind.example);
        let (port, behind) = (free_port(), free_port());
        for name in kind.files {
            let text = site.read(name).replace("8080", &port.to_string()).replace("8081", &behind.to_string());
            site.file(name, &text);
        }
        let backends = Backends::start(&ADDRESSES, behind, OLD);
        follow(&site, kind, routing, &[]);
        let log = std::fs::File::create(site.path().join("start.log")).unwrap();
        let server = Server((kind.start)(&site).stdout(Stdio::null()).stderr(log).spawn().unwrap());
        wait_until("the front", || visit(port, "", "").status == 200);
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
        // Time for visits in the new state.
        let moment = std::time::Duration::from_millis(300);
        std::thread::sleep(moment);
        BATCHES[batch].1.iter().for_each(|host| self.backends.set(host, None));
        std::thread::sleep(moment);
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
    pub fn visitors(&self) -> Visitors {
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
    let output = run(command.args(["--routing", routing]).args(arguments));
    assert_eq!(output.code, 0, "{arguments:?}: {output:?}");
}

/// Every answer is 200, and there were enough of them.
pub fn assert_all_good(visits: &[Visit]) {
    let bad: Vec<&Visit> = visits.iter().filter(|visit| visit.status != 200).collect();
    assert!(bad.is_empty(), "{} of {}, first {:?}", bad.len(), visits.len(), bad[0]);
    assert!(visits.len() > 100, "only {} visits", visits.len());
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
    assert!(a > 10, "{a} visits of group A");
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

/// A whole rollout: every answer good, and groups on their own hosts.
pub fn group_routing(kind: Kind) {
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

/// A whole rollout: every answer good, and nobody back on the old version.
pub fn version_routing(kind: Kind) {
    let mut front = Front::start(kind, "version");
    let visitors = front.visitors();
    front.roll_out(0..3, &[]);
    visitors.go_round();
    let visits = visitors.stop();
    assert_all_good(&visits);
    assert_nobody_goes_back(&front, &visits);
    println!("{} visits, all 200", visits.len());
}

/// A host of B1 is lost, and what was done is rolled back: every answer good.
pub fn failure_and_rollback(kind: Kind, routings: &[&'static str]) {
    for routing in routings {
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
