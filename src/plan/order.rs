//! The order of the versions.

use std::collections::HashMap;

use crate::assign::Assigned;
use crate::error::Problem;
use crate::policy::Priority;

/// Versions that a hint lists.
const LISTED: usize = 10;

/// The versions that `priority` names, then the others in order of first appearance.
pub(super) fn by_priority<'v, 'a>(
    versions: &'v [Assigned<'a>],
    priority: &Priority,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) -> Vec<&'v Assigned<'a>> {
    let mut ordered: Vec<_> = versions.iter().collect();
    match priority {
        Priority::None => {}
        Priority::Containing(text, at) => {
            if !versions.iter().any(|assigned| assigned.version.contains(text)) {
                let message = format!("`priority_name`: no version contains `{text}`");
                warnings.push(Problem::new(message).at(at.clone()).hint(versions_hint(versions)));
            }
            ordered.sort_by_key(|assigned| !assigned.version.contains(text));
        }
        Priority::Names(names) => {
            let ranks: HashMap<_, _> =
                names.iter().enumerate().map(|(rank, (name, _))| (name.as_str(), rank)).collect();
            ordered.sort_by_key(|assigned| ranks.get(assigned.version).copied().unwrap_or(usize::MAX));
            for (name, at) in names {
                if !versions.iter().any(|assigned| assigned.version == name) {
                    let message = format!("`priority` names `{name}`, which is no version");
                    problems.push(Problem::new(message).at(at.clone()).hint(versions_hint(versions)));
                }
            }
        }
    }
    ordered
}

/// A hint that lists the versions there are.
pub(super) fn versions_hint(versions: &[Assigned<'_>]) -> String {
    let mut names: Vec<_> = versions.iter().take(LISTED).map(|assigned| assigned.version.to_string()).collect();
    if versions.len() > LISTED {
        names.push(format!("… and {} more", versions.len() - LISTED));
    }
    if names.is_empty() { "there is no version".to_string() } else { format!("the versions are {}", names.join(", ")) }
}
