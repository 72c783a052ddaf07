//! A group's variables, and what a host ends up with.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::rules::Rules;
use crate::text::Pos;
use crate::value::Value;

/// A variable's name, as its number in the inventory's list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VarId(pub(super) u32);

impl VarId {
    /// The place of the name in the order of first appearance, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A variable with its value and the place it was set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Var<'a> {
    /// The name.
    pub name: VarId,
    /// Where it was set.
    pub at: Pos,
    /// The value.
    pub value: Value<'a>,
}

/// From this many variables on, names are looked up in an index instead of one after another.
const INDEX_FROM: usize = 24;

/// Variables in the order they were first set, each name once.
#[derive(Clone, Debug, Default)]
pub struct Vars<'a> {
    list: Vec<Var<'a>>,
    /// Boxed, since few of a million hosts have one.
    #[allow(clippy::box_collection)]
    index: Option<Box<HashMap<VarId, u32, RandomState>>>,
}

impl<'a> Vars<'a> {
    /// Sets a variable; it keeps its place if it was set before.
    #[inline]
    pub fn set(&mut self, var: Var<'a>) {
        match self.place(var.name) {
            Some(place) => self.list[place] = var,
            None => self.push(var),
        }
    }

    #[inline]
    fn push(&mut self, var: Var<'a>) {
        if let Some(index) = &mut self.index {
            index.insert(var.name, self.list.len() as u32);
        }
        self.list.push(var);
        if self.index.is_none() && self.list.len() >= INDEX_FROM {
            let index = self.list.iter().enumerate().map(|(place, var)| (var.name, place as u32)).collect();
            self.index = Some(Box::new(index));
        }
    }

    #[inline]
    fn place(&self, name: VarId) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(&name).map(|place| *place as usize),
            None => self.list.iter().position(|var| var.name == name),
        }
    }

    /// The variable of this name.
    pub fn get(&self, name: VarId) -> Option<&Var<'a>> {
        self.place(name).map(|place| &self.list[place])
    }

    /// Sets a variable, a mapping over what is there as the rules say.
    #[inline]
    pub fn join(&mut self, var: &Var<'a>, rules: &Rules<'a>) {
        if rules.merging.is_none() {
            return self.set(*var);
        }
        match self.place(var.name) {
            Some(place) => self.list[place] = rules.joined(&self.list[place], var),
            None => self.push(*var),
        }
    }

    /// Joins every variable of `others`.
    pub fn join_all(&mut self, others: &Vars<'a>, rules: &Rules<'a>) {
        others.iter().for_each(|var| self.join(var, rules));
    }

    /// Sets every variable of `others`.
    pub fn extend(&mut self, others: &Vars<'a>) {
        others.iter().for_each(|var| self.set(*var));
    }

    /// The variables in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Var<'a>> {
        self.list.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }
}
