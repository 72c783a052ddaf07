//! The settings of Ansible that change which inventory is read and what it gives, and where each stands.

/// A setting: its keys in `ansible.cfg` and its environment variables, of which the last one that is set counts.
#[derive(Debug)]
pub(super) struct Setting {
    /// Sections and keys.
    pub keys: &'static [(&'static str, &'static str)],
    /// Variables; any of them beats the file.
    pub variables: &'static [&'static str],
}

/// Makes a constant for each setting, and the list of all.
macro_rules! settings {
    ($($name:ident: [$($key:expr),+], [$($variable:literal),+];)+) => {
        $(pub(super) const $name: Setting = Setting { keys: &[$($key),+], variables: &[$($variable),+] };)+
        pub(super) const ALL: &[&Setting] = &[$(&$name),+];
    };
}

settings! {
    INVENTORY: [("defaults", "inventory")], ["ANSIBLE_INVENTORY"];
    IGNORE_EXTENSIONS: [("defaults", "inventory_ignore_extensions"), ("inventory", "ignore_extensions")],
        ["ANSIBLE_INVENTORY_IGNORE"];
    IGNORE_PATTERNS: [("defaults", "inventory_ignore_patterns"), ("inventory", "ignore_patterns")],
        ["ANSIBLE_INVENTORY_IGNORE_REGEX"];
    ENABLE_PLUGINS: [("inventory", "enable_plugins")], ["ANSIBLE_INVENTORY_ENABLED"];
    INVENTORY_PLUGINS: [("defaults", "inventory_plugins")], ["ANSIBLE_INVENTORY_PLUGINS"];
    YAML_EXTENSIONS: [("defaults", "yaml_valid_extensions")], ["ANSIBLE_YAML_FILENAME_EXT"];
    YAML_INVENTORIES: [("defaults", "yaml_valid_extensions"), ("inventory_plugin_yaml", "yaml_valid_extensions")],
        ["ANSIBLE_YAML_FILENAME_EXT", "ANSIBLE_INVENTORY_PLUGIN_EXTS"];
    DUPLICATE_KEYS: [("defaults", "duplicate_dict_key")], ["ANSIBLE_DUPLICATE_YAML_DICT_KEY"];
    HASH_BEHAVIOUR: [("defaults", "hash_behaviour")], ["ANSIBLE_HASH_BEHAVIOUR"];
    PRECEDENCE: [("defaults", "precedence")], ["ANSIBLE_PRECEDENCE"];
    GROUP_NAMES: [("defaults", "force_valid_group_names")], ["ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS"];
    VARS_PLUGINS_ENABLED: [("defaults", "vars_plugins_enabled")], ["ANSIBLE_VARS_ENABLED"];
    VARS_PLUGINS: [("defaults", "vars_plugins")], ["ANSIBLE_VARS_PLUGINS"];
    VARS_STAGE: [("vars_host_group_vars", "stage")], ["ANSIBLE_VARS_PLUGIN_STAGE"];
    RUN_VARS_PLUGINS: [("defaults", "run_vars_plugins")], ["ANSIBLE_RUN_VARS_PLUGINS"];
    VAULT_PASSWORD_FILE: [("defaults", "vault_password_file")], ["ANSIBLE_VAULT_PASSWORD_FILE"];
    VAULT_IDENTITY_LIST: [("defaults", "vault_identity_list")], ["ANSIBLE_VAULT_IDENTITY_LIST"];
    VAULT_IDENTITY: [("defaults", "vault_identity")], ["ANSIBLE_VAULT_IDENTITY"];
    VAULT_ID_MATCH: [("defaults", "vault_id_match")], ["ANSIBLE_VAULT_ID_MATCH"];
}

/// Whether an inventory that cannot be read is an error. It changes nothing here, where that is always one.
pub(super) const ANY_UNPARSED: Setting = Setting {
    keys: &[("inventory", "any_unparsed_is_failed")],
    variables: &["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"],
};
