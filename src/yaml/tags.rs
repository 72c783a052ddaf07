//! The tags that Ansible's loader constructs.

use super::scalar;
use crate::value::Value;
use crate::value::yaml11::resolve_loosely;

/// A tag by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Str,
    Int,
    Float,
    Bool,
    Null,
    Timestamp,
    Binary,
    Seq,
    Map,
    Set,
    /// `!!omap` and `!!pairs`.
    Pairs,
    Merge,
    Vault,
    Unsafe,
    Unknown,
}

impl Tag {
    /// The tag of a long form.
    pub(super) fn of(tag: &str) -> Self {
        let Some(name) = tag.strip_prefix("tag:yaml.org,2002:") else {
            return match tag {
                "!vault" | "!vault-encrypted" => Tag::Vault,
                "!unsafe" => Tag::Unsafe,
                _ => Tag::Unknown,
            };
        };
        match name {
            "str" | "python/unicode" => Tag::Str,
            "int" => Tag::Int,
            "float" => Tag::Float,
            "bool" => Tag::Bool,
            "null" => Tag::Null,
            "timestamp" => Tag::Timestamp,
            "binary" => Tag::Binary,
            "seq" => Tag::Seq,
            "map" | "python/dict" => Tag::Map,
            "set" => Tag::Set,
            "omap" | "pairs" => Tag::Pairs,
            "merge" => Tag::Merge,
            _ => Tag::Unknown,
        }
    }

    /// The value of a scalar under this tag. `Err` says what makes it no value.
    pub(super) fn scalar<'a>(self, name: &str, text: &'a str) -> Result<Value<'a>, String> {
        match self {
            Tag::Str => Ok(Value::Str(text)),
            Tag::Int => scalar::int(text),
            Tag::Float => scalar::float(text),
            Tag::Bool => scalar::boolean(text),
            Tag::Null => Ok(Value::Null),
            Tag::Timestamp => scalar::date(text),
            // Ansible resolves both by their text, even in quotes: `!unsafe "12"` is a number.
            Tag::Unsafe => resolved(text),
            Tag::Vault => match resolved(text)? {
                Value::Str(text) => Ok(Value::Vault(text)),
                other => Err(format!("`!vault` takes a string, not {}", other.type_name())),
            },
            Tag::Binary => Err("`!!binary` is not supported: an inventory cannot hold bytes".to_string()),
            Tag::Seq | Tag::Map | Tag::Set | Tag::Pairs | Tag::Merge | Tag::Unknown => {
                Err(self.misplaced(name, "a scalar"))
            }
        }
    }

    /// What is wrong with this tag, written as `name`, on `found`.
    pub(super) fn misplaced(self, name: &str, found: &str) -> String {
        let shown = match name.strip_prefix("tag:yaml.org,2002:") {
            Some(short) => format!("!!{short}"),
            None => name.to_string(),
        };
        let wanted = match self {
            Tag::Seq | Tag::Pairs => "a list",
            Tag::Map | Tag::Set => "a mapping",
            Tag::Vault => "a string",
            Tag::Unknown | Tag::Merge => return format!("the tag `{shown}` is unknown"),
            _ => "a scalar",
        };
        format!("`{shown}` takes {wanted}, not {found}")
    }
}

fn resolved(text: &str) -> Result<Value<'_>, String> {
    let (resolved, text) = resolve_loosely(text);
    scalar::implicit(resolved, text)
}
