//! How what is given for a key is read, and what it means under an alias.

/// What the value of a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// What the key says.
    Plain,
    /// A bare number is a percent.
    Percent,
    /// A text is a part of names.
    PartOfName,
}

/// How the text of an environment variable or an option is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As one text.
    Scalar,
    /// As a list with commas between its items, or in YAML where it starts with `[`.
    List,
    /// As one text, since commas are part of host patterns; the option may be repeated.
    Patterns,
    /// As paths: an option is one source and may be repeated, a variable has commas between its items. A variable that
    /// ends with a comma is one source too, Ansible's `host1,host2,`.
    Sources,
    /// As a list with commas between its items; an option is one item and may be repeated.
    VaultIds,
    /// As a mapping in YAML where it starts with `{`, else as one text.
    Mapping,
    /// As a mapping in YAML where it starts with `{`, else as `VERSION=HOSTS`; the option may be repeated.
    Versions,
}
