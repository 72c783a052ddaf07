//! Values as serde reads them, with texts borrowed from the arena.

use serde::de::value::{BorrowedStrDeserializer, Error, MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::{Entry, KeyKind, Value, number};

/// A value on its way into a form of ours. Dates, vaults and unsafe strings have no place in one, and neither have keys that are
/// not strings.
#[derive(Clone, Copy)]
pub(crate) struct Form<'a>(pub Value<'a>);

impl<'a> IntoDeserializer<'a, Error> for Form<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'a> Deserializer<'a> for Form<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value, _) => visitor.visit_bool(value),
            Value::Int(text) => integer(text, visitor),
            Value::Float(text) => visitor.visit_f64(number::float(text)),
            Value::Str(text) => visitor.visit_borrowed_str(text),
            Value::List(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(|item| Form(*item)));
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            Value::Map(entries) => {
                if entries.iter().any(|entry| entry.kind != KeyKind::Str) {
                    return Err(Error::custom("a key is not a string"));
                }
                let mut pairs = MapDeserializer::new(entries.iter().map(pair));
                let value = visitor.visit_map(&mut pairs)?;
                pairs.end().map(|()| value)
            }
            Value::Date(_) | Value::Vault(_) | Value::Unsafe(_) | Value::Set(_) => {
                Err(Error::invalid_type(Unexpected::Other(self.0.type_name()), &visitor))
            }
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// A short way for what there is most of.
    #[inline]
    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Str(text) => visitor.visit_borrowed_str(text),
            _ => self.deserialize_any(visitor),
        }
    }

    /// A word alone, or a mapping of one to what goes with it.
    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Str(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            Value::Map([only]) if only.kind == KeyKind::Str => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(std::iter::once(pair(only)))))
            }
            _ => Err(Error::invalid_type(Unexpected::Other(self.0.type_name()), &"a word or a mapping of one")),
        }
    }

    forward_to_deserialize_any! {
        <W: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char string bytes byte_buf unit unit_struct newtype_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

fn integer<'a, V: Visitor<'a>>(text: &str, visitor: V) -> Result<V::Value, Error> {
    let digits = number::decimal(text);
    match (digits.parse::<u64>(), digits.parse::<i64>()) {
        (Ok(value), _) => visitor.visit_u64(value),
        (_, Ok(value)) => visitor.visit_i64(value),
        _ => Err(Error::custom("a number is too large")),
    }
}

fn pair<'a>(entry: &Entry<'a>) -> (BorrowedStrDeserializer<'a, Error>, Form<'a>) {
    (BorrowedStrDeserializer::new(entry.key), Form(entry.value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde::Deserialize;

    use super::*;
    use crate::text::{Arena, TextMap};
    use crate::yaml;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample<'a> {
        name: &'a str,
        size: u64,
        cap: Option<u64>,
        #[serde(borrow, default)]
        hosts: Vec<&'a str>,
    }

    /// What a text is read as, or the message.
    fn read(text: &str) -> Result<String, String> {
        let (arena, texts) = (Arena::new(), TextMap::new());
        let text = texts.add("f", text).unwrap();
        let value = yaml::parse(&arena, text, &mut Vec::new()).unwrap();
        Sample::deserialize(Form(value)).map(|sample| format!("{sample:?}")).map_err(|error| error.to_string())
    }

    #[test]
    fn texts_are_borrowed_and_types_must_fit() {
        let sample = Sample { name: "1.10", size: 8, cap: None, hosts: vec!["web1", "yes"] };
        let read_back = read("name: \"1.10\"\nsize: 010\ncap:\nhosts:\n- web1\n- \"yes\"\n");
        assert_eq!(read_back, Ok(format!("{sample:?}")));
        for (text, why) in [
            ("name: 1.10\nsize: 8\n", "invalid type: floating point `1.1`, expected a borrowed string"),
            ("name: a\nsize: -8\n", "invalid value: integer `-8`, expected u64"),
            ("name: a\nsize: 99999999999999999999\n", "a number is too large"),
            (
                "name: a\nsize: 8\ncolour: red\n",
                "unknown field `colour`, expected one of `name`, `size`, `cap`, `hosts`",
            ),
            ("name: a\nsize: 8\n1: red\n", "a key is not a string"),
            ("name: 2026-01-01\nsize: 8\n", "invalid type: a date, expected a borrowed string"),
            ("name: !unsafe a\nsize: 8\n", "invalid type: a string, expected a borrowed string"),
            ("name: a\n", "missing field `size`"),
        ] {
            assert_eq!(read(text), Err(why.to_string()), "{text}");
        }
    }
}
