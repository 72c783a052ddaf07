//! From the settings to the plan: the steps that every command takes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use regal_inventory::assign::{self, Assignments, Request, literal_hosts};
use regal_inventory::emit::ansible::PlanGroups;
use regal_inventory::error::{Error, Location, Problem};
use regal_inventory::files::Access;
use regal_inventory::inventory::Inventory;
use regal_inventory::plan::names::{GroupNames, Naming};
use regal_inventory::plan::{Plan, plan};
use regal_inventory::salt::Fleet;
use regal_inventory::settings::{self, Input, OptionText, Settings, VersionSource};
use regal_inventory::source::salt::{Given, Part};
use regal_inventory::source::{self, Loaded, Options, Spec};
use regal_inventory::text::{Arena, TextMap};

use super::arguments::{Arguments, Color};
use super::output::Sink;
use super::{GUARD, config, limit, sources};

/// Ansible's own variable for cleaning group names.
const TRANSFORM: &str = "ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS";

/// A run's settings and where they come from.
pub struct Invocation<'a> {
    pub arena: &'a Arena,
    pub texts: &'a TextMap<'a>,
    pub settings: Settings,
    /// The configuration file, if one is used.
    pub config: Option<PathBuf>,
    /// Another configuration that is compared with this one, and is no source either.
    pub compared: Option<PathBuf>,
    pub output: Option<PathBuf>,
    pub color: Color,
    pub refresh_cache: bool,
}

/// What came of the sources.
pub struct Planned<'a> {
    pub inventory: Inventory<'a>,
    pub assignments: Assignments<'a>,
    pub plan: Plan<'a>,
    pub names: GroupNames,
    pub groups: PlanGroups<'a>,
    /// Hosts that `--limit` leaves out, by their index; empty without it.
    pub hidden: Vec<bool>,
    /// Vars files that were not read because they are encrypted.
    pub vaults: Vec<String>,
    /// The minions of Salt sources, if there are any.
    pub fleet: Option<Fleet<'a>>,
    /// What an operator should know, from every step.
    pub warnings: Vec<Problem>,
}

impl<'a> Invocation<'a> {
    /// Reads the configuration, the environment and the options.
    ///
    /// # Errors
    /// Everything that is wrong with them; this program as a source of itself.
    pub fn new(arena: &'a Arena, texts: &'a TextMap<'a>, arguments: &Arguments) -> anyhow::Result<Self> {
        Self::with(arena, texts, arguments, configuration(arguments)?, "--config or REGAL_CONFIG")
    }

    /// Reads a configuration, the environment and the options; `option` is what names the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn with(
        arena: &'a Arena,
        texts: &'a TextMap<'a>,
        arguments: &Arguments,
        config: Option<PathBuf>,
        option: &str,
    ) -> anyhow::Result<Self> {
        let environment = environment(arena)?;
        let file = match &config {
            Some(path) => Some(read_config(arena, texts, path, option)?),
            None => None,
        };
        let options: Vec<OptionText<'a>> = (arguments.settings.iter())
            .map(|given| OptionText {
                key: arena.alloc_str(&given.key),
                text: arena.alloc_str(&given.text),
                option: arena.alloc_str(&given.option),
            })
            .collect();
        let input = Input {
            file,
            environment: arena.alloc_slice_copy(&environment),
            options: arena.alloc_slice_copy(&options),
        };
        let mut settings = settings::read(arena, texts, &input)?;
        settings.naming.ansible_cleans =
            std::env::var(TRANSFORM).is_ok_and(|value| matches!(value.as_str(), "always" | "silently"));
        let output = arguments.output.clone();
        let (color, refresh_cache) = (arguments.color, arguments.refresh_cache);
        Ok(Invocation { arena, texts, settings, config, compared: None, output, color, refresh_cache })
    }

    /// The sources as messages and reports name them.
    pub fn source_names(&self) -> Vec<String> {
        self.specs()
            .into_iter()
            .map(|spec| {
                let named = is_host_list(&spec) || !spec.salt.is_empty();
                if named { spec.name } else { spec.path.display().to_string() }
            })
            .collect()
    }

    /// What paths in the configuration are relative to.
    pub fn folder(&self) -> &Path {
        self.config.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// Where a result goes; what something decrypted was read for is for the user alone.
    pub fn sink(&self) -> Sink<'_> {
        Sink { path: self.output.as_deref(), access: self.access(), color: self.color }
    }

    /// Who may read a file with a result, once the sources are read.
    pub fn access(&self) -> Access {
        if self.texts.has_decrypted() { Access::Private } else { Access::Usual }
    }

    fn specs(&self) -> Vec<Spec> {
        let spec = |source: &settings::Source| Spec {
            name: source.text.clone(),
            path: self.path_of(source),
            origin: Some(source.at.clone()),
            salt: self.salt_parts(source),
        };
        self.settings.inventory.iter().map(spec).collect()
    }

    /// The path that a setting names: one in the configuration starts from its folder.
    pub fn path_of(&self, source: &settings::Source) -> PathBuf {
        if source.from_file { self.folder().join(&source.text) } else { PathBuf::from(&source.text) }
    }

    fn salt_parts(&self, source: &settings::Source) -> Vec<Given> {
        let given = |(part, path): &(Part, String)| Given {
            part: *part,
            path: if source.from_file { self.folder().join(path) } else { PathBuf::from(path) },
            origin: Some(source.at.clone()),
        };
        source.salt.iter().map(given).collect()
    }

    /// Reads the sources and plans.
    ///
    /// # Errors
    /// Every problem of the first step that has any.
    pub fn plan(&self) -> Result<Planned<'a>, Error> {
        let Some(versions) = &self.settings.versions else { return Err(self.no_versions()) };
        let mut loaded = self.load(versions)?;
        let mut warnings = std::mem::take(&mut loaded.warnings);
        let assignments = self.assign(&loaded, versions, &mut warnings)?;
        let plan = plan(&assignments, &self.settings.policy)?;
        warnings.extend(plan.warnings.iter().cloned());
        let hidden = limit::hidden(self, &loaded, &mut warnings)?;
        let plan = limited(plan, &loaded.inventory, &hidden);
        let naming: &Naming = &self.settings.naming;
        let names = naming.name(&plan)?;
        warnings.extend(names.warnings.iter().cloned());
        let groups = PlanGroups::new(self.arena, &loaded.inventory, &plan, &names, naming.ansible_cleans)?;
        warnings.extend(skipped(&loaded.skipped, &loaded.vaults));
        let Loaded { inventory, vaults, fleet, .. } = loaded;
        Ok(Planned { inventory, assignments, plan, names, groups, hidden, vaults, fleet, warnings })
    }

    fn load(&self, versions: &VersionSource) -> Result<Loaded<'a>, Error> {
        let specs = self.specs();
        if specs.is_empty() {
            let VersionSource::Explicit(versions) = versions else {
                let problem = Problem::new("there is no inventory to read versions from");
                return Err(problem.hint("name one with -i, or under `inventory:` in regal.yml").into());
            };
            let inventory = literal_hosts::inventory(self.arena, versions)?;
            return Ok(Loaded {
                inventory,
                warnings: Vec::new(),
                vaults: Vec::new(),
                skipped: Vec::new(),
                fleet: None,
            });
        }
        let mut more = Vec::new();
        let options = sources::options(self, &mut more)?;
        let mut loaded = source::load(self.arena, self.texts, &specs, &options)?;
        loaded.warnings.append(&mut more);
        Ok(loaded)
    }

    fn assign(
        &self,
        loaded: &Loaded<'a>,
        versions: &VersionSource,
        warnings: &mut Vec<Problem>,
    ) -> Result<Assignments<'a>, Error> {
        let request = Request { versions, policy: &self.settings.policy, fleet: loaded.fleet.as_ref() };
        assign::assign(self.arena, &loaded.inventory, self.texts, request, warnings)
    }

    fn no_versions(&self) -> Error {
        let problem = Problem::new("nothing says which version a host is to run");
        let problem = match &self.config {
            Some(path) => problem.at(Location::whole(path.display().to_string())),
            None => problem,
        };
        let loaded = source::load(self.arena, self.texts, &self.specs(), &Options::default());
        let candidates = loaded.map(|loaded| assign::candidates(&loaded.inventory)).unwrap_or_default();
        let hint =
            "set `version_from: {var: app_version}` or `versions:` in regal.yml, or use --version-from var:app_version";
        problem.hint(if candidates.contains(':') { format!("{hint}; {candidates}") } else { hint.to_string() }).into()
    }
}

/// The plan without hidden hosts; batches keep their names, and those that lose all hosts are left out.
fn limited<'a>(mut plan: Plan<'a>, inventory: &Inventory<'a>, hidden: &[bool]) -> Plan<'a> {
    if hidden.is_empty() {
        return plan;
    }
    let shown = |name: &&str| inventory.find_host(name).is_none_or(|host| !hidden[host.index()]);
    for rollout in &mut plan.rollouts {
        rollout.retain(|name| shown(&name));
    }
    plan.rollouts.retain(|rollout| !rollout.batches.is_empty());
    plan.unversioned.retain(shown);
    plan
}

fn skipped<'s>(own: &'s [String], vaults: &'s [String]) -> impl Iterator<Item = Problem> + 's {
    let own = own.iter().map(|path| (path, "belongs to regal-inventory and is not read as an inventory"));
    let vaults = vaults.iter().map(|path| (path, "is encrypted as a whole and was not read"));
    own.chain(vaults).map(|(path, what)| Problem::new(what).at(Location::whole(path.clone())))
}

/// The configuration that is in use, if there is one.
///
/// # Errors
/// This program as a source of itself; a variable or the working directory that cannot be read.
pub fn configuration(arguments: &Arguments) -> anyhow::Result<Option<PathBuf>> {
    if std::env::var_os(GUARD).is_some() {
        let problem = Problem::new("regal-inventory was started as a source of itself");
        return Err(Error::from(problem.hint("take the script that runs it out of the sources")).into());
    }
    let arena = Arena::new();
    let environment = environment(&arena)?;
    let variable = environment.iter().find(|(name, _)| *name == "REGAL_CONFIG").map(|(_, value)| *value);
    let here = std::env::current_dir().context("the working directory cannot be read")?;
    Ok(config::find(arguments.config.as_deref(), variable, &here))
}

fn is_host_list(spec: &Spec) -> bool {
    spec.name.contains(',') && !spec.path.exists()
}

/// The `REGAL_*` variables.
fn environment(arena: &Arena) -> anyhow::Result<Vec<(&str, &str)>> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with("REGAL_")) else { continue };
        let value = value.to_str().with_context(|| format!("the variable {name} is not valid UTF-8"))?;
        variables.push((&*arena.alloc_str(name), &*arena.alloc_str(value)));
    }
    variables.sort_unstable();
    Ok(variables)
}

fn read_config<'a>(
    arena: &'a Arena,
    texts: &TextMap<'a>,
    path: &Path,
    option: &str,
) -> Result<regal_inventory::text::Text<'a>, Error> {
    let name = path.display().to_string();
    let whole = |message: String| Problem::new(message).at(Location::whole(name.clone()));
    let bytes = std::fs::read(path).map_err(|error| {
        whole(format!("the configuration cannot be read: {error}")).hint(format!("check the path given by {option}"))
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| whole("the configuration is not valid UTF-8".to_string()).hint("save it as UTF-8"))?;
    Ok(texts.add(arena.alloc_str(&name), arena.alloc_str(&text))?)
}
