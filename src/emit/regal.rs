//! The shape of regal 1.3's `iter_dict()`: a version with its batches, each one text with commas between its hosts.

use std::io::{self, Write};

use crate::plan::Plan;

/// Writes one JSON mapping a line, one line a version, in plan order: `{"app-1.0.0": ["10.1.1.1", "10.1.1.2,10.1.1.3"]}`.
///
/// # Errors
/// Those of `out`.
pub fn write(plan: &Plan<'_>, out: &mut impl Write) -> io::Result<()> {
    for rollout in &plan.rollouts {
        write!(out, "{{{}: [", serde_json::to_string(rollout.version)?)?;
        for (i, batch) in rollout.batches.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(out, "{separator}{}", serde_json::to_string(&batch.hosts.join(","))?)?;
        }
        out.write_all(b"]}\n")?;
    }
    Ok(())
}

/// The results that regal's README shows.
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Location;
    use crate::plan::plan;
    use crate::plan::{Assigned, Assignments};
    use crate::policy::{Amount, BatchSize, Keys, Layer, Policy, Priority, SharedHosts};

    /// What comes of `version_host` under regal's other arguments.
    fn regal(versions: &[(&str, &str)], combine: usize, schedule: usize, priority: Option<&str>) -> String {
        let keys = Keys {
            batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(combine))]),
            canary_size: Some(Amount::Hosts(schedule)),
            ..Keys::default()
        };
        let priority = match priority {
            Some(text) => Priority::Containing(text.to_string(), Location::whole("regal.yml")),
            None => Priority::None,
        };
        let layers = vec![Layer { all: keys, ..Layer::default() }];
        let policy = Policy { layers, priority, shared_hosts: SharedHosts::Allow };
        let assigned = |pair| {
            let (version, hosts): (_, &str) = pair;
            Assigned::new(version, hosts.split(',').collect())
        };
        let assignments =
            Assignments { versions: versions.iter().copied().map(assigned).collect(), unversioned: Vec::new() };
        let mut out = Vec::new();
        write(&plan(&assignments, &policy).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const TWO: [(&str, &str); 2] = [
        ("app-test-version1.0", "10.1.1.1,10.1.1.2,10.1.1.3,10.1.1.1.4,10.1.1.5"),
        ("app-test-version2.0", "10.1.1.9,10.1.1.8,10.1.1.7,10.1.1.6"),
    ];
    const FIRST: &str = r#"{"app-test-version1.0": ["10.1.1.1,10.1.1.2", "10.1.1.3,10.1.1.1.4,10.1.1.5"]}"#;
    const SECOND: &str = r#"{"app-test-version2.0": ["10.1.1.9,10.1.1.8", "10.1.1.7,10.1.1.6"]}"#;

    #[test]
    fn one_version_with_the_default_canary() {
        let hosts = "10.1.1.1,10.1.1.2,10.1.1.3,10.1.1.4,10.1.1.1.5";
        assert_eq!(
            regal(&[("app-test-version1.0", hosts)], 2, 1, None),
            "{\"app-test-version1.0\": [\"10.1.1.1\", \"10.1.1.2,10.1.1.3\", \"10.1.1.4,10.1.1.1.5\"]}\n"
        );
    }

    #[test]
    fn one_version_with_a_canary_of_two() {
        let hosts = "10.1.1.1,10.1.1.2,10.1.1.3,10.1.1.4,10.1.1.5";
        assert_eq!(
            regal(&[("app-test-version1.0", hosts)], 3, 2, None),
            "{\"app-test-version1.0\": [\"10.1.1.1,10.1.1.2\", \"10.1.1.3,10.1.1.4,10.1.1.5\"]}\n"
        );
    }

    #[test]
    fn several_versions_and_their_priority() {
        assert_eq!(regal(&TWO, 3, 2, Some("app-test-version1.0")), format!("{FIRST}\n{SECOND}\n"));
        assert_eq!(regal(&TWO, 3, 2, Some("version2.0")), format!("{SECOND}\n{FIRST}\n"));
        assert_eq!(regal(&TWO, 3, 2, None), format!("{FIRST}\n{SECOND}\n"));
    }
}
