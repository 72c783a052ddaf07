//! `--on-event`: the events of a record, each handed to a command as it was recorded, while what records them goes on.

mod brief;

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use regal_inventory::error::io_message;
use regal_inventory::record::{Event, Unsent, Writer};
use regal_inventory::run::{Template, Values};
use regal_inventory::shown::Shown;
use regal_inventory::wording::count;
use rustix::process::{Pid, Signal, kill_process_group};

use super::starting;
pub use brief::Brief;

/// The option.
pub const OPTION: &str = "--on-event";
/// How long the command may take for one event, and how long the last ones are waited for at the end.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is seen whether the command has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// Hands events on, one after the other, without keeping anybody waiting.
pub struct Post {
    queue: Sender<Letter>,
    failures: Receiver<Unsent>,
    /// Says to the thread that nobody waits for it any longer.
    given_up: Arc<AtomicBool>,
    /// At its end once the thread is.
    ear: UnixStream,
    thread: JoinHandle<()>,
}

/// An event to hand on.
struct Letter {
    /// What messages call it.
    name: String,
    word: String,
    line: String,
    values: Values,
}

/// What the thread works with.
struct Carrier {
    template: Template,
    queue: Receiver<Letter>,
    failures: Sender<Unsent>,
    given_up: Arc<AtomicBool>,
    /// Closed by the end of the thread.
    _ring: UnixStream,
}

impl Post {
    /// Begins to hand on the events that a writer appends from now on.
    ///
    /// # Errors
    /// The system refuses a thread or a socket.
    pub fn open(template: Template, writer: &mut Writer) -> std::io::Result<Self> {
        writer.keep_appended();
        let (queue, letters) = channel();
        let (failed, failures) = channel();
        let (ear, ring) = UnixStream::pair()?;
        let given_up = Arc::new(AtomicBool::new(false));
        let carrier =
            Carrier { template, queue: letters, failures: failed, given_up: Arc::clone(&given_up), _ring: ring };
        let thread = std::thread::Builder::new().name("on-event".to_string()).spawn(move || carrier.work())?;
        Ok(Post { queue, failures, given_up, ear, thread })
    }

    /// Hands on what a writer has appended. `values` fills in what stands for a batch, or for none.
    pub fn send(&self, writer: &mut Writer, values: impl Fn(Option<&str>) -> Values) {
        for (event, line) in writer.take_appended() {
            if matches!(event, Event::Unsent(_)) {
                continue;
            }
            let about = event.group().map(|group| format!(" of {group}")).unwrap_or_default();
            let name = format!("`{}`{about}", event.word());
            let letter = Letter { name, word: event.word().to_string(), line, values: values(event.group()) };
            // a thread that has ended says at the end what it has not handed on
            let _ = self.queue.send(letter);
        }
    }

    /// What could not be handed on since it was last asked.
    pub fn failures(&self) -> Vec<Unsent> {
        self.failures.try_iter().collect()
    }

    /// Waits until all is handed on, and returns what could not be. `wait` waits for input, at most for so long; after that, what is
    /// left is given up.
    pub fn close<E>(self, wait: impl FnOnce(BorrowedFd<'_>, Duration) -> Result<(), E>) -> Vec<Unsent> {
        drop(self.queue);
        // whatever ended the waiting, nobody waits any longer
        let _ = wait(self.ear.as_fd(), PATIENCE);
        self.given_up.store(true, Ordering::SeqCst);
        let _ = self.thread.join();
        self.failures.try_iter().collect()
    }
}

impl Carrier {
    /// Hands on all that comes, in order.
    fn work(self) {
        let program = self.template.fill(&Values::default()).into_iter().next().unwrap_or_default();
        let fails = |why: String| {
            let _ = self.failures.send(Unsent { command: program.clone(), why });
        };
        let mut left = 0;
        for letter in &self.queue {
            if self.given_up.load(Ordering::SeqCst) {
                left += 1;
            } else if let Err(why) = self.hand_on(&letter) {
                fails(format!("{}: {why}", letter.name));
            }
        }
        if left > 0 {
            fails(format!("{} more: there was no time left to send them", count(left, "event")));
        }
    }

    fn hand_on(&self, letter: &Letter) -> Result<(), String> {
        let words = self.template.fill(&letter.values);
        let (program, arguments) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let mut command = Command::new(program);
        command.args(arguments);
        starting::set_variables(&mut command, &letter.values);
        command.env("ROLLOUT_EVENT", &letter.word);
        let input = input(&letter.line).map_err(|error| format!("it cannot be written: {}", io_message(&error)))?;
        // a signal of the terminal ends what deploys, and whoever is told of it should hear that
        command.stdin(input).stdout(Stdio::null()).process_group(0);
        let child = starting::alone(|| command.spawn());
        let mut child = child.map_err(|error| format!("cannot be started: {}", io_message(&error)))?;
        let begun = Instant::now();
        let ended = self.wait(&mut child, begun + PATIENCE);
        if !matches!(ended, Ok(Some(_))) {
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            let _ = child.wait();
        }
        match ended {
            Ok(Some(status)) => failure(status).map_or(Ok(()), Err),
            Ok(None) => Err(format!("it did not end within {} s, and was ended", begun.elapsed().as_secs())),
            Err(error) => Err(io_message(&error)),
        }
    }

    /// Waits for the end of a command; nothing where that takes too long.
    fn wait(&self, child: &mut Child, until: Instant) -> std::io::Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() >= until || self.given_up.load(Ordering::SeqCst) {
                return Ok(None);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// A file without a name, since a command that does not read must not keep us waiting.
fn input(line: &str) -> std::io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(line.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

/// How a command ended, unless it ended well.
pub fn failure(status: ExitStatus) -> Option<String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("exit code {code}")),
        (None, Some(signal)) => Some(format!("ended by signal {signal}")),
        (None, None) => Some("ended".to_string()),
    }
}

/// What is said of an event that was not handed on.
pub fn words(unsent: &Unsent) -> String {
    format!("not sent to {}: {}", Shown::new(&unsent.command), unsent.why)
}
