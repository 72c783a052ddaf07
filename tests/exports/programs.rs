//! Programs that take the plan: an asyncio one over NDJSON, a Rust one over the library.

use std::io::Write;
use std::process::{Command, Stdio};

use super::site::{Output, Site, python, run};

/// Runs rollout.py over a stream; each call notes its host in `deployed`, and fails on `failing`.
fn rollout(site: &Site, stream: &str, failing: &str) -> Output {
    let deploy = format!("echo \"$0 $1 $2\" >>deployed; [ \"$0\" != '{failing}' ]");
    let mut command = site.command(python());
    command.args(["rollout.py", "sh", "-c", &deploy, "{host}", "{address}", "{version}/{batch}"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that stops at once reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stream.as_bytes());
    let output = child.wait_with_output().unwrap();
    Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn deployed(site: &Site) -> Vec<String> {
    let mut lines: Vec<String> = site.read("deployed").lines().map(str::to_string).collect();
    lines.sort_unstable();
    lines
}

#[test]
#[ignore = "needs Python; run tests/run"]
fn asyncio_stops_behind_the_failing_batch() {
    let site = Site::of_example("programs");
    let stream = site.regal(&["export", "ndjson"]);
    let output = rollout(&site, &stream, "web3");
    assert_eq!(output.code, 1, "{output:?}");
    assert_eq!(output.stderr, "rollout.py: stopped at shop-2.5.0 groupB1, which failed on web3\n");
    let expected =
        ["web1 127.0.0.2 shop-2.5.0/groupA", "web2 127.0.0.3 shop-2.5.0/groupB1", "web3 127.0.0.4 shop-2.5.0/groupB1"];
    assert_eq!(deployed(&site), expected);
}

#[test]
#[ignore = "needs Python; run tests/run"]
fn asyncio_goes_through_all_batches_and_begins_nothing_of_a_cut_stream() {
    let site = Site::of_example("programs");
    let stream = site.regal(&["export", "ndjson"]);
    for cut in ["", stream.lines().next().unwrap()] {
        let output = rollout(&site, cut, "");
        assert_eq!((output.code, deployed(&site).len()), (1, 0), "{output:?}");
    }
    assert_eq!(rollout(&site, &stream, "").code, 0);
    assert_eq!(deployed(&site).len(), 5);
}

#[test]
fn the_library_walks_the_same_plan() {
    let site = Site::of_example("programs");
    let mut walk = Command::new(env!("CARGO"));
    walk.args(["run", "--quiet", "--locked", "--example", "walk", "--"]).arg(site.path().join("regal.yml"));
    // With it cargo would believe that another toolchain is in use, and build everything again (tests/run).
    walk.env_remove("RUSTC_BOOTSTRAP");
    let output = run(walk.current_dir(env!("CARGO_MANIFEST_DIR")));
    assert_eq!(output.code, 0, "{output:?}");
    let mut hosts = String::new();
    for line in site.regal(&["export", "tsv"]).lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        hosts.push_str(&format!("    {} at {}\n", fields[4], fields[5]));
    }
    let walked: String =
        output.stdout.lines().filter(|line| line.contains(" at 127")).map(|line| format!("{line}\n")).collect();
    assert_eq!(walked, hosts);
    assert!(output.stdout.starts_with("shop-2.5.0: 5 hosts, at most 0 lost\n  canary A, then 0 s of watching\n"));
}
