//! Host patterns, as Ansible's `--limit` and `hosts:` take them.
//!
//! ```text
//! web              a group or host        web*  web?  web[ab]     a glob over groups and hosts
//! web:db  web,db   either                 ~web\d+                 a regular expression, from the start of the name
//! &prod            only these             web[0]  web[-1]         the first, the last of what matches
//! !web9            without these          web[0:2]  web[2:]       from one to another, both included
//! ```
//!
//! A text with a comma is split at commas; else, unless it is one address, at colons. The terms without a mark come
//! first, then `&`, then `!`, wherever they stand; `ungrouped` and `all` are groups like others. The rules are those of
//! ansible-core 2.19, `inventory/manager.py`. Where Ansible's order of hosts depends on chance this one does not: see
//! [`Inventory::hosts_in`].

pub mod address;
mod glob;
mod meant;
pub mod range;

pub use meant::hint as range_hint;
use regex::Regex;

use crate::inventory::{GroupId, HostId, Inventory};
use crate::text::{commas, is_python_space, python_int, python_trim};

/// A pattern that cannot be read or has no meaning here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong, as a fragment that fits after `error: `.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// What a pattern selects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The hosts, each once: in the order of the terms, and within a term in the inventory's order.
    pub hosts: Vec<HostId>,
    /// Terms without a mark that match no group and no host.
    pub unmatched: Vec<String>,
    /// `&` and `!` terms that match no group and no host.
    pub unmatched_filters: Vec<String>,
    /// Terms that look like ranges of host names and select other hosts, with what to write instead.
    pub ranges: Vec<(String, String)>,
    /// Hosts that more than one term without a mark names one by one.
    pub repeated: Vec<HostId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Any,
    Only,
    Not,
}

/// Splits a text into its terms, as Ansible's `split_host_pattern` does; surrounding space goes.
pub fn split(pattern: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    split_into(pattern, &mut terms);
    terms
}

/// [`split`], behind the terms that are there.
pub fn split_into<'t>(pattern: &'t str, terms: &mut Vec<&'t str>) {
    let full = |term: &&str| !term.is_empty();
    if address::is_plain_name(pattern) {
        terms.push(pattern);
    } else if has_comma(pattern) {
        terms.extend(commas(pattern).map(python_trim).filter(full));
    } else if address::parse(pattern).is_some() {
        terms.extend(Some(python_trim(pattern)).filter(full));
    } else {
        terms.extend(split_at_colons(pattern).into_iter().map(python_trim).filter(full));
    }
}

/// The stretches without space or colon, where a `[…]` counts as one character.
fn split_at_colons(pattern: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let mut start = None;
    let mut at = 0;
    while let Some(c) = pattern[at..].chars().next() {
        let bracketed = if c == '[' { pattern[at..].find(']').map(|end| end + 1) } else { None };
        let part = !is_python_space(c) && !matches!(c, ':' | '[' | ']');
        let length = bracketed.unwrap_or(c.len_utf8());
        if part || bracketed.is_some() {
            start.get_or_insert(at);
        } else if let Some(from) = start.take() {
            terms.push(&pattern[from..at]);
        }
        at += length;
    }
    terms.extend(start.map(|from| &pattern[from..]));
    terms
}

/// An item of a pattern that names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptyItem {
    /// Which one, from 1.
    pub nth: usize,
    /// The number of items.
    pub of: usize,
}

impl std::fmt::Display for EmptyItem {
    /// `item 2 of 3 is empty`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.of {
            1 => f.write_str("it names nothing"),
            of => write!(f, "item {} of {of} is empty", self.nth),
        }
    }
}

/// The first item of a text that names nothing: `""`, `web::db`, `web:`, `:`, `!`. Ansible skips such an item, and
/// takes every host where no other is left.
pub fn empty_item(pattern: &str) -> Option<EmptyItem> {
    if address::is_plain_name(pattern) {
        return None;
    }
    if has_comma(pattern) {
        let nth = commas(pattern).position(is_nothing)? + 1;
        return Some(EmptyItem { nth, of: commas(pattern).count() });
    }
    if address::parse(pattern).is_some() && !is_nothing(pattern) {
        return None;
    }
    let items = between_colons(pattern);
    let nth = items.iter().position(|item| is_nothing(item))? + 1;
    Some(EmptyItem { nth, of: items.len() })
}

fn has_comma(pattern: &str) -> bool {
    memchr::memchr(b',', pattern.as_bytes()).is_some()
}

/// Whether a term has no name: at most a mark or what stands between terms.
pub fn is_nothing(term: &str) -> bool {
    term.chars().all(|c| is_python_space(c) || matches!(c, ':' | '!' | '&' | '~'))
}

/// What stands between the colons outside `[…]`.
fn between_colons(pattern: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(c) = pattern[at..].chars().next() {
        let bracketed = if c == '[' { pattern[at..].find(']') } else { None };
        if c == ':' {
            items.push(&pattern[from..at]);
            from = at + 1;
        }
        at += bracketed.map_or(c.len_utf8(), |end| end + 1);
    }
    items.push(&pattern[from..]);
    items
}

/// The hosts that terms select from an inventory; with no term but `&` and `!` ones, out of all hosts.
///
/// # Errors
/// A broken regular expression, or a subscript beyond the hosts that match.
pub fn select(inventory: &Inventory<'_>, terms: &[&str]) -> Result<Selection, PatternError> {
    let marked = |term: &str| match term.as_bytes().first() {
        Some(b'!') => Mark::Not,
        Some(b'&') => Mark::Only,
        _ => Mark::Any,
    };
    let of = |mark: Mark| terms.iter().copied().filter(move |term| !term.is_empty() && marked(term) == mark);
    let mut selection = Selection::default();
    let mut chosen = vec![false; inventory.host_ids().len()];
    let plain: Vec<&str> = of(Mark::Any).collect();
    for term in if plain.is_empty() { vec!["all"] } else { plain } {
        // Only here a host goes before a group of its name.
        let found = match inventory.find_host(term) {
            Some(host) => Some(vec![host]),
            None => match_term(inventory, term)?.or_else(|| meant::named(inventory, term)),
        };
        let Some(hosts) = found else {
            selection.unmatched.push(term.to_string());
            continue;
        };
        if let Some(hint) = meant::other_hosts(inventory, term, &hosts) {
            selection.ranges.push((term.to_string(), hint));
        }
        let single = hosts.len() == 1;
        for host in hosts {
            if !std::mem::replace(&mut chosen[host.index()], true) {
                selection.hosts.push(host);
            } else if single {
                selection.repeated.push(host);
            }
        }
    }
    for (mark, keep) in [(Mark::Only, true), (Mark::Not, false)] {
        for term in of(mark) {
            let found = match_term(inventory, &term[1..])?.or_else(|| meant::named(inventory, &term[1..]));
            if found.is_none() {
                selection.unmatched_filters.push(term.to_string());
            }
            let mut matched = vec![false; chosen.len()];
            found.unwrap_or_default().iter().for_each(|host| matched[host.index()] = true);
            selection.hosts.retain(|host| matched[host.index()] == keep);
        }
    }
    Ok(selection)
}

/// The hosts of one term without its mark; nothing where no group and no host has such a name.
fn match_term(inventory: &Inventory<'_>, term: &str) -> Result<Option<Vec<HostId>>, PatternError> {
    let (names, subscript) = split_subscript(term);
    let matches = Matches::of(inventory, names)?;
    if matches.groups.is_empty() && matches.hosts.is_empty() {
        return Ok(None);
    }
    let Some(subscript) = subscript else { return Ok(Some(matches.in_order(inventory))) };
    let hosts = matches.as_ansible_counts(inventory);
    if hosts.is_empty() {
        return Ok(Some(hosts));
    }
    subscript.apply(&hosts).map(Some).ok_or_else(|| PatternError {
        message: format!("pattern `{term}` asks for a host beyond the {} that `{names}` has", hosts.len()),
        hint: "count from 0, or from -1 for the last".to_string(),
    })
}

/// Whether a term, with its mark and subscript, asks for a group of that name; `*` asks for all hosts.
pub fn asks_for(term: &str, group: &str) -> bool {
    let (names, _) = split_subscript(term.strip_prefix(['!', '&']).unwrap_or(term));
    if is_plain(names) {
        names == group
    } else {
        names != "*" && Matcher::new(names).is_ok_and(|matcher| matcher.matches(group))
    }
}

fn is_plain(names: &str) -> bool {
    !names.starts_with('~') && !names.contains(['.', '?', '*', '['])
}

/// The groups and hosts that a term names.
struct Matches {
    groups: Vec<GroupId>,
    hosts: Vec<HostId>,
}

impl Matches {
    /// A plain name is a group's or else a host's; a glob, a regular expression and a name with a dot may match both.
    fn of(inventory: &Inventory<'_>, names: &str) -> Result<Self, PatternError> {
        if is_plain(names) {
            let groups: Vec<GroupId> = inventory.find_group(names).into_iter().collect();
            let hosts = if groups.is_empty() { inventory.find_host(names) } else { None };
            return Ok(Matches { groups, hosts: hosts.into_iter().collect() });
        }
        let matcher = Matcher::new(names)?;
        Ok(Matches {
            groups: inventory.group_ids().filter(|id| matcher.matches(inventory.group_name(*id))).collect(),
            hosts: inventory.host_ids().filter(|id| matcher.matches(inventory.host_name(*id))).collect(),
        })
    }

    /// Each host once: a single group's in its order, else in the inventory's.
    fn in_order(&self, inventory: &Inventory<'_>) -> Vec<HostId> {
        if let ([group], []) = (&self.groups[..], &self.hosts[..]) {
            return inventory.hosts_in(*group);
        }
        let mut chosen = vec![false; inventory.host_ids().len()];
        let of_groups = self.groups.iter().flat_map(|group| inventory.hosts_in(*group));
        of_groups.chain(self.hosts.iter().copied()).for_each(|host| chosen[host.index()] = true);
        inventory.host_ids().filter(|host| chosen[host.index()]).collect()
    }

    /// What a subscript counts: group by group, then host by host, so that a host may come more than once.
    fn as_ansible_counts(&self, inventory: &Inventory<'_>) -> Vec<HostId> {
        let of_groups = self.groups.iter().flat_map(|group| inventory.hosts_walked(*group));
        of_groups.chain(self.hosts.iter().copied()).collect()
    }
}

/// A glob, or a regular expression after `~`.
pub struct Matcher(Regex);

impl Matcher {
    /// Compiles a glob (`*`, `?`, `[…]`, the whole name) or, after `~`, a regular expression (from the start of the name).
    ///
    /// # Errors
    /// A regular expression that cannot be compiled.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        match pattern.strip_prefix('~') {
            Some(expression) => Matcher::compile(&format!("^(?:{expression})"), pattern),
            None => Matcher::glob(pattern),
        }
    }

    /// Compiles a glob, for the whole name.
    ///
    /// # Errors
    /// One that is too large.
    pub fn glob(pattern: &str) -> Result<Self, PatternError> {
        Matcher::compile(&glob::to_regex(pattern), pattern)
    }

    /// Compiles a regular expression, from the start of the name.
    ///
    /// # Errors
    /// One that cannot be compiled.
    pub fn regex(expression: &str) -> Result<Self, PatternError> {
        Matcher::compile(&format!("^(?:{expression})"), expression)
    }

    fn compile(expression: &str, pattern: &str) -> Result<Self, PatternError> {
        Regex::new(expression).map(Matcher).map_err(|error| {
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let hint = if why.contains("not supported") {
                "write it without look-around and back-references, or list the names"
            } else {
                "close what it opens, or escape special characters with `\\`"
            };
            PatternError {
                message: format!("pattern `{pattern}` is not a valid regular expression: {why}"),
                hint: hint.to_string(),
            }
        })
    }

    /// Whether a name matches.
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// `[n]` or `[n:m]` after a pattern; both ends included, -1 the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Subscript {
    start: i64,
    end: Option<i64>,
}

impl Subscript {
    fn apply(self, hosts: &[HostId]) -> Option<Vec<HostId>> {
        let count = hosts.len() as i64;
        // Ansible takes `[n:0]` for `[n]`, since it tests the end for truth.
        match self.end.filter(|end| *end != 0) {
            None => {
                let index = if self.start < 0 { self.start + count } else { self.start };
                usize::try_from(index).ok().and_then(|index| hosts.get(index)).map(|host| vec![*host])
            }
            Some(end) => {
                let end = if end == -1 { count } else { end.saturating_add(1).min(count) };
                let range = self.start.clamp(0, count) as usize..end.max(0) as usize;
                Some(hosts.get(range).map(<[HostId]>::to_vec).unwrap_or_default())
            }
        }
    }
}

/// The pattern and the subscript after it, if it has one; a regular expression has none.
fn split_subscript(term: &str) -> (&str, Option<Subscript>) {
    let parsed = || {
        let (names, subscript) = term.strip_suffix(']')?.rsplit_once('[')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let subscript = if digits(subscript.strip_prefix('-').unwrap_or(subscript)) {
            Subscript { start: python_int(subscript)?, end: None }
        } else {
            let (start, end) = subscript.split_once([':', '-'])?;
            if !digits(start) || !(end.is_empty() || digits(end)) {
                return None;
            }
            Subscript { start: python_int(start)?, end: Some(if end.is_empty() { -1 } else { python_int(end)? }) }
        };
        Some((names, Some(subscript))).filter(|(names, _)| !names.is_empty())
    };
    if term.starts_with('~') { (term, None) } else { parsed().unwrap_or((term, None)) }
}
