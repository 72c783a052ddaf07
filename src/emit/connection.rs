//! How the inventory says that a host is reached, by the variables of Ansible's ssh plugin.
//!
//! Where a thing has two variables and both are set, the plugin takes the last one of its list; so does this. Null is
//! as if not set; an empty text is set, and says nothing.

use serde::{Serialize, Serializer};

use crate::inventory::effective::Effective;
use crate::inventory::{HostId, Inventory, VarId};
use crate::value::{Value, is_template};

/// Variables for one thing, those that win last.
pub(super) type Names = &'static [&'static str];

pub(super) const HOST: Names = &["ansible_host", "ansible_ssh_host"];
pub(super) const PORT: Names = &["ansible_port", "ansible_ssh_port"];
pub(super) const USER: Names = &["ansible_user", "ansible_ssh_user"];
pub(super) const KEY: Names = &["ansible_private_key_file", "ansible_ssh_private_key_file"];
/// All of them count, in this order.
pub(super) const ARGUMENTS: [Names; 3] =
    [&["ansible_ssh_args"], &["ansible_ssh_common_args"], &["ansible_ssh_extra_args"]];
pub(super) const CONNECTION: Names = &["ansible_connection"];
pub(super) const BECOME: Names = &["ansible_become"];
pub(super) const BECOME_METHOD: Names = &["ansible_become_method"];
pub(super) const BECOME_USER: Names = &["ansible_become_user"];
/// What only Ansible can do or know: secrets, another ssh, other checks.
pub(super) const OTHERS: Names = &[
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_ssh_executable",
    "ansible_host_key_checking",
    "ansible_ssh_host_key_checking",
    "ansible_private_key",
    "ansible_ssh_private_key",
    "ansible_private_key_passphrase",
    "ansible_ssh_private_key_passphrase",
    "ansible_ssh_pkcs11_provider",
    "ansible_become_password",
    "ansible_become_pass",
    "ansible_paramiko_user",
    "ansible_paramiko_port",
    "ansible_paramiko_private_key_file",
    "ansible_paramiko_proxy_command",
];
/// Connections over ssh, by whatever program.
const OVER_SSH: [&str; 4] = ["ssh", "smart", "paramiko", "paramiko_ssh"];
/// Where those come from, with a dot after it.
const OWN: [&str; 3] = ["ansible.builtin.", "ansible.legacy.", "ansible.netcommon."];

/// What is set of [`Names`] in an inventory at all, so that a host costs nothing where nothing is.
pub(super) struct Connections<'i, 'a> {
    inventory: &'i Inventory<'a>,
    variables: &'i Effective<'i, 'a>,
    set: Vec<(&'static str, VarId)>,
}

/// How a host is reached, as far as the inventory says; texts are as written, templates too.
#[derive(Clone, Debug, Serialize)]
pub struct Connection<'a> {
    /// The host's name.
    pub host: &'a str,
    /// Its address, where the inventory has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<&'a str>,
    #[serde(flatten)]
    how: How<'a>,
}

/// The same without its host.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct How<'a> {
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number_or_text")]
    pub port: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key_file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_args: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<&'a str>,
    /// The user that tasks become, `root` where none is named.
    #[serde(skip_serializing_if = "Option::is_none", rename = "become")]
    pub becomes: Option<&'a str>,
}

fn number_or_text<S: Serializer>(port: &Option<&str>, serializer: S) -> Result<S::Ok, S::Error> {
    match port.and_then(|port| port.trim().parse::<u16>().ok()) {
        Some(number) => serializer.serialize_u16(number),
        None => serializer.serialize_str(port.unwrap_or_default()),
    }
}

impl<'i, 'a> Connections<'i, 'a> {
    pub fn new(inventory: &'i Inventory<'a>, variables: &'i Effective<'i, 'a>) -> Self {
        let all = [HOST, PORT, USER, KEY, CONNECTION, BECOME, BECOME_METHOD, BECOME_USER, OTHERS];
        let all = all.into_iter().chain(ARGUMENTS).flatten();
        let set = all.filter_map(|name| Some((*name, inventory.find_var(name)?))).collect();
        Connections { inventory, variables, set }
    }

    /// Whether no host has any of them.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// The host's value for one thing, with the name of its variable.
    pub fn get(&self, host: &str, names: Names) -> Option<(&'static str, Value<'a>)> {
        let host = self.inventory.find_host(host)?;
        let (name, value) = names.iter().rev().find_map(|name| self.of(host, name))?;
        (value.text() != Some("")).then_some((name, value))
    }

    fn of(&self, host: HostId, name: &str) -> Option<(&'static str, Value<'a>)> {
        let (name, id) = self.set.iter().find(|(known, _)| *known == name)?;
        let value = self.variables.get(host, *id)?.value.untagged();
        (value != Value::Null).then_some((*name, value))
    }

    /// Those of [`OTHERS`] that a host has.
    pub fn others(&self, host: &str) -> impl Iterator<Item = &'static str> {
        let host = self.inventory.find_host(host);
        OTHERS.iter().filter_map(move |name| Some(self.of(host?, name)?.0))
    }

    /// How a host is reached, as far as it is said in texts; calls `left` with the variables that say it otherwise.
    pub fn how(&self, host: &str, mut left: impl FnMut(&'static str)) -> How<'a> {
        let mut text = |names: Names| {
            let (name, value) = self.get(host, names)?;
            let text = value.text();
            if text.is_none() {
                left(name);
            }
            text
        };
        let arguments: Vec<&str> = ARGUMENTS.into_iter().filter_map(&mut text).map(str::trim).collect();
        let (port, user, private_key_file) = (text(PORT), text(USER), text(KEY));
        let (connection, become_user) = (text(CONNECTION), text(BECOME_USER));
        let becomes = match self.get(host, BECOME).map(|(name, value)| (name, truth(&value))) {
            Some((_, Some(true))) => Some(become_user.unwrap_or("root")),
            Some((name, None)) => {
                left(name);
                None
            }
            _ => None,
        };
        let ssh_args = (!arguments.is_empty()).then(|| arguments.join(" "));
        How { port, user, private_key_file, ssh_args, connection, becomes }
    }
}

/// How each of these hosts is reached that anything is said of.
pub fn connections<'a>(inventory: &Inventory<'a>, hosts: impl IntoIterator<Item = &'a str>) -> Vec<Connection<'a>> {
    let variables = Effective::new(inventory);
    let all = Connections::new(inventory, &variables);
    if all.is_empty() {
        return Vec::new();
    }
    let mut seen = std::collections::HashSet::new();
    let connection = |host: &'a str| {
        let address = all.get(host, HOST).and_then(|(_, value)| value.text());
        let how = all.how(host, |_| ());
        let is_said = address.is_some() || !how.is_empty();
        is_said.then_some(Connection { host, address, how })
    };
    hosts.into_iter().filter(|host| seen.insert(*host)).filter_map(connection).collect()
}

impl How<'_> {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        let How { port, user, private_key_file, ssh_args, connection, becomes } = self;
        [port, user, private_key_file, connection, becomes].iter().all(|part| part.is_none()) && ssh_args.is_none()
    }
}

/// Whether a connection of this name goes over ssh: `ansible.builtin.ssh` as well as `ssh`.
pub(super) fn is_over_ssh(connection: &str) -> bool {
    let own = OWN.iter().find_map(|own| connection.strip_prefix(own));
    OVER_SSH.contains(&own.unwrap_or(connection)) || connection == "ansible.netcommon.libssh"
}

/// Whether Ansible takes a value for true; none where only Ansible can tell.
pub(super) fn truth(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Bool(truth, _) => Some(*truth),
        Value::Vault(_) | Value::List(_) | Value::Set(_) | Value::Map(_) => None,
        _ => match value.text() {
            Some(text) if is_template(text) => None,
            text => Some(matches!(
                text.unwrap_or_default().to_lowercase().as_str(),
                "true" | "yes" | "on" | "1" | "1.0" | "y" | "t"
            )),
        },
    }
}
