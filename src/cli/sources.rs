//! What reading sources depends on in this process: the programs in `PATH`, the cache folder, the environment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use regal_inventory::error::{Error, Problem};
use regal_inventory::source::Options;
use regal_inventory::source::cache::Cache;
use regal_inventory::source::engine::Engine;

use super::pipeline::Invocation;
use super::{GUARD, vault};

/// The name that is looked for in `PATH`.
const ANSIBLE_INVENTORY: &str = "ansible-inventory";
/// Variables that say where and how a shell runs, and nothing about inventories.
const IGNORED_VARIABLES: [&str; 6] = ["_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL"];

/// How this run reads its sources.
///
/// # Errors
/// A setting that names a program which is not there.
pub fn options(invocation: &Invocation<'_>, warnings: &mut Vec<Problem>) -> Result<Options, Error> {
    let mut own_files: Vec<PathBuf> = invocation.config.iter().chain(&invocation.compared).cloned().collect();
    own_files.extend(std::env::current_exe());
    let said = invocation.settings.options(&invocation.place());
    Ok(Options {
        own_files,
        guard: Some((GUARD.to_string(), "1".to_string())),
        engine: Engine { program: program(invocation)?, ..said.engine },
        cache: cache(invocation, warnings),
        secrets: vault::secrets(&invocation.settings, &invocation.place()),
        pipes: invocation.shared.pipes.clone(),
        interrupt: Some(invocation.shared.interrupt.clone()),
        ..said
    })
}

/// The path of `ansible-inventory`, as set or as found in `PATH`.
fn program(invocation: &Invocation<'_>) -> Result<Option<PathBuf>, Error> {
    let Some(set) = &invocation.settings.ansible_inventory else { return Ok(in_path(ANSIBLE_INVENTORY)) };
    let found = if set.text.contains('/') {
        std::path::absolute(invocation.place().path(set)).ok().filter(|path| is_program(path))
    } else {
        in_path(&set.text)
    };
    match found {
        Some(path) => Ok(Some(path)),
        None => {
            let place = if set.text.contains('/') { "" } else { " in PATH" };
            let problem = Problem::new(format!("`ansible_inventory`: there is no program `{}`{place}", set.text));
            Err(problem.at(set.at.clone()).hint("give the path of ansible-inventory, or install ansible-core").into())
        }
    }
}

/// The program of this name in `PATH`. An empty or relative folder in it is the working directory's, where anybody's program
/// may stand.
fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The cache, if one is asked for.
fn cache(invocation: &Invocation<'_>, warnings: &mut Vec<Problem>) -> Option<Cache> {
    let ttl = Duration::from_secs(invocation.settings.cache_ttl);
    if ttl.is_zero() {
        return None;
    }
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let set = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let Some(caches) = set.or_else(|| home.as_ref().map(|home| home.join(".cache"))) else {
        let problem = Problem::new("the cache is not used: neither XDG_CACHE_HOME nor HOME says where it is to be");
        warnings.push(problem);
        return None;
    };
    Some(Cache {
        folder: caches.join("regal-inventory"),
        ttl,
        refresh: invocation.refresh_cache,
        context: context(),
        watched: ansible_configurations(home.as_deref()),
    })
}

/// What scripts and plugins can see besides their files: the working directory and the environment. One that differs may
/// hold another account or region, so what was printed under it is not used.
fn context() -> Vec<String> {
    let counts = |name: &str| !name.starts_with("REGAL_") && !IGNORED_VARIABLES.contains(&name);
    let mut context: Vec<String> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
        .filter(|(name, _)| counts(name))
        .map(|(name, value)| format!("{name}={}", value.to_string_lossy()))
        .collect();
    context.sort_unstable();
    context.extend(std::env::current_dir().map(|folder| folder.display().to_string()));
    context
}

/// The places that Ansible reads its configuration from.
fn ansible_configurations(home: Option<&Path>) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = std::env::var_os("ANSIBLE_CONFIG").map(PathBuf::from).into_iter().collect();
    places.push(PathBuf::from("ansible.cfg"));
    places.extend(home.map(|home| home.join(".ansible.cfg")));
    places.push(PathBuf::from("/etc/ansible/ansible.cfg"));
    places
}
