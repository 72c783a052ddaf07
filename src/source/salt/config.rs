//! A master's configuration: nodegroups, and where its roster, keys and cache are.

mod elsewhere;
mod files;
mod groups;

use std::path::{Path, PathBuf};

use super::roster::{self, Defaults};
use super::{Gathered, Part, cache, exists, is_folder, keys};
use crate::error::{Code, Location, Problem};
use crate::source::Reading;
use crate::value::{Entry, Value};
use elsewhere::{Of, is_local};
use files::Settings;

const CACHE: &str = "var/cache/salt/master";
const KEYS: &str = "etc/salt/pki/master";
/// Where the packages of Debian and Ubuntu have their master keep its keys.
const KEYS_OF_DEBIAN: &str = "var/lib/salt/pki/master";
/// Modules that say which hosts `salt-ssh` has, and where they look.
const ROSTERS: [(&str, &str); 9] = [
    ("ansible", "an inventory of Ansible's"),
    ("cache", "the master's cache"),
    ("cloud", "salt-cloud"),
    ("clustershell", "ClusterShell's groups"),
    ("range", "a range server"),
    ("scan", "a scan of the network"),
    ("sshconfig", "the configuration of ssh"),
    ("sshknownhosts", "the known hosts of ssh"),
    ("terraform", "the state of Terraform"),
];

/// Reads the configuration and all that it leads to.
pub(super) fn read<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path) {
    let (folder, main) = places(reading, path);
    let before = reading.found.checkpoint();
    let settings = files::settings(reading, &folder, main.as_deref());
    if reading.found.failed_since(&before) {
        return;
    }
    gathered.main_nodegroups = settings.main.map(|entry| reading.texts.locate(entry.at));
    let mut found = groups::add(reading, gathered, &settings);
    found |= read_keys(reading, gathered, &folder, &settings);
    found |= read_roster(reading, gathered, &folder, &settings);
    found |= read_cache(reading, gathered, &folder, &settings);
    if !found && !reading.found.failed_since(&before) {
        let whole = Location::whole(path.display().to_string());
        let problem = Problem::of(
            Code::EmptySource,
            "the configuration leads to no minions: no nodegroups, roster, keys or cache",
        );
        reading.push(problem.at(whole).hint("name what there is: `salt: {keys: …, cache: …, roster: …}`"));
    }
}

/// Reads the nodegroups of a file, or of the `*.conf` files of a folder.
pub(super) fn read_nodegroups<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, path: &Path) {
    let before = reading.found.checkpoint();
    let settings = files::settings_of(reading, path);
    if !groups::add(reading, gathered, &settings) && !reading.found.failed_since(&before) {
        let problem =
            Problem::of(Code::EmptySource, "there are no nodegroups").at(Location::whole(path.display().to_string()));
        reading.push(problem.hint("name a file with `nodegroups:`, or the folder master.d"));
    }
}

/// The folder of the configuration, and its main file where there is one.
fn places(reading: &mut Reading<'_, '_>, path: &Path) -> (PathBuf, Option<PathBuf>) {
    if path.is_dir() {
        let main = path.join("master");
        let is_there = exists(reading, &main) && main.is_file();
        (path.to_path_buf(), is_there.then_some(main))
    } else {
        (path.parent().unwrap_or(Path::new("")).to_path_buf(), Some(path.to_path_buf()))
    }
}

/// A path of the configuration, below `root_dir` if that is set.
fn within(root: Option<&Path>, path: &str) -> PathBuf {
    match root {
        Some(root) if !Path::new(path).starts_with(root) => root.join(path.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}

/// The root of the system that a configuration belongs to: `/` for `/etc/salt`, and `copy` for a copy `copy/etc/salt`.
fn system(folder: &Path) -> Option<PathBuf> {
    let root = folder.to_path_buf();
    folder.ends_with("etc/salt").then(|| root.ancestors().nth(2).map(Path::to_path_buf)).flatten()
}

/// Where the master may keep its keys: where it is set, or else where Salt or Debian's packages have them.
fn key_folders(folder: &Path, settings: &Settings<'_>) -> Vec<PathBuf> {
    let root = settings.text("root_dir").map(Path::new);
    let cluster = settings.get("cluster_id").filter(|entry| entry.value != Value::Null);
    let shared = cluster.and_then(|_| settings.text("cluster_pki_dir")).map(PathBuf::from);
    let set = shared.or_else(|| settings.text("pki_dir").map(|folder| within(root, folder)));
    match (set, root) {
        (Some(folder), _) => vec![folder],
        (None, Some(root)) => vec![root.join(KEYS)],
        (None, None) => {
            let of_debian = system(folder).map(|system| system.join(KEYS_OF_DEBIAN));
            std::iter::once(folder.join("pki/master")).chain(of_debian).collect()
        }
    }
}

/// Reads the accepted keys, wherever the master keeps them; false if there are none.
fn read_keys<'a>(
    reading: &mut Reading<'_, 'a>,
    gathered: &mut Gathered<'a>,
    folder: &Path,
    settings: &Settings<'a>,
) -> bool {
    if !is_local(reading, gathered, settings, Of::Keys) {
        return gathered.named.contains(&Part::Keys);
    }
    let places = key_folders(folder, settings);
    let accepted = |place: &Path| std::fs::read_dir(place.join("minions")).is_ok_and(|mut keys| keys.next().is_some());
    let mut there: Vec<&PathBuf> = Vec::new();
    for place in &places {
        if is_folder(reading, &place.join("minions")) {
            there.push(place);
        }
    }
    if let [one, other] = there[..]
        && accepted(one)
        && accepted(other)
    {
        let message = format!("keys are accepted in `{}` and in `{}`", one.display(), other.display());
        let problem = Problem::of(Code::InvalidSalt, message).at(Location::whole(folder.display().to_string()));
        reading.push(problem.hint("set `pki_dir:` to the one that the master uses, or remove the other"));
        return false;
    }
    let place = there.iter().find(|place| accepted(place)).or(there.first());
    place.inspect(|place| keys::read(reading, gathered, place)).is_some()
}

/// Reads grains and pillar out of the master's cache; false if there is none.
fn read_cache<'a>(
    reading: &mut Reading<'_, 'a>,
    gathered: &mut Gathered<'a>,
    folder: &Path,
    settings: &Settings<'a>,
) -> bool {
    if !is_local(reading, gathered, settings, Of::Data) {
        return false;
    }
    let root = settings.text("root_dir").map(Path::new);
    let place = match (settings.text("cachedir"), root) {
        (Some(folder), root) => Some(within(root, folder)),
        (None, Some(root)) => Some(root.join(CACHE)),
        (None, None) => system(folder).map(|system| system.join(CACHE)),
    };
    let Some(place) = place.filter(|place| is_folder(reading, place)) else { return false };
    let readable = ["grains", "pillar", "minions"].map(|name| is_folder(reading, &place.join(name)));
    let found = readable.contains(&true) && cache::is_cache(&place);
    if found {
        cache::read(reading, gathered, &place);
    }
    found
}

/// Reads what says which hosts `salt-ssh` has; false if nothing does.
fn read_roster<'a>(
    reading: &mut Reading<'_, 'a>,
    gathered: &mut Gathered<'a>,
    folder: &Path,
    settings: &Settings<'a>,
) -> bool {
    let entries = match settings.get("roster_defaults").map(|entry| entry.value) {
        Some(Value::Map(entries)) => entries,
        _ => &[],
    };
    let mut found = false;
    for kind in settings.text("roster").unwrap_or("flat").split(',') {
        let (key, name) = match kind {
            "flat" => ("roster_file", "roster"),
            "dir" => ("roster_dir", "roster.d"),
            _ => {
                found |= say_elsewhere(reading, gathered, settings, kind);
                continue;
            }
        };
        let path = settings.text(key).map_or_else(|| folder.join(name), PathBuf::from);
        if exists(reading, &path) {
            let domain = (kind == "dir").then(|| settings.text("roster_domain").unwrap_or_default());
            roster::read(reading, gathered, &path, &Defaults { entries, domain });
            found = true;
        }
    }
    found
}

/// Says that hosts are not in a roster file; whether they are known all the same.
fn say_elsewhere<'a>(
    reading: &mut Reading<'_, 'a>,
    gathered: &Gathered<'a>,
    settings: &Settings<'a>,
    kind: &str,
) -> bool {
    if gathered.named.contains(&Part::Roster) {
        return true;
    }
    let Some(Entry { at, .. }) = settings.get("roster") else { return false };
    let keys = gathered.keys.is_some() || gathered.named.contains(&Part::Keys);
    if kind == "cache" && keys {
        let message = "`roster: cache` takes its hosts' addresses from grains; they have no `ansible_host` here";
        reading.warning(Code::Ignored, at, message);
        return true;
    }
    let known = ROSTERS.iter().find(|(name, _)| *name == kind);
    let place = known.map_or("a module of its own", |(_, place)| place);
    let message = format!("`roster: {kind}` takes the hosts of salt-ssh from {place}, which is not read here");
    let hint =
        "write them as a flat roster, `web1: 10.0.0.1` a line, and name it too: `salt: {config: …, roster: FILE}`";
    reading.problem(Code::InvalidSalt, at, message, hint);
    false
}
