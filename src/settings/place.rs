//! Where the paths of settings lead.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layer::Origin;
use crate::error::Location;
use crate::source::paths::expanded;
use crate::source::{Named, Secret, Source, Surroundings};

/// Where the paths of settings start.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The folder of the file that sets them; empty where it has none.
    pub folder: PathBuf,
    /// Where the paths of variables and options start, and what `$NAME` and `~` stand for.
    pub surroundings: Arc<Surroundings>,
}

/// A program that a setting names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The text as given: a path where it has a slash, otherwise a name in `PATH`.
    pub text: String,
    /// The path, where it is one.
    pub path: Option<PathBuf>,
    /// Where it is named.
    pub at: Location,
}

impl Place {
    /// Where the relative paths of a file, a variable or an option start.
    fn start(&self, origin: Origin<'_>) -> &Path {
        if matches!(origin, Origin::File) { &self.folder } else { &self.surroundings.folder }
    }

    /// The path that a text stands for, with `~` and `$NAME` expanded.
    pub(super) fn path(&self, text: &str, origin: Origin<'_>) -> PathBuf {
        let variable = |name: &str| self.surroundings.variable(name).map(ToOwned::to_owned);
        self.start(origin).join(expanded(text, &variable))
    }

    /// The source that a text stands for. To Ansible one with commas is a list of hosts, unless there is a file of that very name.
    pub(super) fn source(&self, text: &str, origin: Origin<'_>, at: Location) -> Source {
        let path = if text.contains(',') { self.start(origin).join(text) } else { self.path(text, origin) };
        if text.contains(',') && !path.exists() {
            return Source::Hosts(text.to_string());
        }
        Source::Path(Named { path, at: Some(at) })
    }

    pub(super) fn program(&self, text: &str, origin: Origin<'_>, at: Location) -> Program {
        let path = text.contains('/').then(|| self.path(text, origin));
        Program { text: text.to_string(), path, at }
    }

    /// The vault password that `ID@FILE` or `FILE` stands for.
    ///
    /// # Errors
    /// Why it cannot be used, as a fragment: Ansible would ask the user for the password, or there is no file.
    pub(super) fn secret(&self, text: &str, origin: Origin<'_>, at: Location) -> Result<Secret, &'static str> {
        let (id, file) = match text.split_once('@') {
            Some((id, file)) => (Some(id.to_string()).filter(|id| !id.is_empty()), file),
            None => (None, text),
        };
        match file {
            "" => Err("there is no file after the `@`"),
            "prompt" | "prompt_ask_vault_pass" => Err("an inventory cannot ask for a password"),
            _ => Ok(Secret { id, path: self.path(file, origin), origin: at }),
        }
    }

    /// The vault password of a file that is named without an id: Ansible gives it one, and tells that to client scripts.
    pub(super) fn secret_without_id(&self, file: &str, origin: Origin<'_>, at: Location) -> Secret {
        Secret { id: Some("default".to_string()), path: self.path(file, origin), origin: at }
    }
}
