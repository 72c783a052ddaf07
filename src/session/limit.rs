//! The limit: which hosts of a plan are shown. As with Ansible, `@FILE` stands for the patterns in a file, one per line.
//!
//! A plan is made of all hosts and then shown in part, so that a limit never moves a host to another batch.

use crate::diagnostics::Diagnostics;
use crate::error::{Code, Error, Location, Problem};
use crate::inventory::{HostId, Inventory};
use crate::pattern;
use crate::plan::Plan;
use crate::policy::Pattern;
use crate::salt::{is_target, listed, no_source};
use crate::source::{Loaded, Options};
use crate::text::Encoding;

/// Returns for each host, by its index, whether the limit leaves it out; nothing without a limit. Files are read as
/// `options` say.
///
/// # Errors
/// A pattern or its file that cannot be read; no host left.
pub fn hidden(
    limit: &[Pattern],
    loaded: &Loaded<'_>,
    options: &Options,
    found: &mut Diagnostics,
) -> Result<Vec<bool>, Error> {
    let Some(first) = limit.first() else { return Ok(Vec::new()) };
    let inventory = &loaded.inventory;
    let (targets, patterns): (Vec<&Pattern>, Vec<&Pattern>) =
        limit.iter().partition(|pattern| is_target(&pattern.text));
    let mut hosts = of_targets(loaded, &targets, found)?;
    if !patterns.is_empty() {
        hosts.extend(of_patterns(loaded, &patterns, options, found)?);
    }
    if hosts.is_empty() && inventory.host_ids().len() > 0 {
        let problem = Problem::of(Code::NoHosts, "the limit leaves no host").at(Location::clone(&first.at));
        let range = limit.iter().flat_map(|pattern| pattern::split(&pattern.text)).find_map(pattern::range_hint);
        let spelling = "check the pattern; regal-inventory --graph shows groups and hosts";
        return Err(problem.hint(range.unwrap_or_else(|| spelling.to_string())).into());
    }
    let mut hidden = vec![true; inventory.host_ids().len()];
    hosts.iter().for_each(|host| hidden[host.index()] = false);
    Ok(hidden)
}

/// Returns the plan without hidden hosts; batches keep their names, and those that lose all hosts are left out.
pub fn shown<'a>(mut plan: Plan<'a>, inventory: &Inventory<'a>, hidden: &[bool]) -> Plan<'a> {
    if hidden.is_empty() {
        return plan;
    }
    let shown = |name: &&str| inventory.find_host(name).is_none_or(|host| !hidden[host.index()]);
    for rollout in &mut plan.rollouts {
        rollout.retain(|name| shown(&name));
    }
    plan.rollouts.retain(|rollout| !rollout.batches.is_empty());
    plan.unversioned.retain(shown);
    plan
}

/// The hosts of Ansible's patterns.
fn of_patterns(
    loaded: &Loaded<'_>,
    patterns: &[&Pattern],
    options: &Options,
    found: &mut Diagnostics,
) -> Result<Vec<HostId>, Error> {
    let terms = terms(patterns, options)?;
    let named: Vec<&str> = terms.iter().map(String::as_str).collect();
    let at = || patterns.first().map_or_else(|| Location::whole("--limit"), |first| Location::clone(&first.at));
    if let Some(master) = &loaded.master
        && let Some(problem) = master.unanswered(|name| named.iter().any(|term| pattern::asks_for(term, name)))
    {
        return Err(problem.at(at()).into());
    }
    let selection = pattern::select(&loaded.inventory, &named)
        .map_err(|error| Problem::of(Code::InvalidPattern, error.message).at(at()).hint(error.hint))?;
    for (term, hint) in &selection.ranges {
        let message = format!("limit `{term}` is not a range of names in a pattern, and takes other hosts than those");
        found.warn(Problem::of(Code::InvalidPattern, message).at(at()).hint(hint));
    }
    for term in selection.unmatched.iter().chain(&selection.unmatched_filters) {
        found.warn(Problem::of(Code::NoMatch, format!("limit `{term}` matches no host and no group")).at(at()));
    }
    Ok(selection.hosts)
}

/// The minions of Salt's targets.
fn of_targets(loaded: &Loaded<'_>, targets: &[&Pattern], found: &mut Diagnostics) -> Result<Vec<HostId>, Error> {
    let mut hosts = Vec::new();
    let mut problems = Vec::new();
    for target in targets {
        let selection = match &loaded.master {
            Some(master) => master.select(&target.text),
            None => Err(no_source(&format!("`{}` is a target of Salt's", target.text))),
        };
        match selection {
            Ok(selection) => {
                if !selection.unknown.is_empty() {
                    let unknown: Vec<&str> = selection.unknown.iter().map(String::as_str).collect();
                    let message = format!("limit `{}` lists what is not a minion: {}", target.text, listed(&unknown));
                    found.warn(Problem::of(Code::NoMatch, message).at(Location::clone(&target.at)));
                }
                hosts.extend(selection.minions.iter().filter_map(|id| loaded.inventory.find_host(id)));
            }
            Err(problem) => problems.push(problem.at(Location::clone(&target.at))),
        }
    }
    Error::unless_any(problems, hosts)
}

/// The terms of all patterns, those of files in the place of their names.
fn terms(patterns: &[&Pattern], options: &Options) -> Result<Vec<String>, Error> {
    let mut terms = Vec::new();
    let mut problems = Vec::new();
    for pattern in patterns {
        for term in pattern::split(&pattern.text) {
            match term.strip_prefix('@') {
                None => terms.push(term.to_string()),
                Some(file) => match lines(file, &pattern.at, options) {
                    Ok(lines) => terms.extend(lines),
                    Err(problem) => problems.push(problem),
                },
            }
        }
    }
    Error::unless_any(problems, terms)
}

/// The lines of a file that are not blank. Each is one term: Ansible splits none of them.
fn lines(file: &str, at: &Location, options: &Options) -> Result<Vec<String>, Problem> {
    let wrong = |code, what: String| Problem::of(code, format!("limit file `{file}` {what}")).at(at.clone());
    let bytes = options.pipes.read(&options.surroundings.folder.join(file), &options.limits).map_err(|unread| {
        let hint = unread.hint_or("check the path, which starts from the working directory");
        wrong(Code::Unreadable, format!("cannot be read: {}", unread.why)).hint(hint)
    })?;
    if let Some(encoding) = Encoding::of(&bytes) {
        return Err(wrong(Code::Encoding, format!("is {} and not UTF-8", encoding.name())).hint(encoding.hint()));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| wrong(Code::Encoding, "is not valid UTF-8".to_string()).hint("save it as UTF-8"))?;
    let lines: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToString::to_string).collect();
    if lines.is_empty() {
        // Without a term a limit would leave every host.
        return Err(wrong(Code::InvalidPattern, "names no host".to_string()).hint("write one pattern per line"));
    }
    if let Some(line) = lines.iter().find(|line| pattern::is_nothing(line)) {
        let hint = "write a pattern there, or take the line out";
        return Err(wrong(Code::InvalidPattern, format!("has the line `{line}`, which names nothing")).hint(hint));
    }
    Ok(lines)
}
