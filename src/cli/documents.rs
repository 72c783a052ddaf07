//! Texts made from the command line's own description and from the table of keys.

use clap_complete::Shell;
use regal_inventory::settings;

use super::arguments;
use super::output::Sink;

/// Prints the completion script of a shell.
///
/// # Errors
/// A result that cannot be written.
pub fn completions(shell: Shell, sink: Sink<'_>) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut arguments::command(), "regal-inventory", &mut script);
    sink.write(&script)
}

/// Prints the manual page, in roff.
///
/// # Errors
/// A result that cannot be written.
pub fn manual(sink: Sink<'_>) -> anyhow::Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(arguments::command()).render(&mut page)?;
    sink.write(&page)
}

/// Prints the JSON Schema of `regal.yml`.
///
/// # Errors
/// A result that cannot be written.
pub fn schema(sink: Sink<'_>) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(&settings::schema::schema())?;
    text.push('\n');
    sink.write(text.as_bytes())
}
