//! `export`: the plan in the forms of other tools. Everything is made before anything is written.

use std::path::PathBuf;

use regal_inventory::emit::export::{FORMATS, Format, Rendered};
use regal_inventory::error::{Code, Error, Problem};
use regal_inventory::files;

use super::arguments::{ExportOptions, Wanted};
use super::invocation::Invocation;
use super::messages;
use super::output::{Sink, is_broken_pipe};

/// Names all formats, with a line each.
///
/// # Errors
/// A result that cannot be written.
pub fn list(sink: Sink<'_>) -> anyhow::Result<()> {
    let width = FORMATS.iter().map(|format| format.name.len()).max().unwrap_or_default();
    let line = |(name, summary)| format!("{name:width$}  {summary}\n");
    let text: String = FORMATS.iter().map(|format| line((format.name, format.summary))).collect();
    sink.write(text.as_bytes())
}

/// Writes the plan in each format that was asked for.
///
/// # Errors
/// Bad input; a plan that a format cannot express; a result that cannot be written. Nothing is written then.
pub fn run(invocation: &Invocation<'_>, options: &ExportOptions) -> anyhow::Result<()> {
    let wanted = options.wanted(invocation.output.as_deref());
    refuse_overlaps(&wanted)?;
    let mut planned = invocation.session.plan()?;
    planned.refuse_empty()?;
    planned.warnings.extend(check_limit(invocation, &wanted)?);
    planned.keep_only(&options.only)?;
    let formats: Vec<&Format> = wanted.iter().map(|wanted| wanted.format).collect();
    let (rendered, warnings) = planned.export(&formats, &options.options())?;
    let access = planned.access();
    let mut staged = Vec::new();
    let mut printed = Vec::new();
    for (wanted, rendered) in wanted.iter().zip(rendered) {
        match (wanted.path, rendered) {
            (Some(path), Rendered::Text(text)) if files::is_stream(path) => printed.push((Some(path), text)),
            (Some(path), Rendered::Text(text)) => staged.push(files::file(path, access, |sink| sink.write_all(&text))?),
            (Some(path), Rendered::Folder(made)) => {
                let made = made.iter().map(|file| (file.path.as_str(), &file.bytes[..]));
                staged.push(files::folder(path, wanted.format.name, access, made)?);
            }
            (None, Rendered::Text(text)) => printed.push((None, text)),
            // The arguments were refused before.
            (None, Rendered::Folder(_)) => {}
        }
    }
    messages::warnings(&planned.warnings, invocation.color);
    messages::warnings(&warnings, invocation.color);
    // What a stream does not take must not find the files replaced.
    for (path, text) in &printed {
        match (Sink { path: *path, ..invocation.sink(&planned) }).write(text) {
            // A reader that has seen enough keeps nothing from being written.
            Err(error) if path.is_none() && is_broken_pipe(&error) => {}
            written => written?,
        }
    }
    messages::warnings(&files::put_in_place(staged)?, invocation.color);
    Ok(())
}

/// A load balancer or a master that is told of some hosts only takes the others out of service; of a limit that is allowed, the
/// warning.
fn check_limit(invocation: &Invocation<'_>, wanted: &[Wanted<'_>]) -> Result<Option<Problem>, Error> {
    let Some(first) = invocation.session.settings().limit.first() else { return Ok(None) };
    let needs_all = wanted.iter().map(|wanted| wanted.format).filter(|format| format.needs_all);
    let problem = |format: &Format| {
        let problem = Problem::of(
            Code::Contradiction,
            format!("export {} is for the whole plan, and a limit leaves hosts out", format.name),
        );
        problem.at((*first.at).clone()).hint("do without the limit; --only VERSION leaves versions out")
    };
    Error::unless_any(needs_all.map(problem).collect(), ())?;
    let what = Problem::of(Code::ExportIncomplete, "the limit leaves hosts out of what is exported");
    Ok(Some(what.at((*first.at).clone()).as_warning()))
}

/// No result may lie in or replace another one.
fn refuse_overlaps(wanted: &[Wanted<'_>]) -> Result<(), Error> {
    let mut paths: Vec<(&str, PathBuf)> = Vec::new();
    for wanted in wanted {
        let Some(path) = wanted.path else { continue };
        let path = files::place(path);
        if let Some((other, _)) = paths.iter().find(|(_, other)| path.starts_with(other) || other.starts_with(&path)) {
            let message = format!("{other} and {} would be written over each other", wanted.format.name);
            return Err(Problem::of(Code::InvalidOption, message).hint("give each format a path of its own").into());
        }
        paths.push((wanted.format.name, path));
    }
    Ok(())
}
