//! Sources that only Ansible can read: they go through `ansible-inventory --list`.
//!
//! Where one source needs it, all of them go through it, in one call: Ansible parses its sources in order into one
//! inventory, and a `constructed` configuration sees the hosts of the sources before it.
//!
//! The call is without `--export`. That would keep variables on groups, but with a group's sections and `group_vars` merged,
//! so that `group_vars/all` no longer beats `[web:vars]`; without it every host has what it ends up with, and
//! `ansible_group_priority` and all vars files are in it. So no vars file is read here again.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::ansible_cfg::{AnsibleCfg, Plugin};
use super::bytes::{Nature, is_descriptor, nature};
use super::call::{Answer, Call};
use super::file::unreadable;
use super::handed::Handed;
use super::vars_files::ENDINGS;
use super::{Content, Named, Reading, Secret, Source, entries, io_message, script, vaults, yaml};
use crate::error::{Code, Location, Problem};
use crate::text::{Arena, Printer};
use crate::value::{Entry, Value};
use crate::vault;

/// Which sources go through `ansible-inventory`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// None, unless there is the configuration of an inventory plugin among them, or `ansible.cfg` enables a plugin that is a
    /// program of somebody's own; then all.
    #[default]
    Auto,
    /// None; the configuration of a plugin is an error.
    Native,
    /// All.
    Ansible,
}

/// How sources are read.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    /// Which sources go through `ansible-inventory`.
    pub mode: Mode,
    /// The program, if there is one, with a slash in its path.
    pub program: Option<PathBuf>,
}

/// The configuration of a plugin is never larger, in bytes; in a larger file none is looked for.
const MAX_CONFIG: u64 = 1 << 20;
/// Its `group_vars` would count as a playbook's, and without one those of the working directory do. It has none.
const PLAYBOOK_FOLDER: &str = "/dev";
/// What makes the output exact and the same everywhere.
const ENVIRONMENT: [(&str, &str); 9] = [
    // Half an inventory is a failure.
    ("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "1"),
    // What follows is told from the plugin's output, or would stand on stdout.
    ("ANSIBLE_INVENTORY_EXPORT", "0"),
    ("ANSIBLE_VERBOSITY", "0"),
    // Facts that Ansible keeps are not an inventory; but see `LOCAL_FACTS`.
    ("ANSIBLE_INJECT_FACT_VARS", "0"),
    ("ANSIBLE_NOCOLOR", "1"),
    ("ANSIBLE_FORCE_COLOR", "0"),
    ("ANSIBLE_DEPRECATION_WARNINGS", "0"),
    ("ANSIBLE_DEVEL_WARNING", "0"),
    ("ANSIBLE_LOCALHOST_WARNING", "0"),
];
/// A fact that every host gets as a variable just because the others are kept out.
const LOCAL_FACTS: &str = "ansible_local";
const SAVE: &str = "save what it finds where Ansible is installed, and read that: \
                    ansible-inventory -i FILE --list --export --yaml > hosts.yml";

/// A source as `ansible-inventory` gets it.
enum Handing {
    /// As it is: hosts with commas, or a path.
    Named(String),
    /// A pipe, or what only this process has open.
    Handed(PathBuf),
}

/// What a look at the sources found.
#[derive(Default)]
struct Survey {
    /// The first configuration of a plugin.
    plugin: Option<Problem>,
    /// The sources as `ansible-inventory` is told of them.
    sources: Vec<Handing>,
    /// The sources as the user named them.
    names: Vec<String>,
    /// All files that the output depends on.
    files: Vec<PathBuf>,
}

/// Reads all sources with Ansible if they ask for it; false if they are to be read here.
pub(super) fn read(reading: &mut Reading<'_, '_>, sources: &[Source]) -> bool {
    let mode = reading.options.engine.mode;
    let code = reading.options.ansible.code.clone();
    if mode == Mode::Native {
        reading.found.error_all(code.map(|problem| problem.hint("use `engine: auto`, or take the plugin out there")));
        return false;
    }
    let before = reading.mark();
    let mut survey = Survey { plugin: code, ..Survey::default() };
    sources.iter().for_each(|source| survey.source(reading, source));
    if mode == Mode::Auto && survey.plugin.is_none() {
        // All of it is found again, in its order, when the sources are read.
        reading.back_to(before);
        return false;
    }
    let failed = reading.found.failed_since(&before.found);
    // What was looked into is read again by Ansible, and warned of here for nothing.
    reading.found.rollback_warnings(&before.found);
    let permit = reading.options.execution.permit("ansible-inventory", SAVE);
    match (reading.options.engine.program.clone(), permit) {
        _ if failed => {}
        (_, Err(refused)) => reading.push(refusing(survey.plugin, refused)),
        (Some(program), Ok(_)) => run(reading, survey, program),
        (None, Ok(_)) => {
            let problem = survey
                .plugin
                .unwrap_or_else(|| Problem::of(Code::NeedsAnsible, "the setting `engine: ansible` cannot be kept"));
            let message = format!("{}: ansible-inventory is not installed or not in PATH", problem.message);
            reading.push(
                Problem { message, ..problem }
                    .hint(format!("install ansible-core, or name the program with `ansible_inventory`; or {SAVE}")),
            );
        }
    }
    true
}

/// Whether a reader that is enabled takes the configuration of this plugin from a file that ends so.
pub(super) fn takes(reading: &Reading<'_, '_>, plugin: &Entry<'_>, ending: &str) -> bool {
    let ansible = &reading.options.ansible;
    let name = plugin.value.text().unwrap_or_default();
    match &ansible.yaml_endings {
        Some(endings) => ansible.plugins.configures(name, ending, endings),
        None => ansible.plugins.configures(name, ending, &ENDINGS),
    }
}

/// That nothing takes the configuration of a plugin.
pub(super) fn untaken(reading: &Reading<'_, '_>, plugin: &Entry<'_>) -> Problem {
    let plugins = &reading.options.ansible.plugins;
    let name = plugin.value.text().unwrap_or("?");
    let message =
        format!("this configuration of the inventory plugin `{name}` has a name by which Ansible does not take it");
    let hint = if plugins.has(&Plugin::Auto) {
        format!("let its name end in .yml, or add {name} to `enable_plugins`")
    } else {
        format!("add auto or {name} to `enable_plugins`, which is {}", plugins.names())
    };
    Problem::of(Code::NotEnabled, message).at(reading.texts.locate(plugin.at)).hint(hint)
}

/// That Ansible is not run, at the place of what needs it.
fn refusing(needs: Option<Problem>, refused: Problem) -> Problem {
    let Some(needs) = needs else {
        let message = format!("the setting `engine: ansible` cannot be kept: {}", refused.message);
        return Problem { message, ..refused };
    };
    let message = format!("{}: {}", needs.message, refused.message);
    Problem { message, location: needs.location, ..refused }
}

/// Why the configuration of a plugin is not read here.
pub(super) fn refusal(reading: &Reading<'_, '_>, plugin: &Entry<'_>) -> Problem {
    let message = format!("inventory plugin `{}` cannot be run here", plugin.value.text().unwrap_or("?"));
    let problem = Problem::of(Code::NeedsAnsible, message).at(reading.texts.locate(plugin.at));
    problem.hint(format!("leave it to ansible-inventory with `engine: auto` or `engine: ansible`, or {SAVE}"))
}

impl Survey {
    fn source(&mut self, reading: &mut Reading<'_, '_>, source: &Source) {
        match source {
            Source::Hosts(hosts) => self.add(Handing::Named(hosts.clone()), hosts),
            Source::Path(named) => self.path(reading, named),
            Source::Salt(_) => {}
        }
    }

    fn path(&mut self, reading: &mut Reading<'_, '_>, named: &Named) {
        let Some(is_folder) = reading.is_folder(named) else { return };
        let (path, shown) = (&named.path, named.path.display().to_string());
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if is_folder {
            for file in reading.files_of(path) {
                self.look_into(reading, &file);
            }
            self.files.push(absolute.clone());
        } else {
            if reading.refuses(path) {
                return;
            }
            self.look_into(reading, path);
            if is_handed(path) {
                return self.add(Handing::Handed(path.clone()), &shown);
            }
            let folder = absolute.parent().unwrap_or(Path::new("/"));
            self.files.extend([absolute.clone(), folder.join("group_vars"), folder.join("host_vars")]);
        }
        self.add(Handing::Named(absolute.display().to_string()), &shown);
    }

    fn add(&mut self, source: Handing, shown: &str) {
        self.sources.push(source);
        self.names.push(format!(" -i {shown}"));
    }

    /// Notes a file that is the configuration of a plugin.
    fn look_into(&mut self, reading: &mut Reading<'_, '_>, path: &Path) {
        let wanted = reading.options.engine.mode == Mode::Auto && self.plugin.is_none();
        if !wanted {
            return;
        }
        if let Some(plugin) = plugin_of(reading, path) {
            self.plugin = Some(refusal(reading, plugin));
        }
    }
}

/// The `plugin` of a file, if it is the configuration of one.
fn plugin_of<'a>(reading: &mut Reading<'_, 'a>, path: &Path) -> Option<&'a Entry<'a>> {
    let ending = entries::ending_of(path);
    let runs = reading.options.ansible.plugins.has(&Plugin::Script) && entries::is_executable(path);
    let may_be = reading.options.ansible.plugins.may_configure(&ending)
        && !runs
        && path.metadata().is_ok_and(|metadata| metadata.len() <= MAX_CONFIG);
    if !may_be || !mentions_plugin(reading, path) {
        return None;
    }
    let Some(Content::Text(decoded)) = reading.read_text(path) else { return None };
    match (decoded.first_bad(), yaml::parse(reading, decoded.text)) {
        (None, Ok(yaml::Document::Plugin(plugin))) if takes(reading, plugin, &ending) => Some(plugin),
        _ => None,
    }
}

/// Whether the word is in a file at all, which is quicker to know than what the file says.
fn mentions_plugin(reading: &Reading<'_, '_>, path: &Path) -> bool {
    let most = usize::try_from(MAX_CONFIG).unwrap_or(usize::MAX);
    let head = reading.options.pipes.head(path, most, &reading.options.limits);
    head.is_ok_and(|bytes| memchr::memmem::find(&bytes, b"plugin").is_some())
}

/// Whether Ansible is given a file that we write in place of this one: a pipe, which was read already, or what only this
/// process has open.
fn is_handed(path: &Path) -> bool {
    nature(path).is_ok_and(|nature| nature == Nature::Pipe || nature == Nature::File && is_descriptor(path))
        && !entries::is_executable(path)
}

/// The sources and passwords as arguments, and what was written for them.
///
/// # Errors
/// A pipe that cannot be read, or a folder that cannot be written to.
fn arguments<'m>(
    reading: &mut Reading<'m, '_>,
    sources: &[Handing],
) -> Result<(Vec<String>, Option<Handed<'m>>), Problem> {
    let mut handed = None;
    let mut arguments = vec!["--list".to_string(), format!("--playbook-dir={PLAYBOOK_FOLDER}")];
    for secret in &reading.options.secrets {
        let path = if is_handed(&secret.path) {
            hand_on(reading, &mut handed, &secret.path)?
        } else {
            std::path::absolute(&secret.path).unwrap_or_else(|_| secret.path.clone())
        };
        arguments.push(password(secret, &path));
    }
    for source in sources {
        let source = match source {
            Handing::Named(name) => name.clone(),
            Handing::Handed(path) => hand_on(reading, &mut handed, path)?.display().to_string(),
        };
        arguments.push(format!("--inventory={source}"));
    }
    Ok((arguments, handed))
}

/// A file with the bytes of a path, under a name that tells Ansible what it is.
fn hand_on<'m>(
    reading: &mut Reading<'m, '_>,
    handed: &mut Option<Handed<'m>>,
    path: &Path,
) -> Result<PathBuf, Problem> {
    let whole = || Location::whole(path.display().to_string());
    let bytes = reading.bytes(path).map_err(|unread| unreadable(&unread, path))?;
    if vault::is_encrypted(bytes) {
        reading.texts.note_decrypted();
    }
    let mut name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let before = reading.mark();
    // A plugin takes a configuration by the end of its name.
    if path.extension().is_none()
        && let Some(plugin) = plugin_of(reading, path).and_then(|plugin| plugin.value.text())
    {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let plugin: String = plugin.rsplit('.').next().unwrap_or_default().chars().map(plain).collect();
        name = format!("{name}.{plugin}.yml");
    }
    reading.back_to(before);
    let written = match handed {
        Some(handed) => handed.add(path, &name, bytes),
        None => {
            Handed::new(reading.options.interrupt.as_ref()).and_then(|made| handed.insert(made).add(path, &name, bytes))
        }
    };
    written.map_err(|error| {
        let problem = Problem::of(Code::Unwritable, format!("cannot be handed on to Ansible: {}", io_message(&error)));
        problem.at(whole()).hint("it needs room in the folder for temporary files; TMPDIR names another one")
    })
}

fn run(reading: &mut Reading<'_, '_>, survey: Survey, program: PathBuf) {
    let mut environment: Vec<(&'static str, String)> =
        ENVIRONMENT.iter().map(|(name, value)| (*name, value.to_string())).collect();
    if !reading.skipped.is_empty() {
        let patterns = reading.options.ansible.ignored_texts.iter().cloned().chain(ignoring(&reading.skipped));
        environment.push(("ANSIBLE_INVENTORY_IGNORE_REGEX", patterns.collect::<Vec<_>>().join(",")));
    }
    let empty = match reading.options.ansible.is_off.then(empty_configuration).transpose() {
        Ok(empty) => empty,
        Err(error) => {
            let message = format!("an empty ansible.cfg cannot be written: {}", io_message(&error));
            let problem = Problem::of(Code::Unwritable, message);
            return reading
                .push(problem.hint("it needs room in the folder for temporary files; TMPDIR names another one"));
        }
    };
    let (arguments, handed) = match arguments(reading, &survey.sources) {
        Ok(arguments) => arguments,
        Err(problem) => return reading.push(problem),
    };
    // Ansible may also know passwords that are not told to us, from ansible.cfg.
    let opens_files = reading.texts.has_decrypted() || vaults::has_any(&survey.files);
    let decrypts = opens_files || !reading.options.secrets.is_empty();
    if decrypts {
        reading.texts.note_decrypted();
    }
    let call = Call {
        name: format!("ansible-inventory{} --list", survey.names.concat()),
        what: "Ansible",
        printer: Printer::Ansible,
        // What was decrypted is written nowhere, and a pipe is another one each time.
        may_keep: !decrypts && handed.is_none(),
        // Which of it was decrypted is not told; a value that alone is under vault stays so in the output.
        conceals: opens_files,
        without: if empty.is_some() { AnsibleCfg::variables().collect() } else { Vec::new() },
        configuration: empty.as_ref().map(|file| file.path().to_path_buf()),
        renamed: handed.as_ref().map(Handed::names).unwrap_or_default(),
        watched: [vec![program.clone()], survey.files].concat(),
        program,
        arguments,
        environment,
        instead: SAVE,
        hints: [
            "check the path given by `ansible_inventory`",
            "run it by hand, with ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=1",
            "run it by hand; ansible.cfg or a plugin may make it print something else",
        ],
    };
    if let Answer::Mapping(groups, text) = reading.call(&call) {
        if groups.iter().any(|entry| entry.key == "_meta") {
            let groups = without_facts(reading.arena, groups, &HOST_VARS);
            script::read_groups(reading, in_order(groups));
        } else {
            let problem =
                Problem::of(Code::ProgramFailed, "Ansible printed no `_meta`").at(reading.texts.locate(text.base));
            reading.push(problem.hint("run it by hand; it prints groups and `_meta`"));
        }
    }
}

/// A vault password as Ansible is told of it.
fn password(secret: &Secret, path: &Path) -> String {
    match &secret.id {
        Some(id) => format!("--vault-id={id}@{}", path.display()),
        None => format!("--vault-password-file={}", path.display()),
    }
}

/// What Ansible reads in the place of an `ansible.cfg` that does not count; it takes no `/dev/null`.
fn empty_configuration() -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix("regal-inventory-").suffix(".cfg").tempfile()
}

/// Regular expressions for the names of our own files, which Ansible shall skip in directories too.
fn ignoring(files: &[String]) -> Vec<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '.' };
    let name = |file: &String| Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let names: HashSet<String> = files.iter().map(name).collect();
    let mut patterns: Vec<String> =
        names.iter().map(|name| format!("^{}$", name.chars().map(plain).collect::<String>())).collect();
    patterns.sort();
    patterns
}

/// Where the variables of hosts stand in the output; the last step is any host.
const HOST_VARS: [Option<&str>; 3] = [Some("_meta"), Some("hostvars"), None];

/// A mapping without [`LOCAL_FACTS`] in the mappings that `path` leads down to.
fn without_facts<'a>(arena: &'a Arena, entries: &[Entry<'a>], path: &[Option<&str>]) -> &'a [Entry<'a>] {
    let changed: Vec<Entry<'a>> = match path.split_first() {
        None => entries.iter().filter(|entry| entry.key != LOCAL_FACTS).copied().collect(),
        Some((step, rest)) => {
            let change = |entry: &Entry<'a>| match entry.value {
                Value::Map(inner) if step.is_none_or(|key| key == entry.key) => {
                    Entry { value: Value::Map(without_facts(arena, inner, rest)), ..*entry }
                }
                _ => *entry,
            };
            entries.iter().map(change).collect()
        }
    };
    arena.alloc_slice_copy(&changed)
}

/// The groups in the order of their parents' lists, from `all` down: the output itself is sorted by name.
fn in_order<'a>(groups: &'a [Entry<'a>]) -> Vec<&'a Entry<'a>> {
    let by_name: HashMap<&str, &'a Entry<'a>> = groups.iter().map(|entry| (entry.key, entry)).collect();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut ordered: Vec<&'a Entry<'a>> = Vec::new();
    let mut waiting: Vec<&str> = groups.iter().rev().map(|entry| entry.key).chain(["all"]).collect();
    while let Some(name) = waiting.pop() {
        if !seen.insert(name) {
            continue;
        }
        let Some(entry) = by_name.get(name) else { continue };
        ordered.push(entry);
        if let Some(Value::List(children)) = entry.value.get("children") {
            waiting.extend(children.iter().rev().filter_map(Value::text));
        }
    }
    ordered
}
