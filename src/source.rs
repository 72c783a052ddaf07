//! Reads sources into one [`Inventory`].
//!
//! A source is a file, a directory, an executable that prints JSON, or a host list (`web1,web2,`). Several are merged as
//! Ansible merges several `-i`. A source that cannot be read whole is an error: half an inventory is never planned with.

pub mod ansible_cfg;
mod attempt;
pub mod bytes;
pub mod cache;
mod call;
mod descent;
mod directory;
pub mod engine;
mod entries;
mod execution;
mod file;
mod handed;
mod ini;
mod interrupt;
mod named;
mod passwords;
pub mod paths;
mod process;
mod program;
mod progress;
mod readers;
pub mod salt;
mod script;
mod shell;
mod stderr;
pub mod surroundings;
mod toml;
mod vars_files;
mod vaults;
mod yaml;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::diagnostics::Diagnostics;
use crate::error::{Code, Location, Problem, Result, io_message};
use crate::frozen::{FIRST_LINE, is_frozen};
use crate::inventory::{GroupId, HostId, Inventory, Target, UNGROUPED};
use crate::pattern::{address, range};
use crate::policy::naming::cleaned;
use crate::salt::Master;
use crate::text::{Arena, Pos, Text, TextMap, python_trim};
use crate::value::Value;
use crate::vault::Keyring;
use ansible_cfg::{AnsibleCfg, Plugin, VarsFiles};
use bytes::{Nature, Pipes};
pub use descent::Descent;
pub(crate) use entries::is_executable;
pub use execution::{Execution, Permit, VARIABLE as NO_EXEC};
use file::{Content, Decoded};
pub use interrupt::{Held, Interrupt};
pub use named::{Named, Source};
pub use passwords::Secret;
pub use process::has_terminal;
pub(crate) use program::first_line_of;
pub use progress::{Progress, Watcher};
pub use surroundings::Surroundings;

/// What `plugin` may say in a configuration of this program: what keeps Ansible from reading it as data, and the inventory plugin
/// of the collection, which calls this program.
pub const OWN_PLUGINS: [&str; 2] = ["regal-inventory", "regal.rollout.batches"];
/// The most bytes that the names of one line's hosts may take.
const MAX_RANGE_BYTES: usize = 16 << 20;
/// The most hosts that ranges may name, again and again, and variables that their lines may give them.
const MAX_FROM_RANGES: usize = 2_000_000;
/// From this many problems and warnings on, the rest is only counted.
const MAX_PROBLEMS: usize = 100;

/// How much a source may take, so that a mistyped range, a malicious alias or a script that hangs does not use up memory or
/// time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most hosts that ranges may add to an inventory.
    pub range_hosts: usize,
    /// The most values that the aliases of a YAML text may expand to.
    pub yaml_values: u64,
    /// The most bytes that a file or pipe may give or a program print.
    pub source_bytes: u64,
    /// How long a program may run or a pipe stay open; zero for as long as it takes.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            range_hosts: 100_000,
            yaml_values: crate::yaml::MAX_EXPANDED,
            source_bytes: 1 << 30,
            timeout: Duration::from_secs(300),
        }
    }
}

impl Limits {
    /// When the time is up for what begins now; nothing for never.
    fn deadline(&self) -> Option<Instant> {
        Some(self.timeout).filter(|timeout| !timeout.is_zero()).and_then(|timeout| Instant::now().checked_add(timeout))
    }
}

/// What reading depends on besides the sources.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files that a directory may hold and that are not inventories: our own configuration and program.
    pub own_files: Vec<PathBuf>,
    /// What programs see of the process that reads.
    pub surroundings: Arc<Surroundings>,
    /// Whether programs may be run.
    pub execution: Execution,
    /// Set in the environment of scripts, so that this program recognizes itself when it is run as a source.
    pub guard: Option<(String, String)>,
    /// Which sources go through `ansible-inventory`.
    pub engine: engine::Engine,
    /// Where and how long the output of programs is kept; nothing to run them each time.
    pub cache: Option<cache::Cache>,
    /// The vault passwords, in the order in which they are tried.
    pub secrets: Vec<Secret>,
    /// What an `ansible.cfg` says about reading.
    pub ansible: Arc<AnsibleCfg>,
    /// How much a source may take.
    pub limits: Limits,
    /// What was read of pipes, for several readings of the same ones.
    pub pipes: Pipes,
    /// The variables whose values are asked for; all where nothing is said.
    pub variables: Option<HashSet<String>>,
    /// What takes notice of signals while programs run, so that they are ended first; without it, signals are not this
    /// reading's matter.
    pub interrupt: Option<Interrupt>,
    /// Who is told how far reading is.
    pub progress: Progress,
}

/// What was read.
pub struct Loaded<'a> {
    /// Hosts, groups and variables.
    pub inventory: Inventory<'a>,
    /// Everything that Ansible would take silently or with a warning, and that an operator should know.
    pub warnings: Vec<Problem>,
    /// Vars files under vault as a whole, which were not read for lack of a password.
    pub vaults: Vec<String>,
    /// Files of a directory that were skipped because they are our own.
    pub skipped: Vec<String>,
    /// The minions and nodegroups of Salt sources, if there are any.
    pub master: Option<Master<'a>>,
}

impl<'a> Loaded<'a> {
    /// What was read where there is nothing but an inventory.
    pub fn of(inventory: Inventory<'a>) -> Self {
        Loaded { inventory, warnings: Vec::new(), vaults: Vec::new(), skipped: Vec::new(), master: None }
    }
}

/// The state of reading that all readers share.
struct Reading<'m, 'a> {
    arena: &'a Arena,
    texts: &'m TextMap<'a>,
    inventory: Inventory<'a>,
    /// How many hosts ranges have added.
    range_hosts: usize,
    options: &'m Options,
    store: cache::State,
    /// The hosts and variables that ranges may still name and give.
    range_budget: usize,
    /// The vault passwords, once they were asked for.
    keyring: Option<Keyring>,
    found: Diagnostics,
    vaults: Vec<String>,
    skipped: Vec<String>,
    master: Option<Master<'a>>,
    /// Room for the variables of one host.
    variables: Vec<(&'a str, Value<'a>, Pos)>,
}

/// The hosts that a name stands for: itself, or those of a range.
enum Names<'a> {
    One(&'a str),
    Many(Vec<&'a str>),
}

impl<'a> std::ops::Deref for Names<'a> {
    type Target = [&'a str];

    fn deref(&self) -> &Self::Target {
        match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::Many(names) => names,
        }
    }
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// An INI inventory.
    Ini,
    /// A YAML inventory; where it is not a mapping an INI one, as a file without an ending.
    Yaml,
    /// What an inventory script printed for `--list`; one without `_meta` cannot be asked for variables.
    Script,
}

/// Reads the sources in order and merges them.
///
/// # Errors
/// Every problem of every source.
pub fn load<'a>(arena: &'a Arena, texts: &TextMap<'a>, sources: &[Source], options: &Options) -> Result<Loaded<'a>> {
    let loaded = load_all(arena, texts, sources, options);
    options.progress.rests();
    loaded
}

fn load_all<'a>(arena: &'a Arena, texts: &TextMap<'a>, sources: &[Source], options: &Options) -> Result<Loaded<'a>> {
    let mut reading = Reading::new(arena, texts, options);
    let (others, salt, before) = split_off_salt(&reading, sources);
    let through_ansible = engine::read(&mut reading, &others);
    if !through_ansible {
        others[..before].iter().for_each(|source| reading.source(source));
    }
    if !salt.is_empty() {
        salt::read(&mut reading, &salt);
    }
    if !through_ansible {
        others[before..].iter().for_each(|source| reading.source(source));
    }
    reading.reconcile();
    // What ansible-inventory prints has the vars files already.
    if !through_ansible && !reading.found.has_errors() {
        reading.vars_files(&others);
    }
    reading.finish()
}

/// The sources that are not Salt's, those that are, and how many of the others stand before the first of them.
fn split_off_salt(reading: &Reading<'_, '_>, sources: &[Source]) -> (Vec<Source>, Vec<(salt::Part, Named)>, usize) {
    let (mut others, mut given) = (Vec::new(), Vec::new());
    let mut before = None;
    for source in sources {
        let parts = match source {
            Source::Salt(parts) => Some(parts.clone()),
            Source::Path(named) => salt::detect(reading, &named.path).map(|part| vec![(part, named.clone())]),
            Source::Hosts(_) => None,
        };
        match parts {
            Some(parts) => {
                before.get_or_insert(others.len());
                given.extend(parts);
            }
            None => others.push(source.clone()),
        }
    }
    let before = before.unwrap_or(others.len());
    (others, given, before)
}

/// Reads one inventory that is a text and no file: nothing beside it counts, and nothing is run.
///
/// # Errors
/// Every problem of the text.
pub fn read_text<'a>(
    arena: &'a Arena,
    texts: &TextMap<'a>,
    format: TextFormat,
    name: &'a str,
    text: &'a str,
) -> Result<Loaded<'a>> {
    let options = Options::default();
    let mut reading = Reading::new(arena, texts, &options);
    if let Some(text) = reading.add_text(name, text) {
        match format {
            TextFormat::Ini => ini::read(&mut reading, Decoded::sound(text)),
            TextFormat::Yaml => reading.yaml_or_ini(text),
            TextFormat::Script => script::read_printed(&mut reading, text),
        }
    }
    reading.reconcile();
    reading.finish()
}

impl<'m, 'a> Reading<'m, 'a> {
    fn new(arena: &'a Arena, texts: &'m TextMap<'a>, options: &'m Options) -> Self {
        let mut inventory = Inventory::new();
        if let Some(stages) = &options.ansible.precedence {
            inventory.rules_mut().stages.clone_from(stages);
        }
        inventory.rules_mut().merging = options.ansible.merges.then_some(arena);
        if let Some(names) = &options.variables {
            inventory.keep_only(names.clone());
        }
        Reading {
            arena,
            texts,
            inventory,
            options,
            store: cache::State::default(),
            range_budget: MAX_FROM_RANGES,
            range_hosts: 0,
            keyring: None,
            found: Diagnostics::at_most(MAX_PROBLEMS),
            vaults: Vec::new(),
            skipped: Vec::new(),
            master: None,
            variables: Vec::new(),
        }
    }

    /// Reads the vars files beside the sources, when and if Ansible does.
    fn vars_files(&mut self, sources: &[Source]) {
        let when = self.options.ansible.vars_files;
        if when != VarsFiles::Never {
            vars_files::read(self, sources);
        }
        if matches!(when, VarsFiles::WithInventory | VarsFiles::Both) {
            let settled = self.inventory.settle_files(when == VarsFiles::Both);
            settled.err().into_iter().for_each(|problem| self.push(problem));
        }
    }

    /// Enforces what holds for every inventory, once all groups and hosts are known.
    fn reconcile(&mut self) {
        if !self.found.has_errors() {
            let reconciled = self.inventory.reconcile();
            reconciled.err().into_iter().for_each(|problem| self.push(problem));
        }
        if !self.found.has_errors() {
            self.warn_of_shared_names();
        }
    }

    fn finish(self) -> Result<Loaded<'a>> {
        let Reading { inventory, found, vaults, skipped, master, .. } = self;
        Ok(Loaded { inventory, warnings: found.finish()?, vaults, skipped, master })
    }
}

impl<'a> Reading<'_, 'a> {
    /// Reads a source that is not Salt's.
    fn source(&mut self, source: &Source) {
        match source {
            Source::Hosts(list) => self.host_list(list),
            Source::Path(named) => match self.is_folder(named) {
                Some(true) => {
                    let files = self.files_of(&named.path);
                    for (index, file) in files.iter().enumerate() {
                        self.options.progress.reads(&named.path, index, files.len());
                        self.file(file);
                    }
                }
                Some(false) if !self.refuses(&named.path) => self.file(&named.path),
                Some(false) | None => {}
            },
            Source::Salt(_) => {}
        }
    }

    /// Whether a path leads to a folder; one that cannot be read is a problem.
    fn is_folder(&mut self, named: &Named) -> Option<bool> {
        match bytes::nature(&named.path) {
            Ok(nature) => Some(nature == Nature::Folder),
            Err(unread) => {
                let message = format!("inventory `{}` cannot be read: {}", named.path.display(), unread.why);
                let hint = unread.hint_or("check the path; relative paths in a regal.yml start from its folder");
                let mut problem = Problem::of(Code::Unreadable, message).hint(hint);
                problem.location = named.at.clone().map(Box::new);
                self.push(problem);
                None
            }
        }
    }

    /// Whether a file is our own, which is a problem.
    fn refuses(&mut self, path: &Path) -> bool {
        let name = path.display().to_string();
        let (message, hint) = if self.options.own_files.iter().any(|own| same_file(own, path)) {
            let message = "this file belongs to regal-inventory and is not an inventory";
            (message, "name the inventory that it should read instead".to_string())
        } else if self.head(path, FIRST_LINE.len()).is_some_and(|head| is_frozen(&head)) {
            let hint =
                format!("use it with --plan {name}; without it, name only the inventory, and it is planned anew");
            ("this is a frozen plan and not an inventory", hint)
        } else {
            return false;
        };
        self.push(Problem::of(Code::OwnFile, message).at(Location::whole(name)).hint(hint));
        true
    }

    /// Ansible's `host_list`: names without ranges, separated by commas; a known host stays in its groups. Under
    /// `advanced_host_list` ranges are expanded.
    fn host_list(&mut self, list: &str) {
        let Some(text) = self.add_text("host list", self.arena.alloc_str(list)) else { return };
        let plugins = &self.options.ansible.plugins;
        let lists = |plugin: &&Plugin| matches!(plugin, Plugin::HostList | Plugin::AdvancedHostList);
        let Some(plugin) = plugins.list.iter().find(lists) else {
            let message = format!("a list of hosts is not read: `enable_plugins` is {}", plugins.names());
            return self.problem(Code::NotEnabled, text.base, message, "add host_list to `enable_plugins`");
        };
        let ranges = *plugin == Plugin::AdvancedHostList;
        for name in text.text.split(',').map(python_trim).filter(|name| !name.is_empty()) {
            let at = text.pos_of(name);
            if ranges {
                let Some((names, port)) = self.host_names(name, at) else { continue };
                names.iter().for_each(|name| self.listed_host(name, port, at));
                continue;
            }
            let mut address = address::split_port(name);
            if range::is_range(address.host) {
                address = address::Address { host: name, port: None };
                self.warning(Code::Ignored, at, format!("a host list has no ranges: `{name}` is the name of one host"));
            }
            self.listed_host(address.host, effective_port(address), at);
        }
    }

    fn listed_host(&mut self, name: &'a str, port: Option<&'a str>, at: Pos) {
        if self.inventory.find_host(name).is_none() {
            self.add_hosts(&[name], Some(UNGROUPED), port, &[], at);
        }
    }

    /// A group's name as Ansible takes it: under `force_valid_group_names` with `_` for what is no letter, digit or `_`.
    fn group_name(&self, name: &'a str) -> &'a str {
        if !self.options.ansible.cleans_groups {
            return name;
        }
        let cleaned = cleaned(name);
        if cleaned == name { name } else { self.arena.alloc_str(&cleaned) }
    }

    /// Adds a group under the name that Ansible gives it.
    fn add_group(&mut self, name: &'a str, at: Pos) -> Option<GroupId> {
        let added = self.inventory.add_group(self.group_name(name), at);
        self.note(added, at)
    }

    fn add_text(&mut self, name: &str, text: &'a str) -> Option<Text<'a>> {
        match self.texts.add(self.arena.alloc_str(name), text) {
            Ok(text) => {
                self.inventory.add_text(text);
                Some(text)
            }
            Err(problem) => {
                self.push(problem);
                None
            }
        }
    }

    /// The names that a host text stands for, and its port without leading zeros; port 0 is none.
    fn host_names(&mut self, text: &'a str, at: Pos) -> Option<(Names<'a>, Option<&'a str>)> {
        let address = address::split_port(text);
        let port = effective_port(address);
        if !range::is_range(address.host) {
            return Some((Names::One(address.host), port));
        }
        let most = self.options.limits.range_hosts;
        let limit = most.min(MAX_RANGE_BYTES / address.host.len()).min(self.range_budget);
        let expanded = range::expand(address.host, limit).and_then(|names| {
            self.range_budget = self.range_budget.saturating_sub(names.len());
            self.range_hosts += names.iter().filter(|name| self.inventory.find_host(name).is_none()).count();
            if self.range_hosts > most { Err(range::too_many(address.host)) } else { Ok(names) }
        });
        match expanded {
            Ok(names) => Some((Names::Many(names.iter().map(|name| &*self.arena.alloc_str(name)).collect()), port)),
            Err((message, hint)) => {
                self.problem(Code::InvalidRange, at, message, hint);
                None
            }
        }
    }

    /// Adds hosts to a group, each with the same variables.
    fn add_hosts(
        &mut self,
        names: &[&'a str],
        group: Option<GroupId>,
        port: Option<&'a str>,
        variables: &[(&'a str, Value<'a>, Pos)],
        at: Pos,
    ) {
        if names.len() > 1 {
            let Some(budget) = self.range_budget.checked_sub(names.len().saturating_mul(variables.len())) else {
                let hint = "the limit is 2,000,000; put variables that hosts have in common on their group";
                return self.problem(Code::LimitExceeded, at, "the ranges give too many variables to hosts", hint);
            };
            self.range_budget = budget;
        }
        for name in names {
            let added = self.inventory.add_host(name, group, port, at);
            if let Some(host) = self.note(added, at) {
                self.set_host_vars(host, variables.iter().copied(), at);
            }
        }
    }

    /// Sets variables of a host.
    fn set_host_vars(&mut self, host: HostId, variables: impl Iterator<Item = (&'a str, Value<'a>, Pos)>, at: Pos) {
        match self.inventory.target_of_host(host) {
            Target::Host(host) => {
                let set = self.inventory.set_host_vars(host, variables);
                self.note(set, at);
            }
            group @ Target::Group(_) => {
                for (name, value, at) in variables {
                    let set = self.inventory.set_var(group, name, value, at);
                    self.note(set, at);
                }
            }
        }
    }

    /// Warns of each host that has the name of a group: patterns and Ansible's own variables take one for the other.
    fn warn_of_shared_names(&mut self) {
        let Reading { inventory, found, texts, .. } = self;
        for host in inventory.hosts_named_as_groups() {
            found.warn_with(|| {
                let message = format!("host `{}` has the name of a group", inventory.host_name(host));
                let problem = Problem::of(Code::SharedName, message).at(texts.locate(inventory.host(host).at));
                problem.hint("rename one: Ansible gives the host's variables to the group")
            });
        }
    }

    /// The outcome of a change to the inventory; a problem is kept with its place.
    fn note<T>(&mut self, outcome: std::result::Result<T, Problem>, at: Pos) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(problem) => {
                self.found.error_with(|| problem.at(self.texts.locate(at)));
                None
            }
        }
    }

    fn problem(&mut self, code: Code, at: Pos, message: impl Into<String>, hint: impl Into<String>) {
        self.found.error_with(|| Problem::of(code, message).at(self.texts.locate(at)).hint(hint));
    }

    fn push(&mut self, problem: Problem) {
        self.found.error(problem);
    }

    fn warning(&mut self, code: Code, at: Pos, message: impl Into<String>) {
        self.found.warn_with(|| Problem::of(code, message).at(self.texts.locate(at)));
    }
}

/// A port without leading zeros; 0 is none.
fn effective_port(address: address::Address<'_>) -> Option<&str> {
    address.port.map(|port| port.trim_start_matches('0')).filter(|port| !port.is_empty())
}

/// Whether two paths lead to one file that is there.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}
