//! From the settings to the plan: the steps that every command takes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use regal_inventory::assign::{self, Request, literal_hosts};
use regal_inventory::emit::ansible::PlanGroups;
use regal_inventory::emit::connection::{Connection, connections};
use regal_inventory::error::{Error, Location, Problem};
use regal_inventory::files::Access;
use regal_inventory::inventory::Inventory;
use regal_inventory::limit;
use regal_inventory::plan::Assignments;
use regal_inventory::plan::names::GroupNames;
use regal_inventory::plan::{Plan, plan};
use regal_inventory::policy::naming::Naming;
use regal_inventory::salt::Fleet;
use regal_inventory::settings::{self, Input, OptionText, Place, Settings, VersionFrom, VersionSource};
use regal_inventory::source::bytes::{Pipes, is_descriptor};
use regal_inventory::source::{self, Interrupt, Limits, Loaded, Options, Spec};
use regal_inventory::text::{Arena, Encoding, TextMap};

use super::arguments::{Arguments, Color};
use super::output::Sink;
use super::{GUARD, config, sources};

/// Ansible's own variable for cleaning group names.
const TRANSFORM: &str = "ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS";

/// A run's settings and where they come from.
pub struct Invocation<'a> {
    pub arena: &'a Arena,
    pub texts: &'a TextMap<'a>,
    pub settings: Settings,
    /// The configuration file, if one is used.
    pub config: Option<PathBuf>,
    /// Whether that file sets nothing.
    pub config_is_empty: bool,
    /// Another configuration that is compared with this one, and is no source either.
    pub compared: Option<PathBuf>,
    pub output: Option<PathBuf>,
    pub color: Color,
    pub refresh_cache: bool,
    pub shared: Shared,
}

/// What all readings of this process share.
#[derive(Clone, Default)]
pub struct Shared {
    /// What pipes gave: each gives it once.
    pub pipes: Pipes,
    /// Signals that came while a program ran.
    pub interrupt: Interrupt,
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

impl<'a> Planned<'a> {
    /// How the hosts of the plan are reached, those of which the inventory says anything.
    pub fn connections(&self) -> Vec<Connection<'a>> {
        let batches = self.plan.rollouts.iter().flat_map(|rollout| &rollout.batches);
        connections(&self.inventory, batches.flat_map(|batch| &batch.hosts).copied())
    }

    /// Leaves versions out that are not among these, none where no version is named; the batches of those that stay do not change.
    ///
    /// # Errors
    /// Names that are no version, all of them.
    pub fn keep_only(&mut self, only: &[String]) -> Result<(), Error> {
        if only.is_empty() {
            return Ok(());
        }
        let versions: Vec<&str> = self.plan.rollouts.iter().map(|rollout| rollout.version).collect();
        let shown: Vec<String> = self.plan.rollouts.iter().map(|rollout| rollout.shown().to_string()).collect();
        let unknown = only.iter().filter(|version| !versions.contains(&version.as_str()));
        let problem = |version: &String| {
            let problem = Problem::new(format!("`--only {version}`: the plan has no such version"));
            problem.hint(format!("it has {}", shown.join(", ")))
        };
        Error::unless_any(unknown.map(problem).collect(), ())?;
        let kept: Vec<bool> = versions.iter().map(|version| only.iter().any(|only| only == version)).collect();
        let mut keep = kept.iter().copied();
        self.names.rollouts.retain(|_| keep.next().unwrap_or_default());
        let mut keep = kept.iter().copied();
        self.plan.rollouts.retain(|_| keep.next().unwrap_or_default());
        Ok(())
    }
}

impl<'a> Invocation<'a> {
    /// Reads the configuration, the environment and the options.
    ///
    /// # Errors
    /// Everything that is wrong with them; this program as a source of itself.
    pub fn new(arena: &'a Arena, texts: &'a TextMap<'a>, arguments: &Arguments) -> anyhow::Result<Self> {
        Self::with(arena, texts, arguments, configuration(arguments)?, "--config or REGAL_CONFIG", &Shared::default())
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
        shared: &Shared,
    ) -> anyhow::Result<Self> {
        let environment = environment(arena)?;
        let file = match &config {
            Some(path) => Some(read_config(arena, texts, path, option, &shared.pipes)?),
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
        let config_is_empty = file.is_some_and(|file| is_empty(file.text));
        let mut settings = settings::read(arena, texts, &input)?;
        settings.naming.ansible_cleans =
            std::env::var(TRANSFORM).is_ok_and(|value| matches!(value.as_str(), "always" | "silently"));
        let output = arguments.output.clone();
        let (color, refresh_cache) = (arguments.color, arguments.refresh_cache);
        let shared = shared.clone();
        Ok(Invocation {
            arena,
            texts,
            settings,
            config,
            config_is_empty,
            compared: None,
            output,
            color,
            refresh_cache,
            shared,
        })
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

    /// What paths in the configuration are relative to: its folder, or the working directory where it came through a
    /// descriptor such as `/dev/stdin`, which has none.
    pub fn folder(&self) -> &Path {
        let file = self.config.as_deref().filter(|path| !is_descriptor(path));
        file.and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// Where a result goes; what something decrypted was read for is for the user alone.
    pub fn sink(&self) -> Sink<'_> {
        Sink { path: self.output.as_deref(), access: self.access(), color: self.color }
    }

    /// Who may read a file with a result, once the sources are read.
    pub fn access(&self) -> Access {
        if self.texts.has_decrypted() { Access::Private } else { Access::Usual }
    }

    /// Where the paths of the settings lead.
    pub fn place(&self) -> Place<'_> {
        Place { folder: self.folder(), variable: |name| std::env::var_os(name) }
    }

    fn specs(&self) -> Vec<Spec> {
        self.settings.specs(&self.place())
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
        let files = Options { limits: self.settings.limits, pipes: self.shared.pipes.clone(), ..Options::default() };
        let hidden = limit::hidden(&self.settings.limit, &loaded, &files, &mut warnings)?;
        let plan = limit::shown(plan, &loaded.inventory, &hidden);
        let naming: &Naming = &self.settings.naming;
        let names = naming.name(&plan)?;
        warnings.extend(names.warnings.iter().cloned());
        let mut groups = PlanGroups::new(self.arena, &loaded.inventory, &plan, &names, naming.ansible_cleans)?;
        if let VersionSource::From(VersionFrom::Var(name), _) = versions {
            groups.say_version_var(self.arena, name);
        }
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
        let loaded = source::load(self.arena, self.texts, &specs, &options);
        if let Some(signal) = self.shared.interrupt.signal() {
            interrupted(signal);
        }
        let mut loaded = loaded?;
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

    /// A plan without any host stands for an inventory that was not meant, such as an empty pipe.
    ///
    /// # Errors
    /// There is no host.
    pub fn refuse_empty(&self, planned: &Planned<'_>) -> Result<(), Error> {
        if planned.inventory.host_ids().len() > 0 {
            return Ok(());
        }
        let problem = Problem::new(format!("there is no host to plan with in {}", self.source_names().join(", ")));
        let hint = "check the sources; regal-inventory --graph shows what was read, and is no error without hosts";
        Err(problem.hint(hint).into())
    }

    fn no_versions(&self) -> Error {
        let what = match &self.config {
            Some(_) if self.config_is_empty => {
                "the configuration is empty: nothing says which version a host is to run"
            }
            _ => "nothing says which version a host is to run",
        };
        let problem = match &self.config {
            Some(path) => Problem::new(what).at(Location::whole(path.display().to_string())),
            None => {
                let here = std::env::current_dir().unwrap_or_default();
                let (name, here) = (config::NAME, here.display());
                Problem::new(format!("{what}, and there is no {name} in {here} or a folder above it"))
            }
        };
        let options = sources::options(self, &mut Vec::new()).unwrap_or_default();
        let loaded = source::load(self.arena, self.texts, &self.specs(), &options);
        if let Some(signal) = self.shared.interrupt.signal() {
            interrupted(signal);
        }
        let candidates = loaded.map(|loaded| assign::candidates(&loaded.inventory)).unwrap_or_default();
        let hint =
            "set `version_from: {var: app_version}` or `versions:` in regal.yml, or use --version-from var:app_version";
        problem
            .hint(if candidates.starts_with("variables") { format!("{hint}; {candidates}") } else { hint.to_string() })
            .into()
    }
}

/// Ends this process by a signal that came while a program ran, as it would have ended then.
fn interrupted(signal: i32) -> ! {
    // Only a signal that cannot end a process would return.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
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
    Ok(config::find(arguments.config.as_deref(), variable, &here)?)
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

/// Whether a configuration has comments only.
fn is_empty(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#') || line == "---")
}

fn read_config<'a>(
    arena: &'a Arena,
    texts: &TextMap<'a>,
    path: &Path,
    option: &str,
    pipes: &Pipes,
) -> Result<regal_inventory::text::Text<'a>, Error> {
    let name = path.display().to_string();
    let whole = |message: String| Problem::new(message).at(Location::whole(name.clone()));
    // How long to wait is said in it, so for it that is the default.
    let bytes = pipes.read(path, &Limits::default()).map_err(|unread| {
        whole(format!("the configuration cannot be read: {}", unread.why))
            .hint(unread.hint_or(&format!("check the path given by {option}")))
    })?;
    if let Some(encoding) = Encoding::of(&bytes) {
        let problem = whole(format!("the configuration is {} and not UTF-8", encoding.name()));
        return Err(problem.hint(encoding.hint()).into());
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| whole("the configuration is not valid UTF-8".to_string()).hint("save it as UTF-8"))?;
    Ok(texts.add(arena.alloc_str(&name), arena.alloc_str(&text))?)
}
