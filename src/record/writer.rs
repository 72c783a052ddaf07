//! Appends events to a record.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, fsync, open};
use sha2::{Digest, Sha256};

use super::append::{Store, alone, append};
use super::event::{Event, Line, SCHEMA, Start, TakeOver};
use super::place::Place;
use super::process::{Liveness, Process};
use super::reading::{self, WRITABLE, check_is_file, check_plan};
use super::state::{Run, State};
use crate::error::{Code, Location, Problem, Result, io_message};
use crate::shown::Shown;
use crate::system;
use crate::wording::count;

/// Tells the time.
pub type Clock = fn() -> SystemTime;

/// The last millisecond of the year 9999, which is as far as times are written.
const LAST: Duration = Duration::from_millis(253_402_300_799_999);
const BEGIN_ONE: &str = "begin one: regal-inventory record start";
/// What was recorded is lost then, and what goes on must not look like the begin of the rollout.
const GONE: &str = "the record was deleted or replaced while a run was in it";
const REPLACED: &str = "if the record was replaced while that run was in it, put it back where it was";
const PUT_BACK: &str = "put it back where it was; without it nobody knows which hosts are done";
/// How often a record is opened that was put away while it was.
const TRIES: usize = 20;

/// A record that events are appended to.
pub struct Writer {
    place: Place,
    file: Arc<File>,
    clock: Clock,
    /// The run that the events belong to.
    run: Option<String>,
    state: State,
    /// The number of lines that `state` has, and the length of their text.
    lines: usize,
    end: u64,
    torn: bool,
    /// What was appended, with its lines, as far as somebody asks for it.
    appended: Option<Vec<(Event, String)>>,
}

impl Writer {
    /// Opens a record, which is made if there is none, and locks it until the writer is dropped and what `share_lock` gave is
    /// closed in all processes.
    ///
    /// # Errors
    /// `RecordBusy`: another process holds the lock. Otherwise the record cannot be written or read, or is one of another plan.
    pub fn open(place: Place, clock: Clock) -> Result<Self> {
        for _ in 0..TRIES {
            let writer = Self::open_unlocked(place.clone(), clock)?;
            match flock(&*writer.file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => return Err(writer.locked_by_another().into()),
                Err(error) => return Err(writer.cannot(&error.into()).into()),
            }
            // who had it locked until now may have added something, or put it away
            if writer.is_in_its_place() {
                let mut writer = writer;
                writer.refresh()?;
                return Ok(writer);
            }
        }
        Err(Problem::of(Code::Unwritable, "the record is put away again and again by another process")
            .at(Location::whole(place.path.display().to_string()))
            .into())
    }

    /// Opens a record for a few events, without a lock that lasts.
    ///
    /// # Errors
    /// The record cannot be written or read, or is one of another plan.
    pub fn open_unlocked(place: Place, clock: Clock) -> Result<Self> {
        let file = Arc::new(create(&place)?);
        let mut writer = Writer {
            place,
            file,
            clock,
            run: None,
            state: State::default(),
            lines: 0,
            end: 0,
            torn: false,
            appended: None,
        };
        writer.refresh()?;
        Ok(writer)
    }

    /// Opens a record for events of a run that another process began, without a lock: the run that is named, otherwise the open one.
    ///
    /// # Errors
    /// There is no such run, or none is open. Otherwise the record cannot be written or read, or is one of another plan.
    pub fn join(place: Place, run: Option<&str>, clock: Clock) -> Result<Self> {
        if matches!(place.path.symlink_metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound) {
            return Err(no_record(&place, run).into());
        }
        let mut writer = Self::open_unlocked(place, clock)?;
        let found = match run {
            Some(id) => writer.state.run(id),
            None => writer.state.open_run(),
        };
        writer.run = Some(found.ok_or_else(|| writer.no_run(run))?.id.clone());
        Ok(writer)
    }

    /// Returns what is known of the rollout, as of the last event that was appended or seen.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the id of the run that this writer began.
    pub fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// Whether a part of a line stands at the end of the record, from a write that was cut off. The next event takes its place.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Keeps what it appends from now on, for `take_appended`.
    pub fn keep_appended(&mut self) {
        self.appended.get_or_insert_default();
    }

    /// Returns the events that it has appended and kept since it was last asked, each with its line.
    pub fn take_appended(&mut self) -> Vec<(Event, String)> {
        self.appended.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes events into account that others appended, such as approvals.
    ///
    /// # Errors
    /// The record cannot be read, or has lines that are none.
    pub fn refresh(&mut self) -> Result<&State> {
        let file = Arc::clone(&self.file);
        let path = self.place.path.clone();
        alone(&file, &path, || self.catch_up()).map_err(|error| self.cannot(&error))??;
        Ok(&self.state)
    }

    /// Begins a run, whose events are appended from now on, and returns its id.
    ///
    /// # Errors
    /// `RecordBusy`: a run is under way, or may be, and is not to be taken over. Otherwise the record cannot be written.
    pub fn begin_run(&mut self, start: Start, take_over: bool) -> Result<String> {
        let id = run_id(&start.process, (self.clock)());
        let by = start.who.clone();
        self.append_alone(|writer| {
            let Some(open) = writer.state.open_run() else {
                return Ok(vec![(id.clone(), Event::Start(Box::new(start)))]);
            };
            let goes_on = goes_on(open, &start.process);
            if goes_on == Liveness::Ended {
                return Ok(vec![(id.clone(), Event::Start(Box::new(start)))]);
            }
            if !take_over {
                return Err(writer.busy(open, goes_on, false));
            }
            let taken = Event::TakeOver(TakeOver { from: open.id.clone(), by });
            Ok(vec![(id.clone(), taken), (id.clone(), Event::Start(Box::new(start)))])
        })?;
        self.run = Some(id.clone());
        Ok(id)
    }

    /// Appends an event of this writer's run. It is on the disk when this returns.
    ///
    /// # Errors
    /// `RecordBusy`: the run was taken over, and would begin a batch. Otherwise the record cannot be written.
    pub fn append(&mut self, event: Event) -> Result<()> {
        let run = self.run.clone();
        self.append_alone(|writer| {
            let may =
                !matches!(event, Event::Begin(_)) || run.as_deref() == writer.state.open_run().map(|run| &*run.id);
            if !may {
                return Err(writer.taken_over());
            }
            Ok(vec![(run.unwrap_or_default(), event)])
        })
    }

    /// Returns the lock on the record, for children: it holds until this, the writer, and all children that were started while this
    /// was open have ended.
    ///
    /// # Errors
    /// This process has too many files open.
    pub fn share_lock(&self) -> Result<OwnedFd> {
        // a descriptor that is copied in this way stays open in children
        rustix::io::dup(&*self.file).map_err(|error| self.cannot(&error.into()).into())
    }

    /// Appends what `events` says while nobody else appends.
    fn append_alone(
        &mut self,
        events: impl FnOnce(&Self) -> std::result::Result<Vec<(String, Event)>, Problem>,
    ) -> Result<()> {
        let file = Arc::clone(&self.file);
        let path = self.place.path.clone();
        let appended = alone(&file, &path, || {
            if !self.is_in_its_place() {
                return Err(Problem::of(Code::InvalidRecord, GONE).at(self.whole()).hint(PUT_BACK));
            }
            self.catch_up()?;
            let events = events(self)?;
            events.into_iter().try_for_each(|(run, event)| self.append_now(run, event))
        });
        appended.map_err(|error| self.cannot(&error))??;
        Ok(())
    }

    fn append_now(&mut self, run: String, event: Event) -> std::result::Result<(), Problem> {
        let line = Line {
            schema: SCHEMA,
            at: humantime::format_rfc3339_millis(within((self.clock)())).to_string(),
            plan: self.place.plan_id.clone(),
            run: Some(run).filter(|run| !run.is_empty()),
            event,
        };
        let json = serde_json::to_string(&line)
            .map_err(|error| Problem::of(Code::Internal, format!("an event cannot be written: {error}")))?;
        let text = format!("{json}\n");
        append(&mut &*self.file, self.end, self.torn, text.as_bytes()).map_err(|error| self.cannot(&error))?;
        self.state.see(&line);
        self.lines += 1;
        self.end += text.len() as u64;
        self.torn = false;
        if let Some(appended) = &mut self.appended {
            appended.push((line.event, text));
        }
        Ok(())
    }

    /// Reads what was appended since.
    fn catch_up(&mut self) -> std::result::Result<(), Problem> {
        let path = self.place.path.clone();
        let length = self.file.metadata().map_err(|error| self.cannot(&error))?.len();
        if length < self.end {
            let problem = Problem::of(Code::InvalidRecord, "the record was cut off while it was in use");
            return Err(problem.at(Location::whole(path.display().to_string())).hint("take it out of a backup"));
        }
        let bytes =
            (&mut &*self.file).read_from(self.end).map_err(|error| reading::cannot_open(&path, error, "read"))?;
        let (lines, end) = reading::parse(&path, &bytes, self.lines)?;
        check_plan(&path, &self.place.plan_id, &lines)?;
        lines.iter().for_each(|line| self.state.see(line));
        self.lines += lines.len();
        self.end += end as u64;
        self.torn = end < bytes.len();
        Ok(())
    }

    fn is_in_its_place(&self) -> bool {
        match (self.file.metadata(), self.place.path.symlink_metadata()) {
            (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
            _ => false,
        }
    }

    fn whole(&self) -> Location {
        Location::whole(self.place.path.display().to_string())
    }

    fn cannot(&self, error: &io::Error) -> Problem {
        let message = format!("the record cannot be written: {}", io_message(error));
        Problem::of(Code::Unwritable, message).at(self.whole()).hint(WRITABLE)
    }

    /// Somebody else holds the lock: a run, or what it started and left behind.
    fn locked_by_another(&self) -> Problem {
        let open = self.state.open_run().filter(|run| run.start.process.liveness() != Liveness::Ended);
        if let Some(run) = open {
            return self.busy(run, Liveness::Alive, true);
        }
        let holders = system::holders(&self.place.path);
        let named: Vec<String> =
            holders.iter().take(3).map(|holder| format!("{} ({})", holder.pid, holder.name)).collect();
        let message = match (self.state.open_run().is_some(), named.is_empty()) {
            (_, true) => "another process holds the lock on the record".to_string(),
            (true, false) => {
                format!("a run has ended, and what it started still goes on: process {}", named.join(", "))
            }
            (false, false) => format!("another process holds the lock on the record: process {}", named.join(", ")),
        };
        Problem::of(Code::RecordBusy, message)
            .at(self.whole())
            .hint("wait until it has ended, then give the same command again")
    }

    /// A run goes on, or may. `locks`: its lock keeps others out, so that it cannot be taken over.
    fn busy(&self, run: &Run, liveness: Liveness, locks: bool) -> Problem {
        let Start { who, process, .. } = &run.start;
        let by = format!("{who} since {}, process {} on {}", run.at, process.pid, process.host);
        let (message, hint) = match (liveness, locks) {
            (Liveness::Alive, true) => (
                format!("this rollout is under way: {by}"),
                "wait until it has ended, or end it; regal-inventory status shows where it stands",
            ),
            (Liveness::Alive, false) => (
                format!("this rollout is under way: {by}"),
                "wait until it has ended, or end it; to take it over all the same: the same command with --take-over",
            ),
            _ => (
                format!("this rollout may be under way where it cannot be seen from here: {by}"),
                "once you know that it has ended, take it over: the same command with --take-over",
            ),
        };
        Problem::of(Code::RecordBusy, message).at(self.whole()).hint(hint)
    }

    fn no_run(&self, named: Option<&str>) -> Problem {
        let (message, hint) = match named {
            Some(id) => (format!("the record has no run {}", Shown::new(id)), REPLACED),
            None => ("no run of this rollout is open".to_string(), BEGIN_ONE),
        };
        Problem::of(Code::InvalidOption, message).at(self.whole()).hint(hint)
    }

    /// Another run has begun since this one has.
    fn taken_over(&self) -> Problem {
        let by = self.state.open_run().map(|run| format!(" by {}, {}", run.start.who, run.at)).unwrap_or_default();
        let runs = count(self.state.runs.len(), "run");
        let message = format!("this run was taken over{by}, and begins no further batch");
        Problem::of(Code::RecordBusy, message).at(self.whole()).hint(format!("regal-inventory log shows all {runs}"))
    }
}

/// There is no record that a run could be in, and none is made: it would say that nothing was done.
fn no_record(place: &Place, run: Option<&str>) -> Problem {
    let (message, hint) = match run {
        Some(_) => (GONE, PUT_BACK),
        None => ("no run of this rollout is open", BEGIN_ONE),
    };
    Problem::of(Code::InvalidOption, message).at(Location::whole(place.path.display().to_string())).hint(hint)
}

/// Whether a run goes on, asked by one who has the lock now; `here` is a process of this machine.
fn goes_on(run: &Run, here: &Process) -> Liveness {
    // the lock that its process held as long as it lived is ours now
    let had_lock = run.start.locks && run.start.process.same_boot(here);
    if had_lock { Liveness::Ended } else { run.start.process.liveness() }
}

/// Appends one event, for a process that does not live as long as its run, or that has none.
///
/// # Errors
/// `RecordBusy`: the run was taken over, and would begin a batch. Otherwise the record cannot be written, or is one of another plan.
pub fn append_once(place: Place, run: Option<&str>, event: Event, clock: Clock) -> Result<State> {
    let mut writer = Writer::open_unlocked(place, clock)?;
    writer.run = run.map(str::to_string);
    writer.append(event)?;
    Ok(writer.state)
}

/// Opens a record for appending. A new one is on the disk when this returns.
fn create(place: &Place) -> std::result::Result<File, Problem> {
    let path = &place.path;
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(if place.private { 0o600 } else { 0o664 });
    let file = open(path, flags, mode).map_err(|error| reading::cannot_open(path, error.into(), "written"))?;
    let file = File::from(file);
    check_is_file(path, &file)?;
    if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        make_lasting(path).map_err(|error| reading::cannot_open(path, error, "written"))?;
    }
    Ok(file)
}

/// Sees to it that the name of a new file outlives a loss of power.
fn make_lasting(path: &Path) -> io::Result<()> {
    use rustix::io::Errno;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // a folder may be open to writing and not to reading
    let Ok(folder) = File::open(folder) else { return Ok(()) };
    match fsync(folder) {
        // some file systems have nothing to do here
        Err(Errno::INVAL | Errno::NOTSUP | Errno::BADF) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A name for a run that no other has.
fn run_id(process: &Process, now: SystemTime) -> String {
    let nanoseconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let text = format!("{process:?} {} {nanoseconds}", std::process::id());
    let mut id = base16ct::lower::encode_string(&Sha256::digest(text));
    id.truncate(12);
    id
}

/// A time that can be written.
fn within(time: SystemTime) -> SystemTime {
    UNIX_EPOCH + time.duration_since(UNIX_EPOCH).unwrap_or_default().min(LAST)
}
