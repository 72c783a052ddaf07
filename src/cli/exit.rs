//! Exit codes.

/// All is done.
pub const DONE: u8 = 0;
/// Bad input.
pub const BAD_INPUT: u8 = 1;
/// The command line is none that this program has.
pub const WRONG_USAGE: u8 = 2;
/// The inventory says something else than when the plan was frozen.
pub const DRIFT: u8 = 3;
/// A run waits for approval of its next batch, or until it may begin.
pub const WAITING: u8 = 4;
/// A run stopped at a batch that failed.
pub const LOST: u8 = 5;
/// Somebody else runs the rollout.
pub const BUSY: u8 = 6;

/// What each code says, to people, and the commands that end with it; all of them where none is named.
pub const MEANINGS: &[(u8, &str, &[&str])] = &[
    (DONE, "done", &[]),
    (BAD_INPUT, "bad input", &[]),
    (WRONG_USAGE, "wrong usage", &[]),
    (
        DRIFT,
        "the inventory differs from the frozen plan",
        &["", "plan", "why", "check", "diff", "run", "judge", "export"],
    ),
    (WAITING, "waiting for approval or for a window", &["run"]),
    (LOST, "stopped at a batch that failed", &["run"]),
    (LOST, "a gate said no", &["judge"]),
    (BUSY, "somebody else runs the rollout", &["run", "record"]),
];

/// Returns the codes that a command ends with, and what they say; the name of the program alone is empty.
pub fn meanings(command: &str) -> impl Iterator<Item = (u8, &'static str)> {
    let may = move |commands: &[&str]| commands.is_empty() || commands.contains(&command);
    MEANINGS.iter().filter(move |(_, _, commands)| may(commands)).map(|(code, meaning, _)| (*code, *meaning))
}

/// Returns the codes of a command as one sentence.
pub fn sentence(command: &str) -> String {
    let codes: Vec<String> = meanings(command).map(|(code, meaning)| format!("{code} {meaning}")).collect();
    let signals = if command == "run" { ", 128+n ended by signal n" } else { "" };
    format!("Exit codes: {}{signals}.", codes.join(", "))
}
