//! Hosts that are lost count toward the caps of their domains, over the whole run.

use super::*;

const HOSTS: &str = "[shop]\nweb[1:4] v=2.5.0 zone=a\nweb[5:8] v=2.5.0 zone=b\n";
/// A canary of zone a, then batches of two, each of both zones.
const SETTINGS: &str = "inventory: hosts\nversion_from: {var: v}\nbatch_size: 2\nmax_failures: 9\n";

fn capped(more: &str) -> Test {
    let test = with(HOSTS, &format!("{SETTINGS}{more}"));
    let plan = test.shell(&format!("regal plan --plan {PLAN} --format groups"));
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    test
}

/// Loses the hosts that stand in a file.
const LOSES: &str = "-- sh -c 'echo $ROLLOUT_BATCH {hosts} >>log; for h in $(cat lose); do case ,{hosts}, in *,$h,*) echo $h lost >>$ROLLOUT_RESULTS; esac; done; true'";

#[test]
fn a_batch_has_no_room_beside_lost_hosts_of_its_domain() {
    let test = capped("spread: {by: zone, max_unavailable: 1}\n").file("lose", "web2");
    let output = run(&test, LOSES);
    assert_eq!(output.code, 5, "{}", output.stderr);
    let end = "run: stopped at 2.5.0_groupB2: it takes 1 host of 2.5.0, zone=a, where 1 is lost (web2) and 1 may be out at once; \
               2 hosts done, 1 lost, 5 waiting
run: to go on: repair the lost hosts, then the same command with --retry-lost
";
    assert!(output.stderr.ends_with(end), "{}\n{}", output.stderr, read(&test, "log"));
    assert_eq!(events(&test, &["begin", "stop", "end"]), ["begin A", "begin B1", "stop B2", "end"]);
    // it is no better a second time
    assert_eq!(run(&test, LOSES).code, 5);
    let status: Value =
        serde_json::from_str(&test.shell(&format!("regal status {PLAN} --format json")).stdout).unwrap();
    let held = |place: usize| status["batches"][place]["held"].clone();
    assert_eq!((held(0), held(1)), (Value::Null, Value::Null));
    assert_eq!(held(2)["by"], "cap");
    assert_eq!(held(2)["why"], "it takes 1 host of 2.5.0, zone=a, where 1 is lost (web2) and 1 may be out at once");
    let status = test.shell(&format!("regal status {PLAN}")).stdout;
    assert!(status.contains("waiting; does not begin now: it takes 1 host of 2.5.0, zone=a, where"), "{status}");
    // repaired, and there is room
    std::fs::write(test.path().join("lose"), "").unwrap();
    assert_eq!(run(&test, &format!("--retry-lost {LOSES}")).code, 0);
    assert_eq!(events(&test, &["lost", "done"]).len(), 1 + 5 + 1);
}

#[test]
fn the_bound_of_a_version_holds_over_the_whole_run() {
    for (bound, code, batches) in
        [("max_unavailable: 3", 0, 5), ("max_unavailable: 2", 5, 2), ("min_healthy: 6", 5, 2), ("min_healthy: 5", 0, 5)]
    {
        let test = capped(&format!("{bound}\n")).file("lose", "web2");
        let output = run(&test, LOSES);
        assert_eq!(output.code, code, "{bound}: {}", output.stderr);
        assert_eq!(events(&test, &["begin"]).len(), batches, "{bound}: {}", output.stderr);
    }
    // an approval is not asked for before there is room
    let test = capped("max_unavailable: 2\napproval: each_batch\n").file("lose", "web2");
    assert_eq!(run(&test, &format!("--approve B1 {LOSES}")).code, 5);
}

#[test]
fn a_batch_that_is_lost_as_a_whole_counts_all_of_its_hosts_that_are_not_done() {
    let test = capped("max_unavailable: 3\n");
    let fails =
        "--max-failed-batches 9 -- sh -c 'echo $ROLLOUT_BATCH >>log; test -e mended || test $ROLLOUT_BATCH != B1'";
    let output = run(&test, fails);
    assert_eq!(output.code, 5, "{}", output.stderr);
    assert!(
        output.stderr.contains("stopped at 2.5.0_groupB2: it takes 2 hosts of 2.5.0, where 2 are lost ("),
        "{}",
        output.stderr
    );
    // the lost batch itself may begin again
    assert_eq!(run(&test, fails).code, 5);
    assert_eq!(read(&test, "log"), "A\nB1\nB1\n");
    std::fs::write(test.path().join("mended"), "").unwrap();
    assert_eq!(run(&test, fails).code, 0);
    // hosts that somebody repaired by hand and recorded
    let test = capped("max_unavailable: 2\n").file("lose", "web2");
    assert_eq!(run(&test, LOSES).code, 5);
    let record = |words: &str| {
        let output = test.shell(&format!("regal record --plan {PLAN} {words}"));
        assert_eq!(output.code, 0, "{}", output.stderr);
    };
    record("start --process $$");
    record("done 2.5.0_groupB1 web2 --let-pass");
    record("end done");
    assert_eq!(run(&test, "-- true").code, 0);
}

#[test]
fn a_lost_host_that_has_left_the_inventory_counts_no_longer() {
    let test = capped("max_unavailable: 2\n").file("lose", "web2");
    assert_eq!(run(&test, LOSES).code, 5);
    std::fs::write(test.path().join("hosts"), HOSTS.replace("web[1:4]", "web[1:1] v=2.5.0 zone=a\nweb[3:4]")).unwrap();
    let output = run(&test, "-- true");
    assert_eq!(output.code, 0, "{}", output.stderr);
}

#[test]
fn caps_hold_in_waves_and_not_on_the_way_back() {
    let hosts = "w[1:5] v=a-1\nd[1:5] v=b-2\n";
    let settings = format!("{SETTINGS}max_unavailable: 2\n");
    let test = with(hosts, &settings).file("lose", "d2");
    let output = run(&test, &format!("--waves {LOSES}"));
    assert_eq!(output.code, 5, "{}", output.stderr);
    // the whole step waits, the version that has room too
    assert_eq!(read(&test, "log"), "A w1\nA d1\nB1 w2,w3\nB1 d2,d3\n");
    assert!(
        output.stderr.contains("stopped at b-2_groupB2: it takes 2 hosts of b-2, where 1 is lost (d2)"),
        "{}",
        output.stderr
    );
    assert_eq!(run(&test, "--back-to old -- true").code, 0);
    // a host of two versions counts for both
    let test = with("w1 v=x\n[a]\nw[2:5]\n[b]\nw[4:7]\n", "inventory: hosts\nversions: {a-1: a, b-2: b}\nshared_hosts: allow\nbatch_size: 2\nmax_failures: 9\nmax_unavailable: 2\n").file("lose", "w4");
    let output = run(&test, LOSES);
    assert_eq!(output.code, 5, "{}", output.stderr);
    let why = "stopped at b-2_groupB1: it takes 2 hosts of b-2, where 1 is lost (w4) and 2 may be out at once";
    assert!(output.stderr.contains(why), "{}", output.stderr);
}
