//! How one logs in to a host, for the programs that do so over ssh: a configuration of ssh beside the files of hosts.
//!
//! All of them start ssh, and ssh takes port, user, key and jump host from there, which a bare list of hosts cannot
//! carry. What the inventory says becomes one value of one keyword, or is refused.

mod arguments;
mod config;

use std::borrow::Cow;

use indexmap::IndexMap;

use self::arguments::Said;
use super::Export;
use crate::diagnostics::Diagnostics;
use crate::emit::connection::{
    ARGUMENTS, BECOME, BECOME_METHOD, BECOME_USER, CONNECTION, Connections, KEY, Names, PORT, USER, is_over_ssh, truth,
};
use crate::error::{Code, Problem};
use crate::value::Value;
use crate::value::is_template;
use crate::wording::and_more;

/// What is written for a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Login<'a> {
    pub port: Option<u16>,
    pub user: Option<Cow<'a, str>>,
    pub key: Option<Cow<'a, str>>,
    /// Hosts to go through, with commas between them, as ssh's `ProxyJump` takes them.
    pub jump: Option<String>,
    /// The user that tasks become.
    pub becomes: Option<&'a str>,
}

/// What of a variable is not in the result.
struct LeftOut<'a> {
    /// The first host that has it, and how many have it.
    host: &'a str,
    count: usize,
    /// What of its value, where it is not the whole.
    part: String,
}

/// The logins of a format's hosts, and what of them is left out.
pub(super) struct Logins<'e, 'a> {
    connections: Connections<'e, 'a>,
    left_out: IndexMap<&'static str, LeftOut<'a>>,
}

impl<'e, 'a> Logins<'e, 'a> {
    pub fn new(export: &Export<'e, 'a>) -> Self {
        let connections = Connections::new(export.inventory, export.variables);
        Logins { connections, left_out: IndexMap::new() }
    }

    /// Whether the inventory says nothing of any host's.
    pub fn are_unsaid(&self) -> bool {
        self.connections.is_empty()
    }

    /// How one logs in to a host; what `--user` and `--ssh-port` say is not in it.
    ///
    /// # Errors
    /// What would lead to another machine or user if it was left out, and cannot be written.
    pub fn of(&mut self, export: &Export<'_, 'a>, host: &'a str) -> Result<Login<'a>, Problem> {
        let mut login = Login::default();
        if self.are_unsaid() {
            return Ok(login);
        }
        self.over_ssh(export, host)?;
        // In the order of Ansible's command: ssh takes the first that it finds.
        let [before, common, extra] = ARGUMENTS;
        self.add_arguments(export, host, before, &mut login)?;
        if login.port.is_none() {
            login.port = self.port(export, host)?;
        }
        if login.user.is_none() && export.options.user.is_none() {
            login.user = self.text(export, host, USER, fault_of_user)?.map(Cow::Borrowed);
        }
        if let Some(key) = self.text(export, host, KEY, fault_of_path)? {
            self.add_key(KEY[0], host, Cow::Borrowed(key), &mut login);
        }
        self.add_arguments(export, host, common, &mut login)?;
        self.add_arguments(export, host, extra, &mut login)?;
        login.becomes = self.becomes(export, host)?;
        let others: Vec<_> = self.connections.others(host).collect();
        others.into_iter().for_each(|name| self.leave_out(name, host));
        Ok(login)
    }

    /// Notes that a variable of a host is not in the result.
    pub fn leave_out(&mut self, name: &'static str, host: &'a str) {
        self.leave_out_part(name, host, String::new());
    }

    fn leave_out_part(&mut self, name: &'static str, host: &'a str, part: String) {
        self.left_out.entry(name).or_insert(LeftOut { host, count: 0, part }).count += 1;
    }

    /// Warns of all that is not in the result, a line for each variable.
    pub fn warn(&self, export: &Export<'_, '_>, found: &mut Diagnostics) {
        for (name, LeftOut { host, count, part }) in &self.left_out {
            let more = and_more(*count);
            let shown = export.shown_name(host);
            let part = match part.as_str() {
                "" => String::new(),
                part => format!("`{}` of ", export.shown(host, name, part)),
            };
            let problem = Problem::of(
                Code::ExportIncomplete,
                format!("export {} leaves out {part}`{name}` of `{shown}`{more}", export.format),
            );
            found.warn(problem.hint(remedy(name)));
        }
    }

    /// What the inventory says of the connections, for formats that hand on its texts.
    pub fn connections(&self) -> &Connections<'e, 'a> {
        &self.connections
    }

    fn over_ssh(&self, export: &Export<'_, 'a>, host: &str) -> Result<(), Problem> {
        let Some((name, value)) = self.connections.get(host, CONNECTION) else { return Ok(()) };
        let why = match value.text() {
            Some(text) if is_over_ssh(text) => return Ok(()),
            Some(text) if is_template(text) => format!("its `{name}` is a template, which only Ansible fills in"),
            Some(text) => format!("its `{name}` is `{}`, and this format is for ssh", export.shown(host, name, text)),
            None => format!("its `{name}` is {}", value.type_name()),
        };
        let hint = "leave the host out with --exclude, or use json, ndjson or tsv, which say how it is reached";
        Err(export.refuse(host, why).hint(hint))
    }

    fn port(&self, export: &Export<'_, 'a>, host: &str) -> Result<Option<u16>, Problem> {
        if export.options.ssh_port.is_some() {
            return Ok(None);
        }
        let Some((name, value)) = self.connections.get(host, PORT) else { return Ok(None) };
        let port = value.text().and_then(|text| text.trim().parse().ok()).filter(|port| *port > 0);
        port.map(Some).ok_or_else(|| {
            let shown = export.shown(host, name, value.text().unwrap_or(value.type_name()));
            let problem = export.refuse(host, format!("its `{name}` is `{shown}`, which is not a valid port"));
            problem.hint("give it as a number, or use --ssh-port where the format has it")
        })
    }

    fn becomes(&mut self, export: &Export<'_, 'a>, host: &'a str) -> Result<Option<&'a str>, Problem> {
        let Some((name, value)) = self.connections.get(host, BECOME) else { return Ok(None) };
        match truth(&value) {
            Some(true) => Ok(Some(self.text(export, host, BECOME_USER, fault_of_user)?.unwrap_or("root"))),
            Some(false) => Ok(None),
            None => {
                self.leave_out(name, host);
                Ok(None)
            }
        }
    }

    /// Another way than sudo to become another user, which the roster cannot say.
    pub fn other_method(&self, host: &str) -> Option<&'static str> {
        let (name, value) = self.connections.get(host, BECOME_METHOD)?;
        let sudo = value.text().is_some_and(|text| text.strip_prefix("ansible.builtin.").unwrap_or(text) == "sudo");
        (!sudo).then_some(name)
    }

    fn text(
        &self,
        export: &Export<'_, 'a>,
        host: &str,
        names: Names,
        fault: fn(&str) -> Option<&'static str>,
    ) -> Result<Option<&'a str>, Problem> {
        let Some((name, value)) = self.connections.get(host, names) else { return Ok(None) };
        let Some(text) = value.text() else {
            let what = if matches!(value, Value::Vault(_)) { "under vault" } else { value.type_name() };
            return Err(export.refuse(host, format!("its `{name}` is {what}")).hint("give it as plain text"));
        };
        if is_template(text) {
            let problem = export.refuse(host, format!("its `{name}` is a template, which only Ansible fills in"));
            return Err(problem.hint("give it as plain text"));
        }
        match fault(text) {
            None => Ok(Some(text)),
            Some(why) => {
                let shown = export.shown(host, name, text);
                Err(export.refuse(host, format!("its `{name}` is `{shown}`, {why}")))
            }
        }
    }

    /// Adds what arguments for ssh say of the way to the host; the others are left out.
    fn add_arguments(
        &mut self,
        export: &Export<'_, 'a>,
        host: &'a str,
        names: Names,
        login: &mut Login<'a>,
    ) -> Result<(), Problem> {
        let Some(text) = self.text(export, host, names, |_| None)? else { return Ok(()) };
        let name = names[0];
        let Said { port, user, keys, jump, others } = arguments::read(text).map_err(|why| {
            let hint = "write what leads to the host as -p, -l, -i or -J (or -o Port, User, IdentityFile, ProxyJump), and \
                        the rest in ~/.ssh/config";
            export.refuse(host, format!("its `{name}` {why}")).hint(hint)
        })?;
        if export.options.ssh_port.is_none() {
            login.port = login.port.or(port);
        }
        if export.options.user.is_none() {
            login.user = login.user.take().or(user.map(Cow::Owned));
        }
        login.jump = login.jump.take().or(jump);
        keys.into_iter().for_each(|key| self.add_key(name, host, Cow::Owned(key), login));
        if !others.is_empty() {
            self.leave_out_part(name, host, others.join(" "));
        }
        Ok(())
    }

    /// ssh would try one key after another; the first is written.
    fn add_key(&mut self, name: &'static str, host: &'a str, key: Cow<'a, str>, login: &mut Login<'a>) {
        match &login.key {
            None => login.key = Some(key),
            Some(first) if *first == key => {}
            Some(_) => self.leave_out_part(name, host, "IdentityFile".to_string()),
        }
    }
}

/// What no user's name has: a first `-`, and what ssh or a shell gives a meaning.
fn fault_of_user(user: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_alphanumeric() || "._-@+".contains(c);
    if user.starts_with('-') {
        Some("which ssh would read as an option")
    } else if !user.chars().all(allowed) {
        Some("which has more than letters, digits, `.`, `_`, `-`, `@` and `+`")
    } else {
        None
    }
}

/// What cannot stand between the quotes of a path; `~` and `%h` are ssh's own and stay, as with Ansible.
fn fault_of_path(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        Some("which is empty")
    } else if path.starts_with('-') {
        Some("which ssh would read as an option")
    } else if path.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
        Some("which has a quote, a backslash or a control character")
    } else {
        None
    }
}

/// What to do about a variable that a format has no place for.
fn remedy(name: &str) -> &'static str {
    match name {
        "ansible_become" => "commands run as the user who logs in; put sudo before them",
        "ansible_become_method" => "a roster knows sudo only; give the user who may do the work",
        "ansible_become_password" | "ansible_become_pass" => "a password is written nowhere; let sudo do without one",
        "ansible_password" | "ansible_ssh_pass" | "ansible_ssh_password" => {
            "a password is written nowhere; use a key, or let the program ask for it (parallel-ssh -A)"
        }
        "ansible_ssh_args" | "ansible_ssh_common_args" | "ansible_ssh_extra_args" => {
            "only port, user, key file and jump hosts are taken from it; tell ssh the rest in ~/.ssh/config"
        }
        _ => "tell ssh in ~/.ssh/config, if it matters here",
    }
}
