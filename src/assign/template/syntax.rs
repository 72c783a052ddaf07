//! What a version's template may be made of: less than Jinja, so that its result stays as small as it looks.
//!
//! Sequences times numbers, loops, variables and lists of joined texts can each make gigabytes out of a line, and minijinja
//! counts instructions, not bytes. Without them a result has at most the size of what the template names.

/// The longest template, in characters.
pub(super) const LONGEST: usize = 1000;

/// The statements that a template may have.
const STATEMENTS: [&str; 4] = ["if", "elif", "else", "endif"];

/// Words that a bracket may follow without being called.
const OPERATORS: [&str; 8] = ["in", "not", "and", "or", "if", "elif", "else", "is"];

/// What a template has that it may not have, as a message and a hint.
pub(super) type Refused = (String, &'static str);

const JOIN: &str = "write \"{{ app }}-{{ app_version }}\"; texts are joined outside of brackets";
const ONLY_IF: &str = "work it out in the inventory, and name the variable that has the result";

/// Checks a template.
///
/// # Errors
/// What it may not have.
pub(super) fn check(source: &str) -> Result<(), Refused> {
    let length = source.chars().count();
    if length > LONGEST {
        return Err((format!("it has {length} characters, and {LONGEST} are the most"), ONLY_IF));
    }
    let mut rest = source;
    while let Some(open) = rest.find('{') {
        rest = &rest[open..];
        rest = match rest.get(..2) {
            Some("{#") => rest.find("#}").map_or("", |end| &rest[end + 2..]),
            Some("{{") => expression(&rest[2..], "}}")?,
            Some("{%") => {
                let body = rest[2..].trim_start_matches(['-', '+']).trim_start();
                let word = &body[..body.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(body.len())];
                if !STATEMENTS.contains(&word) {
                    return Err((format!("it has the statement `{word}`, and only `if` is allowed here"), ONLY_IF));
                }
                expression(&body[word.len()..], "%}")?
            }
            _ => &rest[1..],
        };
    }
    Ok(())
}

/// A bracket that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Of the arguments of a filter or test.
    Call,
    /// Around a part of an expression.
    Group,
    /// A list, a mapping or a subscript.
    List,
}

/// Checks an expression; what follows its end.
fn expression<'s>(source: &'s str, end: &str) -> Result<&'s str, Refused> {
    let mut open: Vec<Open> = Vec::new();
    let mut word = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if open.is_empty() && rest.starts_with(end) {
            return Ok(&rest[end.len()..]);
        }
        let mut length = c.len_utf8();
        match c {
            '"' | '\'' => length += quoted(&rest[1..], c),
            '*' => return Err(("it has a `*`".to_string(), ONLY_IF)),
            '~' if open.contains(&Open::List) => return Err(("it joins texts within a list".to_string(), JOIN)),
            ',' if open.last() == Some(&Open::Group) => {
                return Err(("it has a list in round brackets".to_string(), "write a list as [a, b]"));
            }
            '(' if word.is_empty() || OPERATORS.contains(&word.as_str()) => open.push(Open::Group),
            '(' => open.push(Open::Call),
            '[' | '{' => open.push(Open::List),
            ')' | ']' | '}' => {
                open.pop();
            }
            _ => {}
        }
        match c {
            _ if c.is_alphanumeric() || c == '_' => word.push(c),
            // blanks may stand between a name and its bracket
            _ if c.is_whitespace() && rest[length..].trim_start().starts_with('(') => {}
            _ => word.clear(),
        }
        rest = &rest[length..];
    }
    Ok("")
}

/// The bytes of a string after its opening quote, with the closing one.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_versions_are_made_of() {
        for fits in [
            "{{ app }}-{{ app_version }}",
            "{{ app ~ '-' ~ (version | default('*')) }}",
            "{% if zone in ['a', 'b'] and not (canary == 1) %}{{ x }}{% else %}{{ y.z[0] }}{% endif %}",
            "{{ group_names | select ('startingwith', 'release_') | first | replace(\"release_\", '') }}",
            "{# 2 * 3 #}{{ '\\'*' }}{ * }",
            "{%- if a -%}b{%- endif -%}",
        ] {
            assert_eq!(check(fits), Ok(()), "{fits}");
        }
    }

    #[test]
    fn what_could_make_gigabytes() {
        for (source, what) in [
            ("{{ [1] * 1000000000 }}", "it has a `*`"),
            ("{{ 9**9**9 }}", "it has a `*`"),
            ("{{ 'a'*9 }}", "it has a `*`"),
            ("{% set a = 'x' %}", "it has the statement `set`, and only `if` is allowed here"),
            ("{%- for a in b %}{% endfor %}", "it has the statement `for`, and only `if` is allowed here"),
            ("{%+ macro a() %}", "it has the statement `macro`, and only `if` is allowed here"),
            ("{{ [[a ~ 'b'] ~ ''] ~ '' }}", "it joins texts within a list"),
            ("{{ {'a': a ~ 'b'} }}", "it joins texts within a list"),
            ("{{ ((a ~ 'b'), 1) }}", "it has a list in round brackets"),
            ("{{ 1 in (a ~ 'b', 1) }}", "it has a list in round brackets"),
            ("{% if (a, b) %}", "it has a list in round brackets"),
        ] {
            assert_eq!(check(source).map_err(|(found, _)| found), Err(what.to_string()), "{source}");
        }
        assert_eq!(
            check(&"a".repeat(1001)).map_err(|(what, _)| what.len()),
            Err("it has 1001 characters, and 1000 are the most".len())
        );
    }
}
