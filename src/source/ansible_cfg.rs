//! What `ansible.cfg` and Ansible's environment variables say about reading inventories.
//!
//! Settings that change which inventory is read, or what it gives, are honoured as ansible-core 2.19 honours them; which
//! these are and why the others are passed over stands in `docs/ansible-cfg.md`. A file that Ansible refuses is an error.

mod given;
mod place;
mod plugins;
mod syntax;
mod table;

use std::path::{Path, PathBuf};

use regex::bytes::{Regex, RegexBuilder};

use super::{Named, Secret, Source, Surroundings, io_message};
use crate::error::{Code, Error, Location, Problem, Result};
use crate::inventory::rules::Stage;
use crate::text::{Arena, Encoding, TextMap};
use given::{Around, Given};
pub use plugins::{Enabled, Plugin};
use syntax::Sections;

/// The folder of Ansible's own that plugins are looked for in, besides those that are set.
const SYSTEM_PLUGINS: &str = "/usr/share/ansible/plugins/inventory";

/// What is honoured.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct AnsibleCfg {
    /// The file, if there is one.
    pub file: Option<PathBuf>,
    /// Whether neither the file nor the variables count, for Ansible's own programs too.
    pub is_off: bool,
    /// The settings that something sets, with where.
    pub counted: Vec<(String, Location)>,
    /// The sources where no other setting names any.
    pub inventory: Vec<Source>,
    /// Endings of names that a folder's files are skipped for; nothing for Ansible's own.
    pub ignored_endings: Option<Vec<String>>,
    /// What else they are skipped for.
    pub ignored_patterns: Vec<Regex>,
    /// The same as Ansible takes them.
    pub ignored_texts: Vec<String>,
    /// Which readers there are, in which order.
    pub plugins: Enabled,
    /// Endings of vars files; nothing for Ansible's own.
    pub yaml_endings: Option<Vec<String>>,
    /// Endings of inventories in YAML; nothing for Ansible's own.
    pub yaml_inventories: Option<Vec<String>>,
    /// What a repeated key in YAML is.
    pub repeated_keys: Repeated,
    /// Whether mappings are merged, `hash_behaviour = merge`.
    pub merges: bool,
    /// In which order the variables of groups count; nothing for Ansible's own.
    pub precedence: Option<Vec<Stage>>,
    /// Whether names of groups are cleaned, `force_valid_group_names = always` or `silently`.
    pub cleans_groups: bool,
    /// When vars files are read.
    pub vars_files: VarsFiles,
    /// Whether an inventory that cannot be read is an error to Ansible.
    pub unparsed_fails: bool,
    /// Why only Ansible can read the sources: it would run code of somebody else's.
    pub code: Option<Problem>,
    /// Vault passwords by id.
    pub vault_ids: Vec<Secret>,
    /// The vault password of a file.
    pub vault_password_file: Option<Secret>,
    /// Where a password only opens what has its vault id: the id of what has none.
    pub matching_vault_ids: Option<String>,
    /// What an operator should know.
    pub warnings: Vec<Problem>,
}

/// What a repeated key in YAML is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeated {
    /// A warning.
    #[default]
    Warn,
    /// An error.
    Error,
    /// Nothing.
    Ignore,
}

/// When the variables of `group_vars` and `host_vars` are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VarsFiles {
    /// After the inventory, over it.
    #[default]
    Later,
    /// With the inventory, as a part of it.
    WithInventory,
    /// Both.
    Both,
    /// Never.
    Never,
}

impl VarsFiles {
    const STAGES: &[(&str, VarsFiles)] =
        &[("task", VarsFiles::Later), ("inventory", VarsFiles::WithInventory), ("all", VarsFiles::Both)];
    const RUNS: &[(&str, VarsFiles)] = &[("demand", VarsFiles::Later), ("start", VarsFiles::WithInventory)];
}

impl AnsibleCfg {
    /// Neither the file nor the variables.
    pub fn off() -> Self {
        AnsibleCfg { is_off: true, ..AnsibleCfg::default() }
    }

    /// The variables of the settings, which do not reach Ansible either where nothing counts.
    pub fn variables() -> impl Iterator<Item = &'static str> {
        table::ALL.iter().flat_map(|setting| setting.variables).copied()
    }
}

/// Reads the file that Ansible would read, and its variables.
///
/// # Errors
/// The file cannot be read, or says something that Ansible refuses.
pub fn read<'a>(arena: &'a Arena, texts: &TextMap<'a>, surroundings: &Surroundings) -> Result<AnsibleCfg> {
    let mut warnings = Vec::new();
    let file = place::find(surroundings, &mut warnings);
    let sections = match &file {
        Some(path) => sections(arena, texts, path)?,
        None if !has_variables(surroundings) => return Ok(AnsibleCfg { warnings, ..AnsibleCfg::default() }),
        None => Sections::default(),
    };
    let folder = file.as_deref().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default();
    let (problems, counted) = (Vec::new(), Vec::new());
    let mut around = Around { surroundings, texts, sections, folder, problems, counted };
    let mut found = AnsibleCfg { file, warnings, ..AnsibleCfg::default() };
    found.fill(&mut around);
    found.counted = around.counted;
    Error::unless_any(around.problems, found)
}

/// A setting that `ansible.cfg` should have: section, key and value.
pub type Advice = (&'static str, &'static str, &'static str);

/// What batches need of `ansible.cfg`: names of groups that stay as they are, and an end where an inventory cannot be read.
const ADVICE: [Advice; 3] = [
    ("defaults", "force_valid_group_names", "ignore"),
    ("inventory", "any_unparsed_is_failed", "true"),
    ("inventory", "enable_plugins", "host_list, script, auto, yaml, ini"),
];

/// Returns what batches need of `ansible.cfg` and the file does not say.
///
/// # Errors
/// The file cannot be read.
pub fn missing<'a>(arena: &'a Arena, texts: &TextMap<'a>, read: &AnsibleCfg) -> Result<Vec<Advice>> {
    let sections = match &read.file {
        Some(path) => sections(arena, texts, path)?,
        None => Sections::default(),
    };
    let is_there = |(section, key, value): &Advice| {
        let Some((said, _)) = sections.get(section, key) else { return false };
        match *key {
            "enable_plugins" => read.plugins.has(&Plugin::Script),
            "any_unparsed_is_failed" => is_yes(said),
            _ => said == *value,
        }
    };
    Ok(ADVICE.into_iter().filter(|advice| !is_there(advice)).collect())
}

/// Whether a text is a yes to Ansible.
fn is_yes(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "true" | "yes" | "on" | "y" | "t" | "1")
}

/// Whether any variable may be one of Ansible's.
fn has_variables(surroundings: &Surroundings) -> bool {
    let first = surroundings.variables.range(std::ffi::OsString::from("ANSIBLE_")..).next();
    first.is_some_and(|(name, _)| name.as_encoded_bytes().starts_with(b"ANSIBLE_"))
}

fn sections<'a>(arena: &'a Arena, texts: &TextMap<'a>, path: &Path) -> Result<Sections<'a>> {
    let name = path.display().to_string();
    let whole = |code, message: String| Problem::of(code, message).at(Location::whole(name.clone()));
    let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned());
    if !matches!(ending.as_deref(), Some("cfg" | "ini")) {
        let problem = whole(
            Code::InvalidConfiguration,
            "Ansible takes no configuration whose name does not end in .cfg or .ini".to_string(),
        );
        return Err(problem.hint("rename the file that ANSIBLE_CONFIG names; `use_ansible_cfg: no` uses none").into());
    }
    let bytes = std::fs::read(path).map_err(|error| {
        whole(Code::Unreadable, format!("cannot be read: {}", io_message(&error)))
            .hint("make it a file that you may read; `use_ansible_cfg: no` uses none")
    })?;
    if let Some(encoding) = Encoding::of(&bytes).filter(|_| !bytes.starts_with(b"\xef\xbb\xbf")) {
        return Err(super::file::other_encoding(path, encoding).into());
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = texts.add(arena.alloc_str(&name), arena.alloc_str(&text))?;
    syntax::parse(arena, texts, text)
}

impl AnsibleCfg {
    fn fill(&mut self, around: &mut Around<'_, '_>) {
        self.set_sources(around);
        self.plugins = plugins::enabled(around, &mut self.warnings);
        self.set_rules(around);
        self.set_vars_files(around);
        self.set_vaults(around);
        self.set_code(around);
        self.unparsed_fails = around.peek(&table::ANY_UNPARSED).is_some_and(|given| is_yes(given.text()));
    }

    fn set_sources(&mut self, around: &mut Around<'_, '_>) {
        if let Some(given) = around.get(&table::INVENTORY) {
            for text in given.bare_items() {
                if text.is_empty() {
                    let problem = given.problem("there is no path, which Ansible takes for a whole folder");
                    around
                        .problems
                        .push(problem.hint("name an inventory between the commas, or leave the setting out"));
                } else {
                    let (path, at) = (around.path(text, &given), Some(given.at.clone()));
                    self.inventory.push(Source::Path(Named { path, at }));
                }
            }
        }
        let endings = |given: Given| given.items().into_iter().map(str::to_string).collect();
        self.ignored_endings = around.get(&table::IGNORE_EXTENSIONS).map(endings);
        self.yaml_endings = around.get(&table::YAML_EXTENSIONS).map(endings);
        self.yaml_inventories = around.get(&table::YAML_INVENTORIES).map(endings);
        if let Some(given) = around.get(&table::IGNORE_PATTERNS) {
            for text in given.items() {
                match pattern(text) {
                    Ok(pattern) => self.ignored_patterns.push(pattern),
                    Err(why) => {
                        let problem = given.problem(format!("the pattern `{text}` {why}"));
                        around
                            .problems
                            .push(problem.hint("write it without look-around, back references and sets in sets"));
                    }
                }
                self.ignored_texts.push(text.to_string());
            }
        }
    }

    fn set_rules(&mut self, around: &mut Around<'_, '_>) {
        let repeated = [("warn", Repeated::Warn), ("error", Repeated::Error), ("ignore", Repeated::Ignore)];
        self.repeated_keys = around.word(&table::DUPLICATE_KEYS, &repeated).unwrap_or_default();
        self.merges = around.word(&table::HASH_BEHAVIOUR, &[("replace", false), ("merge", true)]).unwrap_or_default();
        let cleaning = [("always", true), ("never", false), ("ignore", false), ("silently", true)];
        self.cleans_groups = around.word(&table::GROUP_NAMES, &cleaning).unwrap_or_default();
        let Some(given) = around.get(&table::PRECEDENCE) else { return };
        let mut stages = Vec::new();
        for word in given.items() {
            match word {
                "all_inventory" => stages.push(Stage::All),
                "groups_inventory" => stages.push(Stage::Groups),
                "all_plugins_inventory" => stages.push(Stage::AllFiles),
                "groups_plugins_inventory" => stages.push(Stage::GroupFiles),
                // what stands beside a playbook
                "all_plugins_play" | "groups_plugins_play" => {}
                "plugins_by_group" => {
                    let problem = given.problem("Ansible fails at `plugins_by_group`");
                    around.problems.push(problem.hint("use all_plugins_inventory and groups_plugins_inventory"));
                }
                other => {
                    let problem = given.problem(format!("Ansible skips `{other}`, which is not a stage of variables"));
                    self.warnings.push(problem.as_warning().hint("correct it: its variables do not count"));
                }
            }
        }
        if !stages.contains(&Stage::Groups) {
            let message = "without groups_inventory Ansible passes over the variables of the plan's groups too";
            self.warnings
                .push(given.problem(message).as_warning().hint("add it, or the playbooks do not see `regal_version`"));
        }
        self.precedence = Some(stages);
    }

    fn set_vars_files(&mut self, around: &mut Around<'_, '_>) {
        let stage = around.word(&table::VARS_STAGE, VarsFiles::STAGES);
        let run = around.word(&table::RUN_VARS_PLUGINS, VarsFiles::RUNS);
        self.vars_files = stage.or(run).unwrap_or_default();
        let Some(given) = around.get(&table::VARS_PLUGINS_ENABLED) else { return };
        let names: Vec<&str> = given.items().into_iter().map(plugins::bare).filter(|name| !name.is_empty()).collect();
        if !names.contains(&"host_group_vars") {
            self.vars_files = VarsFiles::Never;
        }
        if let Some(other) = names.iter().find(|name| **name != "host_group_vars") {
            self.code = Some(needs_ansible(&given, format!("the vars plugin `{other}` is enabled")));
        }
    }

    fn set_vaults(&mut self, around: &mut Around<'_, '_>) {
        let label = around.get(&table::VAULT_IDENTITY).map(|given| given.text().to_string());
        let label = label.unwrap_or_else(|| "default".to_string());
        if let Some(given) = around.get(&table::VAULT_IDENTITY_LIST).filter(|given| !given.is_blank_variable()) {
            for text in given.items() {
                let (id, file) = match text.split_once('@') {
                    Some((id, file)) => (id, file),
                    None => ("", text),
                };
                // what Ansible would ask for, nobody answers
                if !matches!(file, "" | "prompt" | "prompt_ask_vault_pass") {
                    let id = if id.is_empty() { &label } else { id };
                    let (id, path) = (Some(id.to_string()), around.path_here(file));
                    self.vault_ids.push(Secret { id, path, origin: given.at.clone() });
                }
            }
        }
        // no boolean to Ansible: each text but the empty one is true
        let matches = around.get(&table::VAULT_ID_MATCH).is_some_and(|given| !given.text().is_empty());
        self.matching_vault_ids = matches.then(|| label.clone());
        if let Some(given) = around.get(&table::VAULT_PASSWORD_FILE).filter(|given| !given.is_blank_variable()) {
            let path = around.path(given.text(), &given);
            self.vault_password_file = Some(Secret { id: Some(label), path, origin: given.at.clone() });
        }
    }

    /// Plugins that are programs of somebody's own, and may do whatever they like.
    fn set_code(&mut self, around: &mut Around<'_, '_>) {
        if let Some((folders, given)) = around.folders(&table::VARS_PLUGINS) {
            let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
            let plugin = |entry: std::fs::DirEntry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                name.strip_suffix(".py").filter(|name| !name.starts_with(['_', '.'])).map(str::to_string)
            };
            let first = entries.filter_map(plugin).filter(|name| name != "host_group_vars").min();
            let why = first.map(|name| format!("the folder has the vars plugin `{name}`"));
            self.code = why.map(|why| needs_ansible(&given, why)).or(self.code.take());
        }
        let Some(at) = &self.plugins.at else { return };
        let foreign: Vec<&str> = self.plugins.foreign().collect();
        if foreign.is_empty() {
            return;
        }
        let set = around.folders(&table::INVENTORY_PLUGINS).map(|(folders, _)| folders);
        let folders =
            set.unwrap_or_else(|| vec![around.path_here("~/.ansible/plugins/inventory"), SYSTEM_PLUGINS.into()]);
        let is_there = |name: &str| folders.iter().any(|folder| folder.join(format!("{name}.py")).exists());
        let found = foreign.iter().find(|name| is_there(name));
        if let Some(name) = found {
            let message = format!("the inventory plugin `{name}` is enabled, which may read any file");
            self.code = Some(Problem::of(Code::NeedsAnsible, message).at(at.clone()));
        }
        self.warnings.extend(self.plugins.unknown(is_there));
    }
}

fn needs_ansible(given: &Given, why: String) -> Problem {
    Problem::of(Code::NeedsAnsible, format!("{}: {why}, which only Ansible can run", given.name)).at(given.at.clone())
}

/// A regular expression of Python's over bytes; why it is none of ours, as a fragment.
fn pattern(text: &str) -> std::result::Result<Regex, &'static str> {
    const OTHER: &str = "is a regular expression that only Python has, or none";
    // what both accept and take for something else
    if ["\\<", "\\>", "\\b{", "&&", "--", "~~"].iter().any(|other| text.contains(other)) {
        return Err(OTHER);
    }
    let text = text.replace("\\Z", "\\z");
    RegexBuilder::new(&text).unicode(false).build().map_err(|_| OTHER)
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn patterns_are_pythons() {
        for (text, name, expected) in [
            ("artifacts", "my-artifacts", Some(true)),
            ("credentials", "hosts", Some(false)),
            ("^x$", "x", Some(true)),
            (r"\.bak\d+$", "a.bak2", Some(true)),
            ("", "anything", Some(true)),
            ("é", "caf\u{e9}", Some(true)),
            (r"x\Z", "ax", Some(true)),
            ("(?!a)b", "b", None),
            ("(", "b", None),
            (r"\<b", "b", None),
        ] {
            assert_eq!(pattern(text).ok().map(|pattern| pattern.is_match(name.as_bytes())), expected, "{text}");
        }
    }
}
