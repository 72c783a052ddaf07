//! `log`: what happened to a frozen plan.

use regal_inventory::emit::log;
use regal_inventory::session::Shared;
use regal_inventory::text::{Arena, TextMap};

use super::arguments::{AnswerFormat, Arguments, LogOptions};
use super::output::Sink;
use super::rollout;

/// Prints the record, event by event.
///
/// # Errors
/// There is no frozen plan; it or its record cannot be read; a result that cannot be written.
pub fn run(arguments: &Arguments, options: &LogOptions, sink: Sink<'_>, shared: &Shared) -> anyhow::Result<()> {
    let (arena, texts) = (Arena::new(), TextMap::new());
    let path = rollout::named(arguments, options.place.as_deref(), "log")?;
    let (_, place) = rollout::open(&arena, &texts, &path, options.record.record.as_deref(), shared)?;
    let log = place.read()?;
    let mut result = Vec::new();
    match options.format {
        AnswerFormat::Text => log::write_text(&log, &mut result)?,
        AnswerFormat::Json => log::write_json(&log, &mut result)?,
    }
    sink.write(&result)
}
