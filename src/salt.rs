//! Salt's own notions: minions with what is known of them, nodegroups, and targets over both.
//!
//! Nothing is read here: the readers of sources fill a [`Master`], and a [`Master`] answers targets as a master of Salt 3008 does
//! (`salt/utils/minions.py`). Where Salt would leave out a minion that it knows too little of, this is an error that
//! says what is missing.

mod compound;
mod data;
mod matching;
mod nodegroup;
mod subnet;
#[cfg(test)]
mod tests;

use indexmap::IndexMap;

use crate::error::{Code, Location, Problem};
use crate::text::Pos;
use crate::value::Value;
pub use compound::is_target;
pub use data::traverse;
pub use matching::Selection;

/// How many ids a message shows.
const SHOWN: usize = 8;
/// How the files begin that this program writes for Salt, by which it knows them again.
pub const OWN_MARK: &str = "# Written by regal-inventory";

/// What a Salt master knows, of all Salt sources: minions and nodegroups.
#[derive(Clone, Debug, Default)]
pub struct Master<'a> {
    /// The minions, in order of first appearance.
    pub minions: IndexMap<&'a str, Minion<'a>>,
    /// The nodegroups, in the order of the configuration.
    pub nodegroups: IndexMap<&'a str, Nodegroup<'a>>,
    /// Whether a source says which minions there are; else the lists of nodegroups do.
    pub listed: bool,
    /// How much is known of the minions' grains.
    pub grains: Coverage,
    /// How much is known of the minions' pillars.
    pub pillar: Coverage,
    /// The accepted keys of the master, where a source has them.
    pub keys: Option<std::collections::HashSet<&'a str>>,
    /// Nodegroups that are not groups, since no file can answer them.
    pub unanswered: Vec<&'a str>,
    /// The `nodegroups:` of a master's main file, which one in `master.d` replaces.
    pub main_nodegroups: Option<Location>,
}

/// What is known of a minion.
#[derive(Clone, Copy, Debug, Default)]
pub struct Minion<'a> {
    /// Its grains, a mapping, where there are any.
    pub grains: Option<Value<'a>>,
    /// Its pillar, a mapping, where there is one.
    pub pillar: Option<Value<'a>>,
    /// Where its grains were read, for messages.
    pub grains_at: Pos,
    /// Where its pillar was read, for messages.
    pub pillar_at: Pos,
}

/// A nodegroup as it is configured.
#[derive(Clone, Debug)]
pub struct Nodegroup<'a> {
    /// The words of its definition: a text's, or the items of a list.
    pub words: Vec<&'a str>,
    /// Where it stands.
    pub at: Pos,
    /// Why its definition is none, with what to do: nobody can ask for it.
    pub fault: Option<(String, String)>,
}

/// How much of the minions' data is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// None.
    #[default]
    Nothing,
    /// What was asked for when it was saved.
    Part,
    /// All that a minion has.
    Whole,
}

/// What a target may ask a minion's data for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    /// Grains: what a minion says of itself.
    Grains,
    /// Pillar: what the master tells a minion.
    Pillar,
}

impl Bank {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Bank::Grains => "grains",
            Bank::Pillar => "pillar",
        }
    }

    /// What gives such data.
    pub fn remedy(self) -> &'static str {
        match self {
            Bank::Grains => {
                "add `cache:` with the master's cache folder, or `grains:` with what \
                 salt '*' grains.items --out=json --static printed"
            }
            Bank::Pillar => {
                "add `cache:` with the master's cache folder; salt '*' pillar.items --out=json --static masks its \
                 values from Salt 3008 on"
            }
        }
    }
}

/// The first of some ids, for a message: "`web1`, `web2` and 30 more".
pub fn listed(ids: &[&str]) -> String {
    let first: Vec<String> = ids.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    let more = ids.len().saturating_sub(SHOWN);
    if more > 0 { format!("{} and {more} more", first.join(", ")) } else { first.join(", ") }
}

/// That something asks Salt's minions where there are none: "`G@os:Debian` is a target of Salt's".
pub fn no_source(what: &str) -> Problem {
    let problem = Problem::of(Code::MinionsUnknown, format!("{what}, and there is no source of Salt's"));
    problem.hint("name one under `inventory:`, such as `- salt: {config: /etc/salt}`")
}

impl<'a> Master<'a> {
    /// How much is known of such data.
    pub fn coverage(&self, bank: Bank) -> Coverage {
        match bank {
            Bank::Grains => self.grains,
            Bank::Pillar => self.pillar,
        }
    }

    /// The minions of a compound target: `G@os:Debian and not L@web1,web2`.
    ///
    /// # Errors
    /// A target that cannot be read, and one that the data at hand cannot answer.
    pub fn select(&self, target: &str) -> Result<Selection<'a>, Problem> {
        let words = compound::words(self, target)?;
        matching::select(self, &compound::parse(&words, target)?)
    }

    /// The minions of a nodegroup.
    ///
    /// # Errors
    /// As for [`Master::select`]; a nodegroup that is not there.
    pub fn select_nodegroup(&self, name: &str) -> Result<Selection<'a>, Problem> {
        let words = nodegroup::words(self, name)?;
        let words = compound::splice(self, words)?;
        let shown = self.nodegroups.get(name).map(|group| group.words.join(" ")).unwrap_or_default();
        matching::select(self, &compound::parse(&words, &shown)?)
    }

    /// Whether a nodegroup has a word that no file can answer, such as `R@x`, or that looks like a matcher and is none.
    pub fn asks_elsewhere(&self, name: &str) -> bool {
        nodegroup::words(self, name).is_ok_and(|words| words.iter().any(|word| compound::asks_elsewhere(word)))
    }

    /// Returns why a nodegroup that is asked for is not a group, if one of those is: what asks for it would take other hosts.
    pub fn unanswered(&self, asked: impl Fn(&str) -> bool) -> Option<Problem> {
        let name = self.unanswered.iter().find(|name| asked(name))?;
        let problem = self.select_nodegroup(name).err()?;
        let message = format!("nodegroup `{name}` is not a group here: {}", problem.message);
        Some(Problem { message, ..problem })
    }
}

impl<'a> Minion<'a> {
    /// Such data of this minion.
    pub fn data(&self, bank: Bank) -> Option<Value<'a>> {
        match bank {
            Bank::Grains => self.grains,
            Bank::Pillar => self.pillar,
        }
    }

    /// Where such data was read.
    pub fn data_at(&self, bank: Bank) -> Pos {
        match bank {
            Bank::Grains => self.grains_at,
            Bank::Pillar => self.pillar_at,
        }
    }
}
