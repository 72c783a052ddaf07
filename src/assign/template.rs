//! Versions from a template over host variables.

use std::collections::BTreeMap;

use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::error::Problem;
use crate::inventory::effective::Effective;
use crate::inventory::{ALL, HostId, Inventory, effective};
use crate::value::{Value, is_template};

const NAME: &str = "version";

/// A compiled template.
pub(super) struct Template<'t> {
    environment: Environment<'t>,
    /// The variables that it reads.
    needs: Vec<String>,
}

impl<'t> Template<'t> {
    /// Compiles a Jinja template.
    ///
    /// # Errors
    /// A syntax error.
    pub fn new(source: &'t str) -> Result<Self, Problem> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_template(NAME, source).map_err(|error| problem(&error))?;
        let template = environment.get_template(NAME).map_err(|error| problem(&error))?;
        let mut needs: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        needs.sort_unstable();
        Ok(Template { environment, needs })
    }

    /// The version of a host; nothing where a variable is missing or the text is empty.
    ///
    /// Scalars go in as their raw text, so that 1.10 stays 1.10. `inventory_hostname` and `group_names` are there as in
    /// Ansible.
    ///
    /// # Errors
    /// A variable that is itself a template or encrypted, and whatever else rendering fails for.
    pub fn render(
        &self,
        inventory: &Inventory<'_>,
        effective: &Effective<'_, '_>,
        host: HostId,
    ) -> Result<Option<String>, Problem> {
        let mut context: BTreeMap<&str, minijinja::Value> = BTreeMap::new();
        for name in &self.needs {
            let found = inventory.find_var(name).and_then(|id| effective.get(host, id));
            if let Some(var) = found {
                context.insert(name, convert(var.value.untagged()).map_err(|what| unusable(name, what))?);
            } else if name == "inventory_hostname" {
                context.insert(name, inventory.host_name(host).into());
            } else if name == "group_names" {
                context.insert(name, group_names(inventory, host).into());
            }
        }
        let template = self.environment.get_template(NAME).map_err(|error| problem(&error))?;
        match template.render(context) {
            Ok(version) => Ok(Some(version.trim().to_string()).filter(|version| !version.is_empty())),
            Err(error) if error.kind() == ErrorKind::UndefinedError => Ok(None),
            Err(error) => Err(problem(&error)),
        }
    }
}

fn group_names(inventory: &Inventory<'_>, host: HostId) -> Vec<String> {
    let groups = effective::groups_of(inventory, inventory.host(host).groups);
    let mut names: Vec<String> =
        groups.into_iter().filter(|id| *id != ALL).map(|id| inventory.group_name(id).to_string()).collect();
    names.sort_unstable();
    names
}

/// A value for the template; the word for what it is where it cannot go in.
fn convert(value: Value<'_>) -> Result<minijinja::Value, &'static str> {
    match value {
        Value::Null => Ok(().into()),
        Value::Bool(truth, _) => Ok(truth.into()),
        Value::Str(text) | Value::Unsafe(text) if is_template(text) => Err("a template itself"),
        Value::Str(text) | Value::Unsafe(text) | Value::Int(text) | Value::Float(text) | Value::Date(text) => {
            Ok(text.into())
        }
        Value::Vault(_) => Err("encrypted"),
        Value::List(items) => items.iter().map(|item| convert(*item)).collect::<Result<Vec<_>, _>>().map(Into::into),
        Value::Map(entries) => {
            let pairs = entries.iter().map(|entry| Ok((entry.name().into_owned(), convert(entry.value)?)));
            pairs.collect::<Result<BTreeMap<_, _>, _>>().map(minijinja::Value::from_serialize)
        }
    }
}

fn unusable(name: &str, what: &str) -> Problem {
    Problem::new(format!("the version's template reads `{name}`, which is {what}"))
        .hint("use variables with plain values, or list the versions under `versions:`")
}

fn problem(error: &minijinja::Error) -> Problem {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_string);
    Problem::new(format!("the version's template cannot be used: {detail}"))
        .hint("write it as in Jinja: \"{{ app }}-{{ app_version }}\"")
}
