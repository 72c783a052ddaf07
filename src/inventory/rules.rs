//! How values of variables stand against each other: which stage of group variables counts when, and whether mappings merge.

use crate::text::{Arena, Pos};
use crate::value::{Entry, Value};

use super::Var;

/// Where variables of groups come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// `all` in the inventory.
    All,
    /// The other groups in the inventory.
    Groups,
    /// `group_vars` of `all`.
    AllFiles,
    /// `group_vars` of the other groups.
    GroupFiles,
}

/// Ansible's own order, its `DEFAULT_PRECEDENCE`.
const STAGES: [Stage; 4] = [Stage::All, Stage::Groups, Stage::AllFiles, Stage::GroupFiles];

/// How values stand against each other.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    /// The stages that count, from low to high.
    pub stages: Vec<Stage>,
    /// Where merged mappings live, if mappings are merged (`hash_behaviour = merge`).
    pub merging: Option<&'a Arena>,
    /// The texts that were decrypted: their first position and the one after the last.
    concealed: Vec<(Pos, Pos)>,
}

impl Default for Rules<'_> {
    fn default() -> Self {
        Rules { stages: STAGES.to_vec(), merging: None, concealed: Vec::new() }
    }
}

impl<'a> Rules<'a> {
    /// Notes that a text was decrypted, so that a mapping with a part of it is known to hold some.
    pub fn note_concealed(&mut self, from: Pos, length: usize) {
        self.concealed.push((from, Pos(from.0.saturating_add(u32::try_from(length).unwrap_or(u32::MAX)))));
    }

    /// When a stage counts: the place of its last mention; nothing where it does not.
    pub fn rank(&self, stage: Stage) -> Option<u8> {
        self.stages.iter().rposition(|known| *known == stage).and_then(|rank| u8::try_from(rank).ok())
    }

    /// The variable that a later one makes of an earlier one.
    pub fn joined(&self, earlier: &Var<'a>, later: &Var<'a>) -> Var<'a> {
        let Some(arena) = self.merging else { return *later };
        let (Value::Map(old), Value::Map(new)) = (earlier.value, later.value) else { return *later };
        let secret = |at: Pos| self.concealed.iter().any(|(from, to)| (*from..*to).contains(&at));
        let at = if secret(earlier.at) { earlier.at } else { later.at };
        Var { name: later.name, at, value: Value::Map(merged(arena, old, new)) }
    }
}

/// Ansible's `merge_hash`: mappings in mappings too; anything else is replaced.
fn merged<'a>(arena: &'a Arena, old: &'a [Entry<'a>], new: &'a [Entry<'a>]) -> &'a [Entry<'a>] {
    let mut entries: Vec<Entry<'a>> = old.to_vec();
    for entry in new {
        let same = entries.iter_mut().find(|known| known.key == entry.key && known.kind == entry.kind);
        match same {
            Some(known) => {
                let value = match (known.value, entry.value) {
                    (Value::Map(old), Value::Map(new)) => Value::Map(merged(arena, old, new)),
                    (_, value) => value,
                };
                *known = Entry { value, ..*entry };
            }
            None => entries.push(*entry),
        }
    }
    arena.alloc_slice_copy(&entries)
}
