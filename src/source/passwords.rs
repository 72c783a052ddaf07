//! Vault passwords: where they come from, and what they open.
//!
//! A password is what a file holds or a program prints. It is asked for when the first file under vault is met: a program
//! may want somebody to type something. The rules are those of ansible-core 2.19, `parsing/vault/__init__.py`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::bytes::{Nature, Unread, nature};
use super::process::{self, End, Job, Outcome};
use super::program::stop;
use super::{Options, Reading, entries, io_message};
use crate::error::{Code, Location, Problem};
use crate::vault::{self, Failure, Keyring};

/// The id of a password that is given without one.
const DEFAULT_ID: &str = "default";
/// With this exit code a client script says that it knows no such id.
const UNKNOWN_ID: i32 = 2;

/// Where a vault password is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its vault id, if it has one.
    pub id: Option<String>,
    /// The file that holds the password, or the program that prints it.
    pub path: PathBuf,
    /// Where it was named, for messages.
    pub origin: Location,
}

impl Reading<'_, '_> {
    /// What a file under vault holds; nothing where there is no password at all.
    pub(super) fn decrypt(&mut self, path: &Path, sealed: &[u8]) -> Result<Option<Vec<u8>>, Problem> {
        let mut keyring = match self.keyring.take() {
            Some(keyring) => keyring,
            None => self.passwords(),
        };
        let opened = if keyring.is_empty() { Ok(None) } else { keyring.decrypt(sealed).map(Some) };
        self.keyring = Some(keyring);
        opened.map_err(|failure| refused(path, failure))
    }

    /// All passwords. One that cannot be had is a warning where there are others, as with Ansible.
    fn passwords(&mut self) -> Keyring {
        let mut keyring = Keyring::default();
        keyring.matching.clone_from(&self.options.ansible.matching_vault_ids);
        let mut failed = Vec::new();
        for secret in &self.options.secrets {
            match secret.password(self.options, &mut keyring) {
                Ok(password) => keyring.add(secret.id.as_deref().unwrap_or(DEFAULT_ID), password),
                Err(problem) if problem.location.is_some() => failed.push(problem),
                Err(problem) => failed.push(problem.at(secret.origin.clone())),
            }
        }
        if keyring.is_empty() {
            failed.into_iter().for_each(|problem| self.push(problem));
        } else {
            self.found.warn_all(failed);
        }
        keyring
    }
}

impl Secret {
    /// The password; a file of it may itself be under vault, for a password that stands before it.
    fn password(&self, options: &Options, earlier: &mut Keyring) -> Result<Vec<u8>, Problem> {
        let shown = self.path.display();
        let unreadable = |unread: Unread| {
            Problem::of(Code::Vault, format!("the vault password file `{shown}` cannot be read: {}", unread.why)).hint(
                unread.hint_or("check the path; relative paths in a regal.yml or ansible.cfg start from its folder"),
            )
        };
        let password = if nature(&self.path).map_err(unreadable)? == Nature::Folder {
            let problem = Problem::of(Code::Vault, format!("the vault password file `{shown}` is a directory"));
            return Err(problem.hint("name the file that holds the password, or the program that prints it"));
        } else if entries::is_executable(&self.path) {
            self.printed(options)?
        } else {
            let text = options.pipes.read(&self.path, &options.limits).map_err(unreadable)?;
            let text = text.trim_ascii();
            if vault::is_encrypted(text) {
                earlier.decrypt(text).map_err(|failure| refused(&self.path, failure))?
            } else {
                text.to_vec()
            }
        };
        let end = password.iter().rposition(|byte| !is_line_end(byte)).map_or(0, |last| last + 1);
        let start = password.iter().position(|byte| !is_line_end(byte)).unwrap_or(end);
        if start == end {
            let problem = Problem::of(Code::Vault, format!("the vault password of `{shown}` is empty"));
            return Err(problem.hint("Ansible takes no empty password either; check the file or the program"));
        }
        Ok(password[start..end].to_vec())
    }

    /// What the program prints. It may talk to the terminal on stdin and stderr.
    fn printed(&self, options: &Options) -> Result<Vec<u8>, Problem> {
        let shown = self.path.display();
        let what = format!("the vault password script `{shown}`");
        let permit =
            options.execution.permit(what, "write the password into a file without a run bit, and name that")?;
        let mut command = options.surroundings.command(&entries::program(&self.path), permit);
        if let (true, Some(id)) = (self.is_client(), &self.id) {
            command.args(["--vault-id", id]);
        }
        command.stderr(Stdio::inherit()).stdin(Stdio::inherit());
        let (limits, interrupt) = (options.limits, options.interrupt.as_ref());
        // A password has no end of its own.
        options.progress.rests();
        let job = Job { command, limits, interrupt, complete: &|_| true, told: None };
        let Outcome { end, stdout, .. } = process::run(job).map_err(|error| {
            Problem::of(
                Code::Vault,
                format!("the vault password script `{shown}` cannot be run: {}", io_message(&error)),
            )
            .hint("if it is a file with the password in it, remove its run bit: chmod -x FILE")
        })?;
        let status = match end {
            End::Exited(status) if status.success() => return Ok(stdout),
            End::Exited(status) => status,
            stopped => {
                let (what, hint) = stop(&stopped, &limits);
                return Err(Problem::of(Code::Vault, format!("the vault password script `{shown}` {what}")).hint(hint));
            }
        };
        let message = match &self.id {
            Some(id) if self.is_client() && status.code() == Some(UNKNOWN_ID) => {
                format!("the vault password script `{shown}` knows no vault id `{id}`")
            }
            _ => format!("the vault password script `{shown}` failed ({status})"),
        };
        Err(Problem::of(Code::Vault, message).hint("run it by hand; it prints the password and exits with 0"))
    }

    /// Whether the program wants to be told the vault id: its name ends in `-client`, whatever its extension.
    fn is_client(&self) -> bool {
        self.path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-client"))
    }
}

fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Why a file stays closed.
fn refused(path: &Path, failure: Failure) -> Problem {
    let problem = match failure {
        Failure::Damaged(why) => Problem::of(Code::Vault, format!("the file is under vault, but damaged: {why}"))
            .hint("compare with ansible-vault view FILE, and restore the file"),
        Failure::WrongPassword { id: None } => Problem::of(Code::Vault, "the vault password does not fit this file")
            .hint("check `vault_password_file` and `vault_ids`; try the password with ansible-vault view FILE"),
        Failure::WrongPassword { id: Some(id) } => {
            Problem::of(Code::Vault, format!("no vault password fits this file, whose vault id is `{id}`"))
                .hint(format!("give its password: --vault-id {id}@FILE"))
        }
    };
    problem.at(Location::whole(path.display().to_string()))
}
