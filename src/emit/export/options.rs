//! What a call of `export` may say beside the plan.

use std::fmt;

use super::Format;

/// The options of all formats; each format uses some of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// For each version that is under way, the last batch that is finished; those before it are, too.
    pub done: Vec<String>,
    /// Batches that are being worked on.
    pub in_progress: Vec<String>,
    /// Hosts that are out of service, such as those that a rollout has lost.
    pub down: Vec<String>,
    /// Who is sent to which hosts.
    pub routing: Option<Routing>,
    /// Short names for versions, or one for the only version.
    pub ids: Vec<VersionId>,
    /// The port of the service on each host.
    pub port: Option<Port>,
    /// The user to log in as.
    pub user: Option<String>,
    /// The port to log in at.
    pub ssh_port: Option<u16>,
    /// The name of ClusterShell's group source.
    pub source: Option<String>,
    /// Whether to connect by host name, whatever `ansible_host` says.
    pub by_name: bool,
}

/// A short name for a version, from `--id [VERSION=]ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionId {
    /// The version; absent for the only one.
    pub version: Option<String>,
    /// The short name.
    pub id: String,
}

/// The port of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// The same on each host.
    Number(u16),
    /// What a host has in this variable.
    Variable(String),
}

/// Who is sent to which hosts while a rollout is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Routing {
    /// User group A to groupA's hosts, everyone else to groupB's.
    #[default]
    Group,
    /// User group A to the hosts that are done, everyone else to those that are not.
    Version,
}

/// An option of [`Options`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `--done`
    Done,
    /// `--in-progress`
    InProgress,
    /// `--down`
    Down,
    /// `--routing`
    Routing,
    /// `--id`
    Id,
    /// `--port`
    Port,
    /// `--user`
    User,
    /// `--ssh-port`
    SshPort,
    /// `--source`
    Source,
    /// `--by-name`
    ByName,
}

impl Setting {
    /// All of them.
    pub const ALL: [Setting; 10] = [
        Setting::Done,
        Setting::InProgress,
        Setting::Down,
        Setting::Routing,
        Setting::Id,
        Setting::Port,
        Setting::User,
        Setting::SshPort,
        Setting::Source,
        Setting::ByName,
    ];

    /// The option as it is written.
    pub fn flag(self) -> &'static str {
        match self {
            Setting::Done => "--done",
            Setting::InProgress => "--in-progress",
            Setting::Down => "--down",
            Setting::Routing => "--routing",
            Setting::Id => "--id",
            Setting::Port => "--port",
            Setting::User => "--user",
            Setting::SshPort => "--ssh-port",
            Setting::Source => "--source",
            Setting::ByName => "--by-name",
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.flag())
    }
}

impl Options {
    /// Whether an option was given.
    fn has(&self, setting: Setting) -> bool {
        match setting {
            Setting::Done => !self.done.is_empty(),
            Setting::InProgress => !self.in_progress.is_empty(),
            Setting::Down => !self.down.is_empty(),
            Setting::Routing => self.routing.is_some(),
            Setting::Id => !self.ids.is_empty(),
            Setting::Port => self.port.is_some(),
            Setting::User => self.user.is_some(),
            Setting::SshPort => self.ssh_port.is_some(),
            Setting::Source => self.source.is_some(),
            Setting::ByName => self.by_name,
        }
    }

    /// The options that were given and that none of the formats uses.
    pub fn unused(&self, formats: &[&Format]) -> Vec<Setting> {
        let used = |setting: &Setting| formats.iter().any(|format| format.uses.contains(setting));
        Setting::ALL.into_iter().filter(|setting| self.has(*setting) && !used(setting)).collect()
    }
}
