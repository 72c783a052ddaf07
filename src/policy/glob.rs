//! Globs over version names.

use regex::Regex;

/// A version's name or a glob over names: `*`, `?`, `[abc]`, `[a-z]`, `[!a]`, as in a shell.
#[derive(Clone, Debug)]
pub struct Glob {
    text: String,
    /// Nothing where the text has no special character, or is not a glob and stands for itself.
    regex: Option<Regex>,
}

impl Glob {
    /// Every text is a glob; brackets that do not close stand for themselves.
    pub fn new(text: &str) -> Self {
        let special = text.contains(['*', '?', '[']);
        Glob { text: text.to_string(), regex: special.then(|| Regex::new(&translate(text)).ok()).flatten() }
    }

    /// The glob as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `name` matches, or is the glob's own text.
    pub fn matches(&self, name: &str) -> bool {
        name == self.text || self.regex.as_ref().is_some_and(|regex| regex.is_match(name))
    }
}

/// The regular expression that matches what the glob matches.
fn translate(glob: &str) -> String {
    let mut regex = String::from(r"(?s)\A");
    let mut rest = glob;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => match split_class(rest) {
                Some((class, behind)) => {
                    regex.push_str(&translate_class(class));
                    rest = behind;
                }
                None => regex.push_str(r"\["),
            },
            _ => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push_str(r"\z");
    regex
}

/// The inside of a bracket and what follows it; `]` may come first.
fn split_class(text: &str) -> Option<(&str, &str)> {
    let skip = text.strip_prefix('!').map_or(0, |_| 1);
    let first = text[skip..].chars().next()?.len_utf8();
    let end = skip + first + text[skip + first..].find(']')?;
    Some((&text[..end], &text[end + 1..]))
}

/// A bracket's inside as a class of a regular expression.
fn translate_class(class: &str) -> String {
    let (not, members) = class.strip_prefix('!').map_or(("", class), |members| ("^", members));
    let members = regex::escape(members).replace(r"\-", "-");
    format!("[{not}{members}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_a_shell_does() {
        for (glob, name, matches) in [
            ("app-1.*", "app-1.9", true),
            ("app-1.*", "app-119", false),
            ("app-1.*", "my-app-1.9", false),
            ("app-?.0", "app-2.0", true),
            ("app-[12].0", "app-2.0", true),
            ("app-[!12].0", "app-2.0", false),
            ("app-[0-9].0", "app-7.0", true),
            ("[]x]", "]", true),
            ("app[", "app[", true),
            ("app[1]", "app[1]", true),
            ("app[1]", "app1", true),
            ("app-1.9", "app-1.9", true),
            ("1.0", "1x0", false),
            ("[z-a]", "[z-a]", true),
            ("[&&^]", "^", true),
        ] {
            assert_eq!(Glob::new(glob).matches(name), matches, "{glob} {name}");
        }
    }
}
