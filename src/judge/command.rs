//! A command that says whether a batch is well.

use std::collections::HashSet;
use std::io::{self, Read, Seek};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::io_message;
use crate::policy::gates::INCONCLUSIVE_EXIT;
use crate::record::Health;
use crate::shown::{Shown, cut};

/// How long a command sleeps between two looks at whether it has ended.
const TICK: Duration = Duration::from_millis(20);
/// The bytes at the end of what it prints that are looked at for its last line, and the characters that are shown.
const MOST: u64 = 4 << 10;
const WIDTH: usize = 300;

/// The commands that run, so that none outlives what it was started for.
#[derive(Clone, Debug, Default)]
pub struct Children(Arc<Mutex<Running>>);

#[derive(Debug, Default)]
struct Running {
    groups: HashSet<Pid>,
    is_over: bool,
}

/// What a command said.
pub struct Said {
    /// What follows.
    pub verdict: Health,
    /// Its exit code.
    pub code: Option<i32>,
    /// Why, where it is not well.
    pub message: Option<String>,
}

impl Children {
    /// Runs a command to its end, or ends it, with all that it started and did not take out of its process group, when its time is
    /// over.
    pub fn run(&self, command: Command, until: Instant) -> Said {
        let inconclusive = |message: String| Said { verdict: Health::Inconclusive, code: None, message: Some(message) };
        let program = command.get_program().to_string_lossy().into_owned();
        match self.to_end(command, until) {
            Ok(Some((status, line))) => said(status, line),
            Ok(None) => inconclusive("the command took too long, and was ended".to_string()),
            Err(error) => {
                let program = Shown::new(&program);
                inconclusive(format!("the command cannot be run: {program}: {}", io_message(&error)))
            }
        }
    }

    fn to_end(&self, mut command: Command, until: Instant) -> io::Result<Option<(ExitStatus, String)>> {
        // a file, since a pipe stays open as long as anything that the command started
        let mut printed = tempfile::tempfile()?;
        command.stdin(Stdio::null()).stdout(printed.try_clone()?).stderr(printed.try_clone()?).process_group(0);
        let (mut child, group) = self.start(command)?;
        let status = loop {
            if let Some(status) = self.ended(&mut child, group)? {
                break Some(status);
            }
            if Instant::now() >= until {
                self.end(&mut child, group)?;
                break None;
            }
            thread::sleep(TICK);
        };
        Ok(status.map(|status| (status, last_line(&mut printed))))
    }

    fn start(&self, mut command: Command) -> io::Result<(Child, Pid)> {
        let mut running = self.lock();
        if running.is_over {
            return Err(io::Error::other("the run is over"));
        }
        let child = command.spawn()?;
        let group = Pid::from_child(&child);
        running.groups.insert(group);
        Ok((child, group))
    }

    /// Whether it has ended. Its number is asked for and forgotten under the lock, so that nobody ends another process of that number.
    fn ended(&self, child: &mut Child, group: Pid) -> io::Result<Option<ExitStatus>> {
        let mut running = self.lock();
        let status = child.try_wait()?;
        if status.is_some() {
            running.groups.remove(&group);
        }
        Ok(status)
    }

    fn end(&self, child: &mut Child, group: Pid) -> io::Result<()> {
        let mut running = self.lock();
        if running.groups.remove(&group) {
            // gone already is as good
            let _ = kill_process_group(group, Signal::KILL);
        }
        drop(running);
        child.wait().map(drop)
    }

    /// Ends all that run; none is started any more.
    pub fn end_all(&self) {
        let mut running = self.lock();
        running.is_over = true;
        for group in &running.groups {
            let _ = kill_process_group(*group, Signal::KILL);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn said(status: ExitStatus, line: String) -> Said {
    let how = match (status.code(), status.signal()) {
        (Some(0), _) => return Said { verdict: Health::Ok, code: Some(0), message: None },
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended".to_string(),
    };
    let is_unknown = status.code() == Some(INCONCLUSIVE_EXIT);
    let verdict = if is_unknown { Health::Inconclusive } else { Health::Failed };
    let message = if line.is_empty() { how } else { format!("{how}: {line}") };
    Said { verdict, code: status.code(), message: Some(message) }
}

/// The last line that says something.
fn last_line(printed: &mut std::fs::File) -> String {
    let read = |printed: &mut std::fs::File| -> io::Result<Vec<u8>> {
        let end = printed.seek(io::SeekFrom::End(0))?;
        printed.seek(io::SeekFrom::Start(end.saturating_sub(MOST)))?;
        let mut part = Vec::new();
        printed.take(MOST).read_to_end(&mut part)?;
        Ok(part)
    };
    let text = read(printed).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    cut(line, WIDTH).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shell(script: &str, time: Duration) -> Said {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Children::default().run(command, Instant::now() + time)
    }

    #[test]
    fn the_exit_code_says_how_it_is() {
        let minute = Duration::from_secs(60);
        assert_eq!(shell("exit 0", minute).verdict, Health::Ok);
        let failed = shell("echo fine; echo too slow >&2; echo; exit 3", minute);
        assert_eq!((failed.verdict, failed.message.as_deref()), (Health::Failed, Some("exit code 3: too slow")));
        assert_eq!(shell("exit 75", minute).verdict, Health::Inconclusive);
        assert_eq!(shell("kill -9 $$", minute).verdict, Health::Failed);
        let none = Children::default().run(Command::new("/nowhere/check"), Instant::now() + minute);
        assert_eq!(none.verdict, Health::Inconclusive);
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let late = folder.path().join("late");
        let script = format!("(sleep 1; touch {}) & sleep 60", late.display());
        let begun = Instant::now();
        let said = shell(&script, Duration::from_millis(200));
        assert_eq!(said.verdict, Health::Inconclusive);
        assert!(begun.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(1200));
        assert!(!late.exists());
    }

    #[test]
    fn what_a_command_leaves_open_is_not_waited_for() {
        let begun = Instant::now();
        assert_eq!(shell("sleep 5 & exit 0", Duration::from_secs(60)).verdict, Health::Ok);
        assert!(begun.elapsed() < Duration::from_secs(4));
    }

    #[test]
    fn at_the_end_all_are_ended() {
        let children = Children::default();
        let (other, begun) = (children.clone(), Instant::now());
        let thread = thread::spawn(move || {
            let mut command = Command::new("sleep");
            command.arg("60");
            other.run(command, Instant::now() + Duration::from_secs(60)).verdict
        });
        thread::sleep(Duration::from_millis(200));
        children.end_all();
        assert_eq!(thread.join().unwrap(), Health::Failed);
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!(
            children.run(Command::new("true"), Instant::now() + Duration::from_secs(1)).verdict,
            Health::Inconclusive
        );
    }
}
