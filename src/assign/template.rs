//! Versions from a template over host variables, in bounded time and room: see [`syntax`] and [`filters`].

mod filters;
mod syntax;

use std::collections::BTreeMap;
use std::io::{self, Write};

use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::error::{Code, Problem};
use crate::inventory::effective::Effective;
use crate::inventory::{ALL, HostId, Inventory, effective};
use crate::shown::Shown;
use crate::text::TextMap;
use crate::value::{Value, is_template};

const NAME: &str = "version";
/// The longest version, in bytes.
const LONGEST: usize = 4096;
/// The longest value of a variable, in bytes: a list, such as the names of a host's groups, may be longer than a text.
const LONGEST_VALUE: usize = 4 * filters::LONGEST;
/// What a template may cost: minijinja counts one for an instruction and for every 64 bytes that it reads or makes. Sorting the
/// longest text's characters takes most of it, and a usual template less than a hundred.
const FUEL: u64 = 250_000;

/// A compiled template.
pub(super) struct Template<'t> {
    environment: Environment<'t>,
    /// The variables that it reads.
    needs: Vec<String>,
}

/// A version that a template made.
pub(super) struct Rendered {
    pub version: String,
    /// Whether it was made of what was decrypted.
    pub secret: bool,
}

impl<'t> Template<'t> {
    /// Compiles a Jinja template.
    ///
    /// # Errors
    /// A syntax error; what could make far more of little.
    pub fn new(source: &'t str) -> Result<Self, Problem> {
        syntax::check(source).map_err(|(what, hint)| unfit(&what).hint(hint))?;
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        filters::add(&mut environment);
        let compiled = environment.add_template(NAME, source).and_then(|()| environment.get_template(NAME));
        let template = compiled.map_err(|error| unfit(&detail(&error)).hint(FORM))?;
        let mut needs: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        needs.sort_unstable();
        Ok(Template { environment, needs })
    }

    /// Whether it reads a variable.
    pub fn reads(&self, name: &str) -> bool {
        self.needs.iter().any(|needed| needed == name)
    }

    /// The version of a host; nothing where a variable is missing or the text is empty.
    ///
    /// Scalars go in as their raw text, so that 1.10 stays 1.10. `inventory_hostname` and `group_names` are there as in
    /// Ansible.
    ///
    /// # Errors
    /// A variable that is itself a template, encrypted or too long, and whatever else rendering fails for.
    pub fn render(
        &self,
        inventory: &Inventory<'_>,
        effective: &Effective<'_, '_>,
        texts: &TextMap<'_>,
        host: HostId,
    ) -> Result<Option<Rendered>, Problem> {
        let name_of_host = inventory.host_name(host);
        let mut context: Vec<(&str, minijinja::Value)> = Vec::new();
        let mut secret = false;
        for name in &self.needs {
            let found = inventory.find_var(name).and_then(|id| effective.get(host, id));
            if let Some(var) = found {
                secret |= texts.is_concealed(var.at);
                let mut left = LONGEST_VALUE;
                let value = convert(var.value.untagged(), &mut left);
                context.push((name, value.map_err(|what| unusable(name, name_of_host, what))?));
            } else if name == "inventory_hostname" {
                context.push((name, name_of_host.into()));
            } else if name == "group_names" {
                context.push((name, group_names(inventory, host).into()));
            }
        }
        let failed = |what: &str| {
            let host = Shown::new(name_of_host);
            Problem::of(Code::InvalidTemplate, format!("the version's template fails for host `{host}`: {what}"))
        };
        let template = self.environment.get_template(NAME).map_err(|error| unfit(&detail(&error)))?;
        let mut made = Made(Vec::new());
        match template.render_captured_to(minijinja::Value::from_pairs(context), &mut made) {
            Ok(_) => {
                let version = String::from_utf8_lossy(&made.0).trim().to_string();
                Ok(Some(Rendered { version, secret }).filter(|made| !made.version.is_empty()))
            }
            Err(error) if error.kind() == ErrorKind::UndefinedError => Ok(None),
            Err(error) if error.kind() == ErrorKind::WriteFailure => {
                Err(failed(&format!("it makes more than {LONGEST} bytes, and a version is a name")).hint(NO_MORE))
            }
            Err(error) if error.kind() == ErrorKind::OutOfFuel => {
                Err(failed("its values are too long for what it does with them").hint(NO_MORE))
            }
            // What a filter says of a value may quote it.
            Err(_) if secret => Err(failed("its values, which are under vault, do not fit it").hint(FORM)),
            Err(error) if matches!(error.kind(), ErrorKind::UnknownFilter | ErrorKind::UnknownTest) => {
                Err(failed(&detail(&error)).hint(format!("filters here: {}", filters::NAMES)))
            }
            Err(error) => Err(failed(&detail(&error)).hint(FORM)),
        }
    }
}

/// What a template made, up to the longest version.
struct Made(Vec<u8>);

impl Write for Made {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.0.len() + part.len() > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn group_names(inventory: &Inventory<'_>, host: HostId) -> Vec<String> {
    let groups = effective::groups_of(inventory, inventory.host(host).groups);
    let mut names: Vec<String> =
        groups.into_iter().filter(|id| *id != ALL).map(|id| inventory.group_name(id).to_string()).collect();
    names.sort_unstable();
    names
}

/// A value for the template, of whose size `left` bytes are allowed; the words for what it is where it cannot go in.
fn convert(value: Value<'_>, left: &mut usize) -> Result<minijinja::Value, &'static str> {
    match value {
        Value::Null => Ok(().into()),
        Value::Bool(truth, _) => Ok(truth.into()),
        Value::Str(text) | Value::Unsafe(text) if is_template(text) => Err("a template itself"),
        Value::Str(text) | Value::Unsafe(text) | Value::Int(text) | Value::Float(text) | Value::Date(text) => {
            take(left, text.len())?;
            Ok(text.into())
        }
        Value::Vault(_) => Err("encrypted"),
        Value::List(items) | Value::Set(items) => {
            take(left, items.len())?;
            items.iter().map(|item| convert(*item, left)).collect::<Result<Vec<_>, _>>().map(Into::into)
        }
        Value::Map(entries) => {
            let mut pairs = BTreeMap::new();
            for entry in entries {
                let name = entry.name().into_owned();
                take(left, name.len() + 1)?;
                pairs.insert(name, convert(entry.value, left)?);
            }
            Ok(minijinja::Value::from_pairs(pairs))
        }
    }
}

fn take(left: &mut usize, size: usize) -> Result<(), &'static str> {
    *left = left.checked_sub(size).ok_or("far longer than a version")?;
    Ok(())
}

const NO_MORE: &str = "name the variables that the version is made of, and no more";
const FORM: &str = "write it as in Jinja: \"{{ app }}-{{ app_version }}\"";

fn unusable(name: &str, host: &str, what: &str) -> Problem {
    let host = Shown::new(host);
    Problem::of(
        Code::InvalidTemplate,
        format!("the version's template reads `{name}`, which is {what} for host `{host}`"),
    )
    .hint("use variables with plain values, or list the versions under `versions:`")
}

fn unfit(what: &str) -> Problem {
    Problem::of(Code::InvalidTemplate, format!("the version's template cannot be used: {what}"))
}

fn detail(error: &minijinja::Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_string)
}
