//! A session of a frozen plan: its batches are those of the file, and what it was made from is read again to see what has
//! changed since.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Basis, Configuration, GivenOption, Opening, Planned, Session};
use indexmap::IndexMap;

use crate::diagnostics::Diagnostics;
use crate::emit::ansible::PlanGroups;
use crate::error::{Code, Location, Problem, Result, io_message};
use crate::frozen::drift::{Drift, Today};
use crate::frozen::{self, Frozen, MadeFrom, Saved};
use crate::inventory::{Inventory, UNGROUPED};
use crate::plan::names::{BEGUN, DONE, GroupNames, LOST, RolloutNames, WAITING};
use crate::plan::{Assignments, Plan, Rollout, Stage};
use crate::policy::Policy;
use crate::policy::drift::{Mode, Removed};
use crate::record::{self, Batch, Progress, State};
use crate::settings::keys::{self, Id};
use crate::source::bytes::{Pipes, is_descriptor};
use crate::source::{Limits, Loaded, Source, Surroundings};
use crate::text::{Arena, Pos, Text, TextMap};

/// The frozen plan of a session.
pub(super) struct Freeze<'a> {
    pub frozen: Frozen<'a>,
    /// The policy that it was made by.
    policy: Policy,
    /// Its file, from the root.
    file: PathBuf,
    /// What became of it so far; nothing where it has no record.
    state: Option<State>,
    /// Variables of today that would make another plan, and so have no effect.
    ignored: Vec<String>,
}

impl<'a> Freeze<'a> {
    /// Hosts that are done in all their versions.
    fn done(&self) -> HashSet<String> {
        let Some(state) = &self.state else { return HashSet::new() };
        let standing = standings(state, &self.frozen.plan, &self.frozen.names);
        standing
            .into_iter()
            .filter(|(_, standing)| *standing == Standing::Done)
            .map(|(host, _)| host.to_string())
            .collect()
    }

    /// Says in the groups of a plan that it is frozen, and how far its rollout is.
    pub fn say(
        &self,
        arena: &'a Arena,
        inventory: &Inventory<'a>,
        plan: &Plan<'a>,
        names: &GroupNames,
        groups: &mut PlanGroups<'a>,
    ) -> Result<()> {
        groups.say_frozen(arena, &self.file.display().to_string(), &self.frozen.id);
        let Some(state) = &self.state else { return Ok(()) };
        let standings = standings(state, plan, names);
        let of = |wanted: Standing| -> Vec<&'a str> {
            standings.iter().filter(|(_, standing)| **standing == wanted).map(|(host, _)| *host).collect()
        };
        let (done, begun) = ((DONE, of(Standing::Done)), (BEGUN, of(Standing::Begun)));
        groups.add(inventory, vec![done, begun, (LOST, of(Standing::Lost)), (WAITING, of(Standing::Waiting))])
    }
}

/// How far a rollout is with a host. Of several versions the one counts that comes last here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Done,
    Waiting,
    Begun,
    Lost,
}

/// Where each host of a plan stands, in the order of the plan.
fn standings<'a>(state: &State, plan: &Plan<'a>, names: &GroupNames) -> IndexMap<&'a str, Standing> {
    let mut standings: IndexMap<&str, Standing> = IndexMap::new();
    for (rollout, names) in plan.rollouts.iter().zip(&names.rollouts) {
        for (batch, group) in rollout.batches.iter().zip(&names.batches) {
            for host in &batch.hosts {
                let standing = standing(state.forward(group), host);
                let known = standings.entry(host).or_insert(standing);
                *known = (*known).max(standing);
            }
        }
    }
    standings
}

/// Where a host of a batch stands. It is done only where the record says so of itself.
fn standing(batch: Option<&Batch>, host: &str) -> Standing {
    let Some(batch) = batch else { return Standing::Waiting };
    match &batch.progress {
        _ if batch.done.contains(host) => Standing::Done,
        _ if batch.lost.contains_key(host) => Standing::Lost,
        Progress::Lost { whole: Some(_), .. } => Standing::Lost,
        Progress::Begun { .. } | Progress::Done { .. } | Progress::Lost { .. } => Standing::Begun,
    }
}

impl<'a> Session<'a> {
    /// Reads a frozen plan and, unless drift is ignored, the configuration that it was made by.
    pub(super) fn open_frozen(arena: &'a Arena, texts: &'a TextMap<'a>, opening: Opening, path: &Path) -> Result<Self> {
        let frozen = read(arena, texts, &opening.surroundings.folder.join(path), &opening.shared.pipes)?;
        let file = super::configuration::working_directory(&opening.surroundings)?.join(&frozen.path);
        // a link has neither the record nor the sources beside it
        let file = file.canonicalize().unwrap_or(file);
        let record = opening.record.as_ref().map(|path| opening.surroundings.folder.join(path));
        let state = state(&frozen, &record.unwrap_or_else(|| record::beside(&file)))?;
        refuse_others(&opening, &frozen)?;
        let keeps_variables = gives(&opening, Id::GroupsOnly);
        let ignored = ignored(&opening.surroundings, &frozen);
        let (tells_drift, opening) = (opening.tells_drift, as_then(opening, &frozen, &file)?);
        let configuration = match &opening.configuration {
            Configuration::File { path, .. } => Some(path.clone()),
            Configuration::Nearest | Configuration::None => None,
        };
        let then = frozen_text(arena, texts, &frozen)?;
        let mut session = Session::with_text(arena, texts, opening.clone(), configuration, then)?;
        let policy = session.settings.policy.clone();
        if session.settings.drift.mode == Mode::Check || tells_drift {
            session = Session::open(arena, texts, opening)?;
        }
        session.settings.groups_only |= !keeps_variables;
        session.freeze = Some(Freeze { frozen, policy, file, state, ignored });
        Ok(session)
    }

    /// Returns the frozen plan, if the session was opened with one.
    pub fn frozen(&self) -> Option<&Frozen<'a>> {
        self.freeze.as_ref().map(|freeze| &freeze.frozen)
    }

    /// Returns what differs between the frozen plan and that of today's inventory, whatever `drift` says; nothing without a
    /// frozen plan.
    ///
    /// # Errors
    /// Those of [`Session::plan`], but for drift.
    pub fn drift(&self) -> Result<Drift<'a>> {
        let Some(freeze) = &self.freeze else { return Ok(Drift::default()) };
        let today = self.today(&mut Diagnostics::new())?;
        Ok(self.compare(freeze, &today))
    }

    fn compare(&self, freeze: &Freeze<'a>, today: &Basis<'a>) -> Drift<'a> {
        let inventory = &today.loaded.inventory;
        let side = Today {
            plan: &today.plan,
            policy: &self.settings.policy,
            has_host: &|host| inventory.find_host(host).is_some(),
        };
        Drift::between(&freeze.frozen, &freeze.policy, &side, &freeze.done())
    }

    /// What a frozen plan is shown with: today's inventory, or just its hosts where nobody wants more of them.
    pub(super) fn frozen_basis(&self, freeze: &Freeze<'a>, found: &mut Diagnostics) -> Result<Basis<'a>> {
        let mut plan = freeze.frozen.plan.clone();
        let file = freeze.frozen.path.display().to_string();
        found.warn_all(freeze.ignored.iter().map(|name| {
            let message = format!("{name} has no effect: the batches of a frozen plan are fixed");
            let problem = Problem::of(Code::Ignored, message).as_warning().at(Location::whole(file.clone()));
            problem.hint(format!("unset it (unset {name}), or leave --plan and REGAL_PLAN out"))
        }));
        let rules = &self.settings.drift;
        if rules.mode == Mode::Ignore && self.settings.groups_only {
            let loaded = Loaded::of(inventory_of(&plan)?);
            return Ok(Basis { loaded, assignments: Assignments::default(), plan });
        }
        let today = self.today(found)?;
        let drift = self.compare(freeze, &today);
        found.warn_all(drift.check(rules, &file)?);
        if rules.mode == Mode::Check && rules.removed == Removed::Drop && !drift.removed.is_empty() {
            let removed: HashSet<&str> = drift.removed.iter().copied().collect();
            plan.rollouts.iter_mut().for_each(|rollout| rollout.retain(|host| !removed.contains(host)));
            refuse_without_canary(&plan, freeze)?;
        }
        Ok(Basis { plan, ..today })
    }

    /// Returns the plan as a file that holds it still; `place` is where it will stand.
    ///
    /// # Errors
    /// A limit, since the batches would lack hosts; a configuration that has no name or cannot be read again.
    pub fn freeze(&self, planned: &Planned<'a>, place: &Path, saved: Option<Saved>) -> Result<Frozen<'a>> {
        if let Some(freeze) = &self.freeze {
            let message = format!("the plan of {} is saved already", freeze.frozen.path.display());
            let problem = Problem::of(Code::Contradiction, message);
            return Err(problem
                .hint("leave --plan out, and unset REGAL_PLAN, to save the plan of today's inventory")
                .into());
        }
        if let Some(first) = self.settings.limit.first() {
            let problem =
                Problem::of(Code::InvalidOption, "a plan with a limit cannot be saved: its batches lack hosts");
            return Err(problem
                .at(first.at.clone())
                .hint("leave the limit out; --only VERSION saves single versions")
                .into());
        }
        let made_from = self.made_from(place)?;
        Ok(Frozen::new(place, planned.plan.clone(), planned.names.clone(), made_from, saved))
    }

    fn made_from(&self, place: &Path) -> Result<MadeFrom> {
        let here = super::configuration::working_directory(&self.surroundings)?;
        let folder = here.join(place);
        let folder = folder.parent().unwrap_or(Path::new("/"));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let configuration = match &self.configuration {
            Some(path) if path == Path::new("/dev/null") => None,
            Some(path) if is_descriptor(path) => {
                let message =
                    "a plan cannot be saved whose configuration comes through a pipe: it could not be read again";
                return Err(Problem::of(Code::InvalidConfiguration, message)
                    .hint("give it in a file: --config FILE")
                    .into());
            }
            Some(path) => Some(frozen::Configuration {
                path: path.display().to_string(),
                lines: self.texts.text_of(&path.display().to_string()).split('\n').map(str::to_string).collect(),
            }),
            None => None,
        };
        self.refuse_pipes()?;
        let option = |given: &GivenOption| frozen::GivenOption {
            key: given.key.clone(),
            option: given.option.clone(),
            value: given.text.clone(),
        };
        let variable = |(name, value): &(String, String)| frozen::Variable { name: name.clone(), value: value.clone() };
        let is_kept = |name: &str| keys::by_name(name).is_none_or(|key| !is_of_one_call(key.id));
        let is_set = |variable: &str| {
            let names = keys::KEYS.iter().flat_map(|key| key.names().map(move |name| (key.id, name)));
            names.filter(|(id, _)| is_of_one_call(*id)).all(|(_, name)| keys::variable(name) != variable)
        };
        Ok(MadeFrom {
            folder: relative(&folder, &here).display().to_string(),
            configuration,
            environment: self.settings.environment.iter().filter(|(name, _)| is_set(name)).map(variable).collect(),
            options: self.options.iter().filter(|given| is_kept(&given.key)).map(option).collect(),
            sources: self.settings.inventory.iter().map(|source| self.source(source)).collect(),
            except: {
                let mut except: Vec<String> = self.except.iter().cloned().collect();
                except.sort_unstable();
                except
            },
        })
    }

    /// Refuses sources that nobody can read again.
    fn refuse_pipes(&self) -> Result<()> {
        for source in &self.settings.inventory {
            let Source::Path(named) = source else { continue };
            if is_descriptor(&named.path) && named.path != Path::new("/dev/null") {
                let message = format!(
                    "a plan cannot be saved whose source {} is a pipe: it could not be read again",
                    named.path.display()
                );
                let problem = Problem::of(Code::InvalidOption, message);
                return Err(problem.hint("save what the pipe gives in a file, and name that").into());
            }
        }
        Ok(())
    }

    /// A source with the digest of what was read of it.
    fn source(&self, source: &Source) -> frozen::Source {
        let name = source.to_string();
        let sha256 = self.texts.digest_of(&name);
        frozen::Source { name, sha256 }
    }

    /// The names of the groups: those of the file for a frozen plan, whatever today's settings say.
    pub(super) fn names(&self, plan: &Plan<'a>) -> Result<GroupNames> {
        let Some(freeze) = &self.freeze else { return self.settings.naming.name(plan) };
        let mut names = GroupNames::default();
        for rollout in &plan.rollouts {
            let mut then = freeze.frozen.plan.rollouts.iter().zip(&freeze.frozen.names.rollouts);
            let group = then.find(|(then, _)| then.version == rollout.version).map(|(_, names)| names.version.clone());
            names.rollouts.push(RolloutNames::new(rollout, group.unwrap_or_default()));
        }
        let mut found = Diagnostics::new();
        self.settings.naming.find_clashes(plan, &names, &mut found);
        names.warnings = found.finish()?;
        Ok(names)
    }
}

/// Reads a frozen plan that only its owner, or a group of users, can have changed.
///
/// # Errors
/// Those of [`Frozen::read`]; it cannot be read; everybody may write it.
pub fn read<'a>(arena: &'a Arena, texts: &TextMap<'a>, path: &Path, pipes: &Pipes) -> Result<Frozen<'a>> {
    let whole = |problem: Problem| problem.at(Location::whole(path.display().to_string()));
    let bytes = pipes.read(path, &Limits::default()).map_err(|unread| {
        let problem = Problem::of(Code::Unreadable, format!("the frozen plan cannot be read: {}", unread.why));
        whole(problem).hint(unread.hint_or("check the path given by --plan or REGAL_PLAN"))
    })?;
    let metadata = path.metadata().map_err(|error| whole(Problem::of(Code::Unreadable, io_message(&error))))?;
    if let Some(why) = super::configuration::doubt(path).filter(|_| metadata.is_file()) {
        let problem = Problem::of(Code::InvalidPlan, format!("the frozen plan is not used: {why}"));
        return Err(whole(problem)
            .hint("look at it, then copy it to a folder of yours, or remove that right: chmod o-w FILE")
            .into());
    }
    Frozen::read(arena, texts, path, bytes)
}

/// Returns the hosts that the rollout of a frozen plan is done with, by the record beside it.
///
/// # Errors
/// The plan or its record cannot be read; there is no record.
pub fn done_hosts(path: &Path, pipes: &Pipes) -> Result<Vec<String>> {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let frozen = read(&arena, &texts, path, pipes)?;
    let record = record::beside(&path.canonicalize().unwrap_or_else(|_| path.to_path_buf()));
    let Some(state) = state(&frozen, &record)? else {
        let problem = Problem::of(Code::Unreadable, "there is no record of this plan, so nothing of it is done");
        let at = Location::whole(record.display().to_string());
        return Err(problem.at(at).hint("leave --except-done out, or put the record beside the plan").into());
    };
    let freeze =
        Freeze { frozen, policy: Policy::default(), file: path.to_path_buf(), state: Some(state), ignored: Vec::new() };
    let done = freeze.done();
    Ok(freeze
        .frozen
        .plan
        .rollouts
        .iter()
        .flat_map(|rollout| &rollout.batches)
        .flat_map(|batch| &batch.hosts)
        .filter(|host| done.contains(**host))
        .map(|host| host.to_string())
        .collect())
}

/// Refuses a plan of which a version has lost its canary: nothing would be watched before the rest.
fn refuse_without_canary(plan: &Plan<'_>, freeze: &Freeze<'_>) -> Result<()> {
    let without = |rollout: &&Rollout<'_>| rollout.batches.first().is_none_or(|batch| batch.stage != Stage::A);
    let Some(rollout) = plan.rollouts.iter().find(without) else { return Ok(()) };
    let what = if rollout.batches.is_empty() { "no host" } else { "no canary" };
    let message = format!("version {} has {what} left: the inventory no longer has them", rollout.shown());
    let file = freeze.frozen.path.display().to_string();
    let hint = "check that this is the inventory that the plan was made of; if it is, make another plan";
    Err(Problem::of(Code::Drift, message).at(Location::whole(file)).hint(hint).into())
}

/// What the record of a frozen plan says; nothing where there is none.
///
/// # Errors
/// It cannot be read; it is the record of another plan.
fn state(frozen: &Frozen<'_>, path: &Path) -> Result<Option<State>> {
    let log = record::read(path)?;
    let Some(first) = log.lines.first() else { return Ok(None) };
    if first.plan != frozen.id {
        let message =
            format!("this is the record of plan {}, and {} is plan {}", first.plan, frozen.path.display(), frozen.id);
        let problem = Problem::of(Code::InvalidRecord, message).at(Location::whole(path.display().to_string()));
        return Err(problem.hint("name the record of the plan with --record FILE, or move this one away").into());
    }
    Ok(Some(record::fold(&log)))
}

/// Refuses options that would make another plan.
fn refuse_others(opening: &Opening, frozen: &Frozen<'_>) -> Result<()> {
    for given in &opening.options {
        let id = keys::by_name(&given.key).map(|key| key.id);
        if id.is_some_and(|id| !is_of_today(id)) {
            let message = format!("the batches of a frozen plan are fixed: {} cannot change them", given.option);
            let hint = format!("leave {} out, or make another plan with plan --save FILE", given.option);
            let at = Location::whole(frozen.path.display().to_string());
            return Err(Problem::of(Code::InvalidOption, message).at(at).hint(hint).into());
        }
    }
    Ok(())
}

/// Whether a key may be set when a frozen plan is used: it says what is shown and how sources are read.
fn is_of_today(id: Id) -> bool {
    matches!(
        id,
        Id::Limit
            | Id::GroupsOnly
            | Id::AnsibleInventory
            | Id::Cache
            | Id::CacheTtl
            | Id::MaxRangeHosts
            | Id::MaxYamlValues
            | Id::MaxSourceBytes
            | Id::SourceTimeout
            | Id::VaultPasswordFile
            | Id::VaultIds
            | Id::Vault
            | Id::Drift
            | Id::DriftMode
            | Id::DriftRemoved
            | Id::DriftAdded
            | Id::DriftChanged
    )
}

/// Whether an option or a variable of today sets a key.
fn gives(opening: &Opening, id: Id) -> bool {
    let named = |name: &str| keys::by_name(name).is_some_and(|key| key.id == id);
    let variable = keys::by_id(id).and_then(|key| opening.surroundings.text(&keys::variable(key.name)));
    variable.is_some() || opening.options.iter().any(|given| named(&given.key))
}

/// The same opening with the configuration, the variables and the options that the plan was made by; what today's say of how
/// to read and what to show stays and wins.
fn as_then(mut opening: Opening, frozen: &Frozen<'_>, file: &Path) -> Result<Opening> {
    let here = super::configuration::working_directory(&opening.surroundings)?;
    let beside = file.parent().unwrap_or(Path::new("/")).join(&frozen.made_from.folder);
    let then = beside.canonicalize().map_err(|error| {
        let message = format!(
            "the folder that the plan was made in cannot be read: {}: {}",
            beside.display(),
            io_message(&error)
        );
        Problem::of(Code::Unreadable, message).hint("put the file back where it was saved, or use --drift ignore")
    });
    // without the folder nothing can be read of it; where nothing is to be read, that is no matter
    let then = if ignores_drift(&opening) { then.unwrap_or(beside) } else { then? };
    refuse_another_configuration(&opening, frozen, &here, &then)?;
    if then != here {
        opening.options.iter_mut().for_each(|given| make_absolute(given, &here));
        opening.surroundings.folder = then;
    }
    opening.own_files.push(frozen.path.clone());
    opening.configuration = match &frozen.made_from.configuration {
        Some(configuration) => Configuration::File {
            path: PathBuf::from(&configuration.path),
            named_by: "the frozen plan, or use --drift ignore",
        },
        None => Configuration::None,
    };
    opening.surroundings.variables = variables(&opening.surroundings, frozen);
    opening.except = frozen.made_from.except.clone();
    let today = std::mem::take(&mut opening.options);
    let then = frozen.made_from.options.iter().filter(|then| !today.iter().any(|given| given.key == then.key));
    opening.options = then.map(option).collect();
    opening.options.extend(today);
    Ok(opening)
}

/// Refuses a configuration that is named besides and is not that of the plan.
fn refuse_another_configuration(opening: &Opening, frozen: &Frozen<'_>, here: &Path, then: &Path) -> Result<()> {
    let Configuration::File { path, named_by } = &opening.configuration else { return Ok(()) };
    let made_by = frozen.made_from.configuration.as_ref().map(|configuration| then.join(&configuration.path));
    let named = here.join(path);
    let is_same = made_by
        .as_ref()
        .is_some_and(|made_by| *made_by == named || made_by.canonicalize().ok() == named.canonicalize().ok());
    if is_same {
        return Ok(());
    }
    let made_by = made_by.map_or("no configuration".to_string(), |path| path.display().to_string());
    let message =
        format!("the frozen plan was made by {made_by} and not by {}, which {named_by} names", path.display());
    let at = Location::whole(frozen.path.display().to_string());
    let hint = "leave --plan and REGAL_PLAN out to plan by that configuration, or name only the frozen plan";
    Err(Problem::of(Code::Contradiction, message).at(at).hint(hint).into())
}

/// Whether an option or a variable of today says that nothing is compared.
fn ignores_drift(opening: &Opening) -> bool {
    let says = |text: &str| text.trim() == Mode::Ignore.as_str();
    let by_option =
        opening.options.iter().any(|given| matches!(given.key.as_str(), "drift" | "drift.mode") && says(&given.text));
    by_option
        || ["drift", "drift.mode"].iter().any(|name| opening.surroundings.text(&keys::variable(name)).is_some_and(says))
}

/// Whether a key says how one call shows or checks a plan, so that it has no place in a saved one.
fn is_of_one_call(id: Id) -> bool {
    matches!(
        id,
        Id::GroupsOnly | Id::Limit | Id::Drift | Id::DriftMode | Id::DriftRemoved | Id::DriftAdded | Id::DriftChanged
    )
}

fn option(then: &frozen::GivenOption) -> GivenOption {
    GivenOption { key: then.key.clone(), text: then.value.clone(), option: then.option.clone() }
}

/// Whether a variable counts when a frozen plan is used: it says how to read or what to show, or is no setting.
fn counts_today(variable: &str) -> bool {
    let names = keys::KEYS.iter().filter(|key| is_of_today(key.id)).flat_map(|key| key.names());
    keys::is_reserved(variable) || names.map(keys::variable).any(|name| name == variable)
}

/// The `REGAL_*` variables of today that do not count, but for those that say what they said then.
fn ignored(surroundings: &Surroundings, frozen: &Frozen<'_>) -> Vec<String> {
    let as_then = |name: &str, value: &OsString| {
        let mut then = frozen.made_from.environment.iter();
        then.any(|then| then.name == name && OsString::from(&then.value) == *value)
    };
    let ours = surroundings.variables.iter().filter_map(|(name, value)| Some((name.to_str()?, value)));
    let ours = ours.filter(|(name, value)| name.starts_with("REGAL_") && !value.is_empty() && !counts_today(name));
    ours.filter(|(name, value)| !as_then(name, value)).map(|(name, _)| name.to_string()).collect()
}

/// The environment with the `REGAL_*` variables of then; those of today that say how to read stay.
fn variables(surroundings: &Surroundings, frozen: &Frozen<'_>) -> BTreeMap<OsString, OsString> {
    let stays = |name: &OsString| name.to_str().is_none_or(|name| !name.starts_with("REGAL_") || counts_today(name));
    let mut variables: BTreeMap<OsString, OsString> = surroundings
        .variables
        .iter()
        .filter(|(name, _)| stays(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for then in &frozen.made_from.environment {
        variables.entry(OsString::from(&then.name)).or_insert_with(|| OsString::from(&then.value));
    }
    variables
}

/// An option of today that names a file means one below today's working directory.
fn make_absolute(given: &mut GivenOption, here: &Path) {
    let absolute = |path: &str| {
        if path.starts_with(['/', '~', '$']) { path.to_string() } else { here.join(path).display().to_string() }
    };
    match keys::by_name(&given.key).map(|key| key.id) {
        Some(Id::VaultPasswordFile) => given.text = absolute(&given.text),
        Some(Id::VaultIds) => {
            if let Some((id, file)) = given.text.split_once('@') {
                given.text = format!("{id}@{}", absolute(file));
            }
        }
        Some(Id::Limit) => {
            if let Some(file) = given.text.strip_prefix('@') {
                given.text = format!("@{}", absolute(file));
            }
        }
        _ => {}
    }
}

/// The text of the configuration as it was when the plan was saved.
fn frozen_text<'a>(arena: &'a Arena, texts: &TextMap<'a>, frozen: &Frozen<'a>) -> Result<Option<Text<'a>>> {
    let Some(configuration) = &frozen.made_from.configuration else { return Ok(None) };
    let name = format!("{} as saved in {}", configuration.path, frozen.path.display());
    Ok(Some(texts.add(arena.alloc_str(&name), arena.alloc_str(&configuration.text()))?))
}

/// An inventory of the hosts of a plan.
fn inventory_of<'a>(plan: &Plan<'a>) -> Result<Inventory<'a>> {
    let mut inventory = Inventory::new();
    let hosts = plan.rollouts.iter().flat_map(|rollout| &rollout.batches).flat_map(|batch| &batch.hosts);
    for host in hosts {
        inventory.add_host(host, Some(UNGROUPED), None, Pos::default())?;
    }
    inventory.reconcile()?;
    Ok(inventory)
}

/// The way from one folder to another, both absolute: `..`, `../conf`, `.`.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let same = from.components().zip(to.components()).take_while(|(from, to)| from == to).count();
    let up = from.components().skip(same).map(|_| "..");
    let way: PathBuf =
        up.map(PathBuf::from).chain(to.components().skip(same).map(|part| PathBuf::from(part.as_os_str()))).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_from_another() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(way("/srv/shop/rollouts", "/srv/shop"), "..");
        assert_eq!(way("/srv/shop", "/srv/shop"), ".");
        assert_eq!(way("/srv/shop", "/srv/shop/conf"), "conf");
        assert_eq!(way("/tmp/x", "/srv/shop"), "../../srv/shop");
    }
}
