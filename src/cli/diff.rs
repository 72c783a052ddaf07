//! `diff`: what differs between a frozen plan and the plan of today's inventory.

use regal_inventory::emit::drift::DriftReport;
use regal_inventory::error::{Code, Error, Problem};
use regal_inventory::files::Access;

use super::arguments::{DiffOptions, PictureFormat};
use super::exit;
use super::invocation::Invocation;
use super::output::Sink;

/// Prints what differs; the exit code says whether anything does.
///
/// # Errors
/// There is no frozen plan; bad input; a result that cannot be written.
pub fn run(invocation: &Invocation<'_>, options: &DiffOptions) -> anyhow::Result<u8> {
    let Some(frozen) = invocation.session.frozen() else {
        let problem = Problem::of(Code::InvalidOption, "there is no frozen plan to compare with today's");
        return Err(Error::from(problem.hint("name one: regal-inventory diff --plan FILE")).into());
    };
    let drift = invocation.session.drift()?;
    let report = DriftReport { frozen, drift: &drift };
    let is_secret = !drift.secret.is_empty() || invocation.session.texts().1.has_decrypted();
    let access = if is_secret { Access::Private } else { Access::Usual };
    let sink = Sink { path: invocation.output.as_deref(), access, color: invocation.color };
    let mut result = Vec::new();
    match options.format {
        PictureFormat::Text => report.write_text(sink.look(), &mut result)?,
        PictureFormat::Json => report.write_json(&mut result)?,
        PictureFormat::Html => report.write_page(&mut result)?,
    }
    sink.write(&result)?;
    Ok(if drift.is_empty() { exit::DONE } else { exit::DRIFT })
}
