//! Nodegroups as words of a compound target: Salt's `nodegroup_comp`.

use super::Master;
use crate::error::{Code, Problem};
use crate::nearest;

/// Words that join others.
pub(super) const OPERATORS: [&str; 5] = ["and", "or", "not", "(", ")"];
/// The most words that a target may become.
pub(super) const MAX_WORDS: usize = 100_000;

/// The words that a nodegroup stands for, those of nodegroups in it too.
///
/// # Errors
/// A nodegroup that is not there, or in itself.
pub(super) fn words(master: &Master<'_>, name: &str) -> Result<Vec<String>, Problem> {
    expand(master, name, &mut Vec::new())
}

fn expand(master: &Master<'_>, name: &str, above: &mut Vec<String>) -> Result<Vec<String>, Problem> {
    if above.iter().any(|outer| outer == name) {
        let message = format!("nodegroup `{name}` contains itself: {} > {name}", above.join(" > "));
        return Err(Problem::of(Code::GroupLoop, message).hint("take `N@` out of one of them"));
    }
    let group = master.nodegroups.get(name).ok_or_else(|| unknown(master, name))?;
    if let Some((message, hint)) = &group.fault {
        return Err(Problem::of(Code::InvalidSalt, message.clone()).hint(hint.clone()));
    }
    above.push(name.to_string());
    let mut found = Vec::new();
    let mut nested = false;
    for word in &group.words {
        match word.strip_prefix("N@").filter(|inner| !inner.is_empty()) {
            Some(inner) => {
                nested = true;
                found.extend(expand(master, inner, above)?);
            }
            None => found.push((*word).to_string()),
        }
        if found.len() > MAX_WORDS {
            return Err(too_long(name));
        }
    }
    above.pop();
    // Salt joins ids and expressions also where a nodegroup in the text was found, by the text as it was written.
    let top = above.is_empty();
    if (!nested || !top)
        && let Some(joined) = joined(&group.words)
    {
        if let Some(word) = group.words.iter().find(|word| has_delimiter(word)) {
            return Err(taken_for_ids(word));
        }
        return Ok(vec![joined]);
    }
    // A nodegroup that was not in another keeps its words bare: `N@a and c*` of `a: x* or y*` is `x* or y* and c*`.
    if !found.is_empty() && (nested || !top) {
        found.insert(0, "(".to_string());
        found.push(")".to_string());
    }
    Ok(found)
}

/// One word for a definition without operators, wildcards and matchers: an expression where a character of one is in
/// it, else a list of ids.
fn joined(words: &[&str]) -> Option<String> {
    let is_matcher = |word: &str| matches!(word.as_bytes(), [letter, b'@', ..] if letter.is_ascii_uppercase());
    if words.iter().any(|word| OPERATORS.contains(word) || word.contains('*') || is_matcher(word)) {
        return None;
    }
    let expression = words.iter().any(|word| word.contains(['(', '[', '{', '\\', '?', '}', ']', ')']));
    Some(format!("{}@{}", if expression { "E" } else { "L" }, words.join(",")))
}

/// Whether a word is a matcher with a delimiter of its own, `G|@os|Debian`.
fn has_delimiter(word: &str) -> bool {
    let mut chars = word.chars();
    matches!(
        (chars.next(), chars.next(), chars.next(), chars.next()),
        (Some('G' | 'P' | 'I' | 'J'), Some(_), Some('@'), Some(_))
    )
}

/// That Salt, which looks for a letter and `@` alone here, takes `G|@os|Debian` for an id.
fn taken_for_ids(word: &str) -> Problem {
    let message = format!("`{word}` is an id to Salt here, since no word beside it is like `G@…`");
    Problem::of(Code::InvalidTarget, message).hint(format!("write `{word} and *`, which Salt takes for a target"))
}

pub(super) fn unknown(master: &Master<'_>, name: &str) -> Problem {
    let problem = Problem::of(Code::NoSuchGroup, format!("there is no nodegroup `{name}`"));
    if master.nodegroups.is_empty() {
        return problem.hint("add `nodegroups:` with the master's configuration, or `config:` with its folder");
    }
    match nearest::name(name, master.nodegroups.keys().copied()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("check the spelling: Salt would match no minion, without an error"),
    }
}

pub(super) fn too_long(name: &str) -> Problem {
    Problem::of(Code::LimitExceeded, format!("`{name}` becomes more than {MAX_WORDS} words"))
        .hint("nodegroups that contain each other many times over grow without end; name each once")
}
