//! `ansible-playbook` in forks of a process that has imported it, a few for each ansible-core and configuration.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::{env, fs};

use super::site::{fixtures, playbooks};
use crate::answering::{Answer, Answering, Elsewhere};

/// What a run of the rollout imports anyway.
const MODULES: [&str; 8] = [
    "ansible.cli.playbook",
    "ansible.executor.process.worker",
    "ansible.plugins.action.raw",
    "ansible.plugins.callback.default",
    "ansible.plugins.connection.local",
    "ansible.plugins.filter.core",
    "ansible.plugins.shell.sh",
    "ansible.plugins.strategy.linear",
];

/// The bin directory of an ansible-core, and the variables that it reads while it is imported.
type Key = (PathBuf, Vec<(String, String)>);

/// Those that nobody is asking. At the end of the tests their input ends, and so do they.
static IDLE: Mutex<Option<HashMap<Key, Vec<Answering>>>> = Mutex::new(None);

fn idle() -> MutexGuard<'static, Option<HashMap<Key, Vec<Answering>>>> {
    IDLE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The shipped configuration; Ansible looks less often whether a task is done, since each look costs.
static SHIPPED: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ansible.cfg");
    let text = fs::read_to_string(playbooks().join("ansible.cfg")).unwrap();
    fs::write(&path, text.replace("[defaults]\n", "[defaults]\ninternal_poll_interval = 0.005\n")).unwrap();
    path
});

/// The variables of every run that no test sets otherwise.
pub fn configuration(ansible: &Path) -> Vec<(String, String)> {
    let text = |path: PathBuf| path.into_os_string().into_string().unwrap();
    let variable = |name: &str, value: String| (format!("ANSIBLE_{name}"), value);
    vec![
        variable("CONFIG", text(SHIPPED.clone())),
        variable("HOME", text(Path::new(env!("CARGO_TARGET_TMPDIR")).join("ansible-home"))),
        variable("CONNECTION_PLUGINS", text(fixtures().join("connection_plugins"))),
        variable("TRANSPORT", "switchable".to_owned()),
        variable("PYTHON_INTERPRETER", text(ansible.join("python3"))),
        // One at a time, so that the journal has the hosts in Ansible's order.
        variable("FORKS", "1".to_owned()),
        variable("NOCOLOR", "1".to_owned()),
        variable("PIPELINING", "1".to_owned()),
    ]
}

/// Runs it in a folder, with that configuration and variables in place of all others; `arguments` begin with the program.
pub fn playbook(
    ansible: &Path,
    configuration: Vec<(String, String)>,
    arguments: &[&str],
    folder: &Path,
    mut environment: HashMap<String, String>,
    together: bool,
) -> Answer {
    environment.extend(configuration.iter().cloned());
    let key = (ansible.to_owned(), configuration);
    let found = idle().get_or_insert_default().get_mut(&key).and_then(Vec::pop);
    let mut answering = found.unwrap_or_else(|| start(ansible, &key.1));
    let place = Elsewhere { folder: Some(folder), environment: Some(environment), together };
    let answer = answering.ask_elsewhere("ansible.cli.playbook", "main", arguments, &place);
    idle().get_or_insert_default().entry(key).or_default().push(answering);
    answer
}

fn start(ansible: &Path, configuration: &[(String, String)]) -> Answering {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("answering");
    fs::create_dir_all(&folder).unwrap();
    Answering::start(ansible, &MODULES, |command: &mut Command| {
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("ANSIBLE_") || text.starts_with("REGAL_") {
                command.env_remove(name);
            }
        }
        command.current_dir(folder).envs(configuration.iter().cloned());
    })
}
