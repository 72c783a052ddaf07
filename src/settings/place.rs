//! From settings to what sources are read with.

use std::path::{Path, PathBuf};

use super::{Settings, Source, VaultId};
use crate::source::engine::Engine;
use crate::source::paths::{Variable, expanded};
use crate::source::salt::Given;
use crate::source::{Options, Secret, Spec};

/// Where the paths of settings lead.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// The folder of the file that sets them; empty for the working directory.
    pub folder: &'p Path,
    /// Looks up what stands for `$NAME`, and `HOME` for `~`.
    pub variable: Variable,
}

impl Place<'_> {
    /// The path that a setting names: one in the file starts from its folder, and `~` and `$NAME` are expanded.
    pub fn path(&self, source: &Source) -> PathBuf {
        self.within(source, &source.text)
    }

    fn within(&self, source: &Source, text: &str) -> PathBuf {
        // To Ansible a text with commas is never a path.
        let path = if text.contains(',') { PathBuf::from(text) } else { expanded(text, self.variable) };
        if source.from_file { self.folder.join(path) } else { path }
    }
}

impl Settings {
    /// The sources of `inventory`: host lists, paths, and Salt's with a path for each part.
    pub fn specs(&self, place: &Place<'_>) -> Vec<Spec> {
        let given = |source: &Source| {
            let part = |(part, path): &(_, String)| Given {
                part: *part,
                path: place.within(source, path),
                origin: Some(source.at.clone()),
            };
            source.salt.iter().map(part).collect()
        };
        let spec = |source: &Source| Spec {
            name: source.text.clone(),
            path: place.path(source),
            origin: Some(source.at.clone()),
            salt: given(source),
        };
        self.inventory.iter().map(spec).collect()
    }

    /// How the settings want sources read. What they do not say stays to be filled in: the path of `ansible-inventory`, a
    /// cache, files that are no inventories.
    pub fn options(&self, place: &Place<'_>) -> Options {
        // Ansible gives a password without an id this one, and tells it to client scripts.
        let alone = self.vault_password_file.clone();
        let alone = alone.map(|file| VaultId { id: Some("default".to_string()), file });
        let secret = |VaultId { id, file }: VaultId| Secret { id, path: place.path(&file), origin: file.at };
        Options {
            engine: Engine { mode: self.engine, program: None },
            limits: self.limits,
            secrets: self.vault_ids.iter().cloned().chain(alone).map(secret).collect(),
            ..Options::default()
        }
    }
}
