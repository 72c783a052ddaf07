//! From a configuration to a plan, as the command does it: [`Session::open`], [`Session::plan`], and what is shown of the result.

mod as_regal;
mod configuration;
mod frozen;
mod limit;
mod planned;
mod remarks;
mod sources;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::assign::{self, Request, literal_hosts};
use crate::diagnostics::Diagnostics;
use crate::emit::ansible::PlanGroups;
use crate::error::{Code, Error, Location, Problem, Result};
use crate::frozen::is_frozen;
use crate::inventory::Inventory;
use crate::plan::{Assignments, Plan, plan};
use crate::policy::versions::{VersionFrom, VersionSource};
use crate::settings::{self, Input, OptionText, Place, Settings};
use crate::source::ansible_cfg::{self, AnsibleCfg, VarsFiles};
use crate::source::bytes::{Pipes, is_descriptor};
use crate::source::{self, Interrupt, Loaded, Options};
pub use crate::source::{Execution, Progress, Surroundings, Watcher};
use crate::text::Text;
pub use crate::text::{Arena, TextMap};
use crate::value::Value;
pub use configuration::{Configuration, NAME};
use frozen::Freeze;
pub use frozen::{done_hosts, read as read_frozen};
pub use planned::Planned;

/// Set for the programs that are run as sources: a source that is this program would call itself without end.
const GUARD: &str = "REGAL_INVENTORY_RUNNING";

/// What a session is opened with.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub struct Opening {
    /// Which configuration is read.
    pub configuration: Configuration,
    /// The environment and the working directory.
    pub surroundings: Surroundings,
    /// Values of keys that win over the configuration and the environment, in their order.
    pub options: Vec<GivenOption>,
    /// A frozen plan to use; the configuration is then the one that it names.
    pub frozen: Option<PathBuf>,
    /// The record of the frozen plan, if it is not the one beside it.
    pub record: Option<PathBuf>,
    /// Whether what differs from a frozen plan is asked for, so that today's is made even where drift is ignored.
    pub tells_drift: bool,
    /// Whether a frozen plan is only laid beside another plan: what differs is what is asked for and no error, and options that
    /// would make another plan are meant for the other one.
    pub compares: bool,
    /// What is asked for.
    pub asked: Asked,
    /// Hosts to plan nothing for, such as those of [`done_hosts`].
    pub except: Vec<String>,
    /// Files besides the configuration that a directory may hold and that are not inventories.
    pub own_files: Vec<PathBuf>,
    /// Whether no program is run; the variable `REGAL_NO_EXEC` says it too.
    pub no_exec: bool,
    /// Whether programs are run although the cache has what they printed.
    pub refresh_cache: bool,
    /// What several sessions of a process have in common.
    pub shared: Shared,
}

/// What of an inventory is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Anything.
    All,
    /// Where `groups_only` holds, nothing but hosts and groups, so that no variable has to be kept that decides nothing.
    List,
}

/// A value of a key, as an option of a command line gives it.
#[derive(Clone, Debug)]
pub struct GivenOption {
    /// The key or its alias: `batch_size`, `combine`, `canary.size`.
    pub key: String,
    /// The text: `50%`.
    pub text: String,
    /// The option as messages call it: `--batch-size`.
    pub option: String,
}

/// What several sessions of a process have in common.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// What pipes gave: each gives it once.
    pub pipes: Pipes,
    /// Signals that came while a program ran.
    pub interrupt: Interrupt,
    /// Who is told how far reading is.
    pub progress: Progress,
}

impl Shared {
    /// For sessions that empty no pipe, since whoever fills it means it for somebody else.
    pub fn without_pipes() -> Self {
        Shared { pipes: Pipes::refused(), ..Shared::default() }
    }
}

impl Opening {
    /// An opening without options.
    pub fn new(configuration: Configuration, surroundings: Surroundings) -> Self {
        Opening {
            configuration,
            surroundings,
            options: Vec::new(),
            frozen: None,
            record: None,
            tells_drift: false,
            compares: false,
            asked: Asked::All,
            except: Vec::new(),
            own_files: Vec::new(),
            no_exec: false,
            refresh_cache: false,
            shared: Shared::default(),
        }
    }
}

/// The settings of a run, and what its sources are read with.
pub struct Session<'a> {
    arena: &'a Arena,
    texts: &'a TextMap<'a>,
    settings: Settings,
    /// The configuration file, if one is used.
    configuration: Option<PathBuf>,
    /// Whether that file sets nothing.
    configuration_is_empty: bool,
    own_files: Vec<PathBuf>,
    ansible: Arc<AnsibleCfg>,
    /// Whether the sources are those of `ansible.cfg`.
    has_ansibles_sources: bool,
    surroundings: Arc<Surroundings>,
    options: Vec<GivenOption>,
    except: HashSet<String>,
    asked: Asked,
    freeze: Option<Freeze<'a>>,
    execution: Execution,
    refresh_cache: bool,
    shared: Shared,
}

/// What is shown: a plan, and the inventory that it stands on.
struct Basis<'a> {
    loaded: Loaded<'a>,
    assignments: Assignments<'a>,
    plan: Plan<'a>,
    /// Its id, where it is known.
    id: Option<String>,
}

impl<'a> Session<'a> {
    /// Reads the configuration, the `REGAL_*` variables and the options.
    ///
    /// # Errors
    /// Everything that is wrong with them; a configuration that was found and cannot be trusted; this program as a source of
    /// itself.
    pub fn open(arena: &'a Arena, texts: &'a TextMap<'a>, mut opening: Opening) -> Result<Self> {
        if let Some(path) = opening.frozen.take() {
            return Self::open_frozen(arena, texts, opening, &path);
        }
        let configuration = opening.configuration.path(&opening.surroundings)?;
        let file = match &configuration {
            Some(path) => Some(opening.configuration.read(arena, texts, path, &opening.shared.pipes)?),
            None => None,
        };
        // so that what calls us with a configuration, such as the inventory plugin, may be given a frozen plan
        if let Some(path) = configuration.as_ref().filter(|_| file.is_some_and(|file| is_frozen(file.text))) {
            opening.configuration = Configuration::None;
            return Self::open_frozen(arena, texts, opening, path);
        }
        Self::with_text(arena, texts, opening, configuration, file)
    }

    /// Opens a session with a configuration that is in no file yet, as if it stood in `path`.
    ///
    /// # Errors
    /// Those of [`Session::open`].
    #[doc(hidden)]
    pub fn open_unwritten(
        arena: &'a Arena,
        texts: &'a TextMap<'a>,
        opening: Opening,
        path: &Path,
        text: &str,
    ) -> Result<Self> {
        let file = texts.add(arena.alloc_str(&path.display().to_string()), arena.alloc_str(text))?;
        Self::with_text(arena, texts, opening, Some(path.to_path_buf()), Some(file))
    }

    /// Reads the sources without asking which versions the hosts are to run, and returns what they hold with the warnings about them.
    ///
    /// # Errors
    /// There is no source, or one cannot be read whole.
    #[doc(hidden)]
    pub fn read(&self) -> Result<(Inventory<'a>, Vec<Problem>)> {
        let mut found = Diagnostics::new();
        let loaded = self.load_sources(&mut found)?;
        Ok((loaded.inventory, found.finish()?))
    }

    /// The same without vars files, which name no host and no group: for whoever asks for names alone.
    ///
    /// # Errors
    /// Those of [`Session::read`].
    #[doc(hidden)]
    pub fn read_names(&self) -> Result<(Inventory<'a>, Vec<Problem>)> {
        let mut found = Diagnostics::new();
        let mut more = Diagnostics::new();
        let mut options = self.reading(&mut more)?;
        Arc::make_mut(&mut options.ansible).vars_files = VarsFiles::Never;
        let loaded = self.load_with(&options, &mut found)?;
        found.warn_all(more.finish()?);
        Ok((loaded.inventory, found.finish()?))
    }

    /// Returns the options with their values as a file would have them.
    ///
    /// # Errors
    /// An option that no file could have.
    #[doc(hidden)]
    pub fn options_as_values(&self) -> Result<Vec<(&'a str, Value<'a>)>> {
        let options: Vec<OptionText<'a>> = self.options.iter().map(|given| given.kept(self.arena)).collect();
        let place = Place { folder: PathBuf::new(), surroundings: Arc::clone(&self.surroundings) };
        settings::as_values(self.arena, self.texts, &place, &options)
    }

    /// Returns what `ansible.cfg` should say so that batches work under Ansible, and does not say yet: section, key and value.
    ///
    /// # Errors
    /// The file cannot be read.
    #[doc(hidden)]
    pub fn advised_of_ansible(&self) -> Result<Vec<ansible_cfg::Advice>> {
        ansible_cfg::missing(self.arena, self.texts, &self.ansible)
    }

    /// Opens a session whose configuration has been read.
    fn with_text(
        arena: &'a Arena,
        texts: &'a TextMap<'a>,
        opening: Opening,
        configuration: Option<PathBuf>,
        file: Option<Text<'a>>,
    ) -> Result<Self> {
        if opening.surroundings.variable(GUARD).is_some() {
            let problem = Problem::of(Code::OwnFile, "regal-inventory was started as a source of itself");
            return Err(problem
                .hint("take the script that runs it out of the sources; a frozen plan is named with --plan")
                .into());
        }
        let execution = Execution::of(opening.no_exec, &opening.surroundings)?;
        let environment = environment(arena, &opening.surroundings)?;
        let options: Vec<OptionText<'a>> = opening.options.iter().map(|given| given.kept(arena)).collect();
        let surroundings = Arc::new(opening.surroundings);
        let input = Input {
            file,
            environment: arena.alloc_slice_copy(&environment),
            options: arena.alloc_slice_copy(&options),
            place: Place { folder: folder(configuration.as_deref()), surroundings: Arc::clone(&surroundings) },
        };
        let mut settings = settings::read(arena, texts, &input)?;
        let ansible =
            if settings.no_ansible_cfg { AnsibleCfg::off() } else { ansible_cfg::read(arena, texts, &surroundings)? };
        settings.naming.ansible_cleans = ansible.cleans_groups;
        let mut session = Session {
            arena,
            texts,
            settings,
            configuration,
            configuration_is_empty: file.is_some_and(|file| is_empty(file.text)),
            own_files: opening.own_files,
            ansible: Arc::new(ansible),
            has_ansibles_sources: false,
            surroundings,
            options: opening.options,
            except: opening.except.into_iter().collect(),
            asked: opening.asked,
            freeze: None,
            execution,
            refresh_cache: opening.refresh_cache,
            shared: opening.shared,
        };
        session.take_ansibles_sources()?;
        Ok(session)
    }

    /// Reads the sources and plans.
    ///
    /// # Errors
    /// Every problem of the first step that has any.
    pub fn plan(&self) -> Result<Planned<'a>> {
        let mut found = Diagnostics::new();
        let Basis { loaded, assignments, plan, id } = match &self.freeze {
            Some(freeze) => self.frozen_basis(freeze, &mut found)?,
            None => self.today(&mut found)?,
        };
        let hidden = limit::hidden(&self.settings.limit, &loaded, &self.files(), &mut found)?;
        let plan = limit::shown(plan, &loaded.inventory, &hidden);
        let names = self.names(&plan)?;
        found.warn_all(names.warnings.iter().cloned());
        let cleans = self.settings.naming.ansible_cleans;
        let id = id.filter(|_| hidden.is_empty());
        let mut groups = PlanGroups::new(self.arena, &loaded.inventory, &plan, &names, id, cleans)?;
        if let Some(VersionSource::From(VersionFrom::Var(name), _)) = &self.settings.versions {
            groups.say_version_var(self.arena, name);
        }
        if let Some(freeze) = &self.freeze {
            freeze.say(self.arena, &loaded.inventory, &plan, &names, &mut groups)?;
        }
        found.warn_all(skipped(&loaded.skipped, &loaded.vaults));
        let Loaded { inventory, vaults, master, .. } = loaded;
        Ok(Planned {
            plan,
            names,
            warnings: found.finish()?,
            inventory,
            assignments,
            id: groups.id(),
            groups,
            hidden,
            vaults,
            master,
            texts: self.texts,
            groups_only: self.settings.groups_only,
            configuration: self.shown_configuration(),
            environment: self.settings.environment.clone(),
            sources: self.source_names(),
        })
    }

    /// Plans with the sources as they are today.
    fn today(&self, found: &mut Diagnostics) -> Result<Basis<'a>> {
        let Some(versions) = &self.settings.versions else { return Err(self.no_versions()) };
        let loaded = self.load(versions, found)?;
        let assignments = self.assign(&loaded, versions, found)?;
        let plan = plan(&assignments, &self.settings.policy)?;
        found.warn_all(plan.warnings.iter().cloned());
        Ok(Basis { loaded, assignments, plan, id: None })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether programs may be run.
    pub fn execution(&self) -> Execution {
        self.execution
    }

    /// Shows all hosts, whatever the limit.
    pub fn forget_limit(&mut self) {
        self.settings.limit.clear();
    }

    /// The configuration file, if one is used.
    pub fn configuration(&self) -> Option<&Path> {
        self.configuration.as_deref()
    }

    /// Where what is read lives.
    #[doc(hidden)]
    pub fn texts(&self) -> (&'a Arena, &'a TextMap<'a>) {
        (self.arena, self.texts)
    }

    /// The configuration as reports name it; of a frozen plan, its file.
    fn shown_configuration(&self) -> Option<String> {
        let frozen = self.frozen().map(|frozen| &frozen.path);
        frozen.or(self.configuration.as_ref()).map(|path| path.display().to_string())
    }

    /// The sources as messages and reports name them.
    fn source_names(&self) -> Vec<String> {
        self.settings.inventory.iter().map(ToString::to_string).collect()
    }

    fn load(&self, versions: &VersionSource, found: &mut Diagnostics) -> Result<Loaded<'a>> {
        match versions {
            VersionSource::Explicit(versions) if self.settings.inventory.is_empty() => {
                Ok(Loaded::of(literal_hosts::inventory(self.arena, versions)?))
            }
            _ => self.load_sources(found),
        }
    }

    fn load_sources(&self, found: &mut Diagnostics) -> Result<Loaded<'a>> {
        let mut more = Diagnostics::new();
        let options = self.reading(&mut more)?;
        let loaded = self.load_with(&options, found)?;
        found.warn_all(more.finish()?);
        Ok(loaded)
    }

    fn load_with(&self, options: &Options, found: &mut Diagnostics) -> Result<Loaded<'a>> {
        if self.settings.inventory.is_empty() {
            let problem = Problem::of(Code::InvalidConfiguration, "there is no inventory to read versions from");
            return Err(problem
                .hint("name one with -i, under `inventory:` in regal.yml, or as `inventory` in ansible.cfg")
                .into());
        }
        let mut loaded = source::load(self.arena, self.texts, &self.settings.inventory, options)?;
        if self.shared.interrupt.signal().is_some() {
            let problem = Problem::of(Code::ProgramFailed, "stopped by a signal while a program ran");
            return Err(problem.hint("run the command again; nothing was planned").into());
        }
        found.warn_all(self.ansible.warnings.iter().cloned());
        found.warn_all(std::mem::take(&mut loaded.warnings));
        Ok(loaded)
    }

    fn assign(
        &self,
        loaded: &Loaded<'a>,
        versions: &VersionSource,
        found: &mut Diagnostics,
    ) -> Result<Assignments<'a>> {
        let master = loaded.master.as_ref();
        let request = Request { versions, policy: &self.settings.policy, master, except: &self.except };
        assign::assign(self.arena, &loaded.inventory, self.texts, request, found)
    }

    fn no_versions(&self) -> Error {
        let what = match &self.configuration {
            Some(_) if self.configuration_is_empty => {
                "the configuration is empty: nothing says which version a host should run"
            }
            _ => "nothing says which version a host should run",
        };
        let problem = match &self.configuration {
            Some(path) => Problem::of(Code::NoVersions, what).at(Location::whole(path.display().to_string())),
            None => {
                let here = configuration::working_directory(&self.surroundings);
                let here = here.map_or_else(|_| "the working directory".to_string(), |here| here.display().to_string());
                Problem::of(Code::NoVersions, format!("{what}, and there is no {NAME} in {here} or a folder above it"))
            }
        };
        let loaded = self.reading(&mut Diagnostics::new());
        let loaded =
            loaded.and_then(|options| source::load(self.arena, self.texts, &self.settings.inventory, &options));
        let candidates = loaded.map(|loaded| assign::candidates(&loaded.inventory, self.texts)).unwrap_or_default();
        let hint =
            "set `version_from: {var: app_version}` or `versions:` in regal.yml, or use --version-from var:app_version";
        problem
            .hint(if candidates.starts_with("variables") { format!("{hint}; {candidates}") } else { hint.to_string() })
            .into()
    }
}

impl GivenOption {
    fn kept<'a>(&self, arena: &'a Arena) -> OptionText<'a> {
        OptionText {
            key: arena.alloc_str(&self.key),
            text: arena.alloc_str(&self.text),
            option: arena.alloc_str(&self.option),
        }
    }
}

/// What paths in a configuration are relative to: its folder, or the working directory where it came through a descriptor
/// such as `/dev/stdin`, which has none.
fn folder(configuration: Option<&Path>) -> PathBuf {
    let file = configuration.filter(|path| !is_descriptor(path));
    file.and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default()
}

fn skipped<'s>(own: &'s [String], vaults: &'s [String]) -> impl Iterator<Item = Problem> + 's {
    let own =
        own.iter().map(|path| (Code::OwnFile, path, "belongs to regal-inventory and is not read as an inventory"));
    let vaults = vaults.iter().map(|path| (Code::Vault, path, "is encrypted as a whole and was not read"));
    let warning = |(code, path, what): (_, &String, _)| Problem::of(code, what).at(Location::whole(path.clone()));
    own.chain(vaults).map(warning)
}

/// The `REGAL_*` variables, by their names.
fn environment<'a>(arena: &'a Arena, surroundings: &Surroundings) -> Result<Vec<(&'a str, &'a str)>> {
    let mut variables = Vec::new();
    for (name, value) in &surroundings.variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with("REGAL_")) else { continue };
        let Some(value) = value.to_str() else {
            let problem = Problem::of(Code::Encoding, format!("the variable {name} is not valid UTF-8"));
            return Err(problem.hint(format!("set it to text in UTF-8, or unset it: unset {name}")).into());
        };
        variables.push((&*arena.alloc_str(name), &*arena.alloc_str(value)));
    }
    Ok(variables)
}

/// Whether a configuration has comments only.
fn is_empty(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#') || line == "---")
}
