//! `init`: looks at an inventory, shows what it would plan, and writes a configuration with its hooks.

mod ask;
mod choose;
mod draft;
mod find;
mod next;
mod write;

use std::path::{Path, PathBuf};

use regal_inventory::emit::report::ReportFormat;
use regal_inventory::error::{Code, Error, Problem, Result};
use regal_inventory::session::{Configuration, GivenOption, Opening, Planned, Session, Shared};
use regal_inventory::source::Source;
use regal_inventory::text::{Arena, TextMap};

use super::arguments::{Arguments, InitOptions};
use super::output::Sink;
use super::{invocation, messages};
use ask::Asked;
use choose::Look;
use draft::Draft;

/// The file, where `--output` names no other.
const FILE: &str = "rollout.regal.yml";

/// Looks, asks, shows, writes, and says what to do next.
///
/// # Errors
/// There is no inventory, or it cannot be read whole; no plan comes of what is wanted; nobody agreed; a file cannot be written or
/// is there already. Nothing is written then.
pub fn run(arguments: &Arguments, options: &InitOptions, shared: &Shared) -> anyhow::Result<()> {
    let path = arguments.output.clone().unwrap_or_else(|| PathBuf::from(FILE));
    write::refuse_existing(&path)?;
    refuse_configuration(arguments)?;
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
    let asks = !options.yes && ask::has_terminal();
    let mut asked = if asks { Asked::of(&mut input, &mut output) } else { Asked::nobody() };

    let (arena, texts) = (Arena::new(), TextMap::new());
    let mut opening = opening(arguments, shared);
    opening.own_files.push(path.clone());
    let mut session = Session::open(&arena, &texts, opening.clone())?;
    if session.settings().inventory.is_empty() {
        opening.options.push(inventory_option(find::here(&mut asked)?));
        session = Session::open(&arena, &texts, opening.clone())?;
    }
    refuse_within(&session.settings().inventory, &path, &options.hooks)?;
    let (inventory, _) = session.read()?;
    let given = session.options_as_values()?;
    let look = Look { arena: &arena, texts: &texts, opening: &opening, inventory: &inventory };
    let draft = Draft { arena: &arena, given, sources: &session.settings().inventory, path: &path };
    draft.inventory()?;
    let (text, planned) = look.choose(&draft, &mut asked)?;

    say(&planned_text(&planned)?)?;
    messages::warnings(&planned.warnings, arguments.color);
    if asks {
        if !asked.agrees(&format!("write {} and {}?", path.display(), options.hooks.display()))? {
            return Err(not_agreed("the answer was no", "nothing was written").into());
        }
    } else if !options.yes {
        let hint = "nothing was written; run it again with --yes to write what is shown";
        return Err(not_agreed("there is no terminal to ask on", hint).into());
    }
    let (written, there) = write::write(&path, &text, &options.hooks)?;
    say(&next::files(&written, &there))?;
    say(&next::steps(&session, &planned, &path, &options.hooks)?)
}

/// Prints lines on stdout; what steers a terminal in them is an escape.
fn say(text: &str) -> anyhow::Result<()> {
    let lines: String = text.lines().map(|line| format!("{}\n", regal_inventory::shown::printable(line))).collect();
    let color = super::arguments::Color::Never;
    Sink { path: None, access: regal_inventory::files::Access::Usual, color }.write(lines.as_bytes())
}

fn planned_text(planned: &Planned<'_>) -> anyhow::Result<String> {
    let mut text = Vec::new();
    planned.report(false).write(ReportFormat::Text, &mut text)?;
    Ok(format!("\nWhat it would plan:\n\n{}", String::from_utf8_lossy(&text)))
}

fn not_agreed(what: &str, hint: &str) -> Error {
    Problem::of(Code::InvalidOption, what).hint(hint).into()
}

fn opening(arguments: &Arguments, shared: &Shared) -> Opening {
    let mut opening = Opening::new(Configuration::None, invocation::surroundings());
    opening.options = arguments.settings.clone();
    opening.no_exec = arguments.no_exec;
    opening.refresh_cache = arguments.refresh_cache;
    opening.shared = shared.clone();
    opening
}

fn inventory_option(text: String) -> GivenOption {
    GivenOption { key: "inventory".to_string(), text, option: "--inventory".to_string() }
}

/// What `init` writes is a configuration of its own.
fn refuse_configuration(arguments: &Arguments) -> Result<()> {
    let named = [("--config", arguments.config.is_some()), ("--plan", arguments.plan.is_some())];
    let problems = named.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| {
        let problem =
            Problem::of(Code::InvalidOption, format!("`init` writes a configuration, and {option} names one"));
        problem.hint(format!("leave {option} out; --output FILE says what to write"))
    });
    Error::unless_any(problems.collect(), ())
}

/// Ansible reads every file of an inventory folder, so that ours would become a part of the inventory.
fn refuse_within(sources: &[Source], configuration: &Path, hooks: &Path) -> Result<()> {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let folders = sources.iter().filter_map(|source| match source {
        Source::Path(named) if named.path.is_dir() => named.path.canonicalize().ok(),
        _ => None,
    });
    let folders: Vec<PathBuf> = folders.collect();
    let place = |path: &Path| {
        let path = whole(path);
        let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
        folder.map_or_else(|| path.clone(), |folder| folder.join(path.file_name().unwrap_or_default()))
    };
    let problem = |path: &Path| {
        let message = format!("{} would stand in an inventory folder, which Ansible reads whole", path.display());
        Problem::of(Code::InvalidOption, message).hint("give places outside of it: --output FILE --hooks FOLDER")
    };
    let inside = [configuration, hooks].into_iter().filter(|path| {
        let path = place(path);
        folders.iter().any(|folder| path.starts_with(folder))
    });
    Error::unless_any(inside.map(problem).collect(), ())
}
