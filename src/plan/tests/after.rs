//! Versions that come after others.

use super::cases::set;
use super::*;

/// The policy in which these versions, or globs over them, come after those.
fn policy_of(after: &[(&str, &[&str])]) -> Policy {
    let keys = |names: &[&str]| Keys { after: set(names.iter().map(ToString::to_string).collect()), ..Keys::default() };
    let rule = |(glob, names): &(&str, &[&str])| Override { glob: Glob::new(glob), keys: keys(names), at: location() };
    let layer = Layer { overrides: after.iter().map(rule).collect(), ..Layer::default() };
    Policy { layers: vec![layer], ..Policy::default() }
}

/// The versions in plan order, each with those that it comes after; or the messages.
fn planned(versions: &[&str], policy: &Policy) -> std::result::Result<Vec<String>, Vec<String>> {
    let hosts: Vec<[&str; 1]> = versions.iter().map(|version| [*version]).collect();
    let versions: Vec<(&str, &[&str])> =
        versions.iter().zip(&hosts).map(|(version, hosts)| (*version, hosts.as_slice())).collect();
    let policy = Policy { shared_hosts: SharedHosts::Allow, ..policy.clone() };
    let messages =
        |error: crate::error::Error| error.problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>();
    let plan = plan(&assignments(&versions), &policy).map_err(messages)?;
    Ok(plan.rollouts.iter().map(|rollout| format!("{}: {}", rollout.version, rollout.after.join(" "))).collect())
}

#[test]
fn a_version_stands_behind_those_that_it_comes_after_over_others_too() {
    let policy = policy_of(&[("app-*", &["mq-1"]), ("mq-1", &["db-*"])]);
    let order = planned(&["app-2", "web-1", "mq-1", "db-8", "db-7", "app-1"], &policy).unwrap();
    assert_eq!(
        order,
        ["web-1: ", "db-8: ", "db-7: ", "mq-1: db-8 db-7", "app-2: db-8 db-7 mq-1", "app-1: db-8 db-7 mq-1"]
    );
    // a later match takes it back
    let policy = policy_of(&[("app-*", &["db-7"]), ("app-2", &[])]);
    assert_eq!(planned(&["app-2", "app-1", "db-7"], &policy).unwrap(), ["app-2: ", "db-7: ", "app-1: db-7"]);
}

#[test]
fn a_circle_names_every_side_with_its_place_and_a_way_out() {
    let policy = policy_of(&[("app-2", &["mq-1"]), ("mq-1", &["db-*"]), ("db-7", &["app-*"])]);
    let message = planned(&["web-1", "app-2", "mq-1", "db-7"], &policy).unwrap_err().remove(0);
    let expected = "`after` goes in a circle, so that none of them could begin: `app-2` after `mq-1` (regal.yml:3:1), \
                    `mq-1` after `db-7` (regal.yml:3:1), `db-7` after `app-2` (regal.yml:3:1)";
    assert_eq!(message, expected);
    // who only waits for a circle is no side of it
    let policy = policy_of(&[("web-1", &["app-2"]), ("app-2", &["db-7"]), ("db-7", &["app-2"])]);
    let message = planned(&["web-1", "app-2", "db-7"], &policy).unwrap_err().remove(0);
    assert!(!message.contains("web-1") && message.contains("`db-7` after `app-2`"), "{message}");
}

#[test]
fn no_version_comes_after_itself_or_after_what_priority_puts_behind_it() {
    let message = planned(&["db-7", "app-2"], &policy_of(&[("*", &["db-*"])])).unwrap_err();
    assert_eq!(message, ["`after: db-*` matches `db-7` itself, and no version comes after itself"]);
    let turned =
        |priority: Priority| planned(&["db-7", "app-2"], &Policy { priority, ..policy_of(&[("app-2", &["db-7"])]) });
    let names = |names: &[&str]| Priority::Names(names.iter().map(|name| (name.to_string(), location())).collect());
    for priority in [names(&["app-2"]), names(&["app-2", "db-7"])] {
        let expected = "`priority` (regal.yml:3:1) puts `app-2` before `db-7`, and `after` puts it behind `db-7`";
        assert_eq!(turned(priority).unwrap_err(), [expected]);
    }
    let containing = |text: &str| Priority::Containing(text.to_string(), location());
    assert!(turned(containing("app")).unwrap_err()[0].starts_with("`priority_name` (regal.yml:3:1) puts"));
    for fits in [names(&["db-7", "app-2"]), names(&["db-7"]), containing("db"), containing("-")] {
        assert_eq!(turned(fits).unwrap(), ["db-7: ", "app-2: db-7"]);
    }
}

#[test]
fn what_has_no_host_is_not_waited_for_and_what_is_nowhere_is_told() {
    let mut input = assignments(&[("app-2", &["w1"]), ("db-7", &[])]);
    input.versions[1].excluded = vec!["d1"];
    let made = plan(&input, &policy_of(&[("app-2", &["db-7", "mq-*"])])).unwrap();
    assert!(made.rollouts[0].after.is_empty());
    let warnings: Vec<_> = made.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(warnings.contains(&"`after`: no version matches `mq-*`"), "{warnings:?}");
    // one key for several versions is one warning
    let made = plan(&assignments(&[("a-1", &["w1"]), ("a-2", &["w2"])]), &policy_of(&[("a-*", &["db"])])).unwrap();
    assert_eq!(made.warnings.len(), 1, "{:?}", made.warnings);
}
