//! `enable_plugins`: which readers Ansible has for a source, and in which order it tries them.
//!
//! The rules are those of ansible-core 2.19, `inventory/manager.py` and `plugins/inventory/*.py`, `verify_file`.

use super::given::Around;
use super::table;
use crate::error::{Code, Location, Problem};
use crate::nearest;

/// A reader of sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plugin {
    /// Hosts with commas.
    HostList,
    /// The same, with ranges.
    AdvancedHostList,
    /// A program.
    Script,
    /// The configuration of any plugin, in a file that ends in `.yml` or `.yaml`.
    Auto,
    /// Groups in YAML or JSON.
    Yaml,
    /// INI.
    Ini,
    /// TOML.
    Toml,
    /// The configuration of this plugin, which only Ansible can run.
    Foreign(String),
}

/// The readers in their order.
#[derive(Clone, Debug)]
pub struct Enabled {
    /// The readers.
    pub list: Vec<Plugin>,
    /// Where they are set; nothing for Ansible's own order.
    pub at: Option<Location>,
}

const NAMES: [(&str, Plugin); 7] = [
    ("host_list", Plugin::HostList),
    ("advanced_host_list", Plugin::AdvancedHostList),
    ("script", Plugin::Script),
    ("auto", Plugin::Auto),
    ("yaml", Plugin::Yaml),
    ("ini", Plugin::Ini),
    ("toml", Plugin::Toml),
];
/// Those of ansible-core that take configurations.
const CONFIGURED: [&str; 2] = ["constructed", "generator"];
/// Short names that ansible-core finds in collections, its `ansible_builtin_runtime.yml`.
const REDIRECTED: [&str; 23] = [
    "cloudscale",
    "docker_machine",
    "docker_swarm",
    "gitlab_runners",
    "kubevirt",
    "linode",
    "nmap",
    "online",
    "scaleway",
    "virtualbox",
    "vultr",
    "k8s",
    "openshift",
    "vmware_vm_inventory",
    "aws_ec2",
    "aws_rds",
    "foreman",
    "netbox",
    "openstack",
    "tower",
    "hcloud",
    "gcp_compute",
    "azure_rm",
];

impl Default for Enabled {
    fn default() -> Self {
        use Plugin::{Auto, HostList, Ini, Script, Toml, Yaml};
        Enabled { list: vec![HostList, Script, Auto, Yaml, Ini, Toml], at: None }
    }
}

impl Enabled {
    /// Whether there is such a reader.
    pub fn has(&self, plugin: &Plugin) -> bool {
        self.list.contains(plugin)
    }

    /// The names of the plugins that only Ansible can run.
    pub fn foreign(&self) -> impl Iterator<Item = &str> {
        self.list
            .iter()
            .filter_map(|plugin| if let Plugin::Foreign(name) = plugin { Some(name.as_str()) } else { None })
    }

    /// Whether a file of this ending, `.yml` or empty, is taken for the configuration of a plugin; `yaml_endings` are those
    /// of YAML files.
    pub fn configures(&self, plugin: &str, ending: &str, yaml_endings: &[impl AsRef<str>]) -> bool {
        let by_auto = matches!(ending, ".yml" | ".yaml") && self.has(&Plugin::Auto);
        let is_yaml = || yaml_endings.iter().any(|known| known.as_ref() == ending);
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_string();
        by_auto
            || self.foreign().any(|name| {
                last(name) == last(plugin)
                    && (!CONFIGURED.contains(&name) || matches!(ending, "" | ".config") || is_yaml())
            })
    }

    /// Whether a file of this ending may be the configuration of a plugin at all.
    pub fn may_configure(&self, ending: &str) -> bool {
        matches!(ending, ".yml" | ".yaml") && self.has(&Plugin::Auto) || self.foreign().next().is_some()
    }

    /// Warnings of plugins that Ansible will not find; `is_there` looks in its folders.
    pub fn unknown(&self, is_there: impl Fn(&str) -> bool) -> Vec<Problem> {
        let Some(at) = &self.at else { return Vec::new() };
        let known = |name: &str| name.contains('.') || CONFIGURED.contains(&name) || REDIRECTED.contains(&name);
        let unknown = self.foreign().filter(|name| !known(name) && !is_there(name));
        let warn = |name: &str| {
            let message = format!("Ansible skips the inventory plugin `{name}`, which it does not have");
            let problem = Problem::of(Code::InvalidValue, message).as_warning().at(at.clone());
            let words = NAMES.iter().map(|(word, _)| (*word).to_string());
            match nearest::word(name, words) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("a plugin of a collection is written NAMESPACE.COLLECTION.NAME"),
            }
        };
        unknown.map(warn).collect()
    }

    /// The names as they are written in the file.
    pub fn names(&self) -> String {
        let name = |plugin: &Plugin| match plugin {
            Plugin::Foreign(name) => name.clone(),
            plugin => NAMES
                .iter()
                .find(|(_, known)| known == plugin)
                .map_or_else(String::new, |(name, _)| (*name).to_string()),
        };
        self.list.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// A name without the collection that stands for Ansible's own.
pub(super) fn bare(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.").or_else(|| name.strip_prefix("ansible.legacy.")).unwrap_or(name)
}

/// The readers that the setting names.
pub(super) fn enabled(around: &mut Around<'_, '_>, warnings: &mut Vec<Problem>) -> Enabled {
    let Some(given) = around.get(&table::ENABLE_PLUGINS) else { return Enabled::default() };
    let mut list = Vec::new();
    for name in given.items().into_iter().map(bare) {
        if name.is_empty() {
            let problem = given.problem("there is no name, at which Ansible fails");
            around.problems.push(problem.hint("name the plugins, such as `host_list, script, auto, yaml, ini, toml`"));
            continue;
        }
        let known = NAMES.iter().find(|(word, _)| *word == name).map(|(_, plugin)| plugin.clone());
        list.push(known.unwrap_or_else(|| Plugin::Foreign(name.to_string())));
    }
    let reads = |plugin: &Plugin| !matches!(plugin, Plugin::Foreign(_));
    if !list.iter().any(reads) && !list.is_empty() {
        let problem = given.problem("without yaml, ini, toml, script or host_list no plain inventory can be read");
        warnings.push(problem.as_warning().hint("add those that your inventories need"));
    }
    Enabled { list, at: Some(given.at) }
}
