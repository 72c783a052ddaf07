//! A flat roster, for `salt-ssh`, which fills it in as a template of Jinja's: what would be one is refused.

use super::super::hosts;
use super::{Export, fault};
use crate::error::{Error, Problem, Result};
use crate::value::{Value, write_yaml_string};

pub(in super::super) fn render<'a>(export: &Export<'_, 'a>, _: &mut Vec<Problem>) -> Result<Vec<u8>> {
    let mut problems = export.check_ids();
    let user = hosts::user(export, &mut problems);
    let mut out = export.salt_head().into_bytes();
    let mut written = std::collections::HashSet::new();
    let hosts = export.rollouts().flat_map(|(rollout, _)| &rollout.batches).flat_map(|batch| &batch.hosts);
    for host in hosts.copied().filter(|host| fault(host).is_none() && written.insert(*host)) {
        match entry(export, host, user) {
            Ok(lines) => {
                write_yaml_string(host, &mut out);
                out.extend_from_slice(b":\n");
                out.extend_from_slice(&lines);
            }
            Err(problem) => problems.push(problem),
        }
    }
    Error::unless_any(problems, out)
}

/// How one connects to a host, indented.
fn entry<'a>(export: &Export<'_, 'a>, host: &'a str, user: Option<&str>) -> std::result::Result<Vec<u8>, Problem> {
    let address = export.address(host)?;
    if is_template(address) {
        return Err(export.refuse(host, "its address is a template").hint("give it as plain text, or use --by-name"));
    }
    let mut out = b"  host: ".to_vec();
    write_yaml_string(address, &mut out);
    out.push(b'\n');
    let user = match user {
        Some(user) => Some(user),
        None => text(export, host, "ansible_user")?,
    };
    if let Some(user) = user {
        out.extend_from_slice(b"  user: ");
        write_yaml_string(user, &mut out);
        out.push(b'\n');
    }
    if let Some(port) = port(export, host)? {
        out.extend_from_slice(format!("  port: {port}\n").as_bytes());
    }
    if let Some(key) = text(export, host, "ansible_ssh_private_key_file")? {
        out.extend_from_slice(b"  priv: ");
        write_yaml_string(key, &mut out);
        out.push(b'\n');
    }
    if export.variable(host, "ansible_become").is_some_and(|value| is_yes(&value)) {
        out.extend_from_slice(b"  sudo: true\n");
    }
    Ok(out)
}

fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

/// A variable's text; a template is refused, since only Ansible fills it in, and so is what ssh takes for an option.
fn text<'a>(export: &Export<'_, 'a>, host: &str, name: &str) -> std::result::Result<Option<&'a str>, Problem> {
    match export.variable(host, name).map(|value| value.untagged()) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Str(text)) if text.starts_with('-') => {
            let text = export.shown(host, name, text);
            let problem = export.refuse(host, format!("its `{name}` is `{text}`, which ssh takes for an option"));
            Err(problem.hint("a user or a key file does not begin with `-`"))
        }
        Some(Value::Str(text)) if !is_template(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(value) => {
            let what = if matches!(value, Value::Str(_)) { "a template" } else { value.type_name() };
            let problem = export.refuse(host, format!("its `{name}` is {what}"));
            Err(problem.hint("give it as plain text; only Ansible fills in templates"))
        }
    }
}

fn port(export: &Export<'_, '_>, host: &str) -> std::result::Result<Option<u16>, Problem> {
    if export.options.ssh_port.is_some() {
        return Ok(export.options.ssh_port);
    }
    let Some(value) = export.variable(host, "ansible_port").filter(|value| *value != Value::Null) else {
        return Ok(None);
    };
    let port = value.text().and_then(|text| text.trim().parse().ok()).filter(|port| *port > 0);
    port.map(Some).ok_or_else(|| {
        let shown = export.shown(host, "ansible_port", value.text().unwrap_or(value.type_name()));
        export.refuse(host, format!("its `ansible_port` is `{shown}`, which is no port"))
    })
}

fn is_yes(value: &Value<'_>) -> bool {
    match value {
        Value::Bool(truth, _) => *truth,
        Value::Str(text) => matches!(text.to_lowercase().as_str(), "true" | "yes" | "on" | "1"),
        _ => false,
    }
}
