//! YAML as Ansible 2.19 reads it: libyaml's grammar, PyYAML's types of YAML 1.1, Ansible's tags.
//!
//! Events become values on a stack of open lists and mappings, without recursion; simple texts take a short way there. Aliases share what they name, and
//! what they and merge keys expand to is counted, so that a small text cannot become a huge value.
//!
//! Different from Ansible: what could not be printed as JSON (bytes, dates as keys) is an error here already; a key that
//! overrides a merged one is not a duplicate; a set keeps its order; a key without `? ` ends within 1,024 bytes, not
//! characters; the tag of a mapping under `<<` counts; `!!str` of a mapping with a `=` key is an error; an anchor inside of
//! `!unsafe` is unsafe wherever it is used, and one outside never becomes so.

pub mod events;
mod flow;
mod hints;
mod plain;
pub(crate) mod scalar;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use events::{Event, Events, Kind, MAX_DEPTH, Node, Style};
use tags::Tag;

use crate::error::Code;
use crate::text::{Arena, Pos, Text};
use crate::value::yaml11::{Resolved, is_dotted, is_short_int, is_surely_str, resolve_loosely};
use crate::value::{Entry, Fault, KeyKind, Value, keys};

/// How much aliases may expand to unless it is said otherwise, in nodes; 32 bytes of a string count as a node.
pub const MAX_EXPANDED: u64 = 5_000_000;

/// A key longer than this is left to libyaml by the short ways; it has a limit at 1,024.
const MAX_KEY: usize = 1000;

/// Reads the one document of a text; an empty text is null. Adds a warning for each repeated key.
///
/// # Errors
/// The first thing that Ansible could not read, and nesting or expansion beyond the limits.
pub fn parse<'a>(arena: &'a Arena, text: Text<'a>, warnings: &mut Vec<(Pos, String)>) -> Result<Value<'a>, Fault> {
    parse_within(arena, text, MAX_EXPANDED, warnings)
}

/// [`parse`], where aliases may expand to at most `max_expanded` nodes.
///
/// # Errors
/// Those of [`parse`].
pub fn parse_within<'a>(
    arena: &'a Arena,
    text: Text<'a>,
    max_expanded: u64,
    warnings: &mut Vec<(Pos, String)>,
) -> Result<Value<'a>, Fault> {
    if plain::may_take(text.text) {
        let mut found = Vec::new();
        // Plain blocks have no aliases.
        let mut composer = Composer::new(arena, text, max_expanded, &mut found);
        if plain::Lines::read(&mut composer).is_some() {
            let root = composer.root;
            warnings.append(&mut found);
            return Ok(root.unwrap_or(Value::Null));
        }
    }
    parse_events(arena, text, max_expanded, warnings)
}

/// Reads a text by libyaml's events.
fn parse_events<'a>(
    arena: &'a Arena,
    text: Text<'a>,
    max_expanded: u64,
    warnings: &mut Vec<(Pos, String)>,
) -> Result<Value<'a>, Fault> {
    let mut composer = Composer::new(arena, text, max_expanded, warnings);
    let mut events = Events::new(text.text);
    while composer.take(&events.next_event().map_err(|broken| hints::explain(text, &broken))?)? {}
    Ok(composer.root.unwrap_or(Value::Null))
}

/// A complete node on its way into its parent.
#[derive(Clone, Copy)]
struct Done<'a> {
    value: Value<'a>,
    role: Role,
    /// How many nodes it expands to.
    weight: u64,
    /// How deep it nests; 0 for a scalar.
    height: usize,
}

/// What a node is besides its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Ordinary,
    /// `<<` as a key.
    Merge,
    /// An item of `!!omap` or `!!pairs`: a list of key and value.
    Pair,
}

/// What an open list or mapping will become.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    List,
    Map,
    /// `!!set`: a mapping whose keys become a list.
    Set,
    /// `!!omap` and `!!pairs`: a list of mappings of one key.
    Pairs,
    /// A mapping in `Pairs`: key and value become a list.
    Pair,
}

/// An open list or mapping.
struct Frame<'a> {
    shape: Shape,
    at: Pos,
    anchor: Option<&'a str>,
    is_unsafe: bool,
    /// Where its parts start on the stacks of items, entries and merged entries.
    items: usize,
    entries: usize,
    merged: usize,
    key: Option<Key<'a>>,
    weight: u64,
    height: usize,
}

/// A key that waits for its value.
#[derive(Clone, Copy)]
enum Key<'a> {
    Named(&'a str, KeyKind, Pos),
    Merge,
    /// In a `Pair`, where any node may be a key.
    Any,
}

struct Composer<'a, 'w> {
    arena: &'a Arena,
    text: Text<'a>,
    warnings: &'w mut Vec<(Pos, String)>,
    frames: Vec<Frame<'a>>,
    items: Vec<Value<'a>>,
    entries: Vec<Entry<'a>>,
    merged: Vec<Entry<'a>>,
    /// How much aliases may expand to.
    max_expanded: u64,
    /// By name; `None` while the node is open.
    anchors: HashMap<&'a str, Option<Done<'a>>>,
    expanded: u64,
    /// How many open nodes are under `!unsafe`.
    unsafe_depth: usize,
    root: Option<Value<'a>>,
}

impl<'a, 'w> Composer<'a, 'w> {
    fn new(arena: &'a Arena, text: Text<'a>, max_expanded: u64, warnings: &'w mut Vec<(Pos, String)>) -> Self {
        Composer {
            max_expanded,
            arena,
            text,
            warnings,
            frames: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            merged: Vec::new(),
            anchors: HashMap::new(),
            expanded: 0,
            unsafe_depth: 0,
            root: None,
        }
    }

    /// Takes an event; whether more are to come.
    fn take(&mut self, event: &Event) -> Result<bool, Fault> {
        let at = self.text.pos(event.start());
        match event.kind() {
            Kind::Frame => {}
            Kind::StreamEnd => return Ok(false),
            Kind::DocumentStart if self.root.is_some() => {
                return Err(Fault::new(Code::InvalidYaml, at, "a second document starts here")
                    .hint("keep one document in the file, without a `---` between"));
            }
            Kind::DocumentStart => {}
            Kind::Alias(name) => self.alias(name, at)?,
            Kind::Scalar { value, node, style, plain } => {
                let anchor = self.anchor(node, at)?;
                let done = self.scalar(event, value, node.tag, style, plain, at)?;
                self.close(anchor, done, at)?;
            }
            Kind::SequenceStart(node) => self.open(node, true, at)?,
            Kind::MappingStart(node) => self.open(node, false, at)?,
            Kind::End => self.end()?,
        }
        Ok(true)
    }

    /// Notes the anchor of a node that starts.
    fn anchor(&mut self, node: Node<'_>, at: Pos) -> Result<Option<&'a str>, Fault> {
        let Some(name) = node.anchor else { return Ok(None) };
        let name: &'a str = self.arena.alloc_str(name);
        match self.anchors.insert(name, None) {
            None => Ok(Some(name)),
            Some(_) => Err(Fault::new(Code::InvalidYaml, at, format!("the anchor `&{name}` is defined twice"))),
        }
    }

    fn alias(&mut self, name: &str, at: Pos) -> Result<(), Fault> {
        let done = match self.anchors.get(name) {
            Some(Some(done)) => *done,
            Some(None) => {
                return Err(Fault::new(Code::InvalidYaml, at, format!("`*{name}` stands inside of `&{name}`")));
            }
            None => {
                return Err(Fault::new(Code::InvalidYaml, at, format!("`*{name}` names no anchor"))
                    .hint("a value that starts with `*` needs quotes; an alias follows its `&` anchor"));
            }
        };
        self.expanded = self.expanded.saturating_add(done.weight);
        if self.expanded > self.max_expanded {
            let message = format!("aliases expand to more than {} values", self.max_expanded);
            return Err(Fault::new(Code::LimitExceeded, at, message)
                .hint("write less of it with aliases, or raise `max_yaml_values`"));
        }
        if self.frames.len() + done.height > MAX_DEPTH {
            return Err(Fault::new(
                Code::LimitExceeded,
                at,
                format!("lists and mappings nest deeper than {MAX_DEPTH} levels"),
            ));
        }
        self.add(done, at)
    }

    fn scalar(
        &mut self,
        event: &Event,
        value: &str,
        tag: Option<&str>,
        style: Style,
        plain: bool,
        at: Pos,
    ) -> Result<Done<'a>, Fault> {
        let text = self.keep(event, value, style);
        let Some(kind) = tag.filter(|tag| *tag != "!").map(Tag::of) else { return self.implicit(text, plain, at) };
        if kind == Tag::Merge && self.expects_key() {
            return Ok(Done { value: Value::Null, role: Role::Merge, weight: 1, height: 0 });
        }
        let value =
            kind.scalar(tag.unwrap_or_default(), text).map_err(|message| Fault::new(Code::InvalidYaml, at, message))?;
        Ok(self.done(value, text, kind == Tag::Unsafe))
    }

    /// A scalar without a tag; a plain one has its type by its text.
    fn implicit(&self, text: &'a str, plain: bool, at: Pos) -> Result<Done<'a>, Fault> {
        if !plain {
            return Ok(self.done(Value::Str(text), text, false));
        }
        let (resolved, text) = resolve_loosely(text);
        match resolved {
            Resolved::Merge if self.expects_key() => {
                Ok(Done { value: Value::Null, role: Role::Merge, weight: 1, height: 0 })
            }
            Resolved::Default if self.expects_key() => Ok(self.done(Value::Str(text), text, false)),
            _ => {
                let value =
                    scalar::implicit(resolved, text).map_err(|message| Fault::new(Code::InvalidYaml, at, message))?;
                Ok(self.done(value, text, false))
            }
        }
    }

    /// Adds a scalar without tag and anchor.
    fn untagged(&mut self, text: &'a str, plain: bool, at: Pos) -> Result<(), Fault> {
        if (!plain || is_surely_str(text)) && self.unsafe_depth == 0 && self.add_text(text, at) {
            return Ok(());
        }
        let done = self.implicit(text, plain, at)?;
        self.add(done, at)
    }

    /// Adds a key and its value, plain scalars without tag and anchor, to the innermost mapping.
    fn untagged_entry(&mut self, key: &'a str, at: Pos, text: &'a str, text_at: Pos) -> Result<(), Fault> {
        let is_open = |frame: &&mut Frame<'_>| frame.shape == Shape::Map && frame.key.is_none();
        if self.unsafe_depth == 0
            && is_surely_str(key)
            && let Some(value) = common(text)
            && let Some(frame) = self.frames.last_mut().filter(is_open)
        {
            frame.weight = frame.weight.saturating_add(weight_of(key) + weight_of(text));
            self.entries.push(Entry { key, kind: KeyKind::Str, at, value });
            return Ok(());
        }
        self.untagged(key, true, at)?;
        self.untagged(text, true, text_at)
    }

    /// Puts a string into the innermost mapping, as a key or a value; not where that is anything else. Most scalars go here.
    fn add_text(&mut self, text: &'a str, at: Pos) -> bool {
        let Some(frame) = self.frames.last_mut().filter(|frame| frame.shape == Shape::Map) else { return false };
        match frame.key {
            None => frame.key = Some(Key::Named(text, KeyKind::Str, at)),
            Some(Key::Named(key, kind, at)) => {
                frame.key = None;
                self.entries.push(Entry { key, kind, at, value: Value::Str(text) });
            }
            Some(Key::Merge | Key::Any) => return false,
        }
        frame.weight = frame.weight.saturating_add(weight_of(text));
        true
    }

    /// A complete scalar; under `!unsafe` its strings are unsafe.
    fn done(&self, value: Value<'a>, text: &str, is_unsafe: bool) -> Done<'a> {
        let value = match value {
            Value::Str(text) if is_unsafe || self.unsafe_depth > 0 => Value::Unsafe(text),
            other => other,
        };
        Done { value, role: Role::Ordinary, weight: weight_of(text), height: 0 }
    }

    /// The text of a scalar: a part of the source where it stands there in one piece, else a copy.
    fn keep(&self, event: &Event, value: &str, style: Style) -> &'a str {
        let quote = usize::from(style == Style::Quoted);
        let end = event.end().saturating_sub(quote);
        let source = self.text.text.get(end.saturating_sub(value.len())..end);
        match source {
            Some(source) if source == value => source,
            _ => self.arena.alloc_str(value),
        }
    }

    /// Whether the next node is a key of a mapping.
    fn expects_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.shape, Shape::Map | Shape::Set) && frame.key.is_none())
    }

    fn open(&mut self, node: Node<'_>, is_list: bool, at: Pos) -> Result<(), Fault> {
        let anchor = self.anchor(node, at)?;
        let tag = node.tag.filter(|tag| *tag != "!").map(Tag::of);
        let in_pairs = self.frames.last().is_some_and(|frame| frame.shape == Shape::Pairs);
        let shape = match tag {
            // The mappings in `!!omap` are not values of their own, so their tags do not count.
            _ if in_pairs && !is_list => Shape::Pair,
            None | Some(Tag::Unsafe) => {
                if is_list {
                    Shape::List
                } else {
                    Shape::Map
                }
            }
            Some(Tag::Seq) if is_list => Shape::List,
            Some(Tag::Pairs) if is_list => Shape::Pairs,
            Some(Tag::Map) if !is_list => Shape::Map,
            Some(Tag::Set) if !is_list => Shape::Set,
            Some(tag) => {
                let found = if is_list { "a list" } else { "a mapping" };
                return Err(Fault::new(Code::InvalidYaml, at, tag.misplaced(node.tag.unwrap_or_default(), found)));
            }
        };
        self.push(shape, anchor, tag == Some(Tag::Unsafe), at);
        Ok(())
    }

    /// Opens a list or mapping.
    fn push(&mut self, shape: Shape, anchor: Option<&'a str>, is_unsafe: bool, at: Pos) {
        self.unsafe_depth += usize::from(is_unsafe);
        self.frames.push(Frame {
            shape,
            at,
            anchor,
            is_unsafe,
            items: self.items.len(),
            entries: self.entries.len(),
            merged: self.merged.len(),
            key: None,
            weight: 1,
            height: 1,
        });
    }

    /// Ends the innermost list or mapping.
    fn end(&mut self) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.unsafe_depth -= usize::from(frame.is_unsafe);
        let mut role = Role::Ordinary;
        let value = match frame.shape {
            Shape::List | Shape::Pairs => self.finish_list(&frame),
            Shape::Map => self.finish_map(&frame),
            Shape::Set => match self.finish_map(&frame) {
                Value::Map(entries) => Value::Set(self.arena.alloc_slice_fill_iter(entries.iter().map(keys::value))),
                other => other,
            },
            Shape::Pair if self.items.len() == frame.items + 2 => {
                role = Role::Pair;
                self.finish_list(&frame)
            }
            Shape::Pair => return Err(not_a_pair(frame.at)),
        };
        let done = Done { value, role, weight: frame.weight, height: frame.height };
        self.close(frame.anchor, done, frame.at)
    }

    fn finish_list(&mut self, frame: &Frame<'a>) -> Value<'a> {
        let list = self.arena.alloc_slice_copy(self.items.get(frame.items..).unwrap_or_default());
        self.items.truncate(frame.items);
        Value::List(list)
    }

    /// Merged entries come first and yield to the mapping's own, as in PyYAML's `flatten_mapping`.
    fn finish_map(&mut self, frame: &Frame<'a>) -> Value<'a> {
        let merged = self.merged.len() - frame.merged;
        if merged > 0 {
            self.entries.splice(frame.entries..frame.entries, self.merged.drain(frame.merged..));
        }
        let warnings = &mut *self.warnings;
        keys::unique(&mut self.entries, frame.entries, |first, entry| {
            if first >= merged {
                warnings.push((entry.at, format!("the key `{}` is repeated; the last value counts", entry.name())));
            }
        });
        let map = self.arena.alloc_slice_copy(self.entries.get(frame.entries..).unwrap_or_default());
        self.entries.truncate(frame.entries);
        Value::Map(map)
    }

    /// Hands a complete node to its anchor and its parent.
    fn close(&mut self, anchor: Option<&'a str>, done: Done<'a>, at: Pos) -> Result<(), Fault> {
        if let Some(name) = anchor {
            self.anchors.insert(name, Some(done));
        }
        self.add(done, at)
    }

    /// Puts a node into the innermost open list or mapping.
    fn add(&mut self, done: Done<'a>, at: Pos) -> Result<(), Fault> {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(done.value);
            return Ok(());
        };
        frame.weight = frame.weight.saturating_add(done.weight);
        frame.height = frame.height.max(done.height + 1);
        match (frame.shape, frame.key.take()) {
            (Shape::List, _) => self.items.push(done.value),
            (Shape::Pairs, _) => {
                let pair = self.pair(done).ok_or_else(|| not_a_pair(at))?;
                self.items.push(pair);
            }
            (Shape::Pair, key) => {
                frame.key = if key.is_none() { Some(Key::Any) } else { None };
                self.items.push(done.value);
            }
            (_, None) => frame.key = Some(as_key(done, at, self.text)?),
            (_, Some(Key::Named(key, kind, at))) => self.entries.push(Entry { key, kind, at, value: done.value }),
            (_, Some(Key::Merge | Key::Any)) => self.merge(done.value, at)?,
        }
        Ok(())
    }

    /// An item of `!!omap`: a pair, or an alias of a mapping with one key.
    fn pair(&self, done: Done<'a>) -> Option<Value<'a>> {
        match (done.role, done.value) {
            (Role::Pair, pair) => Some(pair),
            (_, Value::Map([entry])) => {
                Some(Value::List(self.arena.alloc_slice_copy(&[keys::value(entry), entry.value])))
            }
            _ => None,
        }
    }

    /// Merges the value of a `<<` key: a mapping, or a list of mappings where the first of them wins.
    fn merge(&mut self, value: Value<'a>, at: Pos) -> Result<(), Fault> {
        let wrong = |value: Value<'_>| {
            Fault::new(
                Code::InvalidYaml,
                at,
                format!("`<<` merges a mapping or a list of mappings, not {}", value.type_name()),
            )
        };
        match value {
            Value::Map(entries) => self.merged.extend_from_slice(entries),
            Value::List(maps) => {
                for map in maps.iter().rev() {
                    let Value::Map(entries) = map else { return Err(wrong(*map)) };
                    self.merged.extend_from_slice(entries);
                }
            }
            other => return Err(wrong(other)),
        }
        Ok(())
    }
}

/// The value of a plain scalar of the commonest kinds: what is surely a string, a whole number, an address.
fn common(text: &str) -> Option<Value<'_>> {
    if is_surely_str(text) || is_dotted(text) {
        return Some(Value::Str(text));
    }
    is_short_int(text).then_some(Value::Int(text))
}

/// How many nodes a scalar counts as.
fn weight_of(text: &str) -> u64 {
    1 + text.len() as u64 / 32
}

fn as_key<'a>(done: Done<'a>, at: Pos, text: Text<'a>) -> Result<Key<'a>, Fault> {
    if done.role == Role::Merge {
        return Ok(Key::Merge);
    }
    if let Some((name, kind)) = keys::key(done.value) {
        return Ok(Key::Named(name, kind, at));
    }
    let offset = (at.0 - text.base.0) as usize;
    let braces =
        offset.checked_sub(1).and_then(|start| text.text.get(start..)).is_some_and(|part| part.starts_with("{{"));
    if braces {
        let start = Pos(at.0.saturating_sub(1));
        return Err(
            Fault::new(Code::InvalidYaml, start, "a value that starts with `{{` needs quotes").hint(hints::TEMPLATE)
        );
    }
    Err(Fault::new(Code::InvalidYaml, at, format!("{} cannot be a key", done.value.type_name()))
        .hint("put the key in quotes"))
}

fn not_a_pair(at: Pos) -> Fault {
    Fault::new(Code::InvalidYaml, at, "`!!omap` and `!!pairs` take a list of mappings with one key each")
}
