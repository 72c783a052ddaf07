//! `complete`: what may stand at the cursor of a command line, for the completion scripts of bash, zsh and fish.
//!
//! The scripts stand in packages for years, so all that can change is here: they hand over the line and print the answer. Its
//! first line says how to take the others: `values`, or `files`, `folders` or `plans` with the text that stays before the name.

mod kinds;
mod known;
mod line;
mod walk;

use std::io::Write;

use clap::Command;
use regal_inventory::shown::is_unseen;

use super::arguments::{self, Shell};
use kinds::Kind;
use line::{Variables, Word, quoted};
use walk::Spot;

/// What may stand at the cursor.
enum Answer {
    /// These words, each with what it means.
    Values(Vec<(String, String)>),
    /// What the shell knows itself, in its words, after a text that stays.
    Shell(&'static str, String),
}

/// A line with a cursor at its end.
struct Line {
    /// The words after the program, up to that at the cursor.
    before: Vec<Word>,
    /// The word at the cursor.
    current: Word,
    /// Of bash: what of that word it will put the answer in the place of.
    piece: Option<String>,
}

/// Returns the script that makes a shell ask this program.
pub fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("complete/script.bash"),
        Shell::Zsh => include_str!("complete/script.zsh"),
        Shell::Fish => include_str!("complete/script.fish"),
    }
}

/// Prints what may stand at the cursor; nothing where that is not known.
///
/// # Errors
/// None but that stdout cannot be written to.
pub fn run(shell: Shell, given: &[String]) -> anyhow::Result<()> {
    let Some(line) = line_of(shell, given) else { return Ok(()) };
    let mut root = arguments::command_where(|name| line.before.iter().any(|word| word.text.as_deref() == Some(name)));
    root.build();
    let answer = answer(&root, &line);
    let mut text = String::new();
    match answer {
        Answer::Shell(what, before) => text.push_str(&format!("{what} {before}\n")),
        Answer::Values(values) => {
            text.push_str("values\n");
            let sound = values.iter().filter(|(value, _)| !value.contains(is_unseen));
            for (value, help) in sound {
                text.extend(written(shell, &line, value, help));
            }
        }
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The line up to the cursor, as each shell hands it over: bash with the piece that it will put the answer in the place of, zsh word
/// by word.
fn line_of(shell: Shell, given: &[String]) -> Option<Line> {
    let variables: Variables<'_> = &environment;
    let (mut words, piece) = match (shell, given) {
        (Shell::Bash, [line, piece]) => (line::words(line, shell, variables), Some(piece.clone())),
        (Shell::Zsh, words) => (words.iter().map(|raw| line::word(raw, shell, variables)).collect(), None),
        (Shell::Fish, [line]) => (line::words(line, shell, variables), None),
        _ => return None,
    };
    let current = words.pop()?;
    let is_program = |word: &Word| word.raw.rsplit('/').next().is_some_and(|name| name == "regal-inventory");
    let program = words.iter().position(is_program).unwrap_or(0);
    let before = words.into_iter().skip(program + 1).collect();
    Some(Line { before, current, piece })
}

fn answer(root: &Command, line: &Line) -> Answer {
    match walk::spot(root, &line.before, &line.current) {
        Spot::Nothing => Answer::Values(Vec::new()),
        Spot::File => Answer::Shell("files", String::new()),
        Spot::Option(command) => Answer::Values(starting(options(command), line)),
        Spot::Command(command) => Answer::Values(starting(commands(command), line)),
        Spot::Value { command, arg, before, text } => values(&kinds::of(command, arg), line, &before, &text),
    }
}

fn starting(all: Vec<(String, String)>, line: &Line) -> Vec<(String, String)> {
    let text = line.current.text.as_deref().unwrap_or_default();
    all.into_iter().filter(|(name, _)| name.starts_with(text)).collect()
}

fn commands(command: &Command) -> Vec<(String, String)> {
    let seen = command.get_subcommands().filter(|command| !command.is_hide_set());
    seen.map(|command| (command.get_name().to_string(), first_line(command.get_about()))).collect()
}

fn options(command: &Command) -> Vec<(String, String)> {
    let seen = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let long = seen.filter_map(|arg| Some((format!("--{}", arg.get_long()?), first_line(arg.get_help()))));
    long.collect()
}

/// The first line of a help text.
fn first_line(help: Option<&clap::builder::StyledStr>) -> String {
    help.map(|help| help.to_string().lines().next().unwrap_or_default().to_string()).unwrap_or_default()
}

fn values(kind: &Kind, line: &Line, before: &str, text: &str) -> Answer {
    let kept = match kind {
        Kind::File => return Answer::Shell("files", before.to_string()),
        Kind::Folder => return Answer::Shell("folders", before.to_string()),
        Kind::Plan => return Answer::Shell("plans", before.to_string()),
        Kind::FormatAndFile => match text.split_once('=') {
            Some((format, _)) => return Answer::Shell("files", format!("{before}{format}=")),
            None => 0,
        },
        // what comes after the last `,` or `:` of a pattern, and `!` or `&` before a name
        Kind::Pattern => {
            let start = text.rfind([',', ':']).map_or(0, |at| at + 1);
            start + text[start..].len() - text[start..].trim_start_matches(['!', '&']).len()
        }
        Kind::Versions | Kind::Labels => text.rfind(',').map_or(0, |at| at + 1),
        _ => 0,
    };
    let (head, tail) = text.split_at(kept);
    let all = match kind {
        Kind::Words(words) => words.clone(),
        Kind::FormatAndFile => formats(),
        Kind::Other => Vec::new(),
        _ => known(kind, line),
    };
    let fitting = all.into_iter().filter(|(name, _)| name.starts_with(tail));
    Answer::Values(fitting.map(|(name, help)| (format!("{before}{head}{name}"), help)).collect())
}

fn formats() -> Vec<(String, String)> {
    let formats = regal_inventory::emit::export::FORMATS.iter();
    formats.map(|format| (format!("{}=", format.name), format.summary.to_string())).collect()
}

/// The names that what is read has. Where a word before is known to the shell alone, it may say what is read.
fn known(kind: &Kind, line: &Line) -> Vec<(String, String)> {
    let home = environment("HOME");
    let words: Option<Vec<String>> = line.before.iter().map(|word| word.expanded(home.as_deref())).collect();
    let names = words.and_then(known::Given::read).map(|given| known::names(kind, &given)).unwrap_or_default();
    names.into_iter().map(|name| (name, String::new())).collect()
}

/// A line of the answer.
fn written(shell: Shell, line: &Line, value: &str, help: &str) -> Option<String> {
    let Some(piece) = line.piece.as_ref().filter(|_| shell == Shell::Bash) else {
        return Some(format!("{value}\t{help}\n"));
    };
    // bash leaves what stands before the last of its word breaks, and an opening quote
    let kept = line.current.raw.strip_suffix(piece.as_str()).unwrap_or_default();
    let kept = line::word(kept, shell, &environment);
    let rest = value.strip_prefix(kept.text.as_deref()?)?;
    Some(format!("{}\n", quoted(rest, kept.open)))
}
