//! The names of variables, each with its number.

use super::IndexSet;
use super::vars::VarId;

/// Names in the order of first appearance. Hosts have mostly the same variables in the same order, so the name that came after the last one
/// before is tried first, without a hash.
#[derive(Clone, Debug, Default)]
pub(super) struct Names<'a> {
    known: IndexSet<&'a str>,
    /// For each name the one that came after it last time.
    next: Vec<u32>,
    last: usize,
}

impl<'a> Names<'a> {
    /// The number of a name, a new one if it is not known.
    #[inline]
    pub(super) fn id(&mut self, name: &'a str) -> VarId {
        let expected = self.next.get(self.last).copied().unwrap_or_default();
        let id = match self.known.get_index(expected as usize) {
            Some(known) if *known == name => expected,
            _ => {
                let id = self.known.insert_full(name).0 as u32;
                self.next.resize(self.known.len(), 0);
                self.next[self.last] = id;
                id
            }
        };
        self.last = id as usize;
        VarId(id)
    }

    /// The number of a name that is known.
    pub(super) fn find(&self, name: &str) -> Option<VarId> {
        self.known.get_index_of(name).map(|index| VarId(index as u32))
    }

    /// The name of a number.
    pub(super) fn name(&self, id: VarId) -> &'a str {
        self.known[id.0 as usize]
    }

    /// All names.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'a str> {
        self.known.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number_in_whatever_order_names_come() {
        let mut names = Names::default();
        let numbers: Vec<u32> =
            ["a", "b", "c", "a", "b", "c", "c", "b", "a", "d", "a", "d", "b"].map(|name| names.id(name).0).to_vec();
        assert_eq!(numbers, [0, 1, 2, 0, 1, 2, 2, 1, 0, 3, 0, 3, 1]);
        assert_eq!(names.iter().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(names.find("d").map(|id| names.name(id)), Some("d"));
        assert_eq!(names.find("e"), None);
    }
}
