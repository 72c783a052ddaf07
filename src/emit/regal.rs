//! The shapes of regal 1.3: `iter_dict()`, a version with its batches, each one text with commas between its hosts, and `.result`,
//! where only the canary is such a text.

use std::io::{self, Write};

use regex::Regex;

use super::json::escaped;
use crate::plan::Plan;
use crate::shown::is_unseen;
use crate::text::all_bytes;

/// Writes one JSON mapping a line, one line a version, in plan order: `{"app-1.0.0": ["10.1.1.1", "10.1.1.2,10.1.1.3"]}`.
///
/// # Errors
/// Those of `out`.
pub fn write(plan: &Plan<'_>, out: &mut impl Write) -> io::Result<()> {
    for rollout in &plan.rollouts {
        write!(out, "{{{}: [", escaped(&serde_json::to_string(rollout.version)?))?;
        for (i, batch) in rollout.batches.iter().enumerate() {
            out.write_all(if i == 0 { b"" } else { b", " })?;
            write_text(&batch.hosts.join(","), out)?;
        }
        out.write_all(b"]}\n")?;
    }
    Ok(())
}

/// Writes a text as JSON; one without anything to escape, as most are, as it is.
fn write_text(text: &str, out: &mut impl Write) -> io::Result<()> {
    if all_bytes(text, |byte| (b' '..0x7f).contains(&byte) && byte != b'"' && byte != b'\\') {
        return write!(out, "\"{text}\"");
    }
    out.write_all(escaped(&serde_json::to_string(text)?).as_bytes())
}

/// Writes what Python prints of `.result`, on one line: `[('app-1.0.0', [['10.1.1.1'], ['10.1.1.2', '10.1.1.3']])]`.
///
/// # Errors
/// Those of `out`.
pub fn write_result(plan: &Plan<'_>, out: &mut impl Write) -> io::Result<()> {
    let python = Python::new();
    let list = |hosts: &[&str]| {
        let hosts: Vec<String> = hosts.iter().map(|host| python.text(host)).collect();
        format!("[{}]", hosts.join(", "))
    };
    let versions = plan.rollouts.iter().map(|rollout| {
        let batches = rollout.batches.iter().enumerate().map(|(i, batch)| match i {
            0 => list(&[&batch.hosts.join(",")]),
            _ => list(&batch.hosts),
        });
        format!("({}, [{}])", python.text(rollout.version), batches.collect::<Vec<_>>().join(", "))
    });
    writeln!(out, "[{}]", versions.collect::<Vec<_>>().join(", "))
}

/// How Python prints a text.
struct Python {
    /// What it does not print as it is: all that `str.isprintable` is false for.
    hidden: Option<Regex>,
}

impl Python {
    fn new() -> Self {
        Python { hidden: Regex::new(r"[\p{C}\p{Z}]").ok() }
    }

    /// The text as `repr` has it.
    fn text(&self, text: &str) -> String {
        let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
        let mut shown = String::from(quote);
        for c in text.chars() {
            match c {
                '\\' => shown.push_str("\\\\"),
                '\n' => shown.push_str("\\n"),
                '\r' => shown.push_str("\\r"),
                '\t' => shown.push_str("\\t"),
                c if c == quote => shown.extend(['\\', c]),
                c if c == ' ' || !self.is_hidden(c) => shown.push(c),
                c if u32::from(c) < 0x100 => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
                c if u32::from(c) < 0x10000 => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => shown.push_str(&format!("\\U{:08x}", u32::from(c))),
            }
        }
        shown.push(quote);
        shown
    }

    fn is_hidden(&self, c: char) -> bool {
        let listed = |hidden: &Regex| hidden.is_match(c.encode_utf8(&mut [0; 4]));
        !c.is_ascii_graphic() && (is_unseen(c) || self.hidden.as_ref().is_some_and(listed))
    }
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

    #[test]
    fn the_result_is_what_python_prints() {
        let hosts =
            vec!["a b", "it's", "\"", "'\"", "\\", "主机\t1\u{7f}", "é\u{a0}\u{200b}\u{2028}\u{e000}\u{10ffff}"];
        let assignments = Assignments { versions: vec![Assigned::new("v", hosts)], unversioned: Vec::new() };
        let keys = Keys { batch_size: Some(vec![BatchSize::Rest]), ..Keys::default() };
        let policy = Policy { layers: vec![Layer { all: keys, ..Layer::default() }], ..Policy::default() };
        let mut out = Vec::new();
        write_result(&plan(&assignments, &policy).unwrap(), &mut out).unwrap();
        let expected = "[('v', [['a b'], [\"it's\", '\"', '\\'\"', '\\\\', '主机\\t1\\x7f', \
                        'é\\xa0\\u200b\\u2028\\ue000\\U0010ffff']])]\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn what_steers_a_terminal_stands_as_an_escape() {
        let assignments =
            Assignments { versions: vec![Assigned::new("v", vec!["a\u{9b}2J"])], unversioned: Vec::new() };
        let mut out = Vec::new();
        write(&plan(&assignments, &Policy::default()).unwrap(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "{\"v\": [\"a\\u009b2J\"]}\n");
    }
}
