//! Where vault passwords come from: the settings, or else Ansible's own variables.

use regal_inventory::error::Location;
use regal_inventory::settings::{Place, Settings, Source, VaultId};
use regal_inventory::source::Secret;

const PASSWORD_FILE: &str = "ANSIBLE_VAULT_PASSWORD_FILE";
const IDENTITIES: &str = "ANSIBLE_VAULT_IDENTITY_LIST";

/// The passwords in the order in which they are tried: those with an id first. A setting that is not made is taken from
/// Ansible's variable.
pub fn secrets(settings: &Settings, place: &Place<'_>) -> Vec<Secret> {
    let filled = Settings {
        vault_ids: if settings.vault_ids.is_empty() { identities() } else { settings.vault_ids.clone() },
        vault_password_file: settings.vault_password_file.clone().or_else(|| variable(PASSWORD_FILE)),
        ..Settings::default()
    };
    filled.options(place).secrets
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
