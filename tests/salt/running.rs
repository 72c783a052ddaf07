//! `run` with the real `salt`, a command for each batch.

use super::master::{Master, master};
use super::site::Output;

/// Runs with nodegroups of the frozen plan.
fn go(master: &Master, options: &[&str]) -> Output {
    let salt = master.program("salt");
    let salt: Vec<String> = std::iter::once(salt.get_program())
        .chain(salt.get_args())
        .map(|word| word.to_str().unwrap().replace('{', "{{"))
        .collect();
    let mut all = vec!["run", "--plan", "p.rollout.yml"];
    all.extend(options);
    all.push("--");
    all.extend(salt.iter().map(String::as_str));
    all.extend(["-N", "{nodegroup}", "state.apply", "app", "pillar={{\"rollout\": {{\"version\": \"{version}\"}}"]);
    master.regal(&all)
}

#[test]
#[ignore = "needs salt; run tests/run"]
fn a_failing_batch_stops_it_and_the_same_command_goes_on() {
    let master = master();
    for name in ["p.rollout.yml", "p.rollout.jsonl"] {
        let _ = std::fs::remove_file(master.folder.join(name));
    }
    let inventory = ["-i", "web1,web2,web3,db1", "--versions", "1.4.2=all", "--batch-size", "1"];
    master.planned(&[&["plan"], &inventory[..], &["--save", "p.rollout.yml"]].concat());
    let groups = master.planned(&["export", "salt-nodegroups", "--plan", "p.rollout.yml"]);
    master.file("master/master.d/regal-inventory.conf", &groups);
    master.file("web2.fail", "");
    let output = go(&master, &[]);
    assert_eq!(output.code, 5, "{output:?}");
    assert!(output.stderr.contains("run: 1.4.2_groupB1 is lost: exit code "), "{output:?}");
    assert_eq!(master.releases(), "web1=1.4.2");
    std::fs::remove_file(master.folder.join("web2.fail")).unwrap();
    let output = go(&master, &[]);
    assert_eq!(
        (output.code, master.releases().as_str()),
        (0, "web1=1.4.2 web2=1.4.2 web3=1.4.2 db1=1.4.2"),
        "{output:?}"
    );
    let output = go(&master, &["--back-to", "1.4.1"]);
    assert_eq!(
        (output.code, master.releases().as_str()),
        (0, "web1=1.4.1 web2=1.4.1 web3=1.4.1 db1=1.4.1"),
        "{output:?}"
    );
}
