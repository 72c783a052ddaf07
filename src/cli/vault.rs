//! Where vault passwords come from: the settings, or else Ansible's own variables.

use std::path::{Path, PathBuf};

use regal_inventory::error::Location;
use regal_inventory::settings::{Settings, Source, VaultId};
use regal_inventory::source::Secret;

const PASSWORD_FILE: &str = "ANSIBLE_VAULT_PASSWORD_FILE";
const IDENTITIES: &str = "ANSIBLE_VAULT_IDENTITY_LIST";

/// The passwords in the order in which they are tried: those with an id first. A setting that is not made is taken from
/// Ansible's variable.
pub fn secrets(settings: &Settings, folder: &Path) -> Vec<Secret> {
    let ids = if settings.vault_ids.is_empty() { identities() } else { settings.vault_ids.clone() };
    let file = settings.vault_password_file.clone().or_else(|| variable(PASSWORD_FILE));
    // Ansible gives a password without an id this one, and tells it to client scripts.
    let file = file.map(|file| VaultId { id: Some("default".to_string()), file });
    ids.into_iter()
        .chain(file)
        .map(|VaultId { id, file }| Secret { id, path: path(&file, folder), origin: file.at })
        .collect()
}

/// Ansible's own list. Where it wants to ask for a password, there is none for us.
fn identities() -> Vec<VaultId> {
    let Some(list) = variable(IDENTITIES) else { return Vec::new() };
    let texts = list.text.split(',').map(str::trim).filter(|text| !text.is_empty());
    texts.filter_map(|text| VaultId::parse(Source { text: text.to_string(), ..list.clone() }).ok()).collect()
}

fn variable(name: &str) -> Option<Source> {
    let text = std::env::var(name).ok().filter(|text| !text.trim().is_empty())?;
    Some(Source { text, from_file: false, at: Location::whole(name), salt: Vec::new() })
}

/// The path, from the folder of the file that names it; `~/` is the user's home.
fn path(source: &Source, folder: &Path) -> PathBuf {
    match (source.text.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ if source.from_file => folder.join(&source.text),
        _ => PathBuf::from(&source.text),
    }
}
