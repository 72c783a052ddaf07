//! Which minions a target matches.

use std::collections::HashSet;

use super::compound::{self, Expression, Kind, Test};
use super::{Bank, Coverage, Master, Minion, SHOWN, listed};
use crate::error::{Code, Problem};
use crate::value::Value;

/// What a target selects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection<'a> {
    /// The minions, in the master's order.
    pub minions: Vec<&'a str>,
    /// Ids that a list or a word names and that are not minions, sorted.
    pub unknown: Vec<String>,
}

/// What can be said of a minion.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    /// The minion's data would say.
    Unknown,
}

/// Asks every minion.
///
/// # Errors
/// A test that no source can answer; minions whose data is missing, if that decides.
pub(super) fn select<'a>(master: &Master<'a>, expression: &Expression) -> Result<Selection<'a>, Problem> {
    let mut tests = Vec::new();
    collect(expression, &mut tests);
    tests.iter().try_for_each(|test| check(master, test))?;
    let mut selection = Selection::default();
    let mut undecided = Vec::new();
    for (id, minion) in &master.minions {
        match ask(expression, id, minion) {
            Answer::Yes => selection.minions.push(id),
            Answer::No => {}
            Answer::Unknown => undecided.push(*id),
        }
    }
    if !undecided.is_empty() {
        return Err(unanswered(master, &tests, &undecided));
    }
    let unknown: HashSet<&String> =
        tests.iter().flat_map(|test| named(test)).filter(|id| !master.minions.contains_key(id.as_str())).collect();
    selection.unknown = unknown.into_iter().cloned().collect();
    selection.unknown.sort_unstable();
    Ok(selection)
}

/// The ids that a test names: those of a list, or a word without wildcards.
fn named(test: &Test) -> Vec<&String> {
    match &test.kind {
        Kind::Ids(ids) => ids.iter().collect(),
        Kind::Id(_, true) => vec![&test.word],
        _ => Vec::new(),
    }
}

fn collect<'e>(expression: &'e Expression, tests: &mut Vec<&'e Test>) {
    match expression {
        Expression::Test(test) => tests.push(test),
        Expression::Not(inner) => collect(inner, tests),
        Expression::All(parts) | Expression::Any(parts) => parts.iter().for_each(|part| collect(part, tests)),
    }
}

/// The data that a test looks into, with the key it begins with.
fn needs(test: &Test) -> Option<(Bank, Option<&str>)> {
    match &test.kind {
        Kind::Data(bank, query) => Some((*bank, query.top())),
        Kind::Network(subnet) => Some((Bank::Grains, Some(subnet.grain()))),
        Kind::Ids(_) | Kind::Id(..) => None,
    }
}

/// Whether the sources can answer a test at all.
fn check(master: &Master<'_>, test: &Test) -> Result<(), Problem> {
    if let Kind::Id(_, false) = test.kind
        && !master.listed
    {
        let message = format!("`{}` asks for all minions, and no source says which there are", test.word);
        return Err(Problem::of(Code::MinionsUnknown, message)
            .hint("add `keys:` with the folder of accepted keys, or a `roster:`"));
    }
    // Salt takes it for an id; nobody has it.
    if let Kind::Id(matcher, _) = &test.kind
        && let Some(letter) = compound::misspelt(&test.word)
        && !master.minions.keys().any(|id| matcher.matches(id))
    {
        let message = format!("`{}` is neither the id of a minion nor a matcher of Salt's", test.word);
        return Err(Problem::of(Code::InvalidTarget, message).hint(compound::meant(&test.word, letter)));
    }
    let Some((bank, top)) = needs(test) else { return Ok(()) };
    let name = bank.name();
    if master.coverage(bank) == Coverage::Nothing {
        let message = format!("`{}` asks for {name}, and no source has any", test.word);
        return Err(Problem::of(Code::MinionsUnknown, message).hint(bank.remedy()));
    }
    if master.coverage(bank) == Coverage::Part
        && let Some(top) = top
        && !master.minions.values().any(|minion| minion.data(bank).is_some_and(|data| has_key(data, top)))
    {
        let message = format!("`{}` asks for `{top}`, which the saved {name} of no minion have", test.word);
        return Err(Problem::of(Code::MinionsUnknown, message)
            .hint(format!("check the spelling, or save it too; {}", bank.remedy())));
    }
    Ok(())
}

/// Whether saved data answers for a key: by itself, or as `pillar.item app:version` prints it.
fn has_key(data: Value<'_>, top: &str) -> bool {
    let Value::Map(entries) = data else { return false };
    entries.iter().any(|entry| entry.key == top)
}

fn ask(expression: &Expression, id: &str, minion: &Minion<'_>) -> Answer {
    match expression {
        Expression::Test(test) => ask_test(test, id, minion),
        Expression::Not(inner) => match ask(inner, id, minion) {
            Answer::Yes => Answer::No,
            Answer::No => Answer::Yes,
            Answer::Unknown => Answer::Unknown,
        },
        Expression::All(parts) => decide(parts, id, minion, Answer::No, Answer::Yes),
        Expression::Any(parts) => decide(parts, id, minion, Answer::Yes, Answer::No),
    }
}

/// The answer of several: `decisive` if one gives it, unknown if one could, else `otherwise`.
fn decide(parts: &[Expression], id: &str, minion: &Minion<'_>, decisive: Answer, otherwise: Answer) -> Answer {
    let mut answer = otherwise;
    for part in parts {
        match ask(part, id, minion) {
            given if given == decisive => return decisive,
            Answer::Unknown => answer = Answer::Unknown,
            _ => {}
        }
    }
    answer
}

fn ask_test(test: &Test, id: &str, minion: &Minion<'_>) -> Answer {
    let matched = match &test.kind {
        Kind::Ids(ids) => ids.contains(id),
        Kind::Id(matcher, _) => matcher.matches(id),
        Kind::Data(bank, query) => match minion.data(*bank) {
            Some(data) => query.matches(data),
            None => return Answer::Unknown,
        },
        Kind::Network(subnet) => match minion.grains {
            Some(grains) => match grains.get(subnet.grain()) {
                Some(Value::List(addresses)) => {
                    addresses.iter().filter_map(Value::text).any(|address| subnet.contains(address))
                }
                _ => false,
            },
            None => return Answer::Unknown,
        },
    };
    if matched { Answer::Yes } else { Answer::No }
}

/// Why some minions could not be decided on.
fn unanswered(master: &Master<'_>, tests: &[&Test], undecided: &[&str]) -> Problem {
    let missing = |test: &&&Test| {
        needs(test).is_some_and(|(bank, _)| {
            undecided.iter().any(|id| master.minions.get(id).is_some_and(|minion| minion.data(bank).is_none()))
        })
    };
    let test = tests.iter().find(missing);
    let (word, bank) = test.and_then(|test| Some((test.word.as_str(), needs(test)?.0))).unwrap_or(("", Bank::Grains));
    let name = bank.name();
    let message = format!("whether `{word}` matches {} cannot be said: no source has the {name}", listed(undecided));
    Problem::of(Code::MinionsUnknown, message).hint(format!(
        "have the master ask again: salt -L '{}' saltutil.refresh_{name}; or delete the keys of machines that are gone",
        undecided.iter().take(SHOWN).copied().collect::<Vec<_>>().join(",")
    ))
}
