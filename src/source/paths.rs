//! Paths as Ansible takes them: `$NAME`, `${NAME}`, `~` and `~user` stand for something.
//!
//! The rules are those of ansible-core's `unfrackpath`: variables first, then `~`; a variable that is not set and a user
//! that is not known stay as they are written. Ansible does so with each path of `-i`, of `ansible.cfg` and of password
//! files; a list of hosts with commas is not a path.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;

use nix::unistd::{Uid, User};

/// Looks up an environment variable.
pub type Variable<'v> = &'v dyn Fn(&str) -> Option<OsString>;

/// The path that a text stands for.
pub fn expanded(text: &str, variable: Variable<'_>) -> PathBuf {
    if !text.contains('$') && !text.starts_with('~') {
        return PathBuf::from(text);
    }
    let text = with_variables(text, variable);
    PathBuf::from(with_home(&text, variable).into_owned())
}

/// Python's `os.path.expandvars`.
fn with_variables(text: &str, variable: Variable<'_>) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        let behind = &rest[dollar + 1..];
        let (name, length) = match behind.strip_prefix('{') {
            Some(inner) => inner.find('}').map_or(("", 0), |end| (&inner[..end], end + 2)),
            None => {
                let end = behind.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(behind.len());
                (&behind[..end], end)
            }
        };
        let whole = &rest[dollar..dollar + 1 + length];
        done.push_str(&rest[..dollar]);
        match Some(name).filter(|name| !name.is_empty() && !name.contains(['=', '\0'])).and_then(variable) {
            Some(value) => done.push_str(&value.to_string_lossy()),
            None => done.push_str(whole),
        }
        rest = &behind[length..];
    }
    done + rest
}

/// Python's `os.path.expanduser`.
pub(super) fn with_home<'t>(text: &'t str, variable: Variable<'_>) -> Cow<'t, str> {
    let Some(behind) = text.strip_prefix('~') else { return Cow::Borrowed(text) };
    let (user, rest) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
    let of = |user: nix::Result<Option<User>>| user.ok().flatten().map(|user| user.dir.into_os_string());
    let home = match user {
        "" => variable("HOME").or_else(|| of(User::from_uid(Uid::current()))),
        user => of(User::from_name(user)),
    };
    let Some(home) = home else { return Cow::Borrowed(text) };
    let path = format!("{}{rest}", home.to_string_lossy().trim_end_matches('/'));
    Cow::Owned(if path.is_empty() { "/".to_string() } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<OsString> {
        let value = match name {
            "HOME" => "/home/ops/",
            "SITE" => "berlin",
            "DIR" => "~/inventories",
            "SITE_2" => "",
            _ => return None,
        };
        Some(value.into())
    }

    #[test]
    fn a_path_is_expanded_as_ansible_does() {
        for (text, path) in [
            ("hosts", "hosts"),
            ("~", "/home/ops"),
            ("~/hosts", "/home/ops/hosts"),
            ("a/~/hosts", "a/~/hosts"),
            ("~nobody-of-that-name/hosts", "~nobody-of-that-name/hosts"),
            ("$SITE/hosts", "berlin/hosts"),
            ("${SITE}s/hosts", "berlins/hosts"),
            ("a$SITE-b", "aberlin-b"),
            ("x${SITE_2}y$SITE_2", "xy"),
            ("$DIR/hosts", "/home/ops/inventories/hosts"),
            ("$UNSET/hosts", "$UNSET/hosts"),
            ("${UNSET}/$SITE", "${UNSET}/berlin"),
            ("${SITE/hosts", "${SITE/hosts"),
            ("a$", "a$"),
            ("$$SITE", "$berlin"),
            ("${}", "${}"),
            ("pr\u{e9}$SITE\u{e9}", "pr\u{e9}berlin\u{e9}"),
        ] {
            assert_eq!(expanded(text, &variable), PathBuf::from(path), "{text}");
        }
        let known = User::from_uid(Uid::from_raw(0)).ok().flatten();
        let home = known.map(|root| (expanded(&format!("~{}/hosts", root.name), &variable), root.dir.join("hosts")));
        assert!(home.as_ref().is_some_and(|(ours, wanted)| ours == wanted), "{home:?}");
    }
}
