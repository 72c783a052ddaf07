//! The configuration of ssh that stands beside the files of hosts.

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::arguments::goes_through;
use super::{Login, Logins};
use crate::diagnostics::Diagnostics;
use crate::emit::connection::BECOME;
use crate::emit::export::{Export, File};
use crate::error::{Code, Problem};
use crate::wording::and_more;

/// The file's name in a folder.
const SSH_CONFIG: &str = "ssh_config";
/// Most bytes of a line with hosts; ssh was once content with 4,096.
const LONGEST_LINE: usize = 1000;

impl<'a> Export<'_, 'a> {
    /// The configuration for ssh that goes with a folder of hosts, if anything has to be said; with a warning that says
    /// what it is for.
    pub(in crate::emit::export) fn ssh_config(&self, found: &mut Diagnostics) -> Option<File> {
        let mut logins = Logins::new(self);
        if logins.are_unsaid() {
            return None;
        }
        let known = known(self, &mut logins, found);
        logins.warn(self, found);
        let first = known.values().find(|(_, login)| *login != Login::default()).map(|(host, _)| *host)?;
        let mut stanzas: IndexMap<Login<'a>, Vec<&str>> = IndexMap::new();
        for (address, (_, login)) in known {
            if login != Login::default() {
                stanzas.entry(login).or_default().push(address);
            }
        }
        let count = stanzas.values().map(Vec::len).sum::<usize>();
        let more = and_more(count);
        let message = format!(
            "export {}: how to log in to `{}`{more} stands in {SSH_CONFIG} of the folder, and nowhere else",
            self.format,
            self.shown_name(first)
        );
        found.warn(Problem::of(Code::ExportIncomplete, message).hint(format!("give it to ssh: {}", call(self.format))));
        Some(File { path: SSH_CONFIG.to_string(), bytes: text(self.format, &stanzas).into_bytes() })
    }
}

/// The logins by address, with the first host of each.
fn known<'a>(
    export: &Export<'_, 'a>,
    logins: &mut Logins<'_, 'a>,
    found: &mut Diagnostics,
) -> IndexMap<&'a str, (&'a str, Login<'a>)> {
    let mut known: IndexMap<&str, (&str, Login<'a>)> = IndexMap::new();
    let hosts = export.rollouts().flat_map(|(rollout, _)| &rollout.batches).flat_map(|batch| &batch.hosts);
    let mut seen = std::collections::HashSet::new();
    for host in hosts.copied().filter(|host| seen.insert(*host)) {
        // What is wrong with an address is said with the addresses.
        let Ok(address) = export.address(host) else { continue };
        let mut login = match logins.of(export, host) {
            Ok(login) => login,
            Err(problem) => {
                found.error(problem);
                continue;
            }
        };
        if login.becomes.take().is_some() {
            logins.leave_out(BECOME[0], host);
        }
        // ssh would go round in circles, for all that go through this host.
        login.jump = login.jump.filter(|jump| !goes_through(jump, address));
        match known.entry(address) {
            Entry::Vacant(entry) => drop(entry.insert((host, login))),
            Entry::Occupied(entry) if entry.get().1 == login => {}
            Entry::Occupied(entry) => {
                let address = export.shown_address(host, address);
                let other = export.shown_name(entry.get().0);
                let problem =
                    export.refuse(host, format!("its address {address} is that of `{other}`, with another login"));
                found.error(problem.hint("give each host an address of its own, or use --by-name"));
            }
        }
    }
    known
}

/// How the programs of a format are told of the file.
fn call(format: &str) -> &'static str {
    match format {
        "clustershell" => "clush -o '-F FOLDER/ssh_config'",
        "dsh" => "dsh -r ssh -o -FFOLDER/ssh_config",
        _ => {
            "parallel-ssh -x '-F FOLDER/ssh_config', PDSH_SSH_ARGS_APPEND='-F FOLDER/ssh_config', \
             clush -o '-F FOLDER/ssh_config', parallel --ssh 'ssh -F FOLDER/ssh_config', fab -S FOLDER/ssh_config"
        }
    }
}

/// The text of the file. The user's own configuration goes on to say what is not said here.
///
/// All values were looked at before: between quotes there is no quote, no backslash and no end of the line.
fn text(format: &str, stanzas: &IndexMap<Login<'_>, Vec<&str>>) -> String {
    let mut text =
        format!("# Written by regal-inventory export {format}: what the inventory says of logins, for ssh -F.\n");
    for (login, hosts) in stanzas {
        for line in lines(hosts) {
            text.push_str(&format!("Host{line}\n"));
            let port = login.port.map(|port| port.to_string());
            let quoted = |value: &Option<std::borrow::Cow<'_, str>>| value.as_ref().map(|value| format!("\"{value}\""));
            let values = [
                ("Port", port),
                ("User", quoted(&login.user)),
                ("IdentityFile", quoted(&login.key)),
                ("ProxyJump", login.jump.clone()),
            ];
            for (keyword, value) in values {
                if let Some(value) = value {
                    text.push_str(&format!("  {keyword} {value}\n"));
                }
            }
        }
    }
    text.push_str("Host *\n  Include ~/.ssh/config\n  Include /etc/ssh/ssh_config\n");
    text
}

/// The hosts, each after a space, as lines that are not too long.
fn lines(hosts: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for host in hosts {
        match lines.last_mut() {
            Some(line) if line.len() + host.len() < LONGEST_LINE => line.push_str(&format!(" {host}")),
            _ => lines.push(format!(" {host}")),
        }
    }
    lines
}
