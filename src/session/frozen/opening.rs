//! A session as it was when a plan was saved: with the configuration, the options and the variables of then, and today's
//! where they say how to read and what to show.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Code, Location, Problem, Result, io_message};
use crate::frozen::{self, Frozen};
use crate::policy::drift::Mode;
use crate::session::configuration::working_directory;
use crate::session::{Configuration, GivenOption, Opening};
use crate::settings::keys::{self, Id};
use crate::source::Surroundings;
use crate::text::{Arena, Text, TextMap};

/// Refuses options that would make another plan.
pub(super) fn refuse_others(opening: &Opening, frozen: &Frozen<'_>) -> Result<()> {
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

/// Leaves the options out that make another plan, and what would refuse this one for having drifted.
pub(super) fn lay_beside_another(opening: &mut Opening) {
    let is_drift =
        |id: Id| matches!(id, Id::Drift | Id::DriftMode | Id::DriftRemoved | Id::DriftAdded | Id::DriftChanged);
    let is_kept = |id: Id| is_of_today(id) && !is_drift(id);
    opening.options.retain(|given| keys::by_name(&given.key).is_none_or(|key| is_kept(key.id)));
    let ignore = Mode::Ignore.as_str().to_string();
    opening.options.push(GivenOption { key: "drift".to_string(), text: ignore, option: "--drift".to_string() });
}

/// Whether a key may be set when a frozen plan is used: it says what is shown and how sources are read.
fn is_of_today(id: Id) -> bool {
    matches!(
        id,
        Id::Limit
            | Id::GroupsOnly
            | Id::UseAnsibleCfg
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
pub(super) fn gives(opening: &Opening, id: Id) -> bool {
    let named = |name: &str| keys::by_name(name).is_some_and(|key| key.id == id);
    let variable = keys::by_id(id).and_then(|key| opening.surroundings.text(&keys::variable(key.name)));
    variable.is_some() || opening.options.iter().any(|given| named(&given.key))
}

/// The same opening with the configuration, the variables and the options that the plan was made by; what today's say of how
/// to read and what to show stays and wins.
pub(super) fn as_then(mut opening: Opening, frozen: &Frozen<'_>, file: &Path) -> Result<Opening> {
    let here = working_directory(&opening.surroundings)?;
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

fn option(then: &frozen::GivenOption) -> GivenOption {
    GivenOption { key: then.key.clone(), text: then.value.clone(), option: then.option.clone() }
}

/// Whether a variable counts when a frozen plan is used: it says how to read or what to show, or is no setting.
fn counts_today(variable: &str) -> bool {
    let names = keys::KEYS.iter().filter(|key| is_of_today(key.id)).flat_map(|key| key.names());
    keys::is_reserved(variable) || names.map(keys::variable).any(|name| name == variable)
}

/// The `REGAL_*` variables of today that do not count, but for those that say what they said then.
pub(super) fn ignored(surroundings: &Surroundings, frozen: &Frozen<'_>) -> Vec<String> {
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
pub(super) fn text<'a>(arena: &'a Arena, texts: &TextMap<'a>, frozen: &Frozen<'a>) -> Result<Option<Text<'a>>> {
    let Some(configuration) = &frozen.made_from.configuration else { return Ok(None) };
    let name = format!("{} as saved in {}", configuration.path, frozen.path.display());
    Ok(Some(texts.add(arena.alloc_str(&name), arena.alloc_str(&configuration.text()))?))
}
