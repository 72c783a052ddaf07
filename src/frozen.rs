//! A plan in a file: every batch and host of it, what it was made from, and its id. Nothing in it changes afterwards.
//!
//! The file is YAML with a `#!` line, so that it is an inventory by itself, and its last line is the digest of all others:
//! a file that was cut or edited is refused. `document` is its form, `digest` its last line.

mod digest;
mod document;
pub mod drift;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Location, Problem, Result};
use crate::plan::names::GroupNames;
use crate::plan::{Plan, plan_id};
use crate::text::{Arena, Encoding, TextMap};
use crate::value::Value;
use crate::yaml;
use document::Document;

/// The version of the file's form.
pub const SCHEMA: u32 = 1;
/// The same of a plan with stages, or with versions that come after others: an older program would run it without them.
pub const SCHEMA_WITH_ORDER: u32 = 2;
/// The same of a plan that says what holds while it is rolled out, such as gates.
pub const SCHEMA_WITH_CONDUCT: u32 = 3;
/// How the names of such files end.
pub const ENDING: &str = ".rollout.yml";
/// The first line of such a file, which makes it an inventory of its own.
pub const FIRST_LINE: &str = "#!/usr/bin/env -S regal-inventory --plan\n";
/// What keeps Ansible from reading such a file as data.
const PLUGIN: &str = "regal-inventory";
/// What to do about a file that cannot be used.
const MAKE_ANOTHER: &str = "a frozen plan cannot be repaired: take the original, for example out of git, or make another one with \
                            regal-inventory plan --save FILE";

/// A plan that was read from a file.
#[derive(Clone, Debug)]
pub struct Frozen<'a> {
    /// The file, as it was named.
    pub path: PathBuf,
    /// The batches.
    pub plan: Plan<'a>,
    /// The names of their groups.
    pub names: GroupNames,
    /// The id of the plan: 12 hexadecimal digits.
    pub id: String,
    /// When and by whom it was saved, unless it was saved without.
    pub saved: Option<Saved>,
    /// What it was made from.
    pub made_from: MadeFrom,
}

/// When and by whom a plan was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// The time in UTC: `2026-11-28T09:14:03Z`.
    pub at: String,
    /// The user and the machine: `deploy@control1`.
    pub by: String,
}

/// What a plan was made from, as far as it is needed to make today's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeFrom {
    /// The working directory of the command, relative to the folder of the file.
    pub folder: String,
    /// The configuration, if one was used.
    pub configuration: Option<Configuration>,
    /// The `REGAL_*` variables that took part.
    pub environment: Vec<Variable>,
    /// The options that set a key.
    pub options: Vec<GivenOption>,
    /// The sources.
    pub sources: Vec<Source>,
    /// Hosts that were left out, since another rollout was done with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// A configuration with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The path, relative to the working directory of the command.
    pub path: String,
    /// The lines of the text.
    pub lines: Vec<String>,
}

/// A variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The name: `REGAL_BATCH_SIZE`.
    pub name: String,
    /// The value.
    pub value: String,
}

/// An option that set a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenOption {
    /// The key: `batch_size`.
    pub key: String,
    /// The option: `--batch-size`.
    pub option: String,
    /// The value.
    pub value: String,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The source as messages name it.
    pub name: String,
    /// The SHA-256 of what was read of it, in hexadecimal digits; absent for what has no text, such as hosts with commas.
    pub sha256: Option<String>,
}

impl Configuration {
    /// Returns the text.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

impl<'a> Frozen<'a> {
    /// Reads the bytes of a frozen plan, which live in the arena; `path` is what messages call it.
    ///
    /// # Errors
    /// They are not a frozen plan; it is not whole or was edited; a newer program saved it.
    pub fn read(arena: &'a Arena, texts: &TextMap<'a>, path: &Path, bytes: &'a [u8]) -> Result<Self> {
        let name = path.display().to_string();
        let whole = |problem: Problem| Error::from(problem.at(Location::whole(name.clone())));
        if let Some(encoding) = Encoding::of(bytes) {
            let message = format!("the frozen plan is {} and not UTF-8", encoding.name());
            return Err(whole(Problem::of(Code::Encoding, message).hint(MAKE_ANOTHER)));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| whole(Problem::of(Code::Encoding, "the frozen plan is not valid UTF-8").hint(MAKE_ANOTHER)))?;
        let text = texts.add(arena.alloc_str(&name), text)?;
        let mut repeated = Vec::new();
        let value = yaml::parse(arena, text, &mut repeated);
        let is_ours = |value: &Value<'_>| value.get("plan_id").is_some() && value.get("schema").is_some();
        // what is not one at all is told before what is wrong with its end
        if value.as_ref().is_ok_and(|value| !is_ours(value)) {
            let problem = Problem::of(Code::InvalidPlan, "this is not a frozen plan of regal-inventory");
            return Err(whole(problem.hint("name a file that regal-inventory plan --save FILE wrote")));
        }
        if let Err(problem) = digest::check(text.text) {
            let line = text.text.lines().count().max(1);
            let last = text.text.lines().last().unwrap_or_default();
            let at = texts.locate(text.pos_of(last));
            return Err(problem.at(Location { line, ..at }).into());
        }
        let value = value.map_err(|fault| Error::from(fault.problem(texts)))?;
        if let Some((at, message)) = repeated.into_iter().next() {
            let problem = Problem::of(Code::InvalidPlan, format!("this frozen plan cannot be used: {message}"));
            return Err(problem.at(texts.locate(at)).hint(MAKE_ANOTHER).into());
        }
        let document = Document::of(value).map_err(&whole)?;
        document.frozen(path).map_err(whole)
    }

    /// Returns the text of the file that the plan is saved in.
    ///
    /// # Errors
    /// This is a defect: the document cannot be written.
    pub fn text(&self) -> Result<String> {
        document::write(self).map(|body| digest::signed(&body))
    }

    /// Returns a plan that is ready to be saved.
    pub fn new(path: &Path, plan: Plan<'a>, names: GroupNames, made_from: MadeFrom, saved: Option<Saved>) -> Self {
        let id = id_of(&plan, &names);
        Frozen { path: path.to_path_buf(), plan, names, id, saved, made_from }
    }
}

/// Returns whether a text, or the beginning of one, is that of a frozen plan: whether it has its first line.
pub fn is_frozen(text: &str) -> bool {
    text.starts_with(FIRST_LINE.trim_end())
}

/// The id of all batches.
fn id_of(plan: &Plan<'_>, names: &GroupNames) -> String {
    let rollouts = plan.rollouts.iter().zip(&names.rollouts);
    plan_id(rollouts.flat_map(|(rollout, names)| {
        let hosts = rollout.batches.iter().map(|batch| batch.hosts.iter().copied());
        names.batches.iter().map(String::as_str).zip(hosts)
    }))
}
