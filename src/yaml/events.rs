//! The events of a YAML text, as libyaml's grammar has them, and so as PyYAML and Ansible read it.
//!
//! The only unsafe code of the project: a wrapper over `libyaml-rs` that owns the parser and every event.

#![allow(unsafe_code)]

use std::ffi::CStr;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use libyaml_rs as sys;

/// How deep lists and mappings may nest. libyaml takes quadratic time on deep flow lists, and PyYAML crashes on them.
pub const MAX_DEPTH: usize = 1000;

/// An event with its bytes in the text.
pub struct Event {
    raw: sys::yaml_event_t,
    skipped: usize,
}

/// What an event says; its texts live as long as the [`Event`].
#[derive(Debug, PartialEq, Eq)]
pub enum Kind<'e> {
    /// Start or end of the stream, or the end of a document.
    Frame,
    /// The text is over.
    StreamEnd,
    /// A document starts.
    DocumentStart,
    /// `*name`.
    Alias(&'e str),
    /// A scalar.
    Scalar {
        /// Its value: quotes, escapes and folding are resolved.
        value: &'e str,
        /// What stands before it.
        node: Node<'e>,
        /// How it is written.
        style: Style,
        /// Whether its type follows from its text, as that of a plain scalar without a tag does.
        plain: bool,
    },
    /// A list starts.
    SequenceStart(Node<'e>),
    /// A mapping starts.
    MappingStart(Node<'e>),
    /// A list or mapping ends.
    End,
}

/// The properties before a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'e> {
    /// `&name`.
    pub anchor: Option<&'e str>,
    /// The tag in its long form; `!!str` is `tag:yaml.org,2002:str`.
    pub tag: Option<&'e str>,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// After `|` or `>`.
    Block,
}

/// Why libyaml cannot read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Byte of the text where it stopped.
    pub offset: usize,
    /// What it found, as `did not find expected key`.
    pub problem: String,
    /// What it was doing, as `while parsing a block mapping`, and the byte where that began.
    pub context: Option<(String, usize)>,
    /// The character that may not stand in YAML at all, if that is the problem.
    pub character: Option<u32>,
}

/// The parser of one text.
pub struct Events<'t> {
    parser: NonNull<sys::yaml_parser_t>,
    depth: usize,
    /// Bytes of the text before what libyaml reads.
    skipped: usize,
    text: PhantomData<&'t str>,
}

impl<'t> Events<'t> {
    /// A parser at the start of the text, after a byte order mark.
    pub fn new(text: &'t str) -> Self {
        let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let text = &text[skipped..];
        let parser = Box::into_raw(Box::new(MaybeUninit::<sys::yaml_parser_t>::uninit())).cast();
        // SAFETY: the memory is large enough and owned here; it never moves, as libyaml keeps a pointer to it. The text
        // outlives the parser by `'t`. Initializing only allocates, which aborts when it fails.
        let parser = unsafe {
            let _ = sys::yaml_parser_initialize(parser);
            sys::yaml_parser_set_encoding(parser, sys::YAML_UTF8_ENCODING);
            sys::yaml_parser_set_input_string(parser, text.as_ptr(), text.len() as u64);
            NonNull::new_unchecked(parser)
        };
        Events { parser, depth: 0, skipped, text: PhantomData }
    }

    /// The next event. After [`Kind::StreamEnd`] or an error there is none to ask for.
    ///
    /// # Errors
    /// What libyaml finds wrong, and nesting beyond [`MAX_DEPTH`].
    pub fn next_event(&mut self) -> Result<Event, Broken> {
        let mut raw = MaybeUninit::<sys::yaml_event_t>::uninit();
        // SAFETY: the parser is initialized; libyaml clears the event before anything else, so it is initialized whatever
        // the result is.
        let (good, raw) = unsafe {
            let good = sys::yaml_parser_parse(self.parser.as_ptr(), raw.as_mut_ptr()).ok;
            (good, raw.assume_init())
        };
        let event = Event { raw, skipped: self.skipped };
        if !good {
            return Err(self.broken());
        }
        match event.raw.type_ {
            sys::YAML_SEQUENCE_START_EVENT | sys::YAML_MAPPING_START_EVENT => self.depth += 1,
            sys::YAML_SEQUENCE_END_EVENT | sys::YAML_MAPPING_END_EVENT => self.depth -= 1,
            _ => {}
        }
        if self.depth > MAX_DEPTH {
            let problem = format!("lists and mappings nest deeper than {MAX_DEPTH} levels");
            return Err(Broken { offset: event.start(), problem, context: None, character: None });
        }
        Ok(event)
    }

    /// The error that stopped the parser.
    fn broken(&self) -> Broken {
        // SAFETY: the parser is initialized, and these fields are plain data and static C strings or null.
        let error = unsafe { &**self.parser.as_ptr() };
        let (problem, context) = unsafe { (static_text(error.problem), static_text(error.context)) };
        let reader = error.error == sys::YAML_READER_ERROR;
        // The reader runs ahead of the marks and has an offset only.
        let offset = if reader { error.problem_offset } else { error.problem_mark.index };
        Broken {
            offset: self.skipped + offset as usize,
            problem: problem.unwrap_or("the text is too large").to_string(),
            context: context.map(|text| (text.to_string(), self.skipped + error.context_mark.index as usize)),
            character: if reader { u32::try_from(error.problem_value).ok() } else { None },
        }
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        // SAFETY: made in `new` by `Box::into_raw` of this very type, and dropped once.
        unsafe {
            sys::yaml_parser_delete(self.parser.as_ptr());
            drop(Box::from_raw(self.parser.as_ptr().cast::<MaybeUninit<sys::yaml_parser_t>>()));
        }
    }
}

impl Event {
    /// The first byte of the event, its anchor and tag included.
    pub fn start(&self) -> usize {
        self.skipped + self.raw.start_mark.index as usize
    }

    /// The byte after the event.
    pub fn end(&self) -> usize {
        self.skipped + self.raw.end_mark.index as usize
    }

    /// What the event says.
    pub fn kind(&self) -> Kind<'_> {
        let data = &self.raw.data;
        // SAFETY: each field of the union is read under its own type only, and libyaml's strings live until the event is
        // deleted, which `Drop` does.
        unsafe {
            match self.raw.type_ {
                sys::YAML_STREAM_END_EVENT => Kind::StreamEnd,
                sys::YAML_DOCUMENT_START_EVENT => Kind::DocumentStart,
                sys::YAML_ALIAS_EVENT => Kind::Alias(text(data.alias.anchor).unwrap_or_default()),
                sys::YAML_SCALAR_EVENT => {
                    let scalar = &data.scalar;
                    Kind::Scalar {
                        value: slice(scalar.value, scalar.length),
                        node: Node { anchor: text(scalar.anchor), tag: text(scalar.tag) },
                        style: style(scalar.style),
                        plain: scalar.plain_implicit,
                    }
                }
                sys::YAML_SEQUENCE_START_EVENT => Kind::SequenceStart(Node {
                    anchor: text(data.sequence_start.anchor),
                    tag: text(data.sequence_start.tag),
                }),
                sys::YAML_MAPPING_START_EVENT => Kind::MappingStart(Node {
                    anchor: text(data.mapping_start.anchor),
                    tag: text(data.mapping_start.tag),
                }),
                sys::YAML_SEQUENCE_END_EVENT | sys::YAML_MAPPING_END_EVENT => Kind::End,
                _ => Kind::Frame,
            }
        }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: the event is initialized and owned; libyaml clears it, and it is dropped once.
        unsafe { sys::yaml_event_delete(&raw mut self.raw) }
    }
}

fn style(style: sys::yaml_scalar_style_t) -> Style {
    match style {
        sys::YAML_SINGLE_QUOTED_SCALAR_STYLE | sys::YAML_DOUBLE_QUOTED_SCALAR_STYLE => Style::Quoted,
        sys::YAML_LITERAL_SCALAR_STYLE | sys::YAML_FOLDED_SCALAR_STYLE => Style::Block,
        _ => Style::Plain,
    }
}

/// A string of libyaml's that ends at its first NUL; percent-encoded tags may not be UTF-8 and are then `?`.
///
/// # Safety
/// `pointer` is null or a C string that lives for `'e`.
unsafe fn text<'e>(pointer: *const u8) -> Option<&'e str> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    Some(unsafe { CStr::from_ptr(pointer.cast()) }.to_str().unwrap_or("?"))
}

/// A static string of libyaml's.
///
/// # Safety
/// `pointer` is null or a static C string.
unsafe fn static_text(pointer: *const i8) -> Option<&'static str> {
    // SAFETY: the caller's promise.
    unsafe { text(pointer.cast()) }
}

/// A string of libyaml's with its length. It is UTF-8, because the text is and escapes are checked by libyaml.
///
/// # Safety
/// `pointer` is null or has `length` bytes that live for `'e`.
unsafe fn slice<'e>(pointer: *const u8, length: u64) -> &'e str {
    if pointer.is_null() {
        return "";
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(pointer, length as usize) };
    std::str::from_utf8(bytes).unwrap_or("?")
}
