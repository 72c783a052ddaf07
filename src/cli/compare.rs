//! `plan --compare`: the plan of this configuration beside that of another one; either may be a frozen plan.
//!
//! The environment and the options hold for both, so that only the files make a difference; a frozen plan has its own.

use std::path::Path;

use regal_inventory::emit::report::Report;
use regal_inventory::emit::report::compare::CompareReport;
use regal_inventory::error::{Error, Problem};
use regal_inventory::plan::compare;
use regal_inventory::session::{Configuration, Planned, Shared};
use regal_inventory::text::{Arena, TextMap};

use super::arguments::{Arguments, PlanFormat, PlanOptions};
use super::invocation::{self, Invocation, Side};
use super::plan;

/// A configuration with what was planned by it.
type Planning<'a> = (Invocation<'a>, Planned<'a>);

/// Prints what differs.
///
/// # Errors
/// Bad input of either plan, all of it; a result that cannot be written.
pub fn run<'a>(
    arena: &'a Arena,
    texts: &'a TextMap<'a>,
    arguments: &Arguments,
    options: &PlanOptions,
    other: &Path,
    shared: &Shared,
) -> anyhow::Result<()> {
    let (current, other) = sides(arena, texts, arguments, other, shared)?;
    let [left, right] = [&current, &other].map(|(invocation, planned)| compare::Planned {
        plan: &planned.plan,
        names: &planned.names,
        policy: &invocation.session.settings().policy,
    });
    let comparison = compare::compare(left, right);
    let sink = current.0.sink(&current.1);
    let report = CompareReport {
        current: &Report { look: sink.look(), ..current.1.report(options.full) },
        other: &other.1.report(options.full),
        comparison: &comparison,
    };
    let mut result = Vec::new();
    match options.format {
        PlanFormat::Html => report.write_page(&mut result)?,
        format => report.write(plan::format(format).unwrap_or_default(), &mut result)?,
    }
    sink.write(&result)
}

/// Plans by both configurations.
fn sides<'a>(
    arena: &'a Arena,
    texts: &'a TextMap<'a>,
    arguments: &Arguments,
    other: &Path,
    shared: &Shared,
) -> anyhow::Result<(Planning<'a>, Planning<'a>)> {
    let configuration = invocation::configuration(arguments);
    let frozen = invocation::frozen(arguments);
    let found = match &frozen {
        Some(frozen) => Some(frozen.clone()),
        None => configuration.path(&invocation::surroundings())?,
    };
    let current = Side { frozen, ..Side::of(configuration) };
    let compared = Side::of(Configuration::File { path: other.to_path_buf(), named_by: "--compare" });
    let side = |side: Side, beside: Option<&Path>| -> anyhow::Result<Planning<'a>> {
        let own_files = beside.map(Path::to_path_buf).into_iter().collect();
        let side = Side { own_files, is_compared: true, ..side };
        let invocation = Invocation::with(arena, texts, arguments, side, shared)?;
        let planned = invocation.session.plan()?;
        planned.refuse_empty()?;
        Ok((invocation, planned))
    };
    match (side(current, Some(other)), side(compared, found.as_deref())) {
        (Ok(current), Ok(compared)) => Ok((current, compared)),
        (current, compared) => {
            let problems = problems(current.err())?;
            let more = self::problems(compared.err())?;
            Err(joined(problems, found.as_deref(), more, other).into())
        }
    }
}

/// The problems of a side.
///
/// # Errors
/// What does not concern one of the sides.
fn problems(error: Option<anyhow::Error>) -> anyhow::Result<Vec<Problem>> {
    match error.map(anyhow::Error::downcast::<Error>) {
        None => Ok(Vec::new()),
        Some(Ok(error)) => Ok(error.problems),
        Some(Err(error)) => Err(error),
    }
}

/// The problems of both sides. One that both have, such as a wrong variable, is told once; any other says whose it is.
fn joined(current: Vec<Problem>, found: Option<&Path>, compared: Vec<Problem>, other: &Path) -> Error {
    let told = |problem: &Problem, path: Option<&Path>| -> Problem {
        let name = path.map(|path| path.display().to_string());
        let mut told = problem.clone();
        // a place in the configuration says it already
        if told.location.as_ref().is_none_or(|location| Some(&location.path) != name.as_ref()) {
            let whose = name.map_or("plan without a configuration".to_string(), |name| format!("plan of {name}"));
            told.message = format!("{whose}: {}", problem.message);
        }
        told
    };
    let both = |problem: &Problem| current.contains(problem) && compared.contains(problem);
    let mut problems: Vec<Problem> =
        current.iter().map(|problem| if both(problem) { problem.clone() } else { told(problem, found) }).collect();
    problems.extend(compared.iter().filter(|problem| !both(problem)).map(|problem| told(problem, Some(other))));
    Error { problems }
}
