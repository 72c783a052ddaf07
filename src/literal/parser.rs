//! The expressions that `literal_eval` accepts, by recursive descent.
//!
//! What matters beside the values is which failure comes first: something that is not a literal makes the whole text a string,
//! an unhashable key before it kills the file, and a syntax error anywhere wins over both.

use super::numbers::{self, Number};
use super::strings::{self, Content};
use crate::text::{Arena, Pos};
use crate::value::{Entry, KeyKind, Value, keys, number};

/// Python's tokenizer refuses deeper brackets.
const MAX_DEPTH: usize = 200;

/// Why there is no value.
pub(super) enum Stop {
    /// It is not a literal.
    Text,
    /// Python fails in a way that Ansible does not catch.
    Error(String),
}

/// An expression's value, and what else can be done with it.
#[derive(Clone, Copy)]
struct Term<'a> {
    value: Value<'a>,
    kind: Kind<'a>,
}

#[derive(Clone, Copy)]
enum Kind<'a> {
    /// A number without a sign; it can get one, and an imaginary one can be added to others.
    Number(Number<'a>),
    /// An int or float with a sign, to which an imaginary number can be added.
    Signed(f64),
    /// Anything that can be a key in JSON.
    Plain,
    /// Hashable, but no key in JSON.
    NoKey(&'static str),
    Unhashable(&'static str),
}

pub(super) struct Parser<'a> {
    arena: &'a Arena,
    text: &'a str,
    /// The next byte.
    at: usize,
    depth: usize,
    /// The first `TypeError`: evaluation is over, only syntax still counts.
    error: Option<String>,
    /// What Python can hold and an inventory cannot.
    flaw: Option<String>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(arena: &'a Arena, text: &'a str) -> Self {
        Parser { arena, text, at: 0, depth: 0, error: None, flaw: None }
    }

    /// The whole text as one expression, a tuple without parentheses included.
    pub(super) fn whole(mut self) -> Result<Value<'a>, Stop> {
        let term = self.expressions(None)?;
        if self.peek().is_some() {
            return Err(Stop::Text);
        }
        match self.error.or(self.flaw) {
            Some(message) => Err(Stop::Error(message)),
            None => Ok(term.value),
        }
    }

    /// The next byte after blanks and comments.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            match byte {
                b' ' | b'\t' | 0x0c => self.at += 1,
                b'\n' | b'\r' if self.depth > 0 => self.at += 1,
                b'#' => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
                }
                _ => return Some(byte),
            }
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Something that is not a literal: the end, unless evaluation has failed before it.
    fn malformed(&self) -> Result<Term<'a>, Stop> {
        match self.error {
            Some(_) => Ok(Term { value: Value::Null, kind: Kind::Plain }),
            None => Err(Stop::Text),
        }
    }

    /// One expression, or a tuple of several, up to `close` or the end.
    fn expressions(&mut self, close: Option<u8>) -> Result<Term<'a>, Stop> {
        let first = self.sum()?;
        if self.peek() != Some(b',') {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(b',') && self.peek() != close {
            items.push(self.sum()?);
        }
        Ok(self.tuple(&items))
    }

    fn tuple(&self, items: &[Term<'a>]) -> Term<'a> {
        let unhashable = items.iter().find_map(|item| match item.kind {
            Kind::Unhashable(what) => Some(what),
            _ => None,
        });
        let kind = unhashable.map_or(Kind::NoKey("a tuple"), Kind::Unhashable);
        Term { value: self.list(items), kind }
    }

    fn list(&self, items: &[Term<'a>]) -> Value<'a> {
        Value::List(self.arena.alloc_slice_fill_iter(items.iter().map(|item| item.value)))
    }

    /// Operands with `+` and `-` between: a literal only if an imaginary number is added to a real one.
    fn sum(&mut self) -> Result<Term<'a>, Stop> {
        let error = self.error.clone();
        let mut left = self.signed()?;
        while let Some(sign @ (b'+' | b'-')) = self.peek() {
            self.at += 1;
            let right = self.signed()?;
            let real = match left.kind {
                Kind::Number(Number::Int(text)) => Some(int_as_float(text)),
                Kind::Number(Number::Float(text)) => Some(number::float(text)),
                Kind::Signed(value) => Some(value),
                _ => None,
            };
            left = match (real, right.kind) {
                (Some(real), Kind::Number(Number::Imaginary(factor))) => {
                    // Python adds complex numbers, so that -0.0 + 2j has the real part 0.0.
                    if sign == b'+' {
                        self.complex(real + 0.0, 0.0 + factor)
                    } else {
                        self.complex(real - 0.0, 0.0 - factor)
                    }
                }
                _ => {
                    // Python looks at the operator before it evaluates the operands.
                    self.error.clone_from(&error);
                    self.malformed()?
                }
            };
        }
        Ok(left)
    }

    fn complex(&self, real: f64, imaginary: f64) -> Term<'a> {
        let text = self.arena.alloc_str(&numbers::complex(real, imaginary));
        Term { value: Value::Str(text), kind: Kind::NoKey("a complex number") }
    }

    /// An operand with at most one sign.
    fn signed(&mut self) -> Result<Term<'a>, Stop> {
        let Some(sign @ (b'+' | b'-')) = self.peek() else { return self.atom() };
        let error = self.error.clone();
        let start = self.at;
        self.at += 1;
        if matches!(self.peek(), Some(b'+' | b'-')) {
            // Only whether it is a number matters after two signs, and it is not a literal either way.
            while self.eat(b'+') || self.eat(b'-') {}
            self.atom()?;
            self.error.clone_from(&error);
            return self.malformed();
        }
        let operand = self.atom()?;
        let Kind::Number(number) = operand.kind else {
            self.error.clone_from(&error);
            return self.malformed();
        };
        let factor = if sign == b'-' { -1.0 } else { 1.0 };
        Ok(match number {
            Number::Int(text) => {
                let value = Value::Int(self.with_sign(start, text));
                // Python's -0 is the integer 0.
                Term { value, kind: Kind::Signed(factor * int_as_float(text) + 0.0) }
            }
            Number::Float(text) => {
                let value = Value::Float(self.with_sign(start, text));
                Term { value, kind: Kind::Signed(factor * number::float(text)) }
            }
            Number::Imaginary(imaginary) => self.complex(factor * 0.0, factor * imaginary),
        })
    }

    /// The text of a number with the sign at `start`: as written where the sign touches the number.
    fn with_sign(&self, start: usize, number: &'a str) -> &'a str {
        let end = start + 1 + number.len();
        match self.text.get(start..end) {
            Some(source) if source[1..] == *number => source,
            _ => self.arena.alloc_str(&format!("{}{number}", &self.text[start..=start])),
        }
    }

    fn atom(&mut self) -> Result<Term<'a>, Stop> {
        let byte = self.peek().ok_or(Stop::Text)?;
        let rest = self.rest();
        match byte {
            b'(' => self.bracket(b')', Self::group),
            b'[' => self.bracket(b']', Self::list_items),
            b'{' => self.bracket(b'}', Self::braces),
            b'.' if rest.starts_with("...") => {
                self.at += 3;
                Ok(Term { value: Value::Str("..."), kind: Kind::NoKey("`...`") })
            }
            b'0'..=b'9' | b'.' => {
                let (number, length) = numbers::scan(rest).ok_or(Stop::Text)?;
                self.at += length;
                Ok(self.number(number))
            }
            _ if strings::prefix(rest).is_some() => self.string(),
            _ if byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii() => self.name(),
            _ => Err(Stop::Text),
        }
    }

    fn number(&self, number: Number<'a>) -> Term<'a> {
        let value = match number {
            Number::Int(text) => Value::Int(text),
            Number::Float(text) => Value::Float(text),
            Number::Imaginary(factor) => self.complex(0.0, factor).value,
        };
        Term { value, kind: Kind::Number(number) }
    }

    fn name(&mut self) -> Result<Term<'a>, Stop> {
        let rest = self.rest();
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || !c.is_ascii();
        let name = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        self.at += name.len();
        let value = match name {
            "True" => Value::Bool(true, name),
            "False" => Value::Bool(false, name),
            "None" => Value::Null,
            "set" if self.eat(b'(') => {
                if !self.eat(b')') {
                    return Err(Stop::Text);
                }
                return Ok(Term { value: Value::Set(&[]), kind: Kind::Unhashable("a set") });
            }
            _ => return self.malformed(),
        };
        Ok(Term { value, kind: Kind::Plain })
    }

    /// String or bytes literals in a row.
    fn string(&mut self) -> Result<Term<'a>, Stop> {
        let mut whole: Option<Content<'a>> = None;
        while self.peek().is_some()
            && let Some(prefix) = strings::prefix(self.rest())
        {
            let part = strings::scan(self.rest(), prefix).ok_or(Stop::Text)?;
            self.at += part.length;
            if let Some(flaw) = part.flaw {
                self.flaw.get_or_insert_with(|| flaw.to_string());
            }
            whole = Some(match (whole, part.content) {
                (None, content) => content,
                (Some(Content::Text(left)), Content::Text(right)) => Content::Text(left + right),
                (Some(Content::Bytes(left)), Content::Bytes(right)) => Content::Bytes([left, right].concat()),
                _ => return Err(Stop::Text),
            });
        }
        match whole.ok_or(Stop::Text)? {
            Content::Text(text) => {
                let text = match text {
                    std::borrow::Cow::Borrowed(text) => text,
                    std::borrow::Cow::Owned(text) => self.arena.alloc_str(&text),
                };
                Ok(Term { value: Value::Str(text), kind: Kind::Plain })
            }
            Content::Bytes(bytes) => {
                let text = String::from_utf8(bytes).unwrap_or_else(|_| {
                    self.flaw.get_or_insert_with(|| "bytes that are not UTF-8 cannot be a value".to_string());
                    String::new()
                });
                // Ansible decodes bytes, but does not trust them as a template.
                Ok(Term { value: Value::Unsafe(self.arena.alloc_str(&text)), kind: Kind::NoKey("bytes") })
            }
        }
    }

    /// What `content` reads between the bracket here and `close`.
    fn bracket(&mut self, close: u8, content: fn(&mut Self) -> Result<Term<'a>, Stop>) -> Result<Term<'a>, Stop> {
        if self.depth == MAX_DEPTH {
            return Err(Stop::Text);
        }
        self.at += 1;
        self.depth += 1;
        let term = content(self)?;
        if !self.eat(close) {
            return Err(Stop::Text);
        }
        self.depth -= 1;
        Ok(term)
    }

    /// A tuple, or an expression in parentheses, which stays what it is.
    fn group(&mut self) -> Result<Term<'a>, Stop> {
        if self.peek() == Some(b')') { Ok(self.tuple(&[])) } else { self.expressions(Some(b')')) }
    }

    fn list_items(&mut self) -> Result<Term<'a>, Stop> {
        let mut items = Vec::new();
        while self.peek() != Some(b']') {
            items.push(self.sum()?);
            if !self.eat(b',') {
                break;
            }
        }
        Ok(Term { value: self.list(&items), kind: Kind::Unhashable("a list") })
    }

    /// A mapping or a set, as the first `:` tells.
    fn braces(&mut self) -> Result<Term<'a>, Stop> {
        if self.peek() == Some(b'}') {
            return Ok(Term { value: Value::Map(&[]), kind: Kind::Unhashable("a mapping") });
        }
        let first = self.sum()?;
        if self.peek() == Some(b':') { self.mapping(first) } else { self.set(first) }
    }

    fn mapping(&mut self, mut key: Term<'a>) -> Result<Term<'a>, Stop> {
        let mut entries = Vec::new();
        loop {
            if !self.eat(b':') {
                return Err(Stop::Text);
            }
            let value = self.sum()?.value;
            self.hash(&key);
            entries.extend(self.key(&key).map(|(name, kind)| Entry { key: name, kind, at: Pos::default(), value }));
            if !self.eat(b',') || self.peek() == Some(b'}') {
                break;
            }
            key = self.sum()?;
        }
        keys::unique(&mut entries, 0, |_, _| {});
        let value = Value::Map(self.arena.alloc_slice_copy(&entries));
        Ok(Term { value, kind: Kind::Unhashable("a mapping") })
    }

    fn set(&mut self, first: Term<'a>) -> Result<Term<'a>, Stop> {
        self.hash(&first);
        let mut items = vec![first];
        while self.eat(b',') && self.peek() != Some(b'}') {
            let item = self.sum()?;
            self.hash(&item);
            if !items.iter().any(|other| is_same(&other.value, &item.value)) {
                items.push(item);
            }
        }
        let members = self.arena.alloc_slice_fill_iter(items.iter().map(|item| item.value));
        Ok(Term { value: Value::Set(members), kind: Kind::Unhashable("a set") })
    }

    /// Puts a value into a set or makes it a key, as far as Python can.
    fn hash(&mut self, term: &Term<'a>) {
        if let Kind::Unhashable(what) = term.kind {
            let template = self.text.contains("{{");
            self.error.get_or_insert_with(|| {
                if template {
                    format!("python reads `{{{{ }}}}` here as {what} in a set, which is an error: put the template in quotes")
                } else {
                    format!("python cannot make {what} a key or put it into a set: put the value in quotes")
                }
            });
        }
    }

    fn key(&mut self, term: &Term<'a>) -> Option<(&'a str, KeyKind)> {
        let wrong = match term.kind {
            Kind::NoKey(what) => Some(what),
            Kind::Number(Number::Imaginary(_)) => Some("a complex number"),
            _ => None,
        };
        if let Some(what) = wrong {
            self.flaw.get_or_insert_with(|| format!("{what} cannot be a key"));
        }
        keys::key(term.value)
    }
}

/// Whether a set holds the two but once; lists in it are tuples.
fn is_same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(*right).all(|(left, right)| is_same(left, right))
        }
        _ => match (entry(*left), entry(*right)) {
            (Some(left), Some(right)) => keys::is_same(&left, &right),
            _ => left == right,
        },
    }
}

fn entry(value: Value<'_>) -> Option<Entry<'_>> {
    let (key, kind) = keys::key(value)?;
    Some(Entry { key, kind, at: Pos::default(), value: Value::Null })
}

/// An integer as a float, as Python adds it to a complex number.
fn int_as_float(text: &str) -> f64 {
    number::float(&number::decimal(text))
}
