//! `man`: the manual pages, one a command, made of what the program knows of itself.

mod texts;

use std::time::{Duration, UNIX_EPOCH};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use regal_inventory::error::{Code, Error, Problem, Result};
use regal_inventory::nearest;
use regal_inventory::settings::keys::KEYS;
use regal_inventory::settings::topics::topic;
use regal_inventory::settings::variable;

use super::arguments::{self, ManOptions, WITH_SETTINGS};
use super::exit;
use super::output::Sink;
use texts::{Example, Variable};

const PROGRAM: &str = "regal-inventory";

/// Prints a page, or the names of all.
///
/// # Errors
/// There is no such command; a result that cannot be written.
pub fn run(options: &ManOptions, sink: Sink<'_>) -> anyhow::Result<()> {
    let mut root = arguments::command();
    root.build();
    let pages = pages(&root, PROGRAM);
    if options.list {
        let names: String = pages.iter().map(|(name, _)| format!("{name}\n")).collect();
        return sink.write(names.as_bytes());
    }
    let (name, command) = find(&pages, &options.page.join("-"))?;
    let text = format!("{}{}", head(name, command)?, page(name, command, &pages).render());
    sink.write(tidy(&text).as_bytes())
}

/// Leaves out breaks that do nothing, which checkers of manual pages tell of.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut before = "";
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let is_blank = |line: &str| matches!(line, ".sp" | "");
        let after_heading = before.starts_with(".SH") || before.starts_with(".SS");
        let beside_blank = is_blank(before) || lines.peek().is_some_and(|next| is_blank(next));
        if !(line == ".PP" && after_heading || line == ".br" && beside_blank) {
            tidy.push_str(line);
            tidy.push('\n');
        }
        before = line;
    }
    tidy
}

/// The day that the page says: that of the sources, where a build of packages says which.
fn day() -> String {
    let seconds = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let time = seconds.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    time.map(|time| humantime::format_rfc3339_seconds(time).to_string().chars().take(10).collect()).unwrap_or_default()
}

/// All commands that are shown, each with the name of its page.
fn pages<'c>(command: &'c Command, name: &str) -> Vec<(String, &'c Command)> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    let below = below.flat_map(|below| pages(below, &format!("{name}-{}", below.get_name())));
    std::iter::once((name.to_string(), command)).chain(below).collect()
}

/// The page of a command, by its own name or that of its page.
fn find<'p, 'c>(pages: &'p [(String, &'c Command)], wanted: &str) -> Result<(&'p str, &'c Command)> {
    let of_command = format!("{PROGRAM}-{wanted}");
    let is_wanted = |name: &str| name == wanted || name == of_command || (wanted.is_empty() && name == PROGRAM);
    if let Some((name, command)) = pages.iter().find(|(name, _)| is_wanted(name)) {
        return Ok((name, command));
    }
    let problem = Problem::of(Code::InvalidOption, format!("there is no page of `{wanted}`"));
    let names = pages.iter().filter_map(|(name, _)| name.strip_prefix("regal-inventory-"));
    Err(Error::from(problem.hint(match nearest::name(wanted, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "man --list names the pages".to_string(),
    })))
}

/// What clap's own description says: title, name, synopsis, description, options.
fn head(name: &str, command: &Command) -> Result<String> {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_string();
    // what `-h` leaves out, a page has
    let whole = command.clone().mut_args(|arg| arg.hide_short_help(false));
    let shown = whole.override_usage(usage).display_name(name.to_string());
    let man = Man::new(shown).title(name.to_uppercase()).source(format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION")));
    let man = man.manual("Staged rollouts").date(day());
    let mut text = Vec::new();
    let mut write = || -> std::io::Result<()> {
        man.render_title(&mut text)?;
        man.render_name_section(&mut text)?;
        man.render_synopsis_section(&mut text)?;
        man.render_description_section(&mut text)?;
        if command.get_subcommands().any(|below| !below.is_hide_set()) {
            man.render_subcommands_section(&mut text)?;
        }
        man.render_options_section(&mut text)
    };
    write().map_err(|error| Error::from(Problem::of(Code::System, error.to_string())))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The sections after the options.
fn page(name: &str, command: &Command, pages: &[(String, &Command)]) -> Roff {
    let own = name.strip_prefix(PROGRAM).unwrap_or_default().trim_start_matches('-');
    let top = own.split('-').next().unwrap_or_default();
    let takes_settings = top.is_empty() || WITH_SETTINGS.contains(&top);
    let mut roff = Roff::new();
    if let Some(after) = command.get_after_long_help().filter(|_| top == "run") {
        let own = after.to_string();
        let own = own.lines().take_while(|line| !line.starts_with("Settings are read"));
        roff.control("SH", ["PLACEHOLDERS"]);
        own.filter(|line| !line.is_empty()).for_each(|line| paragraph(&mut roff, line));
    }
    environment(&mut roff, top, takes_settings);
    roff.control("SH", ["FILES"]);
    for (file, what) in texts::files(top, takes_settings) {
        entry(&mut roff, file, what);
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in exit::meanings(top) {
        entry(&mut roff, &code.to_string(), meaning);
    }
    if top == "run" {
        entry(&mut roff, "128+n", "ended by signal n");
    }
    let examples: Vec<&Example> = texts::EXAMPLES.iter().filter(|example| example.page == own).collect();
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        for example in examples {
            paragraph(&mut roff, example.what);
            roff.control("PP", []).control("RS", ["4"]).control("nf", []);
            example.lines.iter().for_each(|line| {
                roff.text([roman(*line)]);
            });
            roff.control("fi", []).control("RE", []);
        }
    }
    see_also(&mut roff, name, pages);
    roff
}

fn environment(roff: &mut Roff, top: &str, takes_settings: bool) {
    roff.control("SH", ["ENVIRONMENT"]);
    for Variable { name, what, .. } in texts::VARIABLES.iter().filter(|one| one.of(top, takes_settings)) {
        entry(roff, name, what);
    }
    if !takes_settings {
        return;
    }
    paragraph(roff, "Each setting has a variable, which beats regal.yml; an option beats both:");
    let mut heading = "";
    // in the order of the topics' first keys, as the options stand
    let mut topics: Vec<&str> = Vec::new();
    KEYS.iter().map(|key| topic(key.name).heading()).for_each(|topic| {
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    });
    for topic_heading in topics {
        let keys = KEYS.iter().filter(|key| topic(key.name).heading() == topic_heading);
        for (_, name) in keys.flat_map(arguments::option_names) {
            if heading != topic_heading {
                heading = topic_heading;
                roff.control("SS", [topic_heading]);
            }
            entry(roff, &variable(name), &format!("as --{}", name.replace(['_', '.'], "-")));
        }
    }
}

fn see_also(roff: &mut Roff, name: &str, pages: &[(String, &Command)]) {
    roff.control("SH", ["SEE ALSO"]);
    let others: Vec<String> = pages
        .iter()
        .filter(|(other, _)| other != name && (name == PROGRAM || other.matches('-').count() <= 2))
        .map(|(other, _)| format!("{other}(1)"))
        .collect();
    paragraph(roff, &format!("{}, ansible-inventory(1), ansible-playbook(1)", others.join(", ")));
    paragraph(
        roff,
        "All pages of the documentation stand in /usr/share/doc/regal-inventory where a package installed them.",
    );
}

fn entry(roff: &mut Roff, what: &str, text: &str) {
    roff.control("TP", []).text([bold(what)]).text([roman(text)]);
}

fn paragraph(roff: &mut Roff, text: &str) {
    roff.control("PP", []).text([roman(text)]);
}
