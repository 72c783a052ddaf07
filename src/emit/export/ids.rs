//! Short names for versions, in names of upstreams, variables and files.

use std::collections::HashMap;

use super::Export;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem, Result};
use crate::plan::names;
use crate::shown::Shown;

/// Which names a format can use.
pub(super) struct Alphabet {
    /// Whether a character may stand in one.
    pub allows: fn(char) -> bool,
    /// What `allows` says, for messages.
    pub described: &'static str,
    /// Most characters.
    pub longest: usize,
    /// Whether `App` and `app` are one name, as nginx has it.
    pub caseless: bool,
    /// What the name of a version's group becomes where no id is given.
    pub spell: fn(&str) -> String,
}

impl Export<'_, '_> {
    /// A name for each version, in plan order: what `--id` gives, else made from the name of its group.
    ///
    /// # Errors
    /// An id for no version or for one of several; two ids for one; a name that the format cannot use; two versions of
    /// one name.
    pub(super) fn ids(&self, alphabet: &Alphabet) -> Result<Vec<String>> {
        let mut found = Diagnostics::new();
        let given = self.given_ids(&mut found);
        let mut owners: HashMap<String, &str> = HashMap::new();
        let mut ids = Vec::new();
        for ((rollout, named), given) in self.rollouts().zip(given) {
            let id: String = given.map_or_else(|| (alphabet.spell)(&named.version), str::to_string);
            let (version, own) = (rollout.shown(), Shown::unless(rollout.secret && given.is_none(), &id));
            if id.len() > alphabet.longest || id.is_empty() || !id.chars().all(alphabet.allows) {
                let why = format!("`{own}` is not a name of at most {} {}", alphabet.longest, alphabet.described);
                let hint = format!("give it one: --id {version}=app");
                found.error(self.refuse(rollout.version, why).hint(hint));
            } else if let Some(other) =
                owners.insert(if alphabet.caseless { id.to_ascii_lowercase() } else { id.clone() }, rollout.version)
            {
                let other = names::shown(self.plan(), self.names(), other);
                let why = format!("its name `{own}` is that of version `{other}`, too");
                let hint = format!("give one of them another: --id {version}=app");
                found.error(self.refuse(rollout.version, why).hint(hint));
            }
            ids.push(id);
        }
        found.finish()?;
        Ok(ids)
    }

    fn given_ids(&self, found: &mut Diagnostics) -> Vec<Option<&str>> {
        let versions: Vec<&str> = self.plan().rollouts.iter().map(|rollout| rollout.version).collect();
        let mut given = vec![None; versions.len()];
        for option in &self.options.ids {
            let id = option.id.as_str();
            let index = match &option.version {
                Some(version) => versions.iter().position(|known| known == version),
                None => (versions.len() == 1).then_some(0),
            };
            let Some(index) = index else {
                let (message, hint) = match &option.version {
                    Some(version) => (format!("`--id {version}={id}`: the plan has no such version"), "it has"),
                    None => (format!("`--id {id}` needs a version: --id VERSION={id}"), "the plan has"),
                };
                let shown: Vec<String> = self.plan().rollouts.iter().map(|known| known.shown().to_string()).collect();
                found.error(Problem::of(Code::NoSuchVersion, message).hint(format!("{hint} {}", shown.join(", "))));
                continue;
            };
            if given[index].replace(id).is_some() {
                let version = self.plan().rollouts[index].shown();
                found.error(Problem::of(Code::InvalidOption, format!("`--id` is given twice for version {version}")));
            }
        }
        given
    }
}
