//! What is shown on a terminal: a real one, of a width, with colors.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::Test;

/// Runs the command with a terminal of so many columns as stdout and stderr, and returns what it shows and the exit code.
fn shown(test: &Test, columns: u16, environment: &[(&str, &str)], arguments: &[&str]) -> (String, i32) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    tcsetwinsize(&terminal, Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let open = || Stdio::from(File::options().read(true).write(true).open(&name).unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_regal-inventory"));
    command.args(arguments).current_dir(test.path()).stdin(Stdio::null()).stdout(open()).stderr(open());
    let of_others = ["REGAL_", "ANSIBLE_", "NO_COLOR", "CLICOLOR", "COLUMNS", "CI"];
    for (name, _) in std::env::vars().filter(|(name, _)| of_others.iter().any(|other| name.starts_with(other))) {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").env("HOME", test.path()).envs(environment.iter().copied());
    let mut child = command.spawn().unwrap();
    // the child has the only ends that write now
    drop(command);
    let mut text = Vec::new();
    // the end of a terminal that nobody writes to any more is an error
    let _ = File::from(terminal).read_to_end(&mut text);
    let code = child.wait().unwrap().code().unwrap();
    (String::from_utf8(text).unwrap().replace("\r\n", "\n"), code)
}

/// What is shown without its colors; anything else that steers a terminal is a failure.
fn plain(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    let colors = text.split('\u{1b}').skip(1).all(|rest| {
        rest.strip_prefix('[')
            .is_some_and(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'))
    });
    assert!(colors && !plain.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    plain
}

/// Names that fold to nothing, of one batch.
fn fleet() -> Test {
    let names = ["amber", "birch", "cedar", "delta", "ember", "flint", "grove", "hazel"];
    let hosts: String = names.iter().map(|name| format!("{name}.frankfurt.example.net\n")).collect();
    Test::new()
        .file("hosts", format!("[web]\n{hosts}"))
        .file("regal.yml", "inventory: hosts\nversions: {shop-2.5.0: web}\nbatch_size: rest\n")
}

#[test]
fn a_narrow_terminal_shows_every_name_whole() {
    let test = fleet();
    for columns in [20, 40, 80] {
        for arguments in [&["plan"][..], &["plan", "--full"]] {
            let (text, code) = shown(&test, columns, &[], arguments);
            assert_eq!(code, 0, "{text}");
            let text = plain(&text);
            let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
            // a name of 27 columns is longer than the narrowest
            assert!(longest <= usize::from(columns).max(34), "{longest} of {columns}:\n{text}");
            let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_end_matches(',')).collect();
            let there = words.iter().filter(|word| word.ends_with(".frankfurt.example.net")).count();
            // what is not shown is counted
            let more = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let more = more.split("… and ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
            assert_eq!(there + more.unwrap_or_default(), 8, "{text}");
            assert!(!arguments.contains(&"--full") || there == 8, "{text}");
        }
    }
}

#[test]
fn a_wide_terminal_shows_more_than_a_pipe() {
    let test = fleet();
    let pipe = test.shell("regal plan").stdout;
    assert!(pipe.contains("… and "), "{pipe}");
    let (wide, _) = shown(&test, 300, &[], &["plan"]);
    assert!(plain(&wide).contains("hazel.frankfurt.example.net") && !wide.contains("… and "), "{wide}");
}

#[test]
fn a_terminal_with_room_has_a_bar_for_each_batch() {
    let test = fleet();
    let (text, _) = shown(&test, 132, &[], &["plan"]);
    assert!(plain(&text).contains("shop-2.5.0_groupB1      7    100%  ▓█████████  birch"), "{text}");
    let (text, _) = shown(&test, 131, &[], &["plan"]);
    assert!(!text.contains('▓'), "{text}");
}

#[test]
fn a_terminal_of_usual_width_has_the_words_of_a_pipe() {
    let test = fleet().file("many", "web[1:40]\n");
    for line in ["plan", "why cedar.frankfurt.example.net", "--graph", "plan -i many --versions v=all --full"] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let (text, _) = shown(&test, 120, &[], &arguments);
        assert_eq!(plain(&text), test.shell(&format!("regal {line}")).stdout, "{line}");
    }
}

#[test]
fn colors_are_where_they_are_wanted() {
    let test = fleet();
    let colored = |environment: &[(&str, &str)], arguments: &[&str]| {
        let (text, code) = shown(&test, 120, environment, arguments);
        assert_eq!(code, 0, "{text}");
        plain(&text);
        text.contains('\u{1b}')
    };
    for command in [&["plan"][..], &["why", "cedar.frankfurt.example.net"], &["--graph"], &["plan", "--waves"]] {
        assert!(colored(&[], command), "{command:?}");
        assert!(!colored(&[("NO_COLOR", "1")], command), "{command:?}");
        assert!(!colored(&[("CLICOLOR", "0")], command), "{command:?}");
        assert!(!colored(&[("TERM", "dumb")], command), "{command:?}");
        assert!(!colored(&[], &[command, &["--color", "never"]].concat()), "{command:?}");
        assert!(colored(&[("NO_COLOR", "1")], &[command, &["--color", "always"]].concat()), "{command:?}");
    }
    // a document and a file have none
    for command in
        ["plan --format json", "plan --format groups", "plan --format regal", "plan --format markdown", "--list"]
    {
        assert!(!colored(&[], &command.split(' ').collect::<Vec<_>>()), "{command}");
    }
    assert!(!colored(&[], &["plan", "--output", "out", "--color", "always"]));
    assert!(!std::fs::read_to_string(test.path().join("out")).unwrap().contains('\u{1b}'));
}

#[test]
fn a_pipe_is_as_it_is_unless_colors_are_forced() {
    let test = fleet();
    let pipe = test.shell("regal plan").stdout;
    assert!(!pipe.contains('\u{1b}'));
    for line in ["CLICOLOR_FORCE=1 regal plan", "regal plan --color always"] {
        let forced = test.shell(line).stdout;
        assert!(forced.contains('\u{1b}'), "{line}");
        assert_eq!(plain(&forced), pipe, "{line}");
    }
    assert_eq!(test.shell("CLICOLOR_FORCE=1 NO_COLOR=1 regal plan").stdout, pipe);
    assert_eq!(test.shell("COLUMNS=20 regal plan").stdout, pipe);
    // messages follow the same rule
    let test = Test::new().file("hosts", "web1\n");
    let said = |line: &str| test.shell(line).stderr;
    assert!(!said("regal -i hosts plan").contains('\u{1b}'));
    assert!(said("CLICOLOR_FORCE=1 regal -i hosts plan").starts_with("\u{1b}[1;31merror:\u{1b}[0m "));
}

#[test]
fn what_an_inventory_says_does_not_steer_the_terminal() {
    let hosts = "all:\n  hosts:\n    \"a\\e[2Jb\": {zone: \"x\\e]0;y\\a\"}\n    \"c\\x9bd\\u202ee\": {zone: \"\\x07\"}\n    主机: {zone: 北}\n";
    let test = Test::new()
        .file("hosts.yml", hosts)
        .file("regal.yml", "inventory: hosts.yml\nversions: {\"v\\e[31m\": all}\nspread: zone\ngroup_names: safe\n");
    for columns in [30, 120] {
        for line in [
            "plan",
            "plan --full",
            "plan --waves",
            "--graph",
            "why 主机",
            "plan --format regal",
            "plan --format groups",
            "check",
        ] {
            let (text, _) = shown(&test, columns, &[], &line.split(' ').collect::<Vec<_>>());
            assert!(!plain(&text).contains(['\u{202e}', '\u{9b}', '\u{7}']), "{line}: {text:?}");
        }
    }
}

#[test]
fn columns_stand_below_each_other_where_characters_are_wide() {
    let hosts = "web1 zone=北京\nweb2 zone=a\nweb3 zone=北京\nweb4 zone=a\n";
    let test = Test::new().file("hosts", hosts);
    let arguments = ["-i", "hosts", "--versions", "v=all", "--spread", "zone", "plan"];
    let (text, code) = shown(&test, 100, &[], &arguments);
    assert_eq!(code, 0, "{text}");
    let text = plain(&text);
    let columns: Vec<usize> = text
        .lines()
        .filter(|line| line.contains("  web") || line.ends_with("which"))
        .map(|line| line[..line.rfind("  ").unwrap()].chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum())
        .collect();
    assert!(columns.len() == 5 && columns.iter().all(|column| *column == columns[0]), "{columns:?}\n{text}");
}

#[test]
fn domains_are_counted_where_a_line_has_no_room_to_name_them() {
    let zones = ["north", "south", "west"];
    let hosts: String = (0..6).map(|n| format!("host{n} zone={}\n", zones[n % 3])).collect();
    let test = Test::new().file("hosts", hosts);
    let arguments = ["-i", "hosts", "--versions", "shop-2.5.0=all", "--spread", "zone", "--batch-size", "rest", "plan"];
    let plan = |columns| plain(&shown(&test, columns, &[], &arguments).0);
    assert!(plan(120).contains("north 1 50%, south 2 100%"), "{}", plan(120));
    assert!(plan(70).contains("3 domains, most 100% of south"), "{}", plan(70));
}

#[test]
fn status_has_colors_and_wraps() {
    let test = fleet();
    let saved =
        test.shell("regal plan --save shop.rollout.yml && regal run --plan shop.rollout.yml --only-canary -- true");
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    let (text, code) = shown(&test, 40, &[], &["status", "--plan", "shop.rollout.yml"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("\u{1b}[32mdone") && text.contains("\u{1b}[2mwaiting"), "{text:?}");
    assert!(plain(&text).lines().all(|line| line.chars().count() <= 40), "{text}");
    let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    assert_eq!(words(&plain(&text)), words(&test.shell("regal status --plan shop.rollout.yml").stdout));
}
