//! How versions are spelled as names of groups.

use std::sync::LazyLock;

use regex::Regex;

/// How versions are spelled as group names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// As they are: `app-1.0.0_groupA`.
    #[default]
    Raw,
    /// With letters, digits and `_` only: `app_1_0_0_groupA`.
    Safe,
}

/// How groups are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// Stands before each name, with a `_`.
    pub prefix: Option<String>,
    /// The spelling.
    pub spelling: Spelling,
    /// Whether Ansible is told to clean names itself (`TRANSFORM_INVALID_GROUP_CHARS=always`), which would merge `1.0`
    /// and `2.0`.
    pub ansible_cleans: bool,
}

/// Whether a name is usable in Ansible's patterns as it is.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty() && unusable(name).is_none()
}

/// The first character that makes a name unusable in Ansible's patterns.
pub(crate) fn unusable(name: &str) -> Option<char> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let first = name.chars().next().filter(|c| !plain(*c));
    first.or_else(|| name.chars().find(|c| !plain(*c) && !matches!(c, '.' | '+' | '-')))
}

/// The safe spelling: `_` for every character but letters and digits, and before a leading digit.
pub fn safe(name: &str) -> String {
    let lead = if name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    let rest: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{lead}{rest}")
}

/// What is no part of a name to Ansible's own cleaning, its `INVALID_VARIABLE_NAMES`: letters and digits are those of Unicode,
/// as Python has them.
static INVALID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{Nd}|[^\p{L}\p{N}_]").ok());

/// What Ansible's own cleaning makes of a name: `_` in place of a leading digit too.
pub fn cleaned(name: &str) -> String {
    // the expression is made for none but such names
    if !name.is_ascii()
        && let Some(invalid) = INVALID.as_ref()
    {
        return invalid.replace_all(name, "_").into_owned();
    }
    let clean = |(i, c): (usize, char)| if c.is_ascii_alphabetic() || (i > 0 && c.is_ascii_digit()) { c } else { '_' };
    name.chars().enumerate().map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn names_are_cleaned_as_ansible_does() {
        // each as Python's re.sub(r'^[\d\W]|[^\w]', '_', name) gave it
        for (name, expected) in [
            ("web-a", "web_a"),
            ("1x", "_x"),
            ("\u{e9}-1", "\u{e9}_1"),
            ("\u{664}a\u{664}", "_a\u{664}"),
            ("\u{b2}\u{301}", "\u{b2}_"),
        ] {
            assert_eq!(cleaned(name), expected, "{name}");
        }
    }
}
