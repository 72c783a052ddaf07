//! `--limit`: which hosts are shown. As with Ansible, `@FILE` stands for the patterns in a file, one a line.

use std::path::Path;

use regal_inventory::error::{Error, Location, Problem};
use regal_inventory::inventory::{HostId, Inventory};
use regal_inventory::pattern;
use regal_inventory::salt::{is_target, no_source};
use regal_inventory::settings::Pattern;
use regal_inventory::source::Loaded;

use super::pipeline::Invocation;

/// The hosts that `limit` leaves out, by their index; empty without it.
///
/// # Errors
/// A pattern or its file that cannot be read; no host left.
pub fn hidden(
    invocation: &Invocation<'_>,
    loaded: &Loaded<'_>,
    warnings: &mut Vec<Problem>,
) -> Result<Vec<bool>, Error> {
    let Some(first) = invocation.settings.limit.first() else { return Ok(Vec::new()) };
    let inventory = &loaded.inventory;
    let (targets, patterns): (Vec<&Pattern>, Vec<&Pattern>) =
        invocation.settings.limit.iter().partition(|pattern| is_target(&pattern.text));
    let mut hosts = of_targets(loaded, &targets)?;
    if !patterns.is_empty() {
        hosts.extend(of_patterns(inventory, &patterns, warnings)?);
    }
    if hosts.is_empty() && inventory.host_ids().len() > 0 {
        let problem = Problem::new("the limit leaves no host").at(first.at.clone());
        return Err(problem.hint("check the pattern; regal-inventory --graph shows groups and hosts").into());
    }
    let mut hidden = vec![true; inventory.host_ids().len()];
    hosts.iter().for_each(|host| hidden[host.index()] = false);
    Ok(hidden)
}

/// The hosts of Ansible's patterns.
fn of_patterns(
    inventory: &Inventory<'_>,
    patterns: &[&Pattern],
    warnings: &mut Vec<Problem>,
) -> Result<Vec<HostId>, Error> {
    let terms = terms(patterns)?;
    let named: Vec<&str> = terms.iter().map(String::as_str).collect();
    let at = || patterns.first().map_or_else(|| Location::whole("--limit"), |first| first.at.clone());
    let selection =
        pattern::select(inventory, &named).map_err(|error| Problem::new(error.message).at(at()).hint(error.hint))?;
    for term in selection.unmatched.iter().chain(&selection.unmatched_filters) {
        warnings.push(Problem::new(format!("limit `{term}` matches no host and no group")).at(at()));
    }
    Ok(selection.hosts)
}

/// The minions of Salt's targets.
fn of_targets(loaded: &Loaded<'_>, targets: &[&Pattern]) -> Result<Vec<HostId>, Error> {
    let mut hosts = Vec::new();
    let mut problems = Vec::new();
    for target in targets {
        let selection = match &loaded.fleet {
            Some(fleet) => fleet.select(&target.text),
            None => Err(no_source(&format!("`{}` is a target of Salt's", target.text))),
        };
        match selection {
            Ok(selection) => hosts.extend(selection.minions.iter().filter_map(|id| loaded.inventory.find_host(id))),
            Err(problem) => problems.push(problem.at(target.at.clone())),
        }
    }
    Error::unless_any(problems, hosts)
}

/// The terms of all patterns, those of files in the place of their names.
fn terms(patterns: &[&Pattern]) -> Result<Vec<String>, Error> {
    let mut terms = Vec::new();
    let mut problems = Vec::new();
    for pattern in patterns {
        for term in pattern::split(&pattern.text) {
            match term.strip_prefix('@') {
                None => terms.push(term.to_string()),
                Some(file) => match lines(file, &pattern.at) {
                    Ok(lines) => terms.extend(lines),
                    Err(problem) => problems.push(problem),
                },
            }
        }
    }
    Error::unless_any(problems, terms)
}

/// The lines of a file that are not blank. Each is one term: Ansible splits none of them.
fn lines(file: &str, at: &Location) -> Result<Vec<String>, Problem> {
    let wrong = |what: String| Problem::new(format!("limit file `{file}` {what}")).at(at.clone());
    let text = std::fs::read_to_string(Path::new(file)).map_err(|error| {
        wrong(format!("cannot be read: {error}")).hint("check the path, which starts from the working directory")
    })?;
    let lines: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToString::to_string).collect();
    if lines.is_empty() {
        // Without a term a limit would leave every host.
        return Err(wrong("names no host".to_string()).hint("write one pattern a line"));
    }
    if let Some(line) = lines.iter().find(|line| pattern::is_nothing(line)) {
        let hint = "write a pattern there, or take the line out";
        return Err(wrong(format!("has the line `{line}`, which names nothing")).hint(hint));
    }
    Ok(lines)
}
