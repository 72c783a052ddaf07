//! Which reader reads a file: as Ansible does, those that are enabled are tried in their order, each on the files that it wants.
//!
//! The rules are those of ansible-core 2.19, `inventory/manager.py`, `parse_source`. What a reader leaves behind when it
//! fails, Ansible keeps; here that is an error.

use std::path::Path;

use super::ansible_cfg::Plugin;
use super::file::{Content, Decoded, MARK};
use super::vars_files::ENDINGS;
use super::{Reading, engine, entries, ini, script, toml, yaml};
use crate::diagnostics::Checkpoint;
use crate::error::{Code, Location, Problem};
use crate::text::{Text, is_python_space, python_trim};
use crate::value::Entry;

/// What a file is as far as the readers ask.
struct File<'p, 'a> {
    path: &'p Path,
    ending: String,
    runs: bool,
    decoded: Option<Decoded<'a>>,
    /// What it is as YAML, once that was asked for.
    yaml: Option<Result<yaml::Document<'a>, Problem>>,
    /// Why YAML does not read it.
    fault: Option<Problem>,
    /// The configuration of a plugin that nothing takes.
    untaken: Option<&'a Entry<'a>>,
    /// What INI left behind when it failed, with where.
    left: Option<Problem>,
    /// Whether the problems of INI are with the reading, and since when.
    ini: Option<Checkpoint>,
}

/// Whether a reader is done with a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It was read, or a problem was found that is its own.
    Done,
    /// The next one may try.
    Next,
}

impl<'a> Reading<'_, 'a> {
    /// Reads a file with the first reader that can.
    pub(super) fn file(&mut self, path: &Path) {
        let options = self.options;
        let (ending, runs) = (entries::ending_of(path), entries::is_executable(path));
        let mut file =
            File { path, ending, runs, decoded: None, yaml: None, fault: None, untaken: None, left: None, ini: None };
        let wanted: Vec<&Plugin> =
            options.ansible.plugins.list.iter().filter(|plugin| self.wants(plugin, &file)).collect();
        for (index, plugin) in wanted.iter().enumerate() {
            if **plugin != Plugin::Script && file.decoded.is_none() {
                file.decoded = match self.read_text(path) {
                    Some(Content::Text(decoded)) => Some(decoded),
                    Some(Content::Sealed) => return self.push(sealed_inventory(path)),
                    None => return,
                };
            }
            if self.step(plugin, &mut file, index + 1 == wanted.len()) == Step::Done {
                return;
            }
        }
        self.unread(file);
    }

    /// Whether a reader looks at a file at all.
    fn wants(&self, plugin: &Plugin, file: &File<'_, '_>) -> bool {
        let ending = file.ending.as_str();
        match plugin {
            Plugin::HostList | Plugin::AdvancedHostList => false,
            Plugin::Script => file.runs,
            Plugin::Auto => matches!(ending, ".yml" | ".yaml"),
            Plugin::Foreign(_) => true,
            Plugin::Yaml => ending.is_empty() || self.is_yaml(ending),
            Plugin::Ini => ending != ".toml",
            Plugin::Toml => ending == ".toml",
        }
    }

    /// Whether YAML inventories end so.
    fn is_yaml(&self, ending: &str) -> bool {
        match &self.options.ansible.yaml_inventories {
            Some(endings) => endings.iter().any(|known| known == ending),
            None => ENDINGS.contains(&ending),
        }
    }

    fn step(&mut self, plugin: &Plugin, file: &mut File<'_, 'a>, is_last: bool) -> Step {
        match (plugin, file.decoded) {
            (Plugin::Script, _) if script::read(self, file.path) != script::Outcome::NotAProgram => Step::Done,
            (Plugin::Auto | Plugin::Foreign(_), Some(decoded)) => self.configured(file, decoded),
            (Plugin::Yaml, Some(decoded)) => self.groups_in_yaml(file, decoded),
            (Plugin::Ini, Some(decoded)) => self.ini_lines(file, decoded, is_last),
            (Plugin::Toml, Some(decoded)) => {
                if let Some(text) = self.sound_text(decoded) {
                    toml::read(self, text);
                }
                Step::Done
            }
            _ => Step::Next,
        }
    }

    /// What a text is as YAML.
    fn as_yaml(&mut self, file: &mut File<'_, 'a>, decoded: Decoded<'a>) {
        if file.yaml.is_none() {
            file.yaml = Some(match decoded.first_bad() {
                Some(at) => Err(self.not_utf8(at)),
                None => yaml::parse(self, decoded.text),
            });
        }
    }

    /// The configuration of a plugin, which is not read here.
    fn configured(&mut self, file: &mut File<'_, 'a>, decoded: Decoded<'a>) -> Step {
        let before = self.mark();
        self.as_yaml(file, decoded);
        let Some(Ok(yaml::Document::Plugin(plugin))) = &file.yaml else {
            // what YAML warned of is found again by its reader, if that gets to it
            if !matches!(file.yaml, Some(Ok(yaml::Document::Groups(_)))) {
                self.back_to(before);
            }
            return Step::Next;
        };
        if engine::takes(self, plugin, &file.ending) {
            let refusal = engine::refusal(self, plugin);
            self.push(refusal);
            return Step::Done;
        }
        file.untaken = Some(*plugin);
        Step::Next
    }

    fn groups_in_yaml(&mut self, file: &mut File<'_, 'a>, decoded: Decoded<'a>) -> Step {
        let before = self.mark();
        self.as_yaml(file, decoded);
        match file.yaml.take() {
            Some(Ok(yaml::Document::Groups(entries))) => {
                if let Some(problem) = file.left.take() {
                    self.push(problem);
                }
                yaml::read(self, entries, decoded.text);
                return Step::Done;
            }
            Some(Ok(yaml::Document::Unreadable(problem))) => {
                self.push(problem);
                return Step::Done;
            }
            Some(Ok(yaml::Document::Plugin(plugin))) => file.untaken = Some(plugin),
            Some(Ok(yaml::Document::Other(problem)) | Err(problem)) => file.fault = Some(problem),
            None => {}
        }
        // What YAML warned of does not hold for INI.
        self.back_to(before);
        Step::Next
    }

    fn ini_lines(&mut self, file: &mut File<'_, 'a>, decoded: Decoded<'a>, is_last: bool) -> Step {
        // An inventory is large: the mark is for those that may have to be taken back.
        let before = if is_last && file.fault.is_none() && file.untaken.is_none() && !self.is_set() {
            self.mark()
        } else {
            self.mark_inventory()
        };
        let known = (self.inventory.host_ids().len(), self.inventory.group_ids().len());
        ini::read(self, decoded);
        if !self.found.failed_since(&before.found) {
            return Step::Done;
        }
        if is_last {
            file.ini = Some(before.found);
            if before.has_inventory() && (file.untaken.is_some() || self.blames_yaml(file, decoded.text)) {
                self.back_to(before);
                file.ini = None;
            }
        } else {
            file.left = self.left_behind(known, &before.found);
            self.back_to(before);
        }
        Step::Next
    }

    /// Whether `enable_plugins` says which readers there are.
    fn is_set(&self) -> bool {
        self.options.ansible.plugins.at.is_some()
    }

    /// Whether a file that nothing reads was meant as YAML.
    fn blames_yaml(&self, file: &File<'_, '_>, text: Text<'_>) -> bool {
        let named = file.path.extension().is_some() && self.is_yaml(&file.ending);
        file.fault.is_some() && (named || looks_like_yaml(text.text))
    }

    /// What INI had read before its first error: Ansible keeps that beside what another reader makes of the file.
    fn left_behind(&self, known: (usize, usize), before: &Checkpoint) -> Option<Problem> {
        let line = self.found.first_since(before)?.location.as_ref()?.line;
        let hosts = self
            .inventory
            .host_ids()
            .skip(known.0)
            .map(|id| (self.inventory.host_name(id), self.inventory.host(id).at));
        let groups = self
            .inventory
            .group_ids()
            .skip(known.1)
            .map(|id| (self.inventory.group_name(id), self.inventory.group(id).at));
        let (name, at) = hosts.chain(groups).find(|(_, at)| self.texts.locate(*at).line < line)?;
        let message = format!("`enable_plugins` has ini before yaml, and Ansible keeps `{name}` of trying that");
        Some(Problem::of(Code::InvalidConfiguration, message).at(self.texts.locate(at)).hint("put yaml before ini"))
    }

    /// Says why no reader could read a file.
    fn unread(&mut self, mut file: File<'_, 'a>) {
        let plugins = &self.options.ansible.plugins;
        let whole = Location::whole(file.path.display().to_string());
        if let Some(plugin) = file.untaken {
            let problem = engine::untaken(self, plugin);
            return self.push(problem);
        }
        if let Some((why, hint)) = self.missing(&mut file) {
            if let Some(before) = file.ini {
                self.found.rollback(&before);
            }
            return self.push(Problem::of(Code::NotEnabled, why).at(whole).hint(hint));
        }
        match (file.fault, file.ini) {
            (_, Some(_)) => {}
            (Some(fault), None) => self.push(fault),
            (None, None) => {
                let message = format!("no reader takes this file: `enable_plugins` is {}", plugins.names());
                self.push(Problem::of(Code::NotEnabled, message).at(whole).hint("add the one that reads it"));
            }
        }
    }

    /// Why no reader that is enabled takes a file, where another one would or a setting keeps YAML from it; and what to do.
    fn missing(&mut self, file: &mut File<'_, 'a>) -> Option<(String, String)> {
        let ansible = &self.options.ansible;
        if ansible.plugins.at.is_none() && ansible.yaml_inventories.is_none() {
            return None;
        }
        let (what, name) = self.reader_needed(file)?;
        if name == "yaml" && ansible.plugins.has(&Plugin::Yaml) {
            let why = format!("this is YAML, and `yaml_valid_extensions` does not have {}", file.ending);
            return Some((why, format!("add {} there, or rename the file", file.ending)));
        }
        let at = ansible.plugins.at.as_ref()?;
        let why = format!("this is {what}, and `enable_plugins` is {}", ansible.plugins.names());
        Some((why, format!("add {name} at {at}")))
    }

    /// What a file is, and which reader it would need that has not looked at it.
    fn reader_needed(&mut self, file: &mut File<'_, 'a>) -> Option<(&'static str, &'static str)> {
        let plugins = &self.options.ansible.plugins;
        if file.runs && !plugins.has(&Plugin::Script) {
            return Some(("a program, since its run bit is set", "script"));
        }
        if file.ending == ".toml" && !plugins.has(&Plugin::Toml) {
            return Some(("TOML", "toml"));
        }
        let no_ini = (!plugins.has(&Plugin::Ini)).then_some(("no YAML", "ini"));
        if self.wants(&Plugin::Yaml, file) && plugins.has(&Plugin::Yaml) {
            return no_ini;
        }
        let decoded = match file.decoded {
            Some(decoded) => decoded,
            None => match self.read_text(file.path)? {
                Content::Text(decoded) => decoded,
                Content::Sealed => return None,
            },
        };
        let before = self.mark();
        self.as_yaml(file, decoded);
        self.back_to(before);
        let is_yaml = matches!(file.yaml, Some(Ok(yaml::Document::Groups(_))));
        if is_yaml { Some(("YAML", "yaml")) } else { no_ini }
    }

    /// Reads a text that has no name, YAML where it is a mapping and else INI.
    pub(super) fn yaml_or_ini(&mut self, text: Text<'a>) {
        let decoded = Decoded::sound(text);
        let mut file = File {
            path: Path::new("text.yml"),
            ending: ".yml".to_string(),
            runs: false,
            decoded: Some(decoded),
            yaml: None,
            fault: None,
            untaken: None,
            left: None,
            ini: None,
        };
        for (plugin, is_last) in [(Plugin::Auto, false), (Plugin::Yaml, false), (Plugin::Ini, true)] {
            if self.step(&plugin, &mut file, is_last) == Step::Done {
                return;
            }
        }
        self.unread(file);
    }
}

fn sealed_inventory(path: &Path) -> Problem {
    Problem::of(Code::Vault, "the inventory file is encrypted as a whole, and there is no password for it")
        .at(Location::whole(path.display().to_string()))
        .hint("name the file that holds the password: --vault-password-file FILE")
}

/// Whether the first line that says something could not be one of an INI file.
fn looks_like_yaml(text: &str) -> bool {
    let lines = text.trim_start_matches(MARK).lines().map(python_trim);
    let first = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        let word = line.split(is_python_space).next().unwrap_or_default();
        line.starts_with("---") || line.starts_with('{') || word.ends_with(':')
    })
}
