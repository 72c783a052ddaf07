//! The names that an inventory or a frozen plan has for a value, read as the command line so far says.
//!
//! Nothing is run for them, and no pipe is emptied: a source that would need it has no names here.

use std::path::PathBuf;

use clap::ArgMatches;
use regal_inventory::error::{Problem, Result};
use regal_inventory::inventory::Inventory;
use regal_inventory::plan::Plan;
use regal_inventory::plan::names::GroupNames;
use regal_inventory::session::{self, GivenOption, Opening, Session, Shared};
use regal_inventory::suggest;
use regal_inventory::text::{Arena, TextMap};

use super::super::arguments;
use super::super::invocation;
use super::kinds::Kind;

/// What the command line so far says about what is read.
pub struct Given {
    settings: Vec<GivenOption>,
    configuration: Option<PathBuf>,
    plan: Option<PathBuf>,
}

impl Given {
    /// Reads the words between the program and the cursor; options that lack a value count for nothing.
    pub fn read(words: Vec<String>) -> Option<Self> {
        let program = std::iter::once("regal-inventory".to_string());
        let matches = arguments::unfinished(program.chain(words))?;
        let settings = arguments::given_settings(&matches);
        let (configuration, plan) = (path(&matches, "config"), path(&matches, "plan"));
        Some(Given { settings, configuration, plan })
    }

    /// The frozen plan, by option or variable.
    fn frozen(&self) -> Option<PathBuf> {
        invocation::frozen_of(self.plan.clone())
    }

    /// A session that runs nothing and reads no pipe.
    fn opening(&self) -> Opening {
        let mut opening =
            Opening::new(invocation::configuration_of(self.configuration.clone()), invocation::surroundings());
        opening.options.clone_from(&self.settings);
        opening.no_exec = true;
        opening.shared = Shared::without_pipes();
        opening
    }
}

/// The value of an option, which the innermost command has where it is given twice.
fn path(matches: &ArgMatches, id: &str) -> Option<PathBuf> {
    let behind = matches.subcommand().and_then(|(_, behind)| path(behind, id));
    behind.or_else(|| matches.try_get_one::<PathBuf>(id).ok().flatten().cloned())
}

/// Returns the names of a kind; none where what is read has a mistake, which is no matter of a completion.
pub fn names(kind: &Kind, given: &Given) -> Vec<String> {
    let (arena, texts) = (Arena::new(), TextMap::new());
    match kind {
        Kind::Host | Kind::Pattern => {
            with_inventory(given, &arena, &texts, Session::read_names, |names| of_inventory(kind, names, &texts))
        }
        Kind::Labels | Kind::Variable | Kind::VersionFrom => {
            with_inventory(given, &arena, &texts, Session::read, |whole| of_inventory(kind, whole, &texts))
        }
        _ => with_plan(given, &arena, &texts, |plan, names| of_plan(kind, plan, names)),
    }
}

fn with_inventory<'a>(
    given: &Given,
    arena: &'a Arena,
    texts: &'a TextMap<'a>,
    read: impl Fn(&Session<'a>) -> Result<(Inventory<'a>, Vec<Problem>)>,
    names: impl Fn(&Inventory<'_>) -> Vec<String>,
) -> Vec<String> {
    let Ok(session) = Session::open(arena, texts, given.opening()) else { return Vec::new() };
    if let Ok((inventory, _)) = read(&session) {
        return names(&inventory);
    }
    // versions may name their hosts themselves
    session.plan().map(|planned| names(&planned.inventory)).unwrap_or_default()
}

fn with_plan<'a>(
    given: &Given,
    arena: &'a Arena,
    texts: &'a TextMap<'a>,
    names: impl Fn(&Plan<'_>, &GroupNames) -> Vec<String>,
) -> Vec<String> {
    if let Some(path) = given.frozen() {
        let frozen = session::read_frozen(arena, texts, &path, &given.opening().shared.pipes);
        return frozen.map(|frozen| names(&frozen.plan, &frozen.names)).unwrap_or_default();
    }
    let planned = Session::open(arena, texts, given.opening()).and_then(|session| session.plan());
    planned.map(|planned| names(&planned.plan, &planned.names)).unwrap_or_default()
}

fn of_inventory(kind: &Kind, inventory: &Inventory<'_>, texts: &TextMap<'_>) -> Vec<String> {
    let hosts = || inventory.host_ids().map(|host| inventory.host_name(host).to_string());
    let groups = || inventory.group_ids().map(|group| inventory.group_name(group).to_string());
    let candidates = |found: Vec<suggest::Candidate>| found.into_iter().map(|candidate| candidate.name);
    match kind {
        Kind::Host => hosts().collect(),
        Kind::Pattern => groups().chain(hosts()).collect(),
        Kind::Labels => {
            let hosts: Vec<_> = inventory.host_ids().collect();
            candidates(suggest::labels(inventory, texts, &hosts)).collect()
        }
        Kind::VersionFrom => {
            let of = |name: String| if name.contains(':') { name } else { format!("var:{name}") };
            let found = candidates(suggest::versions(inventory, texts)).map(of);
            found.chain(["group:", "template:", "grain:", "pillar:", "nodegroup:"].map(ToString::to_string)).collect()
        }
        // names of variables may stand in decrypted files only
        Kind::Variable if !texts.has_decrypted() => inventory.var_names().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn of_plan(kind: &Kind, plan: &Plan<'_>, names: &GroupNames) -> Vec<String> {
    let shown = || plan.rollouts.iter().filter(|rollout| !rollout.secret);
    let groups = || names.rollouts.iter().flat_map(|rollout| rollout.batches.iter().cloned());
    let steps = || {
        let longest = plan.rollouts.iter().map(|rollout| &rollout.batches).max_by_key(|batches| batches.len());
        longest.into_iter().flatten().map(|batch| batch.stage.to_string())
    };
    match kind {
        Kind::Version(after) => shown().map(|rollout| format!("{}{after}", rollout.version)).collect(),
        Kind::Versions => shown().map(|rollout| rollout.version.to_string()).collect(),
        Kind::Step => steps().chain(groups()).collect(),
        Kind::Batch if plan.rollouts.len() == 1 => steps().chain(groups()).collect(),
        Kind::Batch | Kind::BatchGroup => groups().collect(),
        Kind::PlannedHost => {
            let batches = plan.rollouts.iter().flat_map(|rollout| &rollout.batches);
            batches.flat_map(|batch| batch.hosts.iter().map(ToString::to_string)).collect()
        }
        _ => Vec::new(),
    }
}
