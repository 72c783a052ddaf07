//! What a full inventory cannot carry: JSON has strings for keys, no dates and no sets, and Ansible takes odd names from
//! files only.

use std::collections::HashSet;

use crate::error::{Code, Problem};
use crate::inventory::{Inventory, Var};
use crate::shown::Shown;
use crate::text::TextMap;
use crate::value::{KeyKind, Value};

/// From this many findings on, the rest is only counted.
const MOST: usize = 100;

/// Warnings of variables whose values or names are others in the JSON of `--list` than in the source, each with its place.
pub fn losses(inventory: &Inventory<'_>, texts: &TextMap<'_>) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut more = 0;
    for var in inventory.all_vars().filter(|var| seen.insert(var.at)) {
        for problem in of_variable(inventory, &var) {
            if found.len() < MOST { found.push(problem.at(texts.locate(var.at))) } else { more += 1 }
        }
    }
    if more > 0 {
        found.push(Problem::of(
            Code::NotShown,
            format!("{more} more values and names that a full inventory cannot carry are not shown"),
        ));
    }
    found
}

fn of_variable(inventory: &Inventory<'_>, var: &Var<'_>) -> Vec<Problem> {
    let beside = "with `groups_only: true` beside the source Ansible reads it itself";
    let name = inventory.var_name(var.name);
    let mut problems = Vec::new();
    if !is_variable_name(name) {
        let message = format!(
            "`{}` is not a valid variable name; Ansible deprecates such names in what a program prints",
            Shown::new(name)
        );
        problems.push(Problem::of(Code::Changed, message).hint(format!("use letters, digits and `_`; {beside}")));
    }
    if let Some(loss) = loss(var.value) {
        let message = format!("`{}` has {loss} in a full inventory, since JSON has nothing else", Shown::new(name));
        problems.push(Problem::of(Code::Changed, message).hint(format!("{beside}; or write it as text")));
    }
    problems
}

/// What becomes of the first part of a value that JSON has no type for.
fn loss(value: Value<'_>) -> Option<&'static str> {
    match value {
        Value::Date(_) => Some("a date, which becomes text"),
        Value::Set(_) => Some("a set, which becomes a list"),
        Value::List(items) => items.iter().find_map(|item| loss(*item)),
        Value::Map(entries) => entries.iter().find_map(|entry| match entry.kind {
            KeyKind::Str => loss(entry.value),
            _ => Some("a key that is not text, which becomes text"),
        }),
        _ => None,
    }
}

/// Ansible's rule: a Python identifier of ASCII.
fn is_variable_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
