//! `init`: looks at an inventory, shows what it would plan, and writes a configuration with its hooks.

mod ask;
mod draft;
mod find;
mod next;
mod write;

use std::path::{Path, PathBuf};

use regal_inventory::emit::report::ReportFormat;
use regal_inventory::error::{Code, Error, Problem, Result};
use regal_inventory::inventory::{HostId, Inventory};
use regal_inventory::session::{Configuration, GivenOption, Opening, Planned, Session, Shared};
use regal_inventory::source::Source;
use regal_inventory::suggest::{self, Candidate};
use regal_inventory::text::{Arena, TextMap};
use regal_inventory::wording::count;

use super::arguments::{Arguments, InitOptions};
use super::output::Sink;
use super::{invocation, messages};
use ask::Asked;
use draft::{Draft, Versions, shown};

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

/// What is looked at.
struct Look<'l, 'a> {
    arena: &'a Arena,
    texts: &'a TextMap<'a>,
    opening: &'l Opening,
    inventory: &'l Inventory<'a>,
}

impl<'a> Look<'_, 'a> {
    /// Shows what was found, asks for what is to be used, and returns the text of the configuration with its plan.
    fn choose(&self, draft: &Draft<'a>, asked: &mut Asked<'_>) -> anyhow::Result<(String, Planned<'a>)> {
        let found = suggest::versions(self.inventory, self.texts);
        let hosts = count(self.inventory.host_ids().len(), "host");
        let sources: Vec<String> = draft.sources.iter().map(|source| shown(&source.to_string())).collect();
        say(&format!("{}: {hosts}", sources.join(", ")))?;
        let mut tries = Vec::new();
        for versions in self.versions(draft, &found, asked)? {
            let labels = self.labels(&versions);
            tries.push((versions, labels));
        }
        let mut first = None;
        let count = tries.len();
        for (i, (versions, labels)) in tries.into_iter().enumerate() {
            let spread = if i == 0 { self.spread(draft, &labels, asked)? } else { best(&labels, draft) };
            let made = self.plan(draft, &versions, spread).or_else(|error| match spread {
                // what nobody asked for is left out where it does not work
                Some(_) if !asked.answers() => self.plan(draft, &versions, None),
                _ => Err(error),
            });
            match made {
                Ok(made) => return Ok(made),
                Err(error) if i + 1 == count => return Err(first.unwrap_or(error).into()),
                Err(error) => {
                    say(&format!("  not used: {}", reason(&error)))?;
                    first.get_or_insert(error);
                }
            }
        }
        Err(not_agreed("there is nothing to plan with", "give --version-from var:NAME").into())
    }

    /// Where versions may come from, in the order in which it is tried.
    fn versions(&self, draft: &Draft<'_>, found: &[Candidate], asked: &mut Asked<'_>) -> anyhow::Result<Vec<Versions>> {
        if draft.sets_versions() {
            return Ok(vec![Versions::Given]);
        }
        for candidate in found {
            say(&format!("  version?  {}: {}", shown(&candidate.name), candidate.reason("version")))?;
        }
        let usable: Vec<&Candidate> = found.iter().filter(|found| found.unusable.is_none()).collect();
        let of = |candidate: &&Candidate| Versions::Var(candidate.name.clone(), candidate.reason("version"));
        let mut tries: Vec<Versions> = usable.iter().filter(|found| found.likely).map(of).collect();
        if asked.answers() && !usable.is_empty() {
            let default = usable.iter().find(|found| found.likely).map_or("none", |found| &found.name);
            tries = vec![loop {
                let answer =
                    asked.ask("which variable says the version a host is to run? (none for none)", &shown(default))?;
                match usable.iter().find(|found| shown(&found.name) == answer) {
                    Some(found) => break of(found),
                    None if answer == "none" => break Versions::Placeholder,
                    None => messages::lines(&format!("  `{answer}` is none of the variables above")),
                }
            }];
        }
        if !tries.iter().any(|versions| *versions == Versions::Placeholder) && !asked.answers() || tries.is_empty() {
            tries.push(Versions::Placeholder);
        }
        Ok(tries)
    }

    /// The labels of the hosts that have a version.
    fn labels(&self, versions: &Versions) -> Vec<Candidate> {
        let hosts: Vec<HostId> = match versions {
            Versions::Var(name, _) => suggest::hosts_with(self.inventory, name),
            Versions::Given | Versions::Placeholder => self.inventory.host_ids().collect(),
        };
        suggest::labels(self.inventory, self.texts, &hosts)
    }

    /// The label to spread over.
    fn spread<'c>(
        &self,
        draft: &Draft<'_>,
        labels: &'c [Candidate],
        asked: &mut Asked<'_>,
    ) -> anyhow::Result<Option<&'c Candidate>> {
        if draft.sets_spread() {
            return Ok(None);
        }
        for label in labels {
            say(&format!("  label?    {}: {}", shown(&label.name), label.reason("value")))?;
        }
        let default = best(labels, draft);
        if !asked.answers() || !labels.iter().any(Candidate::is_complete) {
            return Ok(default);
        }
        let text = default.map_or_else(|| "none".to_string(), |label| shown(&label.name));
        loop {
            let answer = asked.ask("which label should each batch be spread over? (none for none)", &text)?;
            match labels.iter().find(|label| label.is_complete() && shown(&label.name) == answer) {
                Some(label) => return Ok(Some(label)),
                None if answer == "none" => return Ok(None),
                None => messages::lines(&format!("  `{answer}` is no label that all of these hosts have")),
            }
        }
    }

    /// The text with its plan.
    fn plan(
        &self,
        draft: &Draft<'a>,
        versions: &Versions,
        spread: Option<&Candidate>,
    ) -> Result<(String, Planned<'a>)> {
        let reason = spread.map(|label| label.reason("value")).unwrap_or_default();
        let text = draft.text(versions, spread.map(|label| (label.name.as_str(), reason.as_str())))?;
        let mut opening = self.opening.clone();
        opening.options.clear();
        let session = Session::open_unwritten(self.arena, self.texts, opening, draft.path, &text)?;
        let planned = session.plan()?;
        planned.refuse_empty()?;
        Ok((text, planned))
    }
}

/// The likeliest label, unless an option says what to spread over.
fn best<'c>(labels: &'c [Candidate], draft: &Draft<'_>) -> Option<&'c Candidate> {
    labels.iter().find(|label| label.divides()).filter(|_| !draft.sets_spread())
}

/// Why something did not work, in a line.
fn reason(error: &Error) -> String {
    error.problems.first().map(|problem| problem.message.clone()).unwrap_or_default()
}
