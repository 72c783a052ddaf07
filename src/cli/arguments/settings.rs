//! The options that set keys of `regal.yml`, made from the table of keys, so that the three ways to set a key have the same
//! names.

use clap::{Arg, ArgAction, ArgMatches};
use regal_inventory::session::GivenOption;
use regal_inventory::settings::keys::{Id, KEYS, Key, Shape};
use regal_inventory::settings::schema::{Words, words_of};
use regal_inventory::settings::topics::topic;

use super::COMMON;

/// Whether options have the texts that people read, which take longer to make than to parse a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// For help, errors, manuals and completions.
    Made,
    /// The same for a command that does nothing with settings, and so does not show them.
    Hidden,
    /// For a command line that is right.
    LeftOut,
}

/// The options that set keys.
pub fn setting_options(texts: Texts) -> impl Iterator<Item = Arg> {
    options().map(move |(key, name)| {
        let arg =
            Arg::new(name).long(option(name)).action(if repeats(key) { ArgAction::Append } else { ArgAction::Set });
        let arg = match key.id {
            Id::Inventory => arg.short('i'),
            Id::GroupsOnly => arg.num_args(0..=1).default_missing_value("true").require_equals(true),
            _ => arg.allow_hyphen_values(true),
        };
        match texts {
            Texts::LeftOut => arg,
            Texts::Made => described(arg, key, name).hide(key.alias == Some(name)),
            Texts::Hidden => described(arg, key, name).hide(true),
        }
    })
}

/// The keys and aliases that have an option.
pub fn options() -> impl Iterator<Item = (&'static Key, &'static str)> {
    let keys = KEYS.iter().filter(|key| !matches!(key.id, Id::Plugin | Id::Hosts));
    keys.flat_map(|key| key.names().map(move |name| (key, name)))
}

/// The key with each name that has an option.
pub fn option_names(key: &'static Key) -> impl Iterator<Item = (&'static Key, &'static str)> {
    options().filter(move |(other, _)| other.id == key.id)
}

/// The keys that options set; after the command they win over those before it.
pub fn settings(matches: &ArgMatches) -> Vec<GivenOption> {
    let behind = matches.subcommand().map(|(_, matches)| matches);
    let mut given = Vec::new();
    for (_, name) in options() {
        let texts = behind.and_then(|matches| matches.get_many::<String>(name));
        for text in texts.or_else(|| matches.get_many::<String>(name)).into_iter().flatten() {
            given.push(GivenOption {
                key: name.to_string(),
                text: text.clone(),
                option: format!("--{}", option(name)),
            });
        }
    }
    given
}

fn option(name: &str) -> String {
    name.replace(['_', '.'], "-")
}

fn repeats(key: &Key) -> bool {
    matches!(key.shape, Shape::Patterns | Shape::Sources | Shape::Versions | Shape::VaultIds)
}

fn described(arg: Arg, key: &Key, name: &str) -> Arg {
    let words = words_of(key);
    let text = help(key, name, &words);
    let arg = arg.value_name(value_name(key, &words));
    if key.id == Id::Inventory {
        return arg
            .help("The inventory to read; may be repeated")
            .long_help(text)
            .help_heading(COMMON)
            .display_order(0);
    }
    let arg = arg.help(text);
    arg.help_heading(topic(key.name).heading()).hide_short_help(true)
}

/// What a key is for, what it may be unless its words say it, its default, and its other name.
fn help(key: &Key, name: &str, words: &Words) -> String {
    let mut characters = key.doc.chars();
    let mut text: String = characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect();
    if !words.closed {
        text.push_str(&format!(". May be {}", key.allowed));
    }
    if let Some(default) = key.default {
        text.push_str(&format!(" [default: {default}]"));
    }
    if let Some(other) = key.names().find(|other| *other != name) {
        text.push_str(&format!(" [also: --{}]", option(other)));
    }
    text
}

fn value_name(key: &Key, words: &Words) -> String {
    if words.closed {
        return words.words.join("|");
    }
    let name = match key.shape {
        Shape::Scalar => "VALUE",
        Shape::List => "LIST",
        Shape::Patterns => "PATTERN",
        Shape::Sources => "SOURCE",
        Shape::Mapping => "VALUE",
        Shape::Versions => "VERSION=HOSTS",
        Shape::VaultIds => "ID@FILE",
    };
    name.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_but_two_has_an_option() {
        let without: Vec<&str> =
            KEYS.iter().filter(|key| !options().any(|(k, _)| k.id == key.id)).map(|k| k.name).collect();
        assert_eq!(without, ["plugin", "hosts"]);
    }
}
