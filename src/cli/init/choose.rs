//! What of the findings is used: asked for, or the first that a plan comes of.

use regal_inventory::error::{Error, Result};
use regal_inventory::inventory::{HostId, Inventory};
use regal_inventory::session::{Opening, Planned, Session};
use regal_inventory::suggest::{self, Candidate};
use regal_inventory::text::{Arena, TextMap};
use regal_inventory::wording::count;

use super::ask::Asked;
use super::draft::{Draft, Versions, shown};
use super::{messages, say};

/// What is looked at.
pub struct Look<'l, 'a> {
    pub arena: &'a Arena,
    pub texts: &'a TextMap<'a>,
    pub opening: &'l Opening,
    pub inventory: &'l Inventory<'a>,
}

impl<'a> Look<'_, 'a> {
    /// Shows what was found, asks for what is to be used, and returns the text of the configuration with its plan.
    ///
    /// # Errors
    /// No plan comes of what the options or the answers say.
    pub fn choose(&self, draft: &Draft<'a>, asked: &mut Asked<'_>) -> anyhow::Result<(String, Planned<'a>)> {
        let hosts = count(self.inventory.host_ids().len(), "host");
        let sources: Vec<String> = draft.sources.iter().map(|source| shown(&source.to_string())).collect();
        say(&format!("{}: {hosts}", sources.join(", ")))?;
        let (first, others) = versions(draft, &suggest::versions(self.inventory, self.texts), asked)?;
        let labels = self.labels(&first);
        let spread = spread(draft, &labels, asked)?;
        let error = match self.plan(draft, &first, spread, asked)? {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        let mut last = first;
        let mut why = reason(&error);
        for versions in others {
            say(&format!("  {last} is not used: {why}"))?;
            let labels = self.labels(&versions);
            match self.plan(draft, &versions, best(&labels, draft), asked)? {
                Ok(made) => return Ok(made),
                Err(error) => why = reason(&error),
            }
            last = versions;
        }
        // What was tried first says most.
        Err(error.into())
    }

    /// The labels of the hosts that have a version.
    fn labels(&self, versions: &Versions) -> Vec<Candidate> {
        let hosts: Vec<HostId> = match versions {
            Versions::Var(name, _) => suggest::hosts_with(self.inventory, name),
            Versions::Given | Versions::Placeholder => self.inventory.host_ids().collect(),
        };
        suggest::labels(self.inventory, self.texts, &hosts)
    }

    /// The text with its plan. A label that nobody chose is left out where no plan comes of it.
    fn plan(
        &self,
        draft: &Draft<'a>,
        versions: &Versions,
        spread: Option<&Candidate>,
        asked: &Asked<'_>,
    ) -> anyhow::Result<Result<(String, Planned<'a>)>> {
        let made = self.plan_with(draft, versions, spread);
        match (made, spread) {
            (Err(error), Some(label)) if !asked.answers() => {
                let without = self.plan_with(draft, versions, None);
                if without.is_ok() {
                    say(&format!("  {} is not used: {}", shown(&label.name), reason(&error)))?;
                }
                Ok(without)
            }
            (made, _) => Ok(made),
        }
    }

    fn plan_with(
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

/// Where versions come from, and what is tried after that where nobody is asked.
fn versions(
    draft: &Draft<'_>,
    found: &[Candidate],
    asked: &mut Asked<'_>,
) -> anyhow::Result<(Versions, Vec<Versions>)> {
    if draft.sets_versions() {
        return Ok((Versions::Given, Vec::new()));
    }
    for candidate in found {
        say(&format!("  version?  {}: {}", shown(&candidate.name), candidate.reason("version")))?;
    }
    let usable: Vec<&Candidate> = found.iter().filter(|found| found.unusable.is_none()).collect();
    let of = |candidate: &&Candidate| Versions::Var(candidate.name.clone(), candidate.reason("version"));
    if !asked.answers() || usable.is_empty() {
        let likely = usable.iter().filter(|found| found.likely).map(of);
        let mut tries = likely.chain([Versions::Placeholder]);
        let first = tries.next().unwrap_or(Versions::Placeholder);
        return Ok((first, tries.collect()));
    }
    let default = usable.iter().find(|found| found.likely).map_or("none", |found| &found.name);
    loop {
        let question = "which variable says the version that a host is to run? (none for none)";
        let answer = asked.ask(question, &shown(default))?;
        match usable.iter().find(|found| shown(&found.name) == answer) {
            Some(found) => return Ok((of(found), Vec::new())),
            None if answer == "none" => return Ok((Versions::Placeholder, Vec::new())),
            None => messages::lines(&format!("  `{answer}` is none of the variables above")),
        }
    }
}

/// The label to spread over.
fn spread<'c>(
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
            None => messages::lines(&format!("  `{answer}` is not a label that all of these hosts have")),
        }
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
