//! Texts made from the command line's own description and from the table of keys.

use clap_complete::Shell;
use regal_inventory::settings;

use super::arguments;
use super::complete;
use super::output::Sink;

/// Prints the completion script of a shell. That of bash, zsh or fish asks this program; that of another knows options alone.
///
/// # Errors
/// A result that cannot be written.
pub fn completions(shell: Shell, sink: Sink<'_>) -> anyhow::Result<()> {
    let dynamic = match shell {
        Shell::Bash => Some(arguments::Shell::Bash),
        Shell::Zsh => Some(arguments::Shell::Zsh),
        Shell::Fish => Some(arguments::Shell::Fish),
        _ => None,
    };
    if let Some(shell) = dynamic {
        return sink.write(complete::script(shell).as_bytes());
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut arguments::command(), "regal-inventory", &mut script);
    sink.write(&script)
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
