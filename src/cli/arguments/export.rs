//! What `export` may be told.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, builder::PossibleValuesParser};
use regal_inventory::emit::export::options::{Options, Port, Routing, Setting, VersionId};
use regal_inventory::emit::export::{self, FORMATS, Format};

/// Options of `export`.
#[derive(Debug, Args)]
pub struct ExportOptions {
    /// The format; --list names them
    #[arg(value_name = "FORMAT", value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)),
          hide_possible_values = true)]
    pub format: Option<String>,
    /// Write a format to a file or folder
    ///
    /// May be repeated.
    #[arg(short = 'o', value_name = "FORMAT=PATH", value_parser = target)]
    pub to: Vec<Target>,
    /// List all formats, one per line
    #[arg(long)]
    pub list: bool,
    /// Export only this version; may be repeated
    #[arg(long, value_name = "VERSION")]
    pub only: Vec<String>,
    /// The last batch that is finished, such as B1
    ///
    /// Also by its group, such as shop-2.5.0_groupB1; once per version.
    #[arg(long, value_name = "BATCH")]
    done: Vec<String>,
    /// A batch in progress: no requests go to its hosts
    #[arg(long, value_name = "BATCH")]
    in_progress: Vec<String>,
    /// A host that is out of service; may be repeated
    #[arg(long, value_name = "HOST")]
    down: Vec<String>,
    /// Where user group A is sent
    ///
    /// To the canary's hosts, or to those with the new version.
    #[arg(long, value_name = "BY")]
    routing: Option<RouteBy>,
    /// A short name for a version
    ///
    /// It stands in names of files, upstreams and variables.
    #[arg(long, value_name = "[VERSION=]ID", value_parser = version_id)]
    id: Vec<VersionId>,
    /// The service's port on each host, or its variable
    #[arg(long, value_name = "PORT|VARIABLE", value_parser = port)]
    port: Option<Port>,
    /// Log in as this user
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    user: Option<String>,
    /// Log in on this port
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), hide_short_help = true)]
    ssh_port: Option<u16>,
    /// ClusterShell's group source [default: regal]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    source: Option<String>,
    /// Connect by name, not by ansible_host
    #[arg(long, hide_short_help = true)]
    by_name: bool,
}

/// Who is sent to which hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RouteBy {
    /// Group A's users to group A's hosts
    Group,
    /// Group A's users to hosts that are done
    Version,
}

/// A format and where it goes.
#[derive(Clone, Copy)]
pub struct Wanted<'o> {
    pub format: &'static Format,
    /// Stdout without one.
    pub path: Option<&'o Path>,
}

/// `FORMAT=PATH`.
#[derive(Clone)]
pub struct Target {
    format: &'static Format,
    path: PathBuf,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.format.name, self.path.display())
    }
}

fn target(text: &str) -> Result<Target, String> {
    let (name, path) = text.split_once('=').ok_or("write FORMAT=PATH, such as json=plan.json")?;
    let format = export::find(name).ok_or_else(|| format!("there is no format `{name}`; export --list names them"))?;
    if path.is_empty() {
        return Err(format!("`{name}=` has no path"));
    }
    Ok(Target { format, path: PathBuf::from(path) })
}

fn version_id(text: &str) -> Result<VersionId, String> {
    let (version, id) = match text.rsplit_once('=') {
        Some((version, id)) => (Some(version.to_string()), id),
        None => (None, text),
    };
    if id.is_empty() { Err("the name is empty".to_string()) } else { Ok(VersionId { version, id: id.to_string() }) }
}

fn port(text: &str) -> Result<Port, String> {
    if text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return Ok(Port::Variable(text.to_string()));
    }
    match text.parse() {
        Ok(number) if number > 0 => Ok(Port::Number(number)),
        _ => Err("a port is a number from 1 to 65535, or the name of a variable".to_string()),
    }
}

impl ExportOptions {
    /// The formats with their places. `output` is the path of a format that stands by itself.
    pub fn wanted<'o>(&'o self, output: Option<&'o Path>) -> Vec<Wanted<'o>> {
        let single = self.format.as_deref().and_then(export::find).map(|format| Wanted { format, path: output });
        single.into_iter().chain(self.to.iter().map(|to| Wanted { format: to.format, path: Some(&to.path) })).collect()
    }

    /// What the formats are told.
    pub fn options(&self) -> Options {
        Options {
            done: self.done.clone(),
            in_progress: self.in_progress.clone(),
            down: self.down.clone(),
            routing: self.routing.map(|by| match by {
                RouteBy::Group => Routing::Group,
                RouteBy::Version => Routing::Version,
            }),
            ids: self.id.clone(),
            port: self.port.clone(),
            user: self.user.clone(),
            ssh_port: self.ssh_port,
            source: self.source.clone(),
            by_name: self.by_name,
        }
    }

    /// Whether the call makes sense, before anything is read.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, output: Option<&Path>) -> Result<(), String> {
        if self.list {
            return Ok(());
        }
        let wanted = self.wanted(output);
        if wanted.is_empty() {
            return Err("say which format: export FORMAT, or -o FORMAT=PATH; export --list names them".to_string());
        }
        if self.format.is_none() && output.is_some() {
            return Err("--output goes with export FORMAT; with -o FORMAT=PATH the path is there".to_string());
        }
        if let Some(folder) = wanted.iter().find(|wanted| wanted.path.is_none() && wanted.format.is_folder()) {
            let name = folder.format.name;
            return Err(format!("{name} is a folder of files: say where with export {name} --output PATH"));
        }
        let formats: Vec<&Format> = wanted.iter().map(|wanted| wanted.format).collect();
        match self.options().unused(&formats).first() {
            None => Ok(()),
            Some(unused) => Err(unused_option(*unused, &formats)),
        }
    }
}

fn unused_option(unused: Setting, formats: &[&Format]) -> String {
    let names: Vec<&str> = formats.iter().map(|format| format.name).collect();
    let users: Vec<&str> =
        FORMATS.iter().filter(|format| format.uses.contains(&unused)).map(|format| format.name).collect();
    format!("{unused} means nothing for {}; {unused} is for {}", names.join(", "), users.join(", "))
}
