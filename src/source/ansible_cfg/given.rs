//! The values that `ansible.cfg` and the environment give settings, and what Ansible makes of them.
//!
//! The rules are those of ansible-core 2.19, `config/manager.py`: a variable beats the file; lists have commas; quotes around
//! a text or an item of a list are not part of it.

use std::path::{Path, PathBuf};

use super::syntax::Sections;
use super::table::Setting;
use crate::error::{Code, Location, Problem};
use crate::nearest;
use crate::source::Surroundings;
use crate::source::paths::expanded;
use crate::text::{TextMap, is_python_space, python_trim};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The text.
    pub text: String,
    /// The setting as people write it: `[inventory] enable_plugins` or a variable.
    pub name: String,
    /// Where it is set.
    pub at: Location,
    /// Whether it stands in the file.
    in_file: bool,
}

/// What values are looked for in.
pub(super) struct Around<'r, 'a> {
    pub surroundings: &'r Surroundings,
    pub texts: &'r TextMap<'a>,
    pub sections: Sections<'a>,
    /// The folder of the file.
    pub folder: PathBuf,
    pub problems: Vec<Problem>,
    /// The settings that something sets, in the order in which they were asked for.
    pub counted: Vec<(String, Location)>,
}

impl Around<'_, '_> {
    /// The value of a setting.
    pub fn get(&mut self, setting: &Setting) -> Option<Given> {
        let given = self.peek(setting)?;
        if !self.counted.iter().any(|(name, _)| *name == given.name) {
            self.counted.push((given.name.clone(), given.at.clone()));
        }
        Some(given)
    }

    /// The value of a setting that changes nothing about reading here.
    pub fn peek(&self, setting: &Setting) -> Option<Given> {
        self.variable(setting).or_else(|| self.key(setting))
    }

    fn variable(&self, setting: &Setting) -> Option<Given> {
        let set = |name: &&&str| self.surroundings.variable(name).is_some();
        let name = setting.variables.iter().rev().find(set)?;
        let text = self.surroundings.variable(name)?.to_string_lossy().into_owned();
        Some(Given { text, name: (*name).to_string(), at: Location::whole(*name), in_file: false })
    }

    fn key(&self, setting: &Setting) -> Option<Given> {
        let found = setting.keys.iter().rev().find_map(|(section, key)| {
            let (text, at) = self.sections.get(section, key)?;
            Some((text, at, format!("[{section}] {key}")))
        });
        let (text, at, name) = found?;
        Some(Given { text: text.to_string(), name, at: self.texts.locate(at), in_file: true })
    }

    /// One of a few words; another one is a problem.
    pub fn word<T: Copy>(&mut self, setting: &Setting, words: &[(&str, T)]) -> Option<T> {
        let given = self.get(setting)?;
        let text = given.text();
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let problem = given.problem(format!("`{text}` is not one of its words"));
            let near = nearest::word(text, known.iter().map(ToString::to_string));
            self.problems.push(problem.hint(match near {
                Some(near) => format!("did you mean `{near}`? allowed: {}", known.join(", ")),
                None => format!("allowed: {}", known.join(", ")),
            }));
        }
        found
    }

    /// A path, `{{CWD}}` and what stands for something in it replaced; those of the file start at its folder.
    pub fn path(&self, text: &str, given: &Given) -> PathBuf {
        let start = if given.in_file { &self.folder } else { &self.surroundings.folder };
        self.path_from(start, text)
    }

    /// A path that starts at the working directory, wherever it is written.
    pub fn path_here(&self, text: &str) -> PathBuf {
        self.path_from(&self.surroundings.folder, text)
    }

    fn path_from(&self, start: &Path, text: &str) -> PathBuf {
        let variable = |name: &str| self.surroundings.variable(name).map(ToOwned::to_owned);
        let here = std::path::absolute(self.surroundings.folder.join(".")).unwrap_or_default();
        start.join(expanded(&text.replace("{{CWD}}", &here.display().to_string()), &variable))
    }

    /// Folders with colons between them.
    pub fn folders(&mut self, setting: &Setting) -> Option<(Vec<PathBuf>, Given)> {
        let given = self.get(setting)?;
        Some((given.text().split(':').map(|text| self.path(text, &given)).collect(), given))
    }
}

impl Given {
    /// The text, quotes around it left out where it stands in the file.
    pub fn text(&self) -> &str {
        if self.in_file { unquoted(&self.text) } else { &self.text }
    }

    /// The items between commas, without the quotes around them.
    pub fn items(&self) -> Vec<&str> {
        self.bare_items().into_iter().map(unquoted).collect()
    }

    /// The items between commas, as they are written.
    pub fn bare_items(&self) -> Vec<&str> {
        self.text.split(',').map(python_trim).collect()
    }

    /// That the value cannot be used.
    pub fn problem(&self, why: impl std::fmt::Display) -> Problem {
        Problem::of(Code::InvalidValue, format!("{}: {why}", self.name)).at(self.at.clone())
    }

    /// Whether a variable is set to nothing, which is how a shell takes it back.
    pub fn is_blank_variable(&self) -> bool {
        !self.in_file && self.text.trim_matches(is_python_space).is_empty()
    }
}

/// Ansible's `unquote`.
fn unquoted(text: &str) -> &str {
    let inside = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    inside.filter(|inside| !inside.ends_with('\\')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    #[test]
    fn quotes_around_a_text_are_left_out_once() {
        for (text, expected) in [
            ("\"a\"", "a"),
            ("'a'", "a"),
            ("'a\"", "'a\""),
            ("\"", "\""),
            ("''", ""),
            ("''a''", "'a'"),
            ("'a\\'", "'a\\'"),
        ] {
            assert_eq!(unquoted(text), expected, "{text}");
        }
    }
}
