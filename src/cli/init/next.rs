//! What is said at the end: the files, what `ansible.cfg` needs, and the two commands that come next.

use std::path::{Path, PathBuf};

use regal_inventory::session::{Planned, Session};
use regal_inventory::source::Source;
use regal_inventory::value::Value;

use super::draft::PLACEHOLDER;

/// Returns which files were written, and which were there.
pub fn files(written: &[PathBuf], there: &[PathBuf]) -> String {
    let line = |what: &str, path: &PathBuf| format!("{what}  {}\n", path.display());
    let written: String = written.iter().map(|path| line("wrote", path)).collect();
    let there: String = there.iter().map(|path| line("kept ", path)).collect();
    format!("\n{written}{there}")
}

/// Returns what to add to `ansible.cfg`, and the commands.
///
/// # Errors
/// `ansible.cfg` cannot be read.
pub fn steps(session: &Session<'_>, planned: &Planned<'_>, path: &Path, hooks: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let versions: Vec<&str> = planned.plan.rollouts.iter().map(|rollout| rollout.version).collect();
    if versions == [PLACEHOLDER] {
        text.push_str(&format!(
            "\n{PLACEHOLDER} is a placeholder: nothing in the inventory says a version. Write the real one into {} first.\n",
            path.display()
        ));
    }
    for (name, _) in &session.settings().environment {
        text.push_str(&format!(
            "\n{name} took part in this plan and is not in the file: write it there, or keep it set.\n"
        ));
    }
    let sources = &session.settings().inventory;
    if sources.iter().any(|source| matches!(source, Source::Salt(_))) {
        text.push_str(&format!("\nNext:\n  {}\n", command(&["regal-inventory", "--config", &name(path), "plan"])));
        text.push_str("  then docs/salt.md, for the rollout by Salt\n");
        return Ok(text);
    }
    text.push_str(&ansible_cfg(session)?);
    let plan = command(&["regal-inventory", "--config", &name(path), "plan"]);
    let mut words = vec!["ansible-playbook".to_string()];
    for source in sources {
        words.extend(["-i".to_string(), source.to_string()]);
    }
    words.extend(["-i".to_string(), name(path), "regal.rollout.rollout".to_string()]);
    words.extend([
        "-e".to_string(),
        version(planned),
        "-e".to_string(),
        variable("rollout_hooks", &hooks.display().to_string()),
    ]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    text.push_str(&format!(
        "\nNext, once {} says how you deploy:\n  {plan}\n  {}\n",
        hooks.join("deploy.yml").display(),
        command(&words)
    ));
    Ok(text)
}

/// A path that no program takes for a name in `PATH` or an option.
fn name(path: &Path) -> String {
    let is_bare = path.components().count() == 1 && !path.is_absolute();
    if is_bare { format!("./{}", path.display()) } else { path.display().to_string() }
}

fn ansible_cfg(session: &Session<'_>) -> anyhow::Result<String> {
    let file = session.ansible_cfg().0.map_or_else(|| "ansible.cfg".to_string(), |file| file.display().to_string());
    let missing = session.advised_of_ansible()?;
    if missing.is_empty() {
        return Ok(format!("\n{file} has what the batches need.\n"));
    }
    let mut text = format!("\nAdd to {file}:\n");
    let mut last = "";
    for (section, key, value) in missing {
        if section != last {
            text.push_str(&format!("  [{section}]\n"));
        }
        last = section;
        text.push_str(&format!("  {key} = {value}\n"));
    }
    Ok(text)
}

/// The variable with the first version, or a word for it where it was decrypted.
fn version(planned: &Planned<'_>) -> String {
    let first = planned.plan.rollouts.first();
    variable("rollout_version", first.map_or("VERSION", |first| if first.secret { "VERSION" } else { first.version }))
}

/// A variable as `-e` takes it: as JSON where Ansible would split or read the plain form otherwise.
fn variable(key: &str, value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '/');
    if !value.is_empty() && value.chars().all(is_plain) {
        return format!("{key}={value}");
    }
    format!("{{\"{key}\": {}}}", Value::Str(value).to_json())
}

/// The words as a shell takes them.
fn command(words: &[&str]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "=._+-/,:@".contains(c);
    let quoted = words.iter().map(|word| match shlex::try_quote(word) {
        Ok(quoted) if word.is_empty() || !word.chars().all(is_plain) => quoted.into_owned(),
        _ => (*word).to_string(),
    });
    quoted.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_or_ansible_would_take_apart_is_quoted() {
        assert_eq!(variable("rollout_version", "shop-2.5.0"), "rollout_version=shop-2.5.0");
        assert_eq!(variable("rollout_version", "a b"), "{\"rollout_version\": \"a b\"}");
        assert_eq!(command(&["-i", "my hosts.ini", "$(id)"]), "-i 'my hosts.ini' '$(id)'");
    }
}
