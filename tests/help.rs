//! What `-h`, `--help` and the manual pages say.

use std::collections::HashSet;

use regal_inventory::settings::keys::{Id, KEYS};
use regal_inventory::settings::schema::words_of;
use regal_inventory::settings::topics::topic;

use crate::support::Test;

/// All commands, as words of a command line; that of the program itself has none.
fn commands() -> Vec<Vec<String>> {
    let pages = Test::new().args(&["man", "--list"]).stdout();
    let own = pages.lines().map(|page| page.strip_prefix("regal-inventory").unwrap());
    // the only command whose name has the mark that stands between the names
    let own = own.map(|page| page.replace("ignore-windows", "ignore_windows"));
    own.map(|page| page.split('-').filter(|word| !word.is_empty()).map(|word| word.replace('_', "-")).collect())
        .collect()
}

fn help(command: &[String], option: &str) -> String {
    let words: Vec<&str> = command.iter().map(String::as_str).chain([option]).collect();
    Test::new().args(&words).env("COLUMNS", "80").stdout()
}

#[test]
fn short_help_fits_a_screen_and_names_the_rest() {
    for command in commands() {
        let text = help(&command, "-h");
        let most = match command.first().map(String::as_str) {
            // each command has a line
            None => 34,
            // these have many options
            Some("run") => 32,
            Some("export") => 28,
            _ => 24,
        };
        let lines = text.trim_end().lines().count();
        assert!(lines <= most, "{command:?} has {lines} lines:\n{text}");
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{command:?}");
        assert!(text.contains("--help"), "{command:?}:\n{text}");
    }
}

/// What long help says of an option: the heading above it, how it is written, and its text.
fn entry(text: &str, option: &str) -> (String, String, String) {
    let mut heading = "";
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.ends_with(':') && !line.starts_with(' ') {
            heading = line.trim_end_matches(':');
        }
        let written = line.trim_start();
        let is_it = written.split([' ', '[', ',']).any(|word| word == option) && written.starts_with('-');
        if is_it {
            let text = lines.take_while(|line| !line.is_empty()).map(str::trim).collect::<Vec<_>>().join(" ");
            return (heading.to_string(), written.to_string(), text);
        }
    }
    panic!("{option} is not in:\n{text}")
}

#[test]
fn long_help_has_each_setting_under_what_it_is_about() {
    let text = help(&["plan".to_string()], "--help");
    for key in KEYS.iter().filter(|key| !matches!(key.id, Id::Plugin | Id::Hosts | Id::Inventory)) {
        let (heading, written, said) = entry(&text, &format!("--{}", key.name.replace(['_', '.'], "-")));
        assert_eq!(heading, topic(key.name).heading(), "{}", key.name);
        let words = words_of(key);
        if words.closed {
            assert!(written.contains(&format!("<{}>", words.words.join("|"))), "{written}");
        } else {
            assert!(
                said.contains(&key.allowed.split_whitespace().collect::<Vec<_>>().join(" ")),
                "{}: {said}",
                key.name
            );
        }
        assert_eq!(said.contains("[default: "), key.default.is_some(), "{}: {said}", key.name);
        assert!(key.default.is_none_or(|default| said.contains(&format!("[default: {default}]"))), "{said}");
    }
    let (_, written, said) = entry(&text, "--remainder");
    assert_eq!(written, "--remainder <last|balance|merge>");
    assert!(said.ends_with("almost twice as large [default: last]"), "{said}");
    let wide = text.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None);
}

#[test]
fn settings_stand_where_they_do_something_alone() {
    for command in commands() {
        let with = command
            .first()
            .is_none_or(|first| ["init", "plan", "why", "check", "diff", "run", "export"].contains(&first.as_str()));
        assert_eq!(help(&command, "--help").contains("--batch-size"), with, "{command:?}");
    }
    // they are taken all the same, as ever
    let output = Test::new().args(&["export", "--list", "--batch-size", "3"]).run();
    assert_eq!(output.code, 0);
    assert_eq!(Test::new().args(&["schema", "--batch-size", "3"]).run().code, 0);
}

#[test]
fn each_page_of_the_manual_has_its_sections() {
    let mut seen = HashSet::new();
    for command in commands() {
        let words: Vec<&str> = std::iter::once("man").chain(command.iter().map(String::as_str)).collect();
        let page = Test::new().args(&words).stdout();
        assert!(seen.insert(page.clone()), "{command:?}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "ENVIRONMENT", "FILES", "EXIT STATUS", "SEE ALSO"] {
            assert!(
                page.contains(&format!(".SH {section}\n")) || page.contains(&format!(".SH \"{section}\"\n")),
                "{command:?}: {section}\n{page}"
            );
        }
        for shown in ["When to color messages, plan", "Run scripts and ansible\\-inventory again"] {
            assert!(page.contains(shown), "{command:?}: {shown}\n{page}");
        }
        // what is below `record` is shown together in its own page
        let has_examples = page.contains(".SH EXAMPLES\n");
        assert_eq!(has_examples, command.len() < 2, "{command:?}");
    }
    assert_eq!(
        Test::new().args(&["man", "record", "start"]).stdout(),
        Test::new().args(&["man", "regal-inventory-record-start"]).stdout()
    );
    assert!(Test::new().args(&["man", "plna"]).errors().contains("did you mean `plan`?"));
}

/// The lines of the examples of a page, as one types them.
fn examples(page: &str) -> Vec<String> {
    let section = page.split(".SH EXAMPLES\n").nth(1).unwrap_or_default().split(".SH ").next().unwrap_or_default();
    let blocks = section.split(".nf\n").skip(1).map(|block| block.split(".fi\n").next().unwrap_or_default());
    blocks
        .map(|block| block.replace("\\-", "-").replace("\\(aq", "'").replace("\\\\", "\\").replace("\\e", "\\"))
        .collect()
}

#[test]
fn the_examples_of_the_manual_run() {
    let hosts = "[web]\nweb-[01:08] app_version=2.5.0\n";
    let policy = "inventory: hosts.ini\nversion_from: {var: app_version}\ncanary: 1\nbatch_size: 25%\n";
    let test = Test::new().file("hosts.ini", hosts).file("regal.yml", policy).file("site.yml", "");
    let mut count = 0;
    // in an order in which one makes what the other needs
    for page in [
        "init",
        "",
        "plan",
        "why",
        "check",
        "diff",
        "run",
        "approve",
        "record",
        "status",
        "log",
        "export",
        "playbooks",
        "schema",
        "completions",
        "man",
    ] {
        let words = if page.is_empty() { vec!["man"] } else { vec!["man", page] };
        let examples = examples(&Test::new().args(&words).stdout());
        assert!(!examples.is_empty(), "{page}");
        for example in examples {
            let output = test.shell(&format!("set -e; {}", example.replace("regal-inventory ", "regal ")));
            assert_eq!(output.code, 0, "{page}: {example}\n{}{}", output.stdout, output.stderr);
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}
