//! Caps over the whole run, against a count by hand.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::plan::{Batch as Planned, Domain, DomainIndex, DomainName, Domains, LabelValue, Rollout, Stage};
use crate::policy::Conduct;

const HOSTS: [&str; 10] = ["h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9"];
const ZONES: [&str; 3] = ["a", "b", "c"];

/// One version: its hosts batch by batch, each with its zone; the caps of the zones, and of all its hosts.
type Shape = (Vec<Vec<(usize, usize)>>, [Option<usize>; 3], Option<usize>);

/// Hosts in a random order and number, cut into batches of three.
fn shape() -> impl Strategy<Value = Shape> {
    let hosts = Just((0..HOSTS.len()).collect::<Vec<_>>()).prop_shuffle();
    let zones = proptest::collection::vec(0..ZONES.len(), HOSTS.len());
    let cap = || proptest::option::of(1..5_usize);
    (hosts, zones, 1..=HOSTS.len(), [cap(), cap(), cap()], cap()).prop_map(|(hosts, zones, number, caps, most)| {
        let hosts: Vec<(usize, usize)> = hosts.into_iter().zip(zones).take(number).collect();
        (hosts.chunks(3).map(<[_]>::to_vec).collect(), caps, most)
    })
}

fn rollout(version: &'static str, (batches, caps, most): &Shape) -> Rollout<'static> {
    let planned = |(place, hosts): (usize, &Vec<(usize, usize)>)| Planned {
        stage: if place == 0 { Stage::A } else { Stage::B(place) },
        hosts: hosts.iter().map(|(host, _)| HOSTS[*host]).collect(),
        phase: None,
        is_canary: place == 0,
        bake: 0,
        domains: vec![hosts.iter().map(|(_, zone)| DomainIndex::new(*zone)).collect()],
    };
    let domain = |(text, cap): (&&'static str, &Option<usize>)| Domain {
        name: DomainName::Value(LabelValue { text, secret: None }),
        hosts: 0,
        cap: *cap,
    };
    let list = ZONES.iter().zip(caps).map(domain).collect();
    Rollout {
        version,
        batches: batches.iter().enumerate().map(planned).collect(),
        canary_size: 3,
        batch_sizes: vec![3],
        approval: Approval::Never,
        max_failures: 99,
        excluded: Vec::new(),
        notes: Vec::new(),
        labels: vec![Domains { label: "zone".into(), spread: true, max_domains: None, list }],
        phases: Vec::new(),
        after: Vec::new(),
        conduct: Conduct { most: *most, ..Conduct::default() },
        secret: false,
    }
}

fn plan_of(shapes: &[Shape]) -> (Plan<'static>, GroupNames) {
    let rollouts = ["a-1", "b-2"].into_iter().zip(shapes).map(|(version, shape)| rollout(version, shape)).collect();
    let plan = Plan { rollouts, unversioned: Vec::new(), empty: Vec::new(), warnings: Vec::new() };
    let names = Naming::default().name(&plan).unwrap();
    (plan, names)
}

/// What became of a batch: nothing, done, lost hosts, lost as a whole with some that are done.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Nothing,
    Done,
    Loses(usize),
    Whole(usize),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Nothing),
        Just(Fate::Done),
        (0..3_usize).prop_map(Fate::Loses),
        (0..3_usize).prop_map(Fate::Whole)
    ]
}

/// The events of a batch, and which of its hosts are lost then.
fn events(group: &str, hosts: &[&'static str], fate: Fate) -> (Vec<Event>, Vec<&'static str>) {
    let lost =
        |host: Option<&str>| Event::Lost(Lost { group: group.into(), host: host.map(String::from), ..Lost::default() });
    let some = |number: usize| number.min(hosts.len());
    match fate {
        Fate::Nothing => (Vec::new(), Vec::new()),
        Fate::Done => (vec![begin(group), done(group, hosts)], Vec::new()),
        Fate::Loses(number) => {
            let (out, well) = hosts.split_at(some(number));
            let events = std::iter::once(begin(group)).chain(out.iter().map(|host| lost(Some(host))));
            (events.chain([done(group, well)]).collect(), out.to_vec())
        }
        Fate::Whole(number) => {
            let (well, out) = hosts.split_at(some(number));
            let well = Event::HostsDone(Hosts { group: group.into(), hosts: strings(well) });
            (vec![begin(group), well, lost(None)], out.to_vec())
        }
    }
}

proptest! {
    #[test]
    fn a_batch_has_room_where_a_count_by_hand_says_so(
        shapes in [shape(), shape()],
        fates in proptest::collection::vec(fate(), 8),
        wanted in proptest::collection::btree_set(0..HOSTS.len(), 1..4),
        gone in proptest::option::of(0..HOSTS.len()),
    ) {
        let (plan, names) = plan_of(&shapes);
        let batches = plan.rollouts.iter().zip(&names.rollouts).flat_map(|(rollout, names)| {
            rollout.batches.iter().zip(&names.batches)
        });
        let (mut all, mut lost) = (Vec::new(), BTreeSet::new());
        for ((batch, group), fate) in batches.zip(fates) {
            let (events, out) = events(group, &batch.hosts, fate);
            all.extend(events);
            lost.extend(out);
        }
        let gone = gone.map(|host| HOSTS[host]);
        gone.map(|host| lost.remove(host));
        let state = after(Direction::Forward, all);
        let hosts: Vec<&str> = wanted.iter().map(|host| HOSTS[*host]).collect();

        let caps = Caps::new(&plan, &names, gone);
        let found = caps.exceeded(&caps.lost(&state), &hosts);

        let wanted: BTreeSet<&str> = hosts.iter().copied().collect();
        let mut circles: Vec<(BTreeSet<&str>, usize)> = Vec::new();
        for (batches, caps, most) in &shapes {
            let hosts = || batches.iter().flatten();
            circles.extend(most.map(|most| (hosts().map(|(host, _)| HOSTS[*host]).collect(), most)));
            for (zone, cap) in caps.iter().enumerate() {
                let of_zone = hosts().filter(|(_, of)| *of == zone).map(|(host, _)| HOSTS[*host]).collect();
                circles.extend(cap.map(|cap| (of_zone, cap)));
            }
        }
        let is_exceeded = circles.iter().any(|(circle, cap)| {
            let within = |set: &BTreeSet<&'static str>| set.intersection(circle).copied().collect::<BTreeSet<_>>();
            let wanted: BTreeSet<&'static str> = HOSTS.into_iter().filter(|host| wanted.contains(host)).collect();
            let (wanted, lost) = (within(&wanted), within(&lost));
            wanted.union(&lost).count() > *cap
                && wanted.difference(&lost).count() > 0
                && lost.difference(&wanted).count() > 0
        });
        prop_assert_eq!(found.is_some(), is_exceeded, "{:?} lost {:?}", found, lost);
        if let Some(found) = found {
            prop_assert!(found.hosts + found.lost.len() > found.cap);
        }
    }
}

#[test]
fn what_is_exceeded_is_named() {
    let hosts = |batches: &[&[(usize, usize)]]| batches.iter().map(|batch| batch.to_vec()).collect::<Vec<_>>();
    let shape = (hosts(&[&[(0, 0)], &[(1, 0), (2, 1)], &[(3, 0), (4, 0)]]), [Some(2), None, None], None);
    let (plan, names) = plan_of(std::slice::from_ref(&shape));
    let caps = Caps::new(&plan, &names, []);
    let lost =
        |host: &str| Event::Lost(Lost { group: "a-1_groupB1".into(), host: Some(host.into()), ..Lost::default() });
    let state = after(Direction::Forward, vec![begin("a-1_groupB1"), lost("h1"), lost("h2")]);
    let why = caps.exceeded(&caps.lost(&state), &["h3", "h4"]).unwrap().why();
    assert_eq!(why, "it takes 2 hosts of a-1, zone=a, where 1 is lost (h1) and 2 may be out at once");
    assert_eq!(caps.exceeded(&caps.lost(&state), &["h3"]), None);
    // what it repairs counts once
    assert_eq!(caps.exceeded(&caps.lost(&state), &["h1", "h2"]), None);
    assert_eq!(caps.exceeded(&caps.lost(&state), &["h1", "h3"]), None);
    let (plan, names) = plan_of(&[(shape.0, [None; 3], Some(3))]);
    let caps = Caps::new(&plan, &names, []);
    let why = caps.exceeded(&caps.lost(&state), &["h3", "h4"]).unwrap().why();
    assert_eq!(why, "it takes 2 hosts of a-1, where 2 are lost (h[1:2]) and 3 may be out at once");
    // what has left the inventory is not out
    let caps = Caps::new(&plan, &names, ["h2"]);
    assert_eq!(caps.exceeded(&caps.lost(&state), &["h3", "h4"]), None);
}
