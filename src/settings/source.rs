//! A source of inventory, or of a vault password.

use super::layer::Origin;
use crate::error::Location;
use crate::source::salt::Part;

/// A source of inventory, or of a vault password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path, or a list of hosts with commas.
    pub text: String,
    /// Whether a path is relative to the file's folder; else it is to the working directory.
    pub from_file: bool,
    /// Where it is named.
    pub at: Location,
    /// The paths of a Salt source by what they hold; empty for others, whose text is the path.
    pub salt: Vec<(Part, String)>,
}

/// A vault password with its id, `ID@FILE` or `FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultId {
    /// The id, if there is one.
    pub id: Option<String>,
    /// The file that holds the password, or the program that prints it.
    pub file: Source,
}

impl VaultId {
    /// Splits the text of a source.
    ///
    /// # Errors
    /// Why it cannot be used, as a fragment: Ansible would ask the user for the password, or there is no file.
    pub fn parse(source: Source) -> std::result::Result<Self, &'static str> {
        let (id, file) = match source.text.split_once('@') {
            Some((id, file)) => (Some(id.to_string()).filter(|id| !id.is_empty()), file.to_string()),
            None => (None, source.text),
        };
        match file.as_str() {
            "" => Err("there is no file behind the `@`"),
            "prompt" | "prompt_ask_vault_pass" => Err("an inventory cannot ask for a password"),
            _ => Ok(VaultId { id, file: Source { text: file, ..source } }),
        }
    }
}

pub(super) fn source(text: &str, origin: Origin<'_>, at: Location) -> Source {
    Source { text: text.to_string(), from_file: matches!(origin, Origin::File), at, salt: Vec::new() }
}
