//! The variables of all hosts, in one list.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::packed::{Packed, Pool, TooMany};
use super::rules::Rules;
use super::vars::{Var, VarId, Vars};
use crate::text::Text;

/// From this many variables of a host on, names are looked up in an index instead of one after another.
const INDEX_FROM: usize = 64;

/// Where a host's variables stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    start: u32,
    length: u32,
    /// For how many there is room.
    room: u32,
}

/// The variables of all hosts: those of a host follow each other in the order they were first set, each name once.
#[derive(Clone, Debug, Default)]
pub(super) struct HostVarsList<'a> {
    pool: Pool<'a>,
    list: Vec<Packed>,
    /// The places of the names of hosts with many variables, by the start of their span.
    indexes: HashMap<u32, HashMap<VarId, u32, RandomState>, RandomState>,
}

/// The variables of a host.
#[derive(Clone, Copy, Debug)]
pub struct HostVars<'i, 'a> {
    list: &'i HostVarsList<'a>,
    span: Span,
}

impl Span {
    /// Whether it has no variable.
    pub(super) fn is_empty(self) -> bool {
        self.length == 0
    }

    fn places(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.length as usize
    }
}

impl<'a> HostVarsList<'a> {
    /// Takes up a text that values may be parts of.
    pub(super) fn add_text(&mut self, text: Text<'a>) {
        self.pool.add_text(text);
    }

    /// The variables of a span.
    pub(super) fn of(&self, span: Span) -> HostVars<'_, 'a> {
        HostVars { list: self, span }
    }

    /// Sets a variable, a mapping over what is there as the rules say; it keeps its place if it was set before.
    ///
    /// # Errors
    /// There are more variables than four bytes can count.
    #[inline]
    pub(super) fn join(&mut self, span: &mut Span, var: &Var<'a>, rules: &Rules<'a>) -> Result<(), TooMany> {
        let Some(place) = self.place(*span, var.name) else { return self.push(span, var) };
        let var = if rules.merging.is_some() {
            rules.joined(&self.pool.unpack(&self.list[place], &mut None), var)
        } else {
            *var
        };
        self.list[place] = self.pool.pack(&var)?;
        Ok(())
    }

    /// Joins every variable of another span.
    ///
    /// # Errors
    /// Those of [`HostVarsList::join`].
    pub(super) fn join_all(&mut self, span: &mut Span, others: Span, rules: &Rules<'a>) -> Result<(), TooMany> {
        others.places().try_for_each(|place| {
            let var = self.pool.unpack(&self.list[place], &mut None);
            self.join(span, &var, rules)
        })
    }

    #[inline]
    fn place(&self, span: Span, name: VarId) -> Option<usize> {
        if span.length as usize >= INDEX_FROM {
            let index = self.indexes.get(&span.start)?;
            return index.get(&name).map(|place| (span.start + place) as usize);
        }
        let place = self.list.get(span.places())?.iter().position(|var| var.name == name)?;
        Some(span.start as usize + place)
    }

    /// Sets a variable whose name the span does not have yet.
    ///
    /// # Errors
    /// Those of [`HostVarsList::join`].
    #[inline]
    pub(super) fn push(&mut self, span: &mut Span, var: &Var<'a>) -> Result<(), TooMany> {
        let packed = self.pool.pack(var)?;
        if span.length == span.room && span.places().end != self.list.len() {
            self.move_to_end(span)?;
        }
        if span.length < span.room {
            self.list[span.places().end] = packed;
        } else {
            span.room =
                span.room.checked_add(1).filter(|room| span.start.checked_add(*room).is_some()).ok_or(TooMany)?;
            self.list.push(packed);
        }
        span.length += 1;
        if span.length as usize >= INDEX_FROM {
            self.note(*span, var.name);
        }
        Ok(())
    }

    /// Gives a span twice the room, at the end of the list.
    fn move_to_end(&mut self, span: &mut Span) -> Result<(), TooMany> {
        let room = span.length as usize * 2;
        let start = self.list.len();
        u32::try_from(start + room).map_err(|_| TooMany)?;
        if span.is_empty() {
            *span = Span { start: start as u32, ..Span::default() };
            return Ok(());
        }
        self.list.extend_from_within(span.places());
        if let Some(filler) = self.list.last().copied() {
            self.list.resize(start + room, filler);
        }
        if span.length as usize >= INDEX_FROM
            && let Some(index) = self.indexes.remove(&span.start)
        {
            self.indexes.insert(start as u32, index);
        }
        *span = Span { start: start as u32, length: span.length, room: room as u32 };
        Ok(())
    }

    /// Notes the name of the last variable of a span in its index, which is made if there is none.
    fn note(&mut self, span: Span, name: VarId) {
        let list = &self.list[span.places()];
        let index = self
            .indexes
            .entry(span.start)
            .or_insert_with(|| list.iter().enumerate().map(|(place, var)| (var.name, place as u32)).collect());
        index.insert(name, span.length - 1);
    }
}

impl<'i, 'a> HostVars<'i, 'a> {
    /// The variable of this name.
    pub fn get(self, name: VarId) -> Option<Var<'a>> {
        self.list.place(self.span, name).map(|place| self.list.pool.unpack(&self.list.list[place], &mut None))
    }

    /// The variables in order.
    pub fn iter(self) -> impl Iterator<Item = Var<'a>> + use<'i, 'a> {
        let mut near = None;
        self.list.list[self.span.places()].iter().map(move |packed| self.list.pool.unpack(packed, &mut near))
    }

    /// Appends the variables as what stands in a mapping of JSON, given each name as JSON with a comma before it and a colon
    /// after it. What is next to be written is mostly of the text that the last one was of.
    pub(crate) fn write_json(self, keys: &[Vec<u8>], near: &mut Option<Text<'a>>, out: &mut Vec<u8>) {
        for (place, packed) in self.list.list[self.span.places()].iter().enumerate() {
            let key = &keys[packed.name.index()];
            out.extend_from_slice(if place == 0 { &key[1..] } else { key });
            self.list.pool.write_json(packed, near, out);
        }
    }

    /// The same in a list of their own.
    pub fn to_vars(self) -> Vars<'a> {
        let mut vars = Vars::default();
        self.iter().for_each(|var| vars.set(var));
        vars
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.span.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{HostId, Inventory};
    use super::*;
    use crate::text::{Arena, Pos};
    use crate::value::Value;

    /// What each host has, name by name.
    fn found<'a>(inventory: &Inventory<'a>, host: HostId) -> Vec<(&'a str, Value<'a>)> {
        inventory.host_vars(host).iter().map(|var| (inventory.var_name(var.name), var.value)).collect()
    }

    #[test]
    fn hosts_keep_their_variables_however_many_get_some_in_between() {
        let arena = Arena::new();
        let names: Vec<&str> = (0..150).map(|name| &*arena.alloc_str(&format!("v{name}"))).collect();
        let mut inventory = Inventory::new();
        let hosts: Vec<HostId> =
            ["a", "b", "c"].map(|name| inventory.add_host(name, None, None, Pos::default()).unwrap()).to_vec();
        let mut wanted: Vec<indexmap::IndexMap<&str, Value<'_>>> = vec![indexmap::IndexMap::new(); 3];
        for step in 0..600_usize {
            // Each name comes again and again, in another order for each host.
            let at = |offset: usize| names[(step * 7 + offset * 31) % (10 + step / 4)];
            let batch: Vec<(&str, Value<'_>, Pos)> =
                (0..step % 4).map(|offset| (at(offset), Value::Int(names[step % 150]), Pos::default())).collect();
            inventory.set_host_vars(hosts[step % 3], batch.iter().copied()).unwrap();
            wanted[step % 3].extend(batch.iter().map(|(name, value, _)| (*name, *value)));
        }
        for (host, wanted) in hosts.iter().zip(&wanted) {
            assert!(wanted.len() > INDEX_FROM, "{}", wanted.len());
            assert_eq!(
                found(&inventory, *host),
                wanted.iter().map(|(name, value)| (*name, *value)).collect::<Vec<_>>()
            );
            for name in &names {
                let var = inventory.find_var(name).and_then(|id| inventory.host_vars(*host).get(id));
                assert_eq!(var.map(|var| var.value), wanted.get(name).copied());
            }
        }
    }

    #[test]
    fn a_name_given_twice_at_once_has_the_later_value() {
        let mut inventory = Inventory::new();
        let host = inventory.add_host("a", None, None, Pos::default()).unwrap();
        let given = [("x", "1"), ("y", "2"), ("x", "3"), ("y", "4"), ("z", "5")];
        let given = given.into_iter().map(|(name, value)| (name, Value::Int(value), Pos::default()));
        inventory.set_host_vars(host, given).unwrap();
        assert_eq!(found(&inventory, host), [("x", Value::Int("3")), ("y", Value::Int("4")), ("z", Value::Int("5"))]);
    }
}
