//! The commands of a run, and what stands in them for a batch.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use indexmap::IndexMap;
use regal_inventory::emit::export::{ALPHABET, host_fault};
use regal_inventory::error::{Code, Error, Problem, Result, io_message};
use regal_inventory::run::{Batch, MOST_BYTES, Schedule, Template, Values, check_version};
use regal_inventory::session::{Execution, Planned};
use regal_inventory::shown::Shown;

use super::super::arguments::RunOptions;
use super::super::judging::asks_hosts;
use super::super::{on_event, starting};

/// What is called when.
pub struct Templates {
    /// For each batch.
    pub deploy: Template,
    /// After the bake of each batch.
    pub check: Option<Template>,
    /// Where the run stops before all is done.
    pub on_stop: Option<Template>,
    /// At the end.
    pub on_end: Option<Template>,
    /// With each event of the record.
    pub on_event: Option<Template>,
}

/// The commands with what they are filled with.
pub struct Job<'p> {
    pub templates: Templates,
    plan: String,
    back_to: Option<String>,
    /// What one connects to, by the names of hosts; empty where an address cannot be used.
    addresses: HashMap<&'p str, &'p str>,
    kill_with_run: bool,
    /// Whether commands of gates may be run.
    pub execution: Execution,
}

/// The files of one call.
pub struct Files {
    /// A file with an address a line, if there are addresses.
    hosts: Option<PathBuf>,
    /// Where the command may say what became of hosts.
    pub results: PathBuf,
}

impl Templates {
    /// Reads the commands.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(options: &RunOptions) -> Result<Self> {
        let text =
            |option: &str, text: &Option<String>| text.as_ref().map(|text| Template::of_text(option, text)).transpose();
        Ok(Templates {
            deploy: Template::new(&options.command)?,
            check: text("--check", &options.check)?,
            on_stop: text("--on-stop", &options.on_stop)?,
            on_end: text("--on-end", &options.on_end)?,
            on_event: text(on_event::OPTION, &options.on_event.on_event)?,
        })
    }

    fn any(&self, uses: impl Fn(&Template) -> bool) -> bool {
        let hooks = [&self.check, &self.on_stop, &self.on_end, &self.on_event];
        uses(&self.deploy) || hooks.into_iter().flatten().any(uses)
    }
}

impl<'p> Job<'p> {
    /// Makes a job of a plan.
    ///
    /// # Errors
    /// Hosts and versions that are not safe as words of a command; hosts without an address that is, where one is needed.
    pub fn new(
        templates: Templates,
        schedule: &Schedule<'_>,
        planned: &Planned<'p>,
        options: &RunOptions,
        plan: &Path,
        execution: Execution,
    ) -> Result<Self> {
        let back_to = options.back_to.clone();
        let mut problems = Vec::new();
        for host in schedule.batches().flat_map(|batch| &batch.hosts) {
            if let Some(why) = host_fault(host) {
                let message = format!("`{}` cannot be a host of a command: {why}", Shown::new(host));
                problems.push(Problem::of(Code::ExportRefused, message).hint(ALPHABET));
            }
        }
        if templates.any(Template::uses_version) {
            let wrong = |version: &str, shown: &Shown<'_>| check_version(version, shown).err();
            match &back_to {
                Some(version) => problems.extend(wrong(version, &Shown::new(version))),
                None => {
                    let mut versions: Vec<&Batch<'_>> = schedule.batches().collect();
                    versions.dedup_by_key(|batch| batch.version);
                    problems.extend(versions.iter().filter_map(|batch| wrong(batch.version, &batch.shown())));
                    let back = versions.iter().filter_map(|batch| batch.rollback_to);
                    problems.extend(back.filter_map(|version| wrong(version, &Shown::new(version))));
                }
            }
        }
        problems.truncate(20);
        Error::unless_any(problems, ())?;
        let addresses = match planned.addresses(options.by_name) {
            Ok(addresses) => addresses,
            Err(error) if templates.any(Template::uses_hostfile) || schedule.batches().any(asks_hosts) => {
                return Err(error);
            }
            Err(_) => HashMap::new(),
        };
        let plan = plan.display().to_string();
        Ok(Job { templates, plan, back_to, addresses, kill_with_run: options.kill_with_run, execution })
    }

    /// Returns what the placeholders are for some hosts of a batch.
    pub fn values(&self, batch: &Batch<'_>, hosts: &[&str], files: Option<&Files>) -> Values {
        let hostfile = files.and_then(|files| files.hosts.as_ref());
        Values {
            group: batch.group.to_string(),
            version: self.back_to.clone().unwrap_or_else(|| batch.version.to_string()),
            batch: batch.stage.to_string(),
            index: batch.stage.index().to_string(),
            hosts: hosts.join(","),
            hostfile: hostfile.map_or_else(String::new, |path| path.display().to_string()),
            plan: self.plan.clone(),
        }
    }

    /// Returns the values where there is no batch.
    pub fn no_values(&self) -> Values {
        Values { plan: self.plan.clone(), version: self.back_to.clone().unwrap_or_default(), ..Values::default() }
    }

    /// Writes the files of a call; `number` is another one for each.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn files(&self, folder: &Path, number: usize, hosts: &[&str]) -> Result<Files> {
        let results = folder.join(format!("results-{number}"));
        write(&results, "")?;
        let addresses: Option<Vec<&str>> = hosts.iter().map(|host| self.addresses.get(host).copied()).collect();
        let hosts = match addresses {
            Some(addresses) => {
                let path = folder.join(format!("hosts-{number}"));
                write(&path, &addresses.iter().map(|address| format!("{address}\n")).collect::<String>())?;
                Some(path)
            }
            None => None,
        };
        Ok(Files { hosts, results })
    }

    /// What one connects to, by the names of hosts.
    pub fn addresses(&self) -> &HashMap<&'p str, &'p str> {
        &self.addresses
    }

    /// Returns the hosts of a batch by their addresses.
    pub fn by_address<'h>(&self, batch: &Batch<'h>) -> IndexMap<&'p str, &'h str> {
        batch.hosts.iter().filter_map(|host| Some((*self.addresses.get(host)?, *host))).collect()
    }

    /// Makes a process of a command.
    ///
    /// # Errors
    /// This program cannot be found, which `--kill-with-run` needs.
    pub fn command(&self, words: &[String], values: &Values) -> std::io::Result<Command> {
        let (program, arguments) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let mut command = if self.kill_with_run {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg(super::held::NAME).arg(std::process::id().to_string()).arg("--").arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments);
        starting::set_variables(&mut command, values);
        Ok(command)
    }
}

impl Files {
    /// Reads what a command said.
    ///
    /// # Errors
    /// It cannot be read; it is too much.
    pub fn said(&self) -> Result<Vec<u8>> {
        use std::io::Read;
        let mut said = Vec::new();
        let read = std::fs::File::open(&self.results).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut said));
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(said),
            Err(error) => {
                let message = format!("what the command said of hosts cannot be read: {}", io_message(&error));
                Err(Problem::of(Code::InvalidResults, message).into())
            }
            Ok(_) if said.len() as u64 > MOST_BYTES => {
                let message = "the command said too much of hosts: there may be 16 MiB in ROLLOUT_RESULTS";
                Err(Problem::of(Code::InvalidResults, message).into())
            }
            Ok(_) => Ok(said),
        }
    }

    /// Removes the files.
    pub fn remove(self) {
        // the folder is removed in the end, with all that is left in it
        let _ = std::fs::remove_file(self.results);
        let _ = self.hosts.map(std::fs::remove_file);
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    let written = std::fs::File::create(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let message = format!("{} cannot be written: {}", path.display(), io_message(&error));
        Problem::of(Code::Unwritable, message).into()
    })
}
