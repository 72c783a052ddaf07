//! What the values of options and arguments are.

use clap::{Arg, Command};
use regal_inventory::emit::export::FORMATS;
use regal_inventory::settings::keys::{self, Id, PolicyKey, Shape};
use regal_inventory::settings::schema::words_of;

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of these words, each with what it means.
    Words(Vec<(String, String)>),
    /// A host of the inventory.
    Host,
    /// A host of the frozen plan.
    PlannedHost,
    /// A host pattern.
    Pattern,
    /// A version; what comes after it.
    Version(&'static str),
    /// Versions with commas between them.
    Versions,
    /// A step of all versions (`B1`), or the group of a batch.
    Step,
    /// A batch, by its group; where there is one version also by its step.
    Batch,
    /// The group of a batch.
    BatchGroup,
    /// Labels with commas between them: host variables and `group:GLOB`.
    Labels,
    /// A host variable.
    Variable,
    /// Where versions are read from: `var:NAME`.
    VersionFrom,
    /// A frozen plan.
    Plan,
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A format, `=` and a file.
    FormatAndFile,
    /// Anything else.
    Other,
}

/// Returns what the value of an option or an argument of a command is.
pub fn of(command: &Command, arg: &Arg) -> Kind {
    let id = arg.get_id().as_str();
    // `hosts` is a key without an option
    if let Some(key) = keys::by_name(id).filter(|key| key.id != Id::Hosts) {
        return of_key(key);
    }
    let of_export = command.get_name() == "export";
    match id {
        "host" | "down" => Kind::Host,
        "hosts" => Kind::PlannedHost,
        "only" | "back_to" => Kind::Version(""),
        "id" if of_export => Kind::Version("="),
        "waves" => Kind::Versions,
        "until" => Kind::Step,
        "approve" | "batches" | "done" | "in_progress" => Kind::Batch,
        "group" | "groups" => Kind::BatchGroup,
        "plan" | "except_done" | "place" => Kind::Plan,
        "config" | "output" | "compare" | "save" | "record" | "command" => Kind::File,
        "hooks" => Kind::Folder,
        "to" => Kind::FormatAndFile,
        _ => words(arg),
    }
}

/// The words that the description of the command line has.
fn words(arg: &Arg) -> Kind {
    let known = arg.get_possible_values();
    if known.is_empty() {
        return Kind::Other;
    }
    let meaning =
        |name: &str| FORMATS.iter().find(|format| format.name == name).map(|format| format.summary.to_string());
    let word = |value: &clap::builder::PossibleValue| {
        let help = value.get_help().map(ToString::to_string).or_else(|| meaning(value.get_name()));
        (value.get_name().to_string(), help.unwrap_or_default())
    };
    Kind::Words(known.iter().filter(|value| !value.is_hide_set()).map(word).collect())
}

fn of_key(key: &keys::Key) -> Kind {
    match key.id {
        Id::VersionFrom => return Kind::VersionFrom,
        Id::VersionVar | Id::Policy(PolicyKey::AssignmentKey) => return Kind::Variable,
        Id::Policy(PolicyKey::CanaryCover | PolicyKey::SpreadBy) | Id::Spread => return Kind::Labels,
        Id::Priority => return Kind::Versions,
        Id::AnsibleInventory | Id::VaultPasswordFile => return Kind::File,
        _ => {}
    }
    let words = words_of(key).words;
    match key.shape {
        _ if !words.is_empty() => Kind::Words(words.iter().map(|word| (word.to_string(), String::new())).collect()),
        Shape::Patterns => Kind::Pattern,
        Shape::Sources | Shape::VaultIds => Kind::File,
        Shape::Versions => Kind::Version("="),
        Shape::Scalar | Shape::List | Shape::Mapping => Kind::Other,
    }
}
