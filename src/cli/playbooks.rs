//! `playbooks`: the playbooks that belong to this program, with the plugins and the role that they need.

use std::path::Path;

use regal_inventory::error::{Code, Error, Problem};
use regal_inventory::files::{self, Access};

use super::arguments::Color;
use super::messages;

/// A file of the repository, by its path there.
macro_rules! file {
    ($path:literal) => {
        ($path, include_bytes!(concat!("../../", $path)))
    };
}

/// All that the playbooks need by path. A test holds it equal to the folders.
const FILES: &[(&str, &[u8])] = &[
    file!("playbooks/README.md"),
    file!("playbooks/ansible.cfg"),
    file!("playbooks/hooks/check.yml"),
    file!("playbooks/hooks/deploy.yml"),
    file!("playbooks/hooks/drain.yml"),
    file!("playbooks/hooks/enable.yml"),
    file!("playbooks/rollback.yml"),
    file!("playbooks/rollout.yml"),
    file!("playbooks/tasks/ask.yml"),
    file!("playbooks/tasks/bake.yml"),
    file!("playbooks/tasks/facts.yml"),
    file!("playbooks/tasks/flush.yml"),
    file!("playbooks/tasks/front_and_handlers.yml"),
    file!("playbooks/tasks/nothing.yml"),
    file!("playbooks/tasks/open.yml"),
    file!("playbooks/tasks/prepare.yml"),
    file!("playbooks/tasks/see_installed.yml"),
    file!("playbooks/tasks/steps.yml"),
    file!("playbooks/tasks/steps_unless_installed.yml"),
    file!("playbooks/tasks/tell_front.yml"),
    file!("playbooks/tasks/version.yml"),
    file!("playbooks/tasks/version_of_each.yml"),
    file!("plugins/action/rollout_ask.py"),
    file!("plugins/action/rollout_came_back.py"),
    file!("plugins/action/rollout_front.py"),
    file!("plugins/action/rollout_note.py"),
    file!("plugins/action/rollout_open.py"),
    file!("plugins/action/rollout_wait.py"),
    file!("plugins/callback/progress.py"),
    file!("plugins/callback/results.py"),
    file!("plugins/callback/rollout_watch.py"),
    file!("plugins/lookup/batch_gate.py"),
    file!("plugins/lookup/batch_groups.py"),
    file!("plugins/lookup/batch_sizes.py"),
    file!("plugins/lookup/rollout_plan.py"),
    file!("plugins/lookup/rollout_tasks.py"),
    file!("plugins/plugin_utils/regal_rollout/__init__.py"),
    file!("plugins/plugin_utils/regal_rollout/batches.py"),
    file!("plugins/plugin_utils/regal_rollout/configuration.py"),
    file!("plugins/plugin_utils/regal_rollout/events.py"),
    file!("plugins/plugin_utils/regal_rollout/front.py"),
    file!("plugins/plugin_utils/regal_rollout/hooks.py"),
    file!("plugins/plugin_utils/regal_rollout/needs.py"),
    file!("plugins/plugin_utils/regal_rollout/opening.py"),
    file!("plugins/plugin_utils/regal_rollout/own.py"),
    file!("plugins/plugin_utils/regal_rollout/plan.py"),
    file!("plugins/plugin_utils/regal_rollout/policy.py"),
    file!("plugins/plugin_utils/regal_rollout/program.py"),
    file!("plugins/plugin_utils/regal_rollout/recording.py"),
    file!("plugins/plugin_utils/regal_rollout/report.py"),
    file!("plugins/plugin_utils/regal_rollout/results.py"),
    file!("plugins/plugin_utils/regal_rollout/run.py"),
    file!("plugins/plugin_utils/regal_rollout/settings.py"),
    file!("plugins/plugin_utils/regal_rollout/standing.py"),
    file!("plugins/plugin_utils/regal_rollout/texts.py"),
    file!("plugins/plugin_utils/regal_rollout/waiting.py"),
    file!("plugins/plugin_utils/regal_rollout/way_back.py"),
    file!("plugins/plugin_utils/rollout_command.py"),
    file!("plugins/plugin_utils/rollout_end.py"),
    file!("plugins/plugin_utils/rollout_way_back.py"),
    file!("roles/gate/README.md"),
    file!("roles/gate/defaults/main.yml"),
    file!("roles/gate/meta/argument_specs.yml"),
    file!("roles/gate/meta/main.yml"),
    file!("roles/gate/tasks/main.yml"),
];

/// Writes the playbooks into a folder of their own, whole or not at all.
///
/// # Errors
/// No folder is named; it has something else in it, or cannot be written to.
pub fn run(folder: Option<&Path>, color: Color) -> anyhow::Result<()> {
    let problem = || Problem::of(Code::Contradiction, "the playbooks need a folder").hint("add --output FOLDER");
    let folder = folder.ok_or_else(|| Error::from(problem()))?;
    let files = FILES.iter().map(|(path, bytes)| (place(path), *bytes)).collect::<Vec<_>>();
    let files = files.iter().map(|(path, bytes)| (path.as_str(), *bytes));
    let notes = files::put_in_place(vec![files::folder(folder, "playbooks", Access::Usual, files)?])?;
    messages::warnings(&notes, color);
    Ok(())
}

/// Where a file of the repository goes: the playbooks to the top, the plugins beside them, where Ansible looks for those of a playbook
/// by path, and what the plugins share above them, where they look for it.
fn place(path: &str) -> String {
    let kinds = ["action", "callback", "lookup"];
    match path.split_once('/') {
        Some(("playbooks", rest)) => rest.to_string(),
        Some(("plugins", rest)) => match rest.split_once('/') {
            Some((kind, name)) if kinds.contains(&kind) => format!("{kind}_plugins/{name}"),
            _ => rest.to_string(),
        },
        _ => path.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;

    /// Those of other ways to use the repository: the collection's documentation and its inventory plugin, and Salt.
    const OTHERS: [&str; 4] = ["playbooks/salt", "plugins/README.md", "plugins/inventory", "plugins/modules"];

    fn gather(folder: PathBuf, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap().to_string();
            let kind = entry.file_type().unwrap();
            if OTHERS.contains(&path.as_str()) || path.ends_with("__pycache__") || kind.is_symlink() {
                continue;
            }
            if kind.is_dir() {
                gather(entry.path(), found);
            } else {
                found.insert(path);
            }
        }
    }

    #[test]
    fn every_file_that_the_playbooks_need_is_in_the_program() {
        let mut found = BTreeSet::new();
        for folder in ["playbooks", "plugins", "roles"] {
            gather(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
        }
        let known: BTreeSet<String> = FILES.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(found, known, "src/cli/playbooks.rs lists them");
    }
}
