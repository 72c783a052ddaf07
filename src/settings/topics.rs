//! What each key is about, as help groups them.

/// A heading of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Where hosts and variables come from.
    Reading,
    /// Which hosts are to run which version.
    Versions,
    /// The first batch of a version.
    Canary,
    /// The batches after it.
    Batches,
    /// Zones, racks, and what else fails as a whole.
    Domains,
    /// Which hosts come before which.
    Order,
    /// What happens between batches.
    Rollout,
    /// Plans that were saved.
    Frozen,
    /// What is shown and written.
    Output,
    /// Passwords of files under Ansible's vault.
    Vault,
}

impl Topic {
    /// Returns the heading.
    pub fn heading(self) -> &'static str {
        match self {
            Topic::Reading => "Reading the inventory",
            Topic::Versions => "Versions and their hosts",
            Topic::Canary => "The canary",
            Topic::Batches => "The batches after the canary",
            Topic::Domains => "Zones, racks and other failure domains",
            Topic::Order => "Which hosts go first",
            Topic::Rollout => "Between batches",
            Topic::Frozen => "Frozen plans",
            Topic::Output => "What is shown and written",
            Topic::Vault => "Vault passwords",
        }
    }
}

/// Returns what a key is about, by its name.
pub fn topic(name: &str) -> Topic {
    match name.split('.').next().unwrap_or_default() {
        "versions" | "version_from" | "overrides" | "priority" | "after" | "shared_hosts" | "exclude" | "hosts" => {
            Topic::Versions
        }
        "canary" => Topic::Canary,
        "batch_size" | "remainder" | "stages" | "max_unavailable" | "min_healthy" => Topic::Batches,
        "spread" | "limits" => Topic::Domains,
        "order" | "last" | "assignment" | "seed" => Topic::Order,
        "bake" | "approval" | "max_failures" | "gates" | "on_failure" | "rollback_to" | "windows" | "blackouts" => {
            Topic::Rollout
        }
        "drift" => Topic::Frozen,
        "limit" | "name" | "group_names" | "groups_only" => Topic::Output,
        "vault_password_file" | "vault_ids" | "vault" => Topic::Vault,
        _ => Topic::Reading,
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::KEYS;
    use super::*;

    /// A new key has to be put somewhere.
    #[test]
    fn these_alone_are_about_reading() {
        let reading = KEYS.iter().filter(|key| topic(key.name) == Topic::Reading);
        let expected = [
            "plugin",
            "inventory",
            "use_ansible_cfg",
            "engine",
            "ansible_inventory",
            "cache",
            "cache.ttl",
            "max_range_hosts",
            "max_yaml_values",
            "max_source_bytes",
            "source_timeout",
        ];
        assert_eq!(reading.map(|key| key.name).collect::<Vec<_>>(), expected);
    }
}
