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
    command.env("TERM", "xterm").env("TERMINAL", &name).env("HOME", test.path()).envs(environment.iter().copied());
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
    // one that is full has none, and one with less room a shorter one
    let (text, _) = shown(&test, 110, &[], &["plan"]);
    assert!(!text.contains('▓'), "{text}");
    let few = Test::new()
        .file("hosts", "web[1:8]\n")
        .file("regal.yml", "inventory: hosts\nversions: {v: all}\nbatch_size: 4\n");
    for (columns, bar) in [(80, Some("▓█████░░░░")), (48, Some("▓█████░░░░")), (44, Some("███░░░")), (42, None)]
    {
        let (text, _) = shown(&few, columns, &[], &["plan"]);
        let text = plain(&text);
        let is_there = bar.map_or(!text.contains('░'), |bar| text.contains(&format!("62.5%  {bar}  web[2:5]")));
        assert!(is_there && text.contains("web[2:5]\n"), "{columns}: {text}");
    }
}

#[test]
fn a_terminal_of_usual_width_has_the_words_of_a_pipe() {
    let test = fleet().file("many", "web[1:40]\n");
    for line in ["plan", "why cedar.frankfurt.example.net", "--graph", "plan -i many --versions v=all --full"] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let (text, _) = shown(&test, 120, &[], &arguments);
        // but for the bars, each line has the same
        assert_eq!(words(&plain(&text)), words(&test.shell(&format!("regal {line}")).stdout), "{line}");
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
        .map(|line| {
            line[..line.rfind("  ").unwrap()]
                .chars()
                .map(|c| if c.is_ascii() || "▓█░".contains(c) { 1 } else { 2 })
                .sum()
        })
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

/// The words of each line, without bars.
fn words(text: &str) -> Vec<Vec<&str>> {
    let of_line = |line| str::split_whitespace(line).filter(|word| !word.contains(['▓', '█', '░'])).collect();
    text.lines().map(of_line).collect()
}

/// What is left on a terminal at the end, without colors.
fn left(text: &str) -> String {
    let mut lines: Vec<Vec<char>> = vec![Vec::new()];
    let mut column = 0;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let line = lines.last_mut().unwrap();
        match c {
            '\r' => column = 0,
            '\n' => {
                lines.push(Vec::new());
                column = 0;
            }
            '\u{1b}' => {
                assert_eq!(rest.next(), Some('['), "{text:?}");
                let sequence: String = rest.by_ref().take_while(|c| !c.is_ascii_alphabetic()).collect();
                // it ends in a letter, which is taken: all but the one that empties a line is a color here
                if sequence == "2" {
                    line.clear();
                }
            }
            c => {
                line.resize(line.len().max(column + 1), ' ');
                line[column] = c;
                column += 1;
            }
        }
    }
    let lines: Vec<String> = lines.into_iter().map(String::from_iter).collect();
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// An inventory script that takes a second.
fn slow(before: &str) -> Test {
    let script = format!(
        "#!/bin/sh\n{before}sleep 1.2\necho '{{\"web\": {{\"hosts\": [\"web1\", \"web2\"]}}, \"_meta\": {{\"hostvars\": {{}}}}}}'\n"
    );
    Test::new().script("hosts.sh", &script).file("regal.yml", "inventory: hosts.sh\nversions: {v: web}\n")
}

#[test]
fn a_program_that_takes_long_is_named_and_nothing_of_it_is_left() {
    let test = slow("");
    let quiet = test.shell("regal plan");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    for line in ["plan", "--graph", "check"] {
        let (text, code) = shown(&test, 120, &[], &line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("  waiting for hosts.sh --list: "), "{text:?}");
        assert_eq!(words(&left(&text)), words(&test.shell(&format!("regal {line} 2>&1")).stdout), "{text:?}");
    }
    // the line has its place in the narrowest
    let (text, _) = shown(&test, 24, &[], &["plan"]);
    assert!(text.contains("waiting for") && !left(&text).contains("waiting"), "{text:?}");
    // where it cannot be taken back, and where a program asks
    let dumb = [("TERM", "dumb")];
    let never = [(&dumb[..], &["plan"][..]), (&[], &["--list"]), (&[], &["--host", "web1"])];
    for (environment, arguments) in never {
        let (text, _) = shown(&test, 120, environment, arguments);
        assert!(!text.contains("waiting") && !text.contains('\r'), "{arguments:?}: {text:?}");
    }
}

#[test]
fn a_program_that_asks_for_a_password_has_the_terminal_for_itself() {
    let test = slow("sleep 0.8\nstty -F \"$TERMINAL\" -echo\nprintf 'Token: ' >\"$TERMINAL\"\n");
    let (text, _) = shown(&test, 120, &[], &["plan"]);
    let (before, after) = text.split_once("Token: ").unwrap();
    assert!(before.contains("waiting for hosts.sh") && !after.contains("waiting"), "{text:?}");
}

#[test]
fn vars_files_that_take_long_have_a_bar() {
    let test = Test::new()
        .file("hosts", "[web]\nweb[1:4]\n")
        .file("host_vars/web1.yml", "x: 1\n")
        .file("host_vars/web4.yml", "x: 1\n")
        .file("regal.yml", "inventory: hosts\nversions: {v: web}\n");
    let made = Command::new("mkfifo").arg(test.path().join("host_vars/web2.yml")).status().unwrap();
    assert!(made.success());
    let slow = test.path().join("host_vars/web2.yml");
    let writer = std::thread::spawn(move || {
        let file = File::options().write(true).open(slow).unwrap();
        std::thread::sleep(std::time::Duration::from_secs(1));
        std::io::Write::write_all(&mut &file, b"x: 2\n").unwrap();
    });
    let (text, code) = shown(&test, 120, &[], &["plan"]);
    writer.join().unwrap();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("██████████░░░░░░░░░░  reading host_vars: 2 of 4"), "{text:?}");
    assert!(left(&text).contains("plan ") && !left(&text).contains("reading"), "{text:?}");
}

#[test]
fn a_watch_has_a_bar_and_messages_stay_whole() {
    let test = fleet().file("regal.yml", "inventory: hosts\nversions: {shop-2.5.0: web}\nbatch_size: rest\nbake: 2s\n");
    let saved = test.shell("regal plan --save shop.rollout.yml");
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    let run = |file: &str| {
        std::fs::copy(test.path().join("shop.rollout.yml"), test.path().join(file)).unwrap();
        shown(&test, 80, &[], &["run", "--plan", file, "--", "true"]).0
    };
    let text = run("seen.rollout.yml");
    assert!(text.contains("░░░░░░░░░░░░░░░░░░░░  run: shop-2.5.0_groupA is watched: 2s left"), "{text:?}");
    assert!(text.contains("██████████░░░░░░░░░░  run: shop-2.5.0_groupA is watched: 1s left"), "{text:?}");
    let words =
        |text: &str| text.lines().map(|line| line.split(" after ").next().unwrap().to_string()).collect::<Vec<_>>();
    std::fs::copy(test.path().join("shop.rollout.yml"), test.path().join("quiet.rollout.yml")).unwrap();
    let quiet = test.shell("regal run --plan quiet.rollout.yml -- true 2>&1").stdout;
    assert_eq!(words(&left(&text)), words(&quiet), "{text:?}");
}
