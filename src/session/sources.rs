//! What a session reads its sources with: programs in `PATH`, the cache folder, vault passwords, the environment.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{GUARD, Session, configuration};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem, Result};
use crate::settings::Place;
use crate::source::cache::Cache;
use crate::source::engine::Engine;
use crate::source::{Options, Secret, is_executable};

/// The name that is looked for in `PATH`.
const ANSIBLE_INVENTORY: &str = "ansible-inventory";
/// Ansible's own variables for vault passwords.
const PASSWORD_FILE: &str = "ANSIBLE_VAULT_PASSWORD_FILE";
const IDENTITIES: &str = "ANSIBLE_VAULT_IDENTITY_LIST";
/// Variables that say where and how a shell runs, and nothing about inventories.
const IGNORED_VARIABLES: [&str; 6] = ["_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL"];

impl Session<'_> {
    /// How this run reads its sources.
    ///
    /// # Errors
    /// A setting that names a program which is not there.
    pub(super) fn reading(&self, found: &mut Diagnostics) -> Result<Options> {
        let configuration = self.configuration.iter();
        let own_files = configuration.chain(&self.own_files).chain(&self.surroundings.program).cloned().collect();
        Ok(Options {
            own_files,
            guard: Some((GUARD.to_string(), "1".to_string())),
            engine: Engine { mode: self.settings.engine, program: self.ansible_inventory()? },
            cache: self.cache(found)?,
            secrets: self.secrets(),
            interrupt: Some(self.shared.interrupt.clone()),
            ..self.files()
        })
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
    /// from Ansible's variable.
    fn secrets(&self) -> Vec<Secret> {
        let place = Place { folder: PathBuf::new(), surroundings: Arc::clone(&self.surroundings) };
        let settings = &self.settings;
        let mut secrets =
            if settings.vault_ids.is_empty() { place.secrets_of(IDENTITIES) } else { settings.vault_ids.clone() };
        secrets.extend(settings.vault_password_file.clone().or_else(|| place.secret_of(PASSWORD_FILE)));
        secrets
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
