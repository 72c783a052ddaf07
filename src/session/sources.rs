//! What a session reads its sources with: programs in `PATH`, the cache folder, vault passwords, the environment.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Asked, GUARD, Session, configuration};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem, Result};
use crate::policy::versions::{VersionFrom, VersionSource};
use crate::source::cache::Cache;
use crate::source::engine::Engine;
use crate::source::{Options, Secret, Source, is_executable, same_file};

/// The name that is looked for in `PATH`.
const ANSIBLE_INVENTORY: &str = "ansible-inventory";
/// Variables that say where and how a shell runs, and nothing about inventories.
const IGNORED_VARIABLES: [&str; 6] = ["_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL"];

impl Session<'_> {
    /// Takes the sources of `ansible.cfg` where no setting names any, but for our own configuration, which Ansible runs and we
    /// do not read.
    ///
    /// # Errors
    /// Nothing is left to read.
    pub(super) fn take_ansibles_sources(&mut self) -> Result<()> {
        if !self.settings.inventory.is_empty() || self.ansible.inventory.is_empty() {
            return Ok(());
        }
        let own = self.own_paths();
        // One that `init` is about to write is named already, and not there yet.
        let same_place = |a: &Path, b: &Path| std::path::absolute(a).ok() == std::path::absolute(b).ok();
        let same = |own: &PathBuf, path: &Path| same_file(own, path) || same_place(own, path);
        let is_own =
            |source: &&Source| matches!(source, Source::Path(named) if own.iter().any(|own| same(own, &named.path)));
        let (cycle, others): (Vec<&Source>, Vec<&Source>) = self.ansible.inventory.iter().partition(is_own);
        let explicit = matches!(self.settings.versions, Some(VersionSource::Explicit(_)));
        if let ([], [Source::Path(named), ..], false) = (&others[..], &cycle[..], explicit) {
            let message =
                format!("the only inventory is `{}`, which is this configuration itself", named.path.display());
            let mut problem = Problem::of(Code::OwnFile, message)
                .hint("name under its key `inventory`, or beside it here, what it should read");
            problem.location = named.at.clone().map(Box::new);
            return Err(problem.into());
        }
        self.settings.inventory = others.into_iter().cloned().collect();
        self.has_ansibles_sources = true;
        Ok(())
    }

    /// The files that are this program's own and no inventories.
    fn own_paths(&self) -> Vec<PathBuf> {
        self.configuration.iter().chain(&self.own_files).chain(&self.surroundings.program).cloned().collect()
    }

    /// The `ansible.cfg` that is used, and the settings of it and of the environment that count, as people write them.
    pub fn ansible_cfg(&self) -> (Option<&Path>, Vec<&str>) {
        let counts = |name: &str| match name {
            "[defaults] inventory" | "ANSIBLE_INVENTORY" => self.has_ansibles_sources,
            "[defaults] vault_identity_list" | "ANSIBLE_VAULT_IDENTITY_LIST" => self.settings.vault_ids.is_empty(),
            "[defaults] vault_password_file" | "ANSIBLE_VAULT_PASSWORD_FILE" => {
                self.settings.vault_password_file.is_none()
            }
            _ => true,
        };
        let counted = self.ansible.counted.iter().map(|(name, _)| name.as_str()).filter(|name| counts(name));
        (self.ansible.file.as_deref(), counted.collect())
    }

    /// How this run reads its sources.
    ///
    /// # Errors
    /// A setting that names a program which is not there.
    pub(super) fn reading(&self, found: &mut Diagnostics) -> Result<Options> {
        Ok(Options {
            own_files: self.own_paths(),
            ansible: Arc::clone(&self.ansible),
            guard: Some((GUARD.to_string(), "1".to_string())),
            engine: Engine { mode: self.settings.engine, program: self.ansible_inventory()? },
            cache: self.cache(found)?,
            execution: self.execution,
            secrets: self.secrets(),
            variables: self.variables(),
            interrupt: Some(self.shared.interrupt.clone()),
            progress: self.shared.progress.clone(),
            ..self.files()
        })
    }

    /// The variables whose values count where only the groups are written; nothing where any may count.
    fn variables(&self) -> Option<HashSet<String>> {
        if self.asked == Asked::All || !self.settings.groups_only {
            return None;
        }
        let version = match &self.settings.versions {
            Some(VersionSource::From(VersionFrom::Var(name), _)) => Some(name.as_str()),
            Some(VersionSource::From(VersionFrom::Group(_), _) | VersionSource::Explicit(_)) => None,
            _ => return None,
        };
        Some(version.into_iter().chain(self.settings.policy.variables()).map(str::to_string).collect())
    }

    /// How files are read that are not sources, such as those of a limit.
    pub(super) fn files(&self) -> Options {
        Options {
            limits: self.settings.limits,
            pipes: self.shared.pipes.clone(),
            surroundings: Arc::clone(&self.surroundings),
            ..Options::default()
        }
    }

    /// The vault passwords in the order in which they are tried: those with an id first. A setting that is not made is taken
    /// from Ansible's.
    fn secrets(&self) -> Vec<Secret> {
        let (settings, ansible) = (&self.settings, &self.ansible);
        let ids = if settings.vault_ids.is_empty() { &ansible.vault_ids } else { &settings.vault_ids };
        ids.iter()
            .chain(settings.vault_password_file.as_ref().or(ansible.vault_password_file.as_ref()))
            .cloned()
            .collect()
    }

    /// The path of `ansible-inventory`, as set or as found in `PATH`.
    fn ansible_inventory(&self) -> Result<Option<PathBuf>> {
        let in_path = |name: &str| self.surroundings.in_path(name);
        let Some(set) = &self.settings.ansible_inventory else { return Ok(in_path(ANSIBLE_INVENTORY)) };
        let found = match &set.path {
            Some(path) => std::path::absolute(path).ok().filter(|path| is_executable(path)),
            None => in_path(&set.text),
        };
        if found.is_none() {
            let place = if set.path.is_some() { "" } else { " in PATH" };
            let message = format!("`ansible_inventory`: there is no program `{}`{place}", set.text);
            let problem = Problem::of(Code::InvalidValue, message).at(set.at.clone());
            return Err(problem.hint("give the path of ansible-inventory, or install ansible-core").into());
        }
        Ok(found)
    }

    /// The cache, if one is asked for.
    ///
    /// # Errors
    /// There is no working directory.
    fn cache(&self, found: &mut Diagnostics) -> Result<Option<Cache>> {
        let ttl = Duration::from_secs(self.settings.cache_ttl);
        if ttl.is_zero() {
            return Ok(None);
        }
        let home = self.surroundings.absolute("HOME");
        let set = self.surroundings.absolute("XDG_CACHE_HOME");
        let Some(caches) = set.or_else(|| home.as_ref().map(|home| home.join(".cache"))) else {
            let message = "the cache is not used: neither XDG_CACHE_HOME nor HOME says where to put it";
            found.warn(Problem::of(Code::CacheUnused, message));
            return Ok(None);
        };
        Ok(Some(Cache {
            folder: caches.join("regal-inventory"),
            ttl,
            refresh: self.refresh_cache,
            context: self.context()?,
            watched: self.ansible_configurations(home.as_deref()),
        }))
    }

    /// What scripts and plugins can see besides their files: the working directory and the environment. One that differs may
    /// hold another account or region, so what was printed under it is not used.
    fn context(&self) -> Result<Vec<String>> {
        let counts = |name: &str| !name.starts_with("REGAL_") && !IGNORED_VARIABLES.contains(&name);
        let variables = self.surroundings.variables.iter();
        let mut context: Vec<String> = variables
            .map(|(name, value)| (name.to_string_lossy(), value.to_string_lossy()))
            .filter(|(name, _)| counts(name))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        context.push(configuration::working_directory(&self.surroundings)?.display().to_string());
        Ok(context)
    }

    /// The places that Ansible reads its configuration from.
    fn ansible_configurations(&self, home: Option<&Path>) -> Vec<PathBuf> {
        let mut places: Vec<PathBuf> =
            self.surroundings.variable("ANSIBLE_CONFIG").map(PathBuf::from).into_iter().collect();
        places.push(self.surroundings.folder.join("ansible.cfg"));
        places.extend(home.map(|home| home.join(".ansible.cfg")));
        places.push(PathBuf::from("/etc/ansible/ansible.cfg"));
        places
    }
}
