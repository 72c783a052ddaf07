//! A command with placeholders: `{group}`, `{hosts}` …

use crate::error::{Code, Error, Problem, Result};
use crate::nearest;
use crate::shown::Shown;

/// Bytes of a variable: a system may start no program with one of more than 128 KiB.
const LONGEST: usize = 120 << 10;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    Group,
    Version,
    Batch,
    Index,
    Hosts,
    HostFile,
    Plan,
    NodeGroup,
}

/// Each by its name.
const PLACEHOLDERS: [(&str, Placeholder); 8] = [
    ("group", Placeholder::Group),
    ("version", Placeholder::Version),
    ("batch", Placeholder::Batch),
    ("index", Placeholder::Index),
    ("hosts", Placeholder::Hosts),
    ("hostfile", Placeholder::HostFile),
    ("plan", Placeholder::Plan),
    ("nodegroup", Placeholder::NodeGroup),
];

/// What the placeholders are for one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The group of the batch.
    pub group: String,
    /// The version that its hosts get.
    pub version: String,
    /// `A`, `B1` …
    pub batch: String,
    /// Its place in its version, from 0.
    pub index: String,
    /// The hosts, with commas between them.
    pub hosts: String,
    /// A file with the address of a host a line; empty where there is none.
    pub hostfile: String,
    /// The file of the frozen plan.
    pub plan: String,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder(Placeholder),
}

/// A command whose words have placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    words: Vec<Vec<Part>>,
}

impl Values {
    fn get(&self, placeholder: Placeholder) -> &str {
        match placeholder {
            Placeholder::Group | Placeholder::NodeGroup => &self.group,
            Placeholder::Version => &self.version,
            Placeholder::Batch => &self.batch,
            Placeholder::Index => &self.index,
            Placeholder::Hosts => &self.hosts,
            Placeholder::HostFile => &self.hostfile,
            Placeholder::Plan => &self.plan,
        }
    }

    /// Returns the same as variables: `ROLLOUT_GROUP` and so on; what is empty, or too long for one, is none.
    pub fn variables(&self) -> impl Iterator<Item = (String, &str)> {
        let variable = |(name, placeholder): &(&str, Placeholder)| {
            (format!("ROLLOUT_{}", name.to_uppercase()), self.get(*placeholder))
        };
        PLACEHOLDERS.iter().map(variable).filter(|(_, value)| !value.is_empty() && value.len() <= LONGEST)
    }
}

impl Part {
    fn text<'t>(&'t self, values: &'t Values) -> &'t str {
        match self {
            Part::Text(text) => text,
            Part::Placeholder(placeholder) => values.get(*placeholder),
        }
    }
}

impl Template {
    /// Reads the words of a command; `{{` is a brace.
    ///
    /// # Errors
    /// There is no word; a placeholder that is none, or has no end.
    pub fn new(words: &[String]) -> Result<Self> {
        if words.is_empty() {
            return Err(Problem::of(Code::InvalidOption, "there is no command to run").into());
        }
        let mut problems = Vec::new();
        let mut parsed = Vec::with_capacity(words.len());
        for word in words {
            match parts(word) {
                Ok(parts) => parsed.push(parts),
                Err(problem) => problems.push(problem),
            }
        }
        Error::unless_any(problems, Template { words: parsed })
    }

    /// Reads a command that stands in one text, split into words as a shell does it; nothing else is done that a shell would do.
    ///
    /// # Errors
    /// Those of [`Template::new`]; quotes without an end. `option` is what messages call it.
    pub fn of_text(option: &str, text: &str) -> Result<Self> {
        let problem = || {
            let message = format!("{option} {}: a quote has no end", Shown::new(text));
            Problem::of(Code::InvalidOption, message).hint("put quotes in pairs, as for a shell")
        };
        Template::new(&shlex::split(text).ok_or_else(problem)?)
    }

    /// Returns the words with the values in their places.
    pub fn fill(&self, values: &Values) -> Vec<String> {
        self.words.iter().map(|parts| parts.iter().map(|part| part.text(values)).collect()).collect()
    }

    /// Whether hosts that are done can be left out: it says which hosts, and names no group that has all of them.
    pub fn leaves_out(&self) -> bool {
        let names_hosts = self.uses(Placeholder::Hosts) || self.uses(Placeholder::HostFile);
        names_hosts && !self.uses(Placeholder::Group) && !self.uses(Placeholder::NodeGroup)
    }

    /// Whether it needs the addresses of hosts.
    pub fn uses_hostfile(&self) -> bool {
        self.uses(Placeholder::HostFile)
    }

    /// Whether it names hosts.
    pub fn uses_hosts(&self) -> bool {
        self.uses(Placeholder::Hosts)
    }

    /// Whether it says the version.
    pub fn uses_version(&self) -> bool {
        self.uses(Placeholder::Version)
    }

    fn uses(&self, placeholder: Placeholder) -> bool {
        self.words.iter().flatten().any(|part| *part == Part::Placeholder(placeholder))
    }
}

/// A word as texts and placeholders.
fn parts(word: &str) -> std::result::Result<Vec<Part>, Problem> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = word;
    while let Some((before, behind)) = rest.split_once('{') {
        text.push_str(before);
        if let Some(behind) = behind.strip_prefix('{') {
            text.push('{');
            rest = behind;
            continue;
        }
        let (name, behind) = behind.split_once('}').ok_or_else(|| unknown(word, behind))?;
        let found = PLACEHOLDERS.iter().find(|(known, _)| *known == name);
        let (_, placeholder) = found.ok_or_else(|| unknown(word, name))?;
        parts.extend((!text.is_empty()).then(|| Part::Text(std::mem::take(&mut text))));
        parts.push(Part::Placeholder(*placeholder));
        rest = behind;
    }
    text.push_str(rest);
    parts.extend((!text.is_empty()).then_some(Part::Text(text)));
    Ok(parts)
}

fn unknown(word: &str, name: &str) -> Problem {
    let message = format!("`{}`: there is no placeholder `{{{}}}`", Shown::new(word), Shown::new(name));
    let names = || PLACEHOLDERS.iter().map(|(name, _)| *name);
    let hint = match nearest::name(name, names()) {
        Some(near) => format!("did you mean `{{{near}}}`? A brace itself is `{{{{`"),
        None => {
            let all: Vec<String> = names().map(|name| format!("{{{name}}}")).collect();
            format!("there are {}; a brace itself is `{{{{`", all.join(", "))
        }
    };
    Problem::of(Code::InvalidOption, message).hint(hint)
}

/// Succeeds if a version is a plain word, in a shell too: people write `sh -c 'deploy {version}'`.
///
/// # Errors
/// It has other characters, or would be an option; `shown` is what messages show of it.
pub fn check_version(version: &str, shown: &Shown<'_>) -> std::result::Result<(), Problem> {
    let plain = |c: &char| c.is_ascii_alphanumeric() || "._-+:@/=,%^~".contains(*c);
    let why = match version.chars().find(|c| !plain(c)) {
        _ if version.is_empty() => "it is empty".to_string(),
        Some(' ') => "it has a space".to_string(),
        Some(c) => format!("it has a `{}`", c.escape_debug()),
        None if version.starts_with(['-', '~']) => "a command would take it for something else".to_string(),
        None => return Ok(()),
    };
    let problem = Problem::of(Code::InvalidVersion, format!("version `{shown}` cannot stand for `{{version}}`: {why}"));
    Err(problem.hint("use {group}, or read ROLLOUT_VERSION in a script, with quotes around it"))
}
