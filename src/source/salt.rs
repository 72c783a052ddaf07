//! Salt's sources: rosters, nodegroups, accepted keys, the master's cache of grains and pillar, and what `salt`,
//! `salt-key` and `salt-run` printed.
//!
//! They complete each other, so all of them are read together, wherever they stand among the sources: keys and rosters
//! say which minions there are, the cache what is known of them. A minion becomes a host with its grains for variables
//! (pillar holds secrets and stays out), a roster's `host`, `port`, `user`, `priv`, `sudo`,
//! `sudo_user` and `timeout` become Ansible's variables of the same meaning, and a nodegroup becomes a group.

mod cache;
mod config;
mod detect;
mod groups;
mod keys;
mod msgpack;
mod roster;
mod saved;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use indexmap::{IndexMap, IndexSet};

use super::bytes::{Unread, nature};
use super::file::other_encoding;
use super::{Named, Reading};
use crate::error::{Code, Location, Problem};
use crate::salt::{Bank, Coverage, Master, Minion, Nodegroup, listed};
use crate::text::{Encoding, Pos, Text};
use crate::value::{Entry, KeyKind, Value, is_template};
pub(super) use detect::detect;

/// What one path of a Salt source holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// A master's configuration, which names the others: a folder such as `/etc/salt`, or its file `master`.
    Config,
    /// A flat roster, or a folder with a file for each id.
    Roster,
    /// A master's configuration for its nodegroups alone: a file, or a folder such as `master.d`.
    Nodegroups,
    /// The master's folder of keys, or what `salt-key -L --out=json` printed.
    Keys,
    /// The master's cache folder.
    Cache,
    /// Saved grains.
    Grains,
    /// Saved pillar.
    Pillar,
    /// What `salt-run manage.status --out=json` printed.
    Status,
}

impl Part {
    /// All parts, by their names in `regal.yml`.
    pub const NAMES: [(&'static str, Part); 8] = [
        ("config", Part::Config),
        ("roster", Part::Roster),
        ("nodegroups", Part::Nodegroups),
        ("keys", Part::Keys),
        ("cache", Part::Cache),
        ("grains", Part::Grains),
        ("pillar", Part::Pillar),
        ("status", Part::Status),
    ];

    /// Returns its name in `regal.yml`.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, part)| *part == self).map_or("", |(name, _)| name)
    }
}

/// How a minion is reached, from a roster.
#[derive(Clone, Debug)]
struct Address<'a> {
    at: Pos,
    /// `ansible_host`, `ansible_port` and the like, as far as the roster has them.
    variables: Vec<(&'static str, Value<'a>, Pos)>,
}

/// Grains or pillar by minion, with their places.
type Bundle<'a> = IndexMap<&'a str, (Value<'a>, Pos)>;

/// What the parts gave, before it is put together.
#[derive(Default)]
struct Gathered<'a> {
    keys: Option<IndexMap<&'a str, Pos>>,
    roster: Option<IndexMap<&'a str, Address<'a>>>,
    /// Keys of rosters that become nothing here.
    passed: roster::Passed<'a>,
    status: Option<IndexMap<&'a str, Pos>>,
    grains: Bundle<'a>,
    pillar: Bundle<'a>,
    grains_coverage: Coverage,
    /// Whether an entry of a roster has grains.
    roster_grains: bool,
    pillar_coverage: Coverage,
    nodegroups: IndexMap<&'a str, Nodegroup<'a>>,
    main_nodegroups: Option<Location>,
    /// Minions that were asked and did not answer.
    silent: IndexMap<&'a str, Pos>,
    /// Minions whose pillar is in the cache, for other environments only.
    environments: IndexMap<&'a str, &'a str>,
    /// All parts that are named, by which a configuration knows what it need not lead to.
    named: Vec<Part>,
}

/// Reads all Salt sources together into the reading's inventory, and what a master knows.
pub(super) fn read(reading: &mut Reading<'_, '_>, given: &[(Part, Named)]) {
    let before = reading.found.checkpoint();
    let named = given.iter().map(|(part, _)| *part).collect();
    let mut gathered = Gathered { named, ..Gathered::default() };
    given.iter().for_each(|(part, named)| read_part(reading, &mut gathered, *part, named));
    if reading.found.failed_since(&before) {
        return;
    }
    gathered.passed.say(reading);
    let mut master = master(reading, &mut gathered);
    add_hosts(reading, &gathered, &master);
    master.unanswered = groups::add(reading, &master);
    reading.master = Some(master);
}

fn read_part<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>, part: Part, named: &Named) {
    if let Err(unread) = nature(&named.path) {
        let message = format!("the Salt source `{}` cannot be read: {}", named.path.display(), unread.why);
        let mut problem = Problem::of(Code::Unreadable, message)
            .hint(access_hint(&unread, "check the path; relative paths in a regal.yml start from its folder"));
        problem.location = named.at.clone().map(Box::new);
        return reading.push(problem);
    }
    match part {
        Part::Config => config::read(reading, gathered, &named.path),
        Part::Roster => roster::read(reading, gathered, &named.path, &roster::Defaults::default()),
        Part::Nodegroups => config::read_nodegroups(reading, gathered, &named.path),
        Part::Keys => keys::read(reading, gathered, &named.path),
        Part::Cache => cache::read(reading, gathered, &named.path),
        Part::Grains => saved::read(reading, gathered, &named.path, Bank::Grains),
        Part::Pillar => saved::read(reading, gathered, &named.path, Bank::Pillar),
        Part::Status => keys::read_status(reading, gathered, &named.path),
    }
}

/// What to do about a file that cannot be read.
fn access_hint(unread: &Unread, otherwise: &str) -> String {
    match unread.kind {
        ErrorKind::PermissionDenied => {
            "the master's files belong to the user it runs as: run this as root or that user; or save what \
             salt-key -L --out=json and salt '*' grains.items --out=json --static print, and name that instead, as `keys:` and `grains:`"
                .to_string()
        }
        _ => unread.hint_or(otherwise),
    }
}

/// Puts minions, their data and nodegroups together.
fn master<'a>(reading: &mut Reading<'_, 'a>, gathered: &mut Gathered<'a>) -> Master<'a> {
    settle_roster_grains(gathered);
    let ids = minion_ids(gathered);
    let mut master = Master {
        listed: ids.is_some(),
        grains: gathered.grains_coverage,
        pillar: gathered.pillar_coverage,
        nodegroups: std::mem::take(&mut gathered.nodegroups),
        keys: gathered.keys.as_ref().map(|keys| keys.keys().copied().collect()),
        main_nodegroups: gathered.main_nodegroups.take(),
        ..Master::default()
    };
    let ids = ids.unwrap_or_else(|| listed_in_groups(&master));
    master.minions = ids.into_iter().map(|id| (id, minion(gathered, id))).collect();
    if master.listed {
        warn_of_strangers(reading, gathered, &master);
        warn_of_silence(reading, gathered, &master);
        warn_of_environments(reading, gathered, &master);
    }
    master
}

/// Where rosters alone say what is known, as for `salt-ssh`, an entry without grains has none. Beside a master's minions
/// it says nothing: their grains may merely be missing.
fn settle_roster_grains(gathered: &mut Gathered<'_>) {
    if !gathered.roster_grains {
        return;
    }
    let alone = gathered.keys.is_none()
        && gathered.status.is_none()
        && gathered.grains_coverage == Coverage::Nothing
        && gathered.pillar_coverage == Coverage::Nothing;
    if alone {
        for (id, address) in gathered.roster.iter().flatten() {
            gathered.grains.entry(id).or_insert((Value::Map(&[]), address.at));
        }
    }
    gathered.grains_coverage = Coverage::Part.max(gathered.grains_coverage);
}

fn minion<'a>(gathered: &Gathered<'a>, id: &str) -> Minion<'a> {
    let (grains, pillar) = (gathered.grains.get(id), gathered.pillar.get(id));
    Minion {
        grains: grains.map(|(value, _)| *value),
        pillar: pillar.map(|(value, _)| *value),
        grains_at: grains.map_or(Pos::default(), |(_, at)| *at),
        pillar_at: pillar.map_or(Pos::default(), |(_, at)| *at),
    }
}

/// The minions that there are: those of keys and rosters, or else those that something is known of.
fn minion_ids<'a>(gathered: &Gathered<'a>) -> Option<Vec<&'a str>> {
    let mut ids: IndexSet<&'a str> = IndexSet::new();
    if gathered.keys.is_some() || gathered.roster.is_some() {
        ids.extend(gathered.keys.iter().flat_map(IndexMap::keys));
        ids.extend(gathered.roster.iter().flat_map(IndexMap::keys));
    } else {
        ids.extend(gathered.grains.keys().chain(gathered.silent.keys()));
        ids.extend(gathered.status.iter().flat_map(IndexMap::keys));
        // The master's own id has a pillar, too.
        if ids.is_empty() {
            ids.extend(gathered.pillar.keys());
        }
    }
    let known = gathered.keys.is_some()
        || gathered.roster.is_some()
        || gathered.status.is_some()
        || gathered.grains_coverage != Coverage::Nothing
        || gathered.pillar_coverage != Coverage::Nothing;
    known.then(|| ids.into_iter().collect())
}

/// The ids that nodegroups list, where nothing else says which minions there are.
fn listed_in_groups<'a>(master: &Master<'a>) -> Vec<&'a str> {
    let mut ids: IndexSet<&'a str> = IndexSet::new();
    for word in master.nodegroups.values().flat_map(|group| group.words.iter().copied()) {
        let operator = matches!(word, "and" | "or" | "not" | "(" | ")");
        let plain = !operator && !word.contains(['@', '*', '?', '[', '(', '{', '\\']);
        let list = word.strip_prefix("L@").or(plain.then_some(word)).unwrap_or_default();
        ids.extend(list.split(',').filter(|id| !id.is_empty()));
    }
    ids.into_iter().collect()
}

/// Warns of data of machines that are not minions any more.
fn warn_of_strangers(reading: &mut Reading<'_, '_>, gathered: &Gathered<'_>, master: &Master<'_>) {
    let strangers: Vec<&str> = gathered.grains.keys().copied().filter(|id| !master.minions.contains_key(id)).collect();
    if !strangers.is_empty() {
        let message = format!("there are grains, but no accepted key, of {}", listed(&strangers));
        let problem =
            Problem::of(Code::MinionState, message).hint("what the master keeps of deleted minions is skipped");
        reading.found.warn(problem);
    }
}

/// Warns of minions of which nothing is known although something is known of others.
fn warn_of_silence(reading: &mut Reading<'_, '_>, gathered: &Gathered<'_>, master: &Master<'_>) {
    let silent: Vec<&str> = gathered.silent.keys().copied().filter(|id| master.minions.contains_key(id)).collect();
    if !silent.is_empty() {
        let message = format!("did not answer: {}", listed(&silent));
        reading.found.warn(
            Problem::of(Code::MinionState, message).hint("what they run and whether they can be updated is not known"),
        );
    }
    let unknown =
        |id: &&str| master.minions.get(id).is_some_and(|minion| minion.grains.is_none()) && !silent.contains(id);
    let unknown: Vec<&str> = master.minions.keys().copied().filter(unknown).collect();
    if master.grains == Coverage::Whole && !unknown.is_empty() {
        let message = format!("no grains are known of {}", listed(&unknown));
        reading.found.warn(
            Problem::of(Code::MinionState, message).hint("have the master ask: salt '*' saltutil.refresh_grains"),
        );
    }
}

/// Warns of minions whose pillar is kept for another environment only: Salt's targets do not look there.
fn warn_of_environments(reading: &mut Reading<'_, '_>, gathered: &Gathered<'_>, master: &Master<'_>) {
    let apart = |id: &&str| master.minions.get(id).is_some_and(|minion| minion.pillar.is_none());
    let ids: Vec<&str> = gathered.environments.keys().copied().filter(apart).collect();
    let Some(environment) = ids.first().and_then(|id| gathered.environments.get(id)) else { return };
    let message =
        format!("the cache has the pillar of {} only for an environment of its own, `{environment}`", listed(&ids));
    let hint = "neither Salt's targets nor a version from pillar look there; name such minions: L@ID";
    reading.found.warn(Problem::of(Code::MinionState, message).hint(hint));
}

/// Minions as hosts.
fn add_hosts<'a>(reading: &mut Reading<'_, 'a>, gathered: &Gathered<'a>, master: &Master<'a>) {
    let mut refused: Option<(&'a str, &'a str)> = None;
    for (id, minion) in &master.minions {
        let address = gathered.roster.as_ref().and_then(|roster| roster.get(id));
        let at = address.map_or(minion.grains_at, |address| address.at);
        let added = reading.inventory.add_host(id, None, None, at);
        let Some(host) = reading.note(added, at) else { continue };
        let target = reading.inventory.target_of_host(host);
        if let Some(Value::Map(grains)) = minion.grains {
            for grain in grains.iter().filter(|grain| grain.kind == KeyKind::Str && !grain.key.is_empty()) {
                if grain.key.starts_with("ansible_") {
                    refused.get_or_insert((grain.key, id));
                    continue;
                }
                let at = if grain.at == Pos::default() { minion.grains_at } else { grain.at };
                let set = reading.inventory.set_var(target, grain.key, grain.value, at);
                reading.note(set, at);
            }
        }
        for (name, value, at) in address.iter().flat_map(|address| &address.variables) {
            let set = reading.inventory.set_var(target, name, *value, *at);
            reading.note(set, *at);
        }
    }
    if let Some((grain, id)) = refused {
        let problem =
            Problem::of(Code::Ignored, format!("the grain `{grain}` of `{id}` is left out of the host's variables"));
        reading.found.warn(problem.hint("a minion does not decide how Ansible reaches it; use a roster for that"));
    }
}

impl<'a> Gathered<'a> {
    /// Adds data of a minion over what is known already, key by key.
    fn add_data(&mut self, reading: &Reading<'_, 'a>, bank: Bank, id: &'a str, data: &'a [Entry<'a>], at: Pos) {
        let bundle = match bank {
            Bank::Grains => &mut self.grains,
            Bank::Pillar => &mut self.pillar,
        };
        let known = bundle.get(id).copied();
        let merged = match known {
            Some((Value::Map(known), _)) => {
                let mut entries: Vec<Entry<'a>> =
                    known.iter().filter(|old| !data.iter().any(|new| new.key == old.key)).copied().collect();
                entries.extend_from_slice(data);
                &*reading.arena.alloc_slice_copy(&entries)
            }
            _ => data,
        };
        bundle.insert(id, (Value::Map(merged), at));
    }
}

/// A file's text as a program of Salt's printed it.
fn printed<'a>(reading: &mut Reading<'_, 'a>, path: &Path) -> Option<Text<'a>> {
    let name = path.display().to_string();
    let bytes = match reading.bytes(path) {
        Ok(bytes) => bytes,
        Err(unread) => {
            let problem =
                Problem::of(Code::Unreadable, format!("cannot be read: {}", unread.why)).at(Location::whole(name));
            reading.push(problem.hint(access_hint(&unread, "check its permissions")));
            return None;
        }
    };
    if let Some(encoding) = Encoding::of(bytes) {
        reading.push(other_encoding(path, encoding));
        return None;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        let problem = Problem::of(Code::Encoding, "the text is not valid UTF-8").at(Location::whole(name));
        reading.push(problem.hint("save what Salt prints as it is"));
        return None;
    };
    let name = reading.arena.alloc_str(&name);
    let text = reading.texts.add_printed(name, text, crate::text::Printer::Salt);
    let text = text.map_err(|problem| reading.push(problem)).ok()?;
    reading.inventory.add_text(text);
    Some(text)
}

/// The entries of a folder, sorted by name; those that start with a dot are left out.
fn entries_of(reading: &mut Reading<'_, '_>, path: &Path) -> Option<Vec<PathBuf>> {
    match super::entries::sorted_entries(path) {
        Ok(entries) => {
            let hidden = |path: &PathBuf| file_name(path).starts_with('.');
            Some(entries.into_iter().filter(|path| !hidden(path)).collect())
        }
        Err(error) => {
            reading.push(unlistable(path, &Unread::from(&error)));
            None
        }
    }
}

/// Whether there is something at a path. Where this user may not know, that is a problem, and not nothing.
fn exists(reading: &mut Reading<'_, '_>, path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(_) => true,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => false,
        Err(error) => {
            let unread = Unread::from(&error);
            let problem = Problem::of(Code::Unreadable, format!("cannot be read: {}", unread.why))
                .at(Location::whole(path.display().to_string()));
            reading.push(problem.hint(access_hint(&unread, "check the path")));
            false
        }
    }
}

/// Whether there is a folder that can be listed.
fn is_folder(reading: &mut Reading<'_, '_>, path: &Path) -> bool {
    exists(reading, path)
        && path.is_dir()
        && std::fs::read_dir(path).map_err(|error| reading.push(unlistable(path, &Unread::from(&error)))).is_ok()
}

fn unlistable(folder: &Path, unread: &Unread) -> Problem {
    let whole = Location::whole(folder.display().to_string());
    let problem = Problem::of(Code::Unreadable, format!("cannot be listed: {}", unread.why)).at(whole);
    problem.hint(access_hint(unread, "name a folder"))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A text from a minion, which must not run as a template where Ansible reads the inventory.
fn guarded(text: &str) -> Value<'_> {
    if is_template(text) { Value::Unsafe(text) } else { Value::Str(text) }
}
