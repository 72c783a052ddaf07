//! What keeps Ansible from using a configuration as an inventory, which Ansible says in other words (`Exec format error`), as a
//! warning that is easily missed, or not at all.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Session;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Location, Problem};
use crate::source::ansible_cfg::Plugin;
use crate::source::{OWN_PLUGINS, Options, first_line_of, is_executable, same_file};

/// The name of this program, which a configuration starts.
const PROGRAM: &str = "regal-inventory";
const SHEBANG: &str = "make `#!/usr/bin/env -S regal-inventory --config` its first line";

/// A configuration as Ansible meets it.
struct File {
    path: PathBuf,
    runs: bool,
    text: String,
    /// What `plugin` says.
    plugin: Option<String>,
}

/// What the first line of a file starts.
#[derive(Debug, PartialEq, Eq)]
enum Shebang {
    /// This program file.
    File(PathBuf),
    /// This name in `PATH`, by `env`.
    Name(String),
    /// Several words, which `env` takes for one name.
    Unsplit(String),
}

impl Session<'_> {
    /// Returns what keeps Ansible from using the configuration as an inventory, as far as it is meant for that: its run bit or
    /// its `plugin` says so.
    pub fn remarks(&self) -> Vec<Problem> {
        let Some(file) = self.configuration.as_deref().filter(|_| self.freeze.is_none()).and_then(File::read) else {
            return Vec::new();
        };
        let mut remarks = Vec::new();
        if file.runs {
            file.as_script(&mut remarks);
            remarks.extend(self.starter(&file));
        } else {
            remarks.extend(file.without_run_bit());
        }
        if !self.ansible.is_off && (file.runs || file.plugin.as_deref() == Some(OWN_PLUGINS[1])) {
            remarks.extend(self.not_enabled(&file));
            if !self.ansible.unparsed_fails {
                remarks.push(self.unparsed());
            }
        }
        remarks
    }

    /// Whether what the first line starts is this program.
    fn starter(&self, file: &File) -> Option<Problem> {
        let line = file.text.strip_prefix("#!")?.lines().next()?;
        let (found, named) = match shebang(line) {
            Shebang::Unsplit(words) => {
                let message = format!("its first line makes env look for one program `{words}`");
                return Some(
                    file.warn(&message, "write `#!/usr/bin/env -S` there, with which env takes the words apart"),
                );
            }
            Shebang::File(path) if !is_executable(&path) => {
                let message = format!("its first line starts {}, which is no program here", path.display());
                return Some(file.warn(&message, SHEBANG));
            }
            Shebang::File(path) => (path.clone(), path.file_name()?.to_string_lossy().into_owned()),
            Shebang::Name(name) => match self.surroundings.in_path(&name) {
                Some(path) => (path, name),
                None => return Some(self.not_in_path(file, &name)),
            },
        };
        if named == PROGRAM { self.another(file, &found) } else { None }
    }

    fn not_in_path(&self, file: &File, name: &str) -> Problem {
        let message = format!("its first line starts `{name}`, which is not in PATH here");
        let own = self.surroundings.program.as_ref().filter(|_| name == PROGRAM);
        let folder = own.and_then(|program| program.parent());
        match folder {
            Some(folder) => file.warn(
                &message,
                &format!("where Ansible runs, put this program's folder into PATH: {}", folder.display()),
            ),
            None => file.warn(&message, "put its folder into PATH where Ansible runs, or write its path there"),
        }
    }

    /// That a program of the same name has another version. Where none may be run, that is not known.
    fn another(&self, file: &File, found: &Path) -> Option<Problem> {
        let own = self.surroundings.program.as_deref()?;
        if same_file(own, found) {
            return None;
        }
        let options: Options = self.reading(&mut Diagnostics::new()).ok()?;
        let said = first_line_of(found, "--version", &options).ok()?;
        let version = said.as_deref().and_then(|said| said.strip_prefix(PROGRAM)).map(str::trim);
        let message = match version {
            Some(env!("CARGO_PKG_VERSION")) => return None,
            Some(version) => format!("is version {version}, and this is {}", env!("CARGO_PKG_VERSION")),
            None => "does not say its version, as this program does".to_string(),
        };
        let message = format!("its first line starts {}, which {message}", found.display());
        Some(file.warn(&message, "let one version be first in PATH wherever Ansible runs: which -a regal-inventory"))
    }

    /// That `enable_plugins` names nothing that takes the file.
    fn not_enabled(&self, file: &File) -> Option<Problem> {
        let plugins = &self.ansible.plugins;
        let own = OWN_PLUGINS[1];
        let ending = file.path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
        let endings =
            self.ansible.yaml_endings.clone().unwrap_or_else(|| vec![".yml".to_string(), ".yaml".to_string()]);
        let is_plugin = file.plugin.as_deref() == Some(own);
        let taken =
            file.runs && plugins.has(&Plugin::Script) || is_plugin && plugins.configures(own, &ending, &endings);
        if taken {
            return None;
        }
        let wanted = if is_plugin { own } else { "script" };
        let message =
            format!("Ansible does not take this configuration for an inventory: {wanted} is not among its plugins");
        let problem = Problem::of(Code::NotEnabled, message).as_warning().at(file.place());
        let hint =
            format!("add {wanted} to `enable_plugins` under [inventory] in ansible.cfg, which is {}", plugins.names());
        Some(problem.hint(hint))
    }

    /// That Ansible goes on without an inventory that fails.
    fn unparsed(&self) -> Problem {
        let cfg = self.ansible.file.as_ref().map_or("ansible.cfg".to_string(), |file| file.display().to_string());
        let message =
            "Ansible goes on without an inventory that cannot be read, with a warning: then there are no batches";
        let problem = Problem::of(Code::Ignored, message).as_warning().at(Location::whole(cfg));
        problem.hint("make that an error: `any_unparsed_is_failed = true` under [inventory]")
    }
}

impl File {
    fn read(path: &Path) -> Option<File> {
        let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let text = std::fs::read_to_string(path).ok()?;
        let said = text.lines().find_map(|line| line.strip_prefix("plugin:"));
        let plugin =
            said.map(|said| said.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']).to_string());
        Some(File { path: path.to_path_buf(), runs: metadata.mode() & 0o111 != 0, text, plugin })
    }

    fn place(&self) -> Location {
        Location::whole(self.path.display().to_string())
    }

    fn warn(&self, message: &str, hint: &str) -> Problem {
        Problem::of(Code::InvalidConfiguration, message).as_warning().at(self.place()).hint(hint)
    }

    /// What keeps the system from running it, and Ansible from taking it for a program.
    fn as_script(&self, remarks: &mut Vec<Problem>) {
        if self.text.starts_with("\u{feff}#!") {
            remarks.push(self.warn(
                "its run bit is set, but a byte order mark before the `#!` keeps it from being run",
                "save it as UTF-8 without one",
            ));
        } else if !self.text.starts_with("#!") {
            let hint = format!("{SHEBANG}, or remove the run bit");
            remarks.push(self.warn("its run bit is set, but without a `#!` line Ansible cannot run it", &hint));
        }
        if self.plugin.is_none() {
            let hint = "add the line `plugin: regal-inventory`";
            remarks.push(
                self.warn(
                    "its run bit is set, and without `plugin` Ansible reads it as an inventory if it fails",
                    hint,
                ),
            );
        }
    }

    /// That it was meant to be run, and is not.
    fn without_run_bit(&self) -> Option<Problem> {
        let is_script = self.text.starts_with("#!") && self.plugin.as_deref() == Some(OWN_PLUGINS[0]);
        let hint =
            "set it: chmod +x FILE; where run bits get lost, write `plugin: regal.rollout.batches`, which needs none";
        is_script.then(|| {
            self.warn("its run bit is not set, so Ansible looks for an inventory plugin `regal-inventory`", hint)
        })
    }
}

/// What a first line starts, its `#!` left out. As Linux does it, all after the program is one argument.
fn shebang(line: &str) -> Shebang {
    let (program, argument) = line.trim().split_once([' ', '\t']).unwrap_or((line.trim(), ""));
    let (path, argument) = (PathBuf::from(program), argument.trim());
    if path.file_name().is_none_or(|name| name != "env") || argument.is_empty() {
        return Shebang::File(path);
    }
    let split = ["-S", "--split-string=", "-vS"].iter().find_map(|option| argument.strip_prefix(option));
    match split {
        Some(words) => {
            let words = shlex::split(words).unwrap_or_default();
            let name = words.into_iter().find(|word| !word.starts_with('-') && !word.contains('='));
            Shebang::Name(name.unwrap_or_default())
        }
        None if argument.contains([' ', '\t']) => Shebang::Unsplit(argument.to_string()),
        None => Shebang::Name(argument.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_is_read_as_the_system_reads_it() {
        let name = |name: &str| Shebang::Name(name.to_string());
        for (line, expected) in [
            ("/usr/bin/env -S regal-inventory --config", name("regal-inventory")),
            (" /usr/bin/env\t-S  regal-inventory --config", name("regal-inventory")),
            ("/usr/bin/env -S REGAL_NAME=api regal-inventory --config", name("regal-inventory")),
            ("/usr/bin/env -S -u LANG regal-inventory --config", name("LANG")),
            ("/usr/bin/env regal-inventory", name("regal-inventory")),
            ("/usr/bin/env regal-inventory --config", Shebang::Unsplit("regal-inventory --config".to_string())),
            ("/usr/local/bin/regal-inventory --config", Shebang::File("/usr/local/bin/regal-inventory".into())),
        ] {
            assert_eq!(shebang(line), expected, "{line}");
        }
    }
}
