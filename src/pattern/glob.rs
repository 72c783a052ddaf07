//! Globs as regular expressions, as Python's `fnmatch` reads them.

/// The regular expression for a glob over a whole name: `*`, `?`, `[abc]`, `[!abc]`, `[a-z]`.
///
/// A `[` without its `]` stands for itself, and so does a `]` right after the `[`.
pub fn to_regex(glob: &str) -> String {
    let mut expression = String::from("^(?s:");
    let mut rest = glob;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '[' => rest = push_class(&mut expression, rest),
            _ => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push_str(")$");
    expression
}

/// Writes the class that starts at `rest`, after its `[`, and gives what follows it.
fn push_class<'g>(expression: &mut String, rest: &'g str) -> &'g str {
    let (negated, body) = match rest.strip_prefix('!') {
        Some(body) => (true, body),
        None => (false, rest),
    };
    // A leading `]` belongs to the class.
    let skip = usize::from(body.starts_with(']'));
    let Some(end) = body[skip..].find(']').map(|end| end + skip) else {
        expression.push_str("\\[");
        return rest;
    };
    let members = class_members(&body[..end]);
    match (members.is_empty(), negated) {
        // Only reversed ranges: nothing matches, and without it everything does.
        (true, false) => expression.push_str("[^\\s\\S]"),
        (true, true) => expression.push('.'),
        (false, _) => {
            expression.push_str(if negated { "[^" } else { "[" });
            expression.push_str(&members);
            expression.push(']');
        }
    }
    &body[end + 1..]
}

/// The members of a class with everything but ranges escaped; a reversed range has none.
fn class_members(body: &str) -> String {
    let chars: Vec<char> = body.chars().collect();
    let mut members = String::new();
    let mut at = 0;
    while at < chars.len() {
        if at + 2 < chars.len() && chars[at + 1] == '-' {
            if chars[at] <= chars[at + 2] {
                push_member(&mut members, chars[at]);
                members.push('-');
                push_member(&mut members, chars[at + 2]);
            }
            at += 3;
        } else {
            push_member(&mut members, chars[at]);
            at += 1;
        }
    }
    members
}

fn push_member(members: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        members.push('\\');
    }
    members.push(c);
}
