//! What the value of each key looks like in the file, for the schema.
//!
//! It is the other side of what [`draft`](super::draft) and [`policy_keys`](super::policy_keys) read; tests put the same
//! values to both. [`schema`](super::schema) says which key has which; one without does not compile.

use super::keys::{KEYS, Key};
use crate::policy::DomainOrder;
use crate::policy::naming::Spelling;
use crate::source::{OWN_PLUGINS, engine};

/// The words of `plugin`, `group_names`, `engine` and `vault`, with what they mean.
pub(super) const PLUGINS: &[(&str, ())] = &[(OWN_PLUGINS[0], ()), (OWN_PLUGINS[1], ())];
pub(super) const SPELLINGS: &[(&str, Spelling)] = &[("raw", Spelling::Raw), ("safe", Spelling::Safe)];
pub(super) const ENGINES: &[(&str, engine::Mode)] =
    &[("auto", engine::Mode::Auto), ("native", engine::Mode::Native), ("ansible", engine::Mode::Ansible)];
pub(super) const VAULTS: &[(&str, bool)] = &[("error", false), ("skip", true)];
/// Words that stand for an order of domains; a list of domains may stand in their place.
pub(super) const DOMAIN_ORDERS: &[(&str, DomainOrder)] =
    &[("name", DomainOrder::Name), ("smallest_first", DomainOrder::SmallestFirst)];

/// What a value looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A text that is not blank; a number or a boolean is one too.
    Text,
    /// A prefix of group names.
    Plain,
    /// A text, empty too, in which braces stand around `version` only.
    Seed,
    /// A text with exactly one `*`.
    OneStar,
    /// One of these words.
    Words(Vec<&'static str>),
    /// `true` or `false`.
    Boolean,
    /// A whole number from 1.
    Count,
    /// A number of hosts from 1, or a percent above 0 %.
    Size,
    /// The same, but not 100 %.
    Healthy,
    /// A size, `rest`, sizes that grow, or a list of them.
    Sizes,
    /// A number of hosts from 0, or a percent.
    Failures,
    /// A percent, with or without its sign.
    Percent,
    /// Seconds, or a text such as `1h30m`.
    Duration,
    /// A text or a list of texts, each of which the pattern fits; whether the list may be empty.
    List(&'static str, Empty),
    /// Labels, and lists of two labels or more; a list of them may be empty.
    Cover,
    /// Labels, each with a size or with a mapping of bounds.
    Limits,
    /// A path or `{salt: …}`, or a list of them.
    Sources,
    /// One of these words, or a list of texts.
    WordOrList(Vec<&'static str>),
    /// What one of the keys below takes, or a mapping of them.
    Group,
    /// A mapping of one of the keys below, or a text of its name, `:` and its value.
    OneOf,
    /// Versions with their hosts, or with keys of their own.
    Versions,
    /// Globs over versions with the keys that a version may have.
    Overrides,
    /// A list of stages, or one of them.
    Stages,
    /// A list of gates.
    Gates,
    /// A list of windows, or one of them.
    Windows,
    /// A list of blackouts, or one of them.
    Blackouts,
}

/// Whether a list may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    /// It may.
    Allowed,
    /// It may not.
    Refused,
}

/// A text that is not blank.
pub(super) const ANY: &str = r"\S";
/// Exactly one `*`.
pub(super) const ONE_STAR: &str = r"^[^*]*\*[^*]*$";
/// Items between commas, each with more than marks and colons, and no colon at either end; that `web::db` has an empty item
/// and `2001:db8::5` has none is more than it can say.
pub(super) const PATTERNS: &str =
    r"^(?!\s*:(?!:)[^,]*$)(?![^,]*[^:,\s]\s*:\s*$)[^,]*[^,\s:!&~][^,]*(?:,[^,]*[^,\s:!&~][^,]*)*$";
/// Host variables and `group:GLOB` between commas.
pub(super) const LABELS: &str =
    r"^\s*(?:group:[^*,]*\*[^*,]*|(?!group:)[^,\s][^,]*)(?:,\s*(?:group:[^*,]*\*[^*,]*|(?!group:)[^,\s][^,]*))*$";
/// One host variable or `group:GLOB`.
pub(super) const LABEL: &str =
    r"^\s*(?:group:[^*,]*\*[^*,]*|(?!group:|max_unavailable\s*$|max_domains\s*$)[^,\s][^,]*)$";
/// Characters that need no care in a group name.
pub(super) const PLAIN: &str = r"^\s*[A-Za-z0-9_][A-Za-z0-9_.+-]*\s*$";
/// Braces only around `version`.
pub(super) const SEED: &str = r"^(?:[^{}]|\{version\})*$";
/// `FILE` or `ID@FILE`, without a prompt.
pub(super) const VAULT_ID: &str = r"^(?!\s*(?:[^@]*@)?(?:prompt|prompt_ask_vault_pass)?\s*$)[\s\S]*\S";

/// A time of a day; that a window has a length is more than it can say.
pub(super) const DAY_TIME: &str = r"^\s*(?:(?:[01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)\s*$";
/// A day, or a minute of it; that a month has so many days is more than it can say.
pub(super) const MOMENT: &str = r"^\s*(?:19[7-9][0-9]|[2-8][0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?: +(?:(?:[01]?[0-9]|2[0-3]):[0-5][0-9]|24:00))?\s*$";

/// One of these words.
pub(super) fn words<T>(words: &'static [(&'static str, T)]) -> Form {
    Form::Words(word_list(words))
}

/// The words alone.
pub(super) fn word_list<T>(words: &'static [(&'static str, T)]) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}

/// The keys that stand under a key, each with its name there.
pub(super) fn below(key: &Key) -> impl Iterator<Item = (&'static Key, &'static str)> {
    let prefix = key.name;
    KEYS.iter().filter_map(move |inner| Some((inner, inner.name.strip_prefix(prefix)?.strip_prefix('.')?)))
}
