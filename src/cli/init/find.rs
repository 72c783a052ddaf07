//! The inventory that stands in the working directory.

use std::path::Path;

use regal_inventory::error::{Code, Error, Problem};

use super::ask::Asked;
use super::draft::shown;

/// Where inventories usually are.
const USUAL: [&str; 16] = [
    "hosts",
    "hosts.ini",
    "hosts.yml",
    "hosts.yaml",
    "hosts.toml",
    "inventory",
    "inventory.ini",
    "inventory.yml",
    "inventory.yaml",
    "inventory.toml",
    "production",
    "production.ini",
    "production.yml",
    "production.yaml",
    "staging",
    "staging.ini",
];
/// A folder with an inventory for each environment.
const FOLDER: &str = "inventories";

/// Returns the inventory that stands here; of several, the one that is chosen.
///
/// # Errors
/// There is none, or there are several and nobody chooses.
pub fn here(asked: &mut Asked<'_>) -> anyhow::Result<String> {
    let found = found(Path::new(""));
    match &found[..] {
        [single] => Ok(single.clone()),
        [] => {
            let problem =
                Problem::of(Code::InvalidConfiguration, "there is no inventory in this folder or in ansible.cfg");
            let hint =
                "name one: regal-inventory init -i FILE; usual names are hosts, hosts.ini, inventory and production";
            Err(Error::from(problem.hint(hint)).into())
        }
        [first, ..] => {
            let names: Vec<String> = found.iter().map(|name| shown(name)).collect();
            if !asked.answers() {
                let message = format!("there are several inventories here: {}", names.join(", "));
                let problem = Problem::of(Code::InvalidConfiguration, message);
                return Err(Error::from(problem.hint("name one: regal-inventory init -i FILE")).into());
            }
            loop {
                let answer = asked.ask(&format!("which inventory? {}", names.join(", ")), &shown(first))?;
                if let Some(place) = names.iter().position(|name| *name == answer) {
                    return Ok(found[place].clone());
                }
            }
        }
    }
}

fn found(folder: &Path) -> Vec<String> {
    let usual = USUAL.iter().map(ToString::to_string);
    let below = folder.join(FOLDER).read_dir().into_iter().flatten().flatten();
    let mut below: Vec<String> = below
        .filter_map(|entry| entry.file_name().to_str().map(str::to_string))
        .filter(|name| !name.starts_with('.') && !matches!(name.as_str(), "group_vars" | "host_vars"))
        .map(|name| format!("{FOLDER}/{name}"))
        .collect();
    below.sort();
    usual.chain(below).filter(|name| folder.join(name).exists()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn usual_places_and_the_folder_of_environments() {
        let folder = tempfile::tempdir().unwrap();
        assert!(found(folder.path()).is_empty());
        for name in ["inventories/b", "inventories/a", "inventories/group_vars", "production"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("hosts.ini"), "").unwrap();
        assert_eq!(found(folder.path()), ["hosts.ini", "production", "inventories/a", "inventories/b"]);
    }
}
