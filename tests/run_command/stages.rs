//! `run` through the stages of a policy.

use super::{events, run, with};

const HOSTS: &str = "[staging]\nstg[1:2] v=2.5.0\n[eu]\neu[1:4] v=2.5.0\n[us]\nus[1:3] v=2.5.0\n";

fn settings(staging: &str, eu: &str) -> String {
    format!(
        "inventory: hosts\nversion_from: {{var: v}}\nbatch_size: 5\nstages:\n- {{name: staging, hosts: staging{staging}}}\n\
         - {{name: eu, hosts: eu, batch_size: 2{eu}}}\n- {{name: us, hosts: us}}\n"
    )
}

#[test]
fn a_stage_is_asked_about_by_its_own_rule() {
    let test = with(HOSTS, &settings(", approval: after_stage", ", approval: after_canary"));
    let stopped = run(&test, "-- true");
    assert_eq!((stopped.code, events(&test, &["done"])), (4, vec!["done A".to_string(), "done B1".into()]));
    assert!(stopped.stderr.contains("waiting for approval of B2"), "{}", stopped.stderr);
    let stopped = run(&test, "--approve B2 -- true");
    assert_eq!((stopped.code, events(&test, &["done"]).len()), (4, 3));
    assert!(stopped.stderr.contains("waiting for approval of B3"), "{}", stopped.stderr);
    let done = run(&test, "--approve B3 -- true");
    assert_eq!((done.code, events(&test, &["done"]).len()), (0, 7), "{}", done.stderr);
}

#[test]
fn losses_count_in_their_stage_alone() {
    let losing = |hosts: &str| {
        let test = with(HOSTS, &settings("", ", max_failures: 1"));
        let lose = format!(
            "for h in {hosts}; do case ,$ROLLOUT_HOSTS, in *,$h,*) echo $h lost >>$ROLLOUT_RESULTS; esac; done; true"
        );
        let ended = run(&test, &format!("-- sh -c '{lose}'"));
        (ended.code, events(&test, &["begin"]).len(), ended.stderr)
    };
    let (code, begun, stderr) = losing("eu2");
    assert_eq!((code, begun), (0, 7), "{stderr}");
    // two in one stage, or one in a stage where none may be lost
    let (code, begun, stderr) = losing("eu2 eu4");
    assert_eq!((code, begun), (5, 5), "{stderr}");
    let (code, begun, stderr) = losing("eu2 us2");
    assert_eq!((code, begun), (5, 7), "{stderr}");
}
