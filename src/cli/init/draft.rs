//! The text of the configuration: keys with their values, each under a line that says what it is.

use std::fmt;
use std::path::{Path, PathBuf};

use regal_inventory::error::{Code, Location, Problem, Result};
use regal_inventory::shown::{cut, printable};
use regal_inventory::source::paths::expanded;
use regal_inventory::source::{Named, Source};
use regal_inventory::text::{Arena, Pos};
use regal_inventory::value::{Entry, KeyKind, Value};

/// What stands for the version where no variable says one.
pub const PLACEHOLDER: &str = "1.0.0";
/// The first lines; the first one makes the file an inventory that Ansible runs.
const HEAD: &str = "#!/usr/bin/env -S regal-inventory --config\n\
    # Which hosts get which version, in which batches. `regal-inventory --config FILE plan` shows the result.\n\
    # Every key: `regal-inventory plan --help`, or docs/planning.md.\n\
    # The next line keeps Ansible from reading this file as data.\n\
    plugin: regal-inventory\n";
/// The last lines: what many add.
const TAIL: &str = "\n# What you may want next:\n\
    # approval: after_canary   # ask before the batches after the canary\n\
    # canary: {size: 1, bake: 10m}   # watch the canary for ten minutes\n\
    # max_failures: 1   # how many hosts of a version may fail before its rollout stops\n";
/// Characters of a name in a comment.
const WIDTH: usize = 100;

/// Where the versions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions {
    /// The options say it.
    Given,
    /// A host variable, with the reason.
    Var(String, String),
    /// Nothing says it: one version for all hosts, until somebody writes another.
    Placeholder,
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Versions::Given => f.write_str("what the options say"),
            Versions::Var(name, _) => f.write_str(&shown(name)),
            Versions::Placeholder => f.write_str("one version for all hosts"),
        }
    }
}

/// What the configuration says.
pub struct Draft<'a> {
    pub arena: &'a Arena,
    /// Options with their values.
    pub given: Vec<(&'a str, Value<'a>)>,
    pub sources: &'a [Source],
    /// The file that it is for.
    pub path: &'a Path,
}

impl<'a> Draft<'a> {
    /// Whether an option sets one of these keys.
    fn sets(&self, names: &[&str]) -> bool {
        self.given.iter().any(|(key, _)| names.contains(key))
    }

    /// Whether an option says where versions come from.
    pub fn sets_versions(&self) -> bool {
        let from = |key: &str| key.split('.').next().is_some_and(|key| key == "version_from");
        self.sets(&["versions", "version_host"]) || self.given.iter().any(|(key, _)| from(key))
    }

    /// Whether an option says what the batches are spread over.
    pub fn sets_spread(&self) -> bool {
        self.given.iter().any(|(key, _)| key.split('.').next() == Some("spread"))
    }

    /// Returns the text of the configuration.
    ///
    /// # Errors
    /// A source that cannot be named in a file; two options for one key.
    pub fn text(&self, versions: &Versions, spread: Option<(&str, &str)>) -> Result<String> {
        let mut text = HEAD.to_string();
        self.put(&mut text, "The inventory that is read.", "inventory", self.inventory()?);
        if !self.sets(&["groups_only"]) && !self.sources.iter().any(|source| matches!(source, Source::Salt(_))) {
            let what = "Only the batches, to stand beside the inventory, whose variables stay exactly Ansible's.";
            self.put(&mut text, what, "groups_only", Value::Bool(true, "true"));
        }
        self.put_versions(&mut text, versions);
        if !self.given.iter().any(|(key, _)| matches!(key.split('.').next(), Some("canary" | "schedule"))) {
            self.put(&mut text, "How many hosts go first, alone.", "canary", Value::Int("1"));
        }
        if !self.sets(&["batch_size", "combine"]) {
            let what = "How many hosts each batch after it has: a number, a percent, or a list such as [1, 10%, 25%].";
            self.put(&mut text, what, "batch_size", Value::Str("25%"));
        }
        if let Some((label, reason)) = spread {
            let what = format!("Each batch takes its share of every value of this label ({reason}).");
            self.put(&mut text, &what, "spread", Value::Str(self.arena.alloc_str(label)));
        }
        for (key, value) in self.nested()? {
            if key != "inventory" {
                self.put(&mut text, "As the options said.", key, value);
            }
        }
        text.push_str(TAIL);
        Ok(text)
    }

    fn put_versions(&self, text: &mut String, versions: &Versions) {
        match versions {
            Versions::Given => {}
            Versions::Var(name, reason) => {
                let what = format!("Which version a host is to run: the value of this variable ({reason}).");
                let value = self.map(&[("var", Value::Str(self.arena.alloc_str(name)))]);
                self.put(text, &what, "version_from", value);
            }
            Versions::Placeholder => {
                let what = "A PLACEHOLDER: nothing in the inventory says which version a host is to run. Write the real one, and \
                            its hosts.";
                self.put(text, what, "versions", self.map(&[(PLACEHOLDER, Value::Str("all"))]));
            }
        }
    }

    fn map(&self, entries: &[(&'a str, Value<'a>)]) -> Value<'a> {
        let entry = |(key, value): &(&'a str, Value<'a>)| entry(key, *value);
        let entries: Vec<Entry<'a>> = entries.iter().map(entry).collect();
        Value::Map(self.arena.alloc_slice_copy(&entries))
    }

    /// Writes a key; what came from elsewhere is quoted as YAML, in the comment too.
    fn put(&self, text: &mut String, comment: &str, key: &str, value: Value<'a>) {
        let entry = self.map(&[(self.arena.alloc_str(key), value)]);
        text.push_str(&format!("\n# {}\n{}", printable(comment), entry.to_yaml()));
    }

    /// The options, `canary.size` under `canary`.
    fn nested(&self) -> Result<Vec<(&'a str, Value<'a>)>> {
        let mut keys: Vec<(&'a str, Vec<Entry<'a>>, Option<Value<'a>>)> = Vec::new();
        for (name, value) in &self.given {
            let (key, below) = name.split_once('.').map_or((*name, None), |(key, below)| (key, Some(below)));
            let place = keys.iter().position(|(known, ..)| *known == key).unwrap_or(keys.len());
            if place == keys.len() {
                keys.push((key, Vec::new(), None));
            }
            match below {
                Some(below) => keys[place].1.push(entry(below, *value)),
                None => keys[place].2 = Some(*value),
            }
        }
        let value = |(key, mut below, whole): (&'a str, Vec<Entry<'a>>, Option<Value<'a>>)| {
            match (key, whole) {
                (_, Some(whole)) if below.is_empty() => return Ok((key, whole)),
                (_, None) => {}
                (_, Some(Value::Map(entries))) => below.splice(0..0, entries.iter().copied()).for_each(drop),
                ("canary", Some(whole)) => below.insert(0, entry("size", whole)),
                ("spread", Some(whole)) => below.insert(0, entry("by", whole)),
                ("assignment", Some(whole)) => below.insert(0, entry("mode", whole)),
                _ => {
                    let problem = Problem::of(Code::Contradiction, format!("two options set `{key}`"));
                    return Err(problem.hint("give one of them").into());
                }
            }
            Ok((key, Value::Map(self.arena.alloc_slice_copy(&below))))
        };
        keys.into_iter().map(value).collect()
    }

    /// Returns the sources as the file names them, from its folder.
    ///
    /// # Errors
    /// A source that cannot be named in a file.
    pub fn inventory(&self) -> Result<Value<'a>> {
        let named: Result<Vec<Value<'a>>> = self.sources.iter().map(|source| self.source(source)).collect();
        Ok(match &named?[..] {
            [single] => *single,
            several => Value::List(self.arena.alloc_slice_copy(several)),
        })
    }

    fn source(&self, source: &Source) -> Result<Value<'a>> {
        match source {
            Source::Hosts(hosts) => Ok(Value::Str(self.arena.alloc_str(hosts))),
            Source::Path(named) => self.named(named),
            Source::Salt(parts) => {
                let mut kinds: Vec<(&'a str, Vec<Value<'a>>)> = Vec::new();
                for (part, named) in parts {
                    let path = self.named(named)?;
                    match kinds.iter_mut().find(|(kind, _)| *kind == part.name()) {
                        Some((_, paths)) => paths.push(path),
                        None => kinds.push((part.name(), vec![path])),
                    }
                }
                let part =
                    |(kind, paths): (&'a str, Vec<Value<'a>>)| (kind, Value::List(self.arena.alloc_slice_copy(&paths)));
                let parts: Vec<_> = kinds.into_iter().map(part).collect();
                Ok(self.map(&[("salt", self.map(&parts))]))
            }
        }
    }

    fn named(&self, named: &Named) -> Result<Value<'a>> {
        let refused = |why: &str| {
            let problem = Problem::of(Code::InvalidConfiguration, format!("this inventory {why}"));
            problem.at(Location::whole(named.path.display().to_string())).hint("rename it, or give another one with -i")
        };
        let path = from(self.path, &named.path);
        let text =
            path.to_str().ok_or_else(|| refused("has a name that is not UTF-8, which no configuration can have"))?;
        if text.contains('$') || expanded(text, &|_| None) != path {
            return Err(refused("has a name in which `$` or `~` would stand for something else").into());
        }
        Ok(Value::Str(self.arena.alloc_str(text)))
    }
}

fn entry<'a>(key: &'a str, value: Value<'a>) -> Entry<'a> {
    Entry { key, kind: KeyKind::Str, at: Pos::default(), value }
}

/// A path as the file names it: as it is where the file is in the working directory, otherwise whole.
fn from(file: &Path, path: &Path) -> PathBuf {
    let here = file.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    let path = if here { path.to_path_buf() } else { std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()) };
    let here = std::path::absolute(".").unwrap_or_default();
    match path.strip_prefix(&here) {
        Ok(below) if file.parent() == Some(Path::new("")) => below.to_path_buf(),
        _ if path.to_str().is_some_and(|text| text.starts_with('~')) => Path::new(".").join(path),
        _ => path,
    }
}

/// A name out of an inventory as a line shows it.
pub fn shown(name: &str) -> String {
    cut(&printable(name), WIDTH).into_owned()
}
